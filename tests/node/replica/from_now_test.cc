// SPDX-License-Identifier: Apache-2.0
// Who reads a scope from their coming on: what nodes hand over to them, and what they never do.
#include <algorithm>
#include <map>
#include <random>

#include "node/council/roster_acts.h"
#include "node/council/scope_acts.h"
#include "node/replica/handing_over.h"
#include "tests/support/number_from.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr const char* kScope = "mediation";

/// The founder keeps the office and reads nothing; mediators read from their coming on. Zhang has
/// mediated before Wu comes, and has written a record then.
struct FromNow {
  TestReplica office{1}, desk{2}, second{3};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person zhang{admit_person(*office, village, office.random(), "张", {"mediator", "clerk"})};
  Person wu{make_person(office.random(), "吴")};
  RecordId before{office.random().make<RecordId>()}, after{office.random().make<RecordId>()};
  Scope scope;

  FromNow() {
    require(desk->add_own_device(zhang.device));
    require(second->add_own_device(wu.device));
    set_line(kReadFromNow);
    scope = *require(office->roster(space))->find_scope(kScope);
    pull(*desk, *office, space);
    write(desk, zhang, before, "从前的案情");
  }
  void act(std::vector<RosterOperation> operations, bool with_epochs = true) {
    if (with_epochs)
      require(council::add_epochs(*office, space, village.founder.author(), office.random(),
                                  operations));
    require(office->append_roster(space, village.founder.device, operations, 0));
  }
  void set_line(std::uint8_t rights) {
    act(require(council::plan_policy(*office, space, "mediator", "scope:mediation", rights))
            .operations);
  }
  void admit_wu(bool with_epochs = true) {
    std::vector<RosterOperation> operations = admit_operations(wu, space, {"mediator", "clerk"});
    operations.push_back(node_entry(wu, space));
    act(std::move(operations), with_epochs);
  }
  void write(TestReplica& at, const Person& author, const RecordId& record, std::string text) {
    const replica::ChangeDraft draft{.parts = {{.record = record,
                                                .registry = "mediation",
                                                .scope = scope,
                                                .operations = {set_field("facts", text)}}}};
    require(at->append(space, author.device, {&draft, 1}, 0));
  }
  /// All exchange, and hand over what they may.
  void meet() {
    for (int round = 0; round < 2; ++round) {
      for (TestReplica* at : {&desk, &second}) {
        pull(**at, *office, space);
        pull(*office, **at, space);
      }
      hand_over();
    }
    for (TestReplica* at : {&desk, &second}) pull(**at, *office, space);
  }
  std::size_t hand_over(const std::set<AuthorKey>& again = {}) {
    std::size_t out = require(desk->hand_over_epochs(space, zhang.device, 0, again)).ids.size();
    if (require(second->roster(space))->find_author(wu.author()) != nullptr)
      out += require(second->hand_over_epochs(space, wu.device, 0)).ids.size();
    return out;
  }
  std::string facts(TestReplica& at, const RecordId& record) const {
    const auto view = require(at->view(space, record, scope));
    const Field* field = view ? view->state.find("facts", FieldKind::kRegister) : nullptr;
    return field == nullptr ? "(none)" : std::get<std::string>(field->winner());
  }
  replica::ScopeStatus status(TestReplica& at) const {
    for (const replica::ScopeStatus& each : require(at->scopes(space)))
      if (each.scope == scope) return each;
    return {};
  }
  std::uint64_t closed(TestReplica& at) const {
    return council::closed_parts(*require(at->roster(space)), status(at), at->own_devices());
  }
};

}  // namespace

TEST_CASE(
    "whoever reads from now on gets what comes and nothing of before, until the line says so") {
  FromNow all;
  all.admit_wu();
  pull(*all.second, *all.office, all.space);
  pull(*all.desk, *all.office, all.space);
  all.write(all.desk, all.zhang, all.after, "以后的案情");
  all.meet();
  CHECK(all.facts(all.second, all.after) == "以后的案情");
  CHECK(all.facts(all.second, all.before) == "(none)");
  CHECK(all.facts(all.desk, all.before) == "从前的案情");
  CHECK(all.closed(all.second) == 1);
  CHECK(all.closed(all.desk) == 0);
  // Nobody is told to ask for what nobody hands over; not even once more.
  for (TestReplica* at : {&all.office, &all.desk, &all.second})
    CHECK(require(council::find_scope_troubles(**at, all.space)).empty());
  all.hand_over({all.wu.author()});
  all.meet();
  CHECK(all.facts(all.second, all.before) == "(none)");
  // What the newcomer writes the others read.
  all.write(all.second, all.wu, all.after, "吴的补记");
  all.meet();
  CHECK(all.facts(all.desk, all.after) == "吴的补记");

  all.set_line(kRead | kReadFromNow);
  all.meet();
  CHECK(all.facts(all.second, all.before) == "从前的案情");
  CHECK(all.closed(all.second) == 0);
  check_against_replay(*all.second, all.space, {&all.wu});
}

TEST_CASE("a line that gives all opens no epoch, and one that is narrowed opens one") {
  FromNow all;
  const std::size_t epochs = all.status(all.office).epochs.size();
  all.set_line(kRead | kReadFromNow);
  CHECK(all.status(all.office).epochs.size() == epochs);
  // Whose time it is, is looked at where somebody asks, or it matters.
  const auto time_of = [&](bool with_times) {
    return require(all.office->scopes(all.space, with_times)).front().epochs.back().in_whose_time;
  };
  CHECK(time_of(false).empty());
  CHECK(time_of(true) == std::set{all.zhang.member});
  all.set_line(kReadFromNow);
  CHECK(all.status(all.office).epochs.size() == epochs + 1);
}

TEST_CASE("a second computer of who reads from now on gets what the first one had") {
  FromNow all;
  all.admit_wu();
  pull(*all.desk, *all.office, all.space);
  all.write(all.desk, all.zhang, all.after, "以后的案情");
  all.meet();
  const crypto::SigningKey key = crypto::SigningKey::generate(all.office.random());
  all.act({device_entry(key, all.space, all.wu.member)});
  TestReplica other{4};
  require(other->add_own_device(key));
  all.meet();
  pull(*other, *all.office, all.space);
  CHECK(all.facts(other, all.after) == "以后的案情");
  CHECK(all.facts(other, all.before) == "(none)");
}

TEST_CASE("whom a program of before let in without an epoch is named, and gets the next one") {
  FromNow all;
  all.admit_wu(false);
  all.meet();
  CHECK(all.facts(all.second, all.before) == "(none)");
  CHECK_FALSE(all.status(all.second).epochs.back().has_key);
  for (TestReplica* at : {&all.office, &all.desk, &all.second}) {
    const auto troubles = require(council::find_scope_troubles(**at, all.space));
    REQUIRE(troubles.size() == 1);
    CHECK(troubles.front().without_current == std::set{all.wu.author()});
  }
  open_epoch(*all.office, all.village, all.office.random(), kScope);
  all.meet();
  CHECK(require(council::find_scope_troubles(*all.office, all.space)).empty());
  CHECK(all.status(all.second).epochs.back().has_key);
  CHECK(all.facts(all.second, all.before) == "(none)");
}

namespace {

/// Two officers act apart and meet now and then. Zhang reads everything and hands over
/// whatever may be; four people come, lose the role, leave and come back. Beside it a book is kept
/// of what each act knew, which asks no roster.
class Comings {
 public:
  explicit Comings(std::uint64_t seed)
      : random_(seed), office_(seed * 8 + 1), deputy_(seed * 8 + 2), desk_(seed * 8 + 3) {
    zhao_ = admit_person(*office_, village_, office_.random(), "赵", {"chair"});
    zhang_ = admit_person(*office_, village_, office_.random(), "张", {"keeper"});
    act(0, {SetPolicy{.role = "keeper", .registry = "scope:mediation", .rights = kRead}});
    act(0, require(council::plan_policy(*office_, village_.space, "mediator", "scope:mediation",
                                        kReadFromNow))
               .operations);
    for (int i = 0; i < 4; ++i)
      people_.push_back(make_person(office_.random(), "人" + std::to_string(i)));
    require(desk_->add_own_device(zhang_->device));
    meet();
  }
  void run(int steps) {
    for (int step = 0; step < steps; ++step) {
      if (pick(4) == 0) meet();
      move(pick(2), people_[pick(people_.size())]);
    }
    meet();
    pull(*desk_, *office_, village_.space);
    require(desk_->hand_over_epochs(village_.space, zhang_->device, 0));
  }
  void check() {
    const auto roster = require(desk_->roster(village_.space));
    const Scope scope = *roster->find_scope(kScope);
    std::set<std::pair<MemberId, crypto::EpochId>> given = wrapped_;
    for (const Change& change : all_changes(*desk_, village_.space)) {
      for (const HandedEpoch& handed : handed_epochs(change)) {
        if (change.header.author != zhang_->author()) continue;
        const MemberId member = roster->owners.at(handed.recipient);
        given.insert({member, handed.epoch});
        if (member == zhang_->member) continue;
        INFO("handed " << handed.epoch.hex());
        CHECK_FALSE(is_before_all(member, handed.epoch));
        ++handed_;
      }
    }
    for (const Person& person : people_) {
      if (!roster->may_read_scope(person.author(), kScope)) continue;
      ++readers_;
      CHECK(given.contains({person.member, roster->scopes.at(scope).current()}));
      for (const crypto::EpochId& epoch : roster->scopes.at(scope).epochs) {
        if (is_before_all(person.member, epoch)) ++kept_back_;
        if (is_after_all(person.member, epoch)) CHECK(given.contains({person.member, epoch}));
      }
    }
  }
  int handed_ = 0, readers_ = 0, kept_back_ = 0;

 private:
  using Operations = std::vector<RosterOperation>;
  using Epochs = std::set<crypto::EpochId>;

  std::size_t pick(std::size_t count) {
    return std::uniform_int_distribution<std::size_t>(0, count - 1)(random_);
  }
  void meet() {
    pull(*deputy_, *office_, village_.space);
    pull(*office_, *deputy_, village_.space);
    known_[0].insert(known_[1].begin(), known_[1].end());
    known_[1] = known_[0];
  }
  void act(std::size_t office, Operations operations) {
    const Person& author = office == 0 ? village_.founder : *zhao_;
    TestReplica& at = office == 0 ? office_ : deputy_;
    require(council::add_epochs(*at, village_.space, author.author(), at.random(), operations));
    require(at->append_roster(village_.space, author.device, operations, 0));
    const auto roster = require(at->roster(village_.space));
    for (const RosterOperation& operation : operations) {
      const auto* opening = std::get_if<OpenEpoch>(&operation);
      if (opening == nullptr || opening->name != kScope) continue;
      known_[office].insert(opening->epoch);
      for (const EpochWrap& wrap : opening->wraps)
        wrapped_.insert({roster->owners.at(wrap.recipient), opening->epoch});
    }
  }
  void move(std::size_t office, const Person& person) {
    TestReplica& at = office == 0 ? office_ : deputy_;
    const auto roster = require(at->roster(village_.space));
    const auto member = roster->members.find(person.member);
    if (member != roster->members.end() && !member->second.roles.empty()) {
      act(office,
          pick(2) == 0
              ? require(council::plan_removal(*at, village_.space, person.member)).operations
              : require(council::plan_role_end(*at, village_.space, person.member, "mediator"))
                    .operations);
      return;
    }
    comings_[person.member].push_back(known_[office]);
    if (member == roster->members.end()) {
      act(office, admit_operations(person, village_.space, {"mediator"}));
    } else {
      act(office, {GrantRole{person.member, "mediator", {}, {}}});
    }
  }
  /// Whatever let them in knew the epoch, and it was not wrapped to them.
  bool is_before_all(const MemberId& member, const crypto::EpochId& epoch) {
    return !wrapped_.contains({member, epoch}) &&
           std::ranges::all_of(comings_[member],
                               [&](const Epochs& known) { return known.contains(epoch); });
  }
  bool is_after_all(const MemberId& member, const crypto::EpochId& epoch) {
    return std::ranges::none_of(comings_[member],
                                [&](const Epochs& known) { return known.contains(epoch); });
  }

  std::mt19937_64 random_;
  TestReplica office_, deputy_, desk_;
  Village village_{found_village(*office_, office_.random())};
  std::optional<Person> zhao_, zhang_;
  std::vector<Person> people_;
  Epochs known_[2];
  std::map<MemberId, std::vector<Epochs>> comings_;
  std::set<std::pair<MemberId, crypto::EpochId>> wrapped_;
};

}  // namespace

TEST_CASE(
    "nobody who reads from now on is handed an epoch of before, and all have the current one") {
  int handed = 0, readers = 0, kept_back = 0;
  const std::uint64_t first = number_from("CUNJU_FIRST_SEED", 1);
  for (std::uint64_t seed = first; seed < first + number_from("CUNJU_SEEDS", 8); ++seed) {
    CAPTURE(seed);
    Comings comings(seed);
    comings.run(24);
    comings.check();
    handed += comings.handed_;
    readers += comings.readers_;
    kept_back += comings.kept_back_;
  }
  // Or nothing was looked at.
  CHECK(handed > 0);
  CHECK(readers > 0);
  CHECK(kept_back > 0);
}
