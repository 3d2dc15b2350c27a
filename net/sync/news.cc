// SPDX-License-Identifier: Apache-2.0
// What two nodes tell each other since they last met (space_table.h): both had the same then, so
// only logs that were written to since can differ, and each side knows its own.
#include <algorithm>
#include <map>
#include <set>

#include "crdt/base/limits.h"
#include "net/sync/space_table.h"

namespace cunju::sync {

Result<wire::News> SpaceTable::match_meeting(Port& port) {
  match_entered(met_position_);
  std::map<SpaceId, std::vector<RecentLog>> logs;
  for (const RecentLog& log : recent_) logs[log.space].push_back(log);
  wire::News out;
  for (const auto& [id, recent] : logs) {
    CUNJU_TRY(SharedSpace * space, enter(port, id));
    if (space == nullptr) continue;
    space->note_lacking();
    CUNJU_TRY(wire::SpaceNews news, news_of(port, *space, recent));
    if (!news.heads.empty()) out.spaces.push_back(std::move(news));
  }
  CUNJU_TRY(const std::uint64_t now, port.position());
  if (now != seen_) {
    CUNJU_TRYV(note_committed(port));
  }
  return out;
}

Result<wire::SpaceNews> SpaceTable::news_of(Port& port, const SharedSpace& space,
                                            std::span<const RecentLog> logs) const {
  wire::SpaceNews out{.space = space.id, .heads = {}};
  for (const RecentLog& log : logs) {
    CUNJU_TRY(const std::vector<AuthorHead> heads, port.heads_of(space.id, log.author));
    for (const AuthorHead& head : heads) out.heads.push_back(tags_.item(space.token, head));
  }
  return out;
}

Result<HeadsTaken> SpaceTable::take_news(Port& port, const wire::News& news) {
  HeadsTaken out;
  for (const wire::SpaceNews& each : news.spaces) {
    CUNJU_TRY(SharedSpace * space, enter(port, each.space));
    // The peer's roster may be ahead: the next session will do.
    if (space == nullptr) continue;
    CUNJU_TRYV(take_space_news(port, *space, each, out));
  }
  return out;
}

Result<void> SpaceTable::take_space_news(Port& port, SharedSpace& space,
                                         const wire::SpaceNews& news, HeadsTaken& out) {
  std::map<std::uint32_t, std::vector<wire::HeadItem>> items;  // By tag of the author.
  for (const wire::HeadItem& item : news.heads) {
    std::vector<wire::HeadItem>& of_author = items[item.author];
    if (of_author.size() == limits::kMaxHeadsPerAuthor)
      return fail(Errc::kLimit, "kMaxHeadsPerAuthor");
    of_author.push_back(item);
  }
  std::map<std::uint32_t, std::set<AuthorKey>> authors;
  CUNJU_TRY(const std::vector<AuthorHead> ours, port.heads(space.id));
  const auto name = [&](const AuthorKey& author) {
    const std::uint32_t tag = tags_.author(space.token, author);
    if (items.contains(tag)) authors[tag].insert(author);
  };
  for (const AuthorHead& head : ours) name(head.author);
  // Of an own log nothing may be left here; of a stranger's there is nothing to say.
  for (const AuthorKey& author : port.own_authors()) name(author);
  for (const auto& [tag, named] : authors) {
    if (named.size() > 1) {
      // An entry of its own, and empty: the peer is sent all of them.
      for (const AuthorKey& author : named) {
        CUNJU_TRYV(have_of(space, author));
      }
      space.note_lacking();
      continue;
    }
    PeerLog log{.author = *named.begin(), .here = {}, .elsewhere = {}};
    CUNJU_TRYV(sort_items(port, space, items.at(tag), log));
    CUNJU_TRYV(take_peer_log(port, space, log, out));
    CUNJU_TRYV(port.note_heads(space.id, peer_, log.here));
  }
  return ok();
}

}  // namespace cunju::sync
