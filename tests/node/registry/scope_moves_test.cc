// SPDX-License-Identifier: Apache-2.0
// Which fields a new version of a definition takes out of their confidential scope, also when they
// were left out for a version or the definition was taken away.
#include "node/registry/scope_moves.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

/// Fields x and y; an empty scope is not written, and without a scope "none" x is not there.
std::string toml_of(const std::string& home, const std::string& of_x, const std::string& of_y) {
  auto scope = [](const std::string& name) {
    return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
  };
  const std::string x = "[[field]]\nid = \"x\"\nlabel = { zh = \"甲\" }\n" + scope(of_x);
  return "format = 1\nid = \"fam\"\nversion = 1\nlabel = { zh = \"户\" }\n" + scope(home) +
         (of_x == "none" ? "" : x) + "[[field]]\nid = \"y\"\nlabel = { zh = \"乙\" }\n" +
         scope(of_y);
}

Definition definition_of(const std::string& home, const std::string& of_x,
                         const std::string& of_y) {
  return require(parse_definition(toml_of(home, of_x, of_y)));
}

std::vector<std::string> words_of(const std::vector<ScopeMove>& moves) {
  std::vector<std::string> out;
  for (const ScopeMove& move : moves)
    out.push_back(move.field + ":" + move.from + ">" + move.to + (move.is_left_out ? "-" : ""));
  return out;
}

std::vector<std::string> moves(const Definition& before, const Definition& after) {
  return words_of(find_scope_moves(before, after));
}

struct Definitions : SampleOffice {
  using SampleOffice::SampleOffice;
  /// By somebody who means all that it gives up.
  RecordId define(const std::string& toml) {
    const GivenUp given_up =
        require(find_given_up(*replica, space, catalog, require(parse_definition(toml))));
    const RecordId out = require(add_meant_definition(*replica, space, founder().device, toml,
                                                      ++clock, given_up.what()))
                             .record;
    reload();
    return out;
  }
  void take_away(const RecordId& record) {
    require(book().remove(act(), "definition", record));
    reload();
  }
  std::vector<std::string> ever(const std::string& toml) {
    return words_of(
        require(find_scope_moves_ever(*replica, space, catalog, require(parse_definition(toml)))));
  }
};

}  // namespace

TEST_CASE("a field moves when its scope goes, the record's goes, or another is named") {
  const Definition of_field = definition_of("", "family", "");
  const Definition of_record = definition_of("family", "", "open");
  CHECK(moves(of_field, definition_of("", "", "")) == std::vector<std::string>{"x:family>"});
  CHECK(moves(of_field, definition_of("", "mediation", "")) ==
        std::vector<std::string>{"x:family>mediation"});
  // With its own scope the registry moves whatever it does not name.
  CHECK(moves(of_record, definition_of("", "", "")) ==
        std::vector<std::string>{"x:family>", ":family>"});
  CHECK(moves(of_record, definition_of("", "family", "")) == std::vector<std::string>{":family>"});
  CHECK(moves(of_field, of_record).empty());
  // What becomes confidential opens nothing.
  CHECK(moves(definition_of("", "", ""), of_record).empty());
}

TEST_CASE("a confidential field that is left out goes where unknown fields go, and is told of") {
  const Definition before = definition_of("", "family", "");
  CHECK(moves(before, definition_of("", "none", "")) == std::vector<std::string>{"x:family>-"});
  CHECK(moves(before, definition_of("family", "none", "")) ==
        std::vector<std::string>{"x:family>family-"});
  CHECK(moves(definition_of("family", "", ""), definition_of("family", "none", "")) ==
        std::vector<std::string>{"x:family>family-"});
}

TEST_CASE("a definition that was taken away still says which fields were confidential") {
  Definitions office(1);
  CHECK(office.ever(toml_of("", "", "")).empty());
  const RecordId first = office.define(toml_of("", "family", ""));
  office.take_away(first);
  CHECK(office.catalog.find("fam") == nullptr);
  CHECK(require(scopes_ever(*office.replica, office.space, "fam")) ==
        std::vector<std::string>{"family"});
  CHECK(require(scopes_ever(*office.replica, office.space, "other")).empty());
  CHECK(office.ever(toml_of("", "", "")) == std::vector<std::string>{"x:family>"});
  CHECK(office.ever(toml_of("", "none", "")) == std::vector<std::string>{"x:family>-"});
  CHECK(office.ever(toml_of("", "family", "")).empty());
  // What was opened knowingly is not asked for again while it is in use.
  office.define(toml_of("", "", ""));
  CHECK(office.ever(toml_of("", "", "")).empty());
}

TEST_CASE("a field that was left out for a version does not come back open unsaid") {
  Definitions office(2);
  office.define(toml_of("family", "", ""));
  office.define(toml_of("family", "none", ""));
  // That it is still left out is nothing new.
  CHECK(office.ever(toml_of("family", "none", "")).empty());
  CHECK(office.ever(toml_of("family", "", "")).empty());
  CHECK(office.ever(toml_of("family", "open", "")) == std::vector<std::string>{"x:family>"});
  CHECK(office.ever(toml_of("", "none", "family")) ==
        std::vector<std::string>{":family>", "x:family>-"});
}

TEST_CASE(
    "nothing is written in a registry whose definition kept fields confidential and is gone") {
  Definitions office(3);
  const RecordId definition = office.define(toml_of("", "family", ""));
  const RecordId record =
      require(office.book().add(office.act(), "fam", std::vector<Edit>{put("y", "1")})).record;
  office.take_away(definition);
  const std::uint64_t changes = office.changes();
  RecordBook book = office.book();
  for (const char* field : {"x", "y"}) {
    const Result<Saved> refused = book.set(
        office.act(), "fam", record, std::vector<Edit>{put(field, "2")}, {.allow_extra = true});
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kConflict);
    REQUIRE(book.refusal().size() == 1);
    CHECK(book.refusal().front().code == "no_definition");
  }
  CHECK(office.changes() == changes);
  office.define(toml_of("", "family", ""));
  CHECK(
      office.book().set(office.act(), "fam", record, std::vector<Edit>{put("y", "2")}).has_value());
}
