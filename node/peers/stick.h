// SPDX-License-Identifier: Apache-2.0
//
// The folder of bundles on a stick, and its files (block_file.h) among whatever else people and
// programs have put there. Names are those that FAT keeps (eight letters or digits, a dot, three
// letters) and say nothing. Nothing but files of bundles is opened. Not thread safe.
//   DIR/CUNJU/XXXXXXXX.CUB   a letter with changes
//   DIR/CUNJU/XXXXXXXX.CUR   a letter with receipts only
//   DIR/CUNJU/XXXXXXXX.TMP   one that is being written, or a power cut's leftover
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "node/peers/block_file.h"

namespace cunju::peers {

inline constexpr std::string_view kLetterSuffix = ".CUB";
inline constexpr std::string_view kReceiptSuffix = ".CUR";

/// Names on a stick that are not its folder's: whatever else people keep there. What they cost is
/// reading a directory.
inline constexpr std::size_t kMaxForeignNames = 1'000'000;
/// How the context of kMalformed ends where a link or a file stands in the folder's place.
inline constexpr std::string_view kNoFolder = " is no folder";
/// How that of kInvalidArgument ends where somebody named a file and no stick.
inline constexpr std::string_view kNoStick = " is a file and no stick";

/// Eight characters of A to Z and 2 to 7 (RFC 4648) from the first five bytes.
std::string stick_name(ByteView bytes, std::string_view suffix);

/// A stick that is being written: holds its folder's lock.
struct OpenStick {
  std::filesystem::path folder;  ///< DIR/CUNJU, or DIR itself when that is its name.
  store::FolderLock lock;
};
/// Makes the folder if need be, also where DIR is DIR/CUNJU, and takes away what a power cut left.
/// Errors as BlockFile::create, kNotFound (no such DIR), kInvalidArgument (kNoStick), kMalformed
/// (kNoFolder).
Result<OpenStick> open_stick(const std::filesystem::path& dir, StickFaults* faults);
/// Bytes that can still be written there; 2^64 - 1 where the file system does not say, so that a
/// full one is found by writing. Errors: kIo.
Result<std::uint64_t> free_bytes(const std::filesystem::path& folder,
                                 StickFaults* faults = nullptr);

struct StickFile {
  std::filesystem::path path;
  std::string name;
  std::uint64_t bytes = 0;
};

struct StickListing {
  std::vector<StickFile> files;         ///< Those that are named like a bundle's, by name.
  std::vector<std::string> unfinished;  ///< Leftovers of a power cut, or still being copied.
  std::uint64_t others = 0;             ///< Everything else: not opened.
  bool has_autorun = false;             ///< Something that a computer may start by itself.
};
/// DIR and DIR/CUNJU, in whatever case the names come; what a damaged folder lists twice is there
/// once; nothing where DIR is the folder itself and only the stick is there. Errors: kNotFound,
/// kLimit (limits::kMaxStickNames in the folder, kMaxForeignNames beside it,
/// limits::kMaxStickFiles), kInvalidArgument (kNoStick), kMalformed (kNoFolder), kIo.
Result<StickListing> list_stick(const std::filesystem::path& dir, StickFaults* faults = nullptr);

}  // namespace cunju::peers
