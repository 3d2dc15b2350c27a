// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_keys.h"

#include <algorithm>

namespace cunju::keys {
namespace {

constexpr std::string_view kTable = "value_keys";
constexpr std::string_view kWrapping = "wrapping";
constexpr std::size_t kBlockBytes = std::size_t{kKeysPerBlock} * 32;

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

}  // namespace

std::vector<std::string> ValueKeys::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<ValueKeys>> ValueKeys::open(store::Environment& keys,
                                                   const crypto::Secret<32>& storage,
                                                   crypto::RandomSource& random, bool may_create) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  std::unique_ptr<ValueKeys> out(new ValueKeys(keys, table));
  CUNJU_TRYV(out->load_wrapping(storage, random, may_create));
  if (!may_create) {
    CUNJU_TRYV(out->find(kStoreKey));
  }
  CUNJU_TRYV(out->reserve(kStoreKey, random));
  return out;
}

Result<void> ValueKeys::load_wrapping(const crypto::Secret<32>& storage,
                                      crypto::RandomSource& random, bool may_create) {
  const auto binding = crypto::label("cunju wrapping 1");
  std::optional<Bytes> sealed;
  auto look = [&](const store::ReadTransaction& txn) {
    std::optional<ByteView> found = txn.get(table_, as_bytes(kWrapping));
    sealed.reset();
    if (found) sealed = to_bytes(*found);
  };
  CUNJU_TRYV(environment_.read([&](store::ReadTransaction& txn) -> Result<void> {
    look(txn);
    return ok();
  }));
  if (!sealed && !may_create)
    return fail(Errc::kCorrupt, "the folder with the keys of the records is not the one they had");
  if (!sealed) {
    CUNJU_TRYV(environment_.write([&](store::WriteTransaction& txn) -> Result<void> {
      look(txn);  // Another process may have been first.
      if (sealed) return ok();
      crypto::Secret<32> fresh;
      random.fill(fresh.mutable_view());
      sealed = crypto::seal(storage, binding, fresh.view(), random);
      return txn.put_new(table_, as_bytes(kWrapping), *sealed);
    }));
  }
  std::optional<Bytes> opened = crypto::open(storage, binding, *sealed);
  if (!opened || opened->size() != 32)
    return fail(Errc::kTampered, "the keys of the stored values are not of this keystore");
  wrapping_ = crypto::Secret<32>(*opened);
  crypto::wipe(*opened);
  return ok();
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
  if (last_.second != nullptr && last_.first == block) return last_.second;
  auto found = blocks_.find(block);
  if (found != blocks_.end()) {
    last_ = {block, found->second.get()};
    return last_.second;
  }
  std::unique_ptr<Block> loaded;
  CUNJU_TRYV(environment_.read([&](store::ReadTransaction& txn) -> Result<void> {
    std::optional<ByteView> sealed = txn.get(table_, block_key(block));
    if (!sealed) return ok();
    CUNJU_TRY(loaded, open_block(block, *sealed));
    return ok();
  }));
  if (!loaded) return nullptr;
  return blocks_.emplace(block, std::move(loaded)).first->second.get();
}

Result<void> ValueKeys::reserve(KeyNumber key, crypto::RandomSource& random) {
  const std::uint32_t block = key.value / kKeysPerBlock;
  CUNJU_TRY(const Block* known, load_block(block));
  if (known != nullptr) return ok();
  if (key.value % kKeysPerBlock != 0)
    return fail(Errc::kCorrupt, "the keys of the records are older than the records");
  return environment_.write([&](store::WriteTransaction& txn) -> Result<void> {
    if (txn.get(table_, block_key(block))) return ok();  // Another process was first.
    Bytes plain(kBlockBytes);
    random.fill(plain);
    Bytes sealed = crypto::seal(wrapping_, block_binding(block), plain, random);
    crypto::wipe(plain);
    return txn.put_new(table_, block_key(block), sealed);
  });
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
