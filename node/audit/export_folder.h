// SPDX-License-Identifier: Apache-2.0
//
// The folder of an export on disk: writing one so that it is whole or not there (the manifest
// comes last), and listing a foreign one without following anything out of it. Files are readable
// by their owner only. Not thread safe.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/audit/manifest.h"

namespace cunju::audit {

class FolderWriter {
 public:
  /// Makes the folder, or takes one that is empty. Errors: kExists, kIo, kDiskFull.
  static Result<FolderWriter> begin(const std::filesystem::path& folder);
  FolderWriter(FolderWriter&& other) noexcept;
  FolderWriter(const FolderWriter&) = delete;
  FolderWriter& operator=(const FolderWriter&) = delete;
  /// Without finish() everything that was written is taken away again.
  ~FolderWriter();

  /// Durable when it returns. `path` as in is_export_path().
  Result<void> add(const std::string& path, ByteView content);
  /// What was added, ascending by path.
  std::vector<ManifestFile> files() const;
  std::uint64_t bytes() const { return bytes_; }
  /// Signature, then manifest by renaming: only now is there an export.
  Result<void> finish(std::string_view manifest, std::string_view signature);

 private:
  explicit FolderWriter(std::filesystem::path folder, bool was_there)
      : folder_(std::move(folder)), was_there_(was_there) {}

  std::filesystem::path folder_;
  bool was_there_;
  bool is_done_ = false;
  std::map<std::string, ManifestFile> files_;
  std::uint64_t bytes_ = 0;
};

struct FolderListing {
  std::map<std::string, std::uint64_t> files;  ///< Path with '/' -> size in bytes.
  /// Links, devices, and folders that no export has: never opened, never entered.
  std::vector<std::string> strange;
};

/// Errors: kNotFound, kIo, kLimit (limits::kMaxExportEntries).
Result<FolderListing> list_folder(const std::filesystem::path& folder);

}  // namespace cunju::audit
