// SPDX-License-Identifier: Apache-2.0
// What a bundle carries besides changes: written into slots over sticks of any size, read with
// losses, lies and items of newer programs.
#include "net/bundle/annex.h"

#include <catch2/catch.hpp>

#include "net/bundle/annex_reader.h"
#include "net/bundle/annex_writer.h"
#include "net/bundle/bundle_limits.h"
#include "tests/support/memory_attachments.h"
#include "tests/support/memory_port.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace cunju::bundle;
using attachment::BlobId;
using cunju::testing::MemoryAttachments;
using cunju::testing::MemoryPort;

namespace {

constexpr SpaceId kSpace{{1}};

CarriedChunk chunk_of(MemoryAttachments& from, const BlobId& blob, std::uint32_t index) {
  const sync::ChunkWithPath found = from.find_chunk({}, kSpace, blob, index).value().value();
  return {.blob = blob, .index = index, .path = found.path, .bytes = found.chunk};
}

/// Keeps what is that chunk, and counts how often it came.
struct Kept final : ChunkSink {
  Result<void> take(const SpaceId&, const CarriedChunk& chunk) override {
    if (!attachment::is_chunk_of(chunk.blob, chunk.index, chunk.bytes, chunk.path))
      return fail(Errc::kTampered, "not that chunk");
    if (next_error) return *std::exchange(next_error, std::nullopt);
    ++chunks[{chunk.blob, chunk.index}];
    return ok();
  }
  bool has(const BlobId& blob) const {
    for (std::uint32_t i = 0; i < attachment::chunk_count(blob.bytes); ++i)
      if (!chunks.contains({blob, i})) return false;
    return true;
  }
  std::map<std::pair<BlobId, std::uint32_t>, int> chunks;
  std::optional<Error> next_error;
};

std::vector<AnnexTask> tasks_of(const std::vector<BlobId>& blobs) {
  std::vector<AnnexTask> out;
  for (const BlobId& blob : std::set<BlobId>(blobs.begin(), blobs.end()))
    out.push_back({.space = kSpace, .what = LackedAttachment{.blob = blob, .chunks = {}}});
  return out;
}

std::vector<Bytes> slots_of(AnnexWriter& writer) {
  std::vector<Bytes> out;
  for (;;) {
    std::optional<Bytes> content = writer.next().value();
    if (!content) return out;
    CHECK(content->size() <= kSlotRoom);
    content->resize(kSlotRoom);
    out.push_back(*std::move(content));
  }
}

}  // namespace

TEST_CASE("a chunk comes back from its bytes as it was, and its size is known before") {
  MemoryAttachments attachments;
  for (const std::uint64_t bytes : {16u, 17u, 65'535u, 65'536u, 65'537u, 300'000u, 5'000'000u}) {
    CAPTURE(bytes);
    const BlobId blob = attachments.make(bytes, bytes);
    for (std::uint32_t i = 0; i < attachment::chunk_count(bytes); ++i) {
      const CarriedChunk chunk = chunk_of(attachments, blob, i);
      const Bytes encoded = encode_carried_chunk(chunk);
      CHECK(encoded.size() == carried_bytes(blob, i));
      CHECK(decode_carried_chunk(encoded).value() == chunk);
    }
  }
  const BlobId largest{.address = {}, .bytes = limits::kMaxAttachmentBytes};
  CHECK(kPieceHeadBytes + carried_bytes(largest, 0) <= kSlotRoom);
}

TEST_CASE("the bytes of a chunk in an annex are those of version 1") {
  MemoryAttachments attachments;
  const BlobId blob = attachments.make(65'540, 7);
  const Bytes encoded = encode_carried_chunk(chunk_of(attachments, blob, 1));
  CHECK(to_hex(encoded) == to_hex(blob.address.view()) +
                               "0400010000000000"  // 65,540 stored bytes
                               "01000000"
                               "01" +  // the second chunk, one hash beside its way
                               to_hex(chunk_of(attachments, blob, 1).path.at(0).view()) +
                               to_hex(chunk_of(attachments, blob, 1).bytes));
}

TEST_CASE("a chunk with another spelling is refused") {
  MemoryAttachments attachments;
  const BlobId blob = attachments.make(65'540, 7);
  const Bytes good = encode_carried_chunk(chunk_of(attachments, blob, 1));
  for (std::size_t size = 0; size < good.size(); ++size)
    CHECK(decode_carried_chunk(ByteView(good).first(size)).has_error());
  auto with = [&](std::size_t at, std::uint8_t byte) {
    Bytes out = good;
    out[at] = byte;
    return decode_carried_chunk(out).has_error() ? decode_carried_chunk(out).error().context
                                                 : std::string("taken");
  };
  CHECK(with(40, 2) == "bundle: place of a chunk of an attachment");
  CHECK(with(39, 9) == "bundle: place of a chunk of an attachment");
  CHECK(with(44, 200) == "kMaxAttachmentTreeDepth");
  CHECK(with(44, 0) == "bundle: bytes of a chunk of an attachment");
}

TEST_CASE("attachments of any size go over sticks of any size, each chunk once") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom random(seed);
    std::array<std::uint8_t, 16> dice{};
    random.fill(dice);
    MemoryAttachments attachments;
    MemoryPort port;
    std::vector<BlobId> blobs;
    for (std::uint64_t i = 0; i < 6; ++i)
      blobs.push_back(attachments.make(20 + dice[i] * (i % 2 == 0 ? 31u : 1'500u), seed * 10 + i));
    const std::vector<AnnexTask> tasks = tasks_of(blobs);
    Kept kept;
    std::optional<AnnexPlace> place;
    std::uint64_t bytes = 0;
    for (std::size_t stick = 0;; ++stick) {
      REQUIRE(stick < 200);
      const std::size_t room = 1 + dice[stick % 16] % 4u;
      const AnnexOptions options{.max_slots = room, .from = place, .listed = {}};
      AnnexOptions dry = options;
      dry.is_dry_run = true;
      AnnexWriter writer(port, &attachments, {}, tasks, options),
          counter(port, nullptr, {}, tasks, dry);
      const std::vector<Bytes> slots = slots_of(writer);
      CHECK(slots.size() <= room);
      CHECK(slots_of(counter).size() == slots.size());
      CHECK(counter.place() == writer.place());
      AnnexReader reader(port, &kept, {kSpace});
      for (const Bytes& slot : slots) REQUIRE(reader.take(&slot).has_value());
      for (const auto& [space, content] : writer.contents()) bytes += content.attachment_bytes;
      place = writer.place();
      if (writer.is_last()) break;
    }
    std::uint64_t expected = 0;
    for (const BlobId& blob : blobs) {
      CHECK(kept.has(blob));
      expected += blob.bytes;
    }
    CHECK(bytes == expected);
    for (const auto& [chunk, times] : kept.chunks) CHECK(times == 1);
  }
}

TEST_CASE("only the chunks that a node says to lack are written") {
  MemoryAttachments attachments;
  MemoryPort port;
  const BlobId blob = attachments.make(10 * 65'536 + 5, 1);
  const std::vector<AnnexTask> tasks{
      {.space = kSpace,
       .what = LackedAttachment{.blob = blob, .chunks = {{.first = 2, .count = 3}, {10, 1}}}}};
  AnnexWriter writer(port, &attachments, {}, tasks, {.max_slots = 100, .from = {}, .listed = {}});
  Kept kept;
  AnnexReader reader(port, &kept, {kSpace});
  for (const Bytes& slot : slots_of(writer)) REQUIRE(reader.take(&slot).has_value());
  std::vector<std::uint32_t> came;
  for (const auto& [chunk, times] : kept.chunks) came.push_back(chunk.second);
  CHECK(came == std::vector<std::uint32_t>{2, 3, 4, 10});
  CHECK(writer.contents().at(kSpace).attachments == 1);
}

TEST_CASE("a lost slot loses the chunks in it and no others") {
  MemoryAttachments attachments;
  MemoryPort port;
  const std::vector<BlobId> blobs{attachments.make(5 * 65'536, 1), attachments.make(400, 2),
                                  attachments.make(500, 3)};
  const std::vector<AnnexTask> tasks = tasks_of(blobs);
  AnnexWriter writer(port, &attachments, {}, tasks, {.max_slots = 100, .from = {}, .listed = {}});
  const std::vector<Bytes> slots = slots_of(writer);
  CHECK(slots.size() <= 7);
  std::size_t all = 0;
  for (std::size_t lost = 0; lost < slots.size(); ++lost) {
    Kept kept, only;
    AnnexReader reader(port, &kept, {kSpace}), single(port, &only, {kSpace});
    for (std::size_t i = 0; i < slots.size(); ++i)
      REQUIRE(reader.take(i == lost ? nullptr : &slots[i]).has_value());
    REQUIRE(single.take(&slots[lost]).has_value());
    CHECK(reader.taken().damaged_slots == 1);
    CHECK(kept.chunks.size() + only.chunks.size() == 7);
    all += only.chunks.size();
  }
  CHECK(all == 7);
}

TEST_CASE("what is not that chunk is refused, and an item of a newer program is passed over") {
  MemoryAttachments attachments;
  MemoryPort port;
  const BlobId blob = attachments.make(100'000, 1);
  CarriedChunk lie = chunk_of(attachments, blob, 0);
  lie.bytes[5] ^= 1;
  Packer packer(Section::kAnnex);
  auto add = [&](std::uint8_t kind, const SpaceId& space, const Bytes& content) {
    CHECK(packer.add({static_cast<ItemKind>(kind), space, content}).size() <= 1);
  };
  add(9, kSpace, Bytes(300, 7));
  add(3, kSpace, Bytes(300, 7));
  add(4, kSpace, Bytes(300, 7));
  add(3, {{2}}, encode_carried_chunk(chunk_of(attachments, blob, 1)));
  Kept kept;
  AnnexReader reader(port, &kept, {kSpace});
  Bytes slot = packer.finish();
  REQUIRE(reader.take(&slot).has_value());
  CHECK(reader.taken().unknown_items == 1);
  CHECK(reader.taken().refused_items == 2);
  CHECK(kept.chunks.empty());  // The chunk was of a space that is not shared.
  add(3, kSpace, encode_carried_chunk(lie));
  slot = packer.finish();
  REQUIRE(reader.take(&slot).has_value());
  CHECK(reader.taken().refused_items == 3);
  // Items of chunks have no place here, nor these there.
  CHECK(Unpacker(Section::kChunks).take(slot).has_error());
  add(1, kSpace, Bytes(10, 1));
  slot = packer.finish();
  REQUIRE(reader.take(&slot).has_value());
  CHECK(reader.taken().damaged_slots == 1);
}

TEST_CASE("a disk that is full ends the reading of an annex, and is not the writer's fault") {
  MemoryAttachments attachments;
  MemoryPort port;
  const std::vector<AnnexTask> tasks = tasks_of({attachments.make(100, 1)});
  AnnexWriter writer(port, &attachments, {}, tasks, {.max_slots = 100, .from = {}, .listed = {}});
  const std::vector<Bytes> slots = slots_of(writer);
  Kept kept;
  kept.next_error = Error{Errc::kDiskFull, "blobs"};
  AnnexReader reader(port, &kept, {kSpace});
  CHECK(reader.take(&slots.at(0)).error().code == Errc::kDiskFull);
  CHECK(reader.taken().refused_items == 0);
}

TEST_CASE("an attachment that is not to be had is said and costs the others nothing") {
  MemoryAttachments attachments, empty;
  MemoryPort port;
  const BlobId gone = empty.make(200'000, 1), there = attachments.make(200'000, 2);
  const std::vector<AnnexTask> tasks = tasks_of({gone, there});
  AnnexWriter writer(port, &attachments, {}, tasks, {.max_slots = 100, .from = {}, .listed = {}});
  Kept kept;
  AnnexReader reader(port, &kept, {kSpace});
  for (const Bytes& slot : slots_of(writer)) REQUIRE(reader.take(&slot).has_value());
  CHECK(kept.has(there));
  CHECK(writer.unreadable() == std::set<BlobId>{gone});
  CHECK(writer.is_last());
}

TEST_CASE("an annex lists no more spaces than a letter may") {
  MemoryAttachments attachments;
  MemoryPort port;
  AnnexOptions options{.max_slots = 100, .from = {}, .listed = {}};
  for (std::size_t i = 0; i < limits::kMaxLetterSpaces; ++i)
    options.listed.insert({{2, static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}});
  const std::vector<AnnexTask> tasks = tasks_of({attachments.make(100, 1)});
  AnnexWriter writer(port, &attachments, {}, tasks, options);
  CHECK(slots_of(writer).empty());
  CHECK_FALSE(writer.is_last());
}
