// SPDX-License-Identifier: Apache-2.0
//
// Somebody had the disk and gave it back: rows that this home did not seal.
#include <catch2/catch.hpp>

#include "tests/support/replica_fixture.h"

namespace cunju::test {

TEST_CASE("a row that makes a stranger an inviter makes nobody a peer") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const WireKey stranger = crypto::DhKey::generate(one.random()).wire();
  const replica::Tables tables = require(replica::Tables::of(one.store()));
  // Plain as the stranger has it, and in the form of a store without seals.
  for (const Bytes& row : {to_bytes(stranger.view()), [&] {
                             Bytes open{0};
                             append(open, stranger.view());
                             return open;
                           }()}) {
    require(one.store().write([&](store::WriteTransaction& txn) {
      return txn.put(tables.joining, village.space.view(), row);
    }));
    one.reopen();
    CHECK(require(one->shared_spaces(stranger)).empty());
    CHECK_FALSE(require(one->inviter(village.space)));
  }
  // Who did invite is one, until the roster has come.
  TestReplica guest(2);
  require(guest->join(village.space, village.founder.wire.wire()));
  guest.reopen();
  CHECK(require(guest->shared_spaces(village.founder.wire.wire())).size() == 1);
}

TEST_CASE("a view that does not open any more is computed again") {
  TestReplica one(1);
  Village village = found_village(*one, one.random());
  const auto record = one.random().make<RecordId>();
  write_record(*one, village.space, village.founder, record, {set_field("title", Value{"例会"})});
  const Hash views = require(one->view_hash(village.space));
  const replica::Tables tables = require(replica::Tables::of(one.store()));
  require(one.store().write([&](store::WriteTransaction& txn) -> Result<void> {
    std::vector<Bytes> keys;
    CUNJU_TRYV(txn.scan_prefix(tables.views, {}, [&](ByteView key, ByteView) {
      keys.push_back(to_bytes(key));
      return true;
    }));
    for (const Bytes& key : keys) {
      Bytes value = to_bytes(*txn.get(tables.views, key));
      value.back() ^= 1;
      CUNJU_TRYV(txn.put(tables.views, key, value));
    }
    return ok();
  }));
  CHECK(one->view_hash(village.space).error().code == Errc::kTampered);
  CHECK(one->view(village.space, record).error().code == Errc::kTampered);
  require(one->rebuild_views());
  CHECK(require(one->view_hash(village.space)) == views);
}

}  // namespace cunju::test
