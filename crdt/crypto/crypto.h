// SPDX-License-Identifier: Apache-2.0
//
// The only door to libsodium: hashing, Ed25519, X25519, AEAD, Argon2id, and Secret, the one type
// that holds key material. All functions are pure except system_random. Callable from any thread
// after initialize().
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"

namespace cunju::crypto {

/// Must run once before anything else here; ends the program if libsodium can't start.
void initialize();

/// Key material of N bytes. Zeroed when destroyed or moved from; compares in constant time; has
/// no way to a log line.
template <std::size_t N>
class Secret {
 public:
  Secret() = default;
  explicit Secret(ByteView bytes);
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  /// A deliberate copy, so that copies are easy to find.
  Secret clone() const { return Secret(view()); }
  ByteView view() const { return {value_.data(), N}; }
  std::span<std::uint8_t> mutable_view() { return {value_.data(), N}; }
  friend bool operator==(const Secret& a, const Secret& b) { return a.equals(b); }

 private:
  bool equals(const Secret& other) const;
  std::array<std::uint8_t, N> value_{};
};

/// Zeroes a buffer in a way the compiler keeps.
void wipe(std::span<std::uint8_t> bytes);

/// Source of random bytes; passed in wherever randomness is needed, so tests can seed it.
class RandomSource {
 public:
  virtual ~RandomSource() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  template <class Id>
  Id make() {
    Id id;
    fill(id.value);
    return id;
  }
};

/// The operating system's generator.
RandomSource& system_random();

/// A deterministic stream from a 64-bit seed, for tests and simulations only.
class SeededRandom final : public RandomSource {
 public:
  explicit SeededRandom(std::uint64_t seed) : seed_(seed) {}
  void fill(std::span<std::uint8_t> out) override;

 private:
  std::uint64_t seed_;
  std::uint64_t counter_ = 0;
};

/// `text` zero-padded to 16 bytes: the domain separation label of a signed or hashed kind.
/// Text longer than 16 bytes is a programmer error.
std::array<std::uint8_t, 16> label(std::string_view text);

/// Incremental BLAKE2b-256.
class Hasher {
 public:
  Hasher();
  explicit Hasher(std::string_view label_text);
  Hasher& add(ByteView bytes);
  Hash finish();

 private:
  alignas(64) std::array<std::uint8_t, 384> state_;
};

/// BLAKE2b-256 of the concatenation.
Hash hash(std::initializer_list<ByteView> parts);
/// BLAKE2b-256 keyed with 16 to 64 bytes.
Hash keyed_hash(ByteView key, std::initializer_list<ByteView> parts);
/// BLAKE2b-512 of the concatenation (Noise).
std::array<std::uint8_t, 64> hash512(std::initializer_list<ByteView> parts);
/// HMAC (RFC 2104) over BLAKE2b-512 with its 128-byte block (Noise section 4.3).
std::array<std::uint8_t, 64> hmac512(ByteView key, std::initializer_list<ByteView> parts);

/// An Ed25519 key pair.
class SigningKey {
 public:
  /// From a 32-byte seed.
  static SigningKey from_seed(const Secret<32>& seed);
  static SigningKey generate(RandomSource& random);

  const std::array<std::uint8_t, 32>& public_key() const { return public_key_; }
  AuthorKey author() const { return AuthorKey{public_key_}; }
  NodeKey node() const { return NodeKey{public_key_}; }
  Secret<32> seed() const;
  /// Ed25519 over label(label_text) || parts.
  Signature sign(std::string_view label_text, std::initializer_list<ByteView> parts) const;

 private:
  std::array<std::uint8_t, 32> public_key_{};
  Secret<64> secret_;
};

/// Verifies what SigningKey::sign made.
bool verify(ByteView public_key, std::string_view label_text, std::initializer_list<ByteView> parts,
            const Signature& signature);

/// An X25519 key pair.
class DhKey {
 public:
  static DhKey from_secret(const Secret<32>& secret);
  static DhKey generate(RandomSource& random);

  const std::array<std::uint8_t, 32>& public_key() const { return public_key_; }
  WireKey wire() const { return WireKey{public_key_}; }
  const Secret<32>& secret() const { return secret_; }
  DhKey clone() const { return from_secret(secret_); }
  /// X25519 with a peer's key; empty when the result is all zero (a low-order point).
  std::optional<Secret<32>> exchange(ByteView peer_public) const;

 private:
  std::array<std::uint8_t, 32> public_key_{};
  Secret<32> secret_;
};

inline constexpr std::size_t kTagBytes = 16;

/// ChaCha20-Poly1305 (RFC 8439) with a 12-byte nonce; output is ciphertext || tag.
Bytes aead_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plaintext);
/// Empty when the tag does not verify.
std::optional<Bytes> aead_open(ByteView key, ByteView nonce, ByteView associated, ByteView sealed);
/// What seal() adds: nonce and tag.
inline constexpr std::size_t kSealBytes = 24 + kTagBytes;
/// XChaCha20-Poly1305 with a fresh random 24-byte nonce in front of ciphertext || tag.
Bytes seal(const Secret<32>& key, ByteView associated, ByteView plaintext, RandomSource& random);
std::optional<Bytes> open(const Secret<32>& key, ByteView associated, ByteView sealed);
/// The same for who opens many values: into `out`, whose memory is used again. False: the tag does
/// not verify, and `out` is empty.
bool open_into(const Secret<32>& key, ByteView associated, ByteView sealed, Bytes& out);
/// Appends to `out` what seal() gives.
void seal_into(const Secret<32>& key, ByteView associated, ByteView plaintext, RandomSource& random,
               Bytes& out);

struct Argon2Cost {
  std::uint64_t operations = 0;    ///< Passes, at least 1.
  std::uint64_t memory_bytes = 0;  ///< At least 8 KiB.
  friend bool operator==(const Argon2Cost&, const Argon2Cost&) = default;
};
/// 64 MiB and two passes: about 0.1 s on a cheap laptop.
Argon2Cost interactive_cost();
/// Argon2id. Errors: kLimit when the cost is out of [1 pass, 8 KiB] to [16 passes, 1 GiB];
/// kIo when memory runs out.
Result<Secret<32>> stretch_passphrase(ByteView passphrase, const Salt& salt, Argon2Cost cost);

/// Constant time; false for different lengths.
bool equal_secret(ByteView a, ByteView b);

}  // namespace cunju::crypto
