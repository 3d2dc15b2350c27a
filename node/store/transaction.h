// SPDX-License-Identifier: Apache-2.0
//
// What the body of Environment::read or ::write works with. Views that get, scan and the last_
// functions hand out point into the store: they are valid until the transaction ends and, in a
// write transaction, until its next modification. Stay on the thread the body runs on.
// A read that meets a damaged store acts as "absent" and makes the whole transaction fail with
// kCorrupt at its end, so callers need not check every get.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "node/store/fault_injector.h"

struct MDB_txn;
struct MDB_cursor;

namespace cunju::store {

/// Bytes of the longest key; LMDB's default, compiled in. The shortest has one byte.
inline constexpr std::size_t kMaxKeyBytes = 511;

/// A named table of one environment, from Environment::table.
class Table {
 public:
  friend bool operator==(const Table&, const Table&) = default;

 private:
  friend class Environment;
  friend class ReadTransaction;
  friend class WriteTransaction;
  explicit Table(std::size_t index) : index_(index) {}
  std::size_t index_;
};

struct Entry {
  ByteView key;
  ByteView value;
};

/// Returns false to stop the scan. Must not modify the store; a nested scan or get is fine.
using Visitor = std::function<bool(ByteView key, ByteView value)>;

class ReadTransaction {
 public:
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;

  std::optional<ByteView> get(Table table, ByteView key) const;
  /// Visits entries with key >= first_key in byte order; an empty first_key starts at the first.
  Result<void> scan(Table table, ByteView first_key, const Visitor& visitor) const;
  /// Visits entries whose key starts with prefix, in byte order; an empty prefix is every entry.
  Result<void> scan_prefix(Table table, ByteView prefix, const Visitor& visitor) const;
  /// The entry with the greatest key that is <= key.
  std::optional<Entry> last_at_or_before(Table table, ByteView key) const;
  /// The entry with the greatest key that starts with prefix; an empty prefix is every entry.
  std::optional<Entry> last_with_prefix(Table table, ByteView prefix) const;
  std::uint64_t count(Table table) const;

 protected:
  friend class Environment;
  ReadTransaction(MDB_txn* txn, std::span<const unsigned> handles) : txn_(txn), handles_(handles) {}
  ~ReadTransaction() = default;

  unsigned handle(Table table) const;
  /// Remembers the first LMDB error code that ended the transaction's usefulness.
  void note(int code) const;

  MDB_txn* txn_;
  std::span<const unsigned> handles_;
  mutable int error_ = 0;
  mutable int scans_ = 0;
};

/// The key and value given to a modification must not be views of the same transaction.
class WriteTransaction : public ReadTransaction {
 public:
  /// Errors of all three: kLimit for a key over kMaxKeyBytes, kInvalidArgument for an empty one,
  /// kDiskFull, kIo. After kDiskFull or kIo the transaction can't be committed any more.
  Result<void> put(Table table, ByteView key, ByteView value);
  /// kExists, and nothing changed, when the key is there already.
  Result<void> put_new(Table table, ByteView key, ByteView value);
  /// False when the key was not there.
  Result<bool> erase(Table table, ByteView key);
  /// Erases every entry whose key starts with prefix (not empty); gives how many there were.
  Result<std::size_t> erase_prefix(Table table, ByteView prefix);
  /// Erases every entry of the table.
  Result<void> clear(Table table);

 private:
  friend class Environment;
  WriteTransaction(MDB_txn* txn, std::span<const unsigned> handles, FaultInjector* faults)
      : ReadTransaction(txn, handles), faults_(faults) {}

  Result<void> put_with_flags(Table table, ByteView key, ByteView value, unsigned flags);
  int injected(StoreStep step) const;

  FaultInjector* faults_;
};

}  // namespace cunju::store
