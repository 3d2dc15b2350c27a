// SPDX-License-Identifier: Apache-2.0
#include "node/peers/stick.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>

#include "crdt/base/check.h"
#include "net/bundle/bundle_limits.h"
#include "node/store/disk_space.h"

namespace cunju::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "CUNJU";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// FAT keeps or changes the case of names as it likes.
std::string upper(std::string text) {
  for (char& c : text)
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  return text;
}

bool is_stick_name(const std::string& name, std::string_view suffix) {
  return name.size() == kStemChars + suffix.size() && name.ends_with(suffix) &&
         std::ranges::all_of(name.substr(0, kStemChars),
                             [](char c) { return kAlphabet.find(c) != std::string_view::npos; });
}

bool is_autorun(const std::string& name) {
  return name == "AUTORUN.INF" || name == "AUTORUN.EXE" || name.ends_with(".LNK") ||
         name.ends_with(".VBS");
}

/// The entry of `dir` with that name in any case; empty when there is none.
fs::path find_folder(const fs::path& dir) {
  std::error_code code;
  std::size_t names = 0;
  for (fs::directory_iterator at(dir, code), end; !code && at != end; at.increment(code)) {
    if (++names > kMaxForeignNames) break;
    if (upper(at->path().filename().string()) == kFolder && fs::is_directory(at->symlink_status()))
      return at->path();
  }
  return {};
}

bool is_stick_folder(const fs::path& dir) {
  const fs::path name = dir.has_filename() ? dir.filename() : dir.parent_path().filename();
  return upper(name.string()) == kFolder;
}

/// The folder and what it is in, where a person may have named either with a slash behind.
fs::path without_slash(const fs::path& dir) { return dir.has_filename() ? dir : dir.parent_path(); }

/// A link there would have files of whatever place it leads to read, written and taken away.
Result<void> require_real_folder(const fs::path& folder) {
  struct stat info {};
  if (::lstat(folder.c_str(), &info) != 0) return stick_error(errno, "looking at", folder);
  if (!S_ISDIR(info.st_mode))
    return fail(Errc::kMalformed, folder.string() + std::string(kNoFolder));
  return ok();
}

/// What is not there is found by who opens it.
Result<void> require_no_file(const fs::path& dir) {
  struct stat info {};
  if (::stat(dir.c_str(), &info) == 0 && !S_ISDIR(info.st_mode))
    return fail(Errc::kInvalidArgument, dir.string() + std::string(kNoStick));
  return ok();
}

/// Somebody has named the folder of a stick that has none yet.
bool is_to_be_made(const fs::path& dir) {
  const fs::path folder = without_slash(dir);
  std::error_code code;
  return is_stick_folder(dir) && !fs::exists(fs::symlink_status(folder, code)) &&
         fs::is_directory(folder.has_parent_path() ? folder.parent_path() : fs::path("."), code);
}

struct Looked {
  StickListing listing;
  std::size_t names = 0;
};

/// What the folder lists, each once: a damaged one may have an entry twice.
Result<std::vector<fs::path>> entries_of(const fs::path& folder, std::size_t max_names,
                                         StickFaults* faults, std::size_t& names) {
  if (const int number = injected(faults, StickStep::kList))
    return stick_error(number, "listing", folder);
  std::vector<fs::path> out;
  std::error_code code;
  fs::directory_iterator at(folder, fs::directory_options::none, code), end;
  for (; !code && at != end; at.increment(code)) {
    if (++names > max_names) return fail(Errc::kLimit, "kMaxStickNames");
    out.push_back(at->path());
  }
  if (code) return stick_error(code.value(), "listing", folder);
  if (faults != nullptr) faults->lists(out);
  std::ranges::sort(out);
  const auto again = std::unique(out.begin(), out.end());
  out.erase(again, out.end());
  return out;
}

Result<void> look(const fs::path& folder, std::size_t max_names, StickFaults* faults,
                  Looked& looked) {
  CUNJU_TRY(const std::vector<fs::path> entries,
            entries_of(folder, max_names, faults, looked.names));
  StickListing& out = looked.listing;
  for (const fs::path& entry : entries) {
    const std::string name = upper(entry.filename().string());
    std::error_code code;
    const fs::file_status status = fs::symlink_status(entry, code);
    if (!code && fs::is_regular_file(status) &&
        (is_stick_name(name, kLetterSuffix) || is_stick_name(name, kReceiptSuffix))) {
      if (out.files.size() == limits::kMaxStickFiles) return fail(Errc::kLimit, "kMaxStickFiles");
      const std::uint64_t bytes = fs::file_size(entry, code);
      out.files.push_back({.path = entry, .name = name, .bytes = code ? 0 : bytes});
    } else if (is_stick_name(name, kBesideSuffix)) {
      out.unfinished.push_back(name);
    } else if (name != kFolder) {
      ++out.others;
      if (is_autorun(name)) out.has_autorun = true;
    }
  }
  return ok();
}

}  // namespace

std::string stick_name(ByteView bytes, std::string_view suffix) {
  CUNJU_CHECK(bytes.size() >= 5, "eight characters of five bits");
  std::uint64_t bits = 0;
  for (std::uint8_t byte : bytes.first(5)) bits = bits << 8 | byte;
  std::string out;
  for (std::size_t i = 0; i < kStemChars; ++i)
    out += kAlphabet[bits >> (5 * (kStemChars - 1 - i)) & 31];
  return out + std::string(suffix);
}

Result<OpenStick> open_stick(const fs::path& dir, StickFaults* faults) {
  struct stat info {};
  const bool is_new = is_to_be_made(dir);
  if (!is_new && ::stat(dir.c_str(), &info) != 0) return stick_error(errno, "looking at", dir);
  if (!is_stick_folder(dir)) {
    CUNJU_TRYV(require_no_file(dir));
  }
  fs::path folder = is_stick_folder(dir) ? without_slash(dir) : find_folder(dir);
  if (folder.empty() || is_new) {
    if (folder.empty()) folder = dir / kFolder;
    if (const int number = injected(faults, StickStep::kFolder))
      return stick_error(number, "making", folder);
    if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
      return stick_error(errno, "making", folder);
    const fs::path stick = folder.has_parent_path() ? folder.parent_path() : fs::path(".");
    CUNJU_TRYV(sync_stick(stick, faults));
  }
  CUNJU_TRYV(require_real_folder(folder));
  CUNJU_TRY(store::FolderLock lock, store::FolderLock::take(folder));
  std::error_code code;
  std::vector<fs::path> leftovers;
  for (fs::directory_iterator at(folder, code), end; !code && at != end; at.increment(code)) {
    if (is_stick_name(upper(at->path().filename().string()), kBesideSuffix))
      leftovers.push_back(at->path());
  }
  for (const fs::path& leftover : leftovers) ::unlink(leftover.c_str());
  return OpenStick{.folder = std::move(folder), .lock = std::move(lock)};
}

Result<std::uint64_t> free_bytes(const fs::path& folder, StickFaults* faults) {
  CUNJU_TRY(const std::optional<store::DiskSpace> disk, store::disk_space(folder));
  const std::uint64_t out = disk ? disk->available : std::numeric_limits<std::uint64_t>::max();
  return faults == nullptr ? out : faults->free_bytes(out);
}

Result<StickListing> list_stick(const fs::path& dir, StickFaults* faults) {
  Looked looked;
  if (is_to_be_made(dir)) return std::move(looked.listing);
  if (is_stick_folder(dir)) {
    CUNJU_TRYV(require_real_folder(without_slash(dir)));
    CUNJU_TRYV(look(dir, limits::kMaxStickNames, faults, looked));
  } else {
    CUNJU_TRYV(require_no_file(dir));
    const fs::path folder = find_folder(dir);
    std::error_code code;
    // A link or a file of that name is in the way of whoever writes, and is said here as well.
    if (folder.empty() && fs::exists(fs::symlink_status(dir / kFolder, code))) {
      CUNJU_TRYV(require_real_folder(dir / kFolder));
    }
    CUNJU_TRYV(look(dir, kMaxForeignNames, faults, looked));
    looked.names = 0;
    if (!folder.empty()) {
      CUNJU_TRYV(look(folder, limits::kMaxStickNames, faults, looked));
    }
  }
  std::ranges::sort(looked.listing.files, {}, &StickFile::name);
  return std::move(looked.listing);
}

}  // namespace cunju::peers
