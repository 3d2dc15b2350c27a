// SPDX-License-Identifier: Apache-2.0
//
// A text in the person's own editor: $VISUAL, $EDITOR, or the system's default.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "crdt/base/result.h"

namespace cunju::cli {

/// A file that only its owner may read, in a new folder below `home`; removed with the folder
/// unless keep() was called.
class EditedFile {
 public:
  static Result<EditedFile> create(const std::filesystem::path& home, std::string_view name,
                                   std::string_view text);
  EditedFile(EditedFile&& other) noexcept;
  EditedFile(const EditedFile&) = delete;
  EditedFile& operator=(const EditedFile&) = delete;
  ~EditedFile();

  /// Runs the editor and gives the bytes it left. kIo: it failed.
  Result<std::string> edit() const;
  const std::filesystem::path& path() const { return path_; }
  /// Also when it can't be read: then nobody knows what is in it.
  bool differs_from(std::string_view text) const;
  void keep() { is_kept_ = true; }

 private:
  explicit EditedFile(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
  bool is_kept_ = false;
};

/// The whole of a file, or of standard input for "-"; kLimit beyond the longest text.
Result<std::string> read_text_argument(const std::string& name);

}  // namespace cunju::cli
