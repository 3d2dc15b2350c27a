// SPDX-License-Identifier: Apache-2.0
#include "cli/known_log.h"

#include <algorithm>

namespace cunju::cli {

namespace {

/// A node that was removed is asked for nothing any more, and what this one has said to itself, at
/// an address of its own, is nobody's word.
void forget_others(replica::Replica& replica, const Roster& roster,
                   std::vector<replica::ToldHead>& told) {
  const std::vector<AuthorKey> own = replica.own_authors();
  std::erase_if(told, [&](const replica::ToldHead& head) {
    const AddNode* node = roster.find_wire(head.peer);
    return node == nullptr || std::ranges::find(own, AuthorKey{node->node.value}) != own.end();
  });
}

}  // namespace

Result<KnownLog> read_known_log(replica::Replica& replica, const SpaceId& space,
                                const AuthorKey& author) {
  CUNJU_TRY(Cut end, replica.cut_of(space, author, std::nullopt));
  KnownLog out{.author = author, .count = end.end, .receipts = {}, .told = {}, .elsewhere = {}};
  CUNJU_TRY(out.receipts, replica.acknowledged(space, author));
  CUNJU_TRY(out.told, replica.told(space, author));
  const Result<std::shared_ptr<const Roster>> roster = replica.roster(space);
  if (roster.has_value()) forget_others(replica, *roster.value(), out.told);
  CUNJU_TRY(const auto forks, replica.forks(space));
  if (!forks.contains(author)) return out;
  auto look_at = [&](const NamedChange& named) -> Result<void> {
    if (end.end == 0) return ok();
    const NamedChange tip{Seq{end.end - 1}, end.last};
    // On the standing path one of the two comes before the other.
    CUNJU_TRY(bool is_there, named.seq <= tip.seq ? replica.is_on_path(space, author, named, tip)
                                                  : replica.is_on_path(space, author, tip, named));
    if (!is_there) out.elsewhere.insert(named.id);
    return ok();
  };
  for (const replica::Acknowledged& receipt : out.receipts) {
    if (receipt.count == 0) continue;
    CUNJU_TRYV(look_at({Seq{receipt.count - 1}, receipt.last}));
  }
  for (const replica::ToldHead& told : out.told) {
    if (!told.is_here) continue;
    CUNJU_TRYV(look_at({told.seq, told.id}));
  }
  return out;
}

boost::json::array show_receipts(Terminal& terminal, const Roster& roster, const KnownLog& log) {
  boost::json::array out;
  for (const replica::Acknowledged& receipt : log.receipts) {
    const AddNode* node = roster.find_node(receipt.witness);
    const std::string who = node == nullptr ? short_id(receipt.witness.hex()) : node->name;
    const std::string count = std::to_string(receipt.count), all = std::to_string(log.count);
    terminal.say({"  " + who + " 已确认到第 " + count + " 份（共 " + all + " 份），" +
                      local_time(receipt.claimed_ms),
                  "  " + who + " has acknowledged " + count + " of " + all + " changes of key " +
                      short_id(log.author.hex()) + ", " + local_time(receipt.claimed_ms)});
    if (log.elsewhere.contains(receipt.last))
      terminal.say(
          {"  注意：这把钥匙已分叉，" + who + " 确认的是另一支，与这里有效的不能按份数比较。",
           "  Note: this key is forked, and " + who +
               " has acknowledged another branch; its numbers say nothing of the one that "
               "stands."});
    if (receipt.states_another)
      terminal.say({"  注意：" + who + " 确认的内容里有一份与本机不同，请联系对方核对。",
                    "  Note: " + who +
                        " has acknowledged a change that differs from the one here; "
                        "ask them."});
    out.push_back(boost::json::object{{"witness", receipt.witness.hex()},
                                      {"name", who},
                                      {"acknowledged", receipt.count},
                                      {"claimed_ms", receipt.claimed_ms},
                                      {"other_branch", log.elsewhere.contains(receipt.last)},
                                      {"states_another", receipt.states_another}});
  }
  return out;
}

boost::json::array show_told(Terminal& terminal, const Roster& roster, const KnownLog& log) {
  boost::json::array out;
  for (const replica::ToldHead& told : log.told) {
    const AddNode* node = roster.find_wire(told.peer);
    const std::string who = node == nullptr ? short_id(told.peer.hex()) : node->name;
    const std::uint64_t count = told.seq.value + 1;
    const std::uint64_t lag = count < log.count ? log.count - count : 0;
    const bool is_elsewhere = log.elsewhere.contains(told.id);
    const char* state = told.is_different ? "different"
                        : !told.is_here   ? "ahead"
                        : is_elsewhere    ? "other_branch"
                        : lag > 0         ? "behind"
                                          : "equal";
    const Label line =
        told.is_different ? Label{"那里的第 " + std::to_string(count) + " 份与本机不同",
                                  "has another change " + std::to_string(count) + " than this node"}
        : !told.is_here
            ? Label{"说有第 " + std::to_string(count) + " 份，本机没有",
                    "says that it has change " + std::to_string(count) + ", which is not here"}
        : is_elsewhere ? Label{"到另一支的第 " + std::to_string(count) + " 份（这把钥匙已分叉）",
                               "has change " + std::to_string(count) +
                                   " of another branch (the key is forked)"}
        : lag > 0 ? Label{"还差 " + std::to_string(lag) + " 份", "lacks " + std::to_string(lag)}
                  : Label{"与本机一样", "has the same as this node"};
    terminal.say(
        {"  上次交换时 " + who + "：" + line.zh + "（钥匙 " + short_id(log.author.hex()) + "）",
         "  At the last exchange " + who + " " + line.en + " (key " + short_id(log.author.hex()) +
             ")"});
    out.push_back(boost::json::object{
        {"peer", told.peer.hex()}, {"name", who}, {"has", count}, {"state", state}});
  }
  return out;
}

}  // namespace cunju::cli
