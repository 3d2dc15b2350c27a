// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/known_logs.h"

#include <algorithm>
#include <functional>

#include "crdt/base/limits.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::bundle {
namespace {

KnownLogs ends_of(std::span<const wire::AuthorHead> heads) {
  KnownLogs out;
  for (const wire::AuthorHead& head :
       heads.first(std::min(heads.size(), limits::kMaxReceiptSamples)))
    out[head.author].push_back({.seq = head.seq, .id = head.id});
  for (auto& [author, samples] : out) std::ranges::sort(samples, std::greater<>());
  return out;
}

}  // namespace

Result<KnownLogs> describe_logs(sync::Port& port, const SpaceId& space) {
  CUNJU_TRY(const std::vector<wire::AuthorHead> heads, port.heads(space));
  KnownLogs out;
  std::size_t count = 0;
  for (const wire::AuthorHead& head : heads) {
    if (out.contains(head.author)) continue;
    CUNJU_TRY(std::vector<wire::Sample> samples, port.samples(space, head.author));
    std::ranges::sort(samples, std::greater<>());
    count += samples.size();
    if (count > limits::kMaxReceiptSamples) return ends_of(heads);
    out.emplace(head.author, std::move(samples));
  }
  return out;
}

Result<sync::Have> have_of(sync::Port& port, const SpaceId& space, const KnownLogs& logs) {
  sync::Have out;
  for (const auto& [author, samples] : logs) {
    sync::LogHave have;
    for (const wire::Sample& sample : samples) {
      if (have.heads.size() == limits::kMaxSamples) break;
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
