// SPDX-License-Identifier: Apache-2.0
//
// Whole sessions of every version of the protocol, byte for byte as they went over the connection:
// tests/vectors/session_N.txt, a line for each flight, "a" from the initiator or "b" from the
// responder, then its bytes in hex. They were recorded once by the program that spoke version N as
// its newest, with the keys, chance and changes below, and are never edited.
#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "net/run/frame.h"
#include "net/sync/session.h"
#include "net/wire/channel.h"
#include "tests/support/memory_port.h"
#include "tests/support/random_runs.h"
#include "tests/support/test_world.h"

using namespace cunju;

namespace {

struct Flight {
  std::size_t from = 0;  ///< 0: the initiator.
  Bytes bytes;
  friend bool operator==(const Flight&, const Flight&) = default;
};

class OpenDoor final : public wire::Gatekeeper {
 public:
  bool is_known(const WireKey&) override { return true; }
  std::optional<wire::PairingSecret> find_pairing(const wire::InvitationId&) override {
    return std::nullopt;
  }
};

/// How many authors wrote how many changes, and how many of these both ends have.
struct Scene {
  std::uint16_t version;
  std::size_t authors;
  std::size_t changes;
  std::size_t common;
  std::size_t author_of_b;     ///< Who wrote what only b has; a has all else.
  bool have_met = false;       ///< Both know that they had what is common.
  bool derives_salts = false;  ///< The changes are as a program of that version makes them.
};
/// Version 1 compares lists, as version 2 does with few heads; of version 2 there are enough heads
/// for a sketch. Version 3 has runs in columns, version 4 news, version 5 derives salts.
constexpr Scene kScenes[] = {{1, 3, 12, 4, 1},
                             {2, 10, 30, 14, 2},
                             {3, 10, 30, 14, 2},
                             {4, 10, 30, 14, 2, true},
                             {5, 10, 30, 14, 2, true, true}};

/// The zstd that the newest transcript was recorded with, 1.5.4: what compresses may compress
/// otherwise in another version, and is read by all.
constexpr unsigned kRecordedZstd = 10504;

/// What both ends began with. Nothing here may change, or old transcripts can't be replayed.
struct Cast {
  explicit Cast(const Scene& wanted) : scene(wanted), world(7, wanted.authors) {
    for (std::size_t i = 0; i < scene.changes; ++i) {
      const std::size_t author = world.roll(scene.authors);
      std::vector<Part> parts = world.one_register();
      if (scene.derives_salts) parts = {testing::with_derived_salt(parts.front())};
      world.write(author, std::move(parts));
    }
  }
  void fill(testing::MemoryPort& port, std::size_t side) const {
    port.share(world.space());
    for (std::size_t i = 0; i < world.all().size(); ++i) {
      if (i == scene.common && scene.have_met) port.meet();
      const Change& change = world.all()[i];
      const std::size_t owner = change.header.author == world.author(scene.author_of_b) ? 1 : 0;
      if (i < scene.common || owner == side) port.put(change);
    }
  }

  crypto::SeededRandom random{101};
  crypto::DhKey keys[2] = {crypto::DhKey::generate(random), crypto::DhKey::generate(random)};
  Scene scene;
  testing::TestWorld world;
};

/// One end: today's program.
class End {
 public:
  End(const Cast& cast, std::size_t side)
      : cast_(cast),
        side_(side),
        random_(102 + side),
        channel_(side == 0 ? wire::Channel::initiator(random_)
                           : wire::Channel::responder(cast.keys[1], door_, random_)) {
    cast.fill(port, side);
  }

  Bytes take_output() { return channel_.take_output(); }
  void on_bytes(ByteView bytes) {
    REQUIRE(channel_.on_bytes(bytes).has_value());
    if (channel_.awaits_start())
      REQUIRE(channel_.start_known(cast_.keys[0], cast_.keys[1].wire()).has_value());
    begin_when_established();
    for (const Bytes& message : channel_.take_messages()) {
      if (!close) apply(session_->on_message(sync::Time{0}, message));
    }
  }

  testing::MemoryPort port;
  std::optional<sync::Close> close;

 private:
  void begin_when_established() {
    if (!channel_.established() || session_) return;
    const sync::Options options{.leave_when_caught_up = side_ == 0};
    session_ = std::make_unique<sync::Session>(port, channel_.remote_static(),
                                               channel_.handshake_hash(), options);
    apply(session_->start(sync::Time{0}));
  }
  void apply(const sync::Actions& actions) {
    for (const Bytes& message : actions.messages) REQUIRE(channel_.send(message).has_value());
    if (actions.close) close = actions.close;
  }

  const Cast& cast_;
  std::size_t side_;
  OpenDoor door_;
  crypto::SeededRandom random_;
  wire::Channel channel_;
  std::unique_ptr<sync::Session> session_;
};

std::vector<Flight> record(const Cast& cast) {
  End a(cast, 0), b(cast, 1);
  End* ends[2] = {&a, &b};
  std::vector<Flight> out;
  // The responder speaks first.
  for (std::size_t turn = 0; turn < 200; ++turn) {
    const std::size_t side = 1 - turn % 2;
    Bytes bytes = ends[side]->take_output();
    if (bytes.empty()) continue;
    ends[1 - side]->on_bytes(bytes);
    out.push_back({side, std::move(bytes)});
  }
  return out;
}

std::vector<Flight> read_transcript(std::uint16_t version) {
  std::ifstream file(CUNJU_SOURCE_DIR "/tests/vectors/session_" + std::to_string(version) + ".txt");
  std::vector<Flight> out;
  for (std::string side, hex; file >> side >> hex;)
    out.push_back({side == "a" ? std::size_t{0} : std::size_t{1}, parse_hex(hex).value()});
  return out;
}

std::string to_text(const std::vector<Flight>& flights) {
  std::string out;
  for (const Flight& flight : flights)
    out += (flight.from == 0 ? "a " : "b ") + to_hex(flight.bytes) + "\n";
  return out;
}

}  // namespace

TEST_CASE("today's program says every byte of the transcript of its own version") {
  const Scene& scene = *std::prev(std::end(kScenes));
  REQUIRE(scene.version == wire::kProtocolVersion);
  const std::vector<Flight> recorded = read_transcript(scene.version);
  const std::vector<Flight> now = record(Cast(scene));
  INFO(to_text(now));
  REQUIRE(recorded.size() > 6);
  if (run::frame_version() != kRecordedZstd) {
    WARN("another zstd than the transcript was recorded with: its bytes may be other ones");
    return;
  }
  CHECK(now == recorded);
}

TEST_CASE("today's program at either end understands what every version has said") {
  REQUIRE(std::begin(kScenes)->version == wire::kOldestVersion);
  for (const Scene& scene : kScenes) {
    const std::vector<Flight> recorded = read_transcript(scene.version);
    CAPTURE(scene.version);
    REQUIRE(recorded.size() > 6);
    for (const std::size_t side : {0u, 1u}) {
      CAPTURE(side);
      const Cast cast(scene);
      End today(cast, side);
      for (const Flight& flight : recorded)
        if (flight.from != side) today.on_bytes(flight.bytes);
      REQUIRE(today.close);
      CHECK_FALSE(today.close->error);
      CHECK(today.port.size(cast.world.space()) == cast.world.all().size());
      CHECK(today.port.accepted().known == 0);
      CHECK(today.port.accepted().refused == 0);
    }
  }
}
