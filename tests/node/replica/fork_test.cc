// SPDX-License-Identifier: Apache-2.0
// Keys that sign two changes after the same one: both branches are on every node and none of them
// counts, but for what others rest on.
#include <algorithm>
#include <random>

#include "crdt/base/limits.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

std::string text_of(replica::Replica& replica, const SpaceId& space, const RecordId& record,
                    const std::string& field) {
  auto view = require(replica.view(space, record));
  if (!view) return "no record";
  const Field* found = view->state.find(field);
  if (found == nullptr || found->entries.empty()) return "nothing";
  const auto* text = std::get_if<std::string>(&found->entries.front().value);
  return text == nullptr ? "no text" : *text;
}

/// A clerk whose log has two changes and then two branches of two.
struct Scene {
  TestReplica source{1}, target{2};
  Village village{found_village(*source, source.random())};
  SpaceId space{village.space};
  Person li{admit_person(*source, village, source.random(), "李")};
  Person officer{admit_person(*source, village, source.random(), "周", {"chair"})};
  RecordId before{source.random().make<RecordId>()}, left{source.random().make<RecordId>()},
      right{source.random().make<RecordId>()};
  std::vector<Change> trunk, a, b;

  Scene() {
    pull(*target, *source, space);
    const ChangeId roster = head_change(*source, space, village.founder.author()).id;
    auto sign = [&](const Change* prev, const RecordId& record, std::string value) {
      return forge_change(li.device, space, prev,
                          prev == nullptr ? std::vector{roster} : std::vector<ChangeId>(),
                          {forge_part(record, {}, {set_field("a", std::move(value))})});
    };
    trunk.push_back(sign(nullptr, before, "先"));
    trunk.push_back(sign(&trunk[0], source.random().make<RecordId>(), "先"));
    a.push_back(sign(&trunk[1], left, "左一"));
    a.push_back(sign(&a[0], source.random().make<RecordId>(), "左二"));
    b.push_back(sign(&trunk[1], right, "右一"));
    b.push_back(sign(&b[0], source.random().make<RecordId>(), "右二"));
  }
  std::string shown(replica::Replica& replica, const RecordId& record) {
    return text_of(replica, space, record, "a");
  }
};

}  // namespace

TEST_CASE("both branches of a forked log are kept and neither counts, in every order of arrival") {
  std::optional<Hash> state, views;
  for (int order = 0; order < 6; ++order) {
    CAPTURE(order);
    Scene scene;
    std::vector<std::vector<Change>> runs{scene.trunk, scene.a, scene.b};
    for (int i = 0; i < order; ++i)
      std::next_permutation(runs.begin(), runs.end(),
                            [](const auto& x, const auto& y) { return x[0].id < y[0].id; });
    sync::AcceptReport sum;
    for (const std::vector<Change>& run : runs) {
      sync::AcceptReport report = give(*scene.target, scene.space, run);
      sum.admitted += report.admitted;
      sum.forks += report.forks;
    }
    CHECK(sum.admitted == 6);
    CHECK(sum.forks == 1);
    CHECK(require(scene.target->counts()).pooled == 0);
    CHECK(require(scene.target->counts()).forks == 1);
    CHECK(require(scene.target->forks(scene.space)).at(scene.li.author()) == Seq{2});
    CHECK(require(scene.target->heads_of(scene.space, scene.li.author())).size() == 2);
    CHECK(scene.shown(*scene.target, scene.before) == "先");
    CHECK(scene.shown(*scene.target, scene.left) == "nothing");
    CHECK(scene.shown(*scene.target, scene.right) == "nothing");
    CHECK(require(scene.target->late_parts(scene.space)).size() == 4);
    const Hash now_state = require(scene.target->state_hash(scene.space));
    const Hash now_views = require(scene.target->view_hash(scene.space));
    if (!state) {
      state = now_state;
      views = now_views;
    }
    CHECK(*state == now_state);
    CHECK(*views == now_views);
    scene.target.reopen();
    require(scene.target->rebuild_views());
    CHECK(require(scene.target->view_hash(scene.space)) == *views);
  }
}

TEST_CASE("a key that is forked signs nothing any more") {
  Scene scene;
  give(*scene.target, scene.space, scene.trunk);
  give(*scene.target, scene.space, scene.a);
  give(*scene.target, scene.space, scene.b);
  replica::ChangeDraft draft = draft_of(scene.before, {set_field("b", "3")});
  Result<replica::Appended> refused =
      scene.target->append(scene.space, scene.li.device, {&draft, 1}, 0);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kFork);
}

TEST_CASE("the branch that an officer's act names stands, wherever the act arrives") {
  for (const bool act_comes_first : {false, true}) {
    CAPTURE(act_comes_first);
    Scene scene;
    give(*scene.source, scene.space, scene.trunk);
    give(*scene.source, scene.space, scene.b);
    const RosterOperation retire =
        RetireDevice{.cut = {.author = scene.li.author(), .end = 3, .last = scene.b[0].id}};
    require(scene.source->append_roster(scene.space, scene.officer.device, {&retire, 1}, 0));
    if (act_comes_first) pull(*scene.target, *scene.source, scene.space);
    give(*scene.target, scene.space, scene.trunk);
    give(*scene.target, scene.space, scene.a);
    if (!act_comes_first) pull(*scene.target, *scene.source, scene.space);
    CHECK(scene.shown(*scene.target, scene.right) == "右一");
    CHECK(scene.shown(*scene.target, scene.left) == "nothing");
    CHECK(require(scene.target->late_parts(scene.space)).size() == 3);
    const std::vector<replica::Branch> branches =
        require(scene.target->branches(scene.space, scene.li.author()));
    REQUIRE(branches.size() == 2);
    for (const replica::Branch& branch : branches)
      CHECK(branch.standing == (branch.head == scene.b[1].id ? 3u : 2u));
    pull(*scene.source, *scene.target, scene.space);
    CHECK(require(scene.target->view_hash(scene.space)) ==
          require(scene.source->view_hash(scene.space)));
    CHECK(require(scene.target->state_hash(scene.space)) ==
          require(scene.source->state_hash(scene.space)));
    require(scene.target->rebuild_views());
    CHECK(require(scene.target->view_hash(scene.space)) ==
          require(scene.source->view_hash(scene.space)));

    // What lies on the other branch is not lost: an officer may take it in.
    const RosterOperation admit = AdmitLate{.changes = {scene.a[0].id}};
    require(scene.target->append_roster(scene.space, scene.officer.device, {&admit, 1}, 0));
    CHECK(scene.shown(*scene.target, scene.left) == "左一");
  }
}

TEST_CASE("the branch that an office had acknowledged stands, in every order of arrival") {
  std::optional<Hash> views;
  for (int order = 0; order < 24; ++order) {
    CAPTURE(order);
    Scene scene;
    const Person town =
        admit_person(*scene.source, scene.village, scene.source.random(), "街道办", {"office"});
    pull(*scene.target, *scene.source, scene.space);
    TestReplica office(3);
    for (TestReplica* other : {&office, &scene.target}) pull(**other, *scene.source, scene.space);
    give(*office, scene.space, scene.trunk);
    give(*office, scene.space, {scene.b[0]});
    REQUIRE(require(office->append_statements(scene.space, town.node, 7)).ids.size() == 1);
    const Change statement = head_change(*office, scene.space, town.node.author());

    std::vector<std::vector<Change>> runs{scene.trunk, scene.a, scene.b, {statement}};
    std::ranges::sort(runs, {}, [](const auto& run) { return run[0].id; });
    for (int i = 0; i < order; ++i)
      std::next_permutation(runs.begin(), runs.end(),
                            [](const auto& x, const auto& y) { return x[0].id < y[0].id; });
    for (const std::vector<Change>& run : runs) give(*scene.target, scene.space, run);

    // Up to what it had acknowledged; what the key said on top of that nobody had.
    CHECK(scene.shown(*scene.target, scene.right) == "右一");
    CHECK(scene.shown(*scene.target, scene.left) == "nothing");
    CHECK(require(scene.target->late_parts(scene.space)).size() == 3);
    const Hash now = require(scene.target->view_hash(scene.space));
    if (!views) views = now;
    CHECK(now == *views);
    // What it says of one branch is no receipt for the other, whichever came first.
    auto times_of = [&](const RecordId& record) {
      return require(scene.target->history(scene.space, record)).front().witnessed;
    };
    CHECK(times_of(scene.left).empty());
    REQUIRE(times_of(scene.right).size() == 1);
    CHECK(times_of(scene.right).front().not_after_ms == 7);
    REQUIRE(times_of(scene.before).size() == 1);
    const auto receipts = require(scene.target->acknowledged(scene.space, scene.li.author()));
    REQUIRE(receipts.size() == 1);
    CHECK(receipts.front().count == 3);
    CHECK_FALSE(receipts.front().states_another);
    check_against_replay(*scene.target, scene.space);
    scene.target.reopen();
    require(scene.target->rebuild_views());
    CHECK(require(scene.target->view_hash(scene.space)) == *views);
    // Another node hears of the statement by itself, when it has the forked log.
    pull(*scene.source, *scene.target, scene.space);
    CHECK(require(scene.source->view_hash(scene.space)) == *views);
  }
}

TEST_CASE("an act that names the branch the office had not is refused, and void if forged") {
  std::optional<Hash> views;
  for (int order = 0; order < 120; order += 7) {
    CAPTURE(order);
    Scene scene;
    const Person town =
        admit_person(*scene.source, scene.village, scene.source.random(), "街道办", {"office"});
    TestReplica office(3);
    for (TestReplica* other : {&office, &scene.target}) pull(**other, *scene.source, scene.space);
    give(*office, scene.space, scene.trunk);
    give(*office, scene.space, {scene.b[0]});
    REQUIRE(require(office->append_statements(scene.space, town.node, 7)).ids.size() == 1);
    const Change statement = head_change(*office, scene.space, town.node.author());
    const RosterOperation retire =
        RetireDevice{.cut = {.author = scene.li.author(), .end = 4, .last = scene.a[1].id}};
    const std::vector<ChangeId> pins = require(scene.source->roster_heads(scene.space));
    const Change forged = sign_change(
        scene.officer.device,
        {.space = scene.space,
         .author = scene.officer.author(),
         .pins = pins,
         .seen = Hash{statement.id.value}},
        {forge_part(kRosterRecord, pins,
                    {make_operation(OperationKind::kRoster, "", encode_roster_operation(retire))},
                    std::string(kRosterRegistry))});
    for (const std::vector<Change>& run : {scene.trunk, scene.a, scene.b, {statement}})
      give(*scene.source, scene.space, run);
    CHECK(scene.source->append_roster(scene.space, scene.officer.device, {&retire, 1}, 0)
              .error()
              .code == Errc::kPermission);
    // Nor on its branch under another number.
    const RosterOperation misnumbered =
        RetireDevice{.cut = {.author = scene.li.author(), .end = 5, .last = scene.b[1].id}};
    CHECK(scene.source->append_roster(scene.space, scene.officer.device, {&misnumbered, 1}, 0)
              .error()
              .code == Errc::kPermission);

    std::vector<std::vector<Change>> runs{scene.trunk, scene.a, scene.b, {statement}, {forged}};
    std::ranges::sort(runs, {}, [](const auto& run) { return run[0].id; });
    for (int i = 0; i < order; ++i)
      std::next_permutation(runs.begin(), runs.end(),
                            [](const auto& x, const auto& y) { return x[0].id < y[0].id; });
    for (const std::vector<Change>& run : runs) give(*scene.target, scene.space, run);
    CHECK(require(scene.target->counts()).pooled == 0);
    CHECK(require(scene.target->find_change(scene.space, scene.officer.author(), Seq{0})) ==
          forged.id);
    CHECK(require(scene.target->roster(scene.space))->devices.contains(scene.li.author()));
    CHECK(scene.shown(*scene.target, scene.right) == "右一");
    CHECK(scene.shown(*scene.target, scene.left) == "nothing");
    const Hash now = require(scene.target->view_hash(scene.space));
    if (!views) views = now;
    CHECK(now == *views);
    check_against_replay(*scene.target, scene.space);
    scene.target.reopen();
    require(scene.target->rebuild_views());
    CHECK(require(scene.target->view_hash(scene.space)) == *views);
    // On the branch that the office had, further than it had it, any officer may.
    const RosterOperation other =
        RetireDevice{.cut = {.author = scene.li.author(), .end = 4, .last = scene.b[1].id}};
    require(scene.target->append_roster(scene.space, scene.officer.device, {&other, 1}, 0));
    CHECK_FALSE(require(scene.target->roster(scene.space))->devices.contains(scene.li.author()));
    CHECK(scene.shown(*scene.target, scene.right) == "右一");
  }
}

TEST_CASE("roster changes are read again where a later statement speaks of a forked log") {
  Scene scene;
  const Person town =
      admit_person(*scene.source, scene.village, scene.source.random(), "街道办", {"office"});
  TestReplica office(3);
  pull(*office, *scene.source, scene.space);
  give(*office, scene.space, scene.trunk);
  REQUIRE(require(office->append_statements(scene.space, town.node, 7)).ids.size() == 1);
  pull(*scene.source, *office, scene.space);
  // The one names the statement; the next statement knows the other.
  for (const char* name : {"王", "钱"})
    admit_person(*scene.source, scene.village, scene.source.random(), name);
  pull(*office, *scene.source, scene.space);
  give(*office, scene.space, {scene.b[0]});
  REQUIRE(require(office->append_statements(scene.space, town.node, 8)).ids.size() == 1);
  pull(*scene.target, *office, scene.space);
  give(*scene.target, scene.space, {scene.a[0]});
  CHECK(scene.shown(*scene.target, scene.right) == "右一");
  const Hash views = require(scene.target->view_hash(scene.space));
  scene.target.reopen();
  require(scene.target->rebuild_views());
  CHECK(require(scene.target->view_hash(scene.space)) == views);
  check_against_replay(*scene.target, scene.space);
}

TEST_CASE("an older statement counts as well when a second log is forked after the first") {
  Scene scene;
  const Person town =
      admit_person(*scene.source, scene.village, scene.source.random(), "街道办", {"office"});
  const Person wang = admit_person(*scene.source, scene.village, scene.source.random(), "王");
  TestReplica office(3);
  for (TestReplica* other : {&office, &scene.target}) pull(**other, *scene.source, scene.space);
  const ChangeId roster =
      head_change(*scene.source, scene.space, scene.village.founder.author()).id;
  const RecordId record = scene.source.random().make<RecordId>();
  auto sign = [&](std::string value) {
    return forge_change(wang.device, scene.space, nullptr, {roster},
                        {forge_part(record, {}, {set_field("a", std::move(value))})});
  };
  const Change kept = sign("王一"), other = sign("王二");
  // The office acknowledges Wang's change first, and Li's afterwards.
  give(*office, scene.space, {kept});
  REQUIRE(require(office->append_statements(scene.space, town.node, 0)).ids.size() == 1);
  give(*office, scene.space, scene.trunk);
  give(*office, scene.space, {scene.b[0]});
  REQUIRE(require(office->append_statements(scene.space, town.node, 0)).ids.size() == 1);
  pull(*scene.target, *office, scene.space);
  give(*scene.target, scene.space, {scene.a[0]});
  CHECK(scene.shown(*scene.target, scene.right) == "右一");
  give(*scene.target, scene.space, {other});
  CHECK(scene.shown(*scene.target, record) == "王一");
  check_against_replay(*scene.target, scene.space);
}

TEST_CASE("whoever builds on a branch that falls keeps his own words") {
  Scene scene;
  give(*scene.target, scene.space, scene.trunk);
  give(*scene.target, scene.space, scene.a);
  Person wang = admit_person(*scene.source, scene.village, scene.source.random(), "王");
  pull(*scene.target, *scene.source, scene.space);
  write_record(*scene.target, scene.space, wang, scene.left, {set_field("b", "王写的")});
  give(*scene.target, scene.space, scene.b);
  CHECK(text_of(*scene.target, scene.space, scene.left, "b") == "王写的");
  CHECK(scene.shown(*scene.target, scene.left) == "nothing");
  pull(*scene.source, *scene.target, scene.space);
  CHECK(require(scene.target->view_hash(scene.space)) ==
        require(scene.source->view_hash(scene.space)));
}

TEST_CASE("however many branches a key signs at one change, all nodes keep them all") {
  Scene scene;
  constexpr std::size_t kBranches = 40;
  const Person wang = admit_person(*scene.source, scene.village, scene.source.random(), "王");
  pull(*scene.target, *scene.source, scene.space);
  std::vector<Change> branches;
  for (std::size_t i = 0; i < kBranches; ++i)
    branches.push_back(
        forge_change(scene.li.device, scene.space, &scene.trunk[1], {},
                     {forge_part(scene.right, {}, {set_field("a", std::to_string(i))})}));
  give(*scene.source, scene.space, scene.trunk);
  give(*scene.target, scene.space, scene.trunk);
  for (std::size_t i = 0; i < kBranches; ++i)
    give(i % 2 == 0 ? *scene.source : *scene.target, scene.space, {branches[i]});
  // An officer at the one names a branch that the other has not seen, and goes on.
  const RosterOperation retire =
      RetireDevice{.cut = {.author = scene.li.author(), .end = 3, .last = branches[38].id}};
  require(scene.source->append_roster(scene.space, scene.officer.device, {&retire, 1}, 0));
  write_record(*scene.source, scene.space, wang, scene.left, {set_field("a", "王写的")});
  pull(*scene.target, *scene.source, scene.space);
  pull(*scene.source, *scene.target, scene.space);
  CHECK(require(scene.target->branches(scene.space, scene.li.author())).size() == kBranches);
  for (TestReplica* replica : {&scene.source, &scene.target}) {
    CHECK(scene.shown(**replica, scene.left) == "王写的");
    CHECK(scene.shown(**replica, scene.right) == "38");
    check_against_replay(**replica, scene.space);
  }
  CHECK(require(scene.target->view_hash(scene.space)) ==
        require(scene.source->view_hash(scene.space)));
  CHECK(require(scene.target->state_hash(scene.space)) ==
        require(scene.source->state_hash(scene.space)));
}

TEST_CASE("where a log is forked is known for ever") {
  Scene scene;
  give(*scene.target, scene.space, scene.trunk);
  give(*scene.target, scene.space, scene.a);
  give(*scene.target, scene.space, scene.b);
  Change earlier = forge_change(scene.li.device, scene.space, &scene.trunk[0], {}, {});
  CHECK(give(*scene.target, scene.space, {earlier}).admitted == 1);
  CHECK(require(scene.target->forks(scene.space)).at(scene.li.author()) == Seq{1});
}

TEST_CASE(
    "what a draft is told to pin is what the next act pins, beside branches that do not stand") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const Person li = admit_person(*one, village, one.random(), "李", {"chair"});
  const std::vector<ChangeId> before = require(one->roster_heads(village.space));
  std::vector<Change> branches;
  for (const char* role : {"grid", "teller"}) {
    const RosterOperation grant = GrantRole{.member = li.member, .role = role};
    branches.push_back(forge_change(
        li.device, village.space, nullptr, before,
        {forge_part(kRosterRecord, before,
                    {make_operation(OperationKind::kRoster, "", encode_roster_operation(grant))},
                    std::string(kRosterRegistry))}));
  }
  for (const Change& branch : branches) CHECK(give(*one, village.space, {branch}).admitted == 1);
  const std::vector<ChangeId> heads = require(one->roster_heads(village.space));
  CHECK(heads == before);
  const RosterOperation act = GrantRole{
      .member = village.founder.member, .role = "auditor", .term_from = {}, .term_until = {}};
  require(one->append_roster(village.space, village.founder.device, {&act, 1}, 0));
  CHECK(head_change(*one, village.space, village.founder.author()).header.pins == heads);
}
