// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/roster_words.h"
#include "cli/verbs.h"
#include "cli/version_names.h"

namespace cunju::cli {
namespace {

std::string candidate_text(const registry::Candidate& candidate, const registry::ConflictRow& row,
                           const registry::Definition* definition, Language language) {
  if (!row.field.empty()) return shown(definition, row.field, candidate.value, language);
  return (candidate.is_deletion ? Label{"删除", "delete"} : Label{"修改并保留", "edited, keep"})
      .in(language);
}

/// What --take takes.
registry::VersionName version_of(const registry::Candidate& side) {
  return {.heads = {side.change}, .mark = side.mark};
}

/// What to do about it, as command lines that work.
void say_next(Terminal& terminal, const registry::ConflictRow& row) {
  const std::string record = row.registry + " " + short_id(row.record.hex());
  if (row.more > 0) {
    const std::string count = std::to_string(row.more);
    const std::string command = terminal.command("history " + record);
    terminal.say({"  更早的写法还有 " + count + " 种没有列出：" + command,
                  "  and " + count + " older versions that are not listed: " + command});
  }
  if (row.is_deleted) {
    const std::string command = terminal.command("set " + record + " --restore");
    terminal.say({"  这条记录已删除；要处理先恢复：" + command,
                  "  the record is deleted; to decide bring it back first: " + command});
    return;
  }
  if (row.kind != cunju::FieldKind::kText) return;
  const std::string command =
      terminal.command("text confirm " + record + " " + row.field + " --version " +
                       short_version({row.version, row.mark}));
  terminal.say({"  通读第 1 种后确认：" + command, "  when 1 has been read: " + command});
  if (row.is_final || row.candidates.size() < 2) return;
  const std::string example = "--take " + short_version(version_of(row.candidates[1]));
  terminal.say({"  要改用另一种写法，再加 --take 和那一种末尾的编号，如 " + example,
                "  to make it say what another one says, add --take and the id at its end, as in " +
                    example});
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
    const std::string merged(
        Label{"合并的结果，请通读", "merged, please read"}.in(terminal.language));
    const std::string who = is_merge ? merged : author_name(roster, candidate.author);
    terminal.line("  " + std::to_string(i + 1) + ". " +
                  candidate_text(candidate, row, definition, terminal.language) + "  — " +
                  (is_merge ? who : author_among(roster, candidate.author)) +
                  (is_merge ? "" : "  " + local_time(candidate.claimed_ms)) +
                  (is_text && !is_merge ? "  " + short_version(version_of(candidate)) : ""));
    boost::json::object object{{"n", i + 1},
                               {"value", registry::value_json(candidate.value)},
                               {"deletion", candidate.is_deletion},
                               {"author", candidate.author.hex()},
                               {"name", who},
                               {"claimed_ms", candidate.claimed_ms},
                               {"change", candidate.change.hex()}};
    if (is_text && !is_merge) object["version"] = whole_version(version_of(candidate));
    candidates.push_back(std::move(object));
  }
  say_next(terminal, row);
  terminal.object({{"space", book.space.hex()},
                   {"registry", row.registry},
                   {"id", row.record.hex()},
                   {"field", row.field},
                   {"version", whole_version({row.version, row.mark})},
                   {"more", row.more},
                   {"deleted", row.is_deleted},
                   {"candidates", candidates}});
}

/// Texts are read and confirmed, the rest is settled.
void say_total(Terminal& terminal, std::size_t texts, std::size_t others) {
  if (texts + others == 0) terminal.say({"没有分歧。", "No conflicts."});
  if (texts > 0) {
    const std::string count = std::to_string(texts);
    terminal.say({"共 " + count + " 处长文字等待通读；通读后用上面的命令确认。",
                  count + " texts to read; confirm each with the command beside it."});
  }
  if (others > 0) {
    const std::string count = std::to_string(others);
    terminal.say({"共 " + count + " 处不同说法。请核对后决定：" +
                      terminal.command("settle 登记簿 编号 字段 --take 序号"),
                  count + " to decide: " + terminal.command("settle REGISTRY ID FIELD --take N")});
  }
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  std::size_t total = 0, texts = 0;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(std::vector<registry::ConflictRow> rows, book.records->conflicts());
    if (rows.empty()) continue;
    CUNJU_TRY(std::shared_ptr<const Roster> roster, node->replica().roster(space));
    if (spaces.size() > 1) call.terminal.line(roster->space_name);
    for (const registry::ConflictRow& row : rows) {
      show(call, book, *roster, row);
      texts += row.kind == cunju::FieldKind::kText ? 1 : 0;
    }
    total += rows.size();
  }
  say_total(call.terminal, texts, total - texts);
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
