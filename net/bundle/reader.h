// SPDX-License-Identifier: Apache-2.0
//
// Takes the chunks of one letter into the replica, through the same port as a sync session: batches
// of about limits::kBatchTargetBytes, each durable before the next. Reading twice changes nothing.
// What is damaged, of no shared space, or not to be accepted is counted and passed over. Sans-IO.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <vector>

#include "net/bundle/pieces.h"
#include "net/sync/port.h"

namespace cunju::bundle {

/// What became of one letter.
struct Taken {
  std::map<SpaceId, sync::AcceptReport> spaces;
  std::set<SpaceId> passed_over;     ///< Not shared with who wrote it, or not here.
  std::uint64_t damaged_chunks = 0;  ///< Missing, not authentic, or malformed.
  std::uint64_t damaged_items = 0;   ///< Cut off by a damaged chunk.
  std::uint64_t refused_items = 0;   ///< Whole and not to be accepted: the writer's fault.
};

class Reader {
 public:
  using OnReceipt = std::function<Result<void>(const SpaceId&, ByteView)>;
  /// `port` is borrowed. `shared`: the spaces that are taken from who wrote the letter. on_receipt
  /// sees receipts of these spaces as they come, unverified; its errors end the reading.
  Reader(sync::Port& port, std::set<SpaceId> shared, OnReceipt on_receipt);

  /// The next chunk's content; null: it is missing or not authentic. Errors: those of
  /// Port::accept that are not the writer's fault (kDiskFull, kIo, ...); nothing of the batch was
  /// taken then, and the letter is to be read again.
  Result<void> take(const Bytes* content);
  /// After the last chunk. When it returns everything in taken() is durable.
  Result<void> finish();
  const Taken& taken() const { return taken_; }

 private:
  Result<void> take_item(const Item& item);
  Result<void> flush();
  Result<void> accept(std::span<const wire::Run> runs, bool& is_refused);

  sync::Port& port_;
  std::set<SpaceId> shared_;
  OnReceipt on_receipt_;
  Unpacker unpacker_;
  Taken taken_;
  SpaceId space_;  ///< Of the batch.
  std::vector<std::vector<wire::Run>> batch_;
  std::size_t batch_bytes_ = 0;
  std::size_t batch_changes_ = 0;
};

}  // namespace cunju::bundle
