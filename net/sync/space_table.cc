// SPDX-License-Identifier: Apache-2.0
#include "net/sync/space_table.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"

namespace cunju::sync {
namespace {

/// The count of changes that makes a peer "have" all of an author's log, whatever it grows to.
constexpr std::uint64_t kEverything = std::numeric_limits<std::uint64_t>::max();

template <class Id>
Id front_of(const Hash& hash) {
  Id out;
  std::copy_n(hash.value.begin(), Id::kSize, out.value.begin());
  return out;
}

}  // namespace

SpaceTable::SpaceTable(ByteView handshake_hash) : handshake_hash_(to_bytes(handshake_hash)) {
  CUNJU_CHECK(handshake_hash.size() == 64, "a handshake hash has 64 bytes");
}

Hash SpaceTable::keyed(std::string_view label, ByteView content) const {
  return crypto::keyed_hash(handshake_hash_, {crypto::label(label), content});
}

wire::HeadsFingerprint SpaceTable::heads_fingerprint(const SpaceId& space,
                                                     const std::vector<AuthorHead>& heads) const {
  Bytes content = to_bytes(space.view());
  for (const AuthorHead& head : heads) {
    append(content, head.author.view());
    put_u64(content, head.seq.value);
    append(content, head.id.view());
  }
  return front_of<wire::HeadsFingerprint>(keyed("cunju heads 1", content));
}

Result<void> SpaceTable::load(Port& port, const WireKey& peer) {
  peer_ = peer;
  CUNJU_TRY(std::vector<SpaceId> ids, port.shared_spaces(peer));
  if (ids.size() > limits::kMaxSpacesPerPeer) return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  for (const SpaceId& id : ids) {
    CUNJU_TRY(std::vector<AuthorHead> heads, port.heads(id));
    SharedSpace space;
    space.id = id;
    space.token = front_of<wire::SpaceToken>(keyed("cunju token 1", id.view()));
    space.heads = heads_fingerprint(id, heads);
    for (const AuthorHead& head : heads) {
      CUNJU_TRYV(raise(space, head.author, head.seq.value + 1));
    }
    spaces_.push_back(std::move(space));
  }
  std::ranges::sort(spaces_, {}, &SharedSpace::token);
  return ok();
}

Hash SpaceTable::fingerprint() const {
  Bytes content;
  for (const SharedSpace& space : spaces_) {
    append(content, space.token.view());
    append(content, space.heads.view());
  }
  return keyed("cunju spaces 1", content);
}

wire::Spaces SpaceTable::summaries() const {
  wire::Spaces out;
  for (const SharedSpace& space : spaces_)
    out.spaces.push_back({.token = space.token, .heads = space.heads});
  return out;
}

void SpaceTable::match_all() {
  for (SharedSpace& space : spaces_) space.is_shared = true;
  note_committed();
}

void SpaceTable::match(const wire::Spaces& peer) {
  for (SharedSpace& space : spaces_) {
    auto found = std::ranges::lower_bound(peer.spaces, space.token, {}, &wire::SpaceSummary::token);
    space.is_shared = found != peer.spaces.end() && found->token == space.token;
    space.may_lack = space.is_shared;
    space.awaits_heads = space.is_shared && found->heads != space.heads;
    if (space.is_shared && !space.awaits_heads) continue;
    remembered_heads_ -= space.have.size();
    space.have.clear();
  }
}

Result<std::vector<wire::Heads>> SpaceTable::own_heads(Port& port) const {
  std::vector<wire::Heads> out;
  for (const SharedSpace& space : spaces_) {
    if (!space.awaits_heads) continue;
    CUNJU_TRY(std::vector<AuthorHead> heads, port.heads(space.id));
    if (heads.size() > limits::kMaxHeadsPerSpace) return fail(Errc::kLimit, "kMaxHeadsPerSpace");
    auto from = heads.begin();
    do {
      auto count = std::min<std::ptrdiff_t>(heads.end() - from, limits::kMaxHeadsPerMessage);
      out.push_back({.token = space.token,
                     .entries = {from, from + count},
                     .is_last = from + count == heads.end()});
      from += count;
    } while (from != heads.end());
  }
  return out;
}

Result<void> SpaceTable::take_heads(Port& port, const wire::Heads& heads,
                                    std::vector<std::string>& log) {
  CUNJU_TRY(SharedSpace * space, require(heads.token));
  if (!space->awaits_heads) return fail(Errc::kProtocol, "heads that nobody waits for");
  if (heads.entries.empty() && !heads.is_last)
    return fail(Errc::kProtocol, "heads without an entry that are not the last");
  std::vector<AuthorHead> claims;
  for (const AuthorHead& head : heads.entries) {
    if (space->last_author && !(*space->last_author < head.author))
      return fail(Errc::kProtocol, "heads are not ascending");
    if (head.seq.value == kEverything) return fail(Errc::kProtocol, "sequence number out of range");
    space->last_author = head.author;
    CUNJU_TRY(std::optional<ChangeId> ours, port.find_change(space->id, head.author, head.seq));
    if (!ours) claims.push_back(head);
    bool is_fork = ours && *ours != head.id;
    if (is_fork)
      log.push_back("fork of author " + head.author.hex() + " in space " + space->id.hex() +
                    " at seq " + std::to_string(head.seq.value) + ": here " + ours->hex() +
                    ", the peer has " + head.id.hex());
    CUNJU_TRYV(raise(*space, head.author, is_fork ? kEverything : head.seq.value + 1));
  }
  CUNJU_TRYV(port.note_claims(space->id, peer_, claims));
  CUNJU_TRYV(port.note_heads(space->id, peer_, heads.entries));
  if (heads.is_last) space->awaits_heads = false;
  return ok();
}

Result<void> SpaceTable::note_caught_up(Port& port) const {
  for (const SharedSpace& space : spaces_) {
    if (!space.is_shared) continue;
    CUNJU_TRYV(port.note_caught_up(space.id, peer_));
  }
  return ok();
}

bool SpaceTable::awaits_heads() const {
  return std::ranges::any_of(spaces_, &SharedSpace::awaits_heads);
}

Result<wire::Plan> SpaceTable::plan(Port& port) const {
  wire::Plan out;
  for (const SharedSpace& space : spaces_) {
    if (!space.is_shared) continue;
    CUNJU_TRY(Amount amount, port.measure_missing(space.id, space.have));
    if (amount.changes == 0) continue;
    out.spaces.push_back({.token = space.token, .changes = amount.changes, .bytes = amount.bytes});
  }
  return out;
}

Result<SharedSpace*> SpaceTable::require(const wire::SpaceToken& token) {
  auto found = std::ranges::lower_bound(spaces_, token, {}, &SharedSpace::token);
  if (found == spaces_.end() || found->token != token || !found->is_shared)
    return fail(Errc::kProtocol, "a space that is not shared");
  return &*found;
}

Result<void> SpaceTable::raise(SharedSpace& space, const AuthorKey& author, std::uint64_t count) {
  auto [entry, is_new] = space.have.try_emplace(author, count);
  entry->second = std::max(entry->second, count);
  if (!is_new) return ok();
  // Authors that a peer makes up cost it a signature each and us this entry: hence the two limits.
  if (space.have.size() > limits::kMaxHeadsPerSpace) return fail(Errc::kLimit, "kMaxHeadsPerSpace");
  if (++remembered_heads_ > limits::kMaxHeadsPerSession)
    return fail(Errc::kLimit, "kMaxHeadsPerSession");
  return ok();
}

Result<void> SpaceTable::note_received(SharedSpace& space, std::span<const Run> runs) {
  for (const Run& run : runs) {
    const ChangeHeader& last = run.changes.back().header;
    CUNJU_TRYV(raise(space, last.author, last.seq.value + 1));
  }
  return ok();
}

void SpaceTable::note_committed(const SpaceId& space) {
  auto found = std::ranges::find(spaces_, space, &SharedSpace::id);
  if (found != spaces_.end()) found->may_lack = found->is_shared;
}

void SpaceTable::note_committed() {
  for (SharedSpace& space : spaces_) space.may_lack = space.is_shared;
}

SharedSpace* SpaceTable::next_to_send() {
  auto found = std::ranges::find_if(spaces_, &SharedSpace::may_lack);
  return found == spaces_.end() ? nullptr : &*found;
}

}  // namespace cunju::sync
