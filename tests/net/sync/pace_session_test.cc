// SPDX-License-Identifier: Apache-2.0
// What batches cost two real sessions on a link with a speed, in simulated time: how long an edit
// waits while much is sent, and how many bytes more than in the largest batches it takes.
#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <optional>

#include "net/run/dictionary.h"
#include "net/run/run_encoder.h"
#include "net/sync/session.h"
#include "tests/support/memory_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

using namespace cunju;
using namespace std::chrono_literals;
using sync::Time;
using testing::MemoryPort;
using testing::TestWorld;

namespace {

/// Frame and tag of the channel (net/wire/channel.h) and headers of TCP, about.
constexpr std::size_t kAroundMessage = 60;

/// A village with much that the other side lacks, another one that both have, and a link.
class SlowLink {
 public:
  SlowLink(double bytes_a_second, Time one_way, std::size_t changes)
      : bytes_a_ms_(bytes_a_second / 1000), one_way_(one_way) {
    for (std::size_t i = 0; i < changes; ++i) large.write(0, large.one_register(300));
    for (MemoryPort* port : {&a, &b}) {
      port->share(large.space());
      port->share(small.space());
      for (const Change& change : small.all()) port->put(change);
    }
    for (const Change& change : large.all()) a.put(change);
    const Bytes hash = testing::test_handshake_hash();
    ends_[0].session = std::make_unique<sync::Session>(a, WireKey{{2}}, hash);
    ends_[1].session = std::make_unique<sync::Session>(b, WireKey{{1}}, hash);
    for (const std::size_t end : {0u, 1u}) apply(end, ends_[end].session->start(now));
  }

  /// The next arrival; false: there is none.
  bool step() {
    std::optional<std::size_t> end;
    for (const std::size_t each : {0u, 1u})
      if (!ends_[each].arriving.empty() &&
          (!end || ends_[each].arriving.front().at < ends_[*end].arriving.front().at))
        end = each;
    if (!end) return false;
    const Arriving next = std::move(ends_[*end].arriving.front());
    ends_[*end].arriving.pop_front();
    now = std::max(now, next.at);
    apply(*end, ends_[*end].session->on_message(now, next.message));
    return true;
  }
  bool is_whole() const { return b.size(large.space()) == large.all().size(); }
  /// Somebody writes in the small village; how long until the other side has it.
  Time edit() {
    const Time before = now;
    const Change& change = small.write(0);
    a.put(change);
    apply(0, ends_[0].session->on_changes_committed(small.space()));
    while (!b.holds(small.space(), change.id)) REQUIRE(step());
    return now - before;
  }

  TestWorld large{61, 1}, small{62, 1};
  MemoryPort a, b;
  Time now{0};
  std::size_t run_bytes = 0;

 private:
  struct Arriving {
    Time at;
    Bytes message;
  };
  struct End {
    std::unique_ptr<sync::Session> session;
    double free_at = 0;  ///< What it sends waits until then.
    std::deque<Arriving> arriving;
  };
  void apply(std::size_t end, sync::Actions actions) {
    REQUIRE_FALSE(actions.close);
    for (Bytes& message : actions.messages) {
      if (std::holds_alternative<wire::Runs>(wire::decode_message(message).value()))
        run_bytes += message.size();
      double& free_at = ends_[end].free_at;
      free_at = std::max(free_at, static_cast<double>(now.count())) +
                static_cast<double>(message.size() + kAroundMessage) / bytes_a_ms_;
      ends_[1 - end].arriving.push_back(
          {Time(static_cast<Time::rep>(free_at) + 1) + one_way_, std::move(message)});
    }
  }

  double bytes_a_ms_;
  Time one_way_;
  std::array<End, 2> ends_;
};

}  // namespace

TEST_CASE("on a link of 64 kbit/s an edit waits two seconds at most while much is sent") {
  SlowLink link(8'000, 100ms, 1'500);
  Time longest{0};
  std::size_t edits = 0;
  for (Time next{1'000}; !link.is_whole(); next += 3'000ms) {
    while (link.now < next && !link.is_whole()) REQUIRE(link.step());
    if (link.is_whole()) break;
    longest = std::max(longest, link.edit());
    ++edits;
  }
  CAPTURE(edits, link.now.count());
  CHECK(edits > 10);
  // And the way itself.
  CHECK(longest <= 2'000ms + 300ms);
  // The link was never idle for it: what was on it fills its time.
  CHECK(static_cast<double>(link.run_bytes) > 0.85 * 8.0 * static_cast<double>(link.now.count()));
}

TEST_CASE("on a quick link small batches at the beginning cost less than two of a hundred bytes") {
  SlowLink link(10e6, 5ms, 4'000);
  while (!link.is_whole()) REQUIRE(link.step());
  run::RunEncoder encoder(run::dictionary(), run::Salts::kDerived);
  sync::Have have;
  std::size_t least = 0;
  for (;;) {
    const auto runs =
        link.a.next_runs(link.large.space(), WireKey{}, have, limits::kBatchTargetBytes).value();
    if (runs.empty()) break;
    least += encoder.encode(link.large.space(), runs).value().size();
  }
  CAPTURE(least, link.run_bytes);
  CHECK(link.run_bytes < least * 102 / 100);
}
