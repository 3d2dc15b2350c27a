// SPDX-License-Identifier: Apache-2.0
#include "crdt/attachment/reference.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/attachment/attachment_limits.h"

using namespace cunju;
using attachment::Reference;

namespace {

Reference example() {
  Reference out;
  out.address.value.fill(1);
  for (std::uint8_t& byte : out.key.mutable_view()) byte = 2;
  out.content.value.fill(3);
  out.size = 123'456;
  out.media = "image/jpeg";
  out.name = "签字稿.jpg";
  return out;
}

bool same(const Reference& a, const Reference& b) {
  return a.address == b.address && a.key == b.key && a.content == b.content && a.size == b.size &&
         a.media == b.media && a.name == b.name;
}

}  // namespace

TEST_CASE("a reference reads back as it was written, and stays as it was once written") {
  const Bytes bytes = attachment::encode_reference(example());
  CHECK(same(attachment::parse_reference(bytes).value(), example()));
  CHECK(to_hex(bytes) ==
        "63756e6a7520617474616368"
        "01"
        "0101010101010101010101010101010101010101010101010101010101010101"
        "0202020202020202020202020202020202020202020202020202020202020202"
        "0303030303030303030303030303030303030303030303030303030303030303"
        "40e2010000000000"
        "0a696d6167652f6a706567"
        "0de7adbee5ad97e7a8bf2e6a7067");
}

TEST_CASE("a reference that is cut, longer, newer or over a limit is refused") {
  const Bytes bytes = attachment::encode_reference(example());
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    CAPTURE(length);
    CHECK(attachment::parse_reference(ByteView(bytes).first(length)).error().code ==
          Errc::kMalformed);
  }
  Bytes longer = bytes;
  longer.push_back(0);
  CHECK(attachment::parse_reference(longer).error().code == Errc::kMalformed);
  Bytes newer = bytes;
  newer[12] = 2;
  CHECK(attachment::parse_reference(newer).error().code == Errc::kUnsupported);
  Reference large = example();
  large.size = limits::kMaxAttachmentBytes;
  Bytes over = attachment::encode_reference(large);
  over[109] = 1;  // One more byte than is allowed.
  CHECK(attachment::parse_reference(over).error().code == Errc::kLimit);
}

TEST_CASE("a file name can't lead out of a folder or move a cursor") {
  Reference hostile = example();
  hostile.name = "aaaaaaaaaa";
  for (const std::string name : {"../../etc1", "a\x1b[2Jbcdef", "aaaa\\bbbbb", "aaaa\nbbbbb",
                                 "aaaa\xff_____", ".........."}) {
    Bytes bytes = attachment::encode_reference(hostile);
    std::ranges::copy(name, bytes.end() - 10);
    CAPTURE(name);
    CHECK(attachment::parse_reference(bytes).has_error() == (name != ".........."));
    CHECK(attachment::usable_name(name).find_first_of("/\\\n\x1b") == std::string::npos);
  }
  hostile.name = "aa";
  Bytes up = attachment::encode_reference(hostile);
  up[up.size() - 1] = up[up.size() - 2] = '.';
  CHECK(attachment::parse_reference(up).has_error());
  CHECK(attachment::usable_name("..") == "attachment");
  CHECK(attachment::usable_name("") == "attachment");
}

TEST_CASE("a long name keeps its extension and whole characters") {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "村";
  const std::string cut = attachment::usable_name(name + ".jpeg");
  CHECK(cut.size() <= limits::kMaxAttachmentNameBytes);
  CHECK(cut.ends_with("村.jpeg"));
  CHECK(is_utf8(cut));
  CHECK(is_utf8(attachment::usable_name(name)));
}

TEST_CASE("random bytes are no reference, and damage of one is found or harmless") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  const Bytes bytes = attachment::encode_reference(example());
  for (int turn = 0; turn < 5000; ++turn) {
    Bytes hostile = bytes;
    for (std::uint64_t i = dice() % 4; i-- > 0;)
      hostile[dice() % hostile.size()] = static_cast<std::uint8_t>(dice());
    hostile.resize(dice() % 3 == 0 ? dice() % (hostile.size() + 5) : hostile.size());
    Result<Reference> parsed = attachment::parse_reference(hostile);
    // What parses is written again as the same bytes.
    if (parsed.has_value()) CHECK(attachment::encode_reference(parsed.value()) == hostile);
  }
}

TEST_CASE("a chunk opens only under its key, in its place, in an attachment of its size") {
  crypto::SeededRandom random(5);
  crypto::Secret<32> key, other;
  random.fill(key.mutable_view());
  random.fill(other.mutable_view());
  const Bytes plain{1, 2, 3};
  const Bytes chunk = attachment::seal_chunk(key, 3, 0, plain);
  CHECK(chunk.size() == attachment::stored_bytes_of(3));
  CHECK(attachment::open_chunk(key, 3, 0, chunk) == plain);
  CHECK_FALSE(attachment::open_chunk(other, 3, 0, chunk));
  CHECK_FALSE(attachment::open_chunk(key, 3, 1, chunk));
  CHECK_FALSE(attachment::open_chunk(key, 4, 0, chunk));
}

TEST_CASE("the stored size of an attachment follows from its size") {
  CHECK(attachment::stored_bytes_of(0) == 16);
  CHECK(attachment::stored_bytes_of(1) == 17);
  CHECK(attachment::stored_bytes_of(attachment::kPlainChunkBytes) == 65'536);
  CHECK(attachment::stored_bytes_of(attachment::kPlainChunkBytes + 1) == 65'536 + 17);
  CHECK(attachment::is_possible_size(attachment::stored_bytes_of(limits::kMaxAttachmentBytes)));
}
