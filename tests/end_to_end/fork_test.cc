// SPDX-License-Identifier: Apache-2.0
//
// A laptop that was restored from an old copy and written on before it had met anybody: its key has
// signed two different changes, all see both branches, an officer says which one stands, and the
// clerk goes on with a new key.
#include <filesystem>

#include "tests/support/member_names.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

struct ForkDesks : ThreeDesks {
  /// The office may have had what the clerk's laptop said before it was set back.
  explicit ForkDesks(bool office_had_it) {
    id = a.add({"rental", "premises_id=FW001", "address=幸福里1号", "status=在租"});
    sync_all();
    const std::string copy = b.home() + ".copy";
    fs::copy(b.home(), copy, fs::copy_options::recursive);
    b.run({"set", "rental", id, "address=幸福里2号"});
    if (office_had_it) {
      sync_all();
    } else {
      sync_colleague();
    }
    fs::remove_all(b.home());
    fs::rename(copy, b.home());
    b.run({"set", "rental", id, "address=幸福里3号"});
    lost = b.add({"rental", "premises_id=FW002", "address=幸福里4号", "status=在租"});
    if (!office_had_it) sync_colleague();
    sync_all();
  }
  std::vector<boost::json::object> branches(const Desk& desk) {
    std::vector<boost::json::object> out = desk.json({"key"});
    std::erase_if(out, [](const auto& entry) { return !entry.contains("branch"); });
    return out;
  }

  std::string key_of_colleague() {
    for (const auto& member : a.json({"member", "list"}))
      if (boost::json::serialize(member.at("roles")) == R"(["clerk"])")
        return boost::json::value_to<std::string>(member.at("devices").as_array().front());
    return "";
  }
  std::string name_of_office() {
    for (const auto& member : a.json({"member", "list"}))
      if (boost::json::serialize(member.at("roles")).find("office") != std::string::npos)
        return Desk::text_of(member, "name");
    return "";
  }

  std::string id, lost;
};

}  // namespace

TEST_CASE("A restored laptop forks its key: both branches are kept and the clerk gets a new key",
          "[fork]") {
  ForkDesks desks(false);
  const std::string request = desks.b.home() + ".request";
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    CHECK(desk->json({"status"}).front().at("forked").as_object().size() == 1);
    CHECK(desks.branches(*desk).size() == 2);
    // Nobody else rests on either branch, so what stood before shows.
    CHECK(desk->field("rental", desks.id, "address") == "幸福里1号");
    CHECK(desk->json({"late"}).size() == 3);
  }
  const RunResult frozen = desks.b.run({"set", "rental", desks.id, "address=幸福里5号"}, 6);
  CHECK(frozen.err.find("key replace") != std::string::npos);

  // Without --yes nothing is changed.
  CHECK_FALSE(desks.b.json({"key", "replace", "--out", request}).front().at("done").as_bool());
  CHECK_FALSE(fs::exists(request));
  CHECK(desks.b.json({"key", "replace", "--out", request, "--yes"}).front().at("done").as_bool());
  std::string first;
  for (const auto& branch : desks.branches(desks.a)) {
    if (Desk::number_of(branch, "changes") == 1) first = Desk::text_of(branch, "branch");
  }
  REQUIRE_FALSE(first.empty());
  // Somebody has to say which branch is to stand.
  desks.a.run({"key", "admit", request, "--yes"}, 2);
  desks.a.run({"doctor"}, 1);
  Words admit{"key", "admit", request, "--branch", first.substr(0, 12)};
  const auto planned = desks.a.json(admit).front();
  CHECK(planned.at("announced_stands").as_bool());
  CHECK(Desk::text_of(planned, "branch_after") == first);
  CHECK(planned.at("enters").as_array().size() == 1);
  admit.emplace_back("--yes");
  CHECK(desks.a.json(admit).front().at("done").as_bool());
  // Asked again it says so, and writes nothing.
  CHECK(desks.a.json(admit).front().at("unchanged").as_bool());
  desks.sync_all();
  // Nothing is left to be done about the old key, so nobody is alarmed.
  desks.a.run({"doctor"});
  CHECK(desks.a.json({"status"}).front().at("forked").as_object().empty());
  CHECK(desks.a.json({"status"}).front().at("forked_replaced").as_object().size() == 1);
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    CHECK(desk->field("rental", desks.id, "address") == "幸福里2号");
    CHECK(desk->json({"late"}).size() == 2);
  }
  // The clerk writes again, and what lay on the other branch is taken in.
  desks.b.run({"set", "rental", desks.id, "address=幸福里6号"});
  for (const auto& late : desks.a.json({"late"})) {
    if (Desk::text_of(late, "record") != desks.lost) continue;
    desks.a.run({"late", "admit", Desk::text_of(late, "change"), "--yes"});
  }
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    CHECK(desk->field("rental", desks.id, "address") == "幸福里6号");
    CHECK(desk->field("rental", desks.lost, "address") == "幸福里4号");
  }
  const std::string out = (desks.folder / "export").string();
  desks.o.run({"export", "--out", out});
  const RunResult verified = run_program(program_path(), {"verify", out});
  CHECK(verified.exit_code == 0);
  CHECK(verified.out.find("分叉") != std::string::npos);
}

TEST_CASE("The quorum's draft says which branch stands, and who can publish it is told", "[fork]") {
  ForkDesks desks(false);
  const std::string key = desks.key_of_colleague().substr(0, 12), who = name_with(desks.a, "clerk");
  const std::string draft = (desks.folder / "draft.txt").string();
  const std::string request = desks.b.home() + ".request";
  desks.b.run({"key", "replace", "--out", request, "--yes"});
  desks.a.run({"quorum", "set", "文书甲", desks.name_of_office(), "--threshold", "2", "--yes"});
  desks.sync_all();
  // Nothing of a branch stands, so somebody has to say which one is to.
  desks.a.run({"quorum", "draft", draft, "--retire", key}, 2);
  std::string wanted;
  for (const auto& branch : desks.branches(desks.a))
    if (Desk::number_of(branch, "changes") == 1) wanted = Desk::text_of(branch, "branch");
  REQUIRE_FALSE(wanted.empty());
  // A branch of a log that the draft does not cut would say nothing.
  desks.a.run({"quorum", "draft", draft, "--grant", "文书甲=grid", "--branch", wanted}, 2);
  const auto shown =
      desks.a.json({"quorum", "draft", draft, "--retire", key, "--branch", wanted.substr(0, 12)})
          .front();
  const auto& device = shown.at("devices").as_array().front().as_object();
  CHECK(Desk::text_of(device, "branch_now").empty());
  CHECK(Desk::text_of(device, "branch_after") == wanted);
  CHECK(device.at("enters").as_array().size() == 1);
  desks.o.run({"quorum", "sign", draft, "--yes"});
  // The colleague has the file as well, and can't publish what is the chair's to publish.
  const RunResult frozen = desks.b.run({"quorum", "publish", draft, "--yes"}, 5);
  CHECK(frozen.err.find("草案写明由 文书甲") != std::string::npos);
  CHECK(frozen.err.find("文书甲") != std::string::npos);
  CHECK(frozen.err.find("见证") == std::string::npos);
  CHECK(desks.a.json({"quorum", "publish", draft, "--yes"}).back().at("done").as_bool());
  desks.sync_all();
  CHECK(desks.o.field("rental", desks.id, "address") == "幸福里2号");
  // It is the chair's to publish, and the chair has published it.
  desks.o.run({"quorum", "publish", draft, "--yes"}, 5);
  CHECK(desks.a.run({"quorum", "publish", draft, "--yes"}, 6).err.find("重新起草") !=
        std::string::npos);

  // The old key is out of use, so nobody has to say where it ends.
  desks.a.run({"key", "admit", request, "--keep", "1"}, 2);
  desks.a.run({"key", "admit", request, "--yes"});
  desks.sync_all();
  const std::string second = desks.key_of_colleague().substr(0, 12);
  desks.a.run({"key", "revoke", second, "--keep", "5"}, 2);
  desks.a.run({"key", "revoke", second, "--yes"});
  const RunResult retired = desks.a.run({"key", "admit", request, "--yes"}, 6);
  CHECK(retired.err.find("停用过") != std::string::npos);
  desks.a.run({"member", "remove", who, "--yes"});
  const RunResult gone = desks.a.run({"key", "admit", request, "--yes"}, 6);
  CHECK(gone.err.find("已不在名册里") != std::string::npos);
  CHECK(gone.err.find("invite") != std::string::npos);
}

TEST_CASE("What the office had acknowledged of a laptop that was set back stays in force",
          "[fork]") {
  ForkDesks desks(true);
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    CHECK(desk->json({"status"}).front().at("forked").as_object().size() == 1);
    CHECK(desk->field("rental", desks.id, "address") == "幸福里2号");
    CHECK(desk->json({"late"}).size() == 2);
    // Whichever branch came first there, nothing that was acknowledged is missing.
    const std::string out = desk->home() + ".export";
    desk->run({"export", "--out", out});
    CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  }
  // Every act that cuts the log shows which branch stands now, and which one afterwards.
  std::string acknowledged;
  for (const auto& branch : desks.branches(desks.a))
    if (Desk::number_of(branch, "standing") > 0) acknowledged = Desk::text_of(branch, "branch");
  REQUIRE_FALSE(acknowledged.empty());
  const std::string who = name_with(desks.a, "clerk");
  for (const Words& words :
       {Words{"member", "remove", who}, Words{"member", "end", who, "--role", "clerk"},
        Words{"handover", who, "--to", "文书甲"}}) {
    CAPTURE(words.front());
    const auto planned = desks.a.json(words).front();
    REQUIRE(planned.at("devices").as_array().size() == 1);
    const auto& device = planned.at("devices").as_array().front().as_object();
    CHECK(Desk::text_of(device, "branch_now") == acknowledged);
    CHECK(Desk::text_of(device, "branch_after") == acknowledged);
    CHECK(device.at("announced_stands").as_bool());
    CHECK(device.at("leaves").as_array().empty());
    const std::string said = desks.a.run(words).out;
    CHECK(said.find("现在：分支 " + acknowledged.substr(0, 8)) != std::string::npos);
    CHECK(said.find("办理之后：分支 " + acknowledged.substr(0, 8)) != std::string::npos);
  }
  // So nobody has to say which branch is to stand.
  const std::string request = desks.b.home() + ".request";
  desks.b.run({"key", "replace", "--out", request, "--yes"});
  CHECK(desks.a.json({"key", "admit", request, "--yes"}).front().at("done").as_bool());
  desks.sync_all();
  CHECK(desks.o.field("rental", desks.id, "address") == "幸福里2号");
  desks.b.run({"set", "rental", desks.id, "address=幸福里6号"});
  desks.sync_all();
  CHECK(desks.a.field("rental", desks.id, "address") == "幸福里6号");
}

}  // namespace cunju::test
