// SPDX-License-Identifier: Apache-2.0
//
// A person's request by the register of requests (definitions/requests.toml), as the verb `subject`
// carries it out: what has to be settled before, and what is written back. The register is an
// ordinary one; its dates and reasons are data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "cli/erase_request.h"
#include "cli/record_lookup.h"

namespace cunju::cli {

struct OpenRequest {
  FoundRecord found;
  node::Node* node = nullptr;  ///< Borrowed, to carry it out; null where it is only listed.

  const SpaceId& space() const { return found.book.space; }
  const registry::RecordRow& row() const { return found.row; }
  std::string id() const { return found.row.id.hex(); }
  /// The first value of a text field; empty when it has none, or it can't be read here.
  std::string text(std::string_view field) const;
  std::vector<std::string> texts(std::string_view field) const;
};

/// By id or its beginning. Errors in words: kInvalidArgument (none was named), kNotFound,
/// kConflict.
Result<OpenRequest> find_request(Invocation& call, node::Node& node,
                                 const std::optional<std::string>& id);
/// What carries it out, or ends it, is written back, and is for the person whom it names:
/// kPermission in words unless this clerk may write the register of requests and read all of the
/// request, here.
Result<void> require_carrier(const Invocation& call, const OpenRequest& request);
/// The same, and kConflict in words unless the identity was checked and nothing has ended it.
Result<void> require_identified(const Invocation& call, const OpenRequest& request);
/// kConflict in words unless the person is the one of the request: by the name that it has, and for
/// an identity number by the last four where these are that person's. Where the number comes
/// without a name, or the last four are a representative's, a record that has the number has to
/// have the name as well.
Result<void> require_same_person(const Invocation& call, const OpenRequest& request,
                                 const registry::PersonQuery& person);

/// The name of the person of the request, as a PersonQuery has names; empty: it has none.
std::string name_of_meant(const OpenRequest& request);

/// Writes into the register what came of an act that was carried out. Errors: those of
/// RecordBook::set, in words that say that the act stands, and what to enter by hand.
Result<void> write_back(Invocation& call, node::Node& node, const OpenRequest& request,
                        std::span<const registry::Edit> edits);
registry::Edit adding(std::string_view field, std::string text);
registry::Edit setting(std::string_view field, std::string text);

/// Whether that erasure, or restriction, was asked for under this request or another one of the
/// same person. Errors: those of the store.
Result<bool> is_of_same_person(const OpenRequest& request, const RecordId& erasure);
/// Whether somebody still has to do something about it.
bool is_pending(const OpenRequest& request);
/// Until its date, by the claimed day of today; negative: it is over. None: no date, or none that
/// can be read.
std::optional<int> days_left(const OpenRequest& request);

/// The register's records: those that wait, the longest overdue first and those without a date
/// last, then those that are over. Errors: those of the store.
Result<std::vector<registry::RecordRow>> requests_by_urgency(const Book& book);
struct RequestCounts {
  std::uint64_t waiting = 0;
  std::uint64_t overdue = 0;  ///< Of these.
};
Result<RequestCounts> count_requests(const Book& book);

}  // namespace cunju::cli
