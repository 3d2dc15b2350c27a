// SPDX-License-Identifier: Apache-2.0
//
// Confidential scopes in acts on the roster: who may read what before and after, and the epochs
// that an act has to open. Whoever is taken out of a scope must not read what comes after, and
// whoever comes in wants a key: so an act that changes who is entitled, or leaves somebody no more
// than what is of their time, opens a new epoch, in the same change, for everybody who is entitled
// then. Nothing here knows a key that is not new. Pure but for reading.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "node/council/roster_acts.h"

namespace cunju::council {

/// A scope, and the devices that an act takes out of it or lets in; and of those that may read it
/// before and after: which may have no earlier epochs any more, and which may have them now.
struct ScopeTurn {
  std::string name;
  std::vector<AuthorKey> out, in, narrowed, widened;

  bool opens_epoch() const { return !out.empty() || !in.empty() || !narrowed.empty(); }
};

/// Names of the scopes that have a policy line or an epoch, ascending.
std::vector<std::string> scope_names(const Roster& roster);
/// The scopes that other devices may read after than before, or that some may read otherwise.
std::vector<ScopeTurn> find_turns(const Roster& before, const Roster& after);

/// A new epoch of the scope for everybody who may read it by `roster`, to be signed by `sender`.
/// The key is in the wraps and nowhere else; of more devices than limits::kMaxEpochWraps the rest
/// get it by hand_over_epochs(). Errors: kLimit (the numbers of scopes are used up),
/// kInvalidArgument (the name).
Result<OpenEpoch> plan_epoch(const Roster& roster, const SpaceId& space, std::string_view name,
                             const AuthorKey& sender, crypto::RandomSource& random);

/// Adds to the act the epochs that it has to open: for each scope that loses, gains or narrows a
/// device and has readers afterwards. `sender`: who signs the change. A signed act of the recovery
/// quorum stays as it is: its draft has them. What it added.
Result<std::vector<ScopeTurn>> add_epochs(replica::Replica& replica, const SpaceId& space,
                                          const AuthorKey& sender, crypto::RandomSource& random,
                                          std::vector<RosterOperation>& operations);

/// Parts of the scope that are here under keys which the own devices may not be handed although
/// they may read the scope: what was sealed before their time. Asking anybody for keys is in vain.
std::uint64_t closed_parts(const Roster& roster, const replica::ScopeStatus& status,
                           const std::set<AuthorKey>& own);

/// What is wrong with the keys of a scope, so that somebody has to do something.
struct ScopeTrouble {
  std::string scope;  ///< Its name; its number where the roster has none.
  /// Who wrapped a key to a device of this home in a way that does not open. The key is not here.
  std::set<AuthorKey> unopened_from;
  /// Other entitled devices that say so of theirs, and have not got the key since.
  std::set<AuthorKey> unopened_at;
  /// Devices that were given the current key and may not read the scope: what is written now is
  /// open to them. A new epoch ends that.
  std::set<AuthorKey> outsiders;
  /// Devices that read from their coming on, and the current epoch was opened before that: nobody
  /// hands it to them, and they can write nothing until there is a new one.
  std::set<AuthorKey> without_current;
  /// Parts that are here, under keys of acts that are not in force and that are not here, though
  /// this home may read the scope.
  std::uint64_t fallen_parts = 0;
  /// Of the fallen epochs some can't be handed over, because the roster gives nobody that scope.
  bool is_orphaned = false;

  bool is_none() const {
    return unopened_from.empty() && unopened_at.empty() && outsiders.empty() &&
           without_current.empty() && fallen_parts == 0 && !is_orphaned;
  }
};
/// Scopes without trouble are left out. Errors: those of the replica.
Result<std::vector<ScopeTrouble>> find_scope_troubles(replica::Replica& replica,
                                                      const SpaceId& space);

}  // namespace cunju::council
