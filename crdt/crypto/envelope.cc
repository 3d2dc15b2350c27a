// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/envelope.h"

#include <string>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/crypto/derivation.h"
#include "crdt/crypto/padding.h"

namespace cunju::crypto {
namespace {

constexpr std::uint8_t kFormat = 1;
constexpr std::size_t kHeaderBytes = 1 + EpochHint::kSize + Salt::kSize + 32;

using Nonce = std::array<std::uint8_t, 12>;
// The message key is made for one sealing, which has these two messages.
constexpr Nonce kLinksNonce{1};
constexpr Nonce kBodyNonce{2};

/// The clear front of the sealed links, and the associated data of both ciphertexts.
struct Header {
  ByteView bytes;
  EpochHint hint;
  ByteView salt;
  ByteView commitment;
};

Bytes encode_place(const Place& place) {
  Bytes out;
  append(out, place.space.view());
  append(out, place.author.view());
  put_u64(out, place.seq.value);
  append(out, place.prev.view());
  put_u16(out, place.part_index);
  put_u16(out, place.scope.value);
  append(out, place.epoch.view());
  return out;
}

PartKey part_key(const EpochKey& key, ByteView place, ByteView salt) {
  return {derive_secret<32>(key.secret, {label("cunju part key 1"), place, salt})};
}

/// 32 bytes of commitment, then the 32 of the message key. The place is hashed here as well, so
/// that who has the part key alone can't be told that the part stands elsewhere.
Secret<64> envelope_keys(const PartKey& key, ByteView place, ByteView salt) {
  return derive_secret<64>(key.secret, {label("cunju envelope 1"), place, salt});
}

Result<Header> read_header(ByteView sealed_links) {
  if (sealed_links.empty()) return fail(Errc::kMalformed, "envelope: size");
  if (sealed_links[0] != kFormat) return fail(Errc::kUnsupported, "envelope: format");
  if (sealed_links.size() < kHeaderBytes + kMinBucketBytes + kTagBytes)
    return fail(Errc::kMalformed, "envelope: size");
  if (sealed_links.size() > limits::kMaxLinksBytes)
    return fail(Errc::kLimit, "envelope: size of links");
  ByteReader reader(sealed_links.first(kHeaderBytes));
  reader.u8();
  const EpochHint hint{reader.array<EpochHint::kSize>()};
  const ByteView salt = reader.take(Salt::kSize);
  return Header{.bytes = sealed_links.first(kHeaderBytes),
                .hint = hint,
                .salt = salt,
                .commitment = reader.take(32)};
}

/// The keys, after the header has been found to be of this key and this place. Nothing is decrypted
/// before: that is what refuses a ciphertext made to open under two keys.
Result<Secret<64>> check_commitment(const PartKey& key, const Place& place, const Header& header) {
  if (header.hint != epoch_hint(place.epoch))
    return fail(Errc::kTampered, "envelope: header: another epoch");
  Secret<64> keys = envelope_keys(key, encode_place(place), header.salt);
  if (!equal_secret(keys.view().first(32), header.commitment))
    return fail(Errc::kTampered, "envelope: commitment: another key, salt or place");
  return keys;
}

Bytes seal_padded(const Secret<64>& keys, const Nonce& nonce, ByteView header, ByteView plaintext) {
  Bytes padded = pad(plaintext);
  Bytes out = aead_seal(keys.view().last(32), nonce, header, padded);
  wipe(padded);
  return out;
}

Result<Bytes> open_padded(const Secret<64>& keys, const Nonce& nonce, ByteView header,
                          ByteView sealed) {
  if (sealed.size() < kMinBucketBytes + kTagBytes ||
      bucket_size(sealed.size() - kTagBytes) != sealed.size() - kTagBytes)
    return fail(Errc::kTampered, "envelope: size: not a bucket's");
  std::optional<Bytes> opened = aead_open(keys.view().last(32), nonce, header, sealed);
  if (!opened) return fail(Errc::kTampered, "envelope: ciphertext");
  const std::optional<std::size_t> size = unpadded_size(*opened);
  if (!size) return fail(Errc::kTampered, "envelope: padding");
  opened->resize(*size);
  return std::move(*opened);
}

}  // namespace

EpochHint epoch_hint(const EpochId& epoch) {
  return *EpochHint::from(epoch.view().first(EpochHint::kSize));
}

Result<SealedPart> seal_part(const EpochKey& key, const Place& place,
                             const PartPlaintext& plaintext, RandomSource& random) {
  CUNJU_CHECK(place.scope != kOpenScope, "the open scope has no key");
  CUNJU_CHECK(!place.space.is_zero(), "a founding change has no epochs");
  const Bytes where = encode_place(place);
  const Salt salt = random.make<Salt>();
  const Secret<64> keys = envelope_keys(part_key(key, where, salt.view()), where, salt.view());

  Bytes header;
  put_u8(header, kFormat);
  append(header, epoch_hint(place.epoch).view());
  append(header, salt.view());
  append(header, keys.view().first(32));
  SealedPart out{.links = header, .body = seal_padded(keys, kBodyNonce, header, plaintext.body)};
  append(out.links, seal_padded(keys, kLinksNonce, header, plaintext.links));
  if (out.links.size() > limits::kMaxLinksBytes)
    return fail(Errc::kLimit, "envelope: size of links");
  if (out.body.size() > limits::kMaxBodyBytes) return fail(Errc::kLimit, "envelope: size of body");
  return out;
}

Result<EpochHint> read_epoch_hint(ByteView sealed_links) {
  CUNJU_TRY(const Header header, read_header(sealed_links));
  return header.hint;
}

Result<PartKey> derive_part_key(const EpochKey& key, const Place& place, ByteView sealed_links) {
  CUNJU_TRY(const Header header, read_header(sealed_links));
  PartKey out = part_key(key, encode_place(place), header.salt);
  CUNJU_TRYV(check_commitment(out, place, header));
  return out;
}

Result<Bytes> open_links(const PartKey& key, const Place& place, ByteView sealed_links) {
  CUNJU_TRY(const Header header, read_header(sealed_links));
  CUNJU_TRY(const Secret<64> keys, check_commitment(key, place, header));
  return open_padded(keys, kLinksNonce, header.bytes, sealed_links.subspan(kHeaderBytes));
}

Result<Bytes> open_body(const PartKey& key, const Place& place, ByteView sealed_links,
                        ByteView sealed_body) {
  CUNJU_TRY(const Header header, read_header(sealed_links));
  if (sealed_body.size() > limits::kMaxBodyBytes)
    return fail(Errc::kLimit, "envelope: size of body");
  CUNJU_TRY(const Secret<64> keys, check_commitment(key, place, header));
  return open_padded(keys, kBodyNonce, header.bytes, sealed_body);
}

}  // namespace cunju::crypto
