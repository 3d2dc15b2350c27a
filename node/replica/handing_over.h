// SPDX-License-Identifier: Apache-2.0
//
// How keys of epochs have got to devices in one space, as one transaction sees it: who wrapped what
// to whom, what does not open, and which epochs are needed though no act in force opened them. What
// follows from it is handed over by Replica::hand_over_epochs(). The law is in
// docs/formats/roster.md, "Scopes". Values; reading them looks at every confidential part's row.
#pragma once

#include <array>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "crdt/roster/roster_graph.h"
#include "crdt/scopes/scope_keys.h"
#include "node/replica/answers.h"
#include "node/replica/books.h"

namespace cunju::replica {

/// Devices, and by whom each got something.
using Senders = std::map<AuthorKey, std::set<AuthorKey>>;

struct KeyTraffic {
  std::map<ScopeKeys::Id, Senders> wraps;     ///< By recipient.
  std::map<ScopeKeys::Id, Senders> unopened;  ///< As the recipients say.
  /// Parts that are here, by what they say of their epoch.
  std::map<std::pair<Scope, std::array<std::uint8_t, 4>>, std::uint64_t> parts;
  /// Epochs of acts that are not in force which parts name, with the name that the scope had there.
  std::map<ScopeKeys::Id, std::string> fallen;
  /// Of needed epochs (RosterGraph::in_whose_time), where somebody reads from now on only.
  std::map<ScopeKeys::Id, std::set<MemberId>> times;

  std::uint64_t parts_of(const ScopeKeys::Id& epoch) const;
  /// Whether somebody wrapped the key to the device whose wraps it has not said it can't open.
  bool is_given(const ScopeKeys::Id& epoch, const AuthorKey& device) const;
  const std::set<MemberId>& in_whose_time(const ScopeKeys::Id& epoch) const;
};
/// `roster`: as it stands. `with_times`: also where by this roster nobody reads from now on only.
/// Errors: those of the store.
Result<KeyTraffic> read_key_traffic(const Reader& reader, std::uint32_t space_no,
                                    const RosterGraph& graph, const Roster& roster,
                                    bool with_times = false);

/// An epoch whose parts are for whoever may read the scope of that name.
struct NeededEpoch {
  ScopeKeys::Id id;
  std::string name;
};
/// Those in force, oldest first, and those that have fallen and whose scope still has the name.
std::vector<NeededEpoch> needed_epochs(const Roster& roster, const KeyTraffic& traffic);

/// What was wrapped to `device`, whose keys these are, and does not open, as far as it has not said
/// so.
std::vector<UnopenedWrap> find_unopened(const Roster& roster, const KeyTraffic& traffic,
                                        const ScopeKeys& keys, const AuthorKey& device);

/// A key that is here and a device that may be handed it and lacks it. What `sender` itself has
/// wrapped to a device counts as given, whatever the device says: so nobody who goes on saying that
/// nothing opens gets more than one wrap of each. `again`: devices to which that does not apply.
struct LackedKey {
  ScopeKeys::Id epoch;
  AuthorKey device;
  friend auto operator<=>(const LackedKey&, const LackedKey&) = default;
};
std::vector<LackedKey> find_lacked(const Roster& roster, const KeyTraffic& traffic,
                                   const ScopeKeys& keys, const AuthorKey& sender,
                                   const std::set<AuthorKey>& again);

/// As people are told of it. `own`: devices of this home.
std::map<Scope, ScopeStatus> scope_status(const Roster& roster, const KeyTraffic& traffic,
                                          const ScopeKeys& keys,
                                          std::span<const crypto::SigningKey> own);

}  // namespace cunju::replica
