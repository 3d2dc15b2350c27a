// SPDX-License-Identifier: Apache-2.0
//
// What it costs to erase one record, and one person, in a village of 2,000 tenancies and 500
// mediation files. Hidden; prints, and holds nobody to a time.
#include <sys/resource.h>

#include <iostream>

#include "tests/end_to_end/village_tables.h"
#include "tests/support/member_names.h"

namespace cunju::test {
namespace {

/// Of all processes that have ended.
Milliseconds cpu_of_children() {
  rusage used{};
  getrusage(RUSAGE_CHILDREN, &used);
  const auto of = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
  };
  return std::chrono::duration_cast<Milliseconds>(of(used.ru_utime) + of(used.ru_stime));
}

/// Runs it, and prints how long the whole command took, and how much of a processor.
boost::json::object timed(const Desk& desk, const char* what, const Words& words) {
  const Milliseconds cpu = cpu_of_children();
  const auto begin = std::chrono::steady_clock::now();
  boost::json::object out = desk.json(words).back();
  const auto end = std::chrono::steady_clock::now();
  std::cout << what << ": " << std::chrono::duration_cast<Milliseconds>(end - begin).count()
            << " ms, CPU " << (cpu_of_children() - cpu).count() << " ms\n";
  return out;
}

Words as_asked(Words words, bool really) {
  words.insert(words.end(), {"--reason", "本人要求", "--basis", "个保法第四十七条"});
  if (really) words.emplace_back("--yes");
  return words;
}

}  // namespace

TEST_CASE("Erasing a record and a person of 500 mediation files and 2,000 tenancies: what it costs",
          "[.long][erase]") {
  ThreeDesks desks;
  add_supervisor(desks.a);
  desks.a.run({"member", "grant", "文书甲", "--role", "mediator", "--yes"});
  import_table(desks.a, desks.folder, "mediation", cases_csv(kCases), kCases);
  import_table(desks.a, desks.folder, "tenancy", tenancies_csv(kTenancies), kTenancies);
  desks.sync_all();
  timed(desks.a, "a command that looks at one record, for comparison",
        {"list", "tenancy", "premises_id=FW-9"});
  const std::string record =
      Desk::text_of(desks.a.json({"list", "tenancy", "premises_id=FW-8"}).front(), "id");
  const Words of_record{"erase", "record", "tenancy", record};
  const Words of_person{"erase", "person", "--identity", identity_number(7)};
  for (const auto& [name, words] : {std::pair("record", of_record), {"person", of_person}}) {
    std::cout << "one " << name << "\n";
    const auto plan = timed(desks.a, "  shown", as_asked(words, false));
    CHECK(plan.at("erasure").is_null());
    const std::string erasure =
        Desk::text_of(timed(desks.a, "  asked for", as_asked(words, true)), "erasure");
    timed(desks.a, "  first approval", {"erase", "approve", erasure, "--yes"});
    desks.sync_all();
    const auto done =
        timed(desks.b, "  second approval, which destroys", {"erase", "approve", erasure, "--yes"});
    CHECK(Desk::text_of(done, "state") == "erased");
    CHECK(Desk::number_of(done, "present") == 0);
    desks.sync_all();
  }
  timed(desks.a, "a record added by hand where a person was erased",
        {"add", "rental", "premises_id=FW9001", "owner_name=王五", "owner_phone=13900000003"});
  desks.a.run(
      {"add", "rental", "premises_id=FW9002", "owner_identity_number=" + identity_number(7)}, 6);
}

}  // namespace cunju::test
