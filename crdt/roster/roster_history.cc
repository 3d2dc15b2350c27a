// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/roster_history.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/check.h"

namespace cunju {

void extend_path(std::optional<NamedChange>& tip, const AuthorKey& log, const NamedChange& heard,
                 const IsOnPath& is_on_path) {
  if (!tip) {
    tip = heard;
  } else if (tip->seq < heard.seq) {
    CUNJU_CHECK(is_on_path, "who tells of two changes of a log knows the log");
    if (is_on_path(log, *tip, heard)) tip = heard;
  }
}

void RosterClock::add(std::uint32_t chain, std::uint32_t place) {
  if (counts_.size() <= chain) counts_.resize(chain + 1);
  counts_[chain] = std::max(counts_[chain], place);
}

void RosterClock::merge(const RosterClock& other) {
  if (counts_.size() < other.counts_.size()) counts_.resize(other.counts_.size());
  for (std::size_t i = 0; i < other.counts_.size(); ++i)
    counts_[i] = std::max(counts_[i], other.counts_[i]);
}

std::optional<RosterNo> RosterHistory::find(const ChangeId& id) const {
  auto found = numbers_.find(id);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::vector<RosterNo> RosterHistory::last_of(const AuthorKey& author) const {
  auto found = chain_ends_.find(author);
  return found == chain_ends_.end() ? std::vector<RosterNo>() : found->second;
}

const std::vector<RosterNo>& RosterHistory::live_of(const AuthorKey& author) const {
  static const std::vector<RosterNo> kNone;
  auto found = live_.find(author);
  return found == live_.end() ? kNone : found->second;
}

std::vector<RosterNo> RosterHistory::require(std::span<const ChangeId> ids) const {
  std::vector<RosterNo> out;
  for (const ChangeId& id : ids) {
    auto found = numbers_.find(id);
    CUNJU_CHECK(found != numbers_.end(), "roster changes are looked up before they are used");
    out.push_back(found->second);
  }
  return out;
}

RosterClock RosterHistory::seen_by(std::span<const RosterNo> changes) const {
  RosterClock out;
  for (RosterNo change : changes) out.merge(nodes_[change].seen);
  return out;
}

const Electorate* RosterHistory::electorate(RosterNo naming) const {
  auto found = electorates_.find(naming);
  return found == electorates_.end() ? nullptr : &found->second;
}

std::map<AuthorKey, std::uint64_t> RosterHistory::witnessed_by(const RosterClock& seen) const {
  std::map<AuthorKey, std::uint64_t> out;
  for (RosterNo no : told_) {
    if (!covers(seen, no)) continue;
    for (const auto& [author, tip] : nodes_[no].told.tips)
      out[author] = std::max(out[author], tip.seq.value + 1);
  }
  return out;
}

bool RosterHistory::comes_first(RosterNo a, RosterNo b) const {
  return std::tie(nodes_[a].depth, nodes_[a].id) < std::tie(nodes_[b].depth, nodes_[b].id);
}

RosterNo RosterHistory::add(RosterNode node) {
  const auto no = static_cast<RosterNo>(nodes_.size());
  if (!node.is_dead) give_chain(node);
  CUNJU_CHECK(numbers_.emplace(node.id, no).second, "a roster change is added once");
  nodes_.push_back(std::move(node));
  const RosterNode& added = nodes_.back();
  if (added.is_dead) return no;
  std::vector<RosterNo>& ends = chain_ends_[added.author];
  std::erase_if(ends, [&](RosterNo end) { return nodes_[end].chain == added.chain; });
  ends.push_back(no);
  if (ends.size() > 1) branching_.insert(added.author);
  live_[added.author].push_back(no);
  if (added.takes) takers_.push_back(no);
  if (!added.told.tips.empty()) told_.push_back(no);
  if (added.is_of_quorum) quorum_acts_.push_back(no);
  for (std::uint32_t i = 0; i < added.operations.size(); ++i) index({no, i}, added.operations[i]);
  return no;
}

void RosterHistory::give_chain(RosterNode& node) {
  // An honest author's changes are one chain; each branch of a forked log is a chain of its own.
  node.chain = chains_;
  node.place = 1;
  const std::vector<RosterNo>& ends = chain_ends_[node.author];
  if (node.own_live && std::ranges::find(ends, *node.own_live) != ends.end()) {
    node.chain = nodes_[*node.own_live].chain;
    node.place = nodes_[*node.own_live].place + 1;
  }
  if (node.chain == chains_) ++chains_;
  node.seen.add(node.chain, node.place);
}

void RosterHistory::index(const RosterSpot& at, const RosterOperation& operation) {
  if (const auto* device = std::get_if<AddDevice>(&operation)) {
    Spots& claims = devices_[device->author];
    has_double_claims_ = has_double_claims_ || std::ranges::any_of(claims, [&](const auto& other) {
                           return this->operation<AddDevice>(other).member != device->member;
                         });
    claims.push_back(at);
  } else if (const auto* admission = std::get_if<AdmitMember>(&operation)) {
    admissions_[admission->member].push_back(at);
  } else if (const auto* grant = std::get_if<GrantRole>(&operation)) {
    grants_[grant->member].push_back(at);
  } else if (const auto* policy = std::get_if<SetPolicy>(&operation)) {
    policies_[{policy->role, policy->registry}].push_back(at);
  } else if (const auto* removal = std::get_if<RemoveMember>(&operation)) {
    removals_[removal->member].push_back(at);
  } else if (const auto* end = std::get_if<EndRole>(&operation)) {
    ends_[end->member].push_back(at);
  } else if (const auto* retirement = std::get_if<RetireDevice>(&operation)) {
    retirements_[retirement->cut.author].push_back(at);
  } else if (const auto* node = std::get_if<RetireNode>(&operation)) {
    node_retirements_[node->node].push_back(at);
  } else if (std::holds_alternative<AddNode>(operation)) {
    node_entries_.push_back(at);
  } else if (std::holds_alternative<SetReplication>(operation)) {
    replications_.push_back(at);
  } else if (std::holds_alternative<AdmitLate>(operation)) {
    late_admissions_.push_back(at);
  } else if (std::holds_alternative<Epoch>(operation)) {
    epochs_.push_back(at);
  } else if (std::holds_alternative<OpenEpoch>(operation)) {
    openings_.push_back(at);
  } else if (std::holds_alternative<SetQuorum>(operation)) {
    if (!quorums_.empty() && quorums_.back().change == at.change) quorums_.pop_back();
    quorums_.push_back(at);
  }
}

}  // namespace cunju
