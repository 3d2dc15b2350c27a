// SPDX-License-Identifier: Apache-2.0
//
// What a space has ever laid down about how long the records of a registry are kept: retention.h
// for whoever asks that one goes, or decides on it. A definition that was taken away does not take
// its rule along, and of several that are there the one that counts for lists decides nothing:
//   the definition in use, every other of its id, and each version beside it count: the strictest
//   where none is in use, every one that there ever was counts
//   what a later version of the same registry replaced is told, and does not keep
// A value as of one moment that borrows the catalog; load it again after changes.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/retention.h"

namespace cunju::registry {

class RetentionRules {
 public:
  /// Reads the history of all definitions of the space. `catalog`: of the same moment; it outlives
  /// this. Errors: those of the replica.
  static Result<RetentionRules> load(replica::Replica& replica, const SpaceId& space,
                                     const Catalog& catalog);

  /// `values` as judge_retention() has them.
  RetentionVerdict judge(std::string_view registry, const FieldValues& values, Date today) const;
  /// The definition in use, or else the last that there was: what its records are called and which
  /// of their fields are personal. Null: there never was one that can be read.
  const Definition* describe(std::string_view registry) const;

 private:
  struct Known {
    std::vector<Definition> there;  ///< Of records that stand, each version that nobody settled.
    std::vector<Definition> ever;   ///< All that were ever in force; by record, oldest first.
    bool has_unreadable = false;    ///< A text of it is no definition that this program reads.
  };

  explicit RetentionRules(const Catalog& catalog) : catalog_(&catalog) {}
  void take(const RecordState& state, std::span<const replica::HistoryEntry> edits);
  RetentionVerdict judge_gone(const Known* known, const FieldValues& values, Date today) const;

  const Catalog* catalog_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace cunju::registry
