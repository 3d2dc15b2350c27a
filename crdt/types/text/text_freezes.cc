// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_freezes.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <span>
#include <utility>

namespace cunju {

void FreezeRegister::add(const Act& act) {
  const auto [at, is_new] = numbers_.try_emplace(act.event.dot.author, lines_.size());
  if (is_new) lines_.emplace_back();
  lines_[at->second].push_back(act);
}

void FreezeRegister::finish() {
  std::vector<const Act*> last;
  for (const Line& line : lines_) {
    const auto standing = std::ranges::find_if_not(line.rbegin(), line.rend(), &Act::is_left_out);
    if (standing != line.rend()) last.push_back(&*standing);
  }
  // Whatever answers an act is deeper than it.
  std::ranges::stable_sort(last, std::ranges::greater(), &Act::depth);
  VersionVector answered;
  for (const Act* act : last) {
    ++steps_;
    if (answered.covers(act->event.dot)) continue;
    answered.merge(*act->event.clock);
    if (act->freezes) in_force_.push_back(act);
  }
}

FreezeRegister::Seen FreezeRegister::seen_by(const TextEvent& edit) const {
  Seen out(lines_.size());
  for (const auto& [author, number] : numbers_) {
    const Line& line = lines_[number];
    auto end = std::ranges::partition_point(line, [&](const Act& act) {
      const Dot& dot = act.event.dot;
      return dot != edit.dot && edit.clock->covers(dot);
    });
    // Of the last ones that are passed over, a range is left behind at one go.
    auto passed = edit.passed == nullptr ? std::span<const DotRange>() : edit.passed->of(author);
    for (; !passed.empty() && end != line.begin(); passed = passed.first(passed.size() - 1)) {
      const Seq last = std::prev(end)->event.dot.seq;
      if (passed.back().last < last) break;
      end = std::partition_point(line.begin(), end, [&](const Act& act) {
        return act.event.dot.seq < passed.back().first;
      });
    }
    out[number] = static_cast<std::size_t>(end - line.begin());
  }
  return out;
}

bool FreezeRegister::is_vain(const TextEvent& edit) const {
  if (lines_.empty()) return false;
  Seen seen = seen_by(edit);
  // Somebody's first edit has mostly seen what was written last.
  Known& known = known_.try_emplace(edit.dot.author, newest_).first->second;
  if (known.seen != seen) {
    advance(known, std::move(seen));
    newest_ = known;
  }
  return std::ranges::any_of(
      known.open, [&](std::size_t line) { return lines_[line][known.seen[line] - 1].freezes; });
}

/// An act that was answered stays so while more is seen, and one that was not is answered by what
/// is seen besides, or by nothing. What was passed over has been answered by what came after it all
/// the same, as the register of the record's state has it (RecordState::is_frozen).
void FreezeRegister::advance(Known& known, Seen seen) const {
  const bool is_more = known.seen.size() == seen.size() &&
                       std::ranges::equal(known.seen, seen, std::ranges::less_equal());
  if (!is_more) known = {.seen = Seen(seen.size()), .open = {}};
  std::vector<std::size_t> candidates;
  std::vector<bool> is_new(seen.size());
  for (std::size_t line = 0; line < seen.size(); ++line) {
    is_new[line] = seen[line] != known.seen[line];
    if (is_new[line]) candidates.push_back(line);
  }
  std::ranges::copy_if(known.open, std::back_inserter(candidates),
                       [&](std::size_t line) { return !is_new[line]; });
  const auto last_of = [&](std::size_t line) -> const Act& { return lines_[line][seen[line] - 1]; };
  // Whatever answers an act is deeper than it.
  std::ranges::stable_sort(candidates, std::ranges::greater(),
                           [&](std::size_t line) { return last_of(line).depth; });
  known.open.clear();
  for (std::size_t line : candidates) {
    const bool is_answered = std::ranges::any_of(known.open, [&](std::size_t other) {
      if (!is_new[line] && !is_new[other]) return false;
      ++steps_;
      return last_of(other).event.clock->covers(last_of(line).event.dot);
    });
    if (!is_answered) known.open.push_back(line);
  }
  known.seen = std::move(seen);
}

bool FreezeRegister::is_missed(const TextEvent& edit) const {
  return std::ranges::any_of(in_force_, [&](const Act* act) { return !act->event.saw(edit.dot); });
}

bool FreezeRegister::is_disputed(const TextEvent& edit) const {
  const auto count =
      std::ranges::count_if(in_force_, [&](const Act* act) { return act->event.saw(edit.dot); });
  return count != 0 && static_cast<std::size_t>(count) != in_force_.size();
}

bool FreezeRegister::is_known_to(const TextEvent& event) const {
  return std::ranges::all_of(in_force_, [&](const Act* act) { return event.saw(act->event.dot); });
}

std::vector<const TextChange*> FreezeRegister::in_force() const {
  std::vector<const TextChange*> out;
  for (const Act* act : in_force_) out.push_back(act->change);
  return out;
}

}  // namespace cunju
