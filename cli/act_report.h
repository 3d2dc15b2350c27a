// SPDX-License-Identifier: Apache-2.0
//
// What a person sees of an act on the roster before it is signed, and again when it is: the devices
// it takes from and where each log is cut, what others have acknowledged of these, who may carry it
// out, and what would be lost. For people, and for programs.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/roster_words.h"
#include "cli/standing_report.h"
#include "node/council/roster_outlook.h"

namespace cunju::cli {

/// `is_done`: it is in force already, so nothing can be fetched before. `forks`: what the act does
/// to the forked logs among them, unless it is done.
Result<boost::json::array> show_devices(Invocation& call, node::Node& node, const SpaceId& space,
                                        const std::vector<council::CutDevice>& devices,
                                        std::span<const council::ForkOutlook> forks, bool is_done);
/// Who may carry it out, and whether whoever asks may.
void show_needs(Terminal& terminal, const Roster& roster, const council::ActOutlook& outlook);
/// What else to know: keys of the recovery quorum that it touches, people on both sides of the
/// supervision, and whether only the quorum can change the roster afterwards.
void show_notes(Terminal& terminal, const Roster& roster, const council::ActOutlook& outlook);
/// `may_act` `officers[]` `needs_quorum` `quorum_keys[]` `both_sides[]` `only_quorum_left`.
void add_outlook(const council::ActOutlook& outlook, boost::json::object& out);

/// Refuses what nobody could ever undo: kConflict, in words that name the way out.
Result<void> refuse_lockout(Invocation& call, const Roster& roster,
                            const council::ActOutlook& outlook);
/// Refuses whoever may not carry it out: kPermission with the names of those who may.
Result<void> refuse_unentitled(Invocation& call, const Roster& roster,
                               const council::ActOutlook& outlook);
/// In place of kPermission's words, when a cut lies below what a witness has acknowledged, or on
/// another branch.
void explain_cut(Invocation& call);

}  // namespace cunju::cli
