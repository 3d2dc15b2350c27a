// SPDX-License-Identifier: Apache-2.0
//
// Limits over the search of texts for a person, each with its reason.
#pragma once

#include <cstddef>

namespace cunju::limits {

/// Scalar values on either side of an edit that are looked at: an identity number or a name with
/// spaces between its characters is far shorter.
inline constexpr std::size_t kSearchedAround = 256;
/// Versions of a text that are put together anew, because they were written beside the one before:
/// each replays the history, so a member who writes thousands of branches must not make a search
/// endless. What is beyond is said to need a reader.
inline constexpr std::size_t kMaxSearchedBranches = 4096;

}  // namespace cunju::limits
