// SPDX-License-Identifier: Apache-2.0
#include "node/peers/invitation.h"

#include <algorithm>
#include <memory>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/base/packed.h"
#include "node/peers/invitation.capnp.h"
#include "node/peers/invitation_text.h"

namespace cunju::peers {
namespace {

constexpr std::uint16_t kInvitationVersion = 1;
constexpr std::size_t kMaxInvitationWords = 1024;
constexpr std::size_t kCheckBytes = 4;
constexpr std::string_view kTable = "invitations";

Bytes encode(const Invitation& invitation) {
  capnp::MallocMessageBuilder message(kMaxInvitationWords);
  auto out = message.initRoot<schema::Invitation>();
  out.setVersion(kInvitationVersion);
  out.setSecret(packed::to_kj(invitation.secret.view()));
  out.setSpace(packed::to_kj(invitation.space.view()));
  out.setSpaceName(packed::to_kj_text(invitation.space_name));
  out.setRole(packed::to_kj_text(invitation.role));
  out.setMemberName(packed::to_kj_text(invitation.member_name));
  out.setInviterWire(packed::to_kj(invitation.inviter_wire.view()));
  if (invitation.one_time_key) out.setOneTimeKey(packed::to_kj(invitation.one_time_key->view()));
  const PairState& state = invitation.state;
  out.setStage(static_cast<std::uint8_t>(state.stage));
  out.setAttempts(state.attempts);
  out.setWrongWords(state.wrong_words);
  out.setRivals(state.rivals);
  out.setTranscript(packed::to_kj(state.transcript.view()));
  out.setRequest(packed::to_kj(state.request));
  out.setInviterNode(packed::to_kj(state.inviter_node.view()));
  out.setIsPeerSure(state.is_peer_sure);
  out.setIsTold(state.is_told);
  out.setMadeMs(invitation.made_ms);
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

Result<PairState> read_state(schema::Invitation::Reader in) {
  PairState out;
  if (in.getStage() > static_cast<std::uint8_t>(PairStage::kCancelled))
    return fail(Errc::kUnsupported, "an invitation's stage");
  out.stage = static_cast<PairStage>(in.getStage());
  out.attempts = in.getAttempts();
  out.wrong_words = in.getWrongWords();
  out.rivals = in.getRivals();
  CUNJU_TRY(out.transcript, read_id<Hash>(in.getTranscript()));
  out.request = to_bytes(packed::from_kj(in.getRequest()));
  CUNJU_TRY(out.inviter_node, read_id<NodeKey>(in.getInviterNode()));
  out.is_peer_sure = in.getIsPeerSure();
  out.is_told = in.getIsTold();
  return out;
}

Result<Invitation> read(schema::Invitation::Reader in) {
  if (in.getVersion() != kInvitationVersion)
    return fail(Errc::kUnsupported, "invitation of version " + std::to_string(in.getVersion()));
  if (in.getSecret().size() != 16) return fail(Errc::kMalformed, "an invitation's secret");
  Invitation out = Invitation::of(crypto::Secret<16>(packed::from_kj(in.getSecret())));
  CUNJU_TRY(out.space, read_id<SpaceId>(in.getSpace()));
  CUNJU_TRY(out.space_name, read_text(in.getSpaceName()));
  CUNJU_TRY(out.role, read_text(in.getRole()));
  CUNJU_TRY(out.member_name, read_text(in.getMemberName()));
  CUNJU_TRY(out.inviter_wire, read_id<WireKey>(in.getInviterWire()));
  if (in.getOneTimeKey().size() == 32)
    out.one_time_key = crypto::Secret<32>(packed::from_kj(in.getOneTimeKey()));
  out.made_ms = in.getMadeMs();
  CUNJU_TRY(out.state, read_state(in));
  return out;
}

Hash check_of(ByteView bytes) { return crypto::hash({crypto::label("cunju invite 1"), bytes}); }

void put_text(Bytes& out, const std::string& text) {
  CUNJU_CHECK(text.size() <= limits::kMaxNameBytes, "who makes an invitation checks its names");
  put_u8(out, static_cast<std::uint8_t>(text.size()));
  append(out, as_bytes(text));
}

Result<std::string> take_text(ByteReader& in) {
  const std::string text(as_text(in.take(in.u8())));
  if (text.size() > limits::kMaxNameBytes) return fail(Errc::kLimit, "kMaxNameBytes");
  if (!is_utf8(text)) return fail(Errc::kMalformed, "an invitation's text is not UTF-8");
  return text;
}

Result<Invitation> open_row(ByteView key, ByteView sealed, const crypto::Secret<32>& storage) {
  std::optional<Bytes> plain = crypto::open(storage, key, sealed);
  if (!plain) return fail(Errc::kTampered, "an invitation in the store");
  Result<Invitation> out =
      packed::read_packed<schema::Invitation>(*plain, kMaxInvitationWords, read);
  crypto::wipe(*plain);
  return out;
}

Bytes seal_row(ByteView key, const Invitation& invitation, const crypto::Secret<32>& storage,
               crypto::RandomSource& random) {
  Bytes plain = encode(invitation);
  Bytes sealed = crypto::seal(storage, key, plain, random);
  crypto::wipe(plain);
  return sealed;
}

Bytes key_of(InvitationBook::Side side, const wire::InvitationId& id) {
  Bytes key{static_cast<std::uint8_t>(side)};
  append(key, id.view());
  return key;
}

}  // namespace

bool is_over(PairStage stage) { return stage >= PairStage::kMistaken; }

Invitation Invitation::of(crypto::Secret<16> secret) {
  const auto derived = [&](std::string_view label) {
    return crypto::keyed_hash(secret.view(), {crypto::label(label)});
  };
  Invitation out;
  const Hash id = derived("cunju inv id 1"), member = derived("cunju inv mem 1");
  std::copy_n(id.value.begin(), out.id.value.size(), out.id.value.begin());
  std::copy_n(member.value.begin(), out.member.value.size(), out.member.value.begin());
  Hash psk = derived("cunju inv psk 1");
  out.psk = crypto::Secret<32>(psk.view());
  crypto::wipe(psk.value);
  out.secret = std::move(secret);
  return out;
}

Invitation Invitation::clone() const {
  Invitation out = of(secret.clone());
  out.space = space;
  out.space_name = space_name;
  out.role = role;
  out.member_name = member_name;
  out.inviter_wire = inviter_wire;
  if (one_time_key) out.one_time_key = one_time_key->clone();
  out.made_ms = made_ms;
  out.state = state;
  return out;
}

Bytes invitation_bytes(const Invitation& invitation) {
  Bytes out = to_bytes(invitation.secret.view());
  append(out, invitation.inviter_wire.view());
  append(out, invitation.space.view());
  for (const std::string* text :
       {&invitation.space_name, &invitation.role, &invitation.member_name})
    put_text(out, *text);
  append(out, check_of(out).view().first(kCheckBytes));
  return out;
}

std::string encode_invitation_text(const Invitation& invitation) {
  Bytes bytes = invitation_bytes(invitation);
  std::string out = spell_invitation(bytes);
  crypto::wipe(bytes);
  return out;
}

Result<Invitation> parse_invitation_text(std::string_view text) {
  CUNJU_TRY(Bytes bytes, unspell_invitation(text));
  const auto incomplete = [] {
    return fail(Errc::kMalformed, "the invitation is mistyped or not complete");
  };
  if (bytes.size() < kCheckBytes) return incomplete();
  const ByteView said = ByteView(bytes).first(bytes.size() - kCheckBytes);
  if (!equal(check_of(said).view().first(kCheckBytes), ByteView(bytes).last(kCheckBytes)))
    return incomplete();
  ByteReader in(said);
  const ByteView secret = in.take(16);
  if (secret.size() != 16) return incomplete();
  Invitation out = Invitation::of(crypto::Secret<16>(secret));
  out.inviter_wire = WireKey{in.array<32>()};
  out.space = SpaceId{in.array<32>()};
  CUNJU_TRY(out.space_name, take_text(in));
  CUNJU_TRY(out.role, take_text(in));
  CUNJU_TRY(out.member_name, take_text(in));
  crypto::wipe(bytes);
  if (!in.ok() || !in.at_end()) return incomplete();
  return out;
}

std::vector<std::string> InvitationBook::table_names() { return {std::string(kTable)}; }

Result<std::unique_ptr<InvitationBook>> InvitationBook::open(store::Environment& keys) {
  CUNJU_TRY(store::Table table, keys.table(kTable));
  return std::unique_ptr<InvitationBook>(new InvitationBook(keys, table));
}

Result<void> InvitationBook::make_room(Side side, const crypto::Secret<32>& storage) {
  CUNJU_TRY(std::vector<Invitation> kept, all(side, storage));
  if (kept.size() < kMaxBookInvitations) return ok();
  for (const Invitation& invitation : kept) {
    if (is_over(invitation.state.stage)) return erase(side, invitation.id);
  }
  return fail(Errc::kLimit, "kMaxBookInvitations");
}

Result<void> InvitationBook::put(Side side, const Invitation& invitation,
                                 const crypto::Secret<32>& storage, crypto::RandomSource& random) {
  CUNJU_TRYV(make_room(side, storage));
  const Bytes key = key_of(side, invitation.id);
  const Bytes sealed = seal_row(key, invitation, storage, random);
  return keys_.write([&](store::WriteTransaction& txn) { return txn.put(table_, key, sealed); });
}

Result<std::optional<Invitation>> InvitationBook::find(Side side, const wire::InvitationId& id,
                                                       const crypto::Secret<32>& storage) {
  std::optional<Invitation> out;
  const Bytes key = key_of(side, id);
  CUNJU_TRYV(keys_.read([&](store::ReadTransaction& txn) -> Result<void> {
    std::optional<ByteView> sealed = txn.get(table_, key);
    if (!sealed) return ok();
    CUNJU_TRY(out, open_row(key, *sealed, storage));
    return ok();
  }));
  return out;
}

Result<void> InvitationBook::update(Side side, const wire::InvitationId& id,
                                    const crypto::Secret<32>& storage, crypto::RandomSource& random,
                                    const std::function<Result<void>(PairState&)>& edit) {
  const Bytes key = key_of(side, id);
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    std::optional<ByteView> sealed = txn.get(table_, key);
    if (!sealed) return fail(Errc::kNotFound, "the invitation");
    CUNJU_TRY(Invitation invitation, open_row(key, *sealed, storage));
    const PairState before = invitation.state;
    CUNJU_TRYV(edit(invitation.state));
    // While words wait they are asked for every few seconds, and nothing comes of most.
    if (invitation.state == before) return ok();
    return txn.put(table_, key, seal_row(key, invitation, storage, random));
  });
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
  std::ranges::stable_sort(out, {}, &Invitation::made_ms);
  return out;
}

Result<void> InvitationBook::erase(Side side, const wire::InvitationId& id) {
  return keys_.write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRYV(txn.erase(table_, key_of(side, id)));
    return ok();
  });
}

}  // namespace cunju::peers
