// SPDX-License-Identifier: Apache-2.0
#include "crdt/replay/admitted.h"

#include <algorithm>
#include <set>

#include "crdt/change/part_codec.h"
#include "crdt/witness/statement.h"

namespace cunju::replay {
namespace {

struct RosterPart {
  const Part* part = nullptr;
  Links links;
};

/// The change's part on the roster record: the first one that says so.
std::optional<RosterPart> find_roster_part(const Change& change) {
  for (const Part& part : change.parts) {
    if (part.scope != kOpenScope || part.links.empty()) continue;
    Result<Links> links = decode_links(part.links);
    if (links.has_error()) continue;
    if (links.value().record != kRosterRecord || links.value().registry != kRosterRegistry)
      continue;
    return RosterPart{&part, std::move(links).value()};
  }
  return std::nullopt;
}

/// Empty when the body is absent or malformed: such a roster change contributes nothing.
std::optional<std::vector<RosterOperation>> read_operations(const Part& part) {
  if (part.presence != Presence::kPresent) return std::nullopt;
  Result<Body> body = decode_body(part.body);
  if (body.has_error()) return std::nullopt;
  std::vector<RosterOperation> out;
  for (const Operation& operation : body.value().operations) {
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    bool is_known = operation.kind == static_cast<std::uint16_t>(OperationKind::kRoster);
    if (!is_known || bytes == nullptr) {
      out.push_back(UnknownRosterOperation{});
      continue;
    }
    Result<RosterOperation> decoded = decode_roster_operation(*bytes);
    if (decoded.has_error()) return std::nullopt;
    out.push_back(std::move(decoded).value());
  }
  return out;
}

std::string waits_for(const ChangeId& id) { return "needs change " + id.hex(); }

}  // namespace

bool names_roster(const RecordId& record, std::string_view registry) {
  return record == kRosterRecord || registry == kRosterRegistry;
}

Admitted::Admitted(const SpaceId& space, std::span<const Change> changes)
    : space_(space), roster_(space) {
  std::vector<const Change*> candidates = screen(changes);
  std::deque<const Change*> queue(candidates.begin(), candidates.end());
  std::unordered_map<ChangeId, std::vector<const Change*>> waiting;
  while (!queue.empty()) {
    const Change& change = *queue.front();
    queue.pop_front();
    Judgement judgement = judge(change);
    if (judgement.missing) {
      waiting[*judgement.missing].push_back(&change);
    } else if (!judgement.refusal.empty()) {
      refuse(change, std::move(judgement.refusal));
    } else {
      admit(change, std::move(judgement));
      auto waited = waiting.extract(change.id);
      if (!waited.empty())
        queue.insert(queue.end(), waited.mapped().begin(), waited.mapped().end());
    }
  }
  // Admitting is monotone, so what still waits would wait in every other order as well.
  for (const auto& [missing, stuck] : waiting) {
    for (const Change* change : stuck) refuse(*change, waits_for(missing));
  }
  find_forks();
}

/// The changes that may be judged by their ancestry: none twice.
std::vector<const Change*> Admitted::screen(std::span<const Change> changes) {
  std::vector<const Change*> out;
  std::set<ChangeId> ids;
  for (const Change& change : changes) {
    if (!ids.insert(change.id).second) continue;
    Result<void> alone = check_alone(change);
    if (change.space() != space_) {
      refuse(change, "of another space");
    } else if (alone.has_error()) {
      refuse(change, alone.error().context);
    } else {
      out.push_back(&change);
    }
  }
  return out;
}

Admitted::Judgement Admitted::judge(const Change& change) const {
  const ChangeHeader& header = change.header;
  Judgement out;
  if (header.is_founding()) {
    judge_roster(change, nullptr, out);
    return out;
  }
  std::vector<ChangeId> before;
  const AdmittedChange* prev = nullptr;
  if (header.seq.value > 0) {
    prev = find(header.prev);
    if (prev == nullptr) return {.missing = header.prev};
    if (check_successor(*prev->change, change).has_error())
      return {.refusal = "prev does not name the author's change before"};
    before = pins_[prev->pins_no];
  }
  for (const ChangeId& pin : header.pins) {
    if (find(pin) == nullptr) return {.missing = pin};
    if (!roster_.is_admissible(pin))
      return {.refusal = "pins a change that is not of the roster, or void"};
  }
  std::vector<ChangeId> pins = header.pins.empty() ? before : header.pins;
  if (pins.empty()) return {.refusal = "pins nothing"};
  if (pins != before && !roster_.dominates(pins, before)) return {.refusal = "pins go backwards"};
  if (!roster_.at(pins)->is_author(header.author))
    return {.refusal = "the author is not in the roster it pins"};
  out.pins = std::move(pins);
  judge_roster(change, prev, out);
  return out;
}

/// What a change with a part on the roster says, and what it has to wait for.
void Admitted::judge_roster(const Change& change, const AdmittedChange* prev,
                            Judgement& out) const {
  const std::optional<RosterPart> part = find_roster_part(change);
  if (!part) return;
  RosterChange& said = out.roster_change.emplace(RosterChange{
      .id = change.id, .author = change.header.author, .seq = change.header.seq, .pins = out.pins});
  if (prev != nullptr) said.own_previous = prev->last_roster;
  std::optional<std::vector<RosterOperation>> operations = read_operations(*part->part);
  said.is_well_formed = operations && part->links.parents == said.pins;
  if (said.is_well_formed) said.operations = std::move(*operations);
  if (change.header.is_founding()) return;
  hear_statements(change.header, out);
  if (out.missing || !out.refusal.empty()) return;
  for (const ChangeId& named : roster_.awaited(said))
    if (find(named) == nullptr) out.missing = named;
}

bool Admitted::is_witness(const AdmittedChange& change) const {
  return may_write(change, std::string(kWitnessRegistry));
}

/// Along the log of the node that made the statement.
void Admitted::hear_statements(const ChangeHeader& header, Judgement& out) const {
  if (header.seen.is_zero()) return;
  const AdmittedChange* named = find(ChangeId{header.seen.value});
  if (named == nullptr) {
    out.missing = ChangeId{header.seen.value};
    return;
  }
  const ChangeHeader& newest = named->change->header;
  std::vector<const AdmittedChange*> log;
  for (const AdmittedChange* at = named; at != nullptr; at = find(at->change->header.prev))
    log.push_back(at);
  std::ranges::reverse(log);
  WitnessedLogs& told = out.roster_change->witnessed;
  for (const AdmittedChange* at : log) {
    const std::optional<std::vector<WitnessedHead>> heads = read_statement(*at->change);
    if (!heads || !is_witness(*at)) continue;
    told.witness = newest.author;
    told.seq = newest.seq;
    told.id = named->change->id;
    for (const WitnessedHead& head : *heads) {
      const AdmittedChange* known = find(head.id);
      if (known == nullptr) {
        out.missing = head.id;
        return;
      }
      const ChangeHeader& place = known->change->header;
      if (place.author != head.author || place.seq != head.seq) {
        out.refusal = "names a statement about what is not so";
        return;
      }
      std::optional<NamedChange> tip;
      if (auto before = told.tips.find(head.author); before != told.tips.end())
        tip = before->second;
      extend_path(tip, head.author, {head.seq, head.id}, paths());
      told.tips[head.author] = *tip;
    }
  }
  // The statements themselves are changes that somebody has acknowledged.
  if (!told.tips.empty()) told.tips[newest.author] = {newest.seq, named->change->id};
}

/// Back from the later one, one change after the other.
bool Admitted::has_on_path(const AuthorKey& log, const NamedChange& earlier,
                           const NamedChange& later) const {
  const AdmittedChange* at = find(later.id);
  if (at == nullptr || at->change->header.author != log || at->change->header.seq != later.seq)
    return false;
  while (at->prev && at->change->header.seq > earlier.seq) at = &order_[*at->prev];
  return at->change->id == earlier.id;
}

void Admitted::admit(const Change& change, Judgement judgement) {
  std::vector<ChangeId>& pins = judgement.pins;
  AdmittedChange admitted{.change = &change, .prev = {}, .last_roster = {}, .line = {}};
  if (change.header.seq.value > 0) {
    admitted.prev = index_.at(change.header.prev);
    order_[*admitted.prev].has_next = true;
    admitted.last_roster = order_[*admitted.prev].last_roster;
  }
  if (judgement.roster_change) {
    roster_.add(*judgement.roster_change, paths());
    admitted.last_roster = change.id;
  }
  auto [number, is_new] = pins_numbers_.try_emplace(pins, pins_.size());
  if (is_new) pins_.push_back(std::move(pins));
  admitted.pins_no = number->second;
  index_.emplace(change.id, order_.size());
  order_.push_back(std::move(admitted));
}

void Admitted::find_forks() {
  std::map<std::pair<AuthorKey, ChangeId>, std::size_t> siblings;
  for (const AdmittedChange& change : order_)
    ++siblings[{change.change->header.author, change.change->header.prev}];
  for (std::size_t i = 0; i < order_.size(); ++i) {
    AdmittedChange& change = order_[i];
    const ChangeHeader& header = change.change->header;
    if (siblings[{header.author, header.prev}] > 1) {
      change.line = AuthorKey{change.change->id.value};
      auto [fork, is_new] = forks_.try_emplace(header.author, Fork{header.seq, {}});
      if (!is_new) fork->second.point = std::min(fork->second.point, header.seq);
    } else {
      change.line = change.prev ? order_[*change.prev].line : header.author;
    }
    line_starts_.try_emplace(change.line, i);
  }
  // The least that is noted counts, so it does not matter that the order is that of keys.
  for (const auto& [author, fork] : forks_) roster_.note_fork(author, fork.point);
  for (const AdmittedChange& change : order_) tell_of_forked_logs(change);
  for (auto& [author, fork] : forks_) find_standing_path(author, fork);
}

/// A statement may say which branch its witness had.
void Admitted::tell_of_forked_logs(const AdmittedChange& change) {
  if (forks_.empty()) return;
  const std::optional<std::vector<WitnessedHead>> heads = read_statement(*change.change);
  if (!heads || !is_witness(change)) return;
  const ChangeHeader& header = change.change->header;
  for (const WitnessedHead& head : *heads) {
    if (!forks_.contains(head.author)) continue;
    roster_.note_statement(head.author, {.witness = header.author,
                                         .seq = header.seq,
                                         .id = change.change->id,
                                         .pins = pins_[change.pins_no],
                                         .stated_seq = head.seq,
                                         .stated = head.id});
  }
}

void Admitted::find_standing_path(const AuthorKey& author, Fork& fork) const {
  for (const ChangeId& id : roster_.covers(author)) {
    auto found = index_.find(id);
    if (found == index_.end()) continue;
    const AdmittedChange& tip = order_[found->second];
    if (tip.change->header.author != author || tip.change->header.seq < fork.point) continue;
    if (!fork.tip || is_on_path(order_[*fork.tip], tip)) fork.tip = found->second;
  }
}

std::optional<AuthorKey> Admitted::line_before(const AuthorKey& line) const {
  const std::optional<std::size_t>& prev = order_[line_starts_.at(line)].prev;
  if (!prev) return std::nullopt;
  return order_[*prev].line;
}

bool Admitted::is_on_path(const AdmittedChange& earlier, const AdmittedChange& later) const {
  if (earlier.change->header.seq > later.change->header.seq) return false;
  std::optional<AuthorKey> line = later.line;
  // A line ends where its log branches, so all of the lines before are on the path.
  while (line && *line != earlier.line) line = line_before(*line);
  return line.has_value();
}

void Admitted::refuse(const Change& change, std::string reason) {
  refused_.push_back({change.id, change.header.author, change.header.seq, std::move(reason)});
}

const AdmittedChange* Admitted::find(const ChangeId& id) const {
  auto found = index_.find(id);
  return found == index_.end() ? nullptr : &order_[found->second];
}

std::vector<Refusal> Admitted::refusals() const {
  std::vector<Refusal> out = refused_;
  std::ranges::sort(out, {}, [](const Refusal& refusal) {
    return std::tie(refusal.author, refusal.seq, refusal.change);
  });
  return out;
}

bool Admitted::dominates(std::size_t newer, std::size_t older) const {
  if (newer == older) return true;
  auto [cached, is_new] = dominates_.try_emplace({newer, older}, false);
  if (is_new) cached->second = roster_.dominates(pins_[newer], pins_[older]);
  return cached->second;
}

bool Admitted::may_write(const AdmittedChange& change, const std::string& registry) const {
  const AuthorKey& author = change.change->header.author;
  std::vector<ChangeId> pins = pins_[change.pins_no];
  if (pins.empty()) {
    // The founding change pins nothing: what it says beside the roster is judged by itself.
    if (!roster_.contains(change.change->id)) return false;
    return roster_.at(std::vector{change.change->id})->may(author, registry, kWrite);
  }
  auto [cached, is_new] = may_write_.try_emplace({change.pins_no, author, registry}, false);
  if (is_new) cached->second = roster_.at(pins)->may(author, registry, kWrite);
  return cached->second;
}

ErasureVoice Admitted::erasure_voice(const AdmittedChange& change) const {
  const std::vector<ChangeId>& pins = pins_[change.pins_no];
  // A founding change is before everybody who could approve.
  if (pins.empty()) return {};
  return cunju::erasure_voice(*roster_.at(pins), change.change->header.author);
}

std::string_view Admitted::late_reason(const AdmittedChange& change,
                                       const std::string& registry) const {
  const std::vector<ChangeId>& pins = pins_[change.pins_no];
  if (pins.empty()) return {};
  const ChangeHeader& header = change.change->header;
  if (roster_.is_admitted_late(change.change->id)) return {};
  auto fork = forks_.find(header.author);
  if (fork != forks_.end() && header.seq >= fork->second.point &&
      !(fork->second.tip && is_on_path(change, order_[*fork->second.tip])))
    return "forked: on no branch that stands";
  if (header.seq.value >= roster_.effective_end(pins, header.author, registry))
    return "beside an act that took the right away";
  return {};
}

}  // namespace cunju::replay
