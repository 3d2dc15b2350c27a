// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/hidden_parts.h"
#include "cli/known_log.h"
#include "cli/record_lookup.h"
#include "cli/scope_report.h"
#include "cli/scope_words.h"
#include "cli/subject_request.h"
#include "cli/verbs.h"
#include "crdt/roster/replication_names.h"
#include "node/council/roster_outlook.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

struct SpaceStatus {
  Hash state_hash;
  std::uint64_t changes = 0;
  std::map<std::string, std::uint64_t> registries;
  std::uint64_t conflicts = 0;
  std::uint64_t late = 0;
  std::uint64_t late_texts = 0;
  HiddenByScope hidden;
  /// Keys of this node whose logs a peer knows better, and up to which number.
  std::map<AuthorKey, std::uint64_t> behind;
  /// Keys that have signed two different changes in one place: whose, and from which number on.
  std::map<AuthorKey, std::pair<std::string, std::uint64_t>> forked;
  /// Keys that were forked, and about which nothing is left to be done.
  std::map<AuthorKey, std::uint64_t> replaced;
  /// Of each key of this node that has a log: its length, receipts, and what peers have of it.
  std::vector<KnownLog> own;
  replica::PartsStanding parts;
  RequestCounts requests;
  std::vector<council::ScopeTrouble> scope_troubles;
  std::vector<UnreadScope> unread;  ///< That nobody who may read it can open.
  std::uint64_t members = 0;
  std::uint64_t nodes = 0;
};

Result<SpaceStatus> read_status(node::Node& node, const Book& book) {
  const SpaceId& space = book.space;
  SpaceStatus out;
  replica::Replica& replica = node.replica();
  CUNJU_TRY(out.state_hash, replica.state_hash(space));
  // Of a forked log each change once, on whichever branches it is.
  CUNJU_TRY(const sync::Amount all, replica.measure_missing(space, sync::Have{}));
  out.changes = all.changes;
  CUNJU_TRY(out.registries, replica.registries(space));
  CUNJU_TRYV(replica.scan_conflicts(space, [&](const RecordId&, const RecordView&) {
    ++out.conflicts;
    return true;
  }));
  CUNJU_TRY(std::vector<replica::LatePart> late, replica.late_parts(space));
  out.late = late.size();
  CUNJU_TRY(out.hidden, count_hidden(node, space));
  CUNJU_TRY(out.parts, replica.parts_standing(space));
  CUNJU_TRY(out.late_texts, book.records->count_late_texts());
  CUNJU_TRY(out.requests, count_requests(book));
  for (const keys::Clerk& clerk : node.keystore().clerks()) {
    CUNJU_TRY(std::vector<replica::Claim> claims, replica.claims(space, clerk.author));
    for (const replica::Claim& claim : claims)
      out.behind[clerk.author] = std::max(out.behind[clerk.author], claim.seq.value);
    CUNJU_TRY(KnownLog log, read_known_log(replica, space, clerk.author));
    if (log.count > 0) out.own.push_back(std::move(log));
  }
  CUNJU_TRY(auto forks, replica.forks(space));
  CUNJU_TRY(const std::set<AuthorKey> keys, council::forked_keys(replica, space));
  Result<std::shared_ptr<const Roster>> roster = replica.roster(space);
  for (const auto& [author, at] : forks) {
    std::string who = roster.has_value() ? author_name(*roster.value(), author) : "";
    if (roster.has_value() && council::is_fork_settled(*roster.value(), keys, author)) {
      out.replaced[author] = at.value + 1;
    } else {
      out.forked[author] = {std::move(who), at.value + 1};
    }
  }
  if (roster.has_value()) {
    CUNJU_TRY(out.scope_troubles, council::find_scope_troubles(replica, space));
    out.members = roster.value()->members.size();
    out.nodes = roster.value()->nodes.size();
  }
  return out;
}

/// What is overdue comes first: a period that the law or the place lays down has run out.
void show_requests(Terminal& terminal, const RequestCounts& requests) {
  if (requests.waiting == 0) return;
  const std::string overdue = std::to_string(requests.overdue);
  const std::string waiting = std::to_string(requests.waiting),
                    command = terminal.command("subject list");
  terminal.say({(requests.overdue > 0 ? "  个人信息请求逾期 " + overdue + " 件，待办共 "
                                      : "  个人信息请求待办 ") +
                    waiting + " 件，请看 " + command,
                (requests.overdue > 0 ? "  requests of persons: " + overdue + " overdue, of "
                                      : "  requests of persons: ") +
                    waiting + " that wait: " + command});
}

/// What is not here and should be, and what is here and should not.
void show_parts(Terminal& terminal, const replica::PartsStanding& parts) {
  const std::string sync = terminal.command("sync ADDRESS");
  if (parts.lacking > 0)
    terminal.say({"  " + std::to_string(parts.lacking) +
                      " 份改动还缺内容（对方没有、按流量计费没有带上，或保存范围刚放宽），与保存全"
                      "部内容的电脑交换（" +
                      sync + "）时补上",
                  "  " + std::to_string(parts.lacking) +
                      " changes wait for parts that came without (the peer had none, the link was "
                      "metered, or this node may have them only since lately): " +
                      sync + " with a node that keeps everything brings them"});
  if (parts.withheld > 0)
    terminal.say({"  " + std::to_string(parts.withheld) +
                      " 份改动的部分内容按名册规定的保存范围不存在本机，只有凭据",
                  "  " + std::to_string(parts.withheld) +
                      " changes have parts that this node does not keep, as the roster says; their "
                      "hashes stand here"});
  if (parts.excess > 0)
    terminal.say(
        {"  " + std::to_string(parts.excess) +
             " 份改动有本机不再该保存的内容，等另一台保存全部内容的电脑确认有了（" + sync +
             "）才销毁",
         "  " + std::to_string(parts.excess) +
             " changes have parts that this node is not to keep: they are destroyed once a "
             "node that keeps everything has confirmed to hold them (" +
             sync + ")"});
}

boost::json::array show_troubles(node::Node& node, Terminal& terminal, const SpaceId& space,
                                 const std::vector<council::ScopeTrouble>& troubles) {
  boost::json::array out;
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  for (const council::ScopeTrouble& trouble : troubles) {
    if (roster.has_error()) break;
    for (const Label& line : trouble_lines(terminal, *roster.value(), trouble))
      terminal.say({"  " + line.zh, "  " + line.en});
    out.push_back(trouble_json(trouble));
  }
  return out;
}

void show(Invocation& call, node::Node& node, const SpaceId& space, const SpaceStatus& status,
          const registry::Catalog& catalog) {
  Terminal& terminal = call.terminal;
  const std::string name = space_name(node, space);
  terminal.say({name + "（" + short_id(space.hex()) + "）：" + std::to_string(status.changes) +
                    " 份改动，" + std::to_string(status.members) + " 人，" +
                    std::to_string(status.nodes) + " 台电脑",
                name + " (" + short_id(space.hex()) + "): " + std::to_string(status.changes) +
                    " changes, " + std::to_string(status.members) + " members, " +
                    std::to_string(status.nodes) + " nodes"});
  std::vector<std::vector<std::string>> rows;
  boost::json::object counts;
  for (const auto& [registry, count] : status.registries) {
    const registry::Definition* definition = catalog.find(registry);
    std::string label(definition == nullptr ? registry : terminal.in_language(definition->label));
    rows.push_back({"  " + label, std::to_string(count)});
    counts[registry] = count;
  }
  terminal.table(rows);
  if (!status.hidden.empty()) {
    const Label by_scope = hidden_label(status.hidden);
    terminal.say({"  保密内容您在这里看不到的，按范围：" + by_scope.zh,
                  "  confidential parts that you can't read here, by scope: " + by_scope.en});
  }
  if (status.conflicts > 0)
    terminal.say({"  " + std::to_string(status.conflicts) + " 条记录有不同说法，请看 " +
                      terminal.command("conflicts"),
                  "  " + std::to_string(status.conflicts) +
                      " records in conflict: " + terminal.command("conflicts")});
  if (status.late > 0)
    terminal.say(
        {"  迟到箱里有 " + std::to_string(status.late) + " 份，请看 " + terminal.command("late"),
         "  " + std::to_string(status.late) + " late changes: " + terminal.command("late")});
  if (status.late_texts > 0)
    terminal.say({"  定稿后到的文字 " + std::to_string(status.late_texts) + " 份，请看 " +
                      terminal.command("late"),
                  "  " + std::to_string(status.late_texts) +
                      " edits came when their text was final: " + terminal.command("late")});
  show_requests(terminal, status.requests);
  boost::json::array unread;
  for (const UnreadScope& each : status.unread) {
    terminal.say({"  注意：" + each.text.zh + "。" + each.advice.zh,
                  "  Note: " + each.text.en + ". " + each.advice.en});
    unread.push_back(boost::json::object{{"scope", each.scope}, {"epochs", each.epochs}});
  }
  show_parts(terminal, status.parts);
  boost::json::array troubles = show_troubles(node, terminal, space, status.scope_troubles);
  boost::json::object behind;
  for (const auto& [author, seq] : status.behind) {
    behind[author.hex()] = seq;
    terminal.say({"  注意：钥匙 " + short_id(author.hex()) + " 写到第 " + std::to_string(seq) +
                      " 份，别的电脑见过，本机没有（可能是从旧备份恢复）。先交换数据（" +
                      terminal.command("sync") + "），取回之前不能用它登记。",
                  "  Note: a peer has seen change " + std::to_string(seq) + " of key " +
                      short_id(author.hex()) +
                      ", which is not here (an old backup?). Exchange first (" +
                      terminal.command("sync") + "); until then it signs nothing."});
  }
  boost::json::object forked;
  for (const auto& [author, fork] : status.forked) {
    forked[author.hex()] = fork.second;
    const std::string key = short_id(author.hex()), at = std::to_string(fork.second);
    terminal.say(
        {"  注意：" + fork.first + " 的钥匙 " + key + " 从第 " + at +
             " 份起签了不同的内容，已冻结（各支都在，见 " + terminal.command("key list") + "）。",
         "  Note: key " + key + " of " + fork.first + " has signed different changes from " +
             "number " + at +
             " on and is frozen (all branches are kept: " + terminal.command("key list") + ")."});
  }
  boost::json::object replaced;
  for (const auto& [author, at] : status.replaced) replaced[author.hex()] = at;
  boost::json::array own;
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  for (const KnownLog& log : status.own) {
    if (roster.has_error()) break;
    boost::json::array receipts = show_receipts(terminal, *roster.value(), log);
    own.push_back(boost::json::object{{"author", log.author.hex()},
                                      {"changes", log.count},
                                      {"receipts", std::move(receipts)},
                                      {"peers", show_told(terminal, *roster.value(), log)}});
  }
  terminal.say({"  状态指纹 " + status.state_hash.hex().substr(0, 16),
                "  state hash " + status.state_hash.hex().substr(0, 16)});
  terminal.object({{"space", space.hex()},
                   {"name", name},
                   {"state_hash", status.state_hash.hex()},
                   {"changes", status.changes},
                   {"registries", counts},
                   {"conflicts", status.conflicts},
                   {"late", status.late},
                   {"late_texts", status.late_texts},
                   {"hidden", hidden_json(status.hidden)},
                   {"closed", closed_json(status.hidden)},
                   {"requests_waiting", status.requests.waiting},
                   {"requests_overdue", status.requests.overdue},
                   {"scope", status.parts.scope ? replication_id(*status.parts.scope) : ""},
                   {"lacking", status.parts.lacking},
                   {"withheld", status.parts.withheld},
                   {"excess", status.parts.excess},
                   {"scope_troubles", std::move(troubles)},
                   {"unread_scopes", unread},
                   {"behind", behind},
                   {"forked", forked},
                   {"forked_replaced", replaced},
                   {"own_logs", own},
                   {"members", status.members},
                   {"nodes", status.nodes}});
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(SpaceStatus status, read_status(*node, book));
    CUNJU_TRY(status.unread, find_unread(call, *node, space));
    show(call, *node, space, status, *book.catalog);
  }
  CUNJU_TRY(replica::ReplicaCounts counts, node->replica().counts());
  if (counts.pooled + counts.waiting_parts > 0)
    call.terminal.say({"另有 " + std::to_string(counts.pooled + counts.waiting_parts) +
                           " 份在等先到的内容，到齐后自动生效。",
                       std::to_string(counts.pooled + counts.waiting_parts) +
                           " more wait for what they depend on."});
  return ExitCode::kOk;
}

}  // namespace

const Verb kStatusVerb{
    .name = "status",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"各登记簿的数量、未决分歧与状态指纹", "counts, open conflicts and the state hash"},
    .details = {"两台电脑的状态指纹相同，说明收到的记录完全一样。",
                "Two nodes with equal state hashes have admitted exactly the same changes."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
