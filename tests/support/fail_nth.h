// SPDX-License-Identifier: Apache-2.0
//
// Makes the n-th step of a store fail, once: "the n-th write fails, for every n until none
// fails" is a loop until fired() stays false. n = 0 only counts.
#pragma once

#include <cerrno>
#include <cstdint>

#include "node/store/fault_injector.h"

namespace cunju::test {

class FailNth final : public store::FaultInjector {
 public:
  explicit FailNth(std::uint64_t n = 0, int error = ENOSPC) : n_(n), error_(error) {}

  int error_for(store::StoreStep) override {
    if (++steps_ != n_) return 0;
    fired_ = true;
    return error_;
  }
  /// Begins anew with the n-th step from now.
  void arm(std::uint64_t n) {
    n_ = n;
    steps_ = 0;
    fired_ = false;
  }
  bool fired() const { return fired_; }
  std::uint64_t steps() const { return steps_; }

 private:
  std::uint64_t n_;
  int error_;
  std::uint64_t steps_ = 0;
  bool fired_ = false;
};

}  // namespace cunju::test
