// SPDX-License-Identifier: Apache-2.0
// After a save the author's own view is what was shown with what was typed, whatever others' logs
// turn out to be: real replicas, real roster acts, forks of officers' logs and parts without
// effect.
#include <algorithm>
#include <map>
#include <optional>
#include <random>

#include "crdt/types/text/text_merge.h"
#include "node/council/roster_acts.h"
#include "tests/node/replica/minutes_text.h"
#include "tests/support/number_from.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/shown.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr const char* kWords = "一二三四五六七八九十";

RecordView view_of(TestReplica& where, const SpaceId& space, const RecordId& record) {
  const auto view = require(where->view(space, record));
  REQUIRE(view);
  return *view;
}

std::string text_of(TestReplica& where, const SpaceId& space, const RecordId& record) {
  const RecordView view = view_of(where, space, record);
  const TextField* found = view.state.find_text(kText);
  return found == nullptr ? std::string() : found->text;
}

std::vector<ChangeId> heads_of(TestReplica& where, const SpaceId& space, const RecordId& record) {
  std::vector<ChangeId> out;
  for (const Head& head : view_of(where, space, record).heads) out.push_back(head.id);
  return out;
}

void give(TestReplica& to, const SpaceId& space, const Change& change) {
  CHECK(require(to->accept(space, std::vector<sync::Run>{{{change}}})).admitted == 1);
}

/// An officer's laptop is set back to an old backup and acts before it has met anybody: the
/// officer's log is forked below a roster change, and one of its branches falls.
struct ForkedOfficer {
  ForkedOfficer() {
    write_record(*office, village.space, village.founder, record,
                 {edit(0, 0, kWords), set_field("place", std::string("村委会"))});
    for (TestReplica* node : {&laptop, &restored, &colleague}) pull(**node, *office, space());
    grant(laptop, "grid");
    fallen = head_change(*laptop, space(), wang.author()).id;
  }
  const SpaceId& space() const { return village.space; }
  void grant(TestReplica& where, const char* role) {
    const RosterOperation act =
        GrantRole{.member = zhou.member, .role = role, .term_from = {}, .term_until = {}};
    require(where->append_roster(space(), wang.device, {&act, 1}, 0));
  }
  /// The second branch becomes known to the colleague.
  void fork() {
    grant(restored, "teller");
    pull(*colleague, *laptop, space());
    require(colleague->accept(space(), all_runs(*restored, space())));
    REQUIRE(require(colleague->forks(space())).size() == 1);
  }
  /// Somebody who may write nothing puts a part without effect on top of what there is, pinning
  /// what has fallen.
  void put_void_part() {
    give(colleague, space(),
         forge_change(eve.device, space(), nullptr, {fallen},
                      {forge_part(record, heads_of(colleague, space(), record), {})}));
  }
  std::string shown() { return text_of(colleague, space(), record); }

  TestReplica office{1}, laptop{2}, restored{4}, colleague{3};
  Village village{found_village(*office, office.random())};
  Person wang{admit_person(*office, village, office.random(), "王", {"chair", "clerk"})};
  Person zhou{admit_person(*office, village, office.random(), "周")};
  Person eve{admit_person(*office, village, office.random(), "夜", {"auditor"})};
  RecordId record = office.random().make<RecordId>();
  ChangeId fallen;
};

}  // namespace

TEST_CASE("a part without effect on a fallen branch does not take the parents of others' edits") {
  ForkedOfficer scene;
  scene.fork();
  scene.put_void_part();
  CHECK(scene.shown() == kWords);
  write_record(*scene.colleague, scene.space(), scene.zhou, scene.record, {edit(4, 1, "伍")});
  CHECK(scene.shown() == "一二三四伍六七八九十");
  write_record(*scene.colleague, scene.space(), scene.village.founder, scene.record,
               {edit(6, 2, "")});
  CHECK(scene.shown() == "一二三四伍六九十");
  const RecordView view = view_of(scene.colleague, scene.space(), scene.record);
  CHECK_FALSE(view.state.find_text(kText)->is_merged);
  check_against_replay(*scene.colleague, scene.space());
}

TEST_CASE("a part without effect on a fallen branch makes no conflict of a field's new value") {
  ForkedOfficer scene;
  scene.fork();
  scene.put_void_part();
  write_record(*scene.colleague, scene.space(), scene.zhou, scene.record,
               {set_field("place", std::string("晒谷场"))});
  const RecordView view = view_of(scene.colleague, scene.space(), scene.record);
  const Field* place = view.state.find("place");
  REQUIRE(place != nullptr);
  CHECK_FALSE(place->has_conflict());
  CHECK(place->winner() == Value(std::string("晒谷场")));
}

TEST_CASE("colleagues go on with a text that an officer wrote on a branch that fell") {
  ForkedOfficer scene;
  write_record(*scene.laptop, scene.space(), scene.wang, scene.record, {edit(10, 0, "王写的")});
  scene.fork();
  std::string expected = scene.shown();
  write_record(*scene.colleague, scene.space(), scene.zhou, scene.record, {edit(4, 1, "伍")});
  expected.replace(expected.find("五"), std::string("五").size(), "伍");
  CHECK(scene.shown() == expected);
}

TEST_CASE("what was made from words that fell while an editor was open is not saved without them") {
  ForkedOfficer scene;
  write_record(*scene.laptop, scene.space(), scene.wang, scene.record, {edit(10, 0, "王写的")});
  pull(*scene.colleague, *scene.laptop, scene.space());
  const std::vector<ChangeId> heads = heads_of(scene.colleague, scene.space(), scene.record);
  CHECK(scene.shown() == std::string(kWords) + "王写的");
  scene.fork();
  CHECK(scene.shown() == kWords);
  replica::ChangeDraft draft = draft_of(scene.record, {edit(4, 1, "伍")});
  draft.parts[0].seen = heads;
  const auto saved = scene.colleague->append(scene.space(), scene.zhou.device, {&draft, 1}, 0);
  REQUIRE(saved.has_error());
  CHECK(saved.error().code == Errc::kConflict);
  CHECK(saved.error().context == replica::kShownHasFallen);
  CHECK(scene.shown() == kWords);
  // Made from what is there now it can be saved.
  write_record(*scene.colleague, scene.space(), scene.zhou, scene.record, {edit(4, 1, "伍")});
  CHECK(scene.shown() == "一二三四伍六七八九十");
}

namespace {

/// Five people at three machines, an auditor who puts parts without effect everywhere, and forks.
class Neighbours {
 public:
  explicit Neighbours(std::uint64_t seed)
      : random_(seed), a_(seed * 10 + 1), b_(seed * 10 + 2), c_(seed * 10 + 3) {
    write_record(*a_, space(), village_.founder, record_, {edit(0, 0, "0123456789")});
    pull(*b_, *a_, space());
    pull(*c_, *a_, space());
  }
  void run() {
    const std::size_t steps = 20 + at(20);
    for (step_ = 0; step_ < steps; ++step_) take_step();
    for (int round = 0; round < 3; ++round)
      for (TestReplica* to : nodes_)
        for (TestReplica* from : nodes_)
          if (to != from) pull(**to, **from, space());
  }
  void check();

  std::size_t edits = 0, refused = 0, roster_acts = 0, forks = 0, voids = 0;

 private:
  struct Open {
    std::vector<ChangeId> heads, left_out;
    std::string text;
  };
  struct Signed {
    ChangeId id;
    std::string text;
  };

  std::size_t at(std::size_t bound) { return static_cast<std::size_t>(random_() % bound); }
  const SpaceId& space() const { return village_.space; }
  void take_step();
  Open open_at(TestReplica& node) {
    return {heads_of(node, space(), record_), view_of(node, space(), record_).left_out_ids(),
            text_of(node, space(), record_)};
  }
  void type(std::size_t who);
  void move_state(std::size_t who);
  void save(std::size_t who, replica::ChangeDraft draft, const Open* seen);
  void act_on_roster();
  void act_again();
  void fork(TestReplica& node);
  void put_void_part(TestReplica& node);
  std::vector<Change> log_of(TestReplica& node, const Person& who);

  std::mt19937_64 random_;
  TestReplica a_, b_, c_;
  TestReplica* nodes_[3] = {&a_, &b_, &c_};
  Village village_{found_village(*a_, a_.random())};
  Person zhou_{admit_person(*a_, village_, a_.random(), "周")};
  Person li_{admit_person(*a_, village_, a_.random(), "李")};
  Person wang_{admit_person(*a_, village_, a_.random(), "王", {"chair", "clerk"})};
  Person sun_{admit_person(*a_, village_, a_.random(), "孙")};
  Person eve_{admit_person(*a_, village_, a_.random(), "夜", {"auditor"})};
  /// Each, and at which machine.
  std::vector<std::pair<const Person*, std::size_t>> people_{
      {&village_.founder, 0}, {&zhou_, 1}, {&li_, 2}, {&wang_, 1}, {&sun_, 2}};
  RecordId record_ = a_.random().make<RecordId>(), other_ = a_.random().make<RecordId>();
  std::optional<Change> eve_last_;
  std::map<std::size_t, Open> open_;
  std::vector<Signed> all_;
  std::size_t step_ = 0;
};

std::vector<Change> Neighbours::log_of(TestReplica& node, const Person& who) {
  std::vector<Change> out;
  require(node->scan_log(space(), who.author(), Seq{0}, [&](const Change& change) {
    out.push_back(change);
    return true;
  }));
  return out;
}

void Neighbours::save(std::size_t who, replica::ChangeDraft draft, const Open* seen) {
  TestReplica& node = *nodes_[people_[who].second];
  if (seen != nullptr) draft.parts[0].seen = seen->heads;
  if (seen != nullptr) draft.parts[0].left_out = seen->left_out;
  const ShownBefore before(*node, space(), {&draft, 1});
  const Result<replica::Appended> done =
      node->append(space(), people_[who].first->device, {&draft, 1}, 0);
  refused += done.has_error();
  if (done.has_error()) return;
  ++edits;
  if (seen != nullptr) all_.push_back({done.value().ids.back(), seen->text});
  // Of an open editor others' words are beside what was typed.
  const bool is_now = seen == nullptr || !open_.contains(who);
  if (is_now) CHECK(before.find_difference(*node, done.value()) == "");
}

void Neighbours::type(std::size_t who) {
  TestReplica& node = *nodes_[people_[who].second];
  const bool in_editor = open_.contains(who) && at(2) == 0;
  Open seen = in_editor ? open_[who] : open_at(node);
  if (view_of(node, space(), record_).state.is_frozen()) return;
  const std::size_t position = at(seen.text.size() + 1);
  const std::size_t gone =
      at(3) == 0 ? at(std::min<std::size_t>(3, seen.text.size() - position) + 1) : 0;
  const std::string word(1 + at(3), static_cast<char>('a' + step_ % 26));
  seen.text.erase(position, gone).insert(position, word);
  std::vector<Operation> operations{edit(position, gone, word)};
  if (at(3) == 0) operations.push_back(set_field("place", static_cast<std::int64_t>(step_)));
  if (!in_editor) open_.erase(who);
  save(who, draft_of(record_, std::move(operations)), &seen);
  open_.erase(who);
}

void Neighbours::move_state(std::size_t who) {
  const bool is_frozen = view_of(*nodes_[people_[who].second], space(), record_).state.is_frozen();
  const auto act = make_operation(is_frozen ? OperationKind::kThaw : OperationKind::kFreeze,
                                  std::string(kFreezeField), NoValue{});
  const std::string from = is_frozen ? "final" : "draft", to = is_frozen ? "draft" : "final";
  save(who, draft_of(record_, {act, make_operation(OperationKind::kStateMove, "state", to, from)}),
       nullptr);
}

void Neighbours::act_on_roster() {
  const auto late = require(a_->late_parts(space()));
  if (at(2) == 0 && !late.empty()) {
    const RosterOperation admit = AdmitLate{.changes = {late[at(late.size())].change}};
    if (a_->append_roster(space(), village_.founder.device, {&admit, 1}, 0)) ++roster_acts;
    return;
  }
  const Person& whom = *people_[1 + at(people_.size() - 1)].first;
  const auto plan = council::plan_removal(*a_, space(), whom.member);
  if (plan.has_error()) return;
  if (a_->append_roster(space(), village_.founder.device, plan.value().operations, 0))
    ++roster_acts;
}

/// The officer acts at the other machine; sometimes somebody builds on that, and then it shows that
/// a computer that was set back acted in its place.
void Neighbours::act_again() {
  const auto grant = [&](const char* role) -> RosterOperation {
    return GrantRole{.member = sun_.member, .role = role, .term_from = {}, .term_until = {}};
  };
  const std::vector<ChangeId> pins = require(b_->roster_heads(space()));
  const std::vector<Change> log = log_of(b_, wang_);
  const RosterOperation first = grant("grid"), second = grant("teller");
  if (b_->append_roster(space(), wang_.device, {&first, 1}, 0).has_error()) return;
  ++roster_acts;
  if (at(2) == 0) return;
  if (at(2) == 0) type(3);
  if (at(2) == 0) put_void_part(b_);
  const Change fork = forge_change(
      wang_.device, space(), log.empty() ? nullptr : &log.back(), pins,
      {forge_part(kRosterRecord, pins,
                  {make_operation(OperationKind::kRoster, "", encode_roster_operation(second))},
                  std::string(kRosterRegistry))});
  forks += require(b_->accept(space(), std::vector<sync::Run>{{{fork}}})).forks;
}

/// A second change after an older one of the same key, by a restored backup or a liar.
void Neighbours::fork(TestReplica& node) {
  const Person& liar = *people_[1 + at(people_.size() - 1)].first;
  const std::vector<Change> log = log_of(node, liar);
  if (log.empty()) return;
  std::vector<Part> parts;
  if (at(2) == 0) {
    parts.push_back(forge_part(record_, heads_of(node, space(), record_), {edit(0, 0, "F")}));
  } else {
    parts.push_back(forge_part(other_, {}, {set_field("a", std::string("x"))}));
  }
  const Change fork =
      forge_change(liar.device, space(), &log[at(log.size())], {}, std::move(parts));
  forks += require(node->accept(space(), std::vector<sync::Run>{{{fork}}})).forks;
}

void Neighbours::put_void_part(TestReplica& node) {
  // Pins what there is, or goes on with what was pinned before it fell.
  for (const bool pins_anew : {true, false}) {
    if (!pins_anew && !eve_last_) return;
    const std::vector<ChangeId> pins =
        pins_anew ? require(node->roster_heads(space())) : std::vector<ChangeId>();
    const Change nothing =
        forge_change(eve_.device, space(), eve_last_ ? &*eve_last_ : nullptr, pins,
                     {forge_part(record_, heads_of(node, space(), record_), {})});
    if (require(node->accept(space(), std::vector<sync::Run>{{{nothing}}})).admitted != 1) continue;
    eve_last_ = nothing;
    ++voids;
    return;
  }
}

void Neighbours::take_step() {
  CAPTURE(step_);
  const std::size_t who = at(people_.size());
  TestReplica& node = *nodes_[people_[who].second];
  const std::size_t dice = at(32);
  if (dice < 6) {
    pull(**nodes_[at(3)], **nodes_[at(3)], space());
  } else if (dice < 8) {
    open_[who] = open_at(node);
  } else if (dice < 18) {
    type(who);
  } else if (dice == 18) {
    if (at(2) == 0) move_state(who);
  } else if (dice == 19) {
    save(who, draft_of(record_, {make_operation(OperationKind::kTextConfirm, kText, NoValue{})}),
         nullptr);
  } else if (dice < 22) {
    act_on_roster();
  } else if (dice == 22) {
    fork(node);
  } else if (dice < 26) {
    put_void_part(node);
  } else {
    act_again();
  }
}

void Neighbours::check() {
  const Bytes view = view_of(a_, space(), record_).encode();
  REQUIRE(view_of(b_, space(), record_).encode() == view);
  REQUIRE(view_of(c_, space(), record_).encode() == view);
  check_against_replay(*a_, space());
  const std::vector<TextChange> changes = require(a_->text_changes(space(), record_));
  for (const Signed& edit : all_) {
    const auto found = std::ranges::find(changes, edit.id, &TextChange::id);
    REQUIRE(found != changes.end());
    CHECK_FALSE(found->node.is_void);
    const TextStory story =
        require(tell_text_at(kText, "minutes", changes, {.heads = {&edit.id, 1}}));
    CHECK(replay_text(story.history).text.str() == edit.text);
  }
}

}  // namespace

TEST_CASE("nobody's text and fields change under their eyes but by what they typed") {
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  std::size_t edits = 0, roster_acts = 0, forks = 0, voids = 0;
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 100); ++seed) {
    CAPTURE(seed);
    Neighbours neighbours(seed);
    neighbours.run();
    neighbours.check();
    edits += neighbours.edits;
    roster_acts += neighbours.roster_acts;
    forks += neighbours.forks;
    voids += neighbours.voids;
  }
  if (number_from("CUNJU_SEEDS", 100) < 100) return;
  CHECK(edits > 50);
  CHECK(roster_acts > 10);
  CHECK(forks > 5);
  CHECK(voids > 5);
}
