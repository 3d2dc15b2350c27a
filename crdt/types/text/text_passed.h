// SPDX-License-Identifier: Apache-2.0
//
// Which of its ancestors a change's author did not have in the text: *left-out* changes, late by
// the roster, that lie below what the author built on. Without this, positions would be read in a
// text that nobody saw.
//   saw(c)  =  ancestors(c) without what c passes over
// A range names changes of one author by the ids of two, which never change. Places in logs do:
// when a fork of the log becomes known, what follows it gets other lines and so other dots
// (crdt/roster/roster_law.h). With x ≤ y for "x is y, or an ancestor of y":
//   c passes over x  ⇔  c has a range [f, l] with x, f, l of one author, f ≤ x ≤ l, and l an
//                       ancestor of c
// What a range names beside ancestors of c, c itself and two authors means nothing. It holds for
// the change that says it and for all texts of the record: changes above it that do not pass over
// the same have seen it. What ranges mean is read in text_places.h.
//
//   passed := (first[32] | last[32])+
//
// Ranges ascend by `first`, none twice. Values; no thread rule.
#pragma once

#include <span>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/types/operation.h"

namespace cunju {

struct TextPassedRange {
  ChangeId first, last;  ///< Both of them too.

  friend bool operator==(const TextPassedRange&, const TextPassedRange&) = default;
};

struct TextPassed {
  std::vector<TextPassedRange> ranges;  ///< As in the bytes.

  bool empty() const { return ranges.empty(); }

  friend bool operator==(const TextPassed&, const TextPassed&) = default;
};

Bytes encode_text_passed(const TextPassed& passed);
/// Errors: kMalformed (empty, another spelling), kLimit (limits::kMaxTextPassed).
Result<TextPassed> decode_text_passed(ByteView bytes);

Operation passed_operation(const TextPassed& passed);
/// What one change passes over: its first operation of that kind that decodes. Mostly nothing.
TextPassed read_text_passed(std::span<const Operation> operations);

}  // namespace cunju
