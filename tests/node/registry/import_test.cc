// SPDX-License-Identifier: Apache-2.0
#include "node/registry/import_plan.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "node/registry/builtin.h"
#include "node/registry/csv.h"
#include "node/registry/csv_write.h"
#include "node/registry/import_report.h"
#include "node/registry/row_key.h"
#include "tests/node/registry/sample.h"
#include "tests/support/shared_data.h"

using namespace cunju;
using namespace cunju::registry;
using registry::testing::kToday;

namespace {

ImportPlan plan(std::string_view mapping, std::string_view csv) {
  return plan_import(registry::testing::sample(), parse_mapping(mapping).value(), as_bytes(csv),
                     {kToday});
}

std::string mapping_problem(std::string_view toml) {
  Result<Mapping> result = parse_mapping(toml);
  REQUIRE_FALSE(result.has_value());
  return result.error().context;
}

bool has_line(const std::vector<std::string>& lines, std::string_view part) {
  return std::ranges::any_of(
      lines, [&](const std::string& line) { return line.find(part) != std::string::npos; });
}

constexpr std::string_view kMapping = R"([columns]
"编号" = "no"
"人数" = "count"
"身份证" = "person"
)";

}  // namespace

TEST_CASE("an import plans each row with typed values, and only the columns that are named") {
  ImportPlan result = plan(R"(registry = "sample"
[columns]
"编号" = "no"
"人数" = "count"
"备注.原" = "原备注"
"姓名" = "names"
[defaults]
use = "住房"
count = "7"
)",
                           "编号,人数,其他,备注.原,姓名\n"
                           "1,\"1,200\",x, 原样 ,张三；李四；张三\n"
                           "2,,y,,\n"
                           ",,,,\n");
  REQUIRE(result.usable());
  CHECK(result.rows_read == 2);
  CHECK(result.blank_rows == 1);
  CHECK(result.dropped_columns == std::vector<std::string>{"其他"});
  CHECK(result.extra_fields == std::vector<std::string>{"原备注"});
  CHECK(result.key == std::vector<std::string>{"no"});
  REQUIRE(result.rows.size() == 2);
  CHECK(result.rows[0].number == 2);
  CHECK(result.rows[0].fields == FieldValues{{"no", std::string("1")},
                                             {"count", std::int64_t{1200}},
                                             {"原备注", std::string(" 原样 ")},
                                             {"names", std::string("张三")},
                                             {"names", std::string("李四")},
                                             {"use", std::string("02")}});
  CHECK(result.rows[1].fields == FieldValues{{"no", std::string("2")},
                                             {"use", std::string("02")},
                                             {"count", std::int64_t{7}}});
}

TEST_CASE("a row with an error is refused and named, the others go on") {
  ImportPlan result = plan(kMapping,
                           "编号,人数,身份证\n"
                           "1,5,11010519491231002x\n"
                           "2,6,110105194912310000\n"
                           "3,约七,\n"
                           "4,8,,多一格\n");
  REQUIRE(result.usable());
  CHECK(result.rows.size() == 2);
  REQUIRE(result.refused.size() == 2);
  CHECK(result.refused[0].number == 3);
  CHECK(result.refused[1].number == 5);
  CHECK(result.warnings == 1);
  std::vector<std::string> zh =
      report_lines(result, registry::testing::sample(), Language::kChinese);
  CHECK(has_line(zh, "读到 4 行：可导入 2 行，未导入 2 行"));
  CHECK(has_line(zh, "第 3 行（未导入） 身份证号（person）：身份证号码已被 Excel"));
  CHECK(has_line(zh, "第 4 行 人数（count）：不是整数“约七”"));
  CHECK(has_line(zh, "第 5 行（未导入） 这一行有 4 格，表头有 3 格"));
  std::vector<std::string> en =
      report_lines(result, registry::testing::sample(), Language::kEnglish);
  CHECK(has_line(en, "row 3 (refused) Identity number (person): Excel has rounded"));
}

TEST_CASE("the same key twice is skipped when the rows are equal and refused when they differ") {
  ImportPlan result = plan(kMapping,
                           "编号,人数,身份证\n"
                           "1,5,\n"
                           "1,５,\n"
                           "1,6,\n"
                           ",9,\n"
                           ",9,\n"
                           ",8,\n");
  CHECK(result.duplicate_rows == 2);
  REQUIRE(result.refused.size() == 1);
  CHECK(result.refused[0].number == 4);
  CHECK(result.refused[0].findings[0].code == "key_twice");
  CHECK(result.refused[0].findings[0].text.zh.find("第 2 行") != std::string::npos);
  REQUIRE(result.rows.size() == 3);
  CHECK(result.rows[1].number == 5);
  CHECK(std::ranges::any_of(result.rows[1].findings,
                            [](const Finding& f) { return f.code == "key_missing"; }));
}

TEST_CASE("a mapping that does not fit the file imports nothing and says which column") {
  struct Case {
    std::string_view csv, code, column;
  };
  for (const Case& c : {Case{"编号,人数\n1,2\n", "column_missing", "身份证"},
                        Case{"编号,人数,身份证,人数\n1,2,,3\n", "column_twice", "人数"},
                        Case{"", "empty_file", ""}, Case{"\n\n", "empty_file", ""},
                        Case{"编号,人数,身份证\n1,\"2\n", "unreadable_file", "row 2"},
                        Case{"编号,人数,身份证\n1,2,\n3,4\"4,\n", "unreadable_file", "row 3"}}) {
    CAPTURE(c.csv);
    ImportPlan result = plan(kMapping, c.csv);
    CHECK_FALSE(result.usable());
    CHECK(result.rows.empty());
    REQUIRE_FALSE(result.file_findings.empty());
    const Finding& last = result.file_findings.back();
    CHECK(last.code == c.code);
    CHECK(last.text.zh.find(c.column) != std::string::npos);
    CHECK(last.text.en.find(c.column) != std::string::npos);
    CHECK(
        has_line(report_lines(result, registry::testing::sample(), Language::kChinese), "错误："));
  }
  CHECK(plan(kMapping, "编号,人数,身份证,x,x\n1,2,,3,4\n").usable());
  CHECK_FALSE(
      plan("registry = \"rental\"\n" + std::string(kMapping), "编号,人数,身份证\n").usable());
  CHECK_FALSE(plan("[columns]\n", "a\n1\n").usable());
}

TEST_CASE("a required field without a column is said once, not in every row") {
  ImportPlan result = plan("[columns]\n\"人数\" = \"count\"\n", "人数\n1\n2\n3\n");
  REQUIRE(result.usable());
  CHECK(result.rows.size() == 3);
  CHECK(result.warnings == 0);
  REQUIRE(result.file_findings.size() == 1);
  CHECK(result.file_findings[0].code == "required_not_mapped");
  CHECK(result.key.empty());
}

TEST_CASE("warnings are all counted but kept up to their limit") {
  std::string csv = "编号,人数,身份证\n";
  std::size_t rows = limits::kMaxImportWarnings + 500;
  for (std::size_t i = 0; i < rows; ++i) csv += std::to_string(i) + ",若干,\n";
  std::size_t calls = 0;
  ImportProgress last;
  ImportPlan result = plan_import(registry::testing::sample(), parse_mapping(kMapping).value(),
                                  as_bytes(csv), {kToday, [&](const ImportProgress& progress) {
                                                    ++calls;
                                                    CHECK(progress.rows >= last.rows);
                                                    CHECK(progress.bytes <= progress.total_bytes);
                                                    last = progress;
                                                  }});
  CHECK(result.rows.size() == rows);
  CHECK(result.warnings == rows);
  std::size_t kept = 0;
  for (const PlannedRow& row : result.rows) kept += row.findings.size();
  CHECK(kept == limits::kMaxImportWarnings);
  CHECK(has_line(report_lines(result, registry::testing::sample(), Language::kEnglish),
                 "500 more warnings"));
  CHECK(calls == 11);
  CHECK(last.rows == rows);
  CHECK(last.bytes == csv.size());
}

TEST_CASE("the apostrophes of our own export come off only when the mapping says so") {
  std::string csv = "编号,人数,身份证\n'=A1,,\n";
  CHECK(plan(kMapping, csv).rows[0].fields[0].second == Value{std::string("'=A1")});
  CHECK(plan("from_export = true\n" + std::string(kMapping), csv).rows[0].fields[0].second ==
        Value{std::string("=A1")});
}

TEST_CASE("mistakes in a mapping file are refused with their line") {
  CHECK(mapping_problem("columns = 1\n").find("[columns]") != std::string::npos);
  CHECK(mapping_problem("[columns]\n\"a\" = \"x\"\n\"b\" = \"x\"\n").starts_with("line 3"));
  CHECK(mapping_problem("[columns]\na.b = \"x\"\n").find("in quotes") != std::string::npos);
  CHECK(mapping_problem("[columns]\n\"a\" = \"x\"\n\"a\" = \"y\"\n").starts_with("line 3"));
  CHECK(mapping_problem("encodin = \"auto\"\n[columns]\n").find("unknown key") !=
        std::string::npos);
  CHECK(mapping_problem("encoding = \"big5\"\n[columns]\n").find("gb18030") != std::string::npos);
  CHECK(mapping_problem("key = [\"z\"]\n[columns]\n\"a\" = \"x\"\n").find("\"z\"") !=
        std::string::npos);
  CHECK(mapping_problem("[columns]\n\"a\" = \"\"\n").find("1 to") != std::string::npos);
  CHECK(mapping_problem("[columns]\n\"a\" = \"x\\ny\"\n").find("control") != std::string::npos);
  CHECK(mapping_problem("[columns]\n\"民族\" = \"x\"\n").find("tag on persons") !=
        std::string::npos);
  CHECK(mapping_problem("[columns]\n\"a\" = \"宗教信仰\"\n").find("tag on persons") !=
        std::string::npos);
  CHECK(parse_mapping("[columns]\n\"a\" = \"任意 名称!\"\n").has_value());
}

TEST_CASE("a mapping template maps what it recognises and reads as a mapping file") {
  std::vector<std::string> header = {" COUNT", "编号", "No.", "民族", "备\n注\"", "双", "双"};
  std::string text = make_mapping_template(registry::testing::sample(), header);
  CAPTURE(text);
  Mapping mapping = parse_mapping(text).value();
  CHECK(mapping.registry == "sample");
  REQUIRE(mapping.columns.size() == 2);
  CHECK(mapping.columns[0].column == " COUNT");
  CHECK(mapping.columns[0].field == "count");
  CHECK(mapping.columns[1].field == "no");
  for (const char* name : {"# \"No.\"", "# \"民族\"", "# \"备\\u000A注\\\"\"", "# \"双\""}) {
    CHECK(text.find(name) != std::string::npos);
  }
  CHECK(parse_mapping(make_mapping_template(registry::testing::sample(), {})).has_value());
}

TEST_CASE("a mapping template can keep columns that no field is named like") {
  std::vector<std::string> header = {"编号", "RSN", "民族", "双", "双", "a\nb", "NO. OF \"UNITS\"",
                                     ""};
  std::string text =
      make_mapping_template(registry::testing::sample(), header, UnmatchedColumns::kKeep);
  Result<Mapping> mapping = parse_mapping(text);
  REQUIRE(mapping.has_value());
  std::vector<std::string> fields;
  for (const ColumnMapping& column : mapping.value().columns) fields.push_back(column.field);
  CHECK(fields == std::vector<std::string>{"no", "RSN", "NO. OF \"UNITS\""});
  CHECK(mapping.value().columns[2].column == "NO. OF \"UNITS\"");
}

TEST_CASE("row keys are equal exactly for equal keys") {
  std::vector<std::string> key = {"a", "b"};
  auto of = [&](const FieldValues& fields) { return row_key(key, fields); };
  auto text = [](const char* value) { return Value{std::string(value)}; };
  CHECK(of({{"a", text("1")}, {"b", text("2")}, {"c", text("3")}}) ==
        of({{"b", text("2")}, {"a", text("1")}}));
  CHECK(of({{"a", text("12")}, {"b", text("")}}) != of({{"a", text("1")}, {"b", text("2")}}));
  CHECK(of({{"a", text("1")}, {"b", std::int64_t{2}}}) != of({{"a", text("1")}, {"b", text("2")}}));
  // An incomplete key compares the whole row.
  CHECK(of({{"a", text("1")}, {"c", text("3")}}) != of({{"a", text("1")}, {"c", text("4")}}));
  CHECK(of({{"c", text("3")}, {"a", text("1")}}) == of({{"a", text("1")}, {"c", text("3")}}));
}

TEST_CASE("a real register of 69 columns is planned with every value byte for byte") {
  std::optional<Bytes> loaded = test::load_toronto();
  if (!loaded) return;
  const Bytes& csv = *loaded;
  std::vector<std::vector<std::string>> rows;
  REQUIRE(read_csv(csv, Encoding::kAuto, [&](CsvRow& row) -> Result<void> {
    rows.push_back(std::move(row.cells));
    return ok();
  }));
  REQUIRE(rows.size() == 3612);
  REQUIRE(rows[0].size() == 69);

  Definition rental = std::move(builtin_definitions()[3]);
  REQUIRE(rental.id == "rental");
  Mapping mapping;
  for (const std::string& name : rows[0]) {
    mapping.columns.push_back({name, name == "RSN" ? "premises_id" : name});
  }
  ImportPlan result = plan_import(rental, mapping, csv, {kToday});
  REQUIRE(result.usable());
  CHECK(result.dropped_columns.empty());
  CHECK(result.refused.empty());
  CHECK(result.duplicate_rows == 0);
  CHECK(result.key == std::vector<std::string>{"premises_id"});
  REQUIRE(result.rows.size() == 3611);
  for (std::size_t i = 0; i < result.rows.size(); ++i) {
    FieldValues expected;
    for (std::size_t c = 0; c < 69; ++c) {
      if (!rows[i + 1][c].empty()) expected.emplace_back(mapping.columns[c].field, rows[i + 1][c]);
    }
    REQUIRE(result.rows[i].number == i + 2);
    REQUIRE(result.rows[i].fields == expected);
  }
}

TEST_CASE("random tables and mappings give a plan, never a crash") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string csv = "编号,人数,身份证\n";
    for (std::size_t n = random() % 80; n > 0; --n) {
      csv += random() % 3 == 0 ? static_cast<char>(random()) : ",\"\n1;"[random() % 5];
    }
    ImportPlan result = plan(kMapping, csv);
    std::size_t kept = result.rows.size() + result.refused.size();
    if (result.usable()) {
      CHECK(kept + result.duplicate_rows == result.rows_read);
    } else {
      CHECK(kept == 0);
    }
    CHECK_FALSE(report_lines(result, registry::testing::sample(), Language::kChinese).empty());
  }
}
