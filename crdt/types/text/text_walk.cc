// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_walk.h"

#include <algorithm>
#include <queue>

#include "crdt/base/limits.h"

namespace cunju {
namespace {

/// Hands `use` the spans with neighbours united: rubbing out leaves one span for each key pressed.
template <class Use>
void for_united(std::span<const TextSpan> spans, Use&& use) {
  TextSpan run;
  for (const TextSpan& span : spans) {
    if (run.count != 0 && span.id == run.id + run.count) {
      run.count += span.count;
    } else if (run.count != 0 && span.id + span.count == run.id) {
      run = {span.id, run.count + span.count};
    } else {
      if (run.count != 0) use(run);
      run = span;
    }
  }
  if (run.count != 0) use(run);
}

}  // namespace

TextWalk::TextWalk(const TextHistory& history, const TextPlan& plan, std::size_t known)
    : history_(history),
      plan_(plan),
      known_(known),
      tracker_([this](std::uint32_t a, std::uint32_t b) { return stands_before(a, b); }) {}

std::size_t TextWalk::replay(const TextStretch& stretch, std::size_t length, TextSink& sink) {
  if (!stretch.concurrent) return apply_in_sequence(stretch, length, sink);
  tracker_.start(static_cast<std::uint32_t>(length));
  fill_tracker(stretch);
  return emit(sink);
}

std::size_t TextWalk::apply_in_sequence(const TextStretch& stretch, std::size_t length,
                                        TextSink& sink) {
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    const TextNodeIndex node = plan_.order()[at];
    std::uint32_t inserted = history_.node(node).inserted_begin;
    for (const TextRun& run : history_.runs(node)) {
      const std::size_t position = std::min<std::size_t>(run.position, length);
      if (run.inserts()) {
        if (node >= known_) sink.insert(position, node, {inserted, run.length});
        inserted += run.length;
        length += run.length;
      } else {
        const std::size_t count = std::min<std::size_t>(run.length, length - position);
        if (node >= known_ && count != 0) sink.erase(position, count);
        length -= count;
      }
    }
  }
  return length;
}

void TextWalk::fill_tracker(const TextStretch& stretch) {
  begin_ = stretch.begin;
  current_.clear();
  erased_.clear();
  steps_ = 0;
  first_erased_.assign(1, 0);
  first_id_.assign(1, 0);
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    const TextNode& node = history_.node(plan_.order()[at]);
    first_id_.push_back(first_id_.back() + node.inserted_end - node.inserted_begin);
  }
  const std::size_t most = most_steps(stretch);
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    if (steps() > most) {
      void_nodes_.insert(void_nodes_.end(), plan_.order().begin() + at,
                         plan_.order().begin() + stretch.end);
      break;
    }
    if (at == chain_begin(at)) move_to_parents_of(at);
    apply(at);
  }
  flush();
}

std::size_t TextWalk::most_steps(const TextStretch& stretch) const {
  std::size_t work = stretch.end - stretch.begin;
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    work += history_.runs(plan_.order()[at]).size();
  }
  return std::max(limits::kMinTextSteps, limits::kMaxTextStepsPerRun * work);
}

TextPosition TextWalk::chain_begin(TextPosition position) const {
  return std::max(plan_.chain_begin(position), begin_);
}

void TextWalk::add_parents(TextPosition position, std::vector<TextPosition>& out) const {
  for (TextNodeIndex parent : history_.parents(plan_.order()[position])) {
    if (plan_.position_of(parent) >= begin_) out.push_back(plan_.position_of(parent));
  }
}

void TextWalk::move_to_parents_of(TextPosition position) {
  std::vector<TextPosition> target;
  add_parents(position, target);
  if (target == current_) return;
  flush();
  compare_versions(target);
  for (const Range& range : only_current_) retreat(range);
  std::ranges::reverse(only_target_);
  for (const Range& range : only_target_) advance(range);
}

void TextWalk::compare_versions(const std::vector<TextPosition>& target) {
  // Newest first, both versions are followed back until only what they share is left.
  constexpr unsigned kCurrent = 1;
  constexpr unsigned kTarget = 2;
  using Entry = std::pair<TextPosition, unsigned>;
  std::priority_queue<Entry> queue;
  std::size_t exclusive = 0;
  auto push = [&](TextPosition position, unsigned sides) {
    queue.emplace(position, sides);
    exclusive += sides != (kCurrent | kTarget) ? 1 : 0;
  };
  for (TextPosition position : current_) push(position, kCurrent);
  for (TextPosition position : target) push(position, kTarget);
  only_current_.clear();
  only_target_.clear();
  std::vector<TextPosition> parents;
  while (exclusive > 0) {
    const TextPosition at = queue.top().first;
    unsigned sides = 0;
    while (!queue.empty() && queue.top().first == at) {
      sides |= queue.top().second;
      exclusive -= queue.top().second != (kCurrent | kTarget) ? 1 : 0;
      queue.pop();
    }
    ++steps_;
    // A chain is taken whole, unless the other version has an end inside it.
    TextPosition begin = chain_begin(at);
    const bool whole = queue.empty() || queue.top().first < begin;
    if (!whole) begin = queue.top().first + 1;
    if (sides == kCurrent) only_current_.push_back({begin, at + 1});
    if (sides == kTarget) only_target_.push_back({begin, at + 1});
    if (whole) {
      parents.clear();
      add_parents(begin, parents);
      for (TextPosition parent : parents) push(parent, sides);
    } else {
      push(begin - 1, sides);
    }
  }
}

TextSpan TextWalk::inserted_in(Range range) const {
  const std::uint32_t first = first_id_[local(range.begin)];
  return {first, first_id_[local(range.end)] - first};
}

void TextWalk::set_erased(Range range, bool erased) {
  const std::size_t from = first_erased_[local(range.begin)];
  const std::size_t count = first_erased_[local(range.end)] - from;
  for_united(std::span(erased_).subspan(from, count),
             [&](TextSpan span) { tracker_.set_erased(span, erased); });
  steps_ += count;
}

void TextWalk::retreat(Range range) {
  set_erased(range, false);
  tracker_.set_inserted(inserted_in(range), false);
}

void TextWalk::advance(Range range) {
  tracker_.set_inserted(inserted_in(range), true);
  set_erased(range, true);
}

void TextWalk::apply(TextPosition position) {
  const TextNodeIndex node = plan_.order()[position];
  std::uint32_t id = first_id_[local(position)];
  for (const TextRun& run : history_.runs(node)) {
    if (!run.inserts()) {
      flush();
      tracker_.erase(run.position, run.length, node >= known_, erased_);
      continue;
    }
    const bool goes_on = pending_.count != 0 && run.position == pending_position_ + pending_.count;
    if (!goes_on) {
      flush();
      pending_ = {id, 0};
      pending_position_ = run.position;
    }
    pending_.count += run.length;
    id += run.length;
  }
  first_erased_.push_back(erased_.size());
  current_.assign(1, position);
  ++steps_;
}

void TextWalk::flush() {
  if (pending_.count != 0) tracker_.insert(pending_position_, pending_);
  pending_ = {};
}

TextPosition TextWalk::position_of_id(std::uint32_t id) const {
  const auto behind = std::ranges::upper_bound(first_id_, id);
  return begin_ + static_cast<TextPosition>(behind - first_id_.begin()) - 1;
}

bool TextWalk::stands_before(std::uint32_t a, std::uint32_t b) const {
  const TextPosition x = position_of_id(a);
  const TextPosition y = position_of_id(b);
  if (x == y) return a < b;
  return history_.compare(plan_.order()[x], plan_.order()[y]) < 0;
}

std::size_t TextWalk::emit(TextSink& sink) {
  std::size_t length = 0;
  auto emit_piece = [&](const TextTracker::Item& item, std::size_t count, bool was_there,
                        const TextNode* node, TextNodeIndex index, std::uint32_t offset) {
    const bool is_there = !item.erased_before && !item.erased_now;
    if (was_there && !item.erased_before && !is_there) sink.erase(length, count);
    if (!was_there && is_there) {
      sink.insert(length, index,
                  {node->inserted_begin + offset, static_cast<std::uint32_t>(count)});
    }
    if (is_there) length += count;
  };
  tracker_.visit([&](const TextTracker::Item& item) {
    if (item.id >= TextTracker::kBase) {
      emit_piece(item, item.count, true, nullptr, 0, 0);
      return;
    }
    // An item may go on over several changes of a chain.
    TextPosition at = position_of_id(item.id);
    for (std::uint32_t id = item.id; id < item.id + item.count; ++at) {
      const std::uint32_t end = std::min(item.id + item.count, first_id_[local(at) + 1]);
      if (end == id) continue;
      const TextNodeIndex index = plan_.order()[at];
      emit_piece(item, end - id, index < known_, &history_.node(index), index,
                 id - first_id_[local(at)]);
      id = end;
    }
  });
  return length;
}

}  // namespace cunju
