// SPDX-License-Identifier: Apache-2.0
//
// A scan between real processes over a link that is slow and breaks before a chunk has come.
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

#include "tests/end_to_end/linked_desks.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;
using Side = EmulatedLink::Side;

bool is_here(const Desk& desk, const std::string& id) {
  const RunResult shown = desk.try_run({"show", "minutes", id, "--json"});
  if (shown.exit_code != 0) return false;
  const boost::json::object record = Desk::parse_lines(shown.out).front();
  const boost::json::value* here = record.if_contains("attachments_here");
  return here != nullptr && here->as_object().at("scan.1").as_bool();
}

std::size_t begun(const Desk& desk) {
  std::size_t out = 0;
  for (const auto& entry : std::filesystem::directory_iterator(desk.home() + "/blobs"))
    out += entry.path().extension().string().starts_with(".begun") ? 1 : 0;
  return out;
}

}  // namespace

TEST_CASE("A scan comes over 64 kbit/s though no connection lasts as long as a chunk takes",
          "[links][attachments]") {
  PairedHomes::instance();
  const auto link = require_link("delay=20 seed=31", 180s);
  if (!link) return;
  LinkedDesks desks(*link);
  REQUIRE(desks.serve_a());
  desks.serve_b();
  REQUIRE(desks.wait_until_equal(30s).is_equal);
  const Desk &a = desks.desk(Side::kA), &b = desks.desk(Side::kB);
  const std::string id = a.add({"minutes", "title=议事", "body=council"});
  REQUIRE(desks.wait_until_equal(30s).is_equal);
  TempFolder folder;
  const std::string file = (folder / "scan.bin").string();
  std::mt19937_64 dice(31);
  std::string content;
  while (content.size() < 60'000) content.push_back(static_cast<char>(dice()));
  std::ofstream(file, std::ios::binary) << content;
  // 7.5 s for its bytes, and the caller is somewhere else every 5 s.
  link->order("profile delay=100 rate=64000 queue=16384 seed=31");
  a.run({"attach", "minutes", id, "scan", file});
  const auto start = std::chrono::steady_clock::now();
  auto next_move = start + 5s;
  int address = 100, moves = 0;
  std::size_t most_begun = 0;
  bool has_come = false;
  while (!has_come && std::chrono::steady_clock::now() < start + 60s) {
    if (std::chrono::steady_clock::now() >= next_move) {
      next_move += 5s;
      ++moves;
      link->order("address b 10.77.0." + std::to_string(++address));
    }
    std::this_thread::sleep_for(300ms);
    most_begun = std::max(most_begun, begun(b));
    has_come = is_here(b, id);
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  WARN("60 kB after " << seconds << " s and " << moves << " moves");
  CHECK(has_come);
  CHECK(moves >= 1);
  CHECK(most_begun == 1);
  CHECK(begun(b) == 0);
  link->order("profile seed=1");
  const std::string out = (folder / "out.bin").string();
  b.run({"open", "minutes", id, "scan", "--to", out});
  CHECK(read_text_file(out) == content);
  CHECK(desks.server(Side::kB).stop(20s) == 0);
  CHECK(desks.server(Side::kA).stop(20s) == 0);
  CHECK(desks.events(Side::kB, "connected").size() >= 2);
}

}  // namespace cunju::test
