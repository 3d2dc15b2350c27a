// SPDX-License-Identifier: Apache-2.0
#include "crdt/crypto/crypto.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>

#include "crdt/base/check.h"

namespace cunju::crypto {
namespace {

static_assert(sizeof(crypto_generichash_state) <= 384);
static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == kTagBytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == kTagBytes);

constexpr std::size_t kLongNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(kSealBytes == kLongNonce + kTagBytes);

// Small signed messages are joined on the stack's neighbour, one allocation, because Ed25519 reads
// its message twice.
Bytes join(std::string_view label_text, std::initializer_list<ByteView> parts) {
  std::array<std::uint8_t, 16> prefix = label(label_text);
  Bytes message(prefix.begin(), prefix.end());
  for (ByteView part : parts) append(message, part);
  return message;
}

/// One value sealed by XChaCha20-Poly1305 (draft-irtf-cfrg-xchacha, RFC 8439), with all of its key
/// stream made at once. libsodium's own function makes the block that gives the key of the tag, and
/// what is left over behind whole groups of four blocks, one block after another: for what a record
/// takes that is two thirds of its time. Same bytes.
class ShortStream {
 public:
  /// Longest value; those that are longer gain nothing.
  static constexpr std::size_t kMaxBytes = 2048;

  ShortStream(const Secret<32>& key, const std::uint8_t* nonce, std::size_t size) {
    std::array<std::uint8_t, crypto_stream_chacha20_ietf_KEYBYTES> subkey;
    crypto_core_hchacha20(subkey.data(), nonce, key.view().data(), nullptr);
    std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> rest{};
    std::copy_n(nonce + crypto_core_hchacha20_INPUTBYTES, 8, rest.begin() + 4);
    used_ = stream_bytes(kBlock + size);
    crypto_stream_chacha20_ietf(stream_.data(), used_, rest.data(), subkey.data());
    wipe(subkey);
  }
  ShortStream(const ShortStream&) = delete;
  ShortStream& operator=(const ShortStream&) = delete;
  ~ShortStream() { wipe(std::span(stream_).first(used_)); }

  /// Whether it is the tag over what is bound to the value, and its ciphertext.
  bool verifies(ByteView associated, ByteView ciphertext, const std::uint8_t* tag) const {
    std::array<std::uint8_t, kTagBytes> expected;
    write_tag(associated, ciphertext, expected.data());
    return crypto_verify_16(expected.data(), tag) == 0;
  }
  void write_tag(ByteView associated, ByteView ciphertext, std::uint8_t* out) const {
    static constexpr std::array<std::uint8_t, 16> kZeros{};
    const auto padding = [](ByteView part) { return (16 - part.size() % 16) % 16; };
    // What stands behind the ciphertext: zeros, and both sizes.
    std::array<std::uint8_t, 16 + 16> end{};
    const std::size_t sizes_at = padding(ciphertext);
    for (std::size_t i = 0; i < 8; ++i) {
      end[sizes_at + i] = static_cast<std::uint8_t>(associated.size() >> (8 * i));
      end[sizes_at + 8 + i] = static_cast<std::uint8_t>(ciphertext.size() >> (8 * i));
    }
    crypto_onetimeauth_poly1305_state state;
    crypto_onetimeauth_poly1305_init(&state, stream_.data());
    crypto_onetimeauth_poly1305_update(&state, associated.data(), associated.size());
    crypto_onetimeauth_poly1305_update(&state, kZeros.data(), padding(associated));
    crypto_onetimeauth_poly1305_update(&state, ciphertext.data(), ciphertext.size());
    crypto_onetimeauth_poly1305_update(&state, end.data(), sizes_at + 16);
    crypto_onetimeauth_poly1305_final(&state, out);
    wipe({reinterpret_cast<std::uint8_t*>(&state), sizeof(state)});
  }
  /// `out` has the size of `in`.
  void apply(ByteView in, std::uint8_t* out) const {
    const std::uint8_t* stream = stream_.data() + kBlock;
    std::size_t i = 0;
    for (; i + 8 <= in.size(); i += 8) {
      std::uint64_t word, mask;
      std::memcpy(&word, in.data() + i, 8);
      std::memcpy(&mask, stream + i, 8);
      word ^= mask;
      std::memcpy(out + i, &word, 8);
    }
    for (; i < in.size(); ++i) out[i] = in[i] ^ stream[i];
  }

 private:
  static constexpr std::size_t kBlock = 64;
  static constexpr std::size_t kGroup = 8 * kBlock;

  /// The quickest size that has room for so many: eight blocks take little longer than four, and
  /// four less than two that are made one by one.
  static std::size_t stream_bytes(std::size_t size) {
    const std::size_t whole = size / kGroup * kGroup, rest = size - whole;
    if (rest == 0) return whole;
    if (rest <= kBlock && whole > 0) return whole + kBlock;
    return whole + (rest <= kGroup / 2 ? kGroup / 2 : kGroup);
  }

  // Not initialised: what is used of it is written first.
  alignas(64) std::array<std::uint8_t, kBlock + kMaxBytes + kGroup> stream_;
  std::size_t used_ = 0;
};

crypto_generichash_state* as_state(std::array<std::uint8_t, 384>& state) {
  return reinterpret_cast<crypto_generichash_state*>(state.data());
}

class SystemRandom final : public RandomSource {
 public:
  void fill(std::span<std::uint8_t> out) override {
    if (!out.empty()) randombytes_buf(out.data(), out.size());
  }
};

}  // namespace

void initialize() { CUNJU_CHECK(sodium_init() >= 0, "libsodium must start"); }

void wipe(std::span<std::uint8_t> bytes) { sodium_memzero(bytes.data(), bytes.size()); }

template <std::size_t N>
Secret<N>::Secret(ByteView bytes) {
  CUNJU_CHECK(bytes.size() == N, "a secret has a fixed size");
  std::copy(bytes.begin(), bytes.end(), value_.begin());
}

template <std::size_t N>
Secret<N>::Secret(Secret&& other) noexcept : value_(other.value_) {
  wipe(other.value_);
}

template <std::size_t N>
Secret<N>& Secret<N>::operator=(Secret&& other) noexcept {
  if (this != &other) {
    value_ = other.value_;
    wipe(other.value_);
  }
  return *this;
}

template <std::size_t N>
Secret<N>::~Secret() {
  wipe(value_);
}

template <std::size_t N>
bool Secret<N>::equals(const Secret& other) const {
  return sodium_memcmp(value_.data(), other.value_.data(), N) == 0;
}

template class Secret<16>;
template class Secret<32>;
template class Secret<64>;

RandomSource& system_random() {
  static SystemRandom source;
  return source;
}

void SeededRandom::fill(std::span<std::uint8_t> out) {
  if (out.empty()) return;
  std::array<std::uint8_t, randombytes_SEEDBYTES> seed{};
  for (std::size_t i = 0; i < 8; ++i) {
    seed[i] = static_cast<std::uint8_t>(seed_ >> (8 * i));
    seed[8 + i] = static_cast<std::uint8_t>(counter_ >> (8 * i));
  }
  ++counter_;
  randombytes_buf_deterministic(out.data(), out.size(), seed.data());
}

std::array<std::uint8_t, 16> label(std::string_view text) {
  CUNJU_CHECK(text.size() <= 16, "labels are 16 bytes");
  std::array<std::uint8_t, 16> out{};
  std::copy(text.begin(), text.end(), out.begin());
  return out;
}

Hasher::Hasher() { crypto_generichash_init(as_state(state_), nullptr, 0, 32); }

Hasher::Hasher(std::string_view label_text) : Hasher() { add(label(label_text)); }

Hasher& Hasher::add(ByteView bytes) {
  crypto_generichash_update(as_state(state_), bytes.data(), bytes.size());
  return *this;
}

Hash Hasher::finish() {
  Hash out;
  crypto_generichash_final(as_state(state_), out.value.data(), out.value.size());
  return out;
}

Hash hash(std::initializer_list<ByteView> parts) {
  Hasher hasher;
  for (ByteView part : parts) hasher.add(part);
  return hasher.finish();
}

Hash keyed_hash(ByteView key, std::initializer_list<ByteView> parts) {
  CUNJU_CHECK(key.size() >= 16 && key.size() <= 64, "BLAKE2b takes keys of 16 to 64 bytes");
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), 32);
  for (ByteView part : parts) crypto_generichash_update(&state, part.data(), part.size());
  Hash out;
  crypto_generichash_final(&state, out.value.data(), out.value.size());
  return out;
}

std::array<std::uint8_t, 64> hash512(std::initializer_list<ByteView> parts) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, 64);
  for (ByteView part : parts) crypto_generichash_update(&state, part.data(), part.size());
  std::array<std::uint8_t, 64> out{};
  crypto_generichash_final(&state, out.data(), out.size());
  return out;
}

std::array<std::uint8_t, 64> hmac512(ByteView key, std::initializer_list<ByteView> parts) {
  constexpr std::size_t kBlock = 128;
  CUNJU_CHECK(key.size() <= kBlock, "Noise keys fit the block");
  std::array<std::uint8_t, kBlock> inner{};
  std::copy(key.begin(), key.end(), inner.begin());
  std::array<std::uint8_t, kBlock> outer = inner;
  for (std::uint8_t& byte : inner) byte ^= 0x36;
  for (std::uint8_t& byte : outer) byte ^= 0x5c;

  crypto_generichash_state state;
  crypto_generichash_init(&state, nullptr, 0, 64);
  crypto_generichash_update(&state, inner.data(), inner.size());
  for (ByteView part : parts) crypto_generichash_update(&state, part.data(), part.size());
  std::array<std::uint8_t, 64> digest{};
  crypto_generichash_final(&state, digest.data(), digest.size());
  std::array<std::uint8_t, 64> out = hash512({outer, digest});
  wipe(inner);
  wipe(outer);
  wipe(digest);
  return out;
}

SigningKey SigningKey::from_seed(const Secret<32>& seed) {
  SigningKey key;
  crypto_sign_seed_keypair(key.public_key_.data(), key.secret_.mutable_view().data(),
                           seed.view().data());
  return key;
}

SigningKey SigningKey::generate(RandomSource& random) {
  Secret<32> seed;
  random.fill(seed.mutable_view());
  return from_seed(seed);
}

Secret<32> SigningKey::seed() const { return Secret<32>(secret_.view().first(32)); }

Signature SigningKey::sign(std::string_view label_text,
                           std::initializer_list<ByteView> parts) const {
  Bytes message = join(label_text, parts);
  Signature out;
  crypto_sign_detached(out.value.data(), nullptr, message.data(), message.size(),
                       secret_.view().data());
  return out;
}

bool verify(ByteView public_key, std::string_view label_text, std::initializer_list<ByteView> parts,
            const Signature& signature) {
  if (public_key.size() != crypto_sign_PUBLICKEYBYTES) return false;
  Bytes message = join(label_text, parts);
  return crypto_sign_verify_detached(signature.value.data(), message.data(), message.size(),
                                     public_key.data()) == 0;
}

DhKey DhKey::from_secret(const Secret<32>& secret) {
  DhKey key;
  key.secret_ = secret.clone();
  crypto_scalarmult_base(key.public_key_.data(), key.secret_.view().data());
  return key;
}

DhKey DhKey::generate(RandomSource& random) {
  Secret<32> secret;
  random.fill(secret.mutable_view());
  return from_secret(secret);
}

std::optional<Secret<32>> DhKey::exchange(ByteView peer_public) const {
  CUNJU_CHECK(peer_public.size() == 32, "X25519 keys have 32 bytes");
  Secret<32> out;
  // libsodium reports an all-zero result, which a low-order point gives.
  if (crypto_scalarmult(out.mutable_view().data(), secret_.view().data(), peer_public.data()) != 0)
    return std::nullopt;
  return out;
}

Bytes aead_seal(ByteView key, ByteView nonce, ByteView associated, ByteView plaintext) {
  CUNJU_CHECK(key.size() == 32 && nonce.size() == 12, "ChaCha20-Poly1305 sizes");
  Bytes out(plaintext.size() + kTagBytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plaintext.data(), plaintext.size(),
                                            associated.data(), associated.size(), nullptr,
                                            nonce.data(), key.data());
  return out;
}

std::optional<Bytes> aead_open(ByteView key, ByteView nonce, ByteView associated, ByteView sealed) {
  CUNJU_CHECK(key.size() == 32 && nonce.size() == 12, "ChaCha20-Poly1305 sizes");
  if (sealed.size() < kTagBytes) return std::nullopt;
  Bytes out(sealed.size() - kTagBytes);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(),
                                                sealed.size(), associated.data(), associated.size(),
                                                nonce.data(), key.data()) != 0)
    return std::nullopt;
  return out;
}

void seal_into(const Secret<32>& key, ByteView associated, ByteView plaintext, RandomSource& random,
               Bytes& out) {
  const std::size_t before = out.size();
  out.resize(before + kSealBytes + plaintext.size());
  const std::span<std::uint8_t> added = std::span(out).subspan(before);
  random.fill(added.first(kLongNonce));
  if (plaintext.size() <= ShortStream::kMaxBytes) {
    const ShortStream stream(key, added.data(), plaintext.size());
    const auto ciphertext = added.subspan(kLongNonce, plaintext.size());
    stream.apply(plaintext, ciphertext.data());
    stream.write_tag(associated, ciphertext, added.last(kTagBytes).data());
    return;
  }
  crypto_aead_xchacha20poly1305_ietf_encrypt(added.data() + kLongNonce, nullptr, plaintext.data(),
                                             plaintext.size(), associated.data(), associated.size(),
                                             nullptr, added.data(), key.view().data());
}

Bytes seal(const Secret<32>& key, ByteView associated, ByteView plaintext, RandomSource& random) {
  Bytes out;
  seal_into(key, associated, plaintext, random, out);
  return out;
}

bool open_into(const Secret<32>& key, ByteView associated, ByteView sealed, Bytes& out) {
  out.clear();
  if (sealed.size() < kSealBytes) return false;
  out.resize(sealed.size() - kSealBytes);
  if (out.size() <= ShortStream::kMaxBytes) {
    const ShortStream stream(key, sealed.data(), out.size());
    const ByteView ciphertext = sealed.subspan(kLongNonce, out.size());
    const bool is_authentic =
        stream.verifies(associated, ciphertext, sealed.last(kTagBytes).data());
    if (is_authentic) {
      stream.apply(ciphertext, out.data());
    } else {
      out.clear();
    }
    return is_authentic;
  }
  if (crypto_aead_xchacha20poly1305_ietf_decrypt(
          out.data(), nullptr, nullptr, sealed.data() + kLongNonce, sealed.size() - kLongNonce,
          associated.data(), associated.size(), sealed.data(), key.view().data()) == 0)
    return true;
  out.clear();
  return false;
}

std::optional<Bytes> open(const Secret<32>& key, ByteView associated, ByteView sealed) {
  Bytes out;
  if (!open_into(key, associated, sealed, out)) return std::nullopt;
  return out;
}

Argon2Cost interactive_cost() {
  return {.operations = crypto_pwhash_OPSLIMIT_INTERACTIVE,
          .memory_bytes = crypto_pwhash_MEMLIMIT_INTERACTIVE};
}

Result<Secret<32>> stretch_passphrase(ByteView passphrase, const Salt& salt, Argon2Cost cost) {
  static_assert(Salt::kSize == crypto_pwhash_SALTBYTES);
  constexpr std::uint64_t kMaxOperations = 16;
  constexpr std::uint64_t kMaxMemory = std::uint64_t{1} << 30;
  if (cost.operations < 1 || cost.operations > kMaxOperations || cost.memory_bytes < 8192 ||
      cost.memory_bytes > kMaxMemory)
    return fail(Errc::kLimit, "Argon2id cost out of range");
  Secret<32> out;
  if (crypto_pwhash(out.mutable_view().data(), 32, reinterpret_cast<const char*>(passphrase.data()),
                    passphrase.size(), salt.value.data(), cost.operations, cost.memory_bytes,
                    crypto_pwhash_ALG_ARGON2ID13) != 0)
    return fail(Errc::kIo, "not enough memory to check the passphrase");
  return out;
}

bool equal_secret(ByteView a, ByteView b) {
  return a.size() == b.size() && sodium_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace cunju::crypto
