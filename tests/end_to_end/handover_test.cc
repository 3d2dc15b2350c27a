// SPDX-License-Identifier: Apache-2.0
//
// A change of term with the program: the list says what will happen, one act passes the roles, what
// the old holder wrote offline waits in the late tray of every node, and every refusal changes
// nothing.
#include <filesystem>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

struct HandoverDesks : ThreeDesks {
  HandoverDesks() {
    house = a.add({"rental", "premises_id=FW001", "address=幸福里1号", "status=在租"});
    draft = a.add(
        {"minutes", "meeting_no=2026-01", "body=village_committee", "title=例会", "state=draft"});
    sync_all();
    b.run({"set", "rental", house, "address=幸福里2号"});
    sync_all();
    for (const auto& member : a.json({"member", "list"})) {
      const std::string roles = boost::json::serialize(member.at("roles"));
      const std::string name = Desk::text_of(member, "name");
      if (roles.find("office") != std::string::npos) office = name;
      if (roles == R"(["clerk"])") {
        colleague = name;
        key = boost::json::value_to<std::string>(member.at("devices").as_array().front());
      }
    }
    REQUIRE_FALSE(key.empty());
    REQUIRE_FALSE(office.empty());
  }
  void check_address(const std::string& value, std::size_t late) {
    for (const Desk* desk : {&a, &b, &o}) {
      CAPTURE(desk->home());
      CHECK(desk->field("rental", house, "address") == value);
      CHECK(desk->json({"late"}).size() == late);
    }
  }
  std::string roles_of(const std::string& name) {
    for (const auto& member : a.json({"member", "list"}))
      if (Desk::text_of(member, "name") == name) return boost::json::serialize(member.at("roles"));
    return "";
  }
  /// Ends with that code, says that, and changes nothing.
  void check_refused(const Desk& desk, const Words& words, int exit_code, const std::string& says) {
    const std::string before = desk.state_hash();
    const RunResult refused = desk.run(words, exit_code);
    CAPTURE(says, refused.err);
    CHECK(refused.err.find(says) != std::string::npos);
    CHECK(desk.state_hash() == before);
  }

  std::string house, draft, colleague, office, key;
};

}  // namespace

TEST_CASE("A clerk's term ends: the list comes first, and what was written offline is late",
          "[handover]") {
  HandoverDesks desks;
  const std::string before = desks.a.state_hash();
  const auto plan =
      desks.a.json({"handover", desks.colleague, "--to", desks.office, "--elected", "2020-02-25"})
          .front();
  CHECK_FALSE(plan.at("done").as_bool());
  CHECK(Desk::text_of(plan, "change").empty());
  CHECK(Desk::text_of(plan, "due") == "2020-03-06");
  CHECK(plan.at("overdue").as_bool());
  CHECK(plan.at("may_act").as_bool());
  REQUIRE(plan.at("devices").as_array().size() == 1);
  const boost::json::object& device = plan.at("devices").as_array().front().as_object();
  CHECK(Desk::text_of(device, "author") == desks.key);
  CHECK(Desk::number_of(device, "keep") == 1);
  // The office's node has acknowledged what the colleague wrote.
  CHECK(device.at("receipts").as_array().size() == 1);
  REQUIRE(plan.at("open").as_array().size() == 1);
  CHECK(Desk::text_of(plan.at("open").as_array().front().as_object(), "id") == desks.draft);
  CHECK(desks.a.state_hash() == before);
  const RunResult words = desks.a.run({"handover", desks.colleague, "--to", desks.office});
  for (const char* part : {"交接清单", "例会", "草稿", "还没有办理", "--yes", "sync"})
    CHECK(words.out.find(part) != std::string::npos);
  CHECK(words.out.find(Desk::text_of(device, "last").substr(0, 12)) != std::string::npos);

  // Offline, and not here when the act is signed.
  desks.b.run({"set", "rental", desks.house, "address=幸福里9号"});
  const auto done = desks.a
                        .json({"handover", desks.colleague, "--to", desks.office, "--elected",
                               "2020-02-25", "--until", "2025-02-24", "--yes"})
                        .front();
  CHECK(done.at("done").as_bool());
  CHECK_FALSE(done.at("earlier").as_bool());
  const boost::json::object& role = done.at("roles").as_array().front().as_object();
  CHECK(Desk::text_of(role, "role") == "clerk");
  CHECK(Desk::text_of(role, "term_from") == "2020-02-25");
  CHECK(Desk::text_of(role, "term_until") == "2025-02-24");
  desks.sync_all();
  desks.check_address("幸福里2号", 1);
  CHECK(desks.roles_of(desks.colleague) == "[]");
  desks.b.run({"set", "rental", desks.house, "address=幸福里3号"}, 5);
  // The late change is in the list of whoever asks again, and somebody admits it.
  const auto again = desks.o.json({"handover", desks.colleague, "--to", desks.office}).front();
  CHECK(again.at("earlier").as_bool());
  CHECK(Desk::text_of(again, "change") == Desk::text_of(done, "change"));
  CHECK(again.at("late").as_array().size() == 1);
  desks.a.run({"late", "admit", "all", "--yes"});
  desks.sync_all();
  desks.check_address("幸福里9号", 0);
  // The new holder goes on.
  desks.o.run({"set", "rental", desks.house, "address=幸福里4号"});
  desks.sync_all();
  desks.check_address("幸福里4号", 0);
  const std::string out = (desks.folder / "export").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
}

TEST_CASE("A chair hands over their own role, and the new chair acts on every node", "[handover]") {
  HandoverDesks desks;
  const Words words{"handover", "文书甲", "--to", desks.colleague, "--role", "chair", "--yes"};
  // An invitation that nobody has used is worth nothing when its author is no chair any more.
  const std::string invitation = (desks.folder / "unused.invitation").string();
  desks.a.run({"invite", "--role", "grid", "--out", invitation});
  const auto done = desks.a.json(words).front();
  CHECK(done.at("done").as_bool());
  CHECK(Desk::number_of(done, "invitations") == 1);
  CHECK(boost::json::serialize(done.at("kept_roles")) == R"(["clerk"])");
  CHECK(boost::json::serialize(done.at("read_only")) == R"(["definition","roster"])");
  desks.sync_all();
  CHECK(desks.roles_of("文书甲") == R"(["clerk"])");
  desks.check_refused(desks.a, {"member", "grant", desks.office, "--role", "auditor", "--yes"}, 5,
                      "");
  desks.b.run({"member", "grant", desks.office, "--role", "auditor", "--yes"});
  desks.a.run({"set", "rental", desks.house, "address=幸福里7号"});
  desks.sync_all();
  desks.check_address("幸福里7号", 0);
  // Once more: it is done, nothing changes, and the list comes out again.
  const std::string before = desks.a.state_hash();
  const auto again = desks.a.json(words).front();
  CHECK(again.at("earlier").as_bool());
  CHECK(Desk::text_of(again, "change") == Desk::text_of(done, "change"));
  CHECK(boost::json::serialize(again.at("devices").as_array().front().as_object().at("keep")) ==
        boost::json::serialize(done.at("devices").as_array().front().as_object().at("keep")));
  CHECK(desks.a.run({"handover", "文书甲", "--to", desks.colleague, "--role", "chair"})
            .out.find("早已办理过") != std::string::npos);
  CHECK(desks.a.state_hash() == before);
}

TEST_CASE("A handover that can't be is refused in a sentence, and nothing changes", "[handover]") {
  HandoverDesks desks;
  const std::string& to = desks.office;
  const std::string chair = "文书甲";
  desks.check_refused(desks.a, {"handover", "无此人", "--to", to, "--yes"}, 3, "member list");
  desks.check_refused(desks.a, {"handover", chair, "--to", "新人", "--yes"}, 3, "invite --role");
  desks.check_refused(desks.a, {"handover", chair, "--to", chair, "--yes"}, 2, "同一个人");
  desks.check_refused(desks.a, {"handover", chair, "--yes"}, 2, "--to");
  desks.check_refused(desks.a, {"handover", chair, "--to", to, "--role", "grid", "--yes"}, 3,
                      "chair（主任）");
  desks.check_refused(desks.a, {"handover", chair, "--to", to, "--elected", "24.3.1", "--yes"}, 2,
                      "2026-03-01");
  // Who may not change the roster sees the list, and who may.
  desks.check_refused(desks.b, {"handover", chair, "--to", to, "--yes"}, 5, "能办理的人：文书甲");
  const auto seen = desks.b.json({"handover", chair, "--to", to}).front();
  CHECK_FALSE(seen.at("may_act").as_bool());
  CHECK(seen.at("officers").as_array().size() == 1);
  // Nobody takes over without a key; here that would leave the roster to nobody.
  desks.a.run({"key", "revoke", desks.key.substr(0, 12), "--yes"});
  desks.check_refused(desks.a, {"handover", chair, "--to", desks.colleague, "--yes"}, 6,
                      "再没有人能改名册");
  CHECK(desks.a.run({"--lang", "en", "handover", chair, "--to", desks.colleague}, 6)
            .err.find("nobody could change the roster any more") != std::string::npos);
  CHECK(desks.roles_of(chair) == R"(["chair","clerk"])");
}

TEST_CASE("A frozen key hands nothing over, and its holder's roles can be handed over by another",
          "[handover]") {
  HandoverDesks desks;
  desks.a.run({"member", "grant", desks.colleague, "--role", "chair", "--yes"});
  desks.sync_all();
  const std::string copy = desks.b.home() + ".copy";
  fs::copy(desks.b.home(), copy, fs::copy_options::recursive);
  desks.b.run({"set", "rental", desks.house, "address=幸福里5号"});
  desks.sync_all();
  fs::remove_all(desks.b.home());
  fs::rename(copy, desks.b.home());
  desks.b.run({"set", "rental", desks.house, "address=幸福里6号"});
  desks.sync_all();
  desks.check_refused(desks.b, {"handover", desks.colleague, "--to", desks.office, "--yes"}, 6,
                      "key replace");
  // The office had acknowledged the first branch, so it is clear where the log is to end.
  const Words words{"handover", desks.colleague, "--to", desks.office, "--yes"};
  CHECK(desks.a.json(words).front().at("done").as_bool());
  desks.sync_all();
  CHECK(desks.roles_of(desks.colleague) == "[]");
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) CHECK(desk->json({"late"}).size() == 1);
}

}  // namespace cunju::test
