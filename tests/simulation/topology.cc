// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/topology.h"

#include <algorithm>
#include <deque>

namespace cunju::simulation {
namespace {

constexpr std::size_t kUnreachable = ~std::size_t{0};

struct Distances {
  std::vector<std::size_t> hops;
  std::vector<std::size_t> before;
};

Distances measure(const std::vector<Link>& links, const std::vector<bool>& may_pass,
                  std::size_t start) {
  Distances out{std::vector<std::size_t>(may_pass.size(), kUnreachable),
                std::vector<std::size_t>(may_pass.size(), start)};
  std::deque<std::size_t> queue{start};
  out.hops[start] = 0;
  while (!queue.empty()) {
    const std::size_t at = queue.front();
    queue.pop_front();
    for (const auto& [a, b] : links) {
      if (a != at && b != at) continue;
      const std::size_t next = a == at ? b : a;
      if (!may_pass[next] || out.hops[next] != kUnreachable) continue;
      out.hops[next] = out.hops[at] + 1;
      out.before[next] = at;
      queue.push_back(next);
    }
  }
  return out;
}

void add(std::vector<Link>& links, std::size_t a, std::size_t b) {
  const Link link(std::min(a, b), std::max(a, b));
  if (a != b && std::ranges::find(links, link) == links.end()) links.push_back(link);
}

}  // namespace

std::vector<Link> make_links(const Scenario& scenario, const std::vector<bool>& is_honest) {
  std::vector<Link> out;
  const std::size_t nodes = scenario.nodes;
  for (std::size_t i = 1; i < nodes; ++i) {
    switch (scenario.topology) {
      case Topology::kLine:
      case Topology::kRing:
        add(out, i - 1, i);
        break;
      case Topology::kStar:
        add(out, 0, i);
        break;
      case Topology::kTree:
        add(out, (i - 1) / 2, i);
        break;
      case Topology::kComplete:
        for (std::size_t j = 0; j < i; ++j) add(out, j, i);
    }
  }
  if (scenario.topology == Topology::kRing) add(out, nodes - 1, 0);
  std::size_t last = kUnreachable;
  for (std::size_t i = 0; i < nodes; ++i) {
    if (!is_honest[i]) continue;
    if (scenario.liars > 0 && last != kUnreachable) add(out, last, i);
    last = i;
  }
  return out;
}

std::size_t diameter(const std::vector<Link>& links, const std::vector<bool>& is_honest) {
  std::size_t out = 1;
  for (std::size_t i = 0; i < is_honest.size(); ++i) {
    if (!is_honest[i]) continue;
    const Distances found = measure(links, is_honest, i);
    for (std::size_t j = 0; j < is_honest.size(); ++j) {
      if (is_honest[j]) out = std::max(out, found.hops[j]);
    }
  }
  return out;
}

std::vector<std::size_t> ways_to_first(const std::vector<Link>& links, std::size_t nodes) {
  return measure(links, std::vector<bool>(nodes, true), 0).before;
}

}  // namespace cunju::simulation
