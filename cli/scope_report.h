// SPDX-License-Identifier: Apache-2.0
//
// Confidential registers in plain words: whom an act on the roster takes out of them, who can read
// them afterwards, and what nobody could read any more, with the way out.
#pragma once

#include <boost/json/array.hpp>

#include "cli/doctor_report.h"
#include "cli/session.h"
#include "node/council/scope_holders.h"
#include "node/registry/catalog.h"

namespace cunju::cli {

inline const Option kLeaveUnreadOption{
    "--leave-unread",
    "",
    {"知道有些保密内容从此没有人能看，仍要办理（对方的电脑已经没有了）",
     "do it although confidential content is left that nobody can read (the device is gone)"}};

/// The confidential registers and fields of a scope, as definitions call them, with its name.
Label scope_label(const registry::Catalog& catalog, const std::string& scope);

/// "调解员：新来的也给以前的", or that whoever comes gets what is sealed from then on.
Label reading_role_label(const council::ReadingRole& reading);
/// Says, where somebody is about to come in that role or just has, which confidential registers it
/// reads, and whether with what was before. For programs one object each.
Result<boost::json::array> say_what_role_reads(Invocation& call, node::Node& node,
                                               const SpaceId& space, const std::string& role);

/// Scopes that the roster knows, or a definition names.
std::set<std::string> known_scopes(const Roster& roster, const registry::Catalog& catalog);

/// Says of each scope that other members may read after the operations than before, or can, by the
/// computers that they have then, who leaves it, who comes, and who can read it then. For programs
/// one object each.
Result<boost::json::array> show_readers(Invocation& call, node::Node& node, const SpaceId& space,
                                        std::span<const RosterOperation> operations);

/// Refuses an act against the rule of scope_holders.h: kConflict, in words that say what to do
/// first. With kLeaveUnreadOption it is a warning.
Result<void> refuse_unread(Invocation& call, node::Node& node, const SpaceId& space,
                           std::span<const RosterOperation> operations);

/// Passes on keys that nobody else who may read has. What fails is done at the next exchange.
void pass_on_keys(Invocation& call, node::Node& node, const SpaceId& space);

/// What nobody who may read it has a key of, now: in words, and what to do.
struct UnreadScope {
  std::string scope;
  std::size_t epochs = 0;
  Label text, advice;
};
Result<std::vector<UnreadScope>> find_unread(const Invocation& call, node::Node& node,
                                             const SpaceId& space);
/// A line of `doctor` for each; none where there is nothing.
Result<void> check_unread_scopes(DoctorReport& doctor, const Invocation& call, node::Node& node,
                                 const SpaceId& space);

}  // namespace cunju::cli
