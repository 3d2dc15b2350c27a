// SPDX-License-Identifier: Apache-2.0
//
// What is wrong with the keys of confidential scopes, in words, with what to do next: for `scope`,
// `status`, `doctor` and whoever has just changed the roster.
#pragma once

#include <boost/json/object.hpp>
#include <set>
#include <string>
#include <vector>

#include "cli/verb.h"
#include "node/council/scope_acts.h"

namespace cunju::cli {

/// As the roster calls it, or its number; empty: the open one.
std::string scope_name(const Roster& roster, Scope scope);
/// Names of the members whose devices these are, each once; "-" for none.
std::string owners_of(const Roster& roster, const std::set<AuthorKey>& devices);
/// A sentence for each thing that somebody has to do something about.
std::vector<Label> trouble_lines(const Terminal& terminal, const Roster& roster,
                                 const council::ScopeTrouble& trouble);
boost::json::object trouble_json(const council::ScopeTrouble& trouble);

}  // namespace cunju::cli
