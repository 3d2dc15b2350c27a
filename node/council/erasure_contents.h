// SPDX-License-Identifier: Apache-2.0
//
// What an erasure names, for whoever is to approve of it, and for whoever asks that what was
// restricted goes: which records, what they are called, and whether a rule still keeps them. The
// records are hidden by then, but their bodies are here until the erasure is confirmed, so they are
// read from the logs, and with them whatever else is here of the same records: a value that was
// written beside the erasure counts as well. Only what the device may read as the roster stands,
// with the keys that were wrapped to it, is read. Links stay when a body goes: the registry is
// known afterwards too. Borrows; single thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "node/council/record_judge.h"
#include "node/replica/replica.h"

namespace cunju::council {

/// One part of a record of which an erasure names something, as far as it can be read here.
struct TargetContent {
  std::string registry;
  RecordId record;
  bool has_body = false;
  bool is_shown = true;          ///< No erasure hides it.
  registry::FieldValues values;  ///< What it says, NoValue where it clears a field.
};
/// Without those whose record can't be seen here: sealed, or not on this computer.
using TargetContents = std::map<ErasureTarget, TargetContent>;

/// Those of `targets`, and all other parts of the records of which they are; `hidden`: what of the
/// space erasures hide. Looks at every change of the space twice. Errors: those of the replica.
Result<TargetContents> read_targets(replica::Replica& replica, const SpaceId& space,
                                    const crypto::SigningKey& device,
                                    const std::set<ErasureTarget>& targets,
                                    const std::set<ErasureTarget>& hidden);

/// One record of which something is named.
struct ErasedRecord {
  std::string registry;
  RecordId record;
  std::size_t parts = 0;     ///< Named parts of it.
  std::size_t readable = 0;  ///< Of these so many have a body that can be read here.
  std::size_t staying = 0;  ///< Parts of it that no erasure hides, as far as they can be read here.
  std::string title;        ///< What lists show of it, without personal data; may be empty.
  /// Of all values that it ever had, in named parts and others, those count that keep longest:
  /// which of them stood last can't be told while it is hidden.
  registry::RetentionVerdict retention;
};
struct ErasureContents {
  std::vector<ErasedRecord> records;  ///< By (registry, record).
  std::size_t unseen = 0;             ///< Parts of which nobody can say here what they are.
  /// Whether no rule keeps any of it, as far as can be told: what can't be read is kept.
  bool may_go() const;
};
ErasureContents contents_of(const TargetContents& all, const std::set<ErasureTarget>& targets,
                            const RecordJudge& judge);

}  // namespace cunju::council
