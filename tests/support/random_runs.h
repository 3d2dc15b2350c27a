// SPDX-License-Identifier: Apache-2.0
//
// Runs of every shape from a seed, for tests of codecs: parts of every presence and of several
// scopes, stretches of logs, branches of forked ones, records that are edited again and again.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "crdt/base/limits.h"
#include "crdt/change/links_salt.h"
#include "crdt/change/part_codec.h"
#include "net/run/words.h"
#include "net/wire/run.h"
#include "tests/support/test_world.h"

namespace cunju::testing {

inline std::size_t stored_bytes(const std::vector<wire::Run>& runs) {
  std::size_t out = 0;
  for (const wire::Run& run : runs)
    for (const Change& change : run.changes) out += encode_change(change).size();
  return out;
}

/// Makes a part what a relaying, erasing or disclosing node would have of it.
inline void reduce(Part& part, Presence presence) {
  part.presence = presence;
  if (presence == Presence::kPresent) return;
  if (presence == Presence::kErased) part.body_hash = crypto::hash({part.body});
  part.body.clear();
  if (presence != Presence::kErased) part.links.clear();
}

/// The same part with the salts that this program makes: that of the links follows from the body's.
inline Part with_derived_salt(const Part& part) {
  Links links = decode_links(part.links).value();
  links.salt = links_salt(decode_body(part.body).value().salt);
  return make_part(part.scope, encode_links(links).value(), part.body);
}

/// Random stretches of every author's log, with parts of every presence and several scopes.
inline std::vector<wire::Run> random_runs(TestWorld& world, int changes) {
  for (int i = 0; i < changes; ++i) {
    std::vector<Part> parts;
    for (std::uint64_t count = world.roll(4); count > 0; --count) {
      parts.push_back(std::move(world.one_register(world.roll(300)).front()));
      Part& part = parts.back();
      Scope scope{static_cast<std::uint16_t>(world.roll(3) * world.roll(30'000))};
      part = make_part(scope, std::move(part.links), std::move(part.body));
    }
    world.write(world.roll(world.authors()), std::move(parts));
  }
  std::vector<wire::Run> runs;
  for (std::size_t author = 0; author < world.authors(); ++author) {
    const std::vector<Change>& log = world.log(author);
    if (log.empty()) continue;
    std::size_t from = world.roll(2) == 0 ? 0 : world.roll(log.size());
    wire::Run run;
    run.changes.assign(log.begin() + static_cast<std::ptrdiff_t>(from), log.end());
    for (Change& change : run.changes)
      for (Part& part : change.parts) reduce(part, static_cast<Presence>(world.roll(4)));
    runs.push_back(std::move(run));
  }
  return runs;
}

/// The same words, packed as another library might: each by itself.
inline Bytes packed_otherwise(ByteView packed) {
  const Bytes words =
      run::unpack_words(packed, limits::kMaxUnpackedWords * run::kWordBytes).value();
  Bytes out;
  for (std::size_t at = 0; at < words.size(); at += run::kWordBytes) {
    const Bytes alone = run::pack_words(ByteView(words).subspan(at, run::kWordBytes));
    append(out, alone);
  }
  return out;
}

/// What one side of a session may send, batch by batch.
class RunStream {
 public:
  RunStream(std::uint64_t seed, std::size_t authors) : world(seed, authors) {
    sent_.resize(authors);
  }

  /// So many new changes of anybody, as one run for each author whose log goes on; now and then a
  /// stretch that was sent before, a gap, or a branch of a fork.
  std::vector<wire::Run> next(std::size_t changes) {
    for (std::size_t i = 0; i < changes; ++i) {
      const Change& made = world.write(world.roll(world.authors()), parts());
      for (const RecordId& record : touched_) last_[record] = made.id;
      touched_.clear();
    }
    std::vector<wire::Run> out;
    for (std::size_t author = 0; author < world.authors(); ++author) {
      const std::vector<Change>& log = world.log(author);
      std::size_t from = sent_[author];
      if (!log.empty() && world.roll(8) == 0) from = world.roll(log.size());
      if (from >= log.size()) continue;
      wire::Run run;
      run.changes.assign(log.begin() + static_cast<std::ptrdiff_t>(from), log.end());
      if (run.changes.size() == 1 && from > 0 && world.roll(4) == 0)
        run.changes.front() = world.fork(author, from);
      sent_[author] = log.size();
      for (Change& change : run.changes)
        for (Part& part : change.parts)
          if (world.roll(4) == 0) reduce(part, static_cast<Presence>(world.roll(4)));
      out.push_back(std::move(run));
    }
    return out;
  }

  TestWorld world;
  /// Of half of the parts in words the salt of the links follows from the body's.
  bool derives_salts = false;

 private:
  Value value() {
    switch (world.roll(5)) {
      case 0:
        return NoValue{};
      case 1:
        return static_cast<std::int64_t>(world.roll(UINT64_MAX)) >> world.roll(64);
      case 2:
        return Bytes(world.roll(40), static_cast<std::uint8_t>(world.roll(256)));
      default:
        return std::string(world.roll(70), static_cast<char>('a' + world.roll(26)));
    }
  }
  Part open_part() {
    static constexpr const char* kNames[] = {"address", "a name of a field that is long", "状态",
                                             "x", ""};
    Links links{.salt = world.random().make<Salt>(),
                .record = world.random().make<RecordId>(),
                .registry = world.roll(2) == 0 ? "rental" : "tenancy",
                .parents = {}};
    if (!last_.empty() && world.roll(3) > 0) {
      auto known = last_.begin();
      std::advance(known, world.roll(last_.size()));
      links.record = known->first;
      links.parents = {known->second};
    }
    if (world.roll(6) == 0) {
      links.parents.clear();
      for (std::uint64_t count = world.roll(4); count > 0; --count)
        links.parents.push_back(world.random().make<ChangeId>());
      std::ranges::sort(links.parents);
    }
    touched_.push_back(links.record);
    Body body{.salt = world.random().make<Salt>(), .operations = {}};
    for (std::uint64_t count = world.roll(5); count > 0; --count)
      body.operations.push_back({.kind = static_cast<std::uint16_t>(world.roll(0x10000)),
                                 .field = kNames[world.roll(std::size(kNames))],
                                 .value = value(),
                                 .previous = value()});
    if (derives_salts && world.roll(2) == 0) links.salt = links_salt(body.salt);
    return make_part(kOpenScope, encode_links(links).value(), encode_body(body).value());
  }
  Bytes noise(std::size_t most) {
    Bytes out(world.roll(most));
    world.random().fill(out);
    return out;
  }
  std::vector<Part> parts() {
    std::vector<Part> out;
    for (std::uint64_t count = world.roll(4); count > 0; --count) {
      const std::uint64_t kind = world.roll(9);
      if (kind == 0) {
        const Scope scope{static_cast<std::uint16_t>(1 + world.roll(60'000))};
        out.push_back(make_part(scope, noise(200), noise(700)));
      } else if (kind == 1) {
        out.push_back(make_part(kOpenScope, noise(200), noise(700)));
      } else if (kind == 2) {
        Part part = open_part();
        out.push_back(
            make_part(kOpenScope, packed_otherwise(part.links), packed_otherwise(part.body)));
      } else {
        out.push_back(open_part());
      }
    }
    return out;
  }

  std::vector<std::size_t> sent_;
  std::map<RecordId, ChangeId> last_;
  std::vector<RecordId> touched_;
};

}  // namespace cunju::testing
