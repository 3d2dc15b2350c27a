// SPDX-License-Identifier: Apache-2.0
//
// Reads the table [retention] of a definition, and of an amendment to one (amendment.h). Which
// fields it may name, the definition says: check_retention(). Pure.
#pragma once

#include <optional>
#include <string>

#include "node/registry/definition.h"
#include "node/registry/toml_reader.h"

namespace cunju::registry {

/// None: there is no such table. What is wrong in it is a problem of `reader`.
std::optional<Retention> read_retention(TableReader& reader);

/// Why the definition can't have its retention; empty when it can.
std::string check_retention(const Definition& definition);

/// What check_ledger_retention() says.
inline constexpr std::string_view kLedgerNotKept =
    "a ledger proves what was done: its [retention] and each of \"classes\" must be period or "
    "permanent";

/// Why a ledger can't have its retention, which has to keep what proves something; empty when it
/// can, and for what is no ledger. Apart from check_retention(), because a definition that a space
/// has already is still read: judge_retention() takes it as one that keeps for ever.
std::string check_ledger_retention(const Definition& definition);

/// The keys `from` and `days` of the table.
ProposedDay read_proposed(TableReader& table);

/// Why the field can't have its proposed day; empty when it can.
std::string check_proposed(const Definition& definition, const FieldDefinition& field);

}  // namespace cunju::registry
