// SPDX-License-Identifier: Apache-2.0
//
// Limits of what one export discloses of confidential scopes.
#pragma once

#include <cstddef>

namespace cunju::audit {

/// Confidential parts of one space that an export opens: a village's mediation files of twenty
/// years, each written to ten times, are half of it. About 250 bytes each in disclosed.json.
inline constexpr std::size_t kMaxDisclosedParts = 100'000;
inline constexpr std::size_t kMaxDisclosedBytes = kMaxDisclosedParts * 400;

}  // namespace cunju::audit
