// SPDX-License-Identifier: Apache-2.0
// What is remembered of wanted attachments between programs: which spaces are looked at again, and
// that it never hides a want.
#include "node/attachments/want_book.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "node/attachments/attach_file.h"
#include "node/registry/record_book.h"
#include "tests/node/peers/peer_node.h"
#include "tests/support/fail_nth.h"

using namespace cunju;
using namespace cunju::test;
using attachments::AttachmentDepot;
using attachments::Look;
using attachments::WantBook;

namespace {

/// A node with books of several villages, in some of which records refer to attachments.
struct Office {
  explicit Office(std::size_t count, std::uint64_t seed = 1) : node(seed, "街道") {
    for (std::size_t i = 0; i < count; ++i) spaces.push_back(node.found("村" + std::to_string(i)));
  }
  /// Attaches so many bytes to new minutes; `is_here`: else it is as if another node had.
  attachments::BlobId attach(const SpaceId& space, std::size_t bytes, bool is_here,
                             const std::string& registry = "minutes") {
    const registry::Catalog catalog = require(registry::Catalog::load(*node.replica, space));
    registry::RecordBook book(*node.replica, catalog, space);
    const registry::Act act{.author = node.keys.author, .claimed_ms = ++clock, .today = {}};
    const std::vector<registry::Edit> edits{{.field = "title", .text = "议事"}};
    const RecordId record = require(book.add(act, registry, edits)).record;
    const auto path = node.folder / "file.bin";
    Bytes content(bytes);
    node.random.fill(content);
    std::ofstream(path, std::ios::binary) << as_text(content);
    const auto attached =
        require(attachments::attach_file(*node.blobs, path, {.name = "scan.bin"}, node.random));
    require(book.attach(act, registry, record, "scan", attached.value));
    const attachments::BlobId blob = require(attachment::parse_reference(attached.value)).blob();
    if (!is_here) std::filesystem::remove(node.blobs->folder() / blob.address.hex());
    return blob;
  }
  /// As another program of this home would ask.
  std::unique_ptr<AttachmentDepot> program(const AuthorKey& reader) {
    return std::make_unique<AttachmentDepot>(*node.replica, *node.blobs, *node.wants, reader,
                                             [this] { return node.now; });
  }
  std::unique_ptr<AttachmentDepot> program() { return program(node.keys.author.author()); }
  /// What a new program wants, and how often it has read the records of a space for that.
  std::pair<std::vector<SpaceId>, std::uint64_t> ask() {
    const auto depot = program();
    std::vector<SpaceId> wanting = require(depot->wanting_spaces());
    return {std::move(wanting), depot->reads()};
  }
  std::vector<SpaceId> wanting() { return ask().first; }
  std::uint64_t reads() { return ask().second; }

  PeerNode node;
  std::vector<SpaceId> spaces;
  std::uint64_t clock = 1'000;
};

using Spaces = std::vector<SpaceId>;
/// Of a book beside no replica.
const std::vector<std::string> kTables{"wants", std::string(attachments::ChargeBook::kTable),
                                       std::string(replica::kFillingsTable)};

}  // namespace

TEST_CASE("spaces that want nothing are looked at once, and then only what was written to") {
  Office office(20);
  CHECK(office.reads() == 20);
  CHECK(office.reads() == 0);
  office.attach(office.spaces[7], 1'000, false);
  const auto [wanting, reads] = office.ask();
  CHECK(wanting == Spaces{office.spaces[7]});
  CHECK(reads == 1);
  CHECK(office.ask() == std::pair(Spaces{office.spaces[7]}, std::uint64_t{0}));
  office.attach(office.spaces[3], 1'000, true);
  CHECK(office.ask() == std::pair(Spaces{office.spaces[7]}, std::uint64_t{1}));
}

TEST_CASE("what is asked for, lost or damaged without a change of records is looked for again") {
  Office office(10);
  const auto large = office.attach(office.spaces[2], 50'000, false);
  const auto here = office.attach(office.spaces[5], 100, true);
  require(attachments::save_policy(office.node.blobs->folder(), {.each = 10'000}));
  CHECK(office.wanting().empty());
  SECTION("somebody asks for it") {
    require(office.node.blobs->want(large.address));
    // Only the two that refer to attachments are looked at.
    CHECK(office.ask() == std::pair(Spaces{office.spaces[2]}, std::uint64_t{2}));
  }
  SECTION("the policy changes") {
    require(attachments::save_policy(office.node.blobs->folder(), {}));
    CHECK(office.ask() == std::pair(Spaces{office.spaces[2]}, std::uint64_t{2}));
  }
  SECTION("it is found to be damaged") {
    std::ofstream(office.node.blobs->folder() / here.address.hex(),
                  std::ios::binary | std::ios::in | std::ios::out)
        << "damage";
    CHECK(office.node.blobs->open_blob(here).error().code == Errc::kCorrupt);
    CHECK(office.wanting() == Spaces{office.spaces[5]});
  }
  SECTION("the folder is lost") {
    const auto folder = office.node.blobs->folder();
    std::filesystem::remove_all(folder);
    office.node.blobs = require(attachments::BlobFolder::open(folder));
    CHECK(office.wanting().size() == 2);
  }
  SECTION("another clerk's keys read") {
    const auto other = crypto::SigningKey::generate(office.node.random);
    const auto depot = office.program(other.author());
    CHECK(require(depot->wanting_spaces()).empty());
    CHECK(depot->reads() == 10);
  }
  SECTION("somebody asks for what the book says nothing of") {
    const std::optional<Look> look = require(office.node.wants->last_look());
    require(office.node.wants->note(look, *look, {{office.spaces[2], {}}}, {}));
    require(office.node.blobs->want(large.address));
    CHECK(office.wanting() == Spaces{office.spaces[2]});
    CHECK(office.reads() == 0);
  }
}

TEST_CASE("fillings that came while a program looked are looked at again, and no others") {
  Office office(2);
  CHECK(office.wanting().empty());
  WantBook& book = *office.node.wants;
  store::Environment& store = office.node.replica.store();
  const store::Table meta = require(store.table(replica::kFillingsTable));
  const auto fill = [&] {
    require(store.write([&](store::WriteTransaction& txn) {
      return replica::count_filling(txn, meta, office.spaces[0]);
    }));
  };
  const auto running = office.program();
  require(running->wanting_spaces());
  const std::uint64_t before = running->reads();
  fill();
  // It looks, and before it notes what it found more comes.
  const replica::Fillings seen = require(book.fillings());
  CHECK(seen == replica::Fillings{{office.spaces[0], 1}});
  fill();
  const std::optional<Look> look = require(book.last_look());
  const std::map<SpaceId, attachments::SpaceFinding> nothing{{office.spaces[0], {}}};
  CHECK_FALSE(require(book.says(nothing, seen)));
  require(book.note(look, *look, nothing, seen));
  CHECK(require(book.says(nothing, seen)));
  CHECK_FALSE(require(book.says(nothing, require(book.fillings()))));
  CHECK(office.reads() == 1);
  CHECK(office.reads() == 0);
  require(running->wanting_spaces());
  CHECK(running->reads() == before + 1);
  require(running->wanting_spaces());
  CHECK(running->reads() == before + 1);
}

TEST_CASE("what has come is wanted no more, whoever brought it") {
  Office office(3);
  const auto blob = office.attach(office.spaces[1], 100, false);
  CHECK(office.wanting() == Spaces{office.spaces[1]});
  // Another program of this home has brought it.
  Bytes content(blob.bytes);
  std::ofstream(office.node.blobs->folder() / blob.address.hex(), std::ios::binary)
      << as_text(content);
  const auto depot = office.program();
  const Spaces wanting = require(depot->wanting_spaces());
  CHECK_FALSE(require(depot->next_range(WireKey{{1}}, wanting, 16)));
  CHECK(require(depot->wanting_spaces()).empty());
  depot->note_gone(WireKey{{1}});
  CHECK(office.wanting().empty());
}

TEST_CASE("an attachment of a registry that the committee defined itself is wanted as well") {
  Office office(3);
  CHECK(office.wanting().empty());
  require(registry::add_definition(
      *office.node.replica, office.spaces[1], office.node.keys.author,
      "format = 1\nid = \"wells\"\nversion = 1\nlabel = \"水井\"\n\n[[field]]\nid = \"title\"\n"
      "label = \"名称\"\n\n[[field]]\nid = \"scan\"\n"
      "kind = \"blob\"\nrepeated = true\nlabel = \"图\"\n",
      1));
  office.attach(office.spaces[1], 100, false, "wells");
  CHECK(office.wanting() == Spaces{office.spaces[1]});
}

TEST_CASE("a book of wants that does not open, or is of other records, has everything looked at") {
  Office office(5);
  office.attach(office.spaces[0], 100, false);
  CHECK(office.wanting().size() == 1);
  SECTION("another key") {
    office.node.random.fill(office.node.keys.storage.mutable_view());
    CHECK(office.ask() == std::pair(Spaces{office.spaces[0]}, std::uint64_t{5}));
    CHECK(office.ask() == std::pair(Spaces{office.spaces[0]}, std::uint64_t{0}));
  }
  SECTION("a row that was damaged") {
    require(office.node.replica.store().write([&](store::WriteTransaction& txn) -> Result<void> {
      CUNJU_TRY(const store::Table table, office.node.replica.store().table("wants"));
      return txn.put(table, Bytes{'w', 1, 2}, Bytes(50, 7));
    }));
    CHECK(office.ask() == std::pair(Spaces{office.spaces[0]}, std::uint64_t{5}));
    CHECK(office.ask() == std::pair(Spaces{office.spaces[0]}, std::uint64_t{0}));
  }
  SECTION("a store that was put in place of a newer one") {
    const std::optional<Look> look = require(office.node.wants->last_look());
    REQUIRE(look);
    Look newer = *look;
    newer.position += 1'000;
    require(office.node.wants->note(look, newer, {}, {}));
    CHECK(office.reads() == 5);
  }
}

TEST_CASE("of two programs that look at once, what the older one saw is looked at again") {
  Office office(4);
  CHECK(office.reads() == 4);
  auto older = office.program();
  CHECK(require(older->wanting_spaces()).empty());
  office.attach(office.spaces[0], 100, false);
  CHECK(require(older->wanting_spaces()).size() == 1);
  office.attach(office.spaces[1], 100, false);
  {
    const auto newer = office.program();
    CHECK(require(newer->wanting_spaces()).size() == 2);
  }
  older.reset();
  CHECK(office.wanting().size() == 2);
}

TEST_CASE("what a program noted late, of an older look, does not stand under a newer one") {
  Office office(3);
  CHECK(office.wanting().empty());
  auto late = office.program();
  office.attach(office.spaces[0], 100, true);
  CHECK(require(late->wanting_spaces()).empty());
  office.attach(office.spaces[0], 100, false);
  CHECK(office.wanting() == Spaces{office.spaces[0]});
  auto newer = office.program();
  CHECK(require(newer->wanting_spaces()).size() == 1);
  // It notes that nothing is wanted there, as it was when it looked.
  late.reset();
  office.attach(office.spaces[1], 100, false);
  CHECK(require(newer->wanting_spaces()).size() == 2);
  newer.reset();
  CHECK(office.wanting().size() == 2);
}

TEST_CASE(
    "whatever happens to records, files and programs, the remembered wants are the real ones") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  Office office(6, seed);
  std::vector<attachments::BlobId> blobs;
  std::vector<std::unique_ptr<AttachmentDepot>> programs;
  for (int turn = 0; turn < 120; ++turn) {
    CAPTURE(turn);
    const SpaceId& space = office.spaces[dice() % office.spaces.size()];
    switch (dice() % 8) {
      case 0:
      case 1:
        blobs.push_back(office.attach(space, 1 + dice() % 5'000, dice() % 2 == 0));
        break;
      case 2:
        require(attachments::save_policy(office.node.blobs->folder(), {.each = dice() % 6'000}));
        break;
      case 3:
        if (!blobs.empty()) require(office.node.blobs->want(blobs[dice() % blobs.size()].address));
        break;
      case 4:
        programs.push_back(office.program());
        break;
      case 5:
        if (!programs.empty()) programs.erase(programs.begin());
        break;
      default:
        if (!programs.empty()) require(programs[dice() % programs.size()]->wanting_spaces());
        break;
    }
    if (dice() % 3 != 0) continue;
    office.node.now += std::chrono::hours(1);
    // By a book of its own: everything is looked at.
    TempFolder fresh;
    const auto store =
        require(store::Environment::open({.folder = fresh / "wants", .tables = kTables}));
    const auto book = require(WantBook::open(*store, office.node.keys.storage, office.node.random));
    AttachmentDepot real(*office.node.replica, *office.node.blobs, *book,
                         office.node.keys.author.author(), [&] { return office.node.now; });
    CHECK(office.wanting() == require(real.wanting_spaces()));
  }
}

TEST_CASE("wherever the book of wants can't be written, it hides nothing that is wanted") {
  std::uint64_t failures = 0;
  for (std::uint64_t n = 1;; ++n) {
    CAPTURE(n);
    Office office(3, n);
    FailNth faults;
    TempFolder folder;
    const auto store = require(store::Environment::open(
        {.folder = folder / "wants", .tables = kTables, .faults = &faults}));
    const auto book = require(WantBook::open(*store, office.node.keys.storage, office.node.random));
    const auto ask = [&] {
      AttachmentDepot depot(*office.node.replica, *office.node.blobs, *book,
                            office.node.keys.author.author(), [&] { return office.node.now; });
      return require(depot.wanting_spaces());
    };
    CHECK(ask().empty());
    office.attach(office.spaces[1], 100, false);
    faults.arm(n);
    CHECK(ask() == Spaces{office.spaces[1]});
    const bool has_fired = faults.fired();
    faults.arm(0);
    failures += has_fired ? 1 : 0;
    office.attach(office.spaces[2], 100, false);
    CHECK(ask().size() == 2);
    CHECK(ask().size() == 2);
    if (!has_fired) break;
  }
  // A row, the look and the commit at least.
  CHECK(failures >= 3);
}
