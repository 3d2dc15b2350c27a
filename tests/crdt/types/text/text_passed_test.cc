// SPDX-License-Identifier: Apache-2.0
#include "crdt/types/text/text_passed.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"

using namespace cunju;

namespace {

ChangeId id(std::uint8_t number) {
  ChangeId out;
  out.value.fill(number);
  return out;
}

Bytes bytes_of(std::vector<TextPassedRange> ranges) {
  return encode_text_passed({.ranges = std::move(ranges)});
}

}  // namespace

TEST_CASE("ranges have one order, and every other is refused") {
  const auto refused = [](const Bytes& bytes) { return decode_text_passed(bytes).error().code; };
  CHECK(refused({}) == Errc::kMalformed);
  CHECK(refused(Bytes(63, 0)) == Errc::kMalformed);
  CHECK(refused(bytes_of({{id(2), id(3)}, {id(1), id(3)}})) == Errc::kMalformed);
  CHECK(refused(bytes_of({{id(1), id(2)}, {id(1), id(3)}})) == Errc::kMalformed);
  std::vector<TextPassedRange> many;
  for (std::size_t i = 0; i <= limits::kMaxTextPassed; ++i) {
    ChangeId first = id(0);
    first.value[0] = static_cast<std::uint8_t>(i / 256);
    first.value[1] = static_cast<std::uint8_t>(i % 256);
    many.push_back({first, id(1)});
  }
  CHECK(refused(bytes_of(many)) == Errc::kLimit);
  many.pop_back();
  CHECK(bytes_of(many).size() <= limits::kMaxValueBytes);
  CHECK(decode_text_passed(bytes_of(many)).value().ranges == many);
}

TEST_CASE("ranges keep their bytes") {
  Bytes expected(32, 7);
  append(expected, Bytes(32, 9));
  CHECK(bytes_of({{id(7), id(9)}}) == expected);
  CHECK(decode_text_passed(expected).value().ranges ==
        std::vector<TextPassedRange>{{id(7), id(9)}});
}

TEST_CASE("of a change's operations the first that decodes says what it passes over") {
  const TextPassed one{.ranges = {{id(1), id(1)}}}, two{.ranges = {{id(2), id(2)}}};
  const Operation broken =
      make_operation(OperationKind::kTextPassed, std::string(kFreezeField), Bytes{1, 2, 3});
  const Operation elsewhere =
      make_operation(OperationKind::kTextPassed, "minutes", encode_text_passed(two));
  CHECK(read_text_passed(
            std::vector{broken, elsewhere, passed_operation(one), passed_operation(two)}) == one);
  CHECK(read_text_passed(std::vector{broken, elsewhere}).empty());
}
