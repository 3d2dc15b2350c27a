// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/meeting.h"
#include "tests/support/heads_port.h"

namespace cunju::bench {
namespace {

using testing::HeadsPort;

struct Case {
  const char* name;
  std::size_t spaces, authors, differing;
  bool is_new;  ///< The authors are on one side only; otherwise one side has a change more.
  bool have_met = false;  ///< Both had the same once, and remember it.
};
constexpr Case kCases[] = {
    {"5,000 spaces of 20 authors, equal (goal 300)", 5'000, 20, 0, false},
    {"5,000 spaces of 20, 1 author further (goal 600)", 5'000, 20, 1, false},
    {"5,000 spaces of 20, 1 author new (goal 600)", 5'000, 20, 1, true},
    {"1 space of 100,000, 1 author further (goal 600)", 1, 100'000, 1, false},
    {"500 spaces of 20, 10 authors further", 500, 20, 10, false},
    {"500 spaces of 20, 10 authors new", 500, 20, 10, true},
    {"500 spaces of 20, 100 authors further (goal 9,000)", 500, 20, 100, false},
    {"500 spaces of 20, 100 authors new (goal 9,000)", 500, 20, 100, true},
    {"1 space of 10,000, 100 authors further (goal 9,000)", 1, 10'000, 100, false},
    {"500 spaces of 20, 1,000 authors further (goal 75,000)", 500, 20, 1'000, false},
    {"500 spaces of 20, 1,000 authors new (goal 75,000)", 500, 20, 1'000, true},
    {"have met: 5,000 spaces of 20, equal (goal 300)", 5'000, 20, 0, false, true},
    {"have met: 5,000 spaces of 20, 1 further (goal 600)", 5'000, 20, 1, false, true},
    {"have met: 500 spaces of 20, 100 further (goal 9,000)", 500, 20, 100, false, true},
    {"have met: 500 spaces of 20, 1,000 further (goal 75,000)", 500, 20, 1'000, false, true},
};

void bench_bytes(const Options& options) {
  print_title("8. Two sessions find out in which author heads they differ (in memory)");
  print_note("all messages of both sides, hello to goodbye, before encryption; trips one way");
  for (const Case& each : kCases) {
    HeadsPort a(each.spaces, each.authors, 3);
    HeadsPort b = a;
    if (each.have_met)
      for (HeadsPort* side : {&a, &b}) {
        side->remember_meetings();
        must(side->note_met(WireKey{}, UINT64_MAX));
      }
    const auto logs = a.all();
    for (std::size_t i = 0; i < each.differing; ++i) {
      const auto& [space, author] = logs[i * (logs.size() / each.differing)];
      if (each.is_new) a.set(space, author, 0);
      b.set(space, author, 4);
    }
    Samples bytes, trips;
    for (std::size_t run = 0; run < options.runs; ++run) {
      HeadsPort x = a, y = b;
      const Meeting met = meet(x, y, WireKey{{1}}, WireKey{{2}}, static_cast<std::uint8_t>(run));
      if (met.planned[0] + met.planned[1] != each.differing * (each.is_new ? 4 : 1))
        give_up({Errc::kCorrupt, "a session has not found what differs"});
      bytes.add(static_cast<double>(met.bytes));
      trips.add(static_cast<double>(met.trips));
    }
    print_row(each.name, bytes, "B");
    print_row("  trips", trips, "");
  }
}

}  // namespace

void bench_reconcile(const Options& options) { bench_bytes(options); }

}  // namespace cunju::bench
