// SPDX-License-Identifier: Apache-2.0
//
// How the attachments of a home stand: which are here of those that records refer to, and which
// files nothing refers to: a program ended between file and record, or the records are not here.
// What only an earlier value or a deleted record refers to is kept: its history is open to whoever
// reads it.
#pragma once

#include <vector>

#include "node/attachments/blob_folder.h"
#include "node/attachments/charge_book.h"
#include "node/attachments/reference_index.h"
#include "node/replica/replica.h"

namespace cunju::attachments {

struct Tally {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  void add(std::uint64_t more) {
    ++count;
    bytes += more;
  }
};

struct AttachmentStanding {
  Tally whole;    ///< Records of some space refer to them, and they are here.
  Tally partial;  ///< The bytes that have come.
  Tally missing;  ///< Nothing of them is here.
  /// Those of the missing, and of what is here in part, that were attached on this computer, so
  /// that they were here: by address, once each.
  std::vector<PlacedReference> lost;
  /// As well, those that an own key refers to and of which the ChargeBook says nothing: attached
  /// here before there was one, or only chosen here (`settle`) between what others had attached.
  /// Nothing is asked for.
  std::vector<PlacedReference> maybe_lost;
  Tally damaged;                     ///< Kept aside; their bytes on the disk.
  Tally earlier;                     ///< Only earlier values or deleted records refer to them.
  Tally orphaned;                    ///< Nothing that can be read here does.
  std::vector<StoredFiles> orphans;  ///< Those of them that may go.
  /// Orphans of which no ChargeBook says that they came while this `data` was in use: it may be an
  /// older copy, and the record somewhere else.
  std::uint64_t unknown = 0;
  std::uint64_t fresh = 0;  ///< Orphans that are too new: somebody may be saving the record.
  /// Parts that can't be read here, for want of a key or as of a newer program, and may refer to
  /// any: then no orphan may go.
  std::uint64_t unreadable_parts = 0;
  std::uint64_t pooled_changes = 0;  ///< As well: they wait for earlier ones.
  /// As well: own logs of which others have seen what is not here, as after a backup was put back.
  std::uint64_t behind_logs = 0;
};

/// Of all spaces of the home. `verifies`: each whole one is hashed, and set aside if it is damaged.
/// What is wanted and is not here is looked for again by the next session (note_asked()), and what
/// was lost or is damaged counts as asked for, however large it is. Errors: those of the replica,
/// kIo.
Result<AttachmentStanding> look_at_attachments(replica::Replica& replica, BlobFolder& folder,
                                               const ChargeBook& charges, bool verifies);

}  // namespace cunju::attachments
