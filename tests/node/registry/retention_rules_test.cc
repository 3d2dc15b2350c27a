// SPDX-License-Identifier: Apache-2.0
// How long a record is kept where its definition is gone, or is not the only one.
#include "node/registry/retention_rules.h"

#include "node/registry/definition_law.h"
#include "node/registry/scope_moves.h"

#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

const std::string kPurge = "[retention]\nclass = \"purge\"\nrule = \"随时\"\n";
const std::string kForever = "[retention]\nclass = \"permanent\"\nrule = \"永久保管\"\n";

std::string years(int count) {
  return "[retention]\nclass = \"period\"\nrule = \"按年\"\nfrom = \"on\"\nyears = " +
         std::to_string(count) + "\n";
}

std::string deeds(const std::string& retention) {
  return "format = 1\nid = \"deeds\"\nversion = 1\nlabel = { zh = \"地契\" }\n" + retention +
         "[[field]]\nid = \"on\"\ntype = \"date\"\nlabel = \"日期\"\n";
}

const FieldValues kSigned{{"on", Value(std::string("2020-01-01"))}};

struct Rules : SampleOffice {
  using SampleOffice::SampleOffice;
  /// Who was told that it keeps records for a shorter time, and means it.
  RecordId define(const std::string& toml) {
    return require(add_meant_definition(*replica, space, founder().device, toml, ++clock,
                                        {std::string(kMeantRetention)}))
        .record;
  }
  /// As another program may, whatever is there.
  RecordId write(std::uint8_t first_byte, const std::string& id, const std::string& source) {
    RecordId out{};
    out.value[0] = first_byte;
    test::write_record(*replica, space, founder(), out,
                       {test::set_field("registry", id), test::set_field("source", source)},
                       "definition");
    return out;
  }
  void take_away(const RecordId& record) {
    reload();
    require(book().remove(act(), "definition", record));
  }
  RetentionVerdict judge(std::string_view registry = "deeds") { return judge_of(*this, registry); }
  static RetentionVerdict judge_of(Office& at, std::string_view registry = "deeds") {
    at.reload();
    return require(RetentionRules::load(*at.replica, at.space, at.catalog))
        .judge(registry, kSigned, kToday);
  }
};

bool has(const Label& text, std::string_view words) {
  return text.zh.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a definition that was taken away does not take its rule along") {
  Rules office(1);
  CHECK_FALSE(office.judge().is_kept);
  office.define(deeds(years(3)));
  CHECK_FALSE(office.judge().is_kept);
  const RecordId record = office.define(deeds(years(30)));
  CHECK(office.judge().is_kept);
  // The longest of all that it ever said, not the last.
  office.define(deeds(years(10)));
  const std::optional<Date> until = office.judge().until;
  office.take_away(record);
  const RetentionVerdict gone = office.judge();
  CHECK(gone.is_kept);
  REQUIRE(gone.until);
  CHECK(*until < *gone.until);
  CHECK(has(gone.why, "登记簿现在没有定义"));
  CHECK(has(gone.why, "按年"));
  // It says how its records are called.
  office.reload();
  CHECK(office.catalog.find("deeds") == nullptr);
  const RetentionRules rules =
      require(RetentionRules::load(*office.replica, office.space, office.catalog));
  REQUIRE(rules.describe("deeds") != nullptr);
  CHECK(rules.describe("deeds")->label.zh == "地契");
  CHECK(rules.describe("nothing") == nullptr);
}

TEST_CASE("of several definitions of one id the strictest counts, whichever is in use") {
  for (const bool is_strict_in_use : {true, false}) {
    CAPTURE(is_strict_in_use);
    Rules office(2);
    office.write(0x10, "deeds", deeds(is_strict_in_use ? kForever : kPurge));
    const RecordId second =
        office.write(0x90, "deeds", deeds(is_strict_in_use ? kPurge : kForever));
    const RetentionVerdict verdict = office.judge();
    CHECK(verdict.is_kept);
    CHECK(has(verdict.why, "永久保管"));
    // To take one away gives up nothing of it.
    office.take_away(second);
    CHECK(office.judge().is_kept);
  }
}

TEST_CASE("of versions of a definition written apart the strictest counts at every node") {
  // Which of them is in use their ids decide.
  for (std::uint64_t claimed_ms = 2; claimed_ms < 8; ++claimed_ms) {
    OfficeAndDesk all(deeds(kPurge));
    const test::Person chair = test::admit_person(*all.office.replica, all.village,
                                                  all.office.replica.random(), "主任二", {"chair"});
    all.office.open(all.village.space);
    all.sync();
    require(add_definition(*all.office.replica, all.village.space, all.village.founder.device,
                           deeds(years(1)), claimed_ms));
    require(add_definition(*all.desk.replica, all.village.space, chair.device, deeds(kForever),
                           claimed_ms));
    all.sync();
    all.sync();
    for (Office* each : {&all.office, &all.desk}) {
      const RetentionVerdict verdict = Rules::judge_of(*each);
      CHECK(verdict.is_kept);
      CHECK_FALSE(verdict.until);
    }
  }
}

TEST_CASE("what a later version was meant to shorten is told, and does not keep") {
  Rules office(3);
  office.define(deeds(kForever));
  CHECK(office.judge().before.empty());
  office.define(deeds(kPurge));
  const RetentionVerdict verdict = office.judge();
  CHECK_FALSE(verdict.is_kept);
  CHECK(has(verdict.before, "永久保管"));
  // What would have let it go as well is nothing to be told.
  office.define(deeds(kForever));
  CHECK(office.judge().before.empty());
}

TEST_CASE("an amendment that was taken back is told of") {
  Rules office(4);
  const RecordId amendment =
      office.define("format = 1\namends = \"rental\"\nversion = 1\n" + kForever);
  CHECK(office.judge("rental").is_kept);
  office.take_away(amendment);
  const RetentionVerdict verdict = office.judge("rental");
  CHECK_FALSE(verdict.is_kept);
  CHECK(has(verdict.before, "永久保管"));
}

TEST_CASE("what was never in force, or can't be, keeps nothing") {
  Rules office(5);
  // A built-in registry is described by nobody else.
  office.write(0x10, "rental",
               "format = 1\nid = \"rental\"\nversion = 1\nlabel = { zh = \"房\" }\n" + kForever +
                   "[[field]]\nid = \"no\"\nlabel = \"号\"\n");
  CHECK_FALSE(office.judge("rental").is_kept);
  CHECK(office.judge("rental").before.empty());
  // A text of another registry than its record is for says nothing of either.
  office.write(0x20, "other", deeds(kForever));
  CHECK_FALSE(office.judge().is_kept);
  office.define(deeds(kPurge));
  CHECK_FALSE(office.judge().is_kept);
}

TEST_CASE("a registry whose only definition can't be read is kept") {
  Rules office(6);
  office.write(0x10, "deeds", "format = 1\nid = ");
  const RetentionVerdict verdict = office.judge();
  CHECK(verdict.is_kept);
  CHECK(has(verdict.why, "读不懂"));
  office.define(deeds(kPurge));
  CHECK_FALSE(office.judge().is_kept);
}
