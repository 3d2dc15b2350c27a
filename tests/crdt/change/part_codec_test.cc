// SPDX-License-Identifier: Apache-2.0
#include "crdt/change/part_codec.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"

using namespace cunju;

TEST_CASE("links and bodies come back as they went in, for 200 random ones") {
  const std::uint64_t seed = 11;
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  for (int round = 0; round < 200; ++round) {
    auto dice = random.make<Hash>();
    Links links{.salt = random.make<Salt>(),
                .record = random.make<RecordId>(),
                .registry = "r",
                .parents = {}};
    for (int i = 0; i < dice.value[0] % 9; ++i) links.parents.push_back(random.make<ChangeId>());
    std::ranges::sort(links.parents);
    CHECK(decode_links(encode_links(links).value()).value() == links);

    Body body{.salt = random.make<Salt>(), .operations = {}};
    for (int i = 0; i < dice.value[1] % 90; ++i) {
      Value value = dice.value[2] % 2 == 0
                        ? Value(std::string(static_cast<std::size_t>(i) * 7, 'x'))
                        : Value(std::int64_t{-i});
      body.operations.push_back(
          make_operation(OperationKind::kRegisterSet, "f" + std::to_string(i), value));
    }
    CHECK(decode_body(encode_body(body).value()).value() == body);
  }
}

TEST_CASE("random and damaged bytes are errors, never crashes") {
  const std::uint64_t seed = 12;
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  Bytes good =
      encode_body({.salt = {},
                   .operations = {make_operation(OperationKind::kSetAdd, "f", std::string("v"))}})
          .value();
  for (int round = 0; round < 3000; ++round) {
    auto dice = random.make<Hash>();
    Bytes noise(dice.value.begin(), dice.value.begin() + dice.value[31] % 32);
    (void)decode_links(noise);
    (void)decode_body(noise);
    Bytes damaged = good;
    damaged[dice.value[0] % damaged.size()] ^= static_cast<std::uint8_t>(1 + dice.value[1] % 255);
    (void)decode_body(damaged);
  }
}

TEST_CASE("a packed bomb is refused by its stated size before it is unpacked") {
  // Segment table: one segment of 0x00FFFFFF words, then runs of zero words.
  Bytes bomb = {0x71, 0xFF, 0xFF, 0xFF, 0x00};
  for (int i = 0; i < 60'000; ++i) {
    bomb.push_back(0x00);
    bomb.push_back(0xFF);
  }
  CHECK(decode_body(bomb).has_error());
  Bytes segments = {0x11, 0x01, 0x01};  // two segments
  CHECK(decode_body(segments).error().code == Errc::kLimit);
}

TEST_CASE("local parts beyond a limit are refused by name") {
  Links links{.salt = {}, .record = {}, .registry = "r", .parents = {}};
  links.parents.resize(limits::kMaxParents + 1);
  CHECK(encode_links(links).error().context == "kMaxParents");
  Body body;
  body.operations.resize(limits::kMaxOperations + 1);
  CHECK(encode_body(body).error().context == "kMaxOperations");
  body.operations.resize(1);
  body.operations[0].value = std::string(limits::kMaxValueBytes + 1, 'x');
  CHECK(encode_body(body).error().code == Errc::kLimit);
  body.operations[0].value = std::string("\xff\xfe");
  CHECK(encode_body(body).has_error());
}

TEST_CASE("parents out of order or twice make links malformed") {
  Links links{.salt = {}, .record = {}, .registry = "r", .parents = {ChangeId{{2}}, ChangeId{{1}}}};
  CHECK(decode_links(encode_links(links).value()).error().code == Errc::kMalformed);
  links.parents = {ChangeId{{2}}, ChangeId{{2}}};
  CHECK(decode_links(encode_links(links).value()).error().code == Errc::kMalformed);
}
