// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_list.h"

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
