// SPDX-License-Identifier: Apache-2.0
//
// What is given as the ground of an act stays for ever, in the open: it may not name the person
// whom it is about. Where that person is known, by what was typed, by the record or by marks, the
// texts are held against it, and the verb ends before anything is shown or written.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "cli/known_erasures.h"
#include "cli/record_lookup.h"
#include "node/council/erasure_acts.h"
#include "node/registry/person.h"

namespace cunju::cli {

using GroundTexts = std::vector<std::string>;
/// Reason, basis, and who asked.
GroundTexts texts_of(const council::ErasureGrounds& grounds);

/// All of these: kInvalidArgument in words, which repeat nothing of the person.
Result<void> refuse_person_in(const Invocation& call, const registry::PersonQuery& person,
                              const GroundTexts& texts);
/// Telephone and identity numbers of a record's personal fields, and the names in those that are
/// about one person. A company's name, and words like "the owner" or "the committee", name nobody.
Result<void> refuse_values_in(const Invocation& call, const registry::Definition* definition,
                              const registry::FieldValues& values, const GroundTexts& texts);
/// The same of what the record says now; of one that is hidden or erased nothing.
Result<void> refuse_record_in(const Invocation& call, const Book& book,
                              const registry::RetentionRules& rules, const std::string& registry,
                              const RecordId& record, const GroundTexts& texts);
/// Of erased persons, by what marks of them can be read here: an identity number, or a name and a
/// telephone number that stand in one of the texts.
Result<void> refuse_marked_in(const Invocation& call, node::Node& node, const SpaceId& space,
                              const std::set<RecordId>& erasures, const GroundTexts& texts);
/// What an erasure names, what else is shown of the same records, and its marks.
Result<void> refuse_erased_in(const Invocation& call, node::Node& node, const FoundErasure& found,
                              const GroundTexts& texts);

}  // namespace cunju::cli
