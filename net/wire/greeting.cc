// SPDX-License-Identifier: Apache-2.0
#include "net/wire/greeting.h"

#include <algorithm>
#include <string_view>

namespace cunju::wire {
namespace {

constexpr std::string_view kMagic = "cunju";
constexpr std::size_t kVersionOffset = 5;
constexpr std::size_t kSaltOffset = 6;
constexpr std::size_t kHintOffset = 22;
constexpr std::size_t kHintBytes = 16;
static_assert(kHintOffset + kHintBytes == Greeting::kBytes);

std::array<std::uint8_t, kHintBytes> hint_of(ByteView salt, const WireKey& node) {
  const Hash hash = crypto::keyed_hash(salt, {crypto::label("cunju greet 1"), node.view()});
  std::array<std::uint8_t, kHintBytes> out{};
  std::copy_n(hash.value.begin(), kHintBytes, out.begin());
  return out;
}

}  // namespace

Greeting Greeting::make(const WireKey& node, crypto::RandomSource& random) {
  Greeting out;
  std::copy(kMagic.begin(), kMagic.end(), out.bytes_.begin());
  out.bytes_[kVersionOffset] = kChannelVersion;
  const Salt salt = random.make<Salt>();
  std::copy(salt.value.begin(), salt.value.end(), out.bytes_.begin() + kSaltOffset);
  const auto hint = hint_of(salt.view(), node);
  std::copy(hint.begin(), hint.end(), out.bytes_.begin() + kHintOffset);
  return out;
}

Result<Greeting> Greeting::parse(ByteView bytes) {
  if (bytes.size() != kBytes) return fail(Errc::kMalformed, "greeting of a wrong length");
  if (!equal(bytes.first(kMagic.size()), as_bytes(kMagic)))
    return fail(Errc::kProtocol, std::string(kNotCunju));
  if (bytes[kVersionOffset] != kChannelVersion) {
    const bool is_newer = bytes[kVersionOffset] > kChannelVersion;
    return fail(Errc::kUnsupported, "channel version " + std::to_string(bytes[kVersionOffset]) +
                                        ", this program speaks " + std::to_string(kChannelVersion) +
                                        ": " + (is_newer ? "this" : "the other") +
                                        " one has to be updated");
  }
  Greeting out;
  std::copy(bytes.begin(), bytes.end(), out.bytes_.begin());
  return out;
}

bool Greeting::is_from(const WireKey& node) const {
  const ByteView all(bytes_);
  const auto hint = hint_of(all.subspan(kSaltOffset, Salt::kSize), node);
  return crypto::equal_secret(all.subspan(kHintOffset), hint);
}

}  // namespace cunju::wire
