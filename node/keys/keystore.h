// SPDX-License-Identifier: Apache-2.0
//
// The keystore file of one node home: the node's keys, the storage key, and one signing key for
// each clerk, who opens it by passphrase or key file. Any clerk opens the node; nobody opens
// another clerk's key. Format: docs/formats/keystore.md. Changes are written beside, synced and
// renamed, under a lock on the folder, so a crash leaves the old file or the new one.
// A Keystore is what load read; only its own changes update it. Threads: as a value.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "node/keys/keystore_file.h"
#include "node/keys/unlock.h"

namespace cunju::keys {

struct UnlockedKeys {
  crypto::SigningKey node;     ///< Receipts and witness statements.
  crypto::DhKey wire;          ///< Noise static key.
  crypto::Secret<32> storage;  ///< Wraps what the `keys` environment holds.
  crypto::SigningKey author;   ///< The clerk's own.
  std::string clerk;

  /// A deliberate copy, like Secret::clone().
  UnlockedKeys clone() const;
};

/// What is known about a clerk without any secret. Not authenticated until somebody unlocks.
struct Clerk {
  std::string name;
  AuthorKey author;
  SlotKind kind;
};

class Keystore {
 public:
  /// Makes new keys and writes them with a first clerk. kExists when the file is there already.
  static Result<Keystore> create(const std::filesystem::path& path, std::string_view clerk,
                                 const Unlock& unlock, crypto::RandomSource& random,
                                 crypto::Argon2Cost cost = crypto::interactive_cost());
  /// Needs no secret. Errors: kNotFound, kCorrupt (damaged), kUnsupported (newer), kLimit, kIo.
  static Result<Keystore> load(const std::filesystem::path& path);

  const NodeKey& node() const { return file_.node; }
  const WireKey& wire() const { return file_.wire; }
  std::vector<Clerk> clerks() const;

  /// An empty name means the clerk whom this passphrase or key file opens (each slot is tried).
  /// Errors: kBadPassphrase, kNotFound (no clerk of that name), kTampered (the secrets and the
  /// clear part don't belong together), and those of reading a key file.
  Result<UnlockedKeys> unlock(std::string_view clerk, const Unlock& unlock) const;

  /// Adds a clerk with a fresh signing key, which it gives for its entry in a roster. Reads the
  /// file again first, so what other processes changed is kept. Errors: kExists, kInvalidArgument
  /// (name), kLimit, kTampered (`keys` are not of this file), kDiskFull, kIo; the file is then as
  /// it was.
  Result<crypto::SigningKey> add_clerk(const UnlockedKeys& keys, std::string_view name,
                                       const Unlock& unlock, crypto::RandomSource& random,
                                       crypto::Argon2Cost cost = crypto::interactive_cost());
  /// Puts another signing key in the place of the clerk's of `keys`; the old one's secret is gone
  /// from here for good. `unlock` opens the slot as before. Errors: as change_passphrase().
  Result<void> replace_author(const UnlockedKeys& keys, const Unlock& unlock,
                              const crypto::SigningKey& author, crypto::RandomSource& random,
                              crypto::Argon2Cost cost = crypto::interactive_cost());
  /// From now on `unlock` and nothing else opens the slot of the clerk of `keys`.
  Result<void> change_passphrase(const UnlockedKeys& keys, const Unlock& unlock,
                                 crypto::RandomSource& random,
                                 crypto::Argon2Cost cost = crypto::interactive_cost());

 private:
  Keystore(std::filesystem::path path, KeystoreFile file)
      : path_(std::move(path)), file_(std::move(file)) {}

  std::filesystem::path path_;
  KeystoreFile file_;
};

}  // namespace cunju::keys
