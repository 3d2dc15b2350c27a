// SPDX-License-Identifier: Apache-2.0
//
// Chance from one seed: the same numbers with every compiler and library, because a seed that fails
// must fail everywhere. A value; not for keys (crypto::SeededRandom makes those).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "net/sync/actions.h"

namespace cunju::simulation {

/// Virtual time since the world began.
using Time = sync::Time;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  /// splitmix64 (Steele, Lea, Flood 2014).
  std::uint64_t roll() {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9ULL;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBULL;
    return mixed ^ (mixed >> 31);
  }
  /// In [0, bound); bound is at least 1.
  std::size_t below(std::size_t bound) { return static_cast<std::size_t>(roll() % bound); }
  /// In [low, high].
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }
  bool one_in(std::size_t sides) { return below(sides) == 0; }
  Time between(Time low, Time high) {
    return Time(static_cast<Time::rep>(
        between(static_cast<std::size_t>(low.count()), static_cast<std::size_t>(high.count()))));
  }
  template <class T>
  T& pick(std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <class T>
  const T& pick(const std::vector<T>& from) {
    return from[below(from.size())];
  }
  template <class T>
  void shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[below(i)]);
  }

 private:
  std::uint64_t state_;
};

}  // namespace cunju::simulation
