// SPDX-License-Identifier: Apache-2.0
// Destroying keys, interrupted at every step, beside another process that has them open.
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <ctime>
#include <fstream>
#include <iterator>

#include "node/keys/value_keys.h"
#include "tests/support/fail_nth.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using namespace cunju::keys;

namespace {

constexpr KeyNumber kDoomed{7}, kKept{8}, kFar{kKeysPerBlock + 3};

struct Home {
  test::TempFolder folder;
  test::FailNth disk;
  crypto::SeededRandom random{1};
  crypto::Secret<32> storage{Bytes(32, 1)};
  std::unique_ptr<store::Environment> environment;
  std::unique_ptr<ValueKeys> keys;

  Home() {
    open();
    REQUIRE(keys->reserve(KeyNumber{kKeysPerBlock}, random));
  }
  void open() {
    keys.reset();
    environment.reset();
    auto opened = store::Environment::open(
        {.folder = folder / "keys", .tables = ValueKeys::table_names(), .faults = &disk});
    REQUIRE(opened);
    environment = std::move(opened).value();
    keys = again();
  }
  std::unique_ptr<ValueKeys> again() {
    auto out = ValueKeys::open(*environment, storage, random, true);
    INFO((out ? "" : out.error().context));
    REQUIRE(out);
    return std::move(out).value();
  }
  static Bytes secret(ValueKeys& of, KeyNumber key) {
    const auto found = of.find(key);
    return found ? to_bytes(found.value()->view()) : Bytes();
  }
  std::vector<std::string> wrappings() const {
    std::vector<std::string> out;
    for (const auto& file : std::filesystem::directory_iterator(folder / "keys"))
      if (file.path().filename().string().starts_with("wrapping-"))
        out.push_back(file.path().filename().string());
    std::ranges::sort(out);
    return out;
  }
  std::string raw(const std::string& name) const {
    std::ifstream in(folder / "keys" / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

}  // namespace

TEST_CASE("destroyed keys are gone, the others stay, and so does the next generation") {
  Home home;
  const Bytes kept = Home::secret(*home.keys, kKept), far = Home::secret(*home.keys, kFar);
  REQUIRE(Home::secret(*home.keys, kDoomed).size() == 32);
  const std::string first = home.raw("wrapping-1");
  REQUIRE(first.size() == 72);
  REQUIRE(home.keys->destroy(std::vector{kDoomed}, home.random));
  for (int round = 0; round < 2; ++round) {
    CHECK(home.keys->find(kDoomed).error().code == Errc::kNotFound);
    CHECK(Home::secret(*home.keys, kKept) == kept);
    CHECK(Home::secret(*home.keys, kFar) == far);
    CHECK(home.wrappings() == std::vector<std::string>{"wrapping-2"});
    home.open();
  }
  CHECK(home.raw("data.mdb").find(first) == std::string::npos);
  REQUIRE(home.keys->destroy(std::vector{kDoomed, kFar}, home.random));
  CHECK(home.keys->find(kFar).error().code == Errc::kNotFound);
  CHECK(home.wrappings() == std::vector<std::string>{"wrapping-3"});
}

TEST_CASE("another process finds the keys of the new generation, and forgets the destroyed ones") {
  Home home;
  const auto other = home.again();
  const Bytes kept = Home::secret(*other, kKept);
  REQUIRE(Home::secret(*other, kDoomed).size() == 32);
  REQUIRE(home.keys->destroy(std::vector{kDoomed}, home.random));
  // What it had not read yet is under the new wrapping key.
  CHECK(Home::secret(*other, kFar) == Home::secret(*home.keys, kFar));
  REQUIRE(other->reserve(KeyNumber{2 * kKeysPerBlock}, home.random));
  CHECK(other->find(kDoomed).error().code == Errc::kNotFound);
  CHECK(Home::secret(*other, kKept) == kept);
  CHECK(Home::secret(*home.keys, KeyNumber{2 * kKeysPerBlock}) ==
        Home::secret(*other, KeyNumber{2 * kKeysPerBlock}));
}

TEST_CASE("destroying that fails at any step loses no key that stays, and can be repeated") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    Home home;
    const Bytes kept = Home::secret(*home.keys, kKept), far = Home::secret(*home.keys, kFar);
    home.disk.arm(n);
    const bool is_done = home.keys->destroy(std::vector{kDoomed}, home.random).has_value();
    const bool has_fired = home.disk.fired();
    home.disk.arm(0);
    CHECK(is_done != has_fired);
    CHECK(Home::secret(*home.keys, kKept) == kept);
    home.open();
    CHECK(home.wrappings().size() == 1);
    CHECK(Home::secret(*home.keys, kKept) == kept);
    CHECK(Home::secret(*home.keys, kFar) == far);
    REQUIRE(home.keys->destroy(std::vector{kDoomed}, home.random));
    CHECK(home.keys->find(kDoomed).error().code == Errc::kNotFound);
    CHECK(Home::secret(*home.keys, kKept) == kept);
    if (!has_fired) break;
    REQUIRE(n < 50);
  }
}

TEST_CASE("a crash between the steps of destroying leaves one generation when keys are opened") {
  Home home;
  const Bytes kept = Home::secret(*home.keys, kKept);
  // The next wrapping key was written and nothing is under it.
  std::ofstream(home.folder / "keys" / "wrapping-2") << std::string(72, 'x');
  home.open();
  CHECK(home.wrappings() == std::vector<std::string>{"wrapping-1"});
  CHECK(Home::secret(*home.keys, kKept) == kept);
  const std::string first = home.raw("wrapping-1");
  REQUIRE(home.keys->destroy(std::vector{kDoomed}, home.random));
  // The old one was not removed.
  std::ofstream(home.folder / "keys" / "wrapping-1") << first;
  home.open();
  CHECK(home.wrappings() == std::vector<std::string>{"wrapping-2"});
  CHECK(home.keys->find(kDoomed).error().code == Errc::kNotFound);
  CHECK(Home::secret(*home.keys, kKept) == kept);
}

namespace {

constexpr std::uint32_t kBlocks = 24;
/// About as long as it takes to read so many blocks.
constexpr std::uint64_t kReadingMicroseconds = 120;
constexpr int kRounds = 300;

/// What another process does: one generation after the other, until it is killed.
[[noreturn]] void destroy_for_ever(const std::filesystem::path& folder,
                                   const crypto::Secret<32>& storage) {
  auto opened = store::Environment::open({.folder = folder, .tables = ValueKeys::table_names()});
  if (opened) {
    auto keys = ValueKeys::open(*opened.value(), storage, crypto::system_random(), false);
    while (keys && keys.value()->destroy(std::vector{kDoomed}, crypto::system_random())) continue;
  }
  ::_exit(1);
}

/// Stops this process where it stands for as long as the other one needs for a generation.
void wait_in_the_middle(int) {
  const timespec a_while{.tv_sec = 0, .tv_nsec = 30'000'000};
  ::nanosleep(&a_while, nullptr);
}

/// Between any two steps of what comes next.
void interrupt_within(std::uint64_t microseconds, crypto::RandomSource& random) {
  std::array<std::uint8_t, 4> dice{};
  random.fill(dice);
  itimerval timer{};
  timer.it_value.tv_usec = static_cast<suseconds_t>(1 + get_u32_be(dice) % microseconds);
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

}  // namespace

TEST_CASE("while another process makes one generation after the other, every key is found") {
  test::TempFolder folder;
  const auto path = folder / "keys";
  const crypto::Secret<32> storage{Bytes(32, 1)};
  const auto open = [&] {
    auto out = store::Environment::open({.folder = path, .tables = ValueKeys::table_names()});
    REQUIRE(out);
    return std::move(out).value();
  };
  const auto key_in = [](std::uint32_t block) { return KeyNumber{block * kKeysPerBlock + 9}; };
  std::vector<Bytes> expected;
  {
    const auto environment = open();
    auto keys = ValueKeys::open(*environment, storage, crypto::system_random(), true);
    REQUIRE(keys);
    for (std::uint32_t block = 0; block < kBlocks; ++block) {
      REQUIRE(keys.value()->reserve(KeyNumber{block * kKeysPerBlock}, crypto::system_random()));
      expected.push_back(Home::secret(*keys.value(), key_in(block)));
    }
  }
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) destroy_for_ever(path, storage);
  std::size_t wrong = 0;
  std::string errors;
  struct sigaction action {
  }, before{};
  action.sa_handler = wait_in_the_middle;
  action.sa_flags = SA_RESTART;
  REQUIRE(::sigaction(SIGALRM, &action, &before) == 0);
  {
    const auto environment = open();
    auto keys = ValueKeys::open(*environment, storage, crypto::system_random(), false);
    CHECK(keys);
    for (int round = 0; keys && round < kRounds; ++round) {
      // Whoever reserves a key hears of the newest generation, and forgets what it had read.
      if (!keys.value()->reserve(KeyNumber{0}, crypto::system_random())) ++wrong;
      interrupt_within(kReadingMicroseconds, crypto::system_random());
      for (std::uint32_t block = 0; block < kBlocks; ++block) {
        const auto found = keys.value()->find(key_in(block));
        if (!found) errors = found.error().context;
        if (!found || !equal(found.value()->view(), expected[block])) ++wrong;
      }
    }
  }
  const itimerval none{};
  ::setitimer(ITIMER_REAL, &none, nullptr);
  ::sigaction(SIGALRM, &before, nullptr);
  int status = 0;
  ::kill(child, SIGKILL);
  CHECK(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
  CAPTURE(errors);
  CHECK(wrong == 0);
}

TEST_CASE("a wrapping key that is missing, cut or another home's opens nothing") {
  Home home;
  const std::string whole = home.raw("wrapping-1");
  const auto refused = [&] {
    return ValueKeys::open(*home.environment, home.storage, home.random, true).error().code;
  };
  std::ofstream(home.folder / "keys" / "wrapping-1") << whole.substr(1);
  CHECK(refused() == Errc::kTampered);
  std::ofstream(home.folder / "keys" / "wrapping-1") << whole << 'x';
  CHECK(refused() == Errc::kLimit);
  std::filesystem::remove(home.folder / "keys" / "wrapping-1");
  CHECK(refused() == Errc::kCorrupt);
}
