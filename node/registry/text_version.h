// SPDX-License-Identifier: Apache-2.0
//
// Versions of a record's texts as people copy them from what was shown to what they do about it.
// Heads alone do not say what was shown: an act of the roster that arrives later takes words out of
// the same version, or puts some back. So a name tells that too, and whoever confirms or writes on
// a version does so with what they read, or is refused.
//
//   name := id ("+" id)* ["-" mark]      id: the first 4 or more hexadecimal digits of a head
//   mark := the first 8 bytes, as 16 digits, of BLAKE2b-256("cunju left out 1" || id[32]*) over
//           what is left out below the heads, ascending; there is none where that is nothing
//
// Pure; the record's changes are passed in.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"
#include "crdt/types/record_view.h"
#include "crdt/types/text/text_field.h"
#include "node/registry/record_row.h"

namespace cunju::registry {

/// What versions of a record are told from. `changes` are those of `now` at least; they may be left
/// away where nothing is left out of it.
struct VersionedRecord {
  std::string_view registry;
  std::span<const TextChange> changes;
  const RecordView& now;
};

inline constexpr std::size_t kMarkDigits = 16;

struct VersionName {
  std::vector<ChangeId> heads;  ///< Ascending.
  std::string mark;             ///< kMarkDigits hexadecimal digits, or empty.
};

/// The mark of a version that leaves these out below its heads, ascending.
std::string left_out_mark(std::span<const ChangeId> left_out);
/// The mark of the record as it is shown now.
Result<std::string> mark_of_now(const VersionedRecord& record);

/// What a version is named for.
enum class VersionUse {
  kRead,     ///< A name without mark means what the version says when it is told.
  kTake,     ///< A name without mark means that nothing was left out of what was shown.
  kWrite,    ///< The same, and the heads are in force: what is written rests on them.
  kConfirm,  ///< The same as kTake, and the version has to be shown so today.
};

/// What somebody had before their eyes who names a version so. It is told like this: that which is
/// here today without what the view leaves out, and any other without what its own changes say; a
/// mark may also be that of another version without what the view leaves out today, because it was
/// today's when it was shown. Errors: kNotFound (a head), kConflict (something was left out or put
/// back since: neither is what was shown), kInvalidArgument (kWrite, and a head is left out itself,
/// so what is written on it would not have its words).
Result<Seen> read_version(const VersionName& name, VersionUse use, const VersionedRecord& record);

}  // namespace cunju::registry
