// SPDX-License-Identifier: Apache-2.0
//
// What left this node as files, where no erasure reaches it: an export, or a letter on a stick.
// Kept in the node's own store (bundle_book.h), so that whoever erases something is told where else
// it may still be. To whom and for what an export was is in the disclosure ledger, which all nodes
// have (node/audit/disclosures.h); here is where its files went on this computer. A value.
//   entry := at_ms u64 | kind u8 | to text | count u32 | (space[32] | count u32 | registry text*)*
//   entry of kind 3 := an entry | count u32 | (space[32] | disclosure[16])*     an export, booked
//   text  := size u16 | UTF-8
#pragma once

#include <map>
#include <string>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"

namespace cunju::peers {

enum class OutgoingKind : std::uint8_t { kLetter = 1, kExport = 2 };

struct Outgoing {
  std::uint64_t at_ms = 0;  ///< This machine's claim.
  OutgoingKind kind = OutgoingKind::kLetter;
  std::string to;  ///< The node's name or key; of an export its folder.
  /// Registries that had records then; of each space. A letter may have less.
  std::map<SpaceId, std::vector<std::string>> registries;
  /// Its records in the disclosure ledgers of the spaces; of an export.
  std::map<SpaceId, RecordId> disclosures = {};
  friend bool operator==(const Outgoing&, const Outgoing&) = default;
};

Bytes encode_outgoing(const Outgoing& outgoing);
/// kCorrupt.
Result<Outgoing> decode_outgoing(ByteView bytes);

}  // namespace cunju::peers
