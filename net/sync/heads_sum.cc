// SPDX-License-Identifier: Apache-2.0
#include "net/sync/heads_sum.h"

#include "crdt/crypto/crypto.h"

namespace cunju::sync {

HeadsSum::Numbers HeadsSum::element(const ChangeId& head) {
  constexpr std::size_t kNumbersPerBlock = 32;
  const auto label = crypto::label("cunju sum 1");
  Numbers out;
  for (std::size_t block = 0; block < kNumbers / kNumbersPerBlock; ++block) {
    const std::array<std::uint8_t, 1> number{static_cast<std::uint8_t>(block)};
    const auto bytes = crypto::hash512({label, ByteView(number), head.view()});
    for (std::size_t i = 0; i < kNumbersPerBlock; ++i)
      out[block * kNumbersPerBlock + i] =
          static_cast<std::uint16_t>(bytes[2 * i] | bytes[2 * i + 1] << 8);
  }
  return out;
}

void HeadsSum::add(const ChangeId& head) {
  const Numbers numbers = element(head);
  for (std::size_t i = 0; i < kNumbers; ++i)
    numbers_[i] = static_cast<std::uint16_t>(numbers_[i] + numbers[i]);
  ++count_;
}

void HeadsSum::remove(const ChangeId& head) {
  const Numbers numbers = element(head);
  for (std::size_t i = 0; i < kNumbers; ++i)
    numbers_[i] = static_cast<std::uint16_t>(numbers_[i] - numbers[i]);
  --count_;
}

ChangeId HeadsSum::presence(const SpaceId& space) {
  return ChangeId{crypto::hash({crypto::label("cunju shared 4"), space.view()}).value};
}

void HeadsSum::add(const HeadsSum& other) {
  for (std::size_t i = 0; i < kNumbers; ++i)
    numbers_[i] = static_cast<std::uint16_t>(numbers_[i] + other.numbers_[i]);
  count_ += other.count_;
}

void HeadsSum::remove(const HeadsSum& other) {
  for (std::size_t i = 0; i < kNumbers; ++i)
    numbers_[i] = static_cast<std::uint16_t>(numbers_[i] - other.numbers_[i]);
  count_ -= other.count_;
}

Bytes HeadsSum::encode() const {
  Bytes out;
  out.reserve(kBytes);
  put_u64(out, count_);
  for (std::uint16_t number : numbers_) put_u16(out, number);
  return out;
}

std::optional<HeadsSum> HeadsSum::decode(ByteView bytes) {
  if (bytes.size() != kBytes) return std::nullopt;
  ByteReader in(bytes);
  HeadsSum out;
  out.count_ = in.u64();
  for (std::uint16_t& number : out.numbers_) number = in.u16();
  return out;
}

Hash HeadsSum::digest() const { return crypto::hash({crypto::label("cunju heads 2"), encode()}); }

}  // namespace cunju::sync
