// SPDX-License-Identifier: Apache-2.0
//
// Writes bundles: for each recipient letters with what it lacks by its newest receipts, changes
// first and attachments last, until all is written or the stick is full; a letter is whole or not
// there. What did not fit goes on with the next stick. Nothing here decides what a recipient may
// have: the replica's port does.
#pragma once

#include <filesystem>
#include <vector>

#include "net/bundle/letter.h"
#include "node/peers/bundle_annex.h"
#include "node/peers/stick.h"

namespace cunju::peers {

/// Left free for the receipts on their way back.
inline constexpr std::uint64_t kStickReserveBytes = 4 * bundle::kBlockBytes;
/// With less free no letter is begun: both heads and a block between them, and the reserve.
inline constexpr std::uint64_t kLeastStickBytes = kStickReserveBytes + 3 * bundle::kBlockBytes;

struct WriteOptions {
  bool is_dry_run = false;  ///< Counts; nothing is written, and nothing remembered.
  bool goes_on = false;     ///< With the part after the last one that was written.
  bool everything = false;  ///< As if the recipient had receipted nothing.
  /// Nothing: as the stick before had it, and else small ones.
  std::optional<CarryChoice> attachments = {};
  StickFaults* faults = nullptr;
  BundleProgress progress;
};

struct WrittenLetter {
  std::string file;  ///< Empty under is_dry_run.
  bundle::Letter letter;
  std::uint64_t bytes = 0;  ///< Of the file.
  ReadBack read_back = ReadBack::kMemory;
};

/// What became of one recipient.
struct WrittenBundle {
  BundlePeer to;
  std::vector<WrittenLetter> letters;
  /// What did not fit, and the bytes that it takes on further sticks; 0: everything is written.
  bundle::SpaceContent missing;  ///< Of all spaces together.
  std::uint64_t missing_bytes = 0;
  /// Attachments that seemed to be here and could not be read: not written.
  std::set<attachments::BlobId> unreadable;
};

/// To each recipient, in order; one that lacks nothing gets no letter. Whoever does not get all is
/// in the book, from the first part on where not one fitted, so that goes_on reaches everybody; a
/// run without it takes the place of what the book had of the same recipient. `dir`: the stick;
/// unused under is_dry_run. Each file is read again when it is written, and once more when all are:
/// a stick that has less room than it says writes over what was there. Errors: kDiskFull (the disk
/// refused what it had room for: the letter that was being written is not there, those before are),
/// kTampered (it has not kept what it took: no letter that reads otherwise is there, and nothing
/// counts as written that was in one), kPermission (can't be written), kNotFound, kIo, those of the
/// store.
Result<std::vector<WrittenBundle>> write_bundles(const BundleContext& context,
                                                 const std::vector<BundlePeer>& recipients,
                                                 const std::filesystem::path& dir,
                                                 const WriteOptions& options);

/// The name of this node's receipts for that one. The same each time, so that a newer file takes
/// the place of an older one; and nobody without this node's keys can tell whose it is.
std::string receipt_file_name(const BundleContext& context, const NodeKey& to);

/// Puts receipts alone on the stick, in place of earlier ones for that node. The file's name.
/// Errors as above.
Result<std::string> write_receipts(const BundleContext& context, const BundlePeer& to,
                                   const std::filesystem::path& dir, StickFaults* faults = nullptr);

}  // namespace cunju::peers
