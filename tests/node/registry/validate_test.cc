// SPDX-License-Identifier: Apache-2.0
#include "node/registry/validate.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "node/registry/check_record.h"
#include "node/registry/set_cell.h"
#include "tests/node/registry/sample.h"

using namespace cunju;
using namespace cunju::registry;
using registry::testing::finding_code;
using registry::testing::kToday;

namespace {

ParsedField parse(std::string_view field, std::string_view text) {
  static const Definition definition = registry::testing::sample();
  return parse_field(*definition.find_field(field), text, kToday);
}

std::string text_of(const ParsedField& parsed) {
  const auto* text = std::get_if<std::string>(&parsed.value);
  return text == nullptr ? "(not a text)" : *text;
}

std::int64_t number_of(const ParsedField& parsed) {
  const auto* number = std::get_if<std::int64_t>(&parsed.value);
  return number == nullptr ? -999'999 : *number;
}

// Read without a doubt.
void check_clean(std::string_view field, std::string_view text, const Value& value) {
  CAPTURE(field, text);
  ParsedField parsed = parse(field, text);
  CHECK(parsed.value == value);
  CHECK(parsed.findings.empty());
}

// Kept word for word, with this warning.
void check_kept(std::string_view field, std::string_view text, std::string_view code) {
  CAPTURE(field, text);
  ParsedField parsed = parse(field, text);
  CHECK(text_of(parsed) == text);
  REQUIRE(parsed.findings.size() == 1);
  CHECK(parsed.findings[0].code == code);
  CHECK(parsed.findings[0].severity == Severity::kWarning);
  CHECK(parsed.findings[0].field == field);
  CHECK_FALSE(parsed.findings[0].text.zh.empty());
  CHECK_FALSE(parsed.findings[0].text.en.empty());
}

}  // namespace

TEST_CASE("dates are read in the forms that clerks and Excel write") {
  for (const char* text : {"2024-03-01", "2024-3-1", "2024/3/1", "2024.3.1", "20240301",
                           "2024年3月1日", "２０２４年３月１日", " 2024-03-01 ", "'2024-03-01"}) {
    check_clean("on", text, std::string("2024-03-01"));
  }
  ParsedField serial = parse("on", "45352");
  CHECK(text_of(serial) == "2024-03-01");
  CHECK(finding_code(serial) == "excel_serial");
  CHECK(text_of(parse("on", "36526")) == "2000-01-01");
  CHECK(finding_code(parse("on", "2026-11-21")) == "in_future");
  CHECK(parse("on", "2026-11-20").findings.empty());
}

TEST_CASE("a date that can be read in two ways, or in none, is kept as typed") {
  check_kept("on", "24.3.1", "century_missing");
  check_kept("on", "240301", "century_missing");
  check_kept("on", "2023-02-29", "no_such_day");
  check_kept("on", "20230229", "no_such_day");
  check_kept("on", "2024-13-01", "no_such_day");
  check_kept("on", "3/1/2024", "order_unclear");
  check_kept("on", "2024年3月", "day_missing");
  check_kept("on", "202403", "day_missing");
  check_kept("on", "OCT 18, 2021", "not_a_date");
  check_kept("on", "1930", "not_a_date");
  check_kept("on", "去年", "not_a_date");
  check_kept("on", "2024--3", "not_a_date");
}

TEST_CASE("times are read with a date, and a date alone stays a date") {
  check_clean("at", "2024-03-01 14:30", std::string("2024-03-01T14:30:00"));
  check_clean("at", "2024-03-01T14:30:05", std::string("2024-03-01T14:30:05"));
  check_clean("at", "2024年3月1日 14时30分", std::string("2024-03-01T14:30:00"));
  check_clean("at", "2024年3月1日9点", std::string("2024-03-01T09:00:00"));
  check_clean("at", "2024-03-01", std::string("2024-03-01"));
  CHECK(text_of(parse("at", "45352.5")) == "2024-03-01T12:00:00");
  CHECK(text_of(parse("at", "45352.999999999")) == "2024-03-02T00:00:00");
  check_kept("at", "2024-03-01 25:00", "not_a_date");
  check_kept("at", "2024-03-01 14", "not_a_date");
  check_kept("at", "24.3.1 14:30", "century_missing");
}

TEST_CASE("money is read in yuan to fen exactly") {
  check_clean("sum", "1,234.50", std::int64_t{123450});
  check_clean("sum", "812.46万元", std::int64_t{812'460'000});
  check_clean("sum", "１２．５", std::int64_t{1250});
  check_clean("sum", "¥1234.5", std::int64_t{123450});
  check_clean("sum", "￥1,234,567.89元", std::int64_t{123456789});
  check_clean("sum", "人民币100元整", std::int64_t{10000});
  check_clean("sum", "1.2亿", std::int64_t{12'000'000'000});
  check_clean("sum", "5角", std::int64_t{50});
  check_clean("sum", "50分", std::int64_t{50});
  check_clean("sum", "-3.10", std::int64_t{-310});
  check_clean("sum", "7.100", std::int64_t{710});
  check_kept("sum", "1.234", "not_money");
  check_kept("sum", "12,34", "not_money");
  check_kept("sum", "一百元", "not_money");
  check_kept("sum", "元", "not_money");
  check_kept("sum", "99999999999999999999", "not_money");
  check_kept("sum", "--5", "not_money");
}

TEST_CASE("whole numbers and decimals are exact, with or without their unit") {
  check_clean("count", "1,234", std::int64_t{1234});
  check_clean("count", "１２人", std::int64_t{12});
  check_clean("count", "12 persons", std::int64_t{12});
  check_clean("count", "5.0", std::int64_t{5});
  check_kept("count", "5.5", "not_an_integer");
  check_kept("count", "约30", "not_an_integer");
  check_kept("count", "1e3", "not_an_integer");
  CHECK(number_of(parse("count", "5001")) == 5001);
  CHECK(finding_code(parse("count", "5001")) == "out_of_range");
  CHECK(finding_code(parse("count", "-1")) == "out_of_range");
  check_clean("area", "86.5平方米", std::int64_t{8650});
  check_clean("area", "98,450.36", std::int64_t{9845036});
  check_kept("area", "86.555", "not_a_decimal");
  check_kept("area", ".5", "not_a_decimal");
  check_clean("area", "-92233720368547758.08", std::numeric_limits<std::int64_t>::min());
  check_kept("area", "92233720368547758.08", "not_a_decimal");
}

TEST_CASE("identity numbers are checked by digit and date, never by area") {
  check_clean("person", "11010519491231002X", std::string("11010519491231002X"));
  check_clean("person", "11010519491231002x", std::string("11010519491231002X"));
  check_clean("person", "１１０１０５ 19491231 002Ｘ", std::string("11010519491231002X"));
  check_kept("person", "110105194912310021", "bad_check_digit");
  check_kept("person", "1101051949123100", "not_an_identity_number");
  check_kept("person", "01010519491231002X", "not_an_identity_number");
  ParsedField old = parse("person", "440524188001010014");
  CHECK(text_of(old) == "440524188001010014");
  CHECK(finding_code(old) == "over_120_years");
  ParsedField legacy = parse("person", "110105491231002");
  CHECK(text_of(legacy) == "110105491231002");
  CHECK(finding_code(legacy) == "legacy_identity_number");
  check_kept("person", "110105491331002", "bad_birth_date");
  // A right check digit over 2023-02-29, and over a day after today.
  check_kept("person", "110105202302290014", "bad_birth_date");
  check_kept("person", "110105209901010012", "bad_birth_date");
}

TEST_CASE("an identity number that Excel has rounded is refused with advice") {
  for (const char* text : {"110105194912310000", "1.10105E+17", "110105194912310000.0"}) {
    CAPTURE(text);
    ParsedField parsed = parse("person", text);
    REQUIRE(parsed.findings.size() == 1);
    CHECK(parsed.findings[0].severity == Severity::kError);
    CHECK(parsed.findings[0].code == "identity_number_lost");
    CHECK(parsed.findings[0].text.zh.find("文本") != std::string::npos);
  }
}

TEST_CASE("findings about persons never repeat the value") {
  for (const char* text : {"110105194912310021", "张三的号码"}) {
    for (const Finding& finding : parse("person", text).findings) {
      CHECK(finding.text.zh.find(text) == std::string::npos);
      CHECK(finding.text.en.find(text) == std::string::npos);
    }
  }
  CHECK(parse("use", "车库").findings[0].text.zh.find("车库") != std::string::npos);
}

TEST_CASE("social credit codes are checked, also where the sum is divisible by 31") {
  check_clean("company", "91350100M000100Y43", std::string("91350100M000100Y43"));
  check_clean("company", "91110000600037341L", std::string("91110000600037341L"));
  check_clean("company", "54110105me00000290", std::string("54110105ME00000290"));
  check_kept("company", "91350100M000100Y44", "bad_credit_code");
  check_kept("company", "91350100I000100Y43", "bad_credit_code");
  check_kept("company", "91350100M000100Y4", "bad_credit_code");
}

TEST_CASE("division codes have twelve digits of a real province") {
  check_clean("place", "530102001201", std::string("530102001201"));
  check_clean("place", "５３０１０２００１２０１", std::string("530102001201"));
  check_kept("place", "530102001", "bad_division_code");
  check_kept("place", "990102001201", "bad_division_code");
  check_kept("place", "5.30102E+11", "bad_division_code");
}

TEST_CASE("telephone numbers lose +86 and spaces and nothing else") {
  check_clean("phone", "13800138000", std::string("13800138000"));
  check_clean("phone", "+86 138 0013 8000", std::string("13800138000"));
  check_clean("phone", "86-138-0013-8000", std::string("13800138000"));
  check_clean("phone", "１３８００１３８０００", std::string("13800138000"));
  check_clean("phone", "0871-65321234", std::string("0871-65321234"));
  check_clean("phone", "010-12345678-801", std::string("010-12345678-801"));
  check_clean("phone", "+86 10 12345678", std::string("01012345678"));
  check_kept("phone", "12800138000", "bad_phone");
  check_kept("phone", "1380013800", "bad_phone");
  check_kept("phone", "65321234", "bad_phone");
  check_kept("phone", "1.38E+10", "bad_phone");
  check_kept("phone", "010-12345678-8012345", "bad_phone");
}

TEST_CASE("codes, states, answers and references are read by code or word") {
  check_clean("use", "02", std::string("02"));
  check_clean("use", "住房", std::string("02"));
  check_clean("use", " dwelling ", std::string("02"));
  check_kept("use", "车库", "unknown_code");
  check_clean("state", "定稿", std::string("final"));
  check_kept("state", "定了", "unknown_code");
  check_clean("seen", "是", std::int64_t{1});
  check_clean("seen", "NO", std::int64_t{0});
  check_kept("seen", "不详", "not_a_boolean");
  check_clean("other", "00112233445566778899AABBCCDDEEFF",
              std::string("00112233445566778899aabbccddeeff"));
  check_kept("other", "0011", "not_a_record");
}

TEST_CASE("plain text is kept byte for byte, rare characters included") {
  for (const char* text :
       {"阿卜杜·热合曼", "〇", "𬱖", "  260  SHERBOURNE ST ", "a\r\nb", "'=1+1"}) {
    check_clean("no", text, std::string(text));
  }
  check_clean("no", "", NoValue{});
  CHECK(finding_code(parse("no", "他的号码是11010519491231002X。")) == "identity_number_inside");
  std::string huge(limits::kMaxValueBytes + 1, 'a');
  CHECK(has_error(parse("no", huge).findings));
}

TEST_CASE("whatever parses is shown so that it parses to the same value") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Definition definition = registry::testing::sample();
  // Pieces from which texts are put together, so that many of them mean something.
  const std::string_view pieces[] = {"1",        "0",
                                     "２",       "9",
                                     "45352",    "2024",
                                     "-",        ".",
                                     ",",        "/",
                                     "年",       "月",
                                     "日",       "元",
                                     "万",       " ",
                                     "　",       "是",
                                     "否",       "01",
                                     "住房",     "草稿",
                                     "final",    "+86",
                                     "138",      "0013",
                                     "8000",     ":30",
                                     "'",        "=",
                                     "T",        "X",
                                     "\n",       "110105",
                                     "19491231", "002X",
                                     "𬱖",     "ff00ff00ff00ff00",
                                     "0871"};
  for (int round = 0; round < 4000; ++round) {
    std::string text;
    for (std::size_t n = random() % 6 + 1; n > 0; --n) text += pieces[random() % std::size(pieces)];
    for (const FieldDefinition& field : definition.fields) {
      Value value = parse_field(field, text, kToday).value;
      for (Language language : {Language::kChinese, Language::kEnglish}) {
        std::string shown = format_value(field, value, language);
        CAPTURE(field.id, text, shown);
        REQUIRE(parse_field(field, shown, kToday).value == value);
      }
    }
    std::int64_t number = static_cast<std::int64_t>(random()) >> (random() % 60);
    for (const char* id : {"count", "area", "sum"}) {
      const FieldDefinition& field = *definition.find_field(id);
      std::string shown = format_value(field, number, Language::kChinese);
      CAPTURE(id, number, shown);
      REQUIRE(parse_field(field, shown, kToday).value == Value{number});
    }
  }
}

TEST_CASE("values are shown in the reader's language") {
  Definition definition = registry::testing::sample();
  auto shown = [&](const char* id, Value value, Language language) {
    return format_value(*definition.find_field(id), value, language);
  };
  CHECK(shown("sum", std::int64_t{123450}, Language::kChinese) == "1234.50");
  CHECK(shown("area", std::int64_t{-5}, Language::kChinese) == "-0.05");
  CHECK(shown("use", std::string("02"), Language::kChinese) == "住房");
  CHECK(shown("use", std::string("02"), Language::kEnglish) == "Dwelling");
  CHECK(shown("seen", std::int64_t{1}, Language::kChinese) == "是");
  CHECK(shown("at", std::string("2024-03-01T14:30:00"), Language::kChinese) == "2024-03-01 14:30");
}

TEST_CASE("a set in one cell comes apart into its elements and goes together again") {
  CHECK(split_set("张三；李四; 王五\n赵六；；") ==
        std::vector<std::string>{"张三", "李四", "王五", "赵六"});
  CHECK(split_set(R"(a\;b;c\\;C:\dir)") == std::vector<std::string>{"a;b", "c\\", "C:\\dir"});
  CHECK(split_set(" ；; \n").empty());
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  const std::string_view pieces[] = {"a", ";", "；", "\\", "\n", "\r", "张"};
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::string> elements(random() % 4 + 1);
    for (std::string& element : elements) {
      element = "x";
      for (std::size_t n = random() % 5; n > 0; --n)
        element += pieces[random() % std::size(pieces)];
      element += "y";
    }
    std::string cell = join_set(elements);
    CAPTURE(cell);
    REQUIRE(split_set(cell) == elements);
  }
}

TEST_CASE("a record is checked for required fields, codes and state moves") {
  Definition definition = registry::testing::sample();
  auto codes = [&](const FieldValues& fields, const FieldValues& before) {
    std::vector<std::string_view> out;
    for (const Finding& finding : check_record(definition, fields, {kToday, before})) {
      CHECK(finding.severity == Severity::kWarning);
      out.push_back(finding.code);
    }
    return out;
  };
  using Codes = std::vector<std::string_view>;
  FieldValue no{"no", std::string("1")};
  auto state = [](const char* id) { return FieldValue{"state", std::string(id)}; };
  CHECK(codes({no, state("draft")}, {}) == Codes{});
  CHECK(codes({{"no", NoValue{}}}, {}) == Codes{"required_missing"});
  CHECK(codes({no, {"use", std::string("77")}}, {}) == Codes{"unknown_code"});
  CHECK(codes({no, state("final")}, {}) == Codes{"not_an_initial_state"});
  CHECK(codes({no, state("final")}, {no, state("draft")}) == Codes{});
  CHECK(codes({no, state("archived")}, {no, state("draft")}) == Codes{"move_not_allowed"});
  CHECK(codes({no, state("draft")}, {no, state("draft")}) == Codes{});
  CHECK(codes({no, {"unheard_of", std::string("x")}}, {}) == Codes{});
}
