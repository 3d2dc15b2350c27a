// SPDX-License-Identifier: Apache-2.0
//
// What one act on the roster costs after many, when people wrote and a witness stated between them:
// each stretch of a log pins another roster, and so does each statement.
#include "tests/bench/benches.h"
#include "tests/bench/measure.h"
#include "tests/bench/village.h"

namespace cunju::bench {
namespace {

constexpr std::size_t kFewActs = 50;
constexpr std::size_t kManyActs = 200;
constexpr std::size_t kMeasuredActs = 10;
constexpr std::size_t kAuthors = 4;

/// Somebody comes and goes; everybody writes, and the office states what it has.
class Term {
 public:
  explicit Term(const Options& options)
      : village_(options.folder, kAuthors), office_(crypto::SigningKey::generate(village_.random)) {
    const auto member = village_.random.make<MemberId>();
    const WireKey wire = crypto::DhKey::generate(village_.random).wire();
    const std::vector<RosterOperation> coming{
        AdmitMember{member, "街道办"}, GrantRole{member, "office", {}, {}},
        AddNode{.node = office_.node(),
                .wire = wire,
                .name = "街道电脑",
                .member = member,
                .signature = sign_node_entry(office_, village_.space, wire, member)}};
    must(village_.replica->append_roster(village_.space, village_.authors.front(), coming,
                                         village_.claimed_ms));
  }

  /// CPU seconds of the acts alone.
  double act(std::size_t times) {
    double out = 0;
    for (std::size_t i = 0; i < times; ++i) {
      const auto member = village_.random.make<MemberId>();
      const auto device = crypto::SigningKey::generate(village_.random);
      const std::vector<RosterOperation> coming{AdmitMember{member, "来人"},
                                                GrantRole{member, "clerk", {}, {}},
                                                device_entry(device, village_.space, member)};
      const RosterOperation going = RemoveMember{member, {{.author = device.author()}}};
      out += timed([&] { sign(coming); }).cpu;
      village_.fill(kAuthors, 1, 40);
      must(village_.replica->append_statements(village_.space, office_, village_.claimed_ms));
      out += timed([&] { sign(std::span(&going, 1)); }).cpu;
    }
    return out;
  }

 private:
  void sign(std::span<const RosterOperation> operations) {
    must(village_.replica->append_roster(village_.space, village_.authors.front(), operations,
                                         village_.claimed_ms));
  }

  Village village_;
  crypto::SigningKey office_;
};

}  // namespace

void bench_acts(const Options& options) {
  Samples few, many;
  Ratio ratio;
  for (std::size_t run = 0; run < options.runs; ++run) {
    Term term(options);
    constexpr double kEach = 1e3 / (2.0 * kMeasuredActs);
    term.act(kFewActs / 2);
    const double after_few = term.act(kMeasuredActs) * kEach;
    term.act((kManyActs - kFewActs) / 2 - kMeasuredActs);
    const double after_many = term.act(kMeasuredActs) * kEach;
    few.add(after_few);
    many.add(after_many);
    ratio.add(after_many, after_few);
  }
  print_title("7. An act on the roster after many, with changes and statements between them");
  print_row("CPU of an act after 50", few, "ms");
  print_row("CPU of an act after 200", many, "ms");
  print_row("200 / 50", ratio.samples(), "");
}

}  // namespace cunju::bench
