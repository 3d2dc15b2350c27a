// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_sealer.h"

#include "crdt/base/limits.h"
#include "node/keys/value_keys.h"

namespace cunju::keys {
namespace {

constexpr std::string_view kValueLabel = "cunju value 1";
constexpr std::string_view kNameLabel = "cunju name 1";
constexpr std::size_t kPrefixBytes = 1 + 4;

Result<ValueFormat> format_of(ByteView sealed) {
  if (sealed.empty()) return fail(Errc::kMalformed, "a stored value without a format byte");
  if (sealed[0] > static_cast<std::uint8_t>(ValueFormat::kSealed))
    return fail(Errc::kUnsupported, "stored value format " + std::to_string(sealed[0]));
  return static_cast<ValueFormat>(sealed[0]);
}

}  // namespace

std::optional<KeyNumber> sealed_under(ByteView stored) {
  if (stored.size() < kPrefixBytes || stored[0] != static_cast<std::uint8_t>(ValueFormat::kSealed))
    return std::nullopt;
  return KeyNumber{get_u32_be(stored.subspan(1))};
}

Result<void> OpenSealer::reserve(KeyNumber) { return ok(); }

Result<void> OpenSealer::destroy(std::span<const KeyNumber>) { return ok(); }

Result<void> OpenSealer::seal(KeyNumber, ByteView, ByteView value, Bytes& out) {
  out.reserve(out.size() + 1 + value.size());
  put_u8(out, static_cast<std::uint8_t>(ValueFormat::kOpen));
  append(out, value);
  return ok();
}

Result<ByteView> OpenSealer::open(ByteView, ByteView sealed, Bytes&) {
  CUNJU_TRY(ValueFormat format, format_of(sealed));
  if (format != ValueFormat::kOpen)
    return fail(Errc::kUnsupported, "a sealed value in a store that was opened without keys");
  return sealed.subspan(1);
}

Result<Hash> OpenSealer::hash_name(ByteView name) {
  return crypto::hash({crypto::label(kNameLabel), name});
}

Result<void> KeyedSealer::reserve(KeyNumber key) { return keys_.reserve(key, random_); }

Result<void> KeyedSealer::destroy(std::span<const KeyNumber> keys) {
  return keys_.destroy(keys, random_);
}

Result<void> KeyedSealer::seal(KeyNumber key, ByteView place, ByteView value, Bytes& out) {
  CUNJU_TRY(const crypto::Secret<32>* secret, keys_.find(key));
  out.reserve(out.size() + kPrefixBytes + crypto::kSealBytes + value.size());
  put_u8(out, static_cast<std::uint8_t>(ValueFormat::kSealed));
  put_u32_be(out, key.value);
  bind(key, place);
  crypto::seal_into(*secret, binding_, value, random_, out);
  return ok();
}

Result<ByteView> KeyedSealer::open(ByteView place, ByteView sealed, Bytes& scratch) {
  CUNJU_TRY(ValueFormat format, format_of(sealed));
  // Whoever could write open values beside the sealed ones could make up records.
  if (format == ValueFormat::kOpen) return fail(Errc::kTampered, "an open value in a sealed store");
  if (sealed.size() < kPrefixBytes + crypto::kSealBytes)
    return fail(Errc::kMalformed, "a sealed value is too short");
  const KeyNumber key{get_u32_be(sealed.subspan(1))};
  CUNJU_TRY(const crypto::Secret<32>* secret, keys_.find(key));
  bind(key, place);
  if (!crypto::open_into(*secret, binding_, sealed.subspan(kPrefixBytes), scratch))
    return fail(Errc::kTampered, "a stored value was altered or moved");
  return ByteView(scratch);
}

void KeyedSealer::bind(KeyNumber key, ByteView place) {
  binding_.clear();
  append(binding_, crypto::label(kValueLabel));
  put_u32_be(binding_, key.value);
  append(binding_, place);
}

Result<Hash> KeyedSealer::hash_name(ByteView name) {
  CUNJU_TRY(const crypto::Secret<32>* secret, keys_.find(kStoreKey));
  return crypto::keyed_hash(secret->view(), {crypto::label(kNameLabel), name});
}

}  // namespace cunju::keys
