// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_versions.h"

#include <algorithm>

namespace cunju {

void TextVersions::start(const TextStretch& stretch) {
  begin_ = stretch.begin;
  places_.assign(stretch.end - stretch.begin, Place{});
  lines_.clear();
  at_hand_.clear();
  steps_ = 0;
  find_needed(stretch);
}

void TextVersions::find_needed(const TextStretch& stretch) {
  needed_.assign(stretch.end - stretch.begin, false);
  for (TextPosition at = stretch.end; at-- > stretch.begin;) {
    const TextNodeIndex node = plan_.order()[at];
    if (history_.edits_text(node)) needed_[at - begin_] = true;
    if (!needed_[at - begin_]) continue;
    for (TextNodeIndex parent : history_.parents(node)) {
      const TextPosition up = plan_.position_of(parent);
      if (up >= begin_) needed_[up - begin_] = true;
    }
  }
}

std::uint32_t TextVersions::count_in(std::span<const Seen> seen, std::uint32_t line) {
  const auto at = std::ranges::lower_bound(seen, line, {}, &Seen::line);
  return at != seen.end() && at->line == line ? at->count : 0;
}

bool TextVersions::raise(std::uint32_t line, Seen what) {
  ++steps_;
  std::vector<Seen>& seen = lines_[line].seen;
  auto at = std::ranges::lower_bound(seen, what.line, {}, &Seen::line);
  if (at == seen.end() || at->line != what.line) at = seen.insert(at, {what.line, 0});
  if (at->count >= what.count) return false;
  at->count = what.count;
  return true;
}

std::uint32_t TextVersions::take_line(TextPosition position) {
  const TextNodeIndex node = plan_.order()[position];
  std::uint32_t line = kNoLine;
  for (TextNodeIndex parent : history_.parents(node)) {
    const TextPosition up = plan_.position_of(parent);
    if (up < begin_ || place(up).count != lines_[place(up).line].changes.size()) continue;
    line = place(up).line;
    if (history_.node(parent).author == history_.node(node).author) break;
  }
  if (line != kNoLine) return line;
  lines_.emplace_back();
  return static_cast<std::uint32_t>(lines_.size() - 1);
}

void TextVersions::learn(std::uint32_t line, Place parent) {
  // Who has seen a change of a line has seen what that change had seen.
  const std::uint32_t known = count_in(lines_[line].seen, parent.line);
  ++steps_;
  if (known >= parent.count) return;
  const auto by = static_cast<std::uint32_t>(lines_[line].changes.size() + 1);
  auto note = [&](Seen what) {
    if (raise(line, what)) lines_[line].log.push_back({by, what});
  };
  note({parent.line, parent.count});
  const std::vector<Learned>& log = lines_[parent.line].log;
  auto at = std::ranges::upper_bound(log, known, {}, &Learned::by);
  for (; at != log.end() && at->by <= parent.count; ++at) note(at->what);
}

void TextVersions::add(TextPosition position) {
  if (!needed_[position - begin_]) return;
  const std::uint32_t line = take_line(position);
  for (TextNodeIndex parent : history_.parents(plan_.order()[position])) {
    const TextPosition up = plan_.position_of(parent);
    if (up >= begin_ && place(up).line != line) learn(line, place(up));
  }
  lines_[line].changes.push_back(position);
  const auto count = static_cast<std::uint32_t>(lines_[line].changes.size());
  raise(line, {line, count});
  place(position) = {line, count};
}

void TextVersions::append(std::uint32_t line, std::uint32_t from, std::uint32_t to,
                          std::vector<TextRange>& out) {
  const std::vector<TextPosition>& changes = lines_[line].changes;
  for (; from < to; ++from) {
    ++steps_;
    if (!out.empty() && out.back().end == changes[from]) {
      ++out.back().end;
    } else {
      out.push_back({changes[from], changes[from] + 1});
    }
  }
}

void TextVersions::move_to(TextPosition position, std::vector<TextRange>& only_before,
                           std::vector<TextRange>& only_after) {
  const Place here = place(position);
  const std::vector<Seen>& seen = lines_[here.line].seen;
  auto had = at_hand_.begin();
  auto has = seen.begin();
  while (had != at_hand_.end() || has != seen.end()) {
    ++steps_;
    std::uint32_t line = had == at_hand_.end() ? has->line : had->line;
    if (has != seen.end()) line = std::min(line, has->line);
    const std::uint32_t before = had != at_hand_.end() && had->line == line ? (had++)->count : 0;
    std::uint32_t after = has != seen.end() && has->line == line ? (has++)->count : 0;
    if (line == here.line) --after;
    append(line, after, before, only_before);
    append(line, before, after, only_after);
  }
  at_hand_ = seen;
}

}  // namespace cunju
