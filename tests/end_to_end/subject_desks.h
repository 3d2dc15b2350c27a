// SPDX-License-Identifier: Apache-2.0
//
// A tenant's request at the desk of a village in which not everybody may read who asked.
#pragma once

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <string>

#include "tests/end_to_end/person.h"
#include "tests/support/member_names.h"
#include "tests/support/village_process.h"

namespace cunju::test {

/// The identity number is typed, and stands in no list of processes.
inline RunResult run_typed(const Desk& desk, const Words& words) {
  return run_program(program_path(), desk.at_home(words),
                     {.environment = desk.environment(),
                      .input = std::string(kIdentity) + "\n",
                      .kill_after = Milliseconds{0}});
}

/// What in the folder begins so.
inline std::ptrdiff_t count_names(const std::filesystem::path& folder, const char* prefix) {
  return std::count_if(
      std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator(),
      [&](const auto& each) { return each.path().filename().string().starts_with(prefix); });
}

/// A chair, a clerk and supervisor who may not read who asked, and the office.
struct SubjectDesks : ThreeDesks {
  SubjectDesks() {
    add_supervisor(a);
    a.run({"policy", "set", "chair", "scope:subject_requests", "read", "--yes"});
    a.run({"policy", "set", "clerk", "scope:subject_requests", "none", "--yes"});
    tenancy = a.add({"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
                     "tenant_phone=13800000001", std::string("tenant_identity_number=") + kIdentity,
                     std::string("landlord_name=") + kLandlord, "landlord_phone=13900000002",
                     "start=2024-01-01", "state=active"});
    sync_all();
    request =
        a.add({"requests", "received_on=2026-01-10", "kinds+=access", "kinds+=delete",
               "asked_by=self", std::string("applicant=") + kName, "applicant_phone=13800000001",
               "identity_last4=002X", "due_on=2026-01-25", "state=received"});
  }
  void identify() const {
    a.run({"set", "requests", request, "identity_check=card_seen", "identity_checked_on=2026-01-10",
           "state=identified"});
  }
  RunResult typed(const Words& words) const { return run_typed(a, words); }
  Words copy_to(const std::string& to) const {
    return {"subject", "export", "--request", request, "--identity", "-", "--out", to};
  }
  Words restrict(Words more) const {
    Words out{"subject",    "restrict",    "--request", request,
              "--identity", kIdentity,     "--name",    kName,
              "--phone",    "13800000001", "--basis",   "个人信息保护法第四十七条"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Words correct(const std::string& registry, const std::string& record,
                const std::string& edit) const {
    return {"subject",   "correct", registry,     record,   edit,
            "--request", request,   "--identity", kIdentity};
  }
  std::size_t booked(const Desk& desk) const { return desk.json({"list", "disclosures"}).size(); }
  boost::json::object status(const Desk& desk) const {
    return desk.json({"subject", "status", request}).front();
  }
  std::string tenancy, request;
};

}  // namespace cunju::test
