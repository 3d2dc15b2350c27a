// SPDX-License-Identifier: Apache-2.0
//
// A person's request with the program: entered, identity checked, a copy given, an optional number
// taken out, the rest restricted with its reason, told on every computer, and lifted in the end.
#include <algorithm>
#include <filesystem>

#include "tests/support/member_names.h"
#include "tests/support/planted.h"
#include "tests/support/tiny_disk.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kIdentity = "11010519491231002X";
constexpr const char* kName = "吴小兰";
/// Ends in the same four.
constexpr const char* kOtherIdentity = "11010519551206002X";
constexpr const char* kLandlord = "孙房东";

/// A chair, a clerk and supervisor who may not read who asked, and the office.
struct SubjectDesks : ThreeDesks {
  SubjectDesks() {
    const std::string colleague = name_with(a, "clerk");
    REQUIRE_FALSE(colleague.empty());
    a.run({"member", "grant", colleague, "--role", "supervisor", "--yes"});
    a.run({"policy", "set", "chair", "scope:subject_requests", "read", "--yes"});
    a.run({"policy", "set", "clerk", "scope:subject_requests", "none", "--yes"});
    tenancy = a.add({"tenancy", "premises_id=FW002", std::string("tenant_name=") + kName,
                     "tenant_phone=13800000001", std::string("tenant_identity_number=") + kIdentity,
                     std::string("landlord_name=") + kLandlord, "landlord_phone=13900000002",
                     "start=2024-01-01", "state=active"});
    sync_all();
    request =
        a.add({"requests", "received_on=2026-01-10", "kinds+=access", "kinds+=delete",
               "asked_by=self", std::string("applicant=") + kName, "applicant_phone=13800000001",
               "identity_last4=002X", "due_on=2026-01-25", "state=received"});
  }
  void identify() const {
    a.run({"set", "requests", request, "identity_check=card_seen", "identity_checked_on=2026-01-10",
           "state=identified"});
  }
  /// The identity number is typed, and stands in no list of processes.
  RunResult typed(const Words& words) const {
    return run_program(program_path(), a.at_home(words),
                       {.environment = a.environment(),
                        .input = std::string(kIdentity) + "\n",
                        .kill_after = Milliseconds{0}});
  }
  Words copy_to(const std::string& to) const {
    return {"subject", "export", "--request", request, "--identity", "-", "--out", to};
  }
  Words restrict(Words more) const {
    Words out{"subject",    "restrict",    "--request", request,
              "--identity", kIdentity,     "--name",    kName,
              "--phone",    "13800000001", "--basis",   "个人信息保护法第四十七条"};
    out.insert(out.end(), more.begin(), more.end());
    return out;
  }
  Words correct(const std::string& registry, const std::string& record,
                const std::string& edit) const {
    return {"subject",   "correct", registry,     record,   edit,
            "--request", request,   "--identity", kIdentity};
  }
  std::size_t booked(const Desk& desk) const { return desk.json({"list", "disclosures"}).size(); }
  boost::json::object status(const Desk& desk) const {
    return desk.json({"subject", "status", request}).front();
  }
  std::string tenancy, request;
};

/// What is called "copy", or begins like it.
std::ptrdiff_t count_copies(const fs::path& folder) {
  return std::count_if(
      fs::directory_iterator(folder), fs::directory_iterator(),
      [](const auto& each) { return each.path().filename().string().starts_with("copy"); });
}

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

TEST_CASE("Wrong requests, persons and disks hand nothing out, and book nothing", "[subject]") {
  SubjectDesks desks;
  const std::size_t before = desks.booked(desks.a);
  const std::string copy = (desks.folder / "copy").string();
  const auto tried = [&](const char* option, const char* value, const std::string& request) {
    return Words{"subject", "export", "--request", request, option, value, "--out", copy};
  };
  // A state alone says nothing of how the identity was checked, nor does a check that failed.
  desks.a.run({"set", "requests", desks.request, "state=identified"});
  desks.a.run(tried("--identity", kIdentity, desks.request), 6);
  desks.a.run({"set", "requests", desks.request, "identity_check=failed"});
  desks.a.run(tried("--identity", kIdentity, desks.request), 6);
  desks.identify();
  desks.a.run(tried("--identity", kIdentity, "0000abcd"), 3);
  desks.a.run(tried("--identity", "110105194912310038", desks.request), 6);
  desks.a.run(tried("--identity", "110105194912310021", desks.request), 2);
  desks.a.run(tried("--name", kName, desks.request), 2);
  desks.a.run({"subject", "export", "--request", desks.request, "--identity", kIdentity}, 2);
  desks.a.run({"subject", "export", "--identity", kIdentity, "--out", copy}, 2);
  desks.a.run({"subject", "lift", "0000abcd", "--reason", "r", "--basis", "b"}, 3);
  CHECK_FALSE(fs::exists(copy));
  // Who may not read who asked can't write it either: nothing is handed out.
  desks.sync_all();
  desks.b.run(tried("--identity", kIdentity, desks.request), 5);
  CHECK_FALSE(fs::exists(copy));
  CHECK(count_copies(fs::path(copy).parent_path()) == 0);
  TinyDisk disk;
  std::size_t failed = 0;
  if (disk.mounted()) {
    disk.fill(0);
    const std::string full = (disk / "copy").string();
    desks.a.run(
        {"subject", "export", "--request", desks.request, "--identity", kIdentity, "--out", full},
        7);
    CHECK_FALSE(fs::exists(full));
    CHECK(count_copies(fs::path(full).parent_path()) == 0);
    // Either is booked before it begins; one that fails is nobody's any more.
    for (const auto& each : desks.a.json({"list", "disclosures", "kind=person_copy"})) {
      CHECK(Desk::text_of(each.at("fields").as_object(), "copy") == "destroyed");
      ++failed;
    }
    const std::string out = (disk / "export").string();
    desks.a.run({"export", "--out", out, "--to", "住建局", "--purpose", "检查"}, 7);
    const auto entries = desks.a.json({"list", "disclosures", "recipient=住建局"});
    REQUIRE(entries.size() == 1);
    CHECK(Desk::text_of(entries[0].at("fields").as_object(), "copy") == "destroyed");
    ++failed;
  } else {
    WARN("no tmpfs here: the full disk was left out");
  }
  CHECK(desks.booked(desks.a) == before + failed);
  CHECK(desks.status(desks.a).at("outcome").as_array().empty());
}

TEST_CASE("Who may not read who asked does nothing under a request", "[subject]") {
  SubjectDesks desks;
  desks.identify();
  const std::string erasure = Desk::text_of(
      desks.a.json(desks.restrict({"--reason", "内容有争议", "--yes"})).front(), "erasure");
  const std::string second =
      desks.a.add({"tenancy", "premises_id=FW003", std::string("tenant_name=") + kName,
                   std::string("tenant_identity_number=") + kIdentity, "state=active", "--readmit",
                   erasure.substr(0, 8), "--basis", "新租约"});
  desks.sync_all();
  const std::string before = desks.b.state_hash();
  Words correct = desks.correct("tenancy", second, "tenant_phone=13800000003");
  correct.emplace_back("--yes");
  Words erase = desks.restrict({"--yes"});
  erase[1] = "erase";
  for (const Words& words : {desks.copy_to((desks.folder / "copy").string()), correct,
                             desks.restrict({"--reason", "r", "--yes"}), erase,
                             Words{"subject", "lift", erasure, "--reason", "r", "--basis", "b",
                                   "--request", desks.request, "--yes"},
                             Words{"subject", "close", desks.request, "done"},
                             Words{"subject", "close", desks.request, "refused", "--refusal",
                                   "other", "--reason", "r"}}) {
    CAPTURE(words[1]);
    const RunResult result = run_program(program_path(), desks.b.at_home(words),
                                         {.environment = desks.b.environment(),
                                          .input = std::string(kIdentity) + "\n",
                                          .kill_after = Milliseconds{0}});
    CHECK(result.exit_code == 5);
  }
  CHECK(desks.b.state_hash() == before);
}

TEST_CASE("A request is carried out for the person that it names, and for nobody who is like them",
          "[subject]") {
  SubjectDesks desks;
  const std::string other =
      desks.a.add({"tenancy", "premises_id=FW004", "tenant_name=周大伟", "tenant_phone=13800000004",
                   std::string("tenant_identity_number=") + kOtherIdentity, "state=active"});
  desks.a.run({"set", "requests", desks.request, "identity_last4="});
  desks.identify();
  int copies = 0;
  const auto tried = [&](Words person, int exit_code) {
    CAPTURE(person);
    const std::string copy = (desks.folder / ("copy" + std::to_string(++copies))).string();
    Words words{"subject", "export", "--request", desks.request, "--out", copy};
    words.insert(words.end(), person.begin(), person.end());
    desks.a.run(words, exit_code);
    CHECK(fs::exists(copy) == (exit_code == 0));
  };
  const auto set = [&](const char* edit) { desks.a.run({"set", "requests", desks.request, edit}); };
  // Nothing to hold the number against.
  tried({"--identity", kIdentity}, 6);
  set("identity_last4=002x");
  tried({"--identity", kIdentity}, 0);
  // The same four, and another's name in the record; or a record that nobody has.
  tried({"--identity", kOtherIdentity}, 6);
  tried({"--identity", "11010519551214002X"}, 6);
  tried({"--name", "周大伟", "--phone", "13800000004"}, 6);
  tried({"--identity", kOtherIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);
  set("applicant=吴　小 兰");
  tried({"--name", kName, "--phone", "13800000001"}, 0);
  tried({"--identity", kIdentity}, 0);
  // The same four, the applicant's own name typed, and another's record; a namesake's telephone.
  tried({"--identity", kOtherIdentity, "--name", kName, "--phone", "13800000001"}, 6);
  tried({"--name", kName, "--phone", "13800000077"}, 6);
  // An agent's four say nothing of whom the agent asks for.
  set("asked_by=agent");
  set("applicant=孙代理");
  tried({"--name", "孙代理", "--phone", "13800000001"}, 6);
  tried({"--identity", kIdentity}, 6);
  set("person=周大伟");
  tried({"--identity", kIdentity}, 6);
  tried({"--identity", kIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);
  set("identity_last4=1234");
  tried({"--identity", kOtherIdentity}, 0);
  // A telephone number that the request does not have is anybody's.
  tried({"--name", "周大伟", "--phone", "13800000004"}, 6);
  tried({"--identity", kOtherIdentity, "--name", "周大伟", "--phone", "13800000004"}, 6);

  // What is corrected is a record of that person; looking and doing end alike.
  set("person=吴小兰");
  const auto corrected = [&](const std::string& registry, const std::string& record,
                             const std::string& edit, int exit_code) {
    CAPTURE(registry, edit);
    Words words = desks.correct(registry, record, edit);
    const RunResult shown = desks.a.run(words, exit_code);
    words.emplace_back("--yes");
    const RunResult done = desks.a.run(words, exit_code);
    CHECK((shown.err.find("提醒") == std::string::npos) ==
          (done.err.find("提醒") == std::string::npos));
    return shown;
  };
  corrected("tenancy", other, "tenant_phone=", 6);
  corrected("requests", desks.request, "due_on=2027-01-01", 6);
  corrected("tenancy", desks.tenancy, "no_such_field=1", 2);
  corrected("tenancy", desks.tenancy, "state=draft", 2);
  CHECK(desks.a.field("tenancy", desks.tenancy, "state") == "active");
  CHECK(corrected("tenancy", desks.tenancy, "start=春天", 0).err.find("提醒") != std::string::npos);
  CHECK(desks.a.field("tenancy", other, "tenant_phone") == "13800000004");
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
