// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_history.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/limits.h"
#include "crdt/types/text/utf8.h"

namespace cunju {

Result<TextNodeIndex> TextHistory::add(const ChangeId& id, const AuthorKey& author,
                                       std::span<const TextNodeIndex> parents,
                                       const TextEdits& edits) {
  for (TextNodeIndex parent : parents) {
    if (parent >= nodes_.size()) return fail(Errc::kMissing, "text history: parent");
  }
  if (edits.text().size() > limits::kMaxTextHistoryBytes - text_.size()) {
    return fail(Errc::kLimit, "text history: bytes");
  }
  const auto index = static_cast<TextNodeIndex>(nodes_.size());
  if (!by_id_.emplace(id, index).second) return fail(Errc::kExists, "text history: change");
  TextNode node{.id = id, .author = author};
  node.parents_begin = static_cast<std::uint32_t>(parents_.size());
  parents_.insert(parents_.end(), parents.begin(), parents.end());
  const auto own = parents_.begin() + node.parents_begin;
  std::sort(own, parents_.end());
  parents_.erase(std::unique(own, parents_.end()), parents_.end());
  node.parents_end = static_cast<std::uint32_t>(parents_.size());
  node.runs_begin = static_cast<std::uint32_t>(runs_.size());
  runs_.insert(runs_.end(), edits.runs().begin(), edits.runs().end());
  node.runs_end = static_cast<std::uint32_t>(runs_.size());
  node.inserted_begin = inserted_;
  for (char byte : edits.text()) {
    if (begins_scalar(byte)) {
      if (inserted_ % kMarkEvery == 0) marks_.push_back(static_cast<std::uint32_t>(text_.size()));
      ++inserted_;
    }
    text_ += byte;
  }
  node.inserted_end = inserted_;
  nodes_.push_back(node);
  return index;
}

std::span<const TextNodeIndex> TextHistory::parents(TextNodeIndex index) const {
  const TextNode& at = nodes_[index];
  return std::span(parents_).subspan(at.parents_begin, at.parents_end - at.parents_begin);
}

std::span<const TextRun> TextHistory::runs(TextNodeIndex index) const {
  const TextNode& at = nodes_[index];
  return std::span(runs_).subspan(at.runs_begin, at.runs_end - at.runs_begin);
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
  if (inserted == inserted_) return text_.size();
  const std::size_t mark = marks_[inserted / kMarkEvery];
  return mark + scalar_offset(std::string_view(text_).substr(mark), inserted % kMarkEvery);
}

}  // namespace cunju
