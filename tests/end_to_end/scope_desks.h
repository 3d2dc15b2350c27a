// SPDX-License-Identifier: Apache-2.0
//
// Desks that read confidential scopes: how keys come to them, and what they say of a scope.
#pragma once

#include <string>

#include "tests/support/village_process.h"

namespace cunju::test {

/// Both exchange until nothing moves any more: keys are handed over at a meeting.
inline void meet(const Desk& host, const Desk& guest) {
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int round = 0; round < 4; ++round) {
    guest.run({"sync", address});
    if (host.state_hash() == guest.state_hash()) break;
  }
  CHECK(server->stop() == 0);
}

inline boost::json::object scope_of(const Desk& desk, const std::string& name) {
  for (const boost::json::object& each : desk.json({"scope", "list"}))
    if (Desk::text_of(each, "scope") == name) return each;
  FAIL("no scope " + name);
  return {};
}

}  // namespace cunju::test
