// SPDX-License-Identifier: Apache-2.0
//
// Somebody who works for two villages names an erasure as any record: by its id, whichever village
// has it.
#include <filesystem>

#include "node/council/erasure_acts.h"
#include "node/node.h"
#include "tests/support/desk_words.h"
#include "tests/support/member_names.h"

namespace cunju::test {
namespace {

/// Two villages, and one computer that is in both.
struct TwoVillages {
  TwoVillages() {
    east.run({"init", "--name", "东村", "--code", "530102001201", "--clerk", "东文书"});
    west.run({"init", "--name", "西村", "--code", "530102001202", "--clerk", "西文书"});
    for (const Desk* village : {&east, &west}) {
      std::filesystem::remove(both.home() + ".invitation");
      pair_desks(*village, both, "clerk");
      add_supervisor(*village);
    }
    sync();
  }
  void sync() const {
    for (const Desk* village : {&east, &west}) {
      auto server = village->serve();
      const std::string address = server->wait_until_listening();
      REQUIRE_FALSE(address.empty());
      both.run({"sync", address});
      CHECK(server->stop() == 0);
    }
  }
  /// A new record, and what is asked for with it.
  static std::string erase_one(const Desk& village) {
    const std::string id = village.add({"rental", "address=幸福里1号"});
    return Desk::text_of(village
                             .json({"erase", "record", "rental", id, "--reason", "本人要求",
                                    "--basis", "个保法第四十七条", "--yes"})
                             .front(),
                         "erasure");
  }
  /// An act with an id that was chosen.
  void erase_as(const Desk& village, const std::string& erasure) const {
    const std::string id = village.add({"rental", "address=幸福里2号"});
    auto node = node::Node::open(village.home());
    REQUIRE(node.has_value());
    REQUIRE(node.value()->unlock("", keys::Unlock(keys::KeyFile{village.key_file()})));
    replica::Replica& replica = node.value()->replica();
    const SpaceId space = replica.spaces().value().front();
    const auto parts = replica.parts_of(space, *RecordId::from_hex(id));
    REQUIRE(parts.has_value());
    const auto acts =
        council::plan_erasure(*RecordId::from_hex(erasure), {.reason = "r", .basis = "b"},
                              {.erase = parts.value().targets, .restrict = {}});
    REQUIRE(acts.has_value());
    REQUIRE(
        replica.append(space, node.value()->unlocked().author, acts.value(), node::Node::now_ms()));
  }
  static std::string state(const boost::json::object& erasure) {
    return Desk::text_of(erasure, "state");
  }

  TempFolder folder;
  const Desk east{folder, "east"}, west{folder, "west"}, both{folder, "both"};
};

}  // namespace

TEST_CASE("Who works for two villages approves of an erasure by its id alone", "[erase]") {
  TwoVillages all;
  const std::string approved = TwoVillages::erase_one(all.west);
  const std::string refused = TwoVillages::erase_one(all.east);
  all.west.run({"erase", "approve", approved, "--yes"});
  all.sync();
  const Desk& both = all.both;
  CHECK(has(both.run({"--lang", "zh", "erase", "approve", approved}).out, "还没有批准"));
  CHECK(TwoVillages::state(both.json({"erase", "approve", approved, "--yes"}).back()) == "erased");
  const auto known = both.json({"erase", "status", approved.substr(0, 12)});
  REQUIRE(known.size() == 1);
  CHECK(Desk::text_of(known.front(), "erasure") == approved);
  CHECK(both.json({"erase", "status"}).size() == 2);
  CHECK(Desk::number_of(both.json({"erase", "finish", refused, "--reason", "到期", "--basis",
                                   "档案法", "--yes"})
                            .front(),
                        "parts") == 0);
  both.run({"erase", "withdraw", refused, "--reason", "不同意", "--yes"});
  CHECK(TwoVillages::state(both.json({"erase", "status", refused}).front()) == "withdrawn");
  // With the village it is looked for there alone.
  both.run({"--space", "东村", "erase", "status", approved}, 3);
  both.run({"--space", "西村", "erase", "status", approved});
  CHECK(has(both.run({"--lang", "zh", "erase", "status", "00000000"}, 3).err, "没有这一项删除"));
  both.run({"erase", "status", approved.substr(0, 3)}, 2);
  both.run({"erase", "status", approved, refused}, 2);
}

TEST_CASE("A beginning that fits erasures of two villages names them, and decides nothing",
          "[erase]") {
  TwoVillages all;
  const std::string first = TwoVillages::erase_one(all.west);
  std::string twin = first;
  twin.back() = twin.back() == '0' ? '1' : '0';
  all.erase_as(all.east, twin);
  all.erase_as(all.east, first);
  all.sync();
  for (const Words& words :
       {Words{"erase", "approve", first.substr(0, 8), "--yes"},
        Words{"erase", "status", first.substr(0, 8)},
        Words{"erase", "finish", first.substr(0, 8), "--reason", "r", "--basis", "b", "--yes"},
        Words{"erase", "withdraw", first.substr(0, 8), "--reason", "r", "--yes"}}) {
    const RunResult several = all.both.run(words, 6);
    CHECK(has(several.err, first + "（西村）"));
    CHECK(has(several.err, first + "（东村）"));
    CHECK(has(several.err, twin + "（东村）"));
  }
  for (const auto& erasure : all.both.json({"erase", "status"}))
    CHECK(erasure.at("approvers").as_array().empty());
  all.both.run({"erase", "status", twin});
  // One id in both, as no program of ours makes it: the village decides.
  all.both.run({"erase", "approve", first, "--yes"}, 6);
  all.both.run({"--space", "西村", "erase", "approve", first, "--yes"});
  std::size_t approvals = 0;
  for (const auto& erasure : all.both.json({"erase", "status"}))
    approvals += erasure.at("approvers").as_array().size();
  CHECK(approvals == 1);
}

}  // namespace cunju::test
