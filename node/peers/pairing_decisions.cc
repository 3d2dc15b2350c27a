// SPDX-License-Identifier: Apache-2.0
//
// The half of PairingDesk in which persons decide: who is let in, and what is over.
#include <algorithm>
#include <utility>

#include "node/council/entry_act.h"
#include "node/council/scope_acts.h"
#include "node/peers/pairing_desk.h"

namespace cunju::peers {
namespace {

using Side = InvitationBook::Side;

/// A node's place in a space, from the role that it was invited with.
Replication replication_of(std::string_view role) {
  return role == "auditor" ? Replication::kShell : Replication::kFull;
}

}  // namespace

Result<bool> PairingDesk::is_admitted(const Invitation& invitation, const AuthorKey& author) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, context_.replica.roster(invitation.space));
  auto member = roster->members.find(invitation.member);
  const bool is_member = member != roster->members.end();
  // Who was removed does not come back by the invitation it once came with.
  if (!is_member && roster->names.contains(invitation.member))
    return fail(Errc::kPermission, "the invitation has been used");
  // After a crash between admission and reply the same device may ask again; nobody else may.
  if (is_member && !member->second.devices.contains(author))
    return fail(Errc::kPermission, "the invitation has been used");
  return is_member;
}

Result<void> PairingDesk::admit(const Invitation& invitation, const wire::PairRequest& request) {
  CUNJU_TRY(const bool is_member, is_admitted(invitation, request.author));
  if (is_member) return ok();
  CUNJU_TRY(std::vector<RosterOperation> operations,
            council::plan_entry(context_.replica, invitation.space,
                                {.invited = invitation.member,
                                 .name = invitation.member_name,
                                 .own_name = request.name,
                                 .role = invitation.role,
                                 .replication = replication_of(invitation.role),
                                 .node = request.node,
                                 .wire = request.wire,
                                 .node_entry = request.entry,
                                 .author = request.author,
                                 .device_entry = request.device_entry}));
  // Everything is there already: it was let in and the note of it got lost.
  if (operations.empty()) return ok();
  CUNJU_TRYV(council::add_epochs(context_.replica, invitation.space, context_.keys.author.author(),
                                 context_.random, operations));
  CUNJU_TRYV(context_.replica.append_roster(invitation.space, context_.keys.author, operations,
                                            context_.claimed_ms()));
  return ok();
}

/// The waiting invitation whose words these are. When there is none, each that waits has been
/// answered wrongly: whoever typed the words meant one of them.
Result<Invitation> PairingDesk::confirm(Side side, const PairingWords& words) {
  CUNJU_TRY(std::vector<Invitation> all, context_.invitations.all(side, context_.keys.storage));
  std::erase_if(all, [](const Invitation& invitation) {
    return invitation.state.stage != PairStage::kWaiting;
  });
  if (all.empty()) return fail(Errc::kNotFound, "no pairing waits for its words");
  for (Invitation& invitation : all) {
    if (pairing_words(invitation.state.transcript) == words) return std::move(invitation);
  }
  for (const Invitation& invitation : all) {
    CUNJU_TRYV(context_.invitations.update(
        side, invitation.id, context_.keys.storage, context_.random, [](PairState& state) {
          if (state.stage == PairStage::kWaiting && ++state.wrong_words >= kMaxWrongWords)
            state.stage = PairStage::kMistaken;
          return ok();
        }));
  }
  return fail(Errc::kConflict, "the words are not those of this pairing");
}

Result<Invitation> PairingDesk::confirm_given(const PairingWords& words) {
  CUNJU_TRY(Invitation invitation, confirm(Side::kGiven, words));
  CUNJU_TRY(const wire::PairRequest request, wire::decode_pair_request(invitation.state.request));
  // The roster first: a crash between the two leaves an admitted device whose invitation still
  // waits, and the same words finish it.
  CUNJU_TRYV(admit(invitation, request));
  CUNJU_TRYV(context_.invitations.update(Side::kGiven, invitation.id, context_.keys.storage,
                                         context_.random, [](PairState& state) {
                                           state.stage = PairStage::kConfirmed;
                                           return ok();
                                         }));
  return invitation;
}

Result<Invitation> PairingDesk::confirm_taken(const PairingWords& words) {
  CUNJU_TRY(Invitation invitation, confirm(Side::kTaken, words));
  CUNJU_TRYV(context_.invitations.update(
      Side::kTaken, invitation.id, context_.keys.storage, context_.random,
      [&](PairState& state) -> Result<void> {
        // Another process may have come to other words meanwhile.
        if (state.stage != PairStage::kWaiting || state.transcript != invitation.state.transcript)
          return fail(Errc::kConflict, "the words are not those of this pairing");
        state.stage = PairStage::kConfirmed;
        return ok();
      }));
  return invitation;
}

Result<void> PairingDesk::end_given(const wire::InvitationId& id, PairStage stage) {
  CUNJU_TRY(std::optional<Invitation> invitation,
            context_.invitations.find(Side::kGiven, id, context_.keys.storage));
  if (!invitation) return fail(Errc::kNotFound, "the invitation");
  Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(invitation->space);
  if (invitation->state.stage == PairStage::kConfirmed ||
      (roster.has_value() && roster.value()->members.contains(invitation->member)))
    return fail(Errc::kExists, "the invited computer is in the roster already");
  return context_.invitations.update(Side::kGiven, id, context_.keys.storage, context_.random,
                                     [&](PairState& state) {
                                       if (!is_over(state.stage)) state.stage = stage;
                                       return ok();
                                     });
}

Result<void> PairingDesk::refuse_taken(const wire::InvitationId& id) {
  return context_.invitations.update(Side::kTaken, id, context_.keys.storage, context_.random,
                                     [](PairState& state) {
                                       if (!is_over(state.stage))
                                         state.stage = PairStage::kMistaken;
                                       return ok();
                                     });
}

void PairingDesk::forget_used(const WireKey& peer) {
  Result<std::vector<Invitation>> given =
      context_.invitations.all(Side::kGiven, context_.keys.storage);
  if (given.has_error()) return;
  for (const Invitation& invitation : given.value()) {
    Result<std::shared_ptr<const Roster>> roster = context_.replica.roster(invitation.space);
    if (roster.has_error()) continue;
    const AddNode* node = roster.value()->find_wire(peer);
    if (node == nullptr) continue;
    // Who came back did so as the member of before, whom the invitation does not name.
    const Result<wire::PairRequest> asked = wire::decode_pair_request(invitation.state.request);
    const bool came_back = invitation.state.stage == PairStage::kConfirmed && asked.has_value() &&
                           asked.value().wire == peer;
    if (node->member != invitation.member && !came_back) continue;
    // One that stays by mistake admits nobody: its member has a device already.
    (void)context_.invitations.erase(Side::kGiven, invitation.id);
  }
}

}  // namespace cunju::peers
