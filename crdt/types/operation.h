// SPDX-License-Identifier: Apache-2.0
//
// One operation of a part's body. An operation is interpreted by its own field id and kind alone,
// never by a definition, so a node that has never seen the definition computes the same view.
// Kinds are numbers on the wire; a kind this program does not know is kept, forwarded and has no
// effect on views.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "crdt/types/value.h"

namespace cunju {

enum class OperationKind : std::uint16_t {
  kRegisterSet = 1,  ///< value: the new value; NoValue clears the field.
  kSetAdd = 2,       ///< value: the element.
  kSetRemove = 3,    ///< value: the element; removes the additions it has seen.
  kStateMove = 4,  ///< previous: state left (NoValue: none yet), value: state entered (both text).
  kDelete = 5,     ///< Deletes the whole record; field is empty.
  kTextEdit = 6,   ///< value: bytes of TextEdits (text/text_edits_codec.h).
  kTextConfirm = 7,   ///< Somebody has read what was merged into the text; no value.
  kFreeze = 8,        ///< field is kFreezeField, no value: the record's texts are final.
  kThaw = 9,          ///< field is kFreezeField, no value: undoes the freezes it has seen, beside a
                      ///< state move of the same change; alone it counts for nothing.
  kTextPassed = 10,   ///< field is kFreezeField, value: bytes of TextPassed (text/text_passed.h).
  kRoster = 100,      ///< value: bytes of one roster operation (crdt/roster).
  kWitness = 101,     ///< value: bytes of one witness statement (crdt/witness).
  kEpochWrap = 102,   ///< value: bytes of one handed-over epoch key (crdt/scopes).
  kErasureAct = 103,  ///< value: bytes of one ErasureAct (crdt/erasure).
  kErasureApproval = 104,  ///< value: bytes of one ErasureApproval.
  kErasureReceipt = 105,   ///< value: bytes of one ErasureReceipt.
  kEpochUnopened = 106,    ///< value: bytes of one refused wrap (crdt/scopes).
};

/// A freeze, and what a change passes over, hold for all texts of a record: so they have one name.
inline constexpr std::string_view kFreezeField = "texts";

struct Operation {
  std::uint16_t kind = 0;  ///< An OperationKind, or a number of a newer program.
  std::string field;       ///< Field id, at most limits::kMaxNameBytes of UTF-8.
  Value value;
  Value previous;

  friend auto operator<=>(const Operation&, const Operation&) = default;
};

inline Operation make_operation(OperationKind kind, std::string field, Value value,
                                Value previous = NoValue{}) {
  return {.kind = static_cast<std::uint16_t>(kind),
          .field = std::move(field),
          .value = std::move(value),
          .previous = std::move(previous)};
}

}  // namespace cunju
