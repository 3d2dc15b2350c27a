// SPDX-License-Identifier: Apache-2.0
#include "crdt/roster/operations.h"

#include <catch2/catch.hpp>
#include <random>

#include "crdt/base/limits.h"
#include "crdt/roster/roster.h"

using namespace cunju;

namespace {

std::vector<RosterOperation> one_of_each() {
  crypto::SeededRandom random(7);
  MemberId member = random.make<MemberId>();
  const Cuts cuts{{random.make<AuthorKey>(), ~std::uint64_t{0}, random.make<ChangeId>()},
                  {random.make<AuthorKey>(), 0, {}}};
  return {
      UnknownRosterOperation{},
      FoundSpace{.name = "槐树村", .code = "110101001001", .rules = 7},
      AdmitMember{.member = member, .name = "李梅"},
      GrantRole{
          .member = member, .role = "clerk", .term_from = "2021-03-01", .term_until = "2026-02-28"},
      AddDevice{.member = member,
                .author = random.make<AuthorKey>(),
                .signature = random.make<Signature>()},
      AddNode{.node = random.make<NodeKey>(),
              .wire = random.make<WireKey>(),
              .name = "办公室电脑",
              .replication = Replication::kShell,
              .member = member,
              .signature = random.make<Signature>()},
      SetPolicy{.role = "clerk", .registry = "*", .rights = 255},
      SetPolicy{.role = "clerk", .registry = "minutes", .rights = 1, .cuts = cuts},
      EndRole{.member = member, .role = "clerk", .cuts = cuts},
      EndRole{.member = member, .role = "clerk"},
      RemoveMember{.member = member, .cuts = cuts},
      RetireDevice{cuts[0]},
      RetireNode{random.make<NodeKey>()},
      SetReplication{random.make<NodeKey>(), Replication::kWitness},
      AdmitLate{{random.make<ChangeId>(), random.make<ChangeId>()}},
      SetQuorum{2, {random.make<AuthorKey>(), random.make<AuthorKey>()}},
      Epoch{.voided = {random.make<ChangeId>()},
            .signatures = {{random.make<AuthorKey>(), random.make<Signature>()}}},
      Epoch{},
      OpenEpoch{.scope = Scope{7},
                .name = "mediation",
                .epoch = random.make<crypto::EpochId>(),
                .wraps = {{random.make<AuthorKey>(), Bytes(crypto::kWrapBytes, 7)},
                          {random.make<AuthorKey>(), Bytes(limits::kMaxWrapBytes, 8)}}},
      OpenEpoch{.scope = Scope{0xFFFF}, .name = "租客", .epoch = {}, .wraps = {}},
      Seal{},
  };
}

}  // namespace

TEST_CASE("every roster operation comes back from its bytes as it was") {
  for (const RosterOperation& operation : one_of_each()) {
    CAPTURE(operation.index());
    Bytes bytes = encode_roster_operation(operation);
    Result<RosterOperation> decoded = decode_roster_operation(bytes);
    REQUIRE(decoded);
    CHECK(decoded.value() == operation);
    CHECK(encode_roster_operation(decoded.value()) == bytes);
  }
}

TEST_CASE("a roster operation of a newer program is told apart from a malformed one") {
  // One struct with the union's tag 99, which no version has yet.
  const Bytes newer{0x10, 3, 0x50, 1, 1, 0x01, 0x63, 0, 0};
  Result<RosterOperation> decoded = decode_roster_operation(newer);
  REQUIRE(decoded);
  CHECK(decoded.value() == RosterOperation(UnknownRosterOperation{}));

  AddNode node = std::get<AddNode>(one_of_each()[5]);
  node.replication = static_cast<Replication>(3);
  decoded = decode_roster_operation(encode_roster_operation(node));
  REQUIRE(decoded);
  CHECK(decoded.value() == RosterOperation(UnknownRosterOperation{}));
}

TEST_CASE("roster texts that are too long or not UTF-8 don't decode") {
  AdmitMember admit{.member = {}, .name = std::string(limits::kMaxNameBytes, 'n')};
  CHECK(decode_roster_operation(encode_roster_operation(admit)));
  admit.name += "n";
  CHECK(decode_roster_operation(encode_roster_operation(admit)).error().code == Errc::kLimit);
  admit.name = "\xC3\x28";
  CHECK(decode_roster_operation(encode_roster_operation(admit)).error().code == Errc::kMalformed);
}

TEST_CASE("a replication that a newer program knows is not understood, and not malformed") {
  const SetReplication set{{}, static_cast<Replication>(3)};
  CHECK(decode_roster_operation(encode_roster_operation(set)).value() ==
        RosterOperation(UnknownRosterOperation{}));
}

TEST_CASE("each list of a roster operation is read up to its limit and no further") {
  auto code = [](const RosterOperation& operation) {
    Result<RosterOperation> decoded = decode_roster_operation(encode_roster_operation(operation));
    if (decoded) CHECK(decoded.value() == operation);
    return decoded ? std::optional<Errc>() : std::optional(decoded.error().code);
  };
  crypto::SeededRandom random(8);
  Cuts cuts(limits::kMaxCuts, Cut{random.make<AuthorKey>(), 77, random.make<ChangeId>()});
  std::vector<AuthorKey> keys(limits::kMaxQuorumKeys, random.make<AuthorKey>());
  std::vector<ChangeId> named(limits::kMaxNamedChanges, random.make<ChangeId>());
  std::vector<Cosignature> signatures(limits::kMaxQuorumKeys,
                                      {random.make<AuthorKey>(), random.make<Signature>()});
  std::vector<EpochWrap> wraps(limits::kMaxEpochWraps,
                               {random.make<AuthorKey>(), Bytes(limits::kMaxWrapBytes, 9)});
  for (const bool is_over : {false, true}) {
    CAPTURE(is_over);
    if (is_over) {
      wraps.push_back(wraps[0]);
      cuts.push_back(cuts[0]);
      keys.push_back(keys[0]);
      named.push_back(named[0]);
      signatures.push_back(signatures[0]);
    }
    const auto expected = is_over ? std::optional(Errc::kLimit) : std::nullopt;
    CHECK(code(SetPolicy{"clerk", "*", 1, cuts}) == expected);
    CHECK(code(EndRole{{}, "clerk", cuts}) == expected);
    CHECK(code(RemoveMember{{}, cuts}) == expected);
    CHECK(code(AdmitLate{named}) == expected);
    CHECK(code(SetQuorum{1, keys}) == expected);
    CHECK(code(Epoch{named, {}}) == expected);
    CHECK(code(Epoch{{}, signatures}) == expected);
    CHECK(code(OpenEpoch{Scope{1}, "mediation", {}, wraps}) == expected);
  }
}

TEST_CASE("damaged and random bytes never do worse than an error when read as a roster operation") {
  const std::uint64_t seed = GENERATE(1ULL, 2ULL, 3ULL);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<RosterOperation> operations = one_of_each();
  int decoded = 0;
  for (int i = 0; i < 3000; ++i) {
    Bytes bytes;
    if (i % 3 == 0) {
      bytes.resize(random() % 80);
      for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
    } else {
      bytes = encode_roster_operation(operations[random() % operations.size()]);
      for (std::size_t flips = 1 + random() % 3; flips > 0; --flips)
        bytes[random() % bytes.size()] ^= static_cast<std::uint8_t>(1U << random() % 8);
      if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    }
    Result<RosterOperation> result = decode_roster_operation(bytes);
    if (result) {
      ++decoded;
      // What was understood can be said again.
      Result<RosterOperation> again =
          decode_roster_operation(encode_roster_operation(result.value()));
      REQUIRE(again);
      REQUIRE(again.value() == result.value());
    } else {
      REQUIRE((result.error().code == Errc::kMalformed || result.error().code == Errc::kLimit));
    }
  }
  CHECK(decoded > 100);
}

TEST_CASE("a node entry's signature binds node, space, wire key and member") {
  crypto::SeededRandom random(3);
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  SpaceId space = random.make<SpaceId>();
  AddNode entry{.node = node.node(),
                .wire = random.make<WireKey>(),
                .name = "n",
                .replication = Replication::kFull,
                .member = random.make<MemberId>(),
                .signature = {}};
  entry.signature = sign_node_entry(node, space, entry.wire, entry.member);
  CHECK(verify_node_entry(entry, space));
  CHECK_FALSE(verify_node_entry(entry, random.make<SpaceId>()));
  AddNode other = entry;
  other.wire = random.make<WireKey>();
  CHECK_FALSE(verify_node_entry(other, space));
  other = entry;
  other.member = random.make<MemberId>();
  CHECK_FALSE(verify_node_entry(other, space));
  other = entry;
  other.node = crypto::SigningKey::generate(random).node();
  CHECK_FALSE(verify_node_entry(other, space));
}

TEST_CASE("a cosignature binds space, pins, every operation and what is voided") {
  crypto::SeededRandom random(5);
  const crypto::SigningKey key = crypto::SigningKey::generate(random);
  const SpaceId space = random.make<SpaceId>();
  const std::vector<ChangeId> pins{random.make<ChangeId>(), random.make<ChangeId>()};
  std::vector<RosterOperation> operations = one_of_each();
  const auto carrier = random.make<AuthorKey>();
  const Hash hash = epoch_hash(space, carrier, pins, operations);
  CHECK(epoch_hash(space, random.make<AuthorKey>(), pins, operations) != hash);
  const Cosignature signed_by = cosign_epoch(key, hash);
  CHECK(verify_cosignature(signed_by, hash));
  CHECK_FALSE(
      verify_cosignature(signed_by, epoch_hash(random.make<SpaceId>(), carrier, pins, operations)));
  CHECK_FALSE(verify_cosignature(signed_by, epoch_hash(space, carrier, {&pins[0], 1}, operations)));
  CHECK_FALSE(verify_cosignature(
      signed_by,
      epoch_hash(space, carrier, std::vector{pins[0], random.make<ChangeId>()}, operations)));
  Cosignature other = signed_by;
  other.author = crypto::SigningKey::generate(random).author();
  CHECK_FALSE(verify_cosignature(other, hash));
  for (std::size_t i = 0; i < operations.size(); ++i) {
    CAPTURE(i);
    std::vector<RosterOperation> changed = operations;
    changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(i));
    CHECK(epoch_hash(space, carrier, pins, changed) != hash);
    changed = operations;
    changed[i] = AdmitMember{random.make<MemberId>(), "somebody else"};
    CHECK(epoch_hash(space, carrier, pins, changed) != hash);
    std::swap(changed[i], changed[(i + 1) % changed.size()]);
    CHECK(epoch_hash(space, carrier, pins, changed) != hash);
  }
  // Signatures are added one after the other, so they bind all but each other.
  for (RosterOperation& operation : operations) {
    if (auto* epoch = std::get_if<Epoch>(&operation)) epoch->signatures.push_back(signed_by);
  }
  CHECK(epoch_hash(space, carrier, pins, operations) == hash);
}

TEST_CASE("an epoch of the open scope, without a name, or with a huge wrap does not decode") {
  auto code = [](const OpenEpoch& opening) {
    return decode_roster_operation(encode_roster_operation(opening)).error().code;
  };
  CHECK(code({.scope = kOpenScope, .name = "mediation", .epoch = {}, .wraps = {}}) ==
        Errc::kMalformed);
  CHECK(code({.scope = Scope{1}, .name = "", .epoch = {}, .wraps = {}}) == Errc::kMalformed);
  CHECK(code({.scope = Scope{1},
              .name = std::string(limits::kMaxNameBytes + 1, 'n'),
              .epoch = {},
              .wraps = {}}) == Errc::kLimit);
  CHECK(code({.scope = Scope{1},
              .name = "mediation",
              .epoch = {},
              .wraps = {{{}, Bytes(limits::kMaxWrapBytes + 1, 1)}}}) == Errc::kLimit);
}
