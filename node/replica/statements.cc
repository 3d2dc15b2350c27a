// SPDX-License-Identifier: Apache-2.0
//
// The replica's own statements as a witness.
#include <algorithm>

#include "crdt/base/limits.h"
#include "node/replica/replica.h"

namespace cunju::replica {

Result<Hash> Replica::newest_statement(const Reader& reader, std::uint32_t space_no,
                                       const Roster& roster) {
  CUNJU_TRY(const std::vector<WitnessHead> newest, reader.witness_heads(space_no, roster));
  return newest.empty() ? Hash{} : Hash{newest.front().id.value};
}

Result<std::vector<WitnessedHead>> Replica::find_unwitnessed(const Reader& reader,
                                                             std::uint32_t space_no,
                                                             const SpaceId& space,
                                                             const AuthorKey& node) {
  std::vector<WitnessedHead> out;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0 || !graph->now()->may(node, kWitnessRegistry, kWrite)) return out;
  const std::optional<BranchRow> self = reader.find_first_branch(space_no, node);
  CUNJU_TRY(std::vector<BranchEntry> branches, reader.branches(space_no));
  for (const auto& [author, row] : branches) {
    // Witnesses that witnessed each other would never come to rest.
    if (row.next_seq == 0 || graph->is_node(author)) continue;
    // Of a log that is known to be forked there is no head to acknowledge.
    if (graph->fork_point(author)) continue;
    const Seq head{row.next_seq - 1};
    if (self) {
      Key prefix;
      prefix.u32(space_no).u32(self->number).bytes(author.view());
      std::optional<store::Entry> last =
          reader.read().last_with_prefix(reader.tables().witnessed, prefix);
      if (last && get_u64_be(last->key.subspan(40)) >= head.value) continue;
    }
    out.push_back({.author = author, .seq = head, .id = row.head});
  }
  return out;
}

Result<Appended> Replica::append_statements(const SpaceId& space, const crypto::SigningKey& node,
                                            std::uint64_t claimed_ms) {
  // Most of the time there is nothing new, and looking must not stop who writes.
  bool is_needed = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(auto heads, find_unwitnessed(reader, space_no, space, node.author()));
    is_needed = !heads.empty();
    return ok();
  }));
  Appended out;
  if (!is_needed) return out;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    out = {};
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    CUNJU_TRY(std::vector<WitnessedHead> heads,
              find_unwitnessed(admission, space_no, space, node.author()));
    for (std::span<const WitnessedHead> left = heads; !left.empty();) {
      const auto some = left.first(std::min(left.size(), limits::kMaxWitnessedHeads));
      left = left.subspan(some.size());
      CUNJU_TRY(NextChange next, next_change(admission, space_no, space, node, claimed_ms));
      if (!next.roster->may(node.author(), kWitnessRegistry, kWrite))
        return fail(Errc::kPermission, std::string(kWitnessRegistry));
      next.header.seen = {};
      // Its own statement before is all that it builds on, whatever others wrote into its record.
      std::vector<ChangeId> parents;
      if (!next.header.prev.is_zero()) parents.push_back(next.header.prev);
      CUNJU_TRY(Part part, build_part({.record = witness_record(space, node.author()),
                                       .registry = std::string(kWitnessRegistry),
                                       .scope = kOpenScope,
                                       .operations = {make_statement(some)}},
                                      std::move(parents)));
      const Change change = sign_change(node, std::move(next.header), {std::move(part)});
      CUNJU_TRYV(admit_own(admission, change));
      if (out.ids.empty()) out.first = change.header.seq;
      out.ids.push_back(change.id);
    }
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
