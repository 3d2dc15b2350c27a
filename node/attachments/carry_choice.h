// SPDX-License-Identifier: Apache-2.0
//
// Which attachments go with a bundle, or are taken out of one.
#pragma once

#include <cstdint>

namespace cunju::attachments {

enum class CarryChoice : std::uint8_t {
  kNone = 0,
  kSmall = 1,  ///< What would be fetched unasked, and what somebody asked for.
  kAll = 2,
};

}  // namespace cunju::attachments
