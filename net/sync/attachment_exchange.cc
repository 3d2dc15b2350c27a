// SPDX-License-Identifier: Apache-2.0
#include "net/sync/attachment_exchange.h"

#include <algorithm>
#include <utility>

#include "crdt/attachment/attachment_limits.h"

namespace cunju::sync {
namespace {

/// Chunks on their way at first and at least: one travels while the next is asked for.
constexpr std::size_t kFewestChunks = 2;
/// A chunk may wait so long for those before it: at one cut in five seconds, a hundredth is lost.
constexpr Time kQueueTime{50};
/// What is left to come changes with what others bring and people ask for; counting costs a look at
/// all that is missing.
constexpr Time kCountAgain{1'000};
/// Attachments of which is told how much of them is left to go.
constexpr std::size_t kMostGiven = 1'024;

}  // namespace

Result<std::uint64_t> AttachmentExchange::features(const SpaceTable& spaces) {
  if (attachments_ == nullptr) return std::uint64_t{0};
  CUNJU_TRY(const std::vector<SpaceId> wanting, attachments_->wanting_spaces());
  for (const SpaceId& space : wanting) {
    CUNJU_TRY(wants_at_start_, spaces.was_shared_at_start(port_, space));
    if (wants_at_start_) break;
  }
  return wire::kFeatureAttachments | (wants_at_start_ ? wire::kFeatureWantsAttachments : 0);
}

Result<std::vector<SpaceId>> AttachmentExchange::wanting_and_shared(SpaceTable& spaces) {
  CUNJU_TRY(std::vector<SpaceId> wanting, attachments_->wanting_spaces());
  std::vector<SpaceId> out;
  for (const SpaceId& space : wanting) {
    CUNJU_TRY(const SharedSpace* entry, spaces.enter(port_, space));
    if (entry != nullptr && entry->is_shared) out.push_back(space);
  }
  return out;
}

void AttachmentExchange::take_hello(std::uint64_t peer_features, bool is_equal) {
  is_agreed_ = attachments_ != nullptr && (peer_features & wire::kFeatureAttachments) != 0;
  said_done_ = is_equal && !wants_at_start_;
  peer_done_ = is_equal && (peer_features & wire::kFeatureWantsAttachments) == 0;
  window_ = kFewestChunks;
}

Result<void> AttachmentExchange::count_left(Time now, std::span<const SpaceId> wanting,
                                            AttachmentAmounts& amounts) {
  if (counted_at_ && now - *counted_at_ < kCountAgain) return ok();
  CUNJU_TRY(amounts.to_come, attachments_->bytes_left(peer_, wanting));
  counted_at_ = now;
  return ok();
}

Result<void> AttachmentExchange::pump(Time now, SpaceTable& spaces, AttachmentAmounts& amounts,
                                      Actions& actions) {
  if (!is_agreed_) return ok();
  std::vector<SpaceId> wanting;
  if (!is_disk_full_ && on_the_way_ < window_) {
    CUNJU_TRY(wanting, wanting_and_shared(spaces));
  }
  while (!wanting.empty() && on_the_way_ < window_) {
    CUNJU_TRY(const std::optional<ChunkRange> range,
              attachments_->next_range(peer_, wanting,
                                       std::min(window_ - on_the_way_, limits::kMaxAskedChunks)));
    if (!range) break;
    const SharedSpace* space = spaces.find(range->space);
    CUNJU_TRY(Bytes message, wire::encode_message(wire::AskChunks{.token = space->token,
                                                                  .blob = range->blob,
                                                                  .first = range->first,
                                                                  .count = range->count}));
    actions.messages.push_back(std::move(message));
    asks_.push_back({.range = *range, .answered = 0, .sent_at = now});
    on_the_way_ += range->count;
    CUNJU_TRYV(count_left(now, wanting, amounts));
  }
  if (asks_.empty()) amounts.to_come = 0;
  if (said_done_ || !asks_.empty()) return ok();
  said_done_ = true;
  CUNJU_TRY(Bytes message, wire::encode_message(wire::FetchDone{}));
  actions.messages.push_back(std::move(message));
  return ok();
}

void AttachmentExchange::note_given(const ChunkRange& asked, AttachmentAmounts& amounts) {
  if (given_.size() == kMostGiven || !given_.insert(asked.blob).second) return;
  // What is before, the peer has already.
  amounts.to_go += asked.blob.bytes - std::min(asked.blob.bytes, std::uint64_t{asked.first} *
                                                                     limits::kAttachmentChunkBytes);
}

Result<void> AttachmentExchange::take(const wire::AskChunks& ask, SpaceTable& spaces,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (!is_agreed_) return fail(Errc::kProtocol, "attachments were not agreed on");
  CUNJU_TRY(const SharedSpace* space, spaces.require(port_, ask.token));
  for (std::uint32_t i = 0; i < ask.count; ++i) {
    CUNJU_TRY(std::optional<ChunkWithPath> found,
              attachments_->find_chunk(peer_, space->id, ask.blob, ask.first + i));
    wire::Chunk chunk;
    if (found) {
      chunk = {.chunk = std::move(found->chunk), .path = std::move(found->path)};
      note_given({.space = space->id, .blob = ask.blob, .first = ask.first, .count = ask.count},
                 amounts);
      amounts.went += chunk.chunk.size();
      amounts.to_go -= std::min<std::uint64_t>(amounts.to_go, chunk.chunk.size());
      actions.progressed = true;
    }
    CUNJU_TRY(Bytes message, wire::encode_message(chunk));
    actions.messages.push_back(std::move(message));
    if (!found) break;
  }
  return ok();
}

Result<void> AttachmentExchange::take(Time now, const wire::Chunk& chunk,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (asks_.empty()) return fail(Errc::kProtocol, "a chunk that nobody asked for");
  Ask& ask = asks_.front();
  const std::uint32_t left = ask.range.count - ask.answered;
  if (chunk.chunk.empty()) {
    on_the_way_ -= left;
    attachments_->note_absent(peer_, ask.range.blob);
    counted_at_.reset();
    asks_.pop_front();
    return ok();
  }
  follow_link(now - ask.sent_at);
  const std::uint32_t index = ask.range.first + ask.answered++;
  Result<void> taken = attachments_->take_chunk(peer_, ask.range, index, chunk.chunk, chunk.path);
  --on_the_way_;
  amounts.came += chunk.chunk.size();
  amounts.to_come -= std::min<std::uint64_t>(amounts.to_come, chunk.chunk.size());
  actions.progressed = true;
  if (left == 1) asks_.pop_front();
  if (taken.has_error() && taken.error().code == Errc::kDiskFull) {
    is_disk_full_ = true;
    actions.log.push_back("the disk is full: no more attachments are fetched in this session");
    return ok();
  }
  return taken;
}

void AttachmentExchange::follow_link(Time delay) {
  shortest_ = shortest_ ? std::min(*shortest_, delay) : delay;
  if (delay - *shortest_ > kQueueTime) {
    window_ = std::max(kFewestChunks, window_ - 1);
  } else {
    window_ = std::min(limits::kMaxChunksOnTheWay, window_ + 1);
  }
}

Result<void> AttachmentExchange::take(const wire::FetchDone&, AttachmentAmounts& amounts) {
  if (!is_agreed_ || peer_done_) return fail(Errc::kProtocol, "done with fetching");
  peer_done_ = true;
  amounts.to_go = 0;
  return ok();
}

}  // namespace cunju::sync
