// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster_graph.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/roster/demanded_cuts.h"

namespace cunju {
namespace {

/// Answers about (pins, author, registry) that are kept; more start the memory again.
constexpr std::size_t kMaxCachedEnds = 4096;

bool has_role(const Member& member, std::string_view role) {
  return std::ranges::any_of(member.roles,
                             [&](const RoleGrant& grant) { return grant.role == role; });
}

/// Whether a taking has a cut for every device that it takes from, since a forgotten one would take
/// away all that it ever wrote; or for as many of them as there is room for, or whoever enters keys
/// without end could not be removed.
bool has_all_cuts(const Roster& before, const RosterOperation& operation) {
  const auto* removal = std::get_if<RemoveMember>(&operation);
  const auto* end = std::get_if<EndRole>(&operation);
  const auto* policy = std::get_if<SetPolicy>(&operation);
  std::size_t cut = 0, touched = 0;
  std::set<AuthorKey> named;
  if (removal != nullptr || end != nullptr || policy != nullptr)
    for (const Cut& each : cuts_of(operation)) named.insert(each.author);
  for (const auto& [id, member] : before.members) {
    if ((removal == nullptr || removal->member != id) && (end == nullptr || end->member != id) &&
        (policy == nullptr || !has_role(member, policy->role)))
      continue;
    touched += member.devices.size();
    cut += static_cast<std::size_t>(std::ranges::count_if(
        member.devices, [&](const AuthorKey& device) { return named.contains(device); }));
  }
  return cut >= std::min(touched, kMaxDemandedCuts);
}

/// `rights`: of a policy line, those that it takes.
bool is_taking(const RosterOperation& operation, std::uint8_t rights) {
  return rights != 0 || std::holds_alternative<RemoveMember>(operation) ||
         std::holds_alternative<EndRole>(operation) ||
         std::holds_alternative<RetireDevice>(operation) ||
         std::holds_alternative<RetireNode>(operation);
}

bool is_sound(const SetQuorum& quorum) {
  const std::set<AuthorKey> keys(quorum.keys.begin(), quorum.keys.end());
  return quorum.threshold >= 1 && quorum.threshold <= keys.size() &&
         keys.size() == quorum.keys.size();
}

}  // namespace

template <class Value>
const Value* RosterGraph::Cache<Value>::find(const Heads& key) const {
  auto found = entries_.find(key);
  return found == entries_.end() ? nullptr : &found->second;
}

template <class Value>
const Value& RosterGraph::Cache<Value>::keep(Heads key, Value value) {
  if (order_.size() >= kMax) {
    entries_.erase(order_.front());
    order_.pop_front();
  }
  auto [at, is_new] = entries_.insert_or_assign(key, std::move(value));
  if (is_new) order_.push_back(std::move(key));
  return at->second;
}

RosterGraph::Heads RosterGraph::sorted(std::span<const ChangeId> ids) const {
  Heads out = history_.require(ids);
  std::ranges::sort(out);
  return out;
}

void RosterGraph::add(const RosterChange& change, const IsOnPath& is_on_path) {
  CUNJU_CHECK(!contains(change.id), "a roster change is added once");
  RosterNode node = make_node(change);
  judge_new(change, node, is_on_path);
  const bool is_dead = node.is_dead;
  std::vector<RosterNo> parents = node.parents;
  const RosterNo self = history_.add(std::move(node));
  if (is_dead) return;
  forget_whole();
  if (parents.empty() || history_.has_just_named()) {
    const Roster known = law_.roster(*verdicts({self}), history_[self].seen);
    Electorate electorate{.owners = known.devices, .officers = {}};
    for (const auto& [key, member] : known.devices)
      if (known.may(key, kRosterRegistry, kWrite)) electorate.officers.insert(member);
    history_.set_electorate(self, std::move(electorate));
  }
  // What it saw was judged without it, and nothing of that is beside it: it comes on top. Unless it
  // is on a branch of a fork that it has seen, or covers one of those.
  std::ranges::sort(parents);
  const Verdicts* before = verdicts_.find(parents);
  if (before != nullptr && (*before)->forks.empty() &&
      !history_.branching().contains(change.author)) {
    RosterVerdicts with_it = **before;
    with_it.levels.resize(self + 1, RosterVerdicts::Level::kVoid);
    with_it.levels[self] = RosterVerdicts::Level::kWhole;
    const bool is_rare = std::ranges::any_of(history_[self].operations, [](const auto& operation) {
      return std::holds_alternative<Epoch>(operation) ||
             std::holds_alternative<SetQuorum>(operation);
    });
    if (!is_rare) verdicts_.keep({self}, std::make_shared<RosterVerdicts>(std::move(with_it)));
  }
  std::erase_if(heads_, [&](RosterNo head) {
    // Only parents can stop being heads: any other ancestor has had a successor before.
    return std::ranges::find(parents, head) != parents.end();
  });
  heads_.push_back(self);
}

/// What is known of the whole set.
void RosterGraph::forget_whole() {
  all_.reset();
  now_.reset();
  admitted_late_.reset();
  ends_.clear();
  in_time_.clear();
}

RosterNode RosterGraph::make_node(const RosterChange& change) const {
  RosterNode node{.id = change.id, .author = change.author, .seq = change.seq};
  node.told = change.witnessed;
  for (const auto& [log, tip] : node.told.tips) node.witnessed[log] = tip.seq.value + 1;
  node.parents = history_.require(change.pins);
  for (RosterNo parent : node.parents) {
    CUNJU_CHECK(!history_[parent].is_dead, "nobody may pin a change that is not admissible");
    node.depth = std::max(node.depth, history_[parent].depth + 1);
  }
  node.seen = history_.seen_by(node.parents);
  if (change.own_previous) {
    node.own_previous = history_.require(std::span(&*change.own_previous, 1)).front();
    const RosterNode& own = history_[*node.own_previous];
    CUNJU_CHECK(own.author == change.author, "an author's own changes are its own");
    node.own_live = own.is_dead ? own.own_live : node.own_previous;
  }
  return node;
}

/// Which keys of the quorum have signed the change as its act; it is one if these are enough.
std::set<AuthorKey> RosterGraph::quorum_signers(const RosterChange& change,
                                                const SetQuorum& quorum) const {
  const auto epoch = std::ranges::find_if(change.operations, [](const auto& operation) {
    return std::holds_alternative<Epoch>(operation);
  });
  if (epoch == change.operations.end()) return {};
  const Hash signed_hash = epoch_hash(space_, change.author, change.pins, change.operations);
  std::set<AuthorKey> signers;
  // Whoever carries the act has signed it with the change.
  if (std::ranges::find(quorum.keys, change.author) != quorum.keys.end())
    signers.insert(change.author);
  for (const Cosignature& cosignature : std::get<Epoch>(*epoch).signatures) {
    if (std::ranges::find(quorum.keys, cosignature.author) != quorum.keys.end() &&
        !signers.contains(cosignature.author) && verify_cosignature(cosignature, signed_hash))
      signers.insert(cosignature.author);
  }
  return signers;
}

/// The operation that named the quorum that speaks.
const SetQuorum* RosterGraph::quorum_of(const RosterVerdicts& verdicts) const {
  const std::optional<RosterNo> naming = verdicts.quorums.now();
  if (!naming) return nullptr;
  const auto at = std::ranges::find(history_.quorums(), *naming, &RosterSpot::change);
  return &history_.operation<SetQuorum>(*at);
}

/// Decides for ever, from its ancestors, whether a change counts, and which of its operations do.
void RosterGraph::judge_new(const RosterChange& change, RosterNode& node,
                            const IsOnPath& is_on_path) const {
  const bool is_founding = node.parents.empty();
  node.is_dead = !change.is_well_formed || (is_founding && change.id.value != space_.value);
  if (node.is_dead) return;
  Heads parents = node.parents;
  std::ranges::sort(parents);
  const Verdicts before = verdicts(parents);
  if (!is_founding) {
    node.known_quorum = before->quorums.now();
    if (const SetQuorum* quorum = quorum_of(*before)) {
      std::set<AuthorKey> signers = quorum_signers(change, *quorum);
      node.is_of_quorum = signers.size() >= quorum->threshold;
      if (node.is_of_quorum) node.quorum_signers = std::move(signers);
    }
    // Whoever does as if it had not said what it said before on this branch is lying.
    node.is_dead = (node.own_live && !history_.covers(node.seen, *node.own_live)) ||
                   (!node.is_of_quorum &&
                    !law_.may(*before, {.author = node.author, .seq = node.seq, .seen = node.seen},
                              kRosterRegistry, kWrite));
    if (node.is_dead) return;
  }
  // Only a taking needs all of the roster before it, and all that was witnessed before it.
  std::optional<Roster> roster;
  std::map<AuthorKey, std::uint64_t> witnessed = node.witnessed;
  for (const RosterOperation& operation : change.operations) {
    const std::uint8_t taken = rights_taken(*before, node, operation);
    const bool takes = is_taking(operation, taken);
    if (takes && !roster) {
      roster = law_.roster(*before, node.seen);
      for (const auto& [author, count] : history_.witnessed_by(node.seen))
        witnessed[author] = std::max(witnessed[author], count);
    }
    if (takes ? !has_all_cuts(*roster, operation) : !may_say(*before, node, operation)) continue;
    if (takes && !node.is_of_quorum &&
        law_.drops_acknowledged(*before, node, operation, is_on_path))
      continue;
    node.takes = node.takes || takes;
    node.operations.push_back(operation);
    node.taken_rights.push_back(taken);
  }
  if (node.takes) node.witnessed = std::move(witnessed);
}

bool RosterGraph::needs_quorum(const RosterChange& change, const IsOnPath& is_on_path) const {
  const RosterNode node = make_node(change);
  Heads parents = node.parents;
  std::ranges::sort(parents);
  const Verdicts before = verdicts(parents);
  return std::ranges::any_of(change.operations, [&](const RosterOperation& operation) {
    return is_taking(operation, rights_taken(*before, node, operation)) &&
           law_.drops_acknowledged(*before, node, operation, is_on_path);
  });
}

std::uint8_t RosterGraph::rights_taken(const RosterVerdicts& before, const RosterNode& node,
                                       const RosterOperation& operation) const {
  const auto* policy = std::get_if<SetPolicy>(&operation);
  if (policy == nullptr) return 0;
  std::optional<std::uint8_t> line = law_.line(before, node.seen, policy->role, policy->registry);
  if (!line) line = law_.line(before, node.seen, policy->role, "*");
  return static_cast<std::uint8_t>(line.value_or(0) & ~policy->rights);
}

bool RosterGraph::may_say(const RosterVerdicts& before, const RosterNode& node,
                          const RosterOperation& operation) const {
  const bool is_founding = node.parents.empty();
  if (std::holds_alternative<FoundSpace>(operation)) return is_founding;
  if (std::holds_alternative<Epoch>(operation) || std::holds_alternative<Seal>(operation))
    return node.is_of_quorum;
  // The founding change can't name the space that it creates.
  if (const auto* entry = std::get_if<AddNode>(&operation))
    return verify_node_entry(*entry, is_founding ? SpaceId{} : space_);
  if (const auto* entry = std::get_if<AddDevice>(&operation))
    return verify_device_entry(*entry, is_founding ? SpaceId{} : space_);
  if (const auto* quorum = std::get_if<SetQuorum>(&operation)) {
    const std::optional<RosterNo> founding = history_.find(ChangeId{space_.value});
    const bool is_founder = is_founding || node.author == history_[*founding].author;
    const bool is_first = before.quorums.named.empty() && before.quorums.undecided.empty();
    return is_sound(*quorum) && (is_first ? is_founder : node.is_of_quorum);
  }
  return true;
}

bool RosterGraph::is_admissible(const ChangeId& id) const {
  const std::optional<RosterNo> no = history_.find(id);
  return no && !history_[*no].is_dead;
}

std::size_t RosterGraph::count_operations(const ChangeId& id) const {
  return history_[history_.require(std::span(&id, 1)).front()].operations.size();
}

bool RosterGraph::is_node(const AuthorKey& author) const {
  return std::ranges::any_of(history_.nodes(), [&](const RosterSpot& entry) {
    return history_.operation<AddNode>(entry).node.value == author.value;
  });
}

bool RosterGraph::has_entered(const WireKey& wire) const {
  return std::ranges::any_of(history_.nodes(), [&](const RosterSpot& entry) {
    return history_.operation<AddNode>(entry).wire == wire;
  });
}

std::map<AuthorKey, Seq> RosterGraph::known_logs(std::span<const ChangeId> ids) const {
  std::map<AuthorKey, Seq> out;
  const RosterClock seen = history_.seen_by(history_.require(ids));
  for (RosterNo no = 0; no < history_.size(); ++no) {
    if (history_[no].is_dead || !history_.covers(seen, no)) continue;
    Seq& last = out[history_[no].author];
    last = std::max(last, history_[no].seq);
  }
  return out;
}

std::vector<ChangeId> RosterGraph::heads() const {
  std::vector<ChangeId> out;
  for (RosterNo head : heads_) out.push_back(history_[head].id);
  std::ranges::sort(out);
  return out;
}

std::vector<ChangeId> RosterGraph::pick_pins(const AuthorKey& author,
                                             std::span<const ChangeId> before, std::size_t max,
                                             const std::optional<ChangeId>& own_last) const {
  std::vector<RosterNo> order = heads_to_pin();
  std::ranges::sort(order, [&](RosterNo a, RosterNo b) {
    const bool is_a = all().is_whole(a), is_b = all().is_whole(b);
    return is_a != is_b ? is_a : history_.comes_first(a, b);
  });
  std::vector<ChangeId> out;
  RosterClock seen;
  auto take = [&](RosterNo head) {
    out.push_back(history_[head].id);
    seen.merge(history_[head].seen);
  };
  auto require = [&](RosterNo want) {
    if (history_.covers(seen, want)) return;
    auto head = std::ranges::find_if(
        order, [&](RosterNo no) { return history_.covers(history_[no].seen, want); });
    // What no head to pin has seen is on a branch that does not stand: no more of it than needed.
    take(head == order.end() ? want : *head);
  };
  std::vector<RosterNo> own = history_.last_of(author);
  if (own_last) {
    own = history_.require(std::span(&*own_last, 1));
    const RosterNode& last = history_[own.front()];
    if (last.is_dead) own = last.own_live ? std::vector{*last.own_live} : std::vector<RosterNo>();
  }
  // What is pinned already takes at most a head each. An honest author's own last change is known
  // to one of these, or knows all of them: then it takes no place of its own, if that one is first.
  const std::vector<RosterNo> pinned = history_.require(before);
  for (RosterNo want : own) {
    auto knows = [&](RosterNo no) { return no == want || history_.precedes(want, no); };
    const auto found = std::ranges::find_if(pinned, knows);
    if (found != pinned.end()) {
      require(*found);
    } else if (out.empty() && std::ranges::all_of(pinned, [&](RosterNo no) {
                 return history_.precedes(no, want);
               })) {
      require(want);
    }
  }
  for (RosterNo want : pinned) require(want);
  for (RosterNo want : own)
    if (out.size() < max) require(want);
  for (RosterNo head : order)
    if (out.size() < max && !history_.covers(seen, head)) take(head);
  std::ranges::sort(out);
  return out;
}

bool RosterGraph::can_pin(const AuthorKey& author, std::span<const ChangeId> before,
                          std::span<const ChangeId> pins) const {
  if (!std::ranges::all_of(pins, [&](const ChangeId& pin) { return is_admissible(pin); }))
    return false;
  const RosterClock seen = history_.seen_by(history_.require(pins));
  return dominates(pins, before) &&
         std::ranges::all_of(history_.last_of(author),
                             [&](RosterNo own) { return history_.covers(seen, own); });
}

/// Void above what does not stand of a fork or of quorums, or that itself.
bool RosterGraph::builds_on_fallen(RosterNo no) const {
  if (all().of(no) != RosterVerdicts::Level::kVoid) return false;
  return std::ranges::any_of(
      all().fallen, [&](RosterNo fallen) { return fallen == no || history_.precedes(fallen, no); });
}

/// Heads of all but that: where every head is on such a branch, what stands below is pinned.
RosterGraph::Heads RosterGraph::heads_to_pin() const {
  if (all().fallen.empty()) return heads_;
  Heads out;
  for (auto no = static_cast<RosterNo>(history_.size()); no-- > 0;) {
    if (history_[no].is_dead || builds_on_fallen(no)) continue;
    if (std::ranges::none_of(out, [&](RosterNo head) { return history_.precedes(no, head); }))
      out.push_back(no);
  }
  return out;
}

bool RosterGraph::dominates(std::span<const ChangeId> newer,
                            std::span<const ChangeId> older) const {
  const std::vector<RosterNo> named = history_.require(newer);
  const RosterClock seen = history_.seen_by(named);
  const std::vector<RosterNo> wanted = history_.require(older);
  return std::ranges::all_of(wanted, [&](RosterNo want) {
    return history_.covers(seen, want) || std::ranges::find(named, want) != named.end();
  });
}

RosterGraph::Verdicts RosterGraph::verdicts(const Heads& heads) const {
  if (const Verdicts* cached = verdicts_.find(heads)) return *cached;
  return verdicts_.keep(heads,
                        std::make_shared<RosterVerdicts>(law_.judge(history_.seen_by(heads))));
}

std::shared_ptr<const Roster> RosterGraph::at(std::span<const ChangeId> ids) const {
  const Heads heads = sorted(ids);
  if (const auto* cached = rosters_.find(heads)) return *cached;
  return rosters_.keep(heads, make_roster(heads, *verdicts(heads)));
}

std::shared_ptr<const Roster> RosterGraph::now() const {
  if (!now_) {
    Heads heads = heads_;
    std::ranges::sort(heads);
    now_ = has_notes() ? make_roster(heads, all()) : at(this->heads());
  }
  return now_;
}

std::shared_ptr<const Roster> RosterGraph::make_roster(const Heads& heads,
                                                       const RosterVerdicts& verdicts) const {
  auto roster = std::make_shared<Roster>(law_.roster(verdicts, history_.seen_by(heads)));
  if (const SetQuorum* quorum = quorum_of(verdicts)) roster->quorum = *quorum;
  roster->undecided_quorums = verdicts.quorums.undecided.size();
  return roster;
}

const RosterVerdicts& RosterGraph::all() const {
  if (!all_) {
    Heads heads = heads_;
    std::ranges::sort(heads);
    all_ = has_notes()
               ? std::make_shared<const RosterVerdicts>(law_.judge(history_.seen_by(heads), noted_))
               : verdicts(heads);
  }
  return *all_;
}

std::optional<ChangeId> RosterGraph::replication_act(const NodeKey& node) const {
  std::optional<RosterNo> last;
  for (const RosterSpot& at : history_.replications()) {
    if (history_.operation<SetReplication>(at).node != node || !all().is_whole(at.change)) continue;
    if (!last || history_.comes_first(*last, at.change)) last = at.change;
  }
  return last ? std::optional(history_[*last].id) : std::nullopt;
}

bool RosterGraph::is_in_force(const ChangeId& id) const {
  const std::optional<RosterNo> no = history_.find(id);
  return no && all().of(*no) != RosterVerdicts::Level::kVoid;
}

bool RosterGraph::note_fork(const AuthorKey& author, Seq fork_point) {
  auto [noted, is_new] = noted_.fork_points.try_emplace(author, fork_point);
  if (!is_new && noted->second <= fork_point) return false;
  noted->second = fork_point;
  forget_whole();
  return true;
}

void RosterGraph::note_statement(const AuthorKey& author, const StatedChange& stated) {
  RosterStatement statement{.witness = stated.witness,
                            .seq = stated.seq,
                            .id = stated.id,
                            .pins = sorted(stated.pins),
                            .stated_seq = stated.stated_seq,
                            .stated = stated.stated};
  if (noted_.statements[author].insert(std::move(statement)).second) forget_whole();
}

std::optional<Seq> RosterGraph::fork_point(const AuthorKey& author) const {
  auto fork = all().forks.find(author);
  if (fork == all().forks.end()) return std::nullopt;
  return fork->second.point;
}

std::vector<ChangeId> RosterGraph::covers(const AuthorKey& author) const {
  auto fork = all().forks.find(author);
  return fork == all().forks.end() ? std::vector<ChangeId>() : fork->second.covers;
}

std::uint64_t RosterGraph::effective_end(std::span<const ChangeId> pins, const AuthorKey& author,
                                         std::string_view registry) const {
  EndKey key{sorted(pins), author, std::string(registry)};
  if (auto cached = ends_.find(key); cached != ends_.end()) return cached->second;
  const std::uint64_t end =
      law_.effective_end(all(), author, history_.seen_by(std::get<0>(key)), registry);
  if (ends_.size() >= kMaxCachedEnds) ends_.clear();
  ends_.emplace(std::move(key), end);
  return end;
}

bool RosterGraph::is_admitted_late(const ChangeId& id) const {
  return reading().admitted_late->contains(id);
}

}  // namespace cunju
