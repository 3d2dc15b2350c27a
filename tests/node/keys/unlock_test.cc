// SPDX-License-Identifier: Apache-2.0
#include "node/keys/unlock.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

#include "crdt/base/limits.h"
#include "tests/support/temp_folder.h"

using namespace cunju;
using namespace cunju::keys;
using cunju::test::TempFolder;

namespace {

Result<Passphrase> read_from(const std::string& content) {
  TempFolder folder;
  std::ofstream(folder / "p", std::ios::binary) << content;
  return read_passphrase_file(folder / "p");
}

}  // namespace

TEST_CASE("a passphrase file gives its first line without the line end") {
  for (const char* content :
       {"村口的 老槐树", "村口的 老槐树\n", "村口的 老槐树\r\n", "村口的 老槐树\nsecond line\n"}) {
    Result<Passphrase> passphrase = read_from(content);
    REQUIRE(passphrase);
    CHECK(as_text(passphrase.value().view()) == "村口的 老槐树");
  }
  CHECK(as_text(read_from(" spaces stay ").value().view()) == " spaces stay ");
}

TEST_CASE("an empty, overlong or absent passphrase is refused") {
  CHECK(read_from("").error().code == Errc::kInvalidArgument);
  CHECK(read_from("\r\n").error().code == Errc::kInvalidArgument);
  CHECK(read_from("\nsecond line").error().code == Errc::kInvalidArgument);
  std::string longest(limits::kMaxPassphraseBytes, 'p');
  CHECK(read_from(longest + "\n"));
  CHECK(read_from(longest + "p\n").error().code == Errc::kLimit);
  CHECK(read_from(std::string(100'000, 'p')).error().code == Errc::kLimit);
  CHECK(read_passphrase_file("/nonexistent/p").error().code == Errc::kNotFound);
  CHECK(read_passphrase_file("/").error().code == Errc::kIo);
}

TEST_CASE("the environment names the passphrase file, and without it the keys stay locked") {
  TempFolder folder;
  std::ofstream(folder / "p") << "secret\n";
  ::unsetenv(kPassphraseFileVariable);
  Result<Passphrase> locked = passphrase_from_environment();
  CHECK(locked.error().code == Errc::kLocked);
  CHECK(locked.error().context.find(kPassphraseFileVariable) != std::string::npos);
  ::setenv(kPassphraseFileVariable, (folder / "p").c_str(), 1);
  CHECK(as_text(passphrase_from_environment().value().view()) == "secret");
  ::unsetenv(kPassphraseFileVariable);
}

TEST_CASE("a passphrase that was moved from holds nothing any more") {
  Passphrase first = Passphrase::from("secret").value();
  Passphrase second = Passphrase::from("another").value();
  second = std::move(first);
  CHECK(as_text(second.view()) == "secret");
  CHECK(first.view().empty());  // NOLINT: that it is empty is the point.
}

TEST_CASE("a key file is made once, for its owner only, and read back") {
  TempFolder folder;
  crypto::SeededRandom random(1);
  REQUIRE(create_key_file(folder / "k", random));
  struct stat info {};
  REQUIRE(::stat((folder / "k").c_str(), &info) == 0);
  CHECK((info.st_mode & 0777) == 0600);
  CHECK(info.st_size == kKeyFileBytes);
  crypto::Secret<32> before = read_key_file(folder / "k").value();
  CHECK(create_key_file(folder / "k", random).error().code == Errc::kExists);
  CHECK(read_key_file(folder / "k").value() == before);

  CHECK(read_key_file(folder / "none").error().code == Errc::kNotFound);
  std::ofstream(folder / "short") << "only a few";
  CHECK(read_key_file(folder / "short").error().code == Errc::kInvalidArgument);
}
