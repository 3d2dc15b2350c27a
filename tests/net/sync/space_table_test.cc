// SPDX-License-Identifier: Apache-2.0
#include "net/sync/space_table.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "tests/support/memory_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using sync::SpaceTable;
using testing::MemoryPort;
using testing::TestWorld;

namespace {

/// Runs of `count` authors that nobody knows, numbered from `first`; unsigned, as only the table
/// looks at them.
std::vector<wire::Run> made_up(std::uint32_t first, std::uint32_t count) {
  std::vector<wire::Run> out(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Bytes number;
    put_u32(number, first + i);
    AuthorKey author;
    std::ranges::copy(number, author.value.begin());
    out[i].changes = {Change{.header = {.author = author}, .signature = {}, .parts = {}, .id = {}}};
  }
  return out;
}

}  // namespace

TEST_CASE("a table's fingerprint changes with every head, every space and every channel") {
  TestWorld world(1, 2);
  world.write(1);
  MemoryPort port;
  port.share(world.space());
  auto fingerprint = [&](std::uint8_t channel) {
    SpaceTable table(testing::test_handshake_hash(channel));
    REQUIRE(table.load(port, WireKey{}).has_value());
    return table.fingerprint();
  };
  std::set<Hash> seen = {fingerprint(1)};
  CHECK(seen.contains(fingerprint(1)));
  for (const Change& change : world.all()) {
    port.put(change);
    CHECK(seen.insert(fingerprint(1)).second);
  }
  port.share(SpaceId{{9}});
  CHECK(seen.insert(fingerprint(1)).second);
  CHECK(seen.insert(fingerprint(2)).second);
}

TEST_CASE("a token is nobody else's and of no other channel") {
  MemoryPort port;
  port.share(SpaceId{{1}});
  port.share(SpaceId{{2}});
  std::set<wire::SpaceToken> tokens;
  for (std::uint8_t channel : std::initializer_list<std::uint8_t>{1, 2}) {
    SpaceTable table(testing::test_handshake_hash(channel));
    REQUIRE(table.load(port, WireKey{}).has_value());
    const wire::Spaces all = table.summaries(port).value();
    for (const wire::SpaceSummary& summary : all.spaces) tokens.insert(summary.token);
  }
  CHECK(tokens.size() == 4);
}

TEST_CASE("authors that a peer makes up are remembered up to a limit per space and per session") {
  MemoryPort port;
  for (std::uint8_t i = 1; i <= 6; ++i) port.share(SpaceId{{i}});
  SpaceTable table(testing::test_handshake_hash());
  REQUIRE(table.load(port, WireKey{}).has_value());
  REQUIRE(table.match_all(port).has_value());
  constexpr std::uint32_t kStep = 16'384;
  static_assert(limits::kMaxHeadsPerSpace % kStep == 0);
  std::size_t taken = 0;
  std::string hit;
  const wire::Spaces all = table.summaries(port).value();
  for (const wire::SpaceSummary& summary : all.spaces) {
    sync::SharedSpace& space = *table.require(summary.token).value();
    for (std::uint32_t at = 0; at < limits::kMaxHeadsPerSpace && hit.empty(); at += kStep) {
      Result<void> noted = table.note_received(port, space, made_up(at, kStep));
      if (noted.has_error()) hit = noted.error().context;
      if (noted.has_value()) taken += kStep;
    }
    if (taken == limits::kMaxHeadsPerSpace && hit.empty())
      CHECK(table.note_received(port, space, made_up(1'000'000, 1)).error().context ==
            "kMaxHeadsPerSpace");
  }
  // The refused author of the first space is remembered as one entry too many, but no further.
  CHECK(hit == "kMaxHeadsPerSession");
  CHECK(taken <= limits::kMaxHeadsPerSession);
}

TEST_CASE("long head lists are cut into messages and the last one says so") {
  class Crowd final : public sync::Port {
   public:
    Result<std::vector<SpaceId>> shared_spaces(const WireKey&) override {
      return std::vector<SpaceId>{SpaceId{{1}}};
    }
    Result<std::vector<sync::AuthorHead>> heads(const SpaceId&) override {
      std::vector<sync::AuthorHead> out;
      for (const wire::Run& run : made_up(0, 10'000))
        out.push_back({.author = run.changes[0].header.author, .seq = {1}, .id = {{1}}});
      return out;
    }
    Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId&, const AuthorKey&) override {
      return std::vector<sync::AuthorHead>();
    }
    Result<std::uint64_t> position() override { return 0; }
    Result<sync::LogHave> have_before(const SpaceId&, const AuthorKey&, std::uint64_t) override {
      return sync::LogHave();
    }
    Result<std::vector<ChangeId>> changes_at(const SpaceId&, const AuthorKey&, Seq) override {
      return std::vector<ChangeId>();
    }
    Result<bool> has_change(const SpaceId&, const ChangeId&) override { return false; }
    Result<std::vector<wire::Sample>> samples(const SpaceId&, const AuthorKey&) override {
      return std::vector<wire::Sample>();
    }
    Result<sync::Amount> measure_missing(const SpaceId&, const sync::Have&) override {
      return sync::Amount{};
    }
    Result<std::vector<sync::Run>> next_runs(const SpaceId&, const WireKey&, sync::Have&,
                                             std::size_t) override {
      return std::vector<sync::Run>{};
    }
    Result<sync::AcceptReport> accept(const SpaceId&, std::span<const sync::Run>) override {
      return sync::AcceptReport{};
    }
  };
  Crowd port;
  SpaceTable table(testing::test_handshake_hash());
  REQUIRE(table.load(port, WireKey{}).has_value());
  wire::Spaces other = table.summaries(port).value();
  other.spaces[0].heads.value[0] ^= 1;
  table.match(other);
  std::vector<wire::Heads> messages = table.own_heads(port).value();
  REQUIRE(messages.size() == 3);
  CHECK_FALSE(messages[0].is_last);
  CHECK_FALSE(messages[1].is_last);
  CHECK(messages[2].is_last);
  std::size_t entries = 0;
  for (const wire::Heads& message : messages) {
    entries += message.entries.size();
    CHECK(wire::decode_message(wire::encode_message(message).value()).value() ==
          wire::Message(message));
  }
  CHECK(entries == 10'000);
}
