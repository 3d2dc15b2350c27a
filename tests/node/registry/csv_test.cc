// SPDX-License-Identifier: Apache-2.0
#include "node/registry/csv.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "node/registry/csv_write.h"

using namespace cunju;
using namespace cunju::registry;

namespace {

using Rows = std::vector<std::vector<std::string>>;

struct Table {
  Rows rows;
  std::vector<std::size_t> numbers;
};

Result<Table> read(std::string_view bytes, Encoding encoding = Encoding::kAuto) {
  Table out;
  CUNJU_TRYV(read_csv(as_bytes(bytes), encoding, [&](CsvRow& row) -> Result<void> {
    out.numbers.push_back(row.number);
    out.rows.push_back(std::move(row.cells));
    return ok();
  }));
  return out;
}

const std::string_view kGb18030Village = "\xd0\xd2\xb8\xa3\xb4\xe5";  // 幸福村
const std::string_view kGb18030Rare = "\x99\x33\xc3\x36";             // U+2CC56 𬱖

}  // namespace

TEST_CASE("rows end with CR, LF or CRLF and are numbered as a spreadsheet does") {
  for (std::string end : {"\n", "\r", "\r\n"}) {
    CAPTURE(end);
    Table table = read("a,b" + end + "1,2" + end + end + "3,4").value();
    CHECK(table.rows == Rows{{"a", "b"}, {"1", "2"}, {"3", "4"}});
    CHECK(table.numbers == std::vector<std::size_t>{1, 2, 4});
  }
}

TEST_CASE("nothing is trimmed and quoted cells hold new lines, commas and quotes") {
  Table table = read("a , b\n\" x\r\ny, \"\"z\"\" \", \n\t,\n").value();
  CHECK(table.rows == Rows{{"a ", " b"}, {" x\r\ny, \"z\" ", " "}, {"\t", ""}});
  CHECK(table.numbers == std::vector<std::size_t>{1, 2, 3});
}

TEST_CASE("a quote out of place is an error that names the row") {
  for (const char* text : {"a,b\n1,2\n3,4\"5\n", "a,b\n1,2\n\"3\"4,5\n", "a,b\n1,2\n\"3,4\n"}) {
    CAPTURE(text);
    Result<Table> result = read(text);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::kMalformed);
    CHECK(result.error().context.starts_with("row 3"));
  }
}

TEST_CASE("UTF-8 with and without a mark, and GB18030 with four-byte characters, are detected") {
  CHECK(read("\xEF\xBB\xBF幸福村,𬱖\n").value().rows == Rows{{"幸福村", "𬱖"}});
  CHECK(read("幸福村,𬱖\n").value().rows == Rows{{"幸福村", "𬱖"}});
  std::string gb = std::string(kGb18030Village) + "," + std::string(kGb18030Rare) + "\n";
  CHECK(read(gb).value().rows == Rows{{"幸福村", "𬱖"}});
  CHECK(read("\x84\x31\x95\x33" + gb).value().rows == Rows{{"幸福村", "𬱖"}});
  Result<Table> wrong = read(gb, Encoding::kUtf8);
  REQUIRE_FALSE(wrong.has_value());
  CHECK(wrong.error().code == Errc::kMalformed);
}

TEST_CASE("GB18030 is converted across the pieces it is read in") {
  for (std::size_t shift = 0; shift < 6; ++shift) {
    std::string bytes(shift, 'a');
    std::string text(shift, 'a');
    for (int row = 0; row < 40; ++row) {
      for (int i = 0; i < 1000; ++i) bytes += kGb18030Village;
      bytes += kGb18030Rare;
      bytes += "\n";
      for (int i = 0; i < 1000; ++i) text += "幸福村";
      text += "𬱖\n";
    }
    CHECK(read(bytes).value().rows == read(text).value().rows);
  }
}

TEST_CASE("bytes that are neither encoding are refused with their row") {
  Result<Table> result = read("a,b\n1,\xff\xff\n");
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::kMalformed);
  CHECK(result.error().context.find("byte 6") != std::string::npos);
  CHECK_FALSE(read(std::string("a\n") + std::string(kGb18030Rare.substr(0, 3))).has_value());
}

TEST_CASE("UTF-16 is refused by name") {
  using namespace std::string_view_literals;
  for (std::string_view text : {"\xff\xfe\x61\0\x2c\0"sv, "\xfe\xff\0\x61"sv, "a\0,\0b\0\n\0"sv}) {
    Result<Table> result = read(text);
    REQUIRE_FALSE(result.has_value());
    CHECK(result.error().code == Errc::kUnsupported);
    CHECK(result.error().context.find("UTF-16") != std::string::npos);
  }
}

TEST_CASE("an open quote stops at the limit of a cell, too many columns at theirs") {
  Result<Table> open = read("a\n\"" + std::string(limits::kMaxCellBytes + 10'000, 'x'));
  REQUIRE_FALSE(open.has_value());
  CHECK(open.error().code == Errc::kLimit);
  Result<Table> wide = read(std::string(limits::kMaxImportColumns, ',') + "\n");
  REQUIRE_FALSE(wide.has_value());
  CHECK(wide.error().code == Errc::kLimit);
  Result<Table> just = read(std::string(limits::kMaxImportColumns - 1, ',') + "\n");
  CHECK(just.value().rows[0].size() == limits::kMaxImportColumns);
}

TEST_CASE("the callback's error ends the reading") {
  std::size_t rows = 0;
  Result<Encoding> result =
      read_csv(as_bytes("1\n2\n3\n"), Encoding::kAuto, [&](CsvRow&) -> Result<void> {
        if (++rows == 2) return fail(Errc::kNotFound, "enough");
        return ok();
      });
  REQUIRE_FALSE(result.has_value());
  CHECK(result.error().code == Errc::kNotFound);
  CHECK(rows == 2);
}

TEST_CASE("cells that a spreadsheet would run are made harmless, and nothing else is changed") {
  CHECK(write_csv_cell("=1+1") == "'=1+1");
  CHECK(write_csv_cell("-5") == "'-5");
  CHECK(write_csv_cell("'=1") == "''=1");
  CHECK(write_csv_cell("'n Abend") == "'n Abend");
  CHECK(write_csv_cell("a,b") == "\"a,b\"");
  CHECK(write_csv_cell("\"") == "\"\"\"\"");
  CHECK(write_csv_cell("\tx") == "\"'\tx\"");
  CHECK(restore_csv_cell("'=1+1") == "=1+1");
  CHECK(restore_csv_cell("'n Abend") == "'n Abend");
  std::vector<std::string> empty = {""};
  CHECK(write_csv_row(empty) == "\"\"\r\n");
}

TEST_CASE("what is written is read back equal, whatever the cells") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {"'",  "=",  "+", "-", "@", "\t", "\r",
                                     "\n", "\"", ",", " ", "a", "村", "𬱖"};
  for (int round = 0; round < 1000; ++round) {
    Rows rows(random() % 4 + 1, std::vector<std::string>(random() % 3 + 1));
    std::string file(kUtf8ByteOrderMark);
    for (auto& row : rows) {
      for (std::string& cell : row) {
        for (std::size_t n = random() % 5; n > 0; --n) cell += pieces[random() % std::size(pieces)];
      }
      file += write_csv_row(row);
    }
    Table table = read(file).value();
    for (auto& row : table.rows) {
      for (std::string& cell : row) {
        CHECK(cell.find_first_of("=+-@\t\r") != 0);
        cell = std::string(restore_csv_cell(cell));
      }
    }
    CAPTURE(file);
    REQUIRE(table.rows == rows);
  }
}

TEST_CASE("random bytes are read or refused, never a crash") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 60, ' ');
    for (char& c : bytes) {
      c = random() % 2 == 0 ? ",\"\r\n"[random() % 4] : static_cast<char>(random());
    }
    Result<Table> result = read(bytes);
    if (!result) CHECK_FALSE(result.error().context.empty());
  }
}
