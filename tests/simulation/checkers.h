// SPDX-License-Identifier: Apache-2.0
//
// What must hold when nothing is on its way any more. Each checker says what it found through
// Context::fail and looks at honest nodes only. Liars' changes count like any other: what an honest
// node took is part of the set that all of them must agree on.
#pragma once

#include "tests/simulation/node.h"

namespace cunju::simulation {

/// State hashes are equal: what liveness waits for. No failure is noted.
bool have_equal_states(const Nodes& nodes, const SpaceId& space);

/// Who has what, into the trace, for who has to find out why.
void note_differences(Context& context, const Nodes& nodes);

/// Same changes, same bytes: states and views are equal.
void check_agreement(Context& context, const Nodes& nodes);
/// Every promise of every node's ledger is in its log.
void check_promises_kept(Context& context, const Nodes& nodes);
/// The same, and every honest change on every honest
/// node.
void check_nothing_lost(Context& context, const Nodes& nodes);
/// States, views and rosters are those that crdt/replay computes from everything that honest nodes
/// took; every late tray is the replay's, and late, in force and void are all parts; no honest part
/// is void or held, and it is late only where somebody took something away.
void check_against_replay(Context& context, const Nodes& nodes);
/// Without liars nothing waits and nothing is in doubt.
void check_nothing_waits(Context& context, const Nodes& nodes);
/// Views that are dropped and computed again are the same.
void check_rebuild(Context& context, Node& node);

}  // namespace cunju::simulation
