// SPDX-License-Identifier: Apache-2.0
#include "node/audit/verify_witness.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "crdt/witness/statement.h"
#include "node/audit/verify_logs.h"

namespace cunju::audit {
namespace {

std::string name_of(const AuthorKey& witness, const replay::Replay& replay) {
  const AddNode* node = replay.roster ? replay.roster->find_node(witness) : nullptr;
  return (node == nullptr ? std::string() : node->name + " ") + witness.hex().substr(0, 12);
}

}  // namespace

void verify_receipts(const SpaceId& space, const std::vector<Change>& changes,
                     const replay::Replay& replay, VerifyReport& report) {
  using Place = std::pair<AuthorKey, Seq>;
  // Of a forked log more than one change is at a place.
  std::set<Place> places;
  std::unordered_map<ChangeId, Place> here;
  for (const Change& change : changes) {
    const Place place(change.header.author, change.header.seq);
    places.insert(place);
    here.emplace(change.id, place);
  }
  std::set<ChangeId> in_force;
  for (const replay::PartVerdict& verdict : replay.parts)
    if (verdict.state == replay::PartState::kEffective) in_force.insert(verdict.change);

  struct Gap {
    Seq seq;
    bool is_missing = false;
  };
  std::map<std::pair<AuthorKey, AuthorKey>, Gap> gaps;  // By log and witness: the first of each.
  std::set<AuthorKey> names_absent;
  for (const Change& change : changes) {
    const ChangeHeader& header = change.header;
    if (!header.seen.is_zero() && !here.contains(ChangeId{header.seen.value}) &&
        names_absent.insert(header.author).second)
      report.warning(
          place_of_change(space, header.author, header.seq),
          "提到的见证不在这份导出里，见证人的日志可能不全",
          "names a statement that is not in the export: a witness's log may be cut short");
    if (!in_force.contains(change.id)) continue;
    const std::optional<std::vector<WitnessedHead>> heads = read_statement(change);
    if (!heads) continue;
    ++report.counts.statements;
    for (const WitnessedHead& head : *heads) {
      const Place place(head.author, head.seq);
      const auto found = here.find(head.id);
      if (found != here.end() && found->second == place) continue;
      const Gap found_gap{head.seq, !places.contains(place)};
      auto [gap, is_new] = gaps.try_emplace({head.author, header.author}, found_gap);
      if (!is_new && head.seq < gap->second.seq) gap->second = found_gap;
    }
  }
  for (const auto& [between, gap] : gaps) {
    const std::string witness = name_of(between.second, replay);
    const std::string place = place_of_change(space, between.first, gap.seq);
    if (gap.is_missing) {
      report.error(place, "见证人 " + witness + " 确认收到过这份改动，导出里没有",
                   "the witness " + witness + " has acknowledged this change, which is not here");
    } else {
      report.error(place, "见证人 " + witness + " 在这个位置确认收到的是另一份改动",
                   "the witness " + witness + " has acknowledged another change in this place");
    }
  }
}

}  // namespace cunju::audit
