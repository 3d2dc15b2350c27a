// SPDX-License-Identifier: Apache-2.0
//
// The examples of docs/definitions.md are files that people copy: they must parse, and fit.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "node/registry/amendment.h"
#include "node/registry/catalog.h"
#include "node/registry/definition_toml.h"
#include "node/registry/import_plan.h"
#include "tests/node/registry/sample.h"

using namespace cunju;
using namespace cunju::registry;

TEST_CASE("the examples in the documentation parse and fit each other") {
  std::ifstream file(CUNJU_SOURCE_DIR "/docs/definitions.md");
  REQUIRE(file);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::vector<std::string> blocks;
  constexpr std::string_view kOpen = "```toml\n";
  for (std::size_t at = text.find(kOpen); at != std::string::npos; at = text.find(kOpen, at)) {
    at += kOpen.size();
    blocks.push_back(text.substr(at, text.find("```", at) - at));
  }
  REQUIRE(blocks.size() == 4);
  const Catalog builtin = Catalog::builtin();
  for (const std::string& block : {blocks[0], blocks[1]}) {
    const Result<Amendment> amendment = parse_amendment(block);
    INFO((amendment ? "" : amendment.error().context));
    REQUIRE(amendment);
    REQUIRE(builtin.find(amendment.value().id) != nullptr);
    CHECK(amend(*builtin.find(amendment.value().id), amendment.value()));
  }
  Result<Definition> definition = parse_definition(blocks[2]);
  INFO((definition ? "" : definition.error().context));
  REQUIRE(definition);
  Result<Mapping> mapping = parse_mapping(blocks[3]);
  INFO((mapping ? "" : mapping.error().context));
  REQUIRE(mapping);
  ImportPlan plan = plan_import(definition.value(), mapping.value(),
                                as_bytes("检查编号,日期,地点,带队领导\n1,2024.3.1,村口,某人\n"),
                                {registry::testing::kToday});
  REQUIRE(plan.usable());
  CHECK(plan.warnings == 0);
  CHECK(plan.extra_fields == std::vector<std::string>{"带队领导"});
  REQUIRE(plan.rows.size() == 1);
  CHECK(plan.rows[0].fields.back() == FieldValue{"state", std::string("open")});
}
