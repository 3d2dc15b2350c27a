// SPDX-License-Identifier: Apache-2.0
//
// A register of which a computer can read nothing is not an empty one: that something confidential
// is there, or waits in the late tray, is said to whoever may not read it, and nothing of what.
#include <fstream>

#include "tests/support/desk_words.h"
#include "tests/support/member_names.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

constexpr const char* kTopic = "滴水檐之争";

/// A chair who reads nothing of a wholly confidential register, its mediator, and a clerk.
struct TalkDesks {
  TempFolder folder;
  Desk a{folder, "village"}, m{folder, "mediator"}, n{folder, "clerk"};
  std::string record;

  TalkDesks() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, m, "mediator", "老何");
    pair_desks(a, n, "clerk", "新人");
    const std::string file = (folder / "talks.toml").string();
    std::ofstream(file) << "format = 1\nid = \"talks\"\nversion = 1\nlabel = { zh = \"谈话\" }\n"
                        << "scope = \"mediation\"\n[[field]]\nid = \"topic\"\nlabel = \"题\"\n";
    a.run({"define", file});
    a.run({"policy", "set", "mediator", "talks", "read,write", "--yes"});
    meet();
    record = m.add({"talks", std::string("topic=") + kTopic});
    meet();
  }
  void meet() const {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < 2; ++round)
      for (const Desk* desk : {&m, &n}) desk->run({"sync", address});
    CHECK(server->stop() == 0);
  }
};

std::int64_t hidden_in(const boost::json::object& answer, const char* scope) {
  const auto& hidden = answer.at("hidden").as_object();
  return hidden.contains(scope) ? hidden.at(scope).as_int64() : 0;
}

}  // namespace

TEST_CASE("A register that can't be read is not shown as an empty one", "[scopes]") {
  TalkDesks desks;
  for (const Desk* desk : {&desks.a, &desks.n}) {
    const std::string list = said(desk->run({"list", "talks"}));
    for (const char* words : {"共 0 条", "保密内容", "mediation 1 份"}) CHECK(has(list, words));
    CHECK_FALSE(has(list, desks.record.substr(0, 8)));
    // A program that counts lines counts records, and is warned beside them.
    const RunResult lines = desk->run({"list", "talks", "--json"});
    CHECK(lines.out.empty());
    CHECK(has(lines.err, "mediation 1 份"));
    CHECK(has(said(desk->run({"status"})), "mediation 1 份"));
    CHECK(hidden_in(desk->json({"status"}).front(), "mediation") == 1);
    // Of a register that has nothing to do with that scope there is nothing to be said.
    CHECK_FALSE(has(said(desk->run({"list", "minutes"})), "保密内容"));
  }
  // Whoever reads it is told of nothing that is not shown.
  const std::string read = said(desks.m.run({"list", "talks"}));
  CHECK(has(read, kTopic));
  CHECK_FALSE(has(read, "保密内容"));
  CHECK(desks.m.json({"status"}).front().at("hidden").as_object().empty());
}

TEST_CASE("The late tray says that something confidential waits, and nothing of what it is",
          "[scopes]") {
  TalkDesks desks;
  const std::string second = (desks.folder / "second").string();
  std::ofstream(second) << "另一位调解员的口令\n";
  desks.a.run({"member", "add", "--name", "老李", "--role", "mediator", "--new-passphrase-file",
               second, "--yes"});
  desks.meet();
  // Its author's role is ended before this comes.
  desks.a.run({"member", "end", "老何", "--role", "mediator", "--yes"});
  desks.m.run({"set", "talks", desks.record, "topic=后来又补的"});
  desks.meet();
  for (const Desk* desk : {&desks.a, &desks.n}) {
    const std::string list = said(desk->run({"late", "list"}));
    for (const char* words : {"老何", "保密内容（范围 mediation）", "请先让能看的人（老李）"})
      CHECK(has(list, words));
    CHECK_FALSE(has(list, "空的"));
    for (const std::string& secret :
         {desks.record.substr(0, 8), std::string("后来又补的"), std::string("谈话")})
      CHECK_FALSE(has(list, secret));
    const auto lines = desk->json({"late", "list"});
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().at("registry").is_null());
    CHECK(lines.front().at("record").is_null());
    CHECK(Desk::text_of(lines.front(), "scope") == "mediation");
    CHECK(Desk::number_of(desk->json({"status"}).front(), "late") == 1);
  }
  // Who shares the chair's computer reads it there; who lost the role is told no more than others.
  Words all{"--home", desks.a.home(), "--clerk", "老李", "late", "list"};
  const RunResult read = run_program(
      program_path(), all,
      {.environment = {{"CUNJU_PASSPHRASE_FILE", second}, {"LC_ALL", "C.UTF-8"}}, .input = {}});
  CHECK(has(said(read), "谈话 " + desks.record.substr(0, 8)));
  CHECK_FALSE(has(said(desks.m.run({"late", "list"})), desks.record.substr(0, 8)));
  CHECK_FALSE(has(said(desks.a.run({"late", "list"})), desks.record.substr(0, 8)));
  // And the chair, who alone may, admits what others have read.
  CHECK(has(said(desks.a.run({"late", "admit", "all"})), "这里看不到写了什么"));
  desks.a.run({"late", "admit", "all", "--yes"});
  CHECK(desks.a.json({"late", "list"}).empty());
  const RunResult shown = run_program(
      program_path(), {"--home", desks.a.home(), "--clerk", "老李", "show", "talks", desks.record},
      {.environment = {{"CUNJU_PASSPHRASE_FILE", second}, {"LC_ALL", "C.UTF-8"}}, .input = {}});
  CHECK(has(said(shown), "后来又补的"));
}

}  // namespace cunju::test
