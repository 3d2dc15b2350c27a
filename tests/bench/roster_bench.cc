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
    const auto device = crypto::SigningKey::generate(village.random);
    const std::vector<RosterOperation> coming{AdmitMember{member, "来人"},
                                              GrantRole{member, "clerk", {}, {}},
                                              device_entry(device, village.space, member)};
    const RosterOperation going = RemoveMember{member, {{.author = device.author()}}};
    must(village.replica->append_roster(village.space, chair, coming, village.claimed_ms));
    must(village.replica->append_roster(village.space, chair, std::span(&going, 1),
                                        village.claimed_ms));
    said += coming.size() + 1;
  }
}

/// Hands over what the target lacks; CPU seconds of accepting it.
double hand_over(Village& village, Store& target, sync::Have& have) {
  constexpr std::size_t kBatchBytes = 512 * 1024;
  double out = 0;
  for (;;) {
    const std::vector<sync::Run> runs =
        must(village.replica->next_runs(village.space, WireKey{}, have, kBatchBytes));
    if (runs.empty()) return out;
    out += timed([&] { must(target.replica->accept(village.space, runs)); }).cpu;
  }
}

/// CPU of one change that its author signs, and of one that a peer brings, in microseconds.
struct Cost {
  double append = 0;
  double accept = 0;
};

Cost cost_of_change(const Options& options, std::size_t operations) {
  Village village(options.folder, 2);
  Store target(options.folder, 11);
  must(target.replica->join(village.space, village.own_wire));
  sync::Have have;
  grow_roster(village, operations);
  village.fill(kTurn, kTurn, kValueBytes);
  hand_over(village, target, have);
  const double append = timed([&] { village.fill(options.changes, kTurn, kValueBytes); }).cpu;
  const double accept = hand_over(village, target, have);
  const double each = 1e6 / static_cast<double>(options.changes);
  return {append * each, accept * each};
}

void print_costs(const char* what, const std::vector<std::pair<double, double>>& few_and_many) {
  Samples few, many;
  Ratio ratio;
  for (const auto& [small, large] : few_and_many) {
    few.add(small);
    many.add(large);
    ratio.add(large, small);
  }
  const std::string name = what;
  print_row(name + ", 20 operations in the roster", few, "us");
  print_row(name + ", 2,000 operations in the roster", many, "us");
  print_row(name + ", 2,000 / 20 (goal 1.2)", ratio.samples(), "");
}

}  // namespace

void bench_roster(const Options& options) {
  std::vector<std::pair<double, double>> append, accept;
  for (std::size_t run = 0; run < options.runs; ++run) {
    const Cost small = cost_of_change(options, kFewOperations);
    const Cost large = cost_of_change(options, kManyOperations);
    append.emplace_back(small.append, large.append);
    accept.emplace_back(small.accept, large.accept);
  }
  print_title("5. A change under a roster of many operations");
  print_costs("CPU of a change that is signed here", append);
  print_costs("CPU of a change that a peer brings", accept);
}

}  // namespace cunju::bench
