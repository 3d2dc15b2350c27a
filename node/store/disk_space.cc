// SPDX-License-Identifier: Apache-2.0
#include "node/store/disk_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "node/store/private_file.h"

namespace cunju::store {

Result<std::optional<DiskSpace>> disk_space(const std::filesystem::path& folder) {
  struct statvfs info {};
  if (::statvfs(folder.c_str(), &info) != 0) return system_error(errno, "measuring", folder);
  if (info.f_blocks == 0) return std::optional<DiskSpace>();
  return std::optional(DiskSpace{.total = std::uint64_t{info.f_blocks} * info.f_frsize,
                                 .available = std::uint64_t{info.f_bavail} * info.f_frsize});
}

}  // namespace cunju::store
