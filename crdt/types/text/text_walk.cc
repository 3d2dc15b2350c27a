// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_walk.h"

#include <algorithm>
#include <iterator>

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
      tracker_([this](std::uint32_t a, std::uint32_t b) { return stands_before(a, b); }),
      versions_(history, plan) {}

std::size_t TextWalk::replay(const TextStretch& stretch, std::size_t length, TextSink& sink) {
  if (!stretch.concurrent) return apply_in_sequence(stretch, length, sink);
  number_ids(stretch);
  tracker_.start(static_cast<std::uint32_t>(length), first_id_.back(), history_.has_left_out());
  fill_tracker(stretch);
  return emit(sink);
}

std::size_t TextWalk::apply_in_sequence(const TextStretch& stretch, std::size_t length,
                                        TextSink& sink) {
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    const TextNodeIndex node = plan_.order()[at];
    std::uint32_t inserted = history_.inserted_begin(node);
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

void TextWalk::number_ids(const TextStretch& stretch) {
  first_id_.assign(1, 0);
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    const TextNodeIndex node = plan_.order()[at];
    first_id_.push_back(first_id_.back() + history_.inserted_begin(node + 1) -
                        history_.inserted_begin(node));
  }
}

void TextWalk::fill_tracker(const TextStretch& stretch) {
  begin_ = stretch.begin;
  versions_.start(stretch);
  erased_.clear();
  steps_ = 0;
  first_erased_.assign(1, 0);
  for (TextPosition at = stretch.begin; at < stretch.end; ++at) {
    versions_.add(at);
    // Only a change that edits the text needs the version that its author saw.
    if (history_.edits_text(plan_.order()[at])) {
      move_to_parents_of(at);
      const bool passes = !history_.passed(plan_.order()[at]).empty();
      if (passes) set_passed(at, false);
      apply(at);
      if (passes) set_passed(at, true);
    }
    first_erased_.push_back(erased_.size());
  }
  flush();
}

void TextWalk::move_to_parents_of(TextPosition position) {
  only_before_.clear();
  only_after_.clear();
  versions_.move_to(position, only_before_, only_after_);
  if (only_before_.empty() && only_after_.empty()) return;
  flush();
  for (const TextRange& range : only_before_) {
    set_erased(range, false);
    tracker_.set_inserted(inserted_in(range), false);
  }
  for (const TextRange& range : only_after_) {
    tracker_.set_inserted(inserted_in(range), true);
    set_erased(range, true);
  }
}

void TextWalk::set_passed(TextPosition position, bool is_in) {
  flush();
  for (TextNodeIndex node : history_.passed(plan_.order()[position])) {
    const TextPosition at = plan_.position_of(node);
    const TextRange range{at, at + 1};
    tracker_.set_inserted(inserted_in(range), is_in);
    set_erased(range, is_in);
  }
}

TextSpan TextWalk::inserted_in(TextRange range) const {
  const std::uint32_t first = first_id_[local(range.begin)];
  return {first, first_id_[local(range.end)] - first};
}

void TextWalk::set_erased(TextRange range, bool erased) {
  const std::size_t from = first_erased_[local(range.begin)];
  const std::size_t count = first_erased_[local(range.end)] - from;
  for_united(std::span(erased_).subspan(from, count),
             [&](TextSpan span) { tracker_.set_erased(span, erased); });
  steps_ += count;
}

void TextWalk::apply(TextPosition position) {
  const TextNodeIndex node = plan_.order()[position];
  std::uint32_t id = first_id_[local(position)];
  const TextTracker::Eraser eraser = !history_.stands(node) ? TextTracker::Eraser::kLeftOut
                                     : node < known_        ? TextTracker::Eraser::kKnown
                                                            : TextTracker::Eraser::kNew;
  for (const TextRun& run : history_.runs(node)) {
    if (!run.inserts()) {
      flush();
      tracker_.erase(run.position, run.length, eraser, erased_);
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
  auto emit_piece = [&](const TextTracker::Item& item, bool was_inserted, TextNodeIndex node,
                        TextSpan span) {
    const bool stands = item.id >= TextTracker::kBase || history_.stands(node);
    const bool was_there = stands && was_inserted && !item.erased_before;
    const bool is_there = stands && !item.erased_before && !item.erased_now;
    if (was_there && !is_there) sink.erase(length, span.count);
    if (!was_there && is_there) sink.insert(length, node, span);
    if (is_there) length += span.count;
  };
  tracker_.visit([&](const TextTracker::Item& item) {
    if (item.id >= TextTracker::kBase) {
      emit_piece(item, true, 0, {item.id, item.count});
      return;
    }
    // An item may go on over several changes of a chain.
    TextPosition at = position_of_id(item.id);
    for (std::uint32_t id = item.id; id < item.id + item.count; ++at) {
      const std::uint32_t end = std::min(item.id + item.count, first_id_[local(at) + 1]);
      if (end == id) continue;
      const TextNodeIndex node = plan_.order()[at];
      const std::uint32_t number = history_.inserted_begin(node) + id - first_id_[local(at)];
      emit_piece(item, node < known_, node, {number, end - id});
      id = end;
    }
  });
  return length;
}

}  // namespace cunju
