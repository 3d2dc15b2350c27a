// SPDX-License-Identifier: Apache-2.0
#include "node/audit/export.h"

#include "node/audit/json_text.h"
#include "node/registry/csv.h"
#include "tests/node/audit/export_fixture.h"

namespace cunju::audit {
namespace {

TEST_CASE("An export verifies, in both languages and for several spaces") {
  test::StoredVillage village;
  village.fill(12);
  const RosterOperation operations[] = {
      FoundSpace{"第二村", "330100000001"}, AdmitMember{MemberId{}, "x"},
      device_entry(village.chair, SpaceId{}, MemberId{}),
      AddNode{
          .node = village.node.node(),
          .wire = village.wire.wire(),
          .name = "n",
          .member = MemberId{},
          .signature = sign_node_entry(village.node, SpaceId{}, village.wire.wire(), MemberId{})}};
  const SpaceId spaces[] = {village.space,
                            village.require(village.replica->found(village.chair, operations, 1))};
  for (registry::Language language : {registry::Language::kChinese, registry::Language::kEnglish}) {
    const fs::path folder = village.folder / ("out" + std::to_string(static_cast<int>(language)));
    std::uint64_t called = 0;
    ExportSummary summary = village.require(
        export_spaces(*village.replica, spaces, builtin_toml, folder, village.node, 5,
                      {.language = language, .progress = [&](const Progress&) { ++called; }}));
    CHECK(called >= 2);
    CHECK(summary.spaces.size() == 2);
    const VerifyReport report = require_report(folder);
    CAPTURE(describe(report, registry::Language::kEnglish));
    CHECK(report.ok);
    CHECK(report.warnings == 0);
    CHECK(report.counts.spaces == 2);
    CHECK(report.counts.files == summary.files);
    CHECK(report.counts.signatures == report.counts.changes);
    CHECK(report.counts.changes == summary.spaces[0].changes + summary.spaces[1].changes);
  }
}

TEST_CASE("The CSV is for spreadsheets: marked as UTF-8, harmless, without deleted records") {
  test::StoredVillage village;
  village.fill(10);
  require_export(village, village.folder / "out");
  const fs::path folder = village.folder / "out" / space_folder(village.space);
  const std::string csv = read_file(folder / "rental.csv");
  REQUIRE(csv.starts_with("\xEF\xBB\xBF记录编号,房屋编号,"));
  CHECK(csv.find("of_a_newer_program,有冲突的栏目\r\n") != std::string::npos);
  std::vector<std::vector<std::string>> rows;
  REQUIRE(registry::read_csv(as_bytes(csv), registry::Encoding::kUtf8,
                             [&](registry::CsvRow& row) -> Result<void> {
                               rows.push_back(std::move(row.cells));
                               return ok();
                             }));
  CHECK(rows.size() == 1 + 8);  // Two of ten were deleted.
  const std::string evil = read_file(folder / (file_stem("../../etc/evil") + ".csv"));
  CHECK(evil.find(",'@SUM(1),") != std::string::npos);
}

TEST_CASE("JSON Lines keep deleted records and every value of a conflict") {
  test::StoredVillage village;
  const auto record = village.random.make<RecordId>();
  auto name = [](const std::string& value) {
    return std::vector{make_operation(OperationKind::kRegisterSet, "address", value)};
  };
  village.write(village.clerk, record, "rental", name("旧"));
  // A second node that knows the first change only writes at the same time.
  test::Store other(2);
  REQUIRE(other.replica->join(village.space, village.wire.wire()));
  sync::Have have;
  auto runs = village.require(
      village.replica->next_runs(village.space, village.wire.wire(), have, 1 << 20));
  REQUIRE(other.replica->accept(village.space, runs));
  replica::ChangeDraft draft{{{record, "rental", kOpenScope, name("右")}}};
  REQUIRE(other.replica->append(village.space, village.second_clerk, std::span(&draft, 1), 1));
  village.write(village.clerk, record, "rental", name("左"));
  auto back =
      village.require(other.replica->next_runs(village.space, village.wire.wire(), have, 1 << 20));
  REQUIRE(village.replica->accept(village.space, back));

  require_export(village, village.folder / "out");
  const fs::path folder = village.folder / "out" / space_folder(village.space);
  const std::string line = read_file(folder / "rental.jsonl");
  Result<boost::json::value> parsed = parse_json(line);
  REQUIRE(parsed);
  const auto& candidates = parsed.value().at("conflicts").at("address").as_array();
  REQUIRE(candidates.size() == 2);
  CHECK(parsed.value().at("fields").at("address") == candidates[0].at("value"));
  CHECK(parsed.value().at("changed_by").as_array().size() == 2);
  CHECK(read_file(folder / "rental.csv").find(",详细地址\r\n") != std::string::npos);
  CHECK(require_report(village.folder / "out").ok);
}

TEST_CASE("Two exports of the same changes have the same tables") {
  test::StoredVillage village;
  village.fill(6);
  require_export(village, village.folder / "a");
  require_export(village, village.folder / "b");
  for (const auto& [path, size] : village.require(list_folder(village.folder / "a")).files)
    CHECK(read_file(village.folder / "a" / path) == read_file(village.folder / "b" / path));
}

TEST_CASE("An export goes only into an empty folder, and a failed one leaves nothing") {
  test::StoredVillage village;
  village.fill(2);
  const fs::path folder = village.folder / "out";
  auto again = [&](const crypto::SigningKey& node, std::vector<SpaceId> spaces) {
    return export_spaces(*village.replica, spaces, builtin_toml, folder, node, 1).error().code;
  };
  CHECK(again(village.clerk, {village.space}) == Errc::kPermission);
  CHECK_FALSE(fs::exists(folder));
  CHECK(again(village.node, {village.space, village.space}) == Errc::kInvalidArgument);
  CHECK(again(village.node, {village.space, SpaceId{}}) == Errc::kNotFound);
  CHECK_FALSE(fs::exists(folder));
  require_export(village, folder);
  CHECK(again(village.node, {village.space}) == Errc::kExists);
  CHECK(require_report(folder).ok);
}

TEST_CASE("JSON text escapes what JSON demands and nothing else") {
  JsonText out;
  out.open_object().key("a\"").string("\x01\t\\村").key("b").open_array().null().integer(-5);
  out.boolean(true).close_array().close_object();
  CHECK(out.take() == "{\"a\\\"\":\"\\u0001\\t\\\\村\",\"b\":[null,-5,true]}");
  std::string deep(1000, '[');
  CHECK(parse_json(deep + std::string(1000, ']')).has_error());
  CHECK(parse_json("\"\xFF\"").has_error());
}

}  // namespace
}  // namespace cunju::audit
