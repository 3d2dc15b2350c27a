// SPDX-License-Identifier: Apache-2.0
#include "node/peers/invitation.h"

#include <algorithm>
#include <memory>

#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "crdt/change/change.h"
#include "node/peers/invitation.capnp.h"

namespace cunju::peers {
namespace {

constexpr std::string_view kTextPrefix = "cunju1:";
constexpr std::uint16_t kInvitationVersion = 1;
constexpr std::size_t kMaxInvitationWords = 512;
constexpr std::string_view kTable = "invitations";

Bytes signed_bytes(const Invitation& invitation) {
  Bytes out{kSuiteEd25519Blake2b};
  append(out, invitation.space.view());
  append(out, invitation.id.view());
  append(out, invitation.member.view());
  append(out, invitation.inviter_wire.view());
  append(out, invitation.psk.view());
  for (const std::string* text :
       {&invitation.space_name, &invitation.role, &invitation.member_name}) {
    put_u32(out, static_cast<std::uint32_t>(text->size()));
    append(out, as_bytes(*text));
  }
  return out;
}

Bytes encode(const Invitation& invitation, bool with_one_time_key) {
  capnp::MallocMessageBuilder message;
  auto out = message.initRoot<schema::Invitation>();
  out.setVersion(kInvitationVersion);
  out.setId(packed::to_kj(invitation.id.view()));
  out.setPsk(packed::to_kj(invitation.psk.view()));
  out.setSpace(packed::to_kj(invitation.space.view()));
  out.setSpaceName(packed::to_kj_text(invitation.space_name));
  out.setRole(packed::to_kj_text(invitation.role));
  out.setMemberName(packed::to_kj_text(invitation.member_name));
  out.setMember(packed::to_kj(invitation.member.view()));
  out.setInviterNode(packed::to_kj(invitation.inviter_node.view()));
  out.setInviterWire(packed::to_kj(invitation.inviter_wire.view()));
  out.setSignature(packed::to_kj(invitation.signature.view()));
  if (with_one_time_key && invitation.one_time_key)
    out.setOneTimeKey(packed::to_kj(invitation.one_time_key->view()));
  return packed::write_packed(message);
}

template <class Id>
Result<Id> read_id(capnp::Data::Reader data) {
  std::optional<Id> id = Id::from(packed::from_kj(data));
  if (!id) return fail(Errc::kMalformed, "an invitation's id has the wrong size");
  return *id;
}

Result<std::string> read_text(capnp::Text::Reader text) {
  std::string_view view = packed::from_kj(text);
  if (view.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (!is_utf8(view)) return fail(Errc::kMalformed, "an invitation's text is not UTF-8");
  return std::string(view);
}

Result<Invitation> read(schema::Invitation::Reader in) {
  if (in.getVersion() != kInvitationVersion)
    return fail(Errc::kUnsupported, "invitation of version " + std::to_string(in.getVersion()));
  Invitation out;
  CUNJU_TRY(out.id, read_id<wire::InvitationId>(in.getId()));
  if (in.getPsk().size() != 32) return fail(Errc::kMalformed, "an invitation's key");
  out.psk = crypto::Secret<32>(packed::from_kj(in.getPsk()));
  CUNJU_TRY(out.space, read_id<SpaceId>(in.getSpace()));
  CUNJU_TRY(out.space_name, read_text(in.getSpaceName()));
  CUNJU_TRY(out.role, read_text(in.getRole()));
  CUNJU_TRY(out.member_name, read_text(in.getMemberName()));
  CUNJU_TRY(out.member, read_id<MemberId>(in.getMember()));
  CUNJU_TRY(out.inviter_node, read_id<NodeKey>(in.getInviterNode()));
  CUNJU_TRY(out.inviter_wire, read_id<WireKey>(in.getInviterWire()));
  CUNJU_TRY(out.signature, read_id<Signature>(in.getSignature()));
  if (in.getOneTimeKey().size() == 32)
    out.one_time_key = crypto::Secret<32>(packed::from_kj(in.getOneTimeKey()));
  Bytes signed_part = signed_bytes(out);
  bool is_genuine =
      crypto::verify(out.inviter_node.view(), "cunju invite 1", {signed_part}, out.signature);
  crypto::wipe(signed_part);
  if (!is_genuine) return fail(Errc::kBadSignature, "the invitation was damaged or changed");
  return out;
}

Bytes key_of(InvitationBook::Side side, const wire::InvitationId& id) {
  Bytes key{static_cast<std::uint8_t>(side)};
  append(key, id.view());
  return key;
}

}  // namespace

Invitation Invitation::clone() const {
  Invitation out;
  out.id = id;
  out.psk = psk.clone();
  out.space = space;
  out.space_name = space_name;
  out.role = role;
  out.member_name = member_name;
  out.member = member;
  out.inviter_node = inviter_node;
  out.inviter_wire = inviter_wire;
  out.signature = signature;
  if (one_time_key) out.one_time_key = one_time_key->clone();
  return out;
}

void sign_invitation(Invitation& invitation, const crypto::SigningKey& node) {
  invitation.inviter_node = node.node();
  Bytes signed_part = signed_bytes(invitation);
  invitation.signature = node.sign("cunju invite 1", {signed_part});
  crypto::wipe(signed_part);
}

std::string encode_invitation_text(const Invitation& invitation) {
  return std::string(kTextPrefix) + to_hex(encode(invitation, false));
}

Result<Invitation> parse_invitation_text(std::string_view text) {
  while (!text.empty() && static_cast<unsigned char>(text.back()) <= ' ') text.remove_suffix(1);
  while (!text.empty() && static_cast<unsigned char>(text.front()) <= ' ') text.remove_prefix(1);
  if (!text.starts_with(kTextPrefix)) return fail(Errc::kMalformed, "this is not an invitation");
  if (text.size() > 4096) return fail(Errc::kLimit, "an invitation is shorter than this");
  std::optional<Bytes> bytes = parse_hex(text.substr(kTextPrefix.size()));
  if (!bytes) return fail(Errc::kMalformed, "the invitation is not complete");
  return packed::read_packed<schema::Invitation>(*bytes, kMaxInvitationWords, read);
}

std::vector<std::string> InvitationBook::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<InvitationBook>> InvitationBook::open(store::Environment& keys) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  return std::unique_ptr<InvitationBook>(new InvitationBook(keys, table));
}

Result<void> InvitationBook::put(Side side, const Invitation& invitation,
                                 const crypto::Secret<32>& storage, crypto::RandomSource& random) {
  Bytes key = key_of(side, invitation.id);
  Bytes plain = encode(invitation, true);
  Bytes sealed = crypto::seal(storage, key, plain, random);
  crypto::wipe(plain);
  return keys_.write([&](store::WriteTransaction& txn) { return txn.put(table_, key, sealed); });
}

Result<std::optional<Invitation>> InvitationBook::find(Side side, const wire::InvitationId& id,
                                                       const crypto::Secret<32>& storage) {
  std::optional<Invitation> out;
  Bytes key = key_of(side, id);
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    std::optional<ByteView> sealed = txn.get(table_, key);
    if (!sealed) return ok();
    std::optional<Bytes> plain = crypto::open(storage, key, *sealed);
    if (!plain) return fail(Errc::kTampered, "an invitation in the store");
    CUNJU_TRY(out, packed::read_packed<schema::Invitation>(*plain, kMaxInvitationWords, read));
    crypto::wipe(*plain);
    return ok();
  }));
  return out;
}

Result<std::vector<Invitation>> InvitationBook::all(Side side, const crypto::Secret<32>& storage) {
  std::vector<wire::InvitationId> ids;
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    Bytes prefix{static_cast<std::uint8_t>(side)};
    return txn.scan_prefix(table_, prefix, [&](ByteView key, ByteView) {
      if (auto id = wire::InvitationId::from(key.subspan(1))) ids.push_back(*id);
      return true;
    });
  }));
  std::vector<Invitation> out;
  for (const wire::InvitationId& id : ids) {
    CUNJU_TRY(std::optional<Invitation> found, find(side, id, storage));
    if (found) out.push_back(std::move(*found));
  }
  return out;
}

Result<void> InvitationBook::erase(Side side, const wire::InvitationId& id) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRYV(txn.erase(table_, key_of(side, id)));
    return ok();
  });
}

}  // namespace cunju::peers
