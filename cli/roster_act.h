// SPDX-License-Identifier: Apache-2.0
//
// Carries out an act on the roster in two steps: says what it will do and who may do it, and does
// it when --yes was given. What nobody could undo is refused in either.
#pragma once

#include <optional>

#include "cli/act_report.h"

namespace cunju::cli {

inline const Option kYesOption{
    "--yes", "", {"已看过说明，确认办理", "I have read what it will do: do it"}};

/// Signs it when --yes was given, and says whether it did; the change that it is now.
Result<std::optional<ChangeId>> sign_if_confirmed(Invocation& call, node::Node& node,
                                                  const SpaceId& space,
                                                  const council::RosterAct& act);
/// The outlook for the unlocked clerk, said; refuses a lockout, and under --yes whoever may not.
Result<council::ActOutlook> check_act(Invocation& call, node::Node& node, const SpaceId& space,
                                      const council::RosterAct& act);

/// The act with the epochs of confidential scopes that it has to open, which are said, and given to
/// programs as `scopes[]`.
Result<council::RosterAct> with_epochs(Invocation& call, node::Node& node, const SpaceId& space,
                                       const council::RosterAct& act, boost::json::object& out);

/// `what`: the act in a sentence. Without --yes nothing is signed. `out`: what programs get
/// besides.
Result<ExitCode> carry_out(Invocation& call, node::Node& node, const SpaceId& space,
                           const council::RosterAct& act, const Label& what,
                           boost::json::object out = {});
/// Says that an act would change nothing, which is why it is not signed.
ExitCode say_unchanged(Invocation& call, const SpaceId& space, const Label& what);

}  // namespace cunju::cli
