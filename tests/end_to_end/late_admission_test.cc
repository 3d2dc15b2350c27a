// SPDX-License-Identifier: Apache-2.0
//
// With the program: what comes into force by `late admit` is asked for like what is written anew.
#include <fstream>
#include <set>

#include "tests/end_to_end/person_desks.h"
#include "tests/support/desk_words.h"

namespace cunju::test {
namespace {

void exchange_with(const Desk& host, const Desk& guest) {
  auto server = host.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  for (int round = 0; round < 2; ++round) guest.run({"sync", address});
  CHECK(server->stop() == 0);
}

std::string write_definition(const Desk& desk, const std::string& scope) {
  const std::string file = desk.home() + ".toml";
  std::ofstream(file) << "format = 1\nid = \"fam\"\nversion = 1\nlabel = \"户情\"\nkey = "
                         "[\"no\"]\n[[field]]\nid = \"no\"\nlabel = \"户号\"\n[[field]]\nid = "
                         "\"x\"\nlabel = \"困难\"\nscope = \""
                      << scope << "\"\n";
  return file;
}

std::set<std::string> late_changes(const Desk& desk) {
  std::set<std::string> out;
  for (const auto& part : desk.json({"late", "list"}))
    if (part.contains("seq")) out.insert(Desk::text_of(part, "change"));
  return out;
}

}  // namespace

TEST_CASE("A late definition opens a field only where it was meant, and then it is asked for",
          "[scopes]") {
  const bool is_meant = GENERATE(true, false);
  CAPTURE(is_meant);
  TempFolder folder;
  const Desk a(folder, "village"), chair(folder, "chair"), office(folder, "office");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, chair, "chair", "副主任");
  pair_desks(a, office, "office", "街道");
  a.run({"define", write_definition(a, "family")});
  exchange_with(a, chair);
  exchange_with(a, office);
  const std::string open = write_definition(chair, "open");
  chair.run({"define", open}, 6);
  if (is_meant) {
    chair.run({"define", open, "--yes"});
  } else {
    // What opens nothing is asked for by nobody.
    std::ofstream(write_definition(chair, "family"), std::ios::app)
        << "[[field]]\nid = \"z\"\nlabel = \"备注\"\n";
    chair.run({"define", open});
  }
  exchange_with(office, chair);
  a.run({"member", "remove", "副主任", "--yes"});
  exchange_with(office, a);
  const std::set<std::string> late = late_changes(a);
  REQUIRE(late.size() == 1);
  const Words admit{"late", "admit", "all"};
  const std::string before = a.state_hash();
  const RunResult shown = a.run(admit, is_meant ? 6 : 0);
  CHECK(a.state_hash() == before);
  CHECK(has(shown, "family") == is_meant);
  const auto said_so = a.json(admit, is_meant ? 6 : 0).back();
  CHECK_FALSE(said_so.at("done").as_bool());
  CHECK(boost::json::serialize(said_so.at("gives_up")) == (is_meant ? R"(["scope:x"])" : "[]"));
  CHECK(boost::json::serialize(said_so.at("definitions")) ==
        (is_meant ? R"([{"registry":"fam","gives_up":["scope:x"]}])" : "[]"));
  const RunResult done = a.run(with(admit, {"--yes"}));
  CHECK(has(done, "family") == is_meant);
  CHECK(late_changes(a).empty());
  // It says how things are now: whether what is typed next stays confidential.
  const RunResult doctor = a.try_run({"doctor"});
  CHECK_FALSE(has(doctor, "仍在原来的保密范围"));
  CHECK((a.try_run({"add", "fam", "no=1", "x=困难户"}).exit_code == 0) == is_meant);
}

TEST_CASE("To settle or bring back an amendment that keeps records for less is asked for",
          "[erase]") {
  TempFolder folder;
  const Desk a(folder, "village"), chair(folder, "chair");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, chair, "chair", "副主任");
  const auto amendment = [](const Desk& desk, const std::string& kind) {
    const std::string file = desk.home() + ".amends";
    std::ofstream(file) << "format = 1\namends = \"minutes\"\nversion = 1\n[retention]\nclass = \""
                        << kind << "\"\nrule = \"按" << kind << "\"\n";
    return file;
  };
  const auto record_of = [&] {
    for (const auto& each : a.json({"define"}))
      if (Desk::text_of(each, "registry") == "minutes") return Desk::text_of(each, "record");
    return std::string();
  };
  a.run({"define", amendment(a, "purge"), "--yes"});
  const std::string record = record_of();
  // Bringing back.
  a.run({"remove", "definition", record});
  const std::string before = a.state_hash();
  CHECK(has(a.run({"set", "definition", record, "--restore"}, 6), "没有恢复"));
  CHECK(a.state_hash() == before);
  CHECK(has(a.run({"set", "definition", record, "--restore", "--yes"}), "改短"));
  // Settling.
  exchange_with(a, chair);
  a.run({"define", amendment(a, "permanent")});
  std::ofstream(chair.home() + ".amends")
      << "format = 1\namends = \"minutes\"\nversion = 2\n[retention]\nclass = \"purge\"\nrule = "
         "\"随时\"\n";
  chair.run({"define", chair.home() + ".amends"});
  exchange_with(a, chair);
  const auto conflict = a.json({"conflicts"}).front();
  std::string shorter;
  for (const auto& each : conflict.at("candidates").as_array())
    if (has(Desk::text_of(each.as_object(), "value"), "随时"))
      shorter = std::to_string(Desk::number_of(each.as_object(), "n"));
  REQUIRE_FALSE(shorter.empty());
  const Words settle{"settle", "definition", record, "source", "--take", shorter};
  const std::string unsettled = a.state_hash();
  CHECK(has(a.run(settle, 6), "按permanent"));
  CHECK(a.state_hash() == unsettled);
  a.run(with(settle, {"--yes"}));
  // --yes is for definitions alone.
  a.run({"set", "rental", "1234", "address=x", "--yes"}, 2);
}

TEST_CASE("An erased person does not come back by what a removed clerk had written", "[erase]") {
  PersonDesks desks;
  const Desk clerk(desks.folder, "away");
  pair_desks(desks.a, clerk, "clerk", "小张");
  desks.sync_all();
  exchange_with(desks.a, clerk);
  exchange_with(desks.a, clerk);
  const std::string erasure = Desk::text_of(
      desks.a.json(PersonDesks::ask({"--except", desks.minutes, "--yes"})).front(), "erasure");
  // The clerk is away and has heard of nothing.
  const std::string house =
      clerk.add({"rental", "premises_id=FW777", std::string("owner_identity_number=") + kIdentity});
  exchange_with(desks.o, clerk);
  desks.a.run({"member", "remove", "小张", "--yes"});
  desks.sync_all();
  REQUIRE_FALSE(late_changes(desks.a).empty());
  const Words admit{"late", "admit", "all"};
  const std::string before = desks.a.state_hash();
  for (const Words& more : {Words{}, Words{"--yes"}}) {
    const RunResult refused = desks.a.run(with(admit, more), 6);
    CHECK(has(refused, "--readmit " + erasure.substr(0, 8)));
    CHECK_FALSE(has(refused, kIdentity));
  }
  // A ground belongs to it.
  desks.a.run(with(admit, {"--readmit", erasure.substr(0, 8), "--yes"}), 2);
  CHECK(desks.a.state_hash() == before);
  const Words readmit = with(admit, {"--readmit", erasure.substr(0, 8), "--basis", "租赁合同续签"});
  CHECK(has(desks.a.run(readmit), "重新进入登记"));
  CHECK(desks.a.state_hash() == before);
  const auto done = desks.a.json(with(readmit, {"--yes"})).back();
  CHECK(done.at("readmitted").as_array().size() == 1);
  CHECK(desks.a.field("rental", house, "owner_identity_number") == kIdentity);
  CHECK(has(desks.a.run({"history", "rental", house}), "租赁合同续签"));
}

}  // namespace cunju::test
