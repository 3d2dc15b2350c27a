// SPDX-License-Identifier: Apache-2.0
//
// A village whose nodes keep different shares of it: the founder's office and Zhang's desk
// everything, Li's relay what is open. They meet in sessions over real replicas, which sign their
// receipts as a running node does.
#pragma once

#include <map>

#include "tests/support/fail_nth.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/session_pair.h"

namespace cunju::test {

inline constexpr sync::Options kMeetOnce{.leave_when_caught_up = true};
inline constexpr sync::Options kMeetMetered{.leave_when_caught_up = true, .is_metered = true};

struct Meeting {
  sync::Progress a, b;
  std::optional<sync::Close> close_a, close_b;
  std::size_t bytes = 0;     ///< Of all messages.
  std::size_t messages = 0;  ///< Both ways.

  bool is_clean() const { return close_a && !close_a->error && close_b && !close_b->error; }
};

/// A mediation file, in the open and in its scope; what is empty is not written.
inline replica::ChangeDraft draft_case(const RecordId& record, const Scope& scope,
                                       std::string_view open, std::string_view confidential) {
  replica::ChangeDraft out;
  if (!open.empty())
    out.parts.push_back({.record = record,
                         .registry = "mediation",
                         .scope = kOpenScope,
                         .operations = {set_field("no", std::string(open))}});
  if (!confidential.empty())
    out.parts.push_back({.record = record,
                         .registry = "mediation",
                         .scope = scope,
                         .operations = {set_field("facts", std::string(confidential))}});
  return out;
}

struct ScopedNodes {
  FailNth faults;  ///< Of the office's disk; none until armed.
  TestReplica office{1, &faults}, desk{2}, relay{3};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person zhang{admit_person(*office, village, office.random(), "张", {"mediator", "clerk"})};
  Person li;
  Scope scope;

  explicit ScopedNodes(Replication of_relay = Replication::kShell)
      : li(admit_person(*office, village, office.random(), "李", {"clerk"}, of_relay)) {
    // So the office reads mediation as well.
    const RosterOperation grant = GrantRole{
        .member = village.founder.member, .role = "mediator", .term_from = {}, .term_until = {}};
    require(office->append_roster(space, village.founder.device, {&grant, 1}, 0));
    settle(office, village.founder);
    settle(desk, zhang);
    settle(relay, li);
    open_epoch(*office, village, office.random(), "mediation");
    scope = *require(office->roster(space))->find_scope("mediation");
    pull(*desk, *office, space);
    pull(*relay, *office, space, 512 * 1024, li.wire.wire());
  }

  /// Makes the replica that person's node.
  void settle(TestReplica& at, const Person& person) {
    require(at->add_own_device(person.device));
    at->set_own_node(person.node.node());
    at->set_own_authors({person.author()});
    at->set_taken_listener(
        [this, &at, &person](const SpaceId&, bool) { sign_receipts(at, person); });
  }
  void sign_receipts(TestReplica& at, const Person& person) {
    require(at->append_receipts(space, person.device, person.node, 7));
  }
  const Person& person_at(const TestReplica& at) const {
    return &at == &office ? village.founder : &at == &desk ? zhang : li;
  }

  Meeting meet(TestReplica& a, TestReplica& b, sync::Options of_a = kMeetOnce,
               sync::Options of_b = kMeetOnce) {
    return meet(a, person_at(a), b, person_at(b), of_a, of_b);
  }
  Meeting meet(TestReplica& a, const Person& person_a, TestReplica& b, const Person& person_b,
               sync::Options of_a = kMeetOnce, sync::Options of_b = kMeetOnce) {
    testing::SessionPair pair(*a, *b, of_a, of_b, testing::test_handshake_hash(),
                              person_a.wire.wire(), person_b.wire.wire());
    pair.start();
    CHECK(pair.pump());
    Meeting out{.a = pair.session(0).progress(),
                .b = pair.session(1).progress(),
                .close_a = pair.side(0).close,
                .close_b = pair.side(1).close};
    for (std::size_t side : {0u, 1u}) {
      out.bytes += pair.side(side).sent_bytes;
      out.messages += pair.side(side).sent.size();
      for (const std::string& line : pair.side(side).log) UNSCOPED_INFO(line);
      const auto& close = pair.side(side).close;
      if (close && close->error) UNSCOPED_INFO(close->error->context);
    }
    return out;
  }

  ChangeId set_replication(TestReplica& at, const Person& person, Replication replication) {
    const RosterOperation said =
        SetReplication{.node = person.node.node(), .replication = replication};
    return require(at->append_roster(space, village.founder.device, {&said, 1}, 0)).ids.at(0);
  }
  ChangeId write(TestReplica& at, const Person& author, const RecordId& record,
                 std::string_view open, std::string_view confidential) {
    const replica::ChangeDraft out = draft_case(record, scope, open, confidential);
    return require(at->append(space, author.device, {&out, 1}, 0)).ids.at(0);
  }
  std::string facts(TestReplica& at, const RecordId& record) const {
    const auto view = require(at->view(space, record, scope));
    const Field* field = view ? view->state.find("facts", FieldKind::kRegister) : nullptr;
    return field == nullptr ? "(none)" : std::get<std::string>(field->winner());
  }
  replica::PartsStanding standing(TestReplica& at) const {
    return require(at->parts_standing(space));
  }
  /// Parts with a body in scopes other than the open one.
  std::size_t confidential_bodies(TestReplica& at) const {
    std::size_t out = 0;
    for (const Change& change : all_changes(*at, space))
      for (const Part& part : change.parts)
        out += part.scope != kOpenScope && part.presence == Presence::kPresent ? 1 : 0;
    return out;
  }
  /// What a node shows of every scope.
  std::pair<Hash, Hash> views(TestReplica& at) const {
    return {require(at->view_hash(space, kOpenScope)), require(at->view_hash(space, scope))};
  }
};

}  // namespace cunju::test
