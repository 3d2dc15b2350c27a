// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/measure.h"

#include <algorithm>
#include <ctime>

namespace cunju::bench {
namespace {

double read_clock(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

}  // namespace

Seconds now() { return {read_clock(CLOCK_MONOTONIC), read_clock(CLOCK_PROCESS_CPUTIME_ID)}; }

double Samples::min() const { return *std::min_element(values_.begin(), values_.end()); }
double Samples::max() const { return *std::max_element(values_.begin(), values_.end()); }
double Samples::median() const {
  std::vector<double> sorted = values_;
  std::sort(sorted.begin(), sorted.end());
  return sorted[sorted.size() / 2];
}

void print_title(std::string_view title) {
  std::printf("\n%.*s\n  %-58s %12s %12s %12s\n", static_cast<int>(title.size()), title.data(), "",
              "min", "median", "max");
}
void print_note(std::string_view note) {
  std::printf("  (%.*s)\n", static_cast<int>(note.size()), note.data());
}
void print_row(std::string_view what, const Samples& samples, std::string_view unit) {
  std::printf("  %-58.*s %12.5g %12.5g %12.5g %.*s\n", static_cast<int>(what.size()), what.data(),
              samples.min(), samples.median(), samples.max(), static_cast<int>(unit.size()),
              unit.data());
  std::fflush(stdout);
}
void print_row(std::string_view what, double value, std::string_view unit) {
  std::printf("  %-58.*s %12s %12.7g %12s %.*s\n", static_cast<int>(what.size()), what.data(), "",
              value, "", static_cast<int>(unit.size()), unit.data());
  std::fflush(stdout);
}

void give_up(const Error& error) {
  std::fprintf(stderr, "cunju_bench: %s\n", error.context.c_str());
  std::exit(1);
}

}  // namespace cunju::bench
