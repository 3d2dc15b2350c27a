// SPDX-License-Identifier: Apache-2.0
//
// What all requests for an erasure share: the grounds that have to be given, and what is said
// before one is filed and after; where a person stands in a record, and whom it concerns besides.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cli/session.h"
#include "cli/verb.h"
#include "crdt/roster/roster.h"
#include "node/council/erasure_acts.h"
#include "node/council/person_erasure.h"
#include "node/council/record_parties.h"

namespace cunju::cli {

/// From --reason, --basis, --asked-by; refused without the first two, or where one is too long.
Result<council::ErasureGrounds> read_grounds(const Invocation& call);
/// The same of who takes an erasure back, who needs no law for it: without --basis.
Result<council::ErasureGrounds> read_withdrawal(const Invocation& call);
/// Whether nothing is said: nothing, or spaces of whatever width.
bool is_blank(std::string_view text);
/// kInvalidArgument in words for a text of an act that is too long or no UTF-8.
Result<void> require_ground_texts(const Invocation& call, const council::ErasureGrounds& grounds);
/// "fields", "mention", "history", "text_history".
std::string_view place_id(council::PersonPlace place);
Label place_label(council::PersonPlace place);
/// The roles, and nothing of the persons; empty where there are none.
Label roles_label(const std::vector<council::OtherPerson>& others);

/// Why a record that proves what was done is left alone.
Error refuse_proof(const Invocation& call, const registry::RetentionVerdict& retention);

/// kConflict in words where so many parts of a record can't be read here, unless --readable-only
/// says that the others are meant alone: half a record would be called destroyed while whoever
/// reads the rest still has it.
Result<void> require_whole(Invocation& call, std::uint64_t unreadable);

/// Without --yes, or with --dry-run.
bool is_only_shown(const Invocation& call);

/// Says that content is not on this computer, and so can't be looked at or named. Errors: those of
/// the store.
Result<void> warn_of_lacking(const Invocation& call, node::Node& node, const SpaceId& space);

void say_consequences(const Invocation& call);
/// Says of what is restricted that nobody takes it back alone, unlike what is to go.
void say_how_undone(const Invocation& call, const Roster& roster);
void say_nothing_done(const Invocation& call);
/// `id`: the erasure's, in hexadecimal digits. Warns where fewer members can approve than have to.
void say_filed(const Invocation& call, const Roster& roster, const std::string& id);

}  // namespace cunju::cli
