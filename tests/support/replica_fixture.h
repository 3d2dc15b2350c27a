// SPDX-License-Identifier: Apache-2.0
//
// Replicas on temporary stores and villages of people in them. TestReplica owns its folder, store
// and seeded randomness; found_village() and admit_person() fill a roster; pull() moves changes as
// a sync session would. require() ends the running test with the error's text.
#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "node/keys/value_sealer.h"
#include "node/replica/replica.h"
#include "node/store/environment.h"
#include "tests/support/stored_keys.h"
#include "tests/support/temp_folder.h"

namespace cunju::test {

/// The value of a result that has to be one.
template <class T>
T require(Result<T> result) {
  if (result.has_error())
    FAIL(std::string(errc_name(result.error().code)) + ": " + result.error().context);
  return std::move(result).value();
}
inline void require(const Result<void>& result) {
  if (result.has_error())
    FAIL(std::string(errc_name(result.error().code)) + ": " + result.error().context);
}

/// A replica on a store of its own, or on a folder that others use too.
class TestReplica {
 public:
  explicit TestReplica(std::uint64_t seed, store::FaultInjector* faults = nullptr);
  TestReplica(std::uint64_t seed, const std::filesystem::path& shared_folder,
              store::FaultInjector* faults = nullptr);

  replica::Replica& operator*() { return *replica_; }
  replica::Replica* operator->() { return replica_.get(); }
  store::Environment& store() { return *store_; }
  crypto::RandomSource& random() { return random_; }
  const std::filesystem::path& folder() const { return folder_; }
  /// Closes store and replica and opens them again.
  void reopen();
  void close();

 private:
  std::unique_ptr<TempFolder> own_folder_;
  std::filesystem::path folder_;
  store::FaultInjector* faults_;
  crypto::SeededRandom random_;
  StoredKeys keys_;
  std::unique_ptr<store::Environment> store_;
  std::unique_ptr<replica::Replica> replica_;
};

/// A member with one device and the keys of one node.
struct Person {
  std::string name;
  MemberId member;
  crypto::SigningKey device;
  crypto::SigningKey node;
  crypto::DhKey wire;

  AuthorKey author() const { return device.author(); }
};
Person make_person(crypto::RandomSource& random, std::string name);

/// The operations that admit a person with a device and these roles. `space`: zero in a founding
/// change.
std::vector<RosterOperation> admit_operations(const Person& person, const SpaceId& space,
                                              const std::vector<std::string>& roles);
/// The roster entry of the person's node, in the same way.
AddNode node_entry(const Person& person, const SpaceId& space,
                   Replication replication = Replication::kFull);

struct Village {
  SpaceId space;
  Person founder;  ///< chair and clerk, with a full node.
};
Village found_village(replica::Replica& replica, crypto::RandomSource& random,
                      const std::string& name = "槐树村");
/// The founder admits a person with device, roles and node.
Person admit_person(replica::Replica& replica, const Village& village, crypto::RandomSource& random,
                    const std::string& name, const std::vector<std::string>& roles = {"clerk"},
                    Replication replication = Replication::kFull);

/// A draft of one part.
replica::ChangeDraft draft_of(const RecordId& record, std::vector<Operation> operations,
                              std::string registry = "minutes");
/// A register operation.
Operation set_field(std::string field, Value value);
/// Appends one change; its id.
ChangeId write_record(replica::Replica& replica, const SpaceId& space, const Person& author,
                      const RecordId& record, std::vector<Operation> operations,
                      std::string registry = "minutes");

/// What a node has of a space.
sync::Have have_of(replica::Replica& replica, const SpaceId& space);
sync::Have have_of(const std::vector<sync::AuthorHead>& heads);
/// All changes of a space, as runs for a peer with this wire key.
std::vector<sync::Run> all_runs(replica::Replica& from, const SpaceId& space,
                                const WireKey& peer = {});
/// Joins if need be, then takes everything `from` has and `to` lacks. Every batch is of about
/// max_bytes.
sync::AcceptReport pull(replica::Replica& to, replica::Replica& from, const SpaceId& space,
                        std::size_t max_bytes = 512 * 1024, const WireKey& peer = {});

/// One run of a peer's, whoever that is.
sync::AcceptReport give(replica::Replica& replica, const SpaceId& space,
                        std::vector<Change> changes);

/// Signs a change without asking any replica: for what an honest program would not write.
/// Pins as given; `before` null: the author's first change.
Change forge_change(const crypto::SigningKey& author, const SpaceId& space, const Change* before,
                    std::vector<ChangeId> pins, std::vector<Part> parts);
/// A part with the given parents.
Part forge_part(const RecordId& record, std::vector<ChangeId> parents,
                std::vector<Operation> operations, const std::string& registry = "minutes");
/// The newest change of an author.
Change head_change(replica::Replica& replica, const SpaceId& space, const AuthorKey& author);
/// All changes of a space that a replica has, by author.
std::vector<Change> all_changes(replica::Replica& replica, const SpaceId& space);
/// The epoch keys that these people's devices find in the changes.
ScopeKeys keys_in(const std::vector<Change>& changes, const SpaceId& space,
                  const std::vector<const Person*>& readers);
/// Checks the roster and every view against what a replay of the replica's own changes makes of
/// them, and that there are no others. `readers`: whose devices the replica reads with.
void check_against_replay(replica::Replica& replica, const SpaceId& space,
                          const std::vector<const Person*>& readers = {});

/// The founder opens an epoch of the scope for everybody entitled; its id.
crypto::EpochId open_epoch(replica::Replica& replica, const Village& village,
                           crypto::RandomSource& random, const std::string& name);

}  // namespace cunju::test
