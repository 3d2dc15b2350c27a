// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/derivation.h"

#include <sodium.h>

#include "crdt/base/check.h"

namespace cunju::crypto {

template <std::size_t N>
Secret<N> derive_secret(const Secret<32>& key, std::initializer_list<ByteView> parts) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.view().data(), key.view().size(), N);
  for (ByteView part : parts) crypto_generichash_update(&state, part.data(), part.size());
  Secret<N> out;
  crypto_generichash_final(&state, out.mutable_view().data(), N);
  sodium_memzero(&state, sizeof state);
  return out;
}

template Secret<32> derive_secret(const Secret<32>&, std::initializer_list<ByteView>);
template Secret<64> derive_secret(const Secret<32>&, std::initializer_list<ByteView>);

DhKey to_dh(const SigningKey& key) {
  // libsodium reads the seed alone and gives the clamped scalar that Ed25519 signs with.
  const Secret<32> seed = key.seed();
  Secret<32> scalar;
  crypto_sign_ed25519_sk_to_curve25519(scalar.mutable_view().data(), seed.view().data());
  return DhKey::from_secret(scalar);
}

std::optional<std::array<std::uint8_t, 32>> to_dh_public(ByteView ed25519_public) {
  CUNJU_CHECK(ed25519_public.size() == 32, "Ed25519 keys have 32 bytes");
  std::array<std::uint8_t, 32> out{};
  if (crypto_sign_ed25519_pk_to_curve25519(out.data(), ed25519_public.data()) != 0)
    return std::nullopt;
  return out;
}

}  // namespace cunju::crypto
