// SPDX-License-Identifier: Apache-2.0
// Destroying keys, interrupted at every step, beside another process that has them open.
#include <catch2/catch.hpp>
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
