// SPDX-License-Identifier: Apache-2.0
// Bundles from one replica to another in memory: written from what the reader has receipted, read
// with losses and twice.
#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "net/bundle/container.h"
#include "net/bundle/reader.h"
#include "net/bundle/writer.h"
#include "net/wire/run_codec.h"
#include "tests/support/memory_port.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace cunju::bundle;
using cunju::testing::MemoryPort;
using cunju::testing::TestWorld;

namespace {

constexpr std::size_t kNoLimit = 65'000;

struct WrittenPart {
  std::vector<Bytes> chunks;
  std::vector<SpaceContent> contents;
  bool is_last = false;
  KnownSpaces known;
};

WrittenPart write(MemoryPort& from, const std::vector<SpaceId>& spaces, KnownSpaces known,
                  std::size_t max_chunks = kNoLimit) {
  Writer writer(from, {}, spaces, std::move(known), max_chunks);
  WrittenPart out;
  for (;;) {
    std::optional<Bytes> content = writer.next().value();
    if (!content) break;
    content->resize(kChunkRoom);
    out.chunks.push_back(*std::move(content));
  }
  CHECK(writer.chunks() == out.chunks.size());
  CHECK(out.chunks.size() <= max_chunks);
  out.contents = writer.contents();
  out.is_last = writer.is_last();
  out.known = writer.take_known();
  return out;
}

Taken read(MemoryPort& to, const std::set<SpaceId>& shared, const std::vector<Bytes>& chunks,
           const std::set<std::size_t>& lost = {}) {
  Reader reader(to, shared, [](const SpaceId&, ByteView) -> Result<void> { return ok(); });
  for (std::size_t i = 0; i < chunks.size(); ++i)
    REQUIRE(reader.take(lost.contains(i) ? nullptr : &chunks[i]).has_value());
  REQUIRE(reader.finish().has_value());
  return reader.taken();
}

KnownSpaces receipt_of(MemoryPort& port, const std::vector<SpaceId>& spaces) {
  KnownSpaces out;
  for (const SpaceId& space : spaces) out[space] = describe_logs(port, space).value();
  return out;
}

void fill(MemoryPort& port, const TestWorld& world) {
  port.share(world.space());
  for (const Change& change : world.all()) port.put(change);
}

std::uint64_t changes_in(const WrittenPart& part) {
  std::uint64_t out = 0;
  for (const SpaceContent& space : part.contents) out += space.changes;
  return out;
}

}  // namespace

TEST_CASE("a bundle brings all of several spaces, and a second one has what is new since") {
  MemoryPort from, to;
  TestWorld a(1, 3), b(2, 2);
  a.write_any(300);
  b.write_any(100);
  fill(from, a);
  fill(from, b);
  std::vector<SpaceId> spaces{a.space(), b.space()};
  std::ranges::sort(spaces);
  for (const SpaceId& space : spaces) to.share(space);
  const std::set<SpaceId> shared(spaces.begin(), spaces.end());

  const WrittenPart first = write(from, spaces, {});
  CHECK(first.is_last);
  CHECK(changes_in(first) == a.all().size() + b.all().size());
  const Taken taken = read(to, shared, first.chunks);
  CHECK(taken.spaces.at(a.space()).admitted == a.all().size());
  CHECK(to.ids(a.space()) == from.ids(a.space()));
  CHECK(to.ids(b.space()) == from.ids(b.space()));

  // The same again.
  const std::size_t calls = to.accept_calls();
  const Taken again = read(to, shared, first.chunks);
  CHECK(again.spaces.at(a.space()).admitted == 0);
  CHECK(again.spaces.at(a.space()).known == a.all().size());
  CHECK(to.accept_calls() > calls);

  // By the receipt nothing is lacking; then only what was written since.
  CHECK(write(from, spaces, receipt_of(to, spaces)).chunks.empty());
  for (int i = 0; i < 5; ++i) from.put(a.write(1));
  const WrittenPart second = write(from, spaces, receipt_of(to, spaces));
  CHECK(changes_in(second) == 5);
  CHECK(second.contents.front().space == a.space());
  CHECK(second.chunks.size() < first.chunks.size());
  read(to, shared, second.chunks);
  CHECK(to.ids(a.space()) == from.ids(a.space()));
}

TEST_CASE("a reader that is ahead in some logs gets only what it lacks") {
  MemoryPort from, to;
  TestWorld world(9, 2);
  world.pins_any = false;
  world.write_any(60);
  fill(from, world);
  fill(to, world);
  for (int i = 0; i < 37; ++i) to.put(world.write(1));  // Not at the writer.
  from.put(world.write(0));
  const WrittenPart part = write(from, {world.space()}, receipt_of(to, {world.space()}));
  // At most as many again of the log in which it is ahead (samples), and the one that is new.
  CHECK(changes_in(part) >= 1);
  CHECK(changes_in(part) <= 1 + 64);
  CHECK(changes_in(part) < world.log(0).size() + world.log(1).size());
  read(to, {world.space()}, part.chunks);
  CHECK(to.size(world.space()) == world.all().size());
}

TEST_CASE("parts of a few chunks bring together what one bundle does") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    MemoryPort from, to;
    TestWorld world(seed, 3);
    for (int i = 0; i < 60; ++i)
      world.write(world.roll(3), world.one_register(i % 6 == 0 ? 60'000 : 200));
    fill(from, world);
    to.share(world.space());
    const std::vector<SpaceId> spaces{world.space()};
    KnownSpaces known;
    std::vector<WrittenPart> parts;
    do {
      parts.push_back(write(from, spaces, known, 2 + seed % 3));
      known = parts.back().known;
      REQUIRE_FALSE(parts.back().contents.empty());
      REQUIRE(parts.size() < 100);
    } while (!parts.back().is_last);
    CHECK(parts.size() > 1);
    std::uint64_t changes = 0;
    for (const WrittenPart& part : parts) changes += changes_in(part);
    CHECK(changes == world.all().size());
    // In the wrong order the early parts release what waited.
    for (auto part = parts.rbegin(); part != parts.rend(); ++part)
      read(to, {world.space()}, part->chunks);
    CHECK(to.ids(world.space()) == from.ids(world.space()));
  }
}

TEST_CASE("a part without room for the first change says so and is empty") {
  MemoryPort from;
  TestWorld world(3, 1);
  world.write(0, world.one_register(60'000));
  world.write(0, world.one_register(60'000));
  fill(from, world);
  WrittenPart part = write(from, {world.space()}, {}, 1);
  CHECK_FALSE(part.is_last);
  part = write(from, {world.space()}, part.known, 0);
  CHECK_FALSE(part.is_last);
  CHECK(part.contents.empty());
  CHECK(part.chunks.empty());
}

TEST_CASE("lost chunks cost a further bundle and nothing for good") {
  for (std::uint64_t seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    MemoryPort from, to;
    TestWorld world(seed, 4);
    for (int i = 0; i < 60; ++i)
      world.write(world.roll(4), world.one_register(world.roll(5) == 0 ? 50'000 : 300));
    fill(from, world);
    if (seed % 2 == 0) from.put(world.fork(1, 0));
    to.share(world.space());
    const std::vector<SpaceId> spaces{world.space()};
    for (int round = 0; round < 40; ++round) {
      const WrittenPart part = write(from, spaces, receipt_of(to, spaces));
      if (part.chunks.empty()) break;
      std::set<std::size_t> lost;
      for (std::size_t i = 0; i < part.chunks.size(); ++i)
        if (world.roll(3) == 0) lost.insert(i);
      const Taken taken = read(to, {world.space()}, part.chunks, lost);
      CHECK(taken.damaged_chunks == lost.size());
      CHECK(taken.refused_items == 0);
    }
    CHECK(to.ids(world.space()) == from.ids(world.space()));
  }
}

TEST_CASE("a space that is not shared with the writer is passed over") {
  MemoryPort from, to;
  TestWorld a(1, 1), b(2, 1);
  a.write_any(10);
  b.write_any(10);
  fill(from, a);
  fill(from, b);
  to.share(a.space());
  to.share(b.space());
  std::vector<SpaceId> spaces{a.space(), b.space()};
  std::ranges::sort(spaces);
  const Taken taken = read(to, {a.space()}, write(from, spaces, {}).chunks);
  CHECK(taken.passed_over == std::set{b.space()});
  CHECK(to.size(a.space()) == a.all().size());
  CHECK(to.size(b.space()) == 0);
}

TEST_CASE("one batch that is not to be accepted does not cost the others") {
  MemoryPort to;
  TestWorld world(5, 3);
  world.pins_any = false;
  world.write_any(30);
  to.share(world.space());
  Packer packer;
  for (std::size_t author = 0; author < 3; ++author) {
    std::vector<wire::Run> runs{{world.log(author)}};
    if (author == 1) runs[0].changes.back().signature.value[3] ^= 1;
    Bytes content = wire::encode_runs(world.space(), runs).value();
    CHECK(packer.add({ItemKind::kRuns, world.space(), std::move(content)}).empty());
  }
  CHECK(packer.add({ItemKind::kRuns, world.space(), {1, 2, 3}}).empty());
  Bytes chunk = packer.finish();
  chunk.resize(kChunkRoom);
  const Taken taken = read(to, {world.space()}, {chunk});
  CHECK(taken.refused_items == 2);
  CHECK(taken.spaces.at(world.space()).admitted == world.log(0).size() + world.log(2).size());
}

TEST_CASE("a full disk at the reader ends the reading and is not the writer's fault") {
  MemoryPort from, to;
  TestWorld world(1, 1);
  world.write_any(10);
  fill(from, world);
  to.share(world.space());
  to.fail_accept_with({Errc::kDiskFull, "test"});
  const WrittenPart part = write(from, {world.space()}, {});
  Reader reader(to, {world.space()}, [](const SpaceId&, ByteView) -> Result<void> { return ok(); });
  Result<void> taken = reader.take(&part.chunks.front());
  if (taken.has_value()) taken = reader.finish();
  REQUIRE(taken.has_error());
  CHECK(taken.error().code == Errc::kDiskFull);
}

TEST_CASE("receipts come before all changes, in the same chunks") {
  MemoryPort from;
  TestWorld world(1, 1);
  world.write_any(10);
  fill(from, world);
  Writer writer(from, {}, {world.space()}, {}, 1);
  const Bytes receipt(500, 7);
  CHECK(writer.add_receipt(world.space(), receipt));
  CHECK_FALSE(writer.add_receipt(world.space(), Bytes(kChunkRoom)));
  Bytes chunk = *writer.next().value();
  CHECK_FALSE(writer.next().value());
  chunk.resize(kChunkRoom);
  Unpacker unpacker;
  const std::vector<Item> items = unpacker.take(chunk).value();
  REQUIRE(items.size() == 2);
  CHECK(items[0] == Item{ItemKind::kReceipt, world.space(), receipt});
  CHECK(items[1].kind == ItemKind::kRuns);
}
