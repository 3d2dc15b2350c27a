// SPDX-License-Identifier: Apache-2.0
//
// Takes the slots of one letter's annex, after its chunks: parts into the replica, through the same
// port as a sync session, and chunks of attachments to whoever keeps these. Reading twice changes
// nothing. Sans-IO.
#pragma once

#include <map>
#include <set>

#include "net/bundle/annex.h"
#include "net/sync/port.h"

namespace cunju::bundle {

/// Who keeps attachments, and decides which.
class ChunkSink {
 public:
  virtual ~ChunkSink() = default;
  /// A chunk that a bundle brought for a record of that space. Errors: kTampered (it is not that
  /// chunk: the writer's fault), kDiskFull, kIo.
  virtual Result<void> take(const SpaceId& space, const CarriedChunk& chunk) = 0;
};

/// What became of one annex.
struct AnnexTaken {
  std::map<SpaceId, sync::PartsReport> parts;
  std::uint64_t damaged_slots = 0;  ///< Missing, not authentic, or malformed.
  std::uint64_t refused_items = 0;  ///< Whole and not what they say: the writer's fault.
  std::uint64_t unknown_items = 0;  ///< Of kinds of a newer program.
};

class AnnexReader {
 public:
  /// Both are borrowed. `sink` may be null: then attachments are passed over. `shared`: the spaces
  /// that are taken from who wrote the letter.
  AnnexReader(sync::Port& port, ChunkSink* sink, std::set<SpaceId> shared);

  /// The next slot's content; null: it is missing or not authentic. Errors: those of the port and
  /// of the sink that are not the writer's fault; what was taken before stays.
  Result<void> take(const Bytes* content);
  const AnnexTaken& taken() const { return taken_; }

 private:
  Result<void> take_item(const Item& item);
  Result<void> take_parts(const Item& item);

  sync::Port& port_;
  ChunkSink* sink_;
  std::set<SpaceId> shared_;
  Unpacker unpacker_{Section::kAnnex};
  AnnexTaken taken_;
};

}  // namespace cunju::bundle
