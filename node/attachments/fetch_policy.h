// SPDX-License-Identifier: Apache-2.0
//
// What a node fetches by itself: small attachments, as long as their authors and their space have
// not used up what this node gives them. What is left out can be asked for one by one (`fetch`).
// Local: a node's own choice, never sent. docs/formats/store.md has the file HOME/blobs/policy.
//   policy := ("each " | "author " | "space ") decimal bytes "\n", one line of each, in this order
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <vector>

#include "node/attachments/blob_folder.h"
#include "node/attachments/reference_index.h"

namespace cunju::attachments {

/// A photo of a telephone or a scan of some pages comes by itself, a film does not.
inline constexpr std::uint64_t kFetchedEachBytes = 8 * 1024 * 1024;
/// Of one author in one space: some thousand scanned pages.
inline constexpr std::uint64_t kFetchedAuthorBytes = std::uint64_t{1} << 30;
/// Of one space: an office of a hundred villages stays below the disk of a laptop.
inline constexpr std::uint64_t kFetchedSpaceBytes = std::uint64_t{4} << 30;

/// Bytes as stored.
struct FetchPolicy {
  std::uint64_t each = kFetchedEachBytes;  ///< Larger ones wait to be asked for; 0: all of them.
  std::uint64_t author = kFetchedAuthorBytes;
  std::uint64_t space = kFetchedSpaceBytes;
  friend bool operator==(const FetchPolicy&, const FetchPolicy&) = default;
};

/// The defaults where nothing was chosen. Errors: kMalformed, kIo.
Result<FetchPolicy> load_policy(const std::filesystem::path& blobs);
Result<void> save_policy(const std::filesystem::path& blobs, const FetchPolicy& policy);

/// Which attachments of one space a node fetches by itself: in the order of their addresses, which
/// nobody can choose, each that fits into what its author and the space have left. So all of the
/// same policy choose the same. `references`: as find_references() gives them; an attachment counts
/// for the smallest of the authors that refer to it.
std::set<BlobId> choose_by_policy(std::span<const Referred> references, const FetchPolicy& policy);

/// What this home would take of one space without being asked, and what somebody here asked for;
/// whether it is here or not. Errors: those of load_policy().
Result<std::set<BlobId>> choose_wanted(std::span<const Referred> references,
                                       const BlobFolder& folder);

}  // namespace cunju::attachments
