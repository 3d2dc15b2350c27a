// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_edits_codec.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "crdt/types/text/compress.h"

using namespace cunju;

namespace {

TextEdits random_edits(std::mt19937_64& random, int count) {
  static const std::vector<std::string> kWords = {"a", "the ", "村", "会议记录", "𠮷", "👩\u200D🌾"};
  TextEdits out;
  std::size_t cursor = random() % 1000;
  for (int i = 0; i < count; ++i) {
    if (random() % 4 == 0) cursor = random() % 100'000;
    if (random() % 3 == 0) {
      const std::size_t back = std::min<std::size_t>(cursor, random() % 3);
      REQUIRE(out.erase(cursor - back, 1 + random() % 5));
      cursor -= back;
    } else {
      const std::string& word = kWords[random() % kWords.size()];
      REQUIRE(out.insert(cursor, word));
      cursor += 1;
    }
  }
  return out;
}

Errc refusal(const Bytes& bytes) {
  const Result<TextEdits> result = decode_text_edits(bytes);
  REQUIRE(result.has_error());
  return result.error().code;
}

}  // namespace

TEST_CASE("edits come back from their bytes, short and long") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const TextEdits edits = random_edits(random, static_cast<int>(random() % (seed * 6)));
    const Bytes bytes = encode_text_edits(edits);
    const Result<TextEdits> back = decode_text_edits(bytes);
    REQUIRE(back.has_value());
    REQUIRE(back.value() == edits);
    REQUIRE(encode_text_edits(back.value()) == bytes);
  }
}

TEST_CASE("the bytes of edits are these") {
  TextEdits none;
  CHECK(to_hex(encode_text_edits(none)) == "0000");
  TextEdits key;
  REQUIRE(key.insert(5000, "x"));
  // plain, one run, length 1 that moves and inserts, zigzag(5000), "x".
  CHECK(to_hex(encode_text_edits(key)) == "000102904e78");
  TextEdits rub;
  REQUIRE(rub.insert(0, "村"));
  REQUIRE(rub.erase(0, 1));
  // The erasure ends where the insertion ended, so it costs one byte.
  CHECK(to_hex(encode_text_edits(rub)) == "00020001e69d91");
}

TEST_CASE("every cut of the bytes is refused, and no flipped bit leads to two spellings") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Bytes bytes = encode_text_edits(random_edits(random, seed % 2 == 0 ? 20 : 120));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const Bytes cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      const Result<TextEdits> result = decode_text_edits(cut);
      REQUIRE(result.has_error());
    }
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      Bytes flipped = bytes;
      flipped[i] ^= static_cast<std::uint8_t>(1U << (random() % 8));
      const Result<TextEdits> result = decode_text_edits(flipped);
      if (result.has_error()) continue;
      const Result<TextEdits> again = decode_text_edits(encode_text_edits(result.value()));
      REQUIRE(again.has_value());
      REQUIRE(again.value() == result.value());
      if (flipped[0] == 0) REQUIRE(encode_text_edits(result.value()) == flipped);
    }
  }
}

TEST_CASE("other spellings of the same edits are refused") {
  CHECK(refusal({}) == Errc::kMalformed);
  CHECK(refusal({2, 0}) == Errc::kUnsupported);
  CHECK(refusal({0, 0x80, 0}) == Errc::kMalformed);            // A longer varint.
  CHECK(refusal({0, 1, 2, 0, 'x'}) == Errc::kMalformed);       // A move of 0.
  CHECK(refusal({0, 2, 0, 0, 'x', 'y'}) == Errc::kMalformed);  // Two runs that are one.
  CHECK(refusal({0, 1, 0, 'x', 'y'}) == Errc::kMalformed);     // Text of no run.
  CHECK(refusal({0, 1, 4, 'x'}) == Errc::kMalformed);          // Less text than the run says.
  CHECK(refusal({0, 1, 0, 0xC0}) == Errc::kMalformed);         // Not UTF-8.
  CHECK(refusal({0, 1, 1}) == Errc::kMalformed);               // Erases before the beginning.
  CHECK(refusal({0, 1, 2, 1, 'x'}) == Errc::kMalformed);       // A negative position.
  CHECK(refusal({1, 0, 0, 0, 0, 0, 0}) == Errc::kMalformed);   // Packed, though it is short.
  // Erasures at 5 and 9, and one that touches both.
  CHECK(refusal({0, 3, 3, 3, 0x13, 12, 10, 2}) == Errc::kMalformed);
  Bytes wide{0, 1, 2};
  append(wide, Bytes{0xFE, 0xFF, 0xFF, 0xFF, 0x0F});
  wide.push_back('x');
  CHECK(refusal(wide) == Errc::kLimit);  // Ends beyond the largest position.
}

TEST_CASE("bytes that unpack to more than the limit are refused before they are unpacked") {
  const Bytes bomb = compress(Bytes(4 * limits::kMaxTextInsertBytes, 'x'));
  REQUIRE(bomb.size() < 4096);
  Bytes bytes{1, 1, 1, 0, 1, 1, 0};
  for (std::uint64_t value : {4 * limits::kMaxTextInsertBytes, bomb.size()}) {
    for (; value >= 0x80; value >>= 7) bytes.push_back(static_cast<std::uint8_t>(value | 0x80));
    bytes.push_back(static_cast<std::uint8_t>(value));
  }
  append(bytes, bomb);
  CHECK(refusal(bytes) == Errc::kLimit);
}

TEST_CASE("a column is one frame, with nothing before or behind it") {
  TextEdits edits;
  REQUIRE(edits.insert(0, std::string(600, 'x')));
  const Bytes whole = encode_text_edits(edits);
  REQUIRE(decode_text_edits(whole).has_value());
  const Bytes frame = compress(Bytes(600, 'x'));
  // A frame that readers of zstd skip, with nothing in it.
  const Bytes skipped{0x50, 0x2A, 0x4D, 0x18, 0, 0, 0, 0};
  const auto column = [&](const std::vector<Bytes>& frames) {
    Bytes text;
    for (const Bytes& one : frames) append(text, one);
    // One run of 600: its head is (600 - 1) << 2.
    Bytes bytes{1, 2, 2, 0xDC, 0x12, 0, 0, 0xD8, 0x04, static_cast<std::uint8_t>(text.size())};
    REQUIRE(text.size() < 0x80);
    append(bytes, text);
    return bytes;
  };
  CHECK(decode_text_edits(column({frame})).value() == edits);
  CHECK(refusal(column({frame, skipped})) == Errc::kMalformed);
  CHECK(refusal(column({skipped, frame})) == Errc::kMalformed);
  CHECK(refusal(column({compress(Bytes(300, 'x')), compress(Bytes(300, 'x'))})) ==
        Errc::kMalformed);
}

TEST_CASE("random bytes never do harm") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 5'000; ++i) {
    Bytes bytes(random() % 40);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    if (!bytes.empty()) bytes[0] &= 1;
    const Result<TextEdits> result = decode_text_edits(bytes);
    if (result.has_value() && bytes[0] == 0) {
      REQUIRE(encode_text_edits(result.value()) == bytes);
    }
  }
}
