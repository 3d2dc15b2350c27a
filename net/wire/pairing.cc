// SPDX-License-Identifier: Apache-2.0
#include "net/wire/pairing.h"

#include <array>
#include <utility>

#include "crdt/change/change.h"
#include "net/wire/packed_fields.h"
#include "net/wire/sync.capnp.h"

namespace cunju::wire {
namespace {

constexpr std::string_view kRequestLabel = "cunju pair 1";
constexpr std::string_view kProofLabel = "cunju device 1";
constexpr std::string_view kReplyLabel = "cunju paired 1";
constexpr std::array<std::uint8_t, 1> kSuite = {kSuiteEd25519Blake2b};
/// Keys, signature and name fit a fraction of this.
constexpr std::size_t kMaxPairWords = 1024;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kMaxNameBytes && is_utf8(name);
}

template <class T, class Visit>
Result<T> read_pair_message(ByteView bytes, Visit&& visit) {
  if (bytes.size() > kMaxPairWords * 8) return fail(Errc::kLimit, "kMaxPairWords");
  return packed::read_packed<schema::PairMessage>(bytes, kMaxPairWords, std::forward<Visit>(visit));
}

}  // namespace

PairRequest sign_pair_request(const crypto::SigningKey& node, const crypto::SigningKey& author,
                              ByteView handshake_hash, const WireKey& wire, const PairPlace& place,
                              std::string name) {
  const AuthorKey key = author.author();
  return {
      .node = node.node(),
      .wire = wire,
      .author = key,
      .name = std::move(name),
      .signature = node.sign(kRequestLabel, {kSuite, handshake_hash, wire.view(), key.view()}),
      .entry = {},
      .device_entry = {},
      .proof = author.sign(kProofLabel, {kSuite, place.space.view(), handshake_hash,
                                         node.node().view(), wire.view(), place.member.view()})};
}

PairReply sign_pair_reply(const crypto::SigningKey& node, ByteView handshake_hash,
                          const WireKey& wire, const SpaceId& space, PairStatus status) {
  return {.status = status,
          .space = space,
          .node = node.node(),
          .wire = wire,
          .signature = node.sign(kReplyLabel, {kSuite, handshake_hash, wire.view(), space.view()})};
}

bool verify_pair_request(const PairRequest& request, ByteView handshake_hash,
                         const PairPlace& place) {
  return crypto::verify(request.node.view(), kRequestLabel,
                        {kSuite, handshake_hash, request.wire.view(), request.author.view()},
                        request.signature) &&
         crypto::verify(request.author.view(), kProofLabel,
                        {kSuite, place.space.view(), handshake_hash, request.node.view(),
                         request.wire.view(), place.member.view()},
                        request.proof);
}

bool verify_pair_reply(const PairReply& reply, ByteView handshake_hash) {
  return crypto::verify(reply.node.view(), kReplyLabel,
                        {kSuite, handshake_hash, reply.wire.view(), reply.space.view()},
                        reply.signature);
}

Result<Bytes> encode_pair_request(const PairRequest& request) {
  if (!is_name(request.name)) return fail(Errc::kInvalidArgument, "member name");
  return write_message<schema::PairMessage>(0, [&](schema::PairMessage::Builder out) {
    auto to = out.initRequest();
    to.setNode(packed::to_kj(request.node.view()));
    to.setWire(packed::to_kj(request.wire.view()));
    to.setAuthor(packed::to_kj(request.author.view()));
    to.setName(packed::to_kj_text(request.name));
    to.setSignature(packed::to_kj(request.signature.view()));
    to.setEntry(packed::to_kj(request.entry.view()));
    to.setProof(packed::to_kj(request.proof.view()));
    to.setDeviceEntry(packed::to_kj(request.device_entry.view()));
  });
}

Result<Bytes> encode_pair_reply(const PairReply& reply) {
  return write_message<schema::PairMessage>(0, [&](schema::PairMessage::Builder out) {
    auto to = out.initReply();
    to.setStatus(static_cast<std::uint16_t>(reply.status));
    to.setSpace(packed::to_kj(reply.space.view()));
    to.setNode(packed::to_kj(reply.node.view()));
    to.setWire(packed::to_kj(reply.wire.view()));
    to.setSignature(packed::to_kj(reply.signature.view()));
  });
}

Result<PairRequest> decode_pair_request(ByteView bytes) {
  return read_pair_message<PairRequest>(
      bytes, [](schema::PairMessage::Reader in) -> Result<PairRequest> {
        if (!in.isRequest()) return fail(Errc::kProtocol, "not a pairing request");
        auto from = in.getRequest();
        PairRequest out;
        CUNJU_TRY(out.node, read_fixed<NodeKey>(from.getNode()));
        CUNJU_TRY(out.wire, read_fixed<WireKey>(from.getWire()));
        CUNJU_TRY(out.author, read_fixed<AuthorKey>(from.getAuthor()));
        CUNJU_TRY(out.signature, read_fixed<Signature>(from.getSignature()));
        CUNJU_TRY(out.entry, read_fixed<Signature>(from.getEntry()));
        CUNJU_TRY(out.proof, read_fixed<Signature>(from.getProof()));
        CUNJU_TRY(out.device_entry, read_fixed<Signature>(from.getDeviceEntry()));
        out.name = packed::from_kj(from.getName());
        if (!is_name(out.name)) return fail(Errc::kMalformed, "member name");
        return out;
      });
}

Result<PairReply> decode_pair_reply(ByteView bytes) {
  return read_pair_message<PairReply>(
      bytes, [](schema::PairMessage::Reader in) -> Result<PairReply> {
        if (!in.isReply()) return fail(Errc::kProtocol, "not a pairing reply");
        auto from = in.getReply();
        PairReply out;
        if (from.getStatus() > static_cast<std::uint16_t>(PairStatus::kRefused))
          return fail(Errc::kUnsupported, "unknown pairing status");
        out.status = static_cast<PairStatus>(from.getStatus());
        CUNJU_TRY(out.space, read_fixed<SpaceId>(from.getSpace()));
        CUNJU_TRY(out.node, read_fixed<NodeKey>(from.getNode()));
        CUNJU_TRY(out.wire, read_fixed<WireKey>(from.getWire()));
        CUNJU_TRY(out.signature, read_fixed<Signature>(from.getSignature()));
        return out;
      });
}

}  // namespace cunju::wire
