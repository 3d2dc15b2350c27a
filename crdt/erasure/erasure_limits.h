// SPDX-License-Identifier: Apache-2.0
//
// Limits over what erasing acts, approvals and receipts may hold, each with its reason.
#pragma once

#include <cstddef>

namespace cunju::limits {

/// Parts that one act names: 34 bytes each, so that an act with its texts fits a value. What has
/// more parts is named by several acts.
inline constexpr std::size_t kMaxErasureTargets = 1024;
/// Bytes of each text of an act: a sentence or two, which stay for ever.
inline constexpr std::size_t kMaxErasureTextBytes = 1024;
/// Acts that one approval or receipt names: a quarter of a million parts.
inline constexpr std::size_t kMaxErasureActs = 256;
/// Earlier approvals that an approval rests on.
inline constexpr std::size_t kMaxPriorApprovals = 16;
/// Members that a policy may demand for an erasure; more than a committee has would be none.
inline constexpr std::size_t kMaxErasureMembers = 9;
/// Marks by which one erased person is known again: by identity number, by name and telephone
/// number, and room for the same of a former name or number.
inline constexpr std::size_t kMaxPersonMarks = 16;

}  // namespace cunju::limits
