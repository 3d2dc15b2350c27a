// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/pieces.h"

#include <catch2/catch.hpp>

#include "crdt/crypto/crypto.h"
#include "net/bundle/bundle_limits.h"
#include "net/bundle/container.h"

using namespace cunju;
using namespace cunju::bundle;

namespace {

Item item_of(crypto::RandomSource& random, std::size_t size) {
  Item out{.kind = size % 3 == 0 ? ItemKind::kReceipt : ItemKind::kRuns,
           .space = random.make<SpaceId>(),
           .content = Bytes(size)};
  random.fill(out.content);
  return out;
}

std::vector<Bytes> pack(const std::vector<Item>& items) {
  Packer packer;
  std::vector<Bytes> out;
  for (const Item& item : items) {
    const std::size_t expected = packer.chunks_with(item.content.size());
    for (Bytes& full : packer.add(item)) out.push_back(std::move(full));
    CHECK(out.size() + 1 == expected);
  }
  if (Bytes rest = packer.finish(); !rest.empty()) out.push_back(std::move(rest));
  for (Bytes& chunk : out) {
    CHECK(chunk.size() <= kChunkRoom);
    chunk.resize(kChunkRoom);  // As the container pads it.
  }
  return out;
}

/// Chunks that are lost are in `lost`.
std::vector<Item> unpack(const std::vector<Bytes>& chunks, const std::vector<bool>& lost = {}) {
  Unpacker unpacker;
  std::vector<Item> out;
  for (std::size_t i = 0; i < chunks.size(); ++i) {
    if (i < lost.size() && lost[i]) {
      unpacker.lose();
      continue;
    }
    std::vector<Item> items = unpacker.take(chunks[i]).value();
    for (Item& item : items) out.push_back(std::move(item));
  }
  unpacker.finish();
  return out;
}

/// Sizes around every boundary that there is.
std::vector<std::size_t> interesting_sizes() {
  const std::size_t room = kChunkRoom - kPieceHeadBytes;
  return {1,
          2,
          100,
          20'000,
          room - kPieceHeadBytes - 1,
          room - 1,
          room,
          room + 1,
          2 * room - 1,
          2 * room,
          2 * room + 1,
          5 * room + 17};
}

}  // namespace

TEST_CASE("items of every size come back from chunks in order") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom random(seed);
    const std::vector<std::size_t> sizes = interesting_sizes();
    std::vector<Item> items;
    for (int i = 0; i < 12; ++i) {
      std::array<std::uint8_t, 1> dice{};
      random.fill(dice);
      items.push_back(item_of(random, sizes[dice[0] % sizes.size()]));
    }
    CHECK(unpack(pack(items)) == items);
  }
}

TEST_CASE("a lost chunk loses the items that have a piece in it and no others") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom random(seed);
    const std::vector<std::size_t> sizes = interesting_sizes();
    std::vector<Item> items;
    for (int i = 0; i < 8; ++i) {
      std::array<std::uint8_t, 1> dice{};
      random.fill(dice);
      items.push_back(item_of(random, sizes[dice[0] % sizes.size()]));
    }
    // Which chunks each item is in, from packing it.
    Packer packer;
    std::vector<std::pair<std::size_t, std::size_t>> places;
    std::size_t closed = 0;
    for (const Item& item : items) {
      const bool fits = item.content.size() <= packer.room();
      const std::size_t full = packer.add(item).size();
      const std::size_t pieces =
          (item.content.size() + kChunkRoom - kPieceHeadBytes - 1) / (kChunkRoom - kPieceHeadBytes);
      const std::size_t last = closed + full;
      places.emplace_back(fits ? last : last - (pieces - 1), last);
      closed += full;
    }
    const std::vector<Bytes> chunks = pack(items);
    for (std::size_t lost_at = 0; lost_at < chunks.size(); ++lost_at) {
      CAPTURE(lost_at);
      std::vector<bool> lost(chunks.size());
      lost[lost_at] = true;
      std::vector<Item> expected;
      for (std::size_t i = 0; i < items.size(); ++i)
        if (lost_at < places[i].first || lost_at > places[i].second) expected.push_back(items[i]);
      CHECK(unpack(chunks, lost) == expected);
    }
  }
}

TEST_CASE("chunks with another spelling are refused") {
  crypto::SeededRandom random(5);
  const Item item = item_of(random, 100);
  const Bytes good = pack({item}).front();
  auto error_of = [](Bytes chunk) {
    Unpacker unpacker;
    Result<std::vector<Item>> out = unpacker.take(chunk);
    return out.has_error() ? out.error().context : std::string("taken");
  };
  CHECK(error_of(good) == "taken");
  auto with = [&](std::size_t at, std::uint8_t byte) {
    Bytes out = good;
    out[at] = byte;
    return out;
  };
  CHECK(error_of(with(0, 3)) == "bundle: kind of item");
  CHECK(error_of(with(good.size() - 1, 1)) == "bundle: bytes after the last piece");
  CHECK(error_of(with(33, 99)) == "bundle: place of a piece");  // Longer than its item.
  CHECK(error_of(with(33, 101)) == "bundle: an unfinished piece before others");
  CHECK(error_of(with(36, 0xFF)) == "kMaxBundleItemBytes");
  CHECK(error_of(with(37, 1)) == "bundle: place of a piece");  // Beyond its end.
  CHECK(error_of(with(41, 0)) == "bundle: place of a piece");  // Empty.
  CHECK(error_of(with(44, 0xFF)) == "bundle: a piece is cut short");
  CHECK(error_of(Bytes(kChunkRoom)) == "taken");
}

TEST_CASE("a piece that goes on with nothing, or with another item, is refused") {
  crypto::SeededRandom random(6);
  const std::size_t size = 3 * kChunkRoom;
  const std::vector<Bytes> one = pack({item_of(random, size)});
  const std::vector<Bytes> other = pack({item_of(random, size)});
  Unpacker unpacker;
  CHECK(unpacker.take(one[1]).has_error());
  REQUIRE(unpacker.take(one[0]).has_value());
  CHECK(unpacker.take(other[1]).has_error());
  REQUIRE(unpacker.take(one[0]).has_value());
  CHECK(unpacker.take(one[2]).has_error());
  CHECK(unpacker.lost_items() == 2);
  // After that it takes what is whole.
  const Item item = item_of(random, 10);
  CHECK(unpacker.take(pack({item}).front()).value() == std::vector{item});
}

TEST_CASE("random chunks never crash the unpacker and stay within its limit") {
  for (std::uint64_t seed = 1; seed <= 2000; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom random(seed);
    Unpacker unpacker;
    for (int round = 0; round < 4; ++round) {
      Bytes chunk(200);
      random.fill(chunk);
      // Mostly plausible sizes, or nothing would get past the first check.
      chunk[0] = static_cast<std::uint8_t>(1 + chunk[0] % 2);
      for (std::size_t at : {35u, 36u, 39u, 40u, 43u, 44u}) chunk[at] = 0;
      Result<std::vector<Item>> taken = unpacker.take(chunk);
      if (taken.has_error()) continue;
      for (const Item& item : taken.value())
        CHECK(item.content.size() <= limits::kMaxBundleItemBytes);
    }
  }
}
