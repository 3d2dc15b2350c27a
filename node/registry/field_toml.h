// SPDX-License-Identifier: Apache-2.0
//
// One [[field]] of a definition's TOML, with the checks that need no other field. Pure.
#pragma once

#include "crdt/base/result.h"
#include "node/registry/definition.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {

Result<FieldDefinition> parse_field_definition(const TomlNode& node);

}  // namespace cunju::registry
