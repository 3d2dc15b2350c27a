// SPDX-License-Identifier: Apache-2.0
#include "node/store/transaction.h"

#include <lmdb.h>

#include <algorithm>

#include "crdt/base/check.h"
#include "node/store/lmdb_error.h"

namespace cunju::store {
namespace {

MDB_val to_val(ByteView bytes) {
  // LMDB only reads what it is given here; its struct has no const.
  static std::uint8_t nothing = 0;
  void* data = bytes.empty() ? &nothing : const_cast<std::uint8_t*>(bytes.data());
  return {bytes.size(), data};
}

ByteView to_view(const MDB_val& val) {
  return {static_cast<const std::uint8_t*>(val.mv_data), val.mv_size};
}

bool starts_with(ByteView key, ByteView prefix) {
  return key.size() >= prefix.size() && equal(key.first(prefix.size()), prefix);
}

/// The smallest key greater than every key that starts with prefix; empty when there is none.
Bytes after_prefix(ByteView prefix) {
  Bytes out = to_bytes(prefix);
  while (!out.empty() && out.back() == 0xff) out.pop_back();
  if (!out.empty()) ++out.back();
  return out;
}

class Cursor {
 public:
  Cursor(MDB_txn* txn, unsigned handle) : error_(mdb_cursor_open(txn, handle, &cursor_)) {}
  Cursor(const Cursor&) = delete;
  Cursor& operator=(const Cursor&) = delete;
  ~Cursor() {
    if (cursor_ != nullptr) mdb_cursor_close(cursor_);
  }

  /// False at the end of the table and on an error.
  bool move(MDB_cursor_op operation) { return settle(operation); }
  /// To the first key that is >= key; an empty key means the first of all.
  bool seek(ByteView key) {
    key_ = to_val(key);
    return settle(key.empty() ? MDB_FIRST : MDB_SET_RANGE);
  }
  /// To the last key that is < key; an empty key means the last of all.
  bool seek_before(ByteView key) {
    if (key.empty()) return move(MDB_LAST);
    return seek(key) ? move(MDB_PREV) : error_ == 0 && move(MDB_LAST);
  }
  int erase() { return mdb_cursor_del(cursor_, 0); }

  Entry entry() const { return {to_view(key_), to_view(value_)}; }
  int error() const { return error_; }

 private:
  bool settle(MDB_cursor_op operation) {
    if (error_ != 0) return false;
    int code = mdb_cursor_get(cursor_, &key_, &value_, operation);
    if (code != 0 && code != MDB_NOTFOUND) error_ = code;
    return code == 0;
  }

  MDB_cursor* cursor_ = nullptr;
  int error_;
  MDB_val key_{};
  MDB_val value_{};
};

Result<void> check_key(ByteView key) {
  if (key.empty()) return fail(Errc::kInvalidArgument, "an empty key");
  if (key.size() > kMaxKeyBytes) return fail(Errc::kLimit, "a key of more than 511 bytes");
  return ok();
}

}  // namespace

unsigned ReadTransaction::handle(Table table) const {
  CUNJU_CHECK(table.index_ < handles_.size(), "the table belongs to this environment");
  return handles_[table.index_];
}

void ReadTransaction::note(int code) const {
  if (error_ == 0) error_ = code;
}

std::optional<ByteView> ReadTransaction::get(Table table, ByteView key) const {
  if (key.empty() || key.size() > kMaxKeyBytes) return std::nullopt;
  MDB_val key_val = to_val(key);
  MDB_val value{};
  int code = mdb_get(txn_, handle(table), &key_val, &value);
  if (code == 0) return to_view(value);
  if (code != MDB_NOTFOUND) note(code);
  return std::nullopt;
}

Result<void> ReadTransaction::scan(Table table, ByteView first_key, const Visitor& visitor) const {
  Cursor cursor(txn_, handle(table));
  ++scans_;
  bool more = cursor.seek(first_key);
  while (more && visitor(cursor.entry().key, cursor.entry().value)) more = cursor.move(MDB_NEXT);
  --scans_;
  if (cursor.error() == 0) return ok();
  note(cursor.error());
  return lmdb_error(cursor.error(), "scanning a table");
}

Result<void> ReadTransaction::scan_prefix(Table table, ByteView prefix,
                                          const Visitor& visitor) const {
  return scan(table, prefix, [&](ByteView key, ByteView value) {
    return starts_with(key, prefix) && visitor(key, value);
  });
}

std::optional<Entry> ReadTransaction::last_at_or_before(Table table, ByteView key) const {
  if (key.empty()) return std::nullopt;
  Cursor cursor(txn_, handle(table));
  bool found = cursor.seek(key);
  if (!found || !equal(cursor.entry().key, key))
    found = cursor.error() == 0 && cursor.move(found ? MDB_PREV : MDB_LAST);
  if (cursor.error() != 0) note(cursor.error());
  return found ? std::optional(cursor.entry()) : std::nullopt;
}

std::optional<Entry> ReadTransaction::last_with_prefix(Table table, ByteView prefix) const {
  Cursor cursor(txn_, handle(table));
  bool found = cursor.seek_before(after_prefix(prefix));
  if (cursor.error() != 0) note(cursor.error());
  if (!found || !starts_with(cursor.entry().key, prefix)) return std::nullopt;
  return cursor.entry();
}

std::uint64_t ReadTransaction::count(Table table) const {
  MDB_stat stat{};
  int code = mdb_stat(txn_, handle(table), &stat);
  if (code != 0) note(code);
  return stat.ms_entries;
}

int WriteTransaction::injected(StoreStep step) const {
  return faults_ == nullptr ? 0 : faults_->error_for(step);
}

Result<void> WriteTransaction::put_with_flags(Table table, ByteView key, ByteView value,
                                              unsigned flags) {
  CUNJU_CHECK(scans_ == 0, "a visitor must not modify the store");
  CUNJU_TRYV(check_key(key));
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  int code = injected(StoreStep::kPut);
  if (code == 0) code = mdb_put(txn_, handle(table), &key_val, &value_val, flags);
  if (code == 0) return ok();
  if (code != MDB_KEYEXIST) note(code);
  return lmdb_error(code, "writing an entry");
}

Result<void> WriteTransaction::put(Table table, ByteView key, ByteView value) {
  return put_with_flags(table, key, value, 0);
}

Result<void> WriteTransaction::put_new(Table table, ByteView key, ByteView value) {
  return put_with_flags(table, key, value, MDB_NOOVERWRITE);
}

Result<bool> WriteTransaction::erase(Table table, ByteView key) {
  CUNJU_CHECK(scans_ == 0, "a visitor must not modify the store");
  CUNJU_TRYV(check_key(key));
  MDB_val key_val = to_val(key);
  int code = injected(StoreStep::kErase);
  if (code == 0) code = mdb_del(txn_, handle(table), &key_val, nullptr);
  if (code == 0) return true;
  if (code == MDB_NOTFOUND) return false;
  note(code);
  return lmdb_error(code, "erasing an entry");
}

Result<std::size_t> WriteTransaction::erase_prefix(Table table, ByteView prefix) {
  CUNJU_CHECK(scans_ == 0, "a visitor must not modify the store");
  CUNJU_TRYV(check_key(prefix));
  Cursor cursor(txn_, handle(table));
  std::size_t erased = 0;
  int code = 0;
  // After an erase the cursor stands before the entry that followed.
  for (bool more = cursor.seek(prefix); more && starts_with(cursor.entry().key, prefix);
       more = cursor.move(MDB_NEXT)) {
    code = injected(StoreStep::kErase);
    if (code == 0) code = cursor.erase();
    if (code != 0) break;
    ++erased;
  }
  if (code == 0) code = cursor.error();
  if (code == 0) return erased;
  note(code);
  return lmdb_error(code, "erasing entries");
}

Result<void> WriteTransaction::clear(Table table) {
  CUNJU_CHECK(scans_ == 0, "a visitor must not modify the store");
  int code = injected(StoreStep::kErase);
  if (code == 0) code = mdb_drop(txn_, handle(table), 0);
  if (code == 0) return ok();
  note(code);
  return lmdb_error(code, "clearing a table");
}

}  // namespace cunju::store
