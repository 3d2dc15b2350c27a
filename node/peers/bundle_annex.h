// SPDX-License-Identifier: Apache-2.0
//
// What goes into the annex of a bundle: parts that the recipient said to lack, and attachments that
// are its to have. What it may have the replica and the depot decide, as in a session.
#pragma once

#include <vector>

#include "net/bundle/annex.h"
#include "node/attachments/carried_attachments.h"
#include "node/peers/bundle_context.h"

namespace cunju::peers {

/// The attachments of a home while bundles are written or read; borrows all that it is given.
struct BundleAttachments {
  /// `reader`: the device whose keys open the records.
  BundleAttachments(replica::Replica& replica, attachments::BlobFolder& folder,
                    attachments::WantBook& wants, const AuthorKey& reader)
      // What the records refer to is computed anew whenever they have changed.
      : depot(replica, folder, wants, reader, [] { return sync::Time{0}; }),
        carried(replica, folder, wants.charges()) {}

  attachments::AttachmentDepot depot;
  attachments::CarriedAttachments carried;
};

/// Ascending by bundle::place_of(); an attachment to which several spaces refer is there once.
Result<std::vector<bundle::AnnexTask>> plan_annex(const BundleContext& context,
                                                  const BundlePeer& to, const AnnexChoice& choice);
/// Bytes of attachments among them, as stored.
std::uint64_t attachment_bytes(const std::vector<bundle::AnnexTask>& tasks);

/// Parts of the space that this node lacks, as a receipt lists them.
Result<std::vector<bundle::LackedSpan>> find_lacked_parts(replica::Replica& replica,
                                                          const SpaceId& space);

}  // namespace cunju::peers
