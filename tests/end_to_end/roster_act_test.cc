// SPDX-License-Identifier: Apache-2.0
//
// Acts on the roster as a clerk meets them: nothing locks everybody out, a dry run says who may do
// it, a quorum's draft shows what it cuts, and what means nothing is refused.
#include "tests/support/member_names.h"

namespace cunju::test {
namespace {

/// One founder, alone.
struct LoneDesk {
  LoneDesk() : a(folder, "village") {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    key = boost::json::value_to<std::string>(
        a.json({"member", "list"}).front().at("devices").as_array().front());
  }
  TempFolder folder;
  Desk a;
  std::string key;
};

}  // namespace

TEST_CASE("A lone chair can't lock everybody out, by whatever verb", "[roster_act]") {
  LoneDesk desk;
  const std::string before = desk.a.state_hash();
  const std::string request = (desk.folder / "request").string();
  for (const Words& words : {Words{"member", "end", "文书甲", "--role", "chair", "--yes"},
                             Words{"member", "remove", "文书甲", "--yes"},
                             Words{"key", "revoke", desk.key.substr(0, 12), "--yes"},
                             Words{"key", "replace", "--out", request, "--yes"}}) {
    const RunResult refused = desk.a.run(words, 6);
    CHECK(refused.err.find("再没有人能改名册") != std::string::npos);
    CHECK(refused.err.find("member grant") != std::string::npos);
    CHECK(desk.a.state_hash() == before);
  }
  desk.a.run({"member", "grant", "文书甲", "--role", "auditor", "--yes"});
}

TEST_CASE("A village names at its founding who can overrule its founder", "[roster_act]") {
  TempFolder folder;
  Desk office(folder, "office"), village(folder, "village");
  office.run({"init", "--name", "街道", "--code", "530102001000", "--clerk", "街道甲"});
  const std::string key = boost::json::value_to<std::string>(
      office.json({"member", "list"}).front().at("devices").as_array().front());
  Words init{"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲", "--quorum"};
  auto with = [&](const Words& more) {
    Words out = init;
    out.insert(out.end(), more.begin(), more.end());
    return out;
  };
  for (const Words& wrong : {Words{key.substr(0, 12)}, Words{key, "--threshold", "3"},
                             Words{key, "--quorum", key}, Words{key, "--threshold", "0"}})
    village.run(with(wrong), 2);
  village.run(with({key}));
  const auto quorum = village.json({"quorum"}).front();
  CHECK(quorum.at("threshold").as_int64() == 2);
  CHECK(quorum.at("keys").as_array().size() == 2);
  // The founder's key alone changes it no more.
  village.run({"quorum", "set", "文书甲", "--threshold", "1", "--yes"}, 5);
}

TEST_CASE("A grant takes several roles, real days, and says when it changes nothing",
          "[roster_act]") {
  LoneDesk desk;
  desk.a.run({"member", "grant", "文书甲", "--role", "grid", "--from", "明天", "--yes"}, 2);
  desk.a.run({"member", "grant", "文书甲", "--role", "grid", "--role", "teller", "--yes"});
  const std::string roles =
      boost::json::serialize(desk.a.json({"member", "list"}).front().at("roles"));
  CHECK(roles.find("grid") != std::string::npos);
  CHECK(roles.find("teller") != std::string::npos);
  const std::string before = desk.a.state_hash();
  CHECK(desk.a.json({"member", "grant", "文书甲", "--role", "grid", "--yes"})
            .front()
            .at("unchanged")
            .as_bool());
  CHECK(desk.a.state_hash() == before);
  const auto note = desk.a.json({"member", "grant", "文书甲", "--role", "supervisor"}).front();
  CHECK_FALSE(note.at("both_sides").as_array().empty());
  // The list has every act with its id.
  // The founding, the first epochs of scopes, and the grant.
  CHECK(desk.a.json({"member", "history"}).size() == 3);
}

TEST_CASE("A dry run says who may do it, and a draft of the quorum what it cuts", "[roster_act]") {
  ThreeDesks desks;
  const std::string colleague = name_with(desks.a, "clerk"), office = name_with(desks.a, "office");
  const RunResult dry = desks.o.run({"member", "remove", colleague});
  CHECK(dry.out.find("您没有这项权限") != std::string::npos);
  CHECK(dry.out.find("文书甲") != std::string::npos);
  desks.a.run({"quorum", "set", "文书甲", office, "--threshold", "2", "--yes"});
  desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号", "status=在租"});
  desks.sync_all();
  const std::string file = (desks.folder / "draft.txt").string();
  desks.a.run({"quorum", "draft", file, "--remove", colleague});
  // The colleague goes on writing, and the office has it before it signs.
  desks.b.add({"rental", "premises_id=FW002", "address=幸福里2号", "status=在租"});
  desks.sync_all();
  const auto shown = desks.o.json({"quorum", "show", file}).front();
  REQUIRE(shown.at("devices").as_array().size() == 1);
  CHECK(Desk::number_of(shown.at("devices").as_array().front().as_object(), "late") == 1);
  CHECK(desks.o.run({"quorum", "sign", file}).out.find("本机收到的比草案保留的多") !=
        std::string::npos);
  // Whoever is not of the quorum signs nothing, and is counted nowhere.
  desks.b.run({"quorum", "sign", file, "--yes"}, 5);
  CHECK(desks.o.json({"quorum", "show", file}).front().at("signers").as_array().size() == 1);
  desks.a.run({"quorum", "publish", file, "--yes"}, 5);
  // What is voided has to be here.
  const std::string other = (desks.folder / "other.txt").string();
  desks.a.run({"quorum", "draft", other, "--void", "abc"}, 2);
  desks.a.run({"quorum", "draft", other, "--void", std::string(64, '0')}, 3);
  // The quorum changes who it is.
  desks.a.run(
      {"quorum", "draft", other, "--quorum", "文书甲", "--quorum", colleague, "--threshold", "1"});
  desks.o.run({"quorum", "sign", other, "--yes"});
  desks.a.run({"quorum", "publish", other, "--yes"});
  CHECK(Desk::number_of(desks.a.json({"quorum"}).front(), "threshold") == 1);
}

TEST_CASE("Who signs for recovery is told what the draft leaves out, and seals what is past",
          "[roster_act]") {
  ThreeDesks desks;
  const std::string colleague = name_with(desks.a, "clerk"), office = name_with(desks.a, "office");
  const std::string file = (desks.folder / "seal.txt").string();
  desks.a.run({"quorum", "set", "文书甲", office, "--threshold", "2", "--yes"});
  desks.sync_all();
  const std::string words = desks.o.run({"quorum", "draft", file, "--seal"}).out;
  CHECK(words.find("就此定局") != std::string::npos);
  desks.a.run({"member", "grant", colleague, "--role", "grid", "--yes"});
  const RunResult asked = desks.a.run({"quorum", "sign", file, "--yes"}, 6);
  CHECK(asked.err.find("--as-drafted") != std::string::npos);
  CHECK(desks.a.json({"quorum", "show", file}).front().at("signers").as_array().size() == 1);
  desks.a.run({"quorum", "sign", file, "--as-drafted", "--yes"});
  desks.sync_all();
  // The roster has moved on, and whoever publishes has written nothing on that.
  const RunResult published = desks.o.run({"quorum", "publish", file, "--yes"});
  CHECK(published.out.find("并列生效") != std::string::npos);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const std::string history = desk->run({"member", "history"}).out;
    CHECK(history.find("就此定局") != std::string::npos);
  }
  // Whoever publishes signs by that, and has to mean it as well.
  const std::string grant = (desks.folder / "grant.txt").string();
  desks.a.run({"quorum", "draft", grant, "--grant", colleague + "=teller", "--carrier", office});
  desks.a.run({"member", "grant", colleague, "--role", "supervisor", "--yes"});
  desks.sync_all();
  desks.o.run({"quorum", "publish", grant, "--yes"}, 6);
  desks.o.run({"quorum", "publish", grant, "--yes", "--as-drafted"});
  // Nobody signs for what has not come.
  desks.a.run({"member", "grant", colleague, "--role", "auditor", "--yes"});
  const std::string next = (desks.folder / "next.txt").string();
  desks.a.run({"quorum", "draft", next, "--seal"});
  desks.o.run({"quorum", "sign", next, "--yes"}, 6);
}

TEST_CASE("Who works on a computer goes on when the colleague who founded it is removed",
          "[roster_act]") {
  ThreeDesks desks;
  const std::string words = (desks.folder / "words").string();
  std::ofstream(words) << "文书乙的口令\n";
  desks.a.run(
      {"member", "add", "--name", "主任乙", "--role", "chair", "--new-passphrase-file", words});
  auto as_second = [&](Words arguments, int exit_code = 0) {
    const Words who{"--home", desks.a.home(), "--clerk", "主任乙"};
    arguments.insert(arguments.begin(), who.begin(), who.end());
    RunResult result = run_program(
        program_path(), arguments,
        {.environment = {{"CUNJU_PASSPHRASE_FILE", words}, {"LC_ALL", "C.UTF-8"}}, .input = {}});
    INFO(result.out << result.err);
    REQUIRE(result.exit_code == exit_code);
    return result;
  };
  desks.sync_all();
  as_second({"member", "grant", "主任乙", "--role", "clerk", "--yes"});
  as_second({"member", "remove", "文书甲", "--yes"});
  as_second({"add", "rental", "address=交接以后"});
  auto server = desks.b.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  as_second({"sync", address});
  CHECK(server->stop() == 0);
  CHECK(desks.b.run({"list", "rental"}).out.find("交接以后") != std::string::npos);
  desks.a.run({"add", "rental", "address=已被移出的人"}, 5);
}

TEST_CASE("A lost laptop is named when its key ends, and gets nothing more when it ends as well",
          "[roster_act]") {
  ThreeDesks desks;
  std::string key;
  for (const auto& member : desks.a.json({"member", "list"})) {
    const std::string roles = boost::json::serialize(member.at("roles"));
    if (roles.find("clerk") != std::string::npos && roles.find("chair") == std::string::npos)
      key = boost::json::value_to<std::string>(member.at("devices").as_array().front());
  }
  REQUIRE_FALSE(key.empty());
  const std::string plan = desks.a.run({"key", "revoke", key.substr(0, 12)}).out;
  const std::size_t at = plan.find("--node ");
  REQUIRE(at != std::string::npos);
  const std::string node = plan.substr(at + 7, 12);
  desks.a.run({"key", "revoke", key.substr(0, 12), "--node", "ffff", "--yes"}, 3);
  desks.a.run({"key", "revoke", key.substr(0, 12), "--node", node, "--yes"});
  desks.a.add({"rental", "address=停用以后的登记"});
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  desks.b.try_run({"sync", address});
  desks.o.run({"sync", address});
  CHECK(server->stop() == 0);
  CHECK(desks.o.run({"list", "rental"}).out.find("停用以后的登记") != std::string::npos);
  CHECK(desks.b.run({"list", "rental"}).out.find("停用以后的登记") == std::string::npos);
}

TEST_CASE("A policy line says what it takes before it is set, and cuts who loses it",
          "[roster_act]") {
  ThreeDesks desks;
  desks.b.add({"rental", "premises_id=FW001", "address=幸福里1号", "status=在租"});
  desks.sync_all();
  const std::string before = desks.a.state_hash();
  desks.a.run({"policy", "set", "clerk", "rental", "sing"}, 2);
  desks.a.run({"policy", "set", "singer", "rental", "read"}, 2);
  desks.a.run({"policy", "set", "clerk", "rentals", "read"}, 3);
  // Nobody could change the roster any more.
  desks.a.run({"policy", "set", "chair", "roster", "read", "--yes"}, 6);
  const auto planned = desks.a.json({"policy", "set", "clerk", "rental", "read"}).front();
  CHECK_FALSE(planned.at("done").as_bool());
  CHECK(boost::json::serialize(planned.at("takes")) == R"(["write"])");
  CHECK(planned.at("gives").as_array().empty());
  CHECK(planned.at("devices").as_array().size() == 2);
  CHECK(desks.a.state_hash() == before);
  desks.o.run({"policy", "set", "clerk", "rental", "read", "--yes"}, 5);
  CHECK(desks.a.json({"policy", "set", "clerk", "rental", "read", "--yes"})
            .front()
            .at("done")
            .as_bool());
  CHECK(desks.a.json({"policy", "set", "clerk", "rental", "read", "--yes"})
            .front()
            .at("unchanged")
            .as_bool());
  bool is_listed = false;
  for (const auto& line : desks.a.json({"policy"}))
    is_listed = is_listed || (Desk::text_of(line, "role") == "clerk" &&
                              Desk::text_of(line, "registry") == "rental" &&
                              boost::json::serialize(line.at("rights")) == R"(["read"])");
  CHECK(is_listed);
  // What was written beside it is late, and who has heard of it is refused.
  desks.b.add({"rental", "premises_id=FW002", "address=幸福里2号", "status=在租"});
  desks.sync_all();
  CHECK(desks.a.json({"late"}).size() == 1);
  desks.b.run({"add", "rental", "address=幸福里3号"}, 5);
  // To give something back cuts nobody.
  const auto wider =
      desks.a.json({"policy", "set", "clerk", "rental", "read,write", "--yes"}).front();
  CHECK(wider.at("devices").as_array().empty());
  CHECK(boost::json::serialize(wider.at("gives")) == R"(["write"])");
  desks.sync_all();
  desks.b.add({"rental", "premises_id=FW004", "address=幸福里4号", "status=在租"});
}

TEST_CASE("A node is retired without a key, and exchanges nothing any more", "[roster_act]") {
  ThreeDesks desks;
  std::string own, colleague;
  const auto nodes = desks.a.json({"node"});
  REQUIRE(nodes.size() == 3);
  for (const auto& node : nodes) {
    if (node.at("own").as_bool()) own = Desk::text_of(node, "node");
    if (!node.at("own").as_bool() && !node.at("witness").as_bool())
      colleague = Desk::text_of(node, "node");
  }
  REQUIRE_FALSE(colleague.empty());
  desks.a.run({"node", "retire", own, "--yes"}, 2);
  desks.a.run({"node", "retire", "abc"}, 2);
  desks.a.run({"node", "retire", std::string(64, '0')}, 3);
  CHECK_FALSE(desks.a.json({"node", "retire", colleague}).front().at("done").as_bool());
  CHECK(desks.a.json({"node", "retire", colleague.substr(0, 12), "--yes"})
            .front()
            .at("done")
            .as_bool());
  CHECK(desks.a.json({"node"}).size() == 2);
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address}, 8);
  desks.o.run({"sync", address});
  CHECK(server->stop() == 0);
}

}  // namespace cunju::test
