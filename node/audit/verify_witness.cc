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
  std::map<std::pair<AuthorKey, Seq>, ChangeId> places;
  std::set<ChangeId> here;
  for (const Change& change : changes) {
    places.emplace(std::pair(change.header.author, change.header.seq), change.id);
    here.insert(change.id);
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
      auto place = places.find({head.author, head.seq});
      if (place != places.end() && place->second == head.id) continue;
      auto [gap, is_new] =
          gaps.try_emplace({head.author, header.author}, Gap{head.seq, place == places.end()});
      if (!is_new && head.seq < gap->second.seq) gap->second = {head.seq, place == places.end()};
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
