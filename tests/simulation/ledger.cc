// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/ledger.h"

namespace cunju::simulation {

void Ledger::promise(const Change& change) {
  const sync::AuthorHead head{change.header.author, change.header.seq, change.id};
  auto [at, is_new] = promised.try_emplace(head.author, head);
  if (!is_new && at->second.seq < head.seq) at->second = head;
}

void RecordingPort::note_appended(const AuthorKey& author, const replica::Appended& appended) {
  std::size_t found = 0;
  Result<void> scanned =
      replica_->scan_log(context_.space, author, appended.first, [&](const Change& change) {
        if (found == appended.ids.size() || change.id != appended.ids[found]) return false;
        ++found;
        context_.library.emplace(change.id, change);
        ledger_.taken.insert(change.id);
        ledger_.written.insert(change.id);
        ledger_.promise(change);
        return true;
      });
  if (scanned.has_error() || found != appended.ids.size())
    context_.fail("append said Ok and the log does not have all of it");
}

Result<std::vector<sync::Run>> RecordingPort::next_runs(const SpaceId& space, const WireKey& peer,
                                                        sync::Have& have, std::size_t max_bytes) {
  Result<std::vector<sync::Run>> out = replica_->next_runs(space, peer, have, max_bytes);
  if (out.has_error() || space != context_.space) return out;
  for (const sync::Run& run : out.value()) {
    for (const Change& change : run.changes) context_.travelled.insert(change.id);
  }
  return out;
}

Result<sync::AcceptReport> RecordingPort::accept(const SpaceId& space,
                                                 std::span<const sync::Run> runs) {
  Result<replica::ReplicaCounts> before = replica_->counts();
  Result<sync::AcceptReport> result = replica_->accept(space, runs);
  if (result.has_error() || space != context_.space) return result;
  const sync::AcceptReport& report = result.value();
  std::size_t changes = 0;
  for (const sync::Run& run : runs) {
    for (const Change& change : run.changes) {
      ++changes;
      context_.library.emplace(change.id, change);
      ledger_.taken.insert(change.id);
    }
  }
  context_.note("took " + std::to_string(changes) + ": " + std::to_string(report.admitted) +
                " admitted " + std::to_string(report.known) + " known " +
                std::to_string(report.held) + " held " + std::to_string(report.refused) +
                " refused " + std::to_string(report.forks) + " forked");
  context_.counts["admitted"] += report.admitted;
  context_.counts["known"] += report.known;
  context_.counts["held"] += report.held;
  context_.counts["refused"] += report.refused;
  context_.counts["forked"] += report.forks;
  // Which of a mixed batch is in the log the report does not say; what waits is promised later.
  const bool is_all_in = report.held == 0 && report.refused == 0 && report.admitted >= changes;
  // Holds that an arrival ended are taken off those of the batch itself, so that a report may say
  // "none held" while one of the batch waits, if something waited before: see regressions_test.cc.
  const bool is_exact = before.has_value() && before.value().pooled == 0;
  if (is_all_in) promise_all(runs, is_exact);
  return result;
}

void RecordingPort::promise_all(std::span<const sync::Run> runs, bool is_exact) {
  for (const sync::Run& run : runs) {
    const Change& last = run.changes.back();
    Result<bool> found = replica_->has_change(context_.space, last.id);
    if (found.has_value() && found.value()) {
      ledger_.promise(last);
    } else if (is_exact) {
      context_.fail("accept said that all is admitted, and change " + brief(last.id) +
                    " is not in the log");
    } else {
      ++context_.counts["holds that a report left out"];
    }
  }
}

}  // namespace cunju::simulation
