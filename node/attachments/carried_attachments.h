// SPDX-License-Identifier: Apache-2.0
//
// Attachments that travel with bundles: what this home lacks, for its receipts; what a recipient is
// to be given, by the same rights and the same policy as in a session; and what of a bundle is
// kept. Only what records here refer to is taken, each chunk proven by its path, and what came of
// an attachment stays until the rest comes on another stick or over a network. Borrows replica and
// folder; single thread; computes anew when records have changed.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "net/bundle/annex_reader.h"
#include "net/bundle/receipt.h"
#include "node/attachments/attachment_depot.h"
#include "node/attachments/carry_choice.h"

namespace cunju::attachments {

/// What became of the attachments of a bundle.
struct CarriedReport {
  std::set<BlobId> whole;    ///< Whole now, and were not before.
  std::set<BlobId> partial;  ///< Something came, or was here already; the rest is lacking.
  std::set<BlobId> known;    ///< Whole, and something of them was here already.
  std::set<BlobId> left;     ///< Not chosen here: `fetch` or kAll takes them.
  std::set<BlobId> unknown;  ///< Nothing here refers to them.
  std::set<BlobId> busy;     ///< Another process takes them just now.
  std::uint64_t bytes = 0;   ///< Of the chunks that were kept.
};

class CarriedAttachments final : public bundle::ChunkSink {
 public:
  CarriedAttachments(replica::Replica& replica, BlobFolder& folder, ChargeBook& charges)
      : replica_(replica), folder_(folder), charges_(charges) {}

  /// What the records of the space refer to and is not here: those that are wanted first, within
  /// the limits of a receipt.
  Result<std::vector<bundle::LackedAttachment>> find_lacked(const SpaceId& space);

  /// What the peer may have, is here, and is not known to be there: what its receipt says that it
  /// lacks, and what records refer to of which it does not tell yet, where the roster lets its
  /// member read them. Without a receipt everything of these that is chosen. Ascending by address.
  Result<std::vector<bundle::LackedAttachment>> choose_for(
      const WireKey& peer, const SpaceId& space, const std::optional<bundle::Receipt>& receipt,
      CarryChoice choice);

  /// What is taken from now on.
  void choose(CarryChoice choice) { choice_ = choice; }
  Result<void> take(const SpaceId& space, const bundle::CarriedChunk& chunk) override;
  /// After the last chunk of a bundle: what was kept is durable. What became of it since the last
  /// call.
  Result<CarriedReport> finish();

 private:
  /// What one space refers to, as of one moment.
  struct Look {
    std::uint64_t position = 0;
    std::vector<Referred> references;
    Wanted wanted;
    std::set<BlobId> usual;  ///< What a home with this policy and nothing in it would fetch.
  };
  Result<const Look*> look_at(const SpaceId& space);
  /// Begins with it, or says why not in the report.
  Result<bool> open(const SpaceId& space, const Look& look, const BlobId& blob);
  Result<void> close();

  replica::Replica& replica_;
  BlobFolder& folder_;
  ChargeBook& charges_;
  std::optional<std::uint64_t> stored_;  ///< BlobFolder::stored_bytes() as of the first look.
  std::map<SpaceId, Look> looks_;
  CarryChoice choice_ = CarryChoice::kSmall;
  std::unique_ptr<PartialBlob> part_;
  /// Those that were closed: a writer puts all chunks of one side by side, and opening one again
  /// and again would cost hashing it each time.
  std::set<BlobId> closed_;
  CarriedReport report_;
};

}  // namespace cunju::attachments
