// SPDX-License-Identifier: Apache-2.0
//
// Records as verbs name them: an id or its beginning, in whatever space of the home it is.
#pragma once

#include <memory>
#include <span>

#include "cli/session.h"
#include "node/registry/record_book.h"

namespace cunju::cli {

/// A space opened for reading and writing records.
struct Book {
  SpaceId space;
  std::unique_ptr<registry::Catalog> catalog;
  std::unique_ptr<registry::RecordBook> records;
};
Result<Book> open_book(node::Node& node, const SpaceId& space);

struct FoundRecord {
  Book book;
  registry::RecordRow row;
};
/// Looks through the chosen spaces. kNotFound, kConflict (several), kInvalidArgument.
Result<FoundRecord> find_record(node::Node& node, const Invocation& call, std::string_view registry,
                                std::string_view id);

/// Says why the book refused the last act, if it did, when the error is shown.
void explain_refusal(Invocation& call, const Book& book, std::string_view registry);
/// An error for which the person gets `reason`, and a program its English.
Error refused(const Invocation& call, Errc code, Label reason);

/// Refuses before anybody types for an hour: kPermission unless the unlocked clerk may write in the
/// registry as the roster stands.
Result<void> require_writer(const Invocation& call, node::Node& node, const Book& book,
                            std::string_view registry);

registry::Act act_of(const node::Node& node);

/// Says what was saved, with the warnings; on a refusal says why.
Result<ExitCode> report_saved(Invocation& call, node::Node& node, const Book& book,
                              std::string_view registry, const Result<registry::Saved>& saved);

/// A value for a person, by its definition if there is one.
std::string shown(const registry::Definition* definition, std::string_view field,
                  const Value& value, Language language);
std::string field_label(const registry::Definition* definition, std::string_view field,
                        Language language);

}  // namespace cunju::cli
