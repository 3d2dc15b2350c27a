// SPDX-License-Identifier: Apache-2.0
#include "net/wire/run_codec.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "net/wire/varint.h"
#include "tests/support/random_runs.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::random_runs;
using testing::stored_bytes;
using wire::decode_runs;
using wire::encode_runs;
using wire::Run;

TEST_CASE("runs come back as they went in, with every presence and the founding change") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    testing::TestWorld world(seed, 1 + seed % 4);
    std::vector<Run> runs = random_runs(world, 30);
    Result<Bytes> bytes = encode_runs(world.space(), runs);
    REQUIRE(bytes.has_value());
    Result<std::vector<Run>> back = decode_runs(world.space(), bytes.value());
    REQUIRE(back.has_value());
    CHECK(back.value() == runs);
    for (const Run& run : back.value()) CHECK(has_valid_signature(run.changes.back()));
    CHECK(encode_runs(world.space(), back.value()).value() == bytes.value());
    CHECK(bytes.value().size() < stored_bytes(runs));
  }
}

TEST_CASE(
    "64 one-register changes of one author cost 16,378 bytes on the wire and 27,938 in the log") {
  testing::TestWorld world(5, 1);
  Run run;
  for (int i = 0; i < 64; ++i) run.changes.push_back(world.write(0));
  std::vector<Run> runs{run};
  std::size_t stored = stored_bytes(runs);
  std::size_t wire_bytes = encode_runs(world.space(), runs).value().size();
  CAPTURE(stored, wire_bytes);
  CHECK(stored == 27'938);
  CHECK(wire_bytes == 16'378);
}

TEST_CASE(
    "every damaged byte of a run is refused or changes an id, and never encodes differently") {
  testing::TestWorld world(6, 2);
  std::vector<Run> runs = random_runs(world, 8);
  Bytes good = encode_runs(world.space(), runs).value();
  for (std::size_t i = 0; i < good.size(); ++i) {
    Bytes damaged = good;
    damaged[i] ^= static_cast<std::uint8_t>(1 + world.roll(255));
    Result<std::vector<Run>> read = decode_runs(world.space(), damaged);
    if (read.has_error()) continue;
    INFO("byte " << i);
    CHECK(encode_runs(world.space(), read.value()).value() == damaged);
    CHECK(read.value() != runs);
  }
}

TEST_CASE("every truncation of runs, and a byte too many, is refused") {
  testing::TestWorld world(7, 2);
  Bytes good = encode_runs(world.space(), random_runs(world, 8)).value();
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(decode_runs(world.space(), ByteView(good).first(size)).has_error());
  good.push_back(0);
  CHECK(decode_runs(world.space(), good).has_error());
}

TEST_CASE("runs of another space and a foreign founding change are refused") {
  testing::TestWorld ours(8, 1);
  testing::TestWorld theirs(9, 1);
  std::vector<Run> founding{Run{ours.log(0)}};
  CHECK(encode_runs(theirs.space(), founding).error().code == Errc::kInvalidArgument);
  Bytes bytes = encode_runs(ours.space(), founding).value();
  CHECK(decode_runs(theirs.space(), bytes).error().code == Errc::kMalformed);
}

TEST_CASE("what is not a run is not sent") {
  testing::TestWorld world(10, 1);
  for (int i = 0; i < 3; ++i) world.write(0);
  Run gap{{world.log(0)[0], world.log(0)[2]}};
  CHECK(encode_runs(world.space(), std::vector<Run>{gap}).error().code == Errc::kInvalidArgument);
  CHECK(encode_runs(world.space(), std::vector<Run>{Run{}}).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a batch is limited in changes, parts and bytes, on both sides") {
  SpaceId space{{1}};
  ChangeHeader header{.space = space, .pins = {ChangeId{{1}}}};
  auto repeat = [&](std::size_t count, const Change& change) {
    std::vector<Run> runs(count);
    for (Run& run : runs) run.changes = {change};
    return runs;
  };
  Change small{.header = header, .signature = {}, .parts = {}, .id = {}};
  CHECK(encode_runs(space, repeat(limits::kMaxBatchChanges, small)).has_value());
  CHECK(encode_runs(space, repeat(limits::kMaxBatchChanges + 1, small)).error().context ==
        "kMaxBatchChanges");
  Change large = small;
  large.parts.push_back(make_part(kOpenScope, {}, Bytes(limits::kMaxBodyBytes)));
  CHECK(encode_runs(space, repeat(9, large)).error().context == "kMaxBatchBytes");

  // By hand, as a hostile sender would: three bytes a part, a whole batch of them.
  Bytes bomb;
  wire::put_varint(bomb, 1);
  put_u8(bomb, 1);
  append(bomb, AuthorKey{}.view());
  wire::put_varint(bomb, 1024);
  for (int change = 0; change < 1024; ++change) {
    put_u8(bomb, 0);
    wire::put_varint(bomb, 0);
    wire::put_varint(bomb, limits::kMaxParts);
    for (std::size_t part = 0; part < limits::kMaxParts; ++part) append(bomb, Bytes{0, 0, 0});
    append(bomb, Signature{}.view());
  }
  CHECK(decode_runs(space, bomb).error().context == "kMaxBatchParts");

  Bytes counts;
  wire::put_varint(counts, std::uint64_t{1} << 60);
  CHECK(decode_runs(space, counts).error().context == "kMaxBatchChanges");
}

TEST_CASE("each limit of a change is applied to what the wire carries") {
  SpaceId space{{1}};
  Change change{
      .header = {.space = space, .pins = {ChangeId{{1}}}}, .signature = {}, .parts = {}, .id = {}};
  auto refused = [&](auto&& edit) {
    Change bad = change;
    edit(bad);
    return decode_runs(space, encode_runs(space, std::vector<Run>{Run{{bad}}}).value()).error();
  };
  CHECK(refused([](Change& bad) { bad.header.pins.assign(17, ChangeId{}); }).context == "kMaxPins");
  CHECK(refused([](Change& bad) { bad.header.pins.assign(2, ChangeId{}); }).code ==
        Errc::kMalformed);
  CHECK(refused([](Change& bad) { bad.parts.resize(limits::kMaxParts + 1); }).context ==
        "kMaxParts");
  CHECK(refused([](Change& bad) {
          bad.parts = {make_part(kOpenScope, Bytes(limits::kMaxLinksBytes + 1), {})};
        }).context == "kMaxLinksBytes");
  CHECK(refused([](Change& bad) {
          bad.parts = {make_part(kOpenScope, {}, Bytes(limits::kMaxBodyBytes + 1))};
        }).context == "kMaxBodyBytes");
  CHECK(refused([](Change& bad) {
          bad.parts.assign(5, make_part(kOpenScope, {}, Bytes(limits::kMaxBodyBytes)));
        }).context == "kMaxChangeBytes");
}

TEST_CASE("an integer has one spelling") {
  for (std::uint64_t value : {std::uint64_t{0}, std::uint64_t{127}, std::uint64_t{128},
                              std::uint64_t{1} << 63, UINT64_MAX}) {
    Bytes bytes;
    wire::put_varint(bytes, value);
    ByteReader in(bytes);
    CHECK(wire::read_varint(in).value() == value);
    CHECK(wire::unzigzag(wire::zigzag(value)) == value);
  }
  for (const Bytes& bad : {Bytes{}, Bytes{0x80}, Bytes{0x80, 0x00},
                           Bytes{0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}}) {
    ByteReader in(bad);
    CHECK(wire::read_varint(in).has_error());
  }
  CHECK(wire::zigzag(0) == 0);
  CHECK(wire::zigzag(UINT64_MAX) == 1);
  CHECK(wire::zigzag(1) == 2);
}

TEST_CASE("random bytes are never runs and never a crash") {
  const std::uint64_t seed = 13;
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  for (int round = 0; round < 3000; ++round) {
    auto noise = random.make<FixedBytes<struct NoiseTag, 96>>();
    noise.value[0] = 1;
    noise.value[1] %= 3;
    (void)decode_runs(SpaceId{{1}}, noise.view().first(noise.value[95] % 96));
  }
}
