// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_plan.h"

#include <algorithm>
#include <limits>

namespace cunju {
namespace {

std::vector<bool> ancestors_of(const TextHistory& history, std::span<const TextNodeIndex> heads) {
  std::vector<bool> out(history.size());
  for (TextNodeIndex head : heads) out[head] = true;
  for (std::size_t i = history.size(); i-- > 0;) {
    if (!out[i]) continue;
    for (TextNodeIndex parent : history.parents(static_cast<TextNodeIndex>(i))) out[parent] = true;
  }
  return out;
}

}  // namespace

TextPlan::TextPlan(const TextHistory& history) {
  const std::vector<bool> all(history.size(), true);
  make_order(history, all);
  cut_stretches(history);
}

TextPlan::TextPlan(const TextHistory& history, std::span<const TextNodeIndex> heads) {
  make_order(history, ancestors_of(history, heads));
  cut_stretches(history);
}

void TextPlan::count_children(const TextHistory& history, const std::vector<bool>& included) {
  const auto size = static_cast<TextNodeIndex>(history.size());
  children_begin_.assign(size + 1, 0);
  for (TextNodeIndex i = 0; i < size; ++i) {
    if (!included[i]) continue;
    for (TextNodeIndex parent : history.parents(i)) ++children_begin_[parent + 1];
  }
  for (TextNodeIndex i = 0; i < size; ++i) children_begin_[i + 1] += children_begin_[i];
  children_.resize(children_begin_.back());
  std::vector<std::uint32_t> next(children_begin_.begin(), children_begin_.end() - 1);
  for (TextNodeIndex i = 0; i < size; ++i) {
    if (!included[i]) continue;
    for (TextNodeIndex parent : history.parents(i)) children_[next[parent]++] = i;
  }
}

std::span<const TextNodeIndex> TextPlan::children(TextNodeIndex node) const {
  return std::span(children_).subspan(children_begin_[node],
                                      children_begin_[node + 1] - children_begin_[node]);
}

/// Whether exactly one change follows and follows nothing else.
bool TextPlan::goes_on(const TextHistory& history, TextNodeIndex node) const {
  const auto after = children(node);
  return after.size() == 1 && history.parents(after.front()).size() == 1;
}

void TextPlan::make_order(const TextHistory& history, const std::vector<bool>& included) {
  count_children(history, included);
  const auto size = static_cast<TextNodeIndex>(history.size());
  std::vector<std::uint32_t> waiting(size);
  std::vector<TextNodeIndex> ready;
  std::vector<TextNodeIndex> fresh;
  for (TextNodeIndex i = 0; i < size; ++i) {
    waiting[i] = static_cast<std::uint32_t>(history.parents(i).size());
    if (included[i] && waiting[i] == 0) fresh.push_back(i);
  }
  order_.reserve(size);
  chain_begin_.reserve(size);
  position_of_.resize(size);
  push_ready(history, std::nullopt, fresh, ready);
  while (!ready.empty()) {
    TextNodeIndex at = ready.back();
    ready.pop_back();
    const auto begin = static_cast<TextPosition>(order_.size());
    while (true) {
      position_of_[at] = static_cast<TextPosition>(order_.size());
      order_.push_back(at);
      chain_begin_.push_back(begin);
      if (!goes_on(history, at)) break;
      at = children(at).front();
    }
    fresh.clear();
    for (TextNodeIndex child : children(at)) {
      if (--waiting[child] == 0) fresh.push_back(child);
    }
    push_ready(history, at, fresh, ready);
  }
}

std::size_t TextPlan::weight_of_chain(const TextHistory& history, TextNodeIndex begin) const {
  std::size_t weight = 0;
  for (TextNodeIndex at = begin;; at = children(at).front()) {
    weight += 1 + history.runs(at).size();
    if (!goes_on(history, at)) return weight;
  }
}

void TextPlan::push_ready(const TextHistory& history, std::optional<TextNodeIndex> last,
                          std::span<const TextNodeIndex> fresh,
                          std::vector<TextNodeIndex>& ready) const {
  if (fresh.size() < 2) {
    ready.insert(ready.end(), fresh.begin(), fresh.end());
    return;
  }
  // Each chain is weighed once, when its first change becomes ready. Walking the short branch
  // first leaves less to take back; but what has other parents too may go on something that the
  // author has not seen, and that would have to be taken back every time.
  struct Branch {
    unsigned rank = 0;
    std::size_t weight = 0;
    TextNodeIndex node = 0;
  };
  std::vector<Branch> branches;
  std::optional<std::size_t> own;
  auto is_own = [&](TextNodeIndex node) {
    return last.has_value() && history.node(node).author == history.node(*last).author;
  };
  for (TextNodeIndex node : fresh) {
    branches.push_back({.rank = 0, .weight = weight_of_chain(history, node), .node = node});
    if (is_own(node)) own = std::min(own.value_or(branches.back().weight), branches.back().weight);
  }
  for (Branch& branch : branches) {
    const bool is_short =
        !own.has_value() || (history.parents(branch.node).size() == 1 && branch.weight < *own);
    branch.rank = is_own(branch.node) ? 1 : is_short ? 0 : 2;
  }
  std::ranges::sort(branches, [&history](const Branch& a, const Branch& b) {
    if (a.rank != b.rank) return a.rank > b.rank;
    if (a.weight != b.weight) return a.weight > b.weight;
    return history.compare(a.node, b.node) > 0;
  });
  for (const Branch& branch : branches) ready.push_back(branch.node);
}

TextPosition TextPlan::first_unsettled(const TextHistory& history) const {
  const auto size = static_cast<TextPosition>(order_.size());
  if (!history.has_left_out()) return size;
  TextPosition out = size;
  for (TextPosition i = 0; i < size; ++i) {
    const TextNodeIndex node = order_[i];
    if (history.edits_text(node) && !history.stands(node)) out = std::min(out, i);
    for (TextNodeIndex passed : history.passed(node)) out = std::min(out, position_of_[passed]);
  }
  return out;
}

void TextPlan::cut_stretches(const TextHistory& history) {
  const auto size = static_cast<TextPosition>(order_.size());
  const TextPosition unsettled = first_unsettled(history);
  // With c at position i: everything before is an ancestor when everything before has a child at
  // most at i, and everything behind descends when everything behind has a parent at least at i.
  std::vector<TextPosition> least_parent(size + 1, size);
  std::vector<TextPosition> first_child(size, std::numeric_limits<TextPosition>::max());
  for (TextPosition i = size; i-- > 0;) {
    TextPosition newest = 0;
    for (TextNodeIndex parent : history.parents(order_[i])) {
      const TextPosition at = position_of_[parent];
      newest = std::max(newest, at + 1);
      first_child[at] = i;
    }
    least_parent[i] = std::min(least_parent[i + 1], newest);
  }
  TextPosition begin = 0;
  TextPosition reach = 0;
  for (TextPosition i = 0; i < size; ++i) {
    // least_parent is one higher than the position, so that a root's is 0.
    const bool critical = reach <= i && (i + 1 == size || least_parent[i + 1] > i) && i < unsettled;
    reach = std::max(reach, first_child[i]);
    if (!critical && i + 1 != size) continue;
    const bool concurrent =
        i >= unsettled || (i - begin > 0 && is_concurrent(history, begin, i + 1));
    TextStretch* last = stretches_.empty() ? nullptr : &stretches_.back();
    if (last != nullptr && !last->concurrent && !concurrent) {
      last->end = i + 1;
      last->closed = critical;
    } else {
      stretches_.push_back(
          {.begin = begin, .end = i + 1, .concurrent = concurrent, .closed = critical});
    }
    begin = i + 1;
  }
}

bool TextPlan::is_concurrent(const TextHistory& history, TextPosition begin,
                             TextPosition end) const {
  // seen[p]: how many edits of the stretch, all in one line so far, p has among its ancestors.
  std::vector<std::uint32_t> seen(end - begin);
  std::uint32_t edits = 0;
  for (TextPosition i = begin; i < end; ++i) {
    std::uint32_t most = 0;
    for (TextNodeIndex parent : history.parents(order_[i])) {
      const TextPosition at = position_of_[parent];
      if (at >= begin) most = std::max(most, seen[at - begin]);
    }
    if (history.edits_text(order_[i])) {
      if (most != edits) return true;
      most = ++edits;
    }
    seen[i - begin] = most;
  }
  return false;
}

}  // namespace cunju
