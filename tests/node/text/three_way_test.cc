// SPDX-License-Identifier: Apache-2.0
//
// What was typed and what came meanwhile are both in the text that a clerk goes on with.
#include "node/text/three_way.h"

#include <catch2/catch.hpp>
#include <random>

namespace cunju::text {
namespace {

std::string merged(std::string_view base, std::string_view typed, std::string_view now) {
  const Result<std::string> out = merge_texts(base, typed, now);
  REQUIRE(out.has_value());
  return out.value();
}

/// Few letters, so that chance makes both sides meet at one place.
std::string random_text(std::mt19937_64& random, std::size_t most) {
  constexpr const char* kPieces[] = {"一", "二", "。", "\n", "a"};
  std::string out;
  for (std::size_t i = random() % (most + 1); i > 0; --i) out += kPieces[random() % 5];
  return out;
}

}  // namespace

TEST_CASE("what was typed is put into what the text says now") {
  const std::string base = "议题：路灯。\n";
  CHECK(merged(base, "议题：路灯。\n甲写了一个小时。\n", "乙：插话。\n议题：路灯。\n") ==
        "乙：插话。\n议题：路灯。\n甲写了一个小时。\n");
  // At one place what came meanwhile stands first; what both wrote is there once.
  CHECK(merged(base, base + "甲。\n", base + "乙。\n") == base + "乙。\n甲。\n");
  CHECK(merged(base, base + "同。\n", base + "同。\n") == base + "同。\n");
  // What either side took out is out, and what the other one put there stays.
  CHECK(merged("一。\n二。\n三。\n", "一。\n三。\n", "一。\n二。\n又。\n三。\n") ==
        "一。\n又。\n三。\n");
  CHECK(merged("王写。修路灯。", "王写。先修路灯。", "修路灯。") == "先修路灯。");
  CHECK(merge_texts("\xFF", "", "").error().code == Errc::kMalformed);
  CHECK(merge_texts("", "\xFF", "").error().code == Errc::kMalformed);
  CHECK(merge_texts("", "", "\xFF").error().code == Errc::kMalformed);
}

TEST_CASE("a merge of texts with one side that wrote nothing is the other side") {
  const std::uint64_t seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 500; ++i) {
    const std::string base = random_text(random, 12), side = random_text(random, 12);
    CAPTURE(base, side);
    CHECK(merged(base, side, base) == side);
    CHECK(merged(base, base, side) == side);
    CHECK(merged(base, side, side) == side);
    // Of words that nobody else has nothing is lost, wherever they are typed.
    const std::string typed = side + "〔甲〕" + base;
    CHECK(merged(base, typed, random_text(random, 12)).find("〔甲〕") != std::string::npos);
  }
}

TEST_CASE("a text into which the typing was put already takes it no second time") {
  const std::string base = "议题：路灯。\n", now = "乙：插话。\n议题：路灯。\n乙又写。\n";
  const std::string once = merged(base, base + "甲写。\n", now);
  CHECK(merged(base, once, now) == once);
}

}  // namespace cunju::text
