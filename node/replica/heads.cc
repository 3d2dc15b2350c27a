// SPDX-License-Identifier: Apache-2.0
#include "node/replica/heads.h"

#include <algorithm>
#include <tuple>

#include "crdt/base/limits.h"
#include "node/replica/admission.h"

namespace cunju::replica {

std::vector<wire::AuthorHead> list_heads(std::vector<BranchEntry> branches) {
  std::ranges::sort(branches, [](const BranchEntry& a, const BranchEntry& b) {
    return std::tie(a.first, a.second.from_seq, a.second.head) <
           std::tie(b.first, b.second.from_seq, b.second.head);
  });
  std::vector<wire::AuthorHead> out;
  std::size_t of_author = 0;
  for (const auto& [author, row] : branches) {
    if (row.next_seq == 0) continue;
    of_author = !out.empty() && out.back().author == author ? of_author + 1 : 0;
    if (of_author < limits::kMaxHeadsPerAuthor)
      out.push_back({author, Seq{row.next_seq - 1}, row.head});
  }
  std::ranges::sort(out);
  return out;
}

std::vector<wire::AuthorHead> list_heads(const AuthorKey& author, const LogTree& tree) {
  std::vector<BranchEntry> all;
  for (const BranchRow& branch : tree.branches()) all.emplace_back(author, branch);
  return list_heads(std::move(all));
}

std::optional<BranchEnd> BranchEnd::decode(ByteView bytes) {
  // BranchRow::encode: number u32, from_seq u64, next_seq u64, head, and 88 bytes more.
  constexpr std::size_t kNextSeqAt = 12, kHeadAt = 20, kRowBytes = 140;
  if (bytes.size() != kRowBytes) return std::nullopt;
  BranchEnd out{.next_seq = get_u64_be(bytes.subspan(kNextSeqAt)), .head = {}};
  std::ranges::copy(bytes.subspan(kHeadAt, ChangeId::kSize), out.head.value.begin());
  return out;
}

Result<void> visit_ends(const Reader& reader, std::uint32_t space_no,
                        const std::function<void(const wire::AuthorHead&)>& visit) {
  wire::AuthorHead end;
  Result<void> read = ok();
  Key prefix;
  prefix.u32(space_no);
  CUNJU_TRYV(
      reader.read().scan_prefix(reader.tables().logs, prefix, [&](ByteView key, ByteView value) {
        const std::optional<BranchEnd> row = BranchEnd::decode(value);
        if (!row) {
          read = fail(Errc::kCorrupt, "a row of the table of logs");
          return false;
        }
        if (row->next_seq == 0) return true;
        std::ranges::copy(key.subspan(4, AuthorKey::kSize), end.author.value.begin());
        end.seq = Seq{row->next_seq - 1};
        end.id = row->head;
        visit(end);
        return true;
      }));
  return read;
}

Bytes HeadSumRow::encode() const {
  Bytes out = to_bytes(digest.view());
  append(out, sum.encode());
  return out;
}

std::optional<HeadSumRow> HeadSumRow::decode(ByteView bytes) {
  if (bytes.size() != Hash::kSize + sync::HeadsSum::kBytes) return std::nullopt;
  HeadSumRow out;
  out.digest = *Hash::from(bytes.first(Hash::kSize));
  out.sum = *sync::HeadsSum::decode(bytes.subspan(Hash::kSize));
  return out;
}

std::optional<sync::SpaceHeads> HeadSumRow::decode_digest(const SpaceId& space, ByteView bytes) {
  if (bytes.size() != Hash::kSize + sync::HeadsSum::kBytes) return std::nullopt;
  // The count comes first in an encoded sum.
  ByteReader count(bytes.subspan(Hash::kSize, 8));
  return sync::SpaceHeads{
      .space = space, .digest = *Hash::from(bytes.first(Hash::kSize)), .count = count.u64()};
}

Result<sync::HeadsSum> compute_heads_sum(const Reader& reader, std::uint32_t space_no) {
  sync::HeadsSum out;
  CUNJU_TRYV(visit_ends(reader, space_no, [&](const wire::AuthorHead& head) { out.add(head.id); }));
  return out;
}

// --- kept up while changes are admitted ----------------------------------------------------------

Result<void> Admission::note_head_before(std::uint32_t space_no, const Change& change) {
  const AuthorKey& author = change.header.author;
  auto [at, is_first] = ends_before_.try_emplace({space_no, author});
  if (!is_first) return ok();
  at->second.space = change.space();
  CUNJU_TRY(const LogTree tree, log_tree(space_no, author));
  for (const BranchRow& branch : tree.branches())
    if (branch.next_seq > 0) at->second.heads.insert(branch.head);
  CUNJU_TRY(at->second.newest, newest_ordinal(tree));
  return ok();
}

Result<void> Admission::write_head_sums() {
  // Once for each log, however many of its changes came.
  std::set<std::uint32_t> changed;
  for (auto& [log, before] : std::exchange(ends_before_, {})) {
    const auto& [space_no, author] = log;
    Resummed& sums = resummed_[space_no];
    if (changed.insert(space_no).second) {
      sums.space = before.space;
      CUNJU_TRY(sums.before, stored_heads_sum(space_no));
      sums.after = sums.before;
    }
    CUNJU_TRY(const LogTree tree, log_tree(space_no, author));
    for (const BranchRow& branch : tree.branches())
      if (branch.next_seq > 0 && before.heads.erase(branch.head) == 0) sums.after.add(branch.head);
    for (const ChangeId& gone : before.heads) sums.after.remove(gone);
    CUNJU_TRY(const std::optional<std::uint64_t> newest, newest_ordinal(tree));
    CUNJU_TRYV(put_recent(space_no, author, before.newest, newest));
  }
  for (std::uint32_t space_no : changed) {
    CUNJU_TRYV(put_heads_sum(space_no, resummed_[space_no].after));
  }
  return ok();
}

Result<sync::HeadsSum> Admission::stored_heads_sum(std::uint32_t space_no) const {
  Key key;
  key.u32(space_no);
  const std::optional<ByteView> stored = read_.get(tables_.head_sums, key);
  if (!stored) return sync::HeadsSum();
  std::optional<HeadSumRow> row = HeadSumRow::decode(*stored);
  if (!row) return fail(Errc::kCorrupt, "the sum of a space's heads");
  return row->sum;
}

Result<void> Admission::put_heads_sum(std::uint32_t space_no, const sync::HeadsSum& sum) {
  Key key;
  key.u32(space_no);
  return txn_.put(tables_.head_sums, key, HeadSumRow{.digest = sum.digest(), .sum = sum}.encode());
}

Result<void> Admission::rebuild_head_sums() {
  CUNJU_TRYV(txn_.clear(tables_.head_sums));
  const auto spaces = static_cast<std::uint32_t>(txn_.count(tables_.spaces));
  for (std::uint32_t space_no = 0; space_no < spaces; ++space_no) {
    CUNJU_TRY(const sync::HeadsSum sum, compute_heads_sum(*this, space_no));
    if (sum.count() == 0) continue;
    CUNJU_TRYV(put_heads_sum(space_no, sum));
  }
  return ok();
}

}  // namespace cunju::replica
