// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/blob_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace cunju::attachments {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kWipePieceBytes = 1024 * 1024;

int flags_of(BlobAccess access) {
  switch (access) {
    case BlobAccess::kRead:
      return O_RDONLY;
    case BlobAccess::kReadWrite:
      return O_RDWR | O_CREAT;
    case BlobAccess::kNew:
      break;
  }
  return O_RDWR | O_CREAT | O_EXCL;
}

Result<void> ask(store::FaultInjector* faults, store::StoreStep step, const fs::path& path) {
  const int number = faults == nullptr ? 0 : faults->error_for(step);
  if (number != 0) return store::system_error(number, "writing", path);
  return ok();
}

}  // namespace

Result<BlobFile> BlobFile::open(fs::path path, BlobAccess access, store::FaultInjector* faults) {
  // Neither a link nor a pipe in the file's place leads anywhere.
  store::FileDescriptor file(
      ::open(path.c_str(), flags_of(access) | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600));
  if (!file.is_open()) return store::system_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return store::system_error(errno, "looking at", path);
  if (!S_ISREG(info.st_mode)) return fail(Errc::kIo, path.string() + " is not a file");
  return BlobFile(std::move(path), std::move(file), faults);
}

Result<std::uint64_t> BlobFile::size() const {
  struct stat info {};
  if (::fstat(file_.value(), &info) != 0) return store::system_error(errno, "looking at", path_);
  return static_cast<std::uint64_t>(info.st_size);
}

Result<Bytes> BlobFile::read_at(std::uint64_t offset, std::size_t count) const {
  Bytes out(count);
  std::size_t length = 0;
  while (length < count) {
    const ssize_t got = ::pread(file_.value(), out.data() + length, count - length,
                                static_cast<off_t>(offset + length));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return store::system_error(errno, "reading", path_);
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
  }
  out.resize(length);
  return out;
}

Result<void> BlobFile::write_at(std::uint64_t offset, ByteView bytes) {
  CUNJU_TRYV(ask(faults_, store::StoreStep::kPut, path_));
  while (!bytes.empty()) {
    const ssize_t written =
        ::pwrite(file_.value(), bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return store::system_error(errno, "writing", path_);
    offset += static_cast<std::uint64_t>(written);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return ok();
}

Result<void> BlobFile::sync() {
  CUNJU_TRYV(ask(faults_, store::StoreStep::kCommit, path_));
  if (::fsync(file_.value()) != 0) return store::system_error(errno, "syncing", path_);
  return ok();
}

Result<bool> BlobFile::try_lock() {
  while (::flock(file_.value(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK) return false;
    if (errno != EINTR) return store::system_error(errno, "locking", path_);
  }
  return true;
}

bool BlobFile::has_its_name() const {
  struct stat own {
  }, named{};
  return ::fstat(file_.value(), &own) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
         own.st_ino == named.st_ino && own.st_dev == named.st_dev;
}

Result<void> rename_durably(const fs::path& from, const fs::path& to,
                            store::FaultInjector* faults) {
  CUNJU_TRYV(ask(faults, store::StoreStep::kCommit, to));
  return store::move_into_place(from, to);
}

Result<void> wipe_file(const fs::path& path, store::FaultInjector* faults) {
  std::error_code ignored;
  if (!fs::exists(fs::symlink_status(path, ignored))) return ok();
  {
    CUNJU_TRY(BlobFile file, BlobFile::open(path, BlobAccess::kReadWrite, faults));
    CUNJU_TRY(const std::uint64_t size, file.size());
    const Bytes zeros(kWipePieceBytes);
    for (std::uint64_t at = 0; at < size; at += kWipePieceBytes) {
      const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(size - at, zeros.size()));
      CUNJU_TRYV(file.write_at(at, ByteView(zeros).first(count)));
    }
    CUNJU_TRYV(file.sync());
  }
  CUNJU_TRYV(ask(faults, store::StoreStep::kErase, path));
  if (::unlink(path.c_str()) != 0 && errno != ENOENT)
    return store::system_error(errno, "removing", path);
  return store::sync_folder(path.parent_path());
}

}  // namespace cunju::attachments
