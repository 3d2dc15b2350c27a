// SPDX-License-Identifier: Apache-2.0
#include "net/sync/head_sketch.h"

#include <algorithm>
#include <map>
#include <set>

#include "crdt/base/limits.h"

namespace cunju::sync {

Result<void> HeadSketch::take(Port& port, std::span<const SpaceId> spaces,
                              std::span<const wire::SpaceToken> tokens, std::size_t expected) {
  spaces_ = spaces.size();
  items_.reserve(spaces_ + expected);
  origins_.reserve(spaces_ + expected);
  for (std::uint32_t at = 0; at < spaces_; ++at) {
    items_.push_back(tags_.presence(tokens[at]));
    origins_.push_back({.space = at, .is_space = true, .author = {}});
  }
  CUNJU_TRY(position_, port.scan_heads(spaces, [&](std::size_t at, const AuthorHead& head) {
    items_.push_back(tags_.item(tokens[at], head));
    origins_.push_back({.space = static_cast<std::uint32_t>(at), .author = head.author});
  }));
  return ok();
}

wire::Symbols HeadSketch::draw(std::size_t count) {
  wire::Symbols out{.items = static_cast<std::uint32_t>(items_.size()),
                    .symbols = draw_symbols(items_, drawn_, count)};
  drawn_ += count;
  return out;
}

void HeadSketch::add(const wire::Symbols& symbols) {
  peer_items_ = symbols.items;
  solver_.add(symbols.symbols, draw_symbols(items_, solver_.size(), symbols.symbols.size()));
}

std::size_t HeadSketch::wanted() const {
  const double surplus = static_cast<double>(peer_items_) - static_cast<double>(items_.size());
  const auto estimate = static_cast<std::size_t>(solver_.estimate(surplus));
  const std::size_t size = solver_.size();
  // A handful of symbols may be off by half; too few cost a round trip, too many their bytes.
  if (size <= limits::kFirstSymbols) return size + std::max(size, estimate / 2);
  return std::max(estimate + estimate / 4, size + size / 10 + 4);
}

template <class Visit>
void HeadSketch::visit_tagged(std::span<const wire::HeadItem> items, Visit&& visit) const {
  // Nearly all heads are none of them, and are passed over by one bit.
  constexpr std::size_t kBits = 1 << 16;
  std::vector<bool> some(kBits);
  for (const wire::HeadItem& item : items) some[item.author % kBits] = true;
  for (std::size_t at = 0; at < items_.size(); ++at)
    if (some[items_[at].author % kBits]) visit(items_[at], origins_[at]);
}

std::optional<Split> HeadSketch::solve() const {
  std::optional<std::vector<wire::HeadItem>> difference = solver_.solve();
  if (!difference) return std::nullopt;
  Split out;
  std::set<wire::HeadItem> rest(difference->begin(), difference->end());
  visit_tagged(*difference, [&](const wire::HeadItem& item, const Origin&) {
    if (rest.erase(item) > 0) out.ours.push_back(item);
  });
  out.theirs.assign(rest.begin(), rest.end());
  if (peer_items_ + out.ours.size() != items_.size() + out.theirs.size()) return std::nullopt;
  return out;
}

wire::Difference HeadSketch::describe(const Split& split) const {
  struct Counts {
    std::size_t here = 0, ours = 0, theirs = 0;
  };
  std::map<std::uint32_t, Counts> counts;
  for (const wire::HeadItem& item : split.theirs) ++counts[item.author].theirs;
  for (const wire::HeadItem& item : split.ours) ++counts[item.author].ours;
  visit_tagged(split.ours, [&](const wire::HeadItem& item, const Origin&) {
    if (auto found = counts.find(item.author); found != counts.end()) ++found->second.here;
  });
  const auto is_changed = [&](const wire::HeadItem& item) {
    const Counts& all = counts[item.author];
    return all.here == 1 && all.ours == 1 && all.theirs == 1;
  };
  wire::Difference out;
  for (const wire::HeadItem& item : split.ours)
    (is_changed(item) ? out.changed : out.added).push_back(item);
  for (const wire::HeadItem& item : split.theirs)
    if (!is_changed(item)) out.lacking.push_back(item.name());
  return out;
}

Split HeadSketch::read(const wire::Difference& difference) const {
  Split out;
  std::set<std::uint32_t> changed;
  for (const wire::HeadItem& item : difference.changed) changed.insert(item.author);
  std::vector<wire::HeadItem> named = difference.changed;
  for (const wire::HeadName& name : difference.lacking)
    named.push_back({.author = name.author, .head = name.head, .seq = 0});
  const std::set<wire::HeadName> lacking(difference.lacking.begin(), difference.lacking.end());
  visit_tagged(named, [&](const wire::HeadItem& item, const Origin&) {
    if (changed.contains(item.author) || lacking.contains(item.name())) out.ours.push_back(item);
  });
  out.theirs = difference.changed;
  out.theirs.insert(out.theirs.end(), difference.added.begin(), difference.added.end());
  return out;
}

Findings HeadSketch::find(const Split& split) const {
  Findings out;
  out.is_shared.assign(spaces_, true);
  std::vector<wire::HeadItem> all = split.theirs;
  all.insert(all.end(), split.ours.begin(), split.ours.end());
  std::map<std::uint32_t, std::vector<wire::HeadItem>> theirs;
  for (const wire::HeadItem& item : split.theirs) theirs[item.author].push_back(item);
  std::set<std::uint32_t> concerned;
  for (const wire::HeadItem& item : all) concerned.insert(item.author);
  const std::set<wire::HeadItem> ours(split.ours.begin(), split.ours.end());

  std::map<std::uint32_t, std::vector<std::size_t>> logs;  // By tag, in `out.logs`.
  visit_tagged(all, [&](const wire::HeadItem& item, const Origin& origin) {
    if (!concerned.contains(item.author)) return;
    const bool is_ours = ours.contains(item);
    if (origin.is_space) {
      if (is_ours) out.is_shared[origin.space] = false;
      return;
    }
    std::vector<std::size_t>& same = logs[item.author];
    auto found = std::ranges::find_if(same, [&](std::size_t at) {
      return out.logs[at].space == origin.space && out.logs[at].author == origin.author;
    });
    if (found == same.end()) {
      same.push_back(out.logs.size());
      found = std::prev(same.end());
      out.logs.push_back({.space = origin.space, .author = origin.author});
    }
    LogDifference& log = out.logs[*found];
    if (is_ours) {
      log.is_ours = true;
    } else {
      log.common.push_back(item);
    }
  });
  for (const auto& [tag, same] : logs) {
    for (std::size_t at : same) out.logs[at].is_ambiguous = same.size() > 1;
    if (auto found = theirs.find(tag); found != theirs.end() && same.size() == 1)
      out.logs[same.front()].theirs = found->second;
  }
  for (const auto& [tag, items] : theirs)
    if (!logs.contains(tag)) out.strange.insert(out.strange.end(), items.begin(), items.end());
  return out;
}

}  // namespace cunju::sync
