// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_keys.h"

#include <algorithm>
#include <set>

#include "crdt/base/check.h"
#include "node/store/private_file.h"

namespace cunju::keys {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTable = "value_keys";
constexpr std::string_view kGeneration = "generation";
/// The row that trial versions kept the wrapping key in.
constexpr std::string_view kOldWrapping = "wrapping";
constexpr std::string_view kWrappingName = "wrapping-";
constexpr std::size_t kBlockBytes = std::size_t{kKeysPerBlock} * 32;
constexpr std::size_t kWrappingBytes = 32 + crypto::kSealBytes;

Bytes block_key(std::uint32_t block) {
  Bytes out;
  put_u32_be(out, block);
  return out;
}

Bytes block_binding(std::uint32_t block) {
  Bytes out;
  append(out, crypto::label("cunju keys 1"));
  put_u32_be(out, block);
  return out;
}

Bytes wrapping_binding(std::uint64_t generation) {
  Bytes out;
  append(out, crypto::label("cunju wrapping 2"));
  put_u64_be(out, generation);
  return out;
}

}  // namespace

std::vector<std::string> ValueKeys::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<ValueKeys>> ValueKeys::open(store::Environment& keys,
                                                   const crypto::Secret<32>& storage,
                                                   crypto::RandomSource& random, bool may_create) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  std::unique_ptr<ValueKeys> out(new ValueKeys(keys, table, storage));
  {
    CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(keys.folder()));
    CUNJU_TRY(const std::uint64_t generation, out->stored_generation());
    if (generation == 0 && !may_create)
      return fail(Errc::kCorrupt,
                  "the folder with the keys of the records is not the one they had");
    if (generation == 0) {
      CUNJU_TRYV(out->make_first(random));
    } else {
      CUNJU_TRYV(out->load_wrapping(generation));
      CUNJU_TRYV(out->remove_others(generation));
    }
  }
  if (!may_create) {
    CUNJU_TRYV(out->find(kStoreKey));
  }
  CUNJU_TRYV(out->reserve(kStoreKey, random));
  return out;
}

fs::path ValueKeys::wrapping_path(std::uint64_t generation) const {
  return environment_.folder() / (std::string(kWrappingName) + std::to_string(generation));
}

/// 0: there are no keys yet.
Result<std::uint64_t> ValueKeys::stored_generation() {
  std::uint64_t out = 0;
  CUNJU_TRYV(environment_.read([&](store::ReadTransaction& txn) -> Result<void> {
    const std::optional<ByteView> row = txn.get(table_, as_bytes(kGeneration));
    if (row && row->size() == 8) out = get_u64_be(*row);
    if (!row && txn.get(table_, as_bytes(kOldWrapping)))
      return fail(Errc::kUnsupported, "the store was written by a trial version of this program");
    if (row && out == 0) return fail(Errc::kCorrupt, "the generation of the keys");
    return ok();
  }));
  return out;
}

Result<void> ValueKeys::make_first(crypto::RandomSource& random) {
  CUNJU_TRY(wrapping_, write_wrapping(1, random));
  CUNJU_TRYV(environment_.write([&](store::WriteTransaction& txn) -> Result<void> {
    Bytes value;
    put_u64_be(value, 1);
    return txn.put_new(table_, as_bytes(kGeneration), value);
  }));
  generation_ = 1;
  return ok();
}

Result<void> ValueKeys::load_wrapping(std::uint64_t generation) {
  Result<Bytes> sealed = store::read_whole_file(wrapping_path(generation), kWrappingBytes);
  if (sealed.has_error() && sealed.error().code == Errc::kNotFound)
    return fail(Errc::kCorrupt, "the folder with the keys of the records is not the one they had");
  CUNJU_TRYV(sealed);
  std::optional<Bytes> opened =
      crypto::open(storage_, wrapping_binding(generation), sealed.value());
  if (!opened || opened->size() != 32)
    return fail(Errc::kTampered, "the keys of the stored values are not of this keystore");
  wrapping_ = crypto::Secret<32>(*opened);
  crypto::wipe(*opened);
  generation_ = generation;
  blocks_.clear();
  return ok();
}

Result<crypto::Secret<32>> ValueKeys::write_wrapping(std::uint64_t generation,
                                                     crypto::RandomSource& random) {
  crypto::Secret<32> fresh;
  random.fill(fresh.mutable_view());
  const Bytes sealed = crypto::seal(storage_, wrapping_binding(generation), fresh.view(), random);
  // Left by somebody who was interrupted before anything was sealed under it.
  CUNJU_TRYV(store::overwrite_and_remove(wrapping_path(generation)));
  CUNJU_TRYV(store::write_new_file(wrapping_path(generation), sealed));
  return fresh;
}

Result<void> ValueKeys::remove_others(std::uint64_t generation) {
  std::vector<fs::path> others;
  std::error_code code;
  for (fs::directory_iterator at(environment_.folder(), code), end; !code && at != end;
       at.increment(code)) {
    const fs::path& path = at->path();
    if (path.filename().string().starts_with(kWrappingName) && path != wrapping_path(generation))
      others.push_back(path);
  }
  if (code) return store::system_error(code.value(), "reading", environment_.folder());
  for (const fs::path& path : others) {
    CUNJU_TRYV(store::overwrite_and_remove(path));
  }
  return ok();
}

Result<void> ValueKeys::refresh() {
  CUNJU_TRY(const std::uint64_t seen, stored_generation());
  if (seen == generation_) return ok();
  // It may be in the middle of the next one.
  CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(environment_.folder()));
  CUNJU_TRY(const std::uint64_t generation, stored_generation());
  return load_wrapping(generation);
}

Result<void> ValueKeys::destroy(std::span<const KeyNumber> keys, crypto::RandomSource& random) {
  CUNJU_CHECK(std::ranges::find(keys, kStoreKey) == keys.end(), "names are hashed under key 0");
  CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(environment_.folder()));
  CUNJU_TRY(const std::uint64_t generation, stored_generation());
  CUNJU_TRYV(load_wrapping(generation));
  CUNJU_TRYV(remove_others(generation));
  CUNJU_TRY(crypto::Secret<32> fresh, write_wrapping(generation + 1, random));
  CUNJU_TRYV(rewrite_blocks(keys, fresh, generation + 1, random));
  wrapping_ = std::move(fresh);
  generation_ = generation + 1;
  blocks_.clear();
  return remove_others(generation_);
}

Result<void> ValueKeys::rewrite_blocks(std::span<const KeyNumber> doomed,
                                       const crypto::Secret<32>& fresh, std::uint64_t generation,
                                       crypto::RandomSource& random) {
  const std::set<KeyNumber> gone(doomed.begin(), doomed.end());
  return environment_.write([&](store::WriteTransaction& txn) -> Result<void> {
    std::vector<std::pair<std::uint32_t, Bytes>> blocks;
    CUNJU_TRYV(txn.scan(table_, {}, [&](ByteView key, ByteView value) {
      if (key.size() == 4) blocks.emplace_back(get_u32_be(key), to_bytes(value));
      return true;
    }));
    for (const auto& [number, sealed] : blocks) {
      CUNJU_TRY(const std::unique_ptr<Block> block, open_block(number, sealed));
      Bytes plain;
      plain.reserve(kBlockBytes);
      for (std::uint32_t i = 0; i < kKeysPerBlock; ++i) {
        if (gone.contains(KeyNumber{number * kKeysPerBlock + i})) {
          plain.resize(plain.size() + 32, 0);
        } else {
          append(plain, (*block)[i].view());
        }
      }
      const Bytes again = crypto::seal(fresh, block_binding(number), plain, random);
      crypto::wipe(plain);
      CUNJU_TRYV(txn.put(table_, block_key(number), again));
    }
    Bytes value;
    put_u64_be(value, generation);
    return txn.put(table_, as_bytes(kGeneration), value);
  });
}

Result<std::unique_ptr<ValueKeys::Block>> ValueKeys::open_block(std::uint32_t block,
                                                                ByteView sealed) const {
  std::optional<Bytes> opened = crypto::open(wrapping_, block_binding(block), sealed);
  if (!opened || opened->size() != kBlockBytes)
    return fail(Errc::kTampered, "a block of keys was altered");
  auto out = std::make_unique<Block>();
  for (std::size_t i = 0; i < out->size(); ++i)
    (*out)[i] = crypto::Secret<32>(ByteView(*opened).subspan(i * 32, 32));
  crypto::wipe(*opened);
  return out;
}

Result<const ValueKeys::Block*> ValueKeys::load_block(std::uint32_t block) {
  if (block < blocks_.size() && blocks_[block]) return blocks_[block].get();
  // Another process may make the next generation between the two.
  constexpr int kTries = 8;
  for (int i = 0; i < kTries; ++i) {
    CUNJU_TRYV(refresh());
    std::unique_ptr<Block> loaded;
    bool is_old = false;
    CUNJU_TRYV(environment_.read([&](store::ReadTransaction& txn) -> Result<void> {
      const std::optional<ByteView> generation = txn.get(table_, as_bytes(kGeneration));
      is_old = !generation || generation->size() != 8 || get_u64_be(*generation) != generation_;
      std::optional<ByteView> sealed = txn.get(table_, block_key(block));
      if (is_old || !sealed) return ok();
      CUNJU_TRY(loaded, open_block(block, *sealed));
      return ok();
    }));
    if (is_old) continue;
    if (!loaded) return nullptr;
    // Numbers of blocks that exist have no gaps, so there is room for no more than are there.
    if (blocks_.size() <= block) blocks_.resize(std::size_t{block} + 1);
    blocks_[block] = std::move(loaded);
    return blocks_[block].get();
  }
  return fail(Errc::kIo, "the keys of the records change all the time");
}

Result<void> ValueKeys::reserve(KeyNumber key, crypto::RandomSource& random) {
  CUNJU_TRYV(refresh());
  const std::uint32_t block = key.value / kKeysPerBlock;
  CUNJU_TRY(const Block* known, load_block(block));
  if (known != nullptr) return ok();
  if (key.value % kKeysPerBlock != 0)
    return fail(Errc::kCorrupt, "the keys of the records are older than the records");
  bool is_old = false;
  CUNJU_TRYV(environment_.write([&](store::WriteTransaction& txn) -> Result<void> {
    const std::optional<ByteView> generation = txn.get(table_, as_bytes(kGeneration));
    is_old = !generation || generation->size() != 8 || get_u64_be(*generation) != generation_;
    if (is_old || txn.get(table_, block_key(block))) return ok();  // Another process was first.
    Bytes plain(kBlockBytes);
    random.fill(plain);
    Bytes sealed = crypto::seal(wrapping_, block_binding(block), plain, random);
    crypto::wipe(plain);
    return txn.put_new(table_, block_key(block), sealed);
  }));
  return is_old ? reserve(key, random) : ok();
}

Result<const crypto::Secret<32>*> ValueKeys::find(KeyNumber key) {
  CUNJU_TRY(const Block* block, load_block(key.value / kKeysPerBlock));
  if (block == nullptr)
    return fail(Errc::kCorrupt, "key " + std::to_string(key.value) + " is missing");
  const crypto::Secret<32>& secret = (*block)[key.value % kKeysPerBlock];
  if (std::ranges::all_of(secret.view(), [](std::uint8_t byte) { return byte == 0; }))
    return fail(Errc::kNotFound, "key " + std::to_string(key.value) + " was destroyed");
  return &secret;
}

}  // namespace cunju::keys
