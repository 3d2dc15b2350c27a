// SPDX-License-Identifier: Apache-2.0
//
// Lets a test make one step of a store fail as if the operating system had refused it. The
// failure takes the same way as a real one. Not thread safe beyond what its implementation is.
#pragma once

#include <cstdint>

namespace cunju::store {

enum class StoreStep : std::uint8_t {
  kPut,
  kErase,
  kCommit,  ///< Before anything is durable.
};

class FaultInjector {
 public:
  virtual ~FaultInjector() = default;
  /// Asked before each step: 0 lets it happen, an errno (ENOSPC, EIO) makes it fail with that.
  virtual int error_for(StoreStep step) = 0;
};

}  // namespace cunju::store
