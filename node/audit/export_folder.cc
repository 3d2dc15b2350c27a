// SPDX-License-Identifier: Apache-2.0
#include "node/audit/export_folder.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "node/store/private_file.h"

namespace cunju::audit {
namespace {

namespace fs = std::filesystem;

Error io_error(const std::error_code& code, std::string_view what, const fs::path& path) {
  return store::system_error(code.value(), what, path);
}

/// Folders of an export: spaces, spaces/<id>, and its log and attachments.
bool is_export_folder(std::string_view path) {
  const std::string as_file = std::string(path) + "/";
  if (path == "spaces") return true;
  // A folder is right when a file of an export may be in it.
  return is_export_path(as_file + "heads.json") ||
         is_export_path(as_file + std::string(64, '0') + ".log") ||
         is_export_path(as_file + std::string(64, '0') + ".pdf");
}

}  // namespace

Result<FolderWriter> FolderWriter::begin(const fs::path& folder) {
  std::error_code code;
  const bool was_there = fs::exists(fs::symlink_status(folder, code));
  if (was_there) {
    const bool is_empty = fs::is_directory(folder, code) && fs::is_empty(folder, code) && !code;
    if (!is_empty) return fail(Errc::kExists, folder.string() + " is there and not empty");
  } else {
    CUNJU_TRYV(store::make_private_folder(folder));
  }
  return FolderWriter(folder, was_there);
}

FolderWriter::FolderWriter(FolderWriter&& other) noexcept
    : folder_(std::move(other.folder_)),
      was_there_(other.was_there_),
      is_done_(std::exchange(other.is_done_, true)),
      files_(std::move(other.files_)),
      bytes_(other.bytes_) {}

FolderWriter::~FolderWriter() {
  if (is_done_) return;
  // Half an export is of no use and would be in the way of the next try. The folder was empty.
  std::error_code ignored;
  fs::remove_all(folder_ / "spaces", ignored);
  fs::remove(folder_ / "README.txt", ignored);
  fs::remove(folder_ / kManifestSignatureName, ignored);
  if (!was_there_) fs::remove(folder_, ignored);
}

Result<void> FolderWriter::add(const std::string& path, ByteView content) {
  CUNJU_CHECK(is_export_path(path), "an export has only files that verify knows");
  CUNJU_CHECK(!files_.contains(path), "each file is written once");
  const fs::path target = folder_ / path;
  CUNJU_TRYV(store::make_private_folder(target.parent_path()));
  CUNJU_TRYV(store::write_new_file(target, content));
  files_.emplace(path, ManifestFile{path, content.size(), crypto::hash({content})});
  bytes_ += content.size();
  return ok();
}

std::vector<ManifestFile> FolderWriter::files() const {
  std::vector<ManifestFile> out;
  for (const auto& [path, file] : files_) out.push_back(file);
  return out;
}

Result<void> FolderWriter::finish(std::string_view manifest, std::string_view signature) {
  CUNJU_TRYV(store::write_new_file(folder_ / kManifestSignatureName, as_bytes(signature)));
  CUNJU_TRY(fs::path beside, store::write_beside(folder_ / kManifestName, as_bytes(manifest)));
  Result<void> moved = store::move_into_place(beside, folder_ / kManifestName);
  if (moved.has_error()) {
    std::error_code ignored;
    fs::remove(beside, ignored);
    return moved;
  }
  is_done_ = true;
  return ok();
}

Result<FolderListing> list_folder(const fs::path& folder) {
  std::error_code code;
  if (!fs::exists(folder, code)) return fail(Errc::kNotFound, folder.string());
  FolderListing out;
  std::size_t entries = 0;
  fs::recursive_directory_iterator at(folder, fs::directory_options::none, code), end;
  if (code) return io_error(code, "listing", folder);
  while (at != end) {
    if (++entries > limits::kMaxExportEntries) return fail(Errc::kLimit, "kMaxExportEntries");
    const std::string path = at->path().lexically_relative(folder).generic_string();
    // The entry itself, never what a link leads to.
    const fs::file_status status = at->symlink_status(code);
    if (code) return io_error(code, "looking at", at->path());
    if (fs::is_regular_file(status)) {
      out.files[path] = at->file_size(code);
      if (code) return io_error(code, "looking at", at->path());
    } else if (!fs::is_directory(status) || !is_export_folder(path)) {
      out.strange.push_back(path);
      at.disable_recursion_pending();
    }
    at.increment(code);
    if (code) return io_error(code, "listing", folder);
  }
  std::ranges::sort(out.strange);
  return out;
}

}  // namespace cunju::audit
