// SPDX-License-Identifier: Apache-2.0
#include "crdt/scopes/handed_epoch.h"

#include <catch2/catch.hpp>

#include "crdt/base/limits.h"
#include "crdt/change/part_codec.h"
#include "crdt/roster/roster.h"
#include "crdt/scopes/scope_keys.h"
#include "tests/support/vector_bytes.h"

using namespace cunju;

namespace {

/// An epoch, who opened it and for whom: made in this order from one seed.
struct Desk {
  crypto::SeededRandom random{7};
  SpaceId space = random.make<SpaceId>();
  crypto::SigningKey officer = crypto::SigningKey::generate(random);
  crypto::SigningKey mediator = crypto::SigningKey::generate(random);
  crypto::EpochKey key = crypto::EpochKey::generate(random);
  Scope scope{2};
  crypto::EpochId epoch = crypto::epoch_id(key, space, scope);
  Bytes wrap = crypto::wrap_epoch_key(key,
                                      {.space = space,
                                       .scope = scope,
                                       .epoch = epoch,
                                       .recipient = mediator.author(),
                                       .sender = officer.author()},
                                      random)
                   .value();
  HandedEpoch handed{scope, epoch, mediator.author(), wrap};

  OpenEpoch opening() const {
    return {
        .scope = scope, .name = "mediation", .epoch = epoch, .wraps = {{mediator.author(), wrap}}};
  }
  Change change(const std::string& registry, std::vector<Operation> operations,
                Scope in = kOpenScope) const {
    Bytes links =
        encode_links({.salt = {}, .record = {}, .registry = registry, .parents = {}}).value();
    Bytes body = encode_body({.salt = {}, .operations = std::move(operations)}).value();
    return sign_change(officer, {.space = space, .author = officer.author(), .seq = Seq{1}},
                       {make_part(in, std::move(links), std::move(body))});
  }
  Operation roster_operation() const {
    return make_operation(OperationKind::kRoster, "", encode_roster_operation(opening()));
  }
};

}  // namespace

TEST_CASE("an opened epoch and a handed-over one have the golden bytes") {
  const Desk desk;
  CHECK(to_hex(encode_roster_operation(desk.opening())) ==
        to_hex(test::vector_bytes("open_epoch_1.hex")));
  CHECK(to_hex(std::get<Bytes>(hand_over_operation(desk.handed).value)) ==
        to_hex(test::vector_bytes("handed_epoch_1.hex")));
}

TEST_CASE("a handed-over epoch comes back from its operation as it was") {
  const Desk desk;
  const std::optional<HandedEpoch> read = read_handed_epoch(hand_over_operation(desk.handed));
  REQUIRE(read);
  CHECK(*read == desk.handed);
}

TEST_CASE("what is cut short, too long, of the open scope or of another kind hands over nothing") {
  const Desk desk;
  const Operation good = hand_over_operation(desk.handed);
  const Bytes& value = std::get<Bytes>(good.value);
  for (std::size_t size = 0; size < 66; ++size) {
    Operation cut = good;
    cut.value = Bytes(value.begin(), value.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK_FALSE(read_handed_epoch(cut));
  }
  Operation open = good;
  std::get<Bytes>(open.value)[0] = std::get<Bytes>(open.value)[1] = 0;
  CHECK_FALSE(read_handed_epoch(open));
  Operation large = good;
  large.value = Bytes(66 + limits::kMaxWrapBytes + 1, 1);
  CHECK_FALSE(read_handed_epoch(large));
  Operation other = good;
  other.kind = static_cast<std::uint16_t>(OperationKind::kRegisterSet);
  CHECK_FALSE(read_handed_epoch(other));
}

TEST_CASE("wraps are found in open parts of the roster and of the scopes, and nowhere else") {
  const Desk desk;
  const std::vector<HandedEpoch> one{desk.handed};
  CHECK(handed_epochs(desk.change("roster", {desk.roster_operation()})) == one);
  CHECK(handed_epochs(desk.change("scopes", {hand_over_operation(desk.handed)})) == one);
  CHECK(handed_epochs(desk.change("minutes", {hand_over_operation(desk.handed)})).empty());
  CHECK(handed_epochs(desk.change("scopes", {desk.roster_operation()})).empty());
  CHECK(handed_epochs(desk.change("roster", {hand_over_operation(desk.handed)})).empty());
  CHECK(handed_epochs(desk.change("scopes", {hand_over_operation(desk.handed)}, Scope{3})).empty());
}

TEST_CASE("of one change so many wraps are read and no more") {
  const Desk desk;
  const Operation one = hand_over_operation(desk.handed);
  std::vector<Operation> operations(limits::kMaxHandedEpochs, one);
  CHECK(handed_epochs(desk.change("scopes", operations)).size() == limits::kMaxHandedEpochs);
  operations.push_back(one);
  CHECK(handed_epochs(desk.change("scopes", operations)).size() == limits::kMaxHandedEpochs);
}

TEST_CASE("a device takes what is wrapped to it by the change's author, once") {
  const Desk desk;
  ScopeKeys keys;
  const std::vector<HandedEpoch> handed{desk.handed};
  CHECK(keys.take_wraps(desk.space, desk.officer.author(), handed, desk.officer).empty());
  CHECK(keys.take_wraps(desk.space, desk.mediator.author(), handed, desk.mediator).empty());
  CHECK(keys.is_empty());
  CHECK(keys.take_wraps(desk.space, desk.officer.author(), handed, desk.mediator) ==
        std::vector<ScopeKeys::Id>{{desk.scope, desk.epoch}});
  CHECK(keys.take_wraps(desk.space, desk.officer.author(), handed, desk.mediator).empty());
  REQUIRE(keys.find(desk.scope, desk.epoch) != nullptr);
  CHECK(keys.find(desk.scope, desk.epoch)->secret == desk.key.secret);
  CHECK(keys.of(desk.scope, crypto::epoch_hint(desk.epoch)).size() == 1);
  CHECK(keys.of(Scope{3}, crypto::epoch_hint(desk.epoch)).empty());
}

TEST_CASE("a number is made from the name, and passes over those that are taken") {
  Roster roster;
  const Scope first = pick_scope_number(roster, "mediation");
  CHECK(first != kOpenScope);
  CHECK(pick_scope_number(roster, "mediation") == first);
  CHECK(pick_scope_number(roster, "rental_persons") != first);
  roster.scopes[first] = {"something else", {{}}};
  const Scope second = pick_scope_number(roster, "mediation");
  CHECK(second != first);
  CHECK(second != kOpenScope);
  roster.scopes[second] = {"mediation", {{}}};
  CHECK(pick_scope_number(roster, "mediation") == second);
  CHECK(roster.find_scope("mediation") == second);
  CHECK_FALSE(roster.find_scope("rental_persons"));
}

TEST_CASE("what somebody says of a wrap has fixed bytes and comes back as it was") {
  const Desk desk;
  const UnopenedWrap said{desk.scope, desk.epoch, desk.officer.author()};
  const Operation operation = unopened_wrap_operation(said);
  CHECK(operation.kind == 106);
  CHECK(to_hex(std::get<Bytes>(operation.value)) ==
        to_hex(ByteView(test::vector_bytes("handed_epoch_1.hex")).first(34)) +
            desk.officer.author().hex());
  CHECK(read_unopened_wrap(operation) == said);
  CHECK(unopened_wraps(desk.change(std::string(kScopesRegistry), {operation})) ==
        std::vector{said});
  // Elsewhere it says nothing, and it is no wrap.
  CHECK(unopened_wraps(desk.change("minutes", {operation})).empty());
  CHECK(unopened_wraps(desk.change(std::string(kRosterRegistry), {operation})).empty());
  CHECK(unopened_wraps(desk.change(std::string(kScopesRegistry), {operation}, desk.scope)).empty());
  CHECK(handed_epochs(desk.change(std::string(kScopesRegistry), {operation})).empty());
  for (std::size_t size = 0; size < std::get<Bytes>(operation.value).size() + 3; ++size) {
    Operation other = operation;
    auto& value = std::get<Bytes>(other.value);
    if (size == value.size()) continue;
    value.resize(size);
    CHECK_FALSE(read_unopened_wrap(other));
  }
  CHECK_FALSE(read_unopened_wrap(hand_over_operation(desk.handed)));
}

TEST_CASE("more words about wraps than one change may carry are left out") {
  const Desk desk;
  crypto::SeededRandom random(9);
  std::vector<Operation> many;
  for (std::size_t i = 0; i < limits::kMaxHandedEpochs + 3; ++i)
    many.push_back(unopened_wrap_operation({desk.scope, desk.epoch, random.make<AuthorKey>()}));
  CHECK(unopened_wraps(desk.change(std::string(kScopesRegistry), many)).size() ==
        limits::kMaxHandedEpochs);
}

TEST_CASE("the act that opened an epoch is found by the epoch, and no other is") {
  const Desk desk;
  const Change change = desk.change(std::string(kRosterRegistry), {desk.roster_operation()});
  REQUIRE(find_opening(change, desk.scope, desk.epoch));
  CHECK(find_opening(change, desk.scope, desk.epoch)->name == "mediation");
  CHECK_FALSE(find_opening(change, Scope{3}, desk.epoch));
  CHECK_FALSE(find_opening(change, desk.scope, crypto::EpochId{}));
  CHECK_FALSE(find_opening(desk.change(std::string(kScopesRegistry), {desk.roster_operation()}),
                           desk.scope, desk.epoch));
}
