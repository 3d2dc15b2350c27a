// SPDX-License-Identifier: Apache-2.0
//
// Sums of what a session counts. Sums stop at the largest number instead of wrapping, because some
// of the terms are a peer's claims.
#pragma once

#include <algorithm>
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

/// Changes of the runs that came without a part.
inline std::uint64_t count_withheld(std::span<const Run> runs) {
  std::uint64_t out = 0;
  for (const Run& run : runs) {
    for (const Change& change : run.changes)
      out +=
          std::ranges::any_of(change.parts,
                              [](const Part& part) { return part.presence == Presence::kWithheld; })
              ? 1
              : 0;
  }
  return out;
}

/// Leaves out what can wait: parts of confidential scopes; how many changes went without, and their
/// bytes.
inline Amount hold_back(std::span<Run> runs) {
  Amount out;
  for (Run& run : runs) {
    for (Change& change : run.changes) {
      bool is_less = false;
      for (Part& part : change.parts) {
        if (part.scope == kOpenScope || part.links.empty()) continue;
        out.bytes += part.links.size() + part.body.size();
        part = wire::withheld_form(part);
        is_less = true;
      }
      out.changes += is_less ? 1 : 0;
    }
  }
  return out;
}

}  // namespace cunju::sync
