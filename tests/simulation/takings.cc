// SPDX-License-Identifier: Apache-2.0
// What people do to each other over the roster: acts by chance, quarrels, puppets; and what becomes
// of those who are cut off.
#include <algorithm>

#include "tests/simulation/roster_acts.h"
#include "tests/simulation/world.h"

namespace cunju::simulation {
namespace {

bool takes_from(const RosterOperation& operation) {
  return std::holds_alternative<RemoveMember>(operation) ||
         std::holds_alternative<EndRole>(operation) ||
         std::holds_alternative<RetireDevice>(operation) ||
         std::holds_alternative<SetPolicy>(operation) || std::holds_alternative<Epoch>(operation);
}

}  // namespace

bool World::say(const Seat& actor, const std::string& what,
                const std::vector<RosterOperation>& operations, bool may_be_void) {
  if (operations.empty()) return false;
  Node& node = *actor.node;
  Result<replica::Appended> done = node.write_roster(operations, actor.who);
  context_.note(node.name() + "/" + std::to_string(actor.who) + " roster: " + what +
                (done ? " " + brief(done.value().ids.front()) : ": " + done.error().context));
  if (done) {
    ++context_.counts["roster acts"];
    ++context_.counts["act: " + what];
    for (const RosterOperation& operation : operations) {
      if (takes_from(operation)) ++context_.counts["takings"];
      // What it voids, or says itself and does not stand, may have entered anybody.
      is_owner_removed_ = is_owner_removed_ || std::holds_alternative<Epoch>(operation);
      const auto* removal = std::get_if<RemoveMember>(&operation);
      if (removal == nullptr) continue;
      is_owner_removed_ = is_owner_removed_ || std::ranges::any_of(nodes_, [&](const auto& other) {
                            return other->person().member == removal->member;
                          });
    }
    return true;
  }
  const Errc code = done.error().code;
  // An officer whose forked log stands in part, because of a witness, still is one.
  const bool is_forked = code == Errc::kFork && context_.scenario.has(kHastyRestores);
  const bool is_expected = code == Errc::kMissing || code == Errc::kPermission ||
                           code == Errc::kLimit || is_forked ||
                           (may_be_void && code == Errc::kInvalidArgument);
  if (!is_expected && !node.explains(done.error()))
    context_.fail(node.name() + " can't change the roster: " + what + ": " + done.error().context);
  return false;
}

void World::act_on_roster() {
  const std::vector<Seat> officers = find_officers(context_, nodes_);
  if (officers.empty()) return;
  const Seat actor = context_.dice.pick(officers);
  Result<std::shared_ptr<const Roster>> roster = actor.node->replica().roster(context_.space);
  if (roster.has_error() || !may_sign(*actor.node, actor.who)) return;
  RosterScene scene{context_, nodes_, actor, *roster.value()};
  const RosterAct& act = pick_roster_act(context_);
  if (act.takes_away && !context_.scenario.has(kTakings)) return;
  say(actor, std::string(act.name), act.make(scene), act.may_be_void);
}

/// Two officers remove each other, or several in a circle, before they hear of it.
void World::quarrel() {
  std::vector<Seat> officers = find_officers(context_, nodes_);
  context_.dice.shuffle(officers);
  std::vector<Seat> circle;
  for (const Seat& seat : officers) {
    const bool is_new =
        std::ranges::none_of(circle, [&](const Seat& other) { return other.node == seat.node; });
    const bool is_spared = seat.who == 0 && !context_.dice.one_in(8);
    if (is_new && !is_spared && circle.size() < 3) circle.push_back(seat);
  }
  if (circle.size() < 2) return;
  if (circle.size() == 3 && context_.dice.one_in(2)) circle.pop_back();
  std::size_t removals = 0;
  for (std::size_t i = 0; i < circle.size(); ++i) {
    const MemberId victim = circle[(i + 1) % circle.size()].person().member;
    if (say(circle[i], "a quarrel", removal_of(context_, *circle[i].node, victim))) ++removals;
  }
  if (removals == 2 && circle.size() == 2) ++context_.counts["mutual removals"];
  if (removals == 3) ++context_.counts["removals in a circle"];
}

/// An officer is removed at one node; at its own it admits an officer who removes the remover.
void World::use_puppets() {
  std::vector<Seat> officers = find_officers(context_, nodes_);
  context_.dice.shuffle(officers);
  if (officers.size() < 2 || officers[0].node == officers[1].node) return;
  const Seat remover = officers[0], maker = officers[1];
  if (maker.who == 0 && !context_.dice.one_in(4)) return;
  Result<std::shared_ptr<const Roster>> roster = maker.node->replica().roster(context_.space);
  if (roster.has_error()) return;
  RosterScene scene{context_, nodes_, maker, *roster.value()};
  const std::vector<RosterOperation> admits = admission_of(scene, *maker.node, {"chair", "clerk"});
  const Seat puppet{maker.node, maker.node->people().size() - 1};
  if (!say(maker, "a puppet comes", admits)) return;
  if (context_.dice.one_in(2))
    say(remover, "the maker goes", removal_of(context_, *remover.node, maker.person().member));
  if (say(puppet, "the puppet strikes",
          removal_of(context_, *puppet.node, remover.person().member)))
    ++context_.counts["puppets"];
  say(remover, "the maker goes", removal_of(context_, *remover.node, maker.person().member));
}

bool World::may_sign(Node& node, std::size_t who) {
  const AuthorKey key = node.people()[who].author();
  Result<std::vector<replica::Claim>> claims = node.replica().claims(context_.space, key);
  const bool is_warned = claims.has_value() && !claims.value().empty();
  if (!node.is_behind_itself(who)) {
    if (is_warned && context_.scenario.liars == 0)
      context_.fail(node.name() + " refuses to sign although it has its log");
    return true;
  }
  if (context_.scenario.has(kHastyRestores) && !is_warned) {
    ++context_.counts["hasty saves"];
    return true;
  }
  if (!is_warned) return false;
  // A peer has said so: from here on the program must refuse by itself.
  const std::vector<replica::ChangeDraft> drafts = writer_.save();
  Result<replica::Appended> saved = node.write(drafts, who);
  if (saved.has_value()) {
    context_.fail(node.name() + " signed although a peer knows more of its log");
  } else {
    ++context_.counts["forks that the program refused"];
  }
  return false;
}

/// Whatever left the machine since the copy was made must be back before its keys sign again.
void World::expect_back(Node& node) {
  std::set<ChangeId> elsewhere = context_.travelled;
  for (const std::unique_ptr<Node>& other : nodes_) {
    if (other.get() != &node)
      elsewhere.insert(other->ledger().taken.begin(), other->ledger().taken.end());
  }
  std::map<AuthorKey, Seq> last;
  for (const ChangeId& id : elsewhere) {
    const ChangeHeader& header = context_.library.at(id).header;
    Seq& seq = last[header.author];
    seq = std::max(seq, header.seq);
  }
  for (const test::Person& person : node.people()) {
    auto found = last.find(person.author());
    if (found != last.end()) node.expect_back(found->first, found->second);
  }
  auto statements = last.find(node.person().node.author());
  if (statements != last.end()) node.expect_back(statements->first, statements->second);
}

/// A call that broke off after the other side had said what it has.
void World::hear_heads(Node& node) {
  Node& other = any_node();
  if (&other == &node || !node.is_up() || !other.is_up()) return;
  Result<std::vector<sync::AuthorHead>> heads = other.port().heads(context_.space);
  if (heads.has_error()) return;
  std::erase_if(heads.value(), [&](const sync::AuthorHead& head) {
    auto ours = node.replica().find_change(context_.space, head.author, head.seq);
    return ours.has_error() || ours.value().has_value();
  });
  Result<void> noted = node.port().note_claims(context_.space, other.wire(), heads.value());
  if (noted.has_error() && !node.explains(noted.error()))
    context_.fail(node.name() + " can't note what a peer has: " + noted.error().context);
  for (std::size_t who = 0; who < node.people().size(); ++who) may_sign(node, who);
}

std::vector<Link> World::find_cut_off() {
  std::vector<Link> out;
  for (std::size_t at = 0; at < nodes_.size(); ++at) {
    for (std::size_t other = 0; other < nodes_.size(); ++other) {
      if (at == other || !is_honest_[at] || !is_honest_[other]) continue;
      Result<std::vector<SpaceId>> shared =
          nodes_[at]->replica().shared_spaces(nodes_[other]->wire());
      if (shared.has_value() && shared.value().empty()) out.emplace_back(at, other);
    }
  }
  return out;
}

void World::hand_over() {
  const std::vector<Link> before = find_cut_off();
  ++context_.counts["hand-overs"];
  context_.note("what cut-off nodes have is handed over");
  constexpr std::size_t kBatchBytes = 16 * 1024;
  for (std::size_t round = 0; round < nodes_.size() && !is_settled(); ++round) {
    for (const std::unique_ptr<Node>& from : nodes_) {
      for (const std::unique_ptr<Node>& to : nodes_) {
        if (from == to || !from->is_honest() || !to->is_honest()) continue;
        sync::Have have = test::have_of(to->replica(), context_.space);
        for (;;) {
          const std::vector<sync::Run> runs = test::require(
              from->recording_port().next_runs(context_.space, WireKey{}, have, kBatchBytes));
          if (runs.empty()) break;
          test::require(to->recording_port().accept(context_.space, runs));
        }
      }
    }
  }
  const std::vector<Link> after = find_cut_off();
  // They are members in good standing; a removal that never counted had kept them apart.
  if (std::ranges::any_of(
          before, [&](const Link& link) { return std::ranges::find(after, link) == after.end(); }))
    ++context_.counts["hand-overs to members"];
}

}  // namespace cunju::simulation
