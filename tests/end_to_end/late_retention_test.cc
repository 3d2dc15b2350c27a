// SPDX-License-Identifier: Apache-2.0
//
// With the program: a chair who is removed takes no retention along, no register stops being proof
// by that, and no later version lets a field go that had to be kept, unless it is meant.
#include <fstream>

#include "tests/support/desk_words.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

const Words kReasons{"--reason", "期满", "--basis", "第四十七条"};

/// A founder, and a second chair who is a clerk as well.
struct TwoChairs {
  TempFolder folder;
  Desk a{folder, "village"}, s{folder, "second"};

  TwoChairs() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, s, "clerk", "副主任");
    a.run({"member", "grant", "副主任", "--role", "chair", "--yes"});
    meet();
  }
  void meet() const {
    auto server = a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    for (int round = 0; round < 3; ++round) {
      s.run({"sync", address});
      if (a.state_hash() == s.state_hash()) break;
    }
    CHECK(server->stop() == 0);
  }
  /// What the second chair wrote since they met is late afterwards, as far as only a chair may.
  void end_chair() const {
    a.run({"member", "end", "副主任", "--role", "chair", "--yes"});
    meet();
  }
  std::string file(const std::string& text) const {
    const std::string out = (folder / ("d" + std::to_string(++files_) + ".toml")).string();
    std::ofstream(out) << "format = 1\nversion = 1\n" << text;
    return out;
  }
  std::string fam(const std::string& head, bool is_erasable = false) const {
    return file("id = \"fam\"\nlabel = \"户情\"\n" + head +
                "[[field]]\nid = \"no\"\nlabel = \"户号\"\n"
                "[[field]]\nid = \"x\"\nlabel = \"证据\"\n" +
                (is_erasable ? "erasable = true\n" : ""));
  }

 private:
  mutable int files_ = 0;
};

const std::string kForever = "[retention]\nclass = \"permanent\"\nrule = \"永久保存\"\n";

Words with_reasons(const Words& words, const Words& more = {}) {
  return with(with(words, kReasons), more);
}

}  // namespace

TEST_CASE("A late amendment goes on to keep what it kept, and who shortens it is told", "[erase]") {
  TwoChairs desks;
  const Desk &a = desks.a, &s = desks.s;
  s.run({"define", desks.file("amends = \"tenancy\"\n" + kForever)});
  const std::string id =
      s.add({"tenancy", "premises_id=F1", "tenant_name=吴小兰", "actual_end=2015-01-01"});
  const auto asked = s.json(with_reasons({"erase", "record", "tenancy", id}, {"--yes"})).front();
  CHECK(Desk::text_of(asked, "outcome") == "restrict");
  const std::string erasure = Desk::text_of(asked, "erasure");
  desks.end_chair();
  for (const Desk* desk : {&a, &s}) {
    CHECK(has(said(desk->run({"doctor"}, 1)), "修订是迟到的"));
    const Words finish = with_reasons({"erase", "finish", erasure});
    CHECK_FALSE(desk->json(finish).front().at("may_go").as_bool());
    CHECK(
        has(said(desk->run(with_reasons({"erase", "finish", erasure}, {"--yes"}), 6)), "永久保存"));
  }
  const std::string shorter = desks.file(
      "amends = \"tenancy\"\n[retention]\nclass = \"period\"\nrule = \"四年\"\nyears = 4\n"
      "from = \"actual_end\"\n");
  CHECK(has(said(a.run({"define", shorter}, 6)), "永久保存"));
  a.run({"define", shorter, "--yes"});
  desks.meet();
  const RunResult finish = s.run(with_reasons({"erase", "finish", erasure}));
  CHECK(has(said(finish), "永久保存"));
  CHECK(s.json(with_reasons({"erase", "finish", erasure})).front().at("may_go").as_bool());
}

TEST_CASE("What was entered in a ledger stays proof when its definition is late", "[erase]") {
  TwoChairs desks;
  const Desk &a = desks.a, &s = desks.s;
  s.run({"define", desks.fam("ledger = true\n" + kForever), "--yes"});
  const std::string id = s.add({"fam", "no=1", "x=凭据"});
  desks.end_chair();
  s.run({"remove", "fam", id}, 2);
  s.run(with_reasons({"erase", "record", "fam", id}), 6);
  CHECK(has(said(a.run({"doctor"}, 1)), "迟到的定义没有采用"));
  const std::string open = desks.fam("");
  CHECK(has(said(a.run({"define", open}, 6)), "不再是凭据"));
  a.run({"remove", "fam", id}, 2);
  a.run({"define", open, "--yes"});
  a.run({"remove", "fam", id});
}

TEST_CASE("A field is called erasable later only by who was told, and in no ledger", "[erase]") {
  TwoChairs desks;
  const Desk& a = desks.a;
  a.run({"define", desks.fam(kForever)});
  const std::string id = a.add({"fam", "no=1"});
  a.run({"set", "fam", id, "x=凭据"});
  const Words erase = with_reasons({"erase", "field", "fam", id, "x"});
  const auto outcome = [&] { return Desk::text_of(a.json(erase).front(), "outcome"); };
  CHECK(outcome() == "restrict");
  const std::string alone = desks.fam(kForever, true);
  const std::string before = a.state_hash();
  CHECK(has(said(a.run({"define", alone}, 6)), "“证据”从前随记录保管"));
  CHECK(a.state_hash() == before);
  CHECK(outcome() == "restrict");
  a.run({"define", alone, "--yes"});
  CHECK(outcome() == "erase");
  CHECK(has(Desk::text_of(a.json(erase).front(), "replaced_rule"), "永久保存"));
  const std::string ledger = "ledger = true\n" + kForever;
  a.run({"define", desks.fam(ledger), "--yes"});
  CHECK(has(said(a.run({"define", desks.fam(ledger, true), "--yes"}, 2)), "以后也不能"));
  a.run(erase, 6);
}

}  // namespace cunju::test
