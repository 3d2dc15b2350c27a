// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_list.h"

#include <algorithm>
#include <random>

#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

using Numbers = std::vector<std::string>;

struct ListOffice : SampleOffice {
  ListOffice() : SampleOffice(7) {
    add({put("no", "A10"), put("count", "9"), put("on", "2026-03-01"), put("use", "01"),
         put("names", "张三；李四")});
    add({put("no", "A2"), put("count", "10"), put("on", "2025-12-31"), put("use", "02")});
    add({put("no", "槐树-3"), put("sum", "1,234.50"), put("names", "欧阳锋")});
    gone = add({put("no", "A1")});
    require(book().remove(act(), "sample", gone));
  }
  Numbers numbers(const ListQuery& query) {
    Numbers out;
    for (const RecordRow& row : require(book().list("sample", query)).rows)
      out.push_back(std::get<std::string>(*row.find("no")));
    return out;
  }
  Numbers where(std::string field, FilterOp op, std::string text) {
    return numbers({.filters = {{std::move(field), op, std::move(text)}}});
  }
  RecordId gone;
};

}  // namespace

TEST_CASE("a list is in the order of the registry's key, numbers by their size") {
  ListOffice office;
  CHECK(office.numbers({}) == Numbers{"A2", "A10", "槐树-3"});
  CHECK(office.numbers({.with_deleted = true}) == Numbers{"A1", "A2", "A10", "槐树-3"});
  CHECK(office.numbers({.sort = {{"count", true}}}) == Numbers{"A2", "A10", "槐树-3"});
  CHECK(office.numbers({.sort = {{"count", false}}}) == Numbers{"A10", "A2", "槐树-3"});
  CHECK(office.numbers({.sort = {{"on", false}}}) == Numbers{"A2", "A10", "槐树-3"});
}

TEST_CASE("a page says how many records there are in all") {
  ListOffice office;
  RecordPage page = require(office.book().list("sample", {.offset = 1, .limit = 1}));
  CHECK(page.total == 3);
  REQUIRE(page.rows.size() == 1);
  CHECK(*page.rows[0].find("no") == Value{std::string("A10")});
  CHECK(page.rows[0].values.size() == 6);
  CHECK(require(office.book().list("sample", {.offset = 9})).rows.empty());
}

TEST_CASE("filters read their text as the field does") {
  ListOffice office;
  CHECK(office.where("no", FilterOp::kEqual, "A2") == Numbers{"A2"});
  CHECK(office.where("no", FilterOp::kNotEqual, "A2") == Numbers{"A10", "槐树-3"});
  CHECK(office.where("use", FilterOp::kEqual, "宿舍") == Numbers{"A10"});
  CHECK(office.where("use", FilterOp::kContains, "住") == Numbers{"A2"});
  CHECK(office.where("sum", FilterOp::kEqual, "1234.5元") == Numbers{"槐树-3"});
  CHECK(office.where("names", FilterOp::kEqual, "李四") == Numbers{"A10"});
  CHECK(office.where("names", FilterOp::kContains, "阳") == Numbers{"槐树-3"});
  CHECK(office.where("", FilterOp::kContains, "ａ1") == Numbers{"A10"});
  CHECK(office.where("", FilterOp::kContains, "宿舍") == Numbers{"A10"});
  CHECK(office.where("count", FilterOp::kLess, "10") == Numbers{"A10"});
  CHECK(office.where("count", FilterOp::kGreater, "9 人") == Numbers{"A2"});
  CHECK(office.where("on", FilterOp::kGreater, "2026/1/1") == Numbers{"A10"});
  CHECK(office.where("on", FilterOp::kLess, "2026") == Numbers{"A2"});
  CHECK(office.where("count", FilterOp::kEqual, "") == Numbers{"槐树-3"});
  CHECK(office.where("count", FilterOp::kNotEqual, "") == Numbers{"A2", "A10"});
  CHECK(office.where("人数", FilterOp::kLess, "10") == Numbers{"A10"});
  CHECK(office.where("no.", FilterOp::kEqual, "A2") == Numbers{"A2"});
  CHECK(office.numbers({.sort = {{"人数", true}}}) == Numbers{"A2", "A10", "槐树-3"});
  CHECK(office.numbers({.filters = {{"count", FilterOp::kGreater, "1"},
                                    {"use", FilterOp::kEqual, "02"}}}) == Numbers{"A2"});
  CHECK(
      office.book().list("sample", {.filters = {{"count", FilterOp::kLess, "多"}}}).error().code ==
      Errc::kInvalidArgument);
  CHECK(
      office.book().list("sample", {.filters = {{"cuont", FilterOp::kEqual, "1"}}}).error().code ==
      Errc::kNotFound);
}

TEST_CASE("a page is a stretch of the whole list, for any order and filter") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 5));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  SampleOffice office(seed);
  const auto digits = [&](std::uint64_t below) { return std::to_string(random() % below); };
  for (int i = 0; i < 60; ++i) {
    std::vector<Edit> edits{put("no", "A" + digits(40))};
    if (random() % 3 != 0) edits.push_back(put("count", digits(12)));
    if (random() % 3 != 0) edits.push_back(put("names", "张" + digits(3) + "；李" + digits(3)));
    if (random() % 2 != 0) edits.push_back(put("use", random() % 2 != 0 ? "01" : "02"));
    const RecordId id = office.add(edits);
    if (random() % 5 == 0) office.set(id, {put("count", "")});
    if (random() % 6 == 0) require(office.book().remove(office.act(), "sample", id));
  }
  for (int i = 0; i < 60; ++i) {
    ListQuery query{.filters = {}, .sort = {}, .with_deleted = random() % 2 == 0};
    const std::vector<std::string> fields{"no", "count", "names", "use"};
    for (std::uint64_t n = random() % 3; n > 0; --n)
      query.sort.push_back({.field = fields[random() % 4], .descending = random() % 2 == 0});
    if (random() % 2 == 0)
      query.filters.push_back(
          {"count", random() % 2 == 0 ? FilterOp::kLess : FilterOp::kGreater, digits(12)});
    if (random() % 3 == 0) query.filters.push_back({"", FilterOp::kContains, digits(3)});
    if (random() % 3 == 0) query.filters.push_back({"names", FilterOp::kNotEqual, "张1"});
    if (random() % 4 == 0) query.filters.push_back({"use", FilterOp::kEqual, ""});
    const RecordPage whole = require(office.book().list("sample", query));
    REQUIRE(whole.total == whole.rows.size());
    query.offset = random() % 20;
    query.limit = 1 + random() % 30;
    const RecordPage page = require(office.book().list("sample", query));
    CHECK(page.total == whole.total);
    const std::size_t begin = std::min(query.offset, whole.total);
    const std::size_t count = std::min(query.limit, whole.total - begin);
    REQUIRE(page.rows.size() == count);
    for (std::size_t at = 0; at < count; ++at) {
      const RecordRow& of_page = page.rows[at];
      const RecordRow& of_whole = whole.rows[begin + at];
      CHECK(of_page.id == of_whole.id);
      CHECK(row_json(of_page) == row_json(of_whole));
      CHECK(row_json(of_page) == row_json(require(office.book().get(of_page.id, "sample"))));
    }
  }
}

TEST_CASE("the first rows are those of all rows in their order, whatever order they come in") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 30));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<SortKey> sort{{.field = "a", .descending = seed % 2 == 0}, {.field = "b"}};
  std::vector<RecordRow> rows;
  for (std::uint64_t n = random() % 60; n > 0; --n) {
    RecordRow row;
    row.id.value[0] = static_cast<std::uint8_t>(n);
    if (random() % 4 != 0) row.values.emplace_back("a", static_cast<std::int64_t>(random() % 4));
    if (random() % 4 != 0) row.values.emplace_back("b", std::to_string(random() % 12));
    rows.push_back(std::move(row));
  }
  const auto before = [&](const auto& a, const auto& b) { return row_before(sort, a, b); };
  std::shuffle(rows.begin(), rows.end(), random);
  std::vector<RecordRow> sorted = rows;
  std::ranges::sort(sorted, before);
  for (const std::size_t most :
       {std::size_t{0}, std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    FirstRows first(sort, most);
    for (const RecordRow& row : rows) first.add(row);
    CHECK(first.total() == rows.size());
    const std::vector<RecordRow> taken = first.take();
    REQUIRE(taken.size() == (most == 0 ? rows.size() : std::min(most, rows.size())));
    for (std::size_t i = 0; i < taken.size(); ++i) CHECK(taken[i].id == sorted[i].id);
  }
}

TEST_CASE("natural order is a strict weak order") {
  const std::vector<std::string> texts = {"",    "0",    "00", "1",   "01",   "1a",   "01b",
                                          "2",   "10",   "A2", "A10", "A02",  "A",    "B",
                                          "甲2", "甲10", "乙", "1-2", "1-10", "a1b2", "a1b10"};
  for (const std::string& a : texts) {
    CHECK_FALSE(natural_less(a, a));
    for (const std::string& b : texts) {
      if (a != b) CHECK(natural_less(a, b) != natural_less(b, a));
      for (const std::string& c : texts) {
        if (natural_less(a, b) && natural_less(b, c)) {
          INFO(a + " " + b + " " + c);
          CHECK(natural_less(a, c));
        }
      }
    }
  }
  CHECK(natural_less("A2", "A10"));
  CHECK(natural_less("甲2", "甲10"));
}
