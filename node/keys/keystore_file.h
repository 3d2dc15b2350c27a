// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a keystore file and back. Holds only clear and sealed parts, never a secret.
// file := "cunju keystore 1" | BLAKE2b-256 of the rest | packed Cap'n Proto (keystore.capnp).
// The hash finds damage without a passphrase; what an attacker changes, the seals find.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"

namespace cunju::keys {

/// Random, made once per keystore; every seal in the file is bound to it.
using KeystoreId = FixedBytes<struct KeystoreIdTag, 16>;

enum class SlotKind : std::uint8_t { kPassphrase = 1, kKeyFile = 2 };

struct Slot {
  std::string clerk;
  AuthorKey author;
  SlotKind kind = SlotKind::kPassphrase;
  Salt salt;
  crypto::Argon2Cost cost;  ///< Zero for a key file.
  Bytes sealed;             ///< Storage key || author seed.

  friend bool operator==(const Slot&, const Slot&) = default;
};

struct KeystoreFile {
  KeystoreId id;
  NodeKey node;
  WireKey wire;
  Bytes sealed_node;  ///< Node seed || wire secret, under the storage key.
  std::vector<Slot> slots;

  friend bool operator==(const KeystoreFile&, const KeystoreFile&) = default;
};

/// What a clerk may be called: one to limits::kMaxNameBytes bytes of UTF-8, no control characters.
bool is_clerk_name(std::string_view name);

Bytes encode_keystore(const KeystoreFile& file);
/// Errors: kCorrupt (damaged or not a keystore), kUnsupported (newer version), kLimit.
Result<KeystoreFile> parse_keystore(ByteView bytes);

/// What the slot's seal is bound to: the file's identity and every clear field of the slot.
Bytes slot_binding(const KeystoreId& id, const Slot& slot);
/// What the node seal is bound to: everything else in the file, so that no slot can be added,
/// taken away or replaced by somebody who can't open one.
Bytes node_binding(const KeystoreFile& file);

}  // namespace cunju::keys
