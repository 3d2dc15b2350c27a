// SPDX-License-Identifier: Apache-2.0
//
// A text in the person's own editor: $VISUAL, $EDITOR, or the system's default. What is typed lies
// in a folder of its own below the home, which goes away by remove() alone: whatever ends the
// editor or this program, the text is found again by find_left().
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/base/result.h"
#include "node/store/private_file.h"

namespace cunju::cli {

class EditedFile {
 public:
  /// A file with this text that only its owner may read. `about` is what a later run needs to go
  /// on with it; it lies beside the text.
  static Result<EditedFile> create(const std::filesystem::path& home, std::string_view text,
                                   std::string_view about);
  /// What earlier runs left, last written first. Those whose editor is still open are among them.
  static std::vector<EditedFile> find_left(const std::filesystem::path& home);

  /// Runs the editor and gives the bytes it left. kIo: it failed; kNotFound: it left none.
  Result<std::string> edit();
  /// Nothing was typed: the text is as it was, and the editor has left nothing beside it, such as
  /// the swap file of one that was killed.
  bool is_untouched(std::string_view text) const;
  /// Nothing that anybody typed is there any more: the editor took the file away.
  bool is_gone() const;
  /// Another process has it open.
  bool is_open_elsewhere() const;
  /// Another text, and what it is about, in the place of what is there. A crash in between leaves
  /// the text beside what the old one was about.
  Result<void> replace(std::string_view text, std::string_view about);
  Result<void> remove();

  const std::filesystem::path& path() const { return path_; }
  const std::string& about() const { return about_; }
  /// When the text was last written, in milliseconds of the system's clock.
  std::uint64_t written_ms() const;

 private:
  EditedFile(std::filesystem::path path, std::string about)
      : path_(std::move(path)), about_(std::move(about)) {}

  std::filesystem::path path_;
  std::string about_;
  /// Locked while the editor is open; the editor inherits it and holds it if this program dies.
  std::unique_ptr<store::FileDescriptor> lock_;
};

/// The editor's command, for messages.
std::string editor_command();

/// A text of which nothing is left: a pipe whose program failed is empty, and so is what an editor
/// wrote to a full disk.
bool is_emptied(std::string_view before, std::string_view after);

/// The whole of a file, or of standard input for "-"; kLimit beyond the longest text.
Result<std::string> read_text_argument(const std::string& name);

}  // namespace cunju::cli
