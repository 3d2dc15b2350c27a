// SPDX-License-Identifier: Apache-2.0
#include "node/registry/builtin.h"

#include "crdt/base/check.h"
#include "node/registry/definition_toml.h"

namespace cunju::registry {
namespace {

std::vector<Definition> parse_all() {
  std::vector<Definition> out;
  for (const EmbeddedDefinition& embedded : embedded_definitions()) {
    Result<Definition> definition = parse_definition(embedded.toml);
    CUNJU_CHECK(definition.has_value(), "embedded definitions are parsed by the tests");
    out.push_back(std::move(definition).value());
  }
  return out;
}

}  // namespace

std::vector<Definition> builtin_definitions() {
  // They are part of the program, and parsing them takes longer than all that a catalog does.
  static const std::vector<Definition> kParsed = parse_all();
  return kParsed;
}

}  // namespace cunju::registry
