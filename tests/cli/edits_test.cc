// SPDX-License-Identifier: Apache-2.0
#include "cli/edits.h"

#include <catch2/catch.hpp>

namespace cunju::cli {
namespace {

using registry::EditAction;
using registry::FilterOp;

registry::Edit edit_of(const std::string& word) {
  std::vector<std::string> words{word};
  auto edits = parse_edits(words);
  INFO(word);
  REQUIRE(edits);
  REQUIRE(edits.value().size() == 1);
  return edits.value().front();
}

void check_filter(std::string_view word, std::string_view field, FilterOp op,
                  std::string_view text) {
  registry::Filter filter = parse_filter(word);
  INFO(word);
  CHECK(filter.field == field);
  CHECK(filter.op == op);
  CHECK(filter.text == text);
}

}  // namespace

TEST_CASE("Edits set, clear, add and take out", "[cli]") {
  CHECK(edit_of("address=a=b").field == "address");
  CHECK(edit_of("address=a=b").text == "a=b");
  CHECK(edit_of("address=").text.empty());
  CHECK(edit_of("hazards+=fire").action == EditAction::kAdd);
  CHECK(edit_of("hazards-=fire").action == EditAction::kRemove);
  CHECK(edit_of("hazards-=fire").field == "hazards");
  CHECK(edit_of("详细地址=幸福路").field == "详细地址");
  // A sign alone is a name, not an action.
  CHECK(edit_of("+=x").field == "+");
}

TEST_CASE("A word that is no edit is refused by its name", "[cli]") {
  for (const std::string& word : {std::string("address"), std::string("=x"), std::string()}) {
    std::vector<std::string> words{"a=1", word};
    CHECK(parse_edits(words).error().code == Errc::kInvalidArgument);
  }
  std::vector<std::string> broken{"address=\xff\xfe"};
  CHECK(parse_edits(broken).error().code == Errc::kInvalidArgument);
}

TEST_CASE("Filters know five tests, and a bare word is looked for everywhere", "[cli]") {
  check_filter("rooms=3", "rooms", FilterOp::kEqual, "3");
  check_filter("rooms!=3", "rooms", FilterOp::kNotEqual, "3");
  check_filter("address~路", "address", FilterOp::kContains, "路");
  check_filter("rooms<3", "rooms", FilterOp::kLess, "3");
  check_filter("rooms>3", "rooms", FilterOp::kGreater, "3");
  check_filter("幸福路", "", FilterOp::kContains, "幸福路");
  check_filter("=3", "", FilterOp::kContains, "=3");
  check_filter("a=b=c", "a", FilterOp::kEqual, "b=c");
}

}  // namespace cunju::cli
