// SPDX-License-Identifier: Apache-2.0
//
// A village in which one person stands in several registers, and who is to be erased.
#pragma once

#include <filesystem>

#include "tests/end_to_end/person.h"
#include "tests/support/member_names.h"
#include "tests/support/planted.h"

namespace cunju::test {

/// For destroying what no person asked for.
inline const Words kGrounds = {"--reason", "清理旧册", "--basis", "县保管期限表"};

struct PersonDesks : ThreeDesks {
  PersonDesks() {
    add_supervisor(a);
    house = a.add({"rental", "premises_id=FW001", std::string("owner_identity_number=") + kIdentity,
                   "address=七巷一号"});
    tenancy = a.add({"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
                     std::string("tenant_phone=") + kPhone, "start=2024-01-01"});
    minutes = a.add({"minutes", "title=封存的会议题目", "body=council",
                     std::string("observers+=") + kName + " " + kPhone});
    other = a.add({"rental", "premises_id=FW003", "address=幸福里2号"});
    const std::string scan = (folder / "合同.pdf").string();
    std::ofstream(scan, std::ios::binary) << "%PDF-1.7 " << std::string(100'000, 'x');
    a.run({"attach", "tenancy", tenancy, "contract_scan", scan});
    sync_all();
    std::ofstream(folder / "table.csv") << "号,证,名,话\nFW101," << kIdentity << ",,\nFW102,,"
                                        << kName << "," << kPhone << "\nFW103,,王五,\n";
    std::ofstream(folder / "table.toml")
        << "[columns]\n\"号\" = \"premises_id\"\n\"证\" = \"owner_identity_number\"\n\"名\" = "
           "\"owner_name\"\n\"话\" = \"owner_phone\"\n";
  }
  static Words ask(Words more) {
    Words out{"erase",   "person", "--identity", kIdentity,  "--name",  kName,
              "--phone", kPhone,   "--reason",   "本人要求", "--basis", "个保法第四十七条"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Words import(Words more) const {
    Words out{"import", "rental", (folder / "table.csv").string(), "--map",
              (folder / "table.toml").string()};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  static const boost::json::object& record_in(const boost::json::object& answer,
                                              const std::string& id) {
    for (const auto& each : answer.at("records").as_array())
      if (Desk::text_of(each.as_object(), "record") == id) return each.as_object();
    FAIL("no record " + id);
    return answer;
  }
  /// Whole attachments in the home.
  static std::size_t blobs(const Desk& desk) {
    std::size_t out = 0;
    for (const auto& file : std::filesystem::directory_iterator(desk.home() + "/blobs"))
      if (file.path().filename().string().size() == 64) ++out;
    return out;
  }
  void check_export(const Desk& desk, const std::string& name) const {
    const std::string out = (folder / name).string();
    desk.run({"export", "--out", out});
    const RunResult verified = run_program(program_path(), {"verify", out});
    INFO(verified.out);
    CHECK(verified.exit_code == 0);
    check_absent(out, {kIdentity, kName, "七巷一号", "封存的会议题目"}, 3);
  }
  std::string house, tenancy, minutes, other;
};

}  // namespace cunju::test
