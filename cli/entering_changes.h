// SPDX-License-Identifier: Apache-2.0
//
// What an act on the roster puts in force besides itself: changes of the late tray that it admits,
// or the branch of a forked log that stands by it. What these do that nobody may do unawares is
// said before the act is signed, in the same words whatever the act is: erasures that may destroy
// at once, or that somebody took back (--taken-back), and definitions that give something up
// (meant_definition.h). Acts of the roster among them, and what these bring about, are not asked
// about.
#pragma once

#include <boost/json/object.hpp>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cli/known_erasures.h"
#include "cli/meant_definition.h"
#include "cli/session.h"
#include "node/council/fork_outlook.h"

namespace cunju::cli {

inline const Option kTakenBackOption{"--taken-back",
                                     "",
                                     {"有人撤回过的删除也照样生效：撤回不算数，会销毁",
                                      "also what makes an erasure go that somebody took back"}};

/// The erasures of the space that the changes speak of, each with these.
struct LateErasures {
  std::optional<KnownErasures> known;  ///< Read only where there are some.
  std::map<RecordId, std::set<ChangeId>> named;
};
Result<LateErasures> read_late_erasures(node::Node& node, const SpaceId& space,
                                        const std::vector<replica::LatePart>& late,
                                        const std::set<ChangeId>& changes);

/// Changes of the late tray that come into force by an act, and others that go there.
struct EnteringChanges {
  std::set<ChangeId> enters, leaves;
};
/// What there is to ask about before they come into force.
struct EnteringOutlook {
  std::string taken_back;  ///< Erasures that were, in words; empty: none was.
  LateDefinitions definitions;
};
/// Shows each erasure that they speak of and what becomes of it. Programs get `erasures[]` of
/// `erasure` `admitting`, `gives_up[]`, and `definitions[]` of `registry` `gives_up[]`.
Result<EnteringOutlook> show_entering(Invocation& call, node::Node& node, const SpaceId& space,
                                      const EnteringChanges& changes, boost::json::object& out);

/// kConflict in words where an erasure was taken back, unless --taken-back says that it goes all
/// the same: who puts it in force unawares destroys what somebody gave back.
Result<void> require_taken_back(const Invocation& call, const EnteringOutlook& outlook);

/// The same of what comes into force by the branches that stand afterwards; nothing does: says
/// nothing.
Result<EnteringOutlook> show_branches_entering(Invocation& call, node::Node& node,
                                               const SpaceId& space,
                                               std::span<const council::ForkOutlook> forks,
                                               boost::json::object& out);
/// For these, as require_meant_admission().
Result<void> require_meant_branch(Invocation& call, const EnteringOutlook& outlook);

}  // namespace cunju::cli
