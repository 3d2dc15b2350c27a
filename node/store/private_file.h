// SPDX-License-Identifier: Apache-2.0
//
// Small files and folders that only their owner may read (0600, 0700), written so that they
// survive a power cut: what these functions report as done is on the disk. No content rules.
// Threads: no state; writers of one file take the FolderLock first.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <utility>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::store {

/// An open file descriptor, closed at the end.
class FileDescriptor {
 public:
  explicit FileDescriptor(int value) : value_(value) {}
  FileDescriptor(FileDescriptor&& other) noexcept : value_(std::exchange(other.value_, -1)) {}
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  ~FileDescriptor();
  int value() const { return value_; }
  bool is_open() const { return value_ >= 0; }

 private:
  int value_;
};

/// The error for an errno: kDiskFull, kNotFound, kExists or kIo.
Error system_error(int number, std::string_view what, const std::filesystem::path& path);

/// Makes the folder and its missing ancestors; those that are there stay as they are.
Result<void> make_private_folder(const std::filesystem::path& folder);
/// Makes the names in a folder durable.
Result<void> sync_folder(const std::filesystem::path& folder);

/// The whole file. kLimit when it is longer than max_bytes, kNotFound, kIo.
Result<Bytes> read_whole_file(const std::filesystem::path& path, std::size_t max_bytes);

/// Writes a new file; kExists, and nothing changed, when the name is taken.
Result<void> write_new_file(const std::filesystem::path& path, ByteView content);

/// Replaces a file in two steps; a crash between them leaves the old file. The first step writes
/// the content durably to a name beside `path` (replacing a leftover) and gives that name, the
/// second puts it in place. Both need the FolderLock when others may write too.
Result<std::filesystem::path> write_beside(const std::filesystem::path& path, ByteView content);
Result<void> move_into_place(const std::filesystem::path& beside,
                             const std::filesystem::path& path);

/// Overwrites the file's bytes before its name goes; one that is not there is none. On a disk that
/// writes elsewhere what is written again (flash, copies on write) the old bytes may stay until the
/// disk needs the place.
Result<void> overwrite_and_remove(const std::filesystem::path& path);

/// Held by whoever reads, changes and replaces files of a folder; waits for other holders, also
/// in other processes. Released at the end or when the process dies.
class FolderLock {
 public:
  static Result<FolderLock> take(const std::filesystem::path& folder);

 private:
  explicit FolderLock(FileDescriptor folder) : folder_(std::move(folder)) {}
  FileDescriptor folder_;
};

}  // namespace cunju::store
