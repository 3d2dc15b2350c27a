// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_field.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/types/record_state.h"
#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_marks.h"
#include "crdt/types/text/text_merge.h"

namespace cunju {
namespace {

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

/// Adds `more` behind `edits`; false when there is no room for all of it.
bool append_edits(TextEdits& edits, const TextEdits& more) {
  std::size_t at = 0;
  for (const TextRun& run : more.runs()) {
    const bool has_room = run.inserts()
                              ? edits.insert(run.position, more.text().substr(at, run.bytes))
                              : edits.erase(run.position, run.length);
    if (!has_room) return false;
    at += run.bytes;
  }
  return true;
}

/// Whether the change freezes or thaws, and which: its last word counts.
enum class Freeze : std::uint8_t { kNothing, kFreeze, kThaw };

Freeze read_freeze(const TextChange& change) {
  Freeze out = Freeze::kNothing;
  for (const Operation& operation : change.operations) {
    if (!is_effective_act(operation, change.operations)) continue;
    out = is_kind(operation, OperationKind::kFreeze) ? Freeze::kFreeze : Freeze::kThaw;
  }
  return out;
}

/// The register over the freezes and thaws of a record, as anybody saw it. An author's own acts
/// have seen each other, so of each author only the last one that somebody saw can be a candidate.
class FreezeRegister {
 public:
  /// Of acts in the order of their depth.
  void add(const TextChange& change) {
    const Freeze act = read_freeze(change);
    if (act != Freeze::kNothing) acts_[change.dot.author].push_back({&change, act});
  }
  void finish() {
    Candidates last;
    for (const auto& [author, acts] : acts_) last.push_back(&acts.back());
    in_force_ = freezing(std::move(last));
  }

  bool is_late(const TextChange& edit) const {
    if (acts_.empty()) return false;
    Candidates seen;
    for (const auto& [author, acts] : acts_) {
      auto end = std::ranges::partition_point(acts, [&](const Act& act) {
        return act.change->dot != edit.dot && edit.node.clock.covers(act.change->dot);
      });
      if (end != acts.begin()) seen.push_back(&*std::prev(end));
    }
    if (!freezing(std::move(seen)).empty()) return true;
    return std::ranges::any_of(in_force_, [&](const Act* act) { return !has_seen(*act, edit); });
  }
  /// Final for one who made it final, late for another.
  bool is_disputed(const TextChange& edit) const {
    const auto count =
        std::ranges::count_if(in_force_, [&](const Act* act) { return has_seen(*act, edit); });
    return count != 0 && static_cast<std::size_t>(count) != in_force_.size();
  }
  std::vector<const TextChange*> in_force() const {
    std::vector<const TextChange*> out;
    for (const Act* act : in_force_) out.push_back(act->change);
    return out;
  }
  /// Whether whoever had seen this knew of all freezes that are in force.
  bool is_known_to(const VersionVector& clock) const {
    return std::ranges::all_of(in_force_,
                               [&](const Act* act) { return clock.covers(act->change->dot); });
  }

 private:
  struct Act {
    const TextChange* change = nullptr;
    Freeze what = Freeze::kNothing;
  };
  using Candidates = std::vector<const Act*>;

  static bool has_seen(const Act& act, const TextChange& edit) {
    return act.change->node.clock.covers(edit.dot);
  }
  /// Those of some acts that no other of them has seen, and that freeze.
  static Candidates freezing(Candidates acts) {
    Candidates out;
    for (const Act* act : acts) {
      const bool is_seen = std::ranges::any_of(
          acts, [&](const Act* other) { return other != act && has_seen(*other, *act->change); });
      if (!is_seen && act->what == Freeze::kFreeze) out.push_back(act);
    }
    return out;
  }

  std::map<AuthorKey, std::vector<Act>> acts_;
  Candidates in_force_;
};

}  // namespace

bool is_text_edit(const Operation& operation) {
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) return false;
  Result<TextEdits> edits = decode_text_edits(*bytes);
  return edits.has_value() && !edits.value().empty();
}

bool is_of_texts(const Operation& operation) {
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kTextEdit:
    case OperationKind::kTextConfirm:
    case OperationKind::kFreeze:
    case OperationKind::kThaw:
    case OperationKind::kStateMove:
      return true;
    default:
      return false;
  }
}

bool is_effective_act(const Operation& operation, std::span<const Operation> operations) {
  if (operation.field != kFreezeField || !is_empty(operation.value)) return false;
  if (is_kind(operation, OperationKind::kFreeze)) return true;
  return is_kind(operation, OperationKind::kThaw) &&
         std::ranges::any_of(operations, [](const Operation& other) {
           return is_kind(other, OperationKind::kStateMove) && has_effect(other);
         });
}

std::uint64_t text_load(std::span<const Operation> operations) {
  return read_text_writes(operations).load;
}

bool add_text_load(std::vector<TextLoad>& loads, const AuthorKey& author, std::uint64_t load) {
  if (load == 0) return true;
  auto at = std::ranges::lower_bound(loads, author, {}, &TextLoad::author);
  if (at == loads.end() || at->author != author) at = loads.insert(at, {.author = author});
  at->load += load;
  return at->load <= limits::kMaxAuthorTextLoad;
}

TextWrites read_text_writes(std::span<const Operation> operations) {
  TextWrites out;
  std::set<std::string_view> full;
  for (const Operation& operation : operations) {
    if (is_kind(operation, OperationKind::kTextConfirm) && is_empty(operation.value))
      out.by_name[operation.field].confirms = true;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_error() || edits.value().empty()) continue;
    out.load += edits.value().text().size() + limits::kTextRunLoad * edits.value().runs().size();
    if (full.contains(operation.field)) continue;
    TextWrite& write = out.by_name[operation.field];
    write.edits_text = true;
    if (!append_edits(write.edits, edits.value())) full.insert(operation.field);
  }
  return out;
}

TextWrite read_text_write(std::string_view name, std::span<const Operation> operations) {
  TextWrites writes = read_text_writes(operations);
  auto at = writes.by_name.find(name);
  return at == writes.by_name.end() ? TextWrite() : std::move(at->second);
}

void apply_text_write(TextField& field, const TextWrite& write, const Dot& dot) {
  if (write.edits_text) {
    TextBuffer buffer(field.text);
    apply_edits(buffer, write.edits);
    field.text = buffer.str();
  }
  if (write.confirms) field.is_merged = false;
  if (write.edits_text) field.heads = {dot};
}

namespace {

/// What one change says, and whether its author was within the share of texts.
struct Told {
  const TextChange* change = nullptr;
  TextWrites writes;  ///< Nothing when it is not effective in the registry.
  bool counts = false;
};

/// A record's changes by rising (depth, id), read once for all its texts.
struct Telling {
  std::vector<Told> order;
  FreezeRegister freezes;
};

/// Of all changes, or of those that `seen` covers and those of `version`.
Telling prepare(std::string_view registry, std::span<const TextChange> changes,
                const VersionVector* seen = nullptr, std::span<const ChangeId> version = {}) {
  Telling out;
  for (const TextChange& change : changes) {
    // A branch of a fork that does not stand has a dot of another change, and can be named still.
    if (seen == nullptr || seen->covers(change.dot) ||
        std::ranges::find(version, change.id) != version.end())
      out.order.push_back({.change = &change, .writes = {}, .counts = false});
  }
  std::ranges::sort(out.order, [](const Told& a, const Told& b) {
    return std::tie(a.change->node.depth, a.change->id) <
           std::tie(b.change->node.depth, b.change->id);
  });
  std::vector<TextLoad> loads;
  for (Told& told : out.order) {
    const TextChange& change = *told.change;
    if (change.node.is_void || change.registry != registry) continue;
    told.writes = read_text_writes(change.operations);
    told.counts = add_text_load(loads, change.dot.author, told.writes.load);
    out.freezes.add(change);
  }
  out.freezes.finish();
  return out;
}

TextEvent event_of(const TextChange& change) {
  return {.dot = change.dot, .clock = &change.node.clock};
}

/// What the laws say of one text of a record: which edits stand, and what waits for a reader.
struct Judged {
  std::vector<TextEvent> edits, confirmations;
  std::vector<const TextChange*> edited;  ///< Those of `edits`.
  std::vector<const TextChange*> disputed;
  std::vector<Dot> late;  ///< Ascending.
};

const TextWrite* write_of(const Told& told, std::string_view name) {
  const auto found = told.writes.by_name.find(name);
  return found == told.writes.by_name.end() ? nullptr : &found->second;
}

Judged judge(std::string_view name, const Telling& telling) {
  Judged out;
  for (const Told& told : telling.order) {
    const TextWrite* write = write_of(told, name);
    if (write == nullptr) continue;
    const TextChange& change = *told.change;
    if (write->confirms) out.confirmations.push_back(event_of(change));
    if (!told.counts || !write->edits_text) continue;
    if (telling.freezes.is_late(change)) {
      out.late.push_back(change.dot);
      if (telling.freezes.is_disputed(change)) out.disputed.push_back(&change);
    } else {
      out.edits.push_back(event_of(change));
      out.edited.push_back(&change);
    }
  }
  std::erase_if(out.disputed, [&](const TextChange* edit) {
    return std::ranges::any_of(out.confirmations, [&](const TextEvent& confirmation) {
      return confirmation.clock->covers(edit->dot) &&
             telling.freezes.is_known_to(*confirmation.clock);
    });
  });
  std::ranges::sort(out.late);
  return out;
}

std::vector<Dot> heads_of(const std::vector<TextEvent>& edits) {
  std::vector<Dot> out;
  for (const TextEvent& edit : edits) {
    std::erase_if(out, [&](const Dot& head) { return edit.clock->covers(head); });
    out.push_back(edit.dot);
  }
  std::ranges::sort(out);
  return out;
}

TextStory tell(std::string_view name, const Telling& telling) {
  TextStory out;
  Judged judged = judge(name, telling);
  std::unordered_map<AuthorKey, TextNodeIndex> own_previous;
  auto standing = judged.edited.begin();
  const TextEdits nothing;
  for (const Told& told : telling.order) {
    const TextChange* change = told.change;
    const bool stands = standing != judged.edited.end() && *standing == change;
    if (stands) ++standing;
    std::vector<TextNodeIndex> parents;
    for (const ChangeId& id : change->parents) {
      if (std::optional<TextNodeIndex> parent = out.history.find(id)) parents.push_back(*parent);
    }
    auto own = own_previous.find(change->dot.author);
    if (own != own_previous.end()) parents.push_back(own->second);
    Result<TextNodeIndex> added = out.history.add(change->id, change->dot.author, parents,
                                                  stands ? write_of(told, name)->edits : nothing);
    // Only many authors with all of their shares get here: the change keeps its place.
    if (added.has_error())
      added = out.history.add(change->id, change->dot.author, parents, nothing);
    if (added.has_value()) own_previous[change->dot.author] = added.value();
  }
  out.heads = heads_of(judged.edits);
  out.late = std::move(judged.late);
  out.is_merged =
      !judged.disputed.empty() || has_unread_meeting(judged.edits, judged.confirmations);
  return out;
}

}  // namespace

TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes) {
  return tell(name, prepare(registry, changes));
}

Result<TextStory> tell_text_at(std::string_view name, std::string_view registry,
                               std::span<const TextChange> changes,
                               std::span<const ChangeId> version) {
  VersionVector seen;
  for (const ChangeId& id : version) {
    const auto found = std::ranges::find(changes, id, &TextChange::id);
    if (found == changes.end()) return fail(Errc::kNotFound, id.hex());
    seen.merge(found->node.clock);
  }
  return tell(name, prepare(registry, changes, &seen, version));
}

std::vector<const TextChange*> find_text_sides(std::string_view name, std::string_view registry,
                                               std::span<const TextChange> changes) {
  const Telling telling = prepare(registry, changes);
  const Judged judged = judge(name, telling);
  std::vector<const TextChange*> out;
  if (!judged.disputed.empty()) out = telling.freezes.in_force();
  for (std::size_t side : find_unread_sides(judged.edits, judged.confirmations))
    out.push_back(judged.edited[side]);
  const auto place = [](const TextChange* change) {
    return std::pair(change->node.depth, change->id);
  };
  std::ranges::sort(out, {}, place);
  const auto [first, last] = std::ranges::unique(out);
  out.erase(first, last);
  return out;
}

void derive_texts(std::span<TextField> texts, std::string_view registry,
                  std::span<const TextChange> changes) {
  if (std::ranges::none_of(texts, &TextField::is_stale)) return;
  const Telling telling = prepare(registry, changes);
  for (TextField& text : texts) {
    if (!text.is_stale) continue;
    TextStory story = tell(text.name, telling);
    text = {.name = std::move(text.name),
            .text = replay_text(story.history).text.str(),
            .heads = std::move(story.heads),
            .late = std::move(story.late),
            .is_merged = story.is_merged};
  }
}

}  // namespace cunju
