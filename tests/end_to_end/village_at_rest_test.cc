// SPDX-License-Identifier: Apache-2.0
//
// A village with 500 mediation files and 2,000 tenancies, on the computers of a mediator, a clerk,
// the office and an auditor. Hidden: it takes a minute.
#include <array>

#include "tests/support/planted.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

constexpr int kCases = 500, kTenancies = 2000, kPlanted = 10;

/// With a right check digit (GB 11643).
std::string identity_number(int serial) {
  constexpr std::array<int, 17> kWeights{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};
  std::string out = "5301021990030" + std::to_string(1000 + serial);
  int sum = 0;
  for (std::size_t i = 0; i < kWeights.size(); ++i) sum += kWeights[i] * (out[i] - '0');
  return out + "10X98765432"[sum % 11];
}

std::string tenant(int i) { return "欧阳慕容" + std::to_string(i) + "娘"; }
std::string phone(int i) { return "1390871" + std::to_string(1000 + i); }
std::string party(int i) { return "上官" + std::to_string(i) + "之孙"; }
std::string sentence(int i) { return "两家为滴水檐争了三年之" + std::to_string(i); }

std::string cases_csv() {
  std::string out = "案件编号,登记日期,案件来源,纠纷类型,案件状态,申请人,被申请人,纠纷简要情况\r\n";
  for (int i = 0; i < kCases; ++i)
    out += "2026-" + std::to_string(i) + ",2026-09-01,当事人申请,邻里,申请," + party(i) + ",某人," +
           sentence(i) + "\r\n";
  return out;
}

std::string tenancies_csv() {
  std::string out =
      "房屋编号,状态,出租人,承租人,承租人联系方式,承租人证件类型,承租人身份证号,起租日期\r\n";
  for (int i = 0; i < kTenancies; ++i)
    out += "FW-" + std::to_string(i) + ",有效,房东," + tenant(i) + "," + phone(i) + ",居民身份证," +
           identity_number(i) + ",2026-03-01\r\n";
  return out;
}

/// Fifty words: names, numbers and sentences from all over both tables.
std::vector<std::string> planted_words() {
  std::vector<std::string> out;
  for (int i = 0; i < kPlanted; ++i) {
    const int file = i * (kCases / kPlanted) + 7, letting = i * (kTenancies / kPlanted) + 7;
    for (std::string word :
         {tenant(letting), identity_number(letting), phone(letting), party(file), sentence(file)})
      out.push_back(std::move(word));
  }
  return out;
}

void import_table(const Desk& desk, const TempFolder& folder, const std::string& registry,
                  const std::string& csv, int rows) {
  const std::string file = (folder / (registry + ".csv")).string();
  const std::string map = (folder / (registry + ".toml")).string();
  std::ofstream(file) << csv;
  desk.run({"import", registry, file, "--write-map", map});
  const auto done = desk.json({"import", registry, file, "--map", map}).back();
  REQUIRE(Desk::number_of(done, "added") == rows);
}

}  // namespace

TEST_CASE("Nothing of 500 mediation files and 2,000 tenancies is readable in any file of any home",
          "[.long][at_rest]") {
  const std::vector<std::string> words = planted_words();
  REQUIRE(words.size() == 5 * kPlanted);
  ThreeDesks desks;
  Desk m(desks.folder, "mediator"), auditor(desks.folder, "auditor");
  desks.invite(m, "mediator");
  desks.invite(auditor, "auditor");
  auto meet = [&](const Desk& guest) {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    for (int round = 0; round < 4; ++round) {
      guest.run({"sync", address});
      if (guest.state_hash() == desks.a.state_hash()) break;
    }
    CHECK(server->stop() == 0);
  };
  meet(m);
  meet(auditor);
  import_table(m, desks.folder, "mediation", cases_csv(), kCases);
  import_table(desks.a, desks.folder, "tenancy", tenancies_csv(), kTenancies);
  meet(m);
  const std::array<const Desk*, 5> all{&desks.a, &desks.b, &desks.o, &m, &auditor};
  auto look = [&] {
    for (const Desk* desk : all) check_absent(desk->home(), words, 4);
  };
  {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    for (const Desk* desk : {&desks.b, &desks.o, &m, &auditor}) desk->run({"sync", address});
    look();
    server->kill_now();
  }
  look();
  // A command that is killed in the middle of a table leaves nothing readable either.
  const std::string again = (desks.folder / "again.csv").string();
  std::ofstream(again) << cases_csv();
  m.try_run({"import", "mediation", again, "--map", (desks.folder / "mediation.toml").string()},
            60ms);
  look();
  // Who is entitled finds all of it, and nobody else any of it.
  CHECK(m.run({"list", "mediation", "--columns", "applicants,brief"}).out.find(party(7)) !=
        std::string::npos);
  CHECK(desks.b.run({"list", "tenancy", "--columns", "tenant_name"}).out.find(tenant(7)) !=
        std::string::npos);
  for (const Desk* desk : {&desks.o, &auditor}) {
    for (const char* registry : {"mediation", "tenancy"}) {
      const std::string shown = desk->run({"list", registry, "--json"}).out;
      for (const std::string& word : words) CHECK(shown.find(word) == std::string::npos);
    }
    const std::string out = desk->home() + ".export";
    desk->run({"export", "--out", out});
    check_absent(out, words);
  }
}

}  // namespace cunju::test
