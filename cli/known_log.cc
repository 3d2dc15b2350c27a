// SPDX-License-Identifier: Apache-2.0
#include "cli/known_log.h"

namespace cunju::cli {

Result<KnownLog> read_known_log(replica::Replica& replica, const SpaceId& space,
                                const AuthorKey& author) {
  CUNJU_TRY(Cut end, replica.cut_of(space, author, std::nullopt));
  KnownLog out{.author = author, .count = end.end, .receipts = {}, .told = {}};
  CUNJU_TRY(out.receipts, replica.acknowledged(space, author));
  CUNJU_TRY(out.told, replica.told(space, author));
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
    if (receipt.states_another)
      terminal.say({"  注意：" + who + " 确认的内容里有一份与本机不同，请联系对方核对。",
                    "  Note: " + who +
                        " has acknowledged a change that differs from the one here; "
                        "ask them."});
    out.push_back(boost::json::object{{"witness", receipt.witness.hex()},
                                      {"name", who},
                                      {"acknowledged", receipt.count},
                                      {"claimed_ms", receipt.claimed_ms},
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
    const char* state = told.is_different ? "different"
                        : !told.is_here   ? "ahead"
                        : lag > 0         ? "behind"
                                          : "equal";
    const Label line =
        told.is_different ? Label{"那里的第 " + std::to_string(count) + " 份与本机不同",
                                  "has another change " + std::to_string(count) + " than this node"}
        : !told.is_here
            ? Label{"说有第 " + std::to_string(count) + " 份，本机没有",
                    "says that it has change " + std::to_string(count) + ", which is not here"}
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
