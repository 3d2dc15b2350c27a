// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_passed.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"

using namespace cunju;

namespace {

AuthorKey line(std::uint8_t number) {
  AuthorKey out;
  out.value.fill(number);
  return out;
}

Bytes bytes_of(std::vector<TextPassedRange> ranges) {
  return encode_text_passed({.ranges = std::move(ranges)});
}

}  // namespace

TEST_CASE("what is passed over is named with as few ranges as can be, and nothing else is") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    CAPTURE(round);
    std::vector<Dot> passed, kept;
    for (std::uint8_t who = 1; who <= 3; ++who) {
      for (std::uint64_t seq = 0; seq < 20; ++seq) {
        if (random() % 3 == 0) continue;  // Of another record.
        (random() % 2 == 0 ? passed : kept).push_back({line(who), Seq{seq}});
      }
    }
    std::ranges::shuffle(passed, random);
    if (passed.empty()) continue;
    const TextPassed made = make_text_passed(passed, kept);
    for (const Dot& dot : passed) REQUIRE(made.covers(dot));
    for (const Dot& dot : kept) REQUIRE_FALSE(made.covers(dot));
    REQUIRE(decode_text_passed(encode_text_passed(made)).value() == made);
  }
  const TextPassed whole =
      make_text_passed({{line(1), Seq{9}}, {line(1), Seq{2}}, {line(2), Seq{1}}}, {});
  CHECK(whole.ranges ==
        std::vector<TextPassedRange>{{line(1), Seq{2}, Seq{9}}, {line(2), Seq{1}, Seq{1}}});
}

TEST_CASE("ranges have one spelling, and every other is refused") {
  const auto refused = [](const Bytes& bytes) { return decode_text_passed(bytes).error().code; };
  CHECK(refused({}) == Errc::kMalformed);
  CHECK(refused(Bytes(47, 0)) == Errc::kMalformed);
  CHECK(refused(bytes_of({{line(1), Seq{2}, Seq{1}}})) == Errc::kMalformed);
  CHECK(refused(bytes_of({{line(2), Seq{0}, Seq{1}}, {line(1), Seq{0}, Seq{1}}})) ==
        Errc::kMalformed);
  // Overlapping, and touching.
  CHECK(refused(bytes_of({{line(1), Seq{0}, Seq{4}}, {line(1), Seq{3}, Seq{6}}})) ==
        Errc::kMalformed);
  CHECK(refused(bytes_of({{line(1), Seq{0}, Seq{4}}, {line(1), Seq{5}, Seq{6}}})) ==
        Errc::kMalformed);
  const Seq end{~std::uint64_t{0}};
  CHECK(refused(bytes_of({{line(1), Seq{0}, end}, {line(1), end, end}})) == Errc::kMalformed);
  std::vector<TextPassedRange> many;
  for (std::uint64_t i = 0; i <= limits::kMaxTextPassed; ++i)
    many.push_back({line(1), Seq{2 * i}, Seq{2 * i}});
  CHECK(refused(bytes_of(many)) == Errc::kLimit);
  many.pop_back();
  CHECK(decode_text_passed(bytes_of(many)).has_value());
}

TEST_CASE("ranges keep their bytes") {
  Bytes expected(32, 7);
  append(expected, Bytes{1, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0});
  CHECK(bytes_of({{line(7), Seq{1}, Seq{3}}}) == expected);
  CHECK(decode_text_passed(expected).value().ranges ==
        std::vector<TextPassedRange>{{line(7), Seq{1}, Seq{3}}});
}

TEST_CASE("of a change's operations the first that decodes says what it passes over") {
  const TextPassed one = make_text_passed({{line(1), Seq{1}}}, {});
  const TextPassed two = make_text_passed({{line(2), Seq{1}}}, {});
  const Operation broken =
      make_operation(OperationKind::kTextPassed, std::string(kFreezeField), Bytes{1, 2, 3});
  const Operation elsewhere =
      make_operation(OperationKind::kTextPassed, "minutes", encode_text_passed(two));
  CHECK(read_text_passed(
            std::vector{broken, elsewhere, passed_operation(one), passed_operation(two)}) == one);
  CHECK(read_text_passed(std::vector{broken, elsewhere}).empty());
}
