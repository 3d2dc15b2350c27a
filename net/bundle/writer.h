// SPDX-License-Identifier: Apache-2.0
//
// One part of a bundle for one node: what the node lacks of the spaces that it may have, asked of
// the same port as a sync session asks, cut into the content of chunks. Sans-IO and without keys:
// the caller seals the chunks and puts them somewhere, or only counts them. What the node may not
// have the port keeps back.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "net/bundle/known_logs.h"
#include "net/bundle/letter.h"
#include "net/bundle/pieces.h"
#include "net/sync/port.h"

namespace cunju::bundle {

/// What a node has of all spaces.
using KnownSpaces = std::map<SpaceId, KnownLogs>;

class Writer {
 public:
  /// `port` is borrowed. `spaces`: ascending. `known`: what the recipient has. Of the chunks there
  /// are at most `max_chunks`.
  Writer(sync::Port& port, const WireKey& recipient, std::vector<SpaceId> spaces, KnownSpaces known,
         std::size_t max_chunks);

  /// Goes before all changes. False: there is no room for it.
  bool add_receipt(const SpaceId& space, Bytes receipt);
  /// The content of the next chunk; nothing at the end. Errors: the port's; of the run codec.
  Result<std::optional<Bytes>> next();

  // --- after the end ---------------------------------------------------------------------------
  /// Nothing that the recipient lacks was left out for want of room.
  bool is_last() const { return is_last_; }
  /// What is in the part; nothing: no room even for the first batch, or nothing is lacking.
  const std::vector<SpaceContent>& contents() const { return contents_; }
  std::uint32_t chunks() const { return chunks_; }
  /// What the recipient has when it has read this part: where the next part begins.
  KnownSpaces take_known() { return std::move(known_); }

 private:
  /// One batch, or the end.
  Result<void> step();
  /// The next batch that the recipient lacks; nothing at the end.
  Result<std::vector<wire::Run>> next_batch();
  void put(const Item& item);
  void end(bool is_last);

  sync::Port& port_;
  WireKey recipient_;
  std::vector<SpaceId> spaces_;
  KnownSpaces known_;
  std::size_t max_chunks_;
  Packer packer_;
  std::deque<Bytes> ready_;
  std::size_t at_ = 0;              ///< In spaces_.
  std::optional<sync::Have> have_;  ///< Of that space.
  std::vector<SpaceContent> contents_;
  std::uint32_t chunks_ = 0;
  bool has_ended_ = false;
  bool is_last_ = false;
};

}  // namespace cunju::bundle
