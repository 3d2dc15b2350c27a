// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_merge.h"

#include <algorithm>

#include "crdt/types/text/text_plan.h"
#include "crdt/types/text/text_walk.h"

namespace cunju {
namespace {

class BufferSink : public TextSink {
 public:
  BufferSink(const TextHistory& history, TextBuffer& buffer) : history_(history), buffer_(buffer) {}
  void erase(std::size_t position, std::size_t count) override { buffer_.erase(position, count); }
  void insert(std::size_t position, TextNodeIndex, TextSpan span) override {
    buffer_.insert(position, history_.inserted(span.id, span.count));
  }

 private:
  const TextHistory& history_;
  TextBuffer& buffer_;
};

/// Only the length is wanted.
class NoSink : public TextSink {
 public:
  void erase(std::size_t, std::size_t) override {}
  void insert(std::size_t, TextNodeIndex, TextSpan) override {}
};

/// Keeps what is to be done until it is certain that it may be.
class LaterSink : public TextSink {
 public:
  void erase(std::size_t position, std::size_t count) override {
    edits_.push_back({.position = position, .erased = count});
  }
  void insert(std::size_t position, TextNodeIndex, TextSpan span) override {
    edits_.push_back({.position = position, .inserted = span});
  }
  void apply(const TextHistory& history, TextBuffer& buffer) const {
    for (const Edit& edit : edits_) {
      buffer.erase(edit.position, edit.erased);
      buffer.insert(edit.position, history.inserted(edit.inserted.id, edit.inserted.count));
    }
  }

 private:
  struct Edit {
    std::size_t position = 0;
    std::size_t erased = 0;
    TextSpan inserted;
  };
  std::vector<Edit> edits_;
};

/// A tracker that is never moved to another version is a sequence of who wrote what.
class BlameSink : public TextSink {
 public:
  explicit BlameSink(const TextHistory& history)
      : history_(history), sequence_([](std::uint32_t, std::uint32_t) { return false; }) {
    sequence_.start(0, history.inserted_begin(static_cast<TextNodeIndex>(history.size())));
  }
  void erase(std::size_t position, std::size_t count) override {
    sequence_.erase(position, count, TextTracker::Eraser::kNew, erased_);
    erased_.clear();
  }
  void insert(std::size_t position, TextNodeIndex, TextSpan span) override {
    sequence_.insert(position, span);
  }
  std::vector<BlameSpan> spans() const;

 private:
  const TextHistory& history_;
  TextTracker sequence_;
  std::vector<TextSpan> erased_;
};

std::vector<BlameSpan> BlameSink::spans() const {
  // Insertions are numbered in the order of the changes, so a change is found by its number.
  std::vector<BlameSpan> out;
  sequence_.visit([&](const TextTracker::Item& item) {
    if (!item.visible()) return;
    TextNodeIndex low = 0;
    auto high = static_cast<TextNodeIndex>(history_.size());
    while (low < high) {
      const TextNodeIndex middle = low + (high - low) / 2;
      if (history_.inserted_begin(middle + 1) <= item.id) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (!out.empty() && out.back().node == low) {
      out.back().length += item.count;
    } else {
      out.push_back({item.count, low});
    }
  });
  return out;
}

/// Further back than this an arrival rarely reaches, and then the text is counted anew.
constexpr std::size_t kMostSettled = 16;

/// Remembers the length behind a concurrent stretch, the only kind that is dear to count.
void settle(MergedText& merged, const TextPlan& plan, const TextStretch& stretch,
            std::size_t length) {
  if (!stretch.concurrent || !stretch.closed) return;
  const TextNodeIndex node = plan.order()[stretch.end - 1];
  std::erase_if(merged.settled, [node](const SettledText& old) { return old.node == node; });
  if (merged.settled.size() == kMostSettled) merged.settled.erase(merged.settled.begin());
  merged.settled.push_back({node, length});
}

MergedText replay(const TextHistory& history, const TextPlan& plan) {
  MergedText out;
  BufferSink sink(history, out.text);
  TextWalk walk(history, plan, 0);
  std::size_t length = 0;
  for (const TextStretch& stretch : plan.stretches()) {
    length = walk.replay(stretch, length, sink);
    settle(out, plan, stretch, length);
  }
  return out;
}

std::vector<BlameSpan> blame(const TextHistory& history, const TextPlan& plan) {
  BlameSink sink(history);
  TextWalk walk(history, plan, 0);
  std::size_t length = 0;
  for (const TextStretch& stretch : plan.stretches()) length = walk.replay(stretch, length, sink);
  return sink.spans();
}

/// The stretch behind the newest settled change that is critical still, and the length of the text
/// there; 0 and 0 when none is.
std::size_t first_unsettled(const TextPlan& plan, std::span<const SettledText> settled,
                            std::size_t& length) {
  for (auto it = settled.rbegin(); it != settled.rend(); ++it) {
    const TextPosition end = plan.position_of(it->node) + 1;
    const auto at = std::ranges::find(plan.stretches(), end, &TextStretch::end);
    if (at == plan.stretches().end() || !at->closed) continue;
    length = it->length;
    return static_cast<std::size_t>(at - plan.stretches().begin()) + 1;
  }
  length = 0;
  return 0;
}

/// Whether every change of the stretch is among the first `known`.
bool all_known(const TextPlan& plan, const TextStretch& stretch, std::size_t known) {
  const auto nodes = plan.order().subspan(stretch.begin, stretch.end - stretch.begin);
  return std::ranges::all_of(nodes, [known](TextNodeIndex node) { return node < known; });
}

}  // namespace

MergedText replay_text(const TextHistory& history) { return replay(history, TextPlan(history)); }

MergedText text_at(const TextHistory& history, std::span<const TextNodeIndex> heads) {
  return replay(history, TextPlan(history, heads));
}

void merge_new(const TextHistory& history, std::size_t known, MergedText& merged) {
  const TextPlan plan(history);
  NoSink nothing;
  LaterSink later;
  TextWalk walk(history, plan, known);
  std::size_t length = 0;
  for (std::size_t i = first_unsettled(plan, merged.settled, length); i < plan.stretches().size();
       ++i) {
    const TextStretch& stretch = plan.stretches()[i];
    TextSink& sink = all_known(plan, stretch, known) ? static_cast<TextSink&>(nothing) : later;
    length = walk.replay(stretch, length, sink);
    settle(merged, plan, stretch, length);
  }
  later.apply(history, merged.text);
}

std::vector<BlameSpan> blame(const TextHistory& history) {
  return blame(history, TextPlan(history));
}

std::vector<BlameSpan> blame_at(const TextHistory& history, std::span<const TextNodeIndex> heads) {
  return blame(history, TextPlan(history, heads));
}

}  // namespace cunju
