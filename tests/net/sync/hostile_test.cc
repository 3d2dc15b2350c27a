// SPDX-License-Identifier: Apache-2.0
// A session against a peer that lies, floods, garbles or fails: it ends with a reason.
#include <catch2/catch.hpp>

#include "net/wire/run_codec.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using testing::MemoryPort;
using testing::SessionPair;
using testing::TestWorld;

namespace {

constexpr sync::Time kNow{0};

/// One honest session and a peer played by the test.
struct Victim {
  TestWorld world{21, 3};
  MemoryPort port;
  sync::Session session{port, WireKey{{2}}, testing::test_handshake_hash()};
  wire::SpaceToken token;
  std::vector<wire::Message> said;
  std::optional<sync::Close> close;

  Victim() {
    world.write_any(10);
    port.share(world.space());
    for (std::size_t i = 0; i < 5; ++i) port.put(world.all()[i]);
    note(session.start(kNow));
  }
  void note(const sync::Actions& actions) {
    for (const Bytes& message : actions.messages)
      said.push_back(wire::decode_message(message).value());
    if (actions.close) close = actions.close;
  }
  void tell_bytes(ByteView bytes) { note(session.on_message(kNow, bytes)); }
  void tell(const wire::Message& message) { tell_bytes(wire::encode_message(message).value()); }
  template <class T>
  const T* last() const {
    return said.empty() ? nullptr : std::get_if<T>(&said.back());
  }

  void reach_heads() {
    tell(wire::Hello{.version = 1, .features = 0, .fingerprint = {{1}}});
    REQUIRE(last<wire::Spaces>() != nullptr);
    token = last<wire::Spaces>()->spaces.at(0).token;
    tell(wire::Spaces{{{.token = token, .heads = {}}}});
    REQUIRE(last<wire::Heads>() != nullptr);
  }
  /// The peer claims to have nothing of three authors but the founding change.
  void reach_transfer() {
    reach_heads();
    tell(wire::Heads{.token = token, .entries = {head(0, 0)}, .is_last = true});
    tell(wire::Plan{});
    REQUIRE(session.progress().phase == sync::Phase::kTransfer);
  }
  wire::AuthorHead head(std::size_t author, std::size_t seq) {
    return {.author = world.author(author),
            .seq = {seq},
            .id = seq < world.log(author).size() ? world.log(author)[seq].id : ChangeId{{3}}};
  }
  wire::Runs runs(std::uint64_t batch, std::vector<Change> changes) {
    std::vector<wire::Run> list{{std::move(changes)}};
    return {.batch = batch, .token = token, .runs = wire::encode_runs(world.space(), list).value()};
  }
  /// The session is over, said goodbye, and named this reason.
  void check_ended(Errc error, const std::string& context) {
    REQUIRE(close);
    REQUIRE(close->error);
    CHECK(close->error->code == error);
    CHECK(close->error->context.find(context) != std::string::npos);
    REQUIRE(last<wire::Bye>() != nullptr);
    CHECK(last<wire::Bye>()->code == wire::bye_code(error));
    CHECK(session.is_closed());
    CHECK(session.on_message(kNow, Bytes{1}).messages.empty());
    CHECK(session.on_tick(std::chrono::hours(9)).messages.empty());
  }
};

}  // namespace

TEST_CASE("every message out of its phase ends the session") {
  struct Case {
    const char* name;
    void (*act)(Victim&);
    const char* reason;
  };
  const Case cases[] = {
      {"no hello first", [](Victim& v) { v.tell(wire::Ping{1}); }, "no hello"},
      {"hello twice",
       [](Victim& v) {
         v.reach_heads();
         v.tell(wire::Hello{});
       },
       "hello in phase heads"},
      {"spaces twice",
       [](Victim& v) {
         v.reach_heads();
         v.tell(wire::Spaces{});
       },
       "spaces in phase heads"},
      {"plan before heads",
       [](Victim& v) {
         v.reach_heads();
         v.tell(wire::Plan{});
       },
       "plan in phase heads"},
      {"runs before the plan",
       [](Victim& v) {
         v.reach_heads();
         v.tell(v.runs(0, {v.world.all()[0]}));
       },
       "runs in phase heads"},
      {"heads after the last heads",
       [](Victim& v) {
         v.reach_transfer();
         v.tell(wire::Heads{.token = v.token, .entries = {}, .is_last = true});
       },
       "heads in phase transfer"},
      {"plan twice",
       [](Victim& v) {
         v.reach_transfer();
         v.tell(wire::Plan{});
       },
       "plan in phase transfer"},
      {"caught up twice",
       [](Victim& v) {
         v.reach_transfer();
         v.tell(wire::CaughtUp{});
         v.tell(wire::CaughtUp{});
       },
       "caught up in phase"},
      {"a pong that nobody asked for",
       [](Victim& v) {
         v.reach_transfer();
         v.tell(wire::Pong{0});
       },
       "pong"},
      {"an unknown kind of message",
       [](Victim& v) {
         v.reach_transfer();
         // A message whose union has a number of a newer version.
         Bytes bytes = wire::encode_message(wire::CaughtUp{}).value();
         auto place = std::ranges::find(bytes, 7);
         REQUIRE(place != bytes.end());
         *place = 99;
         v.tell_bytes(bytes);
       },
       "unknown kind"},
  };
  for (const Case& test : cases) {
    INFO(test.name);
    Victim victim;
    test.act(victim);
    victim.check_ended(Errc::kProtocol, test.reason);
  }
}

TEST_CASE("heads that break their rules end the session") {
  Victim victim;
  victim.reach_heads();
  SECTION("of a space that is not shared") {
    victim.tell(wire::Heads{.token = {{9}}, .entries = {}, .is_last = true});
    victim.check_ended(Errc::kProtocol, "not shared");
  }
  SECTION("one author twice") {
    victim.tell(
        wire::Heads{.token = victim.token, .entries = {victim.head(0, 0)}, .is_last = false});
    victim.tell(wire::Heads{.token = victim.token, .entries = {victim.head(0, 0)}});
    victim.check_ended(Errc::kProtocol, "not ascending");
  }
  SECTION("without end") {
    victim.tell(wire::Heads{.token = victim.token, .entries = {}, .is_last = false});
    victim.check_ended(Errc::kProtocol, "without an entry");
  }
  SECTION("with the largest number") {
    victim.tell(wire::Heads{.token = victim.token, .entries = {victim.head(0, UINT64_MAX)}});
    victim.check_ended(Errc::kProtocol, "out of range");
  }
  SECTION("more than a space may have") {
    for (std::uint32_t message = 0; !victim.close && message < 100; ++message) {
      wire::Heads heads{.token = victim.token, .entries = {}, .is_last = false};
      for (std::uint32_t i = 0; i < limits::kMaxHeadsPerMessage; ++i) {
        wire::AuthorHead head{.author = {}, .seq = {1}, .id = {}};
        head.author.value = {static_cast<std::uint8_t>(message), static_cast<std::uint8_t>(i >> 8),
                             static_cast<std::uint8_t>(i)};
        heads.entries.push_back(head);
      }
      victim.tell(heads);
    }
    victim.check_ended(Errc::kLimit, "kMaxHeadsPerSpace");
  }
}

TEST_CASE("a peer's space that we do not share is passed over and gets no heads") {
  Victim victim;
  victim.tell(wire::Hello{.version = 1, .features = ~0ull, .fingerprint = {{1}}});
  victim.tell(wire::Spaces{{{.token = {{9}}, .heads = {}}}});
  CHECK_FALSE(victim.close);
  for (const wire::Message& message : victim.said)
    CHECK_FALSE(std::holds_alternative<wire::Heads>(message));
  victim.tell(wire::Plan{{{.token = {{9}}, .changes = 1, .bytes = 1}}});
  victim.check_ended(Errc::kProtocol, "not shared");
}

TEST_CASE("batches out of order, empty ones and wrong acknowledgements end the session") {
  Victim victim;
  victim.reach_transfer();
  SECTION("a batch skipped") {
    victim.tell(victim.runs(1, {victim.world.all()[5]}));
    victim.check_ended(Errc::kProtocol, "out of order");
  }
  SECTION("a batch twice") {
    victim.tell(victim.runs(0, {victim.world.all()[0]}));
    REQUIRE_FALSE(victim.close);
    victim.tell(victim.runs(0, {victim.world.all()[0]}));
    victim.check_ended(Errc::kProtocol, "out of order");
  }
  SECTION("no runs") {
    victim.tell(wire::Runs{.batch = 0, .token = victim.token, .runs = {0}});
    victim.check_ended(Errc::kProtocol, "without runs");
  }
  SECTION("an acknowledgement of what was never sent") {
    victim.tell(wire::Ack{.batch = 7});
    victim.check_ended(Errc::kProtocol, "acknowledgement");
  }
  SECTION("an acknowledgement twice") {
    victim.tell(wire::Ack{.batch = 0});
    REQUIRE_FALSE(victim.close);
    victim.tell(wire::Ack{.batch = 0});
    victim.check_ended(Errc::kProtocol, "acknowledgement");
  }
}

TEST_CASE("runs with a broken signature are refused as a whole with the reason") {
  Victim victim;
  victim.reach_transfer();
  Change forged = victim.world.all()[5];
  forged.signature.value[3] ^= 1;
  std::size_t before = victim.port.size(victim.world.space());
  victim.tell(victim.runs(0, {forged}));
  victim.check_ended(Errc::kBadSignature, "");
  CHECK(victim.port.size(victim.world.space()) == before);
}

TEST_CASE(
    "what goes wrong inside this node is not acknowledged, and the peer learns only of what kind "
    "it is") {
  for (Errc error : {Errc::kDiskFull, Errc::kIo, Errc::kLimit, Errc::kTampered, Errc::kMalformed}) {
    Victim victim;
    victim.reach_transfer();
    victim.port.fail_accept_with({error, "/secret/path"});
    victim.tell(victim.runs(0, {victim.world.all()[5]}));
    victim.check_ended(error, "/secret/path");
    CHECK(victim.last<wire::Bye>()->text == errc_name(error));
    for (const wire::Message& message : victim.said)
      CHECK_FALSE(std::holds_alternative<wire::Ack>(message));
  }
}

TEST_CASE("a goodbye with a reason closes with that reason") {
  Victim victim;
  victim.reach_transfer();
  victim.tell(wire::Bye{.code = wire::ByeCode::kDiskFull, .text = "disk_full"});
  REQUIRE(victim.close);
  CHECK(victim.close->by_peer);
  CHECK(victim.close->error == Error{Errc::kDiskFull, "disk_full"});
}

TEST_CASE("a flood of pings ends the session and an allowance comes back with each tick") {
  Victim victim;
  victim.reach_transfer();
  for (std::size_t round = 0; round < 3; ++round) {
    for (std::size_t i = 0; i < limits::kMaxPingsPerTick; ++i) victim.tell(wire::Ping{i});
    victim.note(victim.session.on_tick(kNow));
  }
  REQUIRE_FALSE(victim.close);
  for (std::size_t i = 0; i <= limits::kMaxPingsPerTick; ++i) victim.tell(wire::Ping{i});
  victim.check_ended(Errc::kProtocol, "pings");
}

TEST_CASE("claimed heads decide what is sent and never what is accepted") {
  Victim victim;
  victim.reach_heads();
  // The peer claims to be far ahead of everything: it is sent nothing and can still be taken from.
  std::vector<wire::AuthorHead> claims = {victim.head(0, 900), victim.head(1, 900),
                                          victim.head(2, 900)};
  std::ranges::sort(claims);
  victim.tell(wire::Heads{.token = victim.token, .entries = claims, .is_last = true});
  victim.tell(wire::Plan{{{.token = victim.token, .changes = UINT64_MAX, .bytes = UINT64_MAX}}});
  CHECK(victim.session.progress().planned_out.changes == 0);
  CHECK(victim.session.progress().sent.changes == 0);
  victim.tell(victim.runs(0, {victim.world.all()[5]}));
  CHECK_FALSE(victim.close);
  CHECK(victim.port.accepted().admitted == 1);
}

TEST_CASE("a version 0 is not spoken") {
  Victim victim;
  victim.tell(wire::Hello{.version = 0});
  victim.check_ended(Errc::kUnsupported, "version");
}

TEST_CASE("mutated and random messages end the session or are ignored, never a crash") {
  // What an honest peer says to this victim, recorded.
  std::vector<Bytes> recorded;
  {
    Victim victim;
    MemoryPort full;
    MemoryPort part;
    full.share(victim.world.space());
    part.share(victim.world.space());
    for (const Change& change : victim.world.all()) full.put(change);
    for (std::size_t i = 0; i < 5; ++i) part.put(victim.world.all()[i]);
    SessionPair pair(full, part, {.batch_target_bytes = 800});
    pair.start();
    REQUIRE(pair.pump());
    recorded = pair.side(0).sent;
  }
  REQUIRE(recorded.size() > 6);
  int ended = 0;
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    CAPTURE(seed);
    Victim victim;
    std::size_t target = victim.world.roll(recorded.size()) + seed * 7 % recorded.size();
    for (std::size_t i = 0; i < recorded.size() && !victim.close; ++i) {
      Bytes message = recorded[i];
      if (i == (target + seed) % recorded.size()) {
        std::mt19937_64 dice(seed);
        for (std::uint64_t flips = 1 + dice() % 3; flips > 0; --flips)
          message[dice() % message.size()] ^= static_cast<std::uint8_t>(1 + dice() % 255);
        if (dice() % 8 == 0) message.resize(dice() % message.size());
        if (dice() % 8 == 0)
          std::ranges::generate(message, [&] { return static_cast<std::uint8_t>(dice()); });
      }
      victim.tell_bytes(message);
    }
    if (victim.close) {
      ++ended;
      REQUIRE(victim.close->error.has_value());
      CHECK((victim.close->by_peer || victim.last<wire::Bye>() != nullptr));
    }
    // Whatever came in: only authentic changes of this space are here.
    CHECK(std::ranges::all_of(victim.port.ids(victim.world.space()), [&](const ChangeId& id) {
      return std::ranges::find(victim.world.all(), id, &Change::id) != victim.world.all().end();
    }));
  }
  CHECK(ended > 300);
}
