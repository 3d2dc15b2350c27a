// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/known_logs.h"

#include <algorithm>
#include <functional>
#include <set>

#include "crdt/base/limits.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::bundle {
namespace {

/// The ends of all branches of the logs, however many a log has: those of `authors`, or of all.
Result<KnownLogs> find_ends(sync::Port& port, const SpaceId& space,
                            const std::set<AuthorKey>* authors) {
  KnownLogs out;
  std::size_t count = 0;
  CUNJU_TRYV(port.scan_heads({&space, 1}, [&](std::size_t, const wire::AuthorHead& head) {
    if (authors != nullptr && !authors->contains(head.author)) return;
    if (count++ < limits::kMaxReceiptSamples)
      out[head.author].push_back({.seq = head.seq, .id = head.id});
  }));
  for (auto& [author, samples] : out) std::ranges::sort(samples, std::greater<>());
  return out;
}

}  // namespace

Result<KnownLogs> describe_logs(sync::Port& port, const SpaceId& space) {
  CUNJU_TRY(const std::vector<wire::AuthorHead> heads, port.heads(space));
  KnownLogs out;
  std::size_t count = 0;
  std::set<AuthorKey> bushy;
  for (const wire::AuthorHead& head : heads) {
    if (out.contains(head.author)) continue;
    CUNJU_TRY(std::vector<wire::Sample> samples, port.samples(space, head.author));
    std::ranges::sort(samples, std::greater<>());
    // So many branches that there is no room for what is before their ends.
    if (samples.size() == limits::kMaxSamples) bushy.insert(head.author);
    count += samples.size();
    out.emplace(head.author, std::move(samples));
  }
  if (!bushy.empty()) {
    CUNJU_TRY(KnownLogs ends, find_ends(port, space, &bushy));
    for (auto& [author, samples] : ends) {
      count += samples.size() - std::min(samples.size(), out[author].size());
      out[author] = std::move(samples);
    }
  }
  if (count > limits::kMaxReceiptSamples) return find_ends(port, space, nullptr);
  return out;
}

Result<sync::Have> have_of(sync::Port& port, const SpaceId& space, const KnownLogs& logs) {
  sync::Have out;
  for (const auto& [author, samples] : logs) {
    sync::LogHave have;
    for (const wire::Sample& sample : samples) {
      CUNJU_TRY(const bool is_here, port.has_change(space, sample.id));
      if (!is_here) continue;
      have.count = std::max(have.count, sample.seq.value + 1);
      have.heads.push_back(sample.id);
    }
    if (!have.heads.empty()) out.logs.emplace(author, std::move(have));
  }
  return out;
}

void note_runs(KnownLogs& logs, std::span<const wire::Run> runs) {
  for (const wire::Run& run : runs) {
    const Change& last = run.changes.back();
    std::vector<wire::Sample>& samples = logs[last.header.author];
    std::erase_if(samples, [&](const wire::Sample& sample) {
      return sample.id == run.changes.front().header.prev;
    });
    const wire::Sample end{.seq = last.header.seq, .id = last.id};
    samples.insert(std::ranges::lower_bound(samples, end, std::greater<>()), end);
  }
}

}  // namespace cunju::bundle
