// SPDX-License-Identifier: Apache-2.0
//
// What one change says about the texts of its record, read from its operations alone. Its edits of
// one text are one list, in the order of the operations. When together they are beyond what a list
// may hold (limits::kMaxTextRuns, kMaxTextInsertBytes), which no program of ours writes, none of
// them has an effect: half of them would be a text that nobody wrote. They count in the load all
// the same. None of its edits of any text has an effect, nor a load, when all of them together are
// beyond limits::kMaxTextChangeBytes, which is found before anything is unpacked, or beyond
// kMaxTextRuns: it is as if they could not be read. Values; no thread rule.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/operation.h"
#include "crdt/types/text/text_edits.h"
#include "crdt/types/text/text_passed.h"

namespace cunju {

/// What one change says about one text.
struct TextWrite {
  TextEdits edits;
  bool edits_text = false;
  bool confirms = false;
};

/// True when the operation edits a text: its bytes decode to at least one edit.
bool is_text_edit(const Operation& operation);

/// True for the kinds that texts are made of: edits, confirmations, freezes, thaws, and the state
/// moves without which a thaw counts for nothing.
bool is_of_texts(const Operation& operation);

/// Whether `operation`, one of a change's `operations`, freezes or thaws: a thaw does only beside a
/// state move with effect, so nobody opens final texts of a record that still says it is final.
bool is_effective_act(const Operation& operation, std::span<const Operation> operations);

/// What one change says about all texts of its record. Every operation is decoded once.
struct TextWrites {
  std::map<std::string, TextWrite, std::less<>> by_name;
  TextPassed passed;
  /// What it adds to its author's load, but for what it passes over; 0 when it touches no text.
  std::uint64_t load = 0;
  /// Over all texts, in scalar values.
  std::uint64_t runs = 0, inserted = 0, erased = 0;
  /// Whether each of the operations is an edit that can have an effect.
  std::vector<bool> edits_at;
  bool is_too_large = false;  ///< All edits together; none has an effect.
};

/// The operations of one change, read in their order.
TextWrites read_text_writes(std::span<const Operation> operations);

/// The part of read_text_writes() that is asked for.
std::uint64_t text_load(std::span<const Operation> operations);
TextWrite read_text_write(std::string_view name, std::span<const Operation> operations);

/// Whether the change freezes or thaws, and which: its last word counts.
enum class TextAct : std::uint8_t { kNothing, kFreeze, kThaw };
TextAct read_text_act(std::span<const Operation> operations);

}  // namespace cunju
