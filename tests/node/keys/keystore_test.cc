// SPDX-License-Identifier: Apache-2.0
#include "node/keys/keystore.h"

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "crdt/base/limits.h"
#include "tests/node/keys/keystore_fixture.h"
#include "tests/support/temp_folder.h"
#include "tests/support/tiny_disk.h"

using namespace cunju;
using namespace cunju::keys;
using cunju::test::TempFolder;
using cunju::test::TinyDisk;

TEST_CASE("a keystore opens with the passphrase it was made with and no other") {
  TempFolder folder;
  crypto::SeededRandom random(1);
  const std::filesystem::path path = folder / "home" / "keystore";
  Keystore made = Keystore::create(path, "文书", passphrase("right"), random, kCheap).value();
  struct stat info {};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);

  Keystore loaded = Keystore::load(path).value();
  CHECK(loaded.node() == made.node());
  CHECK(loaded.wire() == made.wire());
  REQUIRE(loaded.clerks().size() == 1);
  UnlockedKeys keys = unlock_or_fail(loaded, "文书", passphrase("right"));
  CHECK(keys.node.node() == loaded.node());
  CHECK(keys.wire.wire() == loaded.wire());
  CHECK(keys.author.author() == loaded.clerks()[0].author);
  CHECK(keys.clerk == "文书");
  CHECK(same_keys(keys, unlock_or_fail(loaded, "", passphrase("right"))));

  for (const char* wrong : {"Right", "right ", "righ", "r"})
    CHECK(loaded.unlock("文书", passphrase(wrong)).error().code == Errc::kBadPassphrase);
  CHECK(loaded.unlock("", passphrase("wrong")).error().code == Errc::kBadPassphrase);
  CHECK(loaded.unlock("主任", passphrase("right")).error().code == Errc::kNotFound);
}

TEST_CASE("a clerk goes on with another key, under the same passphrase and with the same node") {
  TempFolder folder;
  crypto::SeededRandom random(8);
  Keystore keystore = Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).value();
  const UnlockedKeys before = unlock_or_fail(keystore, "", passphrase("p"));
  const crypto::SigningKey key = crypto::SigningKey::generate(random);
  REQUIRE(keystore.replace_author(before, passphrase("p"), key, random, kCheap));
  const Keystore loaded = Keystore::load(folder / "k").value();
  const UnlockedKeys after = unlock_or_fail(loaded, "a", passphrase("p"));
  CHECK(after.author.author() == key.author());
  CHECK(loaded.clerks().at(0).author == key.author());
  CHECK(after.node.node() == before.node.node());
  CHECK(loaded.unlock("a", passphrase("q")).error().code == Errc::kBadPassphrase);
  // The old key is no clerk's here any more.
  CHECK(keystore.replace_author(before, passphrase("p"), key, random, kCheap).error().code ==
        Errc::kNotFound);
}

TEST_CASE("every secret of a keystore is a different one and none stands in the file") {
  TempFolder folder;
  crypto::SeededRandom random(2);
  Keystore keystore = Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(keystore, "", passphrase("p"));
  Bytes content = content_of(folder / "k");
  const Bytes secrets[] = {to_bytes(keys.node.seed().view()), to_bytes(keys.wire.secret().view()),
                           to_bytes(keys.storage.view()), to_bytes(keys.author.seed().view())};
  for (const Bytes& secret : secrets) {
    CHECK(std::ranges::count(secrets, secret) == 1);
    CHECK(std::search(content.begin(), content.end(), secret.begin(), secret.end()) ==
          content.end());
  }
}

TEST_CASE("clerks share the node and its storage key and never each other's author key") {
  TempFolder folder;
  crypto::SeededRandom random(3);
  REQUIRE(create_key_file(folder / "stick", random));
  REQUIRE(create_key_file(folder / "other stick", random));
  Keystore keystore =
      Keystore::create(folder / "k", "a", passphrase("first"), random, kCheap).value();
  UnlockedKeys a = unlock_or_fail(keystore, "", passphrase("first"));
  AuthorKey b_key =
      keystore.add_clerk(a, "b", passphrase("second"), random, kCheap).value().author();
  AuthorKey c_key =
      keystore.add_clerk(a, "c", KeyFile{folder / "stick"}, random, kCheap).value().author();
  CHECK(keystore.add_clerk(a, "b", passphrase("x"), random, kCheap).error().code == Errc::kExists);
  CHECK(keystore.add_clerk(a, "", passphrase("x"), random, kCheap).error().code ==
        Errc::kInvalidArgument);
  CHECK(keystore.add_clerk(a, "a\nb", passphrase("x"), random, kCheap).error().code ==
        Errc::kInvalidArgument);

  for (const Keystore& each : {keystore, Keystore::load(folder / "k").value()}) {
    REQUIRE(each.clerks().size() == 3);
    CHECK(each.clerks()[2].kind == SlotKind::kKeyFile);
    UnlockedKeys b = unlock_or_fail(each, "", passphrase("second"));
    UnlockedKeys c = unlock_or_fail(each, "", KeyFile{folder / "stick"});
    CHECK(b.clerk == "b");
    CHECK(c.clerk == "c");
    CHECK(b.author.author() == b_key);
    CHECK(c.author.author() == c_key);
    CHECK(b.storage == a.storage);
    CHECK(c.wire.secret() == a.wire.secret());
    CHECK_FALSE(b.author.seed() == a.author.seed());
    CHECK(each.unlock("b", passphrase("first")).error().code == Errc::kBadPassphrase);
    CHECK(each.unlock("c", passphrase("first")).error().code == Errc::kBadPassphrase);
    CHECK(each.unlock("a", KeyFile{folder / "stick"}).error().code == Errc::kBadPassphrase);
    CHECK(each.unlock("c", KeyFile{folder / "other stick"}).error().code == Errc::kBadPassphrase);
    CHECK(each.unlock("c", KeyFile{folder / "lost"}).error().code == Errc::kNotFound);
  }
}

TEST_CASE("after a change only the new passphrase opens, and all keys stay") {
  TempFolder folder;
  crypto::SeededRandom random(4);
  Keystore keystore =
      Keystore::create(folder / "k", "a", passphrase("old"), random, kCheap).value();
  UnlockedKeys before = unlock_or_fail(keystore, "", passphrase("old"));
  REQUIRE(keystore.add_clerk(before, "b", passphrase("b"), random, kCheap));
  REQUIRE(keystore.change_passphrase(before, passphrase("new"), random, kCheap));
  for (const Keystore& each : {keystore, Keystore::load(folder / "k").value()}) {
    CHECK(each.unlock("", passphrase("old")).error().code == Errc::kBadPassphrase);
    CHECK(same_keys(before, unlock_or_fail(each, "", passphrase("new"))));
    CHECK(unlock_or_fail(each, "", passphrase("b")).clerk == "b");
  }
}

TEST_CASE("a keystore is never overwritten, and foreign keys change nothing in it") {
  TempFolder folder;
  crypto::SeededRandom random(5);
  Keystore first = Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).value();
  Bytes before = content_of(folder / "k");
  CHECK(Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).error().code ==
        Errc::kExists);
  Keystore other = Keystore::create(folder / "o", "a", passphrase("p"), random, kCheap).value();
  UnlockedKeys foreign = unlock_or_fail(other, "", passphrase("p"));
  CHECK(first.add_clerk(foreign, "b", passphrase("b"), random, kCheap).error().code ==
        Errc::kTampered);
  CHECK(first.change_passphrase(foreign, passphrase("b"), random, kCheap).error().code ==
        Errc::kTampered);
  CHECK(content_of(folder / "k") == before);
  CHECK(Keystore::load(folder / "none").error().code == Errc::kNotFound);
}

TEST_CASE("a keystore takes 64 clerks with the longest names and refuses one more") {
  TempFolder folder;
  crypto::SeededRandom random(6);
  auto name = [](std::size_t i) {
    std::string out(limits::kMaxNameBytes, 'n');
    out[0] = static_cast<char>('0' + i / 10);
    out[1] = static_cast<char>('0' + i % 10);
    return out;
  };
  Keystore keystore =
      Keystore::create(folder / "k", name(0), passphrase("0"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(keystore, "", passphrase("0"));
  for (std::size_t i = 1; i < limits::kMaxKeystoreSlots; ++i)
    REQUIRE(keystore.add_clerk(keys, name(i), passphrase(std::to_string(i)), random, kCheap));
  CHECK(keystore.add_clerk(keys, "z", passphrase("z"), random, kCheap).error().code ==
        Errc::kLimit);
  Keystore loaded = Keystore::load(folder / "k").value();
  CHECK(loaded.clerks().size() == limits::kMaxKeystoreSlots);
  CHECK(unlock_or_fail(loaded, "", passphrase("63")).clerk == name(63));
}

TEST_CASE("a crash between writing the new file and renaming it leaves the old one") {
  TempFolder folder;
  crypto::SeededRandom random(7);
  Keystore keystore = Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(keystore, "", passphrase("p"));
  // What such a crash leaves behind, whole or in part.
  REQUIRE(store::write_beside(folder / "k", as_bytes("half a keyst")));
  Keystore loaded = Keystore::load(folder / "k").value();
  CHECK(same_keys(keys, unlock_or_fail(loaded, "", passphrase("p"))));
  REQUIRE(loaded.add_clerk(keys, "b", passphrase("b"), random, kCheap));
  CHECK(Keystore::load(folder / "k").value().clerks().size() == 2);
  CHECK_FALSE(std::filesystem::exists(folder / "k.new"));
}

TEST_CASE("a process killed while it changes passphrases leaves a whole keystore") {
  TempFolder folder;
  crypto::SeededRandom random(8);
  Keystore made = Keystore::create(folder / "k", "a", passphrase("0"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(made, "", passphrase("0"));
  for (int round = 0; round < 10; ++round) {
    pid_t child = ::fork();
    if (child == 0) {
      Result<Keystore> keystore = Keystore::load(folder / "k");
      for (int i = 0; keystore; ++i)
        if (!keystore.value().change_passphrase(keys, passphrase(std::to_string(i % 2)), random,
                                                kCheap))
          ::_exit(1);
      ::_exit(1);
    }
    ::usleep(static_cast<useconds_t>(5000 + 3000 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(WIFSIGNALED(status));
    Keystore keystore = Keystore::load(folder / "k").value();
    Result<UnlockedKeys> opened = keystore.unlock("", passphrase("0"));
    if (!opened) opened = keystore.unlock("", passphrase("1"));
    REQUIRE(opened);
    CHECK(same_keys(keys, opened.value()));
  }
}

TEST_CASE("two processes that add clerks at the same time lose none") {
  TempFolder folder;
  crypto::SeededRandom random(9);
  Keystore keystore = Keystore::create(folder / "k", "a", passphrase("p"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(keystore, "", passphrase("p"));
  auto add_in_child = [&](const std::string& name) {
    pid_t child = ::fork();
    if (child != 0) return child;
    for (int i = 0; i < 10; ++i)
      if (!keystore.add_clerk(keys, name + std::to_string(i), passphrase("x"),
                              crypto::system_random(), kCheap))
        ::_exit(1);
    ::_exit(0);
  };
  pid_t first = add_in_child("b");
  pid_t second = add_in_child("c");
  for (pid_t child : {first, second}) {
    int status = 0;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
  }
  CHECK(Keystore::load(folder / "k").value().clerks().size() == 21);
}

TEST_CASE("on a full disk the keystore stays as it was") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  crypto::SeededRandom random(10);
  Keystore keystore = Keystore::create(disk / "k", "a", passphrase("p"), random, kCheap).value();
  UnlockedKeys keys = unlock_or_fail(keystore, "", passphrase("p"));
  disk.fill(0);
  CHECK(keystore.change_passphrase(keys, passphrase("q"), random, kCheap).error().code ==
        Errc::kDiskFull);
  CHECK(same_keys(keys, unlock_or_fail(Keystore::load(disk / "k").value(), "", passphrase("p"))));
  CHECK(same_keys(keys, unlock_or_fail(keystore, "", passphrase("p"))));
  disk.empty();
  CHECK(keystore.change_passphrase(keys, passphrase("q"), random, kCheap));
}
