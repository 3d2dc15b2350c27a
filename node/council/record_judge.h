// SPDX-License-Identifier: Apache-2.0
//
// How long a record is kept, by what can be read here: retention_rules.h, and "not known" where
// somebody may have written, in a scope that is not read here, the day from which its period
// counts, or its class. Links of confidential parts are sealed, so any such part may be the
// record's. A value as of one moment that borrows the rules; single thread.
#pragma once

#include <map>
#include <set>
#include <string>

#include "node/registry/retention_rules.h"
#include "node/replica/replica.h"

namespace cunju::council {

/// Confidential parts of a space that are not read here.
struct UnreadParts {
  std::map<std::string, std::uint64_t> by_scope;  ///< By its name.
  /// Changes that are not here whole, and parts of scopes that the roster does not name.
  std::uint64_t elsewhere = 0;

  /// Of the scopes, as far as can be told; of none: 0.
  std::uint64_t of(const std::set<std::string>& scopes) const;
};
/// Errors: those of the replica.
Result<UnreadParts> count_unread_parts(replica::Replica& replica, const SpaceId& space);

/// Names of the confidential scopes in which a record of the registry may have parts, by the
/// definition in use and every other that there was. Errors: those of the replica.
Result<std::set<std::string>> scopes_of_records(replica::Replica& replica,
                                                const registry::Catalog& catalog,
                                                const SpaceId& space, std::string_view registry);

class RecordJudge {
 public:
  /// `rules` outlives this. Errors: those of the replica.
  static Result<RecordJudge> load(replica::Replica& replica, const SpaceId& space,
                                  const registry::RetentionRules& rules, registry::Date today);

  /// `values` as registry::judge_retention() has them.
  registry::RetentionVerdict judge(std::string_view registry,
                                   const registry::FieldValues& values) const;
  const registry::RetentionRules& rules() const { return *rules_; }

 private:
  RecordJudge(const registry::RetentionRules& rules, UnreadParts unread, registry::Date today)
      : rules_(&rules), unread_(std::move(unread)), today_(today) {}

  const registry::RetentionRules* rules_;
  UnreadParts unread_;
  registry::Date today_;
};

}  // namespace cunju::council
