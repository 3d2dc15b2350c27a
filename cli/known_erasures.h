// SPDX-License-Identifier: Apache-2.0
//
// The erasures of a space as verbs look them up, and what of each is still to be decided, is kept,
// or was taken back. What is said of them: erasure_list.h.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cli/roster_words.h"
#include "node/council/erasure_contents.h"

namespace cunju::cli {

/// The acts of one erasure, the one that was there first before others.
using ErasureActs = std::vector<replica::ErasureEntry>;

/// All of a space, by the erasure's record, and what they name as far as it can be read here.
struct KnownErasures {
  SpaceId space;
  std::shared_ptr<const Roster> roster;
  std::unique_ptr<registry::Catalog> catalog;
  std::unique_ptr<registry::RetentionRules> rules;
  std::optional<council::RecordJudge> judge;  ///< By the rules; always there.
  std::map<RecordId, ErasureActs> all;
  council::TargetContents contents;
  std::uint64_t gaps = 0, doomed = 0;  ///< As in replica::ErasureReport.
  std::set<ChangeId> late;             ///< Acts and approvals in the late tray.

  council::ErasureContents contents_of(const std::set<ErasureTarget>& targets) const;
};
Result<KnownErasures> read_erasures(node::Node& node, const SpaceId& space);

struct FoundErasure {
  KnownErasures known;
  RecordId erasure;
  const ErasureActs& acts() const { return known.all.at(erasure); }
};
/// By its id or the beginning of it, in whatever of the chosen spaces it is. Errors in words:
/// kInvalidArgument (fewer than council::kFewestDigits), kNotFound, kConflict (several).
Result<FoundErasure> find_erasure(const Invocation& call, node::Node& node,
                                  const std::string& prefix);

bool restricts(const replica::ErasureEntry& act);
bool erases(const replica::ErasureEntry& act);
/// A lift of restrictions has a record of its own.
bool is_lift(const ErasureActs& acts);
/// Takes back what others of the same record erase.
bool takes_back(const replica::ErasureEntry& act, const ErasureActs& acts);
/// The least of its acts, but those that were taken back and those that take back; none is left:
/// kNone.
Fate fate_of(const ErasureActs& acts);
/// Everything that it was to erase was taken back, and nothing of it is restricted.
bool is_withdrawn(const ErasureActs& acts);
/// The acts that erase and are in force, but not confirmed: these can be taken back.
std::vector<const replica::ErasureEntry*> waiting_to_erase(const ErasureActs& acts);
/// What acts of the space hide for good, having been approved, though the body may be here.
std::set<ErasureTarget> approved_in(const KnownErasures& known);
/// Which of the parts stay hidden when the acts are in force no more, and by which erasures.
struct StillHidden {
  std::set<ErasureTarget> parts;
  std::set<RecordId> by;
};
StillHidden hidden_without(const KnownErasures& known, const std::set<ErasureTarget>& parts,
                           const std::vector<ChangeId>& acts);
/// What is restricted by the acts and by no act of the space to be erased as well: each part once.
std::set<ErasureTarget> kept_by(const ErasureActs& acts, const KnownErasures& known);
/// The same of what a lift names, of whatever erasures.
std::set<ErasureTarget> lifted_by(const ErasureActs& lift, const KnownErasures& known);

}  // namespace cunju::cli
