// SPDX-License-Identifier: Apache-2.0
// Files that were cut off, flipped, renamed, mixed with junk, or are something else altogether.
#include <sys/stat.h>

#include <cerrno>

#include "net/bundle/bundle_limits.h"
#include "tests/node/peers/bundle_node.h"

namespace cunju::test {
namespace {

using peers::FileState;

/// A village whose bundle takes a dozen chunks or so, and its file.
struct Written : TwoNodes {
  Written() {
    village.note(place.space, place.founder, 250, 3000);
    village.write(officer, stick.path());
    path = bundle_files(stick.path()).at(0);
    bytes = read_file(path);
    blocks = bytes.size() / bundle::kBlockBytes;
    REQUIRE(blocks > 8);
  }
  /// A new office reads the file as it is now.
  peers::ReadFile read_anew(std::uint64_t seed) {
    reader = std::make_unique<BundleNode>(seed, officer);
    require(reader->replica->join(place.space, place.founder.wire.wire()));
    return reader->read(stick.path(), {.answers = false}).files.at(0);
  }
  std::uint64_t held_changes() { return require(reader->replica->counts()).changes; }
  std::uint64_t all_changes() { return require(village.replica->counts()).changes; }

  std::filesystem::path path;
  Bytes bytes;
  std::size_t blocks = 0;
  std::unique_ptr<BundleNode> reader;
};

}  // namespace

TEST_CASE("A file cut off at any boundary gives all that is before the cut", "[bundle]") {
  Written written;
  std::uint64_t before = 0;
  for (std::size_t left = 0; left < written.blocks; ++left) {
    for (const std::size_t more : {std::size_t{0}, std::size_t{1}, bundle::kBlockBytes - 1}) {
      CAPTURE(left, more);
      write_file(written.path, ByteView(written.bytes).first(left * bundle::kBlockBytes + more));
      const peers::ReadFile file = written.read_anew(100 + left);
      if (left == 0) {
        CHECK(file.state == FileState::kForeign);
        continue;
      }
      REQUIRE(file.state == FileState::kReadable);
      const std::uint64_t chunks = written.blocks - 2;
      CHECK(file.missing_chunks == chunks - std::min<std::uint64_t>(left - 1, chunks));
      CHECK(file.taken.damaged_chunks == file.missing_chunks);
      CHECK(written.held_changes() >= before);
      before = written.held_changes();
      if (more == 0 && left + 1 < written.blocks) CHECK(before < written.all_changes());
    }
  }
  CHECK(before == written.all_changes());
}

TEST_CASE("A flipped byte loses its chunk and nothing else, and a damaged head nothing at all",
          "[bundle]") {
  Written written;
  for (std::size_t block = 0; block < written.blocks; ++block) {
    for (const std::size_t at :
         {std::size_t{0}, std::size_t{40}, std::size_t{5000}, bundle::kBlockBytes - 1}) {
      CAPTURE(block, at);
      Bytes damaged = written.bytes;
      damaged[block * bundle::kBlockBytes + at] ^= 0x41;
      write_file(written.path, damaged);
      const peers::ReadFile file = written.read_anew(200 + block);
      REQUIRE(file.state == FileState::kReadable);
      const bool is_head = block == 0 || block + 1 == written.blocks;
      CHECK(file.taken.damaged_chunks == (is_head ? 0 : 1));
      CHECK(file.taken.refused_items == 0);
      // What follows the lost chunk waits for it, or is of another log.
      const replica::ReplicaCounts counts = require(written.reader->replica->counts());
      const std::uint64_t arrived = counts.changes + counts.pooled;
      if (is_head) CHECK(counts.changes == written.all_changes());
      if (!is_head) CHECK(arrived < written.all_changes());
      if (!is_head) CHECK(arrived + 40 > written.all_changes());
    }
  }
}

TEST_CASE("A file both of whose heads are damaged is said to be damaged", "[bundle]") {
  Written written;
  for (const std::size_t at :
       {std::size_t{3}, std::size_t{20}, std::size_t{60}, std::size_t{9000}}) {
    CAPTURE(at);
    Bytes damaged = written.bytes;
    damaged[at] ^= 1;
    damaged[(written.blocks - 1) * bundle::kBlockBytes + at] ^= 2;
    write_file(written.path, damaged);
    const FileState state = written.read_anew(300).state;
    CHECK((state == FileState::kDamaged || (at == 3 && state == FileState::kForeign)));
    CHECK(written.held_changes() == 0);
  }
  Bytes newer = written.bytes;
  newer[8] = 9;
  newer[(written.blocks - 1) * bundle::kBlockBytes + 8] = 9;
  write_file(written.path, newer);
  CHECK(written.read_anew(301).state == FileState::kNewerProgram);
}

TEST_CASE("Chunks of another bundle, or in another order, are not taken", "[bundle]") {
  Written written;
  auto block = [&](Bytes& bytes, std::size_t place) {
    return std::span(bytes).subspan(place * bundle::kBlockBytes, bundle::kBlockBytes);
  };
  Bytes swapped = written.bytes;
  std::ranges::swap_ranges(block(swapped, 1), block(swapped, 2));
  write_file(written.path, swapped);
  CHECK(written.read_anew(400).taken.damaged_chunks == 2);

  TempFolder other;
  written.village.write(written.officer, other.path(), {.everything = true});
  Bytes second = read_file(bundle_files(other.path()).at(0));
  REQUIRE(second.size() == written.bytes.size());
  Bytes mixed = written.bytes;
  std::ranges::copy(block(second, 3), block(mixed, 3).begin());
  write_file(written.path, mixed);
  CHECK(written.read_anew(401).taken.damaged_chunks == 1);
  // Bytes behind the end are nobody's.
  Bytes longer = written.bytes;
  longer.resize(longer.size() + 3 * bundle::kBlockBytes, 7);
  write_file(written.path, longer);
  CHECK(written.read_anew(402).taken.damaged_chunks == 0);
  CHECK(written.held_changes() == written.all_changes());
}

TEST_CASE("Junk, links, pipes and folders on a stick are counted and never opened", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  two.village.write(two.officer, two.stick.path());
  const std::filesystem::path folder = two.stick / "CUNJU";
  write_file(two.stick / "autorun.inf", as_bytes("[autorun]\nopen=virus.exe\n"));
  write_file(two.stick / "照片.jpg", Bytes(100));
  write_file(folder / "AAAAAAAA.CUB", {});
  write_file(folder / "BBBBBBBB.CUB", Bytes(bundle::kBlockBytes * 2, 5));
  write_file(folder / "CCCCCCCC.CUR", as_bytes("too short to be anything"));
  write_file(folder / "DDDDDDDD.TMP", Bytes(1000));
  std::filesystem::create_directory(folder / "EEEEEEEE.CUB");
  std::filesystem::create_symlink("/etc/passwd", folder / "FFFFFFFF.CUB");
  REQUIRE(::mkfifo((folder / "GGGGGGGG.CUB").c_str(), 0600) == 0);
  const peers::StickReport report = two.office.read(two.stick.path());
  CHECK(report.listing.has_autorun);
  CHECK(report.listing.others == 5);
  CHECK(report.listing.unfinished == std::vector<std::string>{"DDDDDDDD.TMP"});
  REQUIRE(report.files.size() == 4);
  CHECK(report.files[0].state == FileState::kReadable);
  for (std::size_t i = 1; i < 4; ++i) CHECK(report.files[i].state == FileState::kForeign);
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  // What others put there is still there, but for the leftover of a power cut.
  CHECK(std::filesystem::exists(two.stick / "autorun.inf"));
  CHECK(std::filesystem::exists(folder / "BBBBBBBB.CUB"));
}

TEST_CASE("A file system that changes the case of names keeps bundles readable", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  two.village.write(two.officer, two.stick.path());
  std::filesystem::path file = bundle_files(two.stick.path()).at(0);
  std::string lower = file.filename().string();
  for (char& c : lower) c = static_cast<char>(std::tolower(c));
  std::filesystem::rename(file, file.parent_path() / lower);
  std::filesystem::rename(two.stick / "CUNJU", two.stick / "cunju");
  const peers::StickReport report = two.office.read(two.stick.path());
  REQUIRE(report.files.size() == 1);
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  // The receipt went into the folder that is there.
  CHECK_FALSE(std::filesystem::exists(two.stick / "CUNJU"));
  CHECK(two.village.read(two.stick.path()).receipts.size() == 1);
  // Also who names the folder itself.
  CHECK(require(peers::look_at_stick(two.office.context(), two.stick / "cunju")).files.size() == 2);
}

TEST_CASE("A stick with too many names is refused by a limit that has a name", "[bundle]") {
  TwoNodes two;
  std::filesystem::create_directory(two.stick / "CUNJU");
  for (std::size_t i = 0; i <= limits::kMaxStickFiles; ++i) {
    Bytes id;
    put_u64_be(id, i << 24);
    write_file(two.stick / "CUNJU" / peers::stick_name(id, ".CUB"), {});
  }
  const Result<peers::StickReport> report =
      peers::look_at_stick(two.office.context(), two.stick.path());
  REQUIRE(report.has_error());
  CHECK(report.error() == Error{Errc::kLimit, "kMaxStickFiles"});
  CHECK(peers::look_at_stick(two.office.context(), two.stick / "gone").error().code ==
        Errc::kNotFound);
}

TEST_CASE("Names on a stick are those that FAT keeps, and say nothing", "[bundle]") {
  const Bytes zeros(5), ones(5, 0xFF);
  CHECK(peers::stick_name(zeros, ".CUB") == "AAAAAAAA.CUB");
  CHECK(peers::stick_name(ones, ".CUR") == "77777777.CUR");
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 1);
  two.village.write(two.officer, two.stick.path());
  two.village.write(two.officer, two.stick.path(), {.everything = true});
  CHECK(bundle_files(two.stick.path()).size() == 2);
  const std::string name = bundle_files(two.stick.path()).at(0).filename().string();
  CHECK(name.size() == 12);
}

}  // namespace cunju::test
