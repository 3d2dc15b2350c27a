// SPDX-License-Identifier: Apache-2.0
//
// What comes after a person's erasure with the program, and beside it: the person is typed in
// again, what was restricted is finished elsewhere, a rule is gone against, a witness has nothing
// to erase.
#include "tests/end_to_end/person_desks.h"

namespace cunju::test {
namespace {

RunResult typed(const Desk& desk, const Words& words, const std::string& input) {
  return run_program(
      program_path(), desk.at_home(words),
      {.environment = desk.environment(), .input = input + "\n", .kill_after = Milliseconds{0}});
}

}  // namespace

TEST_CASE("Who types an erased person again is told on every computer, and has one way round",
          "[erase]") {
  PersonDesks desks;
  const std::string erasure =
      Desk::text_of(desks.a.json(PersonDesks::ask({"--yes"})).front(), "erasure");
  desks.sync_all();
  const std::string short_name = erasure.substr(0, 8);
  for (const Desk* desk : {&desks.a, &desks.b}) {
    CAPTURE(desk->home());
    const std::string before = desk->state_hash();
    const Words add{"add", "rental", "premises_id=FW200",
                    std::string("owner_identity_number=") + kIdentity};
    const RunResult refused = desk->run(add, 6);
    CHECK(refused.err.find("--readmit " + short_name) != std::string::npos);
    CHECK(refused.err.find(kIdentity) == std::string::npos);
    desk->run({"add", "rental", "premises_id=FW200", std::string("owner_name=") + kName,
               std::string("owner_phone=") + kPhone},
              6);
    desk->run({"set", "rental", desks.other, std::string("owner_identity_number=") + kIdentity}, 6);
    // A way round without a ground, for another erasure, or a ground for nothing.
    Words no_ground = add;
    no_ground.insert(no_ground.end(), {"--readmit", short_name});
    desk->run(no_ground, 2);
    Words unknown = add;
    unknown.insert(unknown.end(), {"--readmit", "00000000", "--basis", "新租约"});
    desk->run(unknown, 3);
    desk->run({"add", "rental", "premises_id=FW201", "--basis", "新租约"}, 2);
    CHECK(desk->state_hash() == before);
  }
  const std::string id =
      desks.b.add({"rental", "premises_id=FW200", std::string("owner_identity_number=") + kIdentity,
                   "--readmit", short_name, "--basis", "新租约，民法典"});
  desks.b.run({"set", "rental", desks.other, std::string("owner_name=") + kName,
               std::string("owner_phone=") + kPhone, "--readmit", short_name, "--basis", "新租约"});
  // It is edited like any other afterwards, and says for good why it is there, also to an auditor.
  desks.b.run({"set", "rental", id, "address=九巷"});
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.o})
    CHECK(desk->run({"show", "rental", id}).out.find(erasure + " 新租约，民法典") !=
          std::string::npos);
  const std::string out = (desks.folder / "audit").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
}

TEST_CASE("Against its retention a record is destroyed by the same two approvals", "[erase]") {
  PersonDesks desks;
  const auto plan = desks.a.json(PersonDesks::ask({"--against-retention"})).front();
  CHECK(Desk::text_of(PersonDesks::record_in(plan, desks.minutes), "outcome") == "erase");
  const std::string erasure = Desk::text_of(
      desks.a.json(PersonDesks::ask({"--against-retention", "--yes"})).front(), "erasure");
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  const auto approved = desks.b.json({"erase", "approve", erasure, "--yes"}).back();
  CHECK(Desk::text_of(approved, "state") == "erased");
  CHECK(Desk::number_of(approved, "restricted") == 0);
  CHECK(Desk::number_of(approved, "present") == 0);
  desks.sync_all();
  desks.check_export(desks.a, "from_a");
}

TEST_CASE("The person's number is typed, and what was restricted is finished on another computer",
          "[erase]") {
  PersonDesks desks;
  Words ask = PersonDesks::ask({"--json"});
  for (std::string& word : ask)
    if (word == kIdentity) word = "-";
  const RunResult shown = typed(desks.a, ask, kIdentity);
  INFO(shown.err);
  REQUIRE(shown.exit_code == 0);
  CHECK(Desk::parse_lines(shown.out).front().at("records").as_array().size() == 3);
  CHECK(typed(desks.a, ask, "110105194912310021").exit_code == 2);
  // Nothing typed is no person, though name and telephone would be one.
  CHECK(typed(desks.a, ask, "").exit_code == 2);
  ask.emplace_back("--yes");
  const std::string erasure =
      Desk::text_of(Desk::parse_lines(typed(desks.a, ask, kIdentity).out).front(), "erasure");
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  // The colleague, who never saw what is restricted, finishes it.
  const Words finish{"erase",    "finish",  erasure,        "--reason",
                     "期满销毁", "--basis", "县保管期限表", "--against-retention",
                     "--yes"};
  CHECK(Desk::number_of(desks.b.json(finish).front(), "parts") == 1);
  desks.b.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  const auto done = desks.a.json({"erase", "approve", erasure, "--yes"}).back();
  CHECK(Desk::text_of(done, "state") == "erased");
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const auto known = desk->json({"erase", "status", erasure}).front();
    CHECK(Desk::text_of(known, "state") == "erased");
    CHECK(Desk::number_of(known, "present") == 0);
  }
}

TEST_CASE("A person in an old version of minutes is shown to the clerk, and gone when they are",
          "[erase]") {
  PersonDesks desks;
  const std::string id = desks.a.add({"minutes", "title=旧会议", "body=council",
                                      "start=2010-05-01 09:00", "archive_class=years_10"});
  const std::string file = (desks.folder / "text").string();
  const auto write = [&](const std::string& text) {
    std::ofstream(file) << text;
    desks.a.run({"text", "set", "minutes", id, "discussion", file});
  };
  write(std::string("来访人") + kName + "，电话" + kPhone + "，证号" + kIdentity);
  const std::string version =
      Desk::text_of(desks.a.json({"text", "show", "minutes", id, "discussion"}).front(), "version");
  write("来访一人");
  desks.sync_all();
  const auto plan = desks.b.json(PersonDesks::ask({})).front();
  const auto& found = PersonDesks::record_in(plan, id);
  CHECK(Desk::text_of(found, "place") == "text_history");
  CHECK(Desk::text_of(found, "outcome") == "none");
  CHECK(desks.b.run(PersonDesks::ask({})).out.find("以前的版本") != std::string::npos);
  CHECK(desks.b.run({"subject", "find", "--identity", kIdentity}).out.find("以前的版本") !=
        std::string::npos);
  CHECK(desks.b.run({"text", "show", "minutes", id, "discussion", "--version", version})
            .out.find(kIdentity) != std::string::npos);

  // Its class is of ten years, which are over, so it goes though minutes are kept by their
  // register.
  const auto asked = desks.a
                         .json({"erase", "record", "minutes", id, "--reason", "本人要求", "--basis",
                                "个保法第四十七条", "--yes"})
                         .front();
  CHECK(Desk::text_of(asked, "outcome") == "erase");
  const std::string erasure = Desk::text_of(asked, "erasure");
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    desk->run({"text", "show", "minutes", id, "discussion"}, 3);
    desk->run({"text", "show", "minutes", id, "discussion", "--version", version}, 3);
    desk->run({"minutes", "show", id}, 3);
    desk->run({"history", "minutes", id}, 3);
    CHECK(desk->run({"list", "minutes"}).out.find("旧会议") == std::string::npos);
    const auto after = desk->json(PersonDesks::ask({"--dry-run"}), desk == &desks.o ? 5 : 0);
    if (desk == &desks.o) continue;
    for (const auto& each : after.front().at("records").as_array())
      CHECK(Desk::text_of(each.as_object(), "record") != id);
  }
}

TEST_CASE("A witness that keeps the roster alone is not waited for", "[erase][scopes]") {
  PersonDesks desks;
  std::string node;
  for (const auto& each : desks.o.json({"node", "list"}))
    if (each.at("own").as_bool()) node = Desk::text_of(each, "node");
  desks.a.run({"node", "scope", node.substr(0, 12), "witness", "--yes"});
  {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    for (int round = 0; round < 2; ++round) desks.o.run({"sync", address});
    desks.b.run({"sync", address});
    CHECK(server->stop() == 0);
  }
  const std::string erasure =
      Desk::text_of(desks.a.json(PersonDesks::ask({"--yes"})).front(), "erasure");
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_colleague();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  desks.sync_colleague();
  const RunResult said = desks.a.run({"erase", "status", erasure});
  CHECK(said.out.find("不必等") != std::string::npos);
  const auto known = desks.a.json({"erase", "status", erasure}).front();
  std::size_t let_go = 0;
  for (const auto& each : known.at("nodes").as_array()) {
    const auto& line = each.as_object();
    if (!line.contains("let_go_ms")) {
      CHECK_FALSE(line.at("confirmed_ms").is_null());
      continue;
    }
    CHECK(Desk::text_of(line, "node") == node);
    ++let_go;
  }
  CHECK(let_go == 1);
}

}  // namespace cunju::test
