// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/readmission.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"
#include "node/registry/csv.h"
#include "node/registry/erased_persons.h"
#include "node/registry/import.h"
#include "node/registry/import_plan.h"
#include "node/registry/import_report.h"
#include "node/registry/mapping.h"
#include "node/registry/scope_moves.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--map", "FILE", {"列对应文件", "the mapping file"}},
    {"--write-map",
     "FILE",
     {"按表头写一份列对应文件，供修改", "write a mapping from the header, to be edited"}},
    {"--keep-all",
     "",
     {"与 --write-map 同用：认不出的列也按文字保留",
      "with --write-map: keep unmatched columns as text"}},
    {"--dry-run", "", {"只检查，不写入", "check only, write nothing"}},
    {"--update", "", {"已有记录与表不同时按表修改", "change records whose row differs"}},
    kReadmitOption,
    kReadmitBasisOption,
    {"--undo",
     "ID",
     {"撤销一次导入（编号见 list import）", "take an import back (ids: list import)"}},
};

/// Report lines shown to a person; all of them are counted.
constexpr std::size_t kShownLines = 60;

Result<ExitCode> write_map(Invocation& call, const registry::Definition& definition,
                           const std::string& target, ByteView csv) {
  std::vector<std::string> header;
  // Only the first row is wanted; reading stops there.
  Result<registry::Encoding> read = registry::read_csv(
      csv, registry::Encoding::kAuto, [&](registry::CsvRow& row) -> Result<void> {
        header = row.cells;
        return fail(Errc::kExists, "the header is enough");
      });
  if (read.has_error() && header.empty()) return read.error();
  std::string text = registry::make_mapping_template(definition, header,
                                                     call.has("--keep-all")
                                                         ? registry::UnmatchedColumns::kKeep
                                                         : registry::UnmatchedColumns::kCommentOut);
  CUNJU_TRYV(store::write_new_file(target, as_bytes(text)));
  call.terminal.say({"已写入 " + target + "，请核对后用 --map 导入。",
                     "Wrote " + target + "; check it, then import with --map."});
  call.terminal.object({{"map", target}, {"columns", header.size()}});
  return ExitCode::kOk;
}

Result<ExitCode> undo(Invocation& call, const std::string& id) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, registry::kImportRegistry, id));
  Result<registry::UndoOutcome> undone =
      registry::undo_import(node->replica(), found.book.space, node->unlocked().author,
                            found.row.id, node::Node::now_ms());
  if (undone.has_error() && undone.error().context.starts_with(registry::kNoDefinition)) {
    CUNJU_TRY(const std::optional<Label> why,
              registry::find_missing_definition(
                  node->replica(), found.book.space,
                  undone.error().context.substr(registry::kNoDefinition.size())));
    if (why) return refused(call, Errc::kConflict, *why);
  }
  CUNJU_TRY(const registry::UndoOutcome outcome, std::move(undone));
  node->wake_server();
  std::string kept = std::to_string(outcome.kept.size());
  call.terminal.say({"已撤销：删除 " + std::to_string(outcome.removed) + " 条，还原 " +
                         std::to_string(outcome.reset) + " 条；全部或部分保留 " + kept + " 条" +
                         (outcome.kept.empty() ? "。" : "："),
                     "Undone: " + std::to_string(outcome.removed) + " deleted, " +
                         std::to_string(outcome.reset) + " set back; " + kept +
                         " kept, at least in part" + (outcome.kept.empty() ? "." : ":")});
  for (const registry::KeptRecord& record : outcome.kept)
    call.terminal.line("  " + short_id(record.record.hex()) + "  " +
                       std::string(call.terminal.in_language(record.reason)));
  if (outcome.unread > 0) {
    const std::string unread = std::to_string(outcome.unread);
    call.terminal.warn(
        {"导入写进的保密内容有 " + unread + " 处这里读不到，原样未动；请有权查看的人再撤销一次",
         unread + " confidential parts of the import can't be read here and are "
                  "left as they are; let somebody who reads them undo it once more"});
  }
  call.terminal.object({{"removed", outcome.removed},
                        {"reset", outcome.reset},
                        {"kept", outcome.kept.size()},
                        {"unread", outcome.unread}});
  return ExitCode::kOk;
}

void show_plan(Invocation& call, const registry::ImportPlan& plan,
               const registry::Definition& definition) {
  std::vector<std::string> lines = registry::report_lines(plan, definition, call.terminal.language);
  for (std::size_t i = 0; i < std::min(lines.size(), kShownLines); ++i)
    call.terminal.line(lines[i]);
  if (lines.size() > kShownLines)
    call.terminal.say({"……另有 " + std::to_string(lines.size() - kShownLines) + " 行提示",
                       "... and " + std::to_string(lines.size() - kShownLines) + " more lines"});
}

void show_outcome(Invocation& call, const registry::ImportPlan& plan,
                  const registry::ImportOutcome& outcome, bool is_dry_run) {
  std::string added = std::to_string(outcome.added), equal = std::to_string(outcome.equal);
  std::string updated = std::to_string(outcome.updated);
  std::string different = std::to_string(outcome.different.size());
  std::string refused = std::to_string(plan.refused.size());
  call.terminal.say({std::string(is_dry_run ? "试导入（没有写入）：" : "导入完成：") + "新增 " +
                         added + "，相同跳过 " + equal + "，修改 " + updated + "，不同未动 " +
                         different + "，拒绝 " + refused,
                     std::string(is_dry_run ? "Dry run (nothing written): " : "Imported: ") +
                         added + " added, " + equal + " equal, " + updated + " updated, " +
                         different + " different and left alone, " + refused + " refused"});
  for (std::size_t i = 0; i < std::min(outcome.different.size(), kShownLines); ++i) {
    const registry::DifferentRow& row = outcome.different[i];
    std::string fields;
    for (const std::string& field : row.fields) fields += " " + field;
    call.terminal.say({"  第 " + std::to_string(row.number) + " 行与记录 " +
                           short_id(row.record.hex()) + " 不同：" + fields + " " + row.reason.zh,
                       "  row " + std::to_string(row.number) + " differs from " +
                           short_id(row.record.hex()) + ":" + fields + " " + row.reason.en});
  }
  if (outcome.import && !is_dry_run)
    call.terminal.say(
        {"如有错误可整体撤销：" +
             call.terminal.command("import --undo " + outcome.import->hex().substr(0, 12)),
         "To take it back: " +
             call.terminal.command("import --undo " + outcome.import->hex().substr(0, 12))});
  boost::json::array refused_rows;
  for (const registry::RefusedRow& row : plan.refused) {
    boost::json::array codes;
    for (const registry::Finding& finding : row.findings)
      codes.push_back(boost::json::object{{"code", finding.code}, {"field", finding.field}});
    refused_rows.push_back(boost::json::object{{"row", row.number}, {"findings", codes}});
  }
  boost::json::object object{{"dry_run", is_dry_run},      {"rows", plan.rows_read},
                             {"added", outcome.added},     {"equal", outcome.equal},
                             {"updated", outcome.updated}, {"different", outcome.different.size()},
                             {"warnings", plan.warnings},  {"refused", refused_rows}};
  if (outcome.import && !is_dry_run) object["import"] = outcome.import->hex();
  call.terminal.object(object);
}

Result<ExitCode> import_or_undo(Invocation& call) {
  if (auto id = call.value("--undo")) return undo(call, *id);
  if (call.arguments.size() < 2) return fail(Errc::kInvalidArgument, "REGISTRY FILE.csv");
  const std::string& registry_id = call.arguments[0];
  const bool is_dry_run = call.has("--dry-run");
  CUNJU_TRY(Bytes csv, registry::load_csv_file(call.arguments[1]));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node->replica(), space));
  const registry::Definition* definition = catalog.find(registry_id);
  if (definition == nullptr) return fail(Errc::kNotFound, "registry " + registry_id);
  if (auto target = call.value("--write-map")) return write_map(call, *definition, *target, csv);

  std::optional<std::string> map = call.value("--map");
  if (!map) return fail(Errc::kInvalidArgument, "--map (--write-map)");
  CUNJU_TRY(Bytes map_text, store::read_whole_file(*map, limits::kMaxDefinitionBytes));
  CUNJU_TRY(registry::Mapping mapping, registry::parse_mapping(as_text(map_text)));
  registry::ImportPlan plan = registry::plan_import(
      *definition, mapping, csv,
      {.today = today(), .progress = [&](const auto& progress) {
         std::string percent =
             std::to_string(progress.bytes * 100 / std::max<std::size_t>(progress.total_bytes, 1));
         call.terminal.progress(percent + "%  " + std::to_string(progress.rows));
       }});
  CUNJU_TRY(const registry::Readmission readmission, read_readmission(call, *node, space));
  if (!definition->is_ledger) {
    CUNJU_TRY(const std::vector<registry::ErasedPerson> erased,
              registry::read_erased_persons(node->replica(), space));
    registry::refuse_erased_rows(plan, erased, readmission.erasures, today());
    if (call.has("--update") && plan.usable()) {
      CUNJU_TRYV(registry::refuse_erased_updates(node->replica(), catalog, space, plan, erased,
                                                 readmission.erasures, today()));
    }
  }
  if (plan.usable()) {
    CUNJU_TRYV(registry::refuse_ended_rows(node->replica(), catalog, space, plan));
  }
  show_plan(call, plan, *definition);
  if (!plan.usable()) {
    std::string reasons;
    for (const registry::Finding& finding : plan.file_findings)
      reasons += (reasons.empty() ? "" : "; ") +
                 registry::finding_line(finding, *definition, call.terminal.language);
    return fail(Errc::kInvalidArgument, reasons);
  }
  const bool update = call.has("--update");
  Result<registry::ImportOutcome> outcome =
      is_dry_run
          ? registry::preview_import(node->replica(), catalog, space, plan, update)
          : registry::run_import(node->replica(), catalog, space, node->unlocked().author, plan,
                                 {.file_digest = crypto::hash({csv}),
                                  .update = update,
                                  .claimed_ms = node::Node::now_ms(),
                                  .readmitted = registry::readmission_text(readmission),
                                  .progress = [&](std::size_t rows) {
                                    call.terminal.progress(std::to_string(rows) + "/" +
                                                           std::to_string(plan.rows.size()));
                                  }});
  if (outcome.has_error()) return outcome.error();
  node->wake_server();
  show_outcome(call, plan, outcome.value(), is_dry_run);
  return plan.refused.empty() ? ExitCode::kOk : ExitCode::kNegative;
}

Result<ExitCode> run(Invocation& call) {
  Result<ExitCode> out = import_or_undo(call);
  if (out.has_error() && out.error().context.starts_with(registry::kContested))
    return refused(
        call, Errc::kConflict,
        registry::contested_text(out.error().context.substr(registry::kContested.size())));
  return out;
}

}  // namespace

const Verb kImportVerb{
    .name = "import",
    .arguments = "REGISTRY FILE.csv",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"从 CSV 表导入；可先试、可整体撤销",
                "import a CSV table; can be tried first and undone as a whole"},
    .details = {"表可以是 UTF-8 或 GB18030（Excel 另存的 "
                "CSV）。再次导入同一张表不会重复。有行被拒时退出码为 1，其余行照常写入。"
                "已依法删除的人不会再导入。",
                "The table may be UTF-8 or GB18030. Importing it again changes nothing. If rows "
                "are refused "
                "the exit code is 1 and all other rows are written. Persons who were erased "
                "are not imported again."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
