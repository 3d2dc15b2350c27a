// SPDX-License-Identifier: Apache-2.0
//
// A space on a temporary store: a chair, a clerk, a second clerk and this node in its roster, and
// records of several kinds written from a seed. Fails the test when anything fails.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <vector>

#include "node/replica/replica.h"
#include "tests/support/stored_keys.h"
#include "tests/support/temp_folder.h"

namespace cunju::test {

/// One store with a replica over it, and no space yet.
struct Store {
  explicit Store(std::uint64_t seed) : random(seed) {
    auto opened =
        store::Environment::open({.folder = folder / "data", .tables = replica::Tables::names()});
    INFO((opened ? "" : opened.error().context));
    REQUIRE(opened);
    data = std::move(opened).value();
    REQUIRE(keys.open(folder / "keys"));
    auto made = replica::Replica::open(*data, keys.sealer(), random);
    REQUIRE(made);
    replica = std::move(made).value();
  }

  TempFolder folder;
  StoredKeys keys;
  crypto::SeededRandom random;
  std::unique_ptr<store::Environment> data;
  std::unique_ptr<replica::Replica> replica;
};

struct StoredVillage : Store {
  explicit StoredVillage(std::uint64_t seed = 1, const std::string& name = "清水村")
      : Store(seed),
        chair(crypto::SigningKey::generate(random)),
        clerk(crypto::SigningKey::generate(random)),
        second_clerk(crypto::SigningKey::generate(random)),
        node(crypto::SigningKey::generate(random)),
        wire(crypto::DhKey::generate(random)) {
    const auto a = random.make<MemberId>(), b = random.make<MemberId>();
    std::vector<RosterOperation> operations{
        FoundSpace{name, "330100000000"},
        AdmitMember{a, "王主任"},
        GrantRole{a, "chair", "2024-01-01", "2029-01-01"},
        device_entry(chair, SpaceId{}, a),
        AdmitMember{b, "李文书"},
        GrantRole{b, "clerk", {}, {}},
        device_entry(clerk, SpaceId{}, b),
        device_entry(second_clerk, SpaceId{}, b),
        AddNode{.node = node.node(),
                .wire = wire.wire(),
                .name = "村委会电脑",
                .member = a,
                .signature = sign_node_entry(node, SpaceId{}, wire.wire(), a)}};
    space = require(replica->found(chair, operations, 1'700'000'000'000));
  }

  template <class T>
  static T require(Result<T> result) {
    INFO((result ? "" : result.error().context));
    REQUIRE(result);
    return std::move(result).value();
  }

  /// One change about one record, signed by `by`.
  void write(const crypto::SigningKey& by, const RecordId& record, const std::string& registry,
             std::vector<Operation> operations, Scope scope = kOpenScope) {
    replica::ChangeDraft draft{{{record, registry, scope, std::move(operations)}}};
    require(replica->append(space, by, std::span(&draft, 1), 1'700'000'000'000));
  }

  /// Records with every kind of field and value; some are edited again, some deleted.
  void fill(int count) {
    for (int i = 0; i < count; ++i) {
      const auto record = random.make<RecordId>();
      const std::string number = std::to_string(i);
      write(clerk, record, "rental",
            {make_operation(OperationKind::kRegisterSet, "premises_id", "R-" + number),
             make_operation(OperationKind::kRegisterSet, "address",
                            "=清水路 " + number + " 号\n\"北\""),
             make_operation(OperationKind::kRegisterSet, "rooms", std::int64_t{i}),
             make_operation(OperationKind::kSetAdd, "hazards", std::string("fire")),
             make_operation(OperationKind::kRegisterSet, "of_a_newer_program", Bytes{1, 2, 3})});
      write(second_clerk, record, "rental",
            {make_operation(OperationKind::kRegisterSet, "address", "幸福路 " + number + " 号")});
      if (i % 5 == 4)
        write(clerk, record, "rental", {make_operation(OperationKind::kDelete, "", NoValue{})});
      if (i % 3 == 0)
        write(clerk, random.make<RecordId>(), "own_registry",
              {make_operation(OperationKind::kStateMove, "status", std::string("open"))});
      if (i % 4 == 0)
        write(clerk, random.make<RecordId>(), "../../etc/evil",
              {make_operation(OperationKind::kRegisterSet, "name", std::string("@SUM(1)"))});
    }
  }

  crypto::SigningKey chair, clerk, second_clerk, node;
  crypto::DhKey wire;
  SpaceId space;
};

}  // namespace cunju::test
