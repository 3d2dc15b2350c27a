// SPDX-License-Identifier: Apache-2.0
#include "cli/editor.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <iterator>
#include <utility>

#include "cli/terminal.h"
#include "crdt/crypto/crypto.h"
#include "node/registry/text_operations.h"

namespace cunju::cli {
namespace {

/// An editor may add a byte order mark, and a carriage return to each line.
constexpr std::size_t kMaxFileBytes = 2 * registry::kMaxTextBytes;
constexpr std::size_t kMaxAboutBytes = 1024 * 1024;
constexpr std::string_view kFolderPrefix = "edit-";
constexpr std::string_view kTextName = "minutes.txt";
constexpr std::string_view kAboutName = "about.json";

std::filesystem::path about_path(const std::filesystem::path& text) {
  return text.parent_path() / kAboutName;
}

/// Without anything that somebody may have typed. An editor that replaces files can end between
/// two names, so it is not the text's own name that counts.
bool is_bare(const std::filesystem::path& folder) {
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(folder, failed)) {
    if (entry.path().filename() != kAboutName) return false;
  }
  return !failed;
}

/// Nobody takes so long from making a folder to writing the text in it.
constexpr auto kBareFor = std::chrono::hours(1);

bool is_old(const std::filesystem::path& folder) {
  std::error_code failed;
  const auto time = std::filesystem::last_write_time(folder, failed);
  return !failed && std::filesystem::file_time_type::clock::now() - time > kBareFor;
}

}  // namespace

std::string editor_command() {
  for (const char* variable : {"VISUAL", "EDITOR"}) {
    const char* value = std::getenv(variable);
    if (value != nullptr && *value != '\0') return value;
  }
  return "editor";
}

Result<EditedFile> EditedFile::create(const std::filesystem::path& home, std::string_view text,
                                      std::string_view about) {
  const std::string number = to_hex(crypto::system_random().make<RecordId>().view());
  // Absolute, because the person is told where it is.
  const std::filesystem::path folder =
      std::filesystem::absolute(home) / (std::string(kFolderPrefix) + number.substr(0, 8));
  CUNJU_TRYV(store::make_private_folder(folder));
  EditedFile out(folder / kTextName, std::string(about));
  // First, so that no text is ever without it.
  Result<void> written = store::write_new_file(about_path(out.path_), as_bytes(about));
  if (written.has_value()) written = store::write_new_file(out.path_, as_bytes(text));
  if (written.has_value()) return out;
  // Nobody has typed anything yet; what can't be removed find_left() removes later.
  (void)out.remove();
  return written.error();
}

std::vector<EditedFile> EditedFile::find_left(const std::filesystem::path& home) {
  std::vector<EditedFile> out;
  std::error_code ignored;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::absolute(home), ignored)) {
    if (!entry.path().filename().string().starts_with(kFolderPrefix)) continue;
    const std::filesystem::path text = entry.path() / kTextName;
    if (is_bare(entry.path())) {
      // Another process may be about to write its text there.
      if (is_old(entry.path())) std::filesystem::remove_all(entry.path(), ignored);
      continue;
    }
    // A folder of a program from before there was such a file has none: it is nobody's in
    // particular, and still somebody's typing.
    Result<Bytes> about = store::read_whole_file(about_path(text), kMaxAboutBytes);
    out.push_back(
        EditedFile(text, about.has_value() ? std::string(as_text(about.value())) : std::string()));
  }
  std::ranges::sort(out, [](const EditedFile& a, const EditedFile& b) {
    return std::pair(a.written_ms(), a.path_) > std::pair(b.written_ms(), b.path_);
  });
  return out;
}

Result<std::string> EditedFile::edit() {
  const std::filesystem::path about = about_path(path_);
  // Not closed in the editor on purpose.
  lock_ = std::make_unique<store::FileDescriptor>(::open(about.c_str(), O_RDONLY));
  if (!lock_->is_open() || ::flock(lock_->value(), LOCK_EX | LOCK_NB) != 0)
    return store::system_error(errno, "locking", about);
  const std::string command = editor_command() + " " + shell_word(path_.string());
  const int status = std::system(command.c_str());
  lock_.reset();
  if (status == -1 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    return fail(Errc::kIo, "$EDITOR: " + editor_command());
  CUNJU_TRY(Bytes bytes, store::read_whole_file(path_, kMaxFileBytes));
  return std::string(as_text(bytes));
}

bool EditedFile::is_untouched(std::string_view text) const {
  Result<Bytes> bytes = store::read_whole_file(path_, text.size() + 1);
  // What can't be read nobody knows.
  if (bytes.has_error() || as_text(bytes.value()) != text) return false;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(path_.parent_path(), failed)) {
    const std::string name = entry.path().filename().string();
    if (name != kTextName && name != kAboutName) return false;
  }
  return !failed;
}

bool EditedFile::is_gone() const { return is_bare(path_.parent_path()); }

bool EditedFile::is_open_elsewhere() const {
  const store::FileDescriptor other(::open(about_path(path_).c_str(), O_RDONLY | O_CLOEXEC));
  return other.is_open() && ::flock(other.value(), LOCK_EX | LOCK_NB) != 0;
}

Result<void> EditedFile::replace(std::string_view text, std::string_view about) {
  CUNJU_TRY(const std::filesystem::path new_text, store::write_beside(path_, as_bytes(text)));
  CUNJU_TRYV(store::move_into_place(new_text, path_));
  CUNJU_TRY(const std::filesystem::path new_about,
            store::write_beside(about_path(path_), as_bytes(about)));
  CUNJU_TRYV(store::move_into_place(new_about, about_path(path_)));
  about_ = about;
  return ok();
}

Result<void> EditedFile::remove() {
  std::error_code failed;
  std::filesystem::remove_all(path_.parent_path(), failed);
  if (failed) return store::system_error(failed.value(), "remove", path_.parent_path());
  return ok();
}

std::uint64_t EditedFile::written_ms() const {
  using namespace std::chrono;
  std::error_code failed;
  const auto time = std::filesystem::last_write_time(path_, failed);
  if (failed) return 0;
  const auto since = duration_cast<milliseconds>(file_clock::to_sys(time).time_since_epoch());
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, since.count()));
}

bool is_emptied(std::string_view before, std::string_view after) {
  constexpr std::string_view kBlanks = " \t\r\n";
  return after.find_first_not_of(kBlanks) == std::string_view::npos &&
         before.find_first_not_of(kBlanks) != std::string_view::npos;
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
