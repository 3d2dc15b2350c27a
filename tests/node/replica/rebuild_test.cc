// SPDX-License-Identifier: Apache-2.0
#include "tests/support/replica_fixture.h"

using namespace cunju;
using namespace cunju::test;

namespace {

void put_meta(store::Environment& store, std::string_view name, std::uint64_t value) {
  replica::Tables tables = require(replica::Tables::of(store));
  require(store.write([&](store::WriteTransaction& txn) {
    return txn.put(tables.meta, as_bytes(name), replica::encode_u64(value));
  }));
}

/// A replica whose parts arrived before their parents, so that its log order is not causal.
struct Disorder {
  TestReplica source{1}, target{2};
  Village village{found_village(*source, source.random())};
  RecordId record{source.random().make<RecordId>()};

  Disorder() {
    Person li = admit_person(*source, village, source.random(), "李");
    require(target->join(village.space, {}));
    require(target->accept(village.space, all_runs(*source, village.space)));
    std::vector<Change> changes;
    for (int i = 0; i < 12; ++i) {
      const Person& author = i % 2 == 0 ? village.founder : li;
      write_record(*source, village.space, author, record, {set_field("n", std::int64_t{i})});
      changes.push_back(head_change(*source, village.space, author.author()));
    }
    // Each author's own order holds; all of the second author comes first.
    for (int parity : {1, 0})
      for (std::size_t i = static_cast<std::size_t>(parity); i < changes.size(); i += 2)
        require(target->accept(village.space, std::vector<sync::Run>{{{changes[i]}}}));
  }
};

}  // namespace

TEST_CASE("rebuilt views are byte for byte what they were, though parents came after children") {
  Disorder scene;
  const Hash views = require(scene.target->view_hash(scene.village.space));
  REQUIRE(views == require(scene.source->view_hash(scene.village.space)));
  require(scene.target->rebuild_views());
  CHECK(require(scene.target->view_hash(scene.village.space)) == views);
  CHECK(require(scene.target->counts()).waiting_parts == 0);
  CHECK(require(scene.target->registries(scene.village.space)).at("minutes") == 1);
  // Writing goes on where it was.
  write_record(*scene.target, scene.village.space, scene.village.founder, scene.record,
               {set_field("n", std::int64_t{99})});
  auto view = require(scene.target->view(scene.village.space, scene.record));
  CHECK(view->heads.size() == 1);
}

TEST_CASE("a rebuild keeps waiting what has to wait") {
  TestReplica source(1), target(2);
  Village village = found_village(*source, source.random());
  Person li = admit_person(*source, village, source.random(), "李");
  RecordId record = source.random().make<RecordId>();
  pull(*target, *source, village.space);
  write_record(*source, village.space, village.founder, record, {set_field("a", "父")});
  Change parent = head_change(*source, village.space, village.founder.author());
  write_record(*source, village.space, li, record, {set_field("a", "子")});
  Change child = head_change(*source, village.space, li.author());
  require(target->accept(village.space, std::vector<sync::Run>{{{child}}}));
  require(target->rebuild_views());
  CHECK(require(target->counts()).waiting_parts == 1);
  CHECK_FALSE(require(target->view(village.space, record)));
  require(target->accept(village.space, std::vector<sync::Run>{{{parent}}}));
  CHECK(require(target->counts()).waiting_parts == 0);
  CHECK(require(target->view_hash(village.space)) == require(source->view_hash(village.space)));
}

TEST_CASE("views of another version are dropped and computed again when the store is opened") {
  Disorder scene;
  const Hash views = require(scene.target->view_hash(scene.village.space));
  put_meta(scene.target.store(), "view_version", replica::kViewVersion + 1);
  replica::Tables tables = require(replica::Tables::of(scene.target.store()));
  require(scene.target.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRYV(txn.clear(tables.views));
    return txn.clear(tables.graph);
  }));
  REQUIRE(require(scene.target->view_hash(scene.village.space)) != views);
  scene.target.reopen();
  CHECK(require(scene.target->view_hash(scene.village.space)) == views);
  // The version is noted: views that are right now are not computed at every start.
  require(scene.target.store().write(
      [&](store::WriteTransaction& txn) { return txn.clear(tables.views); }));
  scene.target.reopen();
  CHECK(require(scene.target->view_hash(scene.village.space)) != views);
}

TEST_CASE(
    "what roster changes were told by witnesses is read again from rows of the version before") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const Person town = admit_person(*one, village, one.random(), "街道办", {"office"});
  write_record(*one, village.space, village.founder, one.random().make<RecordId>(),
               {set_field("n", std::int64_t{1})});
  REQUIRE(require(one->append_statements(village.space, town.node, 7)).ids.size() == 1);
  admit_person(*one, village, one.random(), "李");
  const replica::Tables tables = require(replica::Tables::of(one.store()));
  auto read_rows = [&] {
    std::map<Bytes, Bytes> out;
    require(one.store().read([&](store::ReadTransaction& txn) {
      return txn.scan(tables.roster, {}, [&](ByteView key, ByteView value) {
        out.emplace(to_bytes(key), to_bytes(value));
        return true;
      });
    }));
    return out;
  };
  const std::map<Bytes, Bytes> rows = read_rows();
  std::size_t told = 0;
  require(one.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    for (const auto& [key, value] : rows) {
      // Version 6: of each log how many first changes.
      const auto row = replica::RosterRow::decode(value);
      REQUIRE(row);
      Bytes old = replica::encode_u64(row->own_after);
      for (const auto& [log, tip] : row->witnessed.tips) {
        append(old, log.view());
        append(old, replica::encode_u64(tip.seq.value + 1));
        ++told;
      }
      CUNJU_TRYV(txn.put(tables.roster, key, old));
    }
    return ok();
  }));
  CHECK(told == 2);
  put_meta(one.store(), "view_version", 6);
  one.reopen();
  CHECK(read_rows() == rows);
  check_against_replay(*one, village.space);
}

TEST_CASE("a store that a newer program wrote is refused and left as it is") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const Hash state = require(one->state_hash(village.space));
  put_meta(one.store(), "store_version", replica::kStoreVersion + 1);
  keys::OpenSealer sealer;
  crypto::SeededRandom random(1);
  CHECK(replica::Replica::open(one.store(), sealer, random).error().code == Errc::kUnsupported);
  put_meta(one.store(), "store_version", replica::kStoreVersion);
  one.reopen();
  CHECK(require(one->state_hash(village.space)) == state);
}
