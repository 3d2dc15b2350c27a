// SPDX-License-Identifier: Apache-2.0
//
// A real register of 3,611 premises and 69 columns from a village to the office's export.
#include <algorithm>
#include <filesystem>
#include <set>

#include "node/registry/csv.h"
#include "tests/support/shared_data.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

std::string shown(const boost::json::value& value) {
  return value.is_string() ? boost::json::value_to<std::string>(value)
                           : boost::json::serialize(value);
}

/// The records of an export, as their values, by the text of their registration number.
using Exported = std::map<std::string, std::multiset<std::string>>;

Exported read_export(const std::string& folder) {
  Exported out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().filename() != "rental.jsonl") continue;
    for (const auto& record : Desk::parse_lines(read_text_file(entry.path().string()))) {
      std::multiset<std::string> values;
      for (const auto& field : record.at("fields").as_object()) values.insert(shown(field.value()));
      out[shown(record.at("fields").at("RSN"))] = std::move(values);
    }
  }
  return out;
}

/// Cells of the table that the export does not have under the row's RSN. Compares every cell.
std::size_t count_missing(ByteView table, Exported exported) {
  CHECK(exported.size() == 3611);
  std::vector<std::string> header;
  std::size_t rows = 0, cells = 0, missing = 0;
  auto read = registry::read_csv(
      table, registry::Encoding::kAuto, [&](registry::CsvRow& row) -> Result<void> {
        if (header.empty()) {
          header = row.cells;
          return ok();
        }
        ++rows;
        const auto rsn = std::find(header.begin(), header.end(), "RSN") - header.begin();
        auto& values = exported[row.cells.at(static_cast<std::size_t>(rsn))];
        for (const std::string& cell : row.cells) {
          if (cell.empty()) continue;
          ++cells;
          auto found = values.find(cell);
          if (found == values.end()) {
            if (++missing <= 5) WARN("missing: " << cell);
          } else {
            values.erase(found);
          }
        }
        return ok();
      });
  CHECK(read);
  CHECK(header.size() == 69);
  CHECK(rows == 3611);
  WARN(cells << " cells compared");
  return missing;
}

}  // namespace

TEST_CASE("A real register of 69 columns comes back whole from each node's export", "[.long]") {
  std::optional<Bytes> table = load_toronto();
  if (!table) return;
  ThreeDesks desks;
  const std::string csv = (desks.folder / "toronto.csv").string(), map = csv + ".toml";
  std::ofstream(csv, std::ios::binary) << as_text(*table);
  desks.a.run({"import", "rental", csv, "--write-map", map, "--keep-all"});
  const auto done = desks.a.json({"import", "rental", csv, "--map", map}).back();
  CHECK(Desk::number_of(done, "added") == 3611);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const std::string out = desk->home() + ".export";
    desk->run({"export", "--out", out});
    CAPTURE(out);
    CHECK(count_missing(*table, read_export(out)) == 0);
  }
  CHECK(desks.b.state_hash() == desks.a.state_hash());
  CHECK(desks.o.state_hash() == desks.a.state_hash());
  const std::string before = desks.a.state_hash();
  const auto again = desks.a.json({"import", "rental", csv, "--map", map}).back();
  CHECK(Desk::number_of(again, "equal") == 3611);
  CHECK(desks.a.state_hash() == before);
}

}  // namespace cunju::test
