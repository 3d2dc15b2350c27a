// SPDX-License-Identifier: Apache-2.0
//
// Forged changes that authentic keys sign: the lies of one table, each with what it breaks. A
// liar has spare devices; a change that no node may admit ends the usefulness of the device that
// signed it (its log can't go on without a fork, and forks are a fault of their own).
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "tests/simulation/node.h"
#include "tests/simulation/writer.h"

namespace cunju::simulation {

/// A device that only the forger signs with.
struct SpareDevice {
  crypto::SigningKey key;
  std::uint64_t next_seq = 0;
  ChangeId prev;
  MemberId member = {};
  /// What it stated last; before its first change what it has to state, if only that names it.
  std::vector<ChangeId> pins = {};
  bool is_burnt = false;
  /// What it has signed and its own node took: where a branch may begin.
  std::vector<wire::Sample> signed_before = {};
};

class Forger {
 public:
  Forger(Context& context, const Writer& writer) : context_(context), writer_(writer) {}

  void add_device(SpareDevice device) { devices_.push_back(std::move(device)); }
  /// A key that the liars sign with for a recovery quorum.
  void add_signer(crypto::SigningKey key) { signers_.push_back(std::move(key)); }
  /// A liar's machine that may be a witness.
  void add_witness(SpareDevice node) { witnesses_.push_back(std::move(node)); }
  /// One attack by chance; what the accomplice's own replica says of it decides whether the device
  /// can go on. Every run is authentic unless the lie is about that.
  std::vector<sync::Run> attack(Node& accomplice);
  /// Two changes of one device with one sequence number.
  std::vector<sync::Run> equivocate(Node& accomplice);

  /// The lies, for tests and for their count.
  struct Lie {
    std::string_view name;
    std::size_t weight;
    std::vector<sync::Run> (Forger::*tell)(Node&, SpareDevice&);
    std::uint32_t fault = 0;  ///< Only in scenarios with it.
  };
  static std::span<const Lie> lies();

 private:
  // What the lies are is said where they stand in the table.
  std::vector<sync::Run> backdate(Node& node, SpareDevice& device);
  std::vector<sync::Run> pins_backwards(Node& node, SpareDevice& device);
  std::vector<sync::Run> invent_parents(Node& node, SpareDevice& device);
  std::vector<sync::Run> cross_records(Node& node, SpareDevice& device);
  std::vector<sync::Run> invent_prev(Node& node, SpareDevice& device);
  std::vector<sync::Run> say_twice(Node& node, SpareDevice& device);
  std::vector<sync::Run> garble(Node& node, SpareDevice& device);
  std::vector<sync::Run> grab_rights(Node& node, SpareDevice& device);
  std::vector<sync::Run> claim_registry(Node& node, SpareDevice& device);
  std::vector<sync::Run> break_signature(Node& node, SpareDevice& device);
  std::vector<sync::Run> withhold_parts(Node& node, SpareDevice& device);
  std::vector<sync::Run> replay(Node& node, SpareDevice& device);
  std::vector<sync::Run> witness_lies(Node& node, SpareDevice& device);
  std::vector<sync::Run> name_lies(Node& node, SpareDevice& device);
  std::vector<sync::Run> flood(Node& node, SpareDevice& device);
  std::vector<sync::Run> write_on(Node& node, SpareDevice& device);
  std::vector<sync::Run> admit_friend(Node& node, SpareDevice& device);
  std::vector<sync::Run> remove_everybody(Node& node, SpareDevice& device);
  std::vector<sync::Run> usurp(Node& node, SpareDevice& device);

  Part part(const RecordId& record, const std::string& registry, std::vector<ChangeId> parents);
  std::vector<ChangeId> heads_of(Node& node, const RecordId& record);
  /// Roster heads that somebody has pinned, old or new.
  std::vector<ChangeId> any_pins();
  std::vector<ChangeId> newest_pins(Node& node);
  /// For a change about a record: as before, or something that names the device.
  std::vector<ChangeId> usual_pins(Node& node, const SpareDevice& device);
  /// A roster change with those pins.
  std::vector<sync::Run> act(Node& node, SpareDevice& device, std::vector<ChangeId> pins,
                             std::span<const RosterOperation> said);
  /// Goes on after any of its changes, or once more from its beginning.
  void go_back(SpareDevice& device);
  const Change* any_honest_change();
  Change sign(SpareDevice& device, std::vector<ChangeId> pins, std::vector<Part> parts);
  /// Signs, shows it to the accomplice's replica, and goes on or burns the device.
  std::vector<sync::Run> publish(Node& node, SpareDevice& device, std::vector<ChangeId> pins,
                                 std::vector<Part> parts);

  Context& context_;
  std::vector<SpareDevice> witnesses_;
  std::vector<crypto::SigningKey> signers_;
  Hash seen_;  ///< What the next signed change names.
  const Writer& writer_;
  std::vector<SpareDevice> devices_;
};

}  // namespace cunju::simulation
