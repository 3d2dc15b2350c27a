// SPDX-License-Identifier: Apache-2.0
//
// What somebody who can encrypt to a node may put into a bundle, as one string of bytes for the
// fuzzer and for a plain run over a small corpus. The first byte says which: a head's block, the
// text of a letter, a receipt, contents of chunks, each with its size u16 in front, as a reader
// takes them (size 0: a lost chunk), or contents of slots, with sizes u32. What is taken keeps
// every limit, or the program ends.
#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "net/bundle/annex_reader.h"
#include "net/bundle/bundle_limits.h"
#include "net/bundle/reader.h"
#include "net/bundle/receipt.h"
#include "net/wire/parts_codec.h"
#include "net/wire/run_codec.h"
#include "tests/support/memory_attachments.h"
#include "tests/support/memory_port.h"
#include "tests/support/test_world.h"

namespace cunju::testing {

enum BundleInput : std::uint8_t {
  kHead = 0,
  kLetterText = 1,
  kReceiptItem = 2,
  kChunks = 3,
  kSlots = 4
};

inline const crypto::DhKey& own_key() {
  static const crypto::DhKey key = [] {
    crypto::initialize();
    crypto::SeededRandom random(1);
    return crypto::DhKey::generate(random);
  }();
  return key;
}

inline void open_head(ByteView input) {
  Bytes block = to_bytes(input);
  block.resize(bundle::kBlockBytes);
  Result<bundle::Opener> opener = bundle::Opener::open(own_key(), block);
  if (opener.has_error()) return;
  Result<Bytes> text = opener.value().open_letter(block);
  CUNJU_CHECK(text.has_error() || text.value().size() == bundle::kLetterRoom,
              "a letter fills its head");
}

inline void read_letter(ByteView input) {
  Result<bundle::Letter> letter = bundle::decode_letter(input, own_key().wire(), {});
  CUNJU_CHECK(letter.has_error() || letter.value().spaces.size() <= limits::kMaxLetterSpaces,
              "a letter keeps its limits");
}

inline void read_receipt(ByteView input) {
  const SpaceId space{{1}};
  Result<bundle::Receipt> receipt = bundle::decode_receipt(space, input);
  if (receipt.has_error()) return;
  std::size_t samples = 0;
  for (const auto& [author, log] : receipt.value().logs) samples += log.size();
  CUNJU_CHECK(samples <= limits::kMaxReceiptSamples, "a receipt keeps its limits");
  std::size_t spans = 0;
  for (const bundle::LackedAttachment& each :
       receipt.value().attachments.value_or(std::vector<bundle::LackedAttachment>()))
    spans += each.chunks.size();
  CUNJU_CHECK(spans <= limits::kMaxReceiptChunkSpans &&
                  receipt.value().parts.size() <= limits::kMaxReceiptPartSpans,
              "a receipt keeps its limits");
}

/// Takes nothing but what is that chunk.
struct CheckedChunks final : bundle::ChunkSink {
  Result<void> take(const SpaceId&, const bundle::CarriedChunk& chunk) override {
    CUNJU_CHECK(chunk.path.size() <= limits::kMaxAttachmentTreeDepth &&
                    chunk.bytes.size() <= limits::kAttachmentChunkBytes,
                "a chunk keeps its limits");
    if (!attachment::is_chunk_of(chunk.blob, chunk.index, chunk.bytes, chunk.path))
      return fail(Errc::kTampered, "not that chunk");
    ++count;
    return ok();
  }
  std::size_t count = 0;
};

/// Chunks that were taken.
inline std::size_t read_slots(ByteView input) {
  const SpaceId space{{1}};
  testing::MemoryPort port;
  port.share(space);
  CheckedChunks sink;
  bundle::AnnexReader reader(port, &sink, {space});
  ByteReader in(input);
  while (in.remaining() >= 4) {
    const std::size_t size = in.u32();
    const Bytes content = to_bytes(in.take(std::min(size, in.remaining())));
    CUNJU_CHECK(reader.take(size == 0 ? nullptr : &content).has_value(),
                "what is foreign never ends a reading");
  }
  return sink.count;
}

inline void read_chunks(ByteView input) {
  const SpaceId space{{1}};
  testing::MemoryPort port;
  port.share(space);
  std::size_t receipts = 0;
  bundle::Reader reader(port, {space}, [&](const SpaceId&, ByteView bytes) -> Result<void> {
    CUNJU_CHECK(bytes.size() <= limits::kMaxBundleItemBytes, "an item keeps its limit");
    ++receipts;
    return ok();
  });
  ByteReader in(input);
  while (in.remaining() >= 2) {
    const std::size_t size = in.u16();
    const Bytes content = to_bytes(in.take(std::min<std::size_t>(size, in.remaining())));
    Result<void> taken = reader.take(size == 0 ? nullptr : &content);
    CUNJU_CHECK(taken.has_value(), "what is foreign never ends a reading");
  }
  CUNJU_CHECK(reader.finish().has_value(), "what is foreign never ends a reading");
  CUNJU_CHECK(receipts <= input.size(), "each receipt has bytes of its own");
}

inline void feed_bundle(ByteView input) {
  own_key();
  if (input.empty()) return;
  const ByteView rest = input.subspan(1);
  switch (input[0] % 5) {
    case kHead:
      return open_head(rest);
    case kLetterText:
      return read_letter(rest);
    case kReceiptItem:
      return read_receipt(rest);
    case kChunks:
      return read_chunks(rest);
    default:
      read_slots(rest);
  }
}

/// The same receipt, of a node that lacks this and that.
inline Bytes lacking_receipt(bundle::Receipt receipt, const crypto::SigningKey& node) {
  receipt.attachments = {
      {.blob = {.address = {{1}}, .bytes = 400'000}, .is_wanted = true, .chunks = {{0, 2}, {6, 1}}},
      {.blob = {.address = {{2}}, .bytes = 100}, .chunks = {}}};
  receipt.parts = {{.is_open = false, .span = {{{9}}, {3}, {5, 1}}},
                   {.is_open = true, .span = {{{1}}, {0}, {1}}}};
  return bundle::encode_receipt(receipt, node);
}

/// Slots with chunks of two attachments, parts, and an item of a newer program.
inline Bytes slots_input(const SpaceId& space) {
  MemoryAttachments attachments;
  bundle::Packer packer(bundle::Section::kAnnex);
  std::vector<Bytes> contents;
  auto add = [&](bundle::ItemKind kind, Bytes content) {
    for (Bytes& full : packer.add({kind, space, std::move(content)}))
      contents.push_back(std::move(full));
  };
  const wire::ChangeParts parts{
      .id = {{7}}, .parts = {{.index = 1, .links = {1, 2}, .body = {3}, .body_hash = {}}}};
  add(bundle::ItemKind::kParts, wire::encode_parts(std::span(&parts, 1)));
  add(static_cast<bundle::ItemKind>(9), Bytes(50, 4));
  for (const std::uint64_t bytes : {300u, 70'000u}) {
    const attachment::BlobId blob = attachments.make(bytes, bytes);
    for (std::uint32_t i = 0; i < attachment::chunk_count(bytes); ++i) {
      const sync::ChunkWithPath chunk = *attachments.find_chunk({}, space, blob, i).value();
      add(bundle::ItemKind::kAttachmentChunk,
          bundle::encode_carried_chunk(
              {.blob = blob, .index = i, .path = chunk.path, .bytes = chunk.chunk}));
    }
  }
  contents.push_back(packer.finish());
  Bytes out;
  for (const Bytes& content : contents) {
    put_u32(out, static_cast<std::uint32_t>(content.size()));
    append(out, content);
  }
  return out;
}

/// One honest input of each kind, and a few that are cut, lost or of several pieces.
inline std::vector<Bytes> bundle_corpus() {
  crypto::SeededRandom random(2);
  own_key();
  const crypto::SigningKey node = crypto::SigningKey::generate(random);
  const SpaceId space{{1}};
  const bundle::Letter letter{.id = random.make<bundle::LetterId>(),
                              .bundle = random.make<bundle::BundleId>(),
                              .from = node.node(),
                              .chunks = 3,
                              .spaces = {{.space = space, .changes = 2, .bytes = 900}}};
  auto input = [](BundleInput kind, ByteView content) {
    Bytes out{static_cast<std::uint8_t>(kind)};
    append(out, content);
    return out;
  };
  std::vector<Bytes> out{{}};
  bundle::Sealer sealer = bundle::Sealer::make(own_key().wire(), random).value();
  out.push_back(input(kHead, sealer.seal_head(Bytes(200, 1))));
  out.push_back(input(kLetterText, bundle::encode_letter(letter, node, own_key().wire(), {})));
  const bundle::Receipt receipt{.space = space,
                                .node = node.node(),
                                .to = random.make<NodeKey>(),
                                .number = 4,
                                .answers = {letter.id},
                                .logs = {{AuthorKey{{2}}, {{{3}, {{4}}}, {{0}, {{5}}}}}}};
  const Bytes signed_receipt = bundle::encode_receipt(receipt, node);
  out.push_back(input(kReceiptItem, signed_receipt));

  TestWorld world(6, 2);
  world.write_any(6);
  const std::vector<wire::Run> runs{{world.log(0)}, {world.log(1)}};
  bundle::Packer packer;
  std::vector<Bytes> contents = packer.add({bundle::ItemKind::kReceipt, space, signed_receipt});
  // The space's id is a hash, and what it names is refused; the codec's own corpus has its ways.
  for (Bytes& full :
       packer.add({bundle::ItemKind::kRuns, space, wire::encode_runs(world.space(), runs).value()}))
    contents.push_back(std::move(full));
  for (Bytes& full : packer.add({bundle::ItemKind::kRuns, space, Bytes(150'000, 7)}))
    contents.push_back(std::move(full));
  contents.push_back(packer.finish());
  for (const bool is_lossy : {false, true}) {
    Bytes chunks;
    for (std::size_t i = 0; i < contents.size(); ++i) {
      const bool is_lost = is_lossy && i == 1;
      const std::size_t size = is_lost ? 0 : std::min<std::size_t>(contents[i].size(), UINT16_MAX);
      put_u16(chunks, static_cast<std::uint16_t>(size));
      append(chunks, ByteView(contents[i]).first(size));
    }
    out.push_back(input(kChunks, chunks));
  }
  out.push_back(input(kReceiptItem, lacking_receipt(receipt, node)));
  out.push_back(input(kSlots, slots_input(space)));
  return out;
}

}  // namespace cunju::testing
