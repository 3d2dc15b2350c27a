// SPDX-License-Identifier: Apache-2.0
// Two sides that had the same once tell each other which logs were written to since.
#include <catch2/catch.hpp>
#include <random>

#include "net/wire/news_limits.h"
#include "tests/support/heads_port.h"
#include "tests/support/session_pair.h"

using namespace cunju;
using testing::HeadsPort;
using testing::SessionPair;
using testing::Sketching;

namespace {

constexpr sync::Options kOnce{.leave_when_caught_up = true};

/// Two with the same logs, who know it of each other.
struct Met {
  explicit Met(std::size_t spaces, std::size_t authors, std::uint64_t count = 10)
      : a(spaces, authors, count), b(a) {
    for (HeadsPort* side : {&a, &b}) {
      side->remember_meetings();
      REQUIRE(side->note_met(WireKey{}, UINT64_MAX).has_value());
    }
  }
  HeadsPort a, b;
};

struct Said {
  std::size_t news = 0, symbols = 0, lists = 0, bytes = 0;
};

Said said_by(SessionPair& pair) {
  Said out;
  for (std::size_t side : {0u, 1u}) {
    REQUIRE(pair.side(side).close);
    CHECK_FALSE(pair.side(side).close->error);
    for (const Bytes& bytes : pair.side(side).sent) {
      const wire::Message message = wire::decode_message(bytes).value();
      out.news += std::holds_alternative<wire::News>(message) ? 1 : 0;
      out.symbols += std::holds_alternative<wire::Symbols>(message) ? 1 : 0;
      out.lists += std::holds_alternative<wire::Spaces>(message) ? 1 : 0;
      out.bytes += bytes.size();
    }
  }
  return out;
}

Said talk(HeadsPort& a, HeadsPort& b, std::uint64_t a_lacks, std::uint64_t b_lacks,
          std::uint8_t channel = 7) {
  SessionPair pair(a, b, kOnce, kOnce, testing::test_handshake_hash(channel));
  pair.start();
  REQUIRE(pair.pump());
  CHECK(pair.session(0).progress().planned_out.changes == b_lacks);
  CHECK(pair.session(1).progress().planned_out.changes == a_lacks);
  return said_by(pair);
}

}  // namespace

TEST_CASE("news tell both sides what the other lacks, whoever has written to what") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Met met(1 + random() % 20, 1 + random() % 20);
    auto logs = met.a.all();
    std::ranges::shuffle(logs, random);
    std::uint64_t a_lacks = 0, b_lacks = 0;
    const std::size_t changed = random() % std::min<std::size_t>(logs.size(), 40) + 1;
    for (std::size_t i = 0; i < changed; ++i) {
      const auto& [space, author] = logs[i];
      // One side is further, or both are, as far or not.
      const std::uint64_t more_a = random() % 4, more_b = random() % 4;
      if (more_a > 0) met.a.set(space, author, 10 + more_a);
      if (more_b > 0) met.b.set(space, author, 10 + more_b);
      b_lacks += more_a > more_b ? more_a - more_b : 0;
      a_lacks += more_b > more_a ? more_b - more_a : 0;
    }
    // Somebody new, on one side.
    met.a.set(logs.front().first, AuthorKey{{99}}, 3);
    b_lacks += 3;
    const Sketching sketching(true);
    const Said said = talk(met.a, met.b, a_lacks, b_lacks, static_cast<std::uint8_t>(seed));
    CHECK(said.news == 2);
    CHECK(said.symbols + said.lists == 0);
  }
}

TEST_CASE("what news cost does not grow with what there is, and stays below what a sketch may") {
  struct Bar {
    std::size_t spaces, authors, differing, bytes;
  };
  // The goals of a session whose sides have never met; news are below them.
  const Bar bars[] = {{5'000, 2, 0, 300},
                      {500, 20, 1, 600},
                      {1, 10'000, 1, 600},
                      {500, 20, 100, 9'000},
                      {500, 20, 1'000, 75'000}};
  for (const Bar& bar : bars) {
    CAPTURE(bar.spaces, bar.differing);
    Met met(bar.spaces, bar.authors, 3);
    const auto logs = met.a.all();
    for (std::size_t i = 0; i < bar.differing; ++i) {
      const auto& [space, author] = logs[i * (logs.size() / bar.differing)];
      met.b.set(space, author, 4);
    }
    const Said said = talk(met.a, met.b, bar.differing, 0);
    CHECK(said.bytes <= bar.bytes);
    CHECK(said.news == (bar.differing > 0 ? 2 : 0));
    CHECK(said.symbols + said.lists == 0);
  }
}

TEST_CASE("who has not met, or met somewhere else, compares all heads") {
  const Sketching sketching(true);
  SECTION("one side has forgotten") {
    HeadsPort a(20, 20, 10), b = a;
    b.remember_meetings();
    REQUIRE(b.note_met(WireKey{}, UINT64_MAX).has_value());
    b.set(b.all()[3].first, b.all()[3].second, 11);
    CHECK(talk(a, b, 1, 0).symbols > 0);
  }
  SECTION("one side had something else then") {
    Met met(20, 20);
    met.a.set(met.a.all()[3].first, met.a.all()[3].second, 11);
    REQUIRE(met.a.note_met(WireKey{}, UINT64_MAX).has_value());
    const Said said = talk(met.a, met.b, 0, 1);
    CHECK(said.symbols > 0);
    CHECK(said.news == 0);
  }
}

TEST_CASE("who has gaps is equal to nobody and compares all heads, also with another who has") {
  const Sketching sketching(true);
  Met met(20, 20);
  met.a.have_gaps();
  CHECK(talk(met.a, met.b, 0, 0, 1).symbols > 0);
  met.b.have_gaps();
  const Said said = talk(met.a, met.b, 0, 0, 2);
  CHECK(said.symbols > 0);
  CHECK(said.news == 0);
}

TEST_CASE("what others told both meanwhile is compared by a sketch when it is much") {
  Met met(100, 20);
  const auto logs = met.a.all();
  const auto both = [&](std::size_t count) {
    for (std::size_t i = 0; i < count; ++i)
      for (HeadsPort* side : {&met.a, &met.b}) side->set(logs[i].first, logs[i].second, 11);
    met.a.set(logs.back().first, logs.back().second, 12);
  };
  SECTION("little") {
    both(20);
    const Said said = talk(met.a, met.b, 0, 2);
    CHECK(said.news == 2);
    CHECK(said.symbols == 0);
  }
  SECTION("much") {
    both(200);
    const Said said = talk(met.a, met.b, 0, 2);
    CHECK(said.news == 0);
    CHECK(said.symbols > 0);
    CHECK(said.bytes < 1'000);
  }
  SECTION("more than news may name") {
    Met large(100, 20);
    const auto all = large.a.all();
    for (std::size_t i = 0; i <= wire::kMaxNewsLogs; ++i)
      large.a.set(all[i].first, all[i].second, 11);
    const Said said = talk(large.a, large.b, 0, wire::kMaxNewsLogs + 1);
    CHECK(said.news == 0);
    CHECK(said.symbols > 0);
  }
}

TEST_CASE("a peer of version 3 is compared with as before") {
  Met met(20, 20);
  met.a.set(met.a.all()[3].first, met.a.all()[3].second, 11);
  sync::Session session(met.a, WireKey{{2}}, testing::test_handshake_hash(), kOnce);
  const sync::Actions begun = session.start(sync::Time{0});
  const auto hello = std::get<wire::Hello>(wire::decode_message(begun.messages.at(0)).value());
  REQUIRE(hello.meeting);
  wire::Hello older = hello;
  older.version = wire::kMeetingVersion - 1;
  older.fingerprint.value[0] ^= 1;
  const sync::Actions next = session.on_message(sync::Time{0}, wire::encode_message(older).value());
  CHECK(session.progress().phase == sync::Phase::kSketch);
  for (const Bytes& bytes : next.messages)
    CHECK_FALSE(std::holds_alternative<wire::News>(wire::decode_message(bytes).value()));
}

namespace {

/// An honest session that has met, whose peer the test plays.
struct Victim {
  Met met{2, 3};
  sync::Session session{met.a, WireKey{{2}}, testing::test_handshake_hash()};
  std::optional<sync::Close> close;
  wire::Hello hello;

  Victim() {
    met.a.set(met.a.all()[0].first, met.a.all()[0].second, 11);
    const sync::Actions begun = session.start(sync::Time{0});
    hello = std::get<wire::Hello>(wire::decode_message(begun.messages.at(0)).value());
  }
  void tell(const wire::Message& message) {
    const sync::Actions actions =
        session.on_message(sync::Time{0}, wire::encode_message(message).value());
    if (actions.close) close = actions.close;
  }
  /// Has met, has written to so many logs, and is not equal.
  void greet() {
    wire::Hello peer = hello;
    peer.fingerprint.value[0] ^= 1;
    tell(peer);
    REQUIRE(session.progress().phase == sync::Phase::kNews);
  }
};

}  // namespace

TEST_CASE(
    "news out of turn, of too many heads, or of no space end the session or are passed over") {
  SECTION("before the hello") {
    Victim victim;
    victim.tell(wire::News{});
    REQUIRE(victim.close);
    CHECK(victim.close->error->code == Errc::kProtocol);
  }
  SECTION("twice") {
    Victim victim;
    victim.greet();
    victim.tell(wire::News{});
    CHECK_FALSE(victim.close);
    victim.tell(wire::News{});
    REQUIRE(victim.close);
    CHECK(victim.close->error->code == Errc::kProtocol);
  }
  SECTION("of more heads of one author than a log may have") {
    Victim victim;
    victim.greet();
    wire::News news{{{.space = victim.met.a.all()[0].first, .heads = {}}}};
    news.spaces[0].heads.resize(limits::kMaxHeadsPerAuthor + 1, {.author = 7, .head = 8, .seq = 9});
    victim.tell(news);
    REQUIRE(victim.close);
    CHECK(victim.close->error->context == "kMaxHeadsPerAuthor");
  }
  SECTION("of a space that is not shared, and of an author that nobody knows") {
    Victim victim;
    victim.greet();
    victim.tell(wire::News{
        {{.space = victim.met.a.all()[0].first, .heads = {{.author = 7, .head = 8, .seq = 9}}},
         {.space = SpaceId{{0xFF, 0xFF}}, .heads = {{.author = 7, .head = 8, .seq = 9}}}}});
    CHECK_FALSE(victim.close);
    CHECK(victim.session.progress().planned_out.changes == 1);
  }
}
