// SPDX-License-Identifier: Apache-2.0
//
// The disclosure ledger 披露登记: what left the committee, to whom, for what. It is an ordinary
// registry (definitions/disclosures.toml), so every node has it; this is what the program itself
// writes into it and reads from it. What other organisations may read by the roster is not written
// down a second time: it follows from the roster, and a record of kind `grant` only adds the
// purpose. Single thread.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/record_book.h"

namespace cunju::audit {

inline constexpr std::string_view kDisclosuresRegistry = "disclosures";
/// Codes of its fields `kind` and `recipient_kind` that the program writes.
inline constexpr std::string_view kExportKind = "export";
inline constexpr std::string_view kPersonCopyKind = "person_copy";
inline constexpr std::string_view kGrantKind = "grant";
inline constexpr std::string_view kOralKind = "oral";
inline constexpr std::string_view kOwnRecipient = "own";
inline constexpr std::string_view kPersonRecipient = "person";
inline constexpr std::string_view kIndividualRecipient = "individual";

/// One record of the ledger, as far as it can be read here. Texts of open fields name no person.
struct Disclosure {
  RecordId id;
  std::string on;              ///< A claimed day.
  std::string kind;            ///< A code.
  std::string recipient_kind;  ///< A code.
  std::string recipient;       ///< An organisation.
  std::string purpose;
  std::string legal_basis;
  std::set<std::string> registries;  ///< None: all of the space.
  std::set<std::string> fields;      ///< None: all open ones.
  std::set<std::string> records;     ///< "registry/id"; none, or not to be read here: all.
  std::string recipient_person;      ///< Confidential.
  std::string request;               ///< Id of a record in the register of requests.
  std::string until;
  std::string copy;  ///< "out", "returned", "destroyed"; empty: there is no copy.
};

/// What a new record is to say. `today`: the day on which something is given out.
std::vector<registry::Edit> edits_of(const Disclosure& disclosure, registry::Date today);
Disclosure read_disclosure(const registry::RecordRow& row);
/// Without deleted ones, by their day.
Result<std::vector<Disclosure>> read_disclosures(registry::RecordBook& records);

/// Whether it may have had something of these registries in it; of none: of any.
bool concerns(const Disclosure& disclosure, const std::set<std::string>& registries);
/// Whether it may have had the record in it.
bool concerns(const Disclosure& disclosure, const std::string& registry, const RecordId& record);
/// Whether there is something that the recipient can still read.
bool is_out(const Disclosure& disclosure);

/// Roles of other organisations.
bool is_outside_role(std::string_view role);
/// What a member of another organisation may read by the roster, from that day on.
struct Grant {
  MemberId member;
  std::string name;
  std::string role;
  std::string term_from, term_until;  ///< Shown only.
  bool reads_all = false;             ///< All open registries without a line of their own.
  std::set<std::string> registries;   ///< And these by lines of their own.
  std::set<std::string> scopes;
};
std::vector<Grant> find_grants(const Roster& roster);

}  // namespace cunju::audit
