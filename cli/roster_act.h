// SPDX-License-Identifier: Apache-2.0
//
// Carries out an act on the roster in two steps: says what it will do and who may do it, and does
// it when --yes was given. What nobody could undo is refused in either.
#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "cli/act_report.h"

namespace cunju::cli {

inline const Option kYesOption{
    "--yes", "", {"已看过说明，确认办理", "I have read what it will do: do it"}};

/// What every act on the roster opens first.
struct OpenRoster {
  std::unique_ptr<node::Node> node;
  SpaceId space;
  std::shared_ptr<const Roster> roster;

  AuthorKey acting() const { return node->unlocked().author.author(); }
};
/// The one space to write to, with the roster as it stands. Errors in words.
Result<OpenRoster> open_roster(Invocation& call);
/// Calls `show` for each of the chosen spaces whose roster is here.
Result<ExitCode> show_rosters(
    Invocation& call,
    const std::function<Result<void>(node::Node&, const SpaceId&, const Roster&)>& show);

/// Signs it when --yes was given, and says whether it did; the change that it is now. `outlook`: as
/// check_act() has it.
Result<std::optional<ChangeId>> sign_if_confirmed(Invocation& call, node::Node& node,
                                                  const SpaceId& space,
                                                  const council::RosterAct& act,
                                                  const council::ActOutlook& outlook);
/// The outlook for the unlocked clerk, said; refuses a lockout, and what leaves a branch that
/// stands, or content that nobody can read, or one member to decide alone on erasures that wait,
/// and under --yes whoever may not.
Result<council::ActOutlook> check_act(Invocation& call, node::Node& node, const SpaceId& space,
                                      const council::RosterAct& act,
                                      std::span<const council::ForkOutlook> forks);

/// The act with the epochs of confidential scopes that it has to open, which are said, with who may
/// read them then, and given to programs as `scopes[]` and `readers[]`.
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
