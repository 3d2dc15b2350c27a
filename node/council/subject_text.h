// SPDX-License-Identifier: Apache-2.0
//
// A person's file as that person gets it: a text to print and read, the same as a table, and as
// JSON for whoever is to take it over (Personal Information Protection Law art. 45). Pure.
#pragma once

#include <boost/json/object.hpp>
#include <functional>
#include <string>
#include <vector>

#include "node/council/subject_file.h"

namespace cunju::council {

/// What the file does not know by itself.
struct SubjectTextContext {
  const registry::Catalog& catalog;
  registry::Language language;
  std::string space_name;
  std::string request;  ///< Id.
  std::string day;
  std::function<std::string(const AuthorKey&)> name_of;
  std::function<std::string(std::uint64_t)> time_of;
};

std::string subject_text(const SubjectFile& file, const SubjectTextContext& context);
/// With a byte order mark: registry, record, field, value, earlier values one a row.
std::string subject_csv(const SubjectFile& file, const SubjectTextContext& context);
boost::json::object subject_json(const SubjectFile& file, const SubjectTextContext& context);

/// What whoever hands it out has to look at first, one sentence each.
std::vector<registry::Label> subject_warnings(const SubjectFile& file,
                                              const SubjectTextContext& context);

}  // namespace cunju::council
