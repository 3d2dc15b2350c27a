// SPDX-License-Identifier: Apache-2.0
//
// What a definition, an amendment or taking one away does that nobody may do unawares: it is said
// first, and --yes does it.
#pragma once

#include <set>
#include <string>
#include <string_view>

#include "cli/record_lookup.h"
#include "cli/session.h"

namespace cunju::cli {

/// For `define`: what of the versions before is meant to be given up, as --yes says it; empty:
/// nothing is. What can't be entered at all passes here, and is refused as that. Errors: kConflict
/// in words.
Result<std::set<std::string>> require_meant(Invocation& call, node::Node& node,
                                            const SpaceId& space, std::string_view toml);

/// For `remove definition`. Errors: kConflict in words.
Result<void> require_meant_removal(Invocation& call, node::Node& node, const FoundRecord& found);

/// The registry that a record of kDefinitionRegistry is for; empty: it says none.
std::string registry_of(const registry::RecordRow& definition);

/// What is out of order with the registry's definitions as they are now, and where its records were
/// kept longer by `before`, of which no version's text or removal was asked. Errors: those of
/// Catalog::load.
Result<void> say_definition(const Invocation& call, node::Node& node, const SpaceId& space,
                            const std::string& registry, const registry::Catalog& before);

}  // namespace cunju::cli
