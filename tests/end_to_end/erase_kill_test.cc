// SPDX-License-Identifier: Apache-2.0
//
// kill -9 in the middle of erasures: the approval that confirms is killed at random moments, on the
// approver's computer and on one that hears of it. CUNJU_SEED repeats a run.
#include <filesystem>
#include <random>

#include "tests/support/member_names.h"
#include "tests/support/number_from.h"
#include "tests/support/planted.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

namespace fs = std::filesystem;

constexpr int kRounds = 10;

std::string word_of(int round) { return "被删之人" + std::to_string(round) + "号住处"; }

/// Generations of wrapping keys that lie in the home.
std::size_t wrappings(const Desk& desk) {
  std::size_t out = 0;
  for (const auto& file : fs::directory_iterator(desk.home() + "/keys"))
    if (file.path().filename().string().starts_with("wrapping-")) ++out;
  return out;
}

}  // namespace

TEST_CASE("Killed in the middle of an erasure, a computer has erased when it is started again",
          "[erase]") {
  const std::uint64_t seed = number_from("CUNJU_SEED", std::random_device{}());
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  ThreeDesks desks;
  add_supervisor(desks.a);
  std::vector<std::string> erasures, words;
  for (int i = 0; i < kRounds; ++i) {
    words.push_back(word_of(i));
    const std::string id = desks.a.add({"rental", "address=" + words.back()});
    erasures.push_back(Desk::text_of(desks.a
                                         .json({"erase", "record", "rental", id, "--reason",
                                                "本人要求", "--basis", "个保法", "--yes"})
                                         .front(),
                                     "erasure"));
    desks.a.run({"erase", "approve", erasures.back(), "--yes"});
  }
  desks.sync_colleague();
  const auto state = [&](const Desk& desk, const std::string& erasure) {
    return desk.json({"erase", "status", erasure}).front();
  };
  // What it takes whole decides when a kill can hit its middle.
  const auto begin = std::chrono::steady_clock::now();
  desks.b.run({"erase", "approve", erasures[0], "--yes"});
  const auto typical =
      std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begin);
  int killed = 0;
  for (int i = 1; i < kRounds; ++i) {
    CAPTURE(i);
    const Milliseconds delay{1 + dice() % static_cast<std::uint64_t>(typical.count() * 5 / 4 + 1)};
    const RunResult result = desks.b.try_run({"erase", "approve", erasures[i], "--yes"}, delay);
    CHECK((result.signal == 9 || result.exit_code == 0));
    killed += result.signal == 9 ? 1 : 0;
    // Said and durable, or not said at all; never half of it.
    auto now = state(desks.b, erasures[i]);
    if (Desk::text_of(now, "state") != "erased") {
      CHECK(Desk::text_of(now, "state") == "waiting");
      desks.b.run({"erase", "approve", erasures[i], "--yes"});
      now = state(desks.b, erasures[i]);
    }
    CHECK(Desk::text_of(now, "state") == "erased");
    CHECK(Desk::number_of(now, "present") == 0);
    CHECK(wrappings(desks.b) == 1);
  }
  CHECK(killed > 0);
  // The village hears of all of it in exchanges that are killed as well.
  {
    auto server = desks.b.serve();
    const std::string address = server->wait_until_listening();
    for (int i = 0; i < 6; ++i) {
      desks.a.try_run({"sync", address}, Milliseconds{1 + dice() % 400});
      CHECK(wrappings(desks.a) >= 1);
    }
    desks.a.run({"sync", address});
    CHECK(server->stop() == 0);
  }
  for (const Desk* desk : {&desks.a, &desks.b}) {
    CAPTURE(desk->home());
    for (const std::string& erasure : erasures) {
      const auto known = state(*desk, erasure);
      CHECK(Desk::text_of(known, "state") == "erased");
      CHECK(Desk::number_of(known, "present") == 0);
    }
    CHECK(wrappings(*desk) == 1);
    CHECK(desk->run({"doctor"}).exit_code == 0);
    const std::string out =
        (desks.folder / ("export_" + fs::path(desk->home()).filename().string())).string();
    desk->run({"export", "--out", out});
    CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
    check_absent(out, words, 3);
    check_absent(desk->home(), words, 3);
  }
}

}  // namespace cunju::test
