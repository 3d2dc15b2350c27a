// SPDX-License-Identifier: Apache-2.0
//
// What keeps a record where its definition was taken away or shortened; what is said of who
// approves, and where from; and grounds that say nothing, or name somebody by a trick.
#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

void define_deeds(const Desk& desk, const TempFolder& folder, const std::string& kind) {
  const std::string file = (folder / "deeds.toml").string();
  std::ofstream(file) << "format = 1\nid = \"deeds\"\nversion = 1\nlabel = { zh = \"地契\" }\n"
                      << "display = [\"no\"]\n[retention]\nclass = \"" << kind
                      << "\"\nrule = { zh = \"" << (kind == "purge" ? "随时" : "永久保管")
                      << "\" }\n[[field]]\nid = \"no\"\nlabel = { zh = \"号\" }\n";
  desk.run({"define", file, "--yes"});
}

std::string definition_of_deeds(const Desk& desk) {
  for (const auto& each : desk.json({"define"}))
    if (Desk::text_of(each, "registry") == "deeds") return Desk::text_of(each, "record");
  FAIL("no definition");
  return {};
}

std::string ask(const Desk& desk, const std::string& registry, const std::string& record) {
  return Desk::text_of(
      desk.json(with({"erase", "record", registry, record}, with(kGrounds, {"--yes"}))).front(),
      "erasure");
}

const boost::json::object& first_record(const boost::json::object& answer) {
  return answer.at("records").as_array().front().as_object();
}

}  // namespace

TEST_CASE("To take a definition away makes nothing go that it kept", "[erase]") {
  PersonDesks desks;
  define_deeds(desks.a, desks.folder, "permanent");
  const std::string deed = desks.a.add({"deeds", "no=地字第一号"});
  const std::string before = ask(desks.a, "deeds", deed);
  desks.a.run({"remove", "definition", definition_of_deeds(desks.a), "--yes"});
  desks.sync_all();
  const Words finish = with({"erase", "finish", before}, kGrounds);
  const RunResult refused = desks.a.run(with(finish, {"--yes"}), 6);
  for (const char* words : {"登记簿现在没有定义", "永久保管"}) CHECK(has(said(refused), words));
  CHECK_FALSE(desks.a.json(finish).front().at("may_go").as_bool());
  // What is asked for against the rule says so to whoever approves, at every computer.
  desks.a.run(with(finish, {"--against-retention", "--yes"}));
  desks.sync_all();
  const std::string shown = said(desks.b.run({"erase", "approve", before}));
  for (const char* words : {"永久保管", "--against-retention", "地字第一号"})
    CHECK(has(shown, words));
  CHECK(first_record(desks.b.json({"erase", "approve", before}).front())
            .at("against_retention")
            .as_bool());
}

TEST_CASE("Whoever asks and whoever approves is told that a rule was shortened", "[erase]") {
  PersonDesks desks;
  define_deeds(desks.a, desks.folder, "permanent");
  const std::string deed = desks.a.add({"deeds", "no=地字第一号"});
  define_deeds(desks.a, desks.folder, "purge");
  const auto plan = desks.a.json(with({"erase", "record", "deeds", deed}, kGrounds)).front();
  CHECK(Desk::text_of(plan, "outcome") == "erase");
  CHECK(has(Desk::text_of(plan, "replaced_rule"), "永久保管"));
  const std::string erasure = ask(desks.a, "deeds", deed);
  desks.sync_all();
  CHECK(has(said(desks.b.run({"erase", "approve", erasure})), "现在的定义改短了"));
  CHECK(has(Desk::text_of(first_record(desks.b.json({"erase", "status", erasure}).front()),
                          "replaced_rule"),
            "永久保管"));
  // Where no rule was ever other, there is nothing to be told.
  CHECK(desks.a.json(with({"erase", "record", "rental", desks.other}, kGrounds))
            .front()
            .at("replaced_rule")
            .is_null());
}

TEST_CASE("Two approvals from one computer are called that, and so is who has none", "[erase]") {
  TempFolder folder;
  const Desk alone(folder, "alone");
  alone.run({"init", "--name", "独户村", "--code", "530102001202", "--clerk", "主任"});
  const std::string house = alone.add({"rental", "premises_id=FW1", "address=x"});
  const std::string erasure = ask(alone, "rental", house);
  alone.run({"erase", "approve", erasure, "--yes"});
  CHECK_FALSE(has(said(alone.run({"erase", "status", erasure})), "都在这台电脑上"));
  const std::string passphrase = (folder / "passphrase").string();
  std::ofstream(passphrase) << "第二个人的口令\n";
  alone.run({"member", "add", "--name", "监委", "--role", "supervisor", "--new-passphrase-file",
             passphrase, "--yes"});
  const auto as_second = [&](const Words& words) {
    Words all{"--home", alone.home(), "--clerk", "监委"};
    all.insert(all.end(), words.begin(), words.end());
    const RunResult result =
        run_program(program_path(), all,
                    {.environment = {{"CUNJU_PASSPHRASE_FILE", passphrase}, {"LC_ALL", "C.UTF-8"}},
                     .input = {}});
    CAPTURE(words, result.out, result.err);
    CHECK(result.exit_code == 0);
    return said(result);
  };
  // Before it is done, and afterwards to whoever looks.
  CHECK(has(as_second({"erase", "approve", erasure}), "都在这台电脑上"));
  as_second({"erase", "approve", erasure, "--yes"});
  const std::string shown = said(alone.run({"erase", "status", erasure}));
  for (const char* words : {"都在这台电脑上", "监委 名下没有自己的电脑"}) CHECK(has(shown, words));
  const auto known = alone.json({"erase", "status", erasure}).front();
  CHECK(known.at("approvers_here").as_array().size() == 2);
  CHECK(known.at("approvers_without_computer").as_array().size() == 1);
}

TEST_CASE("A computer that was met is one that was seen, though it signed nothing", "[erase]") {
  PersonDesks desks;
  const std::string erasure = ask(desks.a, "tenancy", desks.tenancy);
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.sync_all();
  desks.b.run({"erase", "approve", erasure, "--yes"});
  // The office has signed nothing and gives no receipt; the village has met it.
  {
    auto server = desks.a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    desks.b.run({"sync", address});
    CHECK(server->stop() == 0);
  }
  std::size_t waiting = 0;
  const auto known = desks.a.json({"erase", "status", erasure}).front();
  for (const auto& each : known.at("nodes").as_array()) {
    const auto& node = each.as_object();
    if (!node.at("confirmed_ms").is_null() || node.contains("let_go_ms")) continue;
    ++waiting;
    CHECK_FALSE(node.at("last_seen_ms").is_null());
  }
  CHECK(waiting > 0);
}

TEST_CASE("Grounds that say nothing are none, and nobody hides a name by a space", "[erase]") {
  PersonDesks desks;
  for (const char* blank : {"", " ", "\t", "　", "\u200b"}) {
    for (const Words& grounds : {Words{"--reason", blank, "--basis", "个保法"},
                                 Words{"--reason", "清理", "--basis", blank}}) {
      desks.a.run(with({"erase", "record", "tenancy", desks.tenancy}, with(grounds, {"--yes"})), 2);
      desks.a.run(with({"erase", "field", "tenancy", desks.tenancy, "tenant_phone"},
                       with(grounds, {"--yes"})),
                  2);
    }
  }
  for (const char* name : {"吴 小兰要求", "吴·小兰要求", "按吴　小　兰要求", "吴\u200b小兰"})
    for (const Words& who : {Words{"erase", "record", "tenancy", desks.tenancy},
                             Words{"erase", "person", "--name", kName, "--phone", kPhone}})
      desks.a.run(with(who, {"--reason", name, "--basis", "个保法", "--yes"}), 2);
  CHECK(desks.a.json({"erase", "status"}).empty());
  // A village called like somebody is not that person.
  const std::string house = desks.a.add({"rental", "premises_id=FW009", "owner_name=高山"});
  const auto reason = [&](const char* words, int exit_code) {
    desks.a.run({"erase", "record", "rental", house, "--reason", words, "--basis", "按规定"},
                exit_code);
  };
  reason("高山村委会要求", 0);
  reason("高山要求，高山村委会同意", 2);
  reason("高 山要求", 2);
}

TEST_CASE("Whoever takes back the erasure of a field names nobody of the record either",
          "[erase]") {
  PersonDesks desks;
  const std::string erasure =
      Desk::text_of(desks.a
                        .json(with({"erase", "field", "tenancy", desks.tenancy, "tenant_phone"},
                                   with(kGrounds, {"--carry", "--yes"})))
                        .front(),
                    "erasure");
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b}) {
    desk->run(
        {"erase", "withdraw", erasure, "--reason", std::string(kName) + "本人改主意", "--yes"}, 2);
    desk->run({"erase", "withdraw", erasure, "--reason", " ", "--yes"}, 2);
  }
  // The command that is printed for a refusal can be run with a reason put in.
  const std::string shown = said(desks.b.run({"erase", "approve", erasure}));
  CHECK(has(shown, "erase withdraw " + erasure.substr(0, 12) + " --reason TEXT"));
  desks.a.run({"erase", "withdraw", erasure, "--reason", "本人改主意", "--yes"});
}

}  // namespace cunju::test
