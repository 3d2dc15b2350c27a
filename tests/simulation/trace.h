// SPDX-License-Identifier: Apache-2.0
//
// What happened in a run, as a hash over every line and as the last lines themselves. Two runs of
// one seed have one hash: that is how determinism is tested. With CUNJU_SIM_TRACE=FILE in the
// environment all lines are written there too.
#pragma once

#include <deque>
#include <fstream>
#include <string>

#include "crdt/crypto/crypto.h"
#include "tests/simulation/dice.h"

namespace cunju::simulation {

class Trace {
 public:
  Trace();
  void note(Time now, const std::string& line);
  /// Over the lines so far.
  std::string hash() const { return hash_.hex(); }
  /// The newest lines, oldest first.
  std::string tail() const;

 private:
  static constexpr std::size_t kKeptLines = 60;

  Hash hash_;
  std::deque<std::string> kept_;
  std::ofstream file_;
};

/// A few letters of an id.
template <class Id>
std::string brief(const Id& id) {
  return id.hex().substr(0, 8);
}

}  // namespace cunju::simulation
