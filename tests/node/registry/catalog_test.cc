// SPDX-License-Identifier: Apache-2.0
#include "node/registry/catalog.h"

#include <algorithm>

#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

std::string definition_toml(const std::string& id, const std::string& label,
                            const std::string& kind = "register") {
  return "format = 1\nid = \"" + id + "\"\nversion = 1\nlabel = \"" + label +
         "\"\n\n[[field]]\nid = \"name\"\nkind = \"" + kind + "\"\nlabel = \"名称\"\n";
}

// Writes a definition record without any of the checks of add_definition.
void write_raw(SampleOffice& office, const RecordId& record, const std::string& id,
               const std::string& source) {
  test::write_record(*office.replica, office.space, office.founder(), record,
                     {test::set_field("registry", id), test::set_field("source", source)},
                     "definition");
}

}  // namespace

TEST_CASE("a catalog has the built-in registries and those that the chair adds") {
  SampleOffice office(1);
  std::vector<std::string> ids;
  for (const Catalog::Item& item : office.catalog.all()) ids.push_back(item.definition.id);
  CHECK(ids == std::vector<std::string>{"minutes", "votes", "mediation", "rental", "tenancy",
                                        "requests", "disclosures", "sample"});
  CHECK(office.catalog.problems().empty());
  CHECK(office.catalog.find_item("sample")->is_custom);
  CHECK_FALSE(office.catalog.find_item("votes")->is_custom);
  CHECK(office.catalog.find("roster") == nullptr);

  Catalog moved = std::move(office.catalog);
  CHECK(moved.find("sample")->find_field("names")->kind == registry::FieldKind::kSet);
}

TEST_CASE("adding a definition again replaces its text, and the same text signs nothing") {
  SampleOffice office(2);
  const crypto::SigningKey& chair = office.founder().device;
  auto add = [&](const std::string& toml) {
    return add_definition(*office.replica, office.space, chair, toml, 1);
  };
  AddedDefinition first = require(add(definition_toml("wells", "水井")));
  CHECK(first.is_new);
  CHECK(first.changed);
  std::uint64_t changes = office.changes();
  AddedDefinition same = require(add(definition_toml("wells", "水井")));
  CHECK_FALSE(same.is_new);
  CHECK_FALSE(same.changed);
  CHECK(office.changes() == changes);
  AddedDefinition second = require(add(definition_toml("wells", "机井")));
  CHECK(second.record == first.record);
  CHECK(second.changed);
  office.reload();
  CHECK(office.catalog.find("wells")->label.zh == "机井");

  CHECK(add(definition_toml("wells", "机井", "set")).error().code == Errc::kInvalidArgument);
  CHECK(add(definition_toml("votes", "表决")).error().code == Errc::kExists);
  CHECK(add(definition_toml("import", "导入")).error().code == Errc::kInvalidArgument);
  CHECK(add("format = 1").error().code == Errc::kMalformed);
}

TEST_CASE("only who may write definitions can add one") {
  SampleOffice office(3);
  test::Person clerk =
      test::admit_person(*office.replica, office.village, office.replica.random(), "李敏");
  Result<AddedDefinition> added = add_definition(*office.replica, office.space, clerk.device,
                                                 definition_toml("wells", "水井"), 1);
  CHECK(added.error().code == Errc::kPermission);
}

TEST_CASE("what can't be used as a definition is reported and hides nothing") {
  SampleOffice office(4);
  RecordId low{}, high{}, broken{}, builtin{}, other{}, gone{};
  low.value[0] = 0x10;
  high.value[0] = 0x90;
  broken.value[0] = 0x20;
  builtin.value[0] = 0x30;
  other.value[0] = 0x40;
  gone.value[0] = 0x50;
  write_raw(office, high, "wells", definition_toml("wells", "第二"));
  write_raw(office, low, "wells", definition_toml("wells", "第一"));
  write_raw(office, broken, "roads", "format = 1\nid = ");
  write_raw(office, builtin, "votes", definition_toml("votes", "表决"));
  write_raw(office, other, "paths", definition_toml("lanes", "巷"));
  write_raw(office, gone, "fields", definition_toml("fields", "田"));
  require(office.book().remove(office.act(), "definition", gone));
  office.reload();

  REQUIRE(office.catalog.find("wells") != nullptr);
  CHECK(office.catalog.find("wells")->label.zh == "第一");
  CHECK(office.catalog.find("votes")->fields.size() > 5);
  for (const char* id : {"roads", "paths", "lanes", "fields"})
    CHECK(office.catalog.find(id) == nullptr);
  std::vector<RecordId> reported;
  for (const CatalogProblem& problem : office.catalog.problems()) {
    reported.push_back(problem.record);
    CHECK_FALSE(problem.text.zh.empty());
    CHECK_FALSE(problem.text.en.empty());
  }
  CHECK(reported == std::vector<RecordId>{broken, builtin, other, high});

  // Mending a broken one writes to its record.
  AddedDefinition mended = require(add_definition(
      *office.replica, office.space, office.founder().device, definition_toml("roads", "道路"), 9));
  CHECK(mended.record == broken);
  CHECK_FALSE(mended.is_new);
  office.reload();
  CHECK(office.catalog.find("roads") != nullptr);
}

TEST_CASE("concurrent texts of a definition are reported and one of them is used") {
  SampleOffice a(5);
  test::Person second =
      test::admit_person(*a.replica, a.village, a.replica.random(), "赵强", {"chair", "clerk"});
  RecordId record = require(add_definition(*a.replica, a.space, a.founder().device,
                                           definition_toml("wells", "水井"), 1))
                        .record;
  Office b(6);
  test::pull(*b.replica, *a.replica, a.space);
  require(
      add_definition(*a.replica, a.space, a.founder().device, definition_toml("wells", "甲"), 2));
  require(add_definition(*b.replica, a.space, second.device, definition_toml("wells", "乙"), 3));
  test::pull(*b.replica, *a.replica, a.space);
  test::pull(*a.replica, *b.replica, a.space);
  a.reload();
  b.open(a.space);
  for (Office* office : {static_cast<Office*>(&a), &b}) {
    REQUIRE(office->catalog.problems().size() == 1);
    CHECK(office->catalog.problems().front().record == record);
    REQUIRE(office->catalog.find("wells") != nullptr);
  }
  CHECK(a.catalog.find("wells")->label == b.catalog.find("wells")->label);
  require(a.book().settle(a.act(), "definition", record, "source", std::size_t{2}));
  a.reload();
  CHECK(a.catalog.problems().empty());
  CHECK(a.catalog.find("wells")->label != b.catalog.find("wells")->label);
}
