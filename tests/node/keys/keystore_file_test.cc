// SPDX-License-Identifier: Apache-2.0
// What damage and attackers do to the bytes of a keystore.
#include "node/keys/keystore_file.h"

#include <cstdlib>
#include <random>

#include "tests/node/keys/keystore_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;
using namespace cunju::keys;
using cunju::test::TempFolder;

namespace {

constexpr std::size_t kContentAt = 16 + Hash::kSize;

/// Two clerks, "a" by "first" and "b" by "second"; the same bytes for the same seed.
struct Example {
  TempFolder folder;
  std::filesystem::path path = folder / "k";

  explicit Example(std::uint64_t seed) {
    crypto::SeededRandom random(seed);
    Keystore keystore = Keystore::create(path, "a", passphrase("first"), random, kCheap).value();
    UnlockedKeys keys = keystore.unlock("a", passphrase("first")).value();
    REQUIRE(keystore.add_clerk(keys, "b", passphrase("second"), random, kCheap));
  }
  UnlockedKeys keys() const {
    return unlock_or_fail(Keystore::load(path).value(), "a", passphrase("first"));
  }
  KeystoreFile file() const { return parse_keystore(content_of(path)).value(); }
  /// What an attacker who can write the file, and compute its hash, makes of it.
  void replace(const KeystoreFile& file) const { put_content(path, encode_keystore(file)); }
  Result<UnlockedKeys> unlock() const {
    CUNJU_TRY(Keystore keystore, Keystore::load(path));
    return keystore.unlock("a", passphrase("first"));
  }
};

void rehash(Bytes& bytes) {
  Hash hash = crypto::hash({ByteView(bytes).subspan(kContentAt)});
  std::ranges::copy(hash.value, bytes.begin() + 16);
}

}  // namespace

TEST_CASE("a keystore file is encoded and parsed without loss") {
  Example example(1);
  KeystoreFile file = example.file();
  CHECK(file.slots.size() == 2);
  CHECK(parse_keystore(encode_keystore(file)).value() == file);
}

TEST_CASE("version 1 of the keystore format keeps its bytes") {
  // Made from the seed 1; opens with "first" and "second" as long as version 1 is supported.
  const std::string hex = test::vector_hex("keystore_1.hex");
  Example example(1);
  CHECK(to_hex(content_of(example.path)) == hex);
  UnlockedKeys keys = example.keys();
  put_content(example.path, *parse_hex(hex));
  CHECK(same_keys(keys, example.keys()));
}

TEST_CASE("a keystore with any bit flipped or cut short is refused when it is loaded") {
  Example example(2);
  const Bytes whole = content_of(example.path);
  for (std::size_t i = 0; i < whole.size() * 8; ++i) {
    Bytes flipped = whole;
    flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1U << (i % 8)));
    REQUIRE(parse_keystore(flipped).error().code == Errc::kCorrupt);
  }
  for (std::size_t length = 0; length < whole.size(); ++length)
    REQUIRE(parse_keystore(ByteView(whole).first(length)).error().code == Errc::kCorrupt);
  put_content(example.path, ByteView(whole).first(100));
  CHECK(example.unlock().error().code == Errc::kCorrupt);
  put_content(example.path, Bytes((std::size_t{1} << 20) + 1));
  CHECK(example.unlock().error().code == Errc::kLimit);
}

TEST_CASE("whatever an attacker flips, a keystore never opens to other keys") {
  Example example(3);
  const Bytes whole = content_of(example.path);
  const UnlockedKeys keys = example.keys();
  int newer = 0;
  int unlocked = 0;
  for (std::size_t i = kContentAt * 8; i < whole.size() * 8; ++i) {
    CAPTURE(i);
    Bytes flipped = whole;
    flipped[i / 8] = static_cast<std::uint8_t>(flipped[i / 8] ^ (1U << (i % 8)));
    rehash(flipped);
    Result<KeystoreFile> parsed = parse_keystore(flipped);
    if (!parsed) {
      if (parsed.error().context.starts_with("keystore version")) ++newer;
      continue;
    }
    // A cost that fits the limits may still take a gigabyte; the slots' binding is tested below.
    if (std::ranges::any_of(parsed.value().slots,
                            [](const Slot& slot) { return slot.cost != kCheap; }))
      continue;
    put_content(example.path, flipped);
    Result<UnlockedKeys> opened = example.unlock();
    if (!opened) continue;
    ++unlocked;
    // Only what carries no meaning (padding) may differ.
    REQUIRE(same_keys(keys, opened.value()));
    REQUIRE(parsed.value() == example.file());
    REQUIRE(parsed.value() == parse_keystore(whole).value());
  }
  CHECK(newer > 0);
  CHECK(unlocked < 200);
}

TEST_CASE("a newer version is refused as unsupported") {
  Example example(4);
  const Bytes whole = content_of(example.path);
  bool seen = false;
  for (std::size_t i = kContentAt; i < kContentAt + 40; ++i) {
    Bytes changed = whole;
    if (changed[i] != 1) continue;
    changed[i] = 2;
    rehash(changed);
    Result<KeystoreFile> parsed = parse_keystore(changed);
    if (parsed || parsed.error().context != "keystore version 2") continue;
    CHECK(parsed.error().code == Errc::kUnsupported);
    seen = true;
  }
  CHECK(seen);
}

TEST_CASE("no part of a keystore can be changed, dropped or brought in from another") {
  Example example(5);
  Example other(6);
  const KeystoreFile whole = example.file();
  const KeystoreFile foreign = other.file();
  auto refused = [&](const std::function<void(KeystoreFile&)>& change) {
    KeystoreFile file = whole;
    change(file);
    example.replace(file);
    Result<UnlockedKeys> opened = example.unlock();
    return opened ? Errc{} : opened.error().code;
  };
  // The clear parts and the seal of the node.
  CHECK(refused([&](auto& f) { f.node = foreign.node; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.wire = foreign.wire; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.sealed_node = foreign.sealed_node; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.id = foreign.id; }) == Errc::kBadPassphrase);
  // The other clerk's slot: replaced, renamed, given another author, dropped, doubled, reordered.
  CHECK(refused([&](auto& f) { f.slots[1] = foreign.slots[1]; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.slots[1].clerk = "c"; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.slots[1].author = foreign.slots[1].author; }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.slots.pop_back(); }) == Errc::kTampered);
  CHECK(refused([&](auto& f) { f.slots.push_back(f.slots[1]), f.slots[2].clerk = "c"; }) ==
        Errc::kTampered);
  CHECK(refused([&](auto& f) { std::swap(f.slots[0], f.slots[1]); }) == Errc::kTampered);
  // The slot that is opened: each field is bound, and a slot of another file with the same name
  // and passphrase opens nothing here.
  CHECK(refused([&](auto& f) { f.slots[0] = foreign.slots[0]; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].sealed = f.slots[1].sealed; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].author = f.slots[1].author; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].salt = f.slots[1].salt; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].cost.operations = 2; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].kind = SlotKind::kKeyFile; }) == Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[0].cost.operations = 1000; }) == Errc::kLimit);
  CHECK(refused([&](auto& f) { std::swap(f.slots[0].clerk, f.slots[1].clerk); }) ==
        Errc::kBadPassphrase);
  CHECK(refused([&](auto& f) { f.slots[1].clerk = "a"; }) == Errc::kCorrupt);
  CHECK(refused([](auto&) {}) == Errc{});
}

TEST_CASE("random bytes behind a right hash never crash the parser") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  Example example(7);
  const Bytes whole = content_of(example.path);
  for (int round = 0; round < 3000; ++round) {
    Bytes bytes = whole;
    for (std::uint64_t edits = 1 + random() % 8; edits > 0; --edits)
      bytes[kContentAt + random() % (bytes.size() - kContentAt)] =
          static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) bytes.resize(kContentAt + random() % (bytes.size() - kContentAt));
    rehash(bytes);
    Result<KeystoreFile> parsed = parse_keystore(bytes);
    if (parsed) CHECK(parse_keystore(encode_keystore(parsed.value())).value() == parsed.value());
  }
}
