// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/attachment_standing.h"

#include <algorithm>
#include <map>

#include "node/attachments/reference_index.h"

namespace cunju::attachments {
namespace {

Result<std::set<BlobId>> all_referred(replica::Replica& replica) {
  std::set<BlobId> out;
  CUNJU_TRY(const std::vector<SpaceId> spaces, replica.spaces());
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(replica, space));
    CUNJU_TRY(const std::vector<Referred> references, find_references(replica, space, catalog));
    for (const Referred& each : references) out.insert(each.blob);
  }
  return out;
}

Result<void> verify(BlobFolder& folder, const std::set<BlobId>& blobs) {
  for (const BlobId& blob : blobs) {
    if (!folder.seems_whole(blob)) continue;
    const Result<std::shared_ptr<const StoredBlob>> opened = folder.open_blob(blob);
    // A damaged one is aside now, and is counted there.
    if (opened.has_error() && opened.error().code != Errc::kCorrupt) return opened.error();
  }
  return ok();
}

}  // namespace

Result<AttachmentStanding> look_at_attachments(replica::Replica& replica, BlobFolder& folder,
                                               bool verifies) {
  AttachmentStanding out;
  // The files before the records: what is attached meanwhile is not among them.
  const std::vector<StoredFiles> before = folder.stored();
  CUNJU_TRY(const std::set<BlobId> referred, all_referred(replica));
  if (verifies) {
    CUNJU_TRYV(verify(folder, referred));
  }
  std::set<Address> current;
  for (const BlobId& blob : referred) {
    current.insert(blob.address);
    const std::uint64_t here = folder.bytes_here(blob);
    if (folder.seems_whole(blob)) {
      out.whole.add(blob.bytes);
    } else if (here > 0) {
      out.partial.add(here);
    } else {
      out.missing.add(blob.bytes);
    }
  }
  std::set<Address> unreferred;
  for (const StoredFiles& files : before)
    if (!current.contains(files.address)) unreferred.insert(files.address);
  const std::vector<Address> aside = folder.damaged();
  CUNJU_TRY(out.unreadable_parts, replica.spare_referred(unreferred));
  CUNJU_TRY(const replica::ReplicaCounts counts, replica.counts());
  out.pooled_changes = counts.pooled;
  for (const StoredFiles& files : before) {
    const bool is_aside = std::ranges::count(aside, files.address) > 0;
    if (is_aside) out.damaged.add(files.bytes);
    if (current.contains(files.address)) continue;
    if (!unreferred.contains(files.address)) {
      if (!is_aside) out.earlier.add(files.bytes);
      continue;
    }
    out.orphaned.add(files.bytes);
    if (!files.is_settled) {
      ++out.fresh;
    } else if (out.unreadable_parts == 0 && out.pooled_changes == 0) {
      out.orphans.push_back(files);
    }
  }
  return out;
}

}  // namespace cunju::attachments
