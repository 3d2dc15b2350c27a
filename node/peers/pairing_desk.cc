// SPDX-License-Identifier: Apache-2.0
//
// What is said in a pairing channel. What persons decide is in pairing_decisions.cc.
#include "node/peers/pairing_desk.h"

#include <algorithm>
#include <utility>

#include "node/council/entry_act.h"

namespace cunju::peers {
namespace {

using Side = InvitationBook::Side;
using wire::PairStatus;
using wire::PairVerdict;

PairStatus status_of(PairStage stage) {
  switch (stage) {
    case PairStage::kMistaken:
      return PairStatus::kMistaken;
    case PairStage::kUsedUp:
      return PairStatus::kUsedUp;
    case PairStage::kCancelled:
      return PairStatus::kCancelled;
    case PairStage::kOpen:
    case PairStage::kWaiting:
    case PairStage::kConfirmed:
      break;
  }
  return PairStatus::kRefused;
}

PairStage stage_of(PairStatus status) {
  if (status == PairStatus::kMistaken) return PairStage::kMistaken;
  if (status == PairStatus::kCancelled) return PairStage::kCancelled;
  return PairStage::kUsedUp;
}

PairStep::Kind kind_of(PairStatus status) {
  switch (status) {
    case PairStatus::kAdmitted:
      return PairStep::Kind::kAdmitted;
    case PairStatus::kWaiting:
      return PairStep::Kind::kNewWords;
    case PairStatus::kStillWaiting:
      return PairStep::Kind::kStillWaiting;
    case PairStatus::kRefused:
    case PairStatus::kMistaken:
    case PairStatus::kUsedUp:
    case PairStatus::kCancelled:
      break;
  }
  return PairStep::Kind::kOver;
}

PairVerdict verdict_of(PairStage stage) {
  if (stage == PairStage::kConfirmed) return PairVerdict::kSame;
  return stage == PairStage::kMistaken ? PairVerdict::kDifferent : PairVerdict::kNone;
}

/// Keys alone: what it says beside them changes from one conversation to the next.
bool is_same_device(ByteView waiting, const wire::PairRequest& request) {
  Result<wire::PairRequest> asked = wire::decode_pair_request(waiting);
  return asked.has_value() && asked.value().author == request.author &&
         asked.value().node == request.node && asked.value().wire == request.wire;
}

/// For whom this computer signs its entries: in a space where its key was before, for whom the key
/// belongs to.
MemberId own_member(replica::Replica& replica, const Invitation& invitation,
                    const AuthorKey& author) {
  const Result<std::shared_ptr<const Roster>> roster = replica.roster(invitation.space);
  if (roster.has_error()) return invitation.member;
  return council::entering_member(*roster.value(), author, invitation.member);
}

}  // namespace

std::optional<wire::PairingSecret> PairingDesk::find_secret(const wire::InvitationId& id) {
  Result<std::optional<Invitation>> found =
      context_.invitations.find(Side::kGiven, id, context_.keys.storage);
  if (found.has_error() || !found.value() || !found.value()->one_time_key) return std::nullopt;
  return wire::PairingSecret{.psk = found.value()->psk.clone(),
                             .key = crypto::DhKey::from_secret(*found.value()->one_time_key)};
}

std::optional<Invitation> PairingDesk::choose(const wire::Greeting& greeting,
                                              const std::set<wire::InvitationId>& passed_over) {
  Result<std::vector<Invitation>> taken =
      context_.invitations.all(Side::kTaken, context_.keys.storage);
  if (taken.has_error()) return std::nullopt;
  for (Invitation& invitation : taken.value()) {
    const PairState& state = invitation.state;
    // Also while the person here has not compared the words: whether they are still worth comparing
    // is heard before anybody says yes to them.
    const bool has_to_speak =
        !is_over(state.stage) || (state.stage == PairStage::kMistaken && !state.is_told);
    if (has_to_speak && !passed_over.contains(invitation.id) &&
        greeting.is_from(invitation.inviter_wire))
      return std::move(invitation);
  }
  return std::nullopt;
}

std::optional<Invitation> PairingDesk::find_taken(const wire::Greeting& greeting) {
  Result<std::vector<Invitation>> taken =
      context_.invitations.all(Side::kTaken, context_.keys.storage);
  if (taken.has_error()) return std::nullopt;
  std::optional<Invitation> out;
  for (Invitation& invitation : taken.value())
    if (greeting.is_from(invitation.inviter_wire)) out = std::move(invitation);
  return out;
}

std::map<wire::InvitationId, PairVerdict> PairingDesk::untold_verdicts() {
  std::map<wire::InvitationId, PairVerdict> out;
  const Result<std::vector<Invitation>> taken =
      context_.invitations.all(Side::kTaken, context_.keys.storage);
  if (taken.has_error()) return out;
  for (const Invitation& invitation : taken.value()) {
    const PairState& state = invitation.state;
    const bool is_told =
        state.is_told || (is_over(state.stage) && state.stage != PairStage::kMistaken);
    if (!is_told) out.emplace(invitation.id, verdict_of(state.stage));
  }
  return out;
}

Result<Bytes> PairingDesk::make_offer(PairTalk& talk) {
  talk.nonce = context_.random.make<wire::PairNonce>();
  return wire::encode_pair_offer(wire::make_pair_offer(talk.nonce));
}

Result<PairStep> PairingDesk::on_message(PairTalk& talk, ByteView handshake_hash,
                                         ByteView message) {
  if (talk.is_inviter) return on_request(talk, handshake_hash, message);
  return talk.commitment ? on_reply(talk, handshake_hash, message)
                         : on_offer(talk, handshake_hash, message);
}

// --- the joining side ----------------------------------------------------------------------------

Result<PairStep> PairingDesk::on_offer(PairTalk& talk, ByteView handshake_hash, ByteView message) {
  CUNJU_TRY(wire::PairOffer offer, wire::decode_pair_offer(message));
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(Side::kTaken, talk.invitation, context_.keys.storage));
  if (!invitation) return fail(Errc::kNotFound, "the invitation");
  talk.commitment = offer.commitment;
  const WireKey own_wire = context_.keys.wire.wire();
  wire::PairRequest request =
      wire::sign_pair_request(context_.keys.node, context_.keys.author, handshake_hash, own_wire,
                              {invitation->space, invitation->member},
                              {.name = context_.keys.clerk,
                               .nonce = context_.random.make<wire::PairNonce>(),
                               .verdict = verdict_of(invitation->state.stage),
                               .earlier = invitation->state.transcript});
  const MemberId member = own_member(context_.replica, *invitation, context_.keys.author.author());
  request.entry = sign_node_entry(context_.keys.node, invitation->space, own_wire, member);
  request.device_entry = device_entry(context_.keys.author, invitation->space, member).signature;
  PairStep out;
  out.is_last = false;
  CUNJU_TRY(out.answer, wire::encode_pair_request(request));
  talk.asked = std::move(request);
  return out;
}

Result<PairStep> PairingDesk::on_reply(PairTalk& talk, ByteView handshake_hash, ByteView message) {
  CUNJU_TRY(wire::PairReply reply, wire::decode_pair_reply(message));
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(Side::kTaken, talk.invitation, context_.keys.storage));
  if (!invitation || !talk.asked) return fail(Errc::kNotFound, "the invitation");
  const PairState& state = invitation->state;
  const bool is_same_node = state.stage == PairStage::kOpen || reply.node == state.inviter_node;
  if (!wire::verify_pair_reply(reply, handshake_hash) || reply.wire != invitation->inviter_wire ||
      reply.space != invitation->space || !is_same_node)
    return fail(Errc::kBadSignature, "the answer is not from the node that invited");
  // Whoever could choose the nonce now would choose the words.
  if (wire::make_pair_offer(reply.nonce).commitment != *talk.commitment)
    return fail(Errc::kBadSignature, "the inviting node changed what its words are made of");
  const wire::PairPlace place{invitation->space, invitation->member};
  PairStep step;
  step.kind = kind_of(reply.status);
  step.space = invitation->space;
  step.name = invitation->space_name;
  step.role = invitation->role;
  step.stage = state.stage;
  // Let in already, and nobody here has compared the words: they stand, and are to be compared.
  if (step.kind == PairStep::Kind::kAdmitted && state.stage == PairStage::kWaiting)
    step.kind = PairStep::Kind::kStillWaiting;
  const Hash transcript = wire::pair_transcript(handshake_hash, place, *talk.asked, reply);
  CUNJU_TRYV(take_answer(*invitation, reply, transcript, step));
  return step;
}

Result<void> PairingDesk::take_admission(const Invitation& invitation) {
  if (invitation.state.stage == PairStage::kMistaken) {
    CUNJU_TRYV(context_.invitations.update(Side::kTaken, invitation.id, context_.keys.storage,
                                           context_.random, [](PairState& state) {
                                             state.is_told = true;
                                             return ok();
                                           }));
  }
  // A computer that nobody has taken out needs no invitation: there is nothing to agree to.
  const Result<std::shared_ptr<const Roster>> known = context_.replica.roster(invitation.space);
  if (invitation.state.stage == PairStage::kOpen && known.has_value() &&
      council::is_entered(*known.value(), context_.keys.author.author(), context_.keys.wire.wire()))
    return context_.invitations.erase(Side::kTaken, invitation.id);
  // Who compared no words has not agreed to anything, whatever the other side did.
  if (invitation.state.stage != PairStage::kConfirmed)
    return fail(Errc::kConflict,
                "the inviting side let this computer in before the words were compared here");
  CUNJU_TRYV(context_.replica.join(invitation.space, invitation.inviter_wire));
  return context_.invitations.erase(Side::kTaken, invitation.id);
}

Result<void> PairingDesk::take_answer(const Invitation& invitation, const wire::PairReply& reply,
                                      const Hash& transcript, PairStep& step) {
  const auto edit = [&](const std::function<Result<void>(PairState&)>& change) {
    return context_.invitations.update(Side::kTaken, invitation.id, context_.keys.storage,
                                       context_.random, change);
  };
  switch (step.kind) {
    case PairStep::Kind::kAdmitted:
      return take_admission(invitation);
    case PairStep::Kind::kNewWords:
      step.words = pairing_words(transcript);
      return edit([&](PairState& state) -> Result<void> {
        // Each conversation is a chance to guess the words, for whoever is in between.
        if (state.attempts >= kMaxPairAttempts) {
          state.stage = step.stage = PairStage::kUsedUp;
          step.kind = PairStep::Kind::kOver;
          step.words.reset();
          return ok();
        }
        ++state.attempts;
        state.stage = step.stage = PairStage::kWaiting;
        state.transcript = transcript;
        state.inviter_node = reply.node;
        return ok();
      });
    case PairStep::Kind::kStillWaiting:
      if (invitation.state.stage == PairStage::kOpen)
        return fail(Errc::kProtocol, "there are no words from before");
      step.words = pairing_words(invitation.state.transcript);
      return ok();
    case PairStep::Kind::kOver:
      step.stage = stage_of(reply.status);
      return edit([&](PairState& state) {
        state.stage = step.stage;
        state.is_told = true;
        return ok();
      });
    case PairStep::Kind::kAsked:
    case PairStep::Kind::kRival:
    case PairStep::Kind::kRegretted:
      break;
  }
  return fail(Errc::kProtocol, "not an answer");
}

// --- the inviting side ---------------------------------------------------------------------------

Result<PairStep> PairingDesk::on_request(PairTalk& talk, ByteView handshake_hash,
                                         ByteView message) {
  CUNJU_TRY(wire::PairRequest request, wire::decode_pair_request(message));
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(Side::kGiven, talk.invitation, context_.keys.storage));
  if (!invitation) return fail(Errc::kNotFound, "the invitation");
  const wire::PairPlace place{invitation->space, invitation->member};
  if (!wire::verify_pair_request(request, handshake_hash, place))
    return fail(Errc::kBadSignature, "pairing request");
  wire::PairReply reply =
      wire::sign_pair_reply(context_.keys.node, handshake_hash, context_.keys.wire.wire(),
                            invitation->space, PairStatus::kRefused, talk.nonce);
  const Hash transcript = wire::pair_transcript(handshake_hash, place, request, reply);
  const std::uint16_t rivals = invitation->state.rivals;
  // The channel protects the status; the signature does not cover it.
  CUNJU_TRY(reply.status, judge(*invitation, request, transcript));
  CUNJU_TRY(invitation,
            context_.invitations.find(Side::kGiven, talk.invitation, context_.keys.storage));
  PairStep step;
  step.kind = kind_of(reply.status);
  step.space = invitation->space;
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, context_.replica.roster(invitation->space));
  step.name =
      council::entering_name(*roster, request.author, invitation->member_name, request.name);
  step.role = invitation->role;
  step.stage = invitation->state.stage;
  if (invitation->state.rivals != rivals) step.kind = PairStep::Kind::kRival;
  if (reply.status == PairStatus::kAdmitted && request.verdict == PairVerdict::kDifferent)
    step.kind = PairStep::Kind::kRegretted;
  // Its person has not compared the words yet, so it has not come in.
  if (reply.status == PairStatus::kAdmitted && request.verdict == PairVerdict::kNone)
    step.kind = PairStep::Kind::kAsked;
  if (step.kind == PairStep::Kind::kNewWords || step.kind == PairStep::Kind::kStillWaiting)
    step.words = pairing_words(invitation->state.transcript);
  CUNJU_TRY(step.answer, wire::encode_pair_reply(reply));
  return step;
}

Result<PairStatus> PairingDesk::judge(const Invitation& invitation,
                                      const wire::PairRequest& request, const Hash& transcript) {
  Result<bool> admitted = is_admitted(invitation, request.author);
  if (admitted.has_error()) return PairStatus::kRefused;
  if (admitted.value()) return PairStatus::kAdmitted;
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, context_.replica.roster(invitation.space));
  if (council::is_entered(*roster, request.author, request.wire)) return PairStatus::kAdmitted;
  CUNJU_TRY(const Bytes encoded, wire::encode_pair_request(request));
  PairStatus out = PairStatus::kRefused;
  CUNJU_TRYV(context_.invitations.update(
      Side::kGiven, invitation.id, context_.keys.storage, context_.random,
      [&](PairState& state) -> Result<void> {
        out = status_of(state.stage);
        // Of one that is confirmed another process is writing the admission down just now.
        if (is_over(state.stage) || state.stage == PairStage::kConfirmed) return ok();
        if (request.verdict == PairVerdict::kDifferent) {
          state.stage = PairStage::kMistaken;
          out = PairStatus::kMistaken;
          return ok();
        }
        const bool is_waiting = state.stage == PairStage::kWaiting;
        if (is_waiting && !is_same_device(state.request, request)) {
          if (state.rivals < UINT16_MAX) ++state.rivals;
          return ok();
        }
        if (is_waiting && request.earlier == state.transcript) {
          state.is_peer_sure = request.verdict == PairVerdict::kSame;
          out = PairStatus::kStillWaiting;
          return ok();
        }
        if (state.attempts >= kMaxPairAttempts) {
          state.stage = PairStage::kUsedUp;
          out = PairStatus::kUsedUp;
          return ok();
        }
        ++state.attempts;
        state.stage = PairStage::kWaiting;
        state.request = encoded;
        state.transcript = transcript;
        state.is_peer_sure = false;
        out = PairStatus::kWaiting;
        return ok();
      }));
  return out;
}

}  // namespace cunju::peers
