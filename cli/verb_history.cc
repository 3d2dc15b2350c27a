// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/late_texts.h"
#include "cli/verbs.h"
#include "crdt/types/text/text_edits_codec.h"
#include "node/registry/taken_out.h"

namespace cunju::cli {
namespace {

/// How much a text edit adds and takes away: "  +12 -3".
std::string describe_edits(const Operation& operation) {
  const auto* bytes = std::get_if<Bytes>(&operation.value);
  if (bytes == nullptr) return {};
  Result<TextEdits> edits = decode_text_edits(*bytes);
  if (edits.has_error()) return {};
  std::uint64_t added = 0, erased = 0;
  for (const TextRun& run : edits.value().runs()) (run.inserts() ? added : erased) += run.length;
  return "  +" + std::to_string(added) + " -" + std::to_string(erased);
}

std::string describe(const Operation& operation, const registry::Definition* definition,
                     Language language) {
  const std::string field = field_label(definition, operation.field, language);
  const std::string value = shown(definition, operation.field, operation.value, language);
  switch (static_cast<OperationKind>(operation.kind)) {
    case OperationKind::kRegisterSet:
      return field + " = " + value;
    case OperationKind::kSetAdd:
      if (registry::is_taken_out_mark(operation.value))
        return field + std::string(Label{"：去掉一项改为保密以前登记的",
                                         ": takes out one that was entered before it was "
                                         "confidential"}
                                       .in(language));
      return field + " += " + value;
    case OperationKind::kSetRemove:
      return field + " -= " + value;
    case OperationKind::kStateMove:
      return field + "：" +
             (is_empty(operation.previous)
                  ? std::string()
                  : shown(definition, operation.field, operation.previous, language)) +
             " → " + value;
    case OperationKind::kDelete:
      return Label{"删除", "delete"}.in(language);
    case OperationKind::kTextEdit:
      return field + describe_edits(operation);
    case OperationKind::kTextConfirm:
      return field + std::string(Label{"：已读合并", ": merge confirmed"}.in(language));
    case OperationKind::kFreeze:
      return Label{"定稿", "texts final"}.in(language);
    case OperationKind::kThaw:
      return Label{"解除定稿", "texts open again"}.in(language);
    case OperationKind::kTextPassed:
      return Label{"写时未见迟到的改动", "written without late changes"}.in(language);
    case OperationKind::kRoster:
    case OperationKind::kWitness:
    case OperationKind::kEpochWrap:
    case OperationKind::kErasureAct:
    case OperationKind::kErasureApproval:
    case OperationKind::kErasureReceipt:
    case OperationKind::kEpochUnopened:
      break;
  }
  return Label{"（更新版本的内容）", "(of a newer program)"}.in(language);
}

/// The texts in which an entry's edits have no effect, because they were final.
std::vector<std::string> late_texts(const replica::HistoryEntry& entry, const RecordState& state) {
  std::vector<std::string> out;
  const Dot dot{.author = entry.author, .seq = entry.seq};
  for (const TextField& text : state.texts()) {
    if (!entry.is_void && std::ranges::binary_search(text.late, dot)) out.push_back(text.name);
  }
  return out;
}

std::string witness_name(const Roster& roster, const AuthorKey& witness) {
  const AddNode* node = roster.find_node(witness);
  return node == nullptr ? short_id(witness.hex()) : node->name;
}

std::string edge(const std::optional<std::uint64_t>& time) {
  return time ? local_time(*time) : std::string("…");
}

/// What witnesses say of the time, each for itself; flags what does not go together.
void say_times(Terminal& terminal, const replica::HistoryEntry& entry, const Roster& roster) {
  for (const replica::WitnessedTime& time : entry.witnessed) {
    const std::string who = witness_name(roster, time.witness);
    const std::string between = edge(time.not_before_ms) + " — " + edge(time.not_after_ms);
    terminal.say(
        {"    见证 " + who + "：" + between + (time.states_another ? "，但它收到的是另一份" : ""),
         "    witness " + who + ": " + between +
             (time.states_another ? ", but it holds another change" : "")});
  }
  const replica::WitnessedInterval all = replica::interval_of(entry.witnessed, entry.claimed_ms);
  if (all.is_contradictory)
    terminal.say({"    注意：见证互相矛盾，请向各见证人核对。",
                  "    Note: the witnesses contradict each other; ask them."});
  if (all.is_claim_early)
    terminal.say({"    注意：自称的时间早于见证，电脑钟不准或有意倒填。",
                  "    Note: it claims an earlier time than the witnesses allow: a wrong clock, or "
                  "backdated."});
  if (all.is_claim_late)
    terminal.say({"    注意：自称的时间晚于见证，电脑钟不准。",
                  "    Note: it claims a later time than the witnesses allow: a wrong clock."});
}

boost::json::value json_time(const std::optional<std::uint64_t>& time) {
  return time ? boost::json::value(*time) : boost::json::value(nullptr);
}

boost::json::object times_json(const replica::HistoryEntry& entry, const Roster& roster) {
  const replica::WitnessedInterval all = replica::interval_of(entry.witnessed, entry.claimed_ms);
  boost::json::array each, flags;
  for (const replica::WitnessedTime& time : entry.witnessed)
    each.push_back(boost::json::object{{"witness", time.witness.hex()},
                                       {"name", witness_name(roster, time.witness)},
                                       {"not_before_ms", json_time(time.not_before_ms)},
                                       {"not_after_ms", json_time(time.not_after_ms)},
                                       {"states_another", time.states_another}});
  if (all.is_contradictory) flags.emplace_back("contradictory");
  if (all.is_claim_early) flags.emplace_back("claims_too_early");
  if (all.is_claim_late) flags.emplace_back("claims_too_late");
  return {{"not_before_ms", json_time(all.not_before_ms)},
          {"not_after_ms", json_time(all.not_after_ms)},
          {"witnesses", each},
          {"flags", flags}};
}

boost::json::object to_json(const replica::HistoryEntry& entry, const Roster& roster,
                            const std::vector<std::string>& late) {
  boost::json::array parents, operations, late_names;
  for (const std::string& name : late) late_names.emplace_back(name);
  for (const ChangeId& parent : entry.parents) parents.emplace_back(parent.hex());
  for (const Operation& operation : entry.operations)
    operations.push_back(
        boost::json::object{{"kind", operation.kind},
                            {"field", operation.field},
                            {"value", registry::value_json(operation.value)},
                            {"previous", registry::value_json(operation.previous)}});
  return {{"change", entry.id.hex()},
          {"author", entry.author.hex()},
          {"name", author_name(roster, entry.author)},
          {"seq", entry.seq.value},
          {"claimed_ms", entry.claimed_ms},
          {"void", entry.is_void},
          {"late", entry.is_late},
          {"late_texts", late_names},
          {"interval", times_json(entry, roster)},
          {"parents", parents},
          {"operations", operations}};
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(found.book.space));
  CUNJU_TRY(std::vector<replica::HistoryEntry> history,
            found.book.records->history(found.row.id, call.arguments[0]));
  CUNJU_TRY(const Scope home, found.book.records->home_scope_of(call.arguments[0]));
  CUNJU_TRY(std::optional<RecordView> view,
            node->replica().view(found.book.space, found.row.id, home));
  static const RecordState kNone;
  const RecordState* state = view ? view->find(call.arguments[0]) : nullptr;
  if (state == nullptr) state = &kNone;
  const registry::Definition* definition = found.book.catalog->find(call.arguments[0]);
  Terminal& terminal = call.terminal;
  for (const replica::HistoryEntry& entry : history) {
    std::string parents;
    for (const ChangeId& parent : entry.parents) parents += " " + short_id(parent.hex());
    terminal.say({short_id(entry.id.hex()) + "  " + author_name(*roster, entry.author) + "  自称 " +
                      local_time(entry.claimed_ms) + (parents.empty() ? "" : "  承接" + parents) +
                      (entry.is_void   ? "  （无效）"
                       : entry.is_late ? "  （迟到，未生效）"
                                       : ""),
                  short_id(entry.id.hex()) + "  " + author_name(*roster, entry.author) +
                      "  claims " + local_time(entry.claimed_ms) +
                      (parents.empty() ? "" : "  after" + parents) +
                      (entry.is_void   ? "  (void)"
                       : entry.is_late ? "  (late, not in force)"
                                       : "")});
    say_times(terminal, entry, *roster);
    const std::vector<std::string> late = late_texts(entry, *state);
    for (const Operation& operation : entry.operations) {
      const bool is_late = operation.kind == static_cast<std::uint16_t>(OperationKind::kTextEdit) &&
                           std::ranges::find(late, operation.field) != late.end();
      terminal.line("    " + describe(operation, definition, terminal.language) +
                    (is_late ? Label{"  （定稿后到达，未采用）", "  (late: the text was final)"}.in(
                                   terminal.language)
                             : std::string()));
    }
    for (const std::string& name : late) {
      const std::string command = read_command(
          terminal, {.record = found.row.id, .registry = call.arguments[0], .field = name},
          entry.id);
      terminal.say(
          {"    看作者当时的全文：" + command, "    the text as its author had it: " + command});
    }
    terminal.object(to_json(entry, *roster, late));
  }
  return ExitCode::kOk;
}

}  // namespace

const Verb kHistoryVerb{
    .name = "history",
    .arguments = "REGISTRY ID",
    .min_arguments = 2,
    .max_arguments = 2,
    .summary = {"一条记录的来历：谁、自称何时、改了什么、承接哪一版",
                "a record's changes: who, claimed when, what, from which parents"},
    .details =
        {"村务监督委员会和街道的电脑会签收记录。每份改动下面写明它们见证的时间范围；自称的时间超出"
         "这个"
         "范围十分钟以上的，会标明。时间只供查看，不影响任何判断。",
         "Nodes of supervisors and the office acknowledge what they hold. Below each change is the "
         "time between which they state that it was made; a claimed time that is more than ten "
         "minutes outside is flagged. Time decides nothing."},
    .options = {},
    .run = run};

}  // namespace cunju::cli
