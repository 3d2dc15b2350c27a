// SPDX-License-Identifier: Apache-2.0
// What a replica passes on: every byte as it came, in runs that prove themselves.
#include <algorithm>

#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// The body of `part` with the kind of its integer value `marker` replaced by one of the future.
Part with_unknown_value_kind(const RecordId& record, std::int64_t marker) {
  Part part = forge_part(record, {}, {set_field("a", marker)});
  // Packed: the word of the union's tag (01 01), then the integer with no zero byte (ff ...).
  Bytes needle{0xFF};
  put_u64(needle, static_cast<std::uint64_t>(marker));
  Bytes body = part.body;
  auto at = std::search(body.begin(), body.end(), needle.begin(), needle.end());
  REQUIRE(at != body.end());
  REQUIRE(*(at - 1) == 1);
  *(at - 1) = 0x63;
  return make_part(kOpenScope, part.links, body);
}

std::vector<Bytes> log_bytes(replica::Replica& replica, const SpaceId& space,
                             const AuthorKey& author) {
  std::vector<Bytes> out;
  require(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
    out.push_back(encode_change(change));
    return true;
  }));
  return out;
}

struct Line {
  TestReplica one{1}, two{2}, three{3};
  Village village{found_village(*one, one.random())};
  SpaceId space{village.space};
  Person li{admit_person(*one, village, one.random(), "李")};
  ChangeId pin{head_change(*one, space, village.founder.author()).id};
  RecordId record{one.random().make<RecordId>()};

  Result<sync::AcceptReport> give(TestReplica& to, std::vector<Change> changes) {
    return to->accept(space, std::vector<sync::Run>{{std::move(changes)}});
  }
};

}  // namespace

TEST_CASE(
    "registries, operations and values of a newer program are kept and passed on bit for bit") {
  Line line;
  constexpr std::int64_t kMarker = 0x1122334455667788;
  std::vector<Change> log;
  auto say = [&](Part part) {
    log.push_back(log.empty()
                      ? forge_change(line.li.device, line.space, nullptr, {line.pin}, {part})
                      : forge_change(line.li.device, line.space, &log.back(), {}, {part}));
  };
  say(forge_part(line.record, {}, {set_field("a", "1")}, "registry of the year 2040"));
  say(forge_part(line.one.random().make<RecordId>(), {},
                 {{.kind = 40'000, .field = "新", .value = Bytes{1, 2}, .previous = "x"}}));
  const RecordId strange = line.one.random().make<RecordId>();
  say(with_unknown_value_kind(strange, kMarker));
  Part future = make_part(Scope{9}, Bytes{0, 1, 2}, Bytes{3, 4, 5});
  say(future);
  require(line.give(line.one, log));
  pull(*line.two, *line.one, line.space);
  pull(*line.three, *line.two, line.space);
  std::vector<Bytes> sent;
  for (const Change& change : log) sent.push_back(encode_change(change));
  CHECK(log_bytes(*line.three, line.space, line.li.author()) == sent);
  CHECK(require(line.three->view_hash(line.space)) == require(line.one->view_hash(line.space)));
  CHECK(require(line.three->registries(line.space)).at("registry of the year 2040") == 1);
  // The strange value is no value here, and no reason to void its part.
  CHECK(require(line.three->view(line.space, strange))->state.is_empty());
  CHECK_FALSE(require(line.three->history(line.space, strange)).at(0).is_void);
}

TEST_CASE("changes come out in an order that the receiver can admit without holding any") {
  Line line;
  for (int i = 0; i < 10; ++i) {
    write_record(*line.one, line.space, line.li, line.record, {set_field("a", "1")});
    admit_person(*line.one, line.village, line.one.random(), std::to_string(i));
  }
  require(line.two->join(line.space, {}));
  sync::Have have;
  sync::Amount amount = require(line.one->measure_missing(line.space, have));
  CHECK(amount.changes == 22);
  std::uint64_t bytes = 0, batches = 0;
  for (;;) {
    std::vector<sync::Run> runs = require(line.one->next_runs(line.space, {}, have, 1));
    if (runs.empty()) break;
    ++batches;
    for (const sync::Run& run : runs)
      for (const Change& change : run.changes) bytes += encode_change(change).size();
    CHECK(require(line.two->accept(line.space, runs)).held == 0);
    CHECK(require(line.two->counts()).waiting_parts == 0);
  }
  CHECK(batches == 22);
  CHECK(bytes == amount.bytes);
  const sync::Have all = have_of(*line.one, line.space);
  CHECK(have.logs.size() == all.logs.size());
  for (const auto& [author, log] : all.logs) CHECK(have.logs.at(author).count == log.count);
  CHECK(require(line.one->measure_missing(line.space, have)).changes == 0);
  CHECK(require(line.two->state_hash(line.space)) == require(line.one->state_hash(line.space)));
}

TEST_CASE("a bad signature inside a run voids nothing and never ends a run that is passed on") {
  Line line;
  Change bad = forge_change(line.li.device, line.space, nullptr, {line.pin},
                            {forge_part(line.record, {}, {set_field("a", "1")})});
  bad.signature.value[3] ^= 1;
  bad.id = change_id(encode_header(bad.header), bad.signature);
  Change good = forge_change(line.li.device, line.space, &bad, {}, {});
  CHECK(line.give(line.one, {bad}).error().code == Errc::kBadSignature);
  CHECK(require(line.give(line.one, {bad, good})).admitted == 2);
  require(line.two->join(line.space, {}));
  sync::Have have;
  for (;;) {
    std::vector<sync::Run> runs = require(line.one->next_runs(line.space, {}, have, 1));
    if (runs.empty()) break;
    require(line.two->accept(line.space, runs));
  }
  CHECK(require(line.two->state_hash(line.space)) == require(line.one->state_hash(line.space)));
  CHECK(require(line.two->view(line.space, line.record))->state.find("a") != nullptr);
}

TEST_CASE("a log end that nothing here proves is kept back and holds up nobody else") {
  Line line;
  Change bad = forge_change(line.li.device, line.space, nullptr, {line.pin}, {});
  bad.signature.value[3] ^= 1;
  bad.id = change_id(encode_header(bad.header), bad.signature);
  // The change that proves it waits for a pin.
  ChangeId unknown_pin{};
  unknown_pin.value.fill(7);
  Change prover = forge_change(line.li.device, line.space, &bad, {unknown_pin}, {});
  sync::AcceptReport report = require(line.give(line.one, {bad, prover}));
  CHECK(report.admitted == 1);
  CHECK(report.held == 1);
  write_record(*line.one, line.space, line.village.founder, line.record, {set_field("a", "1")});
  CHECK(pull(*line.two, *line.one, line.space).admitted == 3);
  CHECK(require(line.two->view(line.space, line.record)));
}

TEST_CASE("every node gets the roster; a shell node open parts only, a witness no others") {
  const Replication replication =
      GENERATE(Replication::kFull, Replication::kShell, Replication::kWitness);
  CAPTURE(static_cast<int>(replication));
  Line line;
  Person office =
      admit_person(*line.one, line.village, line.one.random(), "街道", {"office"}, replication);
  Change change =
      forge_change(line.li.device, line.space, nullptr,
                   {head_change(*line.one, line.space, line.village.founder.author()).id},
                   {forge_part(line.record, {}, {set_field("a", "1")}),
                    make_part(Scope{3}, Bytes{1}, Bytes{2})});
  require(line.give(line.one, {change}));
  const std::uint64_t all = require(line.one->counts()).changes;
  line.two->set_own_node(office.node.node());
  CHECK(pull(*line.two, *line.one, line.space, 4096, office.wire.wire()).admitted == all);
  CHECK(require(line.two->state_hash(line.space)) == require(line.one->state_hash(line.space)));
  CHECK(require(line.two->roster(line.space))->members.size() == 3);
  Change there = head_change(*line.two, line.space, line.li.author());
  CHECK(there.id == change.id);
  auto present = [&](std::size_t i) { return there.parts.at(i).presence == Presence::kPresent; };
  CHECK(present(0) == (replication != Replication::kWitness));
  CHECK(present(1) == (replication == Replication::kFull));
  CHECK(require(line.two->view(line.space, line.record)).has_value() ==
        (replication != Replication::kWitness));
}
