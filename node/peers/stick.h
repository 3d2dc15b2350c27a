// SPDX-License-Identifier: Apache-2.0
//
// The folder of bundles on a stick: files of whole blocks, written so that one is whole or not
// there, and found among whatever else people and programs have put on the stick. Names are those
// that FAT keeps (eight letters or digits, a dot, three letters) and say nothing. Knows nothing of
// what is in the files. Nothing but files of bundles is opened, no link is followed. Not thread
// safe.
//   DIR/CUNJU/XXXXXXXX.CUB   a letter with changes
//   DIR/CUNJU/XXXXXXXX.CUR   a letter with receipts only
//   DIR/CUNJU/XXXXXXXX.TMP   one that is being written, or a power cut's leftover
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "node/store/private_file.h"

namespace cunju::peers {

inline constexpr std::string_view kLetterSuffix = ".CUB";
inline constexpr std::string_view kReceiptSuffix = ".CUR";

/// Names on a stick that are not its folder's: whatever else people keep there. What they cost is
/// reading a directory.
inline constexpr std::size_t kMaxForeignNames = 1'000'000;
/// How the context of kMalformed ends where a link or a file stands in the folder's place.
inline constexpr std::string_view kNoFolder = " is no folder";

/// Eight characters of A to Z and 2 to 7 (RFC 4648) from the first five bytes.
std::string stick_name(ByteView bytes, std::string_view suffix);

enum class StickStep : std::uint8_t { kFolder, kCreate, kWrite, kSync, kRename, kSyncFolder };

/// Lets a test make one step fail as if the operating system had refused it.
class StickFaults {
 public:
  virtual ~StickFaults() = default;
  /// 0 lets it happen, an errno makes it fail with that.
  virtual int error_for(StickStep step) = 0;
};

/// One file being written. Until finish() there is none under its name; without it nothing stays.
class BlockFile {
 public:
  /// In `folder`, which open_stick() has given. Replaces a file of that name. Errors, here and
  /// below: kDiskFull, kPermission (not writable), kIo.
  static Result<BlockFile> create(const std::filesystem::path& folder, const std::string& name,
                                  StickFaults* faults);
  BlockFile(BlockFile&& other) noexcept;
  BlockFile(const BlockFile&) = delete;
  BlockFile& operator=(const BlockFile&) = delete;
  ~BlockFile();

  /// A whole block in its place, counted from 0.
  Result<void> write(std::uint64_t place, ByteView block);
  /// Whatever is between blocks.
  Result<void> write_at(std::uint64_t offset, ByteView bytes);
  /// Durable, under its name, when it returns.
  Result<void> finish();

 private:
  BlockFile(store::FileDescriptor file, std::filesystem::path beside, std::filesystem::path path,
            StickFaults* faults)
      : file_(std::move(file)),
        beside_(std::move(beside)),
        path_(std::move(path)),
        faults_(faults) {}

  store::FileDescriptor file_;
  std::filesystem::path beside_;
  std::filesystem::path path_;
  StickFaults* faults_;
  bool is_there_ = true;  ///< Something has to be taken away at the end.
};

/// A stick that is being written: holds its folder's lock.
struct OpenStick {
  std::filesystem::path folder;  ///< DIR/CUNJU, or DIR itself when that is its name.
  store::FolderLock lock;
};
/// Makes the folder if need be, also where DIR is DIR/CUNJU, and takes away what a power cut left.
/// Errors as BlockFile::create, kNotFound (no such DIR), kMalformed (kNoFolder).
Result<OpenStick> open_stick(const std::filesystem::path& dir, StickFaults* faults);
/// Bytes that can still be written there; 2^64 - 1 where the file system does not say, so that a
/// full one is found by writing. Errors: kIo.
Result<std::uint64_t> free_bytes(const std::filesystem::path& folder);

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
/// DIR and DIR/CUNJU, in whatever case the names come; nothing where DIR is the folder itself and
/// only the stick is there. Errors: kNotFound, kLimit (limits::kMaxStickNames in the folder,
/// kMaxForeignNames beside it, limits::kMaxStickFiles), kMalformed (kNoFolder), kIo.
Result<StickListing> list_stick(const std::filesystem::path& dir);

/// A file being read by blocks.
class BlockSource {
 public:
  /// Errors: kNotFound, kPermission, kIo, kMalformed (no plain file).
  static Result<BlockSource> open(const std::filesystem::path& path);
  std::uint64_t bytes() const { return bytes_; }
  /// Whole blocks; what comes after them is none.
  std::uint64_t blocks() const;
  /// Empty when it is not there, or can't be read: a damaged place of the stick.
  std::optional<Bytes> read(std::uint64_t place) const;
  std::optional<Bytes> read_at(std::uint64_t offset, std::size_t bytes) const;

 private:
  BlockSource(store::FileDescriptor file, std::uint64_t bytes)
      : file_(std::move(file)), bytes_(bytes) {}
  store::FileDescriptor file_;
  std::uint64_t bytes_;
};

}  // namespace cunju::peers
