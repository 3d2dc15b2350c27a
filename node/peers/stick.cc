// SPDX-License-Identifier: Apache-2.0
#include "node/peers/stick.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <system_error>
#include <utility>

#include "crdt/base/check.h"
#include "net/bundle/bundle_limits.h"
#include "net/bundle/container.h"
#include "node/store/disk_space.h"

namespace cunju::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "CUNJU";
constexpr std::string_view kBesideSuffix = ".TMP";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kStemChars = 8;

/// As store::system_error, and kPermission for a stick that can't be written.
Error stick_error(int number, std::string_view what, const fs::path& path) {
  Error out = store::system_error(number, what, path);
  if (number == EROFS || number == EACCES || number == EPERM) out.code = Errc::kPermission;
  return out;
}

int injected(StickFaults* faults, StickStep step) {
  return faults == nullptr ? 0 : faults->error_for(step);
}

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

Result<void> sync_stick(const fs::path& folder, StickFaults* faults) {
  if (const int number = injected(faults, StickStep::kSyncFolder))
    return stick_error(number, "syncing", folder);
  return store::sync_folder(folder);
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

Result<void> look(const fs::path& folder, std::size_t max_names, Looked& looked) {
  std::error_code code;
  fs::directory_iterator at(folder, fs::directory_options::none, code), end;
  if (code) return stick_error(code.value(), "listing", folder);
  StickListing& out = looked.listing;
  while (at != end) {
    if (++looked.names > max_names) return fail(Errc::kLimit, "kMaxStickNames");
    const std::string name = upper(at->path().filename().string());
    const fs::file_status status = at->symlink_status(code);
    if (!code && fs::is_regular_file(status) &&
        (is_stick_name(name, kLetterSuffix) || is_stick_name(name, kReceiptSuffix))) {
      if (out.files.size() == limits::kMaxStickFiles) return fail(Errc::kLimit, "kMaxStickFiles");
      out.files.push_back({.path = at->path(), .name = name, .bytes = at->file_size(code)});
    } else if (is_stick_name(name, kBesideSuffix)) {
      out.unfinished.push_back(name);
    } else if (name != kFolder) {
      ++out.others;
      if (is_autorun(name)) out.has_autorun = true;
    }
    at.increment(code);
    if (code) return stick_error(code.value(), "listing", folder);
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

Result<BlockFile> BlockFile::create(const fs::path& folder, const std::string& name,
                                    StickFaults* faults) {
  const fs::path path = folder / name;
  const fs::path beside = folder / (name.substr(0, kStemChars) + std::string(kBesideSuffix));
  if (const int number = injected(faults, StickStep::kCreate))
    return stick_error(number, "creating", beside);
  store::FileDescriptor file(
      ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file.is_open()) return stick_error(errno, "creating", beside);
  return BlockFile(std::move(file), beside, path, faults);
}

BlockFile::BlockFile(BlockFile&& other) noexcept
    : file_(std::move(other.file_)),
      beside_(std::move(other.beside_)),
      path_(std::move(other.path_)),
      faults_(other.faults_),
      is_there_(std::exchange(other.is_there_, false)) {}

BlockFile::~BlockFile() {
  if (is_there_) ::unlink(beside_.c_str());
}

Result<void> BlockFile::write(std::uint64_t place, ByteView block) {
  CUNJU_CHECK(block.size() == bundle::kBlockBytes, "a file has whole blocks");
  return write_at(place * bundle::kBlockBytes, block);
}

Result<void> BlockFile::write_at(std::uint64_t at, ByteView bytes) {
  if (const int number = injected(faults_, StickStep::kWrite))
    return stick_error(number, "writing", path_);
  off_t offset = static_cast<off_t>(at);
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.value(), bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return stick_error(errno, "writing", path_);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += written;
  }
  return ok();
}

Result<void> BlockFile::finish() {
  if (const int number = injected(faults_, StickStep::kSync))
    return stick_error(number, "syncing", path_);
  if (::fsync(file_.value()) != 0) return stick_error(errno, "syncing", path_);
  if (const int number = injected(faults_, StickStep::kRename))
    return stick_error(number, "naming", path_);
  if (::rename(beside_.c_str(), path_.c_str()) != 0) return stick_error(errno, "naming", path_);
  is_there_ = false;
  Result<void> synced = sync_stick(path_.parent_path(), faults_);
  // Whoever is told that it failed must not find it later as if it had not.
  if (synced.has_error()) ::unlink(path_.c_str());
  return synced;
}

Result<OpenStick> open_stick(const fs::path& dir, StickFaults* faults) {
  struct stat info {};
  const bool is_new = is_to_be_made(dir);
  if (!is_new && ::stat(dir.c_str(), &info) != 0) return stick_error(errno, "looking at", dir);
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

Result<std::uint64_t> free_bytes(const fs::path& folder) {
  CUNJU_TRY(const std::optional<store::DiskSpace> disk, store::disk_space(folder));
  return disk ? disk->available : std::numeric_limits<std::uint64_t>::max();
}

Result<StickListing> list_stick(const fs::path& dir) {
  Looked looked;
  if (is_to_be_made(dir)) return std::move(looked.listing);
  if (is_stick_folder(dir)) {
    CUNJU_TRYV(require_real_folder(without_slash(dir)));
    CUNJU_TRYV(look(dir, limits::kMaxStickNames, looked));
  } else {
    CUNJU_TRYV(look(dir, kMaxForeignNames, looked));
    looked.names = 0;
    const fs::path folder = find_folder(dir);
    if (!folder.empty()) {
      CUNJU_TRYV(look(folder, limits::kMaxStickNames, looked));
    }
  }
  std::ranges::sort(looked.listing.files, {}, &StickFile::name);
  return std::move(looked.listing);
}

Result<BlockSource> BlockSource::open(const fs::path& path) {
  // Not blocking, so that a named pipe put in the file's place can't hang us.
  store::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return stick_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return stick_error(errno, "looking at", path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::kMalformed, path.string() + " is no file");
  return BlockSource(std::move(file), static_cast<std::uint64_t>(info.st_size));
}

std::uint64_t BlockSource::blocks() const { return bytes_ / bundle::kBlockBytes; }

std::optional<Bytes> BlockSource::read(std::uint64_t place) const {
  return place < blocks() ? read_at(place * bundle::kBlockBytes, bundle::kBlockBytes)
                          : std::nullopt;
}

std::optional<Bytes> BlockSource::read_at(std::uint64_t offset, std::size_t bytes) const {
  Bytes out(bytes);
  std::size_t length = 0;
  while (length < out.size()) {
    const ssize_t got = ::pread(file_.value(), out.data() + length, out.size() - length,
                                static_cast<off_t>(offset + length));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    length += static_cast<std::size_t>(got);
  }
  return out;
}

}  // namespace cunju::peers
