// SPDX-License-Identifier: Apache-2.0
//
// link_emulator SECONDS [WORD...]: two network namespaces, joined by a link that is as bad as the
// words say (profile.h), until standard input ends or the seconds are over. The first line says how
// to enter them, "ready PID FD FD": nsenter --net=/proc/PID/fd/FD. a is 10.77.0.1, b is 10.77.0.2.
// Where that is not permitted it says "unavailable: why" and ends with 77.
//
// Commands on standard input, each answered by a line that begins with "ok" or "error":
//   profile WORD...       another link from now on
//   cut | join            loses everything; as before
//   address a|b ADDRESS   another address at one end
//   stats                 offered, lost and delivered bytes of a to b, then of b to a
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "tests/support/link_emulator/lane.h"
#include "tests/support/link_emulator/network.h"
#include "tests/support/link_emulator/profile.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

constexpr int kUnavailable = 77;
constexpr std::size_t kMaxLifetimeSeconds = 3600;
/// A command is a line; more without an end is nobody's.
constexpr std::size_t kMaxCommandBytes = 4096;
/// Frames that are taken from one device before the other has its turn.
constexpr int kFramesPerTurn = 64;
constexpr std::uint8_t kNumberOfA = 1, kNumberOfB = 2;

Lane::Time now() {
  return std::chrono::duration_cast<Lane::Time>(
      std::chrono::steady_clock::now().time_since_epoch());
}

class Emulator {
 public:
  Emulator(End a, End b, const LinkProfile& profile)
      : a_(std::move(a)),
        b_(std::move(b)),
        profile_(profile),
        a_to_b_(profile.a_to_b, profile.seed),
        b_to_a_(profile.b_to_a, profile.seed + 1),
        began_(now()) {}

  /// Until standard input ends.
  void run(Lane::Time until) {
    while (now() < until && turn(until)) {
    }
  }

 private:
  bool is_cut(Lane::Time at) const {
    if (is_held_cut_) return true;
    const Lane::Time cycle = profile_.up + profile_.down;
    return profile_.up > 0ms && (at - began_) % cycle >= profile_.up;
  }

  bool turn(Lane::Time until) {
    const Lane::Time due = std::min({until, a_to_b_.next_due(), b_to_a_.next_due()});
    const auto wait =
        std::chrono::ceil<std::chrono::milliseconds>(std::clamp<Lane::Time>(due - now(), 0us, 1s));
    std::array<pollfd, 3> waits{
        {{a_.tap(), POLLIN, 0}, {b_.tap(), POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
    ::poll(waits.data(), waits.size(), static_cast<int>(wait.count()));
    carry(a_, a_to_b_, b_);
    carry(b_, b_to_a_, a_);
    return waits[2].revents == 0 || read_commands();
  }

  void carry(End& from, Lane& lane, End& to) {
    for (int i = 0; i < kFramesPerTurn; ++i) {
      const Bytes frame = from.read_frame();
      if (frame.empty()) break;
      lane.offer(now(), frame, is_cut(now()));
    }
    for (const Bytes& frame : lane.take_due(now())) to.write_frame(frame);
  }

  bool read_commands() {
    std::array<char, 512> buffer;
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count <= 0 || input_.size() > kMaxCommandBytes) return false;
    input_.append(buffer.data(), static_cast<std::size_t>(count));
    for (std::size_t end; (end = input_.find('\n')) != input_.npos;) {
      const Result<std::string> answer = obey(input_.substr(0, end));
      input_.erase(0, end + 1);
      const std::string line = answer ? "ok " + answer.value() : "error " + answer.error().context;
      std::printf("%s\n", line.c_str());
      std::fflush(stdout);
    }
    return true;
  }

  Result<std::string> obey(const std::string& line) {
    if (line == "cut" || line == "join") {
      is_held_cut_ = line == "cut";
    } else if (line.starts_with("profile ")) {
      CUNJU_TRY(profile_, parse_profile(line.substr(8)));
      a_to_b_.set_options(profile_.a_to_b);
      b_to_a_.set_options(profile_.b_to_a);
      began_ = now();
    } else if (line.starts_with("address a ")) {
      CUNJU_TRYV(a_.set_address(line.substr(10)));
      CUNJU_TRYV(b_.set_neighbour(kNumberOfA, line.substr(10)));
    } else if (line.starts_with("address b ")) {
      CUNJU_TRYV(b_.set_address(line.substr(10)));
      CUNJU_TRYV(a_.set_neighbour(kNumberOfB, line.substr(10)));
    } else if (line == "stats") {
      std::string out;
      for (const Lane* lane : {&a_to_b_, &b_to_a_}) {
        const Lane::Counters& counters = lane->counters();
        for (const std::uint64_t value : {counters.offered, counters.lost, counters.delivered})
          out += std::to_string(value) + " ";
      }
      return out;
    } else {
      return fail(Errc::kInvalidArgument, "unknown command");
    }
    return std::string();
  }

  End a_, b_;
  LinkProfile profile_;
  Lane a_to_b_, b_to_a_;
  Lane::Time began_;
  bool is_held_cut_ = false;
  std::string input_;
};

Result<Emulator> make(const std::string& words) {
  constexpr const char* kAddressOfA = "10.77.0.1";
  constexpr const char* kAddressOfB = "10.77.0.2";
  CUNJU_TRY(LinkProfile profile, parse_profile(words));
  CUNJU_TRY(End a, End::make(kNumberOfA, kAddressOfA));
  CUNJU_TRY(End b, End::make(kNumberOfB, kAddressOfB));
  CUNJU_TRYV(a.set_neighbour(kNumberOfB, kAddressOfB));
  CUNJU_TRYV(b.set_neighbour(kNumberOfA, kAddressOfA));
  std::printf("ready %d %d %d\n", ::getpid(), a.namespace_fd(), b.namespace_fd());
  std::fflush(stdout);
  return Emulator(std::move(a), std::move(b), profile);
}

int run(int argc, char** argv) {
  std::size_t seconds = 0;
  if (argc > 1) std::from_chars(argv[1], argv[1] + std::strlen(argv[1]), seconds);
  if (seconds == 0 || seconds > kMaxLifetimeSeconds) {
    std::puts("usage: link_emulator SECONDS [WORD...]");
    return 2;
  }
  // Also when the clock below is never looked at again.
  ::alarm(static_cast<unsigned>(seconds) + 10);
  std::string words;
  for (int i = 2; i < argc; ++i) words += std::string(argv[i]) + " ";
  Result<Emulator> emulator = make(words);
  if (!emulator) {
    std::printf("unavailable: %s\n", emulator.error().context.c_str());
    return emulator.error().code == Errc::kInvalidArgument ? 2 : kUnavailable;
  }
  emulator.value().run(now() + std::chrono::seconds(seconds));
  return 0;
}

}  // namespace
}  // namespace cunju::test

int main(int argc, char** argv) { return cunju::test::run(argc, argv); }
