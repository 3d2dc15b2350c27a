// SPDX-License-Identifier: Apache-2.0
//
// The keys under which the values of the `data` environment are sealed: random, numbered, in
// blocks, in the small `keys` environment. A wrapping key seals the blocks; it lies sealed under
// the storage key in a file of its own beside the environment, one for each generation. A clerk's
// passphrase or key file opens the storage key.
//   table value_keys: block u32 -> seal(wrapping, "cunju keys 1" | block, key[32] * kKeysPerBlock)
//                     "generation" -> u64, big endian
//   file wrapping-G:  seal(storage, "cunju wrapping 2" | G, wrapping[32])
// A key is durable before it is used; keys of an aborted transaction are used by the next one.
// Destroying keys makes the next generation: blocks without them under a new wrapping key. Once
// that is durable the old wrapping key's file is overwritten and removed, so what LMDB's free pages
// still have of old blocks opens under nothing (docs/decisions/0013).
// Single thread; several processes may use one environment.
#pragma once

#include <array>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "node/keys/value_sealer.h"
#include "node/store/environment.h"

namespace cunju::keys {

/// As many as fill one page of LMDB, so that a block of them costs no more than one alone.
inline constexpr std::uint32_t kKeysPerBlock = 126;

class ValueKeys {
 public:
  static std::vector<std::string> table_names();
  /// Makes the wrapping key and the first block if there are none and `may_create`, and removes
  /// what an interrupted destroy() left. `keys` is borrowed and outlives the result. Errors:
  /// kCorrupt (there are none), kTampered (another storage key), kUnsupported (of a trial version),
  /// those of the store.
  static Result<std::unique_ptr<ValueKeys>> open(store::Environment& keys,
                                                 const crypto::Secret<32>& storage,
                                                 crypto::RandomSource& random, bool may_create);

  /// Durable when it returns. Keys are reserved in order, so only the first of a block makes it: if
  /// the block of another is missing, it was lost and others were sealed under it. Errors: kCorrupt
  /// (then), those of the store.
  Result<void> reserve(KeyNumber key, crypto::RandomSource& random);
  /// Stays valid until the next call of reserve() or destroy(). Errors: kNotFound (destroyed),
  /// kCorrupt (no such block), kTampered, those of the store.
  Result<const crypto::Secret<32>*> find(KeyNumber key);
  /// See ValueSealer::destroy. kStoreKey is none of them (CUNJU_CHECK); keys that were destroyed
  /// before, or never made, are no error. Processes that have the keys in memory forget them when
  /// they next reserve one.
  Result<void> destroy(std::span<const KeyNumber> keys, crypto::RandomSource& random);

 private:
  using Block = std::array<crypto::Secret<32>, kKeysPerBlock>;

  ValueKeys(store::Environment& keys, store::Table table, const crypto::Secret<32>& storage)
      : environment_(keys), table_(table), storage_(crypto::Secret<32>(storage.view())) {}
  std::filesystem::path wrapping_path(std::uint64_t generation) const;
  Result<std::uint64_t> stored_generation();
  /// All three need the FolderLock.
  Result<void> make_first(crypto::RandomSource& random);
  Result<void> load_wrapping(std::uint64_t generation);
  Result<crypto::Secret<32>> write_wrapping(std::uint64_t generation, crypto::RandomSource& random);
  /// Overwrites and removes the wrapping keys of other generations.
  Result<void> remove_others(std::uint64_t generation);
  /// What another process has destroyed meanwhile is forgotten.
  Result<void> refresh();
  Result<void> rewrite_blocks(std::span<const KeyNumber> doomed, const crypto::Secret<32>& fresh,
                              std::uint64_t generation, crypto::RandomSource& random);
  /// Null when there is none.
  Result<const Block*> load_block(std::uint32_t block);
  Result<std::unique_ptr<Block>> open_block(std::uint32_t block, ByteView sealed) const;

  store::Environment& environment_;
  store::Table table_;
  crypto::Secret<32> storage_;
  crypto::Secret<32> wrapping_;
  std::uint64_t generation_ = 0;                ///< 0: none is loaded.
  std::vector<std::unique_ptr<Block>> blocks_;  ///< By number; null: not read yet.
};

}  // namespace cunju::keys
