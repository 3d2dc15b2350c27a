// SPDX-License-Identifier: Apache-2.0
#include "tests/support/replica_fixture.h"

#include <algorithm>
#include <set>

#include "crdt/replay/replay.h"
#include "node/attachments/want_book.h"
#include "node/council/scope_acts.h"

namespace cunju::test {
namespace {

// Small, so that a test full of replicas stays small; the map grows by itself.
constexpr std::size_t kMapBytes = std::size_t{16} << 20;

}  // namespace

TestReplica::TestReplica(std::uint64_t seed, store::FaultInjector* faults)
    : own_folder_(std::make_unique<TempFolder>()),
      folder_(own_folder_->path() / "data"),
      faults_(faults),
      random_(seed) {
  reopen();
}

TestReplica::TestReplica(std::uint64_t seed, const std::filesystem::path& shared_folder,
                         store::FaultInjector* faults)
    : folder_(shared_folder), faults_(faults), random_(seed) {
  reopen();
}

void TestReplica::close() {
  replica_.reset();
  store_.reset();
  keys_.close();
}

void TestReplica::reopen() {
  close();
  store::EnvironmentOptions options;
  options.folder = folder_;
  options.tables = replica::Tables::names();
  for (std::string& name : attachments::WantBook::table_names())
    options.tables.push_back(std::move(name));
  options.initial_map_bytes = kMapBytes;
  options.faults = faults_;
  store_ = require(store::Environment::open(std::move(options)));
  require(keys_.open(folder_.string() + ".keys", faults_));
  replica_ = require(replica::Replica::open(*store_, keys_.sealer(), random_));
}

Person make_person(crypto::RandomSource& random, std::string name) {
  return {.name = std::move(name),
          .member = random.make<MemberId>(),
          .device = crypto::SigningKey::generate(random),
          .node = crypto::SigningKey::generate(random),
          .wire = crypto::DhKey::generate(random)};
}

std::vector<RosterOperation> admit_operations(const Person& person, const SpaceId& space,
                                              const std::vector<std::string>& roles) {
  std::vector<RosterOperation> out;
  out.emplace_back(AdmitMember{.member = person.member, .name = person.name});
  for (const std::string& role : roles) {
    out.emplace_back(
        GrantRole{.member = person.member, .role = role, .term_from = {}, .term_until = {}});
  }
  out.emplace_back(device_entry(person.device, space, person.member));
  return out;
}

AddNode node_entry(const Person& person, const SpaceId& space, Replication replication) {
  return {.node = person.node.node(),
          .wire = person.wire.wire(),
          .name = person.name,
          .replication = replication,
          .member = person.member,
          .signature = sign_node_entry(person.node, space, person.wire.wire(), person.member)};
}

Village found_village(replica::Replica& replica, crypto::RandomSource& random,
                      const std::string& name) {
  Person founder = make_person(random, "王建国");
  std::vector<RosterOperation> operations{FoundSpace{.name = name, .code = "110101001001"}};
  for (RosterOperation& operation : admit_operations(founder, SpaceId{}, {"chair", "clerk"}))
    operations.push_back(std::move(operation));
  operations.emplace_back(node_entry(founder, SpaceId{}));
  SpaceId space = require(replica.found(founder.device, operations, 1'700'000'000'000));
  return {.space = space, .founder = std::move(founder)};
}

Person admit_person(replica::Replica& replica, const Village& village, crypto::RandomSource& random,
                    const std::string& name, const std::vector<std::string>& roles,
                    Replication replication) {
  Person person = make_person(random, name);
  std::vector<RosterOperation> operations = admit_operations(person, village.space, roles);
  operations.emplace_back(node_entry(person, village.space, replication));
  require(replica.append_roster(village.space, village.founder.device, operations, 0));
  return person;
}

replica::ChangeDraft draft_of(const RecordId& record, std::vector<Operation> operations,
                              std::string registry) {
  return {.parts = {{.record = record,
                     .registry = std::move(registry),
                     .scope = kOpenScope,
                     .operations = std::move(operations)}}};
}

Operation set_field(std::string field, Value value) {
  return make_operation(OperationKind::kRegisterSet, std::move(field), std::move(value));
}

ChangeId write_record(replica::Replica& replica, const SpaceId& space, const Person& author,
                      const RecordId& record, std::vector<Operation> operations,
                      std::string registry) {
  replica::ChangeDraft draft = draft_of(record, std::move(operations), std::move(registry));
  return require(replica.append(space, author.device, {&draft, 1}, 0)).ids.at(0);
}

sync::Have have_of(replica::Replica& replica, const SpaceId& space) {
  return have_of(require(replica.heads(space)));
}

sync::Have have_of(const std::vector<sync::AuthorHead>& heads) {
  sync::Have out;
  for (const sync::AuthorHead& head : heads) {
    auto [have, is_new] = out.logs.try_emplace(head.author);
    // Of a forked log the heads say everything.
    have->second.count = is_new ? head.seq.value + 1 : 0;
    have->second.heads.push_back(head.id);
  }
  return out;
}

std::vector<sync::Run> all_runs(replica::Replica& from, const SpaceId& space, const WireKey& peer) {
  std::vector<sync::Run> out;
  sync::Have have;
  for (;;) {
    std::vector<sync::Run> batch = require(from.next_runs(space, peer, have, 512 * 1024));
    if (batch.empty()) return out;
    std::ranges::move(batch, std::back_inserter(out));
  }
}

sync::AcceptReport pull(replica::Replica& to, replica::Replica& from, const SpaceId& space,
                        std::size_t max_bytes, const WireKey& peer) {
  const std::vector<SpaceId> joined = require(to.spaces());
  if (std::ranges::find(joined, space) == joined.end()) require(to.join(space, peer));
  sync::Have have = have_of(to, space);
  sync::AcceptReport total;
  for (;;) {
    std::vector<sync::Run> runs = require(from.next_runs(space, peer, have, max_bytes));
    if (runs.empty()) return total;
    sync::AcceptReport report = require(to.accept(space, runs));
    total.admitted += report.admitted;
    total.known += report.known;
    total.held += report.held;
    total.refused += report.refused;
    total.forks += report.forks;
  }
}

sync::AcceptReport give(replica::Replica& replica, const SpaceId& space,
                        std::vector<Change> changes) {
  return require(replica.accept(space, std::vector<sync::Run>{{std::move(changes)}}));
}

Change forge_change(const crypto::SigningKey& author, const SpaceId& space, const Change* before,
                    std::vector<ChangeId> pins, std::vector<Part> parts) {
  ChangeHeader header{.space = space, .author = author.author(), .pins = std::move(pins)};
  if (before != nullptr) {
    header.seq = before->header.seq.next();
    header.prev = before->id;
  }
  return sign_change(author, std::move(header), std::move(parts));
}

Part forge_part(const RecordId& record, std::vector<ChangeId> parents,
                std::vector<Operation> operations, const std::string& registry) {
  std::ranges::sort(parents);
  Bytes links = require(encode_links(
      {.salt = {}, .record = record, .registry = registry, .parents = std::move(parents)}));
  Bytes body = require(encode_body({.salt = {}, .operations = std::move(operations)}));
  return make_part(kOpenScope, std::move(links), std::move(body));
}

Change head_change(replica::Replica& replica, const SpaceId& space, const AuthorKey& author) {
  std::vector<Change> log;
  require(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
    log.push_back(change);
    return true;
  }));
  REQUIRE_FALSE(log.empty());
  return std::move(log.back());
}

std::vector<Change> all_changes(replica::Replica& replica, const SpaceId& space) {
  std::set<AuthorKey> authors;
  for (const sync::AuthorHead& head : require(replica.heads(space))) authors.insert(head.author);
  std::vector<Change> all;
  for (const AuthorKey& author : authors)
    require(replica.scan_log(space, author, Seq{0}, [&](const Change& change) {
      all.push_back(change);
      return true;
    }));
  return all;
}

ScopeKeys keys_in(const std::vector<Change>& changes, const SpaceId& space,
                  const std::vector<const Person*>& readers) {
  ScopeKeys out;
  for (const Change& change : changes)
    for (const Person* reader : readers)
      out.take_wraps(space, change.header.author, handed_epochs(change), reader->device);
  return out;
}

void check_against_replay(replica::Replica& replica, const SpaceId& space,
                          const std::vector<const Person*>& readers) {
  const std::vector<Change> all = all_changes(replica, space);
  const replay::Replay expected = replay::replay(space, all, keys_in(all, space, readers));
  CHECK(expected.refused.empty());
  CHECK(expected.admitted.size() == all.size());
  CHECK(expected.roster->devices == require(replica.roster(space))->devices);
  CHECK(expected.roster->nodes == require(replica.roster(space))->nodes);
  CHECK(expected.roster->scopes == require(replica.roster(space))->scopes);
  for (const auto& [place, view] : expected.views) {
    const auto found = require(replica.view(space, place.record, place.scope));
    REQUIRE(found);
    CHECK(found->encode() == view.encode());
    for (const replica::ScopedView& each : require(replica.views(space, place.record)))
      CHECK(expected.views.contains({place.record, each.scope}));
  }
}

crypto::EpochId open_epoch(replica::Replica& replica, const Village& village,
                           crypto::RandomSource& random, const std::string& name) {
  const auto roster = require(replica.roster(village.space));
  OpenEpoch opening =
      require(council::plan_epoch(*roster, village.space, name, village.founder.author(), random));
  const crypto::EpochId epoch = opening.epoch;
  const RosterOperation operation = std::move(opening);
  require(replica.append_roster(village.space, village.founder.device, {&operation, 1}, 0));
  return epoch;
}

}  // namespace cunju::test
