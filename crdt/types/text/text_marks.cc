// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_marks.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

namespace cunju {
namespace {

/// Indices of one author's edits, by rising sequence number.
using Line = std::vector<std::size_t>;

/// How many of an author's changes a version vector has, as a bound for sequence numbers.
std::uint64_t seen_of(const VersionVector& clock, const AuthorKey& author) {
  const auto at = std::ranges::lower_bound(clock, author, {}, &Dot::author);
  return at == clock.end() || at->author != author ? 0 : at->seq.value + 1;
}

/// Whether one confirmation has seen an edit of A and an edit of B, for rising edits of A.
class Covered {
 public:
  Covered(std::span<const TextEvent> confirmations, const AuthorKey& a, const AuthorKey& b) {
    for (const TextEvent& confirmation : confirmations)
      seen_.emplace_back(seen_of(*confirmation.clock, a), seen_of(*confirmation.clock, b));
    std::ranges::sort(seen_);
    // Of those that have seen as much of A or more, the one that has seen most of B.
    std::uint64_t most = 0;
    for (auto it = seen_.rbegin(); it != seen_.rend(); ++it) {
      most = std::max(most, it->second);
      it->second = most;
    }
  }
  bool operator()(Seq a, Seq b) {
    while (at_ < seen_.size() && seen_[at_].first <= a.value) ++at_;
    return at_ < seen_.size() && seen_[at_].second > b.value;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> seen_;
  std::size_t at_ = 0;
};

class Meetings {
 public:
  Meetings(std::span<const TextEvent> edits, std::span<const TextEvent> confirmations)
      : edits_(edits) {
    std::map<AuthorKey, Line> lines;
    for (std::size_t i = 0; i < edits.size(); ++i) lines[edits[i].dot.author].push_back(i);
    for (auto& [author, line] : lines) {
      std::ranges::sort(line, {}, [&](std::size_t edit) { return edits[edit].dot.seq; });
      lines_.push_back(std::move(line));
    }
    // What an author's confirmation has seen, the author's next one has seen too.
    std::map<AuthorKey, TextEvent> last;
    for (const TextEvent& confirmation : confirmations) {
      TextEvent& known = last[confirmation.dot.author];
      if (known.clock == nullptr || known.dot.seq < confirmation.dot.seq) known = confirmation;
    }
    for (const auto& [author, confirmation] : last) confirmations_.push_back(confirmation);
  }

  /// visit(a, b) for each edit a of one author and the last edit b of another that lacks it, when
  /// they are concurrent and not covered, until it says false. When any of the other's edits makes
  /// such a pair with a, then so does that last one.
  template <class Visit>
  void visit(const Visit& visit) const {
    for (std::size_t a = 0; a < lines_.size(); ++a)
      for (std::size_t b = a + 1; b < lines_.size(); ++b)
        if (!visit_lines(lines_[a], lines_[b], visit)) return;
  }

  bool has_seen(std::size_t edit, std::size_t other) const {
    return edits_[edit].clock->covers(edits_[other].dot);
  }
  /// Whether every edit that has seen `edit` has seen `other`: each author's first one has.
  bool all_know(std::size_t edit, std::size_t other) const {
    return std::ranges::all_of(lines_, [&](const Line& line) {
      const auto first = std::ranges::partition_point(
          line, [&](std::size_t later) { return later == edit || !has_seen(later, edit); });
      return first == line.end() || has_seen(*first, other);
    });
  }

 private:
  template <class Visit>
  bool visit_lines(const Line& a_line, const Line& b_line, const Visit& visit) const {
    Covered is_covered(confirmations_, edits_[a_line.front()].dot.author,
                       edits_[b_line.front()].dot.author);
    std::size_t lacking = 0;
    for (std::size_t a : a_line) {
      while (lacking < b_line.size() && !has_seen(b_line[lacking], a)) ++lacking;
      if (lacking == 0) continue;
      const std::size_t b = b_line[lacking - 1];
      if (has_seen(a, b) || is_covered(edits_[a].dot.seq, edits_[b].dot.seq)) continue;
      if (!visit(a, b)) return false;
    }
    return true;
  }

  std::span<const TextEvent> edits_;
  std::vector<Line> lines_;
  std::vector<TextEvent> confirmations_;
};

}  // namespace

bool has_unread_meeting(std::span<const TextEvent> edits,
                        std::span<const TextEvent> confirmations) {
  bool out = false;
  Meetings(edits, confirmations).visit([&](std::size_t, std::size_t) {
    out = true;
    return false;
  });
  return out;
}

std::vector<std::size_t> find_unread_sides(std::span<const TextEvent> edits,
                                           std::span<const TextEvent> confirmations) {
  std::set<std::size_t> out;
  const Meetings meetings(edits, confirmations);
  meetings.visit([&](std::size_t a, std::size_t b) {
    if (meetings.all_know(a, b) && meetings.all_know(b, a)) out.insert({a, b});
    return true;
  });
  return {out.begin(), out.end()};
}

}  // namespace cunju
