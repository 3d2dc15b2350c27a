// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/late_texts.h"
#include "cli/verbs.h"
#include "crdt/types/text/text_edits_codec.h"

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
    case OperationKind::kRoster:
    case OperationKind::kWitness:
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
          {"parents", parents},
          {"operations", operations}};
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, call.arguments[0], call.arguments[1]));
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(found.book.space));
  CUNJU_TRY(std::vector<replica::HistoryEntry> history,
            node->replica().history(found.book.space, found.row.id));
  CUNJU_TRY(std::optional<RecordView> view, node->replica().view(found.book.space, found.row.id));
  const RecordState* state = view ? view->find(call.arguments[0]) : nullptr;
  if (state == nullptr) return fail(Errc::kNotFound, call.arguments[1]);
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
    .details = {},
    .options = {},
    .run = run};

}  // namespace cunju::cli
