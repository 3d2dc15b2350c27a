// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_lines.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <utility>

#include "crdt/base/check.h"

namespace cunju {

void TextLines::add(const Dot& dot, const VersionVector& clock, TextNodeIndex node) {
  CUNJU_CHECK(node == clocks_.size(), "nodes are numbered in the order in which they are added");
  lines_[dot.author].push_back({dot.seq, node});
  clocks_.push_back(&clock);
}

std::vector<TextNodeIndex> TextLines::heads_of(const VersionVector& version) const {
  std::vector<std::pair<TextNodeIndex, Dot>> last;
  for (const Dot& dot : version) {
    const auto line = lines_.find(dot.author);
    if (line == lines_.end()) continue;
    const auto behind = std::ranges::upper_bound(line->second, dot.seq, {}, &Place::seq);
    if (behind == line->second.begin()) continue;
    const Place& place = *std::prev(behind);
    last.emplace_back(place.node, Dot{dot.author, place.seq});
  }
  // What has others below it has a higher number.
  std::ranges::sort(last, std::ranges::greater{});
  std::vector<TextNodeIndex> out;
  VersionVector known;
  for (const auto& [node, dot] : last) {
    if (known.covers(dot)) continue;
    out.push_back(node);
    known.merge(*clocks_[node]);
  }
  return out;
}

std::vector<TextNodeIndex> TextLines::find(const PassedDots& passed) const {
  std::vector<TextNodeIndex> out;
  for (const DotRange& range : passed.ranges) {
    const auto line = lines_.find(range.line);
    if (line == lines_.end()) continue;
    auto at = std::ranges::lower_bound(line->second, range.first, {}, &Place::seq);
    for (; at != line->second.end() && at->seq <= range.last; ++at) out.push_back(at->node);
  }
  return out;
}

}  // namespace cunju
