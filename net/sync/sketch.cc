// SPDX-License-Identifier: Apache-2.0
#include "net/sync/sketch.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

namespace cunju::sync {
namespace {

/// The output function of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
/// generators", OOPSLA 2014).
std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
  value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
  return value ^ (value >> 31);
}

constexpr std::uint64_t kStep = 0x9E3779B97F4A7C15;

std::uint64_t tags_of(const wire::HeadItem& item) {
  return item.author | std::uint64_t{item.head} << 32;
}

std::uint64_t mix(const wire::HeadItem& item) { return mix(tags_of(item) + mix(item.seq + kStep)); }

/// The first symbols are looked at one by one: an item is in about every second of them.
constexpr std::size_t kDense = 8;

constexpr std::array<std::uint32_t, kDense> dense_bounds() {
  std::array<std::uint32_t, kDense> out{};
  for (std::uint32_t i = 0; i < kDense; ++i) out[i] = (2u << 16) / (2 + i);
  return out;
}

/// Bit i: whether the item is in symbol i. Without branches, because nothing could predict them.
std::uint32_t dense_places(std::uint64_t mixed) {
  constexpr std::array<std::uint32_t, kDense> kBounds = dense_bounds();
  constexpr std::size_t kRuns = 4;
  const std::array<std::uint64_t, 2> numbers{mix(mixed + kStep), mix(mixed + 2 * kStep)};
  std::uint32_t out = 1;
  for (std::size_t i = 1; i < kDense; ++i) {
    const auto run =
        static_cast<std::uint16_t>(numbers[(i - 1) / kRuns] >> (16 * ((i - 1) % kRuns)));
    out |= static_cast<std::uint32_t>(run < kBounds[i]) << i;
  }
  return out;
}

/// The symbols from kDense on that one item is in, ascending.
class LaterPlaces {
 public:
  LaterPlaces(std::uint64_t mixed, std::size_t end) : state_(mixed + 2 * kStep), end_(end) {
    advance();
  }

  bool is_at_end() const { return at_ >= end_; }
  std::size_t at() const { return at_; }
  void advance() {
    state_ += kStep;
    constexpr double kUnit = 1.0 / static_cast<double>(std::uint64_t{1} << 53);
    const double u = static_cast<double>((mix(state_) >> 11) + 1) * kUnit;
    const auto from = static_cast<double>(at_);
    // All of this is exact or correctly rounded in IEEE 754, so every machine gets the same.
    const double next = std::sqrt((from + 1) * (from + 2) / u + 0.25) - 1.5;
    if (next >= static_cast<double>(end_)) {
      at_ = end_;
      return;
    }
    const auto floor = static_cast<std::size_t>(next);
    const std::size_t ceiling = static_cast<double>(floor) < next ? floor + 1 : floor;
    at_ = std::max(ceiling, at_ + 1);
  }

 private:
  std::uint64_t state_;
  std::size_t end_;
  std::size_t at_ = kDense - 1;
};

void toggle(wire::Symbol& symbol, const wire::HeadItem& item, std::uint32_t check) {
  symbol.sum.author ^= item.author;
  symbol.sum.head ^= item.head;
  symbol.sum.seq ^= item.seq;
  symbol.check ^= check;
}

std::uint32_t check_of(std::uint64_t mixed) { return mixed & 0xFFFFFF; }

bool is_single(const wire::Symbol& symbol) {
  return (symbol.count == 1 || symbol.count == 0xFF) && symbol.check == check_of(mix(symbol.sum));
}

}  // namespace

namespace {

/// The symbols 0 ... kDense - 1 of many items. In words of 64 bits, which is half the work.
std::array<wire::Symbol, kDense> draw_dense(std::span<const wire::HeadItem> items) {
  std::array<std::uint64_t, kDense> tags{}, rests{};
  std::array<std::uint32_t, kDense> counts{};
  for (const wire::HeadItem& item : items) {
    const std::uint64_t mixed = mix(item);
    const std::uint32_t places = dense_places(mixed);
    const std::uint64_t tag = tags_of(item);
    const std::uint64_t rest = item.seq | std::uint64_t{check_of(mixed)} << 32;
    for (std::size_t i = 0; i < kDense; ++i) {
      const std::uint32_t is_in = places >> i & 1;
      const std::uint64_t mask = std::uint64_t{0} - is_in;
      tags[i] ^= tag & mask;
      rests[i] ^= rest & mask;
      counts[i] += is_in;
    }
  }
  std::array<wire::Symbol, kDense> out;
  for (std::size_t i = 0; i < kDense; ++i)
    out[i] = {.sum = {.author = static_cast<std::uint32_t>(tags[i]),
                      .head = static_cast<std::uint32_t>(tags[i] >> 32),
                      .seq = static_cast<std::uint32_t>(rests[i])},
              .check = static_cast<std::uint32_t>(rests[i] >> 32),
              .count = static_cast<std::uint8_t>(counts[i])};
  return out;
}

}  // namespace

std::vector<wire::Symbol> draw_symbols(std::span<const wire::HeadItem> items, std::size_t first,
                                       std::size_t count) {
  std::vector<wire::Symbol> out(count);
  const std::size_t end = first + count;
  if (first < kDense) {
    const std::array<wire::Symbol, kDense> dense = draw_dense(items);
    for (std::size_t i = first; i < std::min(end, kDense); ++i) out[i - first] = dense[i];
  }
  if (end <= kDense) return out;
  for (const wire::HeadItem& item : items) {
    const std::uint64_t mixed = mix(item);
    for (LaterPlaces place(mixed, end); !place.is_at_end(); place.advance()) {
      if (place.at() < first) continue;
      toggle(out[place.at() - first], item, check_of(mixed));
      ++out[place.at() - first].count;
    }
  }
  return out;
}

void SketchSolver::add(std::span<const wire::Symbol> theirs, std::span<const wire::Symbol> ours) {
  for (std::size_t i = 0; i < std::min(theirs.size(), ours.size()); ++i) {
    wire::Symbol left = theirs[i];
    toggle(left, ours[i].sum, ours[i].check);
    left.count = static_cast<std::uint8_t>(left.count - ours[i].count);
    difference_.push_back(left);
  }
}

std::optional<std::vector<wire::HeadItem>> SketchSolver::solve() const {
  std::vector<wire::Symbol> left = difference_;
  std::set<wire::HeadItem> found;
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < left.size(); ++i)
    if (is_single(left[i])) open.push_back(i);
  while (!open.empty()) {
    const wire::Symbol single = left[open.back()];
    open.pop_back();
    if (!is_single(single)) continue;
    // Made-up symbols could give the same item again and again.
    if (!found.insert(single.sum).second) return std::nullopt;
    const std::uint64_t mixed = mix(single.sum);
    const auto take_out = [&](std::size_t at) {
      wire::Symbol& symbol = left[at];
      toggle(symbol, single.sum, check_of(mixed));
      symbol.count = static_cast<std::uint8_t>(symbol.count - single.count);
      if (is_single(symbol)) open.push_back(at);
    };
    const std::uint32_t dense = dense_places(mixed);
    for (std::size_t at = 0; at < std::min(kDense, left.size()); ++at)
      if ((dense >> at & 1) != 0) take_out(at);
    for (LaterPlaces place(mixed, left.size()); !place.is_at_end(); place.advance())
      take_out(place.at());
  }
  if (!std::ranges::all_of(left,
                           [](const wire::Symbol& symbol) { return symbol == wire::Symbol(); }))
    return std::nullopt;
  return std::vector<wire::HeadItem>(found.begin(), found.end());
}

double SketchSolver::estimate(double surplus) const {
  // A symbol's count is a sum of +1 and -1 over the items that are in it, each with probability p:
  // its mean is p times the surplus and its variance p(1-p) times the number of items.
  double squares = 0, weights = 0;
  for (std::size_t i = 1; i < difference_.size(); ++i) {
    const double p = 1 / (1 + static_cast<double>(i) / 2);
    // Counts come modulo 2^8, so only how far they are from their mean can be told.
    const double mean = p * surplus;
    const auto rounded = static_cast<std::int64_t>(std::llround(mean));
    const auto off = static_cast<std::int8_t>(difference_[i].count - rounded);
    const double exact = off + (static_cast<double>(rounded) - mean);
    squares += exact * exact;
    weights += p * (1 - p);
  }
  return weights > 0 ? std::max(squares / weights, std::abs(surplus)) : std::abs(surplus);
}

}  // namespace cunju::sync
