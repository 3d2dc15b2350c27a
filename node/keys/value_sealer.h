// SPDX-License-Identifier: Apache-2.0
//
// The seam through which every value passes on its way into the `data` environment and back.
// What is stored := format u8 | the rest as the format says.
//   format 0, open:   the value as it is
//   format 1, sealed: key number u32 | nonce[24] | ciphertext | tag[16], XChaCha20-Poly1305 under
//                     that key, bound to "cunju value 1" | key number | place
// docs/formats/keystore.md. An implementation states its own thread rule; OpenSealer has no state.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "crdt/base/bytes.h"
#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::keys {

/// First byte of every stored value.
enum class ValueFormat : std::uint8_t { kOpen = 0, kSealed = 1 };

/// Which key of the `keys` environment a value is under. Local to one home, never sent.
struct KeyNumber {
  std::uint32_t value = 0;
  friend auto operator<=>(const KeyNumber&, const KeyNumber&) = default;
};

/// For what belongs to no record. Never destroyed.
inline constexpr KeyNumber kStoreKey{0};

/// The key that a stored value says it is sealed under; none: it is open, or too short.
std::optional<KeyNumber> sealed_under(ByteView stored);

class ValueSealer {
 public:
  virtual ~ValueSealer() = default;

  /// Makes sure that there is a key of this number, durably, before anything is sealed under it.
  virtual Result<void> reserve(KeyNumber key) = 0;

  /// Appends to `out` what is to be stored for `value` at `place` (table and key), so that the
  /// same bytes moved to another place don't open. The key has been reserved.
  virtual Result<void> seal(KeyNumber key, ByteView place, ByteView value, Bytes& out) = 0;

  /// Destroys keys: what was sealed under them can't be opened by anybody any more, from whatever
  /// is left of it. Nothing may be sealed under them now or later. Ok: durable. Errors: those of
  /// the store; some or all may be destroyed then, and it can be repeated.
  virtual Result<void> destroy(std::span<const KeyNumber> keys) = 0;

  /// The value that was sealed at `place`: a view into `sealed` or into `scratch`, valid until
  /// either changes. Errors: kMalformed (too short), kUnsupported (a newer program's format),
  /// kTampered, kNotFound (its key was destroyed: erased), kCorrupt (it never had one).
  virtual Result<ByteView> open(ByteView place, ByteView sealed, Bytes& scratch) = 0;

  /// Stands for a name in an index key: equal names give equal hashes in one home, and who can't
  /// open the home can't test a guess.
  virtual Result<Hash> hash_name(ByteView name) = 0;
};

/// Seals nothing: values are stored readable. For tests, and to measure what sealing costs.
class OpenSealer final : public ValueSealer {
 public:
  Result<void> reserve(KeyNumber key) override;
  Result<void> destroy(std::span<const KeyNumber> keys) override;
  Result<void> seal(KeyNumber key, ByteView place, ByteView value, Bytes& out) override;
  Result<ByteView> open(ByteView place, ByteView sealed, Bytes& scratch) override;
  Result<Hash> hash_name(ByteView name) override;
};

class ValueKeys;

/// Seals under the keys of a home. Single thread, like its ValueKeys.
class KeyedSealer final : public ValueSealer {
 public:
  /// Both are borrowed and outlive the sealer.
  KeyedSealer(ValueKeys& keys, crypto::RandomSource& random) : keys_(keys), random_(random) {}

  Result<void> reserve(KeyNumber key) override;
  Result<void> destroy(std::span<const KeyNumber> keys) override;
  Result<void> seal(KeyNumber key, ByteView place, ByteView value, Bytes& out) override;
  Result<ByteView> open(ByteView place, ByteView sealed, Bytes& scratch) override;
  Result<Hash> hash_name(ByteView name) override;

 private:
  void bind(KeyNumber key, ByteView place);

  ValueKeys& keys_;
  crypto::RandomSource& random_;
  Bytes binding_;  ///< What the value at hand is bound to besides its key.
};

}  // namespace cunju::keys
