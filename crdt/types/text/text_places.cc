// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_places.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace cunju {
namespace {

/// Whether `a` is `b`, or an ancestor of it.
bool is_at_or_below(const TextPlace& a, const TextPlace& b) { return b.clock->covers(a.dot); }

/// Overlapping ranges become one, and all ascend.
void unite(std::vector<DotRange>& ranges) {
  std::ranges::sort(ranges, {}, [](const DotRange& range) {
    return std::tie(range.line, range.first, range.last);
  });
  std::vector<DotRange> out;
  for (const DotRange& range : ranges) {
    if (!out.empty() && out.back().line == range.line && range.first <= out.back().last) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  ranges = std::move(out);
}

}  // namespace

bool PassedDots::covers(const Dot& dot) const {
  const auto behind = std::ranges::partition_point(ranges, [&](const DotRange& range) {
    return std::tie(range.line, range.first) <= std::tie(dot.author, dot.seq);
  });
  if (behind == ranges.begin()) return false;
  const DotRange& range = *(behind - 1);
  return range.line == dot.author && dot.seq <= range.last;
}

std::span<const DotRange> PassedDots::of(const AuthorKey& line) const {
  return {std::ranges::lower_bound(ranges, line, {}, &DotRange::line),
          std::ranges::upper_bound(ranges, line, {}, &DotRange::line)};
}

void TextPlaces::add(const TextPlace& place) {
  if (!by_id_.emplace(place.id, places_.size()).second) return;
  lines_[place.author][place.dot.author].push_back(places_.size());
  places_.push_back(place);
}

PassedDots TextPlaces::read(const TextPassed& passed, const VersionVector& ancestors) const {
  PassedDots out;
  for (const TextPassedRange& range : passed.ranges) {
    const auto first_at = by_id_.find(range.first), last_at = by_id_.find(range.last);
    if (first_at == by_id_.end() || last_at == by_id_.end()) continue;
    const TextPlace& first = places_[first_at->second];
    const TextPlace& last = places_[last_at->second];
    if (first.author != last.author || !ancestors.covers(last.dot) || !is_at_or_below(first, last))
      continue;
    for (const auto& [name, line] : lines_.find(first.author)->second) {
      const auto begin = std::ranges::partition_point(
          line, [&](std::size_t at) { return !is_at_or_below(first, places_[at]); });
      const auto end = std::ranges::partition_point(
          line, [&](std::size_t at) { return is_at_or_below(places_[at], last); });
      if (begin >= end) continue;
      out.ranges.push_back(
          {.line = name, .first = places_[*begin].dot.seq, .last = places_[*(end - 1)].dot.seq});
    }
  }
  unite(out.ranges);
  return out;
}

TextPassed make_text_passed(std::vector<TextPlace> passed, std::vector<TextPlace> kept) {
  std::ranges::sort(passed, {}, &TextPlace::dot);
  std::ranges::sort(kept, {}, &TextPlace::dot);
  std::map<AuthorKey, AuthorKey> line_of;
  std::set<AuthorKey> forked;
  for (const std::vector<TextPlace>* places : {&passed, &kept})
    for (const TextPlace& place : *places)
      if (line_of.emplace(place.author, place.dot.author).first->second != place.dot.author)
        forked.insert(place.author);
  std::vector<const TextPlace*> beside;
  for (const TextPlace& place : kept)
    if (forked.contains(place.author)) beside.push_back(&place);
  // Between two changes of a line stand those of the line, and of the author's other lines those
  // that the later one had met.
  const auto names_kept = [&](const TextPlace& first, const TextPlace& last) {
    const auto on_line = std::ranges::upper_bound(kept, first.dot, {}, &TextPlace::dot);
    if (on_line != kept.end() && on_line->dot < last.dot) return true;
    return std::ranges::any_of(beside, [&](const TextPlace* other) {
      return other->author == first.author && other->dot.author != first.dot.author &&
             is_at_or_below(first, *other) && is_at_or_below(*other, last);
    });
  };
  TextPassed out;
  const TextPlace* first = nullptr;
  for (const TextPlace& place : passed) {
    if (first != nullptr && first->dot.author == place.dot.author && !names_kept(*first, place)) {
      out.ranges.back().last = place.id;
      continue;
    }
    first = &place;
    out.ranges.push_back({.first = place.id, .last = place.id});
  }
  std::ranges::sort(out.ranges, {}, &TextPassedRange::first);
  return out;
}

}  // namespace cunju
