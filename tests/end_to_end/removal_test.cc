// SPDX-License-Identifier: Apache-2.0
//
// Taking rights away with the program: what was written beside it waits in the late tray of every
// node, a person with authority admits it, and the export verifies at each stage.
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

struct RemovalDesks : ThreeDesks {
  RemovalDesks() {
    id = a.add({"rental", "premises_id=FW001", "address=幸福里1号", "status=在租"});
    sync_all();
    b.run({"set", "rental", id, "address=幸福里2号"});
    sync_all();
    for (const auto& member : a.json({"member", "list"})) {
      if (Desk::text_of(member, "name") != "文书甲" &&
          boost::json::serialize(member.at("roles")).find("clerk") != std::string::npos) {
        colleague = Desk::text_of(member, "name");
        key = boost::json::value_to<std::string>(member.at("devices").as_array().front());
      }
    }
    REQUIRE_FALSE(key.empty());
  }
  void check_address(const std::string& value, std::size_t late) {
    for (const Desk* desk : {&a, &b, &o}) {
      CAPTURE(desk->home());
      CHECK(desk->field("rental", id, "address") == value);
      CHECK(desk->json({"late"}).size() == late);
    }
  }
  void check_export(const std::string& name) {
    const std::string out = (folder / name).string();
    o.run({"export", "--out", out});
    CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  }

  std::string id, colleague, key;
};

}  // namespace

TEST_CASE("A lost laptop's key is revoked, and what it wrote meanwhile waits in the late tray",
          "[removal]") {
  RemovalDesks desks;
  desks.b.run({"set", "rental", desks.id, "address=幸福里9号"});
  // Without --yes it says what it would do, and does nothing.
  const auto plan = desks.a.json({"key", "revoke", desks.key.substr(0, 12)}).front();
  CHECK_FALSE(plan.at("done").as_bool());
  CHECK(plan.at("devices").as_array().size() == 1);
  const auto done = desks.a.json({"key", "revoke", desks.key.substr(0, 12), "--yes"}).front();
  CHECK(done.at("done").as_bool());
  desks.sync_all();
  desks.check_address("幸福里2号", 1);
  desks.check_export("late");
  // The key is known, its owner still named, and it signs nothing more.
  bool is_retired = false;
  for (const auto& entry : desks.o.json({"key"}))
    if (Desk::text_of(entry, "author") == desks.key) is_retired = !entry.at("in_use").as_bool();
  CHECK(is_retired);
  desks.b.run({"set", "rental", desks.id, "address=幸福里3号"}, 5);
  // Somebody looks at it and admits it.
  const std::string late = Desk::text_of(desks.a.json({"late"}).front(), "change");
  desks.a.run({"late", "admit", late.substr(0, 10), "--yes"});
  desks.sync_all();
  desks.check_address("幸福里9号", 0);
  desks.check_export("admitted");
}

TEST_CASE("A role ends and a member leaves; both stay named in the history", "[removal]") {
  RemovalDesks desks;
  desks.a.run({"member", "end", desks.colleague, "--role", "clerk", "--yes"});
  desks.sync_all();
  desks.b.run({"set", "rental", desks.id, "address=幸福里5号"}, 5);
  desks.a.run({"member", "grant", desks.colleague, "--role", "clerk", "--yes"});
  desks.sync_all();
  desks.b.run({"set", "rental", desks.id, "address=幸福里6号"});
  desks.sync_all();
  desks.check_address("幸福里6号", 0);
  desks.a.run({"member", "remove", desks.colleague, "--yes"});
  CHECK(desks.a.json({"member", "list"}).size() == 2);
  bool is_named = false;
  for (const auto& change : desks.a.json({"history", "rental", desks.id}))
    is_named = is_named || Desk::text_of(change, "name") == desks.colleague;
  CHECK(is_named);
  CHECK(desks.a.field("rental", desks.id, "address") == "幸福里6号");
  // Whoever has not the right learns so, and nothing changes.
  desks.o.run({"member", "remove", "文书甲", "--yes"}, 5);
  desks.a.run({"member", "remove", "无此人", "--yes"}, 3);
}

TEST_CASE("Two of three overrule a chair who removed everybody else's rights", "[removal]") {
  RemovalDesks desks;
  // The founder makes the colleague chair as well, and names all three for recovery.
  std::string office;
  for (const auto& member : desks.a.json({"member", "list"}))
    if (boost::json::serialize(member.at("roles")).find("office") != std::string::npos)
      office = Desk::text_of(member, "name");
  desks.a.run({"member", "grant", desks.colleague, "--role", "chair", "--yes"});
  desks.a.run({"quorum", "set", "文书甲", desks.colleague, office, "--threshold", "2", "--yes"});
  desks.sync_all();
  CHECK(Desk::number_of(desks.o.json({"quorum"}).front(), "threshold") == 2);
  // The colleague takes the founder's role. The founder and the office give it back, and take his.
  desks.b.run({"member", "end", "文书甲", "--role", "chair", "--yes"});
  desks.sync_all();
  desks.a.run({"member", "end", desks.colleague, "--role", "chair", "--yes"}, 5);
  const std::string file = (desks.folder / "draft.txt").string();
  desks.o.run({"quorum", "draft", file, "--grant", "文书甲=chair", "--remove", desks.colleague,
               "--carrier", "文书甲"});
  // One signature is not enough, whoever publishes.
  desks.o.run({"quorum", "publish", file, "--yes"}, 5);
  CHECK_FALSE(desks.a.run({"quorum", "sign", file}).out.empty());
  CHECK(desks.a.json({"quorum", "sign", file, "--yes"}).front().at("signers").as_array().size() ==
        2);
  desks.a.run({"quorum", "publish", file, "--yes"});
  CHECK(desks.a.json({"member", "list"}).size() == 2);
  desks.a.run({"member", "grant", office, "--role", "auditor", "--yes"});
}

}  // namespace cunju::test
