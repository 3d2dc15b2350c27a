// SPDX-License-Identifier: Apache-2.0
#include "node/text/align.h"

#include <algorithm>
#include <iterator>
#include <unordered_map>

namespace cunju::text {
namespace {

// A kept line or clause holds what is around it in place only if it says something: blank lines
// and 同意。 occur everywhere and would pair up wrongly. Weights: see Token.
constexpr std::uint32_t kMinAnchorWeight = 8;
// A region of which less than this part was kept is a replacement: short matches in it are chance.
constexpr std::uint32_t kMinKeptPercent = 30;
constexpr std::uint32_t kMaxChanceWeight = 16;
// Cuts that separate the pieces of a level, coarse to fine; below the last come the tokens.
constexpr CutQuality kLevels[] = {CutQuality::kLine, CutQuality::kClause};
constexpr std::uint32_t kNone = 0xFFFFFFFF;

// Corresponding ranges of tokens of both texts.
struct Region {
  std::uint32_t old_begin = 0, old_end = 0, new_begin = 0, new_end = 0;
};

// A line or clause that is heavy enough to be an anchor.
struct Piece {
  std::uint32_t begin = 0, end = 0;  // Tokens.
  std::uint32_t weight = 0;
};

// The anchors of one text's part of a region, and their ids.
struct Pieces {
  std::vector<Piece> at;
  std::vector<std::uint32_t> ids;
};

struct Pair {
  std::uint32_t before = 0, after = 0;  // Indices of anchors.
};

using PieceIds = std::unordered_map<std::string_view, std::uint32_t>;

Pieces cut(const Tokens& tokens, std::uint32_t begin, std::uint32_t end, CutQuality quality,
           PieceIds& piece_ids) {
  Pieces out;
  while (begin < end) {
    std::uint32_t piece_end = begin + 1;
    while (piece_end < end && tokens.cut_before(piece_end) < quality) ++piece_end;
    const std::uint32_t weight = tokens.weight(begin, piece_end);
    if (weight >= kMinAnchorWeight) {
      const auto next = static_cast<std::uint32_t>(piece_ids.size());
      out.at.push_back({begin, piece_end, weight});
      out.ids.push_back(piece_ids.try_emplace(tokens.bytes(begin, piece_end), next).first->second);
    }
    begin = piece_end;
  }
  return out;
}

// Pairs of pieces that occur once on either side, in the order of `before`.
std::vector<Pair> unique_pairs(const Pieces& before, const Pieces& after, std::size_t ids) {
  std::vector<std::uint32_t> place(ids, kNone), old_count(ids), new_count(ids);
  for (std::uint32_t id : before.ids) ++old_count[id];
  for (std::uint32_t i = 0; i < after.ids.size(); ++i) {
    ++new_count[after.ids[i]];
    place[after.ids[i]] = i;
  }
  std::vector<Pair> out;
  for (std::uint32_t i = 0; i < before.ids.size(); ++i) {
    const std::uint32_t id = before.ids[i];
    if (old_count[id] == 1 && new_count[id] == 1) out.push_back({i, place[id]});
  }
  return out;
}

// The heaviest chain of pairs that ascend on both sides: what stayed when pieces were moved about.
// A Fenwick tree of best chains by their last place in `after` keeps it at n log n, whatever the
// number of moves; a search for fewest edits would drown in a moved chapter.
std::vector<Pair> heaviest_chain(const std::vector<Pair>& pairs, const Pieces& before,
                                 std::size_t places) {
  std::vector<std::uint64_t> total(pairs.size());
  std::vector<std::uint32_t> previous(pairs.size(), kNone), tree(places + 1, kNone);
  const auto better = [&](std::uint32_t a, std::uint32_t b) {
    return a != kNone && (b == kNone || total[a] > total[b]);
  };
  std::uint32_t best = kNone;
  for (std::uint32_t i = 0; i < pairs.size(); ++i) {
    std::uint32_t last = kNone;
    for (std::size_t at = pairs[i].after; at > 0; at &= at - 1) {
      if (better(tree[at], last)) last = tree[at];
    }
    previous[i] = last;
    total[i] = (last == kNone ? 0 : total[last]) + before.at[pairs[i].before].weight;
    for (std::size_t at = pairs[i].after + std::size_t{1}; at <= places; at += at & (~at + 1)) {
      if (better(i, tree[at])) tree[at] = i;
    }
    if (better(i, best)) best = i;
  }
  std::vector<Pair> chain;
  for (std::uint32_t i = best; i != kNone; i = previous[i]) chain.push_back(pairs[i]);
  std::ranges::reverse(chain);
  return chain;
}

class Aligner {
 public:
  Aligner(const Tokens& before, const Tokens& after) : before_(before), after_(after) {}

  std::vector<CommonRun> run() {
    align({0, before_.size(), 0, after_.size()}, 0);
    return std::move(kept_);
  }

 private:
  void align(const Region& region, std::size_t level) {
    if (region.old_begin == region.old_end || region.new_begin == region.new_end) return;
    if (level == std::size(kLevels)) {
      align_tokens(region);
      return;
    }
    PieceIds ids;
    const Pieces before = cut(before_, region.old_begin, region.old_end, kLevels[level], ids);
    const Pieces after = cut(after_, region.new_begin, region.new_end, kLevels[level], ids);
    Region gap = region;
    for (const Pair& pair : anchors(before, after, ids.size())) {
      const Piece& old_piece = before.at[pair.before];
      const Piece& new_piece = after.at[pair.after];
      gap.old_end = old_piece.begin;
      gap.new_end = new_piece.begin;
      align(gap, level + 1);
      keep({old_piece.begin, new_piece.begin, old_piece.end - old_piece.begin});
      gap.old_begin = old_piece.end;
      gap.new_begin = new_piece.end;
    }
    gap.old_end = region.old_end;
    gap.new_end = region.new_end;
    align(gap, level + 1);
  }

  // Pieces that occur once first; those that occur more often then find their place between them.
  std::vector<Pair> anchors(const Pieces& before, const Pieces& after, std::size_t ids) {
    std::vector<Pair> out;
    Pair from;
    const auto fill = [&](Pair to) {
      const Ids old_ids = Ids(before.ids).subspan(from.before, to.before - from.before);
      const Ids new_ids = Ids(after.ids).subspan(from.after, to.after - from.after);
      if (old_ids.empty() || new_ids.empty()) return;
      for (const CommonRun& run : search_.common_runs(old_ids, new_ids)) {
        for (std::uint32_t i = 0; i < run.length; ++i) {
          out.push_back({from.before + run.before_at + i, from.after + run.after_at + i});
        }
      }
    };
    for (const Pair& pair :
         heaviest_chain(unique_pairs(before, after, ids), before, after.ids.size())) {
      fill(pair);
      out.push_back(pair);
      from = {pair.before + 1, pair.after + 1};
    }
    fill({static_cast<std::uint32_t>(before.ids.size()),
          static_cast<std::uint32_t>(after.ids.size())});
    return out;
  }

  void align_tokens(const Region& region) {
    const Ids old_ids =
        Ids(before_.ids).subspan(region.old_begin, region.old_end - region.old_begin);
    const Ids new_ids =
        Ids(after_.ids).subspan(region.new_begin, region.new_end - region.new_begin);
    std::vector<CommonRun> runs = search_.common_runs(old_ids, new_ids);
    std::uint64_t kept = 0;
    for (CommonRun& run : runs) {
      run.before_at += region.old_begin;
      run.after_at += region.new_begin;
      kept += weight(run);
    }
    const std::uint64_t smaller = std::min(before_.weight(region.old_begin, region.old_end),
                                           after_.weight(region.new_begin, region.new_end));
    if (kept * 100 < smaller * kMinKeptPercent) {
      // What both ends share is no chance: there the edit simply begins later or ends earlier.
      std::erase_if(runs, [&](const CommonRun& run) {
        const bool first = run.before_at == region.old_begin && run.after_at == region.new_begin;
        const bool last = run.before_at + run.length == region.old_end &&
                          run.after_at + run.length == region.new_end;
        return !first && !last && weight(run) < kMaxChanceWeight;
      });
    }
    for (const CommonRun& run : runs) keep(run);
  }

  std::uint32_t weight(const CommonRun& run) const {
    return before_.weight(run.before_at, run.before_at + run.length);
  }

  void keep(const CommonRun& run) {
    if (!kept_.empty() && kept_.back().before_at + kept_.back().length == run.before_at &&
        kept_.back().after_at + kept_.back().length == run.after_at) {
      kept_.back().length += run.length;
    } else {
      kept_.push_back(run);
    }
  }

  const Tokens& before_;
  const Tokens& after_;
  SequenceDiff search_;
  std::vector<CommonRun> kept_;
};

}  // namespace

std::vector<CommonRun> align(const Tokens& before, const Tokens& after) {
  return Aligner(before, after).run();
}

}  // namespace cunju::text
