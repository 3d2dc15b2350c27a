// SPDX-License-Identifier: Apache-2.0
#include "node/text/text_diff.h"

#include <algorithm>

#include "crdt/base/bytes.h"
#include "crdt/base/limits.h"
#include "node/text/align.h"
#include "node/text/edit_cleanup.h"
#include "node/text/tokens.h"

namespace cunju::text {
namespace {

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

Result<std::vector<Replacement>> diff_texts(std::string_view before, std::string_view after) {
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
      edits_between(align(old_tokens, new_tokens), old_tokens, new_tokens);
  clean_up(edits, old_tokens, new_tokens, kMaxTextEdits);

  std::vector<Replacement> out;
  out.reserve(edits.size());
  for (const TokenEdit& edit : edits) {
    out.push_back({offset + new_tokens.at[edit.new_begin].scalars,
                   old_tokens.scalars(edit.old_begin, edit.old_end),
                   std::string(new_tokens.bytes(edit.new_begin, edit.new_end))});
  }
  return out;
}

Result<std::string> apply_edits(std::string_view before, const std::vector<Replacement>& edits) {
  CUNJU_TRYV(require_text(before, "old text"));
  // Ascending edits make one pass over the text; `written` counts what the new text has so far.
  std::string out;
  std::size_t from = 0;
  std::uint64_t written = 0;
  for (const Replacement& edit : edits) {
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

}  // namespace cunju::text
