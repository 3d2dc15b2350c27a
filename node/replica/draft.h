// SPDX-License-Identifier: Apache-2.0
//
// What is to be written, before it is signed (Replica::append), and why that is refused.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/types/record_view.h"

namespace cunju::replica {

/// Contexts of refusals (kMissing) to write into a confidential scope: nobody has opened an epoch
/// of it; the key of its newest one is not here.
inline constexpr std::string_view kNoEpoch = "no epoch of the scope is open";
inline constexpr std::string_view kNoEpochKey = "the key of the scope's epoch is not here";

/// Context of the refusal (kInvalidArgument) of an edit on a version in which the texts were final.
inline constexpr std::string_view kFinalInItsVersion = "the texts were final in that version";
/// Context of the refusal (kConflict) of what was made from something that fell since it was shown
/// (PartDraft::seen), and that nothing can be built on.
inline constexpr std::string_view kShownHasFallen = "what was shown has lost its effect";

/// What one change is to say about one record.
struct PartDraft {
  RecordId record;
  std::string registry;
  Scope scope = kOpenScope;
  std::vector<Operation> operations;
  /// The heads of the record that the author had in mind; they become the parents. Empty: those
  /// at the moment of writing.
  std::vector<ChangeId> seen = {};
  /// Beside `seen`: what the record left out then (RecordView::left_out_ids()). Operations on texts
  /// pass over what of it is among their ancestors, because their positions are without it.
  std::vector<ChangeId> left_out = {};
  /// Takes the change before it in the same append as the only one it has seen, with the same left
  /// out.
  bool follows = false;
};

struct ChangeDraft {
  std::vector<PartDraft> parts;
};

struct Appended {
  std::vector<ChangeId> ids;
  Seq first;
};

}  // namespace cunju::replica
