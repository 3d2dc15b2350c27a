// SPDX-License-Identifier: Apache-2.0
//
// What `export --disclose` opens of confidential scopes: found, allowed and said before anything is
// booked or written (node/audit/disclosed_parts.h).
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "cli/disclosure_list.h"
#include "cli/verb.h"
#include "node/audit/disclosed_parts.h"

namespace cunju::cli {

inline const Option kDiscloseOption{
    "--disclose",
    "REGISTRY[/ID]",
    {"把这条记录（或整个登记簿）的保密内容也公开给对方，可重复；先说明，加 --yes 才办理",
     "open the confidential fields of this record, or of the whole registry, to whoever gets the "
     "export; may repeat. First says what; --yes does it"}};

/// Of one space.
struct PlannedDisclosure {
  audit::DisclosurePlan plan;
  std::map<RecordId, std::string> registry_of;  ///< Of the records that were named.
  std::set<std::string> registries;             ///< Those that were named as a whole.
};
using PlannedDisclosures = std::map<SpaceId, PlannedDisclosure>;

/// Empty without --disclose. Warns of content that is not here and may be of what was named.
/// Errors in words: kInvalidArgument (no recipient), kNotFound (a record, a registry, anything
/// confidential), kMissing (something of a record that was named is not here), kPermission (may not
/// read it), those of reading the logs.
Result<PlannedDisclosures> plan_disclosures(Invocation& call, node::Node& node,
                                            const std::vector<SpaceId>& spaces);
/// Says what will be opened to whom, of how many records, and what is left out.
Result<void> show_disclosures(Invocation& call, node::Node& node,
                              const PlannedDisclosures& disclosures);
/// `said`, narrowed to what is disclosed: an entry for whole registries, and one for single
/// records, which says which ones; those of the two that there are. An entry without records means
/// all of its registries, so one entry can't say both. `with_records`: the ledger's confidential
/// fields can be written in from here.
std::vector<audit::Disclosure> entries_of(const PlannedDisclosure& planned, bool with_records,
                                          const audit::Disclosure& said);
/// Whether they can: the record ids of the ledger are confidential.
Result<bool> can_book_records(node::Node& node, const Book& book);

}  // namespace cunju::cli
