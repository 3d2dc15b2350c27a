// SPDX-License-Identifier: Apache-2.0
//
// One simulated machine: its owner and other people who write at it, each with a key of their own,
// a folder, and, while it is up, the real store and replica over it. kill() is a power cut: memory
// is gone, committed data stays. What the node said was safe is in its ledger, which no crash
// touches. Not copied or moved; one thread.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "node/keys/value_sealer.h"
#include "node/peers/bundle_annex.h"
#include "node/peers/bundle_context.h"
#include "node/store/environment.h"
#include "tests/simulation/clock.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/ledger.h"
#include "tests/support/replica_fixture.h"
#include "tests/support/temp_folder.h"

namespace cunju::simulation {

class Node {
 public:
  Node(Context& context, std::size_t index, test::Person person);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node() = default;

  /// Opens what the disk has, and holds it against the ledger.
  void boot();
  void kill();
  bool is_up() const { return replica_ != nullptr; }
  virtual bool is_honest() const { return true; }

  /// Every third node relays what is sealed and can't read it.
  bool reads_sealed() const { return index_ % 3 != 2; }
  std::size_t index() const { return index_; }
  std::string name() const { return "n" + std::to_string(index_); }
  /// The owner, whose roster entry names this machine.
  const test::Person& person() const { return people_.front(); }
  /// Who writes here, the owner first. What is added stays where it is.
  const std::deque<test::Person>& people() const { return people_; }
  void host(test::Person person);
  WireKey wire() const { return person().wire.wire(); }
  replica::Replica& replica() { return *replica_; }
  /// What sessions talk to.
  virtual sync::Port& port() { return port_; }
  RecordingPort& recording_port() { return port_; }
  SimulatedDisk& disk() { return disk_; }
  WrongClock& clock() { return clock_; }
  Ledger& ledger() { return ledger_; }
  crypto::SeededRandom& random() { return random_; }

  /// Something was admitted since this was asked last.
  bool take_commit() { return std::exchange(has_committed_, false); }
  /// An error of the store that the simulated disk explains.
  bool explains(const Error& error);

  /// The person saves; a failure that the disk explains is a failure to the person only.
  Result<replica::Appended> write(std::span<const replica::ChangeDraft> drafts,
                                  std::size_t who = 0);
  Result<replica::Appended> write_roster(std::span<const RosterOperation> operations,
                                         std::size_t who = 0);

  /// The machine states what it holds, if its owner's roles make it a witness.
  void witness();

  /// For sticks; only where the scenario has them (kOnlySticks).
  peers::BundleContext bundle_context();
  /// It knows of attachments from now on what a command knows that begins now.
  void begin_command();
  peers::BundleBook& book() { return *book_; }
  attachments::BlobFolder& blobs() { return *blobs_; }
  attachments::WantBook& wants() { return *wants_; }
  /// Attachments that were whole here, and have to be as long as a record here refers to them.
  std::set<attachments::BlobId>& whole_blobs() { return whole_blobs_; }
  /// Seals a file of so many bytes into the folder; the reference. Errors: those of the disk.
  Result<Bytes> seal(const Bytes& content);
  /// What a record here refers to, as of now.
  std::vector<attachments::Referred> references();
  /// A node's entry in the roster as it is here; none: it is not in it, or not any more.
  std::optional<AddNode> find_entry(const WireKey& wire);
  /// Every part of every change that is here is here whole or erased.
  bool holds_all_parts();
  /// What reading a stick has brought or made here, all by itself, into ledger and library.
  void note_logs();
  /// All that is here may have left the machine.
  void note_travelled();

  /// Copies the store as a backup program would; restore() puts the copy in its place. The ledger
  /// goes back as well: what the node alone had promised since then is lost with the disk.
  void back_up();
  bool has_backup() const { return backup_ != nullptr; }
  void restore();
  bool was_restored() const { return was_restored_; }
  /// What has left this machine and is not in its log any more: until it is back, a key that signs
  /// makes a fork, and nobody here can know.
  void expect_back(const AuthorKey& author, Seq seq) { lost_[author] = seq; }
  bool is_behind_itself(std::size_t who) { return is_behind_itself(people_[who].author()); }
  bool is_behind_itself(const AuthorKey& author);

 private:
  Result<void> open();
  Result<void> open_book();
  Result<void> open_blobs();
  void announce_keys();
  void check_promises();
  std::vector<const char*> stores_in_backup() const;

  Context& context_;
  std::size_t index_;
  std::deque<test::Person> people_;
  test::TempFolder folder_;
  SimulatedDisk disk_;
  WrongClock clock_;
  Ledger ledger_;
  crypto::SeededRandom random_;
  test::StoredKeys keys_;
  std::unique_ptr<store::Environment> store_;
  std::unique_ptr<replica::Replica> replica_;
  keys::UnlockedKeys unlocked_;
  std::unique_ptr<store::Environment> book_store_;
  std::unique_ptr<peers::BundleBook> book_;
  std::unique_ptr<attachments::BlobFolder> blobs_;
  std::unique_ptr<attachments::WantBook> wants_;
  std::unique_ptr<peers::BundleAttachments> carried_;
  std::set<attachments::BlobId> whole_blobs_;
  RecordingPort port_;
  std::unique_ptr<Ledger> backup_;
  std::map<AuthorKey, Seq> lost_;
  bool has_committed_ = false;
  bool was_restored_ = false;
};

using Nodes = std::vector<std::unique_ptr<Node>>;

}  // namespace cunju::simulation
