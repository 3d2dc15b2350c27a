// SPDX-License-Identifier: Apache-2.0
//
// The registry "fam" of a space's own in all the ways in which its field x can be confidential.
#pragma once

#include <algorithm>
#include <string>

#include "tests/node/registry/book_fixture.h"

namespace cunju::registry::testing {

/// Fields no and x. An empty scope is not written, and with the scope "none" x is not there.
inline std::string fam_toml(const std::string& home, const std::string& of_x,
                            const std::string& of_no = "", const std::string& more = "") {
  const auto scope = [](const std::string& name) {
    return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
  };
  const std::string x = "[[field]]\nid = \"x\"\nlabel = { zh = \"甲\" }\n" + scope(of_x);
  return "format = 1\nid = \"fam\"\nversion = 1\nlabel = { zh = \"户\" }\n" + scope(home) + more +
         "[[field]]\nid = \"no\"\nlabel = { zh = \"号\" }\n" + scope(of_no) +
         (of_x == "none" ? "" : x);
}

/// Whether some change has ever said it where everybody reads.
inline bool is_in_the_open(replica::Replica& replica, const SpaceId& space, const RecordId& record,
                           const std::string& text) {
  const auto edits = test::require(replica.edits(space, record, kOpenScope));
  return std::ranges::any_of(edits, [&](const replica::HistoryEntry& edit) {
    return std::ranges::any_of(edit.operations, [&](const Operation& operation) {
      const auto* value = std::get_if<std::string>(&operation.value);
      return value != nullptr && value->find(text) != std::string::npos;
    });
  });
}

}  // namespace cunju::registry::testing
