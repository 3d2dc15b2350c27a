// SPDX-License-Identifier: Apache-2.0
//
// A replica in memory for session tests: real logs and signatures, simplified admission (prev and
// pins are here), a pool for the rest, no views and no disk.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <utility>
#include <vector>

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
  /// A change goes out with the parts of other scopes withheld.
  void withhold_closed_scopes() { withholds_ = true; }

  Result<std::vector<SpaceId>> shared_spaces(const WireKey&) override {
    std::vector<SpaceId> out;
    for (const auto& [id, space] : spaces_) out.push_back(id);
    return out;
  }

  Result<std::vector<sync::AuthorHead>> heads(const SpaceId& id) override {
    std::vector<sync::AuthorHead> out;
    for (const auto& [author, log] : spaces_[id].logs)
      out.push_back({.author = author, .seq = log.back().header.seq, .id = log.back().id});
    return out;
  }

  Result<std::optional<ChangeId>> find_change(const SpaceId& id, const AuthorKey& author,
                                              Seq seq) override {
    const Space& space = spaces_[id];
    auto log = space.logs.find(author);
    if (log == space.logs.end() || log->second.size() <= seq.value)
      return std::optional<ChangeId>();
    return std::optional<ChangeId>(log->second[seq.value].id);
  }

  Result<sync::Amount> measure_missing(const SpaceId& id, const sync::Have& have) override {
    sync::Amount out;
    const Space& space = spaces_[id];
    for (const Place& place : space.order) {
      if (place.seq < count_of(have, place.author)) continue;
      ++out.changes;
      out.bytes += encoded_size(space.logs.at(place.author)[place.seq]);
    }
    return out;
  }

  Result<std::vector<sync::Run>> next_runs(const SpaceId& id, const WireKey&, sync::Have& have,
                                           std::size_t max_bytes) override {
    std::vector<sync::Run> out;
    std::size_t bytes = 0;
    const Space& space = spaces_[id];
    for (const Place& place : space.order) {
      if (place.seq < count_of(have, place.author)) continue;
      Change change = space.logs.at(place.author)[place.seq];
      if (withholds_) withhold(change);
      std::size_t size = encoded_size(change);
      if (!out.empty() && bytes + size > max_bytes) break;
      bytes += size;
      have[place.author] = place.seq + 1;
      bool goes_on = !out.empty() && out.back().changes.back().header.author == place.author;
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
  struct Place {
    AuthorKey author;
    std::uint64_t seq = 0;
  };
  struct Space {
    std::map<AuthorKey, std::vector<Change>> logs;
    std::vector<Place> order;  ///< Of admission: closed under what a change depends on.
    std::set<ChangeId> ids;
    std::map<ChangeId, Change> pool;
  };

  static std::uint64_t count_of(const sync::Have& have, const AuthorKey& author) {
    auto found = have.find(author);
    return found == have.end() ? 0 : found->second;
  }

  static void withhold(Change& change) {
    for (Part& part : change.parts) {
      if (part.scope == kOpenScope) continue;
      part.presence = Presence::kWithheld;
      part.links.clear();
      part.body.clear();
    }
  }

  static bool admit(Space& space, const Change& change) {
    const ChangeHeader& header = change.header;
    auto log = space.logs.find(header.author);
    std::size_t size = log == space.logs.end() ? 0 : log->second.size();
    if (header.seq.value != size || (size > 0 && log->second.back().id != header.prev) ||
        !std::ranges::all_of(header.pins,
                             [&](const ChangeId& pin) { return space.ids.contains(pin); }))
      return false;
    space.logs[header.author].push_back(change);
    space.order.push_back({.author = header.author, .seq = header.seq.value});
    space.ids.insert(change.id);
    return true;
  }

  static void take(Space& space, const Change& change, sync::AcceptReport& report) {
    const ChangeHeader& header = change.header;
    auto log = space.logs.find(header.author);
    if (space.ids.contains(change.id)) {
      ++report.known;
    } else if (log != space.logs.end() && log->second.size() > header.seq.value) {
      ++report.forks;
    } else if (!admit(space, change)) {
      ++report.held;
      space.pool.emplace(change.id, change);
    } else {
      ++report.admitted;
      release(space, report);
    }
  }

  static void release(Space& space, sync::AcceptReport& report) {
    for (bool again = true; again;) {
      again = std::erase_if(space.pool, [&](const auto& entry) {
                if (!admit(space, entry.second)) return false;
                ++report.admitted;
                return true;
              }) > 0;
    }
  }

  std::map<SpaceId, Space> spaces_;
  sync::AcceptReport accepted_;
  std::size_t accept_calls_ = 0;
  std::optional<Error> failure_;
  bool withholds_ = false;
};

}  // namespace cunju::testing
