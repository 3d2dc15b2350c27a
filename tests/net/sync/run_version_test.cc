// SPDX-License-Identifier: Apache-2.0
// Which form runs take in a session: by the version that both speak and the dictionary that both
// have.
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>

#include "net/run/run_decoder.h"
#include "net/sync/session.h"
#include "net/wire/run_codec.h"
#include "tests/support/memory_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;

namespace {

constexpr sync::Time kNow{0};

/// A full and an empty replica that exchange until nobody says anything more; each hello passes
/// through `edit` on its way.
struct Exchange {
  testing::TestWorld world{41, 4};
  testing::MemoryPort full, empty;
  std::vector<wire::Runs> batches;
  std::size_t run_bytes = 0;
  std::optional<sync::Close> close;

  explicit Exchange(const std::function<void(wire::Hello&)>& edit, std::size_t changes = 200) {
    world.write_any(changes);
    full.share(world.space());
    empty.share(world.space());
    for (const Change& change : world.all()) full.put(change);
    sync::Session a(full, WireKey{{2}}, testing::test_handshake_hash());
    sync::Session b(empty, WireKey{{1}}, testing::test_handshake_hash());
    const std::array sides{&a, &b};
    std::array<std::deque<Bytes>, 2> inboxes;
    const auto apply = [&](std::size_t side, const sync::Actions& actions) {
      if (actions.close) close = actions.close;
      for (const Bytes& message : actions.messages) {
        wire::Message content = wire::decode_message(message).value();
        if (auto* hello = std::get_if<wire::Hello>(&content)) edit(*hello);
        if (auto* runs = std::get_if<wire::Runs>(&content)) {
          run_bytes += message.size();
          batches.push_back(*runs);
        }
        inboxes[1 - side].push_back(wire::encode_message(content).value());
      }
    };
    for (const std::size_t side : {0u, 1u}) apply(side, sides[side]->start(kNow));
    while (!inboxes[0].empty() || !inboxes[1].empty()) {
      for (const std::size_t side : {0u, 1u}) {
        if (inboxes[side].empty()) continue;
        const Bytes message = std::move(inboxes[side].front());
        inboxes[side].pop_front();
        apply(side, sides[side]->on_message(kNow, message));
      }
    }
  }
  bool is_equal() { return empty.size(world.space()) == world.all().size() && !close; }
};

}  // namespace

TEST_CASE("with a peer of our version runs travel in columns, under the dictionary") {
  Exchange now([](wire::Hello&) {});
  CHECK(now.is_equal());
  REQUIRE(now.batches.size() > 1);
  for (const wire::Runs& runs : now.batches) CHECK(runs.runs.at(0) == 2);
}

TEST_CASE("with a peer of version 2 runs travel as before, and are longer") {
  Exchange before([](wire::Hello& hello) {
    hello.version = 2;
    hello.dictionary = 0;
  });
  CHECK(before.is_equal());
  REQUIRE(before.batches.size() > 1);
  for (const wire::Runs& runs : before.batches)
    CHECK(wire::decode_runs(before.world.space(), runs.runs).has_value());
  Exchange now([](wire::Hello&) {});
  CAPTURE(before.run_bytes, now.run_bytes);
  CHECK(now.run_bytes * 10 < before.run_bytes * 9);
}

TEST_CASE("with a peer that has another dictionary, or none, columns are compressed without it") {
  for (const wire::DictionaryId other : {wire::DictionaryId{0}, wire::DictionaryId{12345}}) {
    Exchange exchange([&](wire::Hello& hello) { hello.dictionary = other; });
    CHECK(exchange.is_equal());
    REQUIRE_FALSE(exchange.batches.empty());
    for (const wire::Runs& runs : exchange.batches) CHECK(runs.runs.at(0) == 1);
  }
}

TEST_CASE("a batch in columns that does not parse ends the session with its reason") {
  testing::TestWorld world(42, 1);
  testing::MemoryPort port;
  port.share(world.space());
  sync::Session session(port, WireKey{{2}}, testing::test_handshake_hash());
  sync::Actions said = session.start(kNow);
  const auto tell = [&](const wire::Message& message) {
    said = session.on_message(kNow, wire::encode_message(message).value());
  };
  tell(wire::Hello{.version = wire::kProtocolVersion, .fingerprint = {{1}}, .heads = 1});
  const auto spaces = std::get<wire::Spaces>(wire::decode_message(said.messages.back()).value());
  const wire::SpaceToken token = spaces.spaces.at(0).token;
  tell(wire::Spaces{{{.token = token, .heads = {}}}});
  tell(wire::Heads{.token = token, .entries = {}, .is_last = true});
  tell(wire::Plan{});
  tell(wire::Runs{.batch = 0, .token = token, .runs = {3}});
  REQUIRE(said.close);
  CHECK(said.close->error->code == Errc::kMalformed);
  CHECK(port.accept_calls() == 0);
}
