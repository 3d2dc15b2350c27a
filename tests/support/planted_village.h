// SPDX-License-Identifier: Apache-2.0
//
// What a thief would look for in a village: names, numbers and sentences, open and confidential,
// and the commands that write them.
#pragma once

#include <fstream>
#include <string>
#include <vector>

#include "tests/support/village_process.h"

namespace cunju::test {

inline constexpr int kPlanted = 8;

inline std::string planted_name(int i) { return "欧阳慕容" + std::to_string(i) + "娘"; }
inline std::string planted_number(int i) { return "53010219900307" + std::to_string(1230 + i); }
inline std::string planted_phone(int i) { return "1390871" + std::to_string(4400 + i); }
inline std::string planted_sentence(int i) { return "两家为滴水檐争了三年之" + std::to_string(i); }
inline std::string planted_english(int i) {
  return "tenancy-" + std::to_string(i) + "-registered-privately";
}
/// In a confidential field.
inline std::string planted_tenant(int i) { return "上官" + std::to_string(i) + "之孙"; }

inline std::vector<std::string> planted_words() {
  std::vector<std::string> out;
  for (int i = 0; i < kPlanted; ++i) {
    out.push_back(planted_name(i));
    out.push_back(planted_number(i));
    out.push_back(planted_phone(i));
    out.push_back(planted_sentence(i));
    out.push_back(planted_english(i));
    out.push_back(planted_tenant(i));
  }
  return out;
}

/// Each word in a record, in a value that was written over, or in a text.
inline void write_planted(const Desk& desk) {
  std::string sentences;
  for (int i = 0; i < kPlanted; ++i) {
    const std::string id =
        desk.add({"rental", "address=" + planted_name(i), "owner_name=" + planted_number(i)});
    desk.run({"set", "rental", id, "address=" + planted_phone(i)});
    desk.run({"set", "rental", id, "building=" + planted_english(i)});
    desk.add(
        {"tenancy", "premises_id=FW-" + std::to_string(i), "tenant_name=" + planted_tenant(i)});
    sentences += planted_sentence(i) + "，今天和好。\n";
  }
  const std::string meeting =
      desk.add({"minutes", "meeting_no=2026-09", "title=" + planted_name(0)});
  const std::string file = desk.home() + ".typed";
  std::ofstream(file) << sentences;
  desk.run({"text", "set", "minutes", meeting, "discussion", file});
}

}  // namespace cunju::test
