// SPDX-License-Identifier: Apache-2.0
// Peers of older and newer versions, and messages that this version does not know.
#include <catch2/catch.hpp>

#include "net/sync/session.h"
#include "tests/support/memory_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;

namespace {

constexpr sync::Time kNow{0};
constexpr std::uint16_t kNewer = wire::kProtocolVersion + 1;

/// An honest session whose peer the test plays; both have the founding change and nothing else.
struct Host {
  testing::TestWorld world{31, 2};
  testing::MemoryPort port;
  sync::Session session{port, WireKey{{2}}, testing::test_handshake_hash()};
  std::vector<wire::Message> said;
  std::vector<std::string> log;
  std::optional<sync::Close> close;

  Host() {
    port.share(world.space());
    port.put(world.all()[0]);
    note(session.start(kNow));
  }
  void note(const sync::Actions& actions) {
    for (const Bytes& message : actions.messages)
      said.push_back(wire::decode_message(message).value());
    log.insert(log.end(), actions.log.begin(), actions.log.end());
    if (actions.close) close = actions.close;
  }
  const wire::Hello& hello() const { return std::get<wire::Hello>(said.at(0)); }
  void tell(const wire::Message& message) {
    note(session.on_message(kNow, wire::encode_message(message).value()));
  }
  /// A kind that only a newer version knows.
  void tell_unknown() {
    Bytes bytes = wire::encode_message(wire::CaughtUp{}).value();
    auto place = std::ranges::find(bytes, 7);
    REQUIRE(place != bytes.end());
    *place = 99;
    note(session.on_message(kNow, bytes));
  }
  void greet(std::uint16_t version, std::uint64_t features = 0, std::uint16_t oldest = 0) {
    tell(wire::Hello{.version = version,
                     .features = features,
                     .fingerprint = hello().fingerprint,
                     .heads = 1,
                     .oldest = oldest});
  }
};

}  // namespace

TEST_CASE("our hello names the newest version and no feature that does not exist") {
  Host host;
  CHECK(host.hello().version == wire::kProtocolVersion);
  CHECK((host.hello().features & ~wire::kFeatures) == 0);
  CHECK(host.hello().oldest <= wire::kOldestVersion);
}

TEST_CASE(
    "a newer peer is spoken with, is told of in the log, and what it says beyond is skipped") {
  Host host;
  host.greet(kNewer);
  REQUIRE_FALSE(host.close);
  REQUIRE(host.log.size() == 1);
  CHECK(host.log[0].find("version " + std::to_string(kNewer)) != std::string::npos);
  host.tell_unknown();
  REQUIRE_FALSE(host.close);
  CHECK(host.log.back().find("skipped: unknown kind of message 99") != std::string::npos);
  // The session goes on as if nothing had come.
  host.tell(wire::Ping{7});
  CHECK(std::get<wire::Pong>(host.said.back()).number == 7);
}

TEST_CASE("a peer of our version with a feature we lack is skipped as well") {
  Host host;
  host.greet(wire::kProtocolVersion, ~wire::kFeatures);
  host.tell_unknown();
  CHECK_FALSE(host.close);
}

TEST_CASE("from a peer that is not ahead an unknown message is an error") {
  for (const std::uint16_t version : {wire::kProtocolVersion, wire::kOldestVersion}) {
    Host host;
    host.greet(version, wire::kFeatures);
    host.tell_unknown();
    REQUIRE(host.close);
    REQUIRE(host.close->error);
    CHECK(host.close->error->code == Errc::kProtocol);
  }
}

TEST_CASE("before the hello nothing is skipped") {
  Host host;
  host.tell_unknown();
  REQUIRE(host.close);
  CHECK(host.close->error->code == Errc::kProtocol);
}

TEST_CASE("a newer peer may send some unknown messages between two ticks, and no flood") {
  Host host;
  host.greet(kNewer);
  for (std::size_t i = 0; i < wire::kMaxSkippedPerTick; ++i) host.tell_unknown();
  CHECK_FALSE(host.close);
  CHECK(host.log.size() == 2);
  host.note(host.session.on_tick(kNow));
  for (std::size_t i = 0; i < wire::kMaxSkippedPerTick; ++i) host.tell_unknown();
  CHECK_FALSE(host.close);
  host.tell_unknown();
  REQUIRE(host.close);
  CHECK(host.close->error->context == "a flood of unknown messages");
}

TEST_CASE("a peer with which no version is common gets a sentence that says who has to update") {
  const auto check = [](std::uint16_t version, std::uint16_t oldest, const char* versions) {
    Host host;
    host.greet(version, 0, oldest);
    REQUIRE(host.close);
    REQUIRE(host.close->error);
    CHECK(host.close->error->code == Errc::kUnsupported);
    const auto& bye = std::get<wire::Bye>(host.said.back());
    CHECK(bye.code == wire::ByeCode::kUnsupported);
    CHECK(bye.text.find(versions) != std::string::npos);
    CHECK(bye.text.find("the older program has to be updated") != std::string::npos);
    CHECK(bye.text.find("the other 1 to 5") != std::string::npos);
  };
  check(0, 0, "versions 1 to 0");
  check(9, kNewer, "versions 6 to 9");
}

TEST_CASE("equal fingerprints of version 1 say nothing: heads are compared by lists") {
  Host host;
  host.greet(1);
  CHECK(std::holds_alternative<wire::Spaces>(host.said.back()));
  CHECK(host.log.back().find("by lists") != std::string::npos);
}
