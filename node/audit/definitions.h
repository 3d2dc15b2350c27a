// SPDX-License-Identifier: Apache-2.0
//
// The definitions that an export was made with: their texts travel in it, so that its tables can be
// made again from the logs alone. A definition decides labels and the order of columns, nothing
// else. Values.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "crdt/base/ids.h"
#include "node/registry/definition.h"

namespace cunju::audit {

struct UsedDefinition {
  std::string toml;
  registry::Definition definition;
};

/// By registry.
using Definitions = std::map<std::string, UsedDefinition>;

/// The TOML text of a registry's definition in a space, when there is one.
using DefinitionLookup =
    std::function<std::optional<std::string>(const SpaceId&, std::string_view)>;

/// Empty when the text doesn't parse here or describes another registry: the registry's tables
/// then have field ids for labels.
std::optional<UsedDefinition> read_definition(std::string_view registry, std::string toml);

}  // namespace cunju::audit
