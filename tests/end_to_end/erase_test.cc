// SPDX-License-Identifier: Apache-2.0
//
// Erasing with the program: asked for, approved by two, destroyed on every computer, also on one
// that was away; nothing of it is shown, exported or left in any file.
#include "tests/support/member_names.h"
#include "tests/support/planted.h"

namespace cunju::test {
namespace {

const std::vector<std::string> kWords = {"吴小兰之旧居七巷", "53010219900307123X",
                                         "吴小兰改过的住处"};

struct ErasingDesks : ThreeDesks {
  ErasingDesks() {
    add_supervisor(a);
    id = a.add({"rental", "premises_id=FW001", "address=" + kWords[0], "owner_name=" + kWords[1]});
    other = a.add({"rental", "premises_id=FW002", "address=幸福里2号"});
    a.run({"set", "rental", id, "address=" + kWords[2]});
    sync_all();
  }
  void sync_b() const {
    auto server = a.serve();
    b.run({"sync", server->wait_until_listening()});
  }
  static std::size_t confirmed(const boost::json::object& erasure) {
    std::size_t out = 0;
    for (const auto& node : erasure.at("nodes").as_array())
      if (!node.as_object().at("confirmed_ms").is_null()) ++out;
    return out;
  }
  void check_export(const Desk& desk, const std::string& name) const {
    const std::string out = (folder / name).string();
    desk.run({"export", "--out", out});
    CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
    check_absent(out, kWords, 3);
  }
  std::string id, other;
};

}  // namespace

TEST_CASE("A record is erased on every computer, also on one that was away", "[erase]") {
  ErasingDesks desks;
  CHECK(desks.o.field("rental", desks.id, "address") == kWords[2]);
  // Without --yes it says what it would do, and does nothing.
  const Words ask = {"erase",    "record",   "rental",  desks.id,
                     "--reason", "本人要求", "--basis", "个保法第四十七条"};
  const auto plan = desks.a.json(ask).front();
  CHECK(plan.at("erasure").is_null());
  CHECK(Desk::number_of(plan, "parts") == 3);
  CHECK(desks.a.field("rental", desks.id, "address") == kWords[2]);
  Words really = ask;
  really.emplace_back("--yes");
  const std::string erasure = Desk::text_of(desks.a.json(really).front(), "erasure");
  desks.a.run({"show", "rental", desks.id}, 3);
  desks.a.run({"history", "rental", desks.id}, 3);
  CHECK(desks.a.json({"list", "rental"}).size() == 1);

  const std::string short_name = erasure.substr(0, 8);
  desks.a.run({"erase", "approve", short_name, "--yes"});
  CHECK(Desk::text_of(desks.a.json({"erase", "status"}).front(), "state") == "waiting");
  desks.a.run({"erase", "approve", short_name, "--yes"});
  CHECK(Desk::text_of(desks.a.json({"erase", "status"}).front(), "state") == "waiting");
  desks.sync_b();
  CHECK(Desk::text_of(desks.b.json({"erase", "approve", short_name, "--yes"}).back(), "state") ==
        "erased");
  // Who approves once more hears the same, and programs what they read the first time.
  CHECK(desks.b.run({"erase", "approve", short_name, "--yes"}).exit_code == 0);
  CHECK(Desk::text_of(desks.b.json({"erase", "approve", short_name, "--yes"}).back(), "state") ==
        "erased");
  desks.sync_b();
  const auto status = desks.a.json({"erase", "status", short_name}).front();
  CHECK(Desk::text_of(status, "state") == "erased");
  CHECK(Desk::number_of(status, "present") == 0);
  CHECK(Desk::number_of(status, "erased") == 3);
  CHECK(ErasingDesks::confirmed(status) >= 1);
  desks.check_export(desks.a, "from_a");
  desks.check_export(desks.b, "from_b");

  // The office was away: it erases with the exchange, and says so to everybody with the next ones.
  CHECK(desks.o.field("rental", desks.id, "address") == kWords[2]);
  desks.sync_all();
  desks.o.run({"show", "rental", desks.id}, 3);
  CHECK(desks.o.field("rental", desks.other, "address") == "幸福里2号");
  desks.check_export(desks.o, "from_o");
  desks.sync_all();
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    const auto known = desk->json({"erase", "status", short_name}).front();
    CHECK(Desk::text_of(known, "state") == "erased");
    CHECK(Desk::number_of(known, "present") == 0);
    CHECK(ErasingDesks::confirmed(known) == 3);
    check_absent(desk->home(), kWords, 3);
    CHECK(desk->run({"doctor"}).exit_code == 0);
  }
  CHECK(desks.a.state_hash() == desks.o.state_hash());
  // Who may not.
  desks.o.run({"erase", "record", "rental", desks.other, "--reason", "r", "--basis", "b", "--yes"},
              5);
  desks.a.run({"erase", "approve", "0000", "--yes"}, 3);
}

}  // namespace cunju::test
