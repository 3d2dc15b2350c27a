// SPDX-License-Identifier: Apache-2.0
#include "node/keys/keystore.h"

#include <sys/stat.h>

#include <algorithm>
#include <functional>

#include "crdt/base/limits.h"
#include "node/store/private_file.h"

namespace cunju::keys {
namespace {

namespace fs = std::filesystem;
using crypto::Argon2Cost;
using crypto::Secret;

/// Two secrets in a row are what every seal of the file holds.
Secret<64> join(const Secret<32>& first, const Secret<32>& second) {
  Secret<64> out;
  std::ranges::copy(first.view(), out.mutable_view().begin());
  std::ranges::copy(second.view(), out.mutable_view().begin() + 32);
  return out;
}

std::optional<Secret<64>> open_pair(const Secret<32>& key, ByteView associated, ByteView sealed) {
  std::optional<Bytes> plain = crypto::open(key, associated, sealed);
  if (!plain || plain->size() != 64) return std::nullopt;
  Secret<64> pair(*plain);
  crypto::wipe(*plain);
  return pair;
}

Secret<32> first_of(const Secret<64>& pair) { return Secret<32>(pair.view().first(32)); }
Secret<32> second_of(const Secret<64>& pair) { return Secret<32>(pair.view().last(32)); }

SlotKind kind_of(const Unlock& unlock) {
  return std::holds_alternative<Passphrase>(unlock) ? SlotKind::kPassphrase : SlotKind::kKeyFile;
}

/// The key that seals a slot. A key file has full entropy and needs no Argon2.
Result<Secret<32>> slot_key(const KeystoreId& id, const Slot& slot, const Unlock& unlock) {
  if (const auto* passphrase = std::get_if<Passphrase>(&unlock))
    return crypto::stretch_passphrase(passphrase->view(), slot.salt, slot.cost);
  CUNJU_TRY(Secret<32> content, read_key_file(std::get<KeyFile>(unlock).path));
  Hash hash = crypto::keyed_hash(content.view(),
                                 {crypto::label("cunju key file 1"), id.view(), slot.salt.view()});
  Secret<32> key(hash.view());
  crypto::wipe(hash.value);
  return key;
}

/// Gives the slot a fresh salt and seals the two secrets into it.
Result<void> seal_slot(const KeystoreId& id, Slot& slot, const Unlock& unlock,
                       const Secret<32>& storage, const crypto::SigningKey& author,
                       crypto::RandomSource& random, Argon2Cost cost) {
  slot.kind = kind_of(unlock);
  slot.salt = random.make<Salt>();
  slot.cost = slot.kind == SlotKind::kPassphrase ? cost : Argon2Cost{};
  CUNJU_TRY(Secret<32> key, slot_key(id, slot, unlock));
  slot.sealed =
      crypto::seal(key, slot_binding(id, slot), join(storage, author.seed()).view(), random);
  return ok();
}

/// Comes last in every change of a file: the seal covers all the rest.
void seal_node(KeystoreFile& file, const Secret<32>& storage, const crypto::SigningKey& node,
               const crypto::DhKey& wire, crypto::RandomSource& random) {
  file.sealed_node =
      crypto::seal(storage, node_binding(file), join(node.seed(), wire.secret()).view(), random);
}

Result<void> write_file(const fs::path& path, const KeystoreFile& file) {
  CUNJU_TRY(fs::path beside, store::write_beside(path, encode_keystore(file)));
  return store::move_into_place(beside, path);
}

Result<KeystoreFile> read_file(const fs::path& path) {
  CUNJU_TRY(Bytes bytes, store::read_whole_file(path, limits::kMaxKeystoreBytes));
  return parse_keystore(bytes);
}

Result<UnlockedKeys> open_node(const KeystoreFile& file, const Slot& slot,
                               const Secret<64>& storage_and_author) {
  const Error tampered{Errc::kTampered, "the keystore's parts don't belong together"};
  Secret<32> storage = first_of(storage_and_author);
  std::optional<Secret<64>> node_and_wire =
      open_pair(storage, node_binding(file), file.sealed_node);
  if (!node_and_wire) return tampered;
  UnlockedKeys keys{.node = crypto::SigningKey::from_seed(first_of(*node_and_wire)),
                    .wire = crypto::DhKey::from_secret(second_of(*node_and_wire)),
                    .storage = std::move(storage),
                    .author = crypto::SigningKey::from_seed(second_of(storage_and_author)),
                    .clerk = slot.clerk};
  if (keys.node.node() != file.node || keys.wire.wire() != file.wire ||
      keys.author.author() != slot.author)
    return tampered;
  return keys;
}

/// Reads the file, lets `change` alter it and replaces it, all under the folder's lock. `keys`
/// must open it: nobody changes a keystore that he can't vouch for.
Result<KeystoreFile> change_file(const fs::path& path, const UnlockedKeys& keys,
                                 crypto::RandomSource& random,
                                 const std::function<Result<void>(KeystoreFile&)>& change) {
  CUNJU_TRY(store::FolderLock lock, store::FolderLock::take(path.parent_path()));
  CUNJU_TRY(KeystoreFile file, read_file(path));
  if (!open_pair(keys.storage, node_binding(file), file.sealed_node))
    return fail(Errc::kTampered, "these keys are not of this keystore, or it was altered");
  CUNJU_TRYV(change(file));
  seal_node(file, keys.storage, keys.node, keys.wire, random);
  CUNJU_TRYV(write_file(path, file));
  return file;
}

}  // namespace

Result<Keystore> Keystore::create(const fs::path& path, std::string_view clerk,
                                  const Unlock& unlock, crypto::RandomSource& random,
                                  Argon2Cost cost) {
  if (!is_clerk_name(clerk)) return fail(Errc::kInvalidArgument, "the clerk's name");
  crypto::SigningKey node = crypto::SigningKey::generate(random);
  crypto::DhKey wire = crypto::DhKey::generate(random);
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  Secret<32> storage;
  random.fill(storage.mutable_view());

  KeystoreFile file;
  file.id = random.make<KeystoreId>();
  file.node = node.node();
  file.wire = wire.wire();
  Slot slot;
  slot.clerk = clerk;
  slot.author = author.author();
  CUNJU_TRYV(seal_slot(file.id, slot, unlock, storage, author, random, cost));
  file.slots.push_back(std::move(slot));
  seal_node(file, storage, node, wire, random);

  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  CUNJU_TRYV(store::make_private_folder(folder));
  CUNJU_TRY(store::FolderLock lock, store::FolderLock::take(folder));
  struct stat info {};
  if (::lstat(path.c_str(), &info) == 0)
    return fail(Errc::kExists, "there is a keystore already: " + path.string());
  CUNJU_TRYV(write_file(path, file));
  return Keystore(path, std::move(file));
}

Result<Keystore> Keystore::load(const fs::path& path) {
  CUNJU_TRY(KeystoreFile file, read_file(path));
  return Keystore(path, std::move(file));
}

UnlockedKeys UnlockedKeys::clone() const {
  return {.node = crypto::SigningKey::from_seed(node.seed()),
          .wire = wire.clone(),
          .storage = storage.clone(),
          .author = crypto::SigningKey::from_seed(author.seed()),
          .clerk = clerk};
}

std::vector<Clerk> Keystore::clerks() const {
  std::vector<Clerk> out;
  for (const Slot& slot : file_.slots)
    out.push_back({.name = slot.clerk, .author = slot.author, .kind = slot.kind});
  return out;
}

Result<UnlockedKeys> Keystore::unlock(std::string_view clerk, const Unlock& unlock) const {
  bool known = clerk.empty();
  for (const Slot& slot : file_.slots) {
    if (!clerk.empty() && slot.clerk != clerk) continue;
    known = true;
    if (slot.kind != kind_of(unlock)) continue;
    CUNJU_TRY(Secret<32> key, slot_key(file_.id, slot, unlock));
    std::optional<Secret<64>> opened = open_pair(key, slot_binding(file_.id, slot), slot.sealed);
    if (opened) return open_node(file_, slot, *opened);
  }
  if (!known) return fail(Errc::kNotFound, "no clerk named " + std::string(clerk));
  return fail(Errc::kBadPassphrase, "the passphrase or key file opens nothing here");
}

Result<crypto::SigningKey> Keystore::add_clerk(const UnlockedKeys& keys, std::string_view name,
                                               const Unlock& unlock, crypto::RandomSource& random,
                                               Argon2Cost cost) {
  if (!is_clerk_name(name)) return fail(Errc::kInvalidArgument, "the clerk's name");
  crypto::SigningKey author = crypto::SigningKey::generate(random);
  CUNJU_TRY(file_, change_file(path_, keys, random, [&](KeystoreFile& file) -> Result<void> {
              if (file.slots.size() >= limits::kMaxKeystoreSlots)
                return fail(Errc::kLimit, "kMaxKeystoreSlots");
              if (std::ranges::find(file.slots, name, &Slot::clerk) != file.slots.end())
                return fail(Errc::kExists, "a clerk of that name");
              Slot slot;
              slot.clerk = name;
              slot.author = author.author();
              CUNJU_TRYV(seal_slot(file.id, slot, unlock, keys.storage, author, random, cost));
              file.slots.push_back(std::move(slot));
              return ok();
            }));
  return author;
}

Result<void> Keystore::change_passphrase(const UnlockedKeys& keys, const Unlock& unlock,
                                         crypto::RandomSource& random, Argon2Cost cost) {
  CUNJU_TRY(file_, change_file(path_, keys, random, [&](KeystoreFile& file) -> Result<void> {
              auto slot = std::ranges::find(file.slots, keys.author.author(), &Slot::author);
              if (slot == file.slots.end())
                return fail(Errc::kNotFound, "the clerk is no longer in the keystore");
              return seal_slot(file.id, *slot, unlock, keys.storage, keys.author, random, cost);
            }));
  return ok();
}

Result<void> Keystore::replace_author(const UnlockedKeys& keys, const Unlock& unlock,
                                      const crypto::SigningKey& author,
                                      crypto::RandomSource& random, Argon2Cost cost) {
  CUNJU_TRY(file_, change_file(path_, keys, random, [&](KeystoreFile& file) -> Result<void> {
              auto slot = std::ranges::find(file.slots, keys.author.author(), &Slot::author);
              if (slot == file.slots.end())
                return fail(Errc::kNotFound, "the clerk is no longer in the keystore");
              slot->author = author.author();
              return seal_slot(file.id, *slot, unlock, keys.storage, author, random, cost);
            }));
  return ok();
}

}  // namespace cunju::keys
