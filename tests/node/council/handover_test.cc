// SPDX-License-Identifier: Apache-2.0
// A change of term: one act on the roster ends the old roles and gives the new ones, and means the
// same on every node, whatever was written beside it.
#include "node/council/handover.h"

#include <algorithm>

#include "tests/support/parted.h"

using namespace cunju;
using namespace cunju::council;
using namespace cunju::test;

namespace {

/// 李, clerk and chair, works at home; 赵, who was elected, at the office.
struct Term : Parted {
  Person zhao{admit_person(*office, village, office.random(), "赵", {"auditor"})};

  Term() { meet(); }
  HandoverWish wish(std::vector<std::string> roles = {}) const {
    return {.from = li.member, .to = zhao.member, .roles = std::move(roles)};
  }
  Handover plan(std::vector<std::string> roles = {}) {
    return require(plan_handover(*office, space, wish(std::move(roles))));
  }
  ChangeId sign(const Handover& handover) { return sign(handover, office, village.founder); }
  ChangeId sign(const Handover& handover, TestReplica& node, const Person& officer) const {
    return require(node->append_roster(space, officer.device, handover.act.operations, 0))
        .ids.at(0);
  }
  std::vector<std::string> roles_of(const Person& person) {
    std::vector<std::string> out;
    for (const RoleGrant& grant : require(office->roster(space))->members.at(person.member).roles)
      out.push_back(grant.role);
    return out;
  }
  bool may_change_roster(TestReplica& node, const Person& person) const {
    return require(node->roster(space))->may(person.author(), kRosterRegistry, kWrite);
  }
};

Errc refusal(const Result<Handover>& plan) {
  REQUIRE_FALSE(plan);
  return plan.error().code;
}

}  // namespace

TEST_CASE("A handover ends every role with a cut for each device, and gives the same roles") {
  Term term;
  const Handover handover = term.plan();
  REQUIRE(handover.roles.size() == 2);
  CHECK(handover.roles[0].role == "chair");
  CHECK(handover.roles[1].role == "clerk");
  CHECK(handover.kept_roles.empty());
  CHECK_FALSE(handover.change);
  REQUIRE(handover.act.operations.size() == 4);
  // Where the log ends here is what stays: one record change.
  REQUIRE(handover.act.devices.size() == 1);
  const Cut& cut = handover.act.devices[0].cut;
  CHECK(cut.author == term.li.author());
  CHECK(cut.end == 1);
  CHECK(cut.last == head_change(*term.office, term.space, term.li.author()).id);
  CHECK(handover.act.devices[0].held == 1);
  for (std::size_t i : {0U, 2U}) {
    const auto cuts = cuts_of(handover.act.operations[i]);
    CHECK(std::ranges::find(cuts, cut) != cuts.end());
  }
  // Nothing was done.
  CHECK(term.roles_of(term.li).size() == 2);
  term.sign(handover);
  CHECK(term.roles_of(term.li).empty());
  CHECK(term.roles_of(term.zhao) == std::vector<std::string>{"auditor", "chair", "clerk"});
  // No key was retired: 李 is a member, and the laptop is in the roster.
  CHECK(require(term.office->roster(term.space))->devices.contains(term.li.author()));
}

TEST_CASE(
    "What the old holder wrote offline beside a handover is late on every node, and may be "
    "admitted") {
  const bool handover_first = GENERATE(true, false);
  CAPTURE(handover_first);
  Term term;
  const ChangeId late = write_record(*term.home, term.space, term.li, term.record,
                                     {set_field("n", std::string("offline"))});
  term.sign(term.plan());
  if (handover_first) pull(*term.home, *term.office, term.space);
  CHECK(term.shown(*term.home) == (handover_first ? "before the cut" : "offline"));
  // The new holder writes, and that stands; the old one is told at once.
  write_record(*term.office, term.space, term.zhao, term.record,
               {set_field("n", std::string("the new term"))});
  term.meet();
  term.check_same("the new term", 1);
  replica::ChangeDraft draft = draft_of(term.record, {set_field("n", std::string("still here"))});
  const auto refused = term.home->append(term.space, term.li.device, {&draft, 1}, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kPermission);
  // The new chair looks at what was late and admits it: now there are two values.
  const RosterOperation admit = AdmitLate{.changes = {late}};
  require(term.office->append_roster(term.space, term.zhao.device, {&admit, 1}, 0));
  term.meet();
  term.check_same("offline | the new term", 0);
}

TEST_CASE("A chair hands over the only role that may change the roster, and it is in force") {
  Term term;
  // 李 is no chair any more, so the founder is the only one.
  term.act(require(plan_role_end(*term.office, term.space, term.li.member, "chair")));
  term.meet();
  const Person& founder = term.village.founder;
  CHECK(require(find_officers(*term.office, term.space)) == std::vector{founder.member});
  const Handover handover =
      require(plan_handover(*term.office, term.space,
                            {.from = founder.member, .to = term.zhao.member, .roles = {"chair"}}));
  CHECK(handover.kept_roles == std::vector<std::string>{"clerk"});
  term.sign(handover);
  term.meet();
  for (TestReplica* node : {&term.office, &term.home}) {
    CHECK(term.may_change_roster(*node, term.zhao));
    CHECK_FALSE(term.may_change_roster(*node, founder));
    CHECK(require(find_officers(**node, term.space)) == std::vector{term.zhao.member});
  }
  // The one goes on as a clerk, and the other acts as the chair.
  write_record(*term.office, term.space, founder, term.record,
               {set_field("n", std::string("as clerk"))});
  const RosterOperation grant =
      GrantRole{.member = term.li.member, .role = "grid", .term_from = {}, .term_until = {}};
  require(term.office->append_roster(term.space, term.zhao.device, {&grant, 1}, 0));
  term.meet();
  term.check_same("as clerk", 0);
  CHECK(term.roles_of(term.li) == std::vector<std::string>{"clerk", "grid"});
  const auto back = term.office->append_roster(term.space, founder.device, {&grant, 1}, 0);
  REQUIRE_FALSE(back);
  CHECK(back.error().code == Errc::kPermission);
}

TEST_CASE("What a chair did to the roster on another laptop beside the handover is void") {
  Term term;
  const Person puppet = make_person(term.home.random(), "友");
  require(term.home->append_roster(term.space, term.li.device,
                                   admit_operations(puppet, term.space, {"chair"}), 0));
  term.sign(term.plan({"chair"}));
  term.meet();
  for (TestReplica* node : {&term.office, &term.home}) {
    CHECK_FALSE(require((*node)->roster(term.space))->members.contains(puppet.member));
    CHECK(term.may_change_roster(*node, term.zhao));
    CHECK_FALSE(term.may_change_roster(*node, term.li));
  }
}

TEST_CASE(
    "Two officers who hand one role to two people beside each other give it to both, and "
    "the old holder has it no more") {
  Term term;
  const Person other =
      admit_person(*term.office, term.village, term.office.random(), "孙", {"auditor", "chair"});
  term.meet();
  term.sign(term.plan({"clerk"}));
  Handover second = require(plan_handover(
      *term.home, term.space, {.from = term.li.member, .to = other.member, .roles = {"clerk"}}));
  term.sign(second, term.home, other);
  term.meet();
  const auto roster = require(term.office->roster(term.space));
  CHECK(roster->may(term.zhao.author(), "minutes", kWrite));
  CHECK(roster->may(other.author(), "minutes", kWrite));
  CHECK_FALSE(roster->may(term.li.author(), "minutes", kWrite));
  term.check_same("before the cut", 0);
}

TEST_CASE("A handover that makes no sense is refused with its kind") {
  Term term;
  CHECK(refusal(plan_handover(*term.office, term.space,
                              {.from = term.li.member, .to = term.li.member})) ==
        Errc::kInvalidArgument);
  CHECK(refusal(plan_handover(*term.office, term.space,
                              {.from = MemberId{}, .to = term.zhao.member})) == Errc::kNotFound);
  CHECK(refusal(plan_handover(*term.office, term.space,
                              {.from = term.li.member, .to = MemberId{}})) == Errc::kNotFound);
  CHECK(refusal(plan_handover(*term.office, term.space, term.wish({"teller"}))) == Errc::kNotFound);
  CHECK(refusal(plan_handover(*term.office, term.space, term.wish({"clerk", "teller"}))) ==
        Errc::kNotFound);
  // Without a role there is nothing to hand over.
  term.sign(term.plan());
  CHECK(refusal(plan_handover(*term.office, term.space, term.wish())) == Errc::kNotFound);
}

TEST_CASE("Nobody takes over without a key that can sign") {
  Term term;
  SECTION("because it was retired") {
    term.act(require(plan_retirement(*term.office, term.space, term.zhao.author(), std::nullopt)));
  }
  SECTION("because its log is forked") {
    const ChangeId pin = require(term.office->roster_heads(term.space)).front();
    for (const char* value : {"left", "right"}) {
      const Change change = forge_change(term.zhao.device, term.space, nullptr, {pin},
                                         {forge_part(term.office.random().make<RecordId>(), {},
                                                     {set_field("n", std::string(value))})});
      require(term.office->accept(term.space, std::vector<sync::Run>{{{change}}}));
    }
  }
  CHECK(require(find_signing_keys(*term.office, term.space, term.zhao.member)).empty());
  CHECK(refusal(plan_handover(*term.office, term.space, term.wish())) == Errc::kConflict);
}

TEST_CASE("Who may not change the roster can plan a handover and not sign it") {
  Term term;
  const Handover handover = term.plan({"clerk"});
  const Hash before = require(term.office->state_hash(term.space));
  const auto refused =
      term.office->append_roster(term.space, term.zhao.device, handover.act.operations, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kPermission);
  CHECK(require(term.office->state_hash(term.space)) == before);
}

TEST_CASE("An officer's node that is behind its own log signs no handover") {
  Term term;
  const AuthorKey own = term.village.founder.author();
  term.office->set_own_authors({own});
  const Cut end = require(term.office->cut_of(term.space, own, std::nullopt));
  const sync::AuthorHead ahead{.author = own, .seq = {end.end + 1}, .id = {}};
  require(term.office->note_claims(term.space, term.li.wire.wire(), {&ahead, 1}));
  const auto refused = term.office->append_roster(term.space, term.village.founder.device,
                                                  term.plan().act.operations, 0);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == Errc::kMissing);
  CHECK(term.roles_of(term.li).size() == 2);
}

TEST_CASE("The old term's end stays for whoever is elected before it, and ends with it otherwise") {
  Term term;
  term.act({.operations = {GrantRole{.member = term.li.member,
                                     .role = "teller",
                                     .term_from = "2021-03-01",
                                     .term_until = "2026-02-28"}},
            .devices = {}});
  HandoverWish wish = term.wish({"teller"});
  auto planned = [&] { return require(plan_handover(*term.office, term.space, wish)).roles.at(0); };
  wish.term_from = "2024-05-01";
  CHECK(planned() == RoleGrant{"teller", "2024-05-01", "2026-02-28"});
  wish.term_from = "2026-03-01";
  CHECK(planned() == RoleGrant{"teller", "2026-03-01", ""});
  wish.term_until = "2031-02-28";
  CHECK(planned() == RoleGrant{"teller", "2026-03-01", "2031-02-28"});
}

TEST_CASE("A handover that was done is found again with its frontier, unless it was undone") {
  Term term;
  CHECK_FALSE(require(find_handover(*term.office, term.space, term.wish())));
  const Handover planned = term.plan({"clerk"});
  const ChangeId change = term.sign(planned);
  term.meet();
  for (TestReplica* node : {&term.office, &term.home}) {
    const auto found = require(find_handover(**node, term.space, term.wish()));
    REQUIRE(found);
    CHECK(found->change == change);
    REQUIRE(found->roles.size() == 1);
    CHECK(found->roles[0].role == "clerk");
    CHECK(found->kept_roles == std::vector<std::string>{"chair"});
    REQUIRE(found->act.devices.size() == 1);
    CHECK(found->act.devices[0].cut == planned.act.devices[0].cut);
    CHECK(require(find_handover(**node, term.space, term.wish({"clerk"}))));
    CHECK_FALSE(require(find_handover(**node, term.space, term.wish({"chair"}))));
    CHECK_FALSE(require(find_handover(
        **node, term.space, {.from = term.zhao.member, .to = term.li.member, .roles = {}})));
  }
  term.act({.operations = {GrantRole{
                .member = term.li.member, .role = "clerk", .term_from = {}, .term_until = {}}},
            .devices = {}});
  CHECK_FALSE(require(find_handover(*term.office, term.space, term.wish({"clerk"}))));
}

TEST_CASE("What becomes read-only is what the policy says, and not a list in the program") {
  Term term;
  term.act(require(plan_policy(*term.office, term.space, "mediator", "votes", kRead | kWrite)));
  term.act({.operations = {GrantRole{
                .member = term.li.member, .role = "mediator", .term_from = {}, .term_until = {}}},
            .devices = {}});
  const std::vector<std::string> registries{"minutes", "dogs"};
  auto reach = [&](std::vector<std::string> roles) {
    return reach_of(*require(term.office->roster(term.space)), term.plan(std::move(roles)),
                    registries);
  };
  // As a clerk 李 goes on writing all registers.
  CHECK(reach({"mediator"}).handed_over ==
        std::set<std::string>{"disclosures", "erasures", "import", "mediation", "votes"});
  CHECK(reach({"mediator"}).read_only.empty());
  CHECK(reach({"chair"}).read_only == std::set<std::string>{"definition", "roster"});
  const std::set<std::string> lost = reach({"clerk"}).read_only;
  CHECK(lost.contains("dogs"));
  CHECK(lost.contains("minutes"));
  CHECK_FALSE(lost.contains("mediation"));
  CHECK_FALSE(lost.contains("votes"));
  CHECK_FALSE(lost.contains("roster"));
}
