// SPDX-License-Identifier: Apache-2.0
//
// The columns of a batch and their bytes. Numbers of one kind stand together, so they compress;
// what is random by itself (signatures, salts, new ids, ciphertext) is one column that stays as it
// is. Grammar:
//   batch   := form u8 (0 plain, 1 zstd, 2 zstd with the dictionary) | varint size* (of each column
//              but kRandom) | form 1, 2: varint size of the frame | columns | kRandom, to the end
//   columns := plain: one after the other | zstd: a frame of that, without its first four bytes,
//              which are the same in all
// Sizes are judged before anything is unpacked. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::run {

enum Column : std::uint8_t {
  kRuns,        ///< How many, then of each its kind and what the kind needs.
  kTimes,       ///< Of each change.
  kChanges,     ///< Of each change: flags and the number of parts.
  kParts,       ///< Of each part: scope, presence, form of its links.
  kRecords,     ///< Of links in words: where the record was named before.
  kParents,     ///< Of links in words: how many, or that it is the record's last change.
  kOperations,  ///< Of each body: how many, or that it is as stored; kinds of each and its values.
  kNames,       ///< Registries, fields: where they were named before.
  kIntegers,    ///< Values.
  kSizes,       ///< Of new names, of texts and data, of what is as stored: bytes.
  kEnds,      ///< Last bytes of signatures: half of each is zero (RFC 8032, 5.1.7: S < L < 2^253).
  kTexts,     ///< New names, values.
  kContents,  ///< Data values; what is open and as stored.
  kIds,       ///< Authors, pins, seen, prev of runs that don't go on.
  kRandom,    ///< The rest.
};
inline constexpr std::size_t kPackedColumns = kRandom;
inline constexpr std::size_t kColumns = kRandom + 1;

using Columns = std::array<Bytes, kColumns>;

/// `dictionary` may be empty: then none is used. What would break limits::kMaxColumnRatio stays
/// plain.
Bytes encode_columns(const Columns& columns, ByteView dictionary);

/// Columns of a received batch. Views of `bytes` and of memory of its own.
class ReceivedColumns {
 public:
  /// `bytes` outlives it. `dictionary`: what form 2 means; empty: it is refused. Errors: kLimit
  /// (before memory is taken), kMalformed.
  static Result<ReceivedColumns> parse(ByteView bytes, ByteView dictionary);

  ByteReader& operator[](Column column) { return readers_[column]; }
  /// Errors: kMalformed when a column was too short, or has something left.
  Result<void> require_end() const;

 private:
  ReceivedColumns() = default;

  std::vector<ByteReader> readers_;
  Bytes unpacked_;
};

}  // namespace cunju::run
