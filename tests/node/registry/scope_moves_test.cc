// SPDX-License-Identifier: Apache-2.0
// Which fields a new version of a definition takes out of their confidential scope.
#include "node/registry/scope_moves.h"

#include <catch2/catch.hpp>

#include "node/registry/definition_toml.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using test::require;

namespace {

/// Fields x and y; an empty scope is not written.
Definition definition_of(const std::string& home, const std::string& of_x,
                         const std::string& of_y) {
  auto scope = [](const std::string& name) {
    return name.empty() ? std::string() : "scope = \"" + name + "\"\n";
  };
  return require(parse_definition(
      "format = 1\nid = \"fam\"\nversion = 1\n"
      "label = { zh = \"户\" }\n" +
      scope(home) + "[[field]]\nid = \"x\"\nlabel = { zh = \"甲\" }\n" + scope(of_x) +
      "[[field]]\nid = \"y\"\nlabel = { zh = \"乙\" }\n" + scope(of_y)));
}

std::vector<std::string> moves(const Definition& before, const Definition& after) {
  std::vector<std::string> out;
  for (const ScopeMove& move : find_scope_moves(before, after))
    out.push_back(move.field + ":" + move.from + ">" + move.to);
  return out;
}

}  // namespace

TEST_CASE("a field moves when its scope goes, the record's goes, or another is named") {
  const Definition of_field = definition_of("", "family", "");
  const Definition of_record = definition_of("family", "", "open");
  CHECK(moves(of_field, definition_of("", "", "")) == std::vector<std::string>{"x:family>"});
  CHECK(moves(of_field, definition_of("", "mediation", "")) ==
        std::vector<std::string>{"x:family>mediation"});
  CHECK(moves(of_record, definition_of("", "", "")) == std::vector<std::string>{"x:family>"});
  CHECK(moves(of_field, of_record).empty());
  // What becomes confidential opens nothing.
  CHECK(moves(definition_of("", "", ""), of_record).empty());
}

TEST_CASE("a confidential field that is left out goes where unknown fields go") {
  Definition without = definition_of("", "family", "");
  without.fields.erase(without.fields.begin());
  CHECK(moves(definition_of("", "family", ""), without) == std::vector<std::string>{"x:family>"});
  without.scope = "family";
  CHECK(moves(definition_of("", "family", ""), without).empty());
}
