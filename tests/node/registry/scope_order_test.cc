// SPDX-License-Identifier: Apache-2.0
// What is shown of a field, or a whole registry, that moves from one confidential scope into
// another.
#include "node/registry/scope_order.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "node/registry/scope_moves.h"
#include "tests/node/registry/moved_desks.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

constexpr std::string_view kLaterScope = "subject_requests";

struct TwiceMovedDesks : MovedDesks {
  explicit TwiceMovedDesks(std::vector<Edit> edits) : MovedDesks(std::move(edits)) {
    test::open_epoch(*office.replica, village, office.replica.random(), std::string(kLaterScope));
    meet();
  }
  /// By a chair who was told what that gives up.
  void define_meant(const std::string& toml) {
    const GivenUp given_up = require(find_given_up(*office.replica, village.space, office.catalog,
                                                   require(parse_definition(toml))));
    require(add_meant_definition(*office.replica, village.space, village.founder.device, toml, 500,
                                 given_up.what()));
    meet();
  }
};

bool by_order(std::string_view a, std::string_view b, std::string_view wanted,
              std::string_view home) {
  return order_of_scope(a, wanted, home) < order_of_scope(b, wanted, home);
}

}  // namespace

TEST_CASE("the open counts last for what is confidential, and first for what is open") {
  CHECK(by_order("", "a", "", ""));
  CHECK(by_order("b", "a", "b", ""));
  CHECK(by_order("a", "", "b", ""));
  CHECK(by_order("c", "a", "b", "c"));
  CHECK(by_order("c", "", "b", ""));
  CHECK(by_order("a", "c", "b", ""));
}

TEST_CASE("a field that moves on into another scope shows what its last one said") {
  TwiceMovedDesks all({put("no", "1"), put("x", "OLD"), put("people", "张三;李四"), put("st", "a"),
                       put("body", "文字")});
  all.move_fields();
  all.edit(all.office,
           {put("x", "NEW"), minus("people", "张三"), plus("people", "王五"), put("st", "b")});
  all.meet();
  all.define_meant(moved_toml("", std::string(kLaterScope)));
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(all.shown(*at, "x") == "NEW");
    CHECK(all.shown(*at, "people") == "李四;王五");
    CHECK(all.shown(*at, "st") == "b");
    CHECK(all.listed(*at, "x", "NEW") == "1");
    CHECK(all.listed(*at, "x", "OLD") == "0");
    CHECK(all.listed(*at, "people", "张三") == "0");
  }
  all.edit(all.desk, {put("st", "c")});
  all.meet();
  CHECK(all.shown(all.office, "st") == "c");
}

TEST_CASE("what was cleared in a scope is not shown from the open after its field moved on") {
  TwiceMovedDesks all({put("no", "1"), put("x", "OLD")});
  all.move_fields();
  all.edit(all.office, {put("x", "")});
  all.meet();
  all.define_meant(moved_toml("", std::string(kLaterScope)));
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(all.shown(*at, "x").empty());
    CHECK(all.listed(*at, "x", "OLD") == "0");
  }
  all.edit(all.desk, {put("x", "NEW")});
  all.meet();
  CHECK(all.shown(all.office, "x") == "NEW");
}

TEST_CASE("a record that was removed in a scope stays removed when its registry moves on") {
  TwiceMovedDesks all({put("no", "1"), put("x", "OLD"), put("body", "旧文字")});
  all.move_registry();
  all.edit(all.office, {put("x", "NEW"), put("body", "新文字")});
  all.meet();
  all.define_meant(moved_toml(std::string(kLaterScope), ""));
  CHECK(all.shown(all.desk, "x") == "NEW");
  CHECK(all.shown(all.desk, "body") == "新文字");
  CHECK(all.listed(all.desk, "x", "OLD") == "0");
  all.define_meant(moved_toml(std::string(kMovedScope), ""));
  require(all.office.book().remove(all.office.act(all.village.founder), "fam", all.record));
  all.meet();
  all.define_meant(moved_toml(std::string(kLaterScope), ""));
  for (Office* at : {&all.office, &all.desk}) {
    CHECK(at->row(all.record).is_deleted);
    CHECK(require(at->book().list("fam", {})).total == 0);
    CHECK(all.listed(*at, "no", "1") == "0");
  }
}

TEST_CASE("texts are final once the state that says so has moved into a scope and says it there") {
  TwiceMovedDesks all({put("no", "1"), put("st", "a"), put("body", "文字")});
  all.move_fields();
  all.edit(all.office, {put("st", "b")});
  all.meet();
  for (Office* at : {&all.office, &all.desk}) {
    RecordBook book = at->book();
    CHECK(book.set(at->act(all.clerk(*at)), "fam", all.record, std::vector{put("body", "终稿后改")})
              .has_error());
    CHECK(all.shown(*at, "body") == "文字");
  }
  all.edit(all.desk, {put("st", "c")});
  all.edit(all.desk, {put("body", "又改")});
  CHECK(all.shown(all.desk, "body") == "又改");
}
