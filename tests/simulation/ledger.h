// SPDX-License-Identifier: Apache-2.0
//
// What one node has called safe, remembered outside of it. Laws that checkers hold against it:
//   promised: after append or accept said Ok and the change was neither held nor refused, it is in
//     the node's log for ever, whatever crashes
//   taken: every change in a batch for which accept said Ok; their union over the honest nodes is
//     what the nodes' common state must be computed from
// RecordingPort stands between session and replica and keeps the ledger.
#pragma once

#include <map>
#include <set>
#include <span>

#include "node/replica/replica.h"
#include "tests/simulation/context.h"

namespace cunju::simulation {

struct Ledger {
  std::map<AuthorKey, sync::AuthorHead> promised;  ///< By author; covers everything before it.
  std::set<ChangeId> taken;
  std::set<ChangeId> written;  ///< Appended here with Ok.

  void promise(const Change& change);
};

class RecordingPort final : public sync::Port {
 public:
  RecordingPort(Context& context, Ledger& ledger) : context_(context), ledger_(ledger) {}

  /// The replica of the running process; null while the node is down.
  void set_replica(replica::Replica* replica) { replica_ = replica; }
  /// Remembers what the author just appended, from `first` on.
  void note_appended(const AuthorKey& author, const replica::Appended& appended);

  Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) override {
    return replica_->shared_spaces(peer);
  }
  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& space) override {
    return replica_->heads(space);
  }
  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& space,
                                                 const AuthorKey& author) override {
    return replica_->heads_of(space, author);
  }
  Result<sync::SharedHeads> shared_heads(const WireKey& peer) override {
    return replica_->shared_heads(peer);
  }
  Result<std::vector<SpaceId>> shared_before(const WireKey& peer, std::uint64_t position) override {
    return replica_->shared_before(peer, position);
  }
  Result<bool> is_shared_before(const WireKey& peer, const SpaceId& space,
                                std::uint64_t position) override {
    return replica_->is_shared_before(peer, space, position);
  }
  Result<sync::SharedSum> shared_sum(const WireKey& peer) override {
    return replica_->shared_sum(peer);
  }
  Result<std::optional<std::vector<sync::RecentLog>>> recent_logs(const WireKey& peer,
                                                                  std::uint64_t since) override {
    return replica_->recent_logs(peer, since);
  }
  Result<void> note_met(const WireKey& peer, std::uint64_t until) override {
    return replica_->note_met(peer, until);
  }
  Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                   const sync::HeadVisitor& visit) override {
    return replica_->scan_heads(spaces, visit);
  }
  Result<std::uint64_t> position() override { return replica_->position(); }
  Result<sync::LogHave> have_before(const SpaceId& space, const AuthorKey& author,
                                    std::uint64_t position) override {
    return replica_->have_before(space, author, position);
  }
  Result<std::vector<ChangeId>> changes_at(const SpaceId& space, const AuthorKey& author,
                                           Seq seq) override {
    return replica_->changes_at(space, author, seq);
  }
  std::vector<AuthorKey> own_authors() override { return replica_->own_authors(); }
  Result<bool> has_change(const SpaceId& space, const ChangeId& id) override {
    return replica_->has_change(space, id);
  }
  Result<std::vector<wire::Sample>> samples(const SpaceId& space,
                                            const AuthorKey& author) override {
    return replica_->samples(space, author);
  }
  Result<sync::Amount> measure_missing(const SpaceId& space, const sync::Have& have) override {
    return replica_->measure_missing(space, have);
  }
  Result<void> note_claims(const SpaceId& space, const WireKey& peer,
                           std::span<const sync::AuthorHead> claims) override {
    return replica_->note_claims(space, peer, claims);
  }
  Result<void> note_heads(const SpaceId& space, const WireKey& peer,
                          std::span<const sync::AuthorHead> heads) override {
    return replica_->note_heads(space, peer, heads);
  }
  Result<void> note_caught_up(const SpaceId& space, const WireKey& peer,
                              std::uint64_t until) override {
    return replica_->note_caught_up(space, peer, until);
  }
  void note_taken(const SpaceId& space, bool is_all) override {
    replica_->note_taken(space, is_all);
  }
  Result<std::vector<sync::Run>> next_runs(const SpaceId& space, const WireKey& peer,
                                           sync::Have& have, std::size_t max_bytes) override;
  Result<sync::AcceptReport> accept(const SpaceId& space, std::span<const sync::Run> runs) override;

 private:
  /// `is_exact`: the report can be taken by its word.
  void promise_all(std::span<const sync::Run> runs, bool is_exact);

  Context& context_;
  Ledger& ledger_;
  replica::Replica* replica_ = nullptr;
};

}  // namespace cunju::simulation
