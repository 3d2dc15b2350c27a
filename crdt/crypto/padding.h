// SPDX-License-Identifier: Apache-2.0
//
// Sizes in buckets, so that a ciphertext's size says little about what was written. Pure.
//   padded := plaintext | 0x80 | 0x00*      so many zeros that the whole has a bucket's size
//   bucket := 64, or a size in Padmé's form: Nikitin et al., "Reducing Metadata Leakage from
//             Encrypted Files and Communication with PURBs", PETS 2019, section 4
// Each plaintext has exactly one padded form.
#pragma once

#include <cstddef>
#include <optional>

#include "crdt/base/bytes.h"

namespace cunju::crypto {

/// Below this all sizes look alike: one short edit, one yes or no.
inline constexpr std::size_t kMinBucketBytes = 64;

/// The smallest bucket that holds `bytes` bytes: at most 12 % more, from kMinBucketBytes on.
std::size_t bucket_size(std::size_t bytes);

Bytes pad(ByteView plaintext);

/// Bytes of the plaintext at the front of `padded`; empty when `padded` is not what pad() makes.
std::optional<std::size_t> unpadded_size(ByteView padded);

}  // namespace cunju::crypto
