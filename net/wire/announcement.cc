// SPDX-License-Identifier: Apache-2.0
#include "net/wire/announcement.h"

#include <algorithm>

#include "crdt/base/bytes.h"

namespace cunju::wire {
namespace {

constexpr std::string_view kKey = "h=";
constexpr std::size_t kHintBytes = 16;
static_assert(Salt::kSize + kHintBytes == Announcement::kBytes);

std::array<std::uint8_t, kHintBytes> hint_of(ByteView salt, const WireKey& node) {
  const Hash hash = crypto::keyed_hash(salt, {crypto::label("cunju mdns 1"), node.view()});
  std::array<std::uint8_t, kHintBytes> out{};
  std::copy_n(hash.value.begin(), kHintBytes, out.begin());
  return out;
}

}  // namespace

Announcement Announcement::make(const WireKey& node, crypto::RandomSource& random) {
  Announcement out;
  const Salt salt = random.make<Salt>();
  std::copy(salt.value.begin(), salt.value.end(), out.bytes_.begin());
  const auto hint = hint_of(salt.view(), node);
  std::copy(hint.begin(), hint.end(), out.bytes_.begin() + Salt::kSize);
  return out;
}

std::optional<Announcement> Announcement::parse(std::string_view text) {
  if (text.size() != kKey.size() + 2 * kBytes || !text.starts_with(kKey)) return std::nullopt;
  const std::optional<Bytes> bytes = parse_hex(text.substr(kKey.size()));
  if (!bytes) return std::nullopt;
  Announcement out;
  std::copy(bytes->begin(), bytes->end(), out.bytes_.begin());
  return out;
}

std::string Announcement::text() const { return std::string(kKey) + to_hex(bytes_); }

bool Announcement::is_from(const WireKey& node) const {
  const ByteView all(bytes_);
  return crypto::equal_secret(all.subspan(Salt::kSize), hint_of(all.first(Salt::kSize), node));
}

}  // namespace cunju::wire
