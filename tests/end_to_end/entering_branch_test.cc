// SPDX-License-Identifier: Apache-2.0
//
// With the program: what comes into force because a branch of a forked key stands is said and asked
// for as `late admit` does it.
#include <filesystem>
#include <fstream>

#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

void meet_village(const Desk& village, const Desk& guest) {
  auto server = village.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int round = 0; round < 2; ++round) guest.run({"sync", address});
  CHECK(server->stop() == 0);
}

struct TwoChairs {
  TwoChairs() {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, chair, "chair", "副主任");
  }
  TempFolder folder;
  Desk a{folder, "village"}, chair{folder, "chair"};
};

std::string fam_file(const Desk& desk, const std::string& id, const std::string& scope,
                     const std::string& kind) {
  const std::string file = desk.home() + "." + id + ".toml";
  std::ofstream(file) << "format = 1\nid = \"" << id
                      << "\"\nversion = 1\nlabel = \"户情\"\n[[field]]\nid = \"no\"\nlabel = "
                         "\"户号\"\n[[field]]\nid = \"x\"\nlabel = \"困难\"\nscope = \""
                      << scope << "\"\n[retention]\nclass = \"" << kind << "\"\nrule = \"按" << kind
                      << "\"\n";
  return file;
}

/// Two copies of a computer go on apart, one with a definition that gives nothing up, the other
/// with `words`, and meet the village one right after the other: it has stated neither branch
/// before it sees both. The record of the definition.
std::string fork_key(const Desk& village, const Desk& desk, const Words& words) {
  const std::string first = desk.home() + ".first", second = desk.home() + ".second";
  fs::copy(desk.home(), second, fs::copy_options::recursive);
  const auto defined = desk.json({"define", fam_file(desk, "gam", "family", "permanent")}).front();
  fs::rename(desk.home(), first);
  fs::rename(second, desk.home());
  desk.run(words);
  auto server = village.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  fs::rename(desk.home(), second);
  fs::rename(first, desk.home());
  desk.run({"sync", address});
  fs::rename(desk.home(), first);
  fs::rename(second, desk.home());
  desk.run({"sync", address});
  CHECK(server->stop() == 0);
  return Desk::text_of(defined, "record");
}

/// The command that has the branch stand on which the record does not lie.
Words revoke_for_branch_without(const Desk& village, const std::string& record) {
  std::string change;
  for (const auto& part : village.json({"late", "list"}))
    if (part.contains("seq") && Desk::text_of(part, "record") == record)
      change = Desk::text_of(part, "change");
  REQUIRE_FALSE(change.empty());
  std::vector<Words> out;
  for (const auto& each : village.json({"key"})) {
    if (!each.contains("branch")) continue;
    const Words revoke{"key", "revoke", Desk::text_of(each, "author"), "--branch",
                       Desk::text_of(each, "branch")};
    const RunResult planned = village.try_run(with(revoke, {"--json"}));
    // The computer's own key is forked as well, and is no clerk's. What comes into force is named.
    if (planned.exit_code != 3 && !has(planned, change)) out.push_back(revoke);
  }
  REQUIRE(out.size() == 1);
  return out.front();
}

}  // namespace

TEST_CASE("A branch that destroys an erasure's records comes into force only after that is said",
          "[erase]") {
  const bool is_taken_back = GENERATE(false, true);
  CAPTURE(is_taken_back);
  const TwoChairs desks;
  const Desk &a = desks.a, &chair = desks.chair;
  const std::string house = a.add({"rental", "premises_id=FW001", "address=七巷一号"});
  const Words ask = with(with({"erase", "record", "rental", house}, kGrounds), {"--yes"});
  const std::string erasure = Desk::text_of(a.json(ask).front(), "erasure");
  a.run({"erase", "approve", erasure, "--yes"});
  meet_village(a, chair);
  // The chair has not heard of it.
  if (is_taken_back) a.run({"erase", "withdraw", erasure, "--reason", "点错了", "--yes"});
  const std::string harmless = fork_key(a, chair, {"erase", "approve", erasure, "--yes"});
  const auto state = [&] {
    return Desk::text_of(a.json({"erase", "status", erasure}).front(), "state");
  };
  CHECK(state() == "hidden");
  Words revoke = revoke_for_branch_without(a, harmless);
  const std::string before = a.state_hash();
  if (is_taken_back) {
    for (const Words& more : {Words{}, Words{"--yes"}})
      CHECK(has(a.run(with(revoke, more), 6), "--taken-back"));
    revoke.emplace_back("--taken-back");
  }
  const RunResult shown = a.run(revoke);
  CHECK(has(shown, "各台电脑立即销毁"));
  CHECK(has(shown, house));
  const auto planned = a.json(revoke).back();
  CHECK_FALSE(planned.at("done").as_bool());
  const auto& erasures = planned.at("erasures").as_array();
  REQUIRE(erasures.size() == 1);
  CHECK(Desk::text_of(erasures.front().as_object(), "admitting") == "destroys");
  CHECK(Desk::text_of(erasures.front().as_object(), "erasure") == erasure);
  CHECK(a.state_hash() == before);
  CHECK(state() == "hidden");
  const RunResult done = a.run(with(revoke, {"--yes"}));
  CHECK(has(done, "各台电脑立即销毁"));
  CHECK(state() == "erased");
}

TEST_CASE("A branch with a definition that gives something up stands only where that is meant",
          "[scopes]") {
  const TwoChairs desks;
  const Desk &a = desks.a, &chair = desks.chair;
  a.run({"define", fam_file(a, "fam", "family", "permanent")});
  meet_village(a, chair);
  const std::string harmless =
      fork_key(a, chair, {"define", fam_file(chair, "fam", "open", "purge"), "--yes"});
  const Words revoke = revoke_for_branch_without(a, harmless);
  const std::string request = chair.home() + ".request";
  chair.run({"key", "replace", "--out", request, "--yes"});
  const Words admit{"key", "admit", request, "--branch", revoke.back()};
  const std::string before = a.state_hash();
  for (const Words& act : {revoke, admit}) {
    const RunResult shown = a.run(act, 6);
    CHECK(has(shown, "family"));
    CHECK(has(shown, "按permanent"));
    CHECK(has(shown, "没有办理"));
    const auto planned = a.json(act, 6).back();
    CHECK_FALSE(planned.at("done").as_bool());
    CHECK(boost::json::serialize(planned.at("definitions")) ==
          R"([{"registry":"fam","gives_up":["retention","scope:x"]}])");
    CHECK(boost::json::serialize(planned.at("gives_up")) == R"(["retention","scope:x"])");
  }
  CHECK(a.state_hash() == before);
  const auto done = a.json(with(admit, {"--yes"})).back();
  CHECK(done.at("done").as_bool());
  CHECK(boost::json::serialize(done.at("gives_up")) == R"(["retention","scope:x"])");
  a.run({"add", "fam", "no=1", "x=公开"});
}

}  // namespace cunju::test
