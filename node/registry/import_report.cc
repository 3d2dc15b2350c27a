// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import_report.h"

namespace cunju::registry {
namespace {

class Report {
 public:
  Report(const Definition& definition, Language language)
      : definition_(definition), language_(language) {}

  void line(const std::string& zh, const std::string& en) {
    lines_.push_back(Label{zh, en}.in(language_));
  }

  void list(const std::string& zh, const std::string& en, const std::vector<std::string>& names) {
    if (names.empty()) return;
    std::string all;
    for (const std::string& name : names) {
      if (!all.empty()) all += language_ == Language::kChinese ? "、" : ", ";
      all += name;
    }
    std::string count = std::to_string(names.size());
    line(zh + "（" + count + "）：" + all, en + " (" + count + "): " + all);
  }

  void row_finding(std::size_t row, const Finding& finding) {
    std::string number = std::to_string(row);
    std::string text = finding_line(finding, definition_, language_);
    bool refused = finding.severity == Severity::kError;
    line("第 " + number + " 行" + (refused ? "（未导入）" : "") + " " + text,
         "row " + number + (refused ? " (refused)" : "") + " " + text);
  }

  void file_finding(const Finding& finding) {
    bool refused = finding.severity == Severity::kError;
    std::string text = finding_line(finding, definition_, language_);
    line((refused ? "错误：" : "提醒：") + text, (refused ? "error: " : "note: ") + text);
  }

  std::vector<std::string> take() { return std::move(lines_); }

 private:
  const Definition& definition_;
  Language language_;
  std::vector<std::string> lines_;
};

void add_summary(Report& report, const ImportPlan& plan) {
  auto text = [](std::size_t number) { return std::to_string(number); };
  if (!plan.usable()) {
    report.line("文件不能导入，什么也没有写入。",
                "The file cannot be imported; nothing is written.");
    return;
  }
  report.line("读到 " + text(plan.rows_read) + " 行：可导入 " + text(plan.rows.size()) +
                  " 行，未导入 " + text(plan.refused.size()) + " 行，重复跳过 " +
                  text(plan.duplicate_rows) + " 行，空行 " + text(plan.blank_rows) + " 行；提醒 " +
                  text(plan.warnings) + " 条。",
              text(plan.rows_read) + " rows read: " + text(plan.rows.size()) + " to import, " +
                  text(plan.refused.size()) + " refused, " + text(plan.duplicate_rows) +
                  " duplicates skipped, " + text(plan.blank_rows) + " blank; " +
                  text(plan.warnings) + " warnings.");
  report.line("文件编码：" + std::string(encoding_name(plan.encoding)),
              "Encoding: " + std::string(encoding_name(plan.encoding)));
  if (plan.key.empty()) report.line("按整行核对重复", "Rows are compared as a whole");
}

}  // namespace

std::string finding_line(const Finding& finding, const Definition& definition, Language language) {
  const std::string& text = finding.text.in(language);
  if (finding.field.empty()) return text;
  bool chinese = language == Language::kChinese;
  const FieldDefinition* field = definition.find_field(finding.field);
  std::string name = finding.field;
  if (field != nullptr) {
    name = field->label.in(language) + (chinese ? "（" : " (") + finding.field +
           (chinese ? "）" : ")");
  }
  return name + (chinese ? "：" : ": ") + text;
}

std::vector<std::string> report_lines(const ImportPlan& plan, const Definition& definition,
                                      Language language) {
  Report report(definition, language);
  add_summary(report, plan);
  for (const Finding& finding : plan.file_findings) report.file_finding(finding);
  if (plan.usable()) {
    report.list("核对重复用的字段", "Key", plan.key);
    report.list("不导入的列", "Columns not imported", plan.dropped_columns);
    report.list("登记簿之外、按原文保留的字段", "Fields kept as they are", plan.extra_fields);
  }
  for (const RefusedRow& row : plan.refused) {
    for (const Finding& finding : row.findings) report.row_finding(row.number, finding);
  }
  std::size_t shown = 0;
  for (const PlannedRow& row : plan.rows) {
    for (const Finding& finding : row.findings) report.row_finding(row.number, finding);
    shown += row.findings.size();
  }
  for (const RefusedRow& row : plan.refused) {
    for (const Finding& finding : row.findings) {
      if (finding.severity == Severity::kWarning) ++shown;
    }
  }
  if (plan.warnings > shown) {
    std::string more = std::to_string(plan.warnings - shown);
    report.line("另有 " + more + " 条提醒未逐条列出。", more + " more warnings are not listed.");
  }
  return report.take();
}

}  // namespace cunju::registry
