// SPDX-License-Identifier: Apache-2.0
#include "node/registry/write_refusal.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "node/replica/replica.h"

namespace cunju::registry {

TEST_CASE("no limit or rule of the replica reaches people by its raw name") {
  std::set<std::string> sentences;
  for (const std::string_view context :
       {std::string_view("kMaxAuthorTextLoad"), std::string_view("kMaxAuthorTextLoad passed"),
        std::string_view("kMaxTextPassed"), std::string_view("kMaxPins"),
        replica::kFinalInItsVersion, replica::kShownHasFallen}) {
    CAPTURE(context);
    const std::optional<WriteRefusal> why = find_write_refusal(context);
    REQUIRE(why.has_value());
    for (const std::string& text : {why->text.zh, why->text.en}) {
      CHECK(text.find("kMax") == std::string::npos);
      CHECK(sentences.insert(text).second);
    }
    CHECK_FALSE(why->finding.empty());
  }
  CHECK_FALSE(find_write_refusal("kMaxBodyBytes").has_value());
}

TEST_CASE("who can't write because of words that were taken out is told who can help") {
  for (const std::string_view context : {"kMaxAuthorTextLoad passed", "kMaxTextPassed"}) {
    CAPTURE(context);
    const std::optional<WriteRefusal> why = find_write_refusal(context);
    REQUIRE(why.has_value());
    for (const std::string_view part : {"late list", "cunju late admit", "没有写入", "还在"})
      CHECK(why->text.zh.find(part) != std::string::npos);
  }
}

}  // namespace cunju::registry
