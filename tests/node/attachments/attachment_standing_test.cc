// SPDX-License-Identifier: Apache-2.0
// What a home has of the attachments that records refer to, and what nothing refers to.
#include "node/attachments/attachment_standing.h"

#include <catch2/catch.hpp>
#include <chrono>

#include "node/attachments/attach_file.h"
#include "tests/node/peers/bundle_node.h"

using namespace cunju;
using namespace cunju::test;
using attachments::AttachmentStanding;

namespace {

/// A village's home with its folder of attachments.
struct Home {
  attachment::Reference seal(std::size_t bytes, std::uint64_t seed) {
    Bytes content(bytes);
    crypto::SeededRandom random(seed);
    random.fill(content);
    const auto path = *node.folder / "file.bin";
    write_file(path, content);
    const auto attached =
        require(attachments::attach_file(*blobs, path, {.name = "a.bin"}, node.random));
    auto out = require(attachment::parse_reference(attached.value));
    // As `attach` does before it saves the record.
    if (is_noted)
      require(wants->charges().note(place.space,
                                    {.author = place.founder.author(), .blob = out.blob()}));
    return out;
  }
  void refer(const attachment::Reference& reference, const RecordId& record,
             const std::string& registry = "minutes") {
    write_record(*node.replica, place.space, place.founder, record,
                 {set_field("scan.1", attachment::encode_reference(reference))}, registry);
  }
  std::filesystem::path file(const attachment::Reference& reference) {
    return blobs->folder() / reference.address.hex();
  }
  /// As if it had been there for a day.
  void age() {
    for (const auto& entry : std::filesystem::directory_iterator(blobs->folder()))
      std::filesystem::last_write_time(
          entry.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours{24});
  }
  AttachmentStanding look(bool verifies = false) {
    return require(
        attachments::look_at_attachments(*node.replica, *blobs, wants->charges(), verifies));
  }

  bool is_noted = true;
  BundleNode node{1};
  Village place{found_village(*node.replica, node.random)};
  std::unique_ptr<attachments::BlobFolder> blobs{
      require(attachments::BlobFolder::open(*node.folder / "blobs"))};
  std::unique_ptr<attachments::WantBook> wants{
      require(attachments::WantBook::open(node.replica.store(), node.keys.storage, node.random))};
};

}  // namespace

TEST_CASE("what is here, in part, missing or damaged is counted with its bytes") {
  Home home;
  const auto whole = home.seal(1000, 1), missing = home.seal(2000, 2), part = home.seal(200'000, 3),
             damaged = home.seal(3000, 4);
  for (const auto* each : {&whole, &missing, &part, &damaged})
    home.refer(*each, home.node.replica->new_record_id());
  const Bytes bytes = read_file(home.file(part));
  require(home.blobs->destroy(missing.address));
  require(home.blobs->destroy(part.address));
  require(
      require(home.blobs->resume(part.blob()))->put(1, ByteView(bytes).subspan(65'536, 65'536)));
  Bytes spoiled = read_file(home.file(damaged));
  spoiled[5] ^= 1;
  write_file(home.file(damaged), spoiled);

  const AttachmentStanding quick = home.look();
  CHECK(quick.whole.count == 2);  // Nobody has looked into them.
  CHECK(quick.damaged.count == 0);
  const AttachmentStanding standing = home.look(true);
  CHECK(standing.whole.count == 1);
  CHECK(standing.whole.bytes == whole.blob().bytes);
  CHECK(standing.partial.count == 1);
  CHECK(standing.partial.bytes == 65'536);
  CHECK(standing.missing.count == 2);
  CHECK(standing.damaged.count == 1);
  CHECK(standing.damaged.bytes == damaged.blob().bytes);
  CHECK(standing.orphaned.count == 0);
}

TEST_CASE("only what no change of any space refers to is an orphan") {
  Home home;
  const auto stray = home.seal(1000, 1), replaced = home.seal(1000, 2),
             current = home.seal(1000, 3), deleted = home.seal(1000, 4),
             foreign = home.seal(1000, 5), other = home.seal(1000, 6);
  const RecordId record = home.node.replica->new_record_id();
  home.refer(replaced, record);
  home.refer(current, record);
  const RecordId gone = home.node.replica->new_record_id();
  home.refer(deleted, gone);
  write_record(*home.node.replica, home.place.space, home.place.founder, gone,
               {make_operation(OperationKind::kDelete, "", NoValue{})});
  // A registry that this program has no definition of.
  home.refer(foreign, home.node.replica->new_record_id(), "of_a_newer_program");
  const Village second = found_village(*home.node.replica, home.node.random, "别的村");
  write_record(*home.node.replica, second.space, second.founder, home.node.replica->new_record_id(),
               {set_field("scan.1", attachment::encode_reference(other))});
  home.age();
  const AttachmentStanding standing = home.look();
  CHECK(standing.orphaned.count == 1);
  REQUIRE(standing.orphans.size() == 1);
  CHECK(standing.orphans[0].address == stray.address);
  CHECK(standing.orphans[0].bytes == stray.blob().bytes);
  CHECK(standing.earlier.count == 3);
  CHECK(standing.whole.count == 2);
}

TEST_CASE("an orphan that is fresh stays: somebody may be saving its record") {
  Home home;
  home.seal(1000, 1);
  CHECK(home.look().fresh == 1);
  CHECK(home.look().orphans.empty());
  home.age();
  CHECK(home.look().orphans.size() == 1);
}

TEST_CASE("what is left of an orphan goes with it, and nothing else") {
  Home home;
  const auto stray = home.seal(200'000, 1), kept = home.seal(1000, 2);
  home.refer(kept, home.node.replica->new_record_id());
  const Bytes bytes = read_file(home.file(stray));
  require(home.blobs->destroy(stray.address));
  require(require(home.blobs->resume(stray.blob()))->put(0, ByteView(bytes).first(65'536)));
  require(home.blobs->want(stray.address));
  home.age();
  const AttachmentStanding standing = home.look();
  REQUIRE(standing.orphans.size() == 1);
  CHECK(standing.orphans[0].bytes == 65'536 + 4 * 32);
  require(home.blobs->destroy(standing.orphans[0].address));
  CHECK(home.look().orphaned.count == 0);
  CHECK(home.look().whole.count == 1);
}

TEST_CASE("where parts can't be read no orphan may go") {
  Home home;
  const Person mediator =
      admit_person(*home.node.replica, home.place, home.node.random, "张", {"mediator", "clerk"});
  require(home.node.replica->add_own_device(mediator.device));
  open_epoch(*home.node.replica, home.place, home.node.random, "mediation");
  const Scope scope =
      *require(home.node.replica->roster(home.place.space))->find_scope("mediation");
  replica::ChangeDraft draft;
  draft.parts.push_back({.record = home.node.replica->new_record_id(),
                         .registry = "mediation",
                         .scope = scope,
                         .operations = {set_field("facts", std::string("李某自认"))}});
  require(home.node.replica->append(home.place.space, mediator.device, {&draft, 1}, 0));
  home.seal(1000, 1);
  home.age();
  CHECK(home.look().unreadable_parts == 0);
  CHECK(home.look().orphans.size() == 1);

  // Another node of the village holds the part and has no key for it.
  BundleNode other(2);
  pull(*other.replica, *home.node.replica, home.place.space);
  auto blobs = require(attachments::BlobFolder::open(*other.folder / "blobs"));
  auto made = require(blobs->create(other.random));
  require(made.append(Bytes(100, 7)));
  const auto stray = require(made.finish());
  std::filesystem::last_write_time(
      blobs->folder() / stray.address.hex(),
      std::filesystem::file_time_type::clock::now() - std::chrono::hours{24});
  const AttachmentStanding standing = require(
      attachments::look_at_attachments(*other.replica, *blobs, home.wants->charges(), false));
  CHECK(standing.orphaned.count == 1);
  CHECK(standing.unreadable_parts == 1);
  CHECK(standing.orphans.empty());
}

TEST_CASE("what came while another copy of the records was in use is no orphan that may go") {
  Home home;
  home.seal(1000, 1);
  // As when `data` from before is put beside newer attachments: it has no row that speaks of them.
  home.is_noted = false;
  home.seal(2000, 2);
  home.age();
  const AttachmentStanding standing = home.look();
  CHECK(standing.orphaned.count == 2);
  CHECK(standing.unknown == 1);
  REQUIRE(standing.orphans.size() == 1);
  CHECK(standing.orphans.front().bytes < 2000);
}

TEST_CASE("where a newer program has written what does not decode here no orphan may go") {
  Home home;
  home.seal(1000, 1);
  home.age();
  REQUIRE(home.look().orphans.size() == 1);
  replica::Replica& replica = *home.node.replica;
  const Change last = head_change(replica, home.place.space, home.place.founder.author());
  Part part = forge_part(replica.new_record_id(), {}, {set_field("title", "x")});
  SECTION("a body") { part = make_part(kOpenScope, part.links, Bytes{0xFF, 1}); }
  SECTION("a value") {
    part = forge_part(replica.new_record_id(), {},
                      {{.kind = 0xFFFF, .field = "scan.1", .value = {}, .previous = {}}});
  }
  SECTION("a reference") {
    attachment::Reference reference;
    reference.name = "a.bin";
    Bytes newer = attachment::encode_reference(reference);
    newer[std::string_view("cunju attach").size()] += 1;
    part = forge_part(replica.new_record_id(), {}, {set_field("scan.1", newer)});
  }
  const Change change =
      forge_change(home.place.founder.device, home.place.space, &last, {last.id}, {part});
  const auto report = require(
      replica.accept(home.place.space, std::vector<sync::Run>{{std::vector<Change>{change}}}));
  REQUIRE(report.admitted == 1);
  const AttachmentStanding standing = home.look();
  CHECK(standing.unreadable_parts == 1);
  CHECK(standing.orphans.empty());
}

TEST_CASE("where others have seen own changes that are not here no orphan may go") {
  Home home;
  const AuthorKey own = home.place.founder.author();
  home.node.replica->set_own_authors({own});
  home.seal(1000, 1);
  home.age();
  REQUIRE(home.look().orphans.size() == 1);
  const WireKey peer{{7}};
  sync::AuthorHead head{.author = own, .seq = Seq{0}, .id = home.node.random.make<ChangeId>()};
  SECTION("later than the last one here, as after an older backup was put back") {
    head.seq = Seq{1'000};
    require(home.node.replica->note_claims(home.place.space, peer, {&head, 1}));
  }
  SECTION("others than those here, as after it was written to as well") {
    require(home.node.replica->note_heads(home.place.space, peer, {&head, 1}));
  }
  const AttachmentStanding standing = home.look();
  CHECK(standing.behind_logs == 1);
  CHECK(standing.orphaned.count == 1);
  CHECK(standing.orphans.empty());
}

TEST_CASE("what others have seen of own changes that are here keeps no orphan") {
  Home home;
  const AuthorKey own = home.place.founder.author();
  home.node.replica->set_own_authors({own});
  home.seal(1000, 1);
  home.age();
  const std::vector<sync::AuthorHead> heads =
      require(home.node.replica->all_heads(home.place.space));
  require(home.node.replica->note_heads(home.place.space, WireKey{{7}}, heads));
  CHECK(home.look().behind_logs == 0);
  CHECK(home.look().orphans.size() == 1);
}

TEST_CASE("a file that was lost is wanted again") {
  Home home;
  const auto kept = home.seal(1000, 1);
  home.refer(kept, home.node.replica->new_record_id());
  const attachments::Asks before = home.blobs->asks();
  home.look();
  CHECK(home.blobs->asks() == before);
  std::filesystem::remove(home.file(kept));
  home.look();
  CHECK(home.blobs->asks() != before);
}

TEST_CASE("what was only chosen here between others' attachments is not said to be gone") {
  Home home;
  home.node.become(home.place.founder);
  const Person other = admit_person(*home.node.replica, home.place, home.node.random, "李");
  const RecordId settled = home.node.replica->new_record_id(),
                 unnoted = home.node.replica->new_record_id();
  home.is_noted = false;
  const auto theirs = home.seal(300'000, 1), unknown = home.seal(200'000, 2);
  home.refer(theirs, settled);
  home.refer(unknown, unnoted);
  require(home.wants->charges().note(home.place.space,
                                     {.author = other.author(), .blob = theirs.blob()}));
  for (const auto* each : {&theirs, &unknown}) require(home.blobs->destroy(each->address));
  const AttachmentStanding standing = home.look();
  CHECK(standing.lost.empty());
  REQUIRE(standing.maybe_lost.size() == 1);
  CHECK(standing.maybe_lost.front().reference.blob == unknown.blob());
  CHECK(home.blobs->wanted().empty());
}

TEST_CASE("what was asked for and of which nothing is here is no file that is kept") {
  Home home;
  const auto scan = home.seal(1000, 1);
  require(home.blobs->destroy(scan.address));
  require(home.blobs->want(scan.address));
  CHECK(home.blobs->stored().empty());
  CHECK(home.look().orphaned.count == 0);
}

TEST_CASE("what an older program has put aside as damaged is asked for, whoever attached it") {
  Home home;
  home.is_noted = false;
  const auto damaged = home.seal(3000, 1), other = home.seal(2000, 2);
  for (const auto* each : {&damaged, &other}) home.refer(*each, home.node.replica->new_record_id());
  require(attachments::save_policy(home.blobs->folder(), {.each = 100}));
  std::filesystem::rename(home.file(damaged), home.file(damaged).string() + ".damaged");
  CHECK(home.blobs->wanted().empty());
  const AttachmentStanding standing = home.look();
  CHECK(standing.damaged.count == 1);
  CHECK(standing.lost.empty());
  CHECK(home.blobs->wanted() == std::set{damaged.address});
}

TEST_CASE("what was attached here and is gone is named, and asked for however large it is") {
  Home home;
  home.node.become(home.place.founder);
  const Person other = admit_person(*home.node.replica, home.place, home.node.random, "李");
  const auto kept = home.seal(1000, 1), gone = home.seal(3000, 2), cut = home.seal(200'000, 3),
             others = home.seal(2000, 4);
  const RecordId record = home.node.replica->new_record_id();
  for (const auto* each : {&kept, &gone, &cut})
    home.refer(*each, each == &gone ? record : home.node.replica->new_record_id());
  write_record(*home.node.replica, home.place.space, other, home.node.replica->new_record_id(),
               {set_field("scan.1", attachment::encode_reference(others))});
  require(attachments::save_policy(home.blobs->folder(), {.each = 100}));
  CHECK(home.look().lost.empty());
  const attachments::Asks asks = home.blobs->asks();
  // Somebody makes room by hand: of what others attached nobody knows whether it was here.
  std::filesystem::remove(home.file(gone));
  std::filesystem::remove(home.file(others));
  std::filesystem::resize_file(home.file(cut), 100);
  const AttachmentStanding standing = home.look();
  REQUIRE(standing.lost.size() == 2);
  std::set<attachments::BlobId> lost;
  for (const attachments::PlacedReference& each : standing.lost) {
    lost.insert(each.reference.blob);
    CHECK(each.space == home.place.space);
    if (each.reference.blob == gone.blob()) CHECK(each.reference.record == record);
  }
  CHECK(lost == std::set{gone.blob(), cut.blob()});
  CHECK(home.blobs->wanted() == std::set{gone.address, cut.address});
  CHECK(home.blobs->asks() != asks);
  // Once it is back nobody says it is gone.
  for (const auto* each : {&gone, &cut}) require(home.blobs->destroy(each->address));
  CHECK(home.look().lost.size() == 2);
}
