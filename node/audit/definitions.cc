// SPDX-License-Identifier: Apache-2.0
#include "node/audit/definitions.h"

#include "node/registry/definition_toml.h"

namespace cunju::audit {

std::optional<UsedDefinition> read_definition(std::string_view registry, std::string toml) {
  Result<registry::Definition> parsed = registry::parse_definition(toml);
  if (parsed.has_error() || parsed.value().id != registry) return std::nullopt;
  return UsedDefinition{std::move(toml), std::move(parsed).value()};
}

}  // namespace cunju::audit
