// SPDX-License-Identifier: Apache-2.0
// Attachments between nodes: which come by themselves, who may have them, and what of it survives
// cut links.
#include "node/attachments/attachment_depot.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <random>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/attachment/pieces.h"
#include "node/attachments/attach_file.h"
#include "tests/node/attachments/attaching_nodes.h"
#include "tests/support/random_blob.h"

using namespace cunju;
using namespace cunju::test;
using attachments::BlobId;
using Kind = peers::PeerEvent::Kind;
using cunju::testing::random_bytes;

namespace {

using Two = AttachingNodes;

void write_file(const std::filesystem::path& path, ByteView content) {
  std::ofstream(path, std::ios::binary) << as_text(content);
}

}  // namespace

TEST_CASE("an attachment comes with the record that refers to it, and opens there") {
  Two two;
  const RecordId record = two.add_minutes();
  const Bytes content = random_bytes(300'000, 1);
  const auto reference = two.attach(two.a, record, "scan", content);
  two.sync();
  CHECK(two.read(two.b, reference) == content);
  // And back, from who was called to who calls.
  const auto other = two.attach(two.b, record, "photo", random_bytes(100'000, 2));
  two.sync();
  CHECK(two.read(two.a, other) == random_bytes(100'000, 2));
  CHECK(two.b.count(Kind::kLog) == 0);
}

TEST_CASE(
    "of what is to come no more is told than is wanted and not here, and it falls to nothing") {
  Two two;
  require(attachments::save_policy(two.b.blobs->folder(), {.each = 250'000}));
  const RecordId record = two.add_minutes();
  two.attach(two.a, record, "scan", random_bytes(900'000, 1));  // Too large to come unasked.
  const auto one = two.attach(two.a, record, "scan", random_bytes(200'000, 2));
  const auto other = two.attach(two.a, record, "photo", random_bytes(150'000, 3));
  two.b.events.clear();
  two.sync();
  std::uint64_t most = 0, last = 1;
  for (const peers::PeerEvent& event : two.b.events) {
    if (event.kind != Kind::kProgress) continue;
    last = event.progress.attachments.to_come;
    most = std::max(most, last);
  }
  const std::uint64_t wanted = one.blob().bytes + other.blob().bytes;
  CHECK(most <= wanted);
  CHECK(most > wanted / 2);
  CHECK(last == 0);
}

TEST_CASE("a large attachment comes when somebody asks for it") {
  Two two;
  require(attachments::save_policy(two.b.blobs->folder(), {.each = 50'000}));
  const RecordId record = two.add_minutes();
  const auto large = two.attach(two.a, record, "scan", random_bytes(60'000, 1));
  const auto small = two.attach(two.a, record, "scan", random_bytes(40'000, 2));
  two.sync();
  CHECK_FALSE(two.b.blobs->seems_whole(large.blob()));
  CHECK(two.b.blobs->seems_whole(small.blob()));
  require(two.b.blobs->want(large.address));
  two.b.now += attachments::kLookAgain;
  two.sync();
  CHECK(two.b.blobs->seems_whole(large.blob()));
  CHECK(two.b.blobs->wanted().empty());
}

TEST_CASE("more small attachments come than are taken at once") {
  Two two;
  const RecordId record = two.add_minutes();
  std::vector<attachment::Reference> all;
  for (std::uint64_t i = 0; i < 3 * limits::kMaxOpenAttachments; ++i)
    all.push_back(two.attach(two.a, record, "photo", random_bytes(100 + i, i)));
  two.sync();
  for (const auto& each : all) CHECK(two.b.blobs->seems_whole(each.blob()));
}

TEST_CASE("a live session brings what is attached while it lives") {
  Two two;
  const RecordId record = two.add_minutes();
  two.b.manager->set_leave_when_caught_up(false);
  auto line = call(two.b, two.a, "a");
  line->pump();
  const auto reference = two.attach(two.a, record, "scan", random_bytes(200'000, 3));
  two.a.manager->on_commit();
  line->pump();
  CHECK(two.b.blobs->seems_whole(reference.blob()));
}

TEST_CASE("wherever a connection is cut, the attachments come in the end") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  Two two;
  const RecordId record = two.add_minutes();
  std::vector<attachment::Reference> all;
  for (int i = 0; i < 3; ++i)
    all.push_back(two.attach(two.a, record, "scan", random_bytes(1 + dice() % 2'000'000, dice())));
  auto has_all = [&] {
    return std::ranges::all_of(
        all, [&](const auto& each) { return two.b.blobs->seems_whole(each.blob()); });
  };
  int cuts = 0;
  for (; !has_all() && cuts < 500; ++cuts) {
    auto line = call(two.b, two.a, "a");
    for (std::uint64_t steps = 5 + dice() % 25; steps > 0 && line->step(); --steps) {
    }
    line->cut();
    if (dice() % 4 == 0) two.b.restart();
  }
  CHECK(has_all());
  CHECK(cuts < 500);
}

TEST_CASE("a node is given what its place in the roster lets it have, and nothing else") {
  Two two;
  const RecordId record = two.add_minutes();
  const auto reference = two.attach(two.a, record, "scan", random_bytes(1000, 1));
  two.sync();
  const WireKey b = two.b.keys.wire.wire();
  auto is_given = [&](const WireKey& peer, const BlobId& blob) {
    return require(two.a.depot->find_chunk(peer, two.space, blob, 0)).has_value();
  };
  CHECK(is_given(b, reference.blob()));
  SECTION("a stranger") { CHECK_FALSE(is_given(WireKey{{9}}, reference.blob())); }
  SECTION("another size") {
    CHECK_FALSE(is_given(b, {reference.address, reference.blob().bytes + 1}));
  }
  SECTION("an attachment that no record refers to") {
    auto made = require(two.a.blobs->create(two.a.random));
    require(made.append(Bytes(100)));
    CHECK_FALSE(is_given(b, require(made.finish())));
  }
  SECTION("an attachment that was replaced") {
    const auto path = two.a.folder / "new.bin";
    write_file(path, random_bytes(10, 5));
    const auto next = require(attachments::attach_file(*two.a.blobs, path, {}, two.a.random));
    require(two.book(two.a).attach(two.act(two.a), "minutes", record, "scan.1", next.value));
    CHECK_FALSE(is_given(b, reference.blob()));
  }
  SECTION("one of another space") {
    const SpaceId other = two.a.found("别的村");
    CHECK_FALSE(require(two.a.depot->find_chunk(b, other, reference.blob(), 0)).has_value());
  }
  SECTION("a damaged one") {
    std::ofstream(two.a.blobs->folder() / reference.address.hex(),
                  std::ios::binary | std::ios::in | std::ios::out)
        << "damage";
    CHECK_FALSE(is_given(b, reference.blob()));
  }
}

TEST_CASE("what one author attaches beyond the quota stands, and is not fetched unasked") {
  Two two;
  require(attachments::save_policy(two.b.blobs->folder(), {.author = 150'000}));
  const RecordId record = two.add_minutes();
  std::vector<attachment::Reference> all;
  for (std::uint64_t i = 0; i < 4; ++i)
    all.push_back(two.attach(two.a, record, "scan", random_bytes(60'000, i)));
  two.sync();
  std::uint64_t here = 0;
  for (const auto& each : all) here += two.b.blobs->seems_whole(each.blob()) ? 1u : 0u;
  CHECK(here == 2);
  CHECK(attachments::find_references(*two.b.replica, two.space, *two.catalog).value().size() == 4);
}

TEST_CASE("who replaces one scan again and again is charged with all that came of it") {
  Two two;
  require(attachments::save_policy(two.b.blobs->folder(),
                                   {.each = 50'000, .author = 100'000, .space = 100'000}));
  const RecordId record = two.add_minutes();
  std::vector<attachment::Reference> all;
  for (std::uint64_t i = 0; i < 6; ++i) {
    all.push_back(two.attach(two.a, record, i == 0 ? "scan" : "scan.1", random_bytes(45'000, i)));
    two.sync();
    // Also by a program that was started since.
    if (i % 2 == 0) two.b.restart();
  }
  auto here = [&] {
    return std::ranges::count_if(
        all, [&](const auto& each) { return two.b.blobs->has_any(each.address); });
  };
  CHECK(here() == 2);
  // Somebody wants the newest one: that is no matter of what comes unasked.
  require(two.b.blobs->want(all.back().address));
  two.b.now += attachments::kLookAgain;
  two.sync();
  CHECK(two.b.blobs->seems_whole(all.back().blob()));
  // What is gone is charged to nobody any more.
  require(two.b.blobs->destroy(all[0].address));
  require(two.b.blobs->destroy(all[1].address));
  require(two.b.blobs->destroy(all.back().address));
  two.attach(two.a, record, "scan.1", random_bytes(45'000, 9));
  two.b.now += attachments::kLookAgain;
  two.sync();
  CHECK(two.b.blobs->stored_bytes() > 45'000);
}

TEST_CASE("whatever is attached, replaced and asked for, an author's quota and the space's hold") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  TempFolder home;
  const auto folder = require(attachments::BlobFolder::open(home / "blobs"));
  const attachments::FetchPolicy policy{
      .each = 900, .author = 2000, .space = 5000, .total = 4000 + dice() % 3000};
  std::vector<attachments::Referred> references;
  std::vector<attachments::Charge> charges;
  std::map<AuthorKey, std::uint64_t> came;
  std::uint64_t all = 0;
  for (int turn = 0; turn < 300; ++turn) {
    attachments::Referred each;
    crypto::SeededRandom random(dice());
    random.fill(each.blob.address.value);
    each.blob.bytes = 16 + dice() % 1000;
    each.author.value[0] = static_cast<std::uint8_t>(dice() % 4);
    if (!references.empty() && dice() % 3 != 0) references.erase(references.begin());
    references.push_back(each);
    std::ranges::sort(references, {}, &attachments::Referred::blob);
    const attachments::HomeUse use{.charges = charges, .stored = folder->stored_bytes()};
    for (const auto& charge : attachments::choose_unasked(references, policy, use, *folder)) {
      write_file(folder->folder() / charge.blob.address.hex(), Bytes(charge.blob.bytes));
      charges.push_back(charge);
      CHECK(charge.blob.bytes <= policy.each);
      came[charge.author] += charge.blob.bytes;
      all += charge.blob.bytes;
    }
    for (const auto& [author, bytes] : came) CHECK(bytes <= policy.author);
    CHECK(all <= std::min(policy.space, policy.total));
  }
  CHECK(all > 3000);
}

TEST_CASE("when the attachments of all spaces together take what they may, no more come unasked") {
  Two two;
  const RecordId record = two.add_minutes();
  const auto first = two.attach(two.a, record, "scan", random_bytes(50'000, 1));
  two.sync();
  require(attachments::save_policy(two.b.blobs->folder(), {.total = 100'000}));
  // Of another space, or attached here: it takes disk all the same.
  write_file(two.b.folder / "own.bin", random_bytes(60'000, 2));
  require(attachments::attach_file(*two.b.blobs, two.b.folder / "own.bin", {}, two.b.random));
  const auto second = two.attach(two.a, record, "photo", random_bytes(1000, 3));
  two.b.now += attachments::kLookAgain;
  two.sync();
  CHECK(two.b.blobs->seems_whole(first.blob()));
  CHECK_FALSE(two.b.blobs->has_any(second.address));
  require(attachments::save_policy(two.b.blobs->folder(), {.total = 200'000}));
  two.b.now += attachments::kLookAgain;
  two.sync();
  CHECK(two.b.blobs->seems_whole(second.blob()));
}

TEST_CASE("the choice of what is fetched keeps each limit and depends on nothing else") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  for (int turn = 0; turn < 200; ++turn) {
    std::vector<attachments::Referred> references;
    for (std::uint64_t i = 0; i < dice() % 30; ++i) {
      attachments::Referred each;
      each.blob.address.value[0] = static_cast<std::uint8_t>(dice());
      each.blob.bytes = 16 + dice() % 1000;
      each.author.value[0] = static_cast<std::uint8_t>(dice() % 4);
      references.push_back(each);
    }
    std::ranges::sort(references, {}, &attachments::Referred::blob);
    const attachments::FetchPolicy policy{
        .each = dice() % 1200, .author = dice() % 5000, .space = dice() % 10'000};
    const std::set<BlobId> chosen = attachments::choose_by_policy(references, policy);
    std::uint64_t all = 0;
    for (const BlobId& blob : chosen) {
      CHECK(blob.bytes <= policy.each);
      all += blob.bytes;
    }
    CHECK(all <= policy.space);
    std::ranges::shuffle(references, dice);
    CHECK(attachments::choose_by_policy(references, policy) == chosen);
  }
  CHECK(attachments::choose_by_policy({}, {}).empty());
}

TEST_CASE("a policy reads back as it was saved, and one that was damaged is refused") {
  TempFolder home;
  CHECK(require(attachments::load_policy(home.path())) == attachments::FetchPolicy{});
  const attachments::FetchPolicy policy{
      .each = 1, .author = 2, .space = ~std::uint64_t{0}, .total = 5};
  require(attachments::save_policy(home.path(), policy));
  CHECK(require(attachments::load_policy(home.path())) == policy);
  // Of a program that knew no total.
  write_file(home / "policy", as_bytes(std::string_view("each 1\nauthor 2\nspace 3\n")));
  CHECK(require(attachments::load_policy(home.path())) ==
        attachments::FetchPolicy{.each = 1, .author = 2, .space = 3, .total = 5});
  // Where the total stood beside the others: its own file counts.
  write_file(home / "policy", as_bytes(std::string_view("each 1\nauthor 2\nspace 3\ntotal 4\n")));
  CHECK(require(attachments::load_policy(home.path())).total == 5);
  std::filesystem::remove(home / "total");
  CHECK(require(attachments::load_policy(home.path())).total == 4);
  for (const char* text :
       {"", "each 1\n", "each 1\nauthor 2\nspace 3", "each x\nauthor 2\nspace 3\n",
        "each 1\nauthor 2\nspace 99999999999999999999\n", "each 1\nauthor 2\nspace 3\nmore",
        "each 1\nauthor 2\nspace 3\ntotal 4\nmore"}) {
    CAPTURE(text);
    write_file(home / "policy", as_bytes(text));
    CHECK(attachments::load_policy(home.path()).error().code == Errc::kMalformed);
    CHECK(attachments::policy_in_force(home.path()).each == 0);
  }
  require(attachments::save_policy(home.path(), policy));
  write_file(home / "total", as_bytes(std::string_view("much\n")));
  CHECK(attachments::load_policy(home.path()).error().code == Errc::kMalformed);
  require(attachments::save_policy(home.path(), policy));
  CHECK(require(attachments::load_policy(home.path())) == policy);
}

TEST_CASE("a program that knows of no total reads the policy that this one saves") {
  TempFolder home;
  require(attachments::save_policy(home.path(), {.each = 1, .author = 2, .space = 3, .total = 4}));
  const Bytes policy = require(store::read_whole_file(home / "policy", 4096));
  CHECK(as_text(policy) == "each 1\nauthor 2\nspace 3\n");
}

TEST_CASE("by a policy that can't be read nothing comes unasked, and all that is asked for") {
  Two two;
  const RecordId record = two.add_minutes();
  const auto scan = two.attach(two.a, record, "scan", random_bytes(1000, 1));
  const auto photo = two.attach(two.a, record, "photo", random_bytes(1000, 2));
  write_file(two.b.blobs->folder() / "policy", as_bytes(std::string_view("each 4\n")));
  require(two.b.blobs->want(photo.address));
  two.sync();
  CHECK(two.b.blobs->seems_whole(photo.blob()));
  CHECK_FALSE(two.b.blobs->seems_whole(scan.blob()));
  CHECK(attachments::find_references(*two.b.replica, two.space, *two.catalog).value().size() == 2);
}

TEST_CASE("what was begun and of which nothing came counts against the total like any other") {
  TempFolder home;
  const auto folder = require(attachments::BlobFolder::open(home / "blobs"));
  attachments::Referred each;
  each.blob = {.address = attachments::Address{{1}}, .bytes = 200'000};
  const std::vector<attachments::Referred> references{each};
  const attachments::FetchPolicy policy{.total = 100'000};
  const attachments::HomeUse use{.charges = {}, .stored = 0};
  const auto choose = [&] {
    return attachments::choose_unasked(references, policy, use, *folder).size();
  };
  write_file(folder->folder() / (each.blob.address.hex() + ".part"), {});
  write_file(folder->folder() / (each.blob.address.hex() + ".leaves"), {});
  CHECK(choose() == 0);
  // From its first chunk on it counts as whole in what is stored, and goes on.
  require(require(folder->resume(each.blob))->put(0, Bytes(65'536, 7)));
  CHECK(choose() == 1);
}

TEST_CASE("an attachment that was begun and of which nothing came leaves no files") {
  Two two;
  const RecordId record = two.add_minutes();
  const auto scan = two.attach(two.a, record, "scan", random_bytes(100'000, 1));
  std::filesystem::remove(two.a.blobs->folder() / scan.address.hex());
  two.sync();
  CHECK_FALSE(two.b.blobs->has_any(scan.address));
  CHECK_FALSE(std::filesystem::exists(two.b.blobs->folder() / (scan.address.hex() + ".leaves")));
}
