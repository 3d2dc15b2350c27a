// SPDX-License-Identifier: Apache-2.0
#include "cli/editor.h"

#include <sys/wait.h>

#include <cstdlib>
#include <iostream>
#include <iterator>
#include <utility>

#include "crdt/crypto/crypto.h"
#include "node/registry/text_operations.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

/// An editor may add a byte order mark, and a carriage return to each line.
constexpr std::size_t kMaxFileBytes = 2 * registry::kMaxTextBytes;

std::string editor_command() {
  for (const char* variable : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "editor";
}

std::string quoted(const std::string& path) {
  std::string out = "'";
  for (char c : path) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

}  // namespace

Result<EditedFile> EditedFile::create(const std::filesystem::path& home, std::string_view name,
                                      std::string_view text) {
  const std::string number = to_hex(crypto::system_random().make<RecordId>().view());
  const std::filesystem::path folder = home / ("edit-" + number.substr(0, 8));
  CUNJU_TRYV(store::make_private_folder(folder));
  EditedFile out(folder / name);
  CUNJU_TRYV(store::write_new_file(out.path_, as_bytes(text)));
  return out;
}

EditedFile::EditedFile(EditedFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), is_kept_(other.is_kept_) {}

EditedFile::~EditedFile() {
  if (path_.empty() || is_kept_) return;
  std::error_code ignored;
  std::filesystem::remove_all(path_.parent_path(), ignored);
}

Result<std::string> EditedFile::edit() const {
  const std::string command = editor_command() + " " + quoted(path_.string());
  const int status = std::system(command.c_str());
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Errc::kIo, "$EDITOR: " + editor_command());
  CUNJU_TRY(Bytes bytes, store::read_whole_file(path_, kMaxFileBytes));
  return std::string(as_text(bytes));
}

bool EditedFile::differs_from(std::string_view text) const {
  Result<Bytes> bytes = store::read_whole_file(path_, text.size() + 1);
  return bytes.has_error() || as_text(bytes.value()) != text;
}

Result<std::string> read_text_argument(const std::string& name) {
  if (name != "-") {
    CUNJU_TRY(Bytes bytes, store::read_whole_file(name, kMaxFileBytes));
    return std::string(as_text(bytes));
  }
  std::string out;
  char block[16 * 1024];
  while (std::cin.read(block, sizeof(block)) || std::cin.gcount() > 0) {
    out.append(block, static_cast<std::size_t>(std::cin.gcount()));
    if (out.size() > kMaxFileBytes) return fail(Errc::kLimit, "kMaxTextBytes");
  }
  return out;
}

}  // namespace cunju::cli
