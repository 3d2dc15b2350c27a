// SPDX-License-Identifier: Apache-2.0
//
// What a node remembers of bundles: the receipts of other nodes, which letters went to them (so
// that it can be told which receipt is the newest), what was read of theirs, and bundles of which
// a further part is to be written; and what left it as files, exports among them. In the `keys`
// environment, sealed under the storage key.
//   key := kind u8 | ...                           value, sealed and bound to the key
//     1 receipt     | node[32] | space[32]         rank u64 | encode_receipt
//     2 letter      | node[32] | number u64, big endian  letter[16]
//     3 unfinished  | node[32]                     bundle[16] | next part u32 | spaces | annex
//                                                  annex := choice u8 | flags u8
//                                                           | [count u32 | space[32]*]
//                                                           | [done[32]]
//                                                           | [kind u8 | space[32] | key[32]
//                                                              | position u64]
//                                                  flags: 1 everything, 2 with the spaces it is of,
//                                                  4 with what is done in the annex
//     4 read        | node[32]                     letter[16]*, those read last
//     5 number                                     u64: of the newest own receipt
//     6 outgoing    | number u64, big endian       outgoing.h
// The rank of a receipt is the number of the newest letter that it answers, and 0 when it answers
// none that is remembered: only then it is known to have been made after that letter. Of two
// receipts the one with the higher (rank, number) counts. docs/formats/bundle.md says why this
// leaves nothing out for good. Not thread safe beyond what its environment is.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "net/bundle/annex.h"
#include "net/bundle/receipt.h"
#include "net/bundle/writer.h"
#include "node/attachments/carry_choice.h"
#include "node/peers/outgoing.h"
#include "node/store/environment.h"

namespace cunju::peers {

using attachments::CarryChoice;

/// What goes into the annex of a bundle.
struct AnnexChoice {
  CarryChoice attachments = CarryChoice::kSmall;
  bool everything = false;  ///< As if the recipient had receipted nothing.
};

/// A bundle that did not fit one stick: where its next part begins.
struct UnfinishedBundle {
  bundle::BundleId bundle;
  std::uint32_t next_part = 2;  ///< 1: no part was written.
  /// What it is of. None: of all that are shared, as older programs had it.
  std::set<SpaceId> spaces;
  bundle::KnownSpaces known;
  AnnexChoice choice;
  /// In the annex; nothing: at its beginning.
  std::optional<bundle::AnnexPlace> place;
  /// hash_of_tasks_before() the place, as it was planned. Something else there is not written yet.
  std::optional<Hash> done;
};

enum class Filing : std::uint8_t {
  kNew,    ///< It counts from now on.
  kSame,   ///< It is the one that counts already.
  kOlder,  ///< Another one is newer: nothing was changed.
};

class BundleBook {
 public:
  static std::vector<std::string> table_names();
  /// All three are borrowed.
  static Result<std::unique_ptr<BundleBook>> open(store::Environment& keys,
                                                  const crypto::Secret<32>& storage,
                                                  crypto::RandomSource& random);

  /// Before anybody can read it. Of each node the newest limits::kMaxRememberedLetters stay.
  Result<void> note_letter(const NodeKey& to, const bundle::LetterId& letter);
  /// Those that are remembered, whomever they went to.
  Result<std::vector<bundle::LetterId>> all_letters();
  /// `bytes`: what `receipt` was decoded from. Whose it may be, the caller has checked.
  Result<Filing> file_receipt(const bundle::Receipt& receipt, ByteView bytes);
  Result<std::optional<bundle::Receipt>> receipt(const NodeKey& node, const SpaceId& space);

  /// After those that were read before; the newest limits::kMaxReceiptAnswers stay.
  Result<void> note_read(const NodeKey& from, std::span<const bundle::LetterId> letters);
  Result<std::vector<bundle::LetterId>> letters_read(const NodeKey& from);
  /// One more than ever before.
  Result<std::uint64_t> next_receipt_number();

  Result<void> put_unfinished(const NodeKey& to, const UnfinishedBundle& unfinished);
  Result<void> erase_unfinished(const NodeKey& to);
  Result<std::optional<UnfinishedBundle>> unfinished(const NodeKey& to);
  Result<std::vector<NodeKey>> all_unfinished();

  /// Before anybody can read it. The newest limits::kMaxRememberedOutgoing stay.
  Result<void> note_outgoing(const Outgoing& outgoing);
  /// Oldest first.
  Result<std::vector<Outgoing>> outgoing();

 private:
  BundleBook(store::Environment& keys, store::Table table, const crypto::Secret<32>& storage,
             crypto::RandomSource& random)
      : keys_(keys), table_(table), storage_(storage), random_(random) {}
  Result<std::optional<Bytes>> get(const store::ReadTransaction& txn, ByteView key) const;
  Result<void> put(store::WriteTransaction& txn, ByteView key, ByteView plain);
  Result<std::uint64_t> rank_of(const store::ReadTransaction& txn,
                                const bundle::Receipt& receipt) const;

  store::Environment& keys_;
  store::Table table_;
  const crypto::Secret<32>& storage_;
  crypto::RandomSource& random_;
};

}  // namespace cunju::peers
