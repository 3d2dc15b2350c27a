// SPDX-License-Identifier: Apache-2.0
#include "node/council/roster_copy.h"

#include <algorithm>

#include "crdt/base/limits.h"
#include "node/council/roster_acts.h"
#include "node/replica/books.h"

namespace cunju::council {

namespace {

/// A quorum that may be named: others are ignored, and have to stay so.
bool is_sound(const SetQuorum& quorum) {
  const std::set<AuthorKey> keys(quorum.keys.begin(), quorum.keys.end());
  return quorum.threshold >= 1 && quorum.threshold <= keys.size() &&
         keys.size() == quorum.keys.size();
}

Epoch* find_epoch(RosterChange& change) {
  for (RosterOperation& operation : change.operations)
    if (auto* epoch = std::get_if<Epoch>(&operation)) return epoch;
  return nullptr;
}

}  // namespace

RosterCopy::RosterCopy(const SpaceId& space, TrialBy by)
    : space_(space), graph_(std::make_unique<RosterGraph>(space)) {
  if (by != TrialBy::kQuorum) return;
  for (std::size_t i = 0; i < limits::kMaxQuorumKeys; ++i)
    stand_ins_.push_back(crypto::SigningKey::generate(crypto::system_random()));
}

Result<RosterCopy> RosterCopy::read(replica::Replica& replica, const SpaceId& space, TrialBy by) {
  RosterCopy out(space, by);
  CUNJU_TRY(const std::vector<sync::AuthorHead> heads, replica.all_heads(space));
  std::set<AuthorKey> authors;
  for (const sync::AuthorHead& head : heads) authors.insert(head.author);
  std::vector<Pending> pending;
  for (const AuthorKey& author : authors) {
    CUNJU_TRYV(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
      out.take(change, pending);
      return true;
    }));
  }
  out.add_all(std::move(pending));
  CUNJU_TRY(out.forks_, replica.forks(space));
  for (const auto& [author, at] : out.forks_) out.graph_->note_fork(author, at);
  for (const Statement& statement : out.statements_) {
    const Known& place = out.known_.at(statement.id);
    if (!out.has_all(*place.pins)) continue;
    for (const WitnessedHead& head : statement.heads) {
      auto stated = out.known_.find(head.id);
      if (!out.forks_.contains(head.author) || stated == out.known_.end() ||
          stated->second.author != head.author || stated->second.seq != head.seq)
        continue;
      out.graph_->note_statement(head.author, {.witness = statement.witness,
                                               .seq = place.seq,
                                               .id = statement.id,
                                               .pins = *place.pins,
                                               .stated_seq = head.seq,
                                               .stated = head.id});
    }
  }
  for (RosterEntry& entry : out.entries_) entry.is_in_force = out.graph_->is_in_force(entry.id);
  return out;
}

void RosterCopy::take(const Change& change, std::vector<Pending>& pending) {
  const ChangeHeader& header = change.header;
  auto before = known_.find(header.prev);
  Known known{.author = header.author,
              .seq = header.seq,
              .prev = header.prev,
              .pins = nullptr,
              .own_roster = std::nullopt};
  if (before != known_.end()) known.own_roster = before->second.own_roster;
  known.pins = header.pins.empty() && before != known_.end()
                   ? before->second.pins
                   : std::make_shared<const std::vector<ChangeId>>(header.pins);
  if (replica::find_roster_part(change)) {
    pending.push_back({replica::make_roster_change(change, *known.pins, known.own_roster, {}),
                       ChangeId{header.seen.value}});
    entries_.push_back({.id = change.id,
                        .author = header.author,
                        .claimed_ms = header.claimed_ms,
                        .operations = pending.back().change.operations});
    known.own_roster = change.id;
  }
  if (auto heads = read_statement(change))
    statements_.push_back({header.author, change.id, header.claimed_ms, std::move(*heads)});
  known_.emplace(change.id, std::move(known));
}

bool RosterCopy::has_all(std::span<const ChangeId> pins) const {
  return std::ranges::all_of(pins, [&](const ChangeId& pin) {
    return graph_->contains(pin) && graph_->is_admissible(pin);
  });
}

bool RosterCopy::can_add(const Pending& pending) const {
  const RosterChange& change = pending.change;
  if (!has_all(change.pins) || (change.own_previous && !graph_->contains(*change.own_previous)))
    return false;
  // What a witness stated to it comes first, and is judged at the pins of the statements.
  auto seen = known_.find(pending.seen);
  return seen == known_.end() || has_all(*seen->second.pins);
}

IsOnPath RosterCopy::paths() const {
  return [this](const AuthorKey& log, const NamedChange& earlier, const NamedChange& later) {
    auto named = known_.find(later.id);
    return named != known_.end() && named->second.author == log && named->second.seq == later.seq &&
           is_on_path(earlier.id, later.id);
  };
}

WitnessedLogs RosterCopy::witnessed_to(const ChangeId& seen) const {
  WitnessedLogs out;
  auto named = known_.find(seen);
  if (named == known_.end() || !graph_->is_node(named->second.author)) return out;
  const AuthorKey witness = named->second.author;
  std::map<AuthorKey, std::optional<NamedChange>> tips;
  for (const Statement& statement : statements_) {
    if (statement.witness != witness || !is_on_path(statement.id, seen)) continue;
    const Known& place = known_.at(statement.id);
    if (!has_all(*place.pins) || !graph_->at(*place.pins)->may(witness, kWitnessRegistry, kWrite))
      continue;
    for (const WitnessedHead& head : statement.heads)
      extend_path(tips[head.author], head.author, {head.seq, head.id}, paths());
  }
  if (tips.empty()) return out;
  out = {.witness = witness, .seq = named->second.seq, .id = seen, .tips = {}};
  for (const auto& [log, tip] : tips) out.tips.emplace(log, *tip);
  // The statements themselves are changes that somebody has acknowledged.
  out.tips[witness] = {named->second.seq, seen};
  return out;
}

/// Whether the real keys of the quorum that it knows have signed it.
bool RosterCopy::is_signed(const RosterChange& change) const {
  RosterChange copy = change;
  const Epoch* epoch = find_epoch(copy);
  if (stand_ins_.empty() || epoch == nullptr || change.pins.empty()) return false;
  const SetQuorum& quorum = graph_->at(change.pins)->quorum;
  const Hash hash = epoch_hash(space_, change.author, change.pins, change.operations);
  std::set<AuthorKey> signers;
  for (const AuthorKey& key : quorum.keys) {
    if (std::ranges::find(stand_ins_, key, &crypto::SigningKey::author) != stand_ins_.end())
      continue;
    const bool has_signed =
        key == change.author || std::ranges::any_of(epoch->signatures, [&](const auto& signature) {
          return signature.author == key && verify_cosignature(signature, hash);
        });
    if (has_signed) signers.insert(key);
  }
  return quorum.threshold > 0 && signers.size() >= quorum.threshold;
}

/// Makes the copy's own keys of every quorum that the change names, and lets them sign it, or
/// nobody.
void RosterCopy::stand_in(RosterChange& change, bool is_signed) const {
  if (stand_ins_.empty()) return;
  for (RosterOperation& operation : change.operations) {
    auto* quorum = std::get_if<SetQuorum>(&operation);
    if (quorum == nullptr || !is_sound(*quorum)) continue;
    for (std::size_t i = 0; i < quorum->threshold; ++i)
      quorum->keys.push_back(stand_ins_[i].author());
  }
  Epoch* epoch = find_epoch(change);
  if (epoch == nullptr) return;
  epoch->signatures.clear();
  if (!is_signed) return;
  const Hash hash = epoch_hash(space_, change.author, change.pins, change.operations);
  for (const crypto::SigningKey& key : stand_ins_)
    epoch->signatures.push_back(cosign_epoch(key, hash));
}

void RosterCopy::add_all(std::vector<Pending> pending) {
  std::vector<ChangeId> order;
  for (bool is_moving = true; is_moving && !pending.empty();) {
    is_moving = false;
    std::vector<Pending> left;
    for (Pending& next : pending) {
      if (!can_add(next)) {
        left.push_back(std::move(next));
        continue;
      }
      next.change.witnessed = witnessed_to(next.seen);
      stand_in(next.change, is_signed(next.change));
      graph_->add(next.change, paths());
      order.push_back(next.change.id);
      is_moving = true;
    }
    pending = std::move(left);
  }
  std::map<ChangeId, std::size_t> place;
  for (std::size_t i = 0; i < order.size(); ++i) place[order[i]] = i;
  std::erase_if(entries_, [&](const RosterEntry& entry) { return !place.contains(entry.id); });
  std::ranges::sort(entries_, {}, [&](const RosterEntry& entry) { return place.at(entry.id); });
}

Result<ChangeId> RosterCopy::find(std::string_view hex_prefix) const {
  if (hex_prefix.size() < kFewestDigits)
    return fail(Errc::kInvalidArgument, std::string(hex_prefix));
  std::optional<ChangeId> out;
  for (const RosterEntry& entry : entries_) {
    if (!entry.id.hex().starts_with(hex_prefix)) continue;
    if (out) return fail(Errc::kConflict, std::string(hex_prefix));
    out = entry.id;
  }
  if (!out) return fail(Errc::kNotFound, std::string(hex_prefix));
  return *out;
}

bool RosterCopy::is_on_path(const ChangeId& change, const ChangeId& end) const {
  auto wanted = known_.find(change), at = known_.find(end);
  if (wanted == known_.end()) return false;
  while (at != known_.end() && at->second.seq > wanted->second.seq)
    at = known_.find(at->second.prev);
  return at == wanted;
}

Standing RosterCopy::standing(const AuthorKey& author) const {
  Standing out;
  auto fork = forks_.find(author);
  if (fork == forks_.end()) return out;
  for (const ChangeId& cover : graph_->covers(author)) {
    auto known = known_.find(cover);
    if (known == known_.end() || known->second.author != author || known->second.seq < fork->second)
      continue;
    // The first cover begins the path; a later one counts when it is further on it.
    if (!out.tip || is_on_path(*out.tip, cover)) out.tip = cover;
  }
  if (!out.tip) return out;
  for (auto at = known_.find(*out.tip); at != known_.end() && at->second.seq >= fork->second;
       at = known_.find(at->second.prev))
    out.changes.push_back(at->first);
  std::ranges::reverse(out.changes);
  if (auto end = tried_ends_.find(author); end != tried_ends_.end())
    std::erase_if(out.changes,
                  [&](const ChangeId& id) { return known_.at(id).seq.value >= end->second; });
  return out;
}

void RosterCopy::try_out(const TrialAct& act) {
  RosterChange planned{.id = {}, .author = act.acting, .seq = {}, .pins = {}};
  const Known* last = nullptr;
  for (const auto& [id, known] : known_) {
    if (known.author == act.acting && (last == nullptr || known.seq > last->seq)) last = &known;
  }
  std::vector<ChangeId> before;
  if (last != nullptr) {
    planned.seq = last->seq.next();
    planned.own_previous = last->own_roster;
    before = *last->pins;
  }
  planned.pins = graph_->pick_pins(act.acting, before, limits::kMaxPins);
  planned.operations.assign(act.operations.begin(), act.operations.end());
  if (!has_all(planned.pins)) return;
  planned.witnessed = witnessed_to(ChangeId{act.seen.value});
  stand_in(planned, true);
  // Its id is not known before it is signed. That it breaks a tie is as good as impossible: what
  // else counts of the same key is nearer to the founding change.
  planned.id = ChangeId{epoch_hash({}, planned.author, planned.pins, planned.operations).value};
  graph_->add(planned, paths());
  // What stands of a log beyond a cut, the act takes.
  for (const RosterOperation& operation : act.operations) {
    for (const Cut& cut : cuts_of(operation)) {
      const std::uint64_t end = tried_ends_.try_emplace(cut.author, cut.end).first->second;
      tried_ends_[cut.author] = std::min(end, cut.end);
    }
  }
}

}  // namespace cunju::council
