// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/annex.h"

#include "crdt/attachment/attachment_limits.h"
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"

namespace cunju::bundle {
namespace {

constexpr std::size_t kChunkHeadBytes = 32 + 8 + 4 + 1;
static_assert(kPieceHeadBytes + kChunkHeadBytes + limits::kMaxAttachmentTreeDepth * Hash::kSize +
                      limits::kAttachmentChunkBytes <=
                  kSlotRoom,
              "a slot has room for the longest chunk");

/// How many hashes stand beside its way to the root.
std::size_t path_length(std::uint64_t stored_bytes, std::uint32_t index) {
  std::size_t out = 0, at = index;
  for (std::size_t width = attachment::chunk_count(stored_bytes); width > 1;
       width = (width + 1) / 2, at /= 2)
    if ((at ^ 1) < width) ++out;
  return out;
}

}  // namespace

Bytes encode_carried_chunk(const CarriedChunk& chunk) {
  CUNJU_CHECK(chunk.path.size() <= limits::kMaxAttachmentTreeDepth,
              "a path has as many hashes as its tree has levels");
  Bytes out = to_bytes(chunk.blob.address.view());
  put_u64(out, chunk.blob.bytes);
  put_u32(out, chunk.index);
  put_u8(out, static_cast<std::uint8_t>(chunk.path.size()));
  for (const Hash& hash : chunk.path) append(out, hash.view());
  append(out, chunk.bytes);
  return out;
}

Result<CarriedChunk> decode_carried_chunk(ByteView bytes) {
  ByteReader in(bytes);
  CarriedChunk out;
  out.blob.address = {in.array<32>()};
  out.blob.bytes = in.u64();
  out.index = in.u32();
  const std::size_t hashes = in.u8();
  if (!in.ok() || !attachment::is_possible_size(out.blob.bytes) ||
      out.index >= attachment::chunk_count(out.blob.bytes))
    return fail(Errc::kMalformed, "bundle: place of a chunk of an attachment");
  if (hashes > limits::kMaxAttachmentTreeDepth)
    return fail(Errc::kLimit, "kMaxAttachmentTreeDepth");
  for (std::size_t i = 0; i < hashes; ++i) out.path.push_back({in.array<32>()});
  out.bytes = to_bytes(in.take(in.remaining()));
  if (!in.ok() || out.bytes.size() != attachment::chunk_bytes(out.blob.bytes, out.index))
    return fail(Errc::kMalformed, "bundle: bytes of a chunk of an attachment");
  return out;
}

std::size_t carried_bytes(const attachment::BlobId& blob, std::uint32_t index) {
  return kChunkHeadBytes + path_length(blob.bytes, index) * Hash::kSize +
         attachment::chunk_bytes(blob.bytes, index);
}

AnnexPlace place_of(const AnnexTask& task) {
  AnnexPlace out{.kind = AnnexKind::kAttachment, .space = task.space, .key = {}, .position = 0};
  if (const auto* span = std::get_if<LackedSpan>(&task.what)) {
    out.kind = span->is_open ? AnnexKind::kOpenParts : AnnexKind::kOtherParts;
    out.key = {span->span.author.value};
    out.position = span->span.first.value;
  } else {
    out.key = {std::get<LackedAttachment>(task.what).blob.address.value};
  }
  return out;
}

Hash hash_of_tasks_before(std::span<const AnnexTask> tasks, const AnnexPlace& place) {
  Bytes out;
  for (const AnnexTask& task : tasks) {
    const AnnexPlace begin = place_of(task);
    AnnexPlace same = begin;
    same.position = place.position;
    if (same >= place) break;
    put_u8(out, static_cast<std::uint8_t>(begin.kind));
    append(out, begin.space.view());
    append(out, begin.key.view());
    put_u64(out, begin.position);
    if (const auto* span = std::get_if<LackedSpan>(&task.what)) {
      put_u32(out, static_cast<std::uint32_t>(span->span.bits.size()));
      append(out, span->span.bits);
    } else {
      const auto& chunks = std::get<LackedAttachment>(task.what).chunks;
      put_u32(out, static_cast<std::uint32_t>(chunks.size()));
      for (const ChunkSpan& each : chunks) {
        put_u32(out, each.first);
        put_u32(out, each.count);
      }
    }
  }
  return crypto::hash({crypto::label("cunju annex 1"), out});
}

}  // namespace cunju::bundle
