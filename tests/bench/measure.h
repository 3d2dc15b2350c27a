// SPDX-License-Identifier: Apache-2.0
//
// Clocks, spreads over runs and the table that a benchmark prints. A benchmark that fails says why
// and ends the program: a number beside a failure would be worth nothing.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/base/result.h"

namespace cunju::bench {

struct Seconds {
  double wall = 0;
  double cpu = 0;  ///< Of this process, user and system.
};

/// Of this process, now; only differences mean anything.
Seconds now();

template <class Work>
Seconds timed(Work&& work) {
  const Seconds begin = now();
  work();
  const Seconds end = now();
  return {end.wall - begin.wall, end.cpu - begin.cpu};
}

/// One figure of every run.
class Samples {
 public:
  void add(double value) { values_.push_back(value); }
  double min() const;
  double median() const;
  double max() const;

 private:
  std::vector<double> values_;
};

/// The ratio run by run, so that what disturbs one run disturbs both sides.
class Ratio {
 public:
  void add(double value, double reference) { samples_.add(value / reference); }
  const Samples& samples() const { return samples_; }

 private:
  Samples samples_;
};

void print_title(std::string_view title);
void print_note(std::string_view note);
void print_row(std::string_view what, const Samples& samples, std::string_view unit);
void print_row(std::string_view what, double value, std::string_view unit);

[[noreturn]] void give_up(const Error& error);

template <class T>
T must(Result<T> result) {
  if (result.has_error()) give_up(result.error());
  return std::move(result).value();
}
inline void must(Result<void> result) {
  if (result.has_error()) give_up(result.error());
}

}  // namespace cunju::bench
