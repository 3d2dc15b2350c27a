// SPDX-License-Identifier: Apache-2.0
//
// What a definition or an amendment does that nobody may do unawares, in whatever way it comes into
// force or goes: it is said first, and --yes does it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/record_lookup.h"
#include "cli/session.h"

namespace cunju::cli {

/// Of verbs that change records of every registry.
inline const Option kMeantOption{
    "--yes",
    "",
    {"只用于登记簿的定义（definition）：让保密字段换了范围，改短了保管期限，或有记录因此没有定义："
     "已看过说明，确认这样",
     "of a definition alone: it takes fields out of their confidential scope, keeps records for a "
     "shorter time, or leaves them without one: that is meant"}};
/// kInvalidArgument where --yes was given for anything else.
Result<void> require_definition_for_yes(const Invocation& call);

/// For `define`: what of the versions before is meant to be given up, as --yes says it; empty:
/// nothing is. What can't be entered at all passes here, and is refused as that. Errors: kConflict
/// in words.
Result<std::set<std::string>> require_meant(Invocation& call, node::Node& node,
                                            const SpaceId& space, std::string_view toml);

/// For `remove`, `set --restore` and `settle` of a definition: what the operation gives up of any
/// registry. `undone`: what was not done then. What the law does not allow passes here, and is
/// refused as that. Errors: kConflict in words.
Result<void> require_meant_act(Invocation& call, node::Node& node, const FoundRecord& found,
                               const Operation& operation, const Label& undone);

/// What definitions among changes of the late tray give up when these come into force.
struct LateDefinitions {
  std::vector<Label> texts;
  /// By the registry, what the texts are about and what is said to be meant (definition_law.h).
  std::map<std::string, std::set<std::string>> losses;
  std::map<std::string, std::set<std::string>> meant;
};
/// `leaves`: what goes into the tray by the same act.
Result<LateDefinitions> read_late_definitions(node::Node& node, const SpaceId& space,
                                              const std::set<ChangeId>& changes,
                                              const std::set<ChangeId>& leaves);
/// For acts on the roster. `otherwise`: how to have it otherwise. Errors: kConflict in words.
Result<void> require_meant_admission(Invocation& call, const LateDefinitions& late,
                                     const Label& otherwise);
/// The same as a warning, for whoever only looks.
void warn_of_definitions(const Invocation& call, const LateDefinitions& late);

/// The registry that a record of kDefinitionRegistry is for; empty: it says none.
std::string registry_of(const registry::RecordRow& definition);

/// What is out of order with the registry's definitions as they are now. Errors: those of
/// Catalog::load.
Result<void> say_definition(const Invocation& call, node::Node& node, const SpaceId& space,
                            const std::string& registry);

}  // namespace cunju::cli
