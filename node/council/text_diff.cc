// SPDX-License-Identifier: Apache-2.0
#include "node/council/text_diff.h"

#include <algorithm>
#include <unordered_map>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"
#include "node/council/edit_cleanup.h"
#include "node/council/sequence_diff.h"
#include "node/council/tokens.h"

namespace cunju::council {
namespace {

// A kept line or clause holds what is around it in place only if it says something: blank lines
// and 同意。 occur everywhere and would pair up wrongly. Weights: see Token.
constexpr std::uint32_t kMinAnchorWeight = 8;
// A region of which less than this part was kept is a replacement: short matches in it are chance.
constexpr std::uint32_t kMinKeptPercent = 30;
constexpr std::uint32_t kMaxChanceWeight = 16;

// Corresponding ranges of tokens of both texts.
struct Region {
  std::uint32_t old_begin = 0, old_end = 0, new_begin = 0, new_end = 0;
};

// Cuts that separate the pieces of a level, coarse to fine; below the last come the tokens.
constexpr CutQuality kLevels[] = {CutQuality::kLine, CutQuality::kClause};

// Finds what both texts keep, level by level.
class Aligner {
 public:
  Aligner(const Tokens& before, const Tokens& after) : before_(before), after_(after) {}

  std::vector<CommonRun> run() {
    align({0, before_.size(), 0, after_.size()}, 0);
    return std::move(kept_);
  }

 private:
  struct Pieces {
    std::vector<std::uint32_t> ends;     // Token indices.
    std::vector<std::uint32_t> anchors;  // Indices of the pieces that may be anchors.
    std::vector<std::uint32_t> ids;      // Ids of those.
  };
  using PieceIds = std::unordered_map<std::string_view, std::uint32_t>;

  void align(Region region, std::size_t level) {
    if (region.old_begin == region.old_end || region.new_begin == region.new_end) return;
    if (level == std::size(kLevels)) {
      align_tokens(region);
      return;
    }
    PieceIds piece_ids;
    const Pieces old_pieces =
        cut(before_, region.old_begin, region.old_end, kLevels[level], piece_ids);
    const Pieces new_pieces =
        cut(after_, region.new_begin, region.new_end, kLevels[level], piece_ids);
    Region gap = region;
    for (const CommonRun& run : search_.common_runs(old_pieces.ids, new_pieces.ids)) {
      for (std::uint32_t i = 0; i < run.length; ++i) {
        const auto [old_begin, old_end] = range(old_pieces, run.before_at + i, region.old_begin);
        const auto [new_begin, new_end] = range(new_pieces, run.after_at + i, region.new_begin);
        gap.old_end = old_begin;
        gap.new_end = new_begin;
        align(gap, level + 1);
        keep({old_begin, new_begin, old_end - old_begin});
        gap.old_begin = old_end;
        gap.new_begin = new_end;
      }
    }
    gap.old_end = region.old_end;
    gap.new_end = region.new_end;
    align(gap, level + 1);
  }

  static std::pair<std::uint32_t, std::uint32_t> range(const Pieces& pieces, std::uint32_t anchor,
                                                       std::uint32_t first) {
    const std::uint32_t piece = pieces.anchors[anchor];
    return {piece == 0 ? first : pieces.ends[piece - 1], pieces.ends[piece]};
  }

  static Pieces cut(const Tokens& tokens, std::uint32_t begin, std::uint32_t end,
                    CutQuality quality, PieceIds& piece_ids) {
    Pieces out;
    for (std::uint32_t at = begin; at < end;) {
      std::uint32_t piece_end = at + 1;
      while (piece_end < end && tokens.cut_before(piece_end) < quality) ++piece_end;
      if (tokens.weight(at, piece_end) >= kMinAnchorWeight) {
        const auto next = static_cast<std::uint32_t>(piece_ids.size());
        out.anchors.push_back(static_cast<std::uint32_t>(out.ends.size()));
        out.ids.push_back(piece_ids.try_emplace(tokens.bytes(at, piece_end), next).first->second);
      }
      out.ends.push_back(piece_end);
      at = piece_end;
    }
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

  void keep(CommonRun run) {
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

std::vector<TokenEdit> edits_between(const std::vector<CommonRun>& kept, const Tokens& before,
                                     const Tokens& after) {
  std::vector<TokenEdit> edits;
  TokenEdit edit;
  const auto close = [&](std::uint32_t old_end, std::uint32_t new_end) {
    edit.old_end = old_end;
    edit.new_end = new_end;
    if (edit.old_begin != old_end || edit.new_begin != new_end) edits.push_back(edit);
  };
  for (const CommonRun& run : kept) {
    close(run.before_at, run.after_at);
    edit.old_begin = run.before_at + run.length;
    edit.new_begin = run.after_at + run.length;
  }
  close(before.size(), after.size());
  return edits;
}

Result<void> require_text(std::string_view text, std::string_view which) {
  if (text.size() > limits::kMaxEditedTextBytes) {
    return fail(Errc::kLimit, std::string(which) + ": longer than kMaxEditedTextBytes");
  }
  if (is_utf8(text)) return ok();
  // The longest good beginning ends in the last four bytes before the fault; bisect for it.
  std::size_t good = 0, bad = text.size();
  while (bad - good > 4) {
    std::size_t middle = good + (bad - good) / 2;
    while (middle > good && (text[middle] & 0xC0) == 0x80) --middle;
    if (middle == good) break;
    (is_utf8(text.substr(good, middle - good)) ? good : bad) = middle;
  }
  return fail(Errc::kMalformed,
              std::string(which) + ": not UTF-8 near byte " + std::to_string(good));
}

// Length of the longest common beginning that ends with a whole line: cluster boundaries on both
// sides whatever follows, for no cluster reaches beyond LF.
std::size_t common_lines(std::string_view a, std::string_view b) {
  const auto [at, unused] = std::mismatch(a.begin(), a.end(), b.begin(), b.end());
  const auto length = static_cast<std::size_t>(at - a.begin());
  const std::size_t line = a.substr(0, length).rfind('\n');
  return line == std::string_view::npos ? 0 : line + 1;
}

// Length of the longest common end that begins with a whole line.
std::size_t common_last_lines(std::string_view a, std::string_view b) {
  const auto [at, unused] = std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend());
  const auto length = static_cast<std::size_t>(at - a.rbegin());
  const auto starts_line = [length](std::string_view text) {
    return length == text.size() || text[text.size() - length - 1] == '\n';
  };
  if (starts_line(a) && starts_line(b)) return length;
  const std::size_t line = a.substr(a.size() - length).find('\n');
  return line == std::string_view::npos ? 0 : length - line - 1;
}

std::uint64_t scalar_count(std::string_view text) {
  return static_cast<std::uint64_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

// Byte offset of the scalar value `count` after byte `from`; npos beyond the end.
std::size_t skip_scalars(std::string_view text, std::size_t from, std::uint64_t count) {
  for (; count > 0; --count) {
    if (from >= text.size()) return std::string_view::npos;
    do ++from;
    while (from < text.size() && (text[from] & 0xC0) == 0x80);
  }
  return from;
}

}  // namespace

Result<std::vector<TextEdit>> diff_texts(std::string_view before, std::string_view after) {
  CUNJU_TRYV(require_text(before, "old text"));
  CUNJU_TRYV(require_text(after, "new text"));
  const std::size_t head = common_lines(before, after);
  const std::uint64_t offset = scalar_count(before.substr(0, head));
  before.remove_prefix(head);
  after.remove_prefix(head);
  const std::size_t tail = common_last_lines(before, after);
  before.remove_suffix(tail);
  after.remove_suffix(tail);

  TokenIds ids;
  CUNJU_TRY(const Tokens old_tokens, tokenize(before, ids));
  CUNJU_TRY(const Tokens new_tokens, tokenize(after, ids));
  std::vector<TokenEdit> edits =
      edits_between(Aligner(old_tokens, new_tokens).run(), old_tokens, new_tokens);
  clean_up(edits, old_tokens, new_tokens, kMaxTextEdits);

  std::vector<TextEdit> out;
  out.reserve(edits.size());
  for (const TokenEdit& edit : edits) {
    out.push_back({offset + new_tokens.at[edit.new_begin].scalars,
                   old_tokens.scalars(edit.old_begin, edit.old_end),
                   std::string(new_tokens.bytes(edit.new_begin, edit.new_end))});
  }
  return out;
}

Result<std::string> apply_edits(std::string_view before, const std::vector<TextEdit>& edits) {
  CUNJU_TRYV(require_text(before, "old text"));
  // Ascending edits make one pass over the text; `written` counts what the new text has so far.
  std::string out;
  std::size_t from = 0;
  std::uint64_t written = 0;
  for (const TextEdit& edit : edits) {
    if (edit.position < written) return fail(Errc::kInvalidArgument, "edits do not ascend");
    const std::size_t begin = skip_scalars(before, from, edit.position - written);
    const std::size_t end =
        begin == std::string_view::npos ? begin : skip_scalars(before, begin, edit.deleted);
    if (end == std::string_view::npos) return fail(Errc::kInvalidArgument, "edit beyond the text");
    out.append(before.substr(from, begin - from)).append(edit.inserted);
    written = edit.position + scalar_count(edit.inserted);
    from = end;
  }
  out.append(before.substr(from));
  return out;
}

Result<std::string> text_from_editor(std::string_view file, std::string_view before) {
  CUNJU_TRYV(require_text(file, "edited file"));
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (file.starts_with(kByteOrderMark)) file.remove_prefix(kByteOrderMark.size());
  std::string out;
  out.reserve(file.size());
  for (std::size_t i = 0; i < file.size(); ++i) {
    if (file[i] != '\r') {
      out += file[i];
    } else if (i + 1 == file.size() || file[i + 1] != '\n') {
      out += '\n';
    }
  }
  if (!before.ends_with('\n') && out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace cunju::council
