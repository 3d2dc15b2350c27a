// SPDX-License-Identifier: Apache-2.0
#include "net/sync/space_table.h"

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>
#include <utility>

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "crdt/crypto/crypto.h"

namespace cunju::sync {
namespace {

template <class Id>
Id front_of(const Hash& hash) {
  Id out;
  std::copy_n(hash.value.begin(), Id::kSize, out.value.begin());
  return out;
}

}  // namespace

SpaceTable::SpaceTable(ByteView handshake_hash)
    : handshake_hash_(to_bytes(handshake_hash)), tags_(handshake_hash) {
  CUNJU_CHECK(handshake_hash.size() == 64, "a handshake hash has 64 bytes");
}

Hash SpaceTable::keyed(std::string_view label, ByteView content) const {
  return crypto::keyed_hash(handshake_hash_, {crypto::label(label), content});
}

wire::SpaceToken SpaceTable::token_of(const SpaceId& space) const {
  return front_of<wire::SpaceToken>(keyed("cunju token 1", space.view()));
}

wire::HeadsFingerprint SpaceTable::heads_fingerprint(const SharedSpace& space) const {
  Bytes content = to_bytes(space.id.view());
  append(content, space.digest.view());
  return front_of<wire::HeadsFingerprint>(keyed("cunju heads 2", content));
}

Result<void> SpaceTable::load(Port& port, const WireKey& peer) {
  peer_ = peer;
  CUNJU_TRY(const SharedSum shared, port.shared_sum(peer));
  if (shared.spaces > limits::kMaxSpacesPerPeer) return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  position_ = seen_ = shared.position;
  count_ = shared.heads;
  if (shared.has_gaps) {
    // Not even to a peer that has gaps too, which may be others.
    Bytes content = to_bytes(peer.view());
    append(content, shared.digest.view());
    sum_ = keyed("cunju gaps 4", content);
  } else {
    sum_ = keyed("cunju sum 4", shared.digest.view());
  }
  if (shared.met) {
    // It knows sums.
    fingerprint_ = sum_;
    if (shared.has_gaps) return ok();
    CUNJU_TRY(auto recent, port.recent_logs(peer, shared.met->position));
    if (!recent) return ok();
    recent_ = std::move(*recent);
    met_position_ = shared.met->position;
    meeting_ = front_of<wire::MeetingToken>(keyed("cunju met 4", shared.met->digest.view()));
    return ok();
  }
  CUNJU_TRY(const SharedHeads all, port.shared_heads(peer));
  Bytes content;
  content.reserve(all.spaces.size() * 2 * Hash::kSize);
  for (const SpaceHeads& heads : all.spaces) {
    append(content, heads.space.view());
    append(content, heads.digest.view());
  }
  fingerprint_ = keyed("cunju spaces 2", content);
  return ok();
}

Result<void> SpaceTable::list(Port& port) {
  if (is_listed_) return ok();
  CUNJU_TRY(const std::vector<SpaceId> all, port.shared_before(peer_, position_));
  if (all.size() > limits::kMaxSpacesPerPeer) return fail(Errc::kLimit, "kMaxSpacesPerPeer");
  std::set<SpaceId> entered;
  for (const SharedSpace& space : spaces_) entered.insert(space.id);
  spaces_.reserve(all.size() + entered.size());
  for (const SpaceId& id : all) {
    if (entered.contains(id)) continue;
    SharedSpace space;
    space.id = id;
    space.token = token_of(id);
    if (is_matched_) {
      space.is_shared = true;
      space.have.before = position_;
    }
    spaces_.push_back(std::move(space));
  }
  std::ranges::sort(spaces_, {}, &SharedSpace::token);
  is_listed_ = true;
  return ok();
}

Result<SharedSpace*> SpaceTable::enter(Port& port, const SpaceId& id) {
  const auto known = std::ranges::find(spaces_, id, &SharedSpace::id);
  if (known != spaces_.end()) return &*known;
  if (is_listed_ || !is_matched_) return nullptr;
  CUNJU_TRY(const bool is_shared, port.is_shared_before(peer_, id, position_));
  if (!is_shared) return nullptr;
  SharedSpace space;
  space.id = id;
  space.token = token_of(id);
  space.is_shared = true;
  space.have.before = position_;
  const auto at = std::ranges::lower_bound(spaces_, space.token, {}, &SharedSpace::token);
  return &*spaces_.insert(at, std::move(space));
}

Result<bool> SpaceTable::was_shared_at_start(Port& port, const SpaceId& space) const {
  return port.is_shared_before(peer_, space, seen_);
}

Result<wire::Spaces> SpaceTable::summaries(Port& port) {
  CUNJU_TRYV(list(port));
  CUNJU_TRY(const SharedHeads all, port.shared_heads(peer_));
  // What both have the same of is known to the peer up to this moment.
  position_ = all.position;
  wire::Spaces out;
  for (SharedSpace& space : spaces_) {
    const auto heads = std::ranges::lower_bound(all.spaces, space.id, {}, &SpaceHeads::space);
    // Not shared any more: no peer has heads of that digest.
    space.digest = heads != all.spaces.end() && heads->space == space.id ? heads->digest : Hash();
    out.spaces.push_back({.token = space.token, .heads = heads_fingerprint(space)});
  }
  return out;
}

void SpaceTable::match_entered(std::uint64_t position) {
  is_matched_ = true;
  position_ = position;
  for (SharedSpace& space : spaces_) {
    space.is_shared = true;
    space.have.before = position;
  }
}

Result<void> SpaceTable::match_all(Port& port) {
  match_entered(position_);
  CUNJU_TRY(const std::uint64_t now, port.position());
  return now == seen_ ? ok() : note_committed(port);
}

void SpaceTable::match(const wire::Spaces& peer) {
  for (SharedSpace& space : spaces_) {
    auto found = std::ranges::lower_bound(peer.spaces, space.token, {}, &wire::SpaceSummary::token);
    space.is_shared = found != peer.spaces.end() && found->token == space.token;
    space.may_lack = space.is_shared;
    space.awaits_heads = space.is_shared && found->heads != heads_fingerprint(space);
    if (space.is_shared && !space.awaits_heads) space.have.before = position_;
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

Result<HeadsTaken> SpaceTable::take_heads(Port& port, const wire::Heads& heads) {
  CUNJU_TRY(SharedSpace * space, require(port, heads.token));
  if (!space->awaits_heads) return fail(Errc::kProtocol, "heads that nobody waits for");
  if (heads.entries.empty() && !heads.is_last)
    return fail(Errc::kProtocol, "heads without an entry that are not the last");
  HeadsTaken out;
  std::vector<AuthorHead>& last = space->last_heads;
  for (const AuthorHead& head : heads.entries) {
    if (!last.empty() && !(last.back() < head))
      return fail(Errc::kProtocol, "heads are not ascending");
    if (head.seq.value == std::numeric_limits<std::uint64_t>::max())
      return fail(Errc::kProtocol, "sequence number out of range");
    if (!last.empty() && last.back().author != head.author) {
      CUNJU_TRYV(take_heads_of_one(port, *space, out));
    }
    if (last.size() == limits::kMaxHeadsPerAuthor) return fail(Errc::kLimit, "kMaxHeadsPerAuthor");
    last.push_back(head);
  }
  if (heads.is_last) {
    CUNJU_TRYV(take_heads_of_one(port, *space, out));
    space->awaits_heads = false;
  }
  CUNJU_TRYV(port.note_heads(space->id, peer_, heads.entries));
  return out;
}

Result<void> SpaceTable::take_heads_of_one(Port& port, SharedSpace& space, HeadsTaken& out) {
  const std::vector<AuthorHead> heads = std::exchange(space.last_heads, {});
  if (heads.empty()) return ok();
  PeerLog log{.author = heads.front().author, .here = {}, .elsewhere = {}};
  for (const AuthorHead& head : heads) {
    CUNJU_TRY(bool is_here, port.has_change(space.id, head.id));
    if (is_here) {
      log.here.push_back(head);
    } else {
      log.elsewhere.push_back({.seq = head.seq, .id = head.id});
    }
  }
  return take_peer_log(port, space, log, out);
}

Result<std::optional<wire::Samples>> SpaceTable::take_samples(Port& port,
                                                              const wire::Samples& samples) {
  CUNJU_TRY(SharedSpace * space, require(port, samples.token));
  CUNJU_TRY(LogHave * have, have_of(*space, samples.author));
  if (samples.is_answer) {
    if (!have->awaits_samples) return fail(Errc::kProtocol, "an answer that nobody waits for");
    have->awaits_samples = false;
    --questions_;
  } else if (++peer_questions_ > limits::kMaxSampleQuestions) {
    return fail(Errc::kLimit, "kMaxSampleQuestions");
  }
  // Whatever was asked for: this is what the peer says that it has, with its id.
  if (samples.is_answer && !samples.entries.empty()) {
    const wire::Sample& end = samples.entries.front();
    const AuthorHead head{.author = samples.author, .seq = end.seq, .id = end.id};
    CUNJU_TRY(const bool is_here, port.has_change(space->id, end.id));
    if (!is_here) {
      CUNJU_TRYV(port.note_claims(space->id, peer_, std::span(&head, 1)));
    }
    CUNJU_TRYV(port.note_heads(space->id, peer_, std::span(&head, 1)));
  }
  // A count that only the peer's longer log suggested says nothing now.
  have->count = 0;
  for (const wire::Sample& sample : samples.entries) {
    CUNJU_TRY(bool is_here, port.has_change(space->id, sample.id));
    if (!is_here) continue;
    have->note(sample.seq, sample.id);
    break;
  }
  space->note_lacking();
  if (samples.is_answer) return std::optional<wire::Samples>();
  CUNJU_TRY(std::vector<wire::Sample> ours, port.samples(space->id, samples.author));
  return std::optional<wire::Samples>({.token = samples.token,
                                       .author = samples.author,
                                       .entries = std::move(ours),
                                       .is_answer = true});
}

Result<void> SpaceTable::note_caught_up(Port& port, bool meets) {
  const bool shares_all =
      is_matched_ || (is_listed_ && std::ranges::all_of(spaces_, &SharedSpace::is_shared));
  if (meets && shares_all && !has_met_) {
    has_met_ = true;
    CUNJU_TRYV(port.note_met(peer_, seen_));
    for (SharedSpace& space : spaces_) space.is_noted = true;
  }
  for (SharedSpace& space : spaces_) {
    if (!space.is_shared || space.is_noted) continue;
    CUNJU_TRYV(port.note_caught_up(space.id, peer_, seen_));
    space.is_noted = true;
  }
  return ok();
}

bool SpaceTable::awaits_heads() const {
  return std::ranges::any_of(spaces_, &SharedSpace::awaits_heads);
}

Result<wire::Plan> SpaceTable::plan(Port& port) {
  wire::Plan out;
  for (SharedSpace& space : spaces_) {
    if (!space.is_shared || !space.may_lack) continue;
    CUNJU_TRYV(measure(port, space));
    if (space.left->changes == 0) continue;
    out.spaces.push_back(
        {.token = space.token, .changes = space.left->changes, .bytes = space.left->bytes});
  }
  return out;
}

const SharedSpace* SpaceTable::find(const SpaceId& space) const {
  auto found = std::ranges::find(spaces_, space, &SharedSpace::id);
  return found == spaces_.end() ? nullptr : &*found;
}

Result<SharedSpace*> SpaceTable::require(Port& port, const wire::SpaceToken& token) {
  const auto found = std::ranges::lower_bound(spaces_, token, {}, &SharedSpace::token);
  if (is_matched_ && (found == spaces_.end() || found->token != token)) {
    CUNJU_TRYV(list(port));
  }
  return require(token);
}

Result<SharedSpace*> SpaceTable::require(const wire::SpaceToken& token) {
  const auto found = std::ranges::lower_bound(spaces_, token, {}, &SharedSpace::token);
  if (found == spaces_.end() || found->token != token || !found->is_shared)
    return fail(Errc::kProtocol, "a space that is not shared");
  return &*found;
}

Result<LogHave*> SpaceTable::have_of(SharedSpace& space, const AuthorKey& author) {
  auto [entry, is_new] = space.have.logs.try_emplace(author);
  if (!is_new) return &entry->second;
  // Authors that a peer makes up cost it a signature each and us this entry: hence the two limits.
  if (space.have.logs.size() > limits::kMaxHeadsPerSpace)
    return fail(Errc::kLimit, "kMaxHeadsPerSpace");
  if (++remembered_heads_ > limits::kMaxHeadsPerSession)
    return fail(Errc::kLimit, "kMaxHeadsPerSession");
  return &entry->second;
}

Result<void> SpaceTable::note_received(Port& port, SharedSpace& space, std::span<const Run> runs) {
  space.is_noted = false;
  for (const Run& run : runs) {
    const Change& last = run.changes.back();
    const AuthorKey& author = last.header.author;
    const bool is_new = !space.have.logs.contains(author);
    CUNJU_TRY(LogHave * have, have_of(space, author));
    if (is_new && space.have.before > 0) {
      CUNJU_TRY(*have, port.have_before(space.id, author, space.have.before));
    }
    // One head for each branch, however many runs it comes in.
    std::erase(have->heads, run.changes.front().header.prev);
    if (have->heads.size() < limits::kMaxHeadsPerAuthor) have->note(last.header.seq, last.id);
  }
  return ok();
}

Result<void> SpaceTable::note_committed(Port& port, const SpaceId& id) {
  CUNJU_TRY(SharedSpace * space, enter(port, id));
  if (space == nullptr) return ok();
  space->note_lacking();
  space->is_noted = false;
  return ok();
}

Result<void> SpaceTable::note_committed(Port& port) {
  // Before anything is compared there is nothing to push.
  if (!is_listed_ && !is_matched_) return ok();
  CUNJU_TRY(const std::uint64_t now, port.position());
  CUNJU_TRY(const auto recent, port.recent_logs(peer_, seen_));
  seen_ = now;
  if (recent) {
    for (const RecentLog& log : *recent) {
      CUNJU_TRYV(note_committed(port, log.space));
    }
    return ok();
  }
  CUNJU_TRYV(list(port));
  for (SharedSpace& space : spaces_) {
    space.note_lacking();
    space.is_noted = false;
  }
  return ok();
}

Result<void> SpaceTable::measure(Port& port, SharedSpace& space) {
  CUNJU_TRY(space.left, port.measure_missing(space.id, space.have));
  space.is_urgent = false;
  if (space.left->changes == 0) return ok();
  CUNJU_TRY(space.is_urgent, port.lacks_urgent(space.id, space.have));
  return ok();
}

Result<SharedSpace*> SpaceTable::next_to_send(Port& port) {
  SharedSpace* out = nullptr;
  const auto rank = [](const SharedSpace& space) {
    return std::tuple(!space.is_urgent, space.left->bytes, space.left->changes);
  };
  for (SharedSpace& space : spaces_) {
    if (!space.is_shared || !space.may_lack) continue;
    if (!space.left) {
      CUNJU_TRYV(measure(port, space));
    }
    if (out == nullptr || rank(space) < rank(*out)) out = &space;
  }
  return out;
}

void SpaceTable::note_sent(SharedSpace& space, const Amount& amount) {
  // Whether more is urgent has to be asked again; nearly always it was one batch.
  if (!space.left || space.is_urgent) return space.left.reset();
  space.left->bytes -= std::min(space.left->bytes, amount.bytes);
  space.left->changes -= std::min(space.left->changes, amount.changes);
}

}  // namespace cunju::sync
