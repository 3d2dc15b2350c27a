// SPDX-License-Identifier: Apache-2.0
#include "node/peers/call_plan.h"

#include <catch2/catch.hpp>
#include <random>
#include <set>

using namespace cunju;
using namespace std::chrono_literals;
using peers::Backoff;
using peers::CallPlan;
using State = peers::PeerStatus::State;

namespace {

const WireKey kPeer{{7}};
constexpr const char* kAddress = "10.0.0.1:7700";

bool nobody(const WireKey&) { return false; }
bool everybody(const WireKey&) { return true; }

}  // namespace

TEST_CASE("pauses double up to a minute, each somewhere in its upper half") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  Backoff backoff(random);
  std::chrono::milliseconds whole = peers::kFirstPause;
  for (int i = 0; i < 20; ++i) {
    const auto pause = backoff.next();
    CHECK(pause >= whole / 2);
    CHECK(pause <= whole);
    whole = std::min(whole * 2, peers::kLongestPause);
  }
  CHECK(whole == peers::kLongestPause);
  backoff.reset();
  CHECK(backoff.next() <= peers::kFirstPause);
}

TEST_CASE("a hundred villages whose power comes back at once don't call at once") {
  std::set<std::int64_t> moments;
  for (std::uint64_t village = 1; village <= 100; ++village) {
    crypto::SeededRandom random(village);
    Backoff backoff(random);
    for (int i = 0; i < 6; ++i) backoff.next();
    moments.insert(backoff.next().count() / 100);
  }
  // Of 300 tenths of a second some 85 are taken.
  CHECK(moments.size() > 60);
}

TEST_CASE("an address is called at once, once, and again only after it failed and a pause") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  plan.add(kAddress);
  plan.add(kAddress);
  CHECK(plan.take_due(0s, nobody) == std::vector<std::string>{kAddress});
  CHECK(plan.status(0s, nobody).at(0).state == State::kCalling);
  CHECK(plan.take_due(1h, nobody).empty());
  plan.note_closed(kAddress, 10s, Error{Errc::kTimeout, "nobody answers"});
  // The link is told closed once more, by whoever comes late: the pause stays.
  plan.note_closed(kAddress, 20s, std::nullopt);
  const peers::PeerStatus waiting = plan.status(10s, nobody).at(0);
  CHECK(waiting.state == State::kWaiting);
  CHECK(waiting.wait >= 500ms);
  CHECK(waiting.wait <= 1s);
  REQUIRE(waiting.why);
  CHECK(waiting.why->code == Errc::kTimeout);
  CHECK(plan.take_due(10s + waiting.wait - 1ms, nobody).empty());
  CHECK(plan.take_due(10s + waiting.wait, nobody).size() == 1);
}

TEST_CASE("pauses grow while nothing comes about, and begin anew after both were equal") {
  crypto::SeededRandom random(2);
  CallPlan plan(random);
  plan.add(kAddress);
  sync::Time now{0};
  const auto fail_once = [&] {
    REQUIRE(plan.take_due(now, nobody).size() == 1);
    plan.note_reached(kAddress, kPeer, "office");
    plan.note_closed(kAddress, now, Error{Errc::kNetwork, "the link was cut"});
    const auto wait = plan.status(now, nobody).at(0).wait;
    now += wait;
    return wait;
  };
  for (int i = 0; i < 8; ++i) fail_once();
  CHECK(fail_once() >= peers::kLongestPause / 2);
  REQUIRE(plan.take_due(now, nobody).size() == 1);
  plan.note_progress(kAddress);
  plan.note_closed(kAddress, now, std::nullopt);
  CHECK(plan.status(now, nobody).at(0).wait <= peers::kFirstPause);
  CHECK_FALSE(plan.status(now, nobody).at(0).why);
}

TEST_CASE("while words wait calls follow each other within seconds, and as before without them") {
  crypto::SeededRandom random(21);
  CallPlan plan(random);
  plan.add(kAddress);
  sync::Time now{0};
  const auto call_once = [&](bool has_words) {
    REQUIRE(plan.take_due(now, nobody).size() == 1);
    if (has_words) plan.note_words(kAddress);
    plan.note_closed(kAddress, now, std::nullopt);
  };
  const auto next_wait = [&] {
    const auto wait = plan.status(now, nobody).at(0).wait;
    now += wait;
    return wait;
  };
  for (int i = 0; i < 9; ++i) {
    call_once(false);
    next_wait();
  }
  for (int i = 0; i < 5; ++i) {
    // A call that is under way shows the same: a line that changes every few seconds says nothing.
    call_once(true);
    CHECK(plan.status(now, nobody).at(0).state == State::kWords);
    CHECK(plan.take_due(now, nobody).empty());
    now += peers::kWordsPause;
    REQUIRE(plan.take_due(now, nobody).size() == 1);
    CHECK(plan.status(now, nobody).at(0).state == State::kWords);
    plan.note_words(kAddress);
    plan.note_closed(kAddress, now, std::nullopt);
    now += peers::kWordsPause;
  }
  call_once(false);
  CHECK(plan.status(now, nobody).at(0).state == State::kWaiting);
  CHECK(next_wait() >= peers::kLongestPause / 2);
}

TEST_CASE("what a person has said is told at once, also after a call that is under way") {
  crypto::SeededRandom random(22);
  CallPlan plan(random);
  plan.add(kAddress);
  plan.add("10.0.0.2:7700");
  sync::Time now{0};
  for (int i = 0; i < 8; ++i) {
    now += peers::kLongestPause;
    for (const std::string& address : plan.take_due(now, nobody))
      plan.note_closed(address, now, std::nullopt);
  }
  CHECK(plan.take_due(now, nobody).empty());
  plan.hurry(kAddress);
  CHECK(plan.take_due(now, nobody) == std::vector<std::string>{kAddress});
  plan.hurry();
  CHECK(plan.take_due(now, nobody) == std::vector<std::string>{"10.0.0.2:7700"});
  // What it had asked before the word was given it asks again, once.
  plan.note_closed(kAddress, now, std::nullopt);
  CHECK(plan.take_due(now, nobody) == std::vector<std::string>{kAddress});
  plan.note_closed(kAddress, now, std::nullopt);
  CHECK(plan.take_due(now, nobody).empty());
}

TEST_CASE("a node that has called here is not called, and counts as connected") {
  crypto::SeededRandom random(3);
  CallPlan plan(random);
  plan.add(kAddress);
  plan.take_due(0s, nobody);
  plan.note_peer(kAddress, kPeer);
  plan.note_closed(kAddress, 0s, Error{Errc::kExists, "already connected to this peer"});
  CHECK(plan.has(kPeer));
  CHECK(plan.take_due(1h, everybody).empty());
  CHECK(plan.status(1h, everybody).at(0).state == State::kConnected);
  CHECK(plan.take_due(1h, nobody).size() == 1);
}

TEST_CASE("what happens at other addresses changes nothing") {
  crypto::SeededRandom random(4);
  CallPlan plan(random);
  plan.add(kAddress);
  plan.take_due(0s, nobody);
  plan.note_reached("10.0.0.9:5", kPeer, "stranger");
  plan.note_peer("10.0.0.9:5", kPeer);
  plan.note_progress("10.0.0.9:5");
  plan.note_closed("10.0.0.9:5", 0s, std::nullopt);
  REQUIRE(plan.status(0s, nobody).size() == 1);
  CHECK(plan.status(0s, nobody).at(0).state == State::kCalling);
  CHECK_FALSE(plan.has(kPeer));
}

TEST_CASE("a status is the same as long as nothing but the rest of a pause changes") {
  peers::PeerStatus one{.address = kAddress, .peer = "a", .state = State::kWaiting, .wait = 5s};
  one.why = Error{Errc::kTimeout, "nobody answers"};
  peers::PeerStatus other = one;
  other.wait = 1s;
  CHECK(one.is_same(other));
  other.why->code = Errc::kNetwork;
  CHECK_FALSE(one.is_same(other));
  other = one;
  other.why.reset();
  CHECK_FALSE(one.is_same(other));
  other = one;
  other.state = State::kCalling;
  CHECK_FALSE(one.is_same(other));
}

TEST_CASE("who was heard of is called again after a cut, within a minute, until it falls silent") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  CallPlan plan(random);
  REQUIRE(plan.add_heard(kAddress, kPeer, 16min));
  sync::Time now = 0s;
  REQUIRE(plan.take_due(now, nobody) == std::vector<std::string>{kAddress});
  plan.note_reached(kAddress, kPeer, "街道");
  plan.note_progress(kAddress);
  int calls = 0;
  for (sync::Time cut = 1min; cut < 15min; cut += 2min) {
    now = cut;
    plan.note_closed(kAddress, now, Error{Errc::kNetwork, "cut"});
    bool is_called = false;
    for (; !is_called && now <= cut + 1min; now += 1s)
      is_called = !plan.take_due(now, nobody).empty();
    CHECK(is_called);
    calls += is_called ? 1 : 0;
  }
  CHECK(calls == 7);
  // Announced again, it is heard of for as long again.
  REQUIRE(plan.add_heard(kAddress, kPeer, 30min));
  plan.note_closed(kAddress, 20min, std::nullopt);
  CHECK_FALSE(plan.take_due(22min, nobody).empty());
  plan.note_closed(kAddress, 31min, std::nullopt);
  CHECK(plan.take_due(40min, nobody).empty());
  CHECK(plan.status(40min, nobody).empty());
}

TEST_CASE("of a peer that was heard of at several addresses one is called, and none that called") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  REQUIRE(plan.add_heard("10.0.0.1:1", kPeer, 16min));
  REQUIRE(plan.add_heard("[fe80::1%eth0]:1", kPeer, 16min));
  CHECK(plan.take_due(0s, everybody).empty());
  CHECK(plan.take_due(0s, nobody) == std::vector<std::string>{"10.0.0.1:1"});
  CHECK(plan.take_due(1s, nobody).empty());
  plan.note_closed("10.0.0.1:1", 2s, Error{Errc::kTimeout, "nobody answers"});
  CHECK(plan.take_due(2s, nobody) == std::vector<std::string>{"[fe80::1%eth0]:1"});
}

TEST_CASE("an address that was typed stays, whatever is heard of it, and others are bounded") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  plan.add(kAddress);
  REQUIRE(plan.add_heard(kAddress, WireKey{{9}}, 1min));
  CHECK(plan.take_due(1h, nobody) == std::vector<std::string>{kAddress});
  for (std::size_t i = 0; i < peers::kMaxHeard; ++i)
    REQUIRE(plan.add_heard("10.0.1." + std::to_string(i) + ":1", WireKey{{8}}, 2h));
  CHECK_FALSE(plan.add_heard("10.0.2.1:1", WireKey{{8}}, 2h));
}

TEST_CASE("who was met before is called where it was met, one address at a time, and nobody else") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  const WireKey other{{8}};
  plan.set_remembered(
      {{kAddress, kPeer, "街道"}, {"10.0.0.2:1", kPeer, "街道"}, {"10.0.0.3:1", other, "邻村"}});
  CHECK(plan.expected_at(kAddress) == kPeer);
  CHECK(plan.expected_at("10.0.0.3:1") == other);
  CHECK_FALSE(plan.expected_at("10.0.0.9:1"));
  CHECK(plan.take_due(0s, everybody).empty());
  CHECK(plan.take_due(0s, nobody) == std::vector<std::string>{kAddress, "10.0.0.3:1"});
  CHECK(plan.take_due(1s, nobody).empty());
  plan.note_closed(kAddress, 2s, Error{Errc::kTimeout, "nobody answers"});
  CHECK(plan.take_due(2s, nobody) == std::vector<std::string>{"10.0.0.2:1"});
  // With the same pauses as what was typed.
  plan.note_closed("10.0.0.2:1", 3s, Error{Errc::kTimeout, "nobody answers"});
  CHECK(plan.take_due(3s, nobody) == std::vector<std::string>{kAddress});
}

TEST_CASE("who is remembered no more is not called, and one that is connected is not cut") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  plan.set_remembered({{kAddress, kPeer, "街道"}, {"10.0.0.3:1", WireKey{{8}}, "邻村"}});
  REQUIRE(plan.take_due(0s, nobody).size() == 2);
  plan.note_reached(kAddress, kPeer, "街道");
  plan.note_closed("10.0.0.3:1", 1s, Error{Errc::kTimeout, "nobody answers"});
  plan.set_remembered({});
  CHECK(plan.take_due(1h, nobody).empty());
  REQUIRE(plan.status(1h, nobody).size() == 1);
  CHECK(plan.status(1h, nobody).at(0).state == State::kConnected);
  plan.note_closed(kAddress, 1h, std::nullopt);
  CHECK(plan.take_due(2h, nobody).empty());
  CHECK(plan.status(2h, nobody).empty());
  plan.set_remembered({{kAddress, kPeer, "街道"}});
  plan.forget(kAddress);
  CHECK(plan.take_due(3h, nobody).empty());
}

TEST_CASE("a remembered address that is typed or announced stays what it is") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  plan.add(kAddress);
  REQUIRE(plan.add_heard("10.0.0.2:1", WireKey{{9}}, 16min));
  plan.set_remembered({{kAddress, kPeer, "街道"},
                       {"10.0.0.2:1", WireKey{{8}}, "邻村"},
                       {"10.0.0.4:1", kPeer, "街道"}});
  // Whoever is known may be met at a typed one, and its peer is not called elsewhere meanwhile.
  CHECK_FALSE(plan.expected_at(kAddress));
  CHECK_FALSE(plan.expected_at("10.0.0.2:1"));
  CHECK(plan.take_due(0s, nobody) == std::vector<std::string>{kAddress, "10.0.0.2:1"});
  plan.note_peer(kAddress, kPeer);
  CHECK_FALSE(plan.expected_at(kAddress));
  // Who announces itself at an address that was another's is called there.
  REQUIRE(plan.add_heard("10.0.0.4:1", WireKey{{6}}, 16min));
  CHECK_FALSE(plan.expected_at("10.0.0.4:1"));
  CHECK(plan.take_due(0s, nobody) == std::vector<std::string>{"10.0.0.4:1"});
}

TEST_CASE("of a peer's remembered addresses one line tells, and the limit holds") {
  crypto::SeededRandom random(1);
  CallPlan plan(random);
  plan.set_remembered({{"10.0.0.1:1", kPeer, "街道"}, {"10.0.0.2:1", kPeer, "街道"}});
  REQUIRE(plan.status(0s, nobody).size() == 1);
  CHECK(plan.status(0s, nobody).at(0).peer == "街道");
  // One that called here is no business of the plan's.
  CHECK(plan.status(0s, everybody).empty());
  CHECK_FALSE(plan.has(kPeer));
  REQUIRE(plan.take_due(0s, nobody).size() == 1);
  plan.note_closed("10.0.0.1:1", 0s, Error{Errc::kTimeout, "nobody answers"});
  // What one call came to says more than that another was not tried yet.
  CHECK(plan.status(0s, nobody).at(0).address == "10.0.0.1:1");
  REQUIRE(plan.take_due(0s, nobody) == std::vector<std::string>{"10.0.0.2:1"});
  plan.note_reached("10.0.0.2:1", kPeer, "街道");
  REQUIRE(plan.status(1s, everybody).size() == 1);
  CHECK(plan.status(1s, everybody).at(0).address == "10.0.0.2:1");
  std::vector<peers::RememberedAddress> many;
  for (std::size_t i = 0; i < 2 * peers::kMaxRemembered; ++i)
    many.push_back(
        {"10.0.1." + std::to_string(i) + ":1", WireKey{{static_cast<std::uint8_t>(i + 1)}}, "村"});
  CallPlan crowded(random);
  crowded.set_remembered(many);
  CHECK(crowded.take_due(0s, nobody).size() == peers::kMaxRemembered);
}
