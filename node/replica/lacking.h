// SPDX-License-Identifier: Apache-2.0
//
// Which parts a node may have, by its replication scope, and the two indexes that follow from it:
// `lacked` has every part that came withheld, whether or not this node may have it (so a change of
// scope needs no new index), `narrowed` the spaces in whose roster some node ever had less than
// all.
//   full: everything; shell: what is open; witness: the roster and statements
#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "crdt/roster/operations.h"
#include "node/replica/books.h"

namespace cunju::replica {

/// One row of `lacked`. Open parts come before others, then by author and number.
struct LackedRow {
  std::uint32_t space_no = 0;
  bool is_open = false;
  AuthorKey author;
  Seq seq;
  std::uint64_t ordinal = 0;
  std::uint16_t part = 0;

  Key key() const;
  static std::optional<LackedRow> decode(ByteView key);
};

/// Whether a node of that scope may have the part, which is none of the roster.
bool may_have(Replication replication, const Part& part);
/// Leaves out of the change what a node of that scope may not have. Roster and statements stay:
/// without the roster a node could admit nothing, and statements decide with it which of its acts
/// count.
void withhold(Change& change, Replication replication);
/// Whether parts of the open scope are withheld here, without which nobody but a witness takes it.
bool lacks_open_part(const Change& change);

/// What a node of the space may have; none: the roster does not name it, or is not here. A zero key
/// stands for this node itself, which gives everything.
Result<std::optional<Replication>> scope_of(const Reader& reader, std::uint32_t space_no,
                                            const SpaceId& space, const WireKey& node);
/// The same of the node with that key.
Result<std::optional<Replication>> scope_of(const Reader& reader, std::uint32_t space_no,
                                            const SpaceId& space, const NodeKey& node);
/// False: no node of the space ever had less than all.
bool is_narrowed(const Reader& reader, std::uint32_t space_no);
/// Whether anything is lacking that a node of that scope may have.
bool lacks_any(const Reader& reader, std::uint32_t space_no, Replication replication);

/// Changes with bodies that a node of that scope is not to hold, by their ordinals: for shells
/// those with confidential parts, for witnesses also those of records. What nodes need to agree
/// stays.
Result<std::set<std::uint64_t>> excess_ordinals(const Reader& reader, std::uint32_t space_no,
                                                Replication replication);
/// Whether such a node lets that part go.
bool must_go(Replication replication, const Part& part);

}  // namespace cunju::replica
