// SPDX-License-Identifier: Apache-2.0
// What is said to come of an act on definitions is what comes of it, and no way by which one comes
// into force gives something up unsaid.
#include "node/registry/definition_outlook.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/record_edit.h"
#include "tests/node/registry/fam_definition.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

const std::string kForever = "[retention]\nclass = \"permanent\"\nrule = \"永久\"\n";
const std::string kPurge = "[retention]\nclass = \"purge\"\nrule = \"随时\"\n";

/// The founder's office, and the desk of a second chair who is removed there.
struct TwoChairs {
  explicit TwoChairs(std::uint64_t seed)
      : office(seed),
        desk(seed + 1000),
        village(test::found_village(*office.replica, office.replica.random())),
        chair(test::admit_person(*office.replica, village, office.replica.random(), "副主任",
                                 {"chair"})) {
    meet();
  }
  void meet() {
    test::pull(*desk.replica, *office.replica, village.space);
    test::pull(*office.replica, *desk.replica, village.space);
    office.open(village.space);
    desk.open(village.space);
  }
  void define(Office& at, const test::Person& who, const std::string& toml, bool is_meant) {
    std::set<std::string> meant;
    at.reload();
    const Result<Definition> parsed = parse_definition(toml);
    if (is_meant && parsed.has_value())
      meant = require(find_given_up(*at.replica, village.space, at.catalog, parsed.value())).what();
    require(add_meant_definition(*at.replica, village.space, who.device, toml, ++at.clock, meant));
    at.reload();
  }
  void write(Office& at, const test::Person& who, const RecordId& record, const std::string& toml) {
    test::write_record(*at.replica, village.space, who, record,
                       {test::set_field("registry", "fam"), test::set_field("source", toml)},
                       "definition");
    at.reload();
  }
  /// Beside whatever the chair wrote at the desk.
  void remove_chair() { remove(chair); }
  void remove(const test::Person& who) {
    const RosterOperation removal = RemoveMember{
        .member = who.member,
        .cuts = {require(office.replica->cut_of(village.space, who.device.author(), {}))}};
    require(office.replica->append_roster(village.space, village.founder.device, {&removal, 1}, 1));
    meet();
    meet();
  }
  std::vector<ChangeId> late() {
    std::set<ChangeId> out;
    for (const auto& part : require(office.replica->late_parts(village.space)))
      out.insert(part.change);
    return {out.begin(), out.end()};
  }
  void admit(const std::vector<ChangeId>& changes) {
    const RosterOperation admit = AdmitLate{.changes = changes};
    require(office.replica->append_roster(village.space, village.founder.device, {&admit, 1}, 1));
    office.reload();
  }
  DefinitionRecords records() {
    return require(read_definition_records(*office.replica, village.space));
  }
  std::vector<DefinitionLoss> losses_of_admitting(const std::vector<ChangeId>& changes) {
    const DefinitionRecords before = records();
    DefinitionRecords after = before;
    suppose_admitted(after, {changes.begin(), changes.end()});
    return find_losses(before, after);
  }
  std::vector<DefinitionLoss> losses_of(const RecordId& record, const Operation& operation) {
    const DefinitionRecords before = records();
    DefinitionRecords after = before;
    suppose_written(after, record, {operation});
    return find_losses(before, after);
  }
  RecordId used() { return office.catalog.find_item("fam")->record; }
  std::string scope(std::string_view field = "x") {
    return scope_of_field(office.catalog.find("fam"), field);
  }

  Office office, desk;
  test::Village village;
  test::Person chair;
};

/// What clerks and approvers notice of a catalog.
std::string told(const Catalog& catalog) {
  std::string out;
  for (const Catalog::Item& item : catalog.all()) {
    if (!item.is_custom && !item.is_amended) continue;
    out += item.definition.id + " " + item.record.hex() + " " + home_scope(&item.definition);
    for (const FieldDefinition& field : item.definition.fields)
      if (item.is_custom) out += " " + field.id + ":" + scope_of_field(&item.definition, field.id);
    out += " " + item.definition.retention.rule.zh;
    for (const Retention& apart : item.definition.retention_apart) out += "+" + apart.rule.zh;
    out += "\n";
  }
  for (const CatalogProblem& problem : catalog.problems()) out += problem.text.en + "\n";
  return out;
}

}  // namespace

TEST_CASE("a late definition that is meant is a loss of the field, and one that is not is none") {
  const bool is_meant = GENERATE(true, false);
  CAPTURE(is_meant);
  TwoChairs all(1);
  all.define(all.office, all.village.founder, fam_toml("", "rental_persons", "", kForever), false);
  all.meet();
  const std::string open = fam_toml("", "open", "", kPurge);
  if (is_meant)
    all.define(all.desk, all.chair, open, true);
  else
    all.write(all.desk, all.chair, all.used(), open);
  all.remove_chair();
  const std::vector<ChangeId> late = all.late();
  REQUIRE(late.size() == 1);
  CHECK(all.scope() == "rental_persons");
  const auto losses = all.losses_of_admitting(late);
  const auto meant = meant_by(all.records(), {late.begin(), late.end()});
  if (is_meant) {
    REQUIRE(losses.size() == 1);
    REQUIRE(losses[0].given_up.moves.size() == 1);
    CHECK(losses[0].given_up.moves[0].field == "x");
    CHECK(losses[0].given_up.moves[0].from == "rental_persons");
    CHECK(losses[0].given_up.moves[0].to.empty());
    REQUIRE(losses[0].given_up.kept);
    CHECK(losses[0].given_up.kept->rule.zh == "永久");
    CHECK(meant.at("fam") == std::set<std::string>{"scope:x", "retention"});
  } else {
    CHECK(losses.empty());
    CHECK(meant.empty());
  }
  all.admit(late);
  CHECK(all.scope() == (is_meant ? "" : "rental_persons"));
}

TEST_CASE(
    "a late amendment that keeps records for a shorter time is a loss, though it is not meant",
    "[erase]") {
  TwoChairs all(2);
  const std::string longer =
      "format = 1\namends = \"tenancy\"\nversion = 1\n[retention]\nclass = \"permanent\"\n"
      "rule = \"县里定的永久\"\n";
  const std::string shorter =
      "format = 1\namends = \"tenancy\"\nversion = 1\n[retention]\nclass = \"purge\"\n"
      "rule = \"随时\"\n";
  all.define(all.office, all.village.founder, longer, false);
  all.meet();
  all.define(all.desk, all.chair, shorter, false);
  all.remove_chair();
  CHECK(all.office.catalog.find("tenancy")->retention.rule.zh == "县里定的永久");
  const auto losses = all.losses_of_admitting(all.late());
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].registry == "tenancy");
  REQUIRE(losses[0].given_up.kept);
  CHECK(losses[0].given_up.kept->rule.zh == "县里定的永久");
  all.admit(all.late());
  CHECK(all.office.catalog.find("tenancy")->retention.rule.zh == "随时");
}

TEST_CASE("a late definition that lets a field go alone is a loss, though it keeps for as long",
          "[erase]") {
  const bool is_erasable = GENERATE(true, false);
  CAPTURE(is_erasable);
  TwoChairs all(4);
  const auto toml = [](const std::string& of_x, const std::string& label) {
    return "format = 1\nid = \"fam\"\nversion = 1\nlabel = \"" + label +
           "\"\n[[field]]\nid = \"no\"\nlabel = \"号\"\n[[field]]\nid = \"x\"\nlabel = "
           "\"证据\"\n" +
           of_x + kForever;
  };
  all.define(all.office, all.village.founder, toml("", "户"), false);
  all.meet();
  const std::string later = toml(is_erasable ? "erasable = true\n" : "", "户情");
  all.define(all.desk, all.chair, later, is_erasable);
  all.remove_chair();
  const std::vector<ChangeId> late = all.late();
  REQUIRE(late.size() == 1);
  const auto losses = all.losses_of_admitting(late);
  REQUIRE(losses.size() == (is_erasable ? 1 : 0));
  if (!is_erasable) return;
  const GivenUp& lost = losses[0].given_up;
  CHECK(lost.moves.empty());
  CHECK_FALSE(lost.kept);
  CHECK_FALSE(lost.ledger);
  REQUIRE(lost.erasable.size() == 1);
  CHECK(lost.erasable[0].zh == "证据");
  CHECK(lost.what() == std::set<std::string>{"retention"});
}

TEST_CASE("a late definition that ends that a register is proof is a loss of that", "[erase]") {
  TwoChairs all(5);
  const test::Person third = test::admit_person(*all.office.replica, all.village,
                                                all.office.replica.random(), "三主任", {"chair"});
  all.meet();
  all.define(all.desk, all.chair, fam_toml("", "", "", "ledger = true\n" + kForever), true);
  all.remove(all.chair);
  REQUIRE(all.office.catalog.find("fam")->is_ledger);
  const std::vector<ChangeId> ledger = all.late();
  all.define(all.desk, third, fam_toml("", "", "", kForever), true);
  all.remove(third);
  REQUIRE(all.office.catalog.find("fam")->is_ledger);
  std::vector<ChangeId> late = all.late();
  std::erase_if(late, [&](const ChangeId& each) { return each == ledger.front(); });
  REQUIRE(late.size() == 1);
  const auto losses = all.losses_of_admitting(late);
  REQUIRE(losses.size() == 1);
  CHECK(losses[0].given_up.ledger);
  CHECK_FALSE(losses[0].given_up.kept);
  all.admit(late);
  CHECK_FALSE(all.office.catalog.find("fam")->is_ledger);
}

TEST_CASE("to take away the one that closed a field again is a loss, to bring it back is none") {
  TwoChairs all(3);
  RecordId first{}, second{};
  first.value[0] = 1;
  second.value[0] = 2;
  for (const RecordId& each : {first, second})
    all.write(all.office, all.village.founder, each, fam_toml("", "rental_persons"));
  require(all.office.book().remove(all.office.act(all.village.founder), "definition", first));
  // The other one opens the field, with a word for both.
  all.define(all.office, all.village.founder, fam_toml("", "open"), true);
  REQUIRE(all.used() == second);
  REQUIRE(all.scope().empty());
  CHECK(all.losses_of(first, touch_operation()).empty());
  require(all.office.book().restore(all.office.act(all.village.founder), "definition", first));
  all.office.reload();
  // The first is in use again, and says what it said.
  REQUIRE(all.used() == first);
  CHECK(all.scope() == "rental_persons");
  const auto losses = all.losses_of(first, delete_operation());
  REQUIRE(losses.size() == 1);
  REQUIRE(losses[0].given_up.moves.size() == 1);
  CHECK(losses[0].given_up.moves[0].to.empty());
  CHECK(all.losses_of(second, test::set_field("source", fam_toml("", "rental_persons"))).empty());
}

TEST_CASE("the catalog that is told of before an act is the one that is there after it") {
  const auto seed = GENERATE(range<std::uint64_t>(1, 25));
  CAPTURE(seed);
  TwoChairs all(seed * 7);
  auto& dice = all.office.replica.random();
  const auto below = [&](int end) {
    std::array<std::uint8_t, 1> byte{};
    dice.fill(byte);
    return byte[0] % end;
  };
  const std::vector<std::string> scopes{"", "open", "rental_persons", "mediation", "none"};
  const auto any_toml = [&] {
    return fam_toml(below(3) == 0 ? "rental_persons" : "",
                    scopes[static_cast<std::size_t>(below(5))], "",
                    below(2) == 0 ? kForever : kPurge);
  };
  std::vector<RecordId> records{dice.make<RecordId>(), dice.make<RecordId>()};
  const auto write_some = [&](Office& at, const test::Person& who) {
    for (int i = 0; i < 4; ++i) {
      const RecordId& where = records[static_cast<std::size_t>(below(2))];
      switch (below(4)) {
        case 0:
          (void)at.book().remove(at.act(who), "definition", where);
          break;
        case 1:
          (void)at.book().restore(at.act(who), "definition", where);
          break;
        default:
          all.write(at, who, where, any_toml());
      }
      at.reload();
    }
  };
  write_some(all.office, all.village.founder);
  all.meet();
  write_some(all.office, all.village.founder);
  write_some(all.desk, all.chair);
  all.remove_chair();

  // Computed from the history alone it is what the store has.
  DefinitionRecords again = all.records();
  for (const DefinitionEdits& each : again.edits)
    if (again.states.contains(each.record))
      again.states[each.record] = state_admitting(each.edits, {});
  CHECK(told(catalog_of(again)) == told(all.office.catalog));

  std::vector<ChangeId> chosen = all.late();
  std::erase_if(chosen, [&](const ChangeId&) { return below(3) == 0; });
  if (!chosen.empty()) {
    DefinitionRecords supposed = all.records();
    suppose_admitted(supposed, {chosen.begin(), chosen.end()});
    const std::string expected = told(catalog_of(supposed));
    all.admit(chosen);
    CHECK(told(all.office.catalog) == expected);
  }
  const RecordId& where = records[static_cast<std::size_t>(below(2))];
  DefinitionRecords supposed = all.records();
  if (!supposed.states.contains(where)) return;
  const bool removes = below(2) == 0;
  suppose_written(supposed, where, {removes ? delete_operation() : touch_operation()});
  const std::string expected = told(catalog_of(supposed));
  const Act act = all.office.act(all.village.founder);
  const auto done = removes ? all.office.book().remove(act, "definition", where)
                            : all.office.book().restore(act, "definition", where);
  if (done.has_error()) return;
  all.office.reload();
  CHECK(told(all.office.catalog) == expected);
}
