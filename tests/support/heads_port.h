// SPDX-License-Identifier: Apache-2.0
//
// A replica of made-up logs: it knows how long each one is, and ids are hashes of the place, so a
// hundred thousand of them cost little. It says what a peer lacks and has no changes to send.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "net/sync/heads_sum.h"
#include "net/sync/port.h"
#include "net/wire/news_limits.h"

namespace cunju::testing {

class HeadsPort final : public sync::Port {
 public:
  /// Every author in its space, with a log of `count` changes.
  HeadsPort(std::size_t spaces, std::size_t authors, std::uint64_t count = 1) {
    for (std::size_t at = 0; at < spaces; ++at) {
      const auto id = number<SpaceId>("space", at);
      total_.add(sync::HeadsSum::presence(id));
      Space& space = spaces_[id];
      for (std::size_t i = 0; i < authors; ++i)
        space.logs[number<AuthorKey>("author", at * authors + i)] = {};
    }
    for (auto& [id, space] : spaces_)
      for (auto& [author, log] : space.logs) set(id, author, count);
  }

  template <class Id>
  static Id number(std::string_view kind, std::uint64_t at) {
    Bytes value;
    put_u64(value, at);
    return Id{crypto::hash({as_bytes(kind), value}).value};
  }
  static ChangeId id_of(const SpaceId& space, const AuthorKey& author, std::uint64_t seq) {
    Bytes value;
    put_u64(value, seq);
    return ChangeId{crypto::hash({space.view(), author.view(), value}).value};
  }

  /// The log has so many changes now; with none it is not here.
  void set(const SpaceId& id, const AuthorKey& author, std::uint64_t count) {
    const auto [at, is_new] = spaces_.try_emplace(id);
    if (is_new) total_.add(sync::HeadsSum::presence(id));
    Space& space = at->second;
    Log& log = space.logs[author];
    if (log.count > 0) {
      space.sum.remove(log.head);
      total_.remove(log.head);
    }
    log.count = count;
    if (count > 0) {
      log.head = id_of(id, author, count - 1);
      space.sum.add(log.head);
      total_.add(log.head);
    }
    recent_.insert({id, author});
    space.digest.reset();
    if (count == 0) space.logs.erase(author);
  }
  void drop(const SpaceId& space) {
    total_.remove(spaces_[space].sum);
    total_.remove(sync::HeadsSum::presence(space));
    spaces_.erase(space);
  }
  std::vector<std::pair<SpaceId, AuthorKey>> all() const {
    std::vector<std::pair<SpaceId, AuthorKey>> out;
    for (const auto& [id, space] : spaces_)
      for (const auto& [author, log] : space.logs) out.emplace_back(id, author);
    return out;
  }
  std::uint64_t count(const SpaceId& space, const AuthorKey& author) const {
    auto found = spaces_.at(space).logs.find(author);
    return found == spaces_.at(space).logs.end() ? 0 : found->second.count;
  }
  void own(const AuthorKey& author) { own_.push_back(author); }
  const std::vector<sync::AuthorHead>& claims() const { return claims_; }

  /// How often all spaces were listed.
  std::size_t listings() const { return listings_; }

  Result<std::vector<SpaceId>> shared_spaces(const WireKey&) override {
    ++listings_;
    std::vector<SpaceId> out;
    for (const auto& [id, space] : spaces_) out.push_back(id);
    return out;
  }
  Result<bool> is_shared_before(const WireKey&, const SpaceId& space, std::uint64_t) override {
    return spaces_.contains(space);
  }
  Result<sync::SharedSum> shared_sum(const WireKey&) override {
    return sync::SharedSum{.digest = total_.digest(),
                           .spaces = spaces_.size(),
                           .heads = total_.count() - spaces_.size(),
                           .position = position_,
                           .has_gaps = has_gaps_,
                           .met = met_};
  }
  Result<std::optional<std::vector<sync::RecentLog>>> recent_logs(const WireKey&,
                                                                  std::uint64_t since) override {
    std::vector<sync::RecentLog> out;
    if (since < position_)
      for (const auto& [space, author] : recent_) out.push_back({.space = space, .author = author});
    if (out.size() > wire::kMaxNewsLogs) return std::optional<std::vector<sync::RecentLog>>();
    return std::optional(std::move(out));
  }
  /// Something is missing of a log.
  void have_gaps() { has_gaps_ = true; }
  /// From its next meeting on there are news.
  void remember_meetings() { remembers_ = true; }
  Result<void> note_met(const WireKey&, std::uint64_t) override {
    if (!remembers_) return ok();
    met_ = sync::Meeting{.digest = total_.digest(), .position = position_++};
    recent_.clear();
    for (auto& [id, space] : spaces_)
      for (auto& [author, log] : space.logs) log.count_met = log.count;
    return ok();
  }
  Result<sync::SharedHeads> shared_heads(const WireKey&) override {
    sync::SharedHeads out{.spaces = {}, .position = position_};
    for (auto& [id, space] : spaces_) {
      if (!space.digest) space.digest = space.sum.digest();
      out.spaces.push_back({.space = id, .digest = *space.digest, .count = space.logs.size()});
    }
    return out;
  }
  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& id) override {
    std::vector<sync::AuthorHead> out;
    for (const auto& [author, log] : spaces_[id].logs)
      out.push_back({author, Seq{log.count - 1}, log.head});
    return out;
  }
  Result<std::uint64_t> scan_heads(std::span<const SpaceId> spaces,
                                   const sync::HeadVisitor& visit) override {
    for (std::size_t at = 0; at < spaces.size(); ++at)
      for (const auto& [author, log] : spaces_[spaces[at]].logs)
        visit(at, {author, Seq{log.count - 1}, log.head});
    return position_;
  }
  Result<std::uint64_t> position() override { return position_; }
  Result<sync::LogHave> have_before(const SpaceId& id, const AuthorKey& author,
                                    std::uint64_t position) override {
    sync::LogHave out;
    const auto& logs = spaces_.at(id).logs;
    const auto found = logs.find(author);
    const std::uint64_t log = found == logs.end() ? 0 : count_before(found->second, position);
    if (log > 0) out.note(Seq{log - 1}, id_of(id, author, log - 1));
    return out;
  }
  Result<std::vector<ChangeId>> changes_at(const SpaceId& id, const AuthorKey& author,
                                           Seq seq) override {
    std::vector<ChangeId> out;
    if (seq.value < count(id, author)) out.push_back(id_of(id, author, seq.value));
    return out;
  }
  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& id,
                                                 const AuthorKey& author) override {
    std::vector<sync::AuthorHead> out;
    const std::uint64_t log = count(id, author);
    if (log > 0) out.push_back({author, Seq{log - 1}, id_of(id, author, log - 1)});
    return out;
  }
  /// Of whole lists only, and so of small ones.
  Result<bool> has_change(const SpaceId& id, const ChangeId& change) override {
    for (const auto& [author, log] : spaces_[id].logs)
      for (std::uint64_t seq = 0; seq < log.count; ++seq)
        if (id_of(id, author, seq) == change) return true;
    return false;
  }
  Result<std::vector<wire::Sample>> samples(const SpaceId& id, const AuthorKey& author) override {
    std::vector<wire::Sample> out;
    for (std::uint64_t seq = count(id, author); seq > 0; --seq)
      out.push_back({.seq = Seq{seq - 1}, .id = id_of(id, author, seq - 1)});
    return out;
  }
  std::vector<AuthorKey> own_authors() override { return own_; }
  Result<void> note_claims(const SpaceId&, const WireKey&,
                           std::span<const sync::AuthorHead> claims) override {
    claims_.insert(claims_.end(), claims.begin(), claims.end());
    return ok();
  }
  Result<sync::Amount> measure_missing(const SpaceId& id, const sync::Have& have) override {
    sync::Amount out;
    for (const auto& [author, log] : spaces_[id].logs) {
      const std::uint64_t count = log.count;
      auto found = have.logs.find(author);
      const std::uint64_t known =
          found != have.logs.end() ? found->second.count : count_before(log, have.before);
      out.changes += count > known ? count - known : 0;
    }
    return out;
  }
  Result<std::vector<sync::Run>> next_runs(const SpaceId&, const WireKey&, sync::Have&,
                                           std::size_t) override {
    return std::vector<sync::Run>();
  }
  Result<sync::AcceptReport> accept(const SpaceId&, std::span<const sync::Run>) override {
    return sync::AcceptReport{};
  }

 private:
  struct Log {
    std::uint64_t count = 0;
    std::uint64_t count_met = 0;  ///< When both last met.
    ChangeId head;
  };
  struct Space {
    std::map<AuthorKey, Log> logs;
    sync::HeadsSum sum;
    std::optional<Hash> digest;
  };
  std::uint64_t count_before(const Log& log, std::uint64_t position) const {
    if (position == 0) return 0;
    return position < position_ ? log.count_met : log.count;
  }

  std::map<SpaceId, Space> spaces_;
  sync::HeadsSum total_;
  std::uint64_t position_ = 1;
  bool remembers_ = false, has_gaps_ = false;
  std::optional<sync::Meeting> met_;
  std::set<std::pair<SpaceId, AuthorKey>> recent_;
  std::vector<AuthorKey> own_;
  std::size_t listings_ = 0;
  std::vector<sync::AuthorHead> claims_;
};

}  // namespace cunju::testing
