// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/record_view.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "crdt/base/limits.h"

namespace cunju {
namespace {

auto find_claim(auto& claims, std::string_view registry) {
  return std::ranges::lower_bound(claims, registry, {}, [](const RegistryClaim& claim) {
    return std::string_view(claim.registry);
  });
}

/// first := min(first, the change).
void note_first(std::uint64_t& first_depth, ChangeId& first_id, const RecordPart& part) {
  if (std::tie(part.node.depth, part.id) >= std::tie(first_depth, first_id)) return;
  first_depth = part.node.depth;
  first_id = part.id;
}

/// Merges the part into the claim of its registry, and lets that claim take the view's place if
/// its first change is the earlier one.
void apply_to_other(RecordView& view, const RecordPart& part, const OperationContext& context) {
  auto at = find_claim(view.others, part.registry);
  if (at == view.others.end() || at->registry != part.registry) {
    at = view.others.insert(at, {.registry = std::string(part.registry),
                                 .first_depth = part.node.depth,
                                 .first_id = part.id,
                                 .state = {}});
  }
  note_first(at->first_depth, at->first_id, part);
  at->state.apply(context, part.operations);
  if (std::tie(at->first_depth, at->first_id) >= std::tie(view.first_depth, view.first_id)) return;

  RegistryClaim first = std::move(*at);
  view.others.erase(at);
  RegistryClaim outdone{.registry = std::exchange(view.registry, std::move(first.registry)),
                        .first_depth = std::exchange(view.first_depth, first.first_depth),
                        .first_id = std::exchange(view.first_id, first.first_id),
                        .state = std::exchange(view.state, std::move(first.state))};
  view.others.insert(find_claim(view.others, outdone.registry), std::move(outdone));
}

}  // namespace

void RecordView::apply(const RecordPart& part) {
  const bool is_left_out = part.is_late && !part.node.is_void;
  if (is_left_out) {
    const Head head{.id = part.id, .dot = part.dot};
    left_out.insert(std::ranges::upper_bound(left_out, head), head);
  } else {
    advance_heads(heads, {.id = part.id, .dot = part.dot}, part.node);
  }
  clock.merge(part.node.clock);
  max_depth = std::max(max_depth, part.node.depth);
  if (!part.node.is_void) note_left_out(part);
  if (is_left_out || part.node.is_void || part.registry.empty() ||
      part.registry.size() > limits::kMaxNameBytes)
    return;

  const OperationContext context{
      .id = part.id, .dot = part.dot, .seen = part.node.clock, .depth = part.node.depth};
  if (registry.empty()) {
    registry = part.registry;
    first_depth = part.node.depth;
    first_id = part.id;
  }
  if (part.registry != registry) return apply_to_other(*this, part, context);
  note_first(first_depth, first_id, part);
  state.apply(context, part.operations);
}

void RecordView::note_left_out(const RecordPart& part) {
  passes_over = passes_over || !read_text_passed(part.operations).empty();
  // What authors have used of their shares is a sum over all lines of each.
  if (left_out.empty() && !passes_over && !part.is_on_branch) return;
  // Also for what is left out itself, and for the first change of a registry: both make a
  // difference to what authors have used of their shares.
  is_stale_ = is_stale_ || find(part.registry) == nullptr ||
              std::ranges::any_of(part.operations, is_of_texts);
}

std::vector<ChangeId> RecordView::left_out_ids() const {
  std::vector<ChangeId> out;
  for (const Head& head : left_out) out.push_back(head.id);
  return out;
}

bool RecordView::has_stale_text() const {
  return is_stale_ || state.has_stale_text() ||
         std::ranges::any_of(
             others, [](const RegistryClaim& claim) { return claim.state.has_stale_text(); });
}

void RecordView::settle_texts(std::span<const TextChange> changes) {
  if (std::exchange(is_stale_, false)) {
    if (!registry.empty()) state.replace_texts(derive_all_texts(registry, changes));
    for (RegistryClaim& claim : others)
      claim.state.replace_texts(derive_all_texts(claim.registry, changes));
    return;
  }
  state.settle_texts(registry, changes);
  for (RegistryClaim& claim : others) claim.state.settle_texts(claim.registry, changes);
}

const RecordState* RecordView::find(std::string_view registry_name) const {
  if (registry_name.empty()) return nullptr;
  if (registry_name == registry) return &state;
  auto at = find_claim(others, registry_name);
  return at != others.end() && at->registry == registry_name ? &at->state : nullptr;
}

}  // namespace cunju
