// SPDX-License-Identifier: Apache-2.0
#include "node/text/sequence_diff.h"

#include <algorithm>
#include <cstdlib>

namespace cunju::text {
namespace {

// Below this many elements looking for strangers costs more than it saves.
constexpr std::size_t kMinFiltered = 256;
constexpr std::int32_t kNowhere = -1;

void add_run(std::vector<CommonRun>& out, CommonRun run) {
  if (run.length == 0) return;
  if (!out.empty()) {
    CommonRun& last = out.back();
    if (last.before_at + last.length == run.before_at &&
        last.after_at + last.length == run.after_at) {
      last.length += run.length;
      return;
    }
  }
  out.push_back(run);
}

std::vector<std::uint32_t> pick(Ids ids, const std::vector<std::uint32_t>& places) {
  std::vector<std::uint32_t> out;
  out.reserve(places.size());
  for (std::uint32_t place : places) out.push_back(ids[place]);
  return out;
}

std::size_t slot(std::int32_t diagonal) {
  return static_cast<std::size_t>(diagonal + SequenceDiff::kMaxDepth + 1);
}

std::uint32_t unsign(std::int32_t value) { return static_cast<std::uint32_t>(value); }

}  // namespace

// An element that the other side lacks can't be common: leaving such strangers out changes no
// answer and turns the worst case, two sequences with nothing in common, into no search at all.
std::vector<std::uint32_t> SequenceDiff::shared_places(Ids of, Ids other) {
  ++round_;
  for (std::uint32_t id : other) {
    if (id >= seen_.size()) seen_.resize(std::size_t{id} + 1);
    seen_[id] = round_;
  }
  std::vector<std::uint32_t> places;
  for (std::uint32_t at = 0; at < of.size(); ++at) {
    if (of[at] < seen_.size() && seen_[of[at]] == round_) places.push_back(at);
  }
  return places;
}

std::vector<CommonRun> SequenceDiff::common_runs(Ids before, Ids after) {
  std::vector<CommonRun> out;
  if (before.size() + after.size() < kMinFiltered) {
    search(before, after, out);
    return out;
  }
  // The ends first: without the strangers a replaced element in a row of equal ones would become
  // an insertion here and a deletion there.
  const std::size_t shorter = std::min(before.size(), after.size());
  std::uint32_t head = 0, tail = 0;
  while (head < shorter && before[head] == after[head]) ++head;
  while (tail < shorter - head &&
         before[before.size() - 1 - tail] == after[after.size() - 1 - tail]) {
    ++tail;
  }
  add_run(out, {0, 0, head});
  const Ids old_middle = before.subspan(head, before.size() - head - tail);
  const Ids new_middle = after.subspan(head, after.size() - head - tail);
  const auto old_places = shared_places(old_middle, new_middle);
  const auto new_places = shared_places(new_middle, old_middle);
  std::vector<CommonRun> found;
  search(pick(old_middle, old_places), pick(new_middle, new_places), found);
  for (const CommonRun& run : found) {
    for (std::uint32_t i = 0; i < run.length; ++i) {
      add_run(out, {head + old_places[run.before_at + i], head + new_places[run.after_at + i], 1});
    }
  }
  add_run(out, {static_cast<std::uint32_t>(before.size()) - tail,
                static_cast<std::uint32_t>(after.size()) - tail, tail});
  return out;
}

void SequenceDiff::search(Ids before, Ids after, std::vector<CommonRun>& out) {
  // A stack instead of recursion: the splits of a deep search form a long chain.
  struct Work {
    Box box;
    CommonRun tail;  // Comes after all of the box.
  };
  std::vector<Work> stack;
  stack.push_back(
      {{0, static_cast<std::uint32_t>(before.size()), 0, static_cast<std::uint32_t>(after.size())},
       {}});
  while (!stack.empty()) {
    const Work work = stack.back();
    stack.pop_back();
    Box box = work.box;
    const Box whole = box;
    while (box.x0 < box.x1 && box.y0 < box.y1 && before[box.x0] == after[box.y0]) {
      ++box.x0, ++box.y0;
    }
    add_run(out, {whole.x0, whole.y0, box.x0 - whole.x0});
    while (box.x0 < box.x1 && box.y0 < box.y1 && before[box.x1 - 1] == after[box.y1 - 1]) {
      --box.x1, --box.y1;
    }
    const CommonRun suffix{box.x1, box.y1, whole.x1 - box.x1};
    steps_ += box.x0 - whole.x0 + suffix.length + 1;
    if (box.x0 == box.x1 || box.y0 == box.y1 || exhausted()) {
      add_run(out, suffix);
      add_run(out, work.tail);
      continue;
    }
    const Point at =
        split(before.subspan(box.x0, box.x1 - box.x0), after.subspan(box.y0, box.y1 - box.y0));
    // Last in, first out: the suffix and the tail wait below the two halves.
    if (work.tail.length != 0) stack.push_back({{0, 0, 0, 0}, work.tail});
    stack.push_back({{box.x0 + at.x, box.x1, box.y0 + at.y, box.y1}, suffix});
    stack.push_back({{box.x0, box.x0 + at.x, box.y0, box.y0 + at.y}, {}});
  }
}

// A point of a shortest path that leaves edits on both sides of it, or the furthest point reached.
// Neither sequence is empty, and their first and last elements differ, so at least two edits lie
// between the corners and both halves are smaller than the whole.
SequenceDiff::Point SequenceDiff::split(Ids before, Ids after) {
  const auto n = static_cast<std::int32_t>(before.size());
  const auto m = static_cast<std::int32_t>(after.size());
  forward_[slot(0)] = 0;
  backward_[slot(0)] = n;
  for (std::int32_t depth = 1; depth <= kMaxDepth; ++depth) {
    forward_[slot(depth)] = forward_[slot(-depth)] = kNowhere;
    forward_[slot(depth + 1)] = forward_[slot(-depth - 1)] = kNowhere;
    backward_[slot(depth)] = backward_[slot(-depth)] = kNowhere;
    backward_[slot(depth + 1)] = backward_[slot(-depth - 1)] = kNowhere;
    Point met{};
    if (extend_forward(before, after, depth, met)) return met;
    if (extend_backward(before, after, depth, met)) return met;
    if (exhausted()) return furthest(n, m, depth);
  }
  return furthest(n, m, kMaxDepth);
}

bool SequenceDiff::extend_forward(Ids before, Ids after, std::int32_t depth, Point& met) {
  const auto n = static_cast<std::int32_t>(before.size());
  const auto m = static_cast<std::int32_t>(after.size());
  const std::int32_t shift = n - m;  // Diagonal of the far corner.
  for (std::int32_t k = -depth; k <= depth; k += 2) {
    const std::int32_t left = forward_[slot(k - 1)];
    const std::int32_t above = forward_[slot(k + 1)];
    std::int32_t x = left != kNowhere && left < n ? left + 1 : kNowhere;
    if (above != kNowhere && above - (k + 1) < m) x = std::max(x, above);
    ++steps_;
    forward_[slot(k)] = x;
    if (x == kNowhere) continue;
    const std::int32_t start = x;
    while (x < n && x - k < m && before[unsign(x)] == after[unsign(x - k)]) ++x;
    steps_ += unsign(x - start);
    forward_[slot(k)] = x;
    // Backward diagonals are counted from the far corner; those of the last round are depth - 1.
    const std::int32_t mirrored = k - shift;
    if (std::abs(mirrored) > depth - 1 || (shift & 1) == 0) continue;
    const std::int32_t other = backward_[slot(mirrored)];
    if (other == kNowhere || other > x) continue;
    met = {unsign(x), unsign(x - k)};
    return true;
  }
  return false;
}

bool SequenceDiff::extend_backward(Ids before, Ids after, std::int32_t depth, Point& met) {
  const auto n = static_cast<std::int32_t>(before.size());
  const auto m = static_cast<std::int32_t>(after.size());
  const std::int32_t shift = n - m;
  for (std::int32_t k = -depth; k <= depth; k += 2) {
    const std::int32_t diagonal = k + shift;
    const std::int32_t right = backward_[slot(k + 1)];
    const std::int32_t below = backward_[slot(k - 1)];
    // One step left keeps y and lowers the diagonal; one step up keeps x and raises it.
    std::int32_t x = right != kNowhere && right > 0 ? right - 1 : kNowhere;
    if (below != kNowhere && below - (diagonal - 1) > 0 && (x == kNowhere || below < x)) x = below;
    ++steps_;
    backward_[slot(k)] = x;
    if (x == kNowhere) continue;
    const std::int32_t start = x;
    while (x > 0 && x - diagonal > 0 && before[unsign(x - 1)] == after[unsign(x - diagonal - 1)]) {
      --x;
    }
    steps_ += unsign(start - x);
    backward_[slot(k)] = x;
    if (std::abs(diagonal) > depth || (shift & 1) != 0) continue;
    const std::int32_t other = forward_[slot(diagonal)];
    if (other == kNowhere || other < x) continue;
    met = {unsign(x), unsign(x - diagonal)};
    return true;
  }
  return false;
}

SequenceDiff::Point SequenceDiff::furthest(std::int32_t n, std::int32_t m,
                                           std::int32_t depth) const {
  std::int32_t best = -1;
  Point at{};
  for (std::int32_t k = -depth; k <= depth; k += 2) {
    const std::int32_t x = forward_[slot(k)];
    if (x != kNowhere && 2 * x - k > best) {
      best = 2 * x - k;
      at = {unsign(x), unsign(x - k)};
    }
    const std::int32_t back = backward_[slot(k)];
    const std::int32_t diagonal = k + n - m;
    if (back != kNowhere && n + m - (2 * back - diagonal) > best) {
      best = n + m - (2 * back - diagonal);
      at = {unsign(back), unsign(back - diagonal)};
    }
  }
  return at;
}

}  // namespace cunju::text
