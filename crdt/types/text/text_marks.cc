// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_marks.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
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

/// Whether one confirmation has read an edit of A and an edit of B, for rising edits of A. A
/// confirmation reads so many changes of each.
class Covered {
 public:
  explicit Covered(std::vector<std::pair<std::uint64_t, std::uint64_t>> read)
      : read_(std::move(read)) {
    std::ranges::sort(read_);
    // Of those that have read as much of A or more, the one that has read most of B.
    std::uint64_t most = 0;
    for (auto it = read_.rbegin(); it != read_.rend(); ++it) {
      most = std::max(most, it->second);
      it->second = most;
    }
  }
  bool operator()(Seq a, Seq b) {
    while (at_ < read_.size() && read_[at_].first <= a.value) ++at_;
    return at_ < read_.size() && read_[at_].second > b.value;
  }

 private:
  std::vector<std::pair<std::uint64_t, std::uint64_t>> read_;
  std::size_t at_ = 0;
};

class Meetings {
 public:
  explicit Meetings(const TextEvents& events) : edits_(events.edits), left_out_(events.left_out) {
    std::map<AuthorKey, Line> lines;
    for (std::size_t i = 0; i < edits_.size(); ++i) lines[edits_[i].dot.author].push_back(i);
    for (auto& [author, line] : lines) {
      std::ranges::sort(line, {}, [&](std::size_t edit) { return edits_[edit].dot.seq; });
      lines_.push_back(std::move(line));
    }
    confirmations_ = last_of_each_author(events.confirmations);
    for (const TextEvent& confirmation : confirmations_)
      counts_.push_back(count_read(confirmation));
  }

  /// visit(a, b) for each edit a of one author and the last edit b of another that lacks it, when
  /// they are concurrent and not covered, until it says false. When any of the other's edits makes
  /// such a pair with a, then so does that last one.
  template <class Visit>
  void visit(const Visit& visit) const {
    for (std::size_t a = 0; a < lines_.size(); ++a)
      for (std::size_t b = a + 1; b < lines_.size(); ++b)
        if (!visit_lines(a, b, visit)) return;
  }

  /// visit(passed, by) for each edit that stands and one that passes over it, when they are not
  /// covered, until it says false. For all the others, to be an ancestor is to be seen.
  template <class Visit>
  void visit_passed(const Visit& visit) const {
    for (std::size_t by = 0; by < edits_.size(); ++by) {
      if (edits_[by].passed == nullptr) continue;
      for (const DotRange& range : edits_[by].passed->ranges) {
        const std::optional<std::size_t> line = find_line(range.line);
        if (!line) continue;
        for (auto at = first_from(lines_[*line], range.first);
             at != lines_[*line].end() && edits_[*at].dot.seq <= range.last; ++at) {
          if (!is_covered(*at, by) && !visit(*at, by)) return;
        }
      }
    }
  }

  /// visit(edit) for the last edit of each line that rests on something left out unread, until it
  /// says false.
  template <class Visit>
  void visit_resting(const Visit& visit) const {
    for (const TextEvent& left_out : left_out_) {
      for (const Line& line : lines_) {
        // Passing over it is a part of each edit's load, so looking past those costs no more.
        const auto last = std::ranges::find_if_not(
            line.rbegin(), line.rend(),
            [&](std::size_t edit) { return edits_[edit].passes(left_out.dot); });
        if (last == line.rend() || !has_seen_dot(*last, left_out.dot)) continue;
        bool is_read = false;
        for (std::size_t k = 0; k < confirmations_.size() && !is_read; ++k)
          is_read = confirmations_[k].passes(left_out.dot) && reads(k, *last);
        if (!is_read && !visit(*last)) return;
      }
    }
  }

  const Dot& dot(std::size_t edit) const { return edits_[edit].dot; }
  bool has_seen(std::size_t edit, std::size_t other) const {
    return has_seen_dot(edit, edits_[other].dot);
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
  bool visit_lines(std::size_t of_a, std::size_t of_b, const Visit& visit) const {
    const Line &a_line = lines_[of_a], &b_line = lines_[of_b];
    std::vector<std::pair<std::uint64_t, std::uint64_t>> read;
    for (const std::vector<std::uint64_t>& counts : counts_)
      read.emplace_back(counts[of_a], counts[of_b]);
    Covered is_covered(std::move(read));
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

  bool has_seen_dot(std::size_t edit, const Dot& other) const {
    return edits_[edit].clock->covers(other);
  }
  const TextEvent& first_edit(const Line& line) const { return edits_[line.front()]; }
  std::optional<std::size_t> find_line(const AuthorKey& name) const {
    const auto at = std::ranges::lower_bound(
        lines_, name, {}, [&](const Line& line) { return first_edit(line).dot.author; });
    if (at == lines_.end() || first_edit(*at).dot.author != name) return std::nullopt;
    return static_cast<std::size_t>(at - lines_.begin());
  }
  Line::const_iterator first_from(const Line& line, Seq seq) const {
    return std::ranges::lower_bound(line, seq, {},
                                    [&](std::size_t edit) { return edits_[edit].dot.seq; });
  }
  /// The first edit of the line that the confirmation passes over.
  const TextEvent* first_passed(const TextEvent& confirmation, const Line& line) const {
    for (const DotRange& range : confirmation.passed->of(first_edit(line).dot.author)) {
      const auto at = first_from(line, range.first);
      if (at != line.end() && edits_[*at].dot.seq <= range.last) return &edits_[*at];
    }
    return nullptr;
  }
  /// So many of each line's changes the confirmation has read, as bounds for sequence numbers.
  std::vector<std::uint64_t> count_read(const TextEvent& confirmation) const {
    std::vector<std::uint64_t> out;
    for (const Line& line : lines_)
      out.push_back(seen_of(*confirmation.clock, first_edit(line).dot.author));
    if (confirmation.passed == nullptr) return out;
    for (const Line& line : lines_) {
      const TextEvent* passed = first_passed(confirmation, line);
      if (passed == nullptr) continue;
      // Nor has it read what the author wrote behind that, on whatever line.
      for (std::size_t i = 0; i < lines_.size(); ++i) {
        if (first_edit(lines_[i]).author != passed->author) continue;
        const auto behind = std::ranges::partition_point(
            lines_[i], [&](std::size_t edit) { return !has_seen_dot(edit, passed->dot); });
        if (behind != lines_[i].end()) out[i] = std::min(out[i], edits_[*behind].dot.seq.value);
      }
    }
    return out;
  }
  bool reads(std::size_t confirmation, std::size_t edit) const {
    const Dot& dot = edits_[edit].dot;
    return counts_[confirmation][*find_line(dot.author)] > dot.seq.value;
  }
  bool is_covered(std::size_t a, std::size_t b) const {
    const std::size_t of_a = *find_line(dot(a).author), of_b = *find_line(dot(b).author);
    return std::ranges::any_of(counts_, [&](const std::vector<std::uint64_t>& counts) {
      return counts[of_a] > dot(a).seq.value && counts[of_b] > dot(b).seq.value;
    });
  }

  std::span<const TextEvent> edits_, left_out_;
  std::vector<Line> lines_;
  std::vector<TextEvent> confirmations_;
  std::vector<std::vector<std::uint64_t>> counts_;  ///< count_read() of each confirmation.
};

}  // namespace

std::vector<TextEvent> last_of_each_author(std::span<const TextEvent> events) {
  // What an author's confirmation has seen, the author's next one has seen too. Of a forked log
  // each branch has a last one.
  std::map<AuthorKey, std::vector<TextEvent>> last;
  for (const TextEvent& event : events) {
    std::vector<TextEvent>& own = last[event.author];
    std::erase_if(own, [&](const TextEvent& other) { return event.clock->covers(other.dot); });
    own.push_back(event);
  }
  std::vector<TextEvent> out;
  for (const auto& [author, own] : last) out.insert(out.end(), own.begin(), own.end());
  return out;
}

bool has_unread_meeting(const TextEvents& events) {
  bool out = false;
  const auto stop = [&](auto...) {
    out = true;
    return false;
  };
  const Meetings meetings(events);
  meetings.visit(stop);
  if (!out) meetings.visit_passed(stop);
  if (!out) meetings.visit_resting(stop);
  return out;
}

std::vector<std::size_t> find_unread_sides(const TextEvents& events) {
  std::set<std::size_t> out;
  const Meetings meetings(events);
  std::map<std::pair<AuthorKey, AuthorKey>, std::pair<std::size_t, std::size_t>> last_of_lines;
  meetings.visit([&](std::size_t a, std::size_t b) {
    if (meetings.all_know(a, b) && meetings.all_know(b, a)) out.insert({a, b});
    last_of_lines[{meetings.dot(a).author, meetings.dot(b).author}] = {a, b};
    return true;
  });
  if (out.empty())
    for (const auto& [lines, pair] : last_of_lines) out.insert({pair.first, pair.second});
  // Of the pairs of an edit and a passer the last on either line.
  using LastOn = std::map<std::pair<std::size_t, AuthorKey>, std::size_t>;
  LastOn last_passer, last_passed;
  const auto last_of = [&](LastOn& last, std::size_t of, std::size_t on) -> std::size_t& {
    return last.try_emplace({of, meetings.dot(on).author}, on).first->second;
  };
  const auto keep_later = [&](std::size_t& kept, std::size_t other) {
    if (meetings.dot(kept).seq < meetings.dot(other).seq) kept = other;
  };
  meetings.visit_passed([&](std::size_t passed, std::size_t by) {
    keep_later(last_of(last_passer, passed, by), by);
    keep_later(last_of(last_passed, by, passed), passed);
    return true;
  });
  meetings.visit_passed([&](std::size_t passed, std::size_t by) {
    if (last_of(last_passer, passed, by) == by && last_of(last_passed, by, passed) == passed)
      out.insert({passed, by});
    return true;
  });
  meetings.visit_resting([&](std::size_t edit) {
    out.insert(edit);
    return true;
  });
  return {out.begin(), out.end()};
}

}  // namespace cunju
