// SPDX-License-Identifier: Apache-2.0
#include "crdt/base/limits.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

std::string shown(replica::Replica& replica, const SpaceId& space, const RecordId& record,
                  const std::string& field) {
  auto view = require(replica.view(space, record));
  REQUIRE(view);
  const Field* found = view->state.find(field);
  return found == nullptr ? "" : std::get<std::string>(found->winner());
}

Errc append_error(replica::Replica& replica, const SpaceId& space, const crypto::SigningKey& author,
                  const replica::ChangeDraft& draft) {
  return replica.append(space, author, {&draft, 1}, 0).error().code;
}

}  // namespace

TEST_CASE("a founded space has its founder's roster and takes his changes") {
  TestReplica one(1);
  int commits = 0;
  one->set_commit_listener([&] { ++commits; });
  Village village = found_village(*one, one.random(), "柳树村");
  CHECK(commits == 1);
  CHECK(require(one->spaces()) == std::vector{village.space});
  auto roster = require(one->roster(village.space));
  CHECK(roster->space_name == "柳树村");
  CHECK(roster->may(village.founder.author(), "minutes", kWrite));
  CHECK(roster->find_wire(village.founder.wire.wire()) != nullptr);
  CHECK(require(one->shared_spaces(village.founder.wire.wire())) == std::vector{village.space});
  CHECK(require(one->shared_spaces(WireKey{})).empty());

  RecordId record = one.random().make<RecordId>();
  std::vector<replica::ChangeDraft> drafts{draft_of(record, {set_field("议题", "修路")}),
                                           draft_of(record, {set_field("议题", "修桥")})};
  replica::Appended appended =
      require(one->append(village.space, village.founder.device, drafts, 42));
  CHECK(appended.first == Seq{1});
  REQUIRE(appended.ids.size() == 2);
  CHECK(commits == 2);
  for (int opening = 0; opening < 2; ++opening) {
    CHECK(shown(*one, village.space, record, "议题") == "修桥");
    std::vector<replica::HistoryEntry> history = require(one->history(village.space, record));
    REQUIRE(history.size() == 2);
    CHECK(history[0].id == appended.ids[0]);
    CHECK(history[1].parents == std::vector{appended.ids[0]});
    CHECK(history[1].claimed_ms == 42);
    CHECK(history[1].depth == 2);
    CHECK(history[1].operations == drafts[1].parts[0].operations);
    CHECK(require(one->find_change(village.space, village.founder.author(), Seq{2})) ==
          appended.ids[1]);
    one.reopen();
  }
}

TEST_CASE("many drafts are one commit, all or none") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  Person supervisor = admit_person(*one, village, one.random(), "孙", {"supervisor"});
  RecordId record = one.random().make<RecordId>();
  const Hash before = require(one->state_hash(village.space));
  std::vector<replica::ChangeDraft> drafts{
      draft_of(record, {set_field("a", "1")}),
      draft_of(record, {set_field("a", std::string(limits::kMaxValueBytes + 1, 'x'))})};
  CHECK(one->append(village.space, village.founder.device, drafts, 0).error().code == Errc::kLimit);
  CHECK(require(one->state_hash(village.space)) == before);
  CHECK_FALSE(require(one->view(village.space, record)));
}

TEST_CASE("what the roster does not allow is refused before it is signed") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  Person supervisor = admit_person(*one, village, one.random(), "孙", {"supervisor"});
  Person stranger = make_person(one.random(), "陌生人");
  RecordId record = one.random().make<RecordId>();
  const Hash before = require(one->state_hash(village.space));
  replica::ChangeDraft draft = draft_of(record, {set_field("a", "1")});
  CHECK(append_error(*one, village.space, supervisor.device, draft) == Errc::kPermission);
  CHECK(append_error(*one, village.space, stranger.device, draft) == Errc::kPermission);
  std::vector<RosterOperation> coup = admit_operations(stranger, village.space, {"chair"});
  CHECK(one->append_roster(village.space, supervisor.device, coup, 0).error().code ==
        Errc::kPermission);
  CHECK(append_error(*one, SpaceId{}, village.founder.device, draft) == Errc::kNotFound);
  CHECK(require(one->state_hash(village.space)) == before);
}

TEST_CASE("a draft that every node would void is refused") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  RecordId record = one.random().make<RecordId>();
  replica::ChangeDraft twice = draft_of(record, {set_field("a", "1")});
  twice.parts.push_back(twice.parts[0]);
  CHECK(append_error(*one, village.space, village.founder.device, twice) == Errc::kInvalidArgument);
  CHECK(append_error(*one, village.space, village.founder.device,
                     draft_of(kRosterRecord, {set_field("a", "1")})) == Errc::kInvalidArgument);
  CHECK(append_error(*one, village.space, village.founder.device,
                     draft_of(record, {set_field("a", "1")}, std::string(kRosterRegistry))) ==
        Errc::kInvalidArgument);
}

TEST_CASE("nothing is signed in a space whose roster a newer program has changed") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  std::vector<RosterOperation> newer{UnknownRosterOperation{}};
  require(one->append_roster(village.space, village.founder.device, newer, 0));
  CHECK(append_error(*one, village.space, village.founder.device,
                     draft_of(one.random().make<RecordId>(), {set_field("a", "1")})) ==
        Errc::kUnsupported);
}

TEST_CASE("a space that was joined and not yet received has no roster and signs nothing") {
  TestReplica one(1);
  crypto::SeededRandom random(9);
  Person inviter = make_person(random, "n");
  SpaceId space = random.make<SpaceId>();
  require(one->join(space, inviter.wire.wire()));
  CHECK(require(one->shared_spaces(inviter.wire.wire())) == std::vector{space});
  CHECK(one->roster(space).error().code == Errc::kNotFound);
  CHECK(append_error(*one, space, inviter.device,
                     draft_of(random.make<RecordId>(), {set_field("a", "1")})) == Errc::kMissing);
}

TEST_CASE("listings follow the records: registries, prefixes, conflicts") {
  TestReplica one(1), two(2);
  Village village = found_village(*one, one.random());
  Person li = admit_person(*one, village, one.random(), "李");
  pull(*two, *one, village.space);
  std::vector<RecordId> records;
  for (int i = 0; i < 300; ++i) records.push_back(one.random().make<RecordId>());
  std::vector<replica::ChangeDraft> drafts;
  for (const RecordId& record : records)
    drafts.push_back(draft_of(record, {set_field("a", "1")}, "rental"));
  require(one->append(village.space, village.founder.device, drafts, 0));
  write_record(*one, village.space, village.founder, one.random().make<RecordId>(),
               {set_field("a", "1")}, "minutes");
  CHECK(require(one->registries(village.space)) ==
        std::map<std::string, std::uint64_t>{{"minutes", 1}, {"rental", 300}});
  std::vector<RecordId> seen;
  require(one->scan(village.space, "rental", [&](const RecordId& record, const RecordView& view) {
    CHECK(view.registry == "rental");
    seen.push_back(record);
    return true;
  }));
  std::ranges::sort(records);
  CHECK(seen == records);
  CHECK(require(one->find_records(village.space, records[7].hex().substr(0, 9))) ==
        std::vector{records[7]});

  pull(*two, *one, village.space);
  write_record(*one, village.space, village.founder, records[5], {set_field("a", "x")}, "rental");
  write_record(*two, village.space, li, records[5], {set_field("a", "y")}, "rental");
  auto conflicts = [&](replica::Replica& replica) {
    std::vector<RecordId> out;
    require(replica.scan_conflicts(village.space, [&](const RecordId& record, const RecordView&) {
      out.push_back(record);
      return true;
    }));
    return out;
  };
  CHECK(conflicts(*two).empty());
  pull(*two, *one, village.space);
  CHECK(conflicts(*two) == std::vector{records[5]});
  write_record(*two, village.space, li, records[5], {set_field("a", "z")}, "rental");
  CHECK(conflicts(*two).empty());
}
