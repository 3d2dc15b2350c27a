// SPDX-License-Identifier: Apache-2.0
//
// The event graph of one text: what every change of its (record, scope) did to it, and which
// changes each of them had seen. It is loaded when concurrent changes have to be merged, or when
// somebody asks for blame or an old version; plain reading and sequential writing need only the
// text. What it means is in text_walk.h. Only grows. One thread at a time.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/types/text/text_edits.h"

namespace cunju {

/// Place of a change in its TextHistory: the order of arrival, which decides nothing.
using TextNodeIndex = std::uint32_t;

struct TextNode {
  ChangeId id;
  AuthorKey author;
  std::uint32_t parents_begin = 0;
  std::uint32_t parents_end = 0;
  std::uint32_t runs_begin = 0;
  std::uint32_t runs_end = 0;
  /// Every scalar value ever inserted has a number: those of this change are [begin, end).
  std::uint32_t inserted_begin = 0;
  std::uint32_t inserted_end = 0;

  bool edits_text() const { return runs_begin != runs_end; }
};

class TextHistory {
 public:
  /// Parents are changes added before. A change that does not touch this text, or is void, is
  /// added with empty edits: it carries causality. Parents may repeat or be each other's
  /// ancestors; that adds nothing.
  /// Errors: kExists (the id is here), kMissing (no such parent), kLimit (kMaxTextHistoryBytes).
  Result<TextNodeIndex> add(const ChangeId& id, const AuthorKey& author,
                            std::span<const TextNodeIndex> parents, const TextEdits& edits);

  std::size_t size() const { return nodes_.size(); }
  const TextNode& node(TextNodeIndex index) const { return nodes_[index]; }
  std::span<const TextNodeIndex> parents(TextNodeIndex index) const;
  std::span<const TextRun> runs(TextNodeIndex index) const;
  /// Empty when the change is not here.
  std::optional<TextNodeIndex> find(const ChangeId& id) const;
  /// By author, then by id: the order of insertions that nothing else orders.
  std::strong_ordering compare(TextNodeIndex a, TextNodeIndex b) const;
  /// The scalar values numbered [begin, begin + count); valid until the next add().
  std::string_view inserted(std::uint32_t begin, std::uint32_t count) const;

 private:
  /// Byte of every 64th inserted scalar value.
  static constexpr std::uint32_t kMarkEvery = 64;
  std::size_t byte_of(std::uint32_t inserted) const;

  std::vector<TextNode> nodes_;
  std::vector<TextNodeIndex> parents_;
  std::vector<TextRun> runs_;
  std::string text_;
  std::vector<std::uint32_t> marks_;
  std::uint32_t inserted_ = 0;
  std::unordered_map<ChangeId, TextNodeIndex> by_id_;
};

}  // namespace cunju
