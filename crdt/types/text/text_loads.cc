// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_loads.h"

#include <algorithm>
#include <iterator>
#include <set>

#include "crdt/base/limits.h"

namespace cunju {

bool add_text_load(std::vector<TextLoad>& loads, const AuthorKey& author, std::uint64_t load) {
  if (load == 0) return true;
  auto at = std::ranges::lower_bound(loads, author, {}, &TextLoad::author);
  if (at == loads.end() || at->author != author) at = loads.insert(at, {.author = author});
  at->load += load;
  return at->load <= limits::kMaxAuthorTextLoad;
}

void LineSums::add(const Dot& dot, std::uint64_t more) {
  if (more == 0) return;
  auto& line = lines_[dot.author];
  line.emplace_back(dot.seq, (line.empty() ? 0 : line.back().second) + more);
}

std::uint64_t LineSums::up_to(const Dot& dot) const {
  const auto line = lines_.find(dot.author);
  if (line == lines_.end()) return 0;
  const auto behind = std::ranges::partition_point(
      line->second, [&](const auto& sum) { return sum.first <= dot.seq; });
  return behind == line->second.begin() ? 0 : std::prev(behind)->second;
}

std::uint64_t LineSums::of(const PassedDots& passed) const {
  std::uint64_t out = 0;
  for (const DotRange& range : passed.ranges) {
    out += up_to({range.line, range.last});
    if (range.first.value != 0) out -= up_to({range.line, Seq{range.first.value - 1}});
  }
  return out;
}

std::uint64_t LineSums::of(const VersionVector& version) const {
  std::uint64_t out = 0;
  for (const Dot& dot : version) out += up_to(dot);
  return out;
}

void PassedCosts::add(const Dot& dot, const PassedCost& cost) {
  own_.add(dot, cost.own);
  erased_.add(dot, std::min(cost.erased, cost.below));
  // What is below rises along a line, so its steps add up to it.
  below_.add(dot, cost.below - below_.up_to(dot));
}

std::uint64_t PassedCosts::of(const PassedDots& passed) const {
  std::uint64_t out = own_.of(passed);
  for (auto at = passed.ranges.begin(); at != passed.ranges.end();) {
    const auto end = std::find_if(at, passed.ranges.end(),
                                  [&](const DotRange& range) { return range.line != at->line; });
    const PassedDots of_line{.ranges = {at, end}};
    out += std::min(erased_.of(of_line), below_.up_to({at->line, std::prev(end)->last}));
    at = end;
  }
  return out;
}

std::uint64_t TextShares::add(const TextPlace& place, std::uint64_t load) {
  if (load == 0) return 0;
  sums_.add(place.dot, load);
  std::set<AuthorKey>& lines = lines_[place.author];
  lines.insert(place.dot.author);
  std::uint64_t out = 0;
  for (const AuthorKey& line : lines) {
    const auto seen = std::ranges::lower_bound(*place.clock, line, {}, &Dot::author);
    if (seen != place.clock->end() && seen->author == line) out += sums_.up_to(*seen);
  }
  return out;
}

}  // namespace cunju
