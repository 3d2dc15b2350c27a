// SPDX-License-Identifier: Apache-2.0
// What a serving node shows while it exchanges with several peers.
#include "cli/serve_lines.h"

#include <boost/json.hpp>
#include <catch2/catch.hpp>
#include <sstream>

namespace cunju::cli {
namespace {

using namespace std::chrono_literals;
using Kind = peers::PeerEvent::Kind;
using State = peers::PeerStatus::State;

struct Screen {
  explicit Screen(bool is_interactive, bool json = false) : lines(terminal) {
    terminal.is_interactive = is_interactive;
    terminal.json = json;
    terminal.columns = 70;
  }
  /// The peer has `planned` bytes for us, of which so many have come.
  void progress(const std::string& address, std::uint64_t received, std::uint64_t planned,
                std::chrono::milliseconds now) {
    peers::PeerEvent event;
    event.kind = Kind::kProgress;
    event.address = address;
    event.peer = "街道";
    event.progress.planned_in = {.changes = 100, .bytes = planned};
    event.progress.received = {.changes = received * 100 / planned, .bytes = received};
    lines.on_event(event, now);
  }
  void happen(Kind kind, const std::string& address) {
    peers::PeerEvent event;
    event.kind = kind;
    event.address = address;
    lines.on_event(event, 0ms);
  }
  static peers::PeerStatus connected(const std::string& address) {
    peers::PeerStatus out;
    out.address = address;
    out.peer = "街道";
    out.state = State::kConnected;
    return out;
  }
  std::size_t printed(const std::string& text) const {
    std::size_t count = 0;
    const std::string all = out.str();
    for (std::size_t at = all.find(text); at != std::string::npos; at = all.find(text, at + 1))
      ++count;
    return count;
  }

  std::ostringstream out, err;
  Terminal terminal{out, err};
  ServeLines lines;
};

constexpr const char* kOne = "10.0.0.1:1";
constexpr const char* kTwo = "10.0.0.2:2";

}  // namespace

TEST_CASE("A long transfer has a line now and then in a log, a short one has none", "[cli]") {
  Screen screen(false);
  for (int second = 0; second <= 35; ++second)
    screen.progress(kOne, 10'000u * static_cast<unsigned>(second), 1'000'000, second * 1s);
  CHECK(screen.printed("还有") == 3);
  CHECK(screen.printed("街道 (10.0.0.1:1)：收到") == 3);
  CHECK(screen.out.str().find("约") != std::string::npos);
  screen.happen(Kind::kCaughtUp, kOne);
  // The next transfer begins anew.
  screen.progress(kOne, 1, 1'000, 60s);
  screen.progress(kOne, 999, 1'000, 61s);
  CHECK(screen.printed("还有") == 3);
}

TEST_CASE("On a terminal each peer has a line in place, with what is left", "[cli]") {
  Screen screen(true);
  screen.lines.on_status({Screen::connected(kOne), Screen::connected(kTwo)});
  screen.progress(kOne, 10'000, 1'000'000, 0s);
  screen.progress(kOne, 110'000, 1'000'000, 10s);
  const std::string shown = screen.err.str();
  // The two lines before are taken back.
  CHECK(shown.find("\033[1A") != std::string::npos);
  const std::string last = shown.substr(shown.rfind("\033[J") + 3);
  CHECK(last.find("街道 (10.0.0.1:1) 已连接，收到 11/100") != std::string::npos);
  CHECK(last.find("还有") != std::string::npos);
  CHECK(last.find("\n街道 (10.0.0.2:2) 已连接") != std::string::npos);
  CHECK(screen.out.str().empty());
  // No line is wider than the screen.
  std::istringstream lines(last);
  for (std::string line; std::getline(lines, line);) CHECK(display_width(line) < 70);
  screen.happen(Kind::kClosed, kOne);
  const std::string then = screen.err.str();
  CHECK(then.substr(then.rfind("\033[J") + 3).find("还有") == std::string::npos);
}

TEST_CASE("Many peers don't push the screen away", "[cli]") {
  Screen screen(true);
  std::vector<peers::PeerStatus> many;
  for (int i = 0; i < 50; ++i) many.push_back(Screen::connected("10.0.0.1:" + std::to_string(i)));
  screen.lines.on_status(many);
  CHECK(screen.err.str().find("另有 42 台电脑") != std::string::npos);
  CHECK(std::ranges::count(screen.err.str(), '\n') == kMostPeerLines);
}

TEST_CASE("Programs are told by each event what is left with whom", "[cli]") {
  Screen screen(false, true);
  screen.progress(kOne, 10'000, 1'000'000, 0s);
  screen.progress(kOne, 110'000, 1'000'000, 10s);
  std::istringstream lines(screen.out.str());
  std::string line;
  REQUIRE(std::getline(lines, line));
  REQUIRE(std::getline(lines, line));
  const boost::json::object event = boost::json::parse(line).as_object();
  CHECK(event.at("event") == "progress");
  CHECK(event.at("address") == kOne);
  CHECK(event.at("peer") == "街道");
  CHECK(event.at("bytes_left") == 890'000);
  CHECK(event.at("seconds_left").to_number<int>() == 90);
}

TEST_CASE(
    "Programs are told of a transfer once a second, however small its pieces are, and of its end",
    "[cli]") {
  Screen screen(false, true);
  for (int piece = 1; piece <= 400; ++piece)
    screen.progress(kOne, 1'000u * static_cast<unsigned>(piece), 1'000'000, piece * 10ms);
  CHECK(screen.printed("\"progress\"") == 4);
  // Another peer's transfer is another one.
  screen.progress(kTwo, 1'000, 1'000'000, 4'000ms);
  CHECK(screen.printed("\"progress\"") == 5);
  // The end is told, and so is every edit that comes alone.
  screen.progress(kOne, 1'000'000, 1'000'000, 4'020ms);
  screen.progress(kOne, 1'000'000, 1'000'000, 4'030ms);
  CHECK(screen.printed("\"progress\"") == 7);
}

TEST_CASE("A peer's name can't write to the screen what it likes", "[cli]") {
  Screen screen(true);
  peers::PeerStatus evil = Screen::connected(kOne);
  evil.peer = "evil\033[2J\nname";
  screen.lines.on_status({evil});
  CHECK(screen.err.str().find("\033[2J") == std::string::npos);
  CHECK(screen.err.str().find('\n') == std::string::npos);
}

TEST_CASE("Words that wait are said once, whoever calls with them, and others at once") {
  for (const bool is_inviter : {true, false}) {
    Screen screen(false);
    const auto hear = [&](peers::PairingNews::Kind kind, peers::PairStage stage,
                          std::uint8_t word) {
      peers::PeerEvent event;
      event.kind = Kind::kPairing;
      event.address = kOne;
      event.pairing = peers::PairingNews{.kind = kind,
                                         .is_inviter = is_inviter,
                                         .name = "李四",
                                         .words = peers::PairingWords{word, 2, 3, 4},
                                         .stage = stage};
      const std::size_t before = screen.out.str().size();
      screen.lines.on_event(event, 0ms);
      return screen.out.str().size() > before;
    };
    using News = peers::PairingNews::Kind;
    using peers::PairStage;
    CHECK(hear(News::kNewWords, PairStage::kWaiting, 1));
    CHECK_FALSE(hear(News::kStillWaiting, PairStage::kWaiting, 1));
    // The joining person has confirmed: it is the other side's turn.
    CHECK(hear(News::kStillWaiting, PairStage::kConfirmed, 1) == !is_inviter);
    CHECK_FALSE(hear(News::kStillWaiting, PairStage::kConfirmed, 1));
    CHECK(hear(News::kStillWaiting, PairStage::kWaiting, 9));
  }
}

TEST_CASE("That an invitation is over is said once, however often it is heard") {
  Screen screen(false);
  const auto hear = [&](peers::PairStage stage) {
    peers::PeerEvent event;
    event.kind = Kind::kPairing;
    event.address = kOne;
    event.pairing = peers::PairingNews{
        .kind = peers::PairingNews::Kind::kOver, .name = "幸福村", .words = {}, .stage = stage};
    const std::size_t before = screen.out.str().size();
    screen.lines.on_event(event, 0ms);
    return screen.out.str().size() > before;
  };
  const auto is_end_said = [&] {
    const std::size_t before = screen.out.str().size();
    screen.happen(Kind::kClosed, kOne);
    return screen.out.str().size() > before;
  };
  CHECK(hear(peers::PairStage::kCancelled));
  CHECK(is_end_said());
  CHECK_FALSE(hear(peers::PairStage::kCancelled));
  // Neither is the end of a call that has said nothing new, and of that call alone.
  CHECK_FALSE(is_end_said());
  CHECK(is_end_said());
  CHECK(hear(peers::PairStage::kMistaken));
}

TEST_CASE("A call that waits for words says so, and not that nobody is there") {
  Screen screen(false);
  peers::PeerStatus waiting = Screen::connected(kOne);
  waiting.state = State::kWords;
  screen.lines.on_status({waiting});
  CHECK(screen.printed("等待核对邀请的词语") == 1);
  CHECK(screen.printed("未连接") == 0);
}

}  // namespace cunju::cli
