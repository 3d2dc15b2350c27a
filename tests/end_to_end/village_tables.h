// SPDX-License-Identifier: Apache-2.0
//
// The tables of a village, as many mediation files and tenancies as a test wants.
#pragma once

#include <array>

#include "tests/support/village_process.h"

namespace cunju::test {

/// Of a large village.
inline constexpr int kCases = 500, kTenancies = 2000;

/// With a right check digit (GB 11643).
inline std::string identity_number(int serial) {
  constexpr std::array<int, 17> kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  std::string out = "5301021990030" + std::to_string(1000 + serial);
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (out[i] - '0');
  return out + "10X98765432"[sum % 11];
}

inline std::string tenant(int i) { return "欧阳慕容" + std::to_string(i) + "娘"; }
inline std::string phone(int i) { return "1390871" + std::to_string(1000 + i); }
inline std::string party(int i) { return "上官" + std::to_string(i) + "之孙"; }
inline std::string sentence(int i) { return "两家为滴水檐争了三年之" + std::to_string(i) + "回"; }

inline std::string cases_csv(int count) {
  std::string out = "案件编号,登记日期,案件来源,纠纷类型,案件状态,申请人,被申请人,纠纷简要情况\r\n";
  for (int i = 0; i < count; ++i)
    out += "2026-" + std::to_string(i) + ",2026-09-01,当事人申请,邻里,申请," + party(i) + ",某人," +
           sentence(i) + "\r\n";
  return out;
}

inline std::string tenancies_csv(int count) {
  std::string out =
      "房屋编号,状态,出租人,承租人,承租人联系方式,承租人证件类型,承租人身份证号,起租日期\r\n";
  for (int i = 0; i < count; ++i)
    out += "FW-" + std::to_string(i) + ",有效,房东," + tenant(i) + "," + phone(i) + ",居民身份证," +
           identity_number(i) + ",2026-03-01\r\n";
  return out;
}

inline void import_table(const Desk& desk, const TempFolder& folder, const std::string& registry,
                         const std::string& csv, int rows) {
  const std::string file = (folder / (registry + ".csv")).string();
  const std::string map = (folder / (registry + ".toml")).string();
  std::ofstream(file) << csv;
  desk.run({"import", registry, file, "--write-map", map});
  const auto done = desk.json({"import", registry, file, "--map", map}).back();
  REQUIRE(Desk::number_of(done, "added") == rows);
}

}  // namespace cunju::test
