// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import_plan.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>

#include "crdt/base/limits.h"
#include "node/registry/check_record.h"
#include "node/registry/column_binding.h"
#include "node/registry/csv.h"
#include "node/registry/csv_write.h"
#include "node/registry/row_key.h"
#include "node/registry/set_cell.h"
#include "node/registry/validate.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kProgressRows = 1000;
/// What encoding adds to a field at most, besides its name and value.
constexpr std::size_t kFieldOverheadBytes = 96;

class Planner {
 public:
  Planner(const Definition& definition, const Mapping& mapping, std::size_t total_bytes,
          const ImportOptions& options)
      : definition_(definition), mapping_(mapping), options_(options) {
    plan_.registry = definition.id;
    progress_.total_bytes = total_bytes;
  }

  // False ends the reading: the header cannot be used.
  bool add(CsvRow& row) {
    if (!binding_) return bind(row);
    for (const std::string& cell : row.cells) progress_.bytes += cell.size() + 1;
    add_row(row);
    if (++progress_.rows % kProgressRows == 0) report_progress();
    return true;
  }

  ImportPlan finish(const Result<Encoding>& read) {
    if (read) {
      plan_.encoding = read.value();
      if (!binding_) refuse_file("empty_file", {"文件是空的", "the file is empty"});
    } else if (plan_.usable()) {
      refuse_file("unreadable_file", {"文件读不下去：" + read.error().context,
                                      "the file cannot be read: " + read.error().context});
    }
    if (!plan_.usable()) {
      // A careless caller must not import half of a file that ended in an error.
      plan_.rows.clear();
      plan_.refused.clear();
    }
    progress_.bytes = progress_.total_bytes;
    report_progress();
    return std::move(plan_);
  }

 private:
  void refuse_file(std::string_view code, Label text) {
    plan_.file_findings.push_back(error(code, "", std::move(text)));
  }

  void report_progress() {
    progress_.bytes = std::min(progress_.bytes, progress_.total_bytes);
    if (options_.progress) options_.progress(progress_);
  }

  bool bind(const CsvRow& header) {
    binding_ = bind_columns(definition_, mapping_, header.cells);
    plan_.key = binding_->key;
    plan_.dropped_columns = binding_->dropped;
    plan_.extra_fields = binding_->extra_fields;
    plan_.file_findings = binding_->findings;
    for (const Finding& finding : binding_->findings) {
      if (finding.code == "required_not_mapped") not_mapped_.insert(finding.field);
    }
    return plan_.usable();
  }

  void add_row(const CsvRow& row) {
    if (std::ranges::all_of(row.cells, &std::string::empty)) {
      ++plan_.blank_rows;
      return;
    }
    ++plan_.rows_read;
    PlannedRow planned;
    planned.number = row.number;
    check_width(row, planned.findings);
    read_columns(row, planned);
    read_defaults(planned);
    for (Finding& finding : check_required(definition_, planned.fields)) {
      if (!not_mapped_.contains(finding.field)) planned.findings.push_back(std::move(finding));
    }
    check_key_and_size(planned);
    if (!has_error(planned.findings) && !find_duplicate(planned)) return;
    limit_warnings(planned.findings);
    if (has_error(planned.findings)) {
      plan_.refused.push_back({planned.number, std::move(planned.findings)});
    } else {
      plan_.rows.push_back(std::move(planned));
    }
  }

  // More cells than columns: some comma was not quoted, so the values stand in wrong columns.
  void check_width(const CsvRow& row, Findings& out) {
    std::string have = std::to_string(row.cells.size());
    std::string want = std::to_string(binding_->width);
    Label text{"这一行有 " + have + " 格，表头有 " + want + " 格",
               "the row has " + have + " cells, the header " + want};
    if (row.cells.size() < binding_->width) out.push_back(warning("missing_cells", "", text));
    if (row.cells.size() <= binding_->width) return;
    bool all_empty = std::all_of(row.cells.begin() + static_cast<std::ptrdiff_t>(binding_->width),
                                 row.cells.end(), [](const auto& cell) { return cell.empty(); });
    out.push_back(all_empty ? warning("extra_cells", "", text) : error("extra_cells", "", text));
  }

  void read_columns(const CsvRow& row, PlannedRow& out) {
    for (const BoundColumn& column : binding_->columns) {
      if (column.cell >= row.cells.size()) continue;
      std::string_view text = row.cells[column.cell];
      if (mapping_.from_export) text = restore_csv_cell(text);
      read_value(column.field, column.definition, text, out);
    }
  }

  void read_defaults(PlannedRow& out) {
    for (const DefaultValue& value : mapping_.defaults) {
      bool filled =
          std::ranges::find(out.fields, value.field, &FieldValue::first) != out.fields.end();
      if (filled) continue;
      read_value(value.field, definition_.find_field(value.field), value.text, out);
    }
  }

  void read_value(const std::string& id, const FieldDefinition* field, std::string_view text,
                  PlannedRow& out) {
    if (text.empty()) return;
    if (field == nullptr) {
      if (text.size() > limits::kMaxValueBytes) {
        out.findings.push_back(
            error("too_long", id, {"内容过长，超过 64 KiB", "longer than 64 KiB"}));
      }
      out.fields.emplace_back(id, std::string(text));
      return;
    }
    std::vector<std::string> elements;
    if (field->kind == FieldKind::kSet) {
      elements = split_set(text);
    } else {
      elements.emplace_back(text);
    }
    if (elements.size() > limits::kMaxOperations) {
      out.findings.push_back(
          error("too_many_elements", id, {"这一格的项目太多", "too many elements in one cell"}));
      return;
    }
    for (const std::string& element : elements) {
      ParsedField parsed = parse_field(*field, element, options_.today);
      std::ranges::move(parsed.findings, std::back_inserter(out.findings));
      FieldValue value(id, std::move(parsed.value));
      bool twice = std::ranges::find(out.fields, value) != out.fields.end();
      if (!twice && !is_empty(value.second)) out.fields.push_back(std::move(value));
    }
  }

  void check_key_and_size(PlannedRow& row) {
    std::size_t bytes = 0;
    for (const auto& [id, value] : row.fields) {
      const auto* text = std::get_if<std::string>(&value);
      bytes += kFieldOverheadBytes + id.size() + (text == nullptr ? 0 : text->size());
    }
    if (bytes > limits::kMaxBodyBytes || row.fields.size() > limits::kMaxOperations) {
      row.findings.push_back(
          error("row_too_large", "",
                {"这一行内容太多，存不进一条记录", "the row is too large for one record"}));
    }
    for (const std::string& id : plan_.key) {
      if (std::ranges::find(row.fields, id, &FieldValue::first) != row.fields.end()) continue;
      row.findings.push_back(warning("key_missing", id,
                                     {"用于核对重复的字段是空的，按整行核对",
                                      "part of the key is empty; the whole row is compared"}));
    }
  }

  // True when the row goes on: as a row of its own, or refused with a finding.
  bool find_duplicate(PlannedRow& row) {
    auto [place, is_new] = seen_.try_emplace(row_key(plan_.key, row.fields), plan_.rows.size());
    if (is_new) return true;
    const PlannedRow& first = plan_.rows[place->second];
    if (row_content(first.fields) == row_content(row.fields)) {
      ++plan_.duplicate_rows;
      return false;
    }
    // Two rows that claim to be one thing: only a person knows which one is right.
    std::string number = std::to_string(first.number);
    row.findings.push_back(error("key_twice", plan_.key.front(),
                                 {"与第 " + number + " 行编号相同而内容不同",
                                  "the same key as row " + number + " with other content"}));
    return true;
  }

  void limit_warnings(Findings& findings) {
    std::erase_if(findings, [&](const Finding& finding) {
      if (finding.severity == Severity::kError) return false;
      return ++plan_.warnings > limits::kMaxImportWarnings;
    });
  }

  const Definition& definition_;
  const Mapping& mapping_;
  const ImportOptions& options_;
  std::optional<ColumnBinding> binding_;
  std::set<std::string, std::less<>> not_mapped_;
  std::map<Bytes, std::size_t> seen_;  ///< Key of a planned row to its index.
  ImportProgress progress_;
  ImportPlan plan_;
};

}  // namespace

ImportPlan plan_import(const Definition& definition, const Mapping& mapping, ByteView csv,
                       const ImportOptions& options) {
  Planner planner(definition, mapping, csv.size(), options);
  Result<Encoding> read = read_csv(csv, mapping.encoding, [&](CsvRow& row) -> Result<void> {
    if (planner.add(row)) return ok();
    return fail(Errc::kInvalidArgument, "the header does not fit the mapping");
  });
  return planner.finish(read);
}

}  // namespace cunju::registry
