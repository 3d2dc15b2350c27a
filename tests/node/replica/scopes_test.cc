// SPDX-License-Identifier: Apache-2.0
// Confidential scopes in a replica: who reads what is sealed, with keys that come early or late.
#include <algorithm>
#include <fstream>
#include <iterator>

#include "crdt/replay/replay.h"
#include "node/council/roster_outlook.h"
#include "node/council/scope_acts.h"
#include "tests/node/replica/scoped_nodes.h"
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

constexpr std::string_view kSecret = "李某自认打了王某一拳";

/// The founder keeps the office; Zhang mediates on a laptop of his own; Li's is a clerk's relay.
struct Scoped {
  TestReplica office{1}, desk{2}, relay{3};
  Village village{found_village(*office, office.random())};
  SpaceId space{village.space};
  Person zhang{admit_person(*office, village, office.random(), "张", {"mediator", "clerk"})};
  Person li{admit_person(*office, village, office.random(), "李", {"clerk"})};
  RecordId record{office.random().make<RecordId>()};
  Scope scope;

  Scoped() {
    require(desk->add_own_device(zhang.device));
    require(relay->add_own_device(li.device));
    open_epoch(*office, village, office.random(), "mediation");
    scope = *require(office->roster(space))->find_scope("mediation");
    pull(*desk, *office, space);
  }
  replica::ChangeDraft draft(std::string_view open, std::string_view confidential) const {
    return draft_case(record, scope, open, confidential);
  }
  ChangeId write(TestReplica& at, const Person& author, std::string_view open,
                 std::string_view confidential) {
    const replica::ChangeDraft one = draft(open, confidential);
    return require(at->append(space, author.device, {&one, 1}, 0)).ids.at(0);
  }
  std::string facts(TestReplica& at) const {
    const auto view = require(at->view(space, record, scope));
    if (!view) return "(none)";
    const Field* field = view->state.find("facts", FieldKind::kRegister);
    return field == nullptr ? "" : std::get<std::string>(field->winner());
  }
  replica::ScopeStatus status(TestReplica& at) const {
    for (const replica::ScopeStatus& each : require(at->scopes(space)))
      if (each.scope == scope) return each;
    return {};
  }
};

bool holds(const Bytes& bytes, std::string_view needle) {
  const ByteView wanted = as_bytes(needle);
  return std::search(bytes.begin(), bytes.end(), wanted.begin(), wanted.end()) != bytes.end();
}

/// Whether some part of the log, or some file of the store, has those bytes.
bool is_found(TestReplica& at, const SpaceId& space, std::string_view needle) {
  for (const Change& change : all_changes(*at, space))
    if (holds(encode_change(change), needle)) return true;
  for (const auto& file : std::filesystem::recursive_directory_iterator(at.folder())) {
    if (!file.is_regular_file()) continue;
    std::ifstream in(file.path(), std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    if (text.find(needle) != std::string::npos) return true;
  }
  return false;
}

/// A change of the author's that follows `before`, with one part in the scope.
Change sealed_change(const Person& author, const SpaceId& space, const Change& before,
                     const Part& part) {
  return forge_change(author.device, space, &before, {}, {part});
}

}  // namespace

TEST_CASE("a sealed part is read with its key, and passed on by a node that can't read it") {
  Scoped all;
  all.write(all.desk, all.zhang, "2026-1", kSecret);
  CHECK(all.facts(all.desk) == kSecret);
  pull(*all.relay, *all.desk, all.space);
  CHECK(all.facts(all.relay) == "(none)");
  CHECK(require(all.relay->view(all.space, all.record)));
  CHECK(all.status(all.relay).parts == 1);
  CHECK(all.status(all.relay).sealed == 1);
  CHECK(require(all.relay->hidden_parts(all.space, all.record)) ==
        std::map<Scope, std::uint64_t>{{all.scope, 1}});
  CHECK_FALSE(is_found(all.relay, all.space, kSecret));
  // Another laptop of the mediator's, which meets the relay only.
  TestReplica second(4);
  require(second->add_own_device(all.zhang.device));
  pull(*second, *all.relay, all.space);
  CHECK(all.facts(second) == kSecret);
  CHECK(require(second->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
  CHECK(require(second->state_hash(all.space)) == require(all.relay->state_hash(all.space)));
  CHECK(require(second->view_hash(all.space, kOpenScope)) ==
        require(all.relay->view_hash(all.space, kOpenScope)));
  check_against_replay(*second, all.space, {&all.zhang});
  check_against_replay(*all.relay, all.space, {&all.li});
}

TEST_CASE("edits of sealed parts merge as open ones do") {
  Scoped all;
  all.write(all.desk, all.zhang, "2026-1", "甲");
  TestReplica second(4);
  require(second->add_own_device(all.zhang.device));
  // Wu mediates as well; both get a key by a new epoch.
  const Person wu =
      admit_person(*all.office, all.village, all.office.random(), "吴", {"mediator", "clerk"});
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  require(second->add_own_device(wu.device));
  pull(*all.desk, *all.office, all.space);
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  pull(*second, *all.desk, all.space);
  CHECK(all.facts(second) == "甲");
  all.write(all.desk, all.zhang, "", "乙");
  all.write(second, wu, "", "丙");
  pull(*second, *all.desk, all.space);
  pull(*all.desk, *second, all.space);
  const auto view = require(second->view(all.space, all.record, all.scope));
  REQUIRE(view);
  CHECK(view->state.has_conflict());
  CHECK(require(second->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
  check_against_replay(*second, all.space, {&all.zhang, &wu});
}

TEST_CASE("a key that comes late leaves no trace of having been late") {
  Scoped all;
  for (int i = 0; i < 5; ++i)
    all.write(all.desk, all.zhang, i % 2 == 0 ? std::to_string(i) : "", "第" + std::to_string(i));
  pull(*all.relay, *all.desk, all.space);
  pull(*all.office, *all.desk, all.space);
  // Nobody is entitled who has no key, so there is nothing to hand over.
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.empty());
  // Li becomes a mediator: the officer has no key, Zhang hands it over.
  const RosterOperation grant =
      GrantRole{.member = all.li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&grant, 1}, 0));
  CHECK(
      require(all.office->hand_over_epochs(all.space, all.village.founder.device, 0)).ids.empty());
  pull(*all.desk, *all.office, all.space);
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.size() == 1);
  CHECK(require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0)).ids.empty());
  CHECK(all.facts(all.relay) == "(none)");
  pull(*all.relay, *all.desk, all.space);
  CHECK(all.facts(all.relay) == "第4");
  CHECK(all.status(all.relay).sealed == 0);
  CHECK(require(all.relay->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
  CHECK(require(all.relay->history(all.space, all.record, all.scope)).size() == 5);
  check_against_replay(*all.relay, all.space, {&all.li});
  const Hash before = require(all.relay->view_hash(all.space));
  require(all.relay->rebuild_views());
  CHECK(require(all.relay->view_hash(all.space)) == before);
  all.relay.reopen();
  CHECK(require(all.relay->view_hash(all.space)) == before);
}

TEST_CASE("a device that was locked when its key came reads everything when it is opened") {
  Scoped all;
  all.write(all.desk, all.zhang, "2026-1", kSecret);
  TestReplica shared(4);
  pull(*shared, *all.desk, all.space);
  CHECK(all.facts(shared) == "(none)");
  require(shared->add_own_device(all.li.device));
  CHECK(all.facts(shared) == "(none)");
  require(shared->add_own_device(all.zhang.device));
  CHECK(all.facts(shared) == kSecret);
  CHECK(require(shared->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
}

TEST_CASE("a mediator who is removed reads what came before and nothing that comes after") {
  Scoped all;
  const Person wu =
      admit_person(*all.office, all.village, all.office.random(), "吴", {"mediator", "clerk"});
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  pull(*all.desk, *all.office, all.space);
  all.write(all.desk, all.zhang, "2026-1", "从前");
  TestReplica leaver(4);
  require(leaver->add_own_device(wu.device));
  pull(*leaver, *all.desk, all.space);
  CHECK(all.facts(leaver) == "从前");
  pull(*all.office, *all.desk, all.space);
  std::vector<RosterOperation> operations =
      require(council::plan_removal(*all.office, all.space, wu.member)).operations;
  const auto turns = require(council::add_epochs(
      *all.office, all.space, all.village.founder.author(), all.office.random(), operations));
  REQUIRE(turns.size() == 3);
  CHECK(turns[0].name == "mediation");
  CHECK(turns[0].out == std::vector<AuthorKey>{wu.author()});
  CHECK(turns[1].name == "rental_persons");
  CHECK(turns[2].name == "subject_requests");
  // The act and the epochs are one change.
  CHECK(require(all.office->append_roster(all.space, all.village.founder.device, operations, 0))
            .ids.size() == 1);
  pull(*all.desk, *all.office, all.space);
  all.write(all.desk, all.zhang, "", std::string(kSecret));
  CHECK(all.facts(all.desk) == kSecret);
  // Whatever way it comes to her.
  pull(*leaver, *all.desk, all.space);
  CHECK(all.facts(leaver) == "从前");
  CHECK(all.status(leaver).sealed == 1);
  CHECK_FALSE(is_found(leaver, all.space, kSecret));
  // Whoever comes later gets all epochs from somebody who has them.
  const Person zhao =
      admit_person(*all.office, all.village, all.office.random(), "赵", {"mediator"});
  pull(*all.desk, *all.office, all.space);
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  TestReplica joiner(5);
  require(joiner->add_own_device(zhao.device));
  pull(*joiner, *all.desk, all.space);
  CHECK(require(joiner->view_hash(all.space, all.scope)) ==
        require(all.desk->view_hash(all.space, all.scope)));
}

TEST_CASE("what a removed mediator sealed beside the act is late, and can be admitted") {
  Scoped all;
  all.write(all.desk, all.zhang, "2026-1", "从前");
  const Person wu =
      admit_person(*all.office, all.village, all.office.random(), "吴", {"mediator", "clerk"});
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  pull(*all.desk, *all.office, all.space);
  pull(*all.office, *all.desk, all.space);
  require(all.desk->hand_over_epochs(all.space, all.zhang.device, 0));
  TestReplica leaver(4);
  require(leaver->add_own_device(wu.device));
  pull(*leaver, *all.desk, all.space);
  const ChangeId beside = all.write(leaver, wu, "", std::string(kSecret));
  std::vector<RosterOperation> operations =
      require(council::plan_removal(*all.office, all.space, wu.member)).operations;
  require(council::add_epochs(*all.office, all.space, all.village.founder.author(),
                              all.office.random(), operations));
  require(all.office->append_roster(all.space, all.village.founder.device, operations, 0));
  pull(*all.desk, *all.office, all.space);
  pull(*all.desk, *leaver, all.space);
  CHECK(all.facts(all.desk) == "从前");
  const std::vector<replica::LatePart> late = require(all.desk->late_parts(all.space));
  REQUIRE(late.size() == 1);
  CHECK(late[0].change == beside);
  CHECK(late[0].scope == all.scope);
  CHECK(late[0].operations.size() == 1);
  check_against_replay(*all.desk, all.space, {&all.zhang});
  // The office carries it, and says that it waits and whose it is; nothing of what it is.
  pull(*all.office, *all.desk, all.space);
  const std::vector<replica::LatePart> sealed = require(all.office->late_parts(all.space));
  REQUIRE(sealed.size() == 1);
  CHECK(sealed[0].change == beside);
  CHECK(sealed[0].author == wu.device.author());
  CHECK(sealed[0].scope == all.scope);
  CHECK(sealed[0].registry.empty());
  CHECK(sealed[0].record == RecordId{});
  CHECK(sealed[0].operations.empty());
  // Whoever had the key and may not read any more is told no more than others.
  pull(*leaver, *all.office, all.space);
  const std::vector<replica::LatePart> left = require(leaver->late_parts(all.space));
  REQUIRE(left.size() == 1);
  CHECK(left[0].registry.empty());
  CHECK(left[0].record == RecordId{});
  const RosterOperation admits = AdmitLate{{beside}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&admits, 1}, 0));
  pull(*all.desk, *all.office, all.space);
  CHECK(require(all.desk->late_parts(all.space)).empty());
  CHECK(require(all.office->late_parts(all.space)).empty());
  const auto view = require(all.desk->view(all.space, all.record, all.scope));
  REQUIRE(view);
  CHECK(all.facts(all.desk) == kSecret);
  check_against_replay(*all.desk, all.space, {&all.zhang});
}

TEST_CASE("nothing is written without an epoch, without its key, or with an older key") {
  Scoped all;
  const replica::ChangeDraft nowhere{.parts = {{.record = all.record,
                                                .registry = "mediation",
                                                .scope = Scope{7},
                                                .operations = {set_field("facts", "x")}}}};
  auto refusal = [&](TestReplica& at, const Person& author, const replica::ChangeDraft& draft) {
    Result<replica::Appended> done = at->append(all.space, author.device, {&draft, 1}, 0);
    REQUIRE(done.has_error());
    CHECK(done.error().code == Errc::kMissing);
    return done.error().context;
  };
  CHECK(refusal(all.desk, all.zhang, nowhere) == replica::kNoEpoch);
  pull(*all.relay, *all.desk, all.space);
  const replica::ChangeDraft draft = all.draft("", "x");
  CHECK(refusal(all.relay, all.li, draft) == replica::kNoEpochKey);
  // An epoch that leaves Zhang out.
  OpenEpoch opening =
      require(council::plan_epoch(*require(all.office->roster(all.space)), all.space, "mediation",
                                  all.village.founder.author(), all.office.random()));
  opening.wraps.clear();
  const RosterOperation operation = opening;
  require(all.office->append_roster(all.space, all.village.founder.device, {&operation, 1}, 0));
  pull(*all.desk, *all.office, all.space);
  CHECK(refusal(all.desk, all.zhang, draft) == replica::kNoEpochKey);
  CHECK(require(all.desk->counts()).changes == require(all.office->counts()).changes);
}

TEST_CASE("every flipped bit of a sealed part makes it void or leaves it without a place") {
  Scoped all;
  all.write(all.desk, all.zhang, "2026-1", "甲");
  const Change first = head_change(*all.desk, all.space, all.zhang.author());
  const ChangeId second = all.write(all.desk, all.zhang, "", std::string(kSecret));
  const Change honest = head_change(*all.desk, all.space, all.zhang.author());
  REQUIRE(honest.id == second);
  const Part part = honest.parts.at(0);
  TestReplica reader(5);
  require(reader->add_own_device(all.zhang.device));
  pull(*reader, *all.office, all.space);
  require(reader->accept(all.space, std::vector<sync::Run>{{{first}}}));
  Change before = first;
  std::size_t flips = 0;
  for (std::size_t bit = 0; bit < (part.links.size() + part.body.size()) * 8; bit += 37, ++flips) {
    Part bent = part;
    Bytes& bytes = bit / 8 < part.links.size() ? bent.links : bent.body;
    const std::size_t at = bit / 8 < part.links.size() ? bit / 8 : bit / 8 - part.links.size();
    bytes[at] ^= static_cast<std::uint8_t>(1U << bit % 8);
    // Once in the place of the honest one, where only the bit differs; then further on.
    Change change =
        sealed_change(all.zhang, all.space, before, make_part(all.scope, bent.links, bent.body));
    require(reader->accept(all.space, std::vector<sync::Run>{{{change}}}));
    CHECK(all.facts(reader) == "甲");
    before = std::move(change);
  }
  CHECK(flips > 40);
  check_against_replay(*reader, all.space, {&all.zhang});
  const replica::ScopeStatus status = all.status(reader);
  CHECK(status.parts == flips + 1);
  CHECK(status.sealed + status.unreadable == flips);
}

TEST_CASE("what is no envelope, or stands in a founding change, is kept and says nothing") {
  Scoped all;
  const ChangeId pin = head_change(*all.office, all.space, all.village.founder.author()).id;
  Part plain = forge_part(all.record, {}, {set_field("facts", "假的")}, "mediation");
  plain = make_part(all.scope, plain.links, plain.body);
  Change first = forge_change(all.li.device, all.space, nullptr, {pin}, {plain});
  Change next = sealed_change(all.li, all.space, first, make_part(all.scope, {}, {}));
  require(all.desk->accept(all.space, std::vector<sync::Run>{{{first, next}}}));
  CHECK(all.facts(all.desk) == "(none)");
  CHECK(all.status(all.desk).unreadable + all.status(all.desk).sealed == 2);
  check_against_replay(*all.desk, all.space, {&all.zhang});

  // An envelope's bytes in a founding change: it has no place that an epoch could be bound to.
  all.write(all.desk, all.zhang, "", std::string(kSecret));
  const Part sealed = head_change(*all.desk, all.space, all.zhang.author()).parts.at(0);
  Change founding = sign_change(all.li.device, {.author = all.li.author()}, {sealed});
  const replay::Replay replayed =
      replay::replay(SpaceId{founding.id.value}, std::vector{founding},
                     keys_in(all_changes(*all.desk, all.space), all.space, {&all.zhang}));
  REQUIRE(replayed.parts.size() == 1);
  CHECK(replayed.parts[0].state == replay::PartState::kNoPlace);
  TestReplica stranger(6);
  require(stranger->join(SpaceId{founding.id.value}, {}));
  require(stranger->accept(SpaceId{founding.id.value}, std::vector<sync::Run>{{{founding}}}));
}

TEST_CASE("an author's earlier sealed part is an ancestor although nothing names it") {
  Scoped all;
  all.write(all.desk, all.zhang, "", "甲");
  const Change first = head_change(*all.desk, all.space, all.zhang.author());
  open_epoch(*all.office, all.village, all.office.random(), "mediation");
  pull(*all.desk, *all.office, all.space);
  all.write(all.desk, all.zhang, "", "乙");
  const auto whole = require(all.desk->view(all.space, all.record, all.scope));
  // Li gets the second epoch's key first, and so sees the second part without the first.
  const RosterOperation grant =
      GrantRole{.member = all.li.member, .role = "mediator", .term_from = {}, .term_until = {}};
  require(all.office->append_roster(all.space, all.village.founder.device, {&grant, 1}, 0));
  pull(*all.desk, *all.office, all.space);
  const auto roster = require(all.desk->roster(all.space));
  const std::vector<crypto::EpochId>& epochs = roster->scopes.at(all.scope).epochs;
  REQUIRE(epochs.size() == 2);
  const ScopeKeys keys = keys_in(all_changes(*all.desk, all.space), all.space, {&all.zhang});
  pull(*all.relay, *all.desk, all.space);
  for (const std::size_t which : {1U, 0U}) {
    const Bytes wrap = require(crypto::wrap_epoch_key(*keys.find(all.scope, epochs[which]),
                                                      {.space = all.space,
                                                       .scope = all.scope,
                                                       .epoch = epochs[which],
                                                       .recipient = all.li.author(),
                                                       .sender = all.zhang.author()},
                                                      all.desk.random()));
    const replica::ChangeDraft handed{
        .parts = {{.record = all.desk.random().make<RecordId>(),
                   .registry = std::string(kScopesRegistry),
                   .scope = kOpenScope,
                   .operations = {
                       hand_over_operation({all.scope, epochs[which], all.li.author(), wrap})}}}};
    require(all.desk->append(all.space, all.zhang.device, {&handed, 1}, 0));
    pull(*all.relay, *all.desk, all.space);
    check_against_replay(*all.relay, all.space, {&all.li});
  }
  CHECK(all.facts(all.relay) == "乙");
  CHECK(require(all.relay->view(all.space, all.record, all.scope)) == whole);
}

TEST_CASE("with keys and changes in any order all readers come to the same") {
  const std::uint64_t seed = GENERATE(range<std::uint64_t>(1, 9));
  CAPTURE(seed);
  crypto::SeededRandom random(seed);
  auto dice = [&](std::uint64_t below) {
    std::uint64_t value = 0;
    std::array<std::uint8_t, 8> bytes{};
    random.fill(bytes);
    for (std::uint8_t byte : bytes) value = value << 8 | byte;
    return value % below;
  };
  Scoped all;
  const Person wu =
      admit_person(*all.office, all.village, all.office.random(), "吴", {"mediator", "clerk"});
  TestReplica second(100 + seed);
  require(second->add_own_device(wu.device));
  pull(*second, *all.office, all.space);
  std::vector<std::pair<TestReplica*, const Person*>> desks{{&all.desk, &all.zhang},
                                                            {&second, &wu}};
  std::vector<RecordId> records{all.record, random.make<RecordId>()};
  for (int step = 0; step < 30; ++step) {
    auto& [at, who] = desks[dice(2)];
    switch (dice(6)) {
      case 0:
        open_epoch(*all.office, all.village, all.office.random(), "mediation");
        break;
      case 1:
        pull(**at, *all.office, all.space);
        break;
      case 2:
        pull(*all.office, **at, all.space);
        break;
      case 3:
        require((*at)->hand_over_epochs(all.space, who->device, 0));
        break;
      default: {
        all.record = records[dice(2)];
        const replica::ChangeDraft draft =
            all.draft(dice(2) == 0 ? "n" : "", "s" + std::to_string(step));
        Result<replica::Appended> done = (*at)->append(all.space, who->device, {&draft, 1}, 0);
        if (done.has_error()) CHECK(done.error().code == Errc::kMissing);
      }
    }
    check_against_replay(**at, all.space, {who});
  }
  for (int round = 0; round < 3; ++round) {
    for (auto& [at, who] : desks) {
      require((*at)->hand_over_epochs(all.space, who->device, 0));
      pull(*all.office, **at, all.space);
      pull(**at, *all.office, all.space);
    }
  }
  CHECK(require(second->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
  // A third laptop takes it all change by change, in small batches.
  TestReplica third(200 + seed);
  require(third->add_own_device(wu.device));
  pull(*third, *all.office, all.space, 1);
  CHECK(require(third->view_hash(all.space)) == require(all.desk->view_hash(all.space)));
  check_against_replay(*third, all.space, {&wu});
}
