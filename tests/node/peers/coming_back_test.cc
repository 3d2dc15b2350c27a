// SPDX-License-Identifier: Apache-2.0
//
// A computer that was in a space comes in again by an invitation: as whose it was, with the same
// keys, and with nothing that it did not ask for.
#include <catch2/catch.hpp>

#include "node/council/entry_act.h"
#include "node/council/roster_acts.h"
#include "tests/node/peers/peer_node.h"

namespace cunju::test {
namespace {

using Side = peers::InvitationBook::Side;
using peers::PairStage;

/// A village and a mediator's computer that is in it.
struct Returning {
  Returning() : host(1, "主任"), guest(2, "老何"), space(host.found("幸福村")) {
    guest.manager->set_leave_when_caught_up(true);
    pair(host.invite(space, "mediator"));
    call(guest, host, "first")->pump();
    member = require(host.replica->roster(space))->owners.at(author());
  }
  AuthorKey author() const { return guest.keys.author.author(); }
  std::shared_ptr<const Roster> roster() { return require(host.replica->roster(space)); }
  bool is_in() { return council::is_entered(*roster(), author(), guest.keys.wire.wire()); }
  /// Up to the words of both sides.
  void ask(const peers::Invitation& invitation) {
    guest.join(invitation);
    call(guest, host, "asking")->pump();
  }
  void pair(const peers::Invitation& invitation) {
    guest.join(invitation);
    pair_by_words(guest, host, invitation);
  }
  void act(const std::vector<RosterOperation>& operations) {
    require(host.replica->append_roster(space, host.keys.author, operations, 0));
  }
  void remove() {
    act(require(council::plan_removal(*host.replica, space, member)).operations);
    REQUIRE_FALSE(is_in());
  }
  Result<peers::Invitation> confirm(const peers::Invitation& invitation) {
    return host.desk().confirm_given(host.words(Side::kGiven, invitation));
  }
  PeerNode host, guest;
  SpaceId space;
  MemberId member;
};

}  // namespace

TEST_CASE("A removed member's computer comes back as the same member with the same keys",
          "[pairing]") {
  Returning r;
  r.remove();
  CHECK_FALSE(r.host.manager->is_known(r.guest.keys.wire.wire()));
  const peers::Invitation again = r.host.invite(r.space, "clerk");
  r.pair(again);
  REQUIRE(r.is_in());
  const std::shared_ptr<const Roster> roster = r.roster();
  CHECK(roster->owners.at(r.author()) == r.member);
  const Member& back = roster->members.at(r.member);
  CHECK(back.name == "老何");
  REQUIRE(back.roles.size() == 1);
  CHECK(back.roles.begin()->role == "clerk");
  CHECK_FALSE(roster->members.contains(again.member));
  CHECK(roster->find_wire(r.guest.keys.wire.wire())->member == r.member);
  // It exchanges, learns that it was out, and writes on in its log.
  call(r.guest, r.host, "back")->pump();
  CHECK(require(r.guest.replica->state_hash(r.space)) ==
        require(r.host.replica->state_hash(r.space)));
  const auto draft =
      draft_of(r.guest.random.make<RecordId>(), {set_field("title", std::string("x"))});
  require(r.guest.replica->append(r.space, r.guest.keys.author, {&draft, 1}, 0));
  call(r.guest, r.host, "writing")->pump();
  CHECK(require(r.host.replica->late_parts(r.space)).empty());
  CHECK(require(r.host.replica->state_hash(r.space)) ==
        require(r.guest.replica->state_hash(r.space)));
  // The invitation is used up on both sides.
  CHECK(r.host.open(Side::kGiven) == 0);
  CHECK(r.guest.open(Side::kTaken) == 0);
}

TEST_CASE("What was written while one was out is late, and may be admitted", "[pairing]") {
  Returning r;
  r.remove();
  const auto draft = draft_of(r.guest.random.make<RecordId>(),
                              {set_field("case_no", std::string("1"))}, "mediation");
  require(r.guest.replica->append(r.space, r.guest.keys.author, {&draft, 1}, 0));
  r.pair(r.host.invite(r.space, "mediator"));
  call(r.guest, r.host, "back")->pump();
  const auto late = require(r.host.replica->late_parts(r.space));
  REQUIRE(late.size() == 1);
  CHECK(require(r.guest.replica->late_parts(r.space)).size() == 1);
  r.act({AdmitLate{.changes = {late.front().change}}});
  call(r.guest, r.host, "admitted")->pump();
  CHECK(require(r.host.replica->late_parts(r.space)).empty());
  CHECK(require(r.guest.replica->view_hash(r.space, kOpenScope)) ==
        require(r.host.replica->view_hash(r.space, kOpenScope)));
}

TEST_CASE("Of a member whose computer alone was retired the computer alone is entered",
          "[pairing]") {
  Returning r;
  r.act({RetireNode{.node = r.guest.keys.node.node()}});
  REQUIRE_FALSE(r.is_in());
  const std::size_t roles = r.roster()->members.at(r.member).roles.size();
  r.pair(r.host.invite(r.space, "mediator", "老何"));
  CHECK(r.is_in());
  CHECK(r.roster()->members.at(r.member).roles.size() == roles);
  CHECK(r.roster()->members.at(r.member).devices.size() == 1);
  call(r.guest, r.host, "back")->pump();
  CHECK(require(r.guest.replica->state_hash(r.space)) ==
        require(r.host.replica->state_hash(r.space)));
}

TEST_CASE("A computer that was made to keep less keeps no more when it comes back", "[pairing]") {
  const bool is_removed = GENERATE(true, false);
  CAPTURE(is_removed);
  Returning r;
  const auto kept = [&] { return r.roster()->find_wire(r.guest.keys.wire.wire())->replication; };
  REQUIRE(kept() == Replication::kFull);
  r.act({SetReplication{.node = r.guest.keys.node.node(), .replication = Replication::kWitness}});
  if (is_removed)
    r.remove();
  else
    r.act({RetireNode{.node = r.guest.keys.node.node()}});
  // An auditor's computer keeps what is open, which would be more.
  r.pair(r.host.invite(r.space, is_removed ? "auditor" : "mediator", "老何"));
  REQUIRE(r.is_in());
  CHECK(kept() == Replication::kWitness);
  // Somebody widens it, and it comes back with that; an invitation may narrow it.
  r.act({SetReplication{.node = r.guest.keys.node.node(), .replication = Replication::kFull}});
  r.remove();
  r.pair(r.host.invite(r.space, is_removed ? "auditor" : "mediator", "老何"));
  CHECK(kept() == (is_removed ? Replication::kShell : Replication::kFull));
}

TEST_CASE("Of a computer that asks to come back it is known whose it is and who took it out",
          "[pairing]") {
  Returning r;
  const auto returning = [&] {
    return require(council::find_returning(*r.host.replica, r.space, r.author(),
                                           r.guest.keys.node.node(), r.guest.keys.wire.wire()));
  };
  CHECK_FALSE(returning());
  r.act({RetireNode{.node = r.guest.keys.node.node()}});
  REQUIRE(returning());
  CHECK(returning()->name == "老何");
  REQUIRE(returning()->taken_out);
  CHECK_FALSE(returning()->taken_out->is_member);
  const RosterOperation removal =
      require(council::plan_removal(*r.host.replica, r.space, r.member)).operations.front();
  require(r.host.replica->append_roster(r.space, r.host.keys.author, {&removal, 1}, 77));
  REQUIRE(returning()->taken_out);
  CHECK(returning()->taken_out->is_member);
  CHECK(returning()->taken_out->claimed_ms == 77);
  CHECK(returning()->taken_out->by ==
        std::string(r.roster()->name_of(r.host.keys.author.author())));
  CHECK(returning()->member == r.member);
  // A key that never was anybody's is nobody's return.
  const crypto::SigningKey other = crypto::SigningKey::generate(r.guest.random);
  CHECK_FALSE(require(council::find_returning(*r.host.replica, r.space, other.author(),
                                              r.guest.keys.node.node(), r.guest.keys.wire.wire())));
}

TEST_CASE("A retired key does not come back by an invitation", "[pairing]") {
  Returning r;
  r.act(require(council::plan_retirement(*r.host.replica, r.space, r.author(), std::nullopt))
            .operations);
  r.act({RetireNode{.node = r.guest.keys.node.node()}});
  for (const bool is_removed : {false, true}) {
    if (is_removed) r.remove();
    const peers::Invitation invitation = r.host.invite(r.space, "mediator");
    r.ask(invitation);
    const auto refused = r.confirm(invitation);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kPermission);
    CHECK(refused.error().context == council::kRetiredKey);
    CHECK_FALSE(r.is_in());
    CHECK(r.host.state(Side::kGiven, invitation).stage == PairStage::kWaiting);
    require(r.host.desk().end_given(invitation.id, PairStage::kCancelled));
    require(r.guest.book->erase(Side::kTaken, invitation.id));
  }
}

TEST_CASE("A computer comes back whose key was replaced while it was out, and has not heard of it",
          "[pairing]") {
  Returning r;
  r.act({RetireNode{.node = r.guest.keys.node.node()}});
  const AuthorKey old = r.author();
  r.guest.keys.author = crypto::SigningKey::generate(r.guest.random);
  std::vector<RosterOperation> act =
      require(council::plan_retirement(*r.host.replica, r.space, old, std::nullopt)).operations;
  act.push_back(device_entry(r.guest.keys.author, r.space, r.member));
  r.act(act);
  // Its own copy of the roster does not know the new key, so it signs for whom the invitation
  // names.
  r.pair(r.host.invite(r.space, "mediator", "老何"));
  CHECK(r.is_in());
  CHECK(r.roster()->owners.at(r.author()) == r.member);
  CHECK(r.roster()->find_wire(r.guest.keys.wire.wire())->member == r.member);
}

TEST_CASE("An invitation for somebody else does not bring a computer's old member back",
          "[pairing]") {
  Returning r;
  r.remove();
  const peers::Invitation other = r.host.invite(r.space, "mediator", "新人");
  r.ask(other);
  const auto refused = r.confirm(other);
  REQUIRE(refused.has_error());
  CHECK(refused.error().code == Errc::kExists);
  CHECK(refused.error().context == "老何");
  CHECK_FALSE(r.is_in());
  CHECK_FALSE(r.roster()->members.contains(r.member));
}

TEST_CASE("A computer that nobody took out needs no invitation, and uses none up", "[pairing]") {
  Returning r;
  const std::size_t members = r.roster()->members.size();
  const peers::Invitation needless = r.host.invite(r.space, "clerk");
  r.ask(needless);
  CHECK(r.guest.open(Side::kTaken) == 0);
  CHECK(r.host.state(Side::kGiven, needless).stage == PairStage::kOpen);
  CHECK(r.roster()->members.size() == members);
  CHECK(r.roster()->members.at(r.member).roles.size() == 1);
}

TEST_CASE("Who comes back compares words like everybody, and by one invitation once", "[pairing]") {
  Returning r;
  r.remove();
  const peers::Invitation again = r.host.invite(r.space, "mediator");
  r.ask(again);
  CHECK_FALSE(r.is_in());
  require(r.confirm(again));
  CHECK(r.is_in());
  // A confirmed one is not taken back as if nobody had come.
  CHECK(r.host.desk().end_given(again.id, PairStage::kCancelled).error().code == Errc::kExists);
  // Let in, and not compared here: it is no answer to who was shown words.
  const Bytes channel(64, 7);
  peers::PairTalk at_guest{.invitation = again.id}, at_host{.invitation = again.id};
  at_host.is_inviter = true;
  const Bytes offer = require(r.host.desk().make_offer(at_host));
  const peers::PairStep asked = require(r.guest.desk().on_message(at_guest, channel, offer));
  const peers::PairStep told = require(r.host.desk().on_message(at_host, channel, asked.answer));
  CHECK(told.kind == peers::PairStep::Kind::kAsked);
  CHECK(require(r.guest.desk().on_message(at_guest, channel, told.answer)).kind ==
        peers::PairStep::Kind::kStillWaiting);
  CHECK(r.guest.state(Side::kTaken, again).stage == PairStage::kWaiting);
  r.remove();
  require(r.guest.desk().confirm_taken(r.guest.words(Side::kTaken, again)));
  call(r.guest, r.host, "and again")->pump();
  CHECK_FALSE(r.is_in());
}

}  // namespace cunju::test
