// SPDX-License-Identifier: Apache-2.0
//
// Confidential parts that an export opens to whoever gets it: the key of each, which opens no
// other part (crdt/crypto/envelope.h). Which ones may be opened is decided here, by the roster and
// by what was erased; that a key opens the part it is given for is checked here, by the exporter
// before it writes and by whoever verifies. Pure; holds secrets, which zero themselves, but for the
// text of the file. docs/formats/export.md, docs/decisions/0023.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"
#include "crdt/roster/roster.h"
#include "crdt/scopes/scope_keys.h"
#include "node/audit/tables.h"
#include "node/registry/label.h"

namespace cunju::audit {

inline constexpr std::string_view kDisclosedName = "disclosed.json";

struct DisclosedPart {
  ChangeId change;
  std::uint16_t part = 0;
  KeyOfPart key;
};

/// What of some records somebody may disclose.
struct DisclosurePlan {
  /// All parts in force in scopes that the device may read as the roster stands, and can; the
  /// record's earlier values are among them, because its present ones follow from all. Ascending.
  std::vector<DisclosedPart> parts;
  /// Of these so many are not in force, late or void: what was written after one needs it for its
  /// place.
  std::size_t not_in_force = 0;
  /// Parts that are not in force, and are left out: they are in no table.
  std::size_t without_effect = 0;
  /// The records that these parts are of, and the fields that they speak of.
  std::map<RecordId, std::set<std::string>> fields;
  /// Records of which an act in force hides or has erased something, or which the program itself
  /// writes: nothing of them is disclosed.
  std::set<RecordId> hidden;
  /// Records of which something may not be here: a change that names them has a part in a scope
  /// that the device may read which was withheld, or whose key is not here. What is here may be
  /// out of date.
  std::set<RecordId> lacking;
  /// All such parts of the space. Of which records they are can't be seen.
  std::uint64_t unseen = 0;
};

/// Whether what the change says about the record, in the scope, is in force.
using InForce = std::function<bool(const RecordId& record, Scope scope, const ChangeId& change)>;

/// `changes`: those of the space, without the bodies of what is hidden, as an export has them. The
/// keys are those that the changes carry wrapped to this device, and no others that its home may
/// have. Error: kLimit (kMaxDisclosedParts).
Result<DisclosurePlan> plan_disclosure(const SpaceId& space, std::span<const Change> changes,
                                       const Roster& roster, const crypto::SigningKey& device,
                                       const std::set<RecordId>& records,
                                       const InForce& is_in_force);

/// disclosed.json. The text holds the keys.
TextFile make_disclosed_file(std::span<const DisclosedPart> parts);
/// Strict: what make_disclosed_file() would write otherwise is refused. Errors: kMalformed, kLimit.
Result<std::vector<DisclosedPart>> parse_disclosed_file(std::string_view text);

/// Why a key is refused; `change`: the one it is for, null when that is not here.
using DisclosureFault =
    std::function<void(const DisclosedPart&, const Change* change, const registry::Label& reason)>;
/// The keys that open the parts that they are for.
ScopeKeys check_disclosed(std::vector<DisclosedPart> parts, std::span<const Change> changes,
                          const DisclosureFault& on_fault);

}  // namespace cunju::audit
