// SPDX-License-Identifier: Apache-2.0
//
// A person's request with the program: entered, identity checked, a copy given, an optional number
// taken out, the rest restricted with its reason, told on every computer, and lifted in the end.
#include <filesystem>
#include <set>

#include "tests/end_to_end/subject_desks.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

bool has_text(const boost::json::object& object, const char* key, const char* text) {
  for (const auto& each : object.at(key).as_array())
    if (each.as_string() == text) return true;
  return false;
}

}  // namespace

TEST_CASE("A tenant's request goes from the desk to every computer, and names her to nobody else",
          "[subject]") {
  SubjectDesks desks;
  const std::string copy = (desks.folder / "copy").string();
  // Nothing is handed out before the identity was checked.
  CHECK(desks.typed(desks.copy_to(copy)).exit_code == 6);
  CHECK_FALSE(fs::exists(copy));
  const auto waiting = desks.a.json({"subject", "list"});
  REQUIRE(waiting.size() == 1);
  CHECK(waiting[0].at("overdue").as_bool());
  CHECK(Desk::text_of(waiting[0], "applicant") == kName);
  desks.identify();
  const RunResult found = desks.typed({"subject", "find", "--identity", "-", "--json"});
  const auto places = Desk::parse_lines(found.out).front();
  REQUIRE(places.at("records").as_array().size() == 1);
  CHECK(Desk::text_of(places.at("records").as_array()[0].as_object(), "record") == desks.tenancy);

  const std::size_t before = desks.booked(desks.a);
  const RunResult given = desks.typed(desks.copy_to(copy));
  INFO(given.err);
  REQUIRE(given.exit_code == 0);
  CHECK(desks.booked(desks.a) == before + 1);
  for (const char* name : {"personal_data.txt", "personal_data.csv", "personal_data.json"}) {
    CAPTURE(name);
    const fs::path file = fs::path(copy) / name;
    CHECK((fs::status(file).permissions() & fs::perms::all) ==
          (fs::perms::owner_read | fs::perms::owner_write));
    const std::string text = read_text_file(file.string());
    CHECK(text.find(kName) != std::string::npos);
    CHECK(text.find("13800000001") != std::string::npos);
  }
  check_absent(copy, {kLandlord, "13900000002"}, 3);
  CHECK(given.err.find("出租人") != std::string::npos);
  CHECK(desks.typed(desks.copy_to(copy)).exit_code == 6);
  CHECK(desks.booked(desks.a) == before + 1);

  // The optional number goes at once, by an ordinary edit.
  const Words correct = desks.correct("tenancy", desks.tenancy, "tenant_phone=");
  CHECK_FALSE(desks.a.json(correct).front().at("done").as_bool());
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone") == "13800000001");
  Words really = correct;
  really.emplace_back("--yes");
  CHECK(desks.a.json(really).back().at("done").as_bool());
  CHECK(desks.a.field("tenancy", desks.tenancy, "tenant_phone").empty());
  CHECK(desks.a.run({"history", "tenancy", desks.tenancy}).out.find("13800000001") !=
        std::string::npos);

  // The rest is kept for its period, and shown to nobody.
  desks.a.run(desks.restrict({"--yes"}), 2);
  const auto asked = desks.a.json(desks.restrict({"--reason", "诉讼时效未满", "--yes"})).front();
  const std::string erasure = Desk::text_of(asked, "erasure");
  desks.a.run({"show", "tenancy", desks.tenancy}, 3);
  desks.a.run({"subject", "close", desks.request, "partial"}, 2);
  desks.a.run(
      {"subject", "close", desks.request, "partial", "--refusal", "no_such", "--reason", "x"}, 2);
  desks.a.run({"subject", "close", desks.request, "partial", "--refusal", "retention", "--reason",
               "吴女士的租住登记在诉讼时效内", "--decided-by", "王主任"});
  CHECK(desks.a.json({"subject", "list"}).empty());
  CHECK(desks.a.json({"subject", "list", "--all"}).size() == 1);
  desks.a.run(desks.restrict({"--reason", "再来", "--yes"}), 6);
  desks.sync_all();

  // Whoever may not read who asked sees that it was asked, and what became of it.
  for (const Desk* desk : {&desks.b, &desks.o}) {
    CAPTURE(desk->home());
    const auto seen = desks.status(*desk);
    CHECK(Desk::text_of(seen, "state") == "partial");
    CHECK(Desk::text_of(seen, "applicant").empty());
    CHECK(seen.at("hidden").as_bool());
    for (const char* code : {"copy_given", "corrected", "restricted"})
      CHECK(has_text(seen, "outcome", code));
    CHECK(has_text(seen, "refusal", "retention"));
    CHECK(seen.at("disclosures").as_array().size() == 1);
    const std::string said = desk->run({"subject", "status", desks.request}).out +
                             desk->run({"disclose", "list"}).out +
                             desk->run({"show", "requests", desks.request}).out;
    for (const char* secret : {kName, kIdentity, "吴女士"})
      CHECK(said.find(secret) == std::string::npos);
    desk->run({"show", "tenancy", desks.tenancy}, 3);
    // The copy is named to whoever looks after the erasure, on every computer.
    const auto known = desk->json({"erase", "status", erasure}).front();
    const auto& copies = known.at("may_contain").as_array();
    REQUIRE(copies.size() == 1);
    CHECK(Desk::text_of(copies[0].as_object(), "kind") == "person_copy");
  }
  CHECK(Desk::text_of(desks.status(desks.a), "applicant") == kName);
  const std::string out = (desks.folder / "for_audit").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  check_absent(out, {kName, kIdentity, "吴女士"}, 3);
  // The office's own export is the office's in the ledger, and nobody's own use.
  const auto entries = desks.o.json({"list", "disclosures", "kind=export"});
  REQUIRE(entries.size() == 1);
  CHECK(Desk::text_of(entries[0].at("fields").as_object(), "recipient_kind") == "office");
}

TEST_CASE("A restriction is lifted by two members, and by nobody alone", "[subject]") {
  SubjectDesks desks;
  desks.identify();
  const std::string erasure = Desk::text_of(
      desks.a.json(desks.restrict({"--reason", "内容有争议", "--yes"})).front(), "erasure");
  desks.sync_all();
  desks.b.run({"show", "tenancy", desks.tenancy}, 3);
  const Words lift{"subject",
                   "lift",
                   erasure,
                   "--reason",
                   "争议解决",
                   "--basis",
                   "个人信息保护法第四十六条",
                   "--request",
                   desks.request};
  CHECK(desks.a.json(lift).front().at("lift").is_null());
  Words really = lift;
  really.emplace_back("--yes");
  const std::string lifting = Desk::text_of(desks.a.json(really).front(), "lift");
  desks.a.run({"erase", "approve", lifting, "--yes"});
  desks.a.run({"show", "tenancy", desks.tenancy}, 3);
  desks.sync_all();
  const auto approved = desks.b.json({"erase", "approve", lifting, "--yes"}).back();
  CHECK(Desk::text_of(approved, "state") == "lifted");
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b}) {
    CAPTURE(desk->home());
    CHECK(desk->field("tenancy", desks.tenancy, "tenant_name") == kName);
    const auto known = desk->json({"erase", "status", erasure}).front();
    CHECK(Desk::number_of(known, "restricted") == 0);
    CHECK(Desk::number_of(known, "lifted") > 0);
  }
  CHECK(has_text(desks.status(desks.a), "outcome", "lifted"));
  // There is nothing left to lift or to finish.
  desks.a.run(really, 6);
  CHECK(Desk::number_of(
            desks.a.json({"erase", "finish", erasure, "--reason", "r", "--basis", "b"}).front(),
            "parts") == 0);
  const std::string out = (desks.folder / "after").string();
  desks.a.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
}

TEST_CASE("A restriction says what is everybody's, and a closing forgets what it refuses no more",
          "[subject]") {
  SubjectDesks desks;
  desks.identify();
  desks.a.add({"minutes", "meeting_no=2026-04", "body=village_committee",
               "title=吴小兰 13800000001", "state=draft"});
  const RunResult shown = desks.a.run(desks.restrict({"--reason", "r"}));
  CHECK((shown.out + shown.err).find("大家的文件") != std::string::npos);
  desks.a.run({"subject", "close", desks.request, "refused"}, 2);
  desks.a.run({"subject", "close", desks.request, "refused", "--refusal", "identity", "--refusal",
               "other", "--reason", "证件不符"});
  const RunResult over = desks.a.run(desks.restrict({"--reason", "r"}), 6);
  CHECK(over.err.find("refusal= refusal_text=") != std::string::npos);
  desks.a.run({"set", "requests", desks.request, "state=identified"});
  desks.a.run(
      {"subject", "close", desks.request, "partial", "--refusal", "retention", "--reason", "未满"});
  CHECK(desks.status(desks.a).at("refusal").as_array().size() == 1);
  desks.a.run({"set", "requests", desks.request, "state=identified"});
  desks.a.run({"subject", "close", desks.request, "done"});
  CHECK(desks.status(desks.a).at("refusal").as_array().empty());
  CHECK(desks.a.field("requests", desks.request, "refusal_text").empty());

  const std::string nobody = desks.a.add(
      {"requests", "received_on=2026-01-10", "kinds+=restrict", "asked_by=self", "applicant=李四",
       "applicant_phone=13800000009", "due_on=2026-01-25", "state=received"});
  desks.a.run({"set", "requests", nobody, "identity_check=known", "state=identified"});
  const Words words{"subject",     "restrict", "--request", nobody,    "--name", "李四", "--phone",
                    "13800000009", "--reason", "r",         "--basis", "b",      "--yes"};
  desks.a.run({"subject", "list", "x", "y"}, 2);
  const RunResult none = desks.a.run(words, 3);
  CHECK(none.err.find("没有可以限制的记录") != std::string::npos);
}

TEST_CASE("That nothing is held is said only where all was read", "[subject]") {
  SubjectDesks desks;
  desks.identify();
  int asked = 0;
  const auto says_nothing_held = [&] {
    const std::string request = desks.a.add(
        {"requests", "received_on=2026-01-10", "kinds+=access", "asked_by=self", "applicant=李四",
         "applicant_phone=13800000009", "due_on=2026-01-25", "state=received"});
    desks.a.run({"set", "requests", request, "identity_check=known", "state=identified"});
    desks.a.run({"subject", "export", "--request", request, "--name", "李四", "--phone",
                 "13800000009", "--out",
                 (desks.folder / ("copy" + std::to_string(++asked))).string()});
    return has_text(desks.a.json({"subject", "status", request}).front(), "outcome",
                    "nothing_held");
  };
  CHECK(says_nothing_held());
  // What is restricted is read by no search, and may be this person's as well.
  desks.a.run(desks.restrict({"--reason", "内容有争议", "--yes"}));
  CHECK_FALSE(says_nothing_held());
}

TEST_CASE("What goes to others is booked for all to see, with whom and what for", "[subject]") {
  SubjectDesks desks;
  const std::string out = (desks.folder / "out").string();
  desks.a.run({"export", "--out", out, "--to", "住建局"}, 2);
  desks.a.run(
      {"export", "--out", out, "--to", "住建局", "--purpose", "检查", "--recipient-kind", "nobody"},
      2);
  CHECK(desks.booked(desks.a) == 0);
  desks.a.run({"export", "--out", out, "--to", "住建局", "--purpose", "消防检查", "--basis",
               "消防法", "--recipient-kind", "department"});
  desks.a.run({"export", "--out", out}, 6);
  CHECK(desks.booked(desks.a) == 1);
  desks.a.run({"disclose", "note", "--kind", "print", "--to", "派出所", "--purpose", "协查"});
  desks.a.run({"disclose", "note", "--kind", "oral", "--to", "派出所"}, 2);
  desks.a.run({"disclose", "note", "--kind", "print", "--to", "派出所", "--purpose", "协查",
               "--record", "tenancy/0000abcd"},
              3);
  desks.a.run({"disclose", "note", "--kind", "copy", "--recipient-kind", "judicial", "--to",
               "派出所", "--purpose", "协查", "--record", "tenancy/" + desks.tenancy});
  desks.sync_all();
  std::set<std::string> recipients;
  std::string office;
  bool has_export = false;
  for (const auto& line : desks.o.json({"disclose", "list"})) {
    if (line.contains("grant")) {
      CHECK(Desk::text_of(line, "role") == "office");
      CHECK(line.at("all_open").as_bool());
      CHECK(Desk::text_of(line, "purpose").empty());
      CHECK_FALSE(Desk::text_of(line, "by").empty());
      office = Desk::text_of(line, "name");
      continue;
    }
    recipients.insert(Desk::text_of(line, "recipient"));
    CHECK_FALSE(line.contains("records"));
    if (Desk::text_of(line, "kind") != "export") continue;
    has_export = true;
    CHECK(Desk::text_of(line, "purpose") == "消防检查");
    CHECK(has_text(line, "registries", "tenancy"));
  }
  CHECK(has_export);
  CHECK(recipients == std::set<std::string>{"住建局", "派出所"});
  REQUIRE_FALSE(office.empty());
  desks.a.run({"disclose", "note", "--kind", "grant", "--to", office, "--purpose", "街道汇总"});
  for (const auto& line : desks.a.json({"disclose", "list"}))
    if (line.contains("grant")) CHECK(Desk::text_of(line, "purpose") == "街道汇总");
  // What came back may contain nothing any more.
  const Words ask{"erase", "record", "tenancy", desks.tenancy, "--reason", "r", "--basis", "b"};
  const std::size_t all = desks.b.json(ask).front().at("may_contain").as_array().size();
  CHECK(all == 3);
  for (const auto& line : desks.a.json({"disclose", "list"}))
    if (line.contains("kind") && Desk::text_of(line, "kind") == "export")
      desks.a.run({"set", "disclosures", Desk::text_of(line, "disclosure"), "copy=returned"});
  desks.sync_all();
  CHECK(desks.b.json(ask).front().at("may_contain").as_array().size() == all - 1);
  CHECK(desks.a.json(ask).front().at("may_contain").as_array().size() == all - 1);
  // A scan that was opened here lies beside the home, and its computer remembers where.
  const std::string scan = (desks.folder / "合同.pdf").string();
  std::ofstream(scan, std::ios::binary) << "%PDF-1.7 " << std::string(1000, 'x');
  desks.a.run({"attach", "tenancy", desks.tenancy, "contract_scan", scan});
  desks.a.run({"open", "tenancy", desks.tenancy, "contract_scan", "--to",
               (desks.folder / "opened.pdf").string()});
  CHECK(desks.a.json(ask).front().at("may_contain").as_array().size() == all);
}

}  // namespace cunju::test
