// SPDX-License-Identifier: Apache-2.0
// How two sessions find out in which heads they differ, at sizes where lists would be long.
#include <catch2/catch.hpp>
#include <random>

#include "tests/support/heads_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::HeadsPort;
using testing::SessionPair;
using testing::Sketching;
using testing::TestWorld;

namespace {

constexpr sync::Options kOnce{.leave_when_caught_up = true};

/// Changes some logs of `b`: further, shorter, gone; what each side lacks then.
struct Scattered {
  std::uint64_t a_lacks = 0, b_lacks = 0;
};

Scattered scatter(std::mt19937_64& random, HeadsPort& a, HeadsPort& b, std::size_t count) {
  Scattered out;
  auto logs = a.all();
  std::ranges::shuffle(logs, random);
  for (std::size_t i = 0; i < count; ++i) {
    const auto& [space, author] = logs[i];
    const std::uint64_t before = a.count(space, author);
    const std::uint64_t after = random() % 3 == 0 ? random() % before : before + 1 + random() % 9;
    b.set(space, author, after);
    out.a_lacks += after > before ? after - before : 0;
    out.b_lacks += before > after ? before - after : 0;
  }
  return out;
}

template <class T>
std::size_t count_messages(SessionPair& pair) {
  std::size_t out = 0;
  for (std::size_t side : {0u, 1u})
    for (const Bytes& bytes : pair.side(side).sent) {
      const wire::Message message = wire::decode_message(bytes).value();
      out += std::holds_alternative<T>(message) ? 1 : 0;
    }
  return out;
}

/// Messages that reconcile: without the plan and what comes after it.
std::size_t reconciling_bytes(SessionPair& pair) {
  std::size_t out = 0;
  for (std::size_t side : {0u, 1u})
    for (const Bytes& bytes : pair.side(side).sent) {
      const wire::Message message = wire::decode_message(bytes).value();
      if (message.index() < wire::Message(wire::Plan{}).index()) out += bytes.size();
    }
  return out;
}

}  // namespace

TEST_CASE(
    "both sides learn what the other lacks, wherever logs differ and whatever is not shared") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const std::size_t spaces = 1 + random() % 30;
    HeadsPort a(spaces, 1 + random() % 30, 10);
    HeadsPort b = a;
    const Scattered lacks =
        scatter(random, a, b, random() % std::min<std::size_t>(a.all().size(), 60));
    // One space of each side only: the other has never heard of it.
    a.set(HeadsPort::number<SpaceId>("a's", 0), AuthorKey{{1}}, 5);
    b.set(HeadsPort::number<SpaceId>("b's", 0), AuthorKey{{1}}, 5);
    const Sketching sketching(true);
    SessionPair pair(a, b, kOnce, kOnce,
                     testing::test_handshake_hash(static_cast<std::uint8_t>(seed)));
    pair.start();
    REQUIRE(pair.pump());
    CHECK(pair.session(0).progress().planned_out.changes == lacks.b_lacks);
    CHECK(pair.session(1).progress().planned_out.changes == lacks.a_lacks);
    CHECK(count_messages<wire::Symbols>(pair) > 0);
    for (std::size_t side : {0u, 1u}) {
      REQUIRE(pair.side(side).close);
      CHECK_FALSE(pair.side(side).close->error);
    }
  }
}

TEST_CASE("what a sketch costs grows with what differs and not with what there is") {
  struct Bar {
    std::size_t spaces, authors, differing, bytes;
  };
  const Bar bars[] = {{500, 20, 1, 600},
                      {500, 20, 10, 2'000},
                      {500, 20, 100, 9'000},
                      {1, 10'000, 100, 9'000},
                      {500, 20, 1000, 75'000}};
  for (const Bar& bar : bars) {
    CAPTURE(bar.spaces, bar.differing);
    HeadsPort a(bar.spaces, bar.authors, 3);
    HeadsPort b = a;
    std::mt19937_64 random(bar.differing);
    (void)scatter(random, a, b, bar.differing);
    SessionPair pair(a, b, kOnce, kOnce);
    pair.start();
    REQUIRE(pair.pump());
    CHECK(reconciling_bytes(pair) <= bar.bytes);
    CHECK(count_messages<wire::Heads>(pair) == 0);
    CHECK(count_messages<wire::Difference>(pair) == 1);
  }
}

TEST_CASE("a single change among ten thousand heads costs one question and two answers at most") {
  HeadsPort a(500, 20, 3);
  HeadsPort b = a;
  const auto [space, author] = a.all()[1234];
  b.set(space, author, 4);
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(count_messages<wire::Symbols>(pair) == 1);
  CHECK(count_messages<wire::MoreSymbols>(pair) == 0);
  CHECK(count_messages<wire::Difference>(pair) == 1);
  CHECK(pair.session(1).progress().planned_out.changes == 1);
  CHECK(pair.session(0).progress().planned_out.changes == 0);
}

TEST_CASE("heads of both sides are listed at once when they are few") {
  HeadsPort a(1, limits::kWholeListHeads / 2, 2);
  HeadsPort b = a;
  b.set(a.all()[0].first, a.all()[0].second, 3);
  SessionPair few(a, b, kOnce, kOnce);
  few.start();
  REQUIRE(few.pump());
  CHECK(count_messages<wire::Symbols>(few) == 0);
  CHECK(few.session(1).progress().planned_out.changes == 1);
  b.set(a.all()[0].first, AuthorKey{{1}}, 1);
  SessionPair more(a, b, kOnce, kOnce);
  more.start();
  REQUIRE(more.pump());
  CHECK(count_messages<wire::Symbols>(more) > 0);
  CHECK(more.session(1).progress().planned_out.changes == 2);
}

TEST_CASE("where nearly all heads differ they are listed, and all is found all the same") {
  HeadsPort a(4, 40, 3);
  HeadsPort b = a;
  std::mt19937_64 random(5);
  const Scattered lacks = scatter(random, a, b, 150);
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(pair.session(0).progress().planned_out.changes == lacks.b_lacks);
  CHECK(pair.session(1).progress().planned_out.changes == lacks.a_lacks);
}

TEST_CASE("a joiner of a large space is told of it in lists, without a sketch") {
  HeadsPort a(1, limits::kMaxSketchSymbols, 1);
  HeadsPort b(1, 0);
  b.set(a.all()[0].first, a.all()[0].second, 1);
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(count_messages<wire::Symbols>(pair) == 0);
  CHECK(pair.session(0).progress().planned_out.changes == limits::kMaxSketchSymbols - 1);
}

TEST_CASE(
    "whose own log a peer knows better learns the id of its end, also when all of it is lost") {
  const bool is_lost = GENERATE(false, true);
  HeadsPort a(30, 3, 4);
  HeadsPort b = a;
  const auto [space, author] = a.all()[50];
  b.set(space, author, 9);
  if (is_lost) a.set(space, author, 0);
  a.own(author);
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  REQUIRE(a.claims().size() == 1);
  CHECK(a.claims()[0] == sync::AuthorHead{author, Seq{8}, HeadsPort::id_of(space, author, 8)});
  CHECK(b.claims().empty());
  CHECK(pair.session(1).progress().planned_out.changes == (is_lost ? 9 : 5));
}

TEST_CASE("an office that was restored asks for the end of its own log in each of its spaces") {
  const AuthorKey office{{7}};
  HeadsPort a(5'000, 0);
  for (std::size_t at = 0; at < 5'000; ++at)
    a.set(HeadsPort::number<SpaceId>("space", at), office, 2);
  HeadsPort b = a;
  for (std::size_t at = 0; at < 5'000; ++at)
    b.set(HeadsPort::number<SpaceId>("space", at), office, 3);
  a.own(office);
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(count_messages<wire::Difference>(pair) == 1);
  CHECK(a.claims().size() == 5'000);
  REQUIRE(pair.side(0).close);
  CHECK_FALSE(pair.side(0).close->error);
}

TEST_CASE("the own sum of a session's port decides whether anything is exchanged") {
  HeadsPort a(50, 20, 2);
  HeadsPort b = a;
  SessionPair pair(a, b, kOnce, kOnce);
  pair.start();
  REQUIRE(pair.pump());
  CHECK(pair.side(0).sent.size() == 2);
  CHECK(pair.side(0).sent_bytes + pair.side(1).sent_bytes < 300);
}

TEST_CASE("what is committed while a sketch is on its way is pushed all the same") {
  for (std::size_t delivered = 0; delivered < 8; ++delivered) {
    CAPTURE(delivered);
    TestWorld world(3, 3);
    world.write_any(20);
    const Sketching sketching(true);
    testing::MemoryPort a;
    testing::MemoryPort b;
    a.share(world.space());
    b.share(world.space());
    for (std::size_t i = 0; i < world.all().size(); ++i) {
      if (i < 12) a.put(world.all()[i]);
      if (i < 16) b.put(world.all()[i]);
    }
    SessionPair pair(a, b);
    pair.start();
    for (std::size_t i = 0; i < delivered; ++i)
      if (pair.can_deliver(i % 2)) pair.deliver(i % 2);
    for (std::size_t i = 16; i < world.all().size(); ++i) b.put(world.all()[i]);
    pair.apply(1, pair.session(1).on_changes_committed(world.space()));
    REQUIRE(pair.pump());
    CHECK(a.ids(world.space()) == b.ids(world.space()));
    CHECK(a.size(world.space()) == world.all().size());
  }
}

// --- liars
// -----------------------------------------------------------------------------------------

namespace {

/// A session that is asked to solve or to draw, against a peer played by the test.
struct Victim {
  HeadsPort port{40, 20, 3};
  sync::Session session{port, WireKey{{2}}, testing::test_handshake_hash()};
  std::vector<wire::Message> said;
  std::optional<sync::Close> close;

  explicit Victim(bool draws) {
    note(session.start(sync::Time{0}));
    Hash fingerprint;
    if (draws) fingerprint.value.fill(0xFF);
    tell(wire::Hello{.features = 0, .fingerprint = fingerprint, .heads = 800});
    REQUIRE(session.progress().phase == sync::Phase::kSketch);
    REQUIRE((last<wire::Symbols>() != nullptr) == draws);
  }
  void note(const sync::Actions& actions) {
    for (const Bytes& message : actions.messages)
      said.push_back(wire::decode_message(message).value());
    if (actions.close) close = actions.close;
  }
  void tell(const wire::Message& message) {
    note(session.on_message(sync::Time{0}, wire::encode_message(message).value()));
  }
  template <class T>
  const T* last() const {
    return said.empty() ? nullptr : std::get_if<T>(&said.back());
  }
  void check_ended(Errc error, const std::string& context) {
    REQUIRE(close);
    REQUIRE(close->error);
    CHECK(close->error->code == error);
    CHECK(close->error->context.find(context) != std::string::npos);
    CHECK(last<wire::Bye>() != nullptr);
  }
};

}  // namespace

TEST_CASE("who sends made-up symbols is asked some times and then gets whole lists") {
  Victim victim(false);
  std::mt19937_64 random(1);
  std::size_t requests = 0, symbols = limits::kFirstSymbols;
  while (victim.session.progress().phase == sync::Phase::kSketch) {
    wire::Symbols made_up{.items = 800, .symbols = {}};
    for (std::size_t i = 0; i < symbols; ++i)
      made_up.symbols.push_back({.sum = {static_cast<std::uint32_t>(random()), 2, 3},
                                 .check = static_cast<std::uint32_t>(random() & 0xFFFFFF),
                                 .count = static_cast<std::uint8_t>(random())});
    victim.tell(made_up);
    REQUIRE_FALSE(victim.close);
    if (const auto* more = victim.last<wire::MoreSymbols>()) {
      symbols = more->count;
      ++requests;
    }
    REQUIRE(requests <= limits::kMaxSymbolRequests);
  }
  CHECK(victim.last<wire::Spaces>() != nullptr);
  CHECK(victim.session.progress().phase == sync::Phase::kSpaces);
}

TEST_CASE("symbols that nobody asked for end the session") {
  SECTION("too many") {
    Victim victim(false);
    victim.tell(wire::Symbols{.items = 1, .symbols = std::vector<wire::Symbol>(9)});
    victim.check_ended(Errc::kProtocol, "as were asked for");
  }
  SECTION("to who draws") {
    Victim victim(true);
    victim.tell(wire::Symbols{.items = 1, .symbols = std::vector<wire::Symbol>(8)});
    victim.check_ended(Errc::kProtocol, "symbols in phase sketch");
  }
  SECTION("a difference to who solves") {
    Victim victim(false);
    victim.tell(wire::Difference{});
    victim.check_ended(Errc::kProtocol, "difference in phase sketch");
  }
  SECTION("lists to who solves") {
    Victim victim(false);
    victim.tell(wire::Spaces{});
    victim.check_ended(Errc::kProtocol, "spaces in phase sketch");
  }
}

TEST_CASE("who asks for symbols without end is told the limit") {
  SECTION("too many at once") {
    Victim victim(true);
    victim.tell(wire::MoreSymbols{static_cast<std::uint32_t>(limits::kMaxSketchSymbols)});
    victim.check_ended(Errc::kLimit, "kMaxSketchSymbols");
  }
  SECTION("too often") {
    Victim victim(true);
    for (std::size_t i = 0; i < limits::kMaxSymbolRequests; ++i) victim.tell(wire::MoreSymbols{1});
    REQUIRE_FALSE(victim.close);
    victim.tell(wire::MoreSymbols{1});
    victim.check_ended(Errc::kLimit, "kMaxSymbolRequests");
  }
  SECTION("none") {
    Victim victim(true);
    victim.tell(wire::MoreSymbols{0});
    victim.check_ended(Errc::kProtocol, "no more symbols");
  }
}

TEST_CASE("a made-up difference costs bytes and nothing else") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Victim victim(true);
    const sync::HeadTags tags(testing::test_handshake_hash());
    wire::Difference made_up;
    for (int i = 0; i < 40; ++i) {
      const wire::HeadItem item{.author = static_cast<std::uint32_t>(random()),
                                .head = static_cast<std::uint32_t>(random()),
                                .seq = static_cast<std::uint32_t>(random())};
      (random() % 2 == 0 ? made_up.changed : made_up.added).push_back(item);
      made_up.lacking.push_back(item.name());
    }
    victim.tell(made_up);
    CHECK_FALSE(victim.close);
    CHECK(victim.session.progress().phase == sync::Phase::kPlan);
    CHECK(victim.session.progress().planned_out.changes == 0);
  }
}
