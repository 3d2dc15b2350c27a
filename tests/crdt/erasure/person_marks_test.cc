// SPDX-License-Identifier: Apache-2.0
#include "crdt/erasure/person_marks.h"

#include <catch2/catch.hpp>

using namespace cunju;

namespace {

constexpr const char* kIdentity = "identity:11010519491231002X";
constexpr const char* kPair = "name:张三|phone:13800000000";

}  // namespace

TEST_CASE("a marked person is known again, and nobody else") {
  crypto::SeededRandom random(5);
  const PersonMarks marks({kIdentity, kPair}, random);
  const Result<PersonMarks> read = PersonMarks::decode(marks.encode());
  REQUIRE(read);
  for (const PersonMarks* each : {&marks, &read.value()}) {
    CHECK(each->has(kIdentity));
    CHECK(each->has(kPair));
    CHECK_FALSE(each->has("identity:110105194912310038"));
    CHECK_FALSE(each->has("name:张三|phone:13800000001"));
    CHECK_FALSE(each->has(""));
  }
}

TEST_CASE("marks of one person have nothing in common, and nothing of the person in them") {
  crypto::SeededRandom random(6);
  const Bytes one = PersonMarks({kIdentity}, random).encode();
  const Bytes two = PersonMarks({kIdentity}, random).encode();
  // Neither key nor mark: only version and count are the same.
  CHECK_FALSE(equal(ByteView(one).subspan(1, 32), ByteView(two).subspan(1, 32)));
  CHECK_FALSE(equal(ByteView(one).subspan(35), ByteView(two).subspan(35)));
  CHECK(as_text(one).find("11010519491231002X") == std::string_view::npos);
}

TEST_CASE("version 1 of marks has the recorded size, and the mark is the keyed hash of the key") {
  crypto::SeededRandom random(7);
  const Bytes bytes = PersonMarks({kIdentity}, random).encode();
  REQUIRE(bytes.size() == 1 + 32 + 2 + 32);
  CHECK(bytes[0] == 1);
  CHECK(bytes[33] == 1);
  CHECK(bytes[34] == 0);
  const Hash mark = crypto::keyed_hash(ByteView(bytes).subspan(1, 32),
                                       {as_bytes("cunju erased person 1"), as_bytes(kIdentity)});
  CHECK(equal(ByteView(bytes).subspan(35), mark.view()));
}

TEST_CASE("marks that are cut, too many, unordered, or of nobody are refused") {
  crypto::SeededRandom random(8);
  const Bytes whole = PersonMarks({kIdentity, kPair}, random).encode();
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(PersonMarks::decode(ByteView(whole).first(size)).has_error());
  Bytes longer = whole;
  longer.push_back(0);
  CHECK(PersonMarks::decode(longer).error().code == Errc::kMalformed);
  Bytes newer = whole;
  newer[0] = 2;
  CHECK(PersonMarks::decode(newer).error().code == Errc::kUnsupported);
  Bytes many(33, 1);
  put_u16(many, limits::kMaxPersonMarks + 1);
  CHECK(PersonMarks::decode(many).error() == Error{Errc::kLimit, "kMaxPersonMarks"});
  Bytes none(33, 1);
  put_u16(none, 0);
  CHECK(PersonMarks::decode(none).error().code == Errc::kMalformed);
  Bytes twice = whole;
  std::copy_n(twice.begin() + 35, 32, twice.begin() + 67);
  CHECK(PersonMarks::decode(twice).error().code == Errc::kMalformed);
}
