// SPDX-License-Identifier: Apache-2.0
// A period that counts from what can't be read here is not known, and what was written beside an
// erasure counts for what it names.
#include "node/council/record_judge.h"

#include "node/council/erasure_contents.h"
#include "node/council/person_erasure.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::ErasureContents;
using council::RecordJudge;
using council::UnreadParts;
using test::require;

namespace {

/// Files kept for ten years from their date.
std::string files(int version, const std::string& scope_of_day, const std::string& scope_of_who) {
  const auto scope = [](const std::string& name) {
    return name.empty() ? "" : "scope = \"" + name + "\"\n";
  };
  return "format = 1\nid = \"files\"\nversion = " + std::to_string(version) +
         "\nlabel = \"档案\"\n[retention]\nrule = \"10 年\"\nyears = 10\nclass = \"period\"\nfrom "
         "= \"on\"\n[[field]]\nid = \"no\"\nlabel = \"编号\"\n[[field]]\nid = \"on\"\nlabel = "
         "\"日期\"\ntype = \"date\"\n" +
         scope(scope_of_day) + "[[field]]\nid = \"who\"\nlabel = \"对象\"\n" + scope(scope_of_who);
}

/// The office reads what is confidential; the desk has no device that may.
struct Judges : OfficeAndDesk {
  explicit Judges(const std::string& definition) : OfficeAndDesk(definition) {
    test::open_epoch(*office.replica, village, office.replica.random(), "rental_persons");
    require(office.replica->add_own_device(village.founder.device));
    office.open(village.space);
    sync();
  }
  static RetentionRules rules(Office& at) {
    return require(RetentionRules::load(*at.replica, at.space, at.catalog));
  }
  RetentionVerdict judged(Office& at, const RecordId& record) {
    at.reload();
    return require(
        council::retention_of(*at.replica, rules(at), village.space, "files", record, kToday));
  }
};

}  // namespace

TEST_CASE("A period whose day stands in a scope that is not read here is not known", "[council]") {
  Judges all(files(1, "rental_persons", ""));
  const RecordId other = all.add("files", {put("no", "0")});
  all.sync();
  // Nothing confidential was written yet: the day is not known for want of one.
  CHECK(all.judged(all.desk, other).is_kept);
  const RecordId record = all.add("files", {put("no", "1"), put("on", "2001-01-01")});
  all.sync();
  CHECK_FALSE(all.judged(all.office, record).is_kept);
  const RetentionVerdict at_desk = all.judged(all.desk, record);
  CHECK(at_desk.is_kept);
  CHECK_FALSE(at_desk.until);
}

TEST_CASE("A day that was open is not the last where another version keeps it confidential",
          "[council]") {
  Judges all(files(1, "", ""));
  const RecordId record = all.add("files", {put("no", "1"), put("on", "2001-01-01")});
  all.sync();
  CHECK_FALSE(all.judged(all.desk, record).is_kept);
  require(add_definition(*all.office.replica, all.village.space, all.village.founder.device,
                         files(2, "rental_persons", ""), 2));
  all.office.reload();
  all.sync();
  // Nobody has written anything in that scope: what is open is all that there is.
  CHECK_FALSE(all.judged(all.desk, record).is_kept);
  all.set("files", record, {put("on", "2090-01-01")});
  all.sync();
  CHECK(all.judged(all.office, record).until == Date(std::chrono::year(2100) / 1 / 1));
  const RetentionVerdict at_desk = all.judged(all.desk, record);
  CHECK(at_desk.is_kept);
  CHECK_FALSE(at_desk.until);
  CHECK(at_desk.why.en.find("not known") != std::string::npos);
}

TEST_CASE("Unread parts of fields that no period counts from keep nothing", "[council]") {
  Judges all(files(1, "", "rental_persons"));
  const RecordId record =
      all.add("files", {put("no", "1"), put("on", "2001-01-01"), put("who", "王五")});
  all.sync();
  CHECK_FALSE(all.judged(all.desk, record).is_kept);
  // They may be of the record all the same.
  const auto scopes = require(
      council::scopes_of_records(*all.desk.replica, all.desk.catalog, all.village.space, "files"));
  CHECK(scopes == std::set<std::string>{"rental_persons"});
  CHECK(require(council::count_unread_parts(*all.desk.replica, all.village.space)).of(scopes) == 1);
  CHECK(require(council::count_unread_parts(*all.office.replica, all.village.space)).of(scopes) ==
        0);
}

TEST_CASE("What is not here at all counts for every register that has something confidential",
          "[council]") {
  const UnreadParts unread{.by_scope = {{"a", 2}, {"b", 3}}, .elsewhere = 5};
  CHECK(unread.of({}) == 0);
  CHECK(unread.of({"a"}) == 7);
  CHECK(unread.of({"a", "b"}) == 10);
  CHECK(unread.of({"c"}) == 5);
}

TEST_CASE("What was written beside an erasure counts for what it names, and is told to stay",
          "[council]") {
  Judges all(files(1, "", ""));
  const RecordId record = all.add("files", {put("no", "1"), put("on", "2001-01-01")});
  const auto before = require(all.office.replica->parts_of(all.village.space, record));
  const std::set<ErasureTarget> named(before.targets.begin(), before.targets.end());
  all.set("files", record, {put("on", "2090-01-01")});
  const auto after = require(all.office.replica->parts_of(all.village.space, record));
  const std::set<ErasureTarget> whole(after.targets.begin(), after.targets.end());
  REQUIRE(whole.size() == named.size() + 1);

  const RetentionRules rules = Judges::rules(all.office);
  const RecordJudge judge =
      require(RecordJudge::load(*all.office.replica, all.village.space, rules, kToday));
  const auto contents = [&](const std::set<ErasureTarget>& targets) {
    return council::contents_of(
        require(council::read_targets(*all.office.replica, all.village.space,
                                      all.village.founder.device, targets, targets)),
        targets, judge);
  };
  for (const auto* targets : {&named, &whole}) {
    const ErasureContents out = contents(*targets);
    REQUIRE(out.records.size() == 1);
    CHECK(out.records.front().parts == targets->size());
    CHECK(out.records.front().staying == whole.size() - targets->size());
    CHECK(out.records.front().retention.until == Date(std::chrono::year(2100) / 1 / 1));
    CHECK_FALSE(out.may_go());
  }
}
