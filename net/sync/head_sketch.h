// SPDX-License-Identifier: Apache-2.0
//
// The heads of one session's spaces as the items of a sketch, and what the sketch tells about logs.
// One side draws symbols, the other solves them; what the solver found goes back as a Difference,
// and both come to the same Split. It holds about 60 bytes for each head, of one moment. Tags that
// two logs share make both ambiguous: nothing is known of what the peer has of them. Value; no I/O
// but through the port.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "net/sync/head_tags.h"
#include "net/sync/port.h"
#include "net/sync/sketch.h"
#include "net/wire/messages.h"

namespace cunju::sync {

/// What one side only has.
struct Split {
  std::vector<wire::HeadItem> theirs;
  std::vector<wire::HeadItem> ours;
};

/// The log of an author that is here, in which the two sides differ. Items name heads.
struct LogDifference {
  std::size_t space = 0;  ///< Index.
  AuthorKey author;
  std::vector<wire::HeadItem> common;
  std::vector<wire::HeadItem> theirs;
  bool is_ours = false;  ///< Something of ours is not there.
  bool is_ambiguous = false;
};

struct Findings {
  std::vector<LogDifference> logs;
  std::vector<bool> is_shared;          ///< By space: the peer named it as well.
  std::vector<wire::HeadItem> strange;  ///< Of theirs: of logs of which nothing is here.
};

class HeadSketch {
 public:
  /// handshake_hash: 64 bytes.
  explicit HeadSketch(ByteView handshake_hash) : tags_(handshake_hash) {}

  /// Takes the heads of these spaces as they are now, about `expected` of them. Errors: the port's.
  Result<void> take(Port& port, std::span<const SpaceId> spaces,
                    std::span<const wire::SpaceToken> tokens, std::size_t expected);
  /// Nothing that was taken is of after it.
  std::uint64_t position() const { return position_; }

  /// The next symbols, from the first one on.
  wire::Symbols draw(std::size_t count);
  std::size_t drawn() const { return drawn_; }

  /// Takes the next symbols of the peer.
  void add(const wire::Symbols& symbols);
  std::optional<Split> solve() const;
  std::size_t solved_from() const { return solver_.size(); }
  /// How many symbols may suffice, more than those.
  std::size_t wanted() const;
  /// Heads, and spaces, of both sides.
  std::size_t items() const { return items_.size() + peer_items_; }
  wire::Difference describe(const Split& split) const;
  /// What describe() was made from, as seen from the other side.
  Split read(const wire::Difference& difference) const;

  Findings find(const Split& split) const;

 private:
  struct Origin {
    std::uint32_t space = 0;
    bool is_space = false;  ///< The item says that the space is shared.
    AuthorKey author;
  };
  template <class Visit>
  void visit_tagged(std::span<const wire::HeadItem> items, Visit&& visit) const;

  HeadTags tags_;
  std::vector<wire::HeadItem> items_;
  std::vector<Origin> origins_;  ///< Of each item.
  std::size_t spaces_ = 0;
  std::uint64_t position_ = 0;
  std::size_t drawn_ = 0;
  SketchSolver solver_;
  std::size_t peer_items_ = 0;
};

}  // namespace cunju::sync
