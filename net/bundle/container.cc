// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/container.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/crypto/derivation.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::bundle {
namespace {

constexpr std::string_view kMagic = "CUNJUBDL";
constexpr std::uint8_t kFormat = 1;
constexpr std::uint32_t kHeadPlace = 0;

Bytes nonce_of(std::uint32_t place) {
  Bytes out;
  put_u32(out, place);
  put_u64(out, 0);
  return out;
}

/// 32 bytes of commitment, then the 32 of the key.
crypto::Secret<64> file_keys(const crypto::Secret<32>& shared, const WireKey& recipient,
                             const EphemeralKey& ephemeral) {
  return crypto::derive_secret<64>(
      shared, {crypto::label("cunju bundle 1"), recipient.view(), ephemeral.view()});
}

Bytes padded(ByteView content, std::size_t room) {
  CUNJU_CHECK(content.size() <= room, "the packer knows the room");
  Bytes out(room);
  std::ranges::copy(content, out.begin());
  return out;
}

}  // namespace

Result<Sealer> Sealer::make(const WireKey& recipient, crypto::RandomSource& random) {
  const crypto::DhKey ephemeral = crypto::DhKey::generate(random);
  const std::optional<crypto::Secret<32>> shared = ephemeral.exchange(recipient.view());
  if (!shared) return fail(Errc::kMalformed, "bundle: the recipient's key shares no secret");
  Sealer out;
  out.ephemeral_ = {ephemeral.public_key()};
  const crypto::Secret<64> keys = file_keys(*shared, recipient, out.ephemeral_);
  append(out.clear_, as_bytes(kMagic));
  put_u8(out.clear_, kFormat);
  append(out.clear_, out.ephemeral_.view());
  append(out.clear_, keys.view().first(32));
  out.key_ = crypto::Secret<32>(keys.view().last(32));
  return out;
}

Bytes Sealer::seal_next(ByteView content, std::size_t room) {
  CUNJU_CHECK(places_ < limits::kMaxBundleBlocks, "the writer ends a file before it is too long");
  ++places_;
  return crypto::aead_seal(key_.view(), nonce_of(places_), clear_, padded(content, room));
}

Bytes Sealer::seal_chunk(ByteView content) {
  CUNJU_CHECK(!has_slots_, "chunks come before the annex");
  return seal_next(content, kChunkRoom);
}

Bytes Sealer::seal_slot(ByteView content) {
  has_slots_ = true;
  return seal_next(content, kSlotRoom);
}

Bytes Sealer::seal_head(ByteView letter) {
  CUNJU_CHECK(!std::exchange(has_head_, true), "a second letter would repeat a nonce");
  Bytes out = clear_;
  append(out,
         crypto::aead_seal(key_.view(), nonce_of(kHeadPlace), clear_, padded(letter, kLetterRoom)));
  return out;
}

Result<Opener> Opener::open(const crypto::DhKey& recipient, ByteView head) {
  if (head.size() != kBlockBytes) return fail(Errc::kMalformed, "bundle: size of a head");
  ByteReader in(head);
  if (!equal(in.take(kMagic.size()), as_bytes(kMagic)))
    return fail(Errc::kMalformed, "bundle: not the head of one");
  if (in.u8() != kFormat) return fail(Errc::kUnsupported, "bundle: format");
  Opener out;
  out.ephemeral_ = {in.array<32>()};
  const ByteView commitment = in.take(32);
  out.clear_ = to_bytes(head.first(kHeadClearBytes));
  const std::optional<crypto::Secret<32>> shared = recipient.exchange(out.ephemeral_.view());
  if (!shared) return fail(Errc::kTampered, "bundle: the ephemeral key shares no secret");
  const crypto::Secret<64> keys = file_keys(*shared, recipient.wire(), out.ephemeral_);
  if (!crypto::equal_secret(keys.view().first(32), commitment))
    return fail(Errc::kTampered, "bundle: commitment");
  out.key_ = crypto::Secret<32>(keys.view().last(32));
  return out;
}

Result<Bytes> Opener::open_letter(ByteView head) const {
  if (head.size() != kBlockBytes || !equal(head.first(kHeadClearBytes), clear_))
    return fail(Errc::kMalformed, "bundle: another head");
  std::optional<Bytes> out =
      crypto::aead_open(key_.view(), nonce_of(kHeadPlace), clear_, head.subspan(kHeadClearBytes));
  if (!out) return fail(Errc::kTampered, "bundle: letter");
  return *std::move(out);
}

Result<Bytes> Opener::open_chunk(std::uint32_t place, ByteView block) const {
  return open_sealed(place, block, kBlockBytes);
}

Result<Bytes> Opener::open_slot(std::uint32_t place, ByteView slot) const {
  return open_sealed(place, slot, kSlotBytes);
}

Result<Bytes> Opener::open_sealed(std::uint32_t place, ByteView sealed, std::size_t bytes) const {
  if (place == kHeadPlace || sealed.size() != bytes)
    return fail(Errc::kMalformed, "bundle: size of a chunk");
  std::optional<Bytes> out = crypto::aead_open(key_.view(), nonce_of(place), clear_, sealed);
  if (!out) return fail(Errc::kTampered, "bundle: chunk " + std::to_string(place));
  return *std::move(out);
}

}  // namespace cunju::bundle
