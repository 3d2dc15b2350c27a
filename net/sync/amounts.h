// SPDX-License-Identifier: Apache-2.0
//
// Sums of what a session counts. Sums stop at the largest number instead of wrapping, because some
// of the terms are a peer's claims.
#pragma once

#include <cstdint>
#include <limits>
#include <span>

#include "net/sync/port.h"

namespace cunju::sync {

inline void add(std::uint64_t& sum, std::uint64_t term) {
  sum = term > std::numeric_limits<std::uint64_t>::max() - sum
            ? std::numeric_limits<std::uint64_t>::max()
            : sum + term;
}

inline void add(Amount& sum, const Amount& term) {
  add(sum.changes, term.changes);
  add(sum.bytes, term.bytes);
}

inline void add(AcceptReport& sum, const AcceptReport& term) {
  add(sum.admitted, term.admitted);
  add(sum.known, term.known);
  add(sum.held, term.held);
  add(sum.refused, term.refused);
  add(sum.forks, term.forks);
}

inline Amount amount_of(std::span<const Run> runs) {
  Amount out;
  for (const Run& run : runs) {
    out.changes += run.changes.size();
    for (const Change& change : run.changes) out.bytes += encoded_size(change);
  }
  return out;
}

}  // namespace cunju::sync
