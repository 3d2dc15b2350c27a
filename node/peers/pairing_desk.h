// SPDX-License-Identifier: Apache-2.0
//
// Both sides of pairing (docs/protocol.md#pairing): what is said in a pairing channel, and what the
// two persons decide about the words afterwards. What a conversation came to is in the book of
// invitations before it is answered, so a crash at any step leaves it as it was or as it was said,
// and nobody is in a roster before a person has compared the words. No I/O of its own; single
// thread, and several processes may use one home.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "net/transport/link.h"
#include "net/wire/pairing.h"
#include "node/keys/keystore.h"
#include "node/peers/invitation.h"
#include "node/peers/pairing_words.h"
#include "node/replica/replica.h"

namespace cunju::peers {

struct PairingContext {
  replica::Replica& replica;
  const keys::UnlockedKeys& keys;
  InvitationBook& invitations;
  crypto::RandomSource& random;
  std::function<std::uint64_t()> claimed_ms;
};

/// One pairing channel's state.
struct PairTalk {
  wire::InvitationId invitation;
  bool is_inviter = false;
  wire::PairNonce nonce;                   ///< Inviting: shown in the reply.
  std::optional<Hash> commitment;          ///< Joining: of the offer.
  std::optional<wire::PairRequest> asked;  ///< Joining: as sent.
};

/// What a message came to.
struct PairStep {
  enum class Kind : std::uint8_t {
    kAsked,     ///< Joining: the request is under way. Given: it is in the roster, and its person
                ///< has not compared the words. Nothing to tell.
    kNewWords,  ///< Words to compare; given and taken.
    kStillWaiting,  ///< The words from before stand.
    kAdmitted,      ///< The device is in the roster.
    kOver,          ///< Nobody is let in by this invitation; `stage` says why.
    kRival,         ///< Given: another device asked while one was waiting.
    kRegretted,     ///< Given: the device was let in, and its person says that the words differ.
  };
  Kind kind = Kind::kAsked;
  Bytes answer;  ///< To be sent; may be empty.
  SpaceId space;
  std::string name;  ///< Given: what the new device calls its person. Taken: the space's name.
  std::string role;
  std::optional<PairingWords> words;
  PairStage stage = PairStage::kOpen;
  bool is_last = true;  ///< The channel closes after the answer.
};

class PairingDesk {
 public:
  explicit PairingDesk(PairingContext context) : context_(std::move(context)) {}

  // --- in a channel ---
  /// An invitation that was given, also one that is over: who asks with it hears that.
  std::optional<wire::PairingSecret> find_secret(const wire::InvitationId& id);
  /// A taken invitation of the node that greets, if there is something to ask, hear or tell; none
  /// of `passed_over`.
  std::optional<Invitation> choose(const wire::Greeting& greeting,
                                   const std::set<wire::InvitationId>& passed_over);
  /// The one taken last of the node that greets, also if it is over.
  std::optional<Invitation> find_taken(const wire::Greeting& greeting);
  /// What the persons here have said of invitations that they have taken and the other side has not
  /// heard yet.
  std::map<wire::InvitationId, wire::PairVerdict> untold_verdicts();
  /// The inviting node's first message. Errors: none but of the codec.
  Result<Bytes> make_offer(PairTalk& talk);
  /// An error ends the channel. What it decided is saved when it returns.
  Result<PairStep> on_message(PairTalk& talk, ByteView handshake_hash, ByteView message);
  /// The peer came with its own key, so it knows that it was admitted.
  void forget_used(const WireKey& peer);

  // --- what persons decide ---
  /// The inviting person says that these words are the same: admits the device that shows them.
  /// Returns the invitation. Errors: kNotFound (nothing waits), kConflict (no waiting device shows
  /// these words; counted, and over at kMaxWrongWords), those of append_roster.
  Result<Invitation> confirm_given(const PairingWords& words);
  Result<Invitation> confirm_taken(const PairingWords& words);
  /// Takes an invitation back, or says that its words differ. `stage`: kCancelled or kMistaken.
  /// Errors: kNotFound, kExists (its device is in the roster already).
  Result<void> end_given(const wire::InvitationId& id, PairStage stage);
  /// The joining person says that the words differ. The other side hears it at the next call.
  Result<void> refuse_taken(const wire::InvitationId& id);

 private:
  Result<PairStep> on_request(PairTalk& talk, ByteView handshake_hash, ByteView message);
  Result<PairStep> on_offer(PairTalk& talk, ByteView handshake_hash, ByteView message);
  Result<PairStep> on_reply(PairTalk& talk, ByteView handshake_hash, ByteView message);
  /// Decides about a verified request and saves it; the status to answer with.
  Result<wire::PairStatus> judge(const Invitation& invitation, const wire::PairRequest& request,
                                 const Hash& transcript);
  Result<void> take_admission(const Invitation& invitation);
  Result<void> take_answer(const Invitation& invitation, const wire::PairReply& reply,
                           const Hash& transcript, PairStep& step);
  /// Whether the roster has the device; kPermission when the invitation's member is somebody else's
  /// or was removed.
  Result<bool> is_admitted(const Invitation& invitation, const AuthorKey& author);
  Result<void> admit(const Invitation& invitation, const wire::PairRequest& request);
  Result<Invitation> confirm(InvitationBook::Side side, const PairingWords& words);

  PairingContext context_;
};

}  // namespace cunju::peers
