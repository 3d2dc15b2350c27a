// SPDX-License-Identifier: Apache-2.0
// Sticks that are small, full, read-only, or fail at any step.
#include <cerrno>
#include <limits>

#include "net/bundle/bundle_limits.h"
#include "node/peers/stick.h"
#include "tests/node/peers/bundle_node.h"
#include "tests/support/fail_nth.h"
#include "tests/support/tiny_disk.h"

namespace cunju::test {
namespace {

/// The n-th step of writing a stick fails, once.
class FailStep final : public peers::StickFaults {
 public:
  FailStep(std::uint64_t n, int error) : n_(n), error_(error) {}
  int error_for(peers::StickStep step) override {
    const bool is_reading = step == peers::StickStep::kList || step == peers::StickStep::kOpen ||
                            step == peers::StickStep::kRead;
    if (is_reading || ++steps_ != n_) return 0;
    fired_ = true;
    return error_;
  }
  bool fired() const { return fired_; }

 private:
  std::uint64_t n_, steps_ = 0;
  int error_;
  bool fired_ = false;
};

std::size_t count_names(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder)) return 0;
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("A file system that does not say how large it is counts as empty, not as full",
          "[bundle]") {
  CHECK(require(peers::free_bytes("/proc")) == std::numeric_limits<std::uint64_t>::max());
}

TEST_CASE("Whatever step of writing fails, no file stays that looks whole, and the next try works",
          "[bundle]") {
  for (const int error : {ENOSPC, EIO, EROFS}) {
    for (std::uint64_t n = 1;; ++n) {
      CAPTURE(error, n);
      TwoNodes two;
      two.village.note(two.place.space, two.place.founder, 60, 3000);
      FailStep faults(n, error);
      const auto result =
          peers::write_bundles(two.village.context(), {two.village.peer(two.officer)},
                               two.stick.path(), {.faults = &faults});
      if (!faults.fired()) {
        CHECK(result.has_value());
        CHECK(n > 8);
        break;
      }
      REQUIRE(result.has_error());
      CHECK(result.error().code == (error == ENOSPC  ? Errc::kDiskFull
                                    : error == EROFS ? Errc::kPermission
                                                     : Errc::kIo));
      CHECK(count_names(two.stick / "CUNJU") == 0);
      CHECK(changes_in(two.village.write(two.officer, two.stick.path())) > 60);
      two.office.read(two.stick.path());
      CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
    }
  }
}

TEST_CASE("A stick full of other files is written and read as any other", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 3);
  const std::filesystem::path root = two.stick.path();
  for (std::size_t i = 0; i < limits::kMaxStickNames + 50; ++i)
    std::ofstream(root / ("photo" + std::to_string(i)));
  CHECK_FALSE(two.village.write(two.officer, root).letters.empty());
  two.office.read(root);
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  // In its own folder they are in the way.
  for (std::size_t i = 0; i < limits::kMaxStickNames + 50; ++i)
    std::ofstream(root / "CUNJU" / ("photo" + std::to_string(i)));
  CHECK(peers::list_stick(root).error().code == Errc::kLimit);
}

TEST_CASE("The folder of a stick is made where somebody names it, and not where there is no stick",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 3);
  for (const char* name : {"CUNJU", "CUNJU/"}) {
    CAPTURE(name);
    std::filesystem::remove_all(two.stick / "CUNJU");
    const std::filesystem::path folder = two.stick / name;
    CHECK(require(peers::list_stick(folder)).files.empty());
    CHECK_FALSE(std::filesystem::exists(two.stick / "CUNJU"));
    CHECK_FALSE(two.village.write(two.officer, folder).letters.empty());
    CHECK(require(peers::list_stick(two.stick.path())).files.size() == 1);
  }
  CHECK(peers::open_stick(two.stick / "gone" / "CUNJU", nullptr).error().code == Errc::kNotFound);
  CHECK(peers::list_stick(two.stick / "gone" / "CUNJU").error().code == Errc::kNotFound);
  CHECK(peers::open_stick(two.stick / "gone", nullptr).error().code == Errc::kNotFound);
}

TEST_CASE("A link in the place of the folder leads nowhere: nothing is written or taken away there",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 3);
  TempFolder victim;
  std::ofstream(victim / "ABCDEFGH.TMP") << "somebody's";
  std::filesystem::create_directory_symlink(victim.path(), two.stick / "CUNJU");
  for (const std::filesystem::path& dir :
       {two.stick.path(), two.stick / "CUNJU", two.stick / "CUNJU/"}) {
    CAPTURE(dir);
    const auto refused = peers::open_stick(dir, nullptr);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kMalformed);
    CHECK(refused.error().context.ends_with(peers::kNoFolder));
  }
  // Who reads hears of it as well: what is for this node may be behind the link.
  for (const std::filesystem::path& dir : {two.stick.path(), two.stick / "CUNJU"}) {
    CAPTURE(dir);
    const auto refused = peers::list_stick(dir);
    REQUIRE(refused.has_error());
    CHECK(refused.error().code == Errc::kMalformed);
    CHECK(refused.error().context.ends_with(peers::kNoFolder));
  }
  CHECK(count_names(victim.path()) == 1);
}

TEST_CASE("Who names a file in the place of a stick is told so", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 3);
  two.village.write(two.officer, two.stick.path());
  const std::filesystem::path file = bundle_files(two.stick.path()).front();
  for (const Error& error :
       {peers::list_stick(file).error(), peers::open_stick(file, nullptr).error()}) {
    CHECK(error.code == Errc::kInvalidArgument);
    CHECK(error.context.ends_with(peers::kNoStick));
  }
}

TEST_CASE("A receipt that can't be written costs the receipt and nothing that was taken",
          "[bundle]") {
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    TwoNodes two;
    two.village.note(two.place.space, two.place.founder, 20);
    two.village.write(two.officer, two.stick.path());
    FailStep faults(n, n % 2 == 0 ? EROFS : ENOSPC);
    const peers::StickReport report = two.office.read(two.stick.path(), {.faults = &faults});
    CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
    CHECK(report.not_answered.has_value() == faults.fired());
    CHECK(report.answered.size() == (faults.fired() ? 0 : 1));
    if (!faults.fired()) break;
    CHECK(bundle_files(two.stick.path(), ".CUR").empty());
    // On another stick it goes.
    TempFolder other;
    CHECK_FALSE(require(peers::write_receipts(two.office.context(),
                                              two.office.peer(two.place.founder), other.path()))
                    .empty());
    CHECK(two.village.read(other.path()).receipts.size() == 1);
  }
}

TEST_CASE("What does not fit one small stick goes on with the next", "[bundle]") {
  TinyDisk first, second, third;
  if (first.is_missing() || second.is_missing() || third.is_missing()) return;
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 900, 5000);
  const peers::WrittenBundle planned = two.village.write(two.officer, "", {.is_dry_run = true});
  const peers::WrittenBundle one = two.village.write(two.officer, first / "");
  REQUIRE(one.letters.size() == 1);
  CHECK_FALSE(one.letters[0].letter.is_last);
  CHECK(one.missing.changes + changes_in(one) == changes_in(planned));
  CHECK(one.missing_bytes > 0);
  // Without a new stick nothing is promised, and nothing is lost of what is there.
  const peers::WrittenBundle full = two.village.write(two.officer, first / "", {.goes_on = true});
  CHECK(full.letters.empty());
  CHECK(full.missing.changes == one.missing.changes);

  const peers::WrittenBundle next = two.village.write(two.officer, second / "", {.goes_on = true});
  REQUIRE(next.letters.size() == 1);
  CHECK(next.letters[0].letter.part == 2);
  CHECK(next.letters[0].letter.bundle == one.letters[0].letter.bundle);
  const peers::WrittenBundle last = two.village.write(two.officer, third / "", {.goes_on = true});
  REQUIRE(last.letters.size() == 1);
  CHECK(last.letters[0].letter.is_last);
  CHECK(changes_in(one) + changes_in(next) + changes_in(last) == changes_in(planned));
  CHECK(last.missing.changes == 0);
  CHECK(require(two.village.book->all_unfinished()).empty());

  // Read in the wrong order; the room for receipts was left.
  for (TinyDisk* disk : {&second, &third, &first}) {
    const peers::StickReport report = two.office.read(*disk / "");
    CHECK(report.files.at(0).taken.damaged_chunks == 0);
    CHECK(report.answered.size() == 1);
    CHECK_FALSE(report.not_answered);
  }
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  // Receipts of all three come back in any order: the one after everything counts.
  for (TinyDisk* disk : {&first, &third, &second}) two.village.read(*disk / "");
  CHECK(two.village.write(two.officer, two.stick.path()).letters.empty());
}

TEST_CASE("A stick without room for one chunk gets no file at all", "[bundle]") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 20);
  disk.fill(peers::kStickReserveBytes + 2 * bundle::kBlockBytes);
  const peers::WrittenBundle full = two.village.write(two.officer, disk / "");
  CHECK(full.letters.empty());
  CHECK(full.missing.changes > 20);
  CHECK(full.missing_bytes >= 3 * bundle::kBlockBytes);
  CHECK(count_names(disk / "CUNJU") == 0);
  disk.empty();
  CHECK(two.village.write(two.officer, disk / "").missing.changes == 0);
}

TEST_CASE("A stick that is fuller than it says loses the file that was being written", "[bundle]") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 300, 5000);
  // Somebody else fills the disk as soon as the first chunk is out.
  bool is_filled = false;
  const auto result =
      peers::write_bundles(two.village.context(), {two.village.peer(two.officer)}, disk / "",
                           {.progress = [&](std::uint64_t, std::uint64_t) {
                             if (!std::exchange(is_filled, true)) disk.fill(0);
                           }});
  REQUIRE(result.has_error());
  CHECK(result.error().code == Errc::kDiskFull);
  CHECK(count_names(disk / "CUNJU") == 0);
  CHECK(require(two.village.book->all_unfinished()).empty());
}

TEST_CASE("What a power cut left on a stick is taken away by the next writing", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  std::filesystem::create_directory(two.stick / "CUNJU");
  write_file(two.stick / "CUNJU" / "ABCDEFGH.TMP", Bytes(70'000));
  write_file(two.stick / "CUNJU" / "notes.tmp", Bytes(7));
  two.village.write(two.officer, two.stick.path());
  CHECK_FALSE(std::filesystem::exists(two.stick / "CUNJU" / "ABCDEFGH.TMP"));
  CHECK(std::filesystem::exists(two.stick / "CUNJU" / "notes.tmp"));
}

TEST_CASE("A full disk at the reader keeps what was taken, and reading again goes on", "[bundle]") {
  FailNth disk;
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 400, 4000);
  two.village.write(two.officer, two.stick.path());
  TestReplica small(77, &disk);
  require(small->join(two.place.space, two.place.founder.wire.wire()));
  disk.arm(3500);
  peers::BundleContext context{.replica = *small,
                               .keys = two.office.keys,
                               .book = *two.office.book,
                               .random = two.office.random};
  const auto failed = peers::read_stick(context, two.stick.path(), {.answers = false});
  REQUIRE(disk.fired());
  REQUIRE(failed.has_error());
  CHECK(failed.error().code == Errc::kDiskFull);
  const std::uint64_t kept = require(small->counts()).changes;
  CHECK(kept > 0);
  CHECK(kept < require(two.village.replica->counts()).changes);
  disk.arm(0);
  require(peers::read_stick(context, two.stick.path(), {.answers = false}));
  CHECK(require(small->state_hash(two.place.space)).hex() == two.village.hash(two.place.space));
}

}  // namespace cunju::test
