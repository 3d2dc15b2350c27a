// SPDX-License-Identifier: Apache-2.0
//
// Carries out an act on the roster in two steps: says what it will do, and does it when --yes was
// given. Acts that take something from people say which devices they touch and from where on.
#pragma once

#include <boost/json/array.hpp>
#include <optional>

#include "cli/session.h"
#include "node/council/roster_acts.h"

namespace cunju::cli {

inline const Option kYesOption{
    "--yes", "", {"已看过说明，确认办理", "I have read what it will do: do it"}};

/// Which devices it takes from, and from where on: for people, and for programs.
void show_devices(Invocation& call, const Roster& roster, const council::RosterAct& act);
boost::json::array devices_json(const council::RosterAct& act);
/// Signs it when --yes was given, and says whether it did; the change that it is now.
Result<std::optional<ChangeId>> sign_if_confirmed(Invocation& call, node::Node& node,
                                                  const SpaceId& space,
                                                  const council::RosterAct& act);

/// `what`: the act in a sentence. Without --yes nothing is signed.
Result<ExitCode> carry_out(Invocation& call, node::Node& node, const SpaceId& space,
                           const council::RosterAct& act, const Label& what);

std::string role_label(std::string_view id, Language language);
/// Errors: kInvalidArgument with the option's or argument's name.
Result<std::string> require_role(std::string_view role, std::string_view what);

}  // namespace cunju::cli
