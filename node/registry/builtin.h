// SPDX-License-Identifier: Apache-2.0
//
// The registries that every space has from its first day: minutes, votes, mediation, rental
// (premises) and tenancy. They are files below definitions/, embedded when the program is built,
// in the same format that a chair uses for a registry of their own; nothing else in this folder
// knows them by name.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "node/registry/definition.h"

namespace cunju::registry {

struct EmbeddedDefinition {
  std::string_view id;    ///< Name of the file without its ending.
  std::string_view toml;  ///< Lives as long as the program.
};

/// The embedded files, in the order of the product's menus.
std::span<const EmbeddedDefinition> embedded_definitions();

/// All of them parsed, once in each program. A file that does not parse ends the program: it is
/// part of it.
std::vector<Definition> builtin_definitions();

}  // namespace cunju::registry
