// SPDX-License-Identifier: Apache-2.0
//
// The keys under which the values of the `data` environment are sealed: random, numbered, in
// blocks, in the small `keys` environment. A wrapping key seals the blocks, the storage key seals
// the wrapping key, a clerk's passphrase or key file opens the storage key.
//   table value_keys: block u32 -> seal(wrapping, "cunju keys 1" | block, key[32] * kKeysPerBlock)
//                     "wrapping" -> seal(storage, "cunju wrapping 1", wrapping[32])
// A key is durable before it is used; keys of an aborted transaction are used by the next one.
// Single thread; several processes may use one environment.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "node/keys/value_sealer.h"
#include "node/store/environment.h"

namespace cunju::keys {

/// As many as fill one page of LMDB, so that a block of them costs no more than one alone.
inline constexpr std::uint32_t kKeysPerBlock = 126;

class ValueKeys {
 public:
  static std::vector<std::string> table_names();
  /// Makes the wrapping key and the first block if there are none and `may_create`. `keys` is
  /// borrowed and outlives the result. Errors: kCorrupt (there are none), kTampered (another
  /// storage key), those of the store.
  static Result<std::unique_ptr<ValueKeys>> open(store::Environment& keys,
                                                 const crypto::Secret<32>& storage,
                                                 crypto::RandomSource& random, bool may_create);

  /// Durable when it returns. Keys are reserved in order, so only the first of a block makes it: if
  /// the block of another is missing, it was lost and others were sealed under it. Errors: kCorrupt
  /// (then), those of the store.
  Result<void> reserve(KeyNumber key, crypto::RandomSource& random);
  /// Stays valid as long as this does. Errors: kNotFound (destroyed), kCorrupt (no such block),
  /// kTampered, those of the store.
  Result<const crypto::Secret<32>*> find(KeyNumber key);

 private:
  using Block = std::array<crypto::Secret<32>, kKeysPerBlock>;

  ValueKeys(store::Environment& keys, store::Table table) : environment_(keys), table_(table) {}
  Result<void> load_wrapping(const crypto::Secret<32>& storage, crypto::RandomSource& random,
                             bool may_create);
  /// Null when there is none.
  Result<const Block*> load_block(std::uint32_t block);
  Result<std::unique_ptr<Block>> open_block(std::uint32_t block, ByteView sealed) const;

  store::Environment& environment_;
  store::Table table_;
  crypto::Secret<32> wrapping_;
  std::unordered_map<std::uint32_t, std::unique_ptr<Block>> blocks_;
  std::pair<std::uint32_t, const Block*> last_{0, nullptr};  ///< The block that was asked for last.
};

}  // namespace cunju::keys
