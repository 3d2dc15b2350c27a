// SPDX-License-Identifier: Apache-2.0
//
// The founder's office, where deputies are removed, and another one at which they write
// definitions beside that: what the offices had not exchanged becomes late.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "node/registry/retention_rules.h"
#include "node/registry/scope_moves.h"
#include "tests/node/registry/book_fixture.h"

namespace cunju::registry::testing {

struct ChairsApart {
  explicit ChairsApart(std::uint64_t seed, std::size_t deputies = 1)
      : here(seed * 2 + 100000),
        there(seed * 2 + 100001),
        village(test::found_village(*here.replica, here.replica.random())),
        clerk(admit("文书", "clerk")) {
    for (std::size_t i = 0; i < deputies; ++i)
      chairs.push_back(admit(("副主任" + std::to_string(i)).c_str(), "chair"));
    meet();
  }
  test::Person admit(const char* name, const char* role) {
    return test::admit_person(*here.replica, village, here.replica.random(), name, {role});
  }
  void meet() {
    for (int round = 0; round < 2; ++round) {
      test::pull(*there.replica, *here.replica, village.space);
      test::pull(*here.replica, *there.replica, village.space);
    }
    here.open(village.space);
    there.open(village.space);
  }
  Result<AddedDefinition> define(Office& at, const test::Person& who, const std::string& toml,
                                 const std::set<std::string>& meant = {}) {
    Result<AddedDefinition> out =
        add_meant_definition(*at.replica, village.space, who.device, toml, ++at.clock, meant);
    at.reload();
    return out;
  }
  /// As a program writes it that asks nothing.
  void write(Office& at, const test::Person& who, const RecordId& record, const std::string& id,
             const std::string& toml) {
    test::write_record(*at.replica, village.space, who, record,
                       {test::set_field("registry", id), test::set_field("source", toml)},
                       "definition");
    at.reload();
  }
  /// What the deputy wrote elsewhere and is not here is late from then on.
  void remove(const test::Person& deputy) {
    const RosterOperation removal =
        RemoveMember{.member = deputy.member, .cuts = {require_cut(deputy)}};
    test::require(
        here.replica->append_roster(village.space, village.founder.device, {&removal, 1}, 1));
    here.reload();
  }
  Cut require_cut(const test::Person& deputy) {
    return test::require(here.replica->cut_of(village.space, deputy.device.author(), {}));
  }
  RetentionRules rules(Office& at) {
    at.reload();
    return test::require(RetentionRules::load(*at.replica, village.space, at.catalog));
  }
  RetentionVerdict judge(Office& at, std::string_view registry, const FieldValues& values) {
    return rules(at).judge(registry, values, kToday);
  }
  /// Whether doctor has something to say of the registry with these words.
  static bool is_told(const Office& at, std::string_view words) {
    return std::ranges::any_of(at.catalog.problems(), [&](const CatalogProblem& problem) {
      return problem.text.zh.find(words) != std::string::npos;
    });
  }

  Office here, there;
  test::Village village;
  test::Person clerk;
  std::vector<test::Person> chairs;
};

}  // namespace cunju::registry::testing
