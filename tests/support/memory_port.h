// SPDX-License-Identifier: Apache-2.0
//
// A replica in memory for session tests: real logs, forked ones too, and signatures, simplified
// admission (prev and pins are here), a pool for the rest, no views and no disk.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "crdt/base/limits.h"
#include "net/sync/port.h"

namespace cunju::testing {

class MemoryPort final : public sync::Port {
 public:
  void share(const SpaceId& space) { spaces_[space]; }

  /// As if written here or received earlier.
  void put(const Change& change) {
    sync::AcceptReport report;
    take(spaces_[change.space()], change, report);
  }

  std::size_t size(const SpaceId& space) const {
    auto found = spaces_.find(space);
    return found == spaces_.end() ? 0 : found->second.ids.size();
  }
  const std::set<ChangeId>& ids(const SpaceId& space) { return spaces_[space].ids; }
  /// In the log or in the pool.
  bool holds(const SpaceId& space, const ChangeId& id) const {
    auto found = spaces_.find(space);
    return found != spaces_.end() &&
           (found->second.ids.contains(id) || found->second.pool.contains(id));
  }
  const sync::AcceptReport& accepted() const { return accepted_; }
  std::size_t accept_calls() const { return accept_calls_; }
  void fail_accept_with(Error error) { failure_ = std::move(error); }
  /// Goes before everything else.
  void mark_urgent(const ChangeId& change) { urgent_.insert(change); }
  /// A change goes out with the parts of other scopes withheld.
  void withhold_closed_scopes() { withholds_ = true; }

  /// Everybody has what is here now, and knows it.
  void meet() {
    const sync::SharedSum sum = sync::Port::shared_sum(WireKey{}).value();
    met_ = sync::Meeting{.digest = sum.digest, .position = sum.position};
  }

  Result<sync::SharedSum> shared_sum(const WireKey& peer) override {
    Result<sync::SharedSum> out = sync::Port::shared_sum(peer);
    if (out.has_value()) out.value().met = met_;
    return out;
  }
  Result<std::optional<std::vector<sync::RecentLog>>> recent_logs(const WireKey&,
                                                                  std::uint64_t since) override {
    std::set<std::pair<SpaceId, AuthorKey>> logs;
    for (const auto& [id, space] : spaces_)
      for (const auto& [change, at] : space.positions)
        if (at >= since) logs.insert({id, space.changes.at(change).header.author});
    std::vector<sync::RecentLog> out;
    for (const auto& [space, author] : logs) out.push_back({.space = space, .author = author});
    return std::optional(std::move(out));
  }

  Result<std::vector<SpaceId>> shared_spaces(const WireKey&) override {
    std::vector<SpaceId> out;
    for (const auto& [id, space] : spaces_) out.push_back(id);
    return out;
  }

  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& id) override {
    std::vector<sync::AuthorHead> out;
    for (const auto& [change_id, change] : spaces_[id].changes) {
      if (!spaces_[id].followed.contains(change_id))
        out.push_back({change.header.author, change.header.seq, change_id});
    }
    std::ranges::sort(out);
    return out;
  }

  Result<std::vector<sync::AuthorHead>> heads_of(const SpaceId& id,
                                                 const AuthorKey& author) override {
    std::vector<sync::AuthorHead> out = heads(id).value();
    std::erase_if(out, [&](const sync::AuthorHead& head) { return head.author != author; });
    return out;
  }

  Result<bool> has_change(const SpaceId& id, const ChangeId& change) override {
    return spaces_[id].ids.contains(change);
  }

  Result<std::vector<wire::Sample>> samples(const SpaceId& id, const AuthorKey& author) override {
    std::vector<wire::Sample> out;
    for (const auto& [change_id, change] : spaces_[id].changes)
      if (change.header.author == author) out.push_back({change.header.seq, change_id});
    std::ranges::sort(out, std::greater<>());
    if (out.size() > limits::kMaxSamples) out.resize(limits::kMaxSamples);
    return out;
  }

  Result<std::uint64_t> position() override {
    std::uint64_t out = 0;
    for (const auto& [id, space] : spaces_) out += space.order.size();
    return out;
  }

  Result<sync::LogHave> have_before(const SpaceId& id, const AuthorKey& author,
                                    std::uint64_t position) override {
    return log_before(spaces_[id], author, position);
  }

  Result<std::vector<ChangeId>> changes_at(const SpaceId& id, const AuthorKey& author,
                                           Seq seq) override {
    std::vector<ChangeId> out;
    for (const auto& [change_id, change] : spaces_[id].changes)
      if (change.header.author == author && change.header.seq == seq) out.push_back(change_id);
    return out;
  }

  Result<sync::Amount> measure_missing(const SpaceId& id, const sync::Have& have) override {
    sync::Amount out;
    const Space& space = spaces_[id];
    for (const ChangeId& change : missing(space, have)) {
      ++out.changes;
      out.bytes += encoded_size(space.changes.at(change));
    }
    return out;
  }

  Result<bool> lacks_urgent(const SpaceId& id, const sync::Have& have) override {
    return std::ranges::any_of(missing(spaces_[id], have),
                               [&](const ChangeId& change) { return urgent_.contains(change); });
  }

  Result<std::vector<sync::Run>> next_runs(const SpaceId& id, const WireKey&, sync::Have& have,
                                           std::size_t max_bytes) override {
    std::vector<sync::Run> out;
    std::size_t bytes = 0;
    const Space& space = spaces_[id];
    for (const ChangeId& next : missing(space, have)) {
      Change change = space.changes.at(next);
      if (withholds_) withhold(change);
      std::size_t size = encoded_size(change);
      if (!out.empty() && bytes + size > max_bytes) break;
      bytes += size;
      const AuthorKey& author = change.header.author;
      auto [entry, is_new] = have.logs.try_emplace(author);
      if (is_new) entry->second = log_before(space, author, have.before);
      entry->second.note(change.header.seq, change.id);
      bool goes_on = !out.empty() && out.back().changes.back().id == change.header.prev &&
                     change.header.seq.value > 0;
      if (!goes_on) out.emplace_back();
      out.back().changes.push_back(std::move(change));
    }
    return out;
  }

  Result<sync::AcceptReport> accept(const SpaceId& id, std::span<const sync::Run> runs) override {
    ++accept_calls_;
    if (failure_) return *failure_;
    for (const sync::Run& run : runs)
      if (!has_valid_signature(run.changes.back())) return fail(Errc::kBadSignature, "a run");
    sync::AcceptReport report;
    for (const sync::Run& run : runs)
      for (const Change& change : run.changes) take(spaces_[id], change, report);
    accepted_.admitted += report.admitted;
    accepted_.known += report.known;
    accepted_.held += report.held;
    accepted_.forks += report.forks;
    return report;
  }

 private:
  struct Space {
    std::map<ChangeId, Change> changes;
    std::vector<ChangeId> order;  ///< Of admission: closed under what a change depends on.
    std::set<ChangeId> followed;  ///< Those that are somebody's prev.
    std::set<ChangeId> ids;
    std::map<ChangeId, Change> pool;
    std::map<ChangeId, std::uint64_t> positions;  ///< How many were here when it was admitted.
  };

  static sync::LogHave log_before(const Space& space, const AuthorKey& author,
                                  std::uint64_t position) {
    std::vector<wire::Sample> before;
    std::set<ChangeId> followed;
    for (const auto& [id, change] : space.changes) {
      if (change.header.author != author || space.positions.at(id) >= position) continue;
      before.push_back({.seq = change.header.seq, .id = id});
      followed.insert(change.header.prev);
    }
    sync::LogHave out;
    for (const wire::Sample& change : before)
      if (!followed.contains(change.id)) out.note(change.seq, change.id);
    return out;
  }

  /// In the order of admission.
  static std::vector<ChangeId> missing(const Space& space, const sync::Have& have) {
    std::set<ChangeId> known;
    for (const auto& [id, at] : space.positions) {
      if (at < have.before && !have.logs.contains(space.changes.at(id).header.author))
        known.insert(id);
    }
    for (const auto& [author, log] : have.logs) {
      for (ChangeId at : log.heads) {
        for (auto found = space.changes.find(at); found != space.changes.end();
             found = space.changes.find(found->second.header.prev)) {
          if (!known.insert(found->first).second) break;
        }
      }
    }
    std::map<AuthorKey, std::map<std::uint64_t, int>> at_seq;
    std::set<AuthorKey> forked;
    for (const auto& [id, change] : space.changes)
      if (++at_seq[change.header.author][change.header.seq.value] > 1)
        forked.insert(change.header.author);
    std::vector<ChangeId> out;
    for (const ChangeId& id : space.order) {
      const ChangeHeader& header = space.changes.at(id).header;
      auto log = have.logs.find(header.author);
      if (known.contains(id)) continue;
      if (log != have.logs.end() && log->second.awaits_samples) continue;
      if (log != have.logs.end() && !forked.contains(header.author) &&
          header.seq.value < log->second.count)
        continue;
      out.push_back(id);
    }
    return out;
  }

  static void withhold(Change& change) {
    for (Part& part : change.parts) {
      if (part.scope == kOpenScope) continue;
      part.presence = Presence::kWithheld;
      part.links.clear();
      part.body.clear();
    }
  }

  bool admit(Space& space, const Change& change) {
    const ChangeHeader& header = change.header;
    auto prev = space.changes.find(header.prev);
    const bool is_linked =
        header.seq.value == 0
            ? header.prev.is_zero()
            : prev != space.changes.end() && !check_successor(prev->second, change).has_error();
    if (!is_linked || !std::ranges::all_of(header.pins, [&](const ChangeId& pin) {
          return space.ids.contains(pin);
        }))
      return false;
    space.positions.emplace(change.id, position().value());
    space.changes.emplace(change.id, change);
    if (header.seq.value > 0) space.followed.insert(header.prev);
    space.order.push_back(change.id);
    space.ids.insert(change.id);
    return true;
  }

  void take(Space& space, const Change& change, sync::AcceptReport& report) {
    if (space.ids.contains(change.id)) {
      ++report.known;
      return;
    }
    const bool is_branch = std::ranges::any_of(space.changes, [&](const auto& entry) {
      return entry.second.header.author == change.header.author &&
             entry.second.header.seq == change.header.seq;
    });
    if (!admit(space, change)) {
      ++report.held;
      space.pool.emplace(change.id, change);
      return;
    }
    ++report.admitted;
    if (is_branch) ++report.forks;
    release(space, report);
  }

  void release(Space& space, sync::AcceptReport& report) {
    for (bool again = true; again;) {
      again = std::erase_if(space.pool, [&](const auto& entry) {
                if (!admit(space, entry.second)) return false;
                ++report.admitted;
                return true;
              }) > 0;
    }
  }

  std::optional<sync::Meeting> met_;
  std::map<SpaceId, Space> spaces_;
  sync::AcceptReport accepted_;
  std::size_t accept_calls_ = 0;
  std::optional<Error> failure_;
  bool withholds_ = false;
  std::set<ChangeId> urgent_;
};

}  // namespace cunju::testing
