// SPDX-License-Identifier: Apache-2.0
//
// What both ends of one direction of a session remember of the runs that went over it, so that the
// next ones need not name it again: records with the last change to each, authors with the end of
// what was sent of their logs. Both do the same steps, so they hold the same; the oldest goes first
// when it is full. Says nothing about what was accepted. Values; no thread rule.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "crdt/base/ids.h"
#include "net/run/run_limits.h"

namespace cunju::run {

/// The last kCapacity keys that were added, each with something that changes. Places count up from
/// 0; on the wire they are told by how far back they are from end().
template <class Key, class Value, std::size_t kCapacity>
class Recent {
 public:
  struct Entry {
    Key key;
    Value value;
  };

  /// Only who names keys needs an index; without one find() finds nothing.
  explicit Recent(bool is_indexed) : is_indexed_(is_indexed) {}

  std::uint64_t end() const { return added_; }
  std::optional<std::uint64_t> find(const Key& key) const {
    auto found = index_.find(key);
    return found == index_.end() ? std::nullopt : std::optional(found->second);
  }
  /// So far back from the end, at least 1; null when nothing is there. Valid until the next add().
  Entry* at_back(std::uint64_t back) {
    return back == 0 || back > entries_.size() ? nullptr : &entries_[(added_ - back) % kCapacity];
  }
  /// Its place. A key that is there already is there twice.
  std::uint64_t add(const Key& key, Value value) {
    if (entries_.size() < kCapacity) {
      entries_.push_back({key, std::move(value)});
    } else {
      Entry& oldest = entries_[added_ % kCapacity];
      auto found = index_.find(oldest.key);
      if (found != index_.end() && found->second + kCapacity == added_) index_.erase(found);
      oldest = {key, std::move(value)};
    }
    if (is_indexed_) index_[key] = added_;
    return added_++;
  }

 private:
  bool is_indexed_;
  std::vector<Entry> entries_;
  std::uint64_t added_ = 0;
  std::unordered_map<Key, std::uint64_t> index_;
};

/// The end of what was sent of a log.
struct LogEnd {
  Seq seq;
  ChangeId id;
};

/// A name has nothing that changes.
struct Nothing {};

struct Memory {
  /// The sender looks things up; the receiver is told places.
  explicit Memory(bool is_sender) : records(is_sender), authors(is_sender), names(is_sender) {}

  /// The records that this change has parts on: it is their last one.
  void note_change(const ChangeId& id) {
    for (const std::uint64_t place : touched) records.at_back(records.end() - place)->value = id;
    touched.clear();
  }

  /// The log of the run at hand ends there now.
  void note_run_end(const LogEnd& end) { authors.at_back(authors.end() - log)->value = end; }

  /// With the last change that was sent of each.
  Recent<RecordId, ChangeId, limits::kMaxRememberedRecords> records;
  std::vector<std::uint64_t> touched;  ///< Places of records in the change at hand.
  Recent<AuthorKey, LogEnd, limits::kMaxRememberedAuthors> authors;
  Recent<std::string, Nothing, limits::kMaxRememberedNames> names;
  std::uint64_t log = 0;         ///< Place of the author of the run at hand.
  std::uint64_t claimed_ms = 0;  ///< Of the last change.
};

}  // namespace cunju::run
