// SPDX-License-Identifier: Apache-2.0
//
// kill -9 at random moments of every command that writes. CUNJU_KILLS sets the number of kills,
// CUNJU_SEED repeats a run.
#include <random>
#include <thread>

#include "tests/support/number_from.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

class KillRun {
 public:
  explicit KillRun(std::uint64_t seed) : dice_(seed) {
    for (int i = 0; i < 3; ++i) ids_.push_back(desks_.a.add({"rental", "address=起初"}));
    desks_.sync_all();
    // How long a command takes here decides when a kill can hit its middle.
    auto begin = std::chrono::steady_clock::now();
    desks_.a.run({"set", "rental", ids_[0], "address=量一量"});
    typical_ = std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
    expected_[ids_[0]] = "量一量";
  }

  void round(std::uint64_t number) {
    const Milliseconds delay{1 + roll(static_cast<std::uint64_t>(typical_.count()) * 5 / 4)};
    switch (roll(5)) {
      case 0:
        return kill_add(number, delay);
      case 1:
        return kill_set(number, delay);
      case 2:
        return kill_import(number, delay * 2);
      case 3:
        return kill_sync(delay * 2);
      default:
        return kill_server(delay);
    }
  }
  void check_all() {
    for (const Desk* desk : {&desks_.a, &desks_.b, &desks_.o}) {
      INFO(desk->home());
      desk->run({"doctor", "--rebuild"});
    }
    for (const auto& [id, text] : expected_) {
      INFO(id);
      const std::string now = desks_.a.field("rental", id, "address");
      // A killed edit may have been committed before its answer was written.
      if (now != maybe_[id]) CHECK(now == text);
    }
    desks_.sync_all();
  }
  std::uint64_t killed() const { return killed_; }
  std::uint64_t finished() const { return finished_; }

 private:
  std::uint64_t roll(std::uint64_t sides) { return dice_() % std::max<std::uint64_t>(sides, 1); }
  /// Whether the command said that it was done.
  bool note(const RunResult& result) {
    INFO(result.err);
    CHECK((result.signal == 9 || result.exit_code == 0));
    ++(result.signal == 9 ? killed_ : finished_);
    return result.exit_code == 0;
  }
  void kill_add(std::uint64_t number, Milliseconds delay) {
    const std::string text = "新增" + std::to_string(number);
    RunResult result = desks_.a.try_run({"add", "rental", "address=" + text, "--json"}, delay);
    note(result);
    // Printed is saved, even if the kill came before the end of the process.
    if (result.out.empty() || result.out.back() != '\n') return;
    expected_[Desk::text_of(Desk::parse_lines(result.out).front(), "id")] = text;
  }
  void kill_set(std::uint64_t number, Milliseconds delay) {
    const std::string text = "修改" + std::to_string(number);
    const std::string& id = ids_[roll(ids_.size())];
    // What an earlier killed edit left is settled before this one.
    expected_[id] = desks_.a.field("rental", id, "address");
    maybe_[id] = text;
    if (note(desks_.a.try_run({"set", "rental", id, "address=" + text}, delay)))
      expected_[id] = text;
  }
  void kill_import(std::uint64_t number, Milliseconds delay) {
    const std::string csv = (desks_.folder / ("k" + std::to_string(number) + ".csv")).string();
    const std::string map = csv + ".toml";
    std::ofstream out(csv);
    out << "房屋编号,详细地址\n";
    for (int i = 0; i < 60; ++i) out << "K" << number << "-" << i << ",导入" << number << "\n";
    out.close();
    desks_.a.run({"import", "rental", csv, "--write-map", map});
    if (!note(desks_.a.try_run({"import", "rental", csv, "--map", map}, delay))) return;
    const std::string filter = "address=导入" + std::to_string(number);
    CHECK(desks_.a.json({"list", "rental", filter}).size() == 60);
  }
  void kill_sync(Milliseconds delay) {
    auto server = desks_.a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    note((roll(2) == 0 ? desks_.b : desks_.o).try_run({"sync", address}, delay));
    CHECK(server->stop() == 0);
  }
  void kill_server(Milliseconds delay) {
    auto server = desks_.a.serve();
    const std::string address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    auto peer = desks_.b.serve({"--peer", address});
    std::this_thread::sleep_for(delay);
    server->kill_now();
    ++killed_;
    // It may end by the signal itself, if it had not got as far as to handle it.
    peer->stop();
    CHECK(peer->err().find("Sanitizer") == std::string::npos);
  }

  ThreeDesks desks_;
  std::mt19937_64 dice_;
  std::vector<std::string> ids_;
  std::map<std::string, std::string> expected_, maybe_;
  Milliseconds typical_{0};
  std::uint64_t killed_ = 0, finished_ = 0;
};

}  // namespace

TEST_CASE("kill -9 loses nothing that was said to be saved, and the nodes converge", "[kill]") {
  const std::uint64_t kills = number_from("CUNJU_KILLS", 6);
  const std::uint64_t seed = number_from("CUNJU_SEED", std::random_device{}());
  CAPTURE(seed);
  KillRun run(seed);
  for (std::uint64_t number = 0; run.killed() < kills && number < 20 * kills + 20; ++number) {
    CAPTURE(number);
    run.round(number);
    if (number % 25 == 24) run.check_all();
  }
  run.check_all();
  WARN(run.killed() << " killed, " << run.finished() << " finished first, seed " << seed);
  CHECK(run.killed() >= kills);
}

}  // namespace cunju::test
