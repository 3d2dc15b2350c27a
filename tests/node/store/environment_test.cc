// SPDX-License-Identifier: Apache-2.0
#include "node/store/environment.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <atomic>
#include <fstream>
#include <thread>

#include "tests/node/store/store_fixture.h"
#include "tests/support/fail_nth.h"

using namespace cunju;
using namespace cunju::store;
using cunju::test::FailNth;
using cunju::test::TempFolder;

namespace {

mode_t mode_of(const std::filesystem::path& path) {
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

Bytes big_value(std::size_t size, std::uint8_t mark) { return Bytes(size, mark); }

}  // namespace

TEST_CASE("what was written is there after the store is opened again") {
  TempFolder folder;
  {
    auto store = open_store(options_for(folder / "a"));
    REQUIRE(put_text(*store, "key", "value"));
    REQUIRE(put_text(*store, "empty", ""));
  }
  auto store = open_store(options_for(folder / "a"));
  CHECK(get_text(*store, "key") == "value");
  CHECK(get_text(*store, "empty") == "");
  CHECK(get_text(*store, "kez") == std::nullopt);
}

TEST_CASE("only the owner may read a store's folder and files") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "deep" / "a"));
  CHECK(mode_of(folder / "deep") == 0700);
  CHECK(mode_of(folder / "deep" / "a") == 0700);
  CHECK(mode_of(folder / "deep" / "a" / "data.mdb") == 0600);
  CHECK(mode_of(folder / "deep" / "a" / "lock.mdb") == 0600);
}

TEST_CASE("a folder is open once per process, and again after it was closed") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  std::filesystem::create_directory_symlink(folder / "a", folder / "b");
  CHECK(Environment::open(options_for(folder / "a")).error().code == Errc::kExists);
  CHECK(Environment::open(options_for(folder / "b")).error().code == Errc::kExists);
  store.reset();
  CHECK(Environment::open(options_for(folder / "b")));
}

TEST_CASE("a store that is missing, foreign or damaged is a clear error") {
  TempFolder folder;
  EnvironmentOptions absent = options_for(folder / "a");
  absent.create = false;
  CHECK(Environment::open(absent).error().code == Errc::kNotFound);
  CHECK_FALSE(std::filesystem::exists(folder / "a"));

  std::filesystem::create_directory(folder / "foreign");
  std::ofstream(folder / "foreign" / "data.mdb") << std::string(10000, 'x');
  CHECK(Environment::open(options_for(folder / "foreign")).error().code == Errc::kCorrupt);
  // A failed open leaves nothing registered.
  CHECK(Environment::open(options_for(folder / "foreign")).error().code == Errc::kCorrupt);

  auto store = open_store(options_for(folder / "b"));
  CHECK(store->table("t"));
  CHECK(store->table("nonsense").error().code == Errc::kNotFound);
}

TEST_CASE("a data file that was cut short is reported, not a crash") {
  TempFolder folder;
  {
    auto store = open_store(options_for(folder / "a"));
    Table table = store->table("t").value();
    REQUIRE(store->write([&](WriteTransaction& transaction) -> Result<void> {
      for (int i = 0; i < 200; ++i) {
        CUNJU_TRYV(transaction.put(table, as_bytes("key" + std::to_string(i)),
                                   as_bytes(std::string(1000, 'v'))));
      }
      return ok();
    }));
  }
  std::filesystem::resize_file(folder / "a" / "data.mdb", 3 * 4096);
  Result<std::unique_ptr<Environment>> opened = Environment::open(options_for(folder / "a"));
  if (!opened) {
    CHECK(opened.error().code == Errc::kCorrupt);
    return;
  }
  Environment& store = *opened.value();
  Result<void> read = store.read([&](ReadTransaction& transaction) -> Result<void> {
    CHECK_FALSE(transaction.get(store.table("t").value(), as_bytes("key7")));
    return ok();
  });
  REQUIRE_FALSE(read);
  CHECK(read.error().code == Errc::kCorrupt);
}

TEST_CASE("an error from the body leaves everything as it was") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table table = store->table("t").value();
  REQUIRE(put_text(*store, "key", "before"));
  Result<void> result = store->write([&](WriteTransaction& transaction) -> Result<void> {
    CUNJU_TRYV(transaction.put(table, as_bytes("key"), as_bytes("after")));
    CUNJU_TRYV(transaction.put(table, as_bytes("other"), as_bytes("after")));
    return fail(Errc::kConflict, "thought better of it");
  });
  CHECK(result.error() == Error{Errc::kConflict, "thought better of it"});
  CHECK(get_text(*store, "key") == "before");
  CHECK(get_text(*store, "other") == std::nullopt);
}

TEST_CASE("the map grows by itself and the body runs again from the start") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table table = store->table("t").value();
  constexpr std::size_t kValue = 300'000;
  std::size_t before = store->map_bytes();
  int runs = 0;
  REQUIRE(store->write([&](WriteTransaction& transaction) -> Result<void> {
    ++runs;
    for (std::uint8_t i = 0; i < 80; ++i) {
      Bytes key = {i};
      // Keeps going after the full map on purpose: what the body returns must not matter then.
      CUNJU_TRYV(transaction.put(table, key, big_value(kValue, i)));
    }
    return ok();
  }));
  CHECK(runs > 3);
  CHECK(store->map_bytes() >= before * 16);
  REQUIRE(store->read([&](ReadTransaction& transaction) -> Result<void> {
    CHECK(transaction.count(table) == 80);
    return transaction.scan(table, {}, [&](ByteView key, ByteView value) {
      CHECK(equal(value, big_value(kValue, key[0])));
      return true;
    });
  }));
}

TEST_CASE("at its greatest size the store refuses, keeps what it has and takes what fits") {
  TempFolder folder;
  EnvironmentOptions options = options_for(folder / "a");
  options.max_map_bytes = std::size_t{4} << 20;
  auto store = open_store(options);
  REQUIRE(put_text(*store, "small", "kept"));
  Result<void> result = put_text(*store, "big", std::string(std::size_t{5} << 20, 'x'));
  CHECK(result.error().code == Errc::kLimit);
  CHECK(get_text(*store, "small") == "kept");
  CHECK(get_text(*store, "big") == std::nullopt);
  CHECK(put_text(*store, "next", "fits"));
  CHECK(store->map_bytes() == options.max_map_bytes);
}

TEST_CASE("threads read and write while the map grows") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  REQUIRE(put_text(*store, "r", std::string(100'000, '0')));
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::atomic<int> failed = 0;
  auto reader = [&] {
    Table table = store->table("t").value();
    while (!done) {
      Result<void> read = store->read([&](ReadTransaction& transaction) -> Result<void> {
        std::optional<ByteView> value = transaction.get(table, as_bytes("r"));
        if (!value || value->front() != value->back()) ++torn;
        return ok();
      });
      if (!read) ++failed;
    }
  };
  auto writer = [&](const std::string& name) {
    for (int i = 0; i < 15; ++i) {
      if (!put_text(*store, name + std::to_string(i), std::string(400'000, 'x'))) ++failed;
      if (!put_text(*store, "r", std::string(100'000, static_cast<char>('0' + i)))) ++failed;
    }
  };
  std::thread first_reader(reader), second_reader(reader);
  std::thread first_writer(writer, "a"), second_writer(writer, "b");
  first_writer.join();
  second_writer.join();
  done = true;
  first_reader.join();
  second_reader.join();
  CHECK(torn == 0);
  CHECK(failed == 0);
  CHECK(get_text(*store, "b14"));
}

TEST_CASE("the n-th step fails and nothing changes, for every n until none fails") {
  TempFolder folder;
  FailNth faults;
  EnvironmentOptions options = options_for(folder / "a");
  options.faults = &faults;
  auto store = open_store(options);
  Table table = store->table("t").value();
  REQUIRE(put_text(*store, "old", "1"));
  std::uint64_t n = 0;
  while (true) {
    faults.arm(++n);
    Result<void> result = store->write([&](WriteTransaction& transaction) -> Result<void> {
      CUNJU_TRYV(transaction.put(table, as_bytes("a"), as_bytes("1")));
      // A body that overlooks an error must not commit half of its work.
      Result<void> overlooked = transaction.put(table, as_bytes("b"), as_bytes("2"));
      CUNJU_TRY(bool erased, transaction.erase(table, as_bytes("old")));
      CHECK(erased);
      return ok();
    });
    if (!faults.fired()) {
      REQUIRE(result);
      break;
    }
    CAPTURE(n);
    REQUIRE_FALSE(result);
    CHECK(result.error().code == Errc::kDiskFull);
    CHECK(get_text(*store, "old") == "1");
    CHECK(get_text(*store, "a") == std::nullopt);
    CHECK(get_text(*store, "b") == std::nullopt);
  }
  CHECK(n == 5);  // Two puts, one erase, one commit, and the round without a fault.
  CHECK(get_text(*store, "b") == "2");
  CHECK(get_text(*store, "old") == std::nullopt);
}

TEST_CASE("a store on which LMDB gave up is opened afresh and goes on") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  REQUIRE(put_text(*store, "before", "1"));
  // The commit's very last write goes through a descriptor of its own, opened O_DSYNC. With that
  // one read-only the commit fails after its pages are on the disk, and LMDB panics.
  bool broke = false;
  for (int fd = 3; fd < 200; ++fd) {
    std::error_code ignored;
    std::filesystem::path target =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd), ignored);
    int flags = ::fcntl(fd, F_GETFL);
    if (target != folder / "a" / "data.mdb" || (flags & O_DSYNC) == 0) continue;
    int read_only = ::open(target.c_str(), O_RDONLY | O_CLOEXEC);
    REQUIRE(::dup2(read_only, fd) == fd);
    ::close(read_only);
    broke = true;
  }
  REQUIRE(broke);
  CHECK(put_text(*store, "during", "2").error().code == Errc::kIo);
  CHECK(get_text(*store, "before") == "1");
  CHECK(get_text(*store, "during") == std::nullopt);
  CHECK(put_text(*store, "after", "3"));
  CHECK(get_text(*store, "after") == "3");
}
