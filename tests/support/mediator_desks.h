// SPDX-License-Identifier: Apache-2.0
//
// A village of three computers in which one person alone reads the mediation files.
#pragma once

#include <filesystem>

#include "tests/support/desk_words.h"

namespace cunju::test {

constexpr const char* kApplicant = "欧阳慕容娘";

/// A chair who reads no case, the only mediator, and who is to follow; all three paired.
struct MediatorDesks {
  TempFolder folder;
  Desk a{folder, "village"}, m{folder, "mediator"}, n{folder, "next"};
  std::string record;

  explicit MediatorDesks(const std::string& role_of_next = "clerk") {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, m, "mediator", "老何");
    pair_desks(a, n, role_of_next, "新人");
    meet();
    record = m.add({"mediation", "case_no=2026-1", std::string("applicants+=") + kApplicant});
    meet();
  }
  /// Who is in no roster any more is turned away.
  void meet(int rounds = 3) const {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < rounds; ++round)
      for (const Desk* desk : {&m, &n}) desk->try_run({"sync", address});
    CHECK(server->stop() == 0);
  }
  bool reads(const Desk& desk) const {
    return has(desk.run({"show", "mediation", record}), kApplicant);
  }
  std::size_t unread(const Desk& desk) const {
    return desk.json({"status"}).front().at("unread_scopes").as_array().size();
  }
  std::string node_of(const std::string& name) const {
    for (const auto& each : a.json({"node", "list"}))
      if (Desk::text_of(each, "name") == name) return Desk::text_of(each, "node");
    FAIL("no such node");
    return {};
  }
  /// The mediator's computer once more, by a new invitation.
  void invite_again(const std::string& role = "mediator") const {
    std::filesystem::remove(m.home() + ".invitation");
    pair_desks(a, m, role, "老何");
  }
};

}  // namespace cunju::test
