// SPDX-License-Identifier: Apache-2.0
#include "node/store/transaction.h"

#include <map>
#include <random>

#include "tests/node/store/store_fixture.h"

using namespace cunju;
using namespace cunju::store;
using cunju::test::TempFolder;

namespace {

using Model = std::map<std::string, std::string>;

std::string random_key(std::mt19937_64& random) {
  // Few symbols, the greatest byte among them, so that prefixes meet and have no successor.
  static constexpr char kSymbols[] = {'\x00', 'a', 'b', '\xff'};
  std::string key;
  std::size_t length = 1 + random() % 4;
  for (std::size_t i = 0; i < length; ++i) key.push_back(kSymbols[random() % 4]);
  return key;
}

std::optional<std::string> key_of(const std::optional<store::Entry>& entry) {
  if (!entry) return std::nullopt;
  return std::string(as_text(entry->key));
}

void check_reads(const ReadTransaction& transaction, Table table, const Model& model,
                 const std::string& probe) {
  auto lower = model.lower_bound(probe);
  std::vector<std::string> expected, with_prefix;
  for (auto at = lower; at != model.end(); ++at) expected.push_back(at->first);
  for (const auto& [key, value] : model)
    if (key.starts_with(probe)) with_prefix.push_back(key);

  std::vector<std::string> seen;
  auto collect = [&](ByteView key, ByteView value) {
    seen.emplace_back(as_text(key));
    CHECK(as_text(value) == model.at(seen.back()));
    return true;
  };
  REQUIRE(transaction.scan(table, as_bytes(probe), collect));
  CHECK(seen == expected);
  seen.clear();
  REQUIRE(transaction.scan_prefix(table, as_bytes(probe), collect));
  CHECK(seen == with_prefix);

  std::optional<std::string> last_with_prefix, last_before;
  if (!with_prefix.empty()) last_with_prefix = with_prefix.back();
  auto upper = model.upper_bound(probe);
  if (upper != model.begin() && !probe.empty()) last_before = std::prev(upper)->first;
  CHECK(key_of(transaction.last_with_prefix(table, as_bytes(probe))) == last_with_prefix);
  CHECK(key_of(transaction.last_at_or_before(table, as_bytes(probe))) == last_before);
}

}  // namespace

TEST_CASE("a table behaves like an ordered map of byte strings") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table table = store->table("t").value();
  Model model;
  for (int round = 0; round < 30; ++round) {
    REQUIRE(store->write([&](WriteTransaction& transaction) -> Result<void> {
      for (int step = 0; step < 8; ++step) {
        std::string key = random_key(random);
        std::string value = std::to_string(random() % 1000);
        std::uint64_t choice = random() % 8;
        if (choice < 4) {
          CUNJU_TRYV(transaction.put(table, as_bytes(key), as_bytes(value)));
          model[key] = value;
        } else if (choice < 5) {
          Result<void> result = transaction.put_new(table, as_bytes(key), as_bytes(value));
          bool inserted = model.emplace(key, value).second;
          REQUIRE(result.has_value() == inserted);
          if (!inserted) CHECK(result.error().code == Errc::kExists);
        } else if (choice < 7) {
          CUNJU_TRY(bool erased, transaction.erase(table, as_bytes(key)));
          CHECK(erased == (model.erase(key) == 1));
        } else {
          CUNJU_TRY(std::size_t erased, transaction.erase_prefix(table, as_bytes(key)));
          CHECK(erased ==
                std::erase_if(model, [&](const auto& e) { return e.first.starts_with(key); }));
        }
      }
      check_reads(transaction, table, model, random_key(random));
      return ok();
    }));
    REQUIRE(store->read([&](ReadTransaction& transaction) -> Result<void> {
      CHECK(transaction.count(table) == model.size());
      check_reads(transaction, table, model, "");
      for (int probe = 0; probe < 5; ++probe)
        check_reads(transaction, table, model, random_key(random));
      return ok();
    }));
  }
}

TEST_CASE("a visitor stops a scan and may look things up meanwhile") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table table = store->table("t").value();
  for (const char* key : {"a", "b", "c"}) REQUIRE(put_text(*store, key, key));
  int visited = 0;
  REQUIRE(store->read([&](ReadTransaction& transaction) {
    return transaction.scan(table, {}, [&](ByteView key, ByteView) {
      ++visited;
      CHECK(transaction.get(table, as_bytes("c")));
      return as_text(key) != "b";
    });
  }));
  CHECK(visited == 2);
}

TEST_CASE("a key of 511 bytes is stored, longer and empty ones are errors and absent") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table table = store->table("t").value();
  const std::string longest(kMaxKeyBytes, 'k');
  const std::string too_long = longest + "k";
  REQUIRE(put_text(*store, longest, "v"));
  CHECK(get_text(*store, longest) == "v");
  CHECK(put_text(*store, too_long, "v").error().code == Errc::kLimit);
  CHECK(put_text(*store, "", "v").error().code == Errc::kInvalidArgument);
  CHECK(get_text(*store, too_long) == std::nullopt);
  CHECK(get_text(*store, "") == std::nullopt);
  REQUIRE(store->write([&](WriteTransaction& transaction) -> Result<void> {
    CHECK(transaction.erase(table, as_bytes(too_long)).error().code == Errc::kLimit);
    CHECK(transaction.erase_prefix(table, {}).error().code == Errc::kInvalidArgument);
    CHECK(key_of(transaction.last_at_or_before(table, as_bytes(too_long))) == longest);
    CHECK(key_of(transaction.last_with_prefix(table, as_bytes(too_long))) == std::nullopt);
    return ok();
  }));
}

TEST_CASE("clearing a table empties that table only") {
  TempFolder folder;
  auto store = open_store(options_for(folder / "a"));
  Table cleared = store->table("t").value();
  Table other = store->table("u").value();
  REQUIRE(store->write([&](WriteTransaction& transaction) -> Result<void> {
    CUNJU_TRYV(transaction.put(cleared, as_bytes("a"), as_bytes("1")));
    return transaction.put(other, as_bytes("a"), as_bytes("1"));
  }));
  REQUIRE(store->write([&](WriteTransaction& transaction) { return transaction.clear(cleared); }));
  REQUIRE(store->read([&](ReadTransaction& transaction) -> Result<void> {
    CHECK(transaction.count(cleared) == 0);
    CHECK(transaction.count(other) == 1);
    return ok();
  }));
}
