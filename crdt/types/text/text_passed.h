// SPDX-License-Identifier: Apache-2.0
//
// Which of its ancestors a change's author did not have in the text: *left-out* changes, late by
// the roster, that lie below what the author built on. Without this, positions would be read in a
// text that nobody saw.
//   saw(c)  =  ancestors(c) without what c passes over
// A range names all changes of a line (crdt/roster/roster_law.h) from a number to another; what it
// names beside ancestors of c means nothing. It holds for the change that says it and for all texts
// of the record: changes above it that do not pass over the same have seen it.
//
//   passed := (line[32] | first u64 | last u64)+
//
// Ranges ascend by (line, first) and those of a line do not touch, so there is one spelling.
// Values; no thread rule.
#pragma once

#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "crdt/graph/version_vector.h"
#include "crdt/types/operation.h"

namespace cunju {

struct TextPassedRange {
  AuthorKey line;
  Seq first, last;  ///< Both of them too.

  friend bool operator==(const TextPassedRange&, const TextPassedRange&) = default;
};

struct TextPassed {
  std::vector<TextPassedRange> ranges;  ///< As in the bytes.

  bool empty() const { return ranges.empty(); }
  /// O(log ranges).
  bool covers(const Dot& dot) const;

  friend bool operator==(const TextPassed&, const TextPassed&) = default;
};

/// Names `passed`, which is sorted here, with as few ranges as can be without naming any of the
/// `kept`, which is disjoint from it.
TextPassed make_text_passed(std::vector<Dot> passed, std::vector<Dot> kept);

Bytes encode_text_passed(const TextPassed& passed);
/// Errors: kMalformed (empty, another spelling), kLimit (limits::kMaxTextPassed).
Result<TextPassed> decode_text_passed(ByteView bytes);

Operation passed_operation(const TextPassed& passed);
/// What one change passes over: its first operation of that kind that decodes. Mostly nothing.
TextPassed read_text_passed(std::span<const Operation> operations);

}  // namespace cunju
