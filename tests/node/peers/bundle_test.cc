// SPDX-License-Identifier: Apache-2.0
// Bundles between nodes with real stores: there, back, to several nodes, and with everything that
// people and file systems do to sticks.
#include <sys/stat.h>

#include "node/council/scope_acts.h"
#include "tests/node/peers/bundle_node.h"

namespace cunju::test {
namespace {

using peers::FileState;

}  // namespace

TEST_CASE("A bundle, a receipt back, and the next bundle has only what is new", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 600);
  const peers::WrittenBundle first = two.village.write(two.officer, two.stick.path());
  REQUIRE(first.letters.size() == 1);
  CHECK(first.letters[0].letter.is_last);
  CHECK(first.missing.changes == 0);
  const auto files = bundle_files(two.stick.path());
  REQUIRE(files.size() == 1);
  CHECK(files[0].filename().string() == first.letters[0].file);
  CHECK(std::filesystem::file_size(files[0]) == first.letters[0].bytes);
  CHECK(first.letters[0].bytes % bundle::kBlockBytes == 0);

  const peers::StickReport seen =
      require(peers::look_at_stick(two.office.context(), two.stick.path()));
  REQUIRE(seen.files.size() == 1);
  CHECK(seen.files[0].state == FileState::kReadable);
  CHECK(seen.files[0].letter->from == two.place.founder.node.node());
  CHECK(seen.files[0].letter->spaces == first.letters[0].letter.spaces);
  // Looking has taken nothing.
  CHECK(require(two.office.replica->heads(two.place.space)).empty());

  const peers::StickReport taken = two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
  CHECK(taken.files[0].taken.spaces.at(two.place.space).admitted == changes_in(first));
  CHECK(taken.answered.size() == 1);
  // Its own copy of the village's receipt came along.
  CHECK(taken.receipts.size() == 1);
  REQUIRE(bundle_files(two.stick.path(), ".CUR").size() == 1);

  const peers::StickReport back = two.village.read(two.stick.path());
  REQUIRE(back.receipts.size() == 1);
  CHECK(back.receipts[0].filing == peers::Filing::kNew);
  CHECK(back.files.back().state == FileState::kOwn);
  const peers::StickReport theirs =
      require(peers::look_at_stick(two.office.context(), two.stick.path()));
  CHECK(theirs.files.back().file.name.ends_with(".CUR"));
  CHECK(theirs.files.back().state == FileState::kOwn);
  CHECK(two.village.write(two.officer, two.stick.path()).letters.empty());
  two.village.note(two.place.space, two.place.founder, 3);
  const peers::WrittenBundle second = two.village.write(two.officer, two.stick.path());
  CHECK(changes_in(second) == 3);
  CHECK(second.letters.at(0).bytes < first.letters[0].bytes);
  two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE("Reading a stick twice, or one that was read long ago, changes nothing", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 20);
  two.village.write(two.officer, two.stick.path());
  two.office.read(two.stick.path());
  const std::string hash = two.office.hash(two.place.space);
  const peers::StickReport again = two.office.read(two.stick.path());
  CHECK(again.files[0].taken.spaces.at(two.place.space).admitted == 0);
  CHECK(two.office.hash(two.place.space) == hash);
  CHECK(bundle_files(two.stick.path(), ".CUR").size() == 1);  // The second took the first's place.

  TempFolder later;
  two.village.note(two.place.space, two.place.founder, 5);
  two.village.write(two.officer, later.path());
  two.office.read(later.path());
  const std::string newer = two.office.hash(two.place.space);
  two.office.read(two.stick.path());
  CHECK(two.office.hash(two.place.space) == newer);
}

TEST_CASE("Each of several recipients gets the spaces that name it, and opens nothing else",
          "[bundle]") {
  BundleNode both(1);
  const Village one = found_village(*both.replica, both.random, "甲村");
  both.become(one.founder);
  // The same person founds a second village on the same computer.
  Person founder = make_person(both.random, "王建国");
  founder.device = crypto::SigningKey::from_seed(one.founder.device.seed());
  founder.node = crypto::SigningKey::from_seed(one.founder.node.seed());
  founder.wire = one.founder.wire.clone();
  std::vector<RosterOperation> operations{FoundSpace{.name = "乙村", .code = "110101001002"}};
  for (RosterOperation& operation : admit_operations(founder, SpaceId{}, {"chair", "clerk"}))
    operations.push_back(std::move(operation));
  operations.emplace_back(node_entry(founder, SpaceId{}));
  const Village other{require(both.replica->found(founder.device, operations, 0)),
                      std::move(founder)};
  const Person a = admit_person(*both.replica, one, both.random, "甲的文书");
  const Person b = admit_person(*both.replica, other, both.random, "乙的文书");
  both.note(one.space, one.founder, 30);
  both.note(other.space, other.founder, 30);

  TempFolder stick;
  CHECK(both.others().size() == 2);
  const auto written =
      require(peers::write_bundles(both.context(), both.others(), stick.path(), {}));
  CHECK(bundle_files(stick.path()).size() == 2);
  for (const auto& [person, village] : {std::pair(&a, &one), std::pair(&b, &other)}) {
    BundleNode node(person == &a ? 11 : 12, *person);
    require(node.replica->join(one.space, one.founder.wire.wire()));
    require(node.replica->join(other.space, one.founder.wire.wire()));
    const peers::StickReport report = node.read(stick.path());
    std::size_t readable = 0;
    for (const peers::ReadFile& file : report.files) {
      if (file.state == FileState::kNotForUs) continue;
      ++readable;
      REQUIRE(file.state == FileState::kReadable);
      REQUIRE(file.letter->spaces.size() == 1);
      CHECK(file.letter->spaces[0].space == village->space);
    }
    CHECK(readable == 1);
    CHECK(node.hash(village->space) == both.hash(village->space));
    const SpaceId hidden = village->space == one.space ? other.space : one.space;
    CHECK(require(node.replica->heads(hidden)).empty());
  }
}

TEST_CASE("Two villages for one office are in one file, each with its own receipt", "[bundle]") {
  TwoNodes two;
  std::vector<RosterOperation> operations{FoundSpace{.name = "桃源村", .code = "110101001003"}};
  for (RosterOperation& operation :
       admit_operations(two.place.founder, SpaceId{}, {"chair", "clerk"}))
    operations.push_back(std::move(operation));
  operations.emplace_back(node_entry(two.place.founder, SpaceId{}));
  const SpaceId other =
      require(two.village.replica->found(two.place.founder.device, operations, 0));
  std::vector<RosterOperation> admit = admit_operations(two.officer, other, {"clerk"});
  admit.emplace_back(node_entry(two.officer, other));
  require(two.village.replica->append_roster(other, two.place.founder.device, admit, 0));
  require(two.office.replica->join(other, two.place.founder.wire.wire()));
  two.village.note(two.place.space, two.place.founder, 12);
  two.village.note(other, two.place.founder, 34);

  const peers::WrittenBundle written = two.village.write(two.officer, two.stick.path());
  REQUIRE(written.letters.size() == 1);
  CHECK(written.letters[0].letter.spaces.size() == 2);
  two.office.read(two.stick.path());
  for (const SpaceId& space : {two.place.space, other})
    CHECK(two.office.hash(space) == two.village.hash(space));
  CHECK(two.village.read(two.stick.path()).receipts.size() == 2);
  // What is new in one of them comes alone.
  two.village.note(other, two.place.founder, 1);
  const peers::WrittenBundle second = two.village.write(two.officer, two.stick.path());
  REQUIRE(second.letters.at(0).letter.spaces.size() == 1);
  CHECK(second.letters[0].letter.spaces[0].space == other);
  CHECK(changes_in(second) == 1);
}

TEST_CASE("A node that no roster names gets nothing, whoever asks for it", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 5);
  const Person stranger = make_person(two.village.random, "外人");
  CHECK_FALSE(require(
      peers::find_bundle_peer(*two.village.replica, stranger.node.node(), stranger.wire.wire())));
  // Also if a caller forgets to ask.
  const peers::BundlePeer forced{.node = stranger.node.node(),
                                 .wire = stranger.wire.wire(),
                                 .name = {},
                                 .spaces = {two.place.space}};
  const auto written =
      require(peers::write_bundles(two.village.context(), {forced}, two.stick.path(), {}));
  CHECK(written.at(0).letters.empty());
  CHECK(bundle_files(two.stick.path()).empty());
}

TEST_CASE("Confidential parts outside a node's scopes are not in its bundle", "[bundle]") {
  TwoNodes two;
  const Person auditor = admit_person(*two.village.replica, two.place, two.village.random, "审计",
                                      {"auditor"}, Replication::kShell);
  const Person mediator = admit_person(*two.village.replica, two.place, two.village.random, "张",
                                       {"mediator", "clerk"});
  require(two.village.replica->add_own_device(mediator.device));
  open_epoch(*two.village.replica, two.place, two.village.random, "mediation");
  const Scope scope =
      *require(two.village.replica->roster(two.place.space))->find_scope("mediation");
  replica::ChangeDraft draft;
  draft.parts.push_back({.record = two.village.replica->new_record_id(),
                         .registry = "mediation",
                         .scope = scope,
                         .operations = {set_field("facts", std::string("李某自认"))}});
  require(two.village.replica->append(two.place.space, mediator.device, {&draft, 1}, 0));

  auto closed_parts = [&](const Person& person, std::uint64_t seed) {
    BundleNode node(seed, person);
    require(node.replica->join(two.place.space, two.place.founder.wire.wire()));
    TempFolder stick;
    two.village.write(person, stick.path());
    const peers::StickReport report = node.read(stick.path());
    CHECK(report.files.at(0).taken.refused_items == 0);
    std::vector<Presence> out;
    for (const Change& change : all_changes(*node.replica, two.place.space))
      for (const Part& part : change.parts)
        if (part.scope != kOpenScope) out.push_back(part.presence);
    return out;
  };
  CHECK(closed_parts(auditor, 21) == std::vector{Presence::kWithheld});
  CHECK(closed_parts(two.officer, 22) == std::vector{Presence::kPresent});
}

TEST_CASE("What is not for this node, or of a node that it does not know, is said and not taken",
          "[bundle]") {
  TwoNodes two;
  const Person other = admit_person(*two.village.replica, two.place, two.village.random, "李");
  two.village.note(two.place.space, two.place.founder, 5);
  two.village.write(other, two.stick.path());
  const peers::StickReport report = two.office.read(two.stick.path());
  REQUIRE(report.files.size() == 1);
  CHECK(report.files[0].state == FileState::kNotForUs);
  CHECK(report.answered.empty());

  // A village that the office has never heard of, which knows the office's keys.
  BundleNode stranger(31);
  const Village far = found_village(*stranger.replica, stranger.random, "远村");
  stranger.become(far.founder);
  std::vector<RosterOperation> operations = admit_operations(two.officer, far.space, {"clerk"});
  operations.emplace_back(node_entry(two.officer, far.space));
  require(stranger.replica->append_roster(far.space, far.founder.device, operations, 0));
  TempFolder stick;
  stranger.write(two.officer, stick.path());
  const peers::StickReport unknown = two.office.read(stick.path());
  CHECK(unknown.files.at(0).state == FileState::kUnknownWriter);
  // Whoever says that it may come in still gets only what is of spaces that are here.
  const peers::StickReport said = two.office.read(stick.path(), {.takes_unknown = true});
  CHECK(said.files.at(0).taken.passed_over == std::set{far.space});
  CHECK(require(two.office.replica->spaces()).size() == 1);
  CHECK(require(two.office.replica->heads(two.place.space)).empty());
}

TEST_CASE("A letter in the name of a node by somebody else is refused", "[bundle]") {
  TwoNodes two;
  pull(*two.office.replica, *two.village.replica, two.place.space);
  const std::string before = two.office.hash(two.place.space);
  two.village.note(two.place.space, two.place.founder, 5);
  // A member of the village, who knows all public keys, signs with another one.
  BundleNode liar(41);
  pull(*liar.replica, *two.village.replica, two.place.space);
  liar.become(two.place.founder);
  liar.keys.node = crypto::SigningKey::generate(liar.random);
  liar.write(two.officer, two.stick.path());
  // Its own node key is in no roster.
  CHECK(two.office.read(two.stick.path()).files.at(0).state == FileState::kUnknownWriter);
  CHECK(two.office.hash(two.place.space) == before);
}

TEST_CASE("A witness that reads a stick states what it holds, and its own bundle brings that",
          "[bundle]") {
  TwoNodes two;
  const Person witness =
      admit_person(*two.village.replica, two.place, two.village.random, "监督委员", {"supervisor"});
  two.village.note(two.place.space, two.place.founder, 7);
  BundleNode node(35, witness);
  require(node.replica->join(two.place.space, two.place.founder.wire.wire()));
  two.village.write(witness, two.stick.path());
  CHECK(node.read(two.stick.path()).log.empty());
  TempFolder back;
  node.write(two.place.founder, back.path());
  two.village.read(back.path());
  const auto acknowledged =
      require(two.village.replica->acknowledged(two.place.space, two.place.founder.author()));
  REQUIRE(acknowledged.size() == 1);
  CHECK(node.hash(two.place.space) == two.village.hash(two.place.space));
}

TEST_CASE(
    "A writer whom the roster does not name yet is read once the roster is here, or if one says so",
    "[bundle]") {
  TwoNodes two;
  pull(*two.office.replica, *two.village.replica, two.place.space);
  const Person zhang = admit_person(*two.village.replica, two.place, two.village.random, "张");
  BundleNode laptop(36, zhang);
  pull(*laptop.replica, *two.village.replica, two.place.space);
  laptop.note(two.place.space, zhang, 4);
  // Both letters on one stick, whichever comes first.
  laptop.write(two.officer, two.stick.path());
  TempFolder alone;
  laptop.write(two.officer, alone.path());
  two.village.write(two.officer, two.stick.path());
  BundleNode careful(37, two.officer), trusting(38, two.officer);
  pull(*careful.replica, *two.office.replica, two.place.space);
  pull(*trusting.replica, *two.office.replica, two.place.space);

  const peers::StickReport both = two.office.read(two.stick.path());
  CHECK(both.answered.size() == 2);
  CHECK(two.office.hash(two.place.space) == laptop.hash(two.place.space));
  // Alone it is taken only by whoever says so, with the roster that it brings itself.
  CHECK(careful.read(alone.path()).files.at(0).state == FileState::kUnknownWriter);
  CHECK(careful.hash(two.place.space) != laptop.hash(two.place.space));
  const peers::StickReport taken = trusting.read(alone.path(), {.takes_unknown = true});
  CHECK(taken.files.at(0).state == FileState::kReadable);
  CHECK(taken.answered.size() == 1);
  CHECK(taken.receipts.empty());
  CHECK(trusting.hash(two.place.space) == laptop.hash(two.place.space));
}

TEST_CASE("A dry run says exactly what will be written, and leaves no trace", "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 300, 900);
  const peers::WrittenBundle planned =
      two.village.write(two.officer, "/nowhere", {.is_dry_run = true});
  CHECK(bundle_files(two.stick.path()).empty());
  const peers::WrittenBundle written = two.village.write(two.officer, two.stick.path());
  REQUIRE(planned.letters.size() == written.letters.size());
  for (std::size_t i = 0; i < planned.letters.size(); ++i) {
    CHECK(planned.letters[i].bytes == written.letters[i].bytes);
    CHECK(planned.letters[i].letter.spaces == written.letters[i].letter.spaces);
  }
}

TEST_CASE("A receipt in a letter keeps a restored node from signing what it signed before",
          "[bundle]") {
  TwoNodes two;
  two.village.note(two.place.space, two.place.founder, 4);
  two.village.write(two.officer, two.stick.path());
  two.office.read(two.stick.path());
  // The village's computer is set up from a copy that lacks the last changes.
  BundleNode restored(51);
  pull(*restored.replica, *two.office.replica, two.place.space);
  restored.become(two.place.founder);
  two.village.note(two.place.space, two.place.founder, 2);
  two.village.write(two.officer, two.stick.path());
  two.office.read(two.stick.path());
  restored.read(two.stick.path());
  CHECK_FALSE(
      require(restored.replica->claims(two.place.space, two.place.founder.author())).empty());
  const replica::ChangeDraft draft =
      draft_of(restored.replica->new_record_id(), {set_field("title", std::string("x"))});
  CHECK(restored.replica->append(two.place.space, two.place.founder.device, std::span(&draft, 1), 0)
            .has_error());
}

}  // namespace cunju::test
