// SPDX-License-Identifier: Apache-2.0
//
// What a node fetches by itself: small attachments, as long as their authors, their space and all
// spaces together have not used up what this node gives them. What came before counts, also when
// its record refers to another one by now. What is left out can be asked for one by one (`fetch`).
// Local: a node's own choice, never sent. docs/formats/attachment.md has the files
// HOME/blobs/policy and HOME/blobs/total.
//   policy := ("each " | "author " | "space ") decimal bytes "\n", one line of each, in this order;
//   a
//             fourth line, as in `total`, is read and never written
//   total  := "total " decimal bytes "\n"; it counts before a fourth line of `policy`
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string_view>
#include <vector>

#include "node/attachments/blob_folder.h"
#include "node/attachments/charge_book.h"
#include "node/attachments/reference_index.h"

namespace cunju::attachments {

/// A photo of a telephone or a scan of some pages comes by itself, a film does not.
inline constexpr std::uint64_t kFetchedEachBytes = 8 * 1024 * 1024;
/// Of one author in one space: some thousand scanned pages.
inline constexpr std::uint64_t kFetchedAuthorBytes = std::uint64_t{1} << 30;
/// Of one space.
inline constexpr std::uint64_t kFetchedSpaceBytes = std::uint64_t{4} << 30;
/// Of all spaces: a laptop of an office with thousands of them keeps most of its disk.
inline constexpr std::uint64_t kFetchedTotalBytes = std::uint64_t{32} << 30;

/// Bytes as stored.
struct FetchPolicy {
  std::uint64_t each = kFetchedEachBytes;  ///< Larger ones wait to be asked for; 0: all of them.
  std::uint64_t author = kFetchedAuthorBytes;
  std::uint64_t space = kFetchedSpaceBytes;
  /// When all attachments that are here, whoever made or wanted them, take that much, no more
  /// come unasked.
  std::uint64_t total = kFetchedTotalBytes;
  friend bool operator==(const FetchPolicy&, const FetchPolicy&) = default;
};

/// How the context of kMalformed ends, behind its path, where a folder stands in a file's place:
/// choosing again can't replace it.
inline constexpr std::string_view kNoPolicyFile = " is a folder and no file";
/// The defaults where nothing was chosen. Errors: kMalformed, kIo.
Result<FetchPolicy> load_policy(const std::filesystem::path& blobs);
/// The same; nothing comes unasked by one that can't be read. No session and no bundle ends for it:
/// `doctor` names it and says what mends it.
FetchPolicy policy_in_force(const std::filesystem::path& blobs);
Result<void> save_policy(const std::filesystem::path& blobs, const FetchPolicy& policy);

/// Which attachments of one space an empty node with that policy would fetch by itself: in the
/// order of their addresses, each that fits into what its author and the space have left. So all of
/// the same policy choose the same. `references`: as find_references() gives them; an attachment
/// counts for the smallest of the authors that refer to it.
std::set<BlobId> choose_by_policy(std::span<const Referred> references, const FetchPolicy& policy);

/// What a home keeps already, as of one moment.
struct HomeUse {
  std::vector<Charge> charges;  ///< Of the space (ChargeBook::of()).
  std::uint64_t stored = 0;     ///< Of all spaces (BlobFolder::stored_bytes()).
};
/// What is not here and may come unasked, with who is charged for it. Authors and the space are
/// charged first with what is here: whatever came unasked, and what is referred to now; that of
/// which a chunk is here goes before that of which none is.
std::vector<Charge> choose_unasked(std::span<const Referred> references, const FetchPolicy& policy,
                                   const HomeUse& use, const BlobFolder& folder);

/// What a home would take of one space that is not here.
struct Wanted {
  std::set<BlobId> blobs;  ///< What may come unasked, and what somebody here asked for.
  /// Those of them that come unasked and are in no book yet: whoever begins with one notes it first
  /// (ChargeBook::note()).
  std::map<BlobId, AuthorKey> uncharged;
};
/// `stored`: as HomeUse. Errors: those of the store.
Result<Wanted> choose_wanted(const SpaceId& space, std::span<const Referred> references,
                             const BlobFolder& folder, const ChargeBook& charges,
                             std::uint64_t stored);

}  // namespace cunju::attachments
