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
#include "crdt/types/text/text_loads.h"
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

/// What one change says, and what its ancestors and its author's share make of it.
struct Told {
  const TextChange* change = nullptr;
  TextWrites writes;  ///< Nothing when it is void, or of another registry.
  PassedDots passed;  ///< What writes.passed means.
  Freeze act = Freeze::kNothing;
  bool counts = false;       ///< Within the share of texts.
  bool is_left_out = false;  ///< Of the text that is told.

  TextEvent event() const {
    return {.author = change->author,
            .dot = change->dot,
            .clock = &change->node.clock,
            .passed = passed.empty() ? nullptr : &passed};
  }
  bool touches_texts() const {
    return !writes.by_name.empty() || act != Freeze::kNothing || !writes.passed.empty();
  }
};

/// The register over the freezes and thaws of a record, as anybody saw it. An author's later act
/// stands for those before it, so of each author only the last one that somebody saw can be a
/// candidate.
class FreezeRegister {
 public:
  /// Of acts in the order of their depth.
  void add(const Told& told) {
    if (told.act != Freeze::kNothing)
      acts_[told.change->dot.author].push_back({&told, told.event()});
  }
  void finish() {
    Candidates last;
    for (const auto& [author, acts] : acts_) {
      const auto standing = std::ranges::find_if_not(
          acts.rbegin(), acts.rend(), [](const Act& act) { return act.told->is_left_out; });
      if (standing != acts.rend()) last.push_back(&*standing);
    }
    in_force_ = freezing(std::move(last));
  }

  /// Written although the text was final for its author.
  bool is_vain(const TextEvent& edit) const {
    if (acts_.empty()) return false;
    Candidates seen;
    for (const auto& [author, acts] : acts_) {
      auto end = std::ranges::partition_point(acts, [&](const Act& act) {
        return act.event.dot != edit.dot && edit.clock->covers(act.event.dot);
      });
      // Of the last ones that are passed over, a range is left behind at one go.
      auto passed = edit.passed == nullptr ? std::span<const DotRange>() : edit.passed->of(author);
      for (; !passed.empty() && end != acts.begin(); passed = passed.first(passed.size() - 1)) {
        const Seq last = std::prev(end)->event.dot.seq;
        if (passed.back().last < last) break;
        end = std::partition_point(acts.begin(), end, [&](const Act& act) {
          return act.event.dot.seq < passed.back().first;
        });
      }
      if (end != acts.begin()) seen.push_back(&*std::prev(end));
    }
    return !freezing(std::move(seen)).empty();
  }
  /// Not in the text that somebody made final.
  bool is_missed(const TextEvent& edit) const {
    return std::ranges::any_of(in_force_,
                               [&](const Act* act) { return !act->event.saw(edit.dot); });
  }
  /// Final for one who made it final, late for another.
  bool is_disputed(const TextEvent& edit) const {
    const auto count =
        std::ranges::count_if(in_force_, [&](const Act* act) { return act->event.saw(edit.dot); });
    return count != 0 && static_cast<std::size_t>(count) != in_force_.size();
  }
  std::vector<const TextChange*> in_force() const {
    std::vector<const TextChange*> out;
    for (const Act* act : in_force_) out.push_back(act->told->change);
    return out;
  }
  /// Whether whoever said this knew of all freezes that are in force.
  bool is_known_to(const TextEvent& event) const {
    return std::ranges::all_of(in_force_,
                               [&](const Act* act) { return event.saw(act->event.dot); });
  }

 private:
  struct Act {
    const Told* told = nullptr;
    TextEvent event;
  };
  using Candidates = std::vector<const Act*>;

  /// Those of some acts that no other of them has among its ancestors, and that freeze: an act that
  /// was passed over has been answered by what came after it all the same, as the register of the
  /// record's state has it (RecordState::is_frozen).
  static Candidates freezing(Candidates acts) {
    Candidates out;
    for (const Act* act : acts) {
      const bool is_seen = std::ranges::any_of(acts, [&](const Act* other) {
        return other != act && other->event.clock->covers(act->event.dot);
      });
      if (!is_seen && act->told->act == Freeze::kFreeze) out.push_back(act);
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
    case OperationKind::kTextPassed:
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
  out.passed = read_text_passed(operations);
  for (const Operation& operation : operations) {
    // What has no effect on a state (has_effect()) has none here.
    if (operation.field.empty() || operation.field.size() > limits::kMaxNameBytes) continue;
    if (is_kind(operation, OperationKind::kTextConfirm) && is_empty(operation.value))
      out.by_name[operation.field].confirms = true;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_error() || edits.value().empty()) continue;
    for (const TextRun& run : edits.value().runs())
      (run.inserts() ? out.inserted : out.erased) += run.length;
    out.runs += edits.value().runs().size();
    out.load += edits.value().text().size() + limits::kTextRunLoad * edits.value().runs().size();
    if (full.contains(operation.field)) continue;
    TextWrite& write = out.by_name[operation.field];
    if (!std::exchange(write.edits_text, true)) out.load += limits::kEditedTextLoad;
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

TextPlace place_of(const TextChange& change) {
  return {.id = change.id, .author = change.author, .dot = change.dot, .clock = &change.node.clock};
}

/// A record's changes by rising (depth, id), read once for all its texts.
struct Telling {
  std::vector<Told> order;
  /// Who edits or confirms a text, in the same order.
  std::map<std::string_view, std::vector<const Told*>> by_name;
  std::vector<TextLoad> loads;
  LineSums toggled;  ///< What passing over a change costs.
  TextPlaces places;
  FreezeRegister freezes;

  std::span<const Told* const> of(std::string_view name) const {
    const auto found = by_name.find(name);
    return found == by_name.end() ? std::span<const Told* const>() : found->second;
  }
};

/// What a version leaves out by what its own changes say.
void leave_out_passed(std::vector<Told>& order) {
  if (std::ranges::all_of(order, [](const Told& told) { return told.passed.empty(); })) return;
  std::vector<const Told*> last;
  for (const Told& told : order) {
    if (!told.touches_texts()) continue;
    std::erase_if(last, [&](const Told* other) {
      return told.change->node.clock.covers(other->change->dot);
    });
    last.push_back(&told);
  }
  std::erase_if(last, [](const Told* told) { return told->passed.empty(); });
  if (last.empty()) return;
  for (Told& told : order) {
    told.is_left_out = std::ranges::any_of(
        last, [&](const Told* above) { return above->passed.covers(told.change->dot); });
  }
}

/// Of all changes, or of those that `seen` covers and those of `version`.
Telling prepare(std::string_view registry, std::span<const TextChange> changes,
                const VersionVector* seen = nullptr, const ShownVersion& version = {}) {
  Telling out;
  for (const TextChange& change : changes) {
    // A branch of a fork that does not stand has a dot of another change, and can be named still.
    if (seen == nullptr || seen->covers(change.dot) ||
        std::ranges::find(version.heads, change.id) != version.heads.end())
      out.order.push_back({.change = &change, .writes = {}});
  }
  std::ranges::sort(out.order, [](const Told& a, const Told& b) {
    return std::tie(a.change->node.depth, a.change->id) <
           std::tie(b.change->node.depth, b.change->id);
  });
  LineSums inserted;
  TextShares shares;
  for (Told& told : out.order) {
    const TextChange& change = *told.change;
    const TextPlace place = place_of(change);
    if (!change.node.is_void && change.registry == registry) {
      told.writes = read_text_writes(change.operations);
      told.passed = out.places.read(told.writes.passed, change.node.clock);
      told.act = read_freeze(change);
      const TextWrites& writes = told.writes;
      const std::uint64_t load = writes.load == 0 ? 0 : writes.load + out.toggled.of(told.passed);
      add_text_load(out.loads, change.dot.author, load);
      told.counts = shares.add(place, load) <= limits::kMaxAuthorTextLoad;
      inserted.add(change.dot, writes.inserted);
      if (writes.runs != 0) {
        const std::uint64_t erased =
            writes.erased == 0 ? 0 : std::min(writes.erased, inserted.of(change.node.clock));
        out.toggled.add(change.dot,
                        limits::kTextPassedRunLoad * writes.runs + writes.inserted + erased);
      }
      if (seen == nullptr) told.is_left_out = change.is_left_out;
      if (version.left_out != nullptr)
        told.is_left_out = std::ranges::binary_search(*version.left_out, change.id);
    }
    out.places.add(place);
  }
  for (const Told& told : out.order)
    for (const auto& [name, write] : told.writes.by_name) out.by_name[name].push_back(&told);
  if (seen != nullptr && version.left_out == nullptr) leave_out_passed(out.order);
  for (const Told& told : out.order) out.freezes.add(told);
  out.freezes.finish();
  return out;
}

/// What the laws say of one text of a record: which edits stand, and what waits for a reader.
struct Judged {
  TextEvents events;
  std::vector<const TextChange*> edited;  ///< Those of events.edits.
  std::vector<const TextChange*> disputed;
  /// Those that do not stand and that somebody may have read; by rising (depth, id).
  std::vector<const TextChange*> hidden;
  std::vector<Dot> late;  ///< Ascending.
  VersionVector below;    ///< What stands, and all its ancestors; filled in if any are hidden.
};

const TextWrite& write_of(const Told& told, std::string_view name) {
  return told.writes.by_name.find(name)->second;
}

Judged judge(std::string_view name, const Telling& telling) {
  Judged out;
  for (const Told* told_here : telling.of(name)) {
    const Told& told = *told_here;
    const TextWrite& write = write_of(told, name);
    const TextChange& change = *told.change;
    const TextEvent event = told.event();
    if (write.confirms && !told.is_left_out) out.events.confirmations.push_back(event);
    if (!told.counts || !write.edits_text) continue;
    const bool is_vain = telling.freezes.is_vain(event);
    const bool is_missed = telling.freezes.is_missed(event);
    if (!is_vain && !is_missed && !told.is_left_out) {
      out.events.edits.push_back(event);
      out.edited.push_back(&change);
      continue;
    }
    if (!is_vain) out.hidden.push_back(&change);
    if (told.is_left_out) {
      if (!is_vain) out.events.left_out.push_back(event);
      continue;
    }
    out.late.push_back(change.dot);
    if (telling.freezes.is_disputed(event)) out.disputed.push_back(&change);
  }
  std::vector<TextEvent> readers;
  if (!out.disputed.empty()) readers = last_of_each_author(out.events.confirmations);
  std::erase_if(readers, [&](const TextEvent& confirmation) {
    return !telling.freezes.is_known_to(confirmation);
  });
  std::erase_if(out.disputed, [&](const TextChange* edit) {
    return std::ranges::any_of(
        readers, [&](const TextEvent& confirmation) { return confirmation.saw(edit->dot); });
  });
  std::ranges::sort(out.late);
  if (!out.hidden.empty())
    for (const TextEvent& edit : out.events.edits) out.below.merge(*edit.clock);
  return out;
}

std::vector<Dot> heads_of(const std::vector<TextEvent>& edits) {
  std::vector<Dot> out;
  for (const TextEvent& edit : edits) {
    std::erase_if(out, [&](const Dot& head) { return edit.saw(head); });
    out.push_back(edit.dot);
  }
  std::ranges::sort(out);
  return out;
}

/// Adds an edit to a text's history.
void add_edit(TextStory& story, const Told& told, const TextEdits& edits, bool stands) {
  const TextChange& change = *told.change;
  const std::vector<TextNodeIndex> parents = story.lines.heads_of(change.node.clock);
  const std::vector<TextNodeIndex> passed = story.lines.find(told.passed);
  const Result<TextNodeIndex> added = story.history.add(change.id, change.author, parents, edits,
                                                        {.stands = stands, .passed = passed});
  // Only many authors with all of their shares get to where there is no room.
  if (added.has_value()) story.lines.add(change.dot, change.node.clock, added.value());
}

TextStory tell(std::string_view name, const Telling& telling) {
  TextStory out;
  Judged judged = judge(name, telling);
  auto standing = judged.edited.begin();
  auto hidden = judged.hidden.begin();
  for (const Told* told : telling.of(name)) {
    const bool stands = standing != judged.edited.end() && *standing == told->change;
    const bool is_hidden = hidden != judged.hidden.end() && *hidden == told->change;
    if (stands) ++standing;
    if (is_hidden) ++hidden;
    // What nothing that stands was built on is in nobody's coordinates.
    if (stands || (is_hidden && judged.below.covers(told->change->dot)))
      add_edit(out, *told, write_of(*told, name).edits, stands);
  }
  out.heads = heads_of(judged.events.edits);
  out.late = std::move(judged.late);
  out.is_merged = !judged.disputed.empty() || has_unread_meeting(judged.events);
  return out;
}

std::string text_of(const TextStory& story) { return replay_text(story.history).text.str(); }

TextField derive(std::string name, const Telling& telling) {
  TextStory story = tell(name, telling);
  return {.name = std::move(name),
          .text = text_of(story),
          .heads = std::move(story.heads),
          .late = std::move(story.late),
          .is_merged = story.is_merged};
}

}  // namespace

Result<VersionVector> clock_of(std::span<const TextChange> changes,
                               std::span<const ChangeId> heads) {
  VersionVector out;
  for (const ChangeId& id : heads) {
    const auto found = std::ranges::find(changes, id, &TextChange::id);
    if (found == changes.end()) return fail(Errc::kNotFound, id.hex());
    out.merge(found->node.clock);
  }
  return out;
}

TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes) {
  return tell(name, prepare(registry, changes));
}

Result<TextStory> tell_text_at(std::string_view name, std::string_view registry,
                               std::span<const TextChange> changes, const ShownVersion& version) {
  CUNJU_TRY(const VersionVector seen, clock_of(changes, version.heads));
  return tell(name, prepare(registry, changes, &seen, version));
}

Result<std::vector<ChangeId>> left_out_at(std::string_view registry,
                                          std::span<const TextChange> changes,
                                          std::span<const ChangeId> heads) {
  CUNJU_TRY(const VersionVector seen, clock_of(changes, heads));
  const Telling telling = prepare(registry, changes, &seen, {.heads = heads});
  std::vector<ChangeId> out;
  for (const Told& told : telling.order)
    if (told.is_left_out) out.push_back(told.change->id);
  std::ranges::sort(out);
  return out;
}

Result<std::map<std::string, std::string>> tell_texts_at(std::string_view registry,
                                                         std::span<const TextChange> changes,
                                                         const ShownVersion& version) {
  CUNJU_TRY(const VersionVector seen, clock_of(changes, version.heads));
  const Telling telling =
      prepare(registry, changes, version.heads.empty() ? nullptr : &seen, version);
  std::map<std::string, std::string> out;
  for (const auto& [name, told] : telling.by_name) out.emplace(name, text_of(tell(name, telling)));
  return out;
}

std::vector<const TextChange*> find_text_sides(std::string_view name, std::string_view registry,
                                               std::span<const TextChange> changes) {
  const Telling telling = prepare(registry, changes);
  const Judged judged = judge(name, telling);
  std::vector<const TextChange*> out;
  if (!judged.disputed.empty()) out = telling.freezes.in_force();
  for (std::size_t side : find_unread_sides(judged.events)) out.push_back(judged.edited[side]);
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
    if (text.is_stale) text = derive(std::move(text.name), telling);
  }
}

DerivedTexts derive_all_texts(std::string_view registry, std::span<const TextChange> changes) {
  Telling telling = prepare(registry, changes);
  DerivedTexts out;
  for (const auto& [name, given] : telling.by_name) {
    const bool is_there = std::ranges::any_of(given, [&](const Told* told) {
      return told->counts && !told->is_left_out && write_of(*told, name).edits_text;
    });
    if (is_there) out.texts.push_back(derive(std::string(name), telling));
  }
  out.loads = std::move(telling.loads);
  return out;
}

TextOutlook foresee_text_edit(std::string_view registry, std::span<const TextChange> changes,
                              const VersionVector& ancestors, const TextPassed& passed) {
  const Telling telling = prepare(registry, changes);
  const PassedDots dots = telling.places.read(passed, ancestors);
  return {.passed_load = telling.toggled.of(dots),
          .is_vain = telling.freezes.is_vain(
              {.author = {}, .dot = {}, .clock = &ancestors, .passed = &dots})};
}

}  // namespace cunju
