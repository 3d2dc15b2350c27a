// SPDX-License-Identifier: Apache-2.0
//
// Somebody's wish to go on with a new device key, on its way to an officer as a text file: one line
// for each space.
//   line      := "cunju-key1:" hex(space[32] | member[16] | old key[32] | new key[32] | entry[64] |
//                signature[64])
//   entry     := what the new key signs for its entry in the roster (device_entry of crdt/roster)
//   signature := Ed25519(new key, "cunju key 1" || suite || space || member || old key || new key)
// Both prove that whoever asks has the new key, so nobody can be given somebody else's. They do not
// prove who asks: the old key may be in a thief's hands as well, so the officer compares the new
// key with the person's own screen. Foreign bytes: read under limits. Values; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/crypto/crypto.h"

namespace cunju::council {

struct KeyRequest {
  SpaceId space;
  MemberId member;
  AuthorKey old_key;
  AuthorKey new_key;
  Signature entry;
  friend bool operator==(const KeyRequest&, const KeyRequest&) = default;
};

/// A wish to go on with `key` instead.
KeyRequest request_key(const SpaceId& space, const MemberId& member, const AuthorKey& old_key,
                       const crypto::SigningKey& key);
/// One line, with its end. `key` is the new key.
std::string encode_key_request(const KeyRequest& request, const crypto::SigningKey& key);
/// All lines of a file. Errors: kMalformed, kBadSignature, kLimit (limits::kMaxKeyRequestBytes).
Result<std::vector<KeyRequest>> parse_key_requests(std::string_view text);

}  // namespace cunju::council
