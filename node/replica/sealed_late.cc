// SPDX-License-Identifier: Apache-2.0
#include "node/replica/sealed_late.h"

#include <algorithm>
#include <string>
#include <vector>

#include "crdt/roster/roster_graph.h"

namespace cunju::replica {
namespace {

/// Every registry that the policy has a line for, and one that has none.
std::set<std::string> registries_of(const Roster& roster) {
  std::set<std::string> out{std::string()};
  for (const auto& [line, rights] : roster.policy)
    if (line.second != "*") out.insert(line.second);
  return out;
}

Result<bool> may_be_late(const Reader& reader, const StoredChange& stored, const RosterGraph& graph,
                         const std::set<std::string>& registries) {
  const ChangeHeader& header = stored.change.header;
  const std::optional<IdRow> row = reader.find_id(stored.change.id);
  if (!row) return fail(Errc::kCorrupt, "admitted change without id row");
  CUNJU_TRY(const std::vector<ChangeId> pins, reader.pins_at(row->pins_ordinal));
  if (pins.empty() || graph.is_admitted_late(stored.change.id)) return false;
  CUNJU_TRY(const bool is_standing, stands(reader, stored.change, *row, graph));
  if (!is_standing) return true;
  const std::shared_ptr<const Roster> known = graph.at(pins);
  return std::ranges::any_of(registries, [&](const std::string& registry) {
    // What it may not write there is void, and nothing that anybody could admit.
    return header.seq.value >= graph.effective_end(pins, header.author, registry) &&
           known->may(header.author, registry, kWrite);
  });
}

}  // namespace

Result<bool> stands(const Reader& reader, const Change& change, const IdRow& row,
                    const RosterGraph& graph) {
  const AuthorKey& author = change.header.author;
  const std::optional<Seq> fork_point = graph.fork_point(author);
  if (!fork_point || change.header.seq < *fork_point) return true;
  CUNJU_TRY(std::optional<StandingTip> tip, reader.standing_tip(row.space_no, author, graph));
  if (!tip || change.header.seq > tip->seq) return false;
  CUNJU_TRY(const LogTree* tree, reader.known_tree(row.space_no, author));
  std::optional<LogRow> standing =
      reader.find_on_path(*tree, tree->numbered(tip->branch_no), change.header.seq);
  return standing && standing->ordinal == row.ordinal;
}

Result<std::set<std::pair<std::uint64_t, std::uint16_t>>> find_sealed_late(const Reader& reader,
                                                                           std::uint32_t space_no,
                                                                           const SpaceId& space) {
  constexpr std::size_t kOrdinalAt = 6, kPartAt = 14, kKeyBytes = 16;
  std::set<std::pair<std::uint64_t, std::uint16_t>> sealed, out;
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().scoped, prefix, [&](ByteView key, ByteView value) {
        const std::optional<ScopedRow> row = ScopedRow::decode(value);
        if (row && row->state == ScopedRow::State::kSealed && key.size() == kKeyBytes)
          sealed.emplace(get_u64_be(key.subspan(kOrdinalAt)),
                         static_cast<std::uint16_t>(key[kPartAt] << 8 | key[kPartAt + 1]));
        return true;
      }));
  if (sealed.empty()) return out;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  if (graph->size() == 0) return out;
  const std::set<std::string> registries = registries_of(*graph->now());
  std::optional<std::uint64_t> last;
  ChangeId change;
  bool is_late = false;
  for (const auto& [ordinal, part] : sealed) {
    if (last != ordinal) {
      CUNJU_TRY(const StoredChange stored, reader.require_change(ordinal));
      CUNJU_TRY(is_late, may_be_late(reader, stored, *graph, registries));
      last = ordinal;
      change = stored.change.id;
    }
    const bool is_gone = reader.fate_of(space_no, {change, part}) >= Fate::kConfirmed;
    if (is_late && !is_gone) out.emplace(ordinal, part);
  }
  return out;
}

}  // namespace cunju::replica
