// SPDX-License-Identifier: Apache-2.0
#include "node/peers/block_file.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "net/bundle/bundle_limits.h"
#include "net/bundle/container.h"

namespace cunju::peers {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPieceLabel = "cunju stick 1";
/// Read at once when a file is read again; a multiple of what any disk reads past the memory.
constexpr std::size_t kWindowBytes = 1024 * 1024;
constexpr std::size_t kAlignment = 4096;

struct FreeAligned {
  void operator()(std::uint8_t* bytes) const { std::free(bytes); }
};
using Window = std::unique_ptr<std::uint8_t[], FreeAligned>;

Window make_window() {
  Window out(static_cast<std::uint8_t*>(std::aligned_alloc(kAlignment, kWindowBytes)));
  CUNJU_CHECK(out != nullptr, "there is memory for a window");
  return out;
}

/// Those that take O_DIRECT and have no medium of their own to read past the memory: what lies in
/// memory, in another process, on another file system or on another computer.
bool is_of_memory(const store::FileDescriptor& file) {
  struct statfs found {};
  if (::fstatfs(file.value(), &found) != 0) return true;
  constexpr std::int64_t kOnesWithout[] = {
      TMPFS_MAGIC,           0x858458F6 /* ramfs */, FUSE_SUPER_MAGIC,
      OVERLAYFS_SUPER_MAGIC, NFS_SUPER_MAGIC,        SMB_SUPER_MAGIC,
      0xFF534D42 /* cifs */, 0xFE534D42 /* smb2 */,  V9FS_MAGIC};
  return std::ranges::find(kOnesWithout, std::int64_t{found.f_type}) != std::end(kOnesWithout);
}

/// Some file systems take O_DIRECT, and then refuse to read.
bool reads_directly(const store::FileDescriptor& file) {
  if (!file.is_open() || is_of_memory(file)) return false;
  const Window window = make_window();
  return ::pread(file.value(), window.get(), kAlignment, 0) >= 0 || errno != EINVAL;
}

/// Bytes that come, or an errno.
Result<std::size_t> read_window(int file, std::uint64_t offset, std::span<std::uint8_t> out,
                                const fs::path& path) {
  for (;;) {
    const ssize_t got = ::pread(file, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return stick_error(errno, "reading back", path);
    return static_cast<std::size_t>(got);
  }
}

}  // namespace

Error stick_error(int number, std::string_view what, const fs::path& path) {
  Error out = store::system_error(number, what, path);
  if (number == EROFS || number == EACCES || number == EPERM) out.code = Errc::kPermission;
  return out;
}

int injected(StickFaults* faults, StickStep step) {
  return faults == nullptr ? 0 : faults->error_for(step);
}

Result<void> sync_stick(const fs::path& folder, StickFaults* faults) {
  if (const int number = injected(faults, StickStep::kSyncFolder))
    return stick_error(number, "syncing", folder);
  return store::sync_folder(folder);
}

void WrittenFile::note(std::uint64_t offset, ByteView bytes) {
  const Hash hash = crypto::Hasher(kPieceLabel).add(bytes).finish();
  const auto at = std::ranges::upper_bound(pieces_, offset, {}, &Piece::offset);
  pieces_.insert(at, {.offset = offset, .bytes = bytes.size(), .hash = hash});
}

Result<ReadBack> WrittenFile::read_back(const fs::path& at, StickFaults* faults) const {
  const auto open = [&](int flags) {
    return store::FileDescriptor(::open(at.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | flags));
  };
  const store::FileDescriptor direct = open(O_DIRECT);
  const bool is_direct = reads_directly(direct);
  const store::FileDescriptor plain = open(0);
  if (!plain.is_open()) return stick_error(errno, "reading back", at);
  // What was synced may be forgotten, and is then read anew; nothing tells whether it was.
  if (!is_direct) (void)::posix_fadvise(plain.value(), 0, 0, POSIX_FADV_DONTNEED);
  CUNJU_TRY(const bool is_same, compare(is_direct ? direct : plain, at, faults));
  if (!is_same) return fail(Errc::kTampered, path_.string() + " reads otherwise than written");
  return is_direct ? ReadBack::kMedium : ReadBack::kMemory;
}

Result<bool> WrittenFile::compare(const store::FileDescriptor& file, const fs::path& at,
                                  StickFaults* faults) const {
  const Window window = make_window();
  std::uint64_t offset = 0;
  auto piece = pieces_.begin();
  crypto::Hasher hasher(kPieceLabel);
  for (std::uint64_t left = piece == pieces_.end() ? 0 : piece->bytes; piece != pieces_.end();) {
    if (const int number = injected(faults, StickStep::kReadBack))
      return stick_error(number, "reading back", at);
    const std::span<std::uint8_t> whole(window.get(), kWindowBytes);
    CUNJU_TRY(std::size_t got, read_window(file.value(), offset, whole, at));
    if (faults != nullptr) got = std::min(got, faults->reads(at, offset, whole.first(got)));
    if (got == 0) return false;
    offset += got;
    for (ByteView rest = whole.first(got); !rest.empty() && piece != pieces_.end();) {
      const ByteView some = rest.first(std::min<std::uint64_t>(left, rest.size()));
      hasher.add(some);
      rest = rest.subspan(some.size());
      left -= some.size();
      if (left > 0) continue;
      if (hasher.finish() != piece->hash) return false;
      hasher = crypto::Hasher(kPieceLabel);
      if (++piece != pieces_.end()) left = piece->bytes;
    }
  }
  return true;
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
      written_(std::move(other.written_)),
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
    return stick_error(number, "writing", written_.path());
  written_.note(at, bytes);
  if (faults_ != nullptr && !faults_->keeps(beside_, at, bytes)) return ok();
  off_t offset = static_cast<off_t>(at);
  while (!bytes.empty()) {
    const ssize_t written = ::pwrite(file_.value(), bytes.data(), bytes.size(), offset);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return stick_error(errno, "writing", written_.path());
    bytes = bytes.subspan(static_cast<std::size_t>(written));
    offset += written;
  }
  return ok();
}

Result<ReadBack> BlockFile::finish() {
  const fs::path& path = written_.path();
  if (const int number = injected(faults_, StickStep::kSync))
    return stick_error(number, "syncing", path);
  if (::fsync(file_.value()) != 0) return stick_error(errno, "syncing", path);
  CUNJU_TRY(const ReadBack back, written_.read_back(beside_, faults_));
  if (const int number = injected(faults_, StickStep::kRename))
    return stick_error(number, "naming", path);
  if (::rename(beside_.c_str(), path.c_str()) != 0) return stick_error(errno, "naming", path);
  is_there_ = false;
  Result<void> synced = sync_stick(path.parent_path(), faults_);
  if (synced) return back;
  // Whoever is told that it failed must not find it later as if it had not.
  ::unlink(path.c_str());
  return synced.error();
}

Result<BlockSource> BlockSource::open(const fs::path& path, StickFaults* faults) {
  if (const int number = injected(faults, StickStep::kOpen))
    return stick_error(number, "opening", path);
  // Not blocking, so that a named pipe put in the file's place can't hang us.
  store::FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.is_open()) return stick_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return stick_error(errno, "looking at", path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::kMalformed, path.string() + " is no file");
  return BlockSource(std::move(file), path, static_cast<std::uint64_t>(info.st_size), faults);
}

std::uint64_t BlockSource::blocks() const { return bytes_ / bundle::kBlockBytes; }

std::optional<Bytes> BlockSource::read(std::uint64_t place) const {
  return place < blocks() ? read_at(place * bundle::kBlockBytes, bundle::kBlockBytes)
                          : std::nullopt;
}

std::optional<Bytes> BlockSource::read_at(std::uint64_t offset, std::size_t bytes) const {
  if (injected(faults_, StickStep::kRead) != 0) return std::nullopt;
  Bytes out(bytes);
  std::size_t length = 0;
  while (length < out.size()) {
    const ssize_t got = ::pread(file_.value(), out.data() + length, out.size() - length,
                                static_cast<off_t>(offset + length));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return std::nullopt;
    length += static_cast<std::size_t>(got);
  }
  if (faults_ != nullptr && faults_->reads(path_, offset, out) < bytes) return std::nullopt;
  return out;
}

}  // namespace cunju::peers
