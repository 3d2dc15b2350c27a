// SPDX-License-Identifier: Apache-2.0
// What a node remembers of the files that left it.
#include "node/peers/outgoing.h"

#include "net/bundle/bundle_limits.h"
#include "tests/node/peers/bundle_node.h"

namespace cunju::test {
namespace {

using peers::Outgoing;
using peers::OutgoingKind;

Outgoing example(std::uint64_t at_ms) {
  Outgoing out{.at_ms = at_ms, .kind = OutgoingKind::kExport, .to = "/媒体/导出", .registries = {}};
  crypto::SeededRandom random(3);
  out.registries[random.make<SpaceId>()] = {"minutes", "rental"};
  out.registries[random.make<SpaceId>()] = {};
  return out;
}

}  // namespace

TEST_CASE("what left a node as files is read back as it was noted, and nothing else is taken") {
  const Bytes whole = peers::encode_outgoing(example(7));
  CHECK(require(peers::decode_outgoing(whole)) == example(7));
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(peers::decode_outgoing(ByteView(whole).first(size)).has_error());
  Bytes other = whole;
  other[8] = 3;
  CHECK(peers::decode_outgoing(other).error().code == Errc::kCorrupt);
  other = whole;
  other.push_back(0);
  CHECK(peers::decode_outgoing(other).error().code == Errc::kCorrupt);
}

TEST_CASE("an export names its entries in the ledgers, and one without them is read as before") {
  Outgoing booked = example(7);
  crypto::SeededRandom random(4);
  for (const auto& [space, registries] : booked.registries)
    booked.disclosures[space] = random.make<RecordId>();
  const Bytes whole = peers::encode_outgoing(booked);
  CHECK(whole[8] == 3);
  CHECK(require(peers::decode_outgoing(whole)) == booked);
  for (std::size_t size = 0; size < whole.size(); ++size)
    CHECK(peers::decode_outgoing(ByteView(whole).first(size)).has_error());
  CHECK(peers::encode_outgoing(example(7))[8] == 2);
}

TEST_CASE("A letter is remembered with whom it went to and what registries there were",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 3);
  CHECK(require(two.village.book->outgoing()).empty());
  two.village.write(two.officer, two.stick.path(), {.is_dry_run = true});
  CHECK(require(two.village.book->outgoing()).empty());
  two.village.write(two.officer, two.stick.path());
  const std::vector<Outgoing> all = require(two.village.book->outgoing());
  REQUIRE(all.size() == 1);
  CHECK(all[0].kind == OutgoingKind::kLetter);
  CHECK(all[0].to == two.village.peer(two.officer).name);
  REQUIRE(all[0].registries.contains(two.place.space));
  const auto& registries = all[0].registries.at(two.place.space);
  CHECK(std::ranges::count(registries, "minutes") == 1);
  // Nothing new for the officer: no letter, and nothing to remember.
  two.office.read(two.stick.path());
  two.village.read(two.stick.path());
  two.village.write(two.officer, two.stick.path());
  CHECK(require(two.village.book->outgoing()).size() == 1);
}

TEST_CASE("only the newest letters and exports are remembered, oldest first", "[bundle]") {
  BundleNode node(4);
  const std::size_t kept = limits::kMaxRememberedOutgoing;
  for (std::uint64_t i = 0; i < kept + 2; ++i) require(node.book->note_outgoing(example(i)));
  const std::vector<Outgoing> all = require(node.book->outgoing());
  REQUIRE(all.size() == kept);
  CHECK(all.front().at_ms == 2);
  CHECK(all.back().at_ms == kept + 1);
}

}  // namespace cunju::test
