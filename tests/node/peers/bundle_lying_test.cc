// SPDX-License-Identifier: Apache-2.0
// Sticks that lie: about how much is free, about what they have written, about what they hold.
#include <linux/magic.h>
#include <sys/vfs.h>

#include <cctype>
#include <random>

#include "net/bundle/bundle_limits.h"
#include "tests/node/peers/bundle_node.h"
#include "tests/support/lying_stick.h"
#include "tests/support/tiny_disk.h"

namespace cunju::test {
namespace {

using Beyond = LyingStick::Beyond;

Result<std::vector<peers::WrittenBundle>> try_write(TwoNodes& two, LyingStick& stick,
                                                    bool goes_on = false) {
  return peers::write_bundles(two.village.context(), {two.village.peer(two.officer)},
                              two.stick.path(), {.goes_on = goes_on, .faults = &stick});
}

std::size_t names_on(const TempFolder& stick) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator(stick / "CUNJU"), {}));
}

/// A village with some notes, and an office that has read a letter of it but for these.
struct Told : TwoNodes {
  explicit Told(int notes = 60) {
    village.note(place.space, place.founder, notes, 3000);
    village.write(officer, stick.path());
  }
  /// What the office has of it after reading with these lies; all of it after reading once more.
  peers::StickReport read_twice(LyingStick& lies) {
    Result<peers::StickReport> first =
        peers::read_stick(office.context(), stick.path(), {.faults = &lies});
    peers::StickReport out = require(std::move(first));
    office.read(stick.path());
    CHECK(office.hash(place.space) == village.hash(place.space));
    return out;
  }
};

}  // namespace

TEST_CASE("A stick that keeps less than it takes is found out, and nothing counts as written",
          "[bundle]") {
  for (const Beyond beyond : {Beyond::kVanish, Beyond::kWrap}) {
    std::uint64_t found = 0;
    for (std::uint64_t blocks = 1;; ++blocks) {
      CAPTURE(beyond == Beyond::kWrap, blocks);
      TwoNodes two;
      two.village.note(two.place.space, two.place.founder, 60, 3000);
      LyingStick stick;
      stick.capacity = blocks * bundle::kBlockBytes;
      stick.beyond = beyond;
      const auto written = try_write(two, stick);
      if (written.has_value()) {
        two.office.read(two.stick.path());
        CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
        break;
      }
      ++found;
      CHECK(written.error().code == Errc::kTampered);
      CHECK(names_on(two.stick) == 0);
      CHECK(require(two.village.book->all_unfinished()).empty());
      // On a sound one everything goes: what was never given did not count as given.
      TempFolder sound;
      two.village.write(two.officer, sound.path());
      two.office.read(sound.path());
      CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
    }
    CHECK(found >= 4);
  }
}

TEST_CASE("A stick that writes a later letter over an earlier one keeps neither by its word",
          "[bundle]") {
  TwoNodes two;
  const Person third = admit_person(*two.village.replica, two.place, two.village.random, "桃源");
  two.village.note(two.place.space, two.place.founder, 20, 3000);
  LyingStick stick;
  stick.beyond = Beyond::kWrap;
  // Room for the first letter, and what is too much of the second goes over it.
  TempFolder counted;
  stick.capacity = two.village.write(two.officer, counted.path()).letters.at(0).bytes;
  require(two.village.book->erase_unfinished(two.officer.node.node()));
  const auto written = peers::write_bundles(
      two.village.context(), {two.village.peer(two.officer), two.village.peer(third)},
      two.stick.path(), {.faults = &stick});
  REQUIRE(written.has_error());
  CHECK(written.error().code == Errc::kTampered);
  CHECK(bundle_files(two.stick.path()).empty());
}

TEST_CASE("A letter that goes bad while the next one is written takes its part back", "[bundle]") {
  TwoNodes two;
  const Person third = admit_person(*two.village.replica, two.place, two.village.random, "桃源");
  two.village.note(two.place.space, two.place.founder, 20, 3000);
  // As if the first one had been cut off: its recipient's bundle is not finished.
  const peers::UnfinishedBundle before{.bundle = two.village.random.make<bundle::BundleId>(),
                                       .next_part = 2,
                                       .known = {},
                                       .choice = {},
                                       .place = {}};
  require(two.village.book->put_unfinished(two.officer.node.node(), before));
  bool is_first = true;
  const auto written = peers::write_bundles(
      two.village.context(), {two.village.peer(two.officer), two.village.peer(third)},
      two.stick.path(), {.progress = [&](std::uint64_t, std::uint64_t) {
        const auto files = bundle_files(two.stick.path());
        if (files.empty() || !std::exchange(is_first, false)) return;
        Bytes bytes = read_file(files.front());
        bytes[70'000] ^= 1;
        write_file(files.front(), bytes);
      }});
  REQUIRE(written.has_error());
  CHECK(written.error().code == Errc::kTampered);
  // The second one, which is sound, is there.
  CHECK(bundle_files(two.stick.path()).size() == 1);
  CHECK(require(two.village.book->unfinished(two.officer.node.node()))->bundle == before.bundle);
  CHECK_FALSE(require(two.village.book->unfinished(third.node.node())));
}

TEST_CASE("A receipt that the stick does not keep is said, and costs nothing that was taken",
          "[bundle]") {
  Told told;
  LyingStick stick;
  stick.capacity = 0;
  stick.beyond = Beyond::kVanish;
  const peers::StickReport report = told.office.read(told.stick.path(), {.faults = &stick});
  REQUIRE(report.not_answered);
  CHECK(report.not_answered->code == Errc::kTampered);
  CHECK(bundle_files(told.stick.path(), ".CUR").empty());
  CHECK(told.office.hash(told.place.space) == told.village.hash(told.place.space));
}

TEST_CASE("A stick that says more is free than there is, or nothing, is told by what it takes",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 60, 3000);
  LyingStick stick;
  stick.says_free = LyingStick::kNoEnd;
  CHECK(require(try_write(two, stick)).at(0).missing_bytes == 0);
  std::filesystem::remove_all(two.stick / "CUNJU");
  stick.says_free = 0;
  const auto full = require(try_write(two, stick));
  CHECK(full.at(0).letters.empty());
  CHECK(full.at(0).missing.changes > 60);
  // Less than there is: a part of it, and the rest on the next.
  stick.says_free = peers::kStickReserveBytes + 4 * bundle::kBlockBytes;
  const auto part = require(try_write(two, stick));
  REQUIRE(part.at(0).letters.size() >= 1);
  two.office.read(two.stick.path());
  stick.says_free.reset();
  require(try_write(two, stick, true));
  two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE("A block that can't be read, or comes short, costs that block, whichever it is",
          "[bundle]") {
  for (const bool is_short : {false, true}) {
    for (std::uint64_t n = 0;; ++n) {
      CAPTURE(is_short, n);
      Told told(30);
      LyingStick lies;
      (is_short ? lies.short_read : lies.failing_read) = n;
      const peers::ReadFile file = told.read_twice(lies).files.at(0);
      CHECK(file.state == peers::FileState::kReadable);
      CHECK(file.taken.damaged_chunks + file.annex.damaged_slots <= 1);
      CHECK(file.taken.refused_items == 0);
      // Both heads come first, and one is enough.
      if (n >= 2 && file.taken.damaged_chunks == 0) break;
    }
  }
}

TEST_CASE("A folder that lists its files twice is read as if it listed them once", "[bundle]") {
  Told told;
  std::ofstream(told.stick / "photo.jpg") << "x";
  LyingStick lies;
  lies.lists_twice = true;
  const peers::StickReport report = told.read_twice(lies);
  CHECK(report.files.size() == 1);
  CHECK(report.listing.others == 1);
  CHECK(report.files.at(0).taken.damaged_chunks == 0);
}

TEST_CASE("A folder that can't be listed to its end is an error, and nothing is taken for missing",
          "[bundle]") {
  Told told;
  LyingStick lies;
  lies.list_error = EIO;
  const auto report =
      peers::read_stick(told.office.context(), told.stick.path(), {.faults = &lies});
  REQUIRE(report.has_error());
  CHECK(report.error().code == Errc::kIo);
  CHECK(report.error().context.find(told.stick.path().string()) != std::string::npos);
}

TEST_CASE("Names in any case and files of one date are read as ever, in their own order",
          "[bundle]") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  Told told(20);
  // A second letter at the same claimed time, and a receipt.
  told.village.note(told.place.space, told.place.founder, 20, 3000);
  told.village.clock -= 1;
  told.village.write(told.officer, told.stick.path());
  for (const std::string suffix : {".CUB", ".CUR"}) {
    for (const std::filesystem::path& path : bundle_files(told.stick.path(), suffix)) {
      std::string name = path.filename().string();
      for (char& c : name)
        if (dice() % 2 == 0) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      std::filesystem::rename(path, path.parent_path() / name);
    }
  }
  std::filesystem::rename(told.stick / "CUNJU", told.stick / "cunju");
  for (const auto& entry : std::filesystem::recursive_directory_iterator(told.stick.path()))
    std::filesystem::last_write_time(entry.path(), std::filesystem::file_time_type{});
  const peers::StickReport report = told.office.read(told.stick.path());
  CHECK(report.files.size() == 2);
  CHECK(told.office.hash(told.place.space) == told.village.hash(told.place.space));
  CHECK(report.answered.size() == 1);
  // The writer knows its own, and reads what the office wrote beside them.
  const peers::StickReport back = told.village.read(told.stick.path());
  CHECK(std::ranges::count(back.files, peers::FileState::kOwn, &peers::ReadFile::state) == 2);
  CHECK(back.receipts.size() == 1);
}

TEST_CASE("What was written is read again from the stick itself where its file system lets us",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  std::uint64_t looked_at = 0;
  LyingStick stick;
  stick.changes = [&](std::uint64_t, std::span<std::uint8_t> bytes) { looked_at += bytes.size(); };
  const auto written = require(try_write(two, stick));
  CHECK(looked_at == written.at(0).letters.at(0).bytes);
  const auto path = bundle_files(two.stick.path()).at(0);
  const int direct = ::open(path.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  if (direct >= 0) ::close(direct);
  struct statfs disk {};
  REQUIRE(::statfs(path.c_str(), &disk) == 0);
  // Where no medium of its own is behind the file system, nothing was read from one.
  if (disk.f_type == TMPFS_MAGIC || disk.f_type == OVERLAYFS_SUPER_MAGIC) return;
  CHECK(written.at(0).letters.at(0).read_back ==
        (direct >= 0 ? peers::ReadBack::kMedium : peers::ReadBack::kMemory));
}

TEST_CASE("What was written into a disk of memory is not said to be read from a medium",
          "[bundle]") {
  const TinyDisk disk;
  if (disk.is_missing()) return;
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  const auto written = require(
      peers::write_bundles(two.village.context(), {two.village.peer(two.officer)}, disk / "", {}));
  CHECK(written.at(0).letters.at(0).read_back == peers::ReadBack::kMemory);
}

}  // namespace cunju::test
