// SPDX-License-Identifier: Apache-2.0
#include "node/council/fork_outlook.h"

#include <algorithm>

namespace cunju::council {
namespace {

bool is_of_quorum(std::span<const RosterOperation> operations) {
  return std::ranges::any_of(operations, [](const RosterOperation& operation) {
    return std::holds_alternative<Epoch>(operation);
  });
}

/// All places at which the operations cut the log.
std::vector<Cut> cuts_of_log(std::span<const RosterOperation> operations, const AuthorKey& author) {
  std::vector<Cut> out;
  for (const RosterOperation& operation : operations)
    for (const Cut& cut : cuts_of(operation))
      if (cut.author == author) out.push_back(cut);
  return out;
}

std::optional<ChangeId> branch_with(const RosterCopy& copy,
                                    std::span<const replica::Branch> branches,
                                    const Standing& standing) {
  for (const replica::Branch& branch : branches)
    if (standing.tip && copy.is_on_path(*standing.tip, branch.head)) return branch.head;
  return std::nullopt;
}

std::vector<ChangeId> difference(const Standing& a, const Standing& b) {
  std::vector<ChangeId> out;
  for (const ChangeId& id : a.changes)
    if (std::ranges::find(b.changes, id) == b.changes.end()) out.push_back(id);
  return out;
}

}  // namespace

Result<std::vector<ForkOutlook>> read_fork_outlook(replica::Replica& replica, const SpaceId& space,
                                                   std::span<const RosterOperation> operations,
                                                   const AuthorKey& acting) {
  std::vector<ForkOutlook> out;
  CUNJU_TRY(const auto forks, replica.forks(space));
  for (const auto& [author, point] : forks)
    if (!cuts_of_log(operations, author).empty()) out.push_back({.author = author, .point = point});
  if (out.empty()) return out;
  CUNJU_TRY(RosterCopy copy,
            RosterCopy::read(replica, space,
                             is_of_quorum(operations) ? TrialBy::kQuorum : TrialBy::kOfficer));
  CUNJU_TRY(const Hash seen, replica.statement_for(space, acting, operations));
  for (ForkOutlook& fork : out) fork.now = copy.standing(fork.author);
  copy.try_out({.acting = acting, .operations = operations, .seen = seen});
  for (ForkOutlook& fork : out) {
    fork.after = copy.standing(fork.author);
    CUNJU_TRY(const std::vector<replica::Branch> branches, replica.branches(space, fork.author));
    fork.branch_now = branch_with(copy, branches, fork.now);
    fork.branch_after = branch_with(copy, branches, fork.after);
    fork.enters = difference(fork.after, fork.now);
    fork.leaves = difference(fork.now, fork.after);
    for (const Cut& cut : cuts_of_log(operations, fork.author))
      fork.cut_stands =
          fork.cut_stands && (cut.end <= fork.point.value ||
                              (fork.after.tip && copy.is_on_path(cut.last, *fork.after.tip)));
    // To go on along it, or to end on it sooner, is not to leave it.
    fork.leaves_branch =
        fork.now.tip && (!fork.after.tip || (!copy.is_on_path(*fork.now.tip, *fork.after.tip) &&
                                             !copy.is_on_path(*fork.after.tip, *fork.now.tip)));
  }
  return out;
}

const ForkOutlook* find_fork(std::span<const ForkOutlook> forks, const AuthorKey& author) {
  const auto found = std::ranges::find(forks, author, &ForkOutlook::author);
  return found == forks.end() ? nullptr : &*found;
}

}  // namespace cunju::council
