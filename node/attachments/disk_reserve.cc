// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/disk_reserve.h"

#include <algorithm>

#include "node/store/disk_space.h"

namespace cunju::attachments {

std::uint64_t disk_reserve(std::uint64_t disk_bytes) {
  return std::min(std::clamp(disk_bytes / 20, kMinDiskReserveBytes, kMaxDiskReserveBytes),
                  disk_bytes / 4);
}

Result<std::optional<DiskRoom>> disk_room(const std::filesystem::path& folder) {
  CUNJU_TRY(const std::optional<store::DiskSpace> disk, store::disk_space(folder));
  if (!disk) return std::optional<DiskRoom>();
  return std::optional(
      DiskRoom{.available = disk->available, .reserve = disk_reserve(disk->total)});
}

Result<void> require_room(const std::filesystem::path& folder, std::uint64_t bytes) {
  CUNJU_TRY(const std::optional<DiskRoom> room, disk_room(folder));
  if (room && room->left() < bytes)
    return fail(Errc::kDiskFull, "what is left is kept free for records: " + folder.string());
  return ok();
}

}  // namespace cunju::attachments
