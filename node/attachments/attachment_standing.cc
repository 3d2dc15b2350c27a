// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/attachment_standing.h"

#include <algorithm>
#include <map>

#include "node/attachments/fetch_policy.h"
#include "node/attachments/reference_index.h"

namespace cunju::attachments {
namespace {

struct AllReferred {
  std::set<BlobId> blobs;
  bool lacks_wanted = false;
  std::map<BlobId, PlacedReference> own;    ///< Attached here: the book says so.
  std::map<BlobId, PlacedReference> maybe;  ///< Of an own key, and the book says nothing of them.
};

Result<AllReferred> all_referred(replica::Replica& replica, const BlobFolder& folder,
                                 const ChargeBook& charges) {
  AllReferred out;
  const std::vector<AuthorKey> own = replica.own_authors();
  const std::uint64_t stored = folder.stored_bytes();
  CUNJU_TRY(const std::vector<SpaceId> spaces, replica.spaces());
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(replica, space));
    CUNJU_TRY(const std::vector<Referred> references, find_references(replica, space, catalog));
    CUNJU_TRY(const std::vector<Charge> noted, charges.of(space));
    std::map<Address, AuthorKey> charged;
    for (const Charge& charge : noted) charged.emplace(charge.blob.address, charge.author);
    for (const Referred& each : references) {
      out.blobs.insert(each.blob);
      if (std::ranges::count(own, each.author) == 0) continue;
      // Whoever settles two values writes a reference as well, to what need never have been here.
      const auto row = charged.find(each.blob.address);
      if (row != charged.end() && std::ranges::count(own, row->second) == 0) continue;
      (row == charged.end() ? out.maybe : out.own)
          .emplace(each.blob, PlacedReference{.space = space, .reference = each});
    }
    const Result<Wanted> wanted = choose_wanted(space, references, folder, charges, stored);
    out.lacks_wanted = out.lacks_wanted || (wanted.has_value() && !wanted.value().blobs.empty());
  }
  return out;
}

/// Those that somebody has seen further than they are here, or otherwise.
Result<std::uint64_t> count_behind(replica::Replica& replica) {
  std::uint64_t out = 0;
  CUNJU_TRY(const std::vector<SpaceId> spaces, replica.spaces());
  for (const SpaceId& space : spaces) {
    for (const AuthorKey& author : replica.own_authors()) {
      CUNJU_TRY(const std::vector<replica::Claim> claims, replica.claims(space, author));
      CUNJU_TRY(const std::vector<replica::ToldHead> told, replica.told(space, author));
      const bool is_behind = !claims.empty() || std::ranges::any_of(told, [](const auto& head) {
        return !head.is_here;
      });
      if (is_behind) ++out;
    }
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
                                               const ChargeBook& charges, bool verifies) {
  AttachmentStanding out;
  // The files before the records: what is attached meanwhile is not among them.
  const std::vector<StoredFiles> before = folder.stored();
  CUNJU_TRY(const AllReferred all, all_referred(replica, folder, charges));
  const std::set<BlobId>& referred = all.blobs;
  // A file that was lost is missed by nobody who remembers what was wanted. On a full disk it
  // waits.
  if (all.lacks_wanted) (void)note_asked(folder.folder());
  if (verifies) {
    CUNJU_TRYV(verify(folder, referred));
  }
  const std::vector<Address> aside = folder.damaged();
  std::set<Address> current;
  for (const BlobId& blob : referred) {
    current.insert(blob.address);
    const auto own = all.own.find(blob);
    const bool is_aside = std::ranges::count(aside, blob.address) > 0;
    const bool is_gone = !folder.seems_whole(blob) && !is_aside;
    if (own == all.own.end() && is_gone && all.maybe.contains(blob))
      out.maybe_lost.push_back(all.maybe.at(blob));
    if (own != all.own.end() && is_gone) out.lost.push_back(own->second);
    // On a full disk it waits. Older programs put what is damaged aside and did not ask for it.
    if (is_aside || (own != all.own.end() && is_gone)) (void)folder.want(blob.address);
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
  CUNJU_TRY(out.unreadable_parts, replica.spare_referred(unreferred));
  CUNJU_TRY(const std::vector<SpaceId> spaces, replica.spaces());
  CUNJU_TRY(const std::set<Address> known, charges.known(spaces, unreferred));
  CUNJU_TRY(const replica::ReplicaCounts counts, replica.counts());
  out.pooled_changes = counts.pooled;
  CUNJU_TRY(out.behind_logs, count_behind(replica));
  const bool may_go = out.unreadable_parts == 0 && out.pooled_changes == 0 && out.behind_logs == 0;
  for (const StoredFiles& files : before) {
    const bool is_aside = std::ranges::count(aside, files.address) > 0;
    if (is_aside) out.damaged.add(files.bytes);
    if (current.contains(files.address)) continue;
    if (!unreferred.contains(files.address)) {
      if (!is_aside) out.earlier.add(files.bytes);
      continue;
    }
    out.orphaned.add(files.bytes);
    if (!known.contains(files.address)) {
      ++out.unknown;
    } else if (!files.is_settled) {
      ++out.fresh;
    } else if (may_go) {
      out.orphans.push_back(files);
    }
  }
  return out;
}

}  // namespace cunju::attachments
