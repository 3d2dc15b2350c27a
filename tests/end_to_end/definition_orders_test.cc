// SPDX-License-Identifier: Apache-2.0
//
// With the program: no order of definitions of one register takes what is confidential into the
// open, or a record from under the rule that keeps it, unless somebody said that it is meant.
#include <fstream>

#include "tests/support/desk_words.h"
#include "tests/support/member_names.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// A chair who reads the scope "family" as clerk, a second chair, and an office that reads nothing.
struct Chairs {
  TempFolder folder;
  Desk a{folder, "village"}, s{folder, "second"}, o{folder, "office"};

  Chairs() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, s, "clerk", "副主任");
    pair_desks(a, o, "office", "街道");
    a.run({"member", "grant", "副主任", "--role", "chair", "--yes"});
    meet();
  }
  void meet() const {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < 3; ++round) {
      for (const Desk* desk : {&s, &o}) desk->run({"sync", address});
      if (a.state_hash() == s.state_hash() && a.state_hash() == o.state_hash()) break;
    }
    CHECK(server->stop() == 0);
  }
  /// x is in the scope; the registry in `home`. Empty: open.
  std::string file(const Desk& desk, const std::string& scope_of_x, const std::string& home = {},
                   const std::string& more = {}) const {
    const auto scope = [](const std::string& name) {
      return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
    };
    const std::string out = desk.home() + ".toml";
    std::ofstream(out)
        << "format = 1\nid = \"fam\"\nversion = 1\nlabel = \"户情\"\nkey = [\"no\"]\n"
        << scope(home) << more << "[[field]]\nid = \"no\"\nlabel = \"户号\"\n"
        << scope(home) << "[[field]]\nid = \"x\"\nlabel = \"困难\"\n"
        << scope(scope_of_x);
    return out;
  }
  RunResult define(const Desk& desk, const std::string& scope_of_x, int exit_code = 0,
                   const Words& more = {}) const {
    Words words{"define", file(desk, scope_of_x)};
    words.insert(words.end(), more.begin(), more.end());
    return desk.run(words, exit_code);
  }
  void let_clerks_read() const {
    a.run({"policy", "set", "clerk", "scope:family", "read", "--yes"});
  }
  static std::string definition_of(const Desk& desk) {
    for (const auto& each : desk.json({"define"}))
      if (Desk::text_of(each, "registry") == "fam") return Desk::text_of(each, "record");
    return {};
  }
  /// Whether everybody reads it: it stands in an export of the village's or of the office's.
  bool is_open(const std::string& words) {
    meet();
    bool out = false;
    for (const Desk* desk : {&a, &o}) {
      const std::string place = desk->home() + ".export" + std::to_string(++exports_);
      desk->run({"export", "--out", place});
      CHECK(run_program(program_path(), {"verify", place}).exit_code == 0);
      out = out || run_program("/bin/grep", {"-rqa", words, place}).exit_code == 0;
    }
    return out;
  }

 private:
  int exports_ = 0;
};

}  // namespace

TEST_CASE("A definition that comes back opens nothing that another kept confidential since",
          "[scopes]") {
  Chairs desks;
  const Desk& a = desks.a;
  desks.define(a, "");
  const std::string first = Chairs::definition_of(a);
  a.run({"remove", "definition", first});
  desks.define(a, "family");
  desks.let_clerks_read();
  const std::string id = a.add({"fam", "no=1", "x=SECRET1"});
  const RunResult restored = a.run({"set", "definition", first, "--restore"});
  // Which of the two is in use is chance; where it is the open one, that is said.
  if (Chairs::definition_of(a) == first) CHECK(has(restored, "仍在原来的保密范围"));
  a.run({"set", "fam", id, "x=SECRET2"});
  CHECK_FALSE(desks.is_open("SECRET"));
  CHECK(a.field("fam", id, "x") == "SECRET2");
  // The chair says that it is meant, and then it is.
  desks.define(a, "", 6);
  desks.define(a, "", 0, {"--yes"});
  a.run({"set", "fam", id, "x=PUBLIC3"});
  CHECK(desks.is_open("PUBLIC3"));
  CHECK_FALSE(desks.is_open("SECRET"));
}

TEST_CASE("Of two definitions that were written apart the confidential one counts, and it stays so",
          "[scopes]") {
  Chairs desks;
  const Desk& a = desks.a;
  desks.define(a, "family");
  desks.let_clerks_read();
  const std::string id = a.add({"fam", "no=1", "x=SECRET1"});
  const std::string scoped = Chairs::definition_of(a);
  desks.define(desks.s, "");
  const std::string open = Chairs::definition_of(desks.s);
  desks.meet();
  CHECK(has(a.run({"doctor"}, 1), "同一编号已有另一个定义"));
  a.run({"set", "fam", id, "x=SECRET2"});
  CHECK_FALSE(desks.is_open("SECRET"));
  // Without the confidential one the other is used, and it opens nothing.
  const std::string before = a.state_hash();
  const RunResult asked = a.run({"remove", "definition", scoped}, scoped < open ? 6 : 0);
  if (scoped < open) {
    CHECK(has(asked, open));
    CHECK_FALSE(has(asked, "不能再登记"));
    CHECK(a.state_hash() == before);
    a.run({"remove", "definition", scoped, "--yes"});
  }
  CHECK(Chairs::definition_of(a) == open);
  CHECK(has(a.run({"doctor"}, 1), "仍在原来的保密范围"));
  a.run({"set", "fam", id, "x=SECRET3"});
  desks.meet();
  desks.s.run({"set", "fam", id, "x=SECRET4"});
  CHECK_FALSE(desks.is_open("SECRET"));
  CHECK(a.field("fam", id, "x") == "SECRET4");
  desks.define(a, "", 0, {"--yes"});
  a.run({"doctor"});
  a.run({"set", "fam", id, "x=PUBLIC5"});
  CHECK(desks.is_open("PUBLIC5"));
}

TEST_CASE("To settle on the open one of two versions opens nothing, and says so", "[scopes]") {
  Chairs desks;
  const Desk& a = desks.a;
  a.run({"define", desks.file(a, "open")});
  const std::string definition = Chairs::definition_of(a);
  desks.meet();
  a.run({"define", desks.file(a, "family")});
  desks.let_clerks_read();
  const std::string id = a.add({"fam", "no=1", "x=SECRET1"});
  desks.s.run({"define", desks.file(desks.s, "")});
  desks.meet();
  const auto conflict = a.json({"conflicts"}).front();
  for (const auto& each : conflict.at("candidates").as_array()) {
    const auto& candidate = each.as_object();
    if (Desk::text_of(candidate, "value").find("family") != std::string::npos) continue;
    const std::string number = std::to_string(Desk::number_of(candidate, "n"));
    CHECK(has(a.run({"settle", "definition", definition, "source", "--take", number}),
              "仍在原来的保密范围"));
    break;
  }
  a.run({"set", "fam", id, "x=SECRET2"});
  CHECK_FALSE(desks.is_open("SECRET"));
}

TEST_CASE("Columns that a confidential register does not name don't leave it unsaid", "[scopes]") {
  Chairs desks;
  const Desk& a = desks.a;
  a.run({"define", desks.file(a, "", "family")});
  desks.let_clerks_read();
  const std::string csv = a.home() + ".csv", map = a.home() + ".map";
  std::ofstream(csv) << "户号,困难,走访情况\n1,三口,SECRETILL1\n";
  a.run({"import", "fam", csv, "--write-map", map, "--keep-all"});
  const std::string import =
      Desk::text_of(a.json({"import", "fam", csv, "--map", map}).front(), "import");
  // Each field is confidential by itself, and what has no name is in the open.
  const std::string next = a.home() + ".next.toml";
  std::ofstream(next) << "format = 1\nid = \"fam\"\nversion = 2\nlabel = \"户情\"\nkey = [\"no\"]\n"
                         "[[field]]\nid = \"no\"\nlabel = \"户号\"\nscope = \"family\"\n"
                         "[[field]]\nid = \"x\"\nlabel = \"困难\"\nscope = \"family\"\n";
  CHECK(has(a.run({"define", next}, 6), "定义没有写的所有内容"));
  std::ofstream(csv) << "户号,困难,走访情况\n3,五口,SECRETILL3\n";
  a.run({"import", "fam", csv, "--map", map});
  CHECK_FALSE(desks.is_open("SECRETILL"));

  // Where the definition is gone an import is not taken back either.
  const std::string definition = Chairs::definition_of(a);
  a.run({"remove", "definition", definition, "--yes"});
  const std::string before = a.state_hash();
  CHECK(has(a.run({"import", "--undo", import}, 6), "现在没有可用的定义"));
  CHECK(a.state_hash() == before);
  a.run({"set", "definition", definition, "--restore"});
  a.run({"import", "--undo", import});
}

TEST_CASE("A shorter retention is said and meant, and whoever approves is told of the one before",
          "[erase]") {
  Chairs desks;
  const Desk& a = desks.a;
  const auto kept = [&](const std::string& kind) {
    return desks.file(a, "", "",
                      "[retention]\nclass = \"" + kind + "\"\nrule = \"按" + kind + "\"\n");
  };
  a.run({"define", kept("permanent")});
  const std::string id = a.add({"fam", "no=1"});
  const std::string definition = Chairs::definition_of(a);
  const std::string before = a.state_hash();
  CHECK(has(a.run({"remove", "definition", definition}, 6), "按permanent"));
  const RunResult refused = a.run({"define", kept("purge")}, 6);
  CHECK(has(refused, "改短"));
  CHECK(has(refused, "按permanent"));
  CHECK(a.state_hash() == before);
  a.run({"define", kept("purge"), "--yes"});
  const Words erase{"erase", "record", "fam", id, "--reason", "本人要求", "--basis", "第四十七条"};
  CHECK(has(a.run(erase), "按permanent"));
  Words yes = erase;
  yes.push_back("--yes");
  const std::string erasure = Desk::text_of(a.json(yes).front(), "erasure");
  desks.meet();
  CHECK(has(desks.s.run({"erase", "approve", erasure}), "从前的规定是“按permanent”"));
}

}  // namespace cunju::test
