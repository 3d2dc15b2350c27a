// SPDX-License-Identifier: Apache-2.0
//
// Whoever approves of an erasure sees what it is about, whoever asked in error takes it back, and
// nobody destroys what a rule keeps without saying so.
#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

std::string first_erasure(const boost::json::object& answer) {
  return Desk::text_of(answer, "erasure");
}

}  // namespace

TEST_CASE("What is restricted can't be destroyed before its time without saying so", "[erase]") {
  PersonDesks desks;
  const std::string erasure = first_erasure(
      desks.a.json(PersonDesks::ask({"--except", desks.house, "--except", desks.tenancy, "--yes"}))
          .front());
  // A restriction alone is called one, and counted once.
  const auto restricted = desks.a.json({"erase", "status", erasure}).front();
  CHECK(Desk::text_of(restricted, "state") == "waiting");
  CHECK(Desk::number_of(restricted, "parts") == 0);
  CHECK(Desk::number_of(restricted, "restricted") == 1);
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  CHECK(Desk::text_of(desks.b.json({"erase", "approve", erasure, "--yes"}).back(), "state") ==
        "restricted");
  CHECK(has(said(desks.b.run({"erase", "status", erasure})), "只封存、不销毁：已批准"));
  CHECK_FALSE(has(said(desks.b.run({"erase", "status", erasure})), "已销毁"));

  const Words finish = with({"erase", "finish", erasure}, kGrounds);
  const auto plan = desks.a.json(finish).front();
  CHECK_FALSE(plan.at("may_go").as_bool());
  CHECK(plan.at("records").as_array().front().at("kept").as_bool());
  desks.a.run(with(finish, {"--yes"}), 6);
  CHECK(Desk::number_of(desks.a.json({"erase", "status", erasure}).front(), "parts") == 0);
  desks.a.run(with(finish, {"--against-retention", "--yes"}));
  const auto asked = desks.a.json({"erase", "status", erasure}).front();
  CHECK(Desk::text_of(asked, "state") == "waiting");
  CHECK(Desk::number_of(asked, "parts") == 1);
  CHECK(Desk::number_of(asked, "restricted") == 0);
  // Its own grounds are shown, and that a rule is gone against.
  desks.sync_all();
  const std::string shown = said(desks.b.run({"erase", "approve", erasure}));
  for (const char* words : {"清理旧册", "本人要求", "还在保管期限内"}) CHECK(has(shown, words));
  // What is to go is lifted by nobody.
  desks.b.run(with({"subject", "lift", erasure}, kGrounds), 6);
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  const auto done = desks.b.json({"erase", "approve", erasure, "--yes"}).back();
  CHECK(Desk::text_of(done, "state") == "erased");
  CHECK(Desk::number_of(done, "restricted") == 0);
  CHECK(Desk::number_of(done, "erased") == 1);
  desks.b.run(with({"subject", "lift", erasure}, kGrounds), 6);
}

TEST_CASE("Whoever approves sees which record it is, and what a rule says of it", "[erase]") {
  PersonDesks desks;
  const std::string resolution =
      desks.a.add({"minutes", "title=村民大会决议", "body=council", "archive_class=permanent"});
  const std::string old_export = (desks.folder / "earlier").string();
  desks.a.run({"export", "--out", old_export});
  const std::string erasure =
      first_erasure(desks.a
                        .json(with({"erase", "record", "minutes", resolution},
                                   with(kGrounds, {"--against-retention", "--yes"})))
                        .front());
  desks.sync_all();
  desks.b.run({"show", "minutes", resolution}, 3);
  const std::string shown = said(desks.b.run({"erase", "approve", erasure}));
  for (const char* words : {"村民大会决议", "--against-retention", "须长期保管", "erase withdraw"})
    CHECK(has(shown, words));
  CHECK(has(shown, resolution));
  const auto known = desks.b.json({"erase", "approve", erasure}).front();
  const auto& record = known.at("records").as_array().front().as_object();
  CHECK(Desk::text_of(record, "registry") == "minutes");
  CHECK(Desk::text_of(record, "record") == resolution);
  CHECK(record.at("against_retention").as_bool());
  CHECK(Desk::number_of(known, "unreadable") == 0);
}

TEST_CASE("An erasure that is not approved is taken back, and the record is shown again",
          "[erase]") {
  PersonDesks desks;
  const auto ask = [&] {
    const std::string out = first_erasure(
        desks.a.json(with({"erase", "record", "tenancy", desks.tenancy}, with(kGrounds, {"--yes"})))
            .front());
    desks.sync_all();
    for (const Desk* desk : {&desks.a, &desks.b, &desks.o})
      desk->run({"show", "tenancy", desks.tenancy}, 3);
    return out;
  };
  const auto check_shown = [&](const std::string& erasure) {
    desks.sync_all();
    desks.sync_all();
    for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
      CAPTURE(desk->home());
      CHECK(desk->field("tenancy", desks.tenancy, "premises_id") == "FW002");
      const auto known = desk->json({"erase", "status", erasure}).front();
      CHECK(Desk::text_of(known, "state") == "withdrawn");
      CHECK(Desk::number_of(known, "parts") == 0);
    }
    desks.b.run({"erase", "approve", erasure, "--yes"}, 6);
  };
  // Whoever may approve refuses; who may not, and did not ask, can't.
  const std::string refused = ask();
  const Words back = {"erase", "withdraw", refused, "--reason", "不同意"};
  CHECK(has(said(desks.o.run(with(back, {"--yes"}), 5)), "撤回删除"));
  CHECK_FALSE(desks.b.json(back).front().at("withdrawn").as_bool());
  desks.b.run({"show", "tenancy", desks.tenancy}, 3);
  CHECK(desks.b.json(with(back, {"--yes"})).front().at("withdrawn").as_bool());
  check_shown(refused);
  CHECK(has(said(desks.a.run({"erase", "status", refused})), "不同意"));
  // Whoever asked takes it back, after one approval.
  const std::string slip = ask();
  desks.b.run({"erase", "approve", slip, "--yes"});
  desks.sync_all();
  desks.a.run({"erase", "withdraw", slip, "--reason", "点错了", "--yes"});
  check_shown(slip);
  // What is approved is not taken back.
  const std::string last = ask();
  desks.a.run({"erase", "approve", last, "--yes"});
  desks.sync_all();
  desks.b.run({"erase", "approve", last, "--yes"});
  desks.b.run({"erase", "withdraw", last, "--reason", "晚了", "--yes"}, 6);
  for (const Desk* desk : {&desks.a, &desks.b})
    CHECK(desk->run({"doctor", "--rebuild"}).exit_code == 0);
}

TEST_CASE("The grounds of an erasure have nothing of the person in them", "[erase]") {
  PersonDesks desks;
  const std::string name = kName, phone = kPhone;
  for (const Words& grounds :
       {Words{"--reason", name + "要求", "--basis", "b"}, Words{"--reason", "r", "--basis", phone},
        Words{"--reason", "r", "--basis", "b", "--asked-by", name},
        Words{"--reason", name + phone + "要求", "--basis", "b"}}) {
    const RunResult person = desks.a.run(
        with({"erase", "person", "--name", name, "--phone", phone}, with(grounds, {"--yes"})), 2);
    CHECK_FALSE(has(said(person), name));
    desks.a.run(with({"erase", "record", "tenancy", desks.tenancy}, with(grounds, {"--yes"})), 2);
    desks.a.run(with({"erase", "field", "tenancy", desks.tenancy, "tenant_phone"},
                     with(grounds, {"--yes"})),
                2);
  }
  CHECK(desks.a.json({"erase", "status"}).empty());
  // What is too long is refused before anything is shown.
  const RunResult longer = desks.a.run({"erase", "record", "tenancy", desks.tenancy, "--reason",
                                        std::string(1025, 'x'), "--basis", "b"},
                                       2);
  CHECK_FALSE(has(longer.out, desks.tenancy));
  const std::string erasure = first_erasure(desks.a.json(PersonDesks::ask({"--yes"})).front());
  for (const std::string& text : {name + phone, "经" + name + "（" + phone + "）同意"}) {
    desks.a.run({"erase", "withdraw", erasure, "--reason", text, "--yes"}, 2);
    desks.a.run({"erase", "finish", erasure, "--reason", text, "--basis", "b"}, 2);
    desks.a.run(desks.import({"--readmit", erasure, "--basis", text, "--dry-run"}), 2);
  }
  CHECK(Desk::text_of(desks.a.json({"erase", "status", erasure}).front(), "state") == "waiting");
}

TEST_CASE("A ledger's entry is hidden by no ground, and by no day that was moved back", "[erase]") {
  PersonDesks desks;
  const std::string request =
      desks.a.add({"requests", "received_on=2026-01-10", "replied_on=2026-01-20", "kinds+=access",
                   "asked_by=self", "state=received", std::string("applicant=") + kName,
                   std::string("applicant_phone=") + kPhone});
  const Words erase = with({"erase", "record", "requests", request}, with(kGrounds, {"--yes"}));
  desks.a.run(erase, 6);
  desks.a.run(with(erase, {"--against-retention"}), 6);
  desks.a.run(with({"erase", "field", "requests", request, "state"},
                   with(kGrounds, {"--against-retention", "--carry", "--yes"})),
              6);
  const auto person = desks.a.json(PersonDesks::ask({"--against-retention"})).front();
  CHECK(Desk::text_of(PersonDesks::record_in(person, request), "outcome") == "none");
  desks.a.run({"set", "requests", request, "replied_on=1990-01-01", "received_on=1990-01-01"});
  desks.a.run(erase, 6);
  CHECK(Desk::text_of(PersonDesks::record_in(desks.a.json(PersonDesks::ask({})).front(), request),
                      "outcome") == "none");
  CHECK(desks.a.field("requests", request, "applicant") == kName);
}

TEST_CASE("One approval is no policy as long as two could approve", "[erase]") {
  PersonDesks desks;
  const Words one = {"policy", "set", "chair", "erasures:1", "approve", "--yes"};
  const RunResult refused = desks.a.run(one, 6);
  CHECK(has(said(refused), "不止一人"));
  CHECK(has(said(desks.a.run({"policy", "set", "chair", "erasures:2", "approve"})), "之后 2"));
  // Where only one could, it is; and no more as soon as there are two.
  Desk alone(desks.folder, "alone");
  alone.run({"init", "--name", "独户村", "--code", "530102001202", "--clerk", "主任"});
  CHECK(has(said(alone.run(one)), "之后 1"));
}

TEST_CASE("An import says nothing of its table's name", "[erase]") {
  PersonDesks desks;
  const std::string table = (desks.folder / (std::string(kName) + "诉李强.csv")).string();
  std::filesystem::copy_file(desks.folder / "table.csv", table);
  const auto done =
      desks.a.json({"import", "rental", table, "--map", (desks.folder / "table.toml").string()})
          .front();
  const std::string import = Desk::text_of(done, "import");
  CHECK_FALSE(has(said(desks.a.run({"show", "import", import})), kName));
  CHECK(desks.a.json({"list", "import"}).size() == 1);
  desks.a.run({"import", "--undo", import});
}

}  // namespace cunju::test
