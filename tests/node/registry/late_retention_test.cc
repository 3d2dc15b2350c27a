// SPDX-License-Identifier: Apache-2.0
// No retention, no proof and no field that goes with its record ends because of who was removed
// beside it, or by a later version that nobody was told of.
#include <algorithm>
#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "node/registry/ledger_law.h"
#include "tests/node/registry/chairs_apart.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

const std::string kForever = "[retention]\nclass = \"permanent\"\nrule = \"永久保存\"\n";
const std::string kPurge = "[retention]\nclass = \"purge\"\nrule = \"随时\"\n";
const FieldValues kEnded{{"actual_end", Value(std::string("2015-01-01"))}};
const std::set<std::string> kMeant{std::string(kMeantRetention)};

std::string amendment(const std::string& retention) {
  return "format = 1\namends = \"tenancy\"\nversion = 1\n" + retention;
}
std::string years(int count) {
  return "[retention]\nclass = \"period\"\nrule = \"" + std::to_string(count) +
         " 年\"\nyears = " + std::to_string(count) + "\nfrom = \"actual_end\"\n";
}
std::string deeds(const std::string& head, bool is_erasable = false) {
  return "format = 1\nid = \"deeds\"\nversion = 1\nlabel = { zh = \"地契\" }\n" + head +
         "[[field]]\nid = \"no\"\nlabel = \"号\"\n[[field]]\nid = \"x\"\nlabel = \"证\"\n" +
         (is_erasable ? "erasable = true\n" : "");
}
bool has(const Label& text, std::string_view words) {
  return text.zh.find(words) != std::string::npos;
}
RecordId id_of(std::uint8_t first) {
  RecordId out{};
  out.value[0] = first;
  return out;
}
bool is_alone(ChairsApart& all, Office& at) {
  const RetentionRules rules = all.rules(at);
  return !rules.judge_field("deeds", "x", rules.judge("deeds", {}, kToday)).is_kept;
}

}  // namespace

TEST_CASE("an amendment that became late keeps records as before, until less is meant") {
  for (const bool is_first : {true, false}) {
    CAPTURE(is_first);
    ChairsApart all(1);
    if (!is_first) require(all.define(all.here, all.village.founder, amendment(years(5))));
    all.meet();
    require(all.define(all.there, all.chairs[0], amendment(kForever)));
    CHECK(all.judge(all.there, "tenancy", kEnded).is_kept);
    all.remove(all.chairs[0]);
    all.meet();
    REQUIRE(require(all.here.replica->counts()).late_parts > 0);
    for (Office* each : {&all.here, &all.there}) {
      const RetentionVerdict verdict = all.judge(*each, "tenancy", kEnded);
      CHECK(verdict.is_kept);
      CHECK(has(verdict.why, "永久保存"));
      CHECK(ChairsApart::is_told(*each, "修订是迟到的"));
    }
    // One that was not told of it gives nothing up, and one that was does.
    require(all.define(all.here, all.village.founder, amendment(years(6))));
    CHECK(all.judge(all.here, "tenancy", kEnded).is_kept);
    require(all.define(all.here, all.village.founder, amendment(years(4)), kMeant));
    all.meet();
    for (Office* each : {&all.here, &all.there}) {
      const RetentionVerdict verdict = all.judge(*each, "tenancy", kEnded);
      CHECK_FALSE(verdict.is_kept);
      CHECK(has(verdict.before, "永久保存"));
      CHECK_FALSE(ChairsApart::is_told(*each, "修订是迟到的"));
    }
  }
}

TEST_CASE("an amendment that others replaced or took away does not come back by being late") {
  for (const char* way : {"replaced", "removed", "brought back"}) {
    CAPTURE(way);
    ChairsApart all(2, 2);
    const test::Person& stays = all.chairs[1];
    const RecordId record =
        require(all.define(all.there, all.chairs[0], amendment(kForever))).record;
    const std::string how = way;
    if (how == "replaced") require(all.define(all.there, stays, amendment(years(4))));
    if (how != "replaced")
      require(all.there.book().remove(all.there.act(stays), "definition", record));
    if (how == "brought back") {
      all.there.reload();
      require(all.there.book().restore(all.there.act(stays), "definition", record));
    }
    const bool is_kept = how == "brought back";
    CHECK(all.judge(all.there, "tenancy", kEnded).is_kept == is_kept);
    all.remove(all.chairs[0]);
    all.meet();
    for (Office* each : {&all.here, &all.there})
      CHECK(all.judge(*each, "tenancy", kEnded).is_kept == is_kept);
  }
}

TEST_CASE("who gives up an amendment's retention gives up no later one, nor one beside it") {
  ChairsApart all(3);
  require(all.define(all.here, all.village.founder, amendment(years(5))));
  all.meet();
  require(all.define(all.here, all.village.founder, amendment(years(4)), kMeant));
  require(all.define(all.there, all.chairs[0], amendment(kForever)));
  all.meet();
  for (Office* each : {&all.here, &all.there}) CHECK(all.judge(*each, "tenancy", kEnded).is_kept);
}

TEST_CASE("a register that is proof by a late definition stays that, until another is meant") {
  for (const bool is_beside_open : {false, true}) {
    CAPTURE(is_beside_open);
    ChairsApart all(4);
    if (is_beside_open) require(all.define(all.here, all.village.founder, deeds("")));
    all.meet();
    require(all.define(all.there, all.chairs[0], deeds("ledger = true\n" + kForever)));
    const RecordId deed =
        require(all.there.book().add(all.there.act(all.clerk), "deeds",
                                     std::vector<Edit>{put("no", "1"), put("x", "证据")}))
            .record;
    all.remove(all.chairs[0]);
    all.meet();
    for (Office* each : {&all.here, &all.there}) {
      REQUIRE(each->catalog.find("deeds") != nullptr);
      CHECK(each->catalog.find("deeds")->is_ledger);
      CHECK(all.judge(*each, "deeds", {}).is_kept);
      CHECK_FALSE(each->catalog.problems().empty());
      CHECK(each->book().remove(each->act(all.clerk), "deeds", deed).has_error());
    }
    const std::string open = deeds(kPurge);
    CHECK(all.define(all.here, all.village.founder, open).has_error());
    const GivenUp given_up = require(find_given_up(
        *all.here.replica, all.village.space, all.here.catalog, require(parse_definition(open))));
    CHECK(given_up.ledger);
    CHECK(given_up.what() == kMeant);
    require(all.define(all.here, all.village.founder, open, given_up.what()));
    all.meet();
    for (Office* each : {&all.here, &all.there}) {
      CHECK_FALSE(each->catalog.find("deeds")->is_ledger);
      CHECK_FALSE(all.judge(*each, "deeds", {}).is_kept);
    }
    require(all.here.book().remove(all.here.act(all.clerk), "deeds", deed));
  }
}

TEST_CASE("a ledger in force is none that can be given up, and no late one hides it") {
  ChairsApart all(5);
  require(all.define(all.here, all.village.founder, deeds("ledger = true\n" + kForever)));
  all.meet();
  require(all.define(all.there, all.chairs[0], "# 第二版\n" + deeds("ledger = true\n" + kForever)));
  all.remove(all.chairs[0]);
  all.meet();
  CHECK(all.define(all.here, all.village.founder, deeds(kPurge), kMeant).error().context ==
        kNoLedgerAnyMore);
  CHECK(all.here.catalog.find("deeds")->is_ledger);
}

TEST_CASE("a field that was kept with its record goes alone only where that is meant") {
  ChairsApart all(6);
  require(all.define(all.here, all.village.founder, deeds(kForever)));
  CHECK_FALSE(is_alone(all, all.here));
  const std::string alone = deeds(kForever, true);
  CHECK(all.define(all.here, all.village.founder, alone).has_error());
  CHECK_FALSE(is_alone(all, all.here));
  // As another program writes it: into the same record, or beside it under any id.
  for (const RecordId& record :
       {all.here.catalog.find_item("deeds")->record, id_of(0x01), id_of(0xff)}) {
    all.write(all.here, all.village.founder, record, "deeds", alone);
    CHECK_FALSE(is_alone(all, all.here));
    CHECK(ChairsApart::is_told(all.here, "仍随记录保管：“证”"));
  }
  const GivenUp given_up = require(find_given_up(
      *all.here.replica, all.village.space, all.here.catalog, require(parse_definition(alone))));
  REQUIRE(given_up.erasable.size() == 1);
  CHECK(given_up.erasable.front().zh == "证");
  CHECK_FALSE(given_up.kept);
  require(all.define(all.here, all.village.founder, alone, given_up.what()));
  CHECK(is_alone(all, all.here));
  CHECK(has(all.rules(all.here).judge_field("deeds", "x", {}).before, "永久保存"));
  CHECK_FALSE(ChairsApart::is_told(all.here, "仍随记录保管"));
  // The record itself is kept as ever.
  CHECK(all.judge(all.here, "deeds", {}).is_kept);
}

TEST_CASE("a field that goes alone from the beginning is asked for by nobody") {
  ChairsApart all(7);
  require(all.define(all.here, all.village.founder, deeds(kForever, true)));
  CHECK(is_alone(all, all.here));
  require(all.define(all.here, all.village.founder, deeds(kPurge), kMeant));
  // What keeps no record keeps no field of it.
  require(all.define(all.here, all.village.founder, deeds(kPurge, true)));
  CHECK(is_alone(all, all.here));
  // Built-in fields are the program's.
  const RetentionRules rules = all.rules(all.here);
  RetentionVerdict kept;
  kept.is_kept = true;
  CHECK_FALSE(rules.judge_field("tenancy", "tenant_phone", kept).is_kept);
  CHECK(rules.judge_field("tenancy", "premises_id", kept).is_kept);
}

TEST_CASE("a field of a ledger becomes erasable by nobody's word") {
  ChairsApart all(8);
  const std::string ledger = "ledger = true\n" + kForever;
  require(all.define(all.here, all.village.founder, deeds(ledger)));
  const Result<AddedDefinition> later =
      all.define(all.here, all.village.founder, deeds(ledger, true), kMeant);
  REQUIRE(later.has_error());
  CHECK(later.error().context == std::string(kErasableLater) + "x");
  all.write(all.here, all.village.founder, all.here.catalog.find_item("deeds")->record, "deeds",
            deeds(ledger, true));
  CHECK_FALSE(is_alone(all, all.here));
  // Nor by a program that signs what no program of ours would.
  std::vector<Operation> open = meant_operations(
      require(read_definition_edits(*all.here.replica, all.village.space)), "deeds", kMeant);
  REQUIRE_FALSE(open.empty());
  open.push_back(test::set_field("source", deeds(kPurge, true)));
  test::write_record(*all.here.replica, all.village.space, all.village.founder,
                     all.here.catalog.find_item("deeds")->record, open, "definition");
  CHECK_FALSE(is_alone(all, all.here));
  CHECK(all.here.catalog.find("deeds")->is_ledger);
  CHECK(all.judge(all.here, "deeds", {}).is_kept);
}
