// SPDX-License-Identifier: Apache-2.0
//
// What a replica answers about its changes, logs, rosters and scopes.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "crdt/types/record_view.h"
#include "crdt/types/view_glance.h"
#include "node/replica/witness_times.h"

namespace cunju::replica {

/// One change in a record's history.
struct HistoryEntry {
  ChangeId id;
  AuthorKey author;
  Seq seq;
  std::uint64_t depth = 0;
  std::uint64_t claimed_ms = 0;
  bool is_void = false;
  bool is_late = false;  ///< In the late tray: not in force as the roster stands.
  std::vector<ChangeId> parents;
  std::vector<Operation> operations;  ///< Empty when the body is erased or not held.
  std::vector<WitnessedTime> witnessed;
};

/// What one scope of a record says of a few fields.
struct ScopedGlance {
  Scope scope;
  ViewGlance glance;
};

/// One graph of a record.
struct RecordScope {
  RecordId record;
  Scope scope;
};

/// A part that is kept and without effect, because it was written beside an act that took the
/// right. Of one that the open device may not read, or whose key is not here, registry and record
/// are empty: they are sealed with it.
struct LatePart {
  ChangeId change;
  AuthorKey author;
  Seq seq;
  std::uint64_t claimed_ms = 0;
  RecordId record;
  Scope scope;
  std::string registry;
  std::vector<Operation> operations;  ///< Empty when the body is erased, not held, or not for us.
};

/// One branch of a forked log.
struct Branch {
  Seq from;               ///< Its own changes; those before are another branch's.
  std::uint64_t end = 0;  ///< So many changes from the log's beginning to its end.
  ChangeId head;
  /// So many of them, from the log's beginning, are in force as far as the fork decides it.
  std::uint64_t standing = 0;
};

/// A peer says that it has this change.
struct Claim {
  WireKey peer;
  Seq seq;
  ChangeId id;
};

/// What a peer last said, or took, of a log.
struct ToldHead {
  WireKey peer;
  Seq seq;
  ChangeId id;
  bool is_here = false;       ///< The change of that number here is this one.
  bool is_different = false;  ///< It is another.
};

enum class PinnedRoster : std::uint8_t {
  kCurrent,
  kNotHere,  ///< Some of it has not arrived here.
  kBeside,   ///< The roster has moved on since: an act that pins it stands beside that.
  kOlder,    ///< And another recovery quorum speaks now.
  kFallen,   ///< It is on a branch of a forked log that does not stand any more.
};

enum class Carrying : std::uint8_t {
  kCan,
  kNotInRoster,  ///< No key of the roster that is pinned.
  kForked,       ///< Its log is: it signs nothing.
  kBehind,       ///< A peer knows more of its log: it signs nothing until that is here.
  /// It has pinned, or signed, a change of the roster that is not among these and their ancestors.
  /// Pins never go backwards, so it would have to pin that as well, and the draft does not.
  kPinsMore,
};

struct EpochStatus {
  crypto::EpochId epoch;
  bool has_key = false;  ///< This home can open its parts.
  /// Devices that somebody has wrapped the key to, and for whom that is not in `unopened`.
  std::set<AuthorKey> wrapped;
  /// Devices to which it was wrapped in a way that does not open, and by whom: as this home finds
  /// of its own, and as others have said of theirs.
  std::map<AuthorKey, std::set<AuthorKey>> unopened;
  std::uint64_t parts = 0;  ///< That are here and name it.
  std::string name = {};    ///< Of one that is not in force: what its scope was called there.
  /// For Roster::may_be_handed(); empty where that was not asked for.
  std::set<MemberId> in_whose_time = {};
};

/// One confidential scope as this node knows it.
struct ScopeStatus {
  Scope scope;
  std::string name;                 ///< Empty: parts have this number and the roster no name.
  std::vector<EpochStatus> epochs;  ///< Those in force, oldest first; the last is the current one.
  /// Those of acts that are not in force, as far as parts are here that were sealed under them.
  std::vector<EpochStatus> fallen;
  std::uint64_t parts = 0;       ///< All that are here,
  std::uint64_t sealed = 0;      ///< those whose key is not,
  std::uint64_t unreadable = 0;  ///< those that do not open under the key that they name.
};

struct ReplicaCounts {
  std::uint64_t changes = 0;
  std::uint64_t pooled = 0;
  std::uint64_t waiting_parts = 0;
  std::uint64_t forks = 0;  ///< Keys whose logs are forked.
  std::uint64_t late_parts = 0;
};

}  // namespace cunju::replica
