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

/// A change and who made it.
struct TextNode {
  ChangeId id;
  AuthorKey author;
};

/// What a change's edits count for beside positions.
struct TextStanding {
  /// Whether the edits count in the text. Those of a left-out change are there for the positions
  /// of what its readers wrote: no text shows its words or lacks what it erased.
  bool stands = true;
  /// Ancestors with edits that the author did not have in the text (text_passed.h).
  std::span<const TextNodeIndex> passed = {};
};

class TextHistory {
 public:
  /// Parents are changes added before. A change that does not touch this text, or is void, is
  /// added with empty edits: it carries causality. Parents may repeat or be each other's
  /// ancestors; that adds nothing. What is passed over is an ancestor that has edits.
  /// Errors: kExists (the id is here), kMissing (no such parent), kLimit (kMaxTextHistoryBytes).
  Result<TextNodeIndex> add(const ChangeId& id, const AuthorKey& author,
                            std::span<const TextNodeIndex> parents, const TextEdits& edits,
                            const TextStanding& standing = {});

  std::size_t size() const { return nodes_.size(); }
  const TextNode& node(TextNodeIndex index) const { return nodes_[index]; }
  std::span<const TextNodeIndex> parents(TextNodeIndex index) const {
    return {parents_.data() + bounds_[index].parents, parents_.data() + bounds_[index + 1].parents};
  }
  std::span<const TextRun> runs(TextNodeIndex index) const {
    return {runs_.data() + bounds_[index].runs, runs_.data() + bounds_[index + 1].runs};
  }
  bool stands(TextNodeIndex index) const { return nodes_stand_[index]; }
  /// Ascending.
  std::span<const TextNodeIndex> passed(TextNodeIndex index) const {
    return {passed_.data() + bounds_[index].passed, passed_.data() + bounds_[index + 1].passed};
  }
  /// Whether anything is left out or passed over: the merge then knows no short cuts.
  bool has_left_out() const { return has_left_out_; }
  /// False for a change that touched other fields only, and for a void one.
  bool edits_text(TextNodeIndex index) const {
    return bounds_[index].runs != bounds_[index + 1].runs;
  }
  /// Every scalar value ever inserted has a number, in the order of arrival; those of this change
  /// are from here to the beginning of the next change. `index` may be size().
  std::uint32_t inserted_begin(TextNodeIndex index) const { return bounds_[index].inserted; }
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

  /// Where a change's part of each list begins; it ends where the next one's begins.
  struct Bounds {
    std::uint32_t parents = 0;
    std::uint32_t runs = 0;
    std::uint32_t inserted = 0;
    std::uint32_t passed = 0;
  };

  std::vector<TextNode> nodes_;
  std::vector<Bounds> bounds_{1};
  std::vector<TextNodeIndex> parents_;
  std::vector<TextRun> runs_;
  std::vector<TextNodeIndex> passed_;
  std::vector<bool> nodes_stand_;
  bool has_left_out_ = false;
  std::string text_;
  std::vector<std::uint32_t> marks_;
  std::unordered_map<ChangeId, TextNodeIndex> by_id_;
};

}  // namespace cunju
