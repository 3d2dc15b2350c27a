// SPDX-License-Identifier: Apache-2.0
//
// A village and its street office with real processes: the receipt comes in the same call in which
// the village hands over, and a clock that was set back is seen.
#include <algorithm>
#include <chrono>

#include "node/node.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

const boost::json::object& own_log(const boost::json::object& status) {
  return status.at("own_logs").as_array().front().as_object();
}

/// Everything of a record's history, oldest first.
std::vector<boost::json::object> history(const Desk& desk, const std::string& id) {
  return desk.json({"history", "rental", id});
}

bool has_flag(const boost::json::object& entry, const std::string& flag) {
  const auto& flags = entry.at("interval").as_object().at("flags").as_array();
  return std::ranges::any_of(flags, [&](const boost::json::value& one) {
    return boost::json::value_to<std::string>(one) == flag;
  });
}

/// What the program does, with a clock that somebody set.
void add_with_clock(const Desk& desk, const std::string& id, std::uint64_t claimed_ms) {
  auto node = node::Node::open(desk.home());
  REQUIRE(node);
  REQUIRE(node.value()->unlock("", keys::Unlock(keys::KeyFile{desk.key_file()})));
  replica::ChangeDraft draft{
      {{*RecordId::from_hex(id),
        "rental",
        kOpenScope,
        {make_operation(OperationKind::kRegisterSet, "address", std::string("幸福里3号"))}}}};
  const SpaceId space = node.value()->replica().spaces().value().front();
  REQUIRE(node.value()->replica().append(space, node.value()->unlocked().author,
                                         std::span(&draft, 1), claimed_ms));
}

}  // namespace

TEST_CASE("A village that calls its office once has the office's receipt in that call",
          "[witness]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});
  CHECK(history(desks.a, id).front().at("interval").as_object().at("not_after_ms").is_null());
  auto office = desks.o.serve();
  const std::string address = office->wait_until_listening();
  desks.a.run({"sync", address});

  const boost::json::object status = desks.a.json({"status"}).front();
  const boost::json::object& log = own_log(status);
  const boost::json::object& receipt = log.at("receipts").as_array().front().as_object();
  CHECK(receipt.at("acknowledged").to_number<int>() == log.at("changes").to_number<int>());
  const auto& peers = log.at("peers").as_array();
  CHECK(std::ranges::any_of(peers, [&](const boost::json::value& peer) {
    return boost::json::value_to<std::string>(peer.as_object().at("state")) == "equal";
  }));
  const boost::json::object entry = history(desks.a, id).front();
  CHECK_FALSE(entry.at("interval").as_object().at("not_after_ms").is_null());
  CHECK(entry.at("interval").as_object().at("flags").as_array().empty());
  const std::string shown = desks.a.run({"history", "rental", id}).out;
  CHECK(shown.find("见证") != std::string::npos);
  CHECK(desks.a.run({"status"}).out.find("已确认到第") != std::string::npos);

  // What was written since is told apart from what the office has.
  desks.a.run({"set", "rental", id, "address=幸福里2号"});
  const boost::json::object later = desks.a.json({"status"}).front();
  CHECK(own_log(later).at("receipts").as_array().front().as_object().at("acknowledged") ==
        receipt.at("acknowledged"));
  CHECK(own_log(later).at("changes").to_number<int>() == log.at("changes").to_number<int>() + 1);
  CHECK(office->stop() == 0);
}

TEST_CASE("A clock that was set back, or runs ahead, is seen by what the office states",
          "[witness]") {
  ThreeDesks desks;
  const std::string id = desks.a.add({"rental", "premises_id=FW001", "address=幸福里1号"});
  const std::uint64_t day = 86'400'000;
  const std::uint64_t now = node::Node::now_ms();
  add_with_clock(desks.a, id, now - 30 * day);
  add_with_clock(desks.a, id, now + day);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const std::vector<boost::json::object> entries = history(*desk, id);
    REQUIRE(entries.size() == 3);
    CHECK_FALSE(has_flag(entries[0], "claims_too_early"));
    CHECK(has_flag(entries[1], "claims_too_early"));
    CHECK(has_flag(entries[2], "claims_too_late"));
  }
  CHECK(desks.b.run({"history", "rental", id}).out.find("早于见证") != std::string::npos);

  const std::string out = (desks.folder / "audit").string();
  desks.b.run({"export", "--out", out});
  const RunResult verified = run_program(program_path(), {"verify", out});
  CHECK(verified.exit_code == 0);
  CHECK(verified.out.find("份见证") != std::string::npos);
}

}  // namespace cunju::test
