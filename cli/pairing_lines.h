// SPDX-License-Identifier: Apache-2.0
//
// How pairing is worded, in the verbs that show it: its words, what to do with them, how far an
// invitation has come.
#pragma once

#include <boost/json/object.hpp>
#include <optional>

#include "cli/verb.h"
#include "node/council/entry_act.h"
#include "node/peers/invitation.h"
#include "node/peers/peer_event.h"

namespace cunju::cli {

/// What happened and what to do next, as lines.
void show_pairing_news(Terminal& terminal, const peers::PairingNews& news,
                       const std::string& address = {});
/// `invitation` `side` `name` `role` `kind` `stage` `words` `pinyin`.
boost::json::object pairing_object(const peers::PairingNews& news);
/// The words of an invitation that somebody is to compare; empty: none wait.
std::optional<peers::PairingNews> waiting_words(const peers::Invitation& invitation,
                                                peers::InvitationBook::Side side);
/// One invitation of the book, as a line and an object. `returning`: of one that waits, whose
/// computer asks to come back.
void show_invitation(Terminal& terminal, const peers::Invitation& invitation,
                     peers::InvitationBook::Side side,
                     const std::optional<council::Returning>& returning = std::nullopt);
/// Whose computer asks to come back by an invitation that waits for its words; nothing: it is new.
Result<std::optional<council::Returning>> find_returning(node::Node& node,
                                                         const peers::Invitation& invitation);
/// In a sentence: whose it is, and by whom and when it was taken out.
Label returning_text(const council::Returning& returning);
/// "12ab34cd": how people name an invitation.
std::string invitation_name(const wire::InvitationId& id);
/// The invitation whose id begins as the second argument. Errors: kInvalidArgument, kNotFound.
Result<wire::InvitationId> find_invitation(const Invocation& call, node::Node& node,
                                           peers::InvitationBook::Side side);
/// What a typed confirmation says. Errors: kInvalidArgument, explained.
Result<peers::PairingWords> words_argument(const Invocation& call, std::size_t first);
/// Says that the words were wrong and what that means now.
Error wrong_words(const Invocation& call, const Error& error);

}  // namespace cunju::cli
