// SPDX-License-Identifier: Apache-2.0
//
// What a committee lays down for itself about a built-in registry, whose fields and words are the
// program's: how long its records are kept, on which legal basis they are held, and within how many
// days of another date something is proposed to be done. Stands where definitions stand, in the
// registry `definition`, under the id of what it amends (catalog.h). Written in TOML, like a
// definition:
//   format = 1, amends = "ID", version = N; legal_basis, [retention], proposed, each if it differs
//   proposed := [ { field = "...", from = "...", days = N } ]
// A program that does not know amendments leaves them out, and says so. Values; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/base/result.h"
#include "node/registry/definition.h"

namespace cunju::registry {

struct Amendment {
  std::string id;  ///< Of the registry.
  std::int64_t version = 1;
  std::optional<Label> legal_basis;
  std::optional<Retention> retention;                         ///< All of it.
  std::vector<std::pair<std::string, ProposedDay>> proposed;  ///< By the field's id.
};

/// Whether the text means to be one, well formed or not: it is TOML, and says what it amends.
bool is_amendment(std::string_view toml);

/// Errors: as parse_definition().
Result<Amendment> parse_amendment(std::string_view toml);

/// The definition as amended. kMalformed: it names fields that the definition does not have, or has
/// otherwise, or it would not keep what is in a ledger.
Result<Definition> amend(Definition definition, const Amendment& amendment);

/// The keys of what `before` lays down and `after` does not, which would be as it was built in
/// again; empty: none.
std::string find_left_out(const Amendment& before, const Amendment& after);

}  // namespace cunju::registry
