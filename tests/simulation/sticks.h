// SPDX-License-Identifier: Apache-2.0
//
// A village without any network: three USB sticks that people carry from one machine to the next,
// as real folders, written and read by the program's own node/peers with its book of receipts.
// Each has letters for everybody who could be met. On the way a stick gets lost and is replaced by
// a new one, turns up again weeks later, is exchanged for another, holds an old copy of itself, or
// comes back damaged; and a small one is full before all is written. One thread.
#pragma once

#include <array>
#include <filesystem>
#include <vector>

#include "node/peers/bundle_reading.h"
#include "tests/simulation/node.h"
#include "tests/simulation/scans.h"

namespace cunju::simulation {

class Sticks {
 public:
  Sticks(Context& context, Nodes& nodes, Scans& scans);

  /// Whoever has a stick reads what it brings, writes what the others lack, and passes it on.
  void carry();
  /// One of the things that happen to sticks.
  void harm();
  /// One sound stick goes round all machines, each time in another order.
  void begin_tours();
  void tour();

 private:
  struct Stick {
    std::filesystem::path folder;
    std::size_t place = 0;  ///< The machine beside which it lies.
    bool is_on_its_way = false;
    bool is_damaged = false;
  };

  Stick make_blank(std::size_t place);
  void plug_in(Stick& stick, bool is_quiet);
  void read(Node& node, const Stick& stick, bool is_quiet);
  void judge(const peers::StickReport& report, const Stick& stick);
  void write(Node& node, const Stick& stick, bool is_quiet);
  attachments::CarryChoice choice(bool is_quiet);
  /// Who receipted something has it, whatever broke off meanwhile.
  void check_receipts(Node& filed);
  void walk(std::size_t which, std::size_t to);

  void lose(Stick& stick);
  void turn_up(Stick& stick);
  void swap(Stick& stick);
  void put_aside(const Stick& stick);
  void damage(Stick& stick);

  Context& context_;
  Nodes& nodes_;
  Scans& scans_;
  test::TempFolder root_;
  std::size_t made_ = 0;
  std::array<Stick, 3> sticks_;
  Stick touring_;
  std::vector<Stick> drawer_;  ///< Lost ones, and copies of others as they were.
};

}  // namespace cunju::simulation
