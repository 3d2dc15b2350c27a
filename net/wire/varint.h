// SPDX-License-Identifier: Apache-2.0
//
// Integers of seven bits a byte, least significant first, a set top bit meaning that more follow;
// and zigzag, which makes small negative differences small. Reading is strict: one integer has one
// spelling, so that bytes which decode also encode to themselves.
#pragma once

#include <cstdint>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::wire {

void put_varint(Bytes& out, std::uint64_t value);
/// Errors: kMalformed (cut short, longer than needed, over 64 bits).
Result<std::uint64_t> read_varint(ByteReader& in);

/// The difference is taken modulo 2^64, so every pair of integers has one.
constexpr std::uint64_t zigzag(std::uint64_t difference) {
  return (difference << 1) ^ (0 - (difference >> 63));
}
constexpr std::uint64_t unzigzag(std::uint64_t value) { return (value >> 1) ^ (0 - (value & 1)); }

}  // namespace cunju::wire
