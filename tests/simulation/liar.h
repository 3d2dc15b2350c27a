// SPDX-License-Identifier: Apache-2.0
//
// Nodes that lie, all in one conspiracy: whatever one of them forges, each of them hands out, to
// some peers and not to others. A liar runs the real session over a port that lies: it adds forged
// and replayed runs, claims heads it does not have, keeps what others sent, and acknowledges what
// it throws away.
#pragma once

#include <map>
#include <vector>

#include "tests/simulation/node.h"

namespace cunju::simulation {

class LyingPort final : public sync::Port {
 public:
  LyingPort(Context& context, RecordingPort& real) : context_(context), real_(real) {}

  /// Will be handed to this peer when a session asks what it lacks.
  void smuggle(const WireKey& peer, std::vector<sync::Run> runs) {
    pending_[peer].push_back(std::move(runs));
  }

  Result<std::vector<SpaceId>> shared_spaces(const WireKey& peer) override {
    return real_.shared_spaces(peer);
  }
  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& space) override;
  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& space,
                                                 const AuthorKey& author) override {
    return real_.heads_of(space, author);
  }
  Result<std::uint64_t> position() override { return real_.position(); }
  Result<sync::LogHave> have_before(const SpaceId& space, const AuthorKey& author,
                                    std::uint64_t position) override {
    return real_.have_before(space, author, position);
  }
  Result<std::vector<ChangeId>> changes_at(const SpaceId& space, const AuthorKey& author,
                                           Seq seq) override {
    return real_.changes_at(space, author, seq);
  }
  std::vector<AuthorKey> own_authors() override { return real_.own_authors(); }
  Result<bool> has_change(const SpaceId& space, const ChangeId& id) override {
    return real_.has_change(space, id);
  }
  Result<std::vector<wire::Sample>> samples(const SpaceId& space,
                                            const AuthorKey& author) override {
    return real_.samples(space, author);
  }
  Result<void> note_claims(const SpaceId& space, const WireKey& peer,
                           std::span<const sync::AuthorHead> claims) override {
    return real_.note_claims(space, peer, claims);
  }
  Result<sync::Amount> measure_missing(const SpaceId& space, const sync::Have& have) override {
    return real_.measure_missing(space, have);
  }
  Result<std::vector<sync::Run>> next_runs(const SpaceId& space, const WireKey& peer,
                                           sync::Have& have, std::size_t max_bytes) override;
  Result<sync::AcceptReport> accept(const SpaceId& space, std::span<const sync::Run> runs) override;

 private:
  Context& context_;
  RecordingPort& real_;
  std::map<WireKey, std::vector<std::vector<sync::Run>>> pending_;
};

class LiarNode final : public Node {
 public:
  LiarNode(Context& context, std::size_t index, test::Person person)
      : Node(context, index, std::move(person)), lying_port_(context, recording_port()) {}

  bool is_honest() const override { return false; }
  sync::Port& port() override { return lying_port_; }
  LyingPort& lying_port() { return lying_port_; }

 private:
  LyingPort lying_port_;
};

}  // namespace cunju::simulation
