// SPDX-License-Identifier: Apache-2.0
//
// How long a record of a registry is kept, for whoever asks that it goes, or decides on it:
// retention.h, by what a space has ever laid down. A definition that was taken away does not take
// its rule along:
//   where a definition is in use, it counts, with what it is held to (definition_law.h)
//   where none is in use, every one that there ever was counts, or is late: the strictest
//   what was given up is told, and does not keep
//   a field goes by itself, whatever keeps its record, where all that keep records say so
// A value as of one moment that borrows the catalog; load it again after changes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/definition_law.h"
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
  /// The same of one field alone, with nothing else in its parts, by what is so of its record.
  RetentionVerdict judge_field(std::string_view registry, std::string_view field,
                               const RetentionVerdict& record) const;
  /// Confidential scopes, by name, in which any version has a field that decides how long a record
  /// is kept: from which a period counts, or by which records are classed.
  std::set<std::string> period_scopes(std::string_view registry) const;
  /// The definition in use, or else the last that there was: what its records are called and which
  /// of their fields are personal. Null: there never was one that can be read.
  const Definition* describe(std::string_view registry) const;

 private:
  struct Known {
    std::vector<DefinitionVersion> ever;  ///< All that there were; by record, oldest first.
    bool has_unreadable = false;  ///< A text of it is no definition that this program reads.
  };

  explicit RetentionRules(const Catalog& catalog) : catalog_(&catalog) {}
  void note_unreadable(std::span<const replica::HistoryEntry> edits);
  RetentionVerdict judge_gone(const Known* known, const FieldValues& values, Date today) const;

  const Catalog* catalog_;
  std::map<std::string, Known, std::less<>> known_;
};

}  // namespace cunju::registry
