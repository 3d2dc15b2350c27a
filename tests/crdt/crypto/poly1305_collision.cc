// SPDX-License-Identifier: Apache-2.0
#include "tests/crdt/crypto/poly1305_collision.h"

#include <algorithm>
#include <bit>

namespace cunju::poly1305_collision {
namespace {

constexpr std::size_t kLimbs = 5;
constexpr std::uint64_t kLimbMask = (1u << 26) - 1;

/// A number modulo 2^130 - 5 in five limbs of 26 bits.
struct Field {
  std::array<std::uint64_t, kLimbs> limb{};

  void carry() {
    for (int round = 0; round < 2; ++round) {
      for (std::size_t i = 0; i + 1 < kLimbs; ++i) {
        limb[i + 1] += limb[i] >> 26;
        limb[i] &= kLimbMask;
      }
      limb[0] += 5 * (limb[4] >> 26);  // 2^130 is 5.
      limb[4] &= kLimbMask;
    }
  }
};

Field operator+(Field a, const Field& b) {
  for (std::size_t i = 0; i < kLimbs; ++i) a.limb[i] += b.limb[i];
  a.carry();
  return a;
}

Field operator-(Field a, const Field& b) {
  // Four times the modulus is added first, so that no limb goes below zero.
  for (std::size_t i = 0; i < kLimbs; ++i)
    a.limb[i] += 4 * (i == 0 ? kLimbMask - 4 : kLimbMask) - b.limb[i];
  a.carry();
  return a;
}

Field operator*(const Field& a, const Field& b) {
  Field out;
  for (std::size_t i = 0; i < kLimbs; ++i)
    for (std::size_t j = 0; j < kLimbs; ++j)
      out.limb[(i + j) % kLimbs] += a.limb[i] * b.limb[j] * (i + j < kLimbs ? 1 : 5);
  out.carry();
  return out;
}

/// Little endian, at most 17 bytes.
Field field_from(ByteView bytes) {
  Field out;
  for (std::size_t bit = 0; bit < 8 * bytes.size() && bit < 26 * kLimbs; ++bit)
    out.limb[bit / 26] |= std::uint64_t{(bytes[bit / 8] >> (bit % 8)) & 1u} << (bit % 26);
  return out;
}

/// The smallest representative, 17 bytes.
Bytes field_bytes(Field value) {
  value.carry();
  // Adding 5 overflows 130 bits exactly when the value is not below the modulus.
  Field more = value;
  more.limb[0] += 5;
  for (std::size_t i = 0; i + 1 < kLimbs; ++i) {
    more.limb[i + 1] += more.limb[i] >> 26;
    more.limb[i] &= kLimbMask;
  }
  if (more.limb[4] >> 26 != 0) {
    more.limb[4] &= kLimbMask;
    value = more;
  }
  Bytes out(17);
  for (std::size_t bit = 0; bit < 26 * kLimbs; ++bit)
    out[bit / 8] |=
        static_cast<std::uint8_t>(((value.limb[bit / 26] >> (bit % 26)) & 1) << (bit % 8));
  return out;
}

Field inverse(const Field& value) {
  // value^(p - 2): p - 2 = 2^130 - 7 has all 130 bits set but those of 6 in its lowest three.
  Field out{{1}};
  for (int bit = 129; bit >= 0; --bit) {
    out = out * out;
    if (bit != 1 && bit != 2) out = out * value;
  }
  return out;
}

/// One key's view of the message that Poly1305 authenticates.
struct Mac {
  Field r;
  Bytes s;
  Field sum{};          ///< The polynomial's value.
  Field coefficient{};  ///< What the open block is multiplied with.

  Mac(ByteView key, ByteView nonce) {
    Bytes block = chacha20_block(key, 0, nonce);
    for (const std::size_t i : {3u, 7u, 11u, 15u}) block[i] &= 15;
    for (const std::size_t i : {4u, 8u, 12u}) block[i] &= 252;
    r = field_from(ByteView(block).first(16));
    s = to_bytes(ByteView(block).subspan(16, 16));
  }

  /// Blocks of 16 bytes; the one at `open` counts as zero.
  void run(const Bytes& message, std::size_t open) {
    for (std::size_t at = 0; at < message.size(); at += 16) {
      Bytes block = to_bytes(ByteView(message).subspan(at, 16));
      block.push_back(1);
      const bool is_open = at == open;
      sum = ((is_open ? sum : sum + field_from(block))) * r;
      coefficient = is_open ? r : coefficient * r;
    }
  }

  Bytes tag(const Field& block) const {
    Bytes out = field_bytes(sum + coefficient * block);
    out.resize(16);
    unsigned carry = 0;
    for (std::size_t i = 0; i < 16; ++i) {
      carry += static_cast<unsigned>(out[i]) + s[i];
      out[i] = static_cast<std::uint8_t>(carry);
      carry >>= 8;
    }
    return out;
  }
};

void pad_to_block(Bytes& bytes) { bytes.resize((bytes.size() + 15) / 16 * 16); }

}  // namespace

Bytes chacha20_block(ByteView key, std::uint32_t counter, ByteView nonce) {
  std::array<std::uint32_t, 16> start{0x61707865, 0x3320646e, 0x79622d32, 0x6b206574};
  ByteReader key_words(key), nonce_words(nonce);
  for (std::size_t i = 4; i < 12; ++i) start[i] = key_words.u32();
  start[12] = counter;
  for (std::size_t i = 13; i < 16; ++i) start[i] = nonce_words.u32();
  std::array<std::uint32_t, 16> x = start;
  auto quarter = [&x](std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
    x[d] = std::rotl(x[d] ^ (x[a] += x[b]), 16);
    x[b] = std::rotl(x[b] ^ (x[c] += x[d]), 12);
    x[d] = std::rotl(x[d] ^ (x[a] += x[b]), 8);
    x[b] = std::rotl(x[b] ^ (x[c] += x[d]), 7);
  };
  for (int round = 0; round < 10; ++round) {
    for (std::size_t i = 0; i < 4; ++i) quarter(i, 4 + i, 8 + i, 12 + i);
    for (std::size_t i = 0; i < 4; ++i)
      quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  Bytes out;
  for (std::size_t i = 0; i < 16; ++i) put_u32(out, x[i] + start[i]);
  return out;
}

std::optional<Bytes> solve(const Attack& attack, Bytes ciphertext) {
  Bytes message = to_bytes(attack.associated);
  pad_to_block(message);
  const std::size_t open = message.size() + 16 * attack.open_block;
  append(message, ciphertext);
  put_u64(message, attack.associated.size());
  put_u64(message, ciphertext.size());

  Mac first(attack.key_1, attack.nonce), second(attack.key_2, attack.nonce);
  first.run(message, open);
  second.run(message, open);

  // Wanted: sum_1 + c_1 x + s_1 = sum_2 + c_2 x + s_2 modulo 2^128, where each polynomial is taken
  // modulo 2^130 - 5 first. So the polynomials differ by s_2 - s_1 and a few times 2^128.
  const Field divisor = inverse(first.coefficient - second.coefficient);
  const Field constant = second.sum - first.sum + field_from(second.s) - field_from(first.s);
  Bytes power(17);
  power[16] = 1;
  const Field two_128 = field_from(power);
  Field wanted = constant - two_128 - two_128 - two_128 - two_128;
  for (int times = -4; times <= 4; ++times, wanted = wanted + two_128) {
    const Bytes block = field_bytes(wanted * divisor);
    if (block[16] != 1) continue;  // A block of 16 bytes stands for itself and 2^128.
    const Field value = field_from(block);
    if (first.tag(value) != second.tag(value)) continue;
    std::ranges::copy(ByteView(block).first(16),
                      ciphertext.begin() + static_cast<std::ptrdiff_t>(16 * attack.open_block));
    append(ciphertext, first.tag(value));
    return ciphertext;
  }
  return std::nullopt;
}

}  // namespace cunju::poly1305_collision
