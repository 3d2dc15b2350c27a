// SPDX-License-Identifier: Apache-2.0
//
// Whether a rule demands that a record is kept when somebody asks that it be erased: what the
// record's definition says of retention, laid against the record. Where a period can't be computed
// the answer is to keep: what is restricted can still be destroyed, and not the other way round. Of
// values in conflict those count that keep longest, a cleared one among them, and so it is of rules
// that were laid down apart. A ledger is proof: where no period is laid down it is kept for ever.
// Personal Information Protection Law art. 47: as long as a period laid down by law runs, nothing
// but storage and protection is allowed. Pure.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "node/registry/date.h"
#include "node/registry/definition.h"

namespace cunju::registry {

struct RetentionVerdict {
  bool is_kept = false;
  std::optional<Date> until;  ///< The first day on which it need not be kept; none: not known.
  Label why;                  ///< One sentence, also for what goes.
  /// Of what goes: what a definition said that was in force before, and by which it would be kept;
  /// empty: none. retention_rules.h fills it in.
  Label before = {};
};

/// Whether `a` keeps longer than `b`; a period whose end is not known has none.
bool is_stricter(const RetentionVerdict& a, const RetentionVerdict& b);

/// `definition` may be null: then no rule is known, and nothing is kept. `values`: all of a
/// conflict, with NoValue where one of them clears the field.
RetentionVerdict judge_retention(const Definition* definition, const FieldValues& values,
                                 Date today);

/// Ids of the fields from which periods count, and by which records are classed, of whatever rule.
std::set<std::string> period_fields(const Definition& definition);

/// "purge", "period", "permanent".
std::string_view class_name(RetentionClass kind);

}  // namespace cunju::registry
