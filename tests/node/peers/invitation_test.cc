// SPDX-License-Identifier: Apache-2.0
#include "node/peers/invitation.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "node/peers/invitation_text.h"
#include "tests/support/invitation_input.h"
#include "tests/support/replica_fixture.h"

namespace cunju::peers {
namespace {

using Side = InvitationBook::Side;

Invitation make_invitation(std::uint64_t seed) {
  crypto::SeededRandom random(seed);
  crypto::Secret<16> secret;
  random.fill(secret.mutable_view());
  Invitation out = Invitation::of(std::move(secret));
  out.space = random.make<SpaceId>();
  out.space_name = "幸福村";
  out.role = "office";
  out.member_name = "翠湖街道办";
  out.inviter_wire = crypto::DhKey::generate(random).wire();
  out.one_time_key.emplace();
  random.fill(out.one_time_key->mutable_view());
  return out;
}

/// Equal in all that a text carries.
bool are_equal(const Invitation& a, const Invitation& b) {
  return encode_invitation_text(a) == encode_invitation_text(b);
}

struct Book {
  Book() {
    store = test::require(store::Environment::open(
        {.folder = folder / "keys", .tables = InvitationBook::table_names()}));
    book = test::require(InvitationBook::open(*store));
    random.fill(storage.mutable_view());
  }
  test::TempFolder folder;
  crypto::SeededRandom random{4};
  crypto::Secret<32> storage;
  std::unique_ptr<store::Environment> store;
  std::unique_ptr<InvitationBook> book;
};

}  // namespace

TEST_CASE("An invitation's text says all that the invited node needs and not the one-time key",
          "[invitation]") {
  Invitation given = make_invitation(1);
  const std::string text = encode_invitation_text(given);
  Invitation taken = test::require(parse_invitation_text(" \r\n" + text + "\r\n"));
  CHECK(are_equal(given, taken));
  CHECK(taken.psk == given.psk);
  CHECK(taken.id == given.id);
  CHECK(taken.member == given.member);
  CHECK(taken.space == given.space);
  CHECK(taken.role == "office");
  CHECK(taken.member_name == "翠湖街道办");
  CHECK_FALSE(taken.one_time_key);
  CHECK(text.size() < 260);
}

TEST_CASE("What people do to a text when they type it does not matter", "[invitation]") {
  Invitation given = make_invitation(2);
  std::string text = encode_invitation_text(given), typed;
  for (char c : text) {
    if (c == '-') continue;
    // Zero and one as the letters that look like them; small letters; breaks anywhere.
    if (c == '0') c = 'o';
    if (c == '1' && typed.size() > 8) c = typed.size() % 2 == 0 ? 'l' : 'I';
    typed += c >= 'A' && c <= 'Z' && typed.size() > 8 ? static_cast<char>(c - 'A' + 'a') : c;
    if (typed.size() % 5 == 0) typed += typed.size() % 10 == 0 ? "\n" : " - ";
  }
  CHECK(are_equal(test::require(parse_invitation_text(typed)), given));
}

TEST_CASE(
    "No slip of one character in an invitation's text changes what it says, and its group "
    "is named",
    "[invitation]") {
  Invitation given = make_invitation(2);
  const std::string text = encode_invitation_text(given);
  const std::size_t prefix = text.find('-');
  for (std::size_t at = 0; at < text.size(); ++at) {
    for (char c : std::string_view("0123456789ABCDEFGHJKMNPQRSTVWXYZU!")) {
      if (c == text[at] || text[at] == '-') continue;
      std::string changed = text;
      changed[at] = c;
      INFO("character " << at << " became " << c);
      Result<Invitation> result = parse_invitation_text(changed);
      REQUIRE(result.has_error());
      if (at < prefix) continue;
      REQUIRE(find_mistyped_groups(changed) == std::vector<std::size_t>{(at - prefix - 1) / 9 + 1});
    }
  }
  CHECK(find_mistyped_groups(text).empty());
}

TEST_CASE("Neighbours that changed places are found, of characters and of groups", "[invitation]") {
  const std::string text = encode_invitation_text(make_invitation(6));
  for (std::size_t at = text.find('-') + 1; at + 1 < text.size(); ++at) {
    if (text[at] == text[at + 1] || text[at] == '-' || text[at + 1] == '-') continue;
    std::string changed = text;
    std::swap(changed[at], changed[at + 1]);
    INFO(at);
    REQUIRE(find_mistyped_groups(changed).size() == 1);
  }
  std::string swapped = text;
  std::swap_ranges(swapped.begin() + 7, swapped.begin() + 15, swapped.begin() + 16);
  REQUIRE(swapped != text);
  CHECK(find_mistyped_groups(swapped) == std::vector<std::size_t>{1, 2});
}

TEST_CASE("A cut, lengthened or random invitation is refused", "[invitation]") {
  const std::string text = encode_invitation_text(make_invitation(3));
  for (std::size_t size = 0; size < text.size(); ++size)
    REQUIRE(parse_invitation_text(std::string_view(text).substr(0, size)).has_error());
  CHECK(parse_invitation_text(text + std::string(5000, '0')).error().code == Errc::kLimit);
  CHECK(parse_invitation_text(text + "00").has_error());
  constexpr std::uint64_t kSeed = 20'261'123;
  CAPTURE(kSeed);
  crypto::SeededRandom random(kSeed);
  for (std::size_t size = 1; size < 600; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    // In order as far as its spelling goes; what is in it is not.
    REQUIRE(parse_invitation_text(spell_invitation(bytes)).has_error());
    REQUIRE(parse_invitation_text(as_text(bytes)).has_error());
  }
}

TEST_CASE("Bytes that were changed before they were spelled are refused by the check of the whole",
          "[invitation]") {
  const Bytes bytes = invitation_bytes(make_invitation(7));
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    Bytes changed = bytes;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    INFO(bit);
    REQUIRE(find_mistyped_groups(spell_invitation(changed)).empty());
    REQUIRE(parse_invitation_text(spell_invitation(changed)).has_error());
  }
}

TEST_CASE("Any bytes come back from their spelling", "[invitation]") {
  constexpr std::uint64_t kSeed = 71;
  CAPTURE(kSeed);
  crypto::SeededRandom random(kSeed);
  for (std::size_t size = 1; size < 400; ++size) {
    Bytes bytes(size);
    random.fill(bytes);
    REQUIRE(test::require(unspell_invitation(spell_invitation(bytes))) == bytes);
    REQUIRE(test::require(unspell_invitation(spell_invitation_tight(bytes))) == bytes);
  }
}

TEST_CASE("The fuzz target's corpus of invitations passes its checks", "[invitation]") {
  // CUNJU_CORPUS: a folder into which they are written, for the fuzzer to begin from.
  const char* folder = std::getenv("CUNJU_CORPUS");
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    const std::string text = encode_invitation_text(make_invitation(seed));
    if (folder != nullptr)
      std::ofstream(std::string(folder) + "/invitation_" + std::to_string(seed)) << text;
    test::try_invitation_input(as_bytes(text));
    for (std::size_t at = 0; at < text.size(); at += 3) {
      std::string changed = text;
      changed[at] ^= static_cast<char>(1 << (seed % 7));
      test::try_invitation_input(as_bytes(changed));
      test::try_invitation_input(as_bytes(changed).first(at));
    }
  }
}

TEST_CASE("The book of invitations can't be read with another storage key", "[invitation]") {
  Book b;
  crypto::Secret<32> other;
  b.random.fill(other.mutable_view());
  Invitation given = make_invitation(4);
  test::require(b.book->put(Side::kGiven, given, b.storage, b.random));
  REQUIRE(test::require(b.book->find(Side::kGiven, given.id, b.storage)).has_value());
  CHECK(test::require(b.book->find(Side::kGiven, given.id, b.storage))->one_time_key.has_value());
  CHECK(b.book->find(Side::kGiven, given.id, other).error().code == Errc::kTampered);
  CHECK_FALSE(test::require(b.book->find(Side::kTaken, given.id, b.storage)).has_value());
  test::require(b.book->erase(Side::kGiven, given.id));
  CHECK(test::require(b.book->all(Side::kGiven, b.storage)).empty());
}

TEST_CASE("A book's state changes whole or not at all", "[invitation]") {
  Book b;
  Invitation given = make_invitation(5);
  test::require(b.book->put(Side::kGiven, given, b.storage, b.random));
  test::require(b.book->update(Side::kGiven, given.id, b.storage, b.random, [&](PairState& state) {
    state.stage = PairStage::kWaiting;
    state.attempts = 3;
    state.transcript.value[5] = 9;
    state.request = Bytes(100, 7);
    return ok();
  }));
  Result<void> refused = b.book->update(Side::kGiven, given.id, b.storage, b.random,
                                        [&](PairState& state) -> Result<void> {
                                          state.stage = PairStage::kConfirmed;
                                          return fail(Errc::kConflict, "no");
                                        });
  CHECK(refused.error().code == Errc::kConflict);
  const auto kept = test::require(b.book->find(Side::kGiven, given.id, b.storage));
  REQUIRE(kept);
  CHECK(kept->state.stage == PairStage::kWaiting);
  CHECK(kept->state.attempts == 3);
  CHECK(kept->state.request == Bytes(100, 7));
  CHECK(kept->psk == given.psk);
  const auto nothing = [](PairState&) { return ok(); };
  CHECK(b.book->update(Side::kTaken, given.id, b.storage, b.random, nothing).error().code ==
        Errc::kNotFound);
}

TEST_CASE("What changes nothing of an invitation writes nothing", "[invitation]") {
  Book b;
  const Invitation given = make_invitation(5);
  test::require(b.book->put(Side::kGiven, given, b.storage, b.random));
  // Each row that is written is sealed anew, under another nonce.
  const auto sealed = [&] {
    Bytes out;
    test::require(b.store->read([&](store::ReadTransaction& txn) -> Result<void> {
      const store::Table table =
          test::require(b.store->table(InvitationBook::table_names().front()));
      return txn.scan(table, {}, [&](ByteView, ByteView value) {
        out = to_bytes(value);
        return true;
      });
    }));
    return out;
  };
  const auto set = [&](bool is_sure) {
    test::require(
        b.book->update(Side::kGiven, given.id, b.storage, b.random, [&](PairState& state) {
          state.is_peer_sure = is_sure;
          return ok();
        }));
    return sealed();
  };
  const Bytes before = sealed();
  CHECK(set(false) == before);
  const Bytes sure = set(true);
  CHECK(sure != before);
  CHECK(set(true) == sure);
}

TEST_CASE("A full book makes room by what is over, and refuses when all are open", "[invitation]") {
  Book b;
  std::vector<wire::InvitationId> ids;
  for (std::size_t i = 0; i < kMaxBookInvitations; ++i) {
    Invitation given = make_invitation(1000 + i);
    given.made_ms = i + 1;
    ids.push_back(given.id);
    test::require(b.book->put(Side::kGiven, given, b.storage, b.random));
  }
  CHECK(b.book->put(Side::kGiven, make_invitation(1), b.storage, b.random).error().code ==
        Errc::kLimit);
  for (std::size_t over : {20u, 10u}) {
    test::require(
        b.book->update(Side::kGiven, ids[over], b.storage, b.random, [](PairState& state) {
          state.stage = PairStage::kCancelled;
          return ok();
        }));
  }
  test::require(b.book->put(Side::kGiven, make_invitation(1), b.storage, b.random));
  CHECK_FALSE(test::require(b.book->find(Side::kGiven, ids[10], b.storage)));
  CHECK(test::require(b.book->find(Side::kGiven, ids[20], b.storage)));
}

}  // namespace cunju::peers
