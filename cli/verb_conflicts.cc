// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

std::string candidate_text(const registry::Candidate& candidate, const registry::ConflictRow& row,
                           const registry::Definition* definition, Language language) {
  if (!row.field.empty()) return shown(definition, row.field, candidate.value, language);
  return (candidate.is_deletion ? Label{"删除", "delete"} : Label{"修改并保留", "edited, keep"})
      .in(language);
}

void show(Invocation& call, const Book& book, const Roster& roster,
          const registry::ConflictRow& row) {
  Terminal& terminal = call.terminal;
  const registry::Definition* definition = book.catalog->find(row.registry);
  std::string field = row.field.empty()
                          ? std::string(Label{"是否删除", "deleted or not"}.in(terminal.language))
                          : field_label(definition, row.field, terminal.language);
  terminal.line(row.registry + " " + short_id(row.record.hex()) + "  " + field +
                (row.field.empty() || row.field == field ? "" : " (" + row.field + ")"));
  boost::json::array candidates;
  for (std::size_t i = 0; i < row.candidates.size(); ++i) {
    const registry::Candidate& candidate = row.candidates[i];
    const bool is_text = row.kind == cunju::FieldKind::kText;
    const bool is_merge = is_text && i == 0;
    std::string who =
        is_merge
            ? std::string(Label{"合并的结果，请通读", "merged, please read"}.in(terminal.language))
            : author_name(roster, candidate.author);
    terminal.line("  " + std::to_string(i + 1) + ". " +
                  candidate_text(candidate, row, definition, terminal.language) + "  — " + who +
                  (is_merge ? "" : "  " + local_time(candidate.claimed_ms)) +
                  (is_text && !is_merge ? "  " + short_id(candidate.change.hex()) : ""));
    candidates.push_back(boost::json::object{{"n", i + 1},
                                             {"value", registry::value_json(candidate.value)},
                                             {"deletion", candidate.is_deletion},
                                             {"author", candidate.author.hex()},
                                             {"name", who},
                                             {"claimed_ms", candidate.claimed_ms},
                                             {"change", candidate.change.hex()}});
  }
  if (row.kind == cunju::FieldKind::kText) {
    const std::string command = "cunju text confirm " + row.registry + " " +
                                short_id(row.record.hex()) + " " + row.field + " --version " +
                                short_version(row.version);
    terminal.say({"  通读第 1 种后确认：" + command + "；要改用别的写法，再加 --take 它的编号",
                  "  when 1 has been read: " + command + "; to take another, add --take its id"});
  }
  terminal.object({{"space", book.space.hex()},
                   {"registry", row.registry},
                   {"id", row.record.hex()},
                   {"field", row.field},
                   {"version", whole_version(row.version)},
                   {"candidates", candidates}});
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  std::size_t total = 0;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(std::vector<registry::ConflictRow> rows, book.records->conflicts());
    if (rows.empty()) continue;
    CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
    if (spaces.size() > 1) call.terminal.line(roster->space_name);
    for (const registry::ConflictRow& row : rows) show(call, book, *roster, row);
    total += rows.size();
  }
  if (total == 0) {
    call.terminal.say({"没有分歧。", "No conflicts."});
  } else {
    call.terminal.say(
        {"共 " + std::to_string(total) +
             " 处。请核对后决定：cunju settle 登记簿 编号 字段 --take 序号",
         std::to_string(total) + " to decide: cunju settle REGISTRY ID FIELD --take N"});
  }
  return ExitCode::kOk;
}

}  // namespace

const Verb kConflictsVerb{
    .name = "conflicts",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"列出同时写下的不同说法", "list concurrent values that wait for a person"},
    .details = {},
    .options = {},
    .run = run};

}  // namespace cunju::cli
