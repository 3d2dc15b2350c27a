// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_field.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/types/record_state.h"
#include "crdt/types/text/text_edits_codec.h"
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
      auto end = std::ranges::find_if(acts, [&](const Act& act) {
        return act.change->dot == edit.dot || !edit.node.clock.covers(act.change->dot);
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
  /// Whether a change has seen all freezes that are in force.
  bool is_known_to(const TextChange& change) const {
    return std::ranges::all_of(
        in_force_, [&](const Act* act) { return change.node.clock.covers(act->change->dot); });
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

/// The law of `heads` and `merged`, change by change in causal order.
void advance_text_heads(std::vector<Dot>& heads, bool& is_merged, const TextWrite& write,
                        const Dot& dot, const VersionVector& seen) {
  const bool was_merged = is_merged || heads.size() > 1;
  std::erase_if(heads, [&](const Dot& head) { return seen.covers(head); });
  is_merged = !heads.empty() || (was_merged && !write.confirms);
  heads.insert(std::ranges::upper_bound(heads, dot), dot);
}

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
  std::uint64_t out = 0;
  for (const Operation& operation : operations) {
    const bool is_act =
        is_kind(operation, OperationKind::kFreeze) || is_kind(operation, OperationKind::kThaw);
    if (is_act && operation.field == kFreezeField) out += limits::kFreezeLoad;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_value())
      out += edits.value().text().size() + limits::kTextRunLoad * edits.value().runs().size();
  }
  return out;
}

bool add_text_load(std::vector<TextLoad>& loads, const AuthorKey& author, std::uint64_t load) {
  if (load == 0) return true;
  auto at = std::ranges::lower_bound(loads, author, {}, &TextLoad::author);
  if (at == loads.end() || at->author != author) at = loads.insert(at, {.author = author});
  at->load += load;
  return at->load <= limits::kMaxAuthorTextLoad;
}

TextWrite read_text_write(std::string_view name, std::span<const Operation> operations) {
  TextWrite out;
  bool has_room = true;
  for (const Operation& operation : operations) {
    if (operation.field != name) continue;
    if (is_kind(operation, OperationKind::kTextConfirm) && is_empty(operation.value))
      out.confirms = true;
    const auto* bytes = std::get_if<Bytes>(&operation.value);
    if (!is_kind(operation, OperationKind::kTextEdit) || bytes == nullptr || !has_room) continue;
    Result<TextEdits> edits = decode_text_edits(*bytes);
    if (edits.has_error() || edits.value().empty()) continue;
    out.edits_text = true;
    has_room = append_edits(out.edits, edits.value());
  }
  return out;
}

void apply_text_write(TextField& field, const TextWrite& write, const Dot& dot) {
  if (write.edits_text) {
    TextBuffer buffer(field.text);
    apply_edits(buffer, write.edits);
    field.text = buffer.str();
  }
  const bool was_merged = field.is_merged || field.heads.size() > 1;
  field.is_merged = was_merged && !write.confirms;
  field.heads = {dot};
}

namespace {

/// Changes by rising (depth, id) that are effective in the registry, each with whether its author
/// was within the share of texts.
struct Telling {
  std::vector<const TextChange*> order;
  std::vector<bool> counts;
  FreezeRegister freezes;
};

Telling prepare(std::string_view registry, std::span<const TextChange> changes) {
  Telling out;
  for (const TextChange& change : changes) out.order.push_back(&change);
  std::ranges::sort(out.order, [](const TextChange* a, const TextChange* b) {
    return std::tie(a->node.depth, a->id) < std::tie(b->node.depth, b->id);
  });
  std::vector<TextLoad> loads;
  for (const TextChange* change : out.order) {
    const bool is_effective = !change->node.is_void && change->registry == registry;
    out.counts.push_back(is_effective &&
                         add_text_load(loads, change->dot.author, text_load(change->operations)));
    if (out.counts.back()) out.freezes.add(*change);
  }
  out.freezes.finish();
  return out;
}

}  // namespace

TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes) {
  const Telling telling = prepare(registry, changes);
  TextStory out;
  std::unordered_map<AuthorKey, TextNodeIndex> own_previous;
  std::vector<const TextChange*> disputed, confirmations;
  for (std::size_t i = 0; i < telling.order.size(); ++i) {
    const TextChange* change = telling.order[i];
    TextWrite write;
    if (!change->node.is_void && change->registry == registry)
      write = read_text_write(name, change->operations);
    if (!telling.counts[i]) write = {.edits = {}, .confirms = write.confirms};
    if (write.edits_text && telling.freezes.is_late(*change)) {
      out.late.push_back(change->dot);
      if (telling.freezes.is_disputed(*change)) disputed.push_back(change);
      write = {.edits = {}, .confirms = write.confirms};
    }
    if (write.confirms) confirmations.push_back(change);
    if (write.edits_text || write.confirms)
      advance_text_heads(out.heads, out.is_merged, write, change->dot, change->node.clock);

    std::vector<TextNodeIndex> parents;
    for (const ChangeId& id : change->parents) {
      if (std::optional<TextNodeIndex> parent = out.history.find(id)) parents.push_back(*parent);
    }
    auto own = own_previous.find(change->dot.author);
    if (own != own_previous.end()) parents.push_back(own->second);
    Result<TextNodeIndex> added =
        out.history.add(change->id, change->dot.author, parents, write.edits);
    // Only many authors with all of their shares get here: the change keeps its place.
    if (added.has_error())
      added = out.history.add(change->id, change->dot.author, parents, TextEdits());
    if (added.has_value()) own_previous[change->dot.author] = added.value();
  }
  for (const TextChange* edit : disputed) {
    const bool is_read = std::ranges::any_of(confirmations, [&](const TextChange* confirmation) {
      return confirmation->node.clock.covers(edit->dot) &&
             telling.freezes.is_known_to(*confirmation);
    });
    if (!is_read) out.is_merged = true;
  }
  std::ranges::sort(out.late);
  return out;
}

TextField derive_text(std::string_view name, std::string_view registry,
                      std::span<const TextChange> changes) {
  TextStory story = tell_text(name, registry, changes);
  return {.name = std::string(name),
          .text = replay_text(story.history).text.str(),
          .heads = std::move(story.heads),
          .late = std::move(story.late),
          .is_merged = story.is_merged};
}

}  // namespace cunju
