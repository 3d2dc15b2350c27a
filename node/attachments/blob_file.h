// SPDX-License-Identifier: Apache-2.0
//
// One open file of the folder of attachments: reads and writes at a place, syncs, locks. Only its
// owner may read it (0600). Single thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "node/store/fault_injector.h"
#include "node/store/private_file.h"

namespace cunju::attachments {

enum class BlobAccess : std::uint8_t {
  kRead,       ///< kNotFound when there is none.
  kReadWrite,  ///< Made when there is none.
  kNew,        ///< kExists when there is one.
};

class BlobFile {
 public:
  /// `faults` may be null; lets writes (kPut), syncs (kCommit) fail. Errors: those of the system,
  /// with their path.
  static Result<BlobFile> open(std::filesystem::path path, BlobAccess access,
                               store::FaultInjector* faults);

  Result<std::uint64_t> size() const;
  /// As many bytes as are there, at most `count`.
  Result<Bytes> read_at(std::uint64_t offset, std::size_t count) const;
  Result<void> write_at(std::uint64_t offset, ByteView bytes);
  /// What was written is durable afterwards.
  Result<void> sync();
  /// False: another process, or another BlobFile, has it.
  Result<bool> try_lock();
  /// Whether the file that has the name now is this one.
  bool has_its_name() const;
  const std::filesystem::path& path() const { return path_; }

 private:
  BlobFile(std::filesystem::path path, store::FileDescriptor file, store::FaultInjector* faults)
      : path_(std::move(path)), file_(std::move(file)), faults_(faults) {}

  std::filesystem::path path_;
  store::FileDescriptor file_;
  store::FaultInjector* faults_;
};

/// Renames within one folder and makes that durable (kCommit).
Result<void> rename_durably(const std::filesystem::path& from, const std::filesystem::path& to,
                            store::FaultInjector* faults);
/// Writes zeros over a file's content, syncs, and takes its name away; nothing when there is none.
/// On a disk that writes in place the content is gone; flash memory and journals may keep copies,
/// which only the loss of the attachment's key makes unreadable.
Result<void> wipe_file(const std::filesystem::path& path, store::FaultInjector* faults);

}  // namespace cunju::attachments
