// SPDX-License-Identifier: Apache-2.0
#include "crdt/replay/replay.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "crdt/change/part_codec.h"
#include "crdt/replay/admitted.h"

namespace cunju::replay {
namespace {

constexpr std::size_t kNone = ~std::size_t{0};

/// One part with a place in a record's graph.
struct Place {
  const AdmittedChange* change = nullptr;
  std::uint16_t part = 0;
  RecordScope record;
  Links links;
  std::size_t own_previous = kNone;    ///< The author's part on the record before, along its path.
  std::vector<std::size_t> parents;    ///< Those that have a part on the record.
  std::string held, void_reason;       ///< Not empty: the first reason found.
  std::size_t waits = 0;               ///< Parents and own_previous that have no node yet.
  std::vector<std::size_t> followers;  ///< Who waits for this one.
  GraphNode node;
  bool is_left_out = false;  ///< Late, and not void.
};

void note(std::string& reason, const char* found) {
  if (reason.empty()) reason = found;
}

/// Its name in record graphs.
Dot dot_of(const AdmittedChange& change) { return {change.line, change.change->header.seq}; }

bool is_absent(const Part& part) {
  return part.presence == Presence::kWithheld || part.presence == Presence::kRedacted;
}

class PartPlacer {
 public:
  PartPlacer(const Admitted& admitted, const ScopeKeys& keys, const Erasures& erasures,
             Fate erased_from, Replay& out)
      : admitted_(admitted), out_(out) {
    for (const AdmittedChange& change : admitted.in_order()) {
      const bool is_whole = std::ranges::all_of(change.change->parts, [](const Part& part) {
        return part.presence == Presence::kPresent && part.scope == kOpenScope;
      });
      if (is_whole && erasures.fates().empty()) continue;
      Opened opened{*change.change, {}};
      opened.openings = open_parts(keys, opened.change);
      const bool is_touched = apply_fates(
          opened.change, [&](const ErasureTarget& target) { return erasures.fate_of(target); },
          erased_from);
      if (is_touched || has_confidential_parts(*change.change))
        opened_.emplace(change.change, std::move(opened));
    }
  }

  void run() {
    for (const AdmittedChange& change : admitted_.in_order()) find_places(change);
    for (std::size_t i = 0; i < places_.size(); ++i) find_parents(i);
    apply_ready();
    for (const Place& place : places_) {
      if (place.waits > 0 || !place.held.empty())
        add_verdict(*place.change->change, place.part, PartState::kHeld,
                    place.held.empty() ? "what it builds on is held" : place.held);
    }
    settle_texts();
    std::ranges::sort(out_.parts);
  }

  /// What members say about erasing, in parts that have their place and are not void.
  std::vector<ErasureStatement> erasure_statements() const {
    std::vector<ErasureStatement> out;
    for (const Place& place : places_) {
      if (place.waits > 0 || !place.held.empty() || place.node.is_void) continue;
      const Change& change = *place.change->change;
      const Part& part = change.parts[place.part];
      if (place.links.registry != kErasuresRegistry || part.scope != kOpenScope) continue;
      if (part.presence != Presence::kPresent) continue;
      Result<Body> body = decode_body(part.body);
      if (body.has_error()) continue;
      out.push_back({.id = change.id,
                     .author = change.header.author,
                     .voice = admitted_.erasure_voice(*place.change),
                     .is_late = place.is_left_out,
                     .act = read_erasure_act(body.value().operations),
                     .approval = read_erasure_approval(body.value().operations)});
    }
    return out;
  }

 private:
  struct Opened {
    Change change;
    std::vector<Opening> openings;
  };

  /// The change as the keys open it.
  const Change& read(const AdmittedChange& admitted) const {
    auto found = opened_.find(admitted.change);
    return found == opened_.end() ? *admitted.change : found->second.change;
  }
  Opening opening(const AdmittedChange& admitted, std::size_t part) const {
    auto found = opened_.find(admitted.change);
    return found == opened_.end() ? Opening::kOpen : found->second.openings[part];
  }

  void add_verdict(const Change& change, std::uint16_t part, PartState state, std::string reason) {
    out_.parts.push_back({change.id, part, state, std::move(reason)});
  }

  void find_places(const AdmittedChange& admitted) {
    const Change& change = read(admitted);
    for (std::size_t i = 0; i < change.parts.size(); ++i) {
      const Part& part = change.parts[i];
      const auto number = static_cast<std::uint16_t>(i);
      if (opening(admitted, i) == Opening::kNoKey) {
        add_verdict(change, number, PartState::kSealed, "sealed, and its key is not here");
        continue;
      }
      if (opening(admitted, i) == Opening::kUnreadable) {
        add_verdict(change, number, PartState::kNoPlace, "its envelope does not open");
        continue;
      }
      if (is_absent(part)) {
        add_verdict(change, number, PartState::kNoPlace, "absent");
        continue;
      }
      Result<Links> links = decode_links(part.links);
      if (links.has_error()) {
        add_verdict(change, number, PartState::kNoPlace, "its links do not decode");
        continue;
      }
      if (names_roster(links.value().record, links.value().registry)) {
        add_verdict(change, number, PartState::kRoster, "judged by the roster");
        continue;
      }
      const RecordScope record{links.value().record, part.scope};
      if (!by_change_.try_emplace({record, change.id}, places_.size()).second) {
        add_verdict(change, number, PartState::kNoPlace, "the change speaks of this record before");
        continue;
      }
      places_.push_back({.change = &admitted,
                         .part = number,
                         .record = record,
                         .links = std::move(links).value(),
                         .own_previous = find_own_previous(record, admitted.line)});
      last_own_[{record, admitted.line}] = places_.size() - 1;
    }
  }

  /// The order of admission has each change after those on its path, so the last one met on its
  /// line, or else on the lines before, is the one.
  std::size_t find_own_previous(const RecordScope& record, std::optional<AuthorKey> line) const {
    for (; line; line = admitted_.line_before(*line)) {
      auto own = last_own_.find({record, *line});
      if (own != last_own_.end()) return own->second;
    }
    return kNone;
  }

  void find_parents(std::size_t self) {
    Place& place = places_[self];
    for (const ChangeId& id : place.links.parents) {
      const AdmittedChange* parent = admitted_.find(id);
      if (parent == nullptr) {
        note(place.held, "a parent is not here");
        continue;
      }
      if (!admitted_.dominates(place.change->pins_no, parent->pins_no))
        note(place.void_reason, "its pins do not dominate a parent's");
      auto found = by_change_.find({place.record, id});
      if (found != by_change_.end()) {
        place.parents.push_back(found->second);
      } else if (std::ranges::any_of(read(*parent).parts, [&](const Part& part) {
                   return part.scope == place.record.scope && is_absent(part);
                 })) {
        note(place.held, "a parent's part is withheld");
      } else {
        // The parents after it are not looked at, here as in the replica (see placing.cc).
        note(place.void_reason, "a parent is not of this record");
        break;
      }
    }
    wait_for(self, place.own_previous);
    for (std::size_t parent : place.parents) wait_for(self, parent);
  }

  void wait_for(std::size_t self, std::size_t other) {
    if (other == kNone) return;
    ++places_[self].waits;
    places_[other].followers.push_back(self);
  }

  void apply_ready() {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < places_.size(); ++i) {
      if (places_[i].waits == 0 && places_[i].held.empty()) ready.push_back(i);
    }
    while (!ready.empty()) {
      Place& place = places_[ready.back()];
      ready.pop_back();
      apply(place);
      for (std::size_t follower : place.followers) {
        Place& next = places_[follower];
        if (--next.waits == 0 && next.held.empty()) ready.push_back(follower);
      }
    }
  }

  /// Texts that were written apart need all of their record's changes at once.
  void settle_texts() {
    std::map<RecordScope, std::vector<TextChange>> changes;
    for (const Place& place : places_) {
      if (place.waits > 0 || !place.held.empty() || !out_.views[place.record].has_stale_text())
        continue;
      const Change& change = read(*place.change);
      TextChange text{.id = change.id,
                      .author = change.header.author,
                      .dot = dot_of(*place.change),
                      .node = place.node,
                      .registry = place.links.registry,
                      .parents = place.links.parents,
                      .operations = {},
                      .is_left_out = place.is_left_out};
      const Part& part = change.parts[place.part];
      Result<Body> body = fail(Errc::kMissing, "");
      if (part.presence == Presence::kPresent) body = decode_body(part.body);
      if (body.has_value()) text.operations = std::move(body.value().operations);
      changes[place.record].push_back(std::move(text));
    }
    for (const auto& [record, given] : changes) out_.views[record].settle_texts(given);
  }

  void apply(Place& place) {
    const Change& change = read(*place.change);
    const Part& part = change.parts[place.part];
    std::vector<const GraphNode*> parents;
    for (std::size_t parent : place.parents) parents.push_back(&places_[parent].node);
    const GraphNode* own =
        place.own_previous == kNone ? nullptr : &places_[place.own_previous].node;
    const Dot dot = dot_of(*place.change);
    place.node = derive_node(parents, own, dot);

    if (!admitted_.may_write(*place.change, place.links.registry))
      note(place.void_reason, "the author may not write the registry");
    std::vector<Operation> operations;
    if (part.presence == Presence::kPresent) {
      Result<Body> body = decode_body(part.body);
      if (body.has_error()) {
        note(place.void_reason, "its body does not decode");
      } else {
        operations = std::move(body.value().operations);
      }
    }
    const std::string_view late = admitted_.late_reason(*place.change, place.links.registry);
    const bool is_late = !late.empty();
    place.node.is_void = !place.void_reason.empty();
    place.is_left_out = is_late && !place.node.is_void;
    out_.views[place.record].apply({.id = change.id,
                                    .dot = dot,
                                    .node = place.node,
                                    .registry = place.links.registry,
                                    .operations = operations,
                                    .is_late = is_late,
                                    .is_on_branch = dot.author != change.header.author});
    if (place.is_left_out) {
      add_verdict(change, place.part, PartState::kLate, std::string(late));
      return;
    }
    add_verdict(change, place.part, place.node.is_void ? PartState::kVoid : PartState::kEffective,
                place.void_reason);
  }

  const Admitted& admitted_;
  Replay& out_;
  std::unordered_map<const Change*, Opened> opened_;  ///< Those with confidential parts.
  std::vector<Place> places_;
  std::map<std::pair<RecordScope, ChangeId>, std::size_t> by_change_;
  std::map<std::pair<RecordScope, AuthorKey>, std::size_t> last_own_;  ///< By line.
};

}  // namespace

Replay replay(const SpaceId& space, std::span<const Change> changes) {
  return replay(space, changes, ScopeKeys());
}

Replay replay(const SpaceId& space, std::span<const Change> changes, const ScopeKeys& keys,
              Fate erased_from) {
  const Admitted admitted(space, changes);
  Replay out;
  out.refused = admitted.refusals();
  for (const AdmittedChange& change : admitted.in_order()) {
    const ChangeHeader& header = change.change->header;
    out.admitted.push_back(change.change->id);
    if (!change.has_next)
      out.heads[header.author].push_back({change.change->id, {header.author, header.seq}});
  }
  for (auto& [author, tips] : out.heads) std::ranges::sort(tips);
  std::ranges::sort(out.admitted);
  const Erasures none;
  PartPlacer unerased(admitted, keys, none, erased_from, out);
  unerased.run();
  out.erasures = Erasures(unerased.erasure_statements());
  if (!out.erasures.fates().empty()) {
    out.parts.clear();
    out.views.clear();
    PartPlacer(admitted, keys, out.erasures, erased_from, out).run();
  }
  if (admitted.roster().size() > 0) {
    out.roster_heads = admitted.roster().heads();
    out.roster = admitted.roster().now();
  }
  return out;
}

}  // namespace cunju::replay
