// SPDX-License-Identifier: Apache-2.0
//
// A disk that obeys chance: it dies at the n-th step of the store or just after a commit, is full
// for a while, or fails one sync. What a dead disk held is what had been committed; everything else
// is gone with the process. LMDB's own behaviour inside a commit is not simulated: the store's
// tests kill real processes for that.
#pragma once

#include <cerrno>
#include <cstdint>
#include <utility>

#include "node/store/fault_injector.h"

namespace cunju::simulation {

class SimulatedDisk final : public store::FaultInjector {
 public:
  int error_for(store::StoreStep step) override {
    ++steps_;
    if (has_crashed_) return EIO;
    if (crash_at_ != 0 && steps_ >= crash_at_) {
      has_crashed_ = true;
      return EIO;
    }
    if (is_full_) return refuse(ENOSPC);
    if (step != store::StoreStep::kCommit) return 0;
    if (fails_sync_) {
      fails_sync_ = false;
      return refuse(EIO);
    }
    // The commit happens; nobody hears of it.
    if (crashes_after_commit_) has_crashed_ = true;
    return 0;
  }

  /// The n-th step from now, 1 being the next, is the last.
  void crash_at_step(std::uint64_t n) { crash_at_ = steps_ + n; }
  void crash_after_commit() { crashes_after_commit_ = true; }
  void set_full(bool is_full) { is_full_ = is_full; }
  void fail_next_sync() { fails_sync_ = true; }

  /// The process is gone: the world has to take it away.
  bool has_crashed() const { return has_crashed_; }
  /// Whether a step has failed since this was asked last.
  bool take_refusal() { return std::exchange(has_refused_, false); }
  /// A new process on a sound disk.
  void recover() {
    has_crashed_ = crashes_after_commit_ = is_full_ = fails_sync_ = false;
    crash_at_ = 0;
  }
  /// A new process on the disk as it is.
  void power_on() {
    has_crashed_ = crashes_after_commit_ = false;
    crash_at_ = 0;
  }

 private:
  int refuse(int error) {
    has_refused_ = true;
    return error;
  }

  std::uint64_t steps_ = 0;
  std::uint64_t crash_at_ = 0;
  bool crashes_after_commit_ = false;
  bool has_crashed_ = false;
  bool is_full_ = false;
  bool fails_sync_ = false;
  bool has_refused_ = false;
};

}  // namespace cunju::simulation
