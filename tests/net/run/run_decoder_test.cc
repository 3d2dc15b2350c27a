// SPDX-License-Identifier: Apache-2.0
// Encoder and decoder together: what went in comes out, and damage is refused or seen.
#include "net/run/run_decoder.h"

#include <catch2/catch.hpp>

#include "net/run/dictionary.h"
#include "net/run/part_words.h"
#include "net/run/run_encoder.h"
#include "net/run/run_limits.h"
#include "net/run/words.h"
#include "net/wire/run_codec.h"
#include "net/wire/varint.h"
#include "tests/support/random_runs.h"

using namespace cunju;
using run::RunDecoder;
using run::RunEncoder;
using testing::RunStream;
using wire::Run;

namespace {

/// Columns by hand, as a hostile sender would.
Bytes batch_of(const run::Columns& columns) { return run::encode_columns(columns, {}); }

Error refusal(const run::Columns& columns) {
  Result<std::vector<Run>> read = RunDecoder().decode(SpaceId{{1}}, batch_of(columns));
  REQUIRE(read.has_error());
  return read.error();
}

/// One run of one change whose columns are otherwise empty.
run::Columns one_change(std::uint64_t flags_and_parts) {
  run::Columns out;
  out[run::kRuns] = {1, 1, 1};  // One run, first of a log, one change.
  out[run::kTimes] = {0};
  wire::put_varint(out[run::kChanges], flags_and_parts);
  out[run::kEnds] = {0};
  out[run::kIds] = Bytes(32, 9);
  return out;
}

}  // namespace

TEST_CASE("batches of a session come back as they went in, whatever is in them") {
  std::size_t batches = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RunStream stream(seed, 1 + seed % 4);
    const ByteView dictionary = seed % 2 == 0 ? run::dictionary() : ByteView();
    const run::Salts salts = seed % 3 == 0 ? run::Salts::kSent : run::Salts::kDerived;
    stream.derives_salts = seed % 5 != 0;
    RunEncoder encoder(dictionary, salts);
    RunDecoder decoder(dictionary, salts);
    for (int batch = 0; batch < 12; ++batch) {
      const std::vector<Run> runs = stream.next(stream.world.roll(12));
      if (runs.empty()) continue;
      Result<Bytes> bytes = encoder.encode(stream.world.space(), runs);
      REQUIRE(bytes.has_value());
      Result<std::vector<Run>> back = decoder.decode(stream.world.space(), bytes.value());
      REQUIRE(back.has_value());
      CHECK(back.value() == runs);
      for (const Run& run : back.value())
        for (const Change& change : run.changes) CHECK(has_valid_signature(change));
      ++batches;
    }
  }
  CHECK(batches > 500);
}

TEST_CASE("runs of the older codec's tests come back as well, with the founding change") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    testing::TestWorld world(seed, 1 + seed % 4);
    const std::vector<Run> runs = testing::random_runs(world, 30);
    const Bytes bytes = RunEncoder(run::dictionary()).encode(world.space(), runs).value();
    CHECK(RunDecoder(run::dictionary()).decode(world.space(), bytes).value() == runs);
    CHECK(bytes.size() < testing::stored_bytes(runs));
  }
}

TEST_CASE("what is forgotten is named again: more records than are remembered come back") {
  testing::TestWorld world(3, 1);
  RunEncoder encoder;
  RunDecoder decoder;
  const auto pass = [&](std::vector<Part> parts) {
    const std::vector<Run> runs{Run{{world.write(0, std::move(parts))}}};
    const Bytes bytes = encoder.encode(world.space(), runs).value();
    CHECK(decoder.decode(world.space(), bytes).value() == runs);
    return bytes.size();
  };
  const std::vector<Part> first = world.one_register();
  const std::size_t before = pass(first);
  const std::size_t again = pass(first);
  CHECK(again + RecordId::kSize <= before);
  for (std::size_t made = 0; made < limits::kMaxRememberedRecords; made += limits::kMaxParts) {
    std::vector<Part> parts;
    for (std::size_t i = 0; i < limits::kMaxParts; ++i)
      parts.push_back(std::move(world.one_register(1).front()));
    pass(std::move(parts));
  }
  CHECK(pass(first) >= again + RecordId::kSize);
}

TEST_CASE("the next edit of a record costs neither its id nor its parent nor its author") {
  testing::TestWorld world(4, 1);
  world.pins_any = false;
  RunEncoder encoder;
  RunDecoder decoder;
  Links links{.salt = {}, .record = RecordId{{7}}, .registry = "rental", .parents = {}};
  std::vector<std::size_t> random, ids;
  for (int edit = 0; edit < 3; ++edit) {
    links.salt = world.random().make<Salt>();
    const Body body{.salt = world.random().make<Salt>(), .operations = {}};
    std::vector<Part> parts{
        make_part(kOpenScope, encode_links(links).value(), encode_body(body).value())};
    const std::vector<Run> runs{Run{{world.write(0, std::move(parts))}}};
    links.parents = {runs[0].changes[0].id};
    const Bytes bytes = encoder.encode(world.space(), runs).value();
    CHECK(decoder.decode(world.space(), bytes).value() == runs);
    random.push_back(encoder.columns()[run::kRandom].size());
    ids.push_back(encoder.columns()[run::kIds].size());
  }
  CHECK(random[0] == 2 * Salt::kSize + RecordId::kSize + Signature::kSize - 1);
  CHECK(random[1] == 2 * Salt::kSize + Signature::kSize - 1);
  CHECK(random[2] == random[1]);
  CHECK(ids[0] >= 64);  // Author and prev.
  CHECK(ids[1] <= 32);  // A witness's statement at most.
}

TEST_CASE("one salt of a part travels where the other follows from it, and only then") {
  testing::TestWorld world(21, 1);
  world.pins_any = false;
  const auto random_bytes = [&](const Part& part, run::Salts salts) {
    const std::vector<Run> runs{Run{{world.write(0, {part})}}};
    RunEncoder encoder({}, salts);
    const Bytes bytes = encoder.encode(world.space(), runs).value();
    CHECK(RunDecoder({}, salts).decode(world.space(), bytes).value() == runs);
    return encoder.columns()[run::kRandom].size();
  };
  const Part sent = world.one_register().front();
  const Part derived = testing::with_derived_salt(sent);
  Part erased = derived;
  testing::reduce(erased, Presence::kErased);
  Part stored_body = derived;
  stored_body = make_part(kOpenScope, derived.links, testing::packed_otherwise(derived.body));
  Part stored_links = make_part(kOpenScope, testing::packed_otherwise(derived.links), derived.body);
  const std::size_t whole = random_bytes(sent, run::Salts::kSent);
  CHECK(random_bytes(derived, run::Salts::kSent) == whole);
  CHECK(random_bytes(sent, run::Salts::kDerived) == whole);
  CHECK(random_bytes(derived, run::Salts::kDerived) == whole - Salt::kSize);
  for (const Part& part : {erased, stored_body, stored_links})
    CHECK(random_bytes(part, run::Salts::kDerived) == random_bytes(part, run::Salts::kSent));
}

TEST_CASE("a salt that is to follow from a body which is not there in words is refused") {
  const auto part_of = [](Presence presence, std::uint64_t operations) {
    run::Columns columns = one_change(1 << run::kChangeFlagBits);
    wire::put_varint(
        columns[run::kParts],
        run::encode_part_tag(
            {.scope = kOpenScope, .presence = presence, .links = run::LinksForm::kSaltOfBody},
            run::Salts::kDerived));
    columns[run::kRecords] = {0};
    columns[run::kParents] = {1};
    columns[run::kNames] = {0};
    columns[run::kSizes] = {1, 0};
    columns[run::kTexts] = {'x'};
    wire::put_varint(columns[run::kOperations], operations);
    columns[run::kRandom] = Bytes(200, 3);
    return RunDecoder({}, run::Salts::kDerived).decode(SpaceId{{1}}, batch_of(columns)).error();
  };
  CHECK(part_of(Presence::kPresent, 0).context == "the salt of a body that is not in words");
  CHECK(part_of(Presence::kErased, 0).context == "the salt of a body that is not here");
  CHECK(part_of(Presence::kWithheld, 0).context == "links of a part that is not here");
  // Who did not agree on it has no such form.
  run::Columns columns = one_change(1 << run::kChangeFlagBits);
  columns[run::kParts] = {3};
  CHECK(RunDecoder({}, run::Salts::kDerived).decode(SpaceId{{1}}, batch_of(columns)).error().code ==
        Errc::kMalformed);
}

TEST_CASE("a body with something where its values have no use for it comes back") {
  testing::TestWorld world(14, 1);
  const Salt salt = world.random().make<Salt>();
  const run::BodyFields fields{
      .salt = salt.view(),
      .operations = {{.kind = 1,
                      .field = "x",
                      .value = {.kind = run::ValueKind::kText, .integer = 5, .bytes = {}},
                      .previous = {}}}};
  std::vector<Part> parts{make_part(kOpenScope, {}, run::pack_words(run::body_words(fields)))};
  REQUIRE(run::find_body_fields(run::body_words(fields)));
  const std::vector<Run> runs{Run{{world.write(0, std::move(parts))}}};
  const Bytes bytes = RunEncoder().encode(world.space(), runs).value();
  CHECK(RunDecoder().decode(world.space(), bytes).value() == runs);
}

TEST_CASE("64 changes of one author to one record and to new ones are this long") {
  testing::TestWorld world(5, 1);
  world.pins_any = false;
  Run run;
  for (int i = 0; i < 64; ++i) run.changes.push_back(world.write(0));
  const std::vector<Run> runs{run};
  const std::size_t before = wire::encode_runs(world.space(), runs).value().size();
  const std::size_t now = RunEncoder(run::dictionary()).encode(world.space(), runs).value().size();
  CAPTURE(before, now);
  // Signature, two salts, record and a parent that is another record's are 160 of it.
  CHECK(now < 64 * 176);
  CHECK(now * 10 < before * 8);
}

TEST_CASE("a changed byte is refused or changes an id, in every place") {
  for (const bool compressed : {true, false}) {
    RunStream stream(6, 2);
    stream.next(3);
    RunEncoder encoder;
    const std::vector<Run> runs = stream.next(6);
    Bytes good = encoder.encode(stream.world.space(), runs).value();
    if (!compressed) {
      Bytes plain{0};
      for (std::size_t i = 0; i < run::kPackedColumns; ++i)
        wire::put_varint(plain, encoder.columns()[i].size());
      for (const Bytes& column : encoder.columns()) append(plain, column);
      good = plain;
    }
    REQUIRE(RunDecoder().decode(stream.world.space(), good).value() == runs);
    for (std::size_t i = 0; i < good.size(); ++i) {
      Bytes damaged = good;
      damaged[i] ^= static_cast<std::uint8_t>(1 + stream.world.roll(255));
      Result<std::vector<Run>> read = RunDecoder().decode(stream.world.space(), damaged);
      if (read.has_error() || damaged == good) continue;
      INFO("byte " << i << " compressed " << compressed);
      // Some spellings mean the same; whatever means something else breaks a signature.
      if (read.value() == runs) continue;
      bool is_authentic = true;
      for (const Run& run : read.value())
        is_authentic = is_authentic && has_valid_signature(run.changes.back());
      std::vector<ChangeId> before, after;
      for (const Run& run : runs)
        for (const Change& change : run.changes) before.push_back(change.id);
      for (const Run& run : read.value())
        for (const Change& change : run.changes) after.push_back(change.id);
      CHECK((!is_authentic || before == after || after.size() != before.size()));
    }
  }
}

TEST_CASE("every truncation of a batch is refused, and a byte too many") {
  RunStream stream(7, 2);
  Bytes good = RunEncoder().encode(stream.world.space(), stream.next(10)).value();
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(RunDecoder().decode(stream.world.space(), ByteView(good).first(size)).has_error());
  good.push_back(0);
  CHECK(RunDecoder().decode(stream.world.space(), good).has_error());
}

TEST_CASE("a batch that is read after another one than it was written after is not authentic") {
  testing::TestWorld world(8, 1);
  RunEncoder encoder;
  const std::vector<Run> first{Run{{world.write(0)}}}, second{Run{{world.write(0)}}};
  (void)encoder.encode(world.space(), first).value();
  const Bytes bytes = encoder.encode(world.space(), second).value();
  CHECK(RunDecoder().decode(world.space(), bytes).error().code == Errc::kMalformed);
  RunDecoder other;
  const std::vector<Run> strange{Run{{world.fork(0, 1)}}};
  (void)other.decode(world.space(), RunEncoder().encode(world.space(), strange).value()).value();
  Result<std::vector<Run>> read = other.decode(world.space(), bytes);
  if (read.has_value()) CHECK_FALSE(has_valid_signature(read.value().front().changes.back()));
}

TEST_CASE("runs of another space and a foreign founding change are refused in columns") {
  testing::TestWorld ours(8, 1), theirs(9, 1);
  const std::vector<Run> founding{Run{ours.log(0)}};
  CHECK(RunEncoder().encode(theirs.space(), founding).error().code == Errc::kInvalidArgument);
  const Bytes bytes = RunEncoder().encode(ours.space(), founding).value();
  CHECK(RunDecoder().decode(theirs.space(), bytes).error().code == Errc::kMalformed);
}

TEST_CASE("what is not a run is not put in columns") {
  testing::TestWorld world(10, 1);
  for (int i = 0; i < 3; ++i) world.write(0);
  const std::vector<Run> gap{Run{{world.log(0)[0], world.log(0)[2]}}}, none{Run{}};
  CHECK(RunEncoder().encode(world.space(), gap).error().code == Errc::kInvalidArgument);
  CHECK(RunEncoder().encode(world.space(), none).error().code == Errc::kInvalidArgument);
}

TEST_CASE("a batch in columns is limited in changes and bytes, on both sides") {
  const SpaceId space{{1}};
  const Change small{.header = {.space = space, .pins = {ChangeId{{1}}}}};
  const auto repeat = [&](std::size_t count, const Change& change) {
    std::vector<Run> runs(count);
    for (Run& run : runs) run.changes = {change};
    return runs;
  };
  const auto encode = [&](std::size_t count, const Change& change) {
    return RunEncoder().encode(space, repeat(count, change));
  };
  CHECK(encode(limits::kMaxBatchChanges, small).has_value());
  CHECK(encode(limits::kMaxBatchChanges + 1, small).error().context == "kMaxBatchChanges");
  Change large = small;
  large.parts.push_back(make_part(kOpenScope, {}, Bytes(limits::kMaxBodyBytes)));
  CHECK(encode(9, large).error().context == "kMaxBatchBytes");
  run::Columns many;
  wire::put_varint(many[run::kRuns], limits::kMaxBatchChanges + 1);
  CHECK(refusal(many).context == "kMaxBatchChanges");
}

TEST_CASE("each limit of a change is applied to what columns carry") {
  run::Columns pins = one_change(1);
  wire::put_varint(pins[run::kChanges], limits::kMaxPins + 1);
  CHECK(refusal(pins).context == "kMaxPins");
  CHECK(refusal(one_change((limits::kMaxParts + 1) << 2)).context == "kMaxParts");

  run::Columns part = one_change(1 << 2);
  run::Columns bad = part;
  wire::put_varint(bad[run::kParts], std::uint64_t{0x10000} << 3);
  CHECK(refusal(bad).code == Errc::kMalformed);
  bad = part;
  bad[run::kParts] = {1 << 1 | 1};
  CHECK(refusal(bad).context == "links of a part that is not here");
  bad = part;
  bad[run::kParts] = {0};
  wire::put_varint(bad[run::kSizes], limits::kMaxLinksBytes + 1);
  CHECK(refusal(bad).context == "kMaxLinksBytes");
  bad[run::kSizes] = {0};
  bad[run::kOperations] = {0};
  wire::put_varint(bad[run::kSizes], limits::kMaxBodyBytes + 1);
  CHECK(refusal(bad).context == "kMaxBodyBytes");
  bad[run::kSizes] = {0};
  bad[run::kOperations].clear();
  wire::put_varint(bad[run::kOperations], limits::kMaxOperations + 2);
  CHECK(refusal(bad).context == "kMaxOperations");

  // Links in words.
  run::Columns links = part;
  links[run::kParts] = {1};
  links[run::kRandom] = Bytes(16);
  links[run::kRecords] = {1};
  CHECK(refusal(links).context == "a record that was not named before");
  links[run::kRandom] = Bytes(32);
  links[run::kRecords] = {0};
  wire::put_varint(links[run::kParents], limits::kMaxParents + 2);
  CHECK(refusal(links).context == "kMaxParents");
  links[run::kParents] = {1};
  links[run::kNames] = {1};
  CHECK(refusal(links).context == "a name that was not named before");
  links[run::kNames] = {0};
  wire::put_varint(links[run::kSizes], limits::kMaxNameBytes + 1);
  CHECK(refusal(links).context == "kMaxNameBytes");

  run::Columns author;
  author[run::kRuns] = {1, 3, 1};
  CHECK(refusal(author).context == "an author who was not named before");
}

TEST_CASE("a name that was named once does not make megabytes of bytes") {
  // One name of 128 bytes, then a change of many parts with thousands of operations that refer to
  // it: each costs three bytes and means over a hundred.
  // Only the first parts are there: they are too much before the others are missed.
  run::Columns columns = one_change(limits::kMaxParts << 2);
  const std::size_t operations = 1500;
  for (std::size_t part = 0; part < 10; ++part) {
    put_u8(columns[run::kParts], 0);
    wire::put_varint(columns[run::kSizes], 0);
    wire::put_varint(columns[run::kOperations], 1 + operations);
    append(columns[run::kRandom], Salt{}.view());
    for (std::size_t i = 0; i < operations; ++i) {
      append(columns[run::kOperations], Bytes{1, 0});
      const bool is_new = part == 0 && i == 0;
      put_u8(columns[run::kNames], is_new ? 0 : 1);
      if (!is_new) continue;
      wire::put_varint(columns[run::kSizes], limits::kMaxNameBytes);
      append(columns[run::kTexts], Bytes(limits::kMaxNameBytes, 'n'));
    }
  }
  append(columns[run::kRandom], Bytes(63));
  Bytes plain{0};
  for (std::size_t i = 0; i < run::kPackedColumns; ++i) wire::put_varint(plain, columns[i].size());
  for (const Bytes& column : columns) append(plain, column);
  CHECK(RunDecoder().decode(SpaceId{{1}}, plain).error().context == "kMaxChangeBytes");
}

TEST_CASE("zeros that pack to nothing do not fill the columns, and come back") {
  testing::TestWorld world(12, 1);
  const auto of_zeros = [&](std::string field, Value value) {
    const Links links{.salt = world.random().make<Salt>(),
                      .record = world.random().make<RecordId>(),
                      .registry = "rental",
                      .parents = {}};
    const Body body{
        .salt = world.random().make<Salt>(),
        .operations = {make_operation(OperationKind::kRegisterSet, std::move(field), value)}};
    return make_part(kOpenScope, encode_links(links).value(), encode_body(body).value());
  };
  Run run;
  for (int i = 0; i < 200; ++i) {
    std::vector<Part> parts;
    parts.push_back(of_zeros("scan", Bytes(limits::kMaxValueBytes)));
    run.changes.push_back(world.write(0, std::move(parts)));
  }
  RunEncoder encoder;
  const std::vector<Run> runs{run};
  const Bytes bytes = encoder.encode(world.space(), runs).value();
  std::size_t columns = 0;
  for (const Bytes& column : encoder.columns()) columns += column.size();
  CHECK(columns < 2 * testing::stored_bytes(runs));
  CHECK(RunDecoder().decode(world.space(), bytes).value() == runs);
}

TEST_CASE("random columns are never a crash") {
  const std::uint64_t seed = 13;
  CAPTURE(seed);
  testing::TestWorld world(seed, 1);
  for (int round = 0; round < 5000; ++round) {
    run::Columns columns;
    for (Bytes& column : columns) {
      world.random().fill(column = Bytes(world.roll(60)));
      // Small numbers go further.
      if (world.roll(2) == 0)
        for (std::uint8_t& byte : column) byte = static_cast<std::uint8_t>(byte % 6);
    }
    columns[run::kRuns] = {1, static_cast<std::uint8_t>(world.roll(4)), 2};
    Result<std::vector<Run>> read = RunDecoder().decode(SpaceId{{1}}, batch_of(columns));
    if (read.has_error()) continue;
    const Bytes again = RunEncoder().encode(SpaceId{{1}}, read.value()).value();
    CHECK(RunDecoder().decode(SpaceId{{1}}, again).value() == read.value());
  }
}
