// SPDX-License-Identifier: Apache-2.0
//
// Files of whole blocks on a stick: written so that one is whole or not there, and read again
// before it gets its name, because sticks exist that take more than they keep; and read by blocks.
// Knows nothing of what is in them. No link is followed. Not thread safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "node/peers/stick_faults.h"
#include "node/store/private_file.h"

namespace cunju::peers {

/// Stands for the name of a file that is being written, instead of its own ending.
inline constexpr std::string_view kBesideSuffix = ".TMP";
/// Letters and digits before the ending.
inline constexpr std::size_t kStemChars = 8;

/// As store::system_error, and kPermission for a stick that can't be written.
Error stick_error(int number, std::string_view what, const std::filesystem::path& path);
/// 0, or what a test wants the step to fail with.
int injected(StickFaults* faults, StickStep step);
/// Makes the names in a folder of the stick durable.
Result<void> sync_stick(const std::filesystem::path& folder, StickFaults* faults);

/// What a file was read again from.
enum class ReadBack : std::uint8_t {
  kMedium,  ///< The stick itself, past the system's memory of what was written.
  kMemory,  ///< Perhaps that memory alone: the file system lets nobody read past it.
};

/// What a file was written as: enough to tell later whether it still is that.
class WrittenFile {
 public:
  explicit WrittenFile(std::filesystem::path path) : path_(std::move(path)) {}
  const std::filesystem::path& path() const { return path_; }
  void note(std::uint64_t offset, ByteView bytes);
  /// Reads all of it again. `at`: the name it was written under. Errors: kTampered (it is other
  /// bytes), kIo.
  Result<ReadBack> read_back(const std::filesystem::path& at, StickFaults* faults) const;

 private:
  struct Piece {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
    Hash hash;
  };
  Result<bool> compare(const store::FileDescriptor& file, const std::filesystem::path& at,
                       StickFaults* faults) const;

  std::filesystem::path path_;
  std::vector<Piece> pieces_;  ///< By offset, without a hole.
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

  /// A whole block in its place, counted from 0. No place is written twice.
  Result<void> write(std::uint64_t place, ByteView block);
  /// Whatever is between blocks.
  Result<void> write_at(std::uint64_t offset, ByteView bytes);
  /// Durable, read again, and under its name when it returns. Also kTampered: the stick has not
  /// kept what it said it had written.
  Result<ReadBack> finish();
  /// What was written until now.
  const WrittenFile& written() const { return written_; }

 private:
  BlockFile(store::FileDescriptor file, std::filesystem::path beside, std::filesystem::path path,
            StickFaults* faults)
      : file_(std::move(file)),
        beside_(std::move(beside)),
        written_(std::move(path)),
        faults_(faults) {}

  store::FileDescriptor file_;
  std::filesystem::path beside_;
  WrittenFile written_;
  StickFaults* faults_;
  bool is_there_ = true;  ///< Something has to be taken away at the end.
};

/// A file being read by blocks.
class BlockSource {
 public:
  /// Errors: kNotFound, kPermission, kIo, kMalformed (no plain file).
  static Result<BlockSource> open(const std::filesystem::path& path, StickFaults* faults);
  std::uint64_t bytes() const { return bytes_; }
  /// Whole blocks; what comes after them is none.
  std::uint64_t blocks() const;
  /// Empty when it is not there, or can't be read: a damaged place of the stick.
  std::optional<Bytes> read(std::uint64_t place) const;
  std::optional<Bytes> read_at(std::uint64_t offset, std::size_t bytes) const;

 private:
  BlockSource(store::FileDescriptor file, std::filesystem::path path, std::uint64_t bytes,
              StickFaults* faults)
      : file_(std::move(file)), path_(std::move(path)), bytes_(bytes), faults_(faults) {}

  store::FileDescriptor file_;
  std::filesystem::path path_;
  std::uint64_t bytes_;
  StickFaults* faults_;
};

}  // namespace cunju::peers
