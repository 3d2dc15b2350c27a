// SPDX-License-Identifier: Apache-2.0
//
// Who approves of an erasure, and whether that is more than one person as far as can be told. The
// law counts members; an officer can enter one, and one computer can hold two members' keys. So
// whoever looks at an act is told by whom it was approved without a computer of their own, and on
// the computer itself that its keys are several approvers'.
#pragma once

#include <boost/json/object.hpp>
#include <vector>

#include "cli/known_erasures.h"

namespace cunju::cli {

/// Who approves of all acts that are not taken back.
std::vector<MemberId> approvers_of(const ErasureActs& acts);

/// Says how many of so many have approved, and who; and for programs the same.
void show_approvers(const Invocation& call, node::Node& node, const Roster& roster,
                    const std::vector<MemberId>& members, std::size_t needed,
                    boost::json::object& out);

/// Before `member` approves as well: says whose other approval came from a key of this computer.
void say_shared_computer(const Invocation& call, node::Node& node, const Roster& roster,
                         const std::vector<MemberId>& approvers, const MemberId& member);

}  // namespace cunju::cli
