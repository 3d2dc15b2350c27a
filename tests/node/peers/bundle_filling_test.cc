// SPDX-License-Identifier: Apache-2.0
// Parts that come on a stick and refer to attachments: these are wanted from then on.
#include <catch2/catch.hpp>

#include "node/attachments/attach_file.h"
#include "tests/node/peers/bundle_node.h"
#include "tests/node/replica/scoped_nodes.h"

using namespace cunju;
using namespace cunju::test;

namespace {

/// The desk's records of mediation have come to the office by way of a relay, without the parts
/// that refer to an attachment; the office has looked for what it wants.
struct Stickbound {
  Stickbound() {
    const auto path = *zhang.folder / "file.bin";
    write_file(path, Bytes(1'000, 7));
    const auto sealed = require(
        attachments::attach_file(*require(attachments::BlobFolder::open(*zhang.folder / "blobs")),
                                 path, {.name = "scan.bin"}, zhang.random));
    replica::ChangeDraft draft;
    draft.parts.push_back({.record = all.desk->new_record_id(),
                           .registry = "mediation",
                           .scope = all.scope,
                           .operations = {set_field("file_scan.1", sealed.value)}});
    require(all.desk->append(all.space, all.zhang.device, {&draft, 1}, 0));
    all.meet(all.desk, all.relay);
    all.meet(all.relay, all.office);
    REQUIRE(all.standing(all.office).lacking == 1);
    REQUIRE(wanting().empty());
    REQUIRE(reads() == 0);
  }
  attachments::AttachmentDepot program() {
    return {*all.office, *blobs, *wants, office.keys.author.author(), [] { return sync::Time{0}; }};
  }
  std::vector<SpaceId> wanting() { return require(program().wanting_spaces()); }
  std::uint64_t reads() {
    auto depot = program();
    require(depot.wanting_spaces());
    return depot.reads();
  }
  peers::BundleContext context(BundleNode& node, TestReplica& at,
                               peers::BundleAttachments* attachments) {
    return {.replica = *at,
            .keys = node.keys,
            .book = *node.book,
            .random = node.random,
            .claimed_ms = ++node.clock,
            .attachments = attachments};
  }
  void write(const peers::WriteOptions& options) {
    const auto to = *require(peers::find_bundle_peer(*all.desk, all.village.founder.node.node(),
                                                     all.village.founder.wire.wire()));
    const auto written = require(
        peers::write_bundles(context(zhang, all.desk, nullptr), {to}, stick.path(), options));
    REQUIRE(written.at(0).letters.size() == 1);
  }
  void give_receipt() {
    const auto to = *require(
        peers::find_bundle_peer(*all.office, all.zhang.node.node(), all.zhang.wire.wire()));
    require(peers::write_receipts(context(office, all.office, nullptr), to, stick.path()));
    require(peers::read_receipts(context(zhang, all.desk, nullptr), stick.path()));
  }
  Result<peers::StickReport> try_read() {
    peers::BundleAttachments attachments(*all.office, *blobs, *wants, office.keys.author.author());
    return peers::read_stick(context(office, all.office, &attachments), stick.path(), {});
  }
  void read() { require(try_read()); }

  ScopedNodes all;
  BundleNode office{41, all.village.founder}, zhang{42, all.zhang};
  std::unique_ptr<attachments::BlobFolder> blobs{
      require(attachments::BlobFolder::open(*office.folder / "blobs"))};
  std::unique_ptr<attachments::WantBook> wants{
      require(attachments::WantBook::open(all.office.store(), office.keys.storage, office.random))};
  TempFolder stick;
};

}  // namespace

TEST_CASE("What parts refer to that came on a stick is wanted", "[bundle]") {
  Stickbound at;
  SECTION("in the annex, as a receipt asked for them") {
    at.give_receipt();
    at.write({});
  }
  SECTION("with their change, which was here") { at.write({.everything = true}); }
  // A program that runs all along learns of it as well.
  auto running = at.program();
  CHECK(require(running.wanting_spaces()).empty());
  at.read();
  REQUIRE(at.all.standing(at.all.office).lacking == 0);
  CHECK(require(running.wanting_spaces()) == std::vector{at.all.space});
  CHECK(at.wanting() == std::vector{at.all.space});
  CHECK(at.reads() == 0);
}

TEST_CASE("A stick that fills in nothing has nothing looked at again", "[bundle]") {
  Stickbound at;
  at.write({.everything = true});
  at.read();
  CHECK(at.wanting() == std::vector{at.all.space});
  at.read();
  CHECK(at.reads() == 0);
}

TEST_CASE("Whatever write fails while parts are filled in, no want of theirs is lost", "[bundle]") {
  std::size_t filled = 0, not_filled = 0;
  for (const bool looks_between : {false, true}) {
    for (std::uint64_t n = 1;; ++n) {
      CAPTURE(n, looks_between);
      Stickbound at;
      at.give_receipt();
      at.write({});
      // One that is at it, and one that serves meanwhile.
      auto running = at.program();
      require(running.wanting_spaces());
      if (looks_between) CHECK(at.wanting().empty());
      at.all.faults.arm(n);
      (void)at.try_read();
      const bool has_fired = at.all.faults.fired();
      at.all.faults.arm(0);
      // The program is gone; what it held in memory is as well.
      const bool is_here = at.all.standing(at.all.office).lacking == 0;
      (is_here ? filled : not_filled) += 1;
      const std::vector<SpaceId> wanted(is_here ? 1 : 0, at.all.space);
      CHECK(require(running.wanting_spaces()) == wanted);
      CHECK(at.wanting() == wanted);
      if (!has_fired) break;
    }
  }
  // Nothing is written after the parts that could fail: they and the sign of them are one.
  CHECK(filled == 2);
  CHECK(not_filled > 4);
}

TEST_CASE("What another program looks at just before parts are filled in is looked at again",
          "[bundle]") {
  Stickbound at;
  sync::PartsCursor cursor;
  const auto span = *require(at.all.office->next_lacked(at.all.space, cursor));
  const auto found = require(
      at.all.desk->find_parts(at.all.space, at.all.village.founder.wire.wire(), span, 100'000));
  // It says that it looked, and is right.
  auto running = at.program();
  CHECK(require(running.wanting_spaces()).empty());
  require(at.all.office->take_parts(at.all.space, found.changes));
  // Whoever has filled them in ended there.
  CHECK(require(running.wanting_spaces()) == std::vector{at.all.space});
  CHECK(at.wanting() == std::vector{at.all.space});
}
