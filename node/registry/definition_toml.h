// SPDX-License-Identifier: Apache-2.0
//
// Reads a Definition from its TOML text (docs/definitions.md). Strict: unknown keys, unknown
// kinds, double ids, moves to states that do not exist and tags on persons are errors that name
// the line. Pure.
#pragma once

#include <string_view>

#include "crdt/base/result.h"
#include "node/registry/definition.h"

namespace cunju::registry {

/// The only format number there is so far; a file of a higher one is kUnsupported.
inline constexpr std::int64_t kDefinitionFormat = 1;

/// kLimit (file or a list too large), kUnsupported (a newer format, kind or type), kMalformed
/// (anything else); the context begins with the line number.
Result<Definition> parse_definition(std::string_view toml);

}  // namespace cunju::registry
