// SPDX-License-Identifier: Apache-2.0
//
// With the program: nobody takes the last away who can hand a confidential register's key over,
// unless it is said, and a laptop that was taken out comes back with the keys that lie on it.
#include "tests/support/mediator_desks.h"

namespace cunju::test {
namespace {

const Words kGrant{"member", "grant", "新人", "--role", "mediator", "--yes"};
const Words kRemove{"member", "remove", "老何", "--yes"};

Words with(Words words, const std::string& option) {
  words.push_back(option);
  return words;
}

/// Refused, with and without --yes, in words that say what to do, and nothing is written.
void check_refused(const MediatorDesks& desks, Words words) {
  const std::string before = desks.a.state_hash();
  for (const bool is_meant : {true, false}) {
    if (!is_meant) std::erase(words, "--yes");
    const RunResult refused = desks.a.run(words, 6);
    for (const char* part : {"人民调解", "没有改动任何数据", "--leave-unread"})
      CHECK(has(refused, part));
  }
  CHECK(desks.a.state_hash() == before);
}

std::string key_of(const Desk& desk, const std::string& name) {
  for (const auto& member : desk.json({"member", "list"}))
    if (Desk::text_of(member, "name") == name)
      return boost::json::value_to<std::string>(member.at("devices").as_array().front());
  FAIL("no such member");
  return {};
}

}  // namespace

TEST_CASE("The only reader's computer is not made to keep less unsaid, nor then let go",
          "[scopes]") {
  MediatorDesks desks;
  const Words narrow{"node", "scope", desks.node_of("老何"), "shell", "--yes"};
  check_refused(desks, narrow);
  CHECK(has(desks.a.run(with(narrow, "--leave-unread")), "钥匙在 老何 的电脑上"));
  desks.meet();
  CHECK_FALSE(desks.reads(desks.m));
  // The key lies there still, so the role and the line may go, and the person may not.
  desks.a.run({"policy", "set", "mediator", "scope:mediation", "none"});
  desks.a.run({"member", "end", "老何", "--role", "mediator"});
  check_refused(desks, kRemove);
  check_refused(desks, {"node", "retire", desks.node_of("老何"), "--yes"});
  // Nor before the successor and the computer with the key have met.
  desks.a.run(kGrant);
  CHECK(has(desks.a.run({"doctor"}, 1), "钥匙在 老何 的电脑上"));
  check_refused(desks, kRemove);
  desks.meet();
  CHECK(desks.reads(desks.n));
  desks.a.run(kRemove);
  CHECK(desks.unread(desks.a) == 0);
  desks.a.run({"doctor"});
}

TEST_CASE("Whoever was ended all the same is not removed before the key is handed over",
          "[scopes]") {
  MediatorDesks desks;
  desks.a.run({"member", "end", "老何", "--role", "mediator", "--leave-unread", "--yes"});
  check_refused(desks, kRemove);
  desks.a.run(kGrant);
  check_refused(desks, kRemove);
  desks.meet();
  desks.a.run(kRemove);
  CHECK(desks.reads(desks.n));
}

TEST_CASE("The only reader's only computer is not retired unsaid, and comes back by an invitation",
          "[scopes][pairing]") {
  MediatorDesks desks;
  const Words retire{"node", "retire", desks.node_of("老何"), "--yes"};
  check_refused(desks, retire);
  const auto plan = desks.a.json(with(retire, "--leave-unread")).front();
  const auto& readers = plan.at("readers").as_array().front().as_object();
  CHECK(boost::json::serialize(readers.at("loses")) == R"(["老何"])");
  CHECK(readers.at("readers").as_array().empty());
  // The wrap is there and the computer is not, so it is no reader's.
  CHECK(desks.unread(desks.a) == 1);
  const RunResult doctor = desks.a.run({"doctor"}, 1);
  for (const char* part : {"没有人能看", "老何 有权看", "重新邀请"}) CHECK(has(doctor, part));
  desks.invite_again();
  CHECK(desks.unread(desks.a) == 0);
  desks.a.run({"doctor"});
  desks.a.run(kGrant);
  desks.meet();
  CHECK(desks.reads(desks.n));
}

TEST_CASE("A removed reader's laptop comes back with its keys, and what it wrote is late",
          "[scopes][pairing]") {
  MediatorDesks desks;
  desks.a.run(with(kRemove, "--leave-unread"));
  const RunResult doctor = desks.a.run({"doctor"}, 1);
  for (const char* part : {"没有人能看", "重新邀请", "join"}) CHECK(has(doctor, part));
  // Nobody may read it, so a new key is not asked for: it would be for nobody.
  CHECK_FALSE(has(doctor, "scope open"));
  desks.a.run({"scope", "open", "mediation", "--yes"}, 3);
  // There everything is as it was, and nobody exchanges with it.
  CHECK(desks.reads(desks.m));
  const std::string out = desks.m.home() + ".export";
  desks.m.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
  const std::string late = desks.m.add({"mediation", "case_no=2026-2"});
  auto server = desks.a.serve();
  const RunResult away = desks.m.run({"sync", server->wait_until_listening()}, 8);
  for (const char* part : {"不认本机", "join"}) CHECK(has(away, part));
  CHECK(server->stop() == 0);
  desks.a.run(kGrant);
  desks.meet();
  CHECK_FALSE(desks.reads(desks.n));

  desks.invite_again("clerk");
  desks.meet();
  CHECK(desks.reads(desks.n));
  CHECK(desks.unread(desks.a) == 0);
  desks.a.run({"doctor"});
  std::size_t named = 0;
  for (const auto& member : desks.a.json({"member", "list"}))
    if (Desk::text_of(member, "name") == "老何") {
      ++named;
      CHECK(boost::json::serialize(member.at("roles")) == R"(["clerk"])");
      CHECK(member.at("devices").as_array().size() == 1);
    }
  CHECK(named == 1);
  CHECK(has(desks.a.run({"late", "list"}), late.substr(0, 12)));
  // It writes again, and all agree.
  desks.m.add({"rental", "premises_id=FW1", "address=东街"});
  desks.meet();
  CHECK(desks.m.state_hash() == desks.a.state_hash());
  CHECK(desks.n.state_hash() == desks.a.state_hash());
}

TEST_CASE("An invitation for another does not bring a laptop's owner back, and says whose it is",
          "[pairing]") {
  MediatorDesks desks;
  desks.a.run(with(kRemove, "--leave-unread"));
  const std::string file = desks.m.home() + ".other";
  desks.a.run({"invite", "--role", "mediator", "--name", "小王", "--out", file});
  CHECK(has(desks.m.run({"join", file}), "以前就在这个村"));
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  std::string words;
  for (const auto& event : desks.m.json({"sync", address}, 6))
    if (const auto* pairing = event.if_contains("pairing"))
      words = Desk::text_of(pairing->as_object(), "words");
  // Until the words are compared it is a stranger, and is told what to do.
  CHECK(has(desks.m.run({"sync", address}, 6), "join confirm"));
  const RunResult refused = desks.a.run({"invite", "confirm", words}, 6);
  for (const char* part : {"没有让任何人加入", "老何"}) CHECK(has(refused, part));
  CHECK(server->stop() == 0);
}

TEST_CASE("Whose computer an invitation without a name brings back is said before, and asked for",
          "[pairing]") {
  MediatorDesks desks;
  desks.a.run(kGrant);
  desks.meet();
  // It was made to keep less, and then its owner was removed.
  desks.a.run({"node", "scope", desks.node_of("老何"), "shell", "--yes"});
  desks.meet();
  desks.a.run(kRemove);
  const std::string file = desks.m.home() + ".again";
  desks.a.run({"invite", "--role", "clerk", "--out", file});
  desks.m.run({"join", file});
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.m.run({"sync", address}, 6);
  boost::json::object waiting;
  for (const auto& each : desks.a.json({"invite", "list"}))
    if (each.contains("returning")) waiting = each;
  const auto& returning = waiting.at("returning").as_object();
  CHECK(Desk::text_of(returning, "name") == "老何");
  CHECK(Desk::text_of(returning, "taken_out_by") == "文书甲");
  CHECK(returning.at("member_removed").as_bool());
  CHECK(Desk::number_of(returning, "taken_out_ms") > 0);
  const RunResult list = desks.a.run({"invite", "list"});
  for (const char* part : {"老何 原来的电脑", "文书甲 于"}) CHECK(has(list, part));
  const std::string words = Desk::text_of(waiting, "words");
  const std::string before = desks.a.state_hash();
  const RunResult asked = desks.a.run({"invite", "confirm", words}, 6);
  for (const char* part : {"老何 原来的电脑", "文书甲 于", "没有让任何人加入", "--yes"})
    CHECK(has(asked, part));
  CHECK(desks.a.state_hash() == before);
  const auto done = desks.a.json({"invite", "confirm", words, "--yes"}).front();
  CHECK(Desk::text_of(done, "name") == "老何");
  CHECK(done.at("came_back").as_bool());
  // It keeps no more than it did.
  CHECK(Desk::text_of(done, "replication") == "shell");
  CHECK(server->stop() == 0);
}

TEST_CASE("The only reader's key is not revoked unsaid, and is replaced without losing anything",
          "[scopes]") {
  MediatorDesks desks;
  check_refused(desks, {"key", "revoke", key_of(desks.a, "老何"), "--yes"});
  const std::string file = desks.m.home() + ".request";
  desks.m.run({"key", "replace", "--out", file, "--yes"});
  desks.a.run({"key", "admit", file, "--yes"});
  desks.a.run(kGrant);
  desks.meet();
  CHECK(desks.reads(desks.n));
  CHECK(desks.unread(desks.a) == 0);
  // Another reads it, so nothing is lost by this one.
  desks.a.run({"key", "revoke", key_of(desks.a, "新人"), "--yes"});
}

}  // namespace cunju::test
