// SPDX-License-Identifier: Apache-2.0
#include "net/wire/parts_codec.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "net/wire/messages.h"
#include "net/wire/varint.h"

using namespace cunju;
using wire::decode_parts;
using wire::encode_parts;

namespace {

Bytes some_bytes(std::mt19937_64& dice, std::size_t most) {
  Bytes out(dice() % (most + 1));
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(dice());
  return out;
}

std::vector<wire::ChangeParts> some_parts(std::mt19937_64& dice) {
  std::vector<wire::ChangeParts> out(dice() % 6);
  for (wire::ChangeParts& change : out) {
    for (std::uint8_t& byte : change.id.value) byte = static_cast<std::uint8_t>(dice());
    std::uint16_t index = 0;
    for (std::size_t i = 0; i <= dice() % 4; ++i) {
      index = static_cast<std::uint16_t>(index + 1 + dice() % 20);
      wire::BroughtPart part{.index = index,
                             .is_erased = dice() % 3 == 0,
                             .links = some_bytes(dice, 200),
                             .body = {},
                             .body_hash = {}};
      if (part.is_erased) {
        for (std::uint8_t& byte : part.body_hash.value) byte = static_cast<std::uint8_t>(dice());
      } else {
        part.body = some_bytes(dice, 500);
      }
      change.parts.push_back(std::move(part));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("brought parts come back as they went in") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 dice(seed);
    const std::vector<wire::ChangeParts> parts = some_parts(dice);
    const Bytes bytes = encode_parts(parts);
    const auto back = decode_parts(bytes);
    REQUIRE(back.has_value());
    CHECK(back.value() == parts);
    for (std::size_t size = 0; size < bytes.size(); ++size)
      CHECK(decode_parts(ByteView(bytes).first(size)).has_error());
  }
}

TEST_CASE("damaged parts are refused or decode to what encodes to the same bytes") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 dice(seed);
    Bytes bytes = encode_parts(some_parts(dice));
    for (std::size_t i = 0; i <= dice() % 4; ++i)
      bytes[dice() % bytes.size()] = static_cast<std::uint8_t>(dice());
    const auto read = decode_parts(bytes);
    if (read.has_value()) CHECK(encode_parts(read.value()) == bytes);
  }
}

TEST_CASE("parts beyond a limit are named by it before memory is taken") {
  Bytes many;
  wire::put_varint(many, limits::kMaxPartsChanges + 1);
  CHECK(decode_parts(many).error().context == "kMaxPartsChanges");
  Bytes long_links;
  wire::put_varint(long_links, 1);
  append(long_links, Bytes(32, 1));
  wire::put_varint(long_links, 1);
  wire::put_varint(long_links, 0);
  wire::put_varint(long_links, limits::kMaxLinksBytes + 1);
  CHECK(decode_parts(long_links).error().context == "kMaxLinksBytes");
  Bytes none;
  wire::put_varint(none, 1);
  append(none, Bytes(32, 1));
  wire::put_varint(none, 0);
  CHECK(decode_parts(none).error().code == Errc::kMalformed);
}

TEST_CASE("a span has the numbers that were added to it and no others") {
  wire::LogSpan span{.author = {}, .first = Seq{100}, .bits = {}};
  for (const std::uint64_t seq : {100, 107, 108, 1123}) span.add(seq);
  CHECK(span.bits.size() == limits::kMaxSpanSeqs / 8);
  CHECK(span.has(100));
  CHECK(span.has(1123));
  CHECK_FALSE(span.has(99));
  CHECK_FALSE(span.has(101));
  CHECK_FALSE(span.has(5000));
}

TEST_CASE("questions about parts come back from the wire, and are refused beyond their limits") {
  wire::AskParts ask{.token = wire::SpaceToken{{3}},
                     .span = {.author = AuthorKey{{4}}, .first = Seq{7}, .bits = {5}},
                     .is_open = true,
                     .bytes = limits::kMaxAskedPartsBytes};
  auto back = [](const wire::Message& message) {
    return wire::decode_message(wire::encode_message(message).value());
  };
  CHECK(back(ask).value() == wire::Message(ask));
  ask.bytes += 1;
  CHECK(back(ask).error().context == "kMaxAskedPartsBytes");
  ask.bytes = 0;
  CHECK(back(ask).error().code == Errc::kMalformed);
  ask.bytes = 1;
  ask.span.bits = Bytes(limits::kMaxSpanSeqs / 8 + 1, 1);
  CHECK(back(ask).error().context == "kMaxSpanSeqs");
  ask.span.bits = {1, 0};
  CHECK(back(ask).error().code == Errc::kMalformed);
  ask.span.bits = {1};
  ask.span.first = Seq{UINT64_MAX};
  CHECK(back(ask).error().code == Errc::kMalformed);

  wire::AskHeld held{.token = wire::SpaceToken{{3}}, .ids = {ChangeId{{1}}, ChangeId{{2}}}};
  CHECK(back(held).value() == wire::Message(held));
  held.ids.resize(limits::kMaxAskedHeld + 1);
  CHECK(back(held).error().context == "kMaxAskedHeld");
  held.ids.clear();
  CHECK(back(held).error().code == Errc::kMalformed);
  CHECK(back(wire::Held{.bits = Bytes(64, 9)}).value() ==
        wire::Message(wire::Held{.bits = Bytes(64, 9)}));
  CHECK(back(wire::Held{.bits = Bytes(65, 9)}).error().context == "kMaxAskedHeld");
  CHECK(back(wire::PartsDone{.has_more = true}).value() ==
        wire::Message(wire::PartsDone{.has_more = true}));
  const wire::Parts parts{.next = 9, .parts = {1, 2}};
  CHECK(back(parts).value() == wire::Message(parts));
}
