// SPDX-License-Identifier: Apache-2.0
#include "node/registry/retention.h"

#include <catch2/catch.hpp>

#include "node/registry/builtin.h"
#include "node/registry/catalog.h"
#include "node/registry/definition_toml.h"
#include "node/registry/retention_toml.h"

using namespace cunju;
using namespace cunju::registry;

namespace {

constexpr Date kToday{std::chrono::year(2026), std::chrono::month(3), std::chrono::day(1)};

Result<Definition> parse(const std::string& retention) {
  return parse_definition("format = 1\nid = \"checks\"\nversion = 1\nlabel = \"检查\"\n" +
                          retention +
                          "\n[[field]]\nid = \"on\"\nlabel = \"日期\"\ntype = \"date\"\n"
                          "[[field]]\nid = \"no\"\nlabel = \"编号\"\n");
}
Definition definition(const std::string& retention) {
  const Result<Definition> out = parse(retention);
  REQUIRE(out);
  return out.value();
}
RetentionVerdict judge(const std::string& retention, const std::string& on) {
  const Definition parsed = definition(retention);
  FieldValues values{{"no", std::string("1")}};
  if (!on.empty()) values.emplace_back("on", on);
  return judge_retention(&parsed, values, kToday);
}

const std::string kTenYears =
    "[retention]\nrule = \"10 年\"\nyears = 10\nclass = \"period\"\nfrom = \"on\"\nground = "
    "\"县表\"\n";

}  // namespace

TEST_CASE("a definition says what retention means for whoever asks for an erasure") {
  CHECK(definition("").retention.kind == RetentionClass::kPurge);
  CHECK(definition("retention = { rule = \"永久\" }").retention.kind == RetentionClass::kPermanent);
  CHECK(definition("retention = { rule = \"10 年\", years = 10 }").retention.kind ==
        RetentionClass::kPeriod);
  CHECK(definition("retention = { rule = \"用毕即删\", class = \"purge\" }").retention.kind ==
        RetentionClass::kPurge);
  CHECK(definition(kTenYears).retention.from == "on");
  CHECK(parse("retention = { rule = \"x\", class = \"soon\" }").has_error());
  CHECK(parse("retention = { rule = \"x\", class = \"period\" }").has_error());
  CHECK(parse("retention = { rule = \"x\", years = 1, from = \"no\" }").has_error());
  CHECK(parse("retention = { rule = \"x\", years = 1, from = \"nothing\" }").has_error());
  for (const RetentionClass kind :
       {RetentionClass::kPurge, RetentionClass::kPeriod, RetentionClass::kPermanent}) {
    const std::string name(class_name(kind));
    CHECK(definition("retention = { rule = \"x\", years = 1, class = \"" + name + "\" }")
              .retention.kind == kind);
  }
}

TEST_CASE("what no rule demands goes, and what is permanent is kept") {
  CHECK_FALSE(judge_retention(nullptr, {}, kToday).is_kept);
  CHECK_FALSE(judge("", "2026-01-01").is_kept);
  CHECK_FALSE(judge("retention = { rule = \"x\", years = 9, class = \"purge\" }", "").is_kept);
  const RetentionVerdict kept = judge("retention = { rule = \"永久\", ground = \"法\" }", "");
  CHECK(kept.is_kept);
  CHECK_FALSE(kept.until);
  CHECK(kept.why.zh.find("永久（法）") != std::string::npos);
}

TEST_CASE("a period runs from its date to the day before its end") {
  const RetentionVerdict running = judge(kTenYears, "2016-03-02");
  CHECK(running.is_kept);
  REQUIRE(running.until);
  CHECK(format_date(*running.until) == "2026-03-02");
  CHECK(running.why.zh.find("2026-03-02") != std::string::npos);
  const RetentionVerdict over = judge(kTenYears, "2016-03-01");
  CHECK_FALSE(over.is_kept);
  CHECK(over.why.zh.find("县表") != std::string::npos);
  // 29 February has a day ten years later as well.
  CHECK_FALSE(judge(kTenYears, "2016-02-29").is_kept);
}

TEST_CASE("a period whose beginning is not known keeps") {
  CHECK(judge(kTenYears, "").is_kept);
  CHECK(judge(kTenYears, "约2010年").is_kept);
  CHECK(judge("retention = { rule = \"10 年\", years = 10 }", "2001-01-01").is_kept);
}

TEST_CASE(
    "a record's own class counts before the register's, and of a conflict what keeps longest") {
  const Catalog catalog = Catalog::builtin();
  const Definition* minutes = catalog.find("minutes");
  const auto judged = [&](std::vector<const char*> classes, const char* start) {
    FieldValues values{{"start", Value(std::string(start))}};
    for (const char* each : classes) values.emplace_back("archive_class", Value(std::string(each)));
    return judge_retention(minutes, values, kToday);
  };
  const RetentionVerdict ten = judged({"years_10"}, "2020-05-01T14:30:00");
  CHECK(ten.is_kept);
  REQUIRE(ten.until);
  CHECK(format_date(*ten.until) == "2030-05-01");
  CHECK(ten.why.zh.find("10年") != std::string::npos);
  CHECK(ten.why.en.find("10 years") != std::string::npos);
  CHECK_FALSE(judged({"years_10"}, "2015-05-01").is_kept);
  CHECK(judged({"years_30"}, "2015-05-01").is_kept);
  CHECK_FALSE(judged({"permanent"}, "1980-01-01").until);
  CHECK(judged({"permanent"}, "1980-01-01").is_kept);
  // Neither of two values that were written apart loses; nor does one that nobody knows.
  CHECK(judged({"years_10", "years_30"}, "2015-05-01").is_kept);
  CHECK(judged({"years_30", "years_10"}, "2015-05-01").is_kept);
  CHECK_FALSE(judged({"years_10", "permanent"}, "2020-05-01").until);
  CHECK(judged({"somehow"}, "1980-01-01").is_kept);
  CHECK(judged({"years_10", "somehow"}, "2001-05-01").is_kept);
  CHECK(judged({}, "1980-01-01").is_kept);
  CHECK(judged({"years_10"}, "").is_kept);
  const FieldValues apart{{"start", Value(std::string("2015-05-01"))},
                          {"start", Value(std::string("2020-05-01"))},
                          {"archive_class", Value(std::string("years_10"))}};
  CHECK(judge_retention(minutes, apart, kToday).is_kept);
}

TEST_CASE(
    "a class that somebody cleared, and a day that is none, keep like a value beside others") {
  const Catalog catalog = Catalog::builtin();
  const Definition* minutes = catalog.find("minutes");
  const auto judged = [&](std::vector<Value> classes, std::vector<Value> starts) {
    FieldValues values;
    for (Value& each : starts) values.emplace_back("start", std::move(each));
    for (Value& each : classes) values.emplace_back("archive_class", std::move(each));
    return judge_retention(minutes, values, kToday);
  };
  const Value ten(std::string("years_10")), old(std::string("2010-01-01T09:00:00"));
  CHECK_FALSE(judged({ten}, {old}).is_kept);
  // Without a class it would be kept for ever, whichever of the two stands first.
  for (const auto& classes : {std::vector<Value>{ten, NoValue{}}, {NoValue{}, ten}}) {
    const RetentionVerdict kept = judged(classes, {old});
    CHECK(kept.is_kept);
    CHECK_FALSE(kept.until);
  }
  for (const Value& other : {Value(NoValue{}), Value(std::string("24.3.1")),
                             Value(std::string("2024-03")), Value(std::int64_t{20240301})}) {
    const RetentionVerdict first = judged({ten}, {old, other}),
                           second = judged({ten}, {other, old});
    CHECK(first.is_kept);
    CHECK_FALSE(first.until);
    CHECK(second.is_kept);
  }
}

TEST_CASE("a ledger without a period, or with one that purges, is kept for ever") {
  const auto ledger = [](const std::string& retention) {
    const Definition parsed = definition("ledger = true\n" + retention);
    const RetentionVerdict kept =
        judge_retention(&parsed, {{"on", Value(std::string("2001-01-01"))}}, kToday);
    return std::pair(kept.is_kept, check_ledger_retention(parsed).empty());
  };
  CHECK(ledger("") == std::pair(true, false));
  CHECK(ledger("retention = { rule = \"用毕即删\", class = \"purge\" }") == std::pair(true, false));
  CHECK(ledger("retention = { rule = \"永久\" }") == std::pair(true, true));
  CHECK(ledger(kTenYears) == std::pair(false, true));
  const Definition classed = definition(
      "ledger = true\n[retention]\nrule = \"x\"\nclass_field = \"level\"\nclasses = [ { value = "
      "\"a\", class = \"purge\" } ]\n[[field]]\nid = \"level\"\nlabel = \"级\"\ntype = "
      "\"code\"\ncodes = [ { code = \"a\", zh = \"甲\" } ]\n");
  CHECK_FALSE(check_ledger_retention(classed).empty());
  CHECK(judge_retention(&classed, {{"level", Value(std::string("a"))}}, kToday).is_kept);
  const Catalog builtin = Catalog::builtin();
  for (const Catalog::Item& item : builtin.all())
    CHECK(check_ledger_retention(item.definition).empty());
}

TEST_CASE("a definition lists what each class of its field means, or none") {
  const auto list = [](const std::string& classes) {
    return parse("[retention]\nrule = \"x\"\nclass_field = \"level\"\n" + classes +
                 "[[field]]\nid = \"level\"\nlabel = \"级\"\ntype = \"code\"\ncodes = [ { code = "
                 "\"a\", zh = \"甲\" }, { code = \"b\", zh = \"乙\" } ]\n");
  };
  CHECK(list("classes = [ { value = \"a\", class = \"purge\" }, { value = \"b\", years = 3 } ]\n"));
  CHECK(list("").has_error());
  CHECK(list("classes = []\n").has_error());
  CHECK(list("classes = [ { value = \"c\" } ]\n").has_error());
  CHECK(list("classes = [ { value = \"a\" }, { value = \"a\" } ]\n").has_error());
  CHECK(list("classes = [ { value = \"a\", class = \"period\" } ]\n").has_error());
  CHECK(list("classes = [ { value = \"a\", yeers = 3 } ]\n").has_error());
  CHECK(parse("retention = { rule = \"x\", classes = [ { value = \"a\" } ] }").has_error());
}

TEST_CASE("of the built-in registers two are purged when it is asked for, and three are kept") {
  const Catalog catalog = Catalog::builtin();
  for (const char* id : {"rental", "tenancy"})
    CHECK_FALSE(judge_retention(catalog.find(id), {}, kToday).is_kept);
  for (const char* id : {"minutes", "votes", "mediation"})
    CHECK(judge_retention(catalog.find(id), {}, kToday).is_kept);
}
