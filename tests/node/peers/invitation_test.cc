// SPDX-License-Identifier: Apache-2.0
#include "node/peers/invitation.h"

#include <catch2/catch.hpp>

#include "tests/support/replica_fixture.h"

namespace cunju::peers {
namespace {

Invitation make_invitation(std::uint64_t seed) {
  crypto::SeededRandom random(seed);
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  Invitation out;
  out.id = random.make<wire::InvitationId>();
  random.fill(out.psk.mutable_view());
  out.space = random.make<SpaceId>();
  out.space_name = "幸福村";
  out.role = "office";
  out.member_name = "翠湖街道办";
  out.member = random.make<MemberId>();
  out.inviter_wire = crypto::DhKey::generate(random).wire();
  out.one_time_key.emplace();
  random.fill(out.one_time_key->mutable_view());
  sign_invitation(out, node);
  return out;
}

/// Equal in all that a text carries.
bool are_equal(const Invitation& a, const Invitation& b) {
  return encode_invitation_text(a) == encode_invitation_text(b);
}

}  // namespace

TEST_CASE("An invitation's text says all that the invited node needs and not the one-time key",
          "[invitation]") {
  Invitation given = make_invitation(1);
  const std::string text = encode_invitation_text(given);
  Invitation taken = test::require(parse_invitation_text(" \r\n" + text + "\r\n"));
  CHECK(are_equal(given, taken));
  CHECK(taken.psk == given.psk);
  CHECK(taken.role == "office");
  CHECK(taken.member_name == "翠湖街道办");
  CHECK_FALSE(taken.one_time_key);
  CHECK(text.find(to_hex(given.one_time_key->view())) == std::string::npos);
}

TEST_CASE("No slip of one character in an invitation's text changes what it says", "[invitation]") {
  Invitation given = make_invitation(2);
  const std::string text = encode_invitation_text(given);
  std::size_t accepted = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (char c : std::string_view("0123456789abcdefAFgz: \n")) {
      if (c == text[at]) continue;
      std::string changed = text;
      changed[at] = c;
      Result<Invitation> result = parse_invitation_text(changed);
      if (result.has_error()) continue;
      ++accepted;
      INFO("character " << at << " became " << c);
      // A capital letter, or a packing of the same words, is the same invitation.
      REQUIRE(are_equal(result.value(), given));
    }
  }
  // Far from all: what is accepted are other spellings.
  CHECK(accepted < text.size());
}

TEST_CASE("A cut, lengthened or random invitation is refused", "[invitation]") {
  const std::string text = encode_invitation_text(make_invitation(3));
  for (std::size_t size = 0; size < text.size(); ++size)
    REQUIRE(parse_invitation_text(std::string_view(text).substr(0, size)).has_error());
  CHECK(parse_invitation_text(text + std::string(5000, '0')).error().code == Errc::kLimit);
  constexpr std::uint64_t kSeed = 20'261'123;
  CAPTURE(kSeed);
  crypto::SeededRandom random(kSeed);
  for (std::size_t size = 1; size < 600; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    REQUIRE(parse_invitation_text("cunju1:" + to_hex(bytes)).has_error());
    REQUIRE(parse_invitation_text(as_text(bytes)).has_error());
  }
}

TEST_CASE("The book of invitations can't be read with another storage key", "[invitation]") {
  test::TempFolder folder;
  auto store = test::require(store::Environment::open(
      {.folder = folder / "keys", .tables = InvitationBook::table_names()}));
  auto book = test::require(InvitationBook::open(*store));
  crypto::SeededRandom random(4);
  crypto::Secret<32> storage, other;
  random.fill(storage.mutable_view());
  random.fill(other.mutable_view());
  Invitation given = make_invitation(4);
  using Side = InvitationBook::Side;
  test::require(book->put(Side::kGiven, given, storage, random));
  REQUIRE(test::require(book->find(Side::kGiven, given.id, storage)).has_value());
  CHECK(test::require(book->find(Side::kGiven, given.id, storage))->one_time_key.has_value());
  CHECK(book->find(Side::kGiven, given.id, other).error().code == Errc::kTampered);
  CHECK_FALSE(test::require(book->find(Side::kTaken, given.id, storage)).has_value());
  test::require(book->erase(Side::kGiven, given.id));
  CHECK(test::require(book->all(Side::kGiven, storage)).empty());
}

}  // namespace cunju::peers
