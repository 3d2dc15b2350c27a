// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/epoch_key.h"

#include "crdt/base/check.h"
#include "crdt/crypto/derivation.h"

namespace cunju::crypto {
namespace {

constexpr std::uint8_t kFormat = 1;
/// Format, ephemeral key and commitment: clear, and the associated data of what follows.
constexpr std::size_t kHeaderBytes = 1 + 32 + 32;
/// A key made from a fresh ephemeral key encrypts one message. If a broken generator repeats the
/// ephemeral key, the same context has the same plaintext, since its epoch id commits to it.
constexpr std::array<std::uint8_t, 12> kNonce{};

std::array<std::uint8_t, 2> scope_bytes(Scope scope) {
  return {static_cast<std::uint8_t>(scope.value), static_cast<std::uint8_t>(scope.value >> 8)};
}

/// 32 bytes of commitment, then the 32 of the message key. The ephemeral key is hashed as it is
/// spelled, because X25519 ignores its highest bit.
Secret<64> wrap_keys(const Secret<32>& shared, const WrapContext& context, ByteView ephemeral) {
  return derive_secret<64>(
      shared, {label("cunju wrap 1"), context.space.view(), scope_bytes(context.scope),
               context.epoch.view(), context.recipient.view(), context.sender.view(), ephemeral});
}

}  // namespace

EpochKey EpochKey::generate(RandomSource& random) {
  EpochKey key;
  random.fill(key.secret.mutable_view());
  return key;
}

EpochId epoch_id(const EpochKey& key, const SpaceId& space, Scope scope) {
  return EpochId{
      keyed_hash(key.secret.view(), {label("cunju epoch id 1"), space.view(), scope_bytes(scope)})
          .value};
}

Result<Bytes> wrap_epoch_key(const EpochKey& key, const WrapContext& context,
                             RandomSource& random) {
  CUNJU_CHECK(epoch_id(key, context.space, context.scope) == context.epoch,
              "an epoch's id is made from its key");
  const auto recipient = to_dh_public(context.recipient.view());
  if (!recipient) return fail(Errc::kMalformed, "wrap: the recipient's key is no usable key");
  const DhKey ephemeral = DhKey::generate(random);
  const std::optional<Secret<32>> shared = ephemeral.exchange(*recipient);
  if (!shared) return fail(Errc::kMalformed, "wrap: the recipient's key shares no secret");

  const Secret<64> keys = wrap_keys(*shared, context, ephemeral.public_key());
  Bytes out;
  put_u8(out, kFormat);
  append(out, ephemeral.public_key());
  append(out, keys.view().first(32));
  append(out, aead_seal(keys.view().last(32), kNonce, out, key.secret.view()));
  return out;
}

Result<EpochKey> unwrap_epoch_key(const SigningKey& recipient, const WrapContext& context,
                                  ByteView wrap) {
  CUNJU_CHECK(recipient.author() == context.recipient, "a wrap is opened by its recipient");
  if (wrap.empty()) return fail(Errc::kMalformed, "wrap: size");
  if (wrap[0] != kFormat) return fail(Errc::kUnsupported, "wrap: format");
  if (wrap.size() != kWrapBytes) return fail(Errc::kMalformed, "wrap: size");
  const ByteView header = wrap.first(kHeaderBytes);
  const ByteView ephemeral = header.subspan(1, 32);

  // A low-order point would make the shared secret one that everybody knows.
  const std::optional<Secret<32>> shared = to_dh(recipient).exchange(ephemeral);
  if (!shared) return fail(Errc::kTampered, "wrap: the ephemeral key shares no secret");
  const Secret<64> keys = wrap_keys(*shared, context, ephemeral);
  if (!equal_secret(keys.view().first(32), header.last(32)))
    return fail(Errc::kTampered, "wrap: commitment: another recipient, sender, epoch or scope");
  std::optional<Bytes> opened =
      aead_open(keys.view().last(32), kNonce, header, wrap.subspan(kHeaderBytes));
  if (!opened) return fail(Errc::kTampered, "wrap: ciphertext");
  EpochKey key{Secret<32>(*opened)};
  wipe(*opened);
  if (epoch_id(key, context.space, context.scope) != context.epoch)
    return fail(Errc::kTampered, "wrap: epoch id: the sender wrapped another key");
  return key;
}

}  // namespace cunju::crypto
