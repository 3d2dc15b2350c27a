// SPDX-License-Identifier: Apache-2.0
//
// The runs that go out to a peer.
#include <algorithm>
#include <map>

#include "crdt/base/limits.h"
#include "node/replica/lacking.h"
#include "node/replica/merged_logs.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

/// One batch while it is put together: a run of each log, in the order in which logs come up.
struct BatchOfRuns {
  struct Building {
    std::size_t stretch = 0;
    sync::Run run;
    bool ends_checked = false;  ///< The signature of its last change was verified here.
  };

  bool has_room(std::size_t max_bytes) const {
    return (changes == 0 || bytes < max_bytes) && changes < limits::kMaxBatchChanges;
  }
  /// `change`: as it goes out.
  void add(std::size_t stretch, const StoredChange& stored, Change change) {
    const auto [at, is_new] = places.try_emplace(stretch, runs.size());
    if (is_new) runs.push_back({.stretch = stretch, .run = {}});
    Building& building = runs[at->second];
    building.ends_checked = stored.signature_checked;
    // With the links and bodies of this change, about what it takes in the log.
    bytes += 256;
    for (const Part& part : stored.change.parts) bytes += part.links.size() + part.body.size();
    ++changes;
    building.run.changes.push_back(std::move(change));
  }

  std::vector<Building> runs;
  std::map<std::size_t, std::size_t> places;  ///< In `runs`, by stretch.
  std::size_t bytes = 0, changes = 0;
  bool has_urgent = false;
};

/// The peer has that run as well now.
void raise(sync::LogHave& have, const sync::Run& run) {
  const Change& last = run.changes.back();
  have.count = std::max(have.count, last.header.seq.value + 1);
  std::erase(have.heads, run.changes.front().header.prev);
  have.heads.push_back(last.id);
}

}  // namespace

Result<std::uint64_t> Replica::provable_end(const Reader& reader, const BranchRow& branch,
                                            std::uint64_t from) {
  // A log may end in changes that only a change proves which was refused or is still held here.
  // They can't be passed on, and must not keep everything else from being.
  for (std::uint64_t end = branch.next_seq; end > from; --end) {
    std::optional<LogRow> log = reader.find_log(branch.number, Seq{end - 1});
    if (!log) return fail(Errc::kCorrupt, "a log has a gap");
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    if (stored.signature_checked || has_valid_signature(stored.change)) return end;
  }
  return from;
}

Result<void> Replica::complete_run(const Reader& reader, const BranchRow& branch, sync::Run& run) {
  // The run must end at a change whose own signature verifies; a damaged inner one is passed over.
  while (!has_valid_signature(run.changes.back())) {
    std::optional<LogRow> log =
        reader.find_log(branch.number, run.changes.back().header.seq.next());
    if (!log) return fail(Errc::kCorrupt, "a log ends in a change with a bad signature");
    CUNJU_TRY(StoredChange stored, reader.require_change(log->ordinal));
    run.changes.push_back(std::move(stored.change));
    if (stored.signature_checked) return ok();
  }
  return ok();
}

Result<std::vector<sync::Run>> Replica::next_runs(const SpaceId& space, const WireKey& peer,
                                                  sync::Have& have, std::size_t max_bytes) {
  std::vector<sync::Run> out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    CUNJU_TRY(const std::optional<Replication> allowed, peer_scope(reader, space_no, space, peer));
    if (!allowed) return ok();
    CUNJU_TRY(const std::vector<Missing> missing, find_missing(reader, space_no, have));
    CUNJU_TRY(const Replication replication,
              scope_as_known(reader, space_no, space, peer, *allowed, missing));
    CUNJU_TRY(const std::vector<std::uint64_t> urgent, find_urgent(reader, space_no, missing));
    std::uint64_t left = 0;
    std::vector<MergedLogs::Stretch> stretches;
    for (std::size_t log = 0; log < missing.size(); ++log) {
      const Missing& each = missing[log];
      left += bytes_of(reader, each);
      CUNJU_TRY(const std::uint64_t end, provable_end(reader, each.branch, each.from));
      stretches.push_back({.branch = each.branch.number,
                           .from = each.from,
                           .end = end,
                           .urgent_end = urgent[log],
                           .is_forked = each.is_forked});
    }
    BatchOfRuns batch;
    for (MergedLogs logs(reader, std::move(stretches));
         !logs.is_at_end() && batch.has_room(max_bytes);) {
      const MergedLogs::Place place = logs.place();
      // Other spaces have urgent things too, and what is not can wait for them.
      if (batch.has_urgent && place.is_after_urgent && batch.changes > 0 && left > max_bytes) break;
      CUNJU_TRY(StoredChange stored, reader.require_change(place.ordinal));
      // Who is no witness does not take what this node, being one, has without its open parts.
      if (replication != Replication::kWitness && lacks_open_part(stored.change)) {
        logs.leave_stretch();
        continue;
      }
      logs.advance();
      batch.has_urgent = batch.has_urgent || !place.is_after_urgent;
      // What is erased for good goes to nobody, whether or not its body is still here.
      Change change = reader.reduced(space_no, stored.change, Fate::kConfirmed);
      batch.add(place.stretch, stored, std::move(change));
    }
    for (BatchOfRuns::Building& built : batch.runs) {
      const Missing& log = missing[built.stretch];
      if (!built.ends_checked) {
        CUNJU_TRYV(complete_run(reader, log.branch, built.run));
      }
      auto [entry, is_new] = have.logs.try_emplace(log.author);
      if (is_new) {
        CUNJU_TRY(entry->second, log_before(reader, space_no, log.author, have.before));
      }
      raise(entry->second, built.run);
      for (Change& change : built.run.changes) withhold(change, replication);
      out.push_back(std::move(built.run));
    }
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
