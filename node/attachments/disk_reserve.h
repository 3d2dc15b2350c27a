// SPDX-License-Identifier: Apache-2.0
//
// What attachments leave free of a disk. Records, erasures and what a person chooses have to be
// written whatever others have attached, and they come over the same links: a disk that scans have
// filled to the last byte takes no erasure either.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "crdt/base/result.h"

namespace cunju::attachments {

/// A twentieth of the disk, in these limits, and never more than a quarter of it.
inline constexpr std::uint64_t kMinDiskReserveBytes = 256 * 1024 * 1024;
/// The records of a large office, several times over.
inline constexpr std::uint64_t kMaxDiskReserveBytes = std::uint64_t{2} << 30;
std::uint64_t disk_reserve(std::uint64_t disk_bytes);

/// How attachments stand on the disk that a folder is on.
struct DiskRoom {
  std::uint64_t available = 0;
  std::uint64_t reserve = 0;
  std::uint64_t left() const { return available > reserve ? available - reserve : 0; }
};
/// Empty where the file system does not say. Errors: kIo, kNotFound.
Result<std::optional<DiskRoom>> disk_room(const std::filesystem::path& folder);
/// kDiskFull when so many bytes more of an attachment would use what is kept free.
Result<void> require_room(const std::filesystem::path& folder, std::uint64_t bytes);

}  // namespace cunju::attachments
