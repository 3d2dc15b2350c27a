// SPDX-License-Identifier: Apache-2.0
//
// What an erasure of one field of a record names: every part that says something of the field, in
// all of its history. An erasable field (registry::FieldDefinition::is_erasable) is alone in its
// parts. Others share a part, and a part is erased whole: what such parts say of other fields can
// be carried over, written again by whoever asks, as far as that loses nothing but who wrote it and
// when. No state.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::council {

/// Why what stands beside the field can't be carried over.
enum class CarryHindrance : std::uint8_t {
  kNone,
  kConflict,  ///< Of a field beside it; somebody has to settle it.
  kState,     ///< A state's way would be lost.
  kText,      ///< Who wrote which words would be lost.
  kRecord,    ///< A deletion of the record, or a freeze of its texts.
  kUnknown,   ///< An operation of a newer program.
};

struct FieldErasure {
  std::vector<ErasureTarget> targets;  ///< Ascending; empty: nothing here says anything of it.
  std::set<std::string> others;        ///< Fields that the same parts speak of.
  /// Writes what stands of the others again, one part for each scope; to be saved before the act.
  std::vector<replica::PartDraft> carried;
  CarryHindrance hindrance = CarryHindrance::kNone;
  std::string hindered_by;  ///< The field that the hindrance is about.
  /// Of the parts, those that wait in the late tray: they can't be admitted afterwards.
  std::uint64_t late = 0;
  /// Parts of confidential scopes in the same changes as the record's that can't be read here.
  std::uint64_t unreadable = 0;
};

/// Of the record as the registry has it, in all scopes that the own devices may read. `field`: its
/// id. Errors: those of the replica.
Result<FieldErasure> plan_field_erasure(replica::Replica& replica, const SpaceId& space,
                                        std::string_view registry, const RecordId& record,
                                        std::string_view field);

}  // namespace cunju::council
