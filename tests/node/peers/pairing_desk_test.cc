// SPDX-License-Identifier: Apache-2.0
//
// Pairing with people who are careful, careless and absent, and with somebody in between.
#include "node/peers/pairing_desk.h"

#include <catch2/catch.hpp>
#include <set>

#include "tests/node/peers/peer_node.h"

namespace cunju::test {
namespace {

using Kind = peers::PairStep::Kind;
using Side = peers::InvitationBook::Side;
using peers::PairingWords;
using peers::PairStage;

struct Guests {
  Guests() : host(1, "主任"), guest(2, "街道"), space(host.found("幸福村")) {
    invitation = host.invite(space, "office");
    guest.join(invitation);
  }
  bool is_in(PeerNode& node) { return host.has_member(space, node.keys.author.author()); }
  PairStage stage(Side side) {
    return (side == Side::kGiven ? host : guest).state(side, invitation).stage;
  }
  PeerNode host, guest;
  SpaceId space;
  peers::Invitation invitation;
};

/// One conversation without a network; each side has the handshake hash of its own channel.
struct Talk {
  Talk(PeerNode& asking, PeerNode& inviting, const peers::Invitation& invitation,
       std::uint8_t handshake = 7)
      : guest(asking), host(inviting), guest_hash(64, handshake), host_hash(64, handshake) {
    at_guest.invitation = at_host.invitation = invitation.id;
    at_host.is_inviter = true;
  }
  Bytes offer() { return require(host.desk().make_offer(at_host)); }
  Result<peers::PairStep> to_guest(ByteView message) {
    return guest.desk().on_message(at_guest, guest_hash, message);
  }
  Result<peers::PairStep> to_host(ByteView message) {
    return host.desk().on_message(at_host, host_hash, message);
  }
  /// All of it; what the guest makes of the answer.
  Result<peers::PairStep> hold() {
    CUNJU_TRY(const peers::PairStep request, to_guest(offer()));
    CUNJU_TRY(const peers::PairStep reply, to_host(request.answer));
    last_at_host = reply.kind;
    return to_guest(reply.answer);
  }
  PeerNode& guest;
  PeerNode& host;
  Bytes guest_hash, host_hash;
  peers::PairTalk at_guest, at_host;
  Kind last_at_host = Kind::kAsked;
};

PairingWords other_than(PairingWords words) {
  words[1] = static_cast<std::uint8_t>((words[1] + 1) % peers::kPairingListWords);
  return words;
}

}  // namespace

TEST_CASE("Nobody is let in before the inviting person has compared the words", "[pairing]") {
  Guests g;
  const peers::PairStep step = require(Talk(g.guest, g.host, g.invitation).hold());
  CHECK(step.kind == Kind::kNewWords);
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  CHECK(step.words == words);
  CHECK_FALSE(g.is_in(g.guest));
  // The other person's word does not do.
  require(g.guest.desk().confirm_taken(words));
  CHECK(require(Talk(g.guest, g.host, g.invitation, 8).hold()).kind == Kind::kStillWaiting);
  CHECK_FALSE(g.is_in(g.guest));
  CHECK(g.host.state(Side::kGiven, g.invitation).is_peer_sure);
  // Asking again left the words as they were read.
  CHECK(g.host.words(Side::kGiven, g.invitation) == words);
  CHECK(g.guest.words(Side::kTaken, g.invitation) == words);
  require(g.host.desk().confirm_given(words));
  CHECK(g.is_in(g.guest));
  CHECK(require(Talk(g.guest, g.host, g.invitation, 9).hold()).kind == Kind::kAdmitted);
  CHECK(g.guest.open(Side::kTaken) == 0);
  CHECK(require(g.guest.replica->inviter(g.space)));
}

TEST_CASE("A joining node keeps out of the space until its own person has compared the words",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  require(g.host.desk().confirm_given(g.host.words(Side::kGiven, g.invitation)));
  REQUIRE(g.is_in(g.guest));
  CHECK_FALSE(require(g.guest.replica->inviter(g.space)));
  CHECK_FALSE(g.guest.manager->is_known(g.host.keys.wire.wire()));
  // It asks, and takes an admission for no answer: its person is to compare the words.
  const wire::Greeting greeting = wire::Greeting::make(g.host.keys.wire.wire(), g.guest.random);
  CHECK(g.guest.desk().choose(greeting, {}));
  const PairingWords words = g.guest.words(Side::kTaken, g.invitation);
  Talk talk(g.guest, g.host, g.invitation, 8);
  const peers::PairStep step = require(talk.hold());
  CHECK(step.kind == Kind::kStillWaiting);
  CHECK(step.stage == PairStage::kWaiting);
  CHECK(step.words == words);
  // Nobody is told at the other side that it came in.
  CHECK(talk.last_at_host == Kind::kAsked);
  CHECK(g.guest.words(Side::kTaken, g.invitation) == words);
  CHECK_FALSE(require(g.guest.replica->inviter(g.space)));
  require(g.guest.desk().confirm_taken(g.guest.words(Side::kTaken, g.invitation)));
  CHECK(g.guest.desk().choose(greeting, {}).has_value());
  CHECK_FALSE(g.guest.desk().choose(greeting, {g.invitation.id}).has_value());
}

TEST_CASE("Wrong words admit nobody, are counted, and end the invitation on both sides",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords right = g.host.words(Side::kGiven, g.invitation);
  for (int i = 0; i < peers::kMaxWrongWords; ++i) {
    CHECK(g.stage(Side::kGiven) == PairStage::kWaiting);
    CHECK(g.host.desk().confirm_given(other_than(right)).error().code == Errc::kConflict);
  }
  CHECK(g.stage(Side::kGiven) == PairStage::kMistaken);
  // Even the right ones come too late now.
  CHECK(g.host.desk().confirm_given(right).error().code == Errc::kNotFound);
  CHECK_FALSE(g.is_in(g.guest));
  require(g.guest.desk().confirm_taken(right));
  const peers::PairStep over = require(Talk(g.guest, g.host, g.invitation, 8).hold());
  CHECK(over.kind == Kind::kOver);
  CHECK(over.stage == PairStage::kMistaken);
  CHECK(g.stage(Side::kTaken) == PairStage::kMistaken);
  CHECK_FALSE(g.is_in(g.guest));
}

TEST_CASE("Wrong words at the joining side end it there, and the inviting side hears of it",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords right = g.guest.words(Side::kTaken, g.invitation);
  for (int i = 0; i < peers::kMaxWrongWords; ++i)
    CHECK(g.guest.desk().confirm_taken(other_than(right)).error().code == Errc::kConflict);
  CHECK(g.stage(Side::kTaken) == PairStage::kMistaken);
  const wire::Greeting greeting = wire::Greeting::make(g.host.keys.wire.wire(), g.guest.random);
  REQUIRE(g.guest.desk().choose(greeting, {}));
  Talk talk(g.guest, g.host, g.invitation, 8);
  CHECK(require(talk.hold()).stage == PairStage::kMistaken);
  CHECK(g.stage(Side::kGiven) == PairStage::kMistaken);
  CHECK(g.host.desk().confirm_given(right).error().code == Errc::kNotFound);
  CHECK_FALSE(g.is_in(g.guest));
  // Said once is enough.
  CHECK_FALSE(g.guest.desk().choose(greeting, {}));
}

TEST_CASE("A device that was let in and says that the words differed is reported", "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  require(g.host.desk().confirm_given(g.host.words(Side::kGiven, g.invitation)));
  require(g.guest.desk().refuse_taken(g.invitation.id));
  Talk talk(g.guest, g.host, g.invitation, 8);
  CHECK(talk.hold().error().code == Errc::kConflict);
  CHECK(talk.last_at_host == Kind::kRegretted);
  CHECK_FALSE(require(g.guest.replica->inviter(g.space)));
  CHECK(g.guest.state(Side::kTaken, g.invitation).is_told);
}

TEST_CASE("An invitation that was taken back lets nobody in and says so", "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  require(g.host.desk().end_given(g.invitation.id, PairStage::kCancelled));
  CHECK(g.host.desk().confirm_given(words).error().code == Errc::kNotFound);
  require(g.guest.desk().confirm_taken(words));
  const peers::PairStep over = require(Talk(g.guest, g.host, g.invitation, 8).hold());
  CHECK(over.stage == PairStage::kCancelled);
  CHECK(g.stage(Side::kTaken) == PairStage::kCancelled);
  CHECK_FALSE(g.is_in(g.guest));
}

TEST_CASE("Who has not compared the words yet hears at its next call that they are worth nothing",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  const PairStage ended = GENERATE(PairStage::kCancelled, PairStage::kMistaken, PairStage::kUsedUp);
  CAPTURE(static_cast<int>(ended));
  require(g.host.book->update(Side::kGiven, g.invitation.id, g.host.keys.storage, g.host.random,
                              [&](peers::PairState& state) {
                                state.stage = ended;
                                return ok();
                              }));
  const wire::Greeting greeting = wire::Greeting::make(g.host.keys.wire.wire(), g.guest.random);
  REQUIRE(g.guest.desk().choose(greeting, {}));
  const peers::PairStep over = require(Talk(g.guest, g.host, g.invitation, 8).hold());
  CHECK(over.kind == Kind::kOver);
  CHECK(over.stage == ended);
  CHECK(g.stage(Side::kTaken) == ended);
  // Too late to say yes, and nothing more to be heard.
  CHECK(g.guest.desk().confirm_taken(words).error().code == Errc::kNotFound);
  CHECK_FALSE(g.guest.desk().choose(greeting, {}));
}

TEST_CASE("What persons said and nobody has heard is known, and what was heard is not news",
          "[pairing]") {
  using wire::PairVerdict;
  Guests g;
  const wire::InvitationId id = g.invitation.id;
  const auto said = [&]() -> std::optional<PairVerdict> {
    const auto all = g.guest.desk().untold_verdicts();
    const auto found = all.find(id);
    return found == all.end() ? std::nullopt : std::optional(found->second);
  };
  CHECK(said() == PairVerdict::kNone);
  require(Talk(g.guest, g.host, g.invitation).hold());
  CHECK(said() == PairVerdict::kNone);
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  SECTION("yes") {
    require(g.guest.desk().confirm_taken(words));
    CHECK(said() == PairVerdict::kSame);
  }
  SECTION("no") {
    require(g.guest.desk().refuse_taken(id));
    CHECK(said() == PairVerdict::kDifferent);
    require(Talk(g.guest, g.host, g.invitation, 8).hold());
    CHECK_FALSE(said());
  }
  CHECK(g.host.desk().untold_verdicts().empty());
}

TEST_CASE("Asking before the words were compared changes neither them nor what is left of tries",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  for (std::uint8_t call = 0; call < 3 * peers::kMaxPairAttempts; ++call) {
    Talk talk(g.guest, g.host, g.invitation, static_cast<std::uint8_t>(10 + call));
    REQUIRE(require(talk.hold()).kind == Kind::kStillWaiting);
  }
  CHECK(g.host.words(Side::kGiven, g.invitation) == words);
  CHECK(g.guest.words(Side::kTaken, g.invitation) == words);
  CHECK(g.host.state(Side::kGiven, g.invitation).attempts == 1);
  CHECK_FALSE(g.host.state(Side::kGiven, g.invitation).is_peer_sure);
}

TEST_CASE("Whoever shows a joining person other words at each call has few tries", "[pairing]") {
  Guests g;
  // The one in between forgets what it said before, so that each conversation makes words anew.
  const auto forget = [&] {
    require(g.host.book->update(Side::kGiven, g.invitation.id, g.host.keys.storage, g.host.random,
                                [](peers::PairState& state) {
                                  state = {};
                                  return ok();
                                }));
  };
  std::set<PairingWords> shown;
  for (std::uint8_t call = 0; call < 3 * peers::kMaxPairAttempts; ++call) {
    forget();
    const Result<peers::PairStep> step =
        Talk(g.guest, g.host, g.invitation, static_cast<std::uint8_t>(10 + call)).hold();
    if (step.has_value() && step.value().kind == Kind::kNewWords) shown.insert(*step.value().words);
  }
  CHECK(shown.size() == peers::kMaxPairAttempts);
  CHECK(g.stage(Side::kTaken) == PairStage::kUsedUp);
}

TEST_CASE("An invitation that was used can't be taken back: its member is to be removed",
          "[pairing]") {
  Guests g;
  pair_by_words(g.guest, g.host, g.invitation);
  CHECK(g.host.desk().end_given(g.invitation.id, PairStage::kCancelled).error().code ==
        Errc::kExists);
}

TEST_CASE("A second device with the same invitation is refused and shows in the book",
          "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  PeerNode thief(3, "贼");
  thief.join(g.invitation);
  Talk theft(thief, g.host, g.invitation, 8);
  CHECK(require(theft.hold()).kind == Kind::kOver);
  CHECK(theft.last_at_host == Kind::kRival);
  CHECK(g.host.state(Side::kGiven, g.invitation).rivals == 1);
  CHECK(g.host.words(Side::kGiven, g.invitation) == words);
  require(g.host.desk().confirm_given(words));
  CHECK(g.is_in(g.guest));
  CHECK_FALSE(g.is_in(thief));
  // Nor afterwards.
  PeerNode late(4, "晚");
  late.join(g.invitation);
  CHECK(require(Talk(late, g.host, g.invitation, 9).hold()).kind == Kind::kOver);
  CHECK_FALSE(g.is_in(late));
}

TEST_CASE("A thief who is first is found out by the words", "[pairing]") {
  Guests g;
  PeerNode thief(3, "贼");
  thief.join(g.invitation);
  require(Talk(thief, g.host, g.invitation).hold());
  CHECK(require(Talk(g.guest, g.host, g.invitation, 8).hold()).kind == Kind::kOver);
  // The guest has no words to read out, and whatever it says is not what the host reads.
  CHECK(g.host.desk()
            .confirm_given(other_than(g.host.words(Side::kGiven, g.invitation)))
            .has_error());
  CHECK_FALSE(g.is_in(thief));
}

TEST_CASE("Somebody in between, who has the invitation, shows both sides other words",
          "[pairing]") {
  Guests g;
  // To the guest it plays the inviting node, with its keys but for the wire key that it claims; to
  // the host it plays a guest. It passes on what it can.
  PeerNode middle(3, "中间人");
  peers::Invitation stolen =
      require(peers::parse_invitation_text(peers::encode_invitation_text(g.invitation)));
  require(middle.book->put(Side::kTaken, stolen, middle.keys.storage, middle.random));
  peers::PairTalk at_guest{.invitation = g.invitation.id};
  const Bytes guest_hash(64, 1);
  const auto nonce = middle.random.make<wire::PairNonce>();
  const Bytes offer = require(wire::encode_pair_offer(wire::make_pair_offer(nonce)));
  const peers::PairStep asked = require(g.guest.desk().on_message(at_guest, guest_hash, offer));
  require(wire::decode_pair_request(asked.answer));
  const Bytes reply = require(wire::encode_pair_reply(
      wire::sign_pair_reply(middle.keys.node, guest_hash, g.host.keys.wire.wire(), g.space,
                            wire::PairStatus::kWaiting, nonce)));
  const PairingWords shown = *require(g.guest.desk().on_message(at_guest, guest_hash, reply)).words;
  require(Talk(middle, g.host, g.invitation, 2).hold());
  CHECK(g.host.words(Side::kGiven, g.invitation) != shown);
  CHECK(g.host.desk().confirm_given(shown).error().code == Errc::kConflict);
  CHECK_FALSE(g.is_in(middle));
}

TEST_CASE("Who could choose its nonce last is refused", "[pairing]") {
  Guests g;
  peers::PairTalk talk{.invitation = g.invitation.id};
  const Bytes hash(64, 1);
  const auto promised = g.host.random.make<wire::PairNonce>();
  const auto chosen = g.host.random.make<wire::PairNonce>();
  const Bytes offer = require(wire::encode_pair_offer(wire::make_pair_offer(promised)));
  require(g.guest.desk().on_message(talk, hash, offer));
  const Bytes reply = require(
      wire::encode_pair_reply(wire::sign_pair_reply(g.host.keys.node, hash, g.host.keys.wire.wire(),
                                                    g.space, wire::PairStatus::kWaiting, chosen)));
  CHECK(g.guest.desk().on_message(talk, hash, reply).error().code == Errc::kBadSignature);
  CHECK(g.stage(Side::kTaken) == PairStage::kOpen);
}

TEST_CASE("Words depend on the channel, on both nonces and on every key", "[pairing]") {
  crypto::SeededRandom random(6);
  const auto node = crypto::SigningKey::generate(random),
             author = crypto::SigningKey::generate(random);
  const wire::PairPlace place{random.make<SpaceId>(), random.make<MemberId>()};
  const Bytes hash(64, 5);
  wire::PairRequest request =
      wire::sign_pair_request(node, author, hash, random.make<WireKey>(), place,
                              {.name = "x", .nonce = random.make<wire::PairNonce>()});
  wire::PairReply reply =
      wire::sign_pair_reply(node, hash, random.make<WireKey>(), place.space,
                            wire::PairStatus::kWaiting, random.make<wire::PairNonce>());
  const Hash plain = wire::pair_transcript(hash, place, request, reply);
  CHECK(wire::pair_transcript(Bytes(64, 6), place, request, reply) != plain);
  const auto with_request = [&](auto&& edit) {
    wire::PairRequest other = request;
    edit(other);
    return wire::pair_transcript(hash, place, other, reply) != plain;
  };
  CHECK(with_request([](wire::PairRequest& r) { r.node.value[3] ^= 1; }));
  CHECK(with_request([](wire::PairRequest& r) { r.wire.value[3] ^= 1; }));
  CHECK(with_request([](wire::PairRequest& r) { r.author.value[3] ^= 1; }));
  CHECK(with_request([](wire::PairRequest& r) { r.nonce.value[3] ^= 1; }));
  const auto with_reply = [&](auto&& edit) {
    wire::PairReply other = reply;
    edit(other);
    return wire::pair_transcript(hash, place, request, other) != plain;
  };
  CHECK(with_reply([](wire::PairReply& r) { r.node.value[3] ^= 1; }));
  CHECK(with_reply([](wire::PairReply& r) { r.wire.value[3] ^= 1; }));
  CHECK(with_reply([](wire::PairReply& r) { r.nonce.value[3] ^= 1; }));
  wire::PairPlace elsewhere = place;
  elsewhere.member.value[0] ^= 1;
  CHECK(wire::pair_transcript(hash, elsewhere, request, reply) != plain);
}

TEST_CASE("Only the inviting node's own answer about the invited space counts", "[pairing]") {
  Guests g;
  crypto::SeededRandom random(9);
  const crypto::SigningKey stranger = crypto::SigningKey::generate(random);
  std::uint8_t handshake = 20;
  const auto outcome = [&](const crypto::SigningKey& node, const WireKey& wire,
                           const SpaceId& space, bool is_of_this_channel) {
    peers::PairTalk talk{.invitation = g.invitation.id};
    const Bytes hash(64, ++handshake);
    const auto nonce = random.make<wire::PairNonce>();
    const Bytes offer = require(wire::encode_pair_offer(wire::make_pair_offer(nonce)));
    require(g.guest.desk().on_message(talk, hash, offer));
    const Bytes reply = require(wire::encode_pair_reply(
        wire::sign_pair_reply(node, is_of_this_channel ? hash : Bytes(64, 1), wire, space,
                              wire::PairStatus::kWaiting, nonce)));
    return g.guest.desk().on_message(talk, hash, reply).has_value();
  };
  const WireKey wire = g.host.keys.wire.wire();
  CHECK_FALSE(outcome(g.host.keys.node, g.guest.keys.wire.wire(), g.space, true));
  CHECK_FALSE(outcome(g.host.keys.node, wire, random.make<SpaceId>(), true));
  CHECK_FALSE(outcome(g.host.keys.node, wire, g.space, false));
  CHECK(outcome(g.host.keys.node, wire, g.space, true));
  // From now on it is the node that answered first.
  CHECK_FALSE(outcome(stranger, wire, g.space, true));
}

TEST_CASE("A request that was made for another channel is refused", "[pairing]") {
  Guests g;
  Talk talk(g.guest, g.host, g.invitation);
  talk.host_hash[0] ^= 1;
  const peers::PairStep request = require(talk.to_guest(talk.offer()));
  CHECK(talk.to_host(request.answer).error().code == Errc::kBadSignature);
  CHECK(g.stage(Side::kGiven) == PairStage::kOpen);
}

TEST_CASE("A device whose answer got lost gets new words, so many times and no more", "[pairing]") {
  Guests g;
  std::set<PairingWords> seen;
  for (std::uint8_t i = 0; i < peers::kMaxPairAttempts; ++i) {
    Talk talk(g.guest, g.host, g.invitation, static_cast<std::uint8_t>(30 + i));
    const peers::PairStep request = require(talk.to_guest(talk.offer()));
    CHECK(require(talk.to_host(request.answer)).kind == Kind::kNewWords);
    seen.insert(g.host.words(Side::kGiven, g.invitation));
  }
  CHECK(seen.size() == peers::kMaxPairAttempts);
  const peers::PairStep over = require(Talk(g.guest, g.host, g.invitation, 99).hold());
  CHECK(over.kind == Kind::kOver);
  CHECK(over.stage == PairStage::kUsedUp);
  CHECK(g.stage(Side::kGiven) == PairStage::kUsedUp);
  CHECK_FALSE(g.is_in(g.guest));
}

TEST_CASE("Wherever a pairing is cut off, nobody is half in and the next try goes on",
          "[pairing]") {
  for (int cut = 0; cut < 12; ++cut) {
    CAPTURE(cut);
    Guests g;
    auto line = call(g.guest, g.host, "cut");
    for (int i = 0; i < cut; ++i) line->step();
    line->cut();
    g.host.restart();
    g.guest.restart();
    CHECK_FALSE(g.is_in(g.guest));
    CHECK_FALSE(require(g.guest.replica->inviter(g.space)));
    call(g.guest, g.host, "again")->pump();
    const PairingWords words = g.guest.words(Side::kTaken, g.invitation);
    REQUIRE(g.host.words(Side::kGiven, g.invitation) == words);
    require(g.host.desk().confirm_given(words));
    require(g.guest.desk().confirm_taken(words));
    auto last = call(g.guest, g.host, "cut as well");
    for (int i = 0; i < cut; ++i) last->step();
    last->cut();
    g.host.restart();
    g.guest.restart();
    const std::size_t members = require(g.host.replica->roster(g.space))->members.size();
    if (g.guest.open(Side::kTaken) == 1) call(g.guest, g.host, "once more")->pump();
    CHECK(g.guest.open(Side::kTaken) == 0);
    CHECK(require(g.guest.replica->inviter(g.space)));
    CHECK(require(g.host.replica->roster(g.space))->members.size() == members);
  }
}

TEST_CASE("A crash between the admission and its note is finished by the same words", "[pairing]") {
  Guests g;
  require(Talk(g.guest, g.host, g.invitation).hold());
  const PairingWords words = g.host.words(Side::kGiven, g.invitation);
  require(g.host.desk().confirm_given(words));
  require(g.host.book->update(Side::kGiven, g.invitation.id, g.host.keys.storage, g.host.random,
                              [](peers::PairState& state) {
                                state.stage = PairStage::kWaiting;
                                return ok();
                              }));
  const std::size_t members = require(g.host.replica->roster(g.space))->members.size();
  require(g.host.desk().confirm_given(words));
  CHECK(require(g.host.replica->roster(g.space))->members.size() == members);
  CHECK(g.stage(Side::kGiven) == PairStage::kConfirmed);
}

TEST_CASE("Two pairings that wait at once are told apart by their words", "[pairing]") {
  Guests g;
  PeerNode other(3, "邻村");
  const peers::Invitation second = g.host.invite(g.space, "clerk");
  other.join(second);
  require(Talk(g.guest, g.host, g.invitation).hold());
  require(Talk(other, g.host, second, 8).hold());
  const PairingWords words = g.host.words(Side::kGiven, second);
  CHECK(require(g.host.desk().confirm_given(words)).id == second.id);
  CHECK(g.is_in(other));
  CHECK_FALSE(g.is_in(g.guest));
  CHECK(g.stage(Side::kGiven) == PairStage::kWaiting);
}

}  // namespace cunju::test
