// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kFewOperations = 20;
constexpr std::size_t kManyOperations = 2'000;
constexpr std::size_t kTurn = 64;
constexpr std::size_t kValueBytes = 80;

/// People come and go, one act after the other; the last who went makes verdicts open to dispute,
/// so that every part is asked about.
void grow_roster(Village& village, std::size_t operations) {
  const crypto::SigningKey& chair = village.authors.front();
  for (std::size_t said = 0; said < operations;) {
    const auto member = village.random.make<MemberId>();
    const auto device = village.random.make<AuthorKey>();
    const std::vector<RosterOperation> coming{
        AdmitMember{member, "来人"}, GrantRole{member, "clerk", {}, {}}, AddDevice{member, device}};
    const RosterOperation going = RemoveMember{member, {{.author = device}}};
    must(village.replica->append_roster(village.space, chair, coming, village.claimed_ms));
    must(village.replica->append_roster(village.space, chair, std::span(&going, 1),
                                        village.claimed_ms));
    said += coming.size() + 1;
  }
}

/// CPU of one admitted change, in microseconds.
double cost_of_change(const Options& options, std::size_t operations) {
  Village village(options.folder, 2);
  grow_roster(village, operations);
  village.fill(kTurn, kTurn, kValueBytes);
  const Seconds spent = timed([&] { village.fill(options.changes, kTurn, kValueBytes); });
  return spent.cpu / static_cast<double>(options.changes) * 1e6;
}

}  // namespace

void bench_roster(const Options& options) {
  Samples few, many;
  Ratio ratio;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const double small = cost_of_change(options, kFewOperations);
    const double large = cost_of_change(options, kManyOperations);
    few.add(small);
    many.add(large);
    ratio.add(large, small);
  }
  print_title("5. A change under a roster of many operations");
  print_row("CPU of a change, 20 operations in the roster", few, "us");
  print_row("CPU of a change, 2,000 operations in the roster", many, "us");
  print_row("2,000 / 20 (goal 1.2)", ratio.samples(), "");
}

}  // namespace cunju::bench
