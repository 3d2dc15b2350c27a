// SPDX-License-Identifier: Apache-2.0
// Sessions about parts with peers that don't keep to what was agreed on.
#include "net/wire/parts_codec.h"
#include "tests/node/replica/scoped_nodes.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// The office, which lacks two parts, talks to a desk that the test plays.
struct Host {
  ScopedNodes all;
  std::vector<wire::ChangeParts> good;
  std::unique_ptr<sync::Session> session;
  std::vector<wire::Message> said;
  std::optional<sync::Close> close;

  Host() {
    const RecordId record = all.office.random().make<RecordId>();
    all.write(all.desk, all.zhang, record, "", "一");
    all.write(all.desk, all.zhang, record, "", "二");
    all.meet(all.desk, all.relay);
    all.meet(all.relay, all.office);
    sync::PartsCursor cursor;
    const auto asked = require(all.office->next_lacked(all.space, cursor));
    good =
        require(all.desk->find_parts(all.space, all.village.founder.wire.wire(), *asked, 1 << 20))
            .changes;
    REQUIRE(good.size() == 2);
    session = std::make_unique<sync::Session>(*all.office, all.zhang.wire.wire(),
                                              testing::test_handshake_hash());
    note(session->start(sync::Time{0}));
  }
  void note(const sync::Actions& actions) {
    for (const Bytes& message : actions.messages)
      said.push_back(wire::decode_message(message).value());
    if (actions.close) close = actions.close;
  }
  void tell(const wire::Message& message) {
    note(session->on_message(sync::Time{0}, wire::encode_message(message).value()));
  }
  /// As equal as the office's own.
  void greet(std::uint64_t features = wire::kFeatureParts) {
    auto hello = std::get<wire::Hello>(said.at(0));
    hello.features = features;
    tell(hello);
  }
  const wire::AskParts& question() const { return std::get<wire::AskParts>(said.back()); }
  bool ended_with(Errc code) const { return close && close->error && close->error->code == code; }
};

}  // namespace

TEST_CASE("a node that lacks parts says so in its hello, and asks although the heads are equal") {
  Host host;
  const std::uint64_t features = std::get<wire::Hello>(host.said.at(0)).features;
  CHECK((features & wire::kFeatureParts) != 0);
  CHECK((features & wire::kFeatureAsksParts) != 0);
  host.greet();
  CHECK(host.question().span.author == host.all.zhang.author());
  CHECK_FALSE(host.question().is_open);
  host.tell(
      wire::Parts{.next = host.question().span.end(), .parts = wire::encode_parts(host.good)});
  CHECK(host.all.standing(host.all.office).lacking == 0);
  CHECK(std::holds_alternative<wire::PartsDone>(host.said.back()));
  CHECK_FALSE(host.close);
}

TEST_CASE("an older peer is not asked for parts, and may not ask") {
  Host host;
  host.greet(0);
  CHECK(host.said.size() == 1);
  host.tell(wire::AskHeld{.token = wire::SpaceToken{{1}}, .ids = {ChangeId{{1}}}});
  CHECK(host.ended_with(Errc::kProtocol));
}

TEST_CASE(
    "a peer that can't hold back is not exchanged with over a metered link, and is told why") {
  ScopedNodes all;
  sync::Session session(*all.office, all.zhang.wire.wire(), testing::test_handshake_hash(),
                        kMeetMetered);
  const wire::Message first =
      wire::decode_message(session.start(sync::Time{0}).messages.at(0)).value();
  const auto& hello = std::get<wire::Hello>(first);
  CHECK((hello.features & wire::kFeatureMetered) != 0);
  const sync::Actions end = session.on_message(
      sync::Time{0},
      wire::encode_message(wire::Hello{.fingerprint = Hash{{1}}, .heads = 1}).value());
  REQUIRE(end.close);
  CHECK(end.close->error->code == Errc::kUnsupported);
}

TEST_CASE("an answer that nobody asked for, or that does not move on, ends the session") {
  Host host;
  SECTION("parts before the question") {
    host.tell(wire::Parts{.next = 1, .parts = wire::encode_parts({})});
    CHECK(host.ended_with(Errc::kProtocol));
  }
  SECTION("the answer to another question") {
    host.greet();
    host.tell(wire::Held{.bits = {1}});
    CHECK(host.ended_with(Errc::kProtocol));
  }
  SECTION("no step forward") {
    host.greet();
    host.tell(
        wire::Parts{.next = host.question().span.first.value, .parts = wire::encode_parts({})});
    CHECK(host.ended_with(Errc::kProtocol));
  }
  SECTION("done twice") {
    host.greet(wire::kFeatureParts | wire::kFeatureAsksParts);
    host.tell(wire::PartsDone{});
    CHECK_FALSE(host.close);
    host.tell(wire::PartsDone{});
    CHECK(host.ended_with(Errc::kProtocol));
  }
  CHECK(host.all.standing(host.all.office).lacking == 2);
}

TEST_CASE("a wrong part ends the session as tampered with, and nothing of its answer is kept") {
  Host host;
  host.greet();
  host.good[1].parts[0].body.back() ^= 1;
  host.tell(
      wire::Parts{.next = host.question().span.end(), .parts = wire::encode_parts(host.good)});
  CHECK(host.ended_with(Errc::kTampered));
  CHECK(host.all.standing(host.all.office).lacking == 2);
}

TEST_CASE("an answer in pieces is asked for piece by piece, from where it got to") {
  Host host;
  host.greet();
  const wire::AskParts first = host.question();
  host.tell(wire::Parts{.next = first.span.first.value + 1,
                        .parts = wire::encode_parts(std::span(host.good).first(1))});
  REQUIRE_FALSE(host.close);
  const wire::AskParts second = host.question();
  CHECK(second.span.first.value > first.span.first.value);
  CHECK(second.bytes == 2 * first.bytes);
  CHECK(host.all.standing(host.all.office).lacking == 1);
  host.tell(wire::Parts{.next = second.span.end(),
                        .parts = wire::encode_parts(std::span(host.good).last(1))});
  CHECK(host.all.standing(host.all.office).lacking == 0);
}
