// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/writer.h"

#include <algorithm>
#include <utility>

#include "net/bundle/bundle_limits.h"
#include "net/bundle/container.h"
#include "net/sync/amounts.h"
#include "net/wire/run_codec.h"

namespace cunju::bundle {
namespace {

/// With less room than this the next chunk is begun: a batch has one change at least, and a run
/// costs some eighty bytes besides its changes.
constexpr std::size_t kSmallestFill = 4 * 1024;

}  // namespace

Writer::Writer(sync::Port& port, const WireKey& recipient, std::vector<SpaceId> spaces,
               KnownSpaces known, std::size_t max_chunks)
    : port_(port),
      recipient_(recipient),
      spaces_(std::move(spaces)),
      known_(std::move(known)),
      max_chunks_(max_chunks) {}

void Writer::put(const Item& item) {
  for (Bytes& full : packer_.add(item)) ready_.push_back(std::move(full));
}

bool Writer::add_receipt(const SpaceId& space, Bytes receipt) {
  if (packer_.chunks_with(receipt.size()) > max_chunks_) return false;
  put({.kind = ItemKind::kReceipt, .space = space, .content = std::move(receipt)});
  return true;
}

void Writer::end(bool is_last) {
  has_ended_ = true;
  is_last_ = is_last;
  if (Bytes rest = packer_.finish(); !rest.empty()) ready_.push_back(std::move(rest));
}

Result<std::vector<wire::Run>> Writer::next_batch() {
  for (; at_ < spaces_.size(); ++at_, have_.reset()) {
    if (!have_) {
      CUNJU_TRY(have_, have_of(port_, spaces_[at_], known_[spaces_[at_]]));
    }
    const std::size_t room = packer_.room() < kSmallestFill ? kChunkRoom : packer_.room();
    CUNJU_TRY(std::vector<wire::Run> runs, port_.next_runs(spaces_[at_], recipient_, *have_, room));
    if (!runs.empty()) return runs;
  }
  return std::vector<wire::Run>();
}

Result<void> Writer::step() {
  CUNJU_TRY(const std::vector<wire::Run> runs, next_batch());
  if (runs.empty()) {
    end(true);
    return ok();
  }
  const SpaceId& space = spaces_[at_];
  CUNJU_TRY(Bytes encoded, wire::encode_runs(space, runs));
  const bool is_new = contents_.empty() || contents_.back().space != space;
  if (packer_.chunks_with(encoded.size()) > max_chunks_ ||
      (is_new && contents_.size() == limits::kMaxLetterSpaces)) {
    end(false);
    return ok();
  }
  if (is_new) contents_.push_back({.space = space});
  const sync::Amount amount = sync::amount_of(runs);
  contents_.back().changes += amount.changes;
  contents_.back().bytes += amount.bytes;
  note_runs(known_[space], runs);
  put({.kind = ItemKind::kRuns, .space = space, .content = std::move(encoded)});
  return ok();
}

Result<std::optional<Bytes>> Writer::next() {
  while (ready_.empty() && !has_ended_) {
    CUNJU_TRYV(step());
  }
  if (ready_.empty()) return std::optional<Bytes>();
  Bytes out = std::move(ready_.front());
  ready_.pop_front();
  ++chunks_;
  return std::optional<Bytes>(std::move(out));
}

}  // namespace cunju::bundle
