// SPDX-License-Identifier: Apache-2.0
//
// Limits of runs in columns, each with its unit and reason. Those of a batch as such are
// limits::kMaxBatchChanges, kMaxBatchBytes and what net/wire/batch_use.h says.
#pragma once

#include <cstddef>

namespace cunju::limits {

/// Bytes of all columns of one batch, unpacked: what kMaxBatchBytes of changes and kMaxBatchParts
/// can need, with some bytes for each part.
inline constexpr std::size_t kMaxColumnBytes = 4 * 1024 * 1024;
/// Unpacked bytes of columns for each byte of the batch, and so many besides. Signatures and salts
/// don't compress, so honest changes stay below ten; what would be more travels unpacked.
inline constexpr std::size_t kMaxColumnRatio = 32;
inline constexpr std::size_t kFreeColumnBytes = 64 * 1024;
/// Records, and authors, that both ends remember of one direction of a session: about 5 MB at the
/// sender, half of it at the receiver. Older ones are named in full again.
inline constexpr std::size_t kMaxRememberedRecords = 32'768;
inline constexpr std::size_t kMaxRememberedAuthors = 1'024;
/// Names of registries and fields: all that a program of today knows are some hundreds.
inline constexpr std::size_t kMaxRememberedNames = 1'024;
/// Bytes of a dictionary: it is part of the program, and read for each batch.
inline constexpr std::size_t kMaxDictionaryBytes = 32 * 1024;

}  // namespace cunju::limits
