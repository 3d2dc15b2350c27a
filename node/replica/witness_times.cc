// SPDX-License-Identifier: Apache-2.0
#include "node/replica/witness_times.h"

#include <algorithm>
#include <limits>

#include "crdt/witness/statement.h"

namespace cunju::replica {
namespace {

std::uint64_t later(std::uint64_t time, std::uint64_t by) {
  // Times are anybody's claims, up to the largest number.
  return time > std::numeric_limits<std::uint64_t>::max() - by
             ? std::numeric_limits<std::uint64_t>::max()
             : time + by;
}

}  // namespace

WitnessedInterval interval_of(std::span<const WitnessedTime> times, std::uint64_t claimed_ms) {
  WitnessedInterval out;
  for (const WitnessedTime& time : times) {
    if (time.not_before_ms)
      out.not_before_ms = std::max(out.not_before_ms.value_or(0), *time.not_before_ms);
    if (time.not_after_ms)
      out.not_after_ms =
          std::min(out.not_after_ms.value_or(*time.not_after_ms), *time.not_after_ms);
    out.is_contradictory = out.is_contradictory || time.states_another;
  }
  const auto tolerance = static_cast<std::uint64_t>(kClockTolerance.count());
  if (out.not_before_ms && out.not_after_ms &&
      *out.not_before_ms > later(*out.not_after_ms, tolerance))
    out.is_contradictory = true;
  out.is_claim_early = out.not_before_ms && later(claimed_ms, tolerance) < *out.not_before_ms;
  out.is_claim_late = out.not_after_ms && claimed_ms > later(*out.not_after_ms, tolerance);
  return out;
}

Result<WitnessTimes> WitnessTimes::load(const Reader& reader, std::uint32_t space_no,
                                        const SpaceId& space) {
  WitnessTimes out;
  CUNJU_TRY(RosterGraph * graph, reader.roster(space_no, space));
  CUNJU_TRY(std::vector<BranchEntry> branches, reader.branches(space_no));
  for (const BranchEntry& author : branches) {
    if (!graph->is_node(author.first)) continue;
    CUNJU_TRYV(out.load_log(reader, space_no, space, author));
  }
  if (out.is_empty()) return out;
  for (const BranchEntry& author : branches) {
    CUNJU_TRYV(out.load_named(reader, space_no, author));
  }
  return out;
}

Result<void> WitnessTimes::load_log(const Reader& reader, std::uint32_t space_no,
                                    const SpaceId& space, const BranchEntry& witness) {
  struct Row {
    AuthorKey author;
    std::uint64_t seq, ordinal, claimed_ms;
    ChangeId id;
  };
  std::vector<Row> rows;
  Key prefix;
  prefix.u32(space_no).u32(witness.second.number);
  CUNJU_TRYV(reader.read().scan_prefix(
      reader.tables().witnessed, prefix, [&](ByteView key, ByteView value) {
        rows.push_back({*AuthorKey::from(key.subspan(8, 32)), get_u64_be(key.subspan(40)),
                        get_u64_be(key.subspan(48)), get_u64_be(value.subspan(32)),
                        *ChangeId::from(value.first(32))});
        return true;
      }));
  WitnessLog log{.witness = witness.first, .latest_ms = {}, .stated = {}};
  const RecordKey record{space_no, witness_record(space, witness.first), kOpenScope};
  std::map<std::uint64_t, bool> is_in_force;
  for (const Row& row : rows) {
    auto [at, is_new] = is_in_force.try_emplace(row.ordinal, false);
    if (is_new) {
      CUNJU_TRY(std::optional<StoredNode> node, reader.find_node(record, row.ordinal));
      at->second = node && node->is_in_force();
    }
    if (!at->second) continue;
    log.latest_ms[row.ordinal] = row.claimed_ms;
    const std::optional<IdRow> id = reader.find_id(row.id);
    CUNJU_TRY(const LogTree* tree, reader.known_tree(space_no, row.author));
    trees_.try_emplace(row.author, *tree);
    Stated stated{.seq = Seq{row.seq}, .id = row.id, .claimed_ms = row.claimed_ms};
    for (const BranchRow& branch : tree->branches()) {
      const std::optional<LogRow> place = reader.find_log(branch.number, stated.seq);
      if (!place) continue;
      if (id && id->ordinal == place->ordinal) {
        stated.match = Match::kHere;
        stated.branch_no = branch.number;
        break;
      }
      if (!id) stated.match = Match::kAnother;
    }
    log.stated[row.author].push_back(stated);
  }
  std::uint64_t latest = 0;
  for (auto& [ordinal, claimed_ms] : log.latest_ms)
    claimed_ms = latest = std::max(latest, claimed_ms);
  if (!log.stated.empty()) logs_.push_back(std::move(log));
  return ok();
}

Result<void> WitnessTimes::load_named(const Reader& reader, std::uint32_t space_no,
                                      const BranchEntry& author) {
  std::vector<std::pair<Seq, ChangeId>> rows;
  Key prefix;
  prefix.u32(space_no).u32(author.second.number);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().seen, prefix, [&](ByteView key, ByteView value) {
        rows.emplace_back(Seq{get_u64_be(key.subspan(8))}, *ChangeId::from(value));
        return true;
      }));
  for (const auto& [seq, id] : rows) {
    const std::optional<IdRow> row = reader.find_id(id);
    if (!row || row->space_no != space_no) continue;
    CUNJU_TRY(StoredChange stored, reader.require_change(row->ordinal));
    named_[author.first].push_back(
        {seq, author.second.number, row->ordinal, stored.change.header.author});
  }
  CUNJU_TRY(const LogTree* tree, reader.known_tree(space_no, author.first));
  trees_.try_emplace(author.first, *tree);
  return ok();
}

/// Whether the path of one branch has at `seq` what another one holds.
bool WitnessTimes::is_on_path(const AuthorKey& author, std::uint32_t branch_no, Seq seq,
                              std::uint32_t holder_no) const {
  const LogTree& tree = trees_.at(author);
  return tree.holder(tree.numbered(branch_no), seq).number == holder_no;
}

bool WitnessTimes::knows(const Place& place, const AuthorKey& ancestor, Seq last,
                         const Named& named) const {
  if (named.seq > last) return false;
  if (ancestor == place.author)
    return is_on_path(ancestor, place.branch_no, named.seq, named.branch_no);
  // Which branch of another's log the change knows is not told.
  const std::optional<Seq> fork_point = trees_.at(ancestor).fork_point();
  return !fork_point || named.seq < *fork_point;
}

std::vector<WitnessedTime> WitnessTimes::of(const Place& place,
                                            const std::map<AuthorKey, Seq>& known) const {
  std::vector<WitnessedTime> out;
  for (const WitnessLog& log : logs_) {
    WitnessedTime time{.witness = log.witness, .not_before_ms = {}, .not_after_ms = {}};
    if (auto stated = log.stated.find(place.author); stated != log.stated.end()) {
      for (const Stated& head : stated->second) {
        if (head.seq < place.seq) continue;
        if (head.match == Match::kAnother) time.states_another = true;
        if (head.match == Match::kHere &&
            is_on_path(place.author, head.branch_no, place.seq, place.branch_no))
          time.not_after_ms =
              std::min(time.not_after_ms.value_or(head.claimed_ms), head.claimed_ms);
      }
      if (time.not_after_ms) time.states_another = false;
    }
    for (const auto& [ancestor, last] : known) {
      auto named = named_.find(ancestor);
      if (named == named_.end()) continue;
      for (const Named& statement : named->second) {
        if (statement.witness != log.witness || !knows(place, ancestor, last, statement)) continue;
        auto after = log.latest_ms.upper_bound(statement.ordinal);
        if (after == log.latest_ms.begin()) continue;
        const std::uint64_t latest = std::prev(after)->second;
        time.not_before_ms = std::max(time.not_before_ms.value_or(latest), latest);
      }
    }
    if (time.not_before_ms || time.not_after_ms || time.states_another) out.push_back(time);
  }
  return out;
}

std::vector<Acknowledged> WitnessTimes::acknowledged(const AuthorKey& author) const {
  std::vector<Acknowledged> out;
  for (const WitnessLog& log : logs_) {
    auto stated = log.stated.find(author);
    if (stated == log.stated.end()) continue;
    Acknowledged one{.witness = log.witness};
    for (const Stated& head : stated->second) {
      one.states_another = one.states_another || head.match == Match::kAnother;
      if (head.match != Match::kHere) continue;
      if (head.seq.value < one.count) continue;
      one.count = head.seq.value + 1;
      one.last = head.id;
      one.claimed_ms = head.claimed_ms;
    }
    out.push_back(one);
  }
  return out;
}

}  // namespace cunju::replica
