// SPDX-License-Identifier: Apache-2.0
//
// Invitations into a space: what the text says, and the book of those a node has given (open until
// used once) and taken (pending until paired). The book is in the `keys` environment, sealed under
// the storage key, because a pre-shared key admits whoever holds it.
//   text := "cunju1:" hex(packed Invitation)
//   signature := Ed25519(inviting node, "cunju invite 1" || suite || space || id || member
//                        || wire key || psk || (size u32 | text) of space name, role, member name)
// The signature binds all fields together, so that a slip in copying is found before the text is
// used; trust comes from how it was handed over.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "net/wire/channel.h"
#include "node/store/environment.h"

namespace cunju::peers {

struct Invitation {
  wire::InvitationId id;
  crypto::Secret<32> psk;
  SpaceId space;
  std::string space_name;
  std::string role;
  std::string member_name;  ///< How the inviter calls the new member; may be empty.
  MemberId member;
  NodeKey inviter_node;
  WireKey inviter_wire;
  Signature signature;
  std::optional<crypto::Secret<32>> one_time_key;  ///< Only in the inviter's book.

  Invitation clone() const;
};

void sign_invitation(Invitation& invitation, const crypto::SigningKey& node);
std::string encode_invitation_text(const Invitation& invitation);
/// Errors: kMalformed, kLimit, kUnsupported (a newer version), kBadSignature.
Result<Invitation> parse_invitation_text(std::string_view text);

class InvitationBook {
 public:
  enum class Side : std::uint8_t { kGiven = 1, kTaken = 2 };
  static std::vector<std::string> table_names();
  static Result<std::unique_ptr<InvitationBook>> open(store::Environment& keys);

  Result<void> put(Side side, const Invitation& invitation, const crypto::Secret<32>& storage,
                   crypto::RandomSource& random);
  Result<std::optional<Invitation>> find(Side side, const wire::InvitationId& id,
                                         const crypto::Secret<32>& storage);
  Result<std::vector<Invitation>> all(Side side, const crypto::Secret<32>& storage);
  Result<void> erase(Side side, const wire::InvitationId& id);

 private:
  InvitationBook(store::Environment& keys, store::Table table) : keys_(keys), table_(table) {}
  store::Environment& keys_;
  store::Table table_;
};

}  // namespace cunju::peers
