// SPDX-License-Identifier: Apache-2.0
//
// What holds for a registry whose records are proof (Definition::is_ledger), whoever describes it
// later: it stays one, its records are kept at least as long as any definition of it has said that
// was in force, and no field of them goes by itself that did not from the beginning. A built-in one
// is kept at least as long as was built in. add_definition() refuses what would say otherwise;
// where another program wrote it, the catalog goes by the older law beside it. A function of the
// changes that are in force, in whatever order they came. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/definition.h"

namespace cunju::registry {

/// Whether some record might go sooner by `after` than by `before`: its class or years are less,
/// or they count from another date or by another field, where nobody can tell.
bool keeps_shorter(const Retention& before, const Retention& after);

/// In which way the definition falls short of one that it follows; empty: in none. `before` is a
/// ledger.
std::string find_shortening(const Definition& before, const Definition& after);

/// Begin the contexts in which add_definition() refuses what falls short; what was laid down
/// follows the second, the field the third.
inline constexpr std::string_view kNoLedgerAnyMore =
    "the registry holds what proves what was done, and stays so: ledger = true is missing";
inline constexpr std::string_view kKeptShorter =
    "a ledger is not kept for a shorter time than before: ";

inline constexpr std::string_view kErasableLater = "a field of a ledger does not become erasable: ";

/// What the definition is by the law: a ledger, and kept as long as those before it said. Whether
/// that differs from what it says.
bool hold_to_ledgers(Definition& definition, std::span<const Definition> before);

}  // namespace cunju::registry
