// SPDX-License-Identifier: Apache-2.0
//
// Whom a desk's member list has, and a second member who approves.
#pragma once

#include <string>

#include "tests/support/village_process.h"

namespace cunju::test {

/// The name of the first member who has only that role; empty: nobody.
inline std::string name_with(const Desk& desk, const std::string& role) {
  for (const auto& member : desk.json({"member", "list"}))
    if (boost::json::serialize(member.at("roles")) == "[\"" + role + "\"]")
      return Desk::text_of(member, "name");
  return {};
}

/// The village's other clerk is a supervisor too from now on: two can approve of an erasure.
inline void add_supervisor(const Desk& village) {
  const std::string colleague = name_with(village, "clerk");
  REQUIRE_FALSE(colleague.empty());
  village.run({"member", "grant", colleague, "--role", "supervisor", "--yes"});
}

}  // namespace cunju::test
