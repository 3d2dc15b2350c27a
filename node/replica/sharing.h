// SPDX-License-Identifier: Apache-2.0
//
// Who exchanges which spaces, kept up so that a session need not ask every roster. The law is
// Reader::peers(); this is what it says, as rows, and the sum of all heads that a peer and this
// node share. Each transaction that writes to a log, or begins to join a space, brings the rows of
// that space up to date; dropped with the views, they are computed again.
//   peer mark := first 16 bytes of hash_name("peer" 0 || wire key)
//   proof     := first 16 bytes of hash_name("shares" 0 || wire key || space || since)
// hash_name is keyed (ValueSealer): who has the disk can't tell whose rows these are, nor make one
// that is believed and so be exchanged with.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "net/sync/heads_sum.h"
#include "net/sync/port.h"
#include "node/replica/books.h"

namespace cunju::replica {

using PeerMark = FixedBytes<struct PeerMarkTag, 16>;

/// Errors: the sealer's.
Result<PeerMark> mark_of(keys::ValueSealer& sealer, const WireKey& peer);

/// One space that a peer exchanges.
struct SharedRow {
  std::uint64_t since = 0;  ///< The position (Port::position) at which it came to.
  std::array<std::uint8_t, 16> proof{};

  Bytes encode() const;
  static std::optional<SharedRow> decode(ByteView bytes);
};

/// Who exchanges one space.
struct SharersRow {
  SpaceId space;
  std::vector<PeerMark> peers;  ///< Ascending.

  Bytes encode() const;
  static std::optional<SharersRow> decode(ByteView bytes);
};

/// Of all spaces that a peer exchanges: how many they are; their heads and their presence.
struct PeerSumRow {
  std::uint64_t spaces = 0;
  sync::HeadsSum sum;

  Bytes encode() const;
  static std::optional<PeerSumRow> decode(ByteView bytes);
};

/// What a peer and this node both had at a position.
struct MetRow {
  sync::Meeting meeting;
  Hash own;  ///< Of the authors of this node of whom the peer was known to have all.

  Bytes encode() const;
  static std::optional<MetRow> decode(ByteView bytes);
};
Hash hash_of_authors(std::vector<AuthorKey> authors);

/// A log, by when it was last written to.
struct RecentRow {
  std::uint32_t space_no = 0;
  AuthorKey author;

  Bytes encode() const;
  static std::optional<RecentRow> decode(ByteView bytes);
};

/// Reads those rows for one peer in one transaction.
class Sharing {
 public:
  /// Errors: the sealer's.
  static Result<Sharing> of(const Reader& reader, keys::ValueSealer& sealer, const WireKey& peer);

  /// Ascending. Rows that this home did not write are passed over. `before`: only those that were
  /// shared before that position; `max`: no more than so many.
  Result<std::vector<SpaceId>> spaces(std::optional<std::uint64_t> before = std::nullopt,
                                      std::size_t max = SIZE_MAX) const;
  Result<bool> includes(const SpaceId& space,
                        std::optional<std::uint64_t> before = std::nullopt) const;
  /// Errors: kCorrupt.
  Result<PeerSumRow> sum() const;
  std::optional<MetRow> met() const;
  /// Whether a log of a shared space has gaps (Reader::has_gap). Looks at one row for each space
  /// that has.
  bool has_gaps() const;
  /// The logs of shared spaces that were written to from that position on; none: they, or those of
  /// other spaces with them, are more than the limits of sync::Port::recent_logs say.
  Result<std::optional<std::vector<sync::RecentLog>>> recent_logs(std::uint64_t since) const;
  const PeerMark& mark() const { return mark_; }

 private:
  Sharing(const Reader& reader, keys::ValueSealer& sealer, const WireKey& peer,
          const PeerMark& mark)
      : reader_(reader), sealer_(sealer), peer_(peer), mark_(mark) {}
  Result<bool> is_proven(const SpaceId& space, const SharedRow& row) const;
  std::optional<SharersRow> sharers(std::uint32_t space_no) const;

  const Reader& reader_;
  keys::ValueSealer& sealer_;
  WireKey peer_;
  PeerMark mark_;
};

}  // namespace cunju::replica
