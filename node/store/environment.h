// SPDX-License-Identifier: Apache-2.0
//
// One LMDB environment (a folder with data.mdb and lock.mdb): ordered tables of byte strings with
// one write transaction at a time, shared by every process that opens the folder. Commits are
// durable when write() returns. It knows nothing about what the bytes mean.
// Threads: all functions may be called from any thread. A thread holds at most one transaction of
// an environment at a time: read() and write() don't nest (checked). Don't use across fork().
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "node/store/transaction.h"

struct MDB_env;

namespace cunju::store {

struct EnvironmentOptions {
  std::filesystem::path folder;
  /// Every table that will be used; missing ones are created. At most 64.
  std::vector<std::string> tables;
  /// Address space to begin with, a multiple of 4096; grows by doubling up to max_map_bytes.
  std::size_t initial_map_bytes = std::size_t{64} << 20;
  std::size_t max_map_bytes = limits::kMaxMapBytes;
  /// Whether a missing folder and store are created (folder 0700, files 0600).
  bool create = true;
  /// Borrowed, must outlive the environment.
  FaultInjector* faults = nullptr;
};

class Environment {
 public:
  /// Clears readers that died. Errors: kNotFound (missing and not to be created), kExists (this
  /// process has the folder open already, which LMDB forbids), kCorrupt, kUnsupported (not an LMDB
  /// store of this version), kDiskFull, kIo, kInvalidArgument.
  static Result<std::unique_ptr<Environment>> open(EnvironmentOptions options);
  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  /// kNotFound unless the name was among the options' tables.
  Result<Table> table(std::string_view name) const;

  /// Runs `body` in the write transaction and commits. Ok: durable. Error: nothing changed, and
  /// the next write may succeed; an error that `body` returns comes back as it is. (One case is
  /// undecided: kIo from the very last write of a commit. What is stored then shows on the next
  /// transaction, before which the store is opened afresh.)
  /// When the map is full the transaction is dropped, the map grows and `body` runs again: it must
  /// only write through the transaction and reset at its start whatever it captured.
  Result<void> write(const std::function<Result<void>(WriteTransaction&)>& body);

  /// Runs `body` on a snapshot. Keep it short: while it runs, freed pages are not reused and the
  /// map can't grow.
  Result<void> read(const std::function<Result<void>(ReadTransaction&)>& body);

  const std::filesystem::path& folder() const { return options_.folder; }
  /// Bytes of address space the map has now, in this process.
  std::size_t map_bytes();

 private:
  class Turn;  // One thread's right to hold a transaction.

  explicit Environment(EnvironmentOptions options) : options_(std::move(options)) {}
  Result<void> start();
  void stop();
  Result<void> open_tables();
  Result<MDB_txn*> begin(unsigned flags, Turn& turn);
  Result<void> grow(Turn& turn);
  Result<void> remap(std::size_t bytes, Turn& turn);
  Result<void> write_once(const std::function<Result<void>(WriteTransaction&)>& body, Turn& turn,
                          bool& map_full);
  Error error_of(int code, std::string_view what) const;

  const EnvironmentOptions options_;
  std::string identity_;  // Device and inode while registered as open.
  MDB_env* env_ = nullptr;
  std::vector<unsigned> handles_;
  std::atomic<bool> broken_{false};  // LMDB gave up; the environment is opened afresh at begin.

  std::mutex writer_;  // Held over a whole write(), so that this process queues at one place.
  std::mutex mutex_;   // Guards what follows.
  std::condition_variable changed_;
  std::vector<std::thread::id> holders_;  // Threads with a turn.
  bool exclusive_ = false;                // One thread wants to be alone to change the map.
};

}  // namespace cunju::store
