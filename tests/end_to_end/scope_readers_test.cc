// SPDX-License-Identifier: Apache-2.0
//
// Confidential registers with the program: nobody is left without a key unsaid, a scope of a
// village's own comes into use, and who reads a case is who can have it erased whole.
#include <fstream>

#include "tests/support/desk_words.h"
#include "tests/support/mediator_desks.h"
#include "tests/support/member_names.h"

namespace cunju::test {
namespace {

void define(const Desk& desk, const TempFolder& folder, int version, const std::string& scope,
            const Words& more, int exit_code) {
  const std::string file = (folder / "fam.toml").string();
  std::ofstream(file) << "format = 1\nid = \"fam\"\nversion = " << version
                      << "\nlabel = { zh = \"户情\", en = \"Families\" }\nhelp = { zh = \"记\" }\n"
                      << "[[field]]\nid = \"no\"\nlabel = { zh = \"户号\" }\n"
                      << "[[field]]\nid = \"x\"\nlabel = { zh = \"困难\", en = \"hardship\" }\n"
                      << (scope.empty() ? "" : "scope = \"" + scope + "\"\n");
  Words words{"define", file};
  words.insert(words.end(), more.begin(), more.end());
  const RunResult result = desk.run(words, exit_code);
  if (exit_code != 0) CHECK(has(result, "困难"));
}

}  // namespace

TEST_CASE("The only reader of a register is not let go before somebody else has the key",
          "[scopes]") {
  MediatorDesks desks;
  const std::string before = desks.a.state_hash();
  const Words handover{"handover", "老何", "--to", "新人", "--role", "mediator", "--yes"};
  for (const Words& act : {Words{"member", "end", "老何", "--role", "mediator"},
                           Words{"member", "end", "老何", "--role", "mediator", "--yes"},
                           Words{"member", "remove", "老何", "--yes"}, handover}) {
    const RunResult refused = desks.a.run(act, 6);
    for (const char* part : {"人民调解", "member grant", "scope list", "没有改动任何数据"})
      CHECK(has(refused, part));
    CHECK(has(refused, "老何 现在能看"));
  }
  // A role that reads nothing after the act helps nobody.
  const RunResult refused =
      desks.a.run({"policy", "set", "mediator", "scope:mediation", "none", "--yes"}, 6);
  CHECK(has(refused, "policy set ROLE scope:mediation read"));
  CHECK_FALSE(has(refused, "member grant"));
  CHECK(desks.a.state_hash() == before);
  CHECK(desks.unread(desks.a) == 0);
  // In the order that the sentence gives.
  desks.a.run({"member", "grant", "新人", "--role", "mediator", "--yes"});
  desks.a.run(handover, 6);
  desks.meet();
  const RunResult preview = desks.a.run({"member", "end", "老何", "--role", "mediator"});
  CHECK(has(preview, "办理后能看的：新人。"));
  const auto plan = desks.a.json({"member", "end", "老何", "--role", "mediator"}).front();
  const auto& readers = plan.at("readers").as_array().front().as_object();
  CHECK(boost::json::serialize(readers.at("loses")) == R"(["老何"])");
  CHECK(readers.at("readers").as_array().front().as_object().at("has_earlier").as_bool());
  desks.a.run(handover);
  desks.meet();
  CHECK(desks.reads(desks.n));
  CHECK(desks.unread(desks.n) == 0);
}

TEST_CASE("A reader who was ended all the same hands the keys over when they meet", "[scopes]") {
  MediatorDesks desks;
  const RunResult ended =
      desks.a.run({"member", "end", "老何", "--role", "mediator", "--leave-unread", "--yes"});
  CHECK(has(ended, "人民调解"));
  CHECK(desks.unread(desks.a) == 1);
  const RunResult doctor = desks.a.run({"doctor"}, 1);
  for (const char* part : {"人民调解", "没有人能看", "member grant", "老何"})
    CHECK(has(doctor, part));
  desks.a.run({"member", "grant", "新人", "--role", "mediator", "--yes"});
  CHECK(has(desks.a.run({"doctor"}, 1), "钥匙在 老何 的电脑上"));
  CHECK_FALSE(desks.reads(desks.n));
  desks.meet();
  CHECK(desks.reads(desks.n));
  CHECK(desks.unread(desks.a) == 0);
  CHECK_FALSE(has(desks.a.run({"doctor"}), "没有人能看"));
}

TEST_CASE("A handover at the giver's own computer hands the keys over with the roles", "[scopes]") {
  MediatorDesks desks;
  desks.a.run({"member", "grant", "老何", "--role", "chair", "--yes"});
  desks.meet();
  const RunResult done =
      desks.m.run({"handover", "老何", "--to", "新人", "--role", "mediator", "--yes"});
  CHECK(has(done, "钥匙已一并补发"));
  desks.meet();
  CHECK(desks.reads(desks.n));
  CHECK(desks.unread(desks.a) == 0);
}

TEST_CASE("A confidential scope of a village's own comes into use in the order that is said",
          "[scopes]") {
  ThreeDesks desks;
  define(desks.a, desks.folder, 1, "family", {}, 0);
  const RunResult early = desks.a.run({"add", "fam", "x=三口"}, 5);
  CHECK(has(early, "policy set 角色 scope:family read"));
  CHECK(has(desks.a.run({"scope", "open", "family"}, 3), "policy set ROLE scope:family read"));
  CHECK(has(desks.a.run({"scope", "list"}), "family"));
  desks.a.run({"policy", "set", "clerk", "scope:famly", "read"}, 3);
  desks.a.run({"policy", "set", "clerk", "scope:family", "read", "--yes"});
  const std::string id = desks.a.add({"fam", "no=1", "x=三口"});
  desks.sync_all();
  CHECK(desks.b.field("fam", id, "x") == "三口");
  CHECK_FALSE(has(desks.o.run({"show", "fam", id}), "三口"));

  // A new version that opens the field is said to before, and only entered when that is meant.
  const std::string before = desks.a.state_hash();
  define(desks.a, desks.folder, 2, "", {}, 6);
  define(desks.a, desks.folder, 2, "rental_persons", {}, 6);
  CHECK(desks.a.state_hash() == before);
  define(desks.a, desks.folder, 2, "", {"--yes"}, 0);
  CHECK(desks.a.state_hash() != before);
  define(desks.a, desks.folder, 3, "family", {}, 0);
}

TEST_CASE("What was confidential does not go into the open by taking its definition away",
          "[scopes]") {
  ThreeDesks desks;
  define(desks.a, desks.folder, 1, "family", {}, 0);
  desks.a.run({"policy", "set", "clerk", "scope:family", "read", "--yes"});
  const std::string id = desks.a.add({"fam", "no=1", "x=三口"});
  std::string definition;
  for (const auto& each : desks.a.json({"define"}))
    if (Desk::text_of(each, "registry") == "fam") definition = Desk::text_of(each, "record");
  const std::string before = desks.a.state_hash();
  CHECK(has(desks.a.run({"remove", "definition", definition}, 6), "family"));
  desks.a.run({"remove", "fam", id, "--yes"}, 2);
  CHECK(desks.a.state_hash() == before);
  desks.a.run({"remove", "definition", definition, "--yes"});
  const std::string without = desks.a.state_hash();
  CHECK(has(desks.a.run({"set", "fam", id, "x=四口"}, 6), "define"));
  define(desks.a, desks.folder, 1, "", {}, 6);
  CHECK(desks.a.state_hash() == without);
  define(desks.a, desks.folder, 1, "family", {}, 0);
  desks.a.run({"set", "fam", id, "x=四口"});
  desks.sync_all();
  CHECK(desks.b.field("fam", id, "x") == "四口");
  CHECK_FALSE(has(desks.o.run({"show", "fam", id}), "四口"));
}

TEST_CASE("A field that a confidential register leaves out is told of, and so is its coming back",
          "[scopes]") {
  ThreeDesks desks;
  const std::string file = (desks.folder / "home.toml").string();
  const auto write = [&](const std::string& field, const Words& more, int exit_code) {
    std::ofstream(file) << "format = 1\nid = \"home\"\nversion = 1\nlabel = \"家\"\n"
                        << "scope = \"family\"\n[[field]]\nid = \"no\"\nlabel = \"户号\"\n"
                        << field;
    Words words{"define", file};
    words.insert(words.end(), more.begin(), more.end());
    const RunResult result = desks.a.run(words, exit_code);
    if (exit_code != 0) CHECK(has(result, "困难"));
  };
  const std::string note = "[[field]]\nid = \"note\"\nlabel = \"困难\"\n";
  write(note, {}, 0);
  write("", {}, 6);
  write("", {"--yes"}, 0);
  write(note + "scope = \"open\"\n", {}, 6);
  write(note, {}, 0);
}

TEST_CASE("A reader whose only computer keeps what is open is not counted on", "[scopes]") {
  MediatorDesks desks;
  const std::string node = desks.node_of("新人");
  desks.a.run({"node", "scope", node, "shell", "--yes"});
  const RunResult granted = desks.a.run({"member", "grant", "新人", "--role", "mediator", "--yes"});
  for (const char* part : {"不保存保密内容", "node scope NODE full"}) CHECK(has(granted, part));
  desks.meet();
  const Words end{"member", "end", "老何", "--role", "mediator", "--yes"};
  const RunResult refused = desks.a.run(end, 6);
  for (const char* part : {"办理后能看的：没有人", "人民调解", "没有改动任何数据"})
    CHECK(has(refused, part));
  desks.a.run({"node", "scope", node, "full", "--yes"});
  desks.meet();
  CHECK(has(desks.a.run(end), "办理后能看的：新人。"));
  desks.meet();
  CHECK(desks.reads(desks.n));
}

TEST_CASE("Keys are shared again with who may read, and nothing is asked of a list", "[scopes]") {
  ThreeDesks desks;
  const std::string office = name_with(desks.a, "office");
  REQUIRE_FALSE(office.empty());
  CHECK(has(desks.a.run({"scope", "share", "--again", office}, 5), "不能查看任何保密范围"));
  CHECK(has(desks.a.run({"scope", "list", "--again", office}, 2), "--again"));
  // Who hands keys over is a line of the policy like any other.
  desks.a.run({"policy", "set", "clerk", "scopes", "read"});
}

TEST_CASE("A case is erased whole by who reads it, and not half by who does not", "[scopes]") {
  MediatorDesks desks("chair");
  const Words erase{"erase", "record",  "mediation", desks.record,          "--reason",
                    "r",     "--basis", "b",         "--against-retention", "--yes"};
  const std::string before = desks.a.state_hash();
  const RunResult refused = desks.a.run(erase, 6);
  for (const char* part : {"本机看不到", "调解员", "--readable-only"}) CHECK(has(refused, part));
  CHECK(desks.a.state_hash() == before);
  // The advice that `erase person` gives can be followed.
  desks.m.run({"erase", "person", "--name", kApplicant, "--phone", "13900000001", "--reason", "r",
               "--basis", "b"});
  const std::string erasure = Desk::text_of(
      [&] {
        Words words = erase;
        return desks.m.json(words).front();
      }(),
      "erasure");
  desks.meet();
  desks.a.run({"erase", "approve", erasure, "--yes"});
  desks.meet();
  desks.n.run({"erase", "approve", erasure, "--yes"});
  desks.meet();
  for (const Desk* desk : {&desks.a, &desks.m, &desks.n}) {
    const RunResult listed = desk->run({"list", "mediation"});
    CHECK_FALSE(has(listed, kApplicant));
    CHECK(has(listed, "共 0 条"));
    CHECK(has(listed, "另有 1 条"));
  }
}

TEST_CASE("What is another's of one party is neither taken out nor passed over", "[subject]") {
  ThreeDesks desks;
  desks.a.run({"member", "grant", "文书甲", "--role", "mediator", "--yes"});
  const std::string own = "吴小兰 13911111111 11010519491231002X";
  const std::string id =
      desks.a.add({"mediation", "case_no=1", "applicants+=上官某", "applicants+=" + own});
  const std::string request = desks.a.add({"requests", "received_on=2026-01-10", "kinds+=correct",
                                           "asked_by=self", "state=received", "applicant=吴小兰",
                                           "applicant_phone=13911111111", "identity_last4=002X"});
  desks.a.run({"set", "requests", request, "identity_check=card_seen",
               "identity_checked_on=2026-01-10", "state=identified"});
  const auto correct = [&](const Words& edits, int exit_code) {
    Words words{"subject", "correct", "mediation", id};
    words.insert(words.end(), edits.begin(), edits.end());
    words.insert(words.end(), {"--request", request, "--identity", "11010519491231002X", "--yes"});
    return desks.a.run(words, exit_code);
  };
  const std::string before = desks.a.state_hash();
  for (const Words& edits :
       {Words{"applicants-=上官某"}, Words{"applicants=吴晓兰"}, Words{"applicants=" + own}}) {
    const RunResult refused = correct(edits, 6);
    CHECK(has(refused, "里还有别人"));
    CHECK_FALSE(has(refused, "上官某"));
  }
  CHECK(desks.a.state_hash() == before);
  for (const Words& ask : {Words{"erase", "person"}, Words{"subject", "restrict"}}) {
    Words words = ask;
    words.insert(words.end(),
                 {"--identity", "11010519491231002X", "--reason", "r", "--basis", "b"});
    if (ask.front() == "subject") words.insert(words.end(), {"--request", request});
    const RunResult shown = desks.a.run(words);
    CHECK(has(shown, "同为“申请人”的其他人"));
    CHECK_FALSE(has(shown, "上官某"));
  }
  const RunResult corrected = correct({"applicants-=" + own, "applicants+=吴晓兰 13911111111"}, 0);
  CHECK(has(corrected, "其他人"));
  const RunResult now = desks.a.run({"show", "mediation", id});
  CHECK((has(now, "上官某") && has(now, "吴晓兰")));
}

}  // namespace cunju::test
