// SPDX-License-Identifier: Apache-2.0
//
// A person is erased with the program: found across registers, destroyed or restricted, kept out of
// the next import, with the scan that was attached.
#include "tests/end_to_end/person_desks.h"

namespace cunju::test {

TEST_CASE("A person is erased across registers, and what must be kept is shown to nobody",
          "[erase]") {
  PersonDesks desks;
  const std::size_t attached = PersonDesks::blobs(desks.a);
  CHECK(attached == 1);
  const std::string old_export = (desks.folder / "earlier").string();
  desks.a.run({"export", "--out", old_export});
  // The preview says what goes and what is kept, and does nothing.
  for (const Words& preview : {PersonDesks::ask({}), PersonDesks::ask({"--yes", "--dry-run"})}) {
    const auto plan = desks.a.json(preview).front();
    CHECK(plan.at("erasure").is_null());
    CHECK(plan.at("records").as_array().size() == 3);
    CHECK(Desk::text_of(PersonDesks::record_in(plan, desks.house), "outcome") == "erase");
    CHECK(Desk::text_of(PersonDesks::record_in(plan, desks.tenancy), "outcome") == "erase");
    CHECK(Desk::text_of(PersonDesks::record_in(plan, desks.minutes), "outcome") == "restrict");
    const auto& files = plan.at("may_contain").as_array();
    REQUIRE(files.size() == 1);
    CHECK(Desk::text_of(files[0].as_object(), "kind") == "export");
    CHECK(Desk::text_of(files[0].as_object(), "to") == old_export);
  }
  CHECK(desks.a.field("rental", desks.house, "address") == "七巷一号");
  const auto except = desks.a.json(PersonDesks::ask({"--except", desks.house})).front();
  CHECK(Desk::text_of(PersonDesks::record_in(except, desks.house), "outcome") == "none");
  desks.a.run(PersonDesks::ask({"--except", desks.other, "--yes"}), 3);
  desks.a.run({"erase", "person", "--name", kName, "--reason", "r", "--basis", "b"}, 2);
  desks.a.run(
      {"erase", "person", "--identity", "110105194912310021", "--reason", "r", "--basis", "b"}, 2);

  const auto asked = desks.a.json(PersonDesks::ask({"--yes"})).front();
  CHECK(asked.at("blocks_import").as_bool());
  const std::string erasure = Desk::text_of(asked, "erasure");
  for (const auto& [registry, id] :
       {std::pair("rental", desks.house), {"tenancy", desks.tenancy}, {"minutes", desks.minutes}})
    desks.a.run({"show", registry, id}, 3);
  CHECK(desks.a.json({"list", "minutes"}).empty());
  desks.check_export(desks.a, "before_approval");

  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  const auto approved = desks.b.json({"erase", "approve", erasure, "--yes"}).back();
  CHECK(Desk::text_of(approved, "state") == "erased");
  CHECK(Desk::number_of(approved, "restricted") == 1);
  CHECK(Desk::number_of(approved, "present") == 0);
  desks.sync_all();
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    const auto known = desk->json({"erase", "status", erasure}).front();
    CHECK(Desk::text_of(known, "state") == "erased");
    CHECK(Desk::number_of(known, "present") == 0);
    // That there was an export is in the ledger that all have; where it lies, on its own computer.
    const auto& copies = known.at("may_contain").as_array();
    REQUIRE(copies.size() == 1);
    CHECK((Desk::text_of(copies[0].as_object(), "to") == old_export) == (desk == &desks.a));
    desk->run({"show", "minutes", desks.minutes}, 3);
    CHECK(PersonDesks::blobs(*desk) == 0);
    CHECK(desk->run({"doctor"}).exit_code == 0);
  }
  desks.check_export(desks.a, "from_a");
  desks.check_export(desks.b, "from_b");
  CHECK(desks.a.field("rental", desks.other, "address") == "幸福里2号");

  // What was restricted goes in the end.
  const Words finish = {"erase",    "finish",  erasure,       "--reason",
                        "期满销毁", "--basis", "县保管期限表"};
  CHECK(Desk::number_of(desks.a.json(finish).front(), "parts") == 1);
  Words really = finish;
  really.emplace_back("--against-retention");
  really.emplace_back("--yes");
  CHECK(desks.a.json(really).front().at("asked").as_bool());
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  const auto finished = desks.b.json({"erase", "status", erasure}).front();
  CHECK(Desk::text_of(finished, "state") == "erased");
  CHECK(Desk::number_of(finished, "present") == 0);
  CHECK(Desk::number_of(desks.b.json(finish).front(), "parts") == 0);
}

TEST_CASE("An erased person's rows are refused by the next import, and by a colleague's",
          "[erase]") {
  PersonDesks desks;
  const std::string erasure =
      Desk::text_of(desks.a.json(PersonDesks::ask({"--yes"})).front(), "erasure");
  const auto check_refused = [&](const Desk& desk) {
    CAPTURE(desk.home());
    const auto tried = desk.json(desks.import({"--dry-run"}), 1).front();
    CHECK(Desk::number_of(tried, "added") == 1);
    const auto& refused = tried.at("refused").as_array();
    REQUIRE(refused.size() == 2);
    for (const auto& row : refused)
      CHECK(boost::json::serialize(row).find("erased_person") != std::string::npos);
    const std::string said = desk.run(desks.import({"--dry-run"}), 1).out;
    CHECK(said.find("已依法删除或封存") != std::string::npos);
    CHECK(said.find(kIdentity) == std::string::npos);
  };
  check_refused(desks.a);
  desks.sync_all();
  check_refused(desks.b);
  const std::string short_name = erasure.substr(0, 8);
  // The way round names the erasure and the ground, and stays in the import's record.
  desks.b.run(desks.import({"--readmit", short_name}), 2);
  desks.b.run(desks.import({"--readmit", "00000000", "--basis", "新租约"}), 3);
  const auto done =
      desks.b.json(desks.import({"--readmit", short_name, "--basis", "新租约"})).front();
  CHECK(Desk::number_of(done, "added") == 3);
  const auto kept = desks.b.json({"show", "import", Desk::text_of(done, "import")}).front();
  CHECK(boost::json::serialize(kept.at("fields")).find(erasure) != std::string::npos);
}

}  // namespace cunju::test
