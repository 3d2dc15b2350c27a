// SPDX-License-Identifier: Apache-2.0
//
// What the people of a village of sticks attach to records, remembered outside of every node, and
// the laws that hold for it:
//   kept: what was whole at a machine stays whole there as long as a record there refers to it
//   given: of a letter nothing is taken that its recipient's place in the writer's roster keeps
//     from it, and nobody else opens the letter
//   receipted: what a node's receipt leaves out is here, whole, and so is each part of a change
//   come: at rest everybody has what it wants, may have and somebody else has
//   erased: what only erased parts refer to is in no folder
// One thread.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "node/peers/bundle_reading.h"
#include "node/peers/bundle_writing.h"
#include "tests/simulation/node.h"

namespace cunju::simulation {

class Scans {
 public:
  Scans(Context& context, Nodes& nodes) : context_(context), nodes_(nodes) {}

  /// A draft that refers to a new file of this machine, or again to an earlier one, about that
  /// record. None: the disk took no file.
  std::optional<replica::ChangeDraft> draft(Node& node, const RecordId& record);
  /// What the draft refers to has been saved.
  void note_saved(Node& node, const ChangeId& id);

  void choose_policy(Node& node);
  void ask_for_one(Node& node);
  void take_orphans(Node& node);
  /// Everybody takes what there is.
  void open_policies();

  void note_written(Node& writer, const std::vector<peers::WrittenBundle>& bundles);
  void judge(Node& reader, const peers::StickReport& report);
  /// What a receipt of this node would say now.
  void check_receipts(Node& node);

  /// Whether all have what they may have.
  bool is_settled();
  void note_differences();
  void check();

 private:
  struct Scan {
    std::set<Scope> scopes;
    Bytes reference;
    std::set<std::pair<ChangeId, std::uint16_t>> parts;  ///< That refer to it and were saved.
  };
  struct Letter {
    std::size_t from = 0, to = 0;
    Replication replication = Replication::kFull;  ///< Of its recipient, as its writer knew it.
  };
  using Missing = std::vector<std::string>;

  bool may_have(Replication replication, const attachments::BlobId& blob) const;
  Missing find_missing(Node& node);
  bool is_lacked_in_vain(Node& node, const Change& change, std::size_t part);
  bool is_offered(Node& from, Node& to, const attachments::Referred& wanted);
  void check_kept(Node& node);
  void check_erased(Node& node);

  Context& context_;
  Nodes& nodes_;
  std::map<attachments::BlobId, Scan> scans_;
  std::map<bundle::LetterId, Letter> letters_;
  attachments::BlobId drafted_;
};

}  // namespace cunju::simulation
