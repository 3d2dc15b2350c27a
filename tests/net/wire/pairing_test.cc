// SPDX-License-Identifier: Apache-2.0
#include "net/wire/pairing.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "net/wire/messages.h"

using namespace cunju;
using namespace cunju::wire;

namespace {

const Bytes kHash(64, 5);
const PairPlace kPlace = [] {
  crypto::SeededRandom random(9);
  return PairPlace{random.make<SpaceId>(), random.make<MemberId>()};
}();

PairRequest example_request() {
  crypto::SeededRandom random(3);
  auto node = crypto::SigningKey::generate(random);
  auto author = crypto::SigningKey::generate(random);
  return sign_pair_request(node, author, kHash, random.make<WireKey>(), kPlace,
                           {.name = "王桂兰",
                            .nonce = random.make<PairNonce>(),
                            .verdict = PairVerdict::kSame,
                            .earlier = random.make<Hash>()});
}

PairReply example_reply() {
  crypto::SeededRandom random(4);
  auto node = crypto::SigningKey::generate(random);
  return sign_pair_reply(node, kHash, random.make<WireKey>(), random.make<SpaceId>(),
                         PairStatus::kWaiting, random.make<PairNonce>());
}

}  // namespace

TEST_CASE("pairing messages come back as they went in and verify") {
  PairRequest request = example_request();
  PairReply reply = example_reply();
  CHECK(decode_pair_request(encode_pair_request(request).value()).value() == request);
  CHECK(decode_pair_reply(encode_pair_reply(reply).value()).value() == reply);
  CHECK(verify_pair_request(request, kHash, kPlace));
  CHECK(verify_pair_reply(reply, kHash));
  const PairOffer offer = make_pair_offer(reply.nonce);
  CHECK(decode_pair_offer(encode_pair_offer(offer).value()).value() == offer);
}

TEST_CASE("a pairing signature holds for its channel, keys and direction only") {
  PairRequest request = example_request();
  CHECK_FALSE(verify_pair_request(request, Bytes(64, 6), kPlace));
  auto broken_request = [&](auto&& edit) {
    PairRequest bad = request;
    edit(bad);
    return !verify_pair_request(bad, kHash, kPlace);
  };
  CHECK(broken_request([](PairRequest& bad) { bad.wire.value[0] ^= 1; }));
  CHECK(broken_request([](PairRequest& bad) { bad.author.value[0] ^= 1; }));
  CHECK(broken_request([](PairRequest& bad) { bad.node.value[0] ^= 1; }));
  CHECK(broken_request([](PairRequest& bad) { bad.nonce.value[0] ^= 1; }));
  CHECK(broken_request([](PairRequest& bad) { bad.earlier.value[0] ^= 1; }));
  CHECK(broken_request([](PairRequest& bad) { bad.verdict = PairVerdict::kDifferent; }));
  CHECK(broken_request([](PairRequest& bad) { bad.proof.value[0] ^= 1; }));
  PairPlace elsewhere = kPlace, somebody = kPlace;
  elsewhere.space.value[0] ^= 1;
  somebody.member.value[0] ^= 1;
  CHECK_FALSE(verify_pair_request(request, kHash, elsewhere));
  CHECK_FALSE(verify_pair_request(request, kHash, somebody));
  PairReply reply = example_reply();
  CHECK_FALSE(verify_pair_reply(reply, Bytes(64, 6)));
  reply.nonce.value[0] ^= 1;
  CHECK_FALSE(verify_pair_reply(reply, kHash));
  reply = example_reply();
  reply.space.value[0] ^= 1;
  CHECK_FALSE(verify_pair_reply(reply, kHash));
  // A request turned into a reply, its author posing as the space.
  PairReply turned{.status = PairStatus::kAdmitted,
                   .space = {request.author.value},
                   .node = request.node,
                   .wire = request.wire,
                   .nonce = request.nonce,
                   .signature = request.signature};
  CHECK_FALSE(verify_pair_reply(turned, kHash));
}

TEST_CASE("nobody pairs with a device key that it does not hold") {
  crypto::SeededRandom random(5);
  auto node = crypto::SigningKey::generate(random), own = crypto::SigningKey::generate(random);
  auto victim = crypto::SigningKey::generate(random);
  WireKey wire = random.make<WireKey>();
  // The node signs for the victim's key, which it knows from a roster; only the proof is missing.
  PairRequest request = sign_pair_request(node, own, kHash, wire, kPlace, {.name = "x"});
  Signature own_proof = request.proof;
  // What the victim said in another channel, and for another node of the same channel.
  PairRequest of_other_channel =
      sign_pair_request(node, victim, Bytes(64, 6), wire, kPlace, {.name = "x"});
  PairRequest of_other_node = sign_pair_request(own, victim, kHash, wire, kPlace, {.name = "x"});
  request = sign_pair_request(node, victim, kHash, wire, kPlace, {.name = "x"});
  CHECK(verify_pair_request(request, kHash, kPlace));
  for (const Signature& proof :
       {own_proof, of_other_channel.proof, of_other_node.proof, request.signature, Signature{}}) {
    request.proof = proof;
    CHECK_FALSE(verify_pair_request(request, kHash, kPlace));
  }
}

TEST_CASE("a pairing message that is not what was asked for is refused") {
  Bytes request = encode_pair_request(example_request()).value();
  Bytes reply = encode_pair_reply(example_reply()).value();
  CHECK(decode_pair_reply(request).error().code == Errc::kProtocol);
  CHECK(decode_pair_request(reply).error().code == Errc::kProtocol);
  CHECK(decode_pair_offer(reply).error().code == Errc::kProtocol);
  CHECK(decode_pair_request(Bytes(9000)).error().code == Errc::kLimit);
  PairRequest nameless = example_request();
  nameless.name.clear();
  CHECK(encode_pair_request(nameless).error().code == Errc::kInvalidArgument);
  nameless.name = std::string(limits::kMaxNameBytes + 1, 'x');
  CHECK(encode_pair_request(nameless).error().code == Errc::kInvalidArgument);
  PairReply newer = example_reply();
  newer.status = static_cast<PairStatus>(40);
  CHECK(decode_pair_reply(encode_pair_reply(newer).value()).error().code == Errc::kUnsupported);
}

TEST_CASE("damaged pairing messages are errors or fail to verify, never crashes") {
  Bytes request = encode_pair_request(example_request()).value();
  Bytes reply = encode_pair_reply(example_reply()).value();
  for (std::size_t bit = 0; bit < request.size() * 8; ++bit) {
    Bytes damaged = request;
    damaged[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    Result<PairRequest> read = decode_pair_request(damaged);
    // The name is shown to a person and not signed, the roster entries are signed for themselves.
    if (read.has_value()) {
      read.value().entry = example_request().entry;
      read.value().device_entry = example_request().device_entry;
    }
    if (read.has_value() && read.value().name == example_request().name &&
        !(read.value() == example_request()))
      CHECK_FALSE(verify_pair_request(read.value(), kHash, kPlace));
  }
  for (std::size_t size = 0; size < reply.size(); ++size)
    CHECK(decode_pair_reply(ByteView(reply).first(size)).has_error());
}
