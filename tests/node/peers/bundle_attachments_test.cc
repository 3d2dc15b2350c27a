// SPDX-License-Identifier: Apache-2.0
// Attachments and lacking parts between nodes that only sticks connect.
#include <catch2/catch.hpp>

#include "net/bundle/annex_writer.h"
#include "node/attachments/attach_file.h"
#include "tests/node/peers/bundle_node.h"
#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/fail_nth.h"
#include "tests/support/random_blob.h"
#include "tests/support/tiny_disk.h"

using namespace cunju;
using namespace cunju::test;
using attachments::BlobId;
using attachments::CarryChoice;
using cunju::testing::random_bytes;

namespace {

/// A bundle node with a folder of attachments.
struct Holder {
  explicit Holder(BundleNode& at, store::FaultInjector* faults = nullptr)
      : node(at),
        blobs(require(attachments::BlobFolder::open(*node.folder / "blobs", faults))),
        wants(require(
            attachments::WantBook::open(node.replica.store(), node.keys.storage, node.random))),
        attachments(*node.replica, *blobs, *wants, node.keys.author.author()) {}

  peers::BundleContext context() {
    peers::BundleContext out = node.context();
    out.attachments = &attachments;
    return out;
  }
  /// Seals bytes into the folder; the reference.
  attachment::Reference seal(const Bytes& content) {
    const auto path = *node.folder / "file.bin";
    write_file(path, content);
    const auto attached =
        require(attachments::attach_file(*blobs, path, {.name = "scan.bin"}, node.random));
    return require(attachment::parse_reference(attached.value));
  }
  BlobId attach(const SpaceId& space, const Person& author, const Bytes& content,
                const RecordId& record, const std::string& field = "scan.1") {
    const attachment::Reference reference = seal(content);
    write_record(*node.replica, space, author, record,
                 {set_field(field, attachment::encode_reference(reference))});
    return reference.blob();
  }
  BlobId attach(const SpaceId& space, const Person& author, std::size_t bytes, std::uint64_t seed) {
    return attach(space, author, random_bytes(bytes, seed), node.replica->new_record_id());
  }
  peers::WrittenBundle write(const Person& to, const std::filesystem::path& dir,
                             const peers::WriteOptions& options = {}) {
    return require(peers::write_bundles(context(), {node.peer(to)}, dir, options)).at(0);
  }
  peers::StickReport read(const std::filesystem::path& dir,
                          const peers::ReadOptions& options = {}) {
    return require(peers::read_stick(context(), dir, options));
  }
  bool has(const BlobId& blob) { return blobs->open_blob(blob).has_value(); }

  BundleNode& node;
  std::unique_ptr<attachments::BlobFolder> blobs;
  std::unique_ptr<attachments::WantBook> wants;
  peers::BundleAttachments attachments;
};

struct Pair : TwoNodes {
  Holder from{village}, to{office};
  BlobId attach(std::size_t bytes, std::uint64_t seed) {
    return from.attach(place.space, place.founder, bytes, seed);
  }
  peers::WrittenBundle write(const peers::WriteOptions& options = {}) {
    return from.write(officer, stick.path(), options);
  }
  void carry_receipts_back() { require(peers::read_receipts(from.context(), stick.path())); }
  void clear() { std::filesystem::remove_all(stick.path() / "CUNJU"); }
};

std::uint64_t attachment_bytes_in(const peers::WrittenBundle& bundle) {
  std::uint64_t out = 0;
  for (const peers::WrittenLetter& letter : bundle.letters)
    for (const bundle::SpaceContent& space : letter.letter.spaces) out += space.attachment_bytes;
  return out;
}

}  // namespace

TEST_CASE("Attachments come with a bundle, and the next one has none of them", "[bundle]") {
  Pair pair;
  const BlobId large = pair.attach(500'000, 1), small = pair.attach(50, 2);
  const peers::WrittenBundle planned = pair.write({.is_dry_run = true});
  const peers::WrittenBundle written = pair.write();
  CHECK(attachment_bytes_in(written) == large.bytes + small.bytes);
  CHECK(planned.letters.at(0).bytes == written.letters.at(0).bytes);
  CHECK(planned.letters.at(0).letter.spaces == written.letters.at(0).letter.spaces);
  const peers::StickReport report = pair.to.read(pair.stick.path());
  CHECK(report.files.at(0).attachments.whole == std::set<BlobId>{large, small});
  CHECK(report.files.at(0).attachments.bytes == large.bytes + small.bytes);
  CHECK(pair.to.has(large));
  CHECK(pair.to.has(small));
  // What is stored is what was stored: nobody opened it on the way.
  CHECK(read_file(pair.from.blobs->folder() / large.address.hex()) ==
        read_file(pair.to.blobs->folder() / large.address.hex()));
  pair.carry_receipts_back();
  CHECK(pair.write().letters.empty());
  CHECK(pair.to.read(pair.stick.path()).files.at(0).attachments.bytes == 0);
}

TEST_CASE("A file with an annex has both heads where older programs look for them", "[bundle]") {
  Pair pair;
  for (std::size_t bytes : {10u, 100'000u, 4'300'000u}) {
    pair.clear();
    pair.attach(bytes, bytes);
    const peers::WrittenBundle written = pair.write({.everything = true});
    const Bytes file = read_file(bundle_files(pair.stick.path()).at(0));
    CHECK(file.size() == written.letters.at(0).bytes);
    REQUIRE(file.size() % bundle::kBlockBytes == 0);
    const auto head = ByteView(file).first(bundle::kBlockBytes);
    CHECK(equal(head, ByteView(file).last(bundle::kBlockBytes)));
    // The letter says how many chunks there are; there an older reader ends.
    const bundle::Letter& letter = written.letters.at(0).letter;
    CHECK(letter.chunks < file.size() / bundle::kBlockBytes - 2);
    // Nobody sees in what is behind the last slot where it ends.
    const std::size_t end =
        (1 + letter.chunks) * bundle::kBlockBytes + letter.slots * std::size_t{bundle::kSlotBytes};
    const auto rest = ByteView(file).subspan(end, file.size() - bundle::kBlockBytes - end);
    CHECK(std::ranges::count(rest, 0) <= static_cast<std::ptrdiff_t>(rest.size() / 64));
  }
}

TEST_CASE("Attachments wait until all changes are written, and go on where the last stick ended",
          "[bundle]") {
  TinyDisk first, second, third;
  if (first.is_missing() || second.is_missing() || third.is_missing()) return;
  Pair pair;
  pair.village.note(pair.place.space, pair.place.founder, 500, 5000);
  const BlobId blob = pair.attach(2'000'000, 1);
  const peers::WrittenBundle one = pair.from.write(pair.officer, first / "");
  REQUIRE(one.letters.size() == 1);
  CHECK(one.letters[0].letter.slots == 0);
  CHECK(one.missing.attachments == 1);
  CHECK(one.missing.attachment_bytes == blob.bytes);
  std::uint64_t bytes = 0;
  bool is_last = false;
  for (TinyDisk* disk : {&second, &third}) {
    const peers::WrittenBundle next = pair.from.write(pair.officer, *disk / "", {.goes_on = true});
    bytes += attachment_bytes_in(next);
    if (!next.letters.empty()) is_last = next.letters.back().letter.is_last;
  }
  CHECK(is_last);
  CHECK(bytes == blob.bytes);
  CHECK(require(pair.village.book->all_unfinished()).empty());
  for (TinyDisk* disk : {&first, &second, &third}) pair.to.read(*disk / "");
  CHECK(pair.to.has(blob));
}

TEST_CASE("What is attached, wished for or chosen between two sticks is on the second one",
          "[bundle]") {
  TinyDisk first;
  if (first.is_missing()) return;
  Pair pair;
  std::set<BlobId> all;
  for (std::uint64_t seed = 1; seed <= 4; ++seed) all.insert(pair.attach(600'000, seed));
  const BlobId wished = pair.attach(9'000'000, 5);  // Comes to nobody unasked.
  const peers::WrittenBundle one = pair.from.write(pair.officer, first / "");
  REQUIRE(one.letters.size() == 1);
  REQUIRE(one.letters[0].letter.slots > 0);
  REQUIRE(one.missing.attachments > 0);
  peers::WriteOptions options{.goes_on = true};
  SECTION("attached") {
    // Wherever the first one ended, some of these have addresses before that.
    for (std::uint64_t seed = 11; seed <= 40; ++seed) all.insert(pair.attach(300, seed));
  }
  SECTION("chosen") {
    options.attachments = CarryChoice::kAll;
    all.insert(wished);
  }
  bool is_unchanged = false;
  SECTION("nothing, and nothing is written twice") { is_unchanged = true; }
  const peers::WrittenBundle two = pair.write(options);
  const std::uint64_t bytes = attachment_bytes_in(one) + attachment_bytes_in(two);
  CHECK((bytes == 4 * all.begin()->bytes) == is_unchanged);
  CHECK(two.missing_bytes == 0);
  CHECK(two.letters.back().letter.is_last);
  pair.to.read(first / "", {.attachments = CarryChoice::kAll});
  pair.to.read(pair.stick.path(), {.attachments = CarryChoice::kAll});
  for (const BlobId& blob : all) {
    CAPTURE(blob.address.hex());
    CHECK(pair.to.has(blob));
  }
}

TEST_CASE("A bundle that was lost costs its bytes, and one that was read twice nothing",
          "[bundle]") {
  Pair pair;
  const BlobId blob = pair.attach(200'000, 1);
  pair.write();
  pair.clear();
  CHECK(attachment_bytes_in(pair.write()) == blob.bytes);
  pair.to.read(pair.stick.path());
  const peers::StickReport again = pair.to.read(pair.stick.path());
  CHECK(again.files.at(0).attachments.known == std::set<BlobId>{blob});
  CHECK(again.files.at(0).attachments.bytes == 0);
}

TEST_CASE("The reader's own policy decides what it takes, and its receipt what comes next",
          "[bundle]") {
  Pair pair;
  require(attachments::save_policy(pair.to.blobs->folder(), {.each = 100'000}));
  const BlobId large = pair.attach(300'000, 1), small = pair.attach(50'000, 2);
  pair.write();
  const peers::StickReport first = pair.to.read(pair.stick.path());
  CHECK(first.files.at(0).attachments.left == std::set<BlobId>{large});
  CHECK(first.files.at(0).attachments.whole == std::set<BlobId>{small});
  CHECK_FALSE(pair.to.has(large));
  pair.carry_receipts_back();
  pair.clear();
  CHECK(pair.write().letters.empty());
  CHECK(attachment_bytes_in(pair.write({.is_dry_run = true, .attachments = CarryChoice::kAll})) ==
        large.bytes);
  CHECK(pair.write({.is_dry_run = true, .attachments = CarryChoice::kNone}).letters.empty());
  SECTION("somebody asks for it") {
    require(pair.to.blobs->want(large.address));
    // The look of before does not know of the wish.
    peers::BundleAttachments now(*pair.office.replica, *pair.to.blobs, *pair.to.wants,
                                 pair.office.keys.author.author());
    peers::BundleContext context = pair.to.context();
    context.attachments = &now;
    require(
        peers::write_receipts(context, pair.office.peer(pair.place.founder), pair.stick.path()));
    pair.carry_receipts_back();
    CHECK(attachment_bytes_in(pair.write()) == large.bytes);
    require(peers::read_stick(context, pair.stick.path(), {}));
    CHECK(pair.to.has(large));
    CHECK(pair.to.blobs->wanted().empty());
  }
  SECTION("the reader takes all") {
    pair.write({.attachments = CarryChoice::kAll});
    pair.to.read(pair.stick.path(), {.attachments = CarryChoice::kAll});
    CHECK(pair.to.has(large));
  }
  SECTION("the reader takes none") {
    const BlobId other = pair.attach(100, 3);
    pair.write();
    pair.to.read(pair.stick.path(), {.attachments = CarryChoice::kNone});
    CHECK_FALSE(pair.to.has(other));
  }
}

TEST_CASE("What no record of a shared space refers to is neither given nor taken", "[bundle]") {
  Pair pair;
  const attachment::Reference stray = pair.from.seal(random_bytes(1000, 1));
  const RecordId record = pair.village.replica->new_record_id();
  const BlobId first =
      pair.from.attach(pair.place.space, pair.place.founder, random_bytes(1000, 2), record);
  const BlobId second =
      pair.from.attach(pair.place.space, pair.place.founder, random_bytes(1000, 3), record);
  CHECK(attachment_bytes_in(pair.write()) == second.bytes);  // The first was replaced.
  pair.to.read(pair.stick.path());
  CHECK(pair.to.has(second));
  CHECK_FALSE(pair.to.has(first));

  // A writer that brings it all the same: there is no record for it here.
  const auto chunk = require(pair.from.blobs->open_blob(stray.blob()))->read_chunk(0);
  CHECK_FALSE(pair.to.attachments.carried
                  .take(pair.place.space,
                        {.blob = stray.blob(), .index = 0, .path = {}, .bytes = require(chunk)})
                  .has_error());
  CHECK(require(pair.to.attachments.carried.finish()).unknown == std::set<BlobId>{stray.blob()});
  CHECK(pair.to.blobs->bytes_here(stray.blob()) == 0);
}

TEST_CASE("Attachments of confidential fields go to full nodes of members who read them alone",
          "[bundle]") {
  Pair pair;
  const Person auditor = admit_person(*pair.village.replica, pair.place, pair.village.random,
                                      "审计", {"auditor"}, Replication::kShell);
  const Person watcher = admit_person(*pair.village.replica, pair.place, pair.village.random,
                                      "监督", {"supervisor"}, Replication::kWitness);
  const Person mediator = admit_person(*pair.village.replica, pair.place, pair.village.random, "张",
                                       {"mediator", "clerk"});
  require(pair.village.replica->add_own_device(mediator.device));
  open_epoch(*pair.village.replica, pair.place, pair.village.random, "mediation");
  const Scope scope =
      *require(pair.village.replica->roster(pair.place.space))->find_scope("mediation");
  const attachment::Reference secret = pair.from.seal(random_bytes(1000, 1));
  replica::ChangeDraft draft;
  draft.parts.push_back(
      {.record = pair.village.replica->new_record_id(),
       .registry = "mediation",
       .scope = scope,
       .operations = {set_field("agreement_scan.1", attachment::encode_reference(secret))}});
  require(pair.village.replica->append(pair.place.space, mediator.device, {&draft, 1}, 0));
  const BlobId open = pair.attach(2000, 2);
  TempFolder stick;
  auto given = [&](const Person& person) {
    return attachment_bytes_in(pair.from.write(person, stick.path(), {.is_dry_run = true}));
  };
  CHECK(given(mediator) == open.bytes + secret.blob().bytes);
  // A full node that keeps the part sealed doesn't know what it refers to, and would not take it.
  CHECK(given(pair.officer) == open.bytes);
  CHECK(given(auditor) == open.bytes);
  CHECK(given(watcher) == 0);
}

TEST_CASE("An attachment that is damaged at its writer is said and costs the others nothing",
          "[bundle]") {
  Pair pair;
  const BlobId bad = pair.attach(100'000, 1), good = pair.attach(100'000, 2);
  const auto path = pair.from.blobs->folder() / bad.address.hex();
  Bytes bytes = read_file(path);
  bytes[70'000] ^= 1;
  write_file(path, bytes);
  const peers::WrittenBundle written = pair.write();
  CHECK(written.unreadable == std::set<BlobId>{bad});
  pair.to.read(pair.stick.path());
  CHECK(pair.to.has(good));
  CHECK_FALSE(pair.to.has(bad));
}

TEST_CASE("Whatever slot of an annex is damaged, what is in it comes with the next bundle alone",
          "[bundle]") {
  Pair pair;
  const BlobId blob = pair.attach(300'000, 1);
  const peers::WrittenBundle written = pair.write();
  const auto path = bundle_files(pair.stick.path()).at(0);
  const Bytes whole = read_file(path);
  const bundle::Letter& letter = written.letters.at(0).letter;
  REQUIRE(letter.slots == 5);
  for (std::uint32_t slot = 0; slot < letter.slots; ++slot) {
    CAPTURE(slot);
    BundleNode fresh(30 + slot, pair.officer);
    require(fresh.replica->join(pair.place.space, pair.place.founder.wire.wire()));
    Holder reader(fresh);
    Bytes damaged = whole;
    damaged[(1 + letter.chunks) * bundle::kBlockBytes + slot * bundle::kSlotBytes + 99] ^= 1;
    write_file(path, damaged);
    const peers::StickReport report = reader.read(pair.stick.path());
    CHECK(report.files.at(0).annex.damaged_slots == 1);
    CHECK(report.files.at(0).attachments.partial == std::set<BlobId>{blob});
    pair.carry_receipts_back();
    TempFolder other;
    const peers::WrittenBundle second = pair.from.write(pair.officer, other.path());
    CHECK(attachment_bytes_in(second) == attachment::chunk_bytes(blob.bytes, slot));
    reader.read(other.path());
    CHECK(reader.has(blob));
  }
}

TEST_CASE(
    "Whatever write fails while attachments are kept, changes are there and the next try "
    "completes",
    "[bundle]") {
  Pair pair;
  const BlobId one = pair.attach(200'000, 1), two = pair.attach(70'000, 2);
  pair.write();
  bool fired = true;
  for (std::uint64_t n = 1; fired; ++n) {
    REQUIRE(n < 200);
    CAPTURE(n);
    BundleNode fresh(100 + n, pair.officer);
    require(fresh.replica->join(pair.place.space, pair.place.founder.wire.wire()));
    FailNth faults(n);
    Holder reader(fresh, &faults);
    const peers::StickReport report = reader.read(pair.stick.path(), {.answers = false});
    fired = faults.fired();
    CHECK(report.not_kept.has_value() == fired);
    CHECK(fresh.hash(pair.place.space) == pair.village.hash(pair.place.space));
    const peers::StickReport again = reader.read(pair.stick.path(), {.answers = false});
    CHECK_FALSE(again.not_kept);
    CHECK(reader.has(one));
    CHECK(reader.has(two));
  }
}

TEST_CASE("A receipt says what is here in part, and another reader's part is not in its way",
          "[bundle]") {
  Pair pair;
  const BlobId blob = pair.attach(400'000, 1);
  pair.write({.attachments = CarryChoice::kNone});
  pair.to.read(pair.stick.path());
  const auto source = require(pair.from.blobs->open_blob(blob));
  auto part = require(pair.to.blobs->resume(blob));
  require(part->put(1, require(source->read_chunk(1))));
  require(part->put(2, require(source->read_chunk(2))));
  // Another process takes it: the receipt can't tell what is there.
  CHECK(require(pair.to.attachments.carried.find_lacked(pair.place.space)).at(0).chunks.empty());
  part.reset();
  const auto lacked = require(pair.to.attachments.carried.find_lacked(pair.place.space));
  CHECK(lacked.at(0).is_wanted);
  CHECK(lacked.at(0).chunks ==
        std::vector<bundle::ChunkSpan>{{.first = 0, .count = 1}, {.first = 3, .count = 4}});
}

TEST_CASE("Chunks of one attachment that do not lie together are not taken twice over",
          "[bundle]") {
  Pair pair;
  const BlobId one = pair.attach(200'000, 1), two = pair.attach(200'000, 2);
  pair.write({.attachments = CarryChoice::kNone});
  pair.to.read(pair.stick.path());
  auto take = [&](const BlobId& blob, std::uint32_t index) {
    const auto stored = require(pair.from.blobs->open_blob(blob));
    require(pair.to.attachments.carried.take(pair.place.space,
                                             {.blob = blob,
                                              .index = index,
                                              .path = stored->tree().path(index),
                                              .bytes = require(stored->read_chunk(index))}));
  };
  take(one, 0);
  take(two, 0);
  take(one, 1);
  CHECK(pair.to.blobs->bytes_here(one) == attachment::chunk_bytes(one.bytes, 0));
  CHECK(require(pair.to.attachments.carried.finish()).partial == std::set<BlobId>{one, two});
  take(one, 1);
  CHECK(require(pair.to.attachments.carried.finish()).partial == std::set<BlobId>{one});
  CHECK(pair.to.blobs->bytes_here(one) == 2 * attachment::chunk_bytes(one.bytes, 0));
}

TEST_CASE("A chunk that is not the attachment's is refused before anything of it is kept",
          "[bundle]") {
  Pair pair;
  const BlobId blob = pair.attach(200'000, 1);
  pair.write({.attachments = CarryChoice::kNone});
  pair.to.read(pair.stick.path());
  const auto stored = require(pair.from.blobs->open_blob(blob));
  bundle::CarriedChunk chunk{.blob = blob,
                             .index = 1,
                             .path = stored->tree().path(1),
                             .bytes = require(stored->read_chunk(1))};
  chunk.bytes[9] ^= 1;
  CHECK(pair.to.attachments.carried.take(pair.place.space, chunk).error().code == Errc::kTampered);
  CHECK(pair.to.blobs->bytes_here(blob) == 0);
}

TEST_CASE("Parts that a node lacks come on a stick once its receipt has said so", "[bundle]") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  for (int i = 0; i < 30; ++i)
    all.write(all.desk, all.zhang, record, std::to_string(i), "第" + std::to_string(i) + "稿");
  all.meet(all.desk, all.relay);
  all.meet(all.relay, all.office);
  REQUIRE(all.standing(all.office).lacking == 30);

  // Books and keys of the two; the replicas are those above.
  BundleNode office_desk(41, all.village.founder), zhang_desk(42, all.zhang);
  auto context = [&](BundleNode& desk, TestReplica& at) {
    return peers::BundleContext{.replica = *at,
                                .keys = desk.keys,
                                .book = *desk.book,
                                .random = desk.random,
                                .claimed_ms = ++desk.clock};
  };
  const auto to_office = *require(peers::find_bundle_peer(
      *all.desk, all.village.founder.node.node(), all.village.founder.wire.wire()));
  const auto to_zhang =
      *require(peers::find_bundle_peer(*all.office, all.zhang.node.node(), all.zhang.wire.wire()));
  TempFolder stick, full;
  require(peers::write_receipts(context(office_desk, all.office), to_zhang, stick.path()));
  require(peers::read_receipts(context(zhang_desk, all.desk), stick.path()));
  const auto written =
      require(peers::write_bundles(context(zhang_desk, all.desk), {to_office}, stick.path(), {}));
  REQUIRE(written.at(0).letters.size() == 1);
  CHECK(written.at(0).letters[0].letter.spaces.at(0).parts == 30);
  const auto read = require(peers::read_stick(context(office_desk, all.office), stick.path(), {}));
  CHECK(read.files.at(0).annex.parts.at(all.space).parts == 30);
  CHECK(read.files.at(0).annex.refused_items == 0);
  CHECK(all.standing(all.office).lacking == 0);
  CHECK(all.facts(all.office, record) == all.facts(all.desk, record));
  CHECK(all.views(all.office) == all.views(all.desk));
  // And then no more.
  require(peers::read_receipts(context(zhang_desk, all.desk), stick.path()));
  CHECK(require(peers::write_bundles(context(zhang_desk, all.desk), {to_office}, full.path(), {}))
            .at(0)
            .letters.empty());
}

TEST_CASE("Who may not have parts gets none, whatever its receipt says to lack", "[bundle]") {
  ScopedNodes all;
  const RecordId record = all.office.random().make<RecordId>();
  all.write(all.office, all.village.founder, record, "1", "李某自认");
  bundle::LackedSpan span{
      .is_open = false, .span = {.author = all.village.founder.author(), .first = {}, .bits = {}}};
  for (std::uint64_t seq = 0; seq < 40; ++seq) span.span.add(seq);
  const std::vector<bundle::AnnexTask> tasks{{.space = all.space, .what = span}};
  auto parts_for = [&](const Person& person) {
    bundle::AnnexWriter writer(*all.office, nullptr, person.wire.wire(), tasks,
                               {.max_slots = 100, .from = {}, .listed = {}});
    while (require(writer.next())) {
    }
    return writer.contents().empty() ? 0u : writer.contents().at(all.space).parts;
  };
  CHECK(parts_for(all.zhang) == 1);
  CHECK(parts_for(all.li) == 0);
}
