// SPDX-License-Identifier: Apache-2.0
#include "node/keys/value_sealer.h"

#include <catch2/catch.hpp>
#include <set>

#include "node/keys/value_keys.h"
#include "tests/support/fail_nth.h"
#include "tests/support/stored_keys.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using namespace cunju::keys;

namespace {

Bytes sealed(ValueSealer& sealer, KeyNumber key, std::string_view place, std::string_view value) {
  Bytes out;
  REQUIRE(sealer.reserve(key));
  REQUIRE(sealer.seal(key, as_bytes(place), as_bytes(value), out));
  return out;
}

/// What opening gives, as text; or the error's name.
std::string opened(ValueSealer& sealer, std::string_view place, ByteView value) {
  Bytes scratch;
  Result<ByteView> out = sealer.open(as_bytes(place), value, scratch);
  return out ? std::string(as_text(out.value())) : std::string(errc_name(out.error().code));
}

struct Scene {
  Scene() { reopen(); }
  void reopen() { REQUIRE(keys.open(folder / "keys")); }
  KeyedSealer& sealer() { return keys.sealer(); }
  test::TempFolder folder;
  test::StoredKeys keys;
};

}  // namespace

TEST_CASE("an open value is stored behind format byte 0 and read without a copy") {
  OpenSealer sealer;
  Bytes out = {9};
  REQUIRE(sealer.seal(kStoreKey, as_bytes("place"), as_bytes("value"), out));
  CHECK(as_text(out) == std::string("\x09\x00value", 7));
  Bytes scratch;
  ByteView value = ByteView(out).subspan(1);
  Result<ByteView> back = sealer.open(as_bytes("place"), value, scratch);
  REQUIRE(back);
  CHECK(as_text(back.value()) == "value");
  CHECK(back.value().data() == value.data() + 1);
}

TEST_CASE("an empty value survives sealing") {
  OpenSealer open;
  Scene scene;
  for (ValueSealer* sealer :
       {static_cast<ValueSealer*>(&open), static_cast<ValueSealer*>(&scene.sealer())})
    CHECK(opened(*sealer, "p", sealed(*sealer, kStoreKey, "p", "")).empty());
}

TEST_CASE("an unknown format byte is refused as unsupported, no byte as malformed") {
  OpenSealer open;
  Scene scene;
  for (ValueSealer* sealer :
       {static_cast<ValueSealer*>(&open), static_cast<ValueSealer*>(&scene.sealer())}) {
    for (int format = 2; format < 256; ++format)
      CHECK(opened(*sealer, "", Bytes{static_cast<std::uint8_t>(format), 1, 2}) == "unsupported");
    CHECK(opened(*sealer, "", {}) == "malformed");
  }
  CHECK(opened(open, "", Bytes{1, 1, 2}) == "unsupported");
}

TEST_CASE("a sealed value opens where it was sealed, and shows nothing of itself") {
  Scene scene;
  const std::string secret = "身份证号 110101199003070000";
  const Bytes stored = sealed(scene.sealer(), KeyNumber{7}, "views\0a", secret);
  CHECK(stored.size() == 1 + 4 + crypto::kSealBytes + secret.size());
  CHECK(as_text(stored).find("1101") == std::string_view::npos);
  CHECK(opened(scene.sealer(), "views\0a", stored) == secret);
  scene.reopen();
  CHECK(opened(scene.sealer(), "views\0a", stored) == secret);
  // The same value twice: nothing shows that it is the same.
  CHECK(sealed(scene.sealer(), KeyNumber{7}, "views\0a", secret) != stored);
}

TEST_CASE("a sealed value that was moved, altered or cut does not open") {
  Scene scene;
  const Bytes stored = sealed(scene.sealer(), KeyNumber{7}, "views a", "value");
  REQUIRE(scene.sealer().reserve(KeyNumber{8}));
  CHECK(opened(scene.sealer(), "views b", stored) == "tampered");
  for (std::size_t bit = 8; bit < stored.size() * 8; ++bit) {
    Bytes altered = stored;
    altered[bit / 8] ^= static_cast<std::uint8_t>(1 << (bit % 8));
    const std::string result = opened(scene.sealer(), "views a", altered);
    // Another key number may name a block that was never made.
    CHECK((result == "tampered" || (bit < 40 && result == "corrupt")));
  }
  for (std::size_t size = 1; size < stored.size(); ++size)
    CHECK(opened(scene.sealer(), "views a", ByteView(stored).first(size)) != "value");
}

TEST_CASE("an open value in a sealed store is refused: anybody could have written it") {
  Scene scene;
  OpenSealer open;
  CHECK(opened(scene.sealer(), "p", sealed(open, kStoreKey, "p", "forged")) == "tampered");
}

TEST_CASE("keys are durable before they are used, and other storage keys open nothing") {
  test::TempFolder folder;
  auto environment = [&] {
    return store::Environment::open(
        {.folder = folder / "keys", .tables = ValueKeys::table_names()});
  };
  crypto::SeededRandom random(1);
  const crypto::Secret<32> storage(Bytes(32, 1)), other(Bytes(32, 2));
  Bytes first;
  {
    auto store = environment();
    REQUIRE(store);
    auto keys = ValueKeys::open(*store.value(), storage, random, true);
    REQUIRE(keys);
    CHECK(keys.value()->find(KeyNumber{kKeysPerBlock}).error().code == Errc::kCorrupt);
    REQUIRE(keys.value()->reserve(KeyNumber{kKeysPerBlock}, random));
    first = to_bytes(keys.value()->find(KeyNumber{kKeysPerBlock}).value()->view());
    // A second node object of another process that reserves the same block gets the same keys.
    auto again = ValueKeys::open(*store.value(), storage, random, true);
    REQUIRE(again);
    REQUIRE(again.value()->reserve(KeyNumber{kKeysPerBlock}, random));
    CHECK(equal(again.value()->find(KeyNumber{kKeysPerBlock}).value()->view(), first));
    CHECK(ValueKeys::open(*store.value(), other, random, true).error().code == Errc::kTampered);
  }
  auto store = environment();
  REQUIRE(store);
  auto keys = ValueKeys::open(*store.value(), storage, random, true);
  REQUIRE(keys);
  CHECK(equal(keys.value()->find(KeyNumber{kKeysPerBlock}).value()->view(), first));
  // All keys are different.
  std::set<Bytes> seen;
  for (std::uint32_t number = 0; number < 2 * kKeysPerBlock; ++number)
    seen.insert(to_bytes(keys.value()->find(KeyNumber{number}).value()->view()));
  CHECK(seen.size() == 2 * kKeysPerBlock);
}

TEST_CASE("a block that was lost is not made anew for the keys in its middle") {
  Scene scene;
  REQUIRE(scene.sealer().reserve(KeyNumber{kKeysPerBlock - 1}));
  CHECK(scene.sealer().reserve(KeyNumber{kKeysPerBlock + 7}).error().code == Errc::kCorrupt);
  REQUIRE(scene.sealer().reserve(KeyNumber{kKeysPerBlock}));
  CHECK(scene.sealer().reserve(KeyNumber{kKeysPerBlock + 7}));
}

TEST_CASE("keys that were lost are not made anew beside records") {
  test::TempFolder folder;
  auto store =
      store::Environment::open({.folder = folder / "keys", .tables = ValueKeys::table_names()});
  REQUIRE(store);
  crypto::SeededRandom random(1);
  const crypto::Secret<32> storage(Bytes(32, 1));
  CHECK(ValueKeys::open(*store.value(), storage, random, false).error().code == Errc::kCorrupt);
  REQUIRE(ValueKeys::open(*store.value(), storage, random, true));
  CHECK(ValueKeys::open(*store.value(), storage, random, false));
}

TEST_CASE("a key that can't be stored is not used") {
  constexpr KeyNumber kFirstOfBlock{8 * kKeysPerBlock};
  test::TempFolder folder;
  test::FailNth disk;
  test::StoredKeys keys;
  REQUIRE(keys.open(folder / "keys", &disk));
  disk.arm(1);
  CHECK(keys.sealer().reserve(kFirstOfBlock).has_error());
  disk.arm(0);
  Bytes out;
  CHECK(keys.sealer().seal(kFirstOfBlock, {}, as_bytes("x"), out).has_error());
  REQUIRE(keys.sealer().reserve(kFirstOfBlock));
  CHECK(keys.sealer().seal(kFirstOfBlock, {}, as_bytes("x"), out));
}

TEST_CASE("index names are hashed under a key of the home") {
  Scene a, b;
  const Hash name = a.sealer().hash_name(as_bytes("mediation")).value();
  CHECK(a.sealer().hash_name(as_bytes("mediation")).value() == name);
  CHECK(a.sealer().hash_name(as_bytes("rental")).value() != name);
  CHECK(b.sealer().hash_name(as_bytes("mediation")).value() != name);
  a.reopen();
  CHECK(a.sealer().hash_name(as_bytes("mediation")).value() == name);
}
