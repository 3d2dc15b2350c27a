// SPDX-License-Identifier: Apache-2.0
//
// What a node knows of the erasures of a space: values for status lines. No thread rule.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "crdt/erasure/erasures.h"

namespace cunju::replica {

/// A node's receipt, and the claimed time of the change that brought it here.
struct HeardReceipt {
  NodeKey node;
  std::uint64_t claimed_ms = 0;
};

struct HeardApproval {
  ChangeId id;
  MemberId member;
};

/// One act: what it names, and how far it has come.
struct ErasureEntry {
  RecordId erasure;  ///< Its record in kErasuresRegistry; acts of one erasure share it.
  ChangeId act;
  AuthorKey author;
  std::uint64_t claimed_ms = 0;
  ErasureAct said;
  Fate fate = Fate::kNone;
  bool is_lifted = false;  ///< It hides nothing any more.
  std::set<MemberId> approvers;
  /// Approvals of it, in the order of admission here.
  std::vector<HeardApproval> approvals;
  std::uint64_t here = 0;              ///< Of its parts so many have their body in this store,
  std::uint64_t erased = 0;            ///< and so many are here without one.
  std::vector<HeardReceipt> receipts;  ///< One a node, the first that came here.
};

struct ErasureReport {
  std::vector<ErasureEntry> acts;  ///< In the order of admission here.
  std::uint64_t gaps = 0;          ///< Parts that came as erased, without a confirmed act here.
  /// Keys and attachments that could not be destroyed yet.
  std::uint64_t doomed = 0;
};

/// The parts that an erasure of a record would name.
struct PartsOfRecord {
  std::vector<ErasureTarget> targets;  ///< Ascending; without those that are erased already.
  /// Parts of confidential scopes beside open parts on the record that can't be read here: they may
  /// be about it.
  std::uint64_t unreadable = 0;
};

}  // namespace cunju::replica
