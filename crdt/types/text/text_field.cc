// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_field.h"

#include <algorithm>
#include <bit>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "crdt/base/limits.h"
#include "crdt/types/text/text_edits_codec.h"
#include "crdt/types/text/text_merge.h"

namespace cunju {
namespace {

static_assert(limits::kMaxFreezes <= 64, "sets of freezes are one word");

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

bool counts(const TextChange& change, std::string_view registry) {
  return !change.node.is_void && change.registry == registry;
}

/// Whether the change freezes or thaws, and which: its last word counts.
enum class Freeze : std::uint8_t { kNothing, kFreeze, kThaw };

Freeze read_freeze(const TextChange& change) {
  Freeze out = Freeze::kNothing;
  for (const Operation& operation : change.operations) {
    if (operation.field != kFreezeField || !is_empty(operation.value)) continue;
    if (is_kind(operation, OperationKind::kFreeze)) out = Freeze::kFreeze;
    if (is_kind(operation, OperationKind::kThaw)) out = Freeze::kThaw;
  }
  return out;
}

/// The register over the freezes and thaws of a record, as anybody saw it. Sets are bit masks.
class FreezeRegister {
 public:
  FreezeRegister(std::string_view registry, std::span<const TextChange* const> changes) {
    for (const TextChange* change : changes) {
      if (acts_.size() == limits::kMaxFreezes) break;
      if (!counts(*change, registry)) continue;
      const Freeze act = read_freeze(*change);
      if (act == Freeze::kNothing) continue;
      if (act == Freeze::kFreeze) freezes_ |= bit(acts_.size());
      acts_.push_back(change);
    }
    for (const TextChange* act : acts_) {
      std::uint64_t seers = 0;
      for (std::size_t i = 0; i < acts_.size(); ++i) {
        if (acts_[i] != act && acts_[i]->node.clock.covers(act->dot)) seers |= bit(i);
      }
      seers_.push_back(seers);
    }
    in_force_ = candidates(all()) & freezes_;
  }

  bool is_late(const TextChange& edit) const {
    if (acts_.empty()) return false;
    std::uint64_t seen = 0, seers = 0;
    for (std::size_t i = 0; i < acts_.size(); ++i) {
      if (edit.node.clock.covers(acts_[i]->dot) && acts_[i]->dot != edit.dot) seen |= bit(i);
      if (acts_[i]->node.clock.covers(edit.dot)) seers |= bit(i);
    }
    if ((candidates(seen) & freezes_) != 0) return true;
    return in_force_ != 0 && (in_force_ & seers) == 0;
  }

 private:
  static std::uint64_t bit(std::size_t index) { return std::uint64_t{1} << index; }
  std::uint64_t all() const {
    return acts_.size() == 64 ? ~std::uint64_t{0} : bit(acts_.size()) - 1;
  }
  /// Those of a set that no other of it has seen.
  std::uint64_t candidates(std::uint64_t set) const {
    std::uint64_t out = 0;
    for (std::uint64_t rest = set; rest != 0; rest &= rest - 1) {
      const auto index = static_cast<std::size_t>(std::countr_zero(rest));
      if ((seers_[index] & set) == 0) out |= bit(index);
    }
    return out;
  }

  std::vector<const TextChange*> acts_;
  std::vector<std::uint64_t> seers_;
  std::uint64_t freezes_ = 0, in_force_ = 0;
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
      return true;
    default:
      return false;
  }
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

TextStory tell_text(std::string_view name, std::string_view registry,
                    std::span<const TextChange> changes) {
  std::vector<const TextChange*> order;
  for (const TextChange& change : changes) order.push_back(&change);
  std::ranges::sort(order, [](const TextChange* a, const TextChange* b) {
    return std::tie(a->node.depth, a->id) < std::tie(b->node.depth, b->id);
  });
  const FreezeRegister freezes(registry, order);
  TextStory out;
  std::unordered_map<AuthorKey, TextNodeIndex> own_previous;
  for (const TextChange* change : order) {
    TextWrite write;
    if (counts(*change, registry)) write = read_text_write(name, change->operations);
    if (write.edits_text && freezes.is_late(*change)) {
      out.late.push_back(change->dot);
      write = {.edits = {}, .edits_text = false, .confirms = write.confirms};
    }
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
    // Over the limit of a history: the change keeps its place and edits nothing.
    if (added.has_error())
      added = out.history.add(change->id, change->dot.author, parents, TextEdits());
    if (added.has_value()) own_previous[change->dot.author] = added.value();
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
