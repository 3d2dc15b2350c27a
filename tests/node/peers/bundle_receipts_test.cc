// SPDX-License-Identifier: Apache-2.0
// Which receipt counts: old ones, those of others, forged ones, and those of nodes that were
// restored from a backup or set up anew. None may make a bundle lack something for good.
#include "net/bundle/bundle_limits.h"
#include "tests/node/peers/bundle_node.h"

namespace cunju::test {
namespace {

using peers::Filing;

/// A book with receipts that one node makes of nothing in particular.
struct Filed : BundleNode {
  Filed() : BundleNode(1) {}
  Filing file(std::uint64_t number, std::vector<bundle::LetterId> answers, std::uint64_t seq = 0) {
    const bundle::Receipt receipt{.space = space,
                                  .node = other.node(),
                                  .to = {},
                                  .number = number,
                                  .answers = std::move(answers),
                                  .logs = {{AuthorKey{{1}}, {{.seq = {seq}, .id = {}}}}}};
    return require(book->file_receipt(receipt, bundle::encode_receipt(receipt, other)));
  }
  std::uint64_t counts() { return require(book->receipt(other.node(), space))->number; }
  bundle::LetterId letter() {
    const auto id = random.make<bundle::LetterId>();
    require(book->note_letter(other.node(), id));
    return id;
  }

  crypto::SigningKey other = crypto::SigningKey::generate(random);
  SpaceId space = random.make<SpaceId>();
};

/// A file that a member's program could make, whatever ours does.
void write_letter_of(const Person& from, const Person& to,
                     const std::vector<peers::SpaceReceipt>& receipts,
                     const std::filesystem::path& dir, crypto::RandomSource& random) {
  bundle::Sealer sealer = require(bundle::Sealer::make(to.wire.wire(), random));
  bundle::Packer packer;
  for (const peers::SpaceReceipt& receipt : receipts)
    CHECK(packer.add({bundle::ItemKind::kReceipt, receipt.space, receipt.bytes}).empty());
  const Bytes chunk = sealer.seal_chunk(packer.finish());
  const bundle::Letter letter{
      .from = from.node.node(), .from_wire = from.wire.wire(), .chunks = 1, .spaces = {}};
  const Bytes head = sealer.seal_head(
      bundle::encode_letter(letter, from.node, to.wire.wire(), sealer.ephemeral()));
  Bytes file = head;
  append(file, chunk);
  append(file, head);
  std::filesystem::create_directory(dir / "CUNJU");
  write_file(dir / "CUNJU" / "ABCDEFGH.CUR", file);
}

/// Bundles and receipts go to and fro until the reader has all; how many bundles that took.
int converge(TwoNodes& two, BundleNode& reader) {
  for (int round = 1; round <= 6; ++round) {
    TempFolder stick;
    const peers::WrittenBundle written = two.village.write(two.officer, stick.path());
    if (written.letters.empty()) return round - 1;
    reader.read(stick.path());
    two.village.read(stick.path());
  }
  return -1;
}

}  // namespace

TEST_CASE("Of two receipts the one that answers the newer letter counts, whatever its number",
          "[bundle]") {
  Filed filed;
  const bundle::LetterId first = filed.letter(), second = filed.letter();
  CHECK(filed.file(7, {first}) == Filing::kNew);
  CHECK(filed.file(7, {first}) == Filing::kSame);
  CHECK(filed.file(6, {first}) == Filing::kOlder);
  CHECK(filed.file(8, {first}) == Filing::kNew);
  // A node that was restored counts from an old number again, and has read a newer letter.
  CHECK(filed.file(2, {second, first}) == Filing::kNew);
  CHECK(filed.counts() == 2);
  // What it had signed before is older, however often it turns up.
  CHECK(filed.file(9, {first}) == Filing::kOlder);
  CHECK(filed.file(99, {}) == Filing::kOlder);
  CHECK(filed.file(100, {filed.random.make<bundle::LetterId>()}) == Filing::kOlder);
  CHECK(filed.counts() == 2);
}

TEST_CASE("A receipt that answers nothing counts as long as there is no better one", "[bundle]") {
  Filed filed;
  CHECK(filed.file(3, {}) == Filing::kNew);
  CHECK(filed.file(2, {}) == Filing::kOlder);
  CHECK(filed.file(4, {}) == Filing::kNew);
  const bundle::LetterId letter = filed.letter();
  CHECK(filed.file(1, {letter}) == Filing::kNew);
}

TEST_CASE("A letter to one node gives no rank to another one's receipts", "[bundle]") {
  Filed filed;
  const auto foreign = filed.random.make<bundle::LetterId>();
  require(filed.book->note_letter(filed.random.make<NodeKey>(), foreign));
  CHECK(filed.file(5, {filed.letter()}) == Filing::kNew);
  filed.letter();
  CHECK(filed.file(6, {foreign}) == Filing::kOlder);
}

TEST_CASE("Only the newest letters are remembered, and receipts keep the rank that they had",
          "[bundle]") {
  Filed filed;
  const bundle::LetterId first = filed.letter();
  CHECK(filed.file(1, {first}) == Filing::kNew);
  bundle::LetterId last;
  for (std::size_t i = 0; i < limits::kMaxRememberedLetters; ++i) last = filed.letter();
  // The first is forgotten: an answer to it has no rank any more, and the filed one still has.
  CHECK(filed.file(2, {first}) == Filing::kOlder);
  CHECK(filed.file(2, {last}) == Filing::kNew);
}

TEST_CASE("What a book knows is sealed, and opens with the home's own key only", "[bundle]") {
  Filed filed;
  const bundle::LetterId letter = filed.letter();
  filed.file(1, {letter});
  require(filed.book->put_unfinished(
      filed.other.node(), {.bundle = {{1}},
                           .next_part = 3,
                           .known = {{filed.space, {{AuthorKey{{5}}, {{{4}, {{6}}}}}}}}}));
  const auto unfinished = require(filed.book->unfinished(filed.other.node()));
  REQUIRE(unfinished);
  CHECK(unfinished->next_part == 3);
  CHECK(unfinished->known.at(filed.space).at(AuthorKey{{5}}) ==
        std::vector<wire::Sample>{{{4}, {{6}}}});
  const crypto::Secret<32> other(Bytes(32, 9));
  auto opened = require(peers::BundleBook::open(*filed.store, other, filed.random));
  CHECK(opened->receipt(filed.other.node(), filed.space).error().code == Errc::kTampered);
  CHECK(opened->unfinished(filed.other.node()).error().code == Errc::kTampered);
  CHECK(opened->next_receipt_number().value() == 1);
  CHECK(filed.book->next_receipt_number().error().code == Errc::kTampered);
}

TEST_CASE("A receipt for somebody else, or of somebody else, is not used", "[bundle]") {
  TwoNodes two;
  const Person other = admit_person(*two.village.replica, two.place, two.village.random, "李");
  two.village.note(two.place.space, two.place.founder, 20);
  two.village.write(two.officer, two.stick.path());
  two.office.read(two.stick.path());
  // The office's receipt for the other node, in a letter to the village.
  BundleNode forger(61, two.officer);
  pull(*forger.replica, *two.office.replica, two.place.space);
  peers::BundlePeer wrong = forger.peer(two.place.founder);
  wrong.node = other.node.node();
  TempFolder stick;
  require(peers::write_receipts(forger.context(), wrong, stick.path()));
  const peers::StickReport report = two.village.read(stick.path());
  CHECK(report.refused_receipts == 1);
  CHECK(report.receipts.empty());
  CHECK_FALSE(require(two.village.book->receipt(two.officer.node.node(), two.place.space)));
  // The office's own receipt for the village, in a letter of another member.
  const std::vector<peers::SpaceReceipt> taken_along = require(
      peers::make_receipts(two.office.context(), two.office.peer(two.place.founder), false));
  TempFolder swapped;
  write_letter_of(other, two.place.founder, taken_along, swapped.path(), two.village.random);
  const peers::StickReport second = two.village.read(swapped.path());
  CHECK(second.files.at(0).state == peers::FileState::kReadable);
  CHECK(second.refused_receipts == 1);
  CHECK_FALSE(require(two.village.book->receipt(two.officer.node.node(), two.place.space)));
  // Another member's receipt says nothing about the office.
  BundleNode li(62, other);
  pull(*li.replica, *two.village.replica, two.place.space);
  TempFolder third;
  require(peers::write_receipts(li.context(), li.peer(two.place.founder), third.path()));
  CHECK(two.village.read(third.path()).receipts.size() == 1);
  CHECK_FALSE(require(two.village.book->receipt(two.officer.node.node(), two.place.space)));
}

TEST_CASE("A lost bundle is written again, because only receipts count", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 20);
  TempFolder lost;
  const std::uint64_t sent = changes_in(two.village.write(two.officer, lost.path()));
  two.village.note(two.place.space, two.place.founder, 2);
  CHECK(changes_in(two.village.write(two.officer, two.stick.path())) == sent + 2);
  two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE("Of a log with very many branches nothing is written again once it was receipted",
          "[bundle]") {
  // More than lists name, and more than there are samples of a log.
  const std::size_t count = GENERATE(limits::kMaxHeadsPerAuthor + 6, limits::kMaxSamples + 40);
  CAPTURE(count);
  TwoNodes two;
  const Person liar = admit_person(*two.village.replica, two.place, two.village.random, "钱");
  const std::vector<ChangeId> pins = require(two.village.replica->roster_heads(two.place.space));
  const std::uint64_t before =
      require(two.village.replica->measure_missing(two.place.space, sync::Have{})).changes;
  std::vector<sync::Run> branches;
  for (std::size_t i = 0; i < count; ++i)
    branches.push_back({{forge_change(
        liar.device, two.place.space, nullptr, pins,
        {forge_part(two.village.replica->new_record_id(), {}, {set_field("a", "x")})})}});
  require(two.village.replica->accept(two.place.space, branches));
  // What `status` counts: each change once.
  CHECK(require(two.village.replica->measure_missing(two.place.space, sync::Have{})).changes ==
        before + count);
  CHECK(changes_in(two.village.write(two.officer, two.stick.path())) > limits::kMaxHeadsPerAuthor);
  (void)two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  require(peers::read_receipts(two.village.context(), two.stick.path()));
  CHECK(two.village.write(two.officer, two.stick.path()).letters.empty());
}

TEST_CASE("A node that was set up anew gets everything by the second bundle at the latest",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 30);
  CHECK(converge(two, two.office) == 1);
  BundleNode anew(71, two.officer);
  require(anew.replica->join(two.place.space, two.place.founder.wire.wire()));
  two.village.note(two.place.space, two.place.founder, 3);
  const int bundles = converge(two, anew);
  CHECK(bundles == 2);
  CHECK(anew.hash(two.place.space) == two.village.hash(two.place.space));
  // Or at once, if somebody says so.
  BundleNode third(72, two.officer);
  require(third.replica->join(two.place.space, two.place.founder.wire.wire()));
  TempFolder stick;
  two.village.write(two.officer, stick.path(), {.everything = true});
  third.read(stick.path());
  CHECK(third.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE("An old receipt that turns up after a restoration does not stay in the way", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 30);
  TempFolder old;
  two.village.write(two.officer, old.path());
  two.office.read(old.path());  // Its receipt stays on this stick.
  BundleNode anew(81, two.officer);
  require(anew.replica->join(two.place.space, two.place.founder.wire.wire()));
  two.village.note(two.place.space, two.place.founder, 3);
  TempFolder stick;
  two.village.read(old.path());
  two.village.write(two.officer, stick.path());
  anew.read(stick.path());
  CHECK(anew.hash(two.place.space) != two.village.hash(two.place.space));
  two.village.read(stick.path());
  two.village.read(old.path());  // Once more, after the newer one.
  CHECK(converge(two, anew) == 1);
  CHECK(anew.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE("A writer that was restored knows less of receipts and leaves nothing out", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 10);
  converge(two, two.office);
  two.village.reset_book();  // As in an old backup, and the letters of since are unknown to it.
  two.village.note(two.place.space, two.place.founder, 3);
  CHECK(converge(two, two.office) >= 1);
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  CHECK(two.village.write(two.officer, two.stick.path()).letters.empty());
}

TEST_CASE("Nodes that are restored and sticks that come late agree in the end, from any seed",
          "[bundle]") {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    crypto::SeededRandom dice(seed);
    auto roll = [&](std::size_t sides) -> std::size_t {
      std::array<std::uint8_t, 1> out{};
      dice.fill(out);
      return out[0] % sides;
    };
    TwoNodes two;
    std::vector<std::unique_ptr<TempFolder>> sticks;
    std::unique_ptr<BundleNode> office = std::make_unique<BundleNode>(1000 + seed, two.officer);
    require(office->replica->join(two.place.space, two.place.founder.wire.wire()));
    for (int step = 0; step < 14; ++step) {
      two.village.note(two.place.space, two.place.founder, 1 + static_cast<int>(roll(5)));
      sticks.push_back(std::make_unique<TempFolder>());
      two.village.write(two.officer, sticks.back()->path());
      // Some stick, new or old, is read there; some comes back, which may be another one.
      if (roll(3) != 0) office->read(sticks[roll(sticks.size())]->path());
      if (roll(3) != 0) two.village.read(sticks[roll(sticks.size())]->path());
      if (roll(6) == 0) {
        office = std::make_unique<BundleNode>(2000 + 100 * seed + static_cast<unsigned>(step),
                                              two.officer);
        require(office->replica->join(two.place.space, two.place.founder.wire.wire()));
      }
    }
    const int bundles = converge(two, *office);
    CHECK(bundles >= 0);
    CHECK(bundles <= 2);
    CHECK(office->hash(two.place.space) == two.village.hash(two.place.space));
  }
}

}  // namespace cunju::test
