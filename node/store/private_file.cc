// SPDX-License-Identifier: Apache-2.0
#include "node/store/private_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "crdt/crypto/crypto.h"

namespace cunju::store {
namespace {

namespace fs = std::filesystem;

fs::path parent_of(const fs::path& path) {
  fs::path parent = path.parent_path();
  return parent.empty() ? fs::path(".") : parent;
}

Result<void> write_all(int fd, ByteView content, const fs::path& path) {
  while (!content.empty()) {
    ssize_t written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return system_error(errno, "writing", path);
    content = content.subspan(static_cast<std::size_t>(written));
  }
  // A close after fsync has nothing left to report.
  if (::fsync(fd) != 0) return system_error(errno, "syncing", path);
  return ok();
}

/// Creates `path`, which must not be there, with `content`; takes it away again on failure.
Result<void> create_with(const fs::path& path, ByteView content) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (!file.is_open()) return system_error(errno, "creating", path);
  Result<void> written = write_all(file.value(), content, path);
  if (!written) ::unlink(path.c_str());
  return written;
}

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (value_ >= 0) ::close(value_);
}

Error system_error(int number, std::string_view what, const fs::path& path) {
  Errc code = Errc::kIo;
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) code = Errc::kDiskFull;
  if (number == ENOENT) code = Errc::kNotFound;
  if (number == EEXIST) code = Errc::kExists;
  return {code,
          std::string(what) + " " + path.string() + ": " + std::generic_category().message(number)};
}

Result<void> make_private_folder(const fs::path& folder) {
  struct stat info {};
  if (::stat(folder.c_str(), &info) == 0) {
    if (!S_ISDIR(info.st_mode)) return fail(Errc::kIo, folder.string() + " is not a folder");
    return ok();
  }
  if (errno != ENOENT) return system_error(errno, "looking at", folder);
  fs::path parent = parent_of(folder);
  if (parent == folder) return system_error(ENOENT, "making", folder);
  CUNJU_TRYV(make_private_folder(parent));
  // Another process may be making it at the same time, which is as good.
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST)
    return system_error(errno, "making", folder);
  return sync_folder(parent);
}

Result<void> sync_folder(const fs::path& folder) {
  FileDescriptor handle(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.is_open()) return system_error(errno, "opening", folder);
  // Some file systems (FAT over FUSE) can't sync a folder and say EINVAL; there is no better way.
  if (::fsync(handle.value()) != 0 && errno != EINVAL)
    return system_error(errno, "syncing", folder);
  return ok();
}

Result<Bytes> read_whole_file(const fs::path& path, std::size_t max_bytes) {
  // Not blocking, so that a named pipe put in the file's place can't hang us.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!file.is_open()) return system_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return system_error(errno, "looking at", path);
  if (S_ISDIR(info.st_mode)) return system_error(EISDIR, "reading", path);
  // Reserved once: growing would leave copies of a secret behind.
  std::size_t expected = info.st_size > 0 ? static_cast<std::size_t>(info.st_size) : 0;
  if (expected > max_bytes) return fail(Errc::kLimit, path.string() + " is too long");
  Bytes content(std::max<std::size_t>(expected, 4096) + 1);
  std::size_t length = 0;
  while (true) {
    ssize_t got = ::read(file.value(), content.data() + length, content.size() - length);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      crypto::wipe(content);
      return system_error(errno, "reading", path);
    }
    if (got == 0) break;
    length += static_cast<std::size_t>(got);
    if (length > max_bytes || length == content.size()) {
      crypto::wipe(content);
      return fail(Errc::kLimit, path.string() + " is too long or grows while it is read");
    }
  }
  content.resize(length);
  return content;
}

Result<void> write_new_file(const fs::path& path, ByteView content) {
  CUNJU_TRYV(create_with(path, content));
  return sync_folder(parent_of(path));
}

Result<fs::path> write_beside(const fs::path& path, ByteView content) {
  fs::path beside = path;
  beside += ".new";
  if (::unlink(beside.c_str()) != 0 && errno != ENOENT)
    return system_error(errno, "clearing", beside);
  CUNJU_TRYV(create_with(beside, content));
  return beside;
}

Result<void> move_into_place(const fs::path& beside, const fs::path& path) {
  if (::rename(beside.c_str(), path.c_str()) != 0) return system_error(errno, "replacing", path);
  return sync_folder(parent_of(path));
}

Result<void> overwrite_and_remove(const fs::path& path) {
  const FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file.is_open() && errno == ENOENT) return ok();
  if (!file.is_open()) return system_error(errno, "opening", path);
  struct stat info {};
  if (::fstat(file.value(), &info) != 0) return system_error(errno, "looking at", path);
  const Bytes zeros(static_cast<std::size_t>(std::max<off_t>(info.st_size, 0)), 0);
  CUNJU_TRYV(write_all(file.value(), zeros, path));
  if (::unlink(path.c_str()) != 0) return system_error(errno, "removing", path);
  return sync_folder(parent_of(path));
}

Result<FolderLock> FolderLock::take(const fs::path& folder) {
  const fs::path name = folder.empty() ? fs::path(".") : folder;
  FileDescriptor handle(::open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!handle.is_open()) return system_error(errno, "opening", name);
  while (::flock(handle.value(), LOCK_EX) != 0) {
    if (errno != EINTR) return system_error(errno, "locking", name);
  }
  return FolderLock(std::move(handle));
}

}  // namespace cunju::store
