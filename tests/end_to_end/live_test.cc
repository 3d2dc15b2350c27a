// SPDX-License-Identifier: Apache-2.0
//
// Nodes that stay connected, and commits of other processes on their homes.
#include <thread>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

bool agree_within(const Desk& a, const Desk& b, std::chrono::seconds time) {
  for (auto until = std::chrono::steady_clock::now() + time;
       std::chrono::steady_clock::now() < until;) {
    if (a.state_hash() == b.state_hash()) return true;
    std::this_thread::sleep_for(50ms);
  }
  return false;
}

}  // namespace

TEST_CASE("What another process writes on either home reaches a live peer within seconds",
          "[live]") {
  ThreeDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  auto colleague = desks.b.serve({"--peer", address});
  const std::string first = desks.a.add({"rental", "address=村里写的"});
  CHECK(agree_within(desks.a, desks.b, 15s));
  CHECK(desks.b.field("rental", first, "address") == "村里写的");
  desks.b.run({"set", "rental", first, "address=同事改的"});
  CHECK(agree_within(desks.a, desks.b, 10s));
  CHECK(desks.a.field("rental", first, "address") == "同事改的");
  CHECK(colleague->stop() == 0);
  CHECK(server->stop() == 0);
}

TEST_CASE("Two peers sync with one node at the same time", "[live]") {
  ThreeDesks desks;
  for (int i = 0; i < 5; ++i) {
    desks.a.add({"rental", "address=甲" + std::to_string(i)});
    desks.b.add({"rental", "address=乙" + std::to_string(i)});
  }
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  REQUIRE_FALSE(address.empty());
  RunResult from_b;
  std::thread second([&] { from_b = desks.b.try_run({"sync", address}); });
  RunResult from_o = desks.o.try_run({"sync", address});
  second.join();
  CHECK(from_b.exit_code == 0);
  CHECK(from_o.exit_code == 0);
  CHECK(server->stop() == 0);
  // What the office stated in its call may have come after the colleague had left.
  for (const auto& record : desks.b.json({"list", "rental"}))
    CHECK(desks.a.field("rental", Desk::text_of(record, "id"), "address").size() > 3);
  CHECK(desks.a.json({"list", "rental"}).size() == 10);
  CHECK(desks.b.json({"list", "rental"}).size() >= 5);
  desks.sync_all();
  CHECK(desks.b.json({"list", "rental"}).size() == 10);
}

TEST_CASE("A home whose path is too long for a socket is served all the same", "[live]") {
  TempFolder folder;
  Desk desk(folder, std::string(150, 'v'));
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  auto server = desk.serve();
  CHECK_FALSE(server->wait_until_listening().empty());
  CHECK(server->stop() == 0);
  desk.run({"serve", "--peer", "no address"}, 2);
}

}  // namespace cunju::test
