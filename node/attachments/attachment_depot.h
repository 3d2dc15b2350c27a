// SPDX-License-Identifier: Apache-2.0
//
// The attachments of a home as sync sessions see them (net/sync/attachment_port.h): what is still
// to be fetched, by the policy or because somebody asked, and who may have what is here. An
// attachment is a peer's to have if a record of the shared space refers to it that the peer's place
// in the roster lets it have: a full node all, a shell those of open fields, a witness none.
// References that can't be read here are not known here, so what they refer to is neither fetched
// nor given. In which spaces something is wanted is remembered (want_book.h): only those that were
// written to since are looked at again. Borrows all that it is made of; single thread.
#pragma once

#include <functional>
#include <map>
#include <set>

#include "net/sync/actions.h"
#include "net/sync/attachment_port.h"
#include "node/attachments/fetch_policy.h"
#include "node/attachments/reference_index.h"
#include "node/attachments/want_book.h"

namespace cunju::attachments {

/// How long a session may be wrong about what `fetch` has asked for meanwhile.
inline constexpr sync::Time kLookAgain = std::chrono::seconds(1);

/// After so long without the chunk another peer is asked for it: two such chunks need half of it
/// over 32 kbit/s, and who is gone altogether is given up on sooner
/// (transport::Options::idle_timeout).
inline constexpr sync::Time kAnswerTime = std::chrono::seconds(60);

/// Whether a node of that replication may have what a field of that scope refers to.
bool may_have(Replication replication, Scope scope);

class AttachmentDepot final : public sync::AttachmentPort {
 public:
  /// now: monotonic. `reader`: whose keys open the records; another one may read other references.
  /// All are borrowed and outlive the depot.
  AttachmentDepot(replica::Replica& replica, BlobFolder& folder, WantBook& book,
                  const AuthorKey& reader, std::function<sync::Time()> now);
  /// Notes what it has found and not noted yet.
  ~AttachmentDepot() override;

  /// Hears, once of each attachment, that a peer which may have it can't be given it: kCorrupt (the
  /// file is damaged), or why it can't be read. What is not here at all is nothing to be told of.
  using DamageListener = std::function<void(const WireKey& peer, const Error& why)>;
  void set_damage_listener(DamageListener listener) { on_damage_ = std::move(listener); }

  Result<std::vector<SpaceId>> wanting_spaces() override;
  Result<std::optional<sync::ChunkRange>> next_range(const WireKey& peer,
                                                     std::span<const SpaceId> spaces,
                                                     std::size_t max_chunks) override;
  Result<std::uint64_t> bytes_left(const WireKey& peer, std::span<const SpaceId> spaces) override;
  Result<void> take_chunk(const WireKey& peer, const sync::ChunkRange& place, std::uint32_t index,
                          ByteView chunk, const std::vector<Hash>& path) override;
  void keep_beginning(const WireKey& peer, const BlobId& blob, std::uint32_t index,
                      ByteView pieces) override;
  void note_absent(const WireKey& peer, const BlobId& blob) override;
  void note_gone(const WireKey& peer) override;
  Result<std::optional<sync::ChunkWithPath>> find_chunk(const WireKey& peer, const SpaceId& space,
                                                        const BlobId& blob,
                                                        std::uint32_t index) override;

  /// How often the records of a space were read.
  std::uint64_t reads() const { return reads_; }

 private:
  /// What the records of a space refer to, as of one moment.
  struct Index {
    std::uint64_t position = 0;
    sync::Time read_at{0}, cost{0};
    std::vector<Referred> references;
  };
  /// What is not here of it and to be fetched, as of one moment.
  struct Plan {
    std::uint64_t position = 0;
    sync::Time made_at{0};
    std::set<BlobId> missing;
    std::map<BlobId, AuthorKey> uncharged;  ///< Wanted::uncharged.
  };
  /// Who is to bring a chunk, and who was before and has not: whoever does it first will have done
  /// it, and nobody is asked for one chunk twice.
  struct Asked {
    WireKey peer;
    sync::Time at{0};
    std::set<WireKey> late;

    /// Nothing is to come from that peer; true: from nobody.
    bool drop(const WireKey& gone);
  };
  /// An attachment that peers are bringing.
  struct Taking {
    std::unique_ptr<PartialBlob> part;
    std::map<std::uint32_t, Asked> asked;

    bool owes(const WireKey& peer) const;
    /// The peer brings nothing of it.
    void forget(const WireKey& peer);
  };

  Result<std::vector<Referred>> read_references(const SpaceId& space);
  /// `at_once`: not some time later, however often records change.
  Result<const Index*> index_of(const SpaceId& space, bool at_once);
  Result<Plan*> plan_of(const SpaceId& space);
  /// As BlobFolder::stored_bytes(), at most kLookAgain old.
  std::uint64_t stored_bytes();
  /// False: on a full disk nobody can be charged with it, so it does not come.
  Result<bool> charge(const SpaceId& space, Plan& plan, const BlobId& blob);
  /// Null: it can't be taken now.
  Result<Taking*> taking_of(const BlobId& blob);
  Result<bool> may_have(const WireKey& peer, const SpaceId& space, const BlobId& blob,
                        bool at_once);
  bool is_absent(const WireKey& peer, const BlobId& blob) const;
  /// Neither here nor asked for, or so long ago that it may be asked of this peer as well.
  bool is_free(const Taking& taking, const BlobId& blob, std::uint32_t index,
               const WireKey& peer) const;
  void ask(Taking& taking, std::uint32_t index, const WireKey& peer);
  void tell_damage(const WireKey& peer, const BlobId& blob, const Error& why);

  /// Takes up what the book says; what it can't say has everything looked at.
  void open_book();
  /// Where parts were filled in since, also by other programs of this home.
  void take_due();
  bool knows(std::uint64_t position) const;
  /// The spaces whose records may say something else than is known.
  Result<std::set<SpaceId>> find_due(std::uint64_t position, const Asks& asks);
  /// Whether what was looked at refers to everything that somebody asked for.
  bool knows_all_asked() const;
  /// Lowers `position` to that of the records that were read.
  Result<void> look_at(const SpaceId& space, bool at_once, std::uint64_t& position);
  void note_finding(const SpaceId& space, const SpaceFinding& found);
  /// A book that can't be written costs another look, and nothing else.
  void save();

  replica::Replica& replica_;
  BlobFolder& folder_;
  WantBook& book_;
  std::function<sync::Time()> now_;
  registry::Catalog builtin_;
  Hash reader_;
  std::uint64_t reads_ = 0;
  bool is_open_ = false;       ///< The book has been read.
  std::optional<Look> look_;   ///< What `wanting_` is of.
  std::optional<Look> noted_;  ///< What the book says, as far as it is known.
  std::set<SpaceId> wanting_;
  replica::Fillings filled_;  ///< How often, when what is known was looked at.
  replica::Fillings due_;     ///< Where it is more by now.
  replica::Fillings looked_;  ///< What of `filled_` the book does not say yet.
  std::map<SpaceId, SpaceFinding> unsaved_;
  std::map<SpaceId, Index> indexes_;
  std::map<SpaceId, Plan> plans_;
  std::optional<std::pair<sync::Time, std::uint64_t>> stored_;
  std::map<BlobId, Taking> takings_;
  std::map<WireKey, std::set<BlobId>> absent_;
  /// Peers in whose place others were asked, in this session: asked for one chunk at a time, so
  /// that who is late on purpose has no more than that brought twice.
  std::set<WireKey> late_;
  DamageListener on_damage_;
  std::set<BlobId> told_damage_;  ///< As many as records refer to.
  /// Of which this peer's kept beginning was looked for in this session.
  std::map<WireKey, std::set<BlobId>> resumed_;
};

}  // namespace cunju::attachments
