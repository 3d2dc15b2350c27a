// SPDX-License-Identifier: Apache-2.0
//
// Key material made from key material: keyed hashing into a Secret, and the X25519 form of an
// Ed25519 key pair. Pure; callable from any thread after initialize().
#pragma once

#include <array>
#include <initializer_list>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/crypto/crypto.h"

namespace cunju::crypto {

/// BLAKE2b of N = 32 or 64 bytes, keyed with a secret; what it makes is a secret as well.
template <std::size_t N>
Secret<N> derive_secret(const Secret<32>& key, std::initializer_list<ByteView> parts);

/// The X25519 key of an Ed25519 key pair: the same secret scalar, on the Montgomery form of the
/// same curve. Why one pair may do both: docs/decisions/0009. What exchange() gives must go through
/// derive_secret with a label of its own before anything is keyed with it.
DhKey to_dh(const SigningKey& key);
/// The public half. Empty when `ed25519_public` is no point of the subgroup of large prime order.
std::optional<std::array<std::uint8_t, 32>> to_dh_public(ByteView ed25519_public);

}  // namespace cunju::crypto
