// SPDX-License-Identifier: Apache-2.0
//
// What peers are known to have of this node's own logs: what they claim, and what they have taken.
#include <algorithm>

#include "node/replica/replica.h"

namespace cunju::replica {

Result<void> Replica::note_claims(const SpaceId& space, const WireKey& peer,
                                  std::span<const sync::AuthorHead> claims) {
  std::vector<sync::AuthorHead> own;
  for (const sync::AuthorHead& claim : claims) {
    if (std::ranges::find(own_authors_, claim.author) != own_authors_.end()) own.push_back(claim);
  }
  if (own.empty()) return ok();
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    for (const sync::AuthorHead& claim : own) {
      Key key;
      key.u32(space_no).bytes(claim.author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, claim.seq.value);
      cunju::append(value, claim.id.view());
      CUNJU_TRYV(txn.put(tables_.claims, key, value));
    }
    return ok();
  });
}

Result<void> Replica::note_heads(const SpaceId& space, const WireKey& peer,
                                 std::span<const sync::AuthorHead> heads) {
  std::vector<sync::AuthorHead> news;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    for (const sync::AuthorHead& head : heads) {
      if (std::ranges::find(own_authors_, head.author) == own_authors_.end()) continue;
      CUNJU_TRY(auto before, reader.told(space_no, head.author));
      if (std::ranges::find(before, std::pair(peer, head)) == before.end()) news.push_back(head);
    }
    return ok();
  }));
  if (news.empty()) return ok();
  return write([&](Admission& admission, store::WriteTransaction& txn) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(admission, space));
    for (const sync::AuthorHead& head : news) {
      Key key;
      key.u32(space_no).bytes(head.author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, head.seq.value);
      cunju::append(value, head.id.view());
      CUNJU_TRYV(txn.put(tables_.told, key, value));
    }
    return ok();
  });
}

Result<void> Replica::note_caught_up(const SpaceId& space, const WireKey& peer,
                                     std::uint64_t until) {
  CUNJU_TRY(const std::vector<AuthorKey> authors, not_told(space, peer));
  if (authors.empty()) return ok();
  std::vector<sync::AuthorHead> same;
  for (const AuthorKey& author : authors) {
    CUNJU_TRY(std::vector<ToldHead> all, told(space, author));
    // Who said something else, or more than is here, has not taken it back.
    if (std::ranges::any_of(all,
                            [&](const ToldHead& one) { return one.peer == peer && !one.is_here; }))
      continue;
    CUNJU_TRY(const Cut end, cut_of(space, author, std::nullopt));
    // What another process has written meanwhile was not sent yet.
    CUNJU_TRY(const sync::LogHave before, have_before(space, author, until));
    if (end.end > before.count) continue;
    if (end.end > 0) same.push_back({.author = author, .seq = Seq{end.end - 1}, .id = end.last});
  }
  return note_heads(space, peer, same);
}

/// The own authors of whose last change the peer has not said yet that it has it. Nearly always
/// none, and asked for thousands of spaces at once.
Result<std::vector<AuthorKey>> Replica::not_told(const SpaceId& space, const WireKey& peer) {
  std::vector<AuthorKey> out;
  if (own_authors_.empty()) return out;
  CUNJU_TRYV(read([&](Reader& reader) -> Result<void> {
    CUNJU_TRY(std::uint32_t space_no, require_space(reader, space));
    for (const AuthorKey& author : own_authors_) {
      const std::optional<BranchRow> log = reader.find_first_branch(space_no, author);
      if (!log || log->next_seq == 0) continue;
      Key key;
      key.u32(space_no).bytes(author.view()).bytes(peer.view());
      Bytes value;
      put_u64(value, log->next_seq - 1);
      cunju::append(value, log->head.view());
      const std::optional<ByteView> row = reader.read().get(tables_.told, key);
      if (!row || !equal(*row, value)) out.push_back(author);
    }
    return ok();
  }));
  return out;
}

}  // namespace cunju::replica
