// SPDX-License-Identifier: Apache-2.0
//
// Invitations into a space, and the book of those a node has given and taken, with how far each
// pairing has come (docs/formats/invitation.md). The book is in the `keys` environment, sealed
// under the storage key, because whoever holds an invitation's secret can ask to be let in.
//   text  := spelling (invitation_text.h) of: secret[16] | wire key[32] | space[32]
//            | space name, role, member name: each size u8 | UTF-8 | check[4]
//   check := first bytes of BLAKE2b-256("cunju invite 1" || all before)
//   id, pre-shared key, member := BLAKE2b-256(key: secret, label), the first 16, 32 and 16 bytes
// It says who may ask. Who is let in, two people decide by comparing words (pairing_words.h).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/channel.h"
#include "node/store/environment.h"

namespace cunju::peers {

/// Requests that may ask for words with one invitation; each is a chance to guess them.
inline constexpr std::uint16_t kMaxPairAttempts = 8;
/// Wrong words that a person may give on one side before the invitation is over.
inline constexpr std::uint16_t kMaxWrongWords = 3;
/// Invitations that a book keeps of one side; of those that are over the oldest goes first.
inline constexpr std::size_t kMaxBookInvitations = 256;

/// How far a pairing has come, as one side knows it. Numbers of the store: never reused.
enum class PairStage : std::uint8_t {
  kOpen = 0,       ///< Nobody has asked with it; taken: it has not asked yet.
  kWaiting = 1,    ///< There are words, and this side's person has not compared them.
  kConfirmed = 2,  ///< This side's person has. Given: the device is in the roster.
  kMistaken = 3,   ///< A person said that the words differ.
  kUsedUp = 4,     ///< Too many attempts, or used by another device.
  kCancelled = 5,  ///< Taken back.
};
/// Nobody is let in by it any more.
bool is_over(PairStage stage);

struct PairState {
  PairStage stage = PairStage::kOpen;
  std::uint16_t attempts = 0;     ///< Requests that got words.
  std::uint16_t wrong_words = 0;  ///< Given by this side's person.
  std::uint16_t rivals = 0;       ///< Requests of other devices while one was waiting.
  Hash transcript;                ///< Of the conversation whose words are shown.
  Bytes request;                  ///< Given: the waiting device's request, encoded.
  NodeKey inviter_node;           ///< Taken: who answered.
  bool is_peer_sure = false;      ///< Given: the other person has said that the words are the same.
  bool is_told = false;           ///< Taken and mistaken: the inviting node knows.

  bool operator==(const PairState&) const = default;
};

struct Invitation {
  crypto::Secret<16> secret;
  wire::InvitationId id;   ///< From the secret, as the next two.
  crypto::Secret<32> psk;  ///< Of Noise XXpsk3.
  MemberId member;         ///< Of the new member.
  SpaceId space;
  std::string space_name;
  std::string role;
  std::string member_name;  ///< How the inviter calls the new member; may be empty.
  WireKey inviter_wire;
  std::optional<crypto::Secret<32>> one_time_key;  ///< Only in the inviter's book.
  std::uint64_t made_ms = 0;                       ///< Given or taken, by this machine's clock.
  PairState state;

  /// With what follows from the secret; the rest is to be filled in.
  static Invitation of(crypto::Secret<16> secret);
  Invitation clone() const;
};

/// The bytes of the text, for spell_invitation. Names longer than kMaxNameBytes are CUNJU_CHECKed.
Bytes invitation_bytes(const Invitation& invitation);
std::string encode_invitation_text(const Invitation& invitation);
/// Errors: kLimit, kMalformed (mistyped or not complete).
Result<Invitation> parse_invitation_text(std::string_view text);

class InvitationBook {
 public:
  enum class Side : std::uint8_t { kGiven = 1, kTaken = 2 };
  static std::vector<std::string> table_names();
  static Result<std::unique_ptr<InvitationBook>> open(store::Environment& keys);

  /// Errors: kLimit when as many are open already.
  Result<void> put(Side side, const Invitation& invitation, const crypto::Secret<32>& storage,
                   crypto::RandomSource& random);
  Result<std::optional<Invitation>> find(Side side, const wire::InvitationId& id,
                                         const crypto::Secret<32>& storage);
  /// Oldest first.
  Result<std::vector<Invitation>> all(Side side, const crypto::Secret<32>& storage);
  /// `edit` sees the state as it is and changes it, in one transaction; an error of it changes
  /// nothing. It may run more than once. kNotFound without such an invitation.
  Result<void> update(Side side, const wire::InvitationId& id, const crypto::Secret<32>& storage,
                      crypto::RandomSource& random,
                      const std::function<Result<void>(PairState&)>& edit);
  Result<void> erase(Side side, const wire::InvitationId& id);

 private:
  InvitationBook(store::Environment& keys, store::Table table) : keys_(keys), table_(table) {}
  Result<void> make_room(Side side, const crypto::Secret<32>& storage);
  store::Environment& keys_;
  store::Table table_;
};

}  // namespace cunju::peers
