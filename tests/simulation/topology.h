// SPDX-License-Identifier: Apache-2.0
//
// Who is connected to whom: the links of a world, and how far news has to travel over those between
// honest nodes. Pure.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "tests/simulation/scenario.h"

namespace cunju::simulation {

using Link = std::pair<std::size_t, std::size_t>;

/// The links of the scenario's topology, and enough between honest nodes to connect those without
/// the others: no protocol can get news through a cut of liars.
std::vector<Link> make_links(const Scenario& scenario, const std::vector<bool>& is_honest);
/// Longest shortest way between two honest nodes over honest ones; at least 1.
std::size_t diameter(const std::vector<Link>& links, const std::vector<bool>& is_honest);
/// Each node's neighbour on a shortest way to node 0; its own number for node 0.
std::vector<std::size_t> ways_to_first(const std::vector<Link>& links, std::size_t nodes);

}  // namespace cunju::simulation
