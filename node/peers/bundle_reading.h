// SPDX-License-Identifier: Apache-2.0
//
// Reads the bundles on a stick: looks what is there for this node, or takes it. Taking verifies as
// a sync session does, is durable batch by batch, and may be repeated; what is damaged or foreign
// is said and costs nothing else. Afterwards the nodes that wrote get receipts.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "net/bundle/annex_reader.h"
#include "net/bundle/reader.h"
#include "node/peers/bundle_annex.h"
#include "node/peers/stick.h"

namespace cunju::peers {

enum class FileState : std::uint8_t {
  kReadable,       ///< For this node, from a node that it knows.
  kNotForUs,       ///< Whole, and for another node.
  kOwn,            ///< The same, and this node wrote it.
  kDamaged,        ///< No head of it can be read, or it can't be opened.
  kForeign,        ///< Named like a bundle and none.
  kUnknownWriter,  ///< No roster here names the node that wrote it: taken only if one says so.
  kForged,         ///< Its signature is wrong.
  kNewerProgram,
};

/// One file of a stick.
struct ReadFile {
  StickFile file;
  FileState state = FileState::kDamaged;
  std::optional<bundle::Letter> letter;  ///< Authentic; of kReadable and kUnknownWriter.
  std::optional<BundlePeer> from;        ///< Of kReadable.
  std::uint64_t missing_chunks = 0;      ///< The file is shorter than its letter says,
  std::uint64_t missing_slots = 0;       ///< and ends before these of its annex.
  bundle::Taken taken;                   ///< What became of it; empty after look_at_stick().
  bundle::AnnexTaken annex;
  attachments::CarriedReport attachments;
  /// By its receipts its writer had changes that were not here when the annex was taken, or nothing
  /// tells: what refers to attachments may come yet.
  bool may_lack_records = false;
};

/// What became of a receipt on the stick.
struct ReadReceipt {
  BundlePeer from;
  SpaceId space;
  Filing filing = Filing::kNew;
};

struct StickReport {
  StickListing listing;
  std::vector<ReadFile> files;  ///< In the order of reading: by writer, bundle and part.
  std::vector<ReadReceipt> receipts;
  std::uint64_t refused_receipts = 0;  ///< Not of who wrote the letter, not for us, or forged.
  /// Nodes that a receipt was written for, by its file's name.
  std::map<std::string, BundlePeer> answered;
  /// Why some got none. What was taken is safe nevertheless.
  std::optional<Error> not_answered;
  /// Why not all attachments could be kept: the disk is full. Changes were taken before.
  std::optional<Error> not_kept;
  /// What could not be stated or handed over, for the log.
  std::vector<std::string> log;
};

/// What is on the stick; changes nothing. Errors: those of list_stick() and of the store.
Result<StickReport> look_at_stick(const BundleContext& context, const std::filesystem::path& dir);

/// Takes what is on the stick for this node, each letter's changes before its attachments, then
/// puts receipts on it. Errors as above, kDiskFull and kIo of the store: what was taken before
/// stays, and reading again goes on.
struct ReadOptions {
  bool answers = true;  ///< False: the stick is not written.
  /// Takes letters of nodes that no roster here names, for the spaces that are here: each change is
  /// judged by its own signature. Their receipts are not used.
  bool takes_unknown = false;
  CarryChoice attachments = CarryChoice::kSmall;
  StickFaults* faults = nullptr;
  BundleProgress progress;
};
Result<StickReport> read_stick(const BundleContext& context, const std::filesystem::path& dir,
                               const ReadOptions& options);

/// Takes the receipts alone: before something is written on a stick that came back.
Result<StickReport> read_receipts(const BundleContext& context, const std::filesystem::path& dir);

}  // namespace cunju::peers
