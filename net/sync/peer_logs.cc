// SPDX-License-Identifier: Apache-2.0
// What the peer has of single logs, told by its heads or by a sketch (space_table.h).
#include <algorithm>
#include <map>
#include <utility>

#include "net/sync/space_table.h"

namespace cunju::sync {
namespace {

/// The changes of a log here with one number, by their tags.
Result<std::map<std::uint32_t, ChangeId>> tag_changes(Port& port, const HeadTags& tags,
                                                      const SpaceId& space, const AuthorKey& author,
                                                      Seq seq) {
  CUNJU_TRY(const std::vector<ChangeId> all, port.changes_at(space, author, seq));
  std::map<std::uint32_t, ChangeId> out;
  for (const ChangeId& id : all) out.emplace(tags.head(id), id);
  return out;
}

bool is_own(Port& port, const AuthorKey& author) {
  return std::ranges::count(port.own_authors(), author) > 0;
}

}  // namespace

Result<void> SpaceTable::take_peer_log(Port& port, SharedSpace& space, const PeerLog& log,
                                       HeadsTaken& out) {
  CUNJU_TRY(LogHave * have, have_of(space, log.author));
  for (const AuthorHead& head : log.here) have->note(head.seq, head.id);
  if (log.elsewhere.empty()) return ok();
  std::vector<AuthorHead> claims;
  for (const PeerLog::Elsewhere& head : log.elsewhere)
    if (head.id) claims.push_back({.author = log.author, .seq = head.seq, .id = *head.id});
  CUNJU_TRYV(port.note_claims(space.id, peer_, claims));
  // That others have more of an own log must be remembered with its id, before it is gone on with.
  const bool wants_ids = claims.size() < log.elsewhere.size() && is_own(port, log.author);
  CUNJU_TRY(std::vector<AuthorHead> ours, port.heads_of(space.id, log.author));
  if (ours.empty()) return wants_ids ? ask(port, space, log.author, out) : ok();
  const Seq theirs = log.elsewhere.front().seq;
  const bool is_ahead = log.here.size() + log.elsewhere.size() == 1 && ours.size() == 1 &&
                        theirs.value > ours.back().seq.value;
  if (is_ahead) {
    // It goes on where our log ends, unless it is the peer that sees a contradiction and asks.
    have->count = theirs.value + 1;
    return wants_ids ? ask(port, space, log.author, out) : ok();
  }
  out.log.push_back("the log of author " + log.author.hex() + " in space " + space.id.hex() +
                    " is forked: the peer has other changes than are here");
  return ask(port, space, log.author, out);
}

Result<void> SpaceTable::ask(Port& port, SharedSpace& space, const AuthorKey& author,
                             HeadsTaken& out) {
  CUNJU_TRY(LogHave * have, have_of(space, author));
  CUNJU_TRY(std::vector<wire::Sample> samples, port.samples(space.id, author));
  out.questions.push_back({.token = space.token, .author = author, .entries = std::move(samples)});
  have->awaits_samples = true;
  ++questions_;
  return ok();
}

Result<HeadSketch> SpaceTable::sketch(Port& port) {
  CUNJU_TRYV(list(port));
  std::vector<SpaceId> ids;
  std::vector<wire::SpaceToken> tokens;
  for (const SharedSpace& space : spaces_) {
    ids.push_back(space.id);
    tokens.push_back(space.token);
  }
  HeadSketch out(handshake_hash_);
  CUNJU_TRYV(out.take(port, ids, tokens, count_));
  return out;
}

Result<HeadsTaken> SpaceTable::take_findings(Port& port, const HeadSketch& sketch,
                                             const Findings& findings) {
  for (std::size_t at = 0; at < spaces_.size(); ++at) {
    spaces_[at].is_shared = findings.is_shared[at];
    spaces_[at].have.before = sketch.position();
  }
  HeadsTaken out;
  for (const LogDifference& log : findings.logs) {
    if (!spaces_[log.space].is_shared) continue;
    CUNJU_TRYV(take_log_difference(port, log, out));
  }
  CUNJU_TRYV(ask_for_lost_logs(port, findings, out));
  // All of what was here then has been compared.
  seen_ = std::max(seen_, sketch.position());
  CUNJU_TRY(const std::uint64_t now, port.position());
  if (now != sketch.position()) {
    CUNJU_TRYV(note_committed(port));
  }
  return out;
}

Result<void> SpaceTable::take_log_difference(Port& port, const LogDifference& log,
                                             HeadsTaken& out) {
  SharedSpace& space = spaces_[log.space];
  if (log.is_ambiguous) {
    // An entry of its own, and empty: the peer is sent all of it.
    space.note_lacking();
    CUNJU_TRYV(have_of(space, log.author));
    return ok();
  }
  PeerLog peer{.author = log.author, .here = {}, .elsewhere = {}};
  std::vector<wire::HeadItem> items = log.common;
  items.insert(items.end(), log.theirs.begin(), log.theirs.end());
  CUNJU_TRYV(sort_items(port, space, items, peer));
  if (log.is_ours) space.note_lacking();
  CUNJU_TRYV(take_peer_log(port, space, peer, out));
  return port.note_heads(space.id, peer_, peer.here);
}

Result<void> SpaceTable::sort_items(Port& port, const SharedSpace& space,
                                    std::span<const wire::HeadItem> items, PeerLog& out) const {
  // Of a log that is forked very often many items have one number, and all of them are looked up in
  // one go.
  std::map<std::uint32_t, std::map<std::uint32_t, ChangeId>> here;
  for (const wire::HeadItem& item : items) {
    const auto [place, is_new] = here.try_emplace(item.seq);
    if (is_new) {
      CUNJU_TRY(place->second, tag_changes(port, tags_, space.id, out.author, Seq{item.seq}));
    }
    const auto id = place->second.find(item.head);
    if (id != place->second.end()) {
      out.here.push_back({.author = out.author, .seq = Seq{item.seq}, .id = id->second});
    } else {
      out.elsewhere.push_back({.seq = Seq{item.seq}, .id = std::nullopt});
    }
  }
  return ok();
}

/// A log of ours of which nothing is left here is known to the peer by a tag only.
Result<void> SpaceTable::ask_for_lost_logs(Port& port, const Findings& findings, HeadsTaken& out) {
  if (findings.strange.empty()) return ok();
  std::vector<std::uint32_t> tags;
  for (const wire::HeadItem& item : findings.strange) tags.push_back(item.author);
  std::ranges::sort(tags);
  for (const AuthorKey& author : port.own_authors()) {
    for (SharedSpace& space : spaces_) {
      if (!space.is_shared) continue;
      if (!std::ranges::binary_search(tags, tags_.author(space.token, author))) continue;
      CUNJU_TRY(std::vector<AuthorHead> ours, port.heads_of(space.id, author));
      if (!ours.empty()) continue;
      CUNJU_TRYV(ask(port, space, author, out));
    }
  }
  return ok();
}

}  // namespace cunju::sync
