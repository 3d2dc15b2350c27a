// SPDX-License-Identifier: Apache-2.0
//
// Limits over what is looked at when a person is looked for, each with its reason.
#pragma once

#include <cstddef>

namespace cunju::limits {

/// Bytes of a text that may be somebody's name. Longer ones are prose: they mention people.
inline constexpr std::size_t kMaxPersonTextBytes = 512;
/// Names and telephone numbers of one record or row that are held against marks: each pair of them
/// is one hash for each erased person, so no table can make an import endless. A search for a
/// person compares them all.
inline constexpr std::size_t kMaxPersonNames = 128;
inline constexpr std::size_t kMaxPersonPhones = 16;

}  // namespace cunju::limits
