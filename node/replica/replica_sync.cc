// SPDX-License-Identifier: Apache-2.0
//
// What a replica takes of the runs that peers send (net/sync/port.h).
#include "node/replica/lacking.h"
#include "node/replica/replica.h"

namespace cunju::replica {
namespace {

Result<void> verify_run(const SpaceId& space, const sync::Run& run) {
  if (run.changes.empty()) return fail(Errc::kMalformed, "empty run");
  for (std::size_t i = 0; i < run.changes.size(); ++i) {
    if (run.changes[i].space() != space) return fail(Errc::kMalformed, "run of another space");
    if (i > 0) {
      CUNJU_TRYV(check_successor(run.changes[i - 1], run.changes[i]));
    }
  }
  // One verification covers the run: each prev is a hash over header and signature before it.
  if (!has_valid_signature(run.changes.back()))
    return fail(Errc::kBadSignature, "signature of change " + run.changes.back().id.hex());
  return ok();
}

/// Open parts have to come whole to everybody but a witness: a relay that left out the part about
/// the roster of a genuine change (its hashes still verify) would make it an act that never was, so
/// such a change is not taken.
/// What else is withheld is lacking here (lacking.h) and asked for. What stands as erased is taken:
/// without a confirmed act it is a gap, and the log is asked for again until an act or the body
/// comes (Reader::has_gap). `own`: none where no roster says what this node may have.
Result<void> check_presence(const Change& change, std::optional<Replication> own) {
  for (const Part& part : change.parts) {
    if (part.presence == Presence::kPresent) continue;
    if (part.presence == Presence::kErased && may_be_erased(part)) continue;
    bool may_lack = part.presence == Presence::kWithheld &&
                    (part.scope != kOpenScope || !own || own == Replication::kWitness);
    if (!may_lack)
      return fail(Errc::kTampered, "a part of change " + change.id.hex() + " is missing");
  }
  return ok();
}

}  // namespace

Result<sync::AcceptReport> Replica::accept(const SpaceId& space, std::span<const sync::Run> runs) {
  // Everything that needs no store happens before the write transaction begins.
  std::optional<Replication> own = Replication::kFull;
  bool may_be_stale = false;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(const std::uint32_t space_no, require_space(reader, space));
    may_be_stale = is_narrowed(reader, space_no);
    if (own_node_) {
      CUNJU_TRY(own, scope_of(reader, space_no, space, *own_node_));
    }
    return ok();
  }));
  std::vector<std::span<const Change>> taken;
  std::uint64_t left_out = 0;
  for (const sync::Run& run : runs) {
    CUNJU_TRYV(verify_run(space, run));
    std::size_t whole = 0;
    for (; whole < run.changes.size(); ++whole) {
      const Result<void> presence = check_presence(run.changes[whole], own);
      if (presence.has_value()) continue;
      // A sender who has not heard that this node is no witness any more means no harm.
      if (!may_be_stale || !lacks_open_part(run.changes[whole])) return presence.error();
      break;
    }
    taken.push_back(std::span(run.changes).first(whole));
    left_out += run.changes.size() - whole;
  }
  sync::AcceptReport report;
  CUNJU_TRYV(write([&](Admission& admission, store::WriteTransaction&) -> Result<void> {
    CUNJU_TRYV(require_space(admission, space));
    for (std::size_t run = 0; run < taken.size(); ++run) {
      for (const Change& change : taken[run]) {
        CUNJU_TRYV(admission.take(change, &change == &runs[run].changes.back()));
      }
    }
    report = admission.report();
    report.refused += left_out;
    return ok();
  }));
  return report;
}

}  // namespace cunju::replica
