// SPDX-License-Identifier: Apache-2.0
#include "node/replica/sharing.h"

#include <algorithm>
#include <map>

#include "crdt/crypto/crypto.h"
#include "net/wire/news_limits.h"
#include "node/replica/admission.h"

namespace cunju::replica {
namespace {

Bytes named(std::string_view what, const WireKey& peer) {
  Bytes out = to_bytes(as_bytes(what));
  // No registry, whose names are hashed with the same key, is called so.
  out.push_back(0);
  append(out, peer.view());
  return out;
}

Result<std::array<std::uint8_t, 16>> proof_of(keys::ValueSealer& sealer, const WireKey& peer,
                                              const SpaceId& space, std::uint64_t since) {
  Bytes name = named("shares", peer);
  append(name, space.view());
  put_u64_be(name, since);
  CUNJU_TRY(const Hash hash, sealer.hash_name(name));
  std::array<std::uint8_t, 16> out;
  std::copy_n(hash.value.begin(), out.size(), out.begin());
  return out;
}

Key shared_key(const PeerMark& peer, const SpaceId& space) {
  Key out;
  out.bytes(peer.view()).bytes(space.view());
  return out;
}

Key space_key(std::uint32_t space_no) {
  Key out;
  out.u32(space_no);
  return out;
}

}  // namespace

Result<PeerMark> mark_of(keys::ValueSealer& sealer, const WireKey& peer) {
  CUNJU_TRY(const Hash hash, sealer.hash_name(named("peer", peer)));
  return *PeerMark::from(hash.view().first(PeerMark::kSize));
}

Bytes SharedRow::encode() const {
  Bytes out = encode_u64(since);
  append(out, proof);
  return out;
}

std::optional<SharedRow> SharedRow::decode(ByteView bytes) {
  SharedRow out;
  if (bytes.size() != 8 + out.proof.size()) return std::nullopt;
  out.since = get_u64_be(bytes);
  std::ranges::copy(bytes.subspan(8), out.proof.begin());
  return out;
}

Bytes SharersRow::encode() const {
  Bytes out = to_bytes(space.view());
  for (const PeerMark& peer : peers) append(out, peer.view());
  return out;
}

std::optional<SharersRow> SharersRow::decode(ByteView bytes) {
  if (bytes.size() < SpaceId::kSize || (bytes.size() - SpaceId::kSize) % PeerMark::kSize != 0)
    return std::nullopt;
  SharersRow out{.space = *SpaceId::from(bytes.first(SpaceId::kSize)), .peers = {}};
  for (std::size_t at = SpaceId::kSize; at < bytes.size(); at += PeerMark::kSize)
    out.peers.push_back(*PeerMark::from(bytes.subspan(at, PeerMark::kSize)));
  return out;
}

Bytes PeerSumRow::encode() const {
  Bytes out = encode_u64(spaces);
  append(out, sum.encode());
  return out;
}

std::optional<PeerSumRow> PeerSumRow::decode(ByteView bytes) {
  if (bytes.size() != 8 + sync::HeadsSum::kBytes) return std::nullopt;
  return PeerSumRow{.spaces = get_u64_be(bytes), .sum = *sync::HeadsSum::decode(bytes.subspan(8))};
}

Bytes MetRow::encode() const {
  Bytes out = to_bytes(meeting.digest.view());
  put_u64_be(out, meeting.position);
  append(out, own.view());
  return out;
}

std::optional<MetRow> MetRow::decode(ByteView bytes) {
  if (bytes.size() != 2 * Hash::kSize + 8) return std::nullopt;
  return MetRow{.meeting = {.digest = *Hash::from(bytes.first(Hash::kSize)),
                            .position = get_u64_be(bytes.subspan(Hash::kSize))},
                .own = *Hash::from(bytes.subspan(Hash::kSize + 8))};
}

Hash hash_of_authors(std::vector<AuthorKey> authors) {
  std::ranges::sort(authors);
  Bytes all;
  for (const AuthorKey& author : authors) append(all, author.view());
  return crypto::hash({crypto::label("cunju own 1"), all});
}

Bytes RecentRow::encode() const {
  Bytes out;
  put_u32_be(out, space_no);
  append(out, author.view());
  return out;
}

std::optional<RecentRow> RecentRow::decode(ByteView bytes) {
  if (bytes.size() != 4 + AuthorKey::kSize) return std::nullopt;
  return RecentRow{.space_no = get_u32_be(bytes), .author = *AuthorKey::from(bytes.subspan(4))};
}

// --- read ----------------------------------------------------------------------------------------

Result<Sharing> Sharing::of(const Reader& reader, keys::ValueSealer& sealer, const WireKey& peer) {
  CUNJU_TRY(const PeerMark mark, mark_of(sealer, peer));
  return Sharing(reader, sealer, peer, mark);
}

Result<bool> Sharing::is_proven(const SpaceId& space, const SharedRow& row) const {
  CUNJU_TRY(const auto proof, proof_of(sealer_, peer_, space, row.since));
  return crypto::equal_secret(proof, row.proof);
}

Result<std::vector<SpaceId>> Sharing::spaces(std::optional<std::uint64_t> before,
                                             std::size_t max) const {
  std::vector<SpaceId> out;
  Result<void> failed = ok();
  CUNJU_TRYV(reader_.read().scan_prefix(
      reader_.tables().shared, mark_.view(), [&](ByteView key, ByteView value) {
        const std::optional<SpaceId> space = SpaceId::from(key.subspan(PeerMark::kSize));
        const std::optional<SharedRow> row = SharedRow::decode(value);
        if (!space || !row || (before && row->since > *before)) return true;
        const Result<bool> proven = is_proven(*space, *row);
        if (proven.has_error()) failed = proven.error();
        if (proven.has_value() && proven.value()) out.push_back(*space);
        return failed.has_value() && out.size() < max;
      }));
  CUNJU_TRYV(failed);
  return out;
}

Result<bool> Sharing::includes(const SpaceId& space, std::optional<std::uint64_t> before) const {
  const auto stored = reader_.read().get(reader_.tables().shared, shared_key(mark_, space));
  const std::optional<SharedRow> row = stored ? SharedRow::decode(*stored) : std::nullopt;
  if (!row || (before && row->since > *before)) return false;
  return is_proven(space, *row);
}

Result<PeerSumRow> Sharing::sum() const {
  const auto stored = reader_.read().get(reader_.tables().peer_sums, mark_.view());
  if (!stored) return PeerSumRow();
  std::optional<PeerSumRow> row = PeerSumRow::decode(*stored);
  if (!row) return fail(Errc::kCorrupt, "the sum of what is shared with a peer");
  return *row;
}

std::optional<MetRow> Sharing::met() const {
  const auto stored = reader_.read().get(reader_.tables().met, mark_.view());
  return stored ? MetRow::decode(*stored) : std::nullopt;
}

std::optional<SharersRow> Sharing::sharers(std::uint32_t space_no) const {
  const auto stored = reader_.read().get(reader_.tables().sharers, space_key(space_no));
  return stored ? SharersRow::decode(*stored) : std::nullopt;
}

bool Sharing::has_gaps() const {
  if (reader_.read().count(reader_.tables().gaps) == 0) return false;
  bool out = false;
  for (std::optional<std::uint32_t> from = 0; from && !out;) {
    std::optional<std::uint32_t> found;
    // A damaged store makes the whole transaction fail at its end.
    (void)reader_.read().scan(reader_.tables().gaps, space_key(*from), [&](ByteView key, ByteView) {
      found = get_u32_be(key);
      return false;
    });
    if (!found) break;
    const std::optional<SharersRow> row = sharers(*found);
    out = row && std::ranges::binary_search(row->peers, mark_);
    from = *found + 1;
  }
  return out;
}

Result<std::optional<std::vector<sync::RecentLog>>> Sharing::recent_logs(
    std::uint64_t since) const {
  std::vector<sync::RecentLog> out;
  std::map<std::uint32_t, std::optional<SpaceId>> known;  // None: it is not shared.
  std::size_t rows = 0;
  Result<void> failed = ok();
  Key first;
  first.u64(since);
  CUNJU_TRYV(reader_.read().scan(reader_.tables().recent, first, [&](ByteView, ByteView value) {
    const std::optional<RecentRow> row = RecentRow::decode(value);
    if (!row) failed = fail(Errc::kCorrupt, "a row of the table of recent logs");
    if (!row || ++rows > wire::kMaxRecentRows) return false;
    auto [space, is_new] = known.try_emplace(row->space_no);
    if (is_new) {
      const std::optional<SharersRow> sharing = sharers(row->space_no);
      if (sharing && std::ranges::binary_search(sharing->peers, mark_)) {
        const Result<bool> included = includes(sharing->space);
        if (included.has_error()) failed = included.error();
        if (included.has_value() && included.value()) space->second = sharing->space;
      }
    }
    if (space->second) out.push_back({.space = *space->second, .author = row->author});
    return failed.has_value() && out.size() <= wire::kMaxNewsLogs;
  }));
  CUNJU_TRYV(failed);
  if (rows > wire::kMaxRecentRows || out.size() > wire::kMaxNewsLogs)
    return std::optional<std::vector<sync::RecentLog>>();
  return std::optional(std::move(out));
}

// --- kept up by each transaction -----------------------------------------------------------------

Result<std::optional<std::uint64_t>> Admission::newest_ordinal(const LogTree& tree) const {
  std::optional<std::uint64_t> out;
  for (const BranchRow& branch : tree.branches()) {
    if (branch.next_seq == branch.from_seq) continue;
    const std::optional<LogRow> last = find_log(branch.number, Seq{branch.next_seq - 1});
    if (!last) return fail(Errc::kCorrupt, "a log has a gap");
    out = std::max(out.value_or(0), last->ordinal);
  }
  return out;
}

Result<void> Admission::put_recent(std::uint32_t space_no, const AuthorKey& author,
                                   std::optional<std::uint64_t> before,
                                   std::optional<std::uint64_t> now) {
  if (before == now) return ok();
  if (before) {
    CUNJU_TRYV(txn_.erase(tables_.recent, encode_u64(*before)));
  }
  if (!now) return ok();
  return txn_.put(tables_.recent, encode_u64(*now),
                  RecentRow{.space_no = space_no, .author = author}.encode());
}

Result<void> Admission::write_sharing() {
  for (const auto& [space_no, sums] : std::exchange(resummed_, {})) {
    CUNJU_TRYV(write_sharing(space_no, sums));
  }
  return ok();
}

Result<void> Admission::write_sharing(std::uint32_t space_no, const Resummed& sums) {
  CUNJU_TRY(const std::set<WireKey> wires, peers(space_no, sums.space));
  std::map<PeerMark, WireKey> now;
  for (const WireKey& wire : wires) {
    CUNJU_TRY(const PeerMark mark, mark_of(sealer_, wire));
    now.emplace(mark, wire);
  }
  const Key key = space_key(space_no);
  SharersRow before{.space = sums.space, .peers = {}};
  if (const auto stored = read_.get(tables_.sharers, key)) {
    std::optional<SharersRow> row = SharersRow::decode(*stored);
    if (!row) return fail(Errc::kCorrupt, "a row of who shares a space");
    before = std::move(*row);
  }
  SharersRow after{.space = sums.space, .peers = {}};
  for (const auto& [mark, wire] : now) {
    after.peers.push_back(mark);
    const bool is_new = !std::ranges::binary_search(before.peers, mark);
    if (!is_new && sums.before == sums.after) continue;
    CUNJU_TRY(PeerSumRow row, peer_sum(mark));
    if (is_new) {
      ++row.spaces;
      row.sum.add(sync::HeadsSum::presence(sums.space));
      CUNJU_TRYV(share(mark, wire, sums.space));
    } else {
      row.sum.remove(sums.before);
    }
    row.sum.add(sums.after);
    CUNJU_TRYV(txn_.put(tables_.peer_sums, mark.view(), row.encode()));
  }
  for (const PeerMark& mark : before.peers) {
    if (now.contains(mark)) continue;
    CUNJU_TRY(PeerSumRow row, peer_sum(mark));
    --row.spaces;
    row.sum.remove(sync::HeadsSum::presence(sums.space));
    row.sum.remove(sums.before);
    CUNJU_TRYV(unshare(mark, sums.space));
    if (row.spaces > 0) {
      CUNJU_TRYV(txn_.put(tables_.peer_sums, mark.view(), row.encode()));
    } else {
      CUNJU_TRYV(txn_.erase(tables_.peer_sums, mark.view()));
    }
  }
  return after.peers == before.peers ? ok() : txn_.put(tables_.sharers, key, after.encode());
}

Result<PeerSumRow> Admission::peer_sum(const PeerMark& peer) const {
  const auto stored = read_.get(tables_.peer_sums, peer.view());
  if (!stored) return PeerSumRow();
  std::optional<PeerSumRow> row = PeerSumRow::decode(*stored);
  if (!row) return fail(Errc::kCorrupt, "the sum of what is shared with a peer");
  return *row;
}

// What both had at a meeting was of the spaces that they shared then.
Result<void> Admission::share(const PeerMark& mark, const WireKey& peer, const SpaceId& space) {
  SharedRow row{.since = next_ordinal(), .proof = {}};
  CUNJU_TRY(row.proof, proof_of(sealer_, peer, space, row.since));
  CUNJU_TRYV(txn_.erase(tables_.met, mark.view()));
  return txn_.put(tables_.shared, shared_key(mark, space), row.encode());
}

Result<void> Admission::unshare(const PeerMark& mark, const SpaceId& space) {
  CUNJU_TRYV(txn_.erase(tables_.met, mark.view()));
  CUNJU_TRYV(txn_.erase(tables_.shared, shared_key(mark, space)));
  return ok();
}

Result<void> Admission::rebuild_sharing() {
  for (store::Table table :
       {tables_.shared, tables_.sharers, tables_.peer_sums, tables_.recent, tables_.met}) {
    CUNJU_TRYV(txn_.clear(table));
  }
  std::vector<std::pair<SpaceId, std::uint32_t>> all;
  CUNJU_TRYV(read_.scan(tables_.spaces, {}, [&](ByteView key, ByteView value) {
    const std::optional<SpaceId> space = SpaceId::from(key);
    if (space && value.size() == 4) all.emplace_back(*space, get_u32_be(value));
    return true;
  }));
  for (const auto& [space, space_no] : all) {
    CUNJU_TRY(const sync::HeadsSum sum, stored_heads_sum(space_no));
    resummed_[space_no] = {.space = space, .before = {}, .after = sum};
    CUNJU_TRY(const std::vector<BranchEntry> rows, branches(space_no));
    for (std::size_t at = 0; at < rows.size();) {
      const AuthorKey author = rows[at].first;
      std::vector<BranchRow> of_author;
      for (; at < rows.size() && rows[at].first == author; ++at)
        of_author.push_back(rows[at].second);
      CUNJU_TRY(const auto newest, newest_ordinal(LogTree(std::move(of_author))));
      CUNJU_TRYV(put_recent(space_no, author, std::nullopt, newest));
    }
  }
  return ok();
}

}  // namespace cunju::replica
