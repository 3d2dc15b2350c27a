// SPDX-License-Identifier: Apache-2.0
//
// A village with 500 mediation files and 2,000 tenancies, on the computers of a mediator, a clerk,
// the office and an auditor. Hidden: it takes a minute.
#include <array>

#include "tests/end_to_end/village_tables.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

constexpr int kPlanted = 10;

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
