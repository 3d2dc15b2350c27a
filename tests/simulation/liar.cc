// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/liar.h"

#include <algorithm>

namespace cunju::simulation {

Result<std::vector<sync::AuthorHead>> LyingPort::heads(const SpaceId& space) {
  Result<std::vector<sync::AuthorHead>> out = real_.heads(space);
  if (out.has_error() || !context_.dice.one_in(6)) return out;
  std::vector<sync::AuthorHead>& heads = out.value();
  ++context_.counts["lies about heads"];
  switch (context_.dice.below(3)) {
    case 0:
      if (!heads.empty())
        heads.erase(heads.begin() + static_cast<std::ptrdiff_t>(context_.dice.below(heads.size())));
      break;
    case 1:
      if (!heads.empty()) {
        sync::AuthorHead& head = context_.dice.pick(heads);
        head.seq.value += context_.dice.below(5);
        head.id = context_.random.make<ChangeId>();
      }
      break;
    default:
      heads.push_back(
          {context_.random.make<AuthorKey>(), Seq{3}, context_.random.make<ChangeId>()});
      std::ranges::sort(heads);
  }
  return out;
}

Result<std::vector<sync::Run>> LyingPort::next_runs(const SpaceId& space, const WireKey& peer,
                                                    sync::Have& have, std::size_t max_bytes) {
  auto waiting = pending_.find(peer);
  if (waiting != pending_.end() && !waiting->second.empty()) {
    std::vector<sync::Run> out = std::move(waiting->second.front());
    waiting->second.erase(waiting->second.begin());
    ++context_.counts["forged batches sent"];
    if (!out.empty()) return out;
  }
  Result<std::vector<sync::Run>> out = real_.next_runs(space, peer, have, max_bytes);
  // Keeps it to itself: `have` says that the peer got it.
  if (out && !out.value().empty() && context_.dice.one_in(8)) {
    ++context_.counts["runs kept back"];
    return real_.next_runs(space, peer, have, max_bytes);
  }
  return out;
}

Result<sync::AcceptReport> LyingPort::accept(const SpaceId& space,
                                             std::span<const sync::Run> runs) {
  if (!context_.dice.one_in(10)) return real_.accept(space, runs);
  ++context_.counts["false acknowledgements"];
  sync::AcceptReport report;
  for (const sync::Run& run : runs) report.admitted += run.changes.size();
  return report;
}

}  // namespace cunju::simulation
