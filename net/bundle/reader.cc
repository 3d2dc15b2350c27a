// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/reader.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "crdt/base/limits.h"
#include "net/sync/amounts.h"
#include "net/wire/run_codec.h"

namespace cunju::bundle {
namespace {

bool is_writers_fault(Errc code) {
  return code == Errc::kBadSignature || code == Errc::kMalformed || code == Errc::kTampered ||
         code == Errc::kLimit;
}

}  // namespace

Reader::Reader(sync::Port& port, std::set<SpaceId> shared, OnReceipt on_receipt)
    : port_(port), shared_(std::move(shared)), on_receipt_(std::move(on_receipt)) {}

Result<void> Reader::take(const Bytes* content) {
  if (content == nullptr) {
    ++taken_.damaged_chunks;
    unpacker_.lose();
    return ok();
  }
  Result<std::vector<Item>> items = unpacker_.take(*content);
  if (items.has_error()) {
    ++taken_.damaged_chunks;
    return ok();
  }
  for (const Item& item : items.value()) {
    CUNJU_TRYV(take_item(item));
  }
  return ok();
}

Result<void> Reader::take_item(const Item& item) {
  if (!shared_.contains(item.space)) {
    if (item.kind == ItemKind::kRuns) taken_.passed_over.insert(item.space);
    return ok();
  }
  if (item.kind == ItemKind::kReceipt) return on_receipt_(item.space, item.content);
  Result<std::vector<wire::Run>> runs = wire::decode_runs(item.space, item.content);
  if (runs.has_error()) {
    ++taken_.refused_items;
    return ok();
  }
  const std::size_t changes = static_cast<std::size_t>(sync::amount_of(runs.value()).changes);
  const bool is_full = batch_bytes_ + item.content.size() > limits::kBatchTargetBytes ||
                       batch_changes_ + changes > limits::kMaxBatchChanges;
  if (is_full || space_ != item.space) {
    CUNJU_TRYV(flush());
  }
  space_ = item.space;
  batch_bytes_ += item.content.size();
  batch_changes_ += changes;
  batch_.push_back(std::move(runs).value());
  return ok();
}

Result<void> Reader::accept(std::span<const wire::Run> runs, bool& is_refused) {
  Result<sync::AcceptReport> report = port_.accept(space_, runs);
  is_refused = report.has_error() && is_writers_fault(report.error().code);
  if (is_refused) return ok();
  if (report.has_error()) return report.error();
  sync::add(taken_.spaces[space_], report.value());
  return ok();
}

Result<void> Reader::flush() {
  const std::vector<std::vector<wire::Run>> batch = std::exchange(batch_, {});
  batch_bytes_ = batch_changes_ = 0;
  if (batch.empty()) return ok();
  std::vector<wire::Run> all;
  for (const std::vector<wire::Run>& runs : batch) std::ranges::copy(runs, std::back_inserter(all));
  bool is_refused = false;
  CUNJU_TRYV(accept(all, is_refused));
  if (!is_refused) return ok();
  // One item that is not to be accepted does not cost the others.
  for (const std::vector<wire::Run>& runs : batch) {
    CUNJU_TRYV(accept(runs, is_refused));
    if (is_refused) ++taken_.refused_items;
  }
  return ok();
}

Result<void> Reader::finish() {
  unpacker_.finish();
  taken_.damaged_items = unpacker_.lost_items();
  return flush();
}

}  // namespace cunju::bundle
