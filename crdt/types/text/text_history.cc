// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_history.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/types/text/utf8.h"

namespace cunju {

Result<TextNodeIndex> TextHistory::add(const ChangeId& id, const AuthorKey& author,
                                       std::span<const TextNodeIndex> parents,
                                       const TextEdits& edits, const TextStanding& standing) {
  for (TextNodeIndex parent : parents) {
    if (parent >= nodes_.size()) return fail(Errc::kMissing, "text history: parent");
  }
  CUNJU_CHECK(std::ranges::all_of(
                  standing.passed,
                  [&](TextNodeIndex node) { return node < nodes_.size() && edits_text(node); }),
              "only edits that are here are passed over");
  if (edits.text().size() > limits::kMaxTextHistoryBytes - text_.size()) {
    return fail(Errc::kLimit, "text history: bytes");
  }
  const auto index = static_cast<TextNodeIndex>(nodes_.size());
  if (!by_id_.emplace(id, index).second) return fail(Errc::kExists, "text history: change");
  parents_.insert(parents_.end(), parents.begin(), parents.end());
  const auto own = parents_.begin() + bounds_.back().parents;
  std::sort(own, parents_.end());
  parents_.erase(std::unique(own, parents_.end()), parents_.end());
  runs_.insert(runs_.end(), edits.runs().begin(), edits.runs().end());
  std::uint32_t inserted = bounds_.back().inserted;
  for (char byte : edits.text()) {
    if (begins_scalar(byte)) {
      if (inserted % kMarkEvery == 0) marks_.push_back(static_cast<std::uint32_t>(text_.size()));
      ++inserted;
    }
    text_ += byte;
  }
  passed_.insert(passed_.end(), standing.passed.begin(), standing.passed.end());
  std::sort(passed_.begin() + bounds_.back().passed, passed_.end());
  nodes_stand_.push_back(standing.stands);
  has_left_out_ = has_left_out_ || (!standing.stands && !edits.empty()) || !standing.passed.empty();
  nodes_.push_back({.id = id, .author = author});
  bounds_.push_back({.parents = static_cast<std::uint32_t>(parents_.size()),
                     .runs = static_cast<std::uint32_t>(runs_.size()),
                     .inserted = inserted,
                     .passed = static_cast<std::uint32_t>(passed_.size())});
  return index;
}

std::optional<TextNodeIndex> TextHistory::find(const ChangeId& id) const {
  const auto at = by_id_.find(id);
  if (at == by_id_.end()) return std::nullopt;
  return at->second;
}

std::strong_ordering TextHistory::compare(TextNodeIndex a, TextNodeIndex b) const {
  return std::tie(nodes_[a].author, nodes_[a].id) <=> std::tie(nodes_[b].author, nodes_[b].id);
}

std::string_view TextHistory::inserted(std::uint32_t begin, std::uint32_t count) const {
  const std::size_t from = byte_of(begin);
  return std::string_view(text_).substr(from, byte_of(begin + count) - from);
}

std::size_t TextHistory::byte_of(std::uint32_t inserted) const {
  if (inserted == bounds_.back().inserted) return text_.size();
  const std::size_t mark = marks_[inserted / kMarkEvery];
  return mark + scalar_offset(std::string_view(text_).substr(mark), inserted % kMarkEvery);
}

}  // namespace cunju
