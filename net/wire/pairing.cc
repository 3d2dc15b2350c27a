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
constexpr std::string_view kCommitLabel = "cunju commit 1";
constexpr std::string_view kWordsLabel = "cunju words 1";
constexpr std::array<std::uint8_t, 1> kSuite = {kSuiteEd25519Blake2b};
/// Keys, signature and name fit a fraction of this.
constexpr std::size_t kMaxPairWords = 1024;
/// Of a request, the longest: 544 bytes with the longest name, and their pointers.
constexpr std::size_t kMostContentBytes = 1024;

bool is_name(std::string_view name) {
  return !name.empty() && name.size() <= limits::kMaxNameBytes && is_utf8(name);
}

template <class T, class Visit>
Result<T> read_pair_message(ByteView bytes, Visit&& visit) {
  if (bytes.size() > kMaxPairWords * 8) return fail(Errc::kLimit, "kMaxPairWords");
  return packed::read_packed<schema::PairMessage>(bytes, kMaxPairWords, std::forward<Visit>(visit));
}

}  // namespace

namespace {

Signature sign_as_node(const crypto::SigningKey& node, ByteView handshake_hash,
                       const PairRequest& request) {
  const std::array<std::uint8_t, 1> verdict = {static_cast<std::uint8_t>(request.verdict)};
  return node.sign(kRequestLabel,
                   {kSuite, handshake_hash, request.wire.view(), request.author.view(),
                    request.nonce.view(), verdict, request.earlier.view()});
}

}  // namespace

PairRequest sign_pair_request(const crypto::SigningKey& node, const crypto::SigningKey& author,
                              ByteView handshake_hash, const WireKey& wire, const PairPlace& place,
                              PairSayings sayings) {
  PairRequest out;
  out.node = node.node();
  out.wire = wire;
  out.author = author.author();
  out.name = std::move(sayings.name);
  out.nonce = sayings.nonce;
  out.verdict = sayings.verdict;
  out.earlier = sayings.earlier;
  out.signature = sign_as_node(node, handshake_hash, out);
  out.proof = author.sign(kProofLabel, {kSuite, place.space.view(), handshake_hash, out.node.view(),
                                        wire.view(), place.member.view()});
  return out;
}

PairReply sign_pair_reply(const crypto::SigningKey& node, ByteView handshake_hash,
                          const WireKey& wire, const SpaceId& space, PairStatus status,
                          const PairNonce& nonce) {
  return {.status = status,
          .space = space,
          .node = node.node(),
          .wire = wire,
          .nonce = nonce,
          .signature = node.sign(
              kReplyLabel, {kSuite, handshake_hash, wire.view(), space.view(), nonce.view()})};
}

PairOffer make_pair_offer(const PairNonce& nonce) {
  return {crypto::hash({crypto::label(kCommitLabel), nonce.view()})};
}

Hash pair_transcript(ByteView handshake_hash, const PairPlace& place, const PairRequest& request,
                     const PairReply& reply) {
  return crypto::hash({crypto::label(kWordsLabel), handshake_hash, place.space.view(),
                       place.member.view(), request.node.view(), request.wire.view(),
                       request.author.view(), request.nonce.view(), reply.node.view(),
                       reply.wire.view(), reply.nonce.view()});
}

bool verify_pair_request(const PairRequest& request, ByteView handshake_hash,
                         const PairPlace& place) {
  const std::array<std::uint8_t, 1> verdict = {static_cast<std::uint8_t>(request.verdict)};
  return crypto::verify(request.node.view(), kRequestLabel,
                        {kSuite, handshake_hash, request.wire.view(), request.author.view(),
                         request.nonce.view(), verdict, request.earlier.view()},
                        request.signature) &&
         crypto::verify(request.author.view(), kProofLabel,
                        {kSuite, place.space.view(), handshake_hash, request.node.view(),
                         request.wire.view(), place.member.view()},
                        request.proof);
}

bool verify_pair_reply(const PairReply& reply, ByteView handshake_hash) {
  return crypto::verify(
      reply.node.view(), kReplyLabel,
      {kSuite, handshake_hash, reply.wire.view(), reply.space.view(), reply.nonce.view()},
      reply.signature);
}

Result<Bytes> encode_pair_request(const PairRequest& request) {
  if (!is_name(request.name)) return fail(Errc::kInvalidArgument, "member name");
  return write_message<schema::PairMessage>(
      kMostContentBytes, [&](schema::PairMessage::Builder out) {
        auto to = out.initRequest();
        to.setNode(packed::to_kj(request.node.view()));
        to.setWire(packed::to_kj(request.wire.view()));
        to.setAuthor(packed::to_kj(request.author.view()));
        to.setName(packed::to_kj_text(request.name));
        to.setSignature(packed::to_kj(request.signature.view()));
        to.setEntry(packed::to_kj(request.entry.view()));
        to.setProof(packed::to_kj(request.proof.view()));
        to.setDeviceEntry(packed::to_kj(request.device_entry.view()));
        to.setNonce(packed::to_kj(request.nonce.view()));
        to.setVerdict(static_cast<std::uint8_t>(request.verdict));
        to.setEarlier(packed::to_kj(request.earlier.view()));
      });
}

Result<Bytes> encode_pair_reply(const PairReply& reply) {
  return write_message<schema::PairMessage>(
      kMostContentBytes, [&](schema::PairMessage::Builder out) {
        auto to = out.initReply();
        to.setStatus(static_cast<std::uint16_t>(reply.status));
        to.setSpace(packed::to_kj(reply.space.view()));
        to.setNode(packed::to_kj(reply.node.view()));
        to.setWire(packed::to_kj(reply.wire.view()));
        to.setSignature(packed::to_kj(reply.signature.view()));
        to.setNonce(packed::to_kj(reply.nonce.view()));
      });
}

Result<Bytes> encode_pair_offer(const PairOffer& offer) {
  return write_message<schema::PairMessage>(
      kMostContentBytes, [&](schema::PairMessage::Builder out) {
        out.initOffer().setCommitment(packed::to_kj(offer.commitment.view()));
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
        CUNJU_TRY(out.nonce, read_fixed<PairNonce>(from.getNonce()));
        CUNJU_TRY(out.earlier, read_fixed<Hash>(from.getEarlier()));
        if (from.getVerdict() > static_cast<std::uint8_t>(PairVerdict::kDifferent))
          return fail(Errc::kUnsupported, "unknown verdict on the words");
        out.verdict = static_cast<PairVerdict>(from.getVerdict());
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
        if (from.getStatus() > static_cast<std::uint16_t>(PairStatus::kCancelled))
          return fail(Errc::kUnsupported, "unknown pairing status");
        out.status = static_cast<PairStatus>(from.getStatus());
        CUNJU_TRY(out.space, read_fixed<SpaceId>(from.getSpace()));
        CUNJU_TRY(out.node, read_fixed<NodeKey>(from.getNode()));
        CUNJU_TRY(out.wire, read_fixed<WireKey>(from.getWire()));
        CUNJU_TRY(out.signature, read_fixed<Signature>(from.getSignature()));
        CUNJU_TRY(out.nonce, read_fixed<PairNonce>(from.getNonce()));
        return out;
      });
}

Result<PairOffer> decode_pair_offer(ByteView bytes) {
  return read_pair_message<PairOffer>(
      bytes, [](schema::PairMessage::Reader in) -> Result<PairOffer> {
        if (!in.isOffer()) return fail(Errc::kProtocol, "not a pairing offer");
        PairOffer out;
        CUNJU_TRY(out.commitment, read_fixed<Hash>(in.getOffer().getCommitment()));
        return out;
      });
}

}  // namespace cunju::wire
