// SPDX-License-Identifier: Apache-2.0
//
// The tables of the `data` environment and the layout of their keys (all integers big endian, so
// that byte order is numeric order). Values are sealed except where marked plain.
// docs/formats/store.md
// clang-format off
//   meta       name                                       -> plain
//   spaces     space[32]                                  -> plain: space_no u32
//   joining    space[32]                                  -> wire key of the inviting node
//   logs       space_no | author[32]                      -> plain: BranchRow, the author's first
//   logs       space_no | author[32] | first change[32]   -> plain: BranchRow, each other branch
//   head_sums  space_no                                   -> plain: digest[32] | HeadsSum
//   log        branch number u32 | seq u64                -> plain: LogRow
//   ids        change id[32]                              -> plain: ordinal | space_no | pins ordinal
//   changes    ordinal                                    -> flags u8 | change bytes
//   roster     space_no | ordinal                         -> plain: RosterRow
//   graph      space_no | record[16] | scope u16 | ordinal -> part u16 | late u8 | GraphNode
//   claims     space_no | author[32] | wire key[32]       -> plain: seq u64 | change id[32]
//   told       space_no | author[32] | wire key[32]       -> plain: seq u64 | change id[32]
//   late       space_no | ordinal | part u16              -> plain: marker
//   witnessed  space_no | witness_no | author[32] | seq u64 | ordinal -> plain: id[32] | ms u64
//   seen       space_no | branch number | seq u64           -> plain: statement id[32]
//   views      space_no | record[16] | scope u16          -> RecordView
//   record_keys space_no | record[16]                     -> plain: key number u32
//   records    space_no | hash of registry[16] | record[16] | scope u16 -> plain: marker
//   counted    space_no | hash of registry[16]            -> plain: how many records u64
//   conflicts  space_no | hash of registry[16] | record[16] | scope u16 -> plain: marker
//   waiting    missing change id[32] | ordinal | part u16 -> plain: marker
//   held       space_no | record | scope | branch number | seq -> plain: ordinal
//   pool       number u64                                 -> flags u8 | change bytes
//   pool_ids   change id[32]                              -> plain: number
//   pool_wait  missing change id[32] | number             -> plain: marker
//   forks      space_no | author[32]                      -> plain: seq u64 of the fork point
//   covers     space_no | ordinal | author[32]            -> plain: seq u64 | id[32]
//   scoped     space_no | scope u16 | ordinal | part u16  -> plain: ScopedRow
//   wraps      space_no | scope u16 | epoch[32] | recipient[32] | ordinal -> plain: sender[32]
//   unopened   space_no | scope u16 | epoch[32] | recipient[32] | sender[32] -> plain: marker
//   epoch_keys space_no | scope u16 | epoch[32]           -> key of the epoch[32]
//   erasures   space_no | ordinal                         -> plain: marker
//   fates      space_no | change id[32] | part u16        -> plain: Fate u8
//   gaps       space_no | author[32] | ordinal | part u16 -> plain: marker
//   lacked     space_no | confidential u8 | author[32] | seq u64 | ordinal | part u16 -> plain: marker
//   narrowed   space_no                                   -> plain: marker
//   doomed     key number u32                             -> plain: marker
//   doomed_attachments  address[32]                       -> plain: marker
//   shared     peer mark[16] | space[32]                  -> plain: SharedRow
//   sharers    space_no                                   -> plain: space[32] | peer mark[16]*
//   peer_sums  peer mark[16]                              -> plain: PeerSumRow
//   recent     ordinal of a log's newest change           -> plain: space_no u32 | author[32]
//   met        peer mark[16]                              -> plain: MetRow
// clang-format on
// An ordinal counts admissions on this node: local, never sent, and an order in which every
// change comes after its predecessor and its pins.
// `scoped` has all parts of confidential scopes, `wraps` who got which epoch's key by which change,
// `unopened` which recipients say that what a sender wrapped to them does not open.
// `epoch_keys` are those that a device of this home could open. A key, once here, opens parts for
// whoever opens this home; it is not derived, because another clerk's device may be locked.
// `head_sums` is over the heads of a space as peers are told of them (net/sync/heads_sum.h); a
// space without heads has no row.
// `counted` is over `records`: one that has rows for several scopes is one record.
// A peer mark is a keyed hash of a wire key. `shared`, `sharers` and `peer_sums` keep what the
// rosters say of who exchanges which spaces, `recent` in which order logs were last written to
// (sharing.h). `met` is what a peer and this node both had, once; not derived, and dropped with the
// views.
// `erasures` names the changes that speak of erasing, `fates` what they make of parts, whether
// these are here or not; `gaps` the parts that came as erased without a confirmed act, `lacked`
// those that are withheld, `narrowed` the spaces where some node ever had less than all. `doomed`
// has keys that nothing is sealed under any more, until they are destroyed, `doomed_attachments`
// what erased parts referred to, until it is destroyed or found to be somebody else's too. `covers`
// repeats what the statement with that ordinal says of a forked log. A record's graph, its view,
// and changes that speak of it alone are sealed under its own key, a change of several records
// under one for itself. `record_keys` is not derived. A log that is forked has branches. Which of
// them came first, and so has the short key, is local too and decides nothing.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/roster/roster_history.h"
#include "node/store/environment.h"

namespace cunju::replica {

/// Version of everything derived from the logs; another one in the store means drop and rebuild.
inline constexpr std::uint32_t kViewVersion = 14;
/// Version of what is not derived; a newer one in the store is refused.
inline constexpr std::uint32_t kStoreVersion = 3;

struct Tables {
  store::Table meta, spaces, joining, logs, log, ids, changes, roster, graph, views, record_keys,
      records, conflicts, waiting, held, pool, pool_ids, pool_wait, forks, late, claims, told,
      witnessed, seen, covers, scoped, wraps, unopened, epoch_keys, head_sums, erasures, fates,
      gaps, doomed, doomed_attachments, lacked, narrowed, shared, sharers, peer_sums, recent, met,
      counted;

  static std::vector<std::string> names();
  static Result<Tables> of(const store::Environment& data);
};

/// Builds a key from fixed-width pieces.
class Key {
 public:
  Key() { bytes_.reserve(kUsualBytes); }
  Key& u16(std::uint16_t value);
  Key& u32(std::uint32_t value);
  Key& u64(std::uint64_t value);
  Key& bytes(ByteView value);
  operator ByteView() const { return bytes_; }
  ByteView view() const { return bytes_; }

 private:
  static constexpr std::size_t kUsualBytes = 64;  // All keys but those with a registry's name.
  Bytes bytes_;
};

struct RecordKey {
  std::uint32_t space_no = 0;
  RecordId record;
  Scope scope;
  friend auto operator<=>(const RecordKey&, const RecordKey&) = default;
  Key key() const;
};

/// One branch of an author's log. An honest log is one branch from 0 on.
struct BranchRow {
  std::uint32_t number = 0;
  std::uint64_t from_seq = 0;  ///< Where its own changes begin; those before are another branch's.
  std::uint64_t next_seq = 0;
  ChangeId head;
  std::uint64_t pins_ordinal = 0;  ///< Ordinal of the change whose pins are in force at the head.
  std::uint64_t log_bytes = 0;     ///< Encoded bytes of its own changes.
  std::uint64_t roster_after = 0;  ///< Ordinal of the last roster change on its path, and 1.
  ChangeId first;                  ///< Zero for the branch that came first.
  ChangeId parent;                 ///< `first` of the branch that it leaves.

  Bytes encode() const;
  static std::optional<BranchRow> decode(ByteView bytes);
};

/// One change's place in its author's log.
struct LogRow {
  std::uint64_t ordinal = 0;
  std::uint64_t log_bytes = 0;  ///< Encoded bytes of its branch up to and with this change.

  Bytes encode() const;
  static std::optional<LogRow> decode(ByteView bytes);
};

/// Where an admitted change is.
struct IdRow {
  std::uint64_t ordinal = 0;
  std::uint32_t space_no = 0;
  std::uint64_t pins_ordinal = 0;

  Bytes encode() const;
  static std::optional<IdRow> decode(ByteView bytes);
};

/// What is known of a roster change besides itself. Fixed when the change is admitted, as a
/// function of its ancestors.
struct RosterRow {
  std::uint64_t own_after =
      0;  ///< Ordinal of its author's roster change before it, and 1; 0: none.
  WitnessedLogs witnessed;

  Bytes encode() const;
  static std::optional<RosterRow> decode(ByteView bytes);
  /// `own_after` of a row as any program has written it.
  static std::optional<std::uint64_t> decode_own_after(ByteView bytes);
};

/// One part of a confidential scope, and whether this home could open it when it was placed.
struct ScopedRow {
  enum class State : std::uint8_t { kSealed = 0, kOpened = 1, kUnreadable = 2, kAbsent = 3 };
  State state = State::kSealed;
  std::array<std::uint8_t, 4> hint{};  ///< Of its envelope; zeros when it has none.

  Bytes encode() const;
  static std::optional<ScopedRow> decode(ByteView bytes);
};

Bytes encode_u64(std::uint64_t value);
Bytes marker();
/// The registry's part of the index keys. `registry_hash`: from ValueSealer::hash_name.
Key registry_prefix(std::uint32_t space_no, const Hash& registry_hash);
inline constexpr std::size_t kRegistryPrefixBytes = 4 + 16;

}  // namespace cunju::replica
