// SPDX-License-Identifier: Apache-2.0
//
// Whether a text ever mentioned a person: in what it says, in what it said at any change, in words
// that were typed and taken out again, and in what came too late to stand in it. Each version is
// looked at where it differs from the one before. Pure.
#pragma once

#include <span>
#include <string_view>

#include "crdt/types/text/text_field.h"
#include "node/registry/person.h"

namespace cunju::council {

enum class TextSighting : std::uint8_t {
  kNone,
  kMentioned,
  /// There are more versions written apart than are put together here (kMaxSearchedBranches): a
  /// person has to look.
  kTooMany,
};

/// Of one scope of a record that is in `registry`; its changes as Replica::text_changes() has them.
TextSighting search_texts(const registry::PersonQuery& person, std::string_view registry,
                          std::span<const TextChange> changes);

}  // namespace cunju::council
