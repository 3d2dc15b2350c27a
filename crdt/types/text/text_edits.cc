// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_edits.h"

#include <algorithm>

#include "crdt/base/limits.h"
#include "crdt/types/text/utf8.h"

namespace cunju {
namespace {

bool in_range(std::size_t position, std::size_t length) {
  return position <= limits::kMaxTextPosition && length <= limits::kMaxTextPosition - position;
}

/// Whether erasing `count` at `position` after an erasure is one erasure with it.
bool touches(const TextRun& before, std::size_t position, std::size_t count) {
  return !before.inserts() && position <= before.position && before.position <= position + count;
}

}  // namespace

bool TextEdits::insert(std::size_t position, std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > limits::kMaxTextInsertBytes - text_.size()) return false;
  const std::size_t length = count_scalars(text);
  if (!in_range(position, length)) return false;
  TextRun* last = runs_.empty() ? nullptr : &runs_.back();
  if (last != nullptr && last->inserts() && position == last->end()) {
    last->length += static_cast<std::uint32_t>(length);
    last->bytes += static_cast<std::uint32_t>(text.size());
  } else {
    if (runs_.size() == limits::kMaxTextRuns) return false;
    runs_.push_back({.position = static_cast<std::uint32_t>(position),
                     .length = static_cast<std::uint32_t>(length),
                     .bytes = static_cast<std::uint32_t>(text.size())});
  }
  text_ += text;
  return true;
}

bool TextEdits::erase(std::size_t position, std::size_t count) {
  if (count == 0) return true;
  if (!in_range(position, count)) return false;
  // A run that grows may come to touch the one before it as well.
  std::size_t runs = runs_.size();
  while (runs > 0 && touches(runs_[runs - 1], position, count)) {
    count += runs_[runs - 1].length;
    --runs;
  }
  if (!in_range(position, count) || runs == limits::kMaxTextRuns) return false;
  runs_.resize(runs);
  runs_.push_back({.position = static_cast<std::uint32_t>(position),
                   .length = static_cast<std::uint32_t>(count)});
  return true;
}

bool TextEdits::add(const TextEdit& edit) {
  const bool fits = runs_.size() + 2 <= limits::kMaxTextRuns &&
                    edit.inserted.size() <= limits::kMaxTextInsertBytes - text_.size() &&
                    edit.position <= limits::kMaxTextPosition - edit.inserted.size();
  return fits && erase(edit.position, edit.erased) && insert(edit.position, edit.inserted);
}

void apply_edits(TextBuffer& buffer, const TextEdits& edits) {
  std::string_view rest = edits.text();
  for (const TextRun& run : edits.runs()) {
    const std::size_t position = std::min<std::size_t>(run.position, buffer.length());
    if (run.inserts()) {
      buffer.insert(position, rest.substr(0, run.bytes));
      rest.remove_prefix(run.bytes);
    } else {
      buffer.erase(position, std::min<std::size_t>(run.length, buffer.length() - position));
    }
  }
}

}  // namespace cunju
