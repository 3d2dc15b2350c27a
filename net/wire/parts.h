// SPDX-License-Identifier: Apache-2.0
//
// Parts on their way to a node that has their change without them: what is asked for, and what is
// brought. Values; net/wire/parts_codec.h has the bytes. Nothing here proves anything: whoever
// takes parts holds their hashes against the change.
#pragma once

#include <cstdint>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/change/change.h"
#include "net/wire/parts_limits.h"

namespace cunju::wire {

/// Some changes of one log, by their numbers. Of a forked log those of all branches.
struct LogSpan {
  AuthorKey author;
  Seq first;
  /// Bit i, the least of a byte first, stands for number first + i. Not empty, and at most
  /// limits::kMaxSpanSeqs bits.
  Bytes bits;

  bool has(std::uint64_t seq) const {
    if (seq < first.value) return false;
    const std::uint64_t at = seq - first.value;
    return at / 8 < bits.size() && (bits[at / 8] >> (at % 8) & 1) != 0;
  }
  /// `seq`: from first on, and less than limits::kMaxSpanSeqs beyond it.
  void add(std::uint64_t seq) {
    const std::uint64_t at = seq - first.value;
    if (at / 8 >= bits.size()) bits.resize(at / 8 + 1);
    bits[at / 8] = static_cast<std::uint8_t>(bits[at / 8] | 1u << (at % 8));
  }
  std::uint64_t end() const { return first.value + 8 * bits.size(); }
  friend bool operator==(const LogSpan&, const LogSpan&) = default;
};

/// The part with nothing but its hash: as it stands on a node that does not have it.
inline Part withheld_form(const Part& part) {
  return {.scope = part.scope,
          .presence = Presence::kWithheld,
          .links = {},
          .body = {},
          .body_hash = {},
          .part_hash = part.part_hash};
}

/// One part as it is brought: whole, or with its links and the hash of its body, which was erased.
struct BroughtPart {
  std::uint16_t index = 0;  ///< Among the change's parts.
  bool is_erased = false;
  Bytes links;
  Bytes body;      ///< Empty when it is erased.
  Hash body_hash;  ///< Set when it is.
  friend bool operator==(const BroughtPart&, const BroughtPart&) = default;
};

struct ChangeParts {
  ChangeId id;
  std::vector<BroughtPart> parts;  ///< Ascending by index; at least one.
  friend bool operator==(const ChangeParts&, const ChangeParts&) = default;
};

}  // namespace cunju::wire
