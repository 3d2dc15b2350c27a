// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace cunju {

/// So many cuts a change surely has room for (limits::kMaxValueBytes, about 75 bytes each): no
/// taking needs more.
inline constexpr std::size_t kMaxDemandedCuts = 768;

}  // namespace cunju
