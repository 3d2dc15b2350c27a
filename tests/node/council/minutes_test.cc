// SPDX-License-Identifier: Apache-2.0
//
// The agenda counts by the numbers in its items' names, also beyond the width they are written in.
#include "node/council/minutes.h"

#include <catch2/catch.hpp>

namespace cunju::council {

TEST_CASE("agenda items stand in the order of their numbers, however long these are") {
  const std::map<std::string, std::string> texts{
      {"discussion", "讨论"},   {"item.10000.ab", "一万"},    {"item.9999.cd", "九千"},
      {"item.0002.ee", "第二"}, {"item.0002.aa", "也是第二"}, {"item.draft", "没有号"},
      {"item.0001.ff", ""},
  };
  CHECK(item_names(texts) == std::vector<std::string>{"item.0002.aa", "item.0002.ee",
                                                      "item.9999.cd", "item.10000.ab",
                                                      "item.draft"});
}

}  // namespace cunju::council
