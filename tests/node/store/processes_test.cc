// SPDX-License-Identifier: Apache-2.0
// Several processes on one store, processes that die, and disks that fill up.
#include <signal.h>

#include "node/store/environment.h"
#include "tests/node/store/store_fixture.h"
#include "tests/support/tiny_disk.h"

using namespace cunju;
using namespace cunju::store;
using cunju::test::TempFolder;
using cunju::test::TinyDisk;

namespace {

/// Adds one to a decimal number, the shortest program that loses updates without isolation.
Result<void> count_up(Environment& store) {
  Table table = store.table("t").value();
  return store.write([&](WriteTransaction& transaction) {
    std::optional<ByteView> value = transaction.get(table, as_bytes("counter"));
    int next = 1 + (value ? std::stoi(std::string(as_text(*value))) : 0);
    return transaction.put(table, as_bytes("counter"), as_bytes(std::to_string(next)));
  });
}

bool count_up_in(const std::filesystem::path& folder, int times) {
  Result<std::unique_ptr<Environment>> store = Environment::open(options_for(folder));
  for (int i = 0; store && i < times; ++i)
    if (!count_up(*store.value())) return false;
  return store.has_value();
}

}  // namespace

TEST_CASE("two processes write at the same time and lose nothing") {
  TempFolder folder;
  constexpr int kTimes = 50;
  pid_t first = in_child([&] { return count_up_in(folder / "a", kTimes); });
  pid_t second = in_child([&] { return count_up_in(folder / "a", kTimes); });
  CHECK(wait_for(first));
  CHECK(wait_for(second));
  auto store = open_store(options_for(folder / "a"));
  CHECK(get_text(*store, "counter") == std::to_string(2 * kTimes));
}

TEST_CASE("a map that another process made larger is taken over by reads and writes") {
  TempFolder folder;
  const std::string big(std::size_t{3} << 20, 'x');
  int orders[2], answers[2];
  REQUIRE(::pipe(orders) == 0);
  REQUIRE(::pipe(answers) == 0);
  // The child writes a big value for every letter it is sent.
  pid_t child = in_child([&] {
    ::close(orders[1]);
    char letter = 0;
    while (::read(orders[0], &letter, 1) == 1) {
      Result<std::unique_ptr<Environment>> store = Environment::open(options_for(folder / "a"));
      if (!store || !put_text(*store.value(), std::string(1, letter), big)) return false;
      if (::write(answers[1], &letter, 1) != 1) return false;
    }
    return true;
  });
  ::close(orders[0]);
  ::close(answers[1]);
  auto grow_in_child = [&](char letter) {
    return ::write(orders[1], &letter, 1) == 1 && ::read(answers[0], &letter, 1) == 1;
  };
  {
    auto store = open_store(options_for(folder / "a"));
    std::size_t before = store->map_bytes();
    REQUIRE(grow_in_child('a'));
    CHECK(get_text(*store, "a") == big);
    CHECK(store->map_bytes() > before);
    REQUIRE(grow_in_child('b'));
    CHECK(put_text(*store, "mine", "1"));
    CHECK(get_text(*store, "b") == big);
    REQUIRE(grow_in_child('c'));
    CHECK(get_text(*store, "mine") == "1");
  }
  ::close(orders[1]);
  CHECK(wait_for(child));
  ::close(answers[0]);
}

TEST_CASE("a process killed in the middle of commits loses nothing it had acknowledged") {
  TempFolder folder;
  int acknowledged = 0;
  for (int round = 0; round < 5; ++round) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    pid_t child = in_child([&] {
      Result<std::unique_ptr<Environment>> store = Environment::open(options_for(folder / "a"));
      for (int i = acknowledged + 1; store; ++i) {
        if (!put_text(*store.value(), std::to_string(i), std::string(20'000, 'v'))) return false;
        if (::write(ends[1], &i, sizeof i) != sizeof i) return false;
      }
      return false;
    });
    ::close(ends[1]);
    int got = 0;
    for (int i = 0; i < 20 + round && ::read(ends[0], &got, sizeof got) == sizeof got; ++i)
      acknowledged = got;
    ::kill(child, SIGKILL);
    while (::read(ends[0], &got, sizeof got) == sizeof got) acknowledged = got;
    ::close(ends[0]);
    CHECK_FALSE(wait_for(child));

    auto store = open_store(options_for(folder / "a"));
    for (int i = 1; i <= acknowledged; ++i)
      REQUIRE(get_text(*store, std::to_string(i)) == std::string(20'000, 'v'));
    REQUIRE(count_up(*store));
  }
  CHECK(acknowledged >= 100);
}

TEST_CASE("on a full disk nothing changes and writing goes on when there is space again") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  auto store = open_store(options_for(disk / "a"));
  REQUIRE(put_text(*store, "before", "kept"));
  for (std::size_t left : {0U, 4096U, 8192U, 40960U}) {
    CAPTURE(left);
    disk.fill(left);
    Result<void> result = put_text(*store, "big", std::string(200'000, 'x'));
    REQUIRE_FALSE(result);
    INFO(result.error().context);
    CHECK(result.error().code == Errc::kDiskFull);
    CHECK(get_text(*store, "before") == "kept");
    CHECK(get_text(*store, "big") == std::nullopt);
    // A full disk can still be opened and read.
    store.reset();
    store = open_store(options_for(disk / "a"));
    CHECK(get_text(*store, "before") == "kept");
    disk.empty();
    CHECK(put_text(*store, "small", std::to_string(left)));
    CHECK(get_text(*store, "small") == std::to_string(left));
  }
  CHECK(put_text(*store, "big", std::string(200'000, 'x')));

  disk.fill(0);
  CHECK(Environment::open(options_for(disk / "b")).error().code == Errc::kDiskFull);
  disk.empty();
  CHECK(Environment::open(options_for(disk / "b")));
}
