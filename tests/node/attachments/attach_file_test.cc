// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/attach_file.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "crdt/attachment/attachment_limits.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;
using attachments::attach_file;
namespace fs = std::filesystem;

namespace {

struct Desk {
  explicit Desk(store::FaultInjector* faults = nullptr)
      : blobs(require(attachments::BlobFolder::open(folder / "blobs", faults))) {}

  fs::path write(const std::string& name, ByteView content) {
    std::ofstream(folder / name, std::ios::binary) << as_text(content);
    return folder / name;
  }
  Bytes open(const attachment::Reference& reference) {
    fs::remove(folder / "out");
    require(attachments::open_to_file(*blobs, reference, folder / "out"));
    return require(store::read_whole_file(folder / "out", 1 << 26));
  }
  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(fs::directory_iterator(folder / "blobs"), {}));
  }
  TempFolder folder;
  crypto::SeededRandom random{1};
  std::unique_ptr<attachments::BlobFolder> blobs;
};

Bytes random_bytes(std::size_t count) {
  Bytes out(count);
  crypto::SeededRandom random(count);
  random.fill(out);
  return out;
}

}  // namespace

TEST_CASE("a file of any size opens as it was attached, and only its ciphertext is kept") {
  constexpr std::size_t kPlain = attachment::kPlainChunkBytes;
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, kPlain - 1, kPlain, kPlain + 1,
                           3 * kPlain, 3 * kPlain + 77}) {
    CAPTURE(size);
    Desk desk;
    const Bytes content = random_bytes(size);
    const auto attached =
        require(attach_file(*desk.blobs, desk.write("表.bin", content), {}, desk.random));
    const auto reference = require(attachment::parse_reference(attached.value));
    CHECK(reference.name == "表.bin");
    CHECK(reference.size == size);
    CHECK(desk.open(reference) == content);
    const Bytes stored =
        require(store::read_whole_file(desk.blobs->folder() / reference.address.hex(), 1 << 26));
    CHECK(stored.size() == attachment::stored_bytes_of(size));
    if (size > 100)
      CHECK(as_text(stored).find(as_text(content).substr(0, 16)) == std::string_view::npos);
  }
}

TEST_CASE("equal files are kept once where the first reference is known, and else look different") {
  Desk desk;
  const Bytes content = random_bytes(100'000);
  const fs::path path = desk.write("a.bin", content);
  const auto first = require(attach_file(*desk.blobs, path, {}, desk.random));
  const auto apart = require(attach_file(*desk.blobs, path, {}, desk.random));
  CHECK(require(attachment::parse_reference(first.value)).address !=
        require(attachment::parse_reference(apart.value)).address);
  CHECK(desk.files() == 2);
  const auto again = require(attach_file(
      *desk.blobs, path,
      {.name = "b.bin", .find_same = [&](const Hash&) { return std::optional(first.value); }},
      desk.random));
  CHECK(again.is_known);
  CHECK(desk.files() == 2);
  const auto reference = require(attachment::parse_reference(again.value));
  CHECK(reference.name == "b.bin");
  CHECK(desk.open(reference) == content);
}

TEST_CASE("the original attached again brings back what was lost, under the same address") {
  Desk desk;
  const Bytes content = random_bytes(150'000);
  const fs::path path = desk.write("a.bin", content);
  const auto first = require(attach_file(*desk.blobs, path, {}, desk.random));
  const auto reference = require(attachment::parse_reference(first.value));
  const fs::path file = desk.blobs->folder() / reference.address.hex();
  SECTION("its file is gone") { fs::remove(file); }
  SECTION("its file is damaged") {
    Bytes bytes = require(store::read_whole_file(file, 1 << 20));
    bytes[7] ^= 1;
    std::ofstream(file, std::ios::binary) << as_text(bytes);
  }
  require(desk.blobs->want(reference.address));
  const auto again = require(attach_file(
      *desk.blobs, path, {.find_same = [&](const Hash&) { return std::optional(first.value); }},
      desk.random));
  CHECK(again.is_known);
  CHECK(again.is_healed);
  CHECK(require(attachment::parse_reference(again.value)).address == reference.address);
  CHECK(desk.open(reference) == content);
  CHECK(desk.blobs->wanted().empty());
  CHECK(desk.blobs->damaged().empty());
}

TEST_CASE("a film is refused in other words than a picture") {
  Desk desk;
  const fs::path film = desk.write("rec_android.m4a", as_bytes(std::string_view("\0\0\0\x18"
                                                                                "ftypmp42....",
                                                                                16)));
  CHECK(attach_file(*desk.blobs, film, {}, desk.random).error().context ==
        attachments::kUnknownRecording);
}

TEST_CASE("who claims to have a file's content already can't keep others from attaching it") {
  Desk desk;
  const Bytes content = random_bytes(70'000);
  const fs::path path = desk.write("a.bin", content);
  const auto honest = require(attach_file(*desk.blobs, path, {}, desk.random));
  const auto other =
      require(attach_file(*desk.blobs, desk.write("b.bin", random_bytes(70'001)), {}, desk.random));
  auto lie = require(attachment::parse_reference(honest.value));
  const auto theirs = require(attachment::parse_reference(other.value));
  SECTION("another attachment") {
    lie.address = theirs.address;
    lie.size = theirs.size;
    lie.key = theirs.key.clone();
  }
  SECTION("none") { lie.address.value[0] ^= 1; }
  SECTION("another key") { lie.key.mutable_view()[0] ^= 1; }
  const Bytes value = attachment::encode_reference(lie);
  const auto attached = require(
      attach_file(*desk.blobs, path,
                  {.find_same = [&](const Hash&) { return std::optional(value); }}, desk.random));
  CHECK_FALSE(attached.is_known);
  CHECK(desk.open(require(attachment::parse_reference(attached.value))) == content);
}

TEST_CASE("what an author sealed differently from what the record says is not written out") {
  Desk desk;
  const auto attached =
      require(attach_file(*desk.blobs, desk.write("a.bin", random_bytes(70'000)), {}, desk.random));
  auto lie = require(attachment::parse_reference(attached.value));
  SECTION("its hash") { lie.content.value[0] ^= 1; }
  SECTION("its key") { lie.key.mutable_view()[0] ^= 1; }
  CHECK(attachments::open_to_file(*desk.blobs, lie, desk.folder / "out").error().code ==
        Errc::kTampered);
  CHECK_FALSE(fs::exists(desk.folder / "out"));
}

TEST_CASE("opening overwrites nothing") {
  Desk desk;
  const auto attached =
      require(attach_file(*desk.blobs, desk.write("a.bin", random_bytes(10)), {}, desk.random));
  const fs::path precious = desk.write("precious", random_bytes(5));
  CHECK(attachments::open_to_file(*desk.blobs, require(attachment::parse_reference(attached.value)),
                                  precious)
            .error()
            .code == Errc::kExists);
  CHECK(fs::file_size(precious) == 5);
}

TEST_CASE("a picture that nobody can look into is refused unless its place may stay") {
  Desk desk;
  const Bytes broken{0xFF, 0xD8, 0xFF, 0xE1, 0, 50, 'E', 'x'};
  const fs::path jpeg = desk.write("a.jpg", broken);
  CHECK(attach_file(*desk.blobs, jpeg, {}, desk.random).error().context ==
        attachments::kBrokenPicture);
  const fs::path heic = desk.write("a.heic", as_bytes(std::string_view("\0\0\0\x18"
                                                                       "ftypheic....",
                                                                       16)));
  CHECK(attach_file(*desk.blobs, heic, {}, desk.random).error().context ==
        attachments::kUnknownPicture);
  CHECK(desk.files() == 0);
  const auto kept = require(attach_file(*desk.blobs, jpeg, {.keep_location = true}, desk.random));
  CHECK(desk.open(require(attachment::parse_reference(kept.value))) == broken);
}

TEST_CASE("a file over the limit, a folder and a pipe are refused, and leave nothing") {
  Desk desk;
  std::ofstream(desk.folder / "large").put('x');
  fs::resize_file(desk.folder / "large", limits::kMaxAttachmentBytes + 1);
  CHECK(attach_file(*desk.blobs, desk.folder / "large", {}, desk.random).error().code ==
        Errc::kLimit);
  CHECK(attach_file(*desk.blobs, desk.folder.path(), {}, desk.random).error().code ==
        Errc::kInvalidArgument);
  CHECK(attach_file(*desk.blobs, "/dev/zero", {}, desk.random).error().code ==
        Errc::kInvalidArgument);
  CHECK(attach_file(*desk.blobs, desk.folder / "missing", {}, desk.random).error().code ==
        Errc::kNotFound);
  CHECK(desk.files() == 0);
}

TEST_CASE("what is no file is refused for what it is, and nobody waits at a pipe") {
  Desk desk;
  const auto refusal = [&](const fs::path& path) {
    const auto attached = attach_file(*desk.blobs, path, {}, desk.random);
    REQUIRE(attached.has_error());
    return attached.error();
  };
  const fs::path pipe = desk.folder / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  fs::create_symlink(pipe, desk.folder / "link");
  fs::create_symlink(desk.folder / "nowhere", desk.folder / "dangling");
  fs::create_symlink(desk.folder / "circle", desk.folder / "circle");
  for (const fs::path& path :
       {pipe, desk.folder / "link", fs::path("/dev/zero"), fs::path("/dev/null")}) {
    CAPTURE(path);
    CHECK(refusal(path).code == Errc::kInvalidArgument);
    CHECK(refusal(path).context == attachments::kNoPlainFile);
  }
  CHECK(refusal(desk.folder.path()).code == Errc::kInvalidArgument);
  CHECK(refusal(desk.folder.path()).context == attachments::kIsFolder);
  for (const char* name : {"missing", "dangling", "circle", "missing/file"})
    CHECK(refusal(desk.folder / name).code == Errc::kNotFound);
  CHECK(desk.files() == 0);
}
