// SPDX-License-Identifier: Apache-2.0
//
// How large a file system is, and how much of it can still be written.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "crdt/base/result.h"

namespace cunju::store {

struct DiskSpace {
  std::uint64_t total = 0;      ///< Bytes.
  std::uint64_t available = 0;  ///< To this user.
};

/// Empty where the file system does not say: some FAT drivers in user space, and some shares, have
/// no blocks at all. That is unknown, and not full. Errors: kNotFound, kIo.
Result<std::optional<DiskSpace>> disk_space(const std::filesystem::path& folder);

}  // namespace cunju::store
