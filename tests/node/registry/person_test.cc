// SPDX-License-Identifier: Apache-2.0
#include "node/registry/person.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "node/registry/person_limits.h"
#include "tests/node/registry/sample.h"

using namespace cunju;
using namespace cunju::registry;
using registry::testing::kToday;

namespace {

constexpr std::string_view kIdentity = "11010519491231002X";

PersonQuery person(std::string_view identity, std::string_view name = {},
                   std::string_view phone = {}) {
  const Result<PersonQuery> out = parse_person(identity, name, phone, kToday);
  REQUIRE(out);
  return out.value();
}

PersonTerms terms(const std::vector<std::string>& texts) {
  FieldValues values;
  for (const std::string& text : texts) values.emplace_back("field", text);
  return terms_of(values, kToday);
}

bool is_refused(std::string_view identity, std::string_view name, std::string_view phone) {
  const Result<PersonQuery> out = parse_person(identity, name, phone, kToday);
  return out.has_error() && out.error().code == Errc::kInvalidArgument;
}

}  // namespace

TEST_CASE("a person is an identity number, or a name with a telephone number") {
  CHECK(person(kIdentity).identity == kIdentity);
  CHECK(person("１１０１０５１９４９１２３１００２ｘ").identity == kIdentity);
  CHECK(person("", " 张 三 ", "138 0000 0000").name == "张三");
  CHECK(person("", "张三", "+8613800000000").phone == "13800000000");
  CHECK(is_refused("", "", ""));
  CHECK(is_refused("", "张三", ""));
  CHECK(is_refused("", "", "13800000000"));
  CHECK(is_refused("110105194912310021", "", ""));
  CHECK(is_refused("", "张三", "不知道"));
  CHECK(is_refused(kIdentity, "张三", ""));
}

TEST_CASE("a person is found by number, also in its old form, in whatever field it stands") {
  const PersonQuery who = person(kIdentity);
  CHECK(is_of(who, terms({std::string(kIdentity)})));
  CHECK(is_of(who, terms({"11010519491231002x"})));
  CHECK(is_of(who, terms({"110105491231002"})));
  CHECK(is_of(who, terms({"户主：张三（11010519491231002X）"})));
  CHECK_FALSE(is_of(who, terms({"110105194912310038"})));
  CHECK_FALSE(is_of(who, terms({"张三", "13800000000"})));
}

TEST_CASE("a person is found by name and telephone number together, and by neither alone") {
  const PersonQuery who = person("", "张三", "13800000000");
  CHECK(is_of(who, terms({"张三", "13800000000"})));
  CHECK(is_of(who, terms({"张三 承租人", "138-0000-0000", "13800000000"})));
  CHECK(is_of(who, terms({"李四、张三", "电话 13800000000"})));
  CHECK(is_of(who, terms({"张 三", "13800000000"})));
  CHECK_FALSE(is_of(who, terms({"张三"})));
  CHECK_FALSE(is_of(who, terms({"13800000000"})));
  CHECK_FALSE(is_of(who, terms({"张三丰", "13800000000"})));
  CHECK_FALSE(is_of(who, terms({"张三", "13800000001"})));
}

TEST_CASE("prose mentions people, and is nobody's name") {
  const std::string prose = std::string(limits::kMaxPersonTextBytes, ' ') +
                            "张三来访，留了电话13800000000，证号11010519491231002X。";
  CHECK_FALSE(is_of(person(kIdentity), terms({prose})));
  CHECK(mentions(person(kIdentity), prose));
  CHECK(mentions(person("", "张三", "13800000000"), prose));
  CHECK_FALSE(mentions(person("", "李四", "13800000000"), prose));
  CHECK_FALSE(mentions(person("110105194912310038"), prose));
}

TEST_CASE("what is looked for and what is found have the same keys") {
  const std::vector<std::string> wanted = keys_of(person(kIdentity, "张三", "13800000000"));
  CHECK(wanted.size() == 2);
  const std::vector<std::string> found = keys_of(terms({"张三", "110105491231002", "13800000000"}));
  for (const std::string& key : wanted) CHECK(std::ranges::count(found, key) == 1);
  CHECK(keys_of(terms({"张三"})).empty());
}

TEST_CASE(
    "a number within a word, or with hyphens in it, is known to marks and makes nobody's value") {
  const std::vector<std::string> wanted = keys_of(person(kIdentity, "张三", "13800000000"));
  for (const char* text :
       {"证11010519491231002X", "证号1101051949-12-31-002x", "x110105491231002"}) {
    const PersonTerms found = terms({text});
    CHECK_FALSE(is_of(person(kIdentity), found));
    CHECK(std::ranges::count(keys_of(found), wanted[0]) == 1);
  }
  const PersonTerms called = terms({"张三", "电话138-0000-0000"});
  CHECK_FALSE(is_of(person("", "张三", "13800000000"), called));
  CHECK(std::ranges::count(keys_of(called), wanted[1]) == 1);
  CHECK(keys_of(terms({"110105194912310038000", "合同2024-0138"})).empty());
  // Prose with hyphens mentions the person.
  CHECK(mentions(person(kIdentity), "她的证号是1101051949-12-31-002X。"));
  CHECK(mentions(person("", "张三", "13800000000"), "张三，电话138－0000－0000"));
  CHECK(mentions(person("", "张三", "010-12345678"), "张三，电话01012345678"));
}

TEST_CASE("who was there before is not brought in again") {
  const PersonTerms before = terms({"张三", "13800000000"});
  CHECK(keys_of(terms({"张三", "13800000000"}), before).empty());
  CHECK(keys_of(terms({"张三", "13800000001"}), before).size() == 2);
}

TEST_CASE("what a row has is all compared, and only so much of it is held against marks") {
  std::vector<std::string> texts;
  for (int i = 0; i < 500; ++i) {
    texts.push_back("人" + std::to_string(i));
    texts.push_back(std::to_string(13800000000 + i));
  }
  const PersonTerms all = terms(texts);
  for (int i = 0; i < 500; ++i)
    CHECK(is_of(person("", "人" + std::to_string(i), std::to_string(13800000499 - i)), all));
  CHECK(keys_of(all).size() <= limits::kMaxPersonNames * limits::kMaxPersonPhones);
}

TEST_CASE("a list of many names keeps the one name of a field from no marks") {
  std::string list;
  for (int i = 0; i < 60; ++i) list += "甲" + std::to_string(i) + "、";
  const std::vector<std::string> found =
      keys_of(terms({list, list + "乙", list + "丙", "张三", "13800000000"}));
  CHECK(std::ranges::count(found, keys_of(person("", "张三", "13800000000"))[0]) == 1);
}

TEST_CASE("a sieve passes every text in which a person can be found") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 9));
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  const std::vector<PersonQuery> persons{person(kIdentity), person("", "张三", "13800000000"),
                                         person(kIdentity, "Li 三", "010-12345678-12"),
                                         person("", "王五", "010-12345678")};
  const std::vector<std::string> pieces{"11010519491231002X",
                                        "110105491231002",
                                        "110105 19491231 002x",
                                        "110105-1949-1231-002X",
                                        "１１０１０５１９４９１２３１００２Ｘ",
                                        "张三",
                                        "张 三",
                                        "ＬＩ三",
                                        "li三",
                                        "李四",
                                        "13800000000",
                                        "138-0000-0000",
                                        "+86 138 0000 0000",
                                        "010-12345678-12",
                                        "01012345678",
                                        "0086-10-12345678",
                                        "12345678",
                                        "、",
                                        "（",
                                        "）",
                                        "，",
                                        " ",
                                        "·",
                                        "电话",
                                        "x",
                                        "-",
                                        "'",
                                        "9"};
  std::size_t found = 0, stopped = 0;
  for (int i = 0; i < 3'000; ++i) {
    std::string text;
    for (std::uint64_t n = random() % 5; n > 0; --n) text += pieces[random() % pieces.size()];
    CAPTURE(text);
    for (const PersonQuery& who : persons) {
      const PersonTerms of = terms({text});
      const bool has_identity =
          !who.identity.empty() &&
          (of.identities.contains(who.identity) || of.identities_within.contains(who.identity));
      const bool has_phone = !who.phone.empty() && (of.phones.contains(who.phone) ||
                                                    of.phones_within.contains(who.phone));
      const bool has_name = !who.name.empty() && of.names.contains(who.name);
      const bool is_found = has_identity || has_phone || has_name || mentions(who, text);
      const bool passes = PersonSieve(who).passes(text);
      found += is_found ? 1 : 0;
      stopped += passes ? 0 : 1;
      if (is_found) CHECK(passes);
    }
  }
  CHECK(found > 500);
  CHECK(stopped > 500);
}
