// SPDX-License-Identifier: Apache-2.0
#include "net/sync/attachment_exchange.h"

#include <algorithm>
#include <utility>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/attachment/pieces.h"
#include "crdt/base/check.h"

namespace cunju::sync {
namespace {

/// Pieces on their way at first and at least: one travels while the next is asked for.
constexpr std::size_t kFewest = 2;
/// A piece may wait so long for those before it: at one cut in five seconds, a hundredth is lost.
constexpr Time kQueueTime{50};
/// As long as less than two chunks are on their way: the piece before it takes so long by itself on
/// a link of half a megabit. On slower ones two pieces fill the link.
constexpr Time kQueueTimeOfFew{150};
/// One piece in time lets so many more out, until something has waited: as fast as a window of
/// chunks that doubles.
constexpr std::size_t kMoreAtFirst = 3;
/// A window that was too wide once grows by one for so many that came in time: a quarter in the
/// time of a round trip.
constexpr std::size_t kInTimeForOneMore = 4;
/// So many as a part of the window are asked for together: a quick link gets no crumbs.
constexpr std::size_t kAsksInWindow = 8;
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
  return wire::kFeatureAttachments | wire::kFeaturePieces |
         (wants_at_start_ ? wire::kFeatureWantsAttachments : 0);
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
  in_pieces_ = is_agreed_ && (peer_features & wire::kFeaturePieces) != 0;
  in_chunk_ = in_pieces_ ? limits::kPiecesInChunk : 1;
  said_done_ = is_equal && !wants_at_start_;
  peer_done_ = is_equal && (peer_features & wire::kFeatureWantsAttachments) == 0;
  window_ = kFewest;
}

Result<void> AttachmentExchange::count_left(Time now, std::span<const SpaceId> wanting,
                                            AttachmentAmounts& amounts) {
  if (counted_at_ && now - *counted_at_ < kCountAgain) return ok();
  CUNJU_TRY(amounts.to_come, attachments_->bytes_left(peer_, wanting));
  counted_at_ = now;
  return ok();
}

std::uint32_t AttachmentExchange::pieces_in(const attachment::BlobId& blob) const {
  return in_pieces_ ? attachment::piece_count(blob.bytes) : attachment::chunk_count(blob.bytes);
}

bool AttachmentExchange::has_room() const {
  return on_the_way_ + std::max<std::size_t>(1, window_ / kAsksInWindow) <= window_;
}

Result<void> AttachmentExchange::pump(Time now, SpaceTable& spaces, AttachmentAmounts& amounts,
                                      Actions& actions) {
  if (!is_agreed_) return ok();
  std::optional<std::vector<SpaceId>> wanting;
  while (!is_disk_full_ && has_room()) {
    if (!at_hand_) {
      if (!wanting) {
        CUNJU_TRY(wanting, wanting_and_shared(spaces));
      }
      if (wanting->empty()) break;
      CUNJU_TRYV(take_range(*wanting));
      if (!at_hand_) break;
      CUNJU_TRYV(count_left(now, *wanting, amounts));
    }
    CUNJU_TRYV(ask(now, spaces, actions));
  }
  if (asks_.empty()) amounts.to_come = 0;
  if (said_done_ || !asks_.empty()) return ok();
  said_done_ = true;
  CUNJU_TRY(Bytes message, wire::encode_message(wire::FetchDone{}));
  actions.messages.push_back(std::move(message));
  return ok();
}

Result<void> AttachmentExchange::take_range(std::span<const SpaceId> wanting) {
  // No more than is asked for soon: what this peer does not bring others may.
  const std::size_t chunks = (window_ - on_the_way_ + in_chunk_ - 1) / in_chunk_;
  CUNJU_TRY(at_hand_,
            attachments_->next_range(peer_, wanting, std::min(chunks, limits::kMaxAskedChunks)));
  if (!at_hand_) return ok();
  if (!in_pieces_) at_hand_->beginning.clear();
  const std::size_t kept = at_hand_->beginning.size();
  CUNJU_CHECK(kept % limits::kAttachmentPieceBytes == 0 &&
                  kept < attachment::chunk_bytes(at_hand_->blob.bytes, at_hand_->first),
              "the port keeps whole pieces, and not all of a chunk");
  next_piece_ = at_hand_->first * in_chunk_ + attachment::piece_count(kept);
  return ok();
}

Result<void> AttachmentExchange::ask(Time now, SpaceTable& spaces, Actions& actions) {
  ChunkRange& range = *at_hand_;
  const SharedSpace* space = spaces.find(range.space);
  CUNJU_CHECK(space != nullptr, "what is asked for was wanted in a space that is shared");
  const std::uint32_t end =
      std::min((range.first + range.count) * in_chunk_, pieces_in(range.blob));
  const auto count = static_cast<std::uint32_t>(
      std::min<std::size_t>({window_ - on_the_way_, std::size_t{end} - next_piece_,
                             limits::kMaxAskedChunks * in_chunk_}));
  wire::Message question = wire::AskChunks{
      .token = space->token, .blob = range.blob, .first = next_piece_, .count = count};
  if (in_pieces_)
    question = wire::AskPieces{
        .token = space->token, .blob = range.blob, .first = next_piece_, .count = count};
  CUNJU_TRY(Bytes message, wire::encode_message(question));
  actions.messages.push_back(std::move(message));
  asks_.push_back({.space = range.space,
                   .blob = range.blob,
                   .first = next_piece_,
                   .count = count,
                   .sent_at = now,
                   .is_alone = on_the_way_ == 0,
                   .beginning = std::exchange(range.beginning, {})});
  on_the_way_ += count;
  next_piece_ += count;
  if (next_piece_ == end) at_hand_.reset();
  return ok();
}

void AttachmentExchange::note_given(const attachment::BlobId& blob, std::uint64_t before,
                                    AttachmentAmounts& amounts) {
  if (given_.size() == kMostGiven || !given_.insert(blob).second) return;
  // What is before, the peer has already.
  amounts.to_go += blob.bytes - std::min(blob.bytes, before);
}

Result<const ChunkWithPath*> AttachmentExchange::find_given(const Ask& asked, std::uint32_t index) {
  const bool is_at_hand = giving_ && giving_->space == asked.space && giving_->blob == asked.blob &&
                          giving_->index == index;
  if (!is_at_hand) {
    giving_.reset();
    CUNJU_TRY(std::optional<ChunkWithPath> found,
              attachments_->find_chunk(peer_, asked.space, asked.blob, index));
    if (!found) return static_cast<const ChunkWithPath*>(nullptr);
    giving_ = {
        .space = asked.space, .blob = asked.blob, .index = index, .chunk = std::move(*found)};
  }
  return &giving_->chunk;
}

template <class Answer>
Result<void> AttachmentExchange::give(const Ask& asked, std::uint32_t pieces_in_chunk,
                                      AttachmentAmounts& amounts, Actions& actions) {
  const std::size_t piece_bytes = limits::kAttachmentChunkBytes / pieces_in_chunk;
  for (std::uint32_t i = 0; i < asked.count; ++i) {
    const std::uint32_t piece = asked.first + i, index = piece / pieces_in_chunk;
    CUNJU_TRY(const ChunkWithPath* found, find_given(asked, index));
    Answer answer;
    if (found != nullptr) {
      const std::size_t at = piece % pieces_in_chunk * piece_bytes;
      const ByteView rest = ByteView(found->chunk).subspan(std::min(at, found->chunk.size()));
      const bool is_last = rest.size() <= piece_bytes;
      answer = {to_bytes(rest.first(std::min(rest.size(), piece_bytes))),
                is_last ? found->path : std::vector<Hash>()};
      const std::uint64_t went = std::min(rest.size(), piece_bytes);
      note_given(asked.blob, std::uint64_t{piece} * piece_bytes, amounts);
      amounts.went += went;
      amounts.to_go -= std::min(amounts.to_go, went);
      actions.progressed = true;
      if (is_last) giving_.reset();
    }
    CUNJU_TRY(Bytes message, wire::encode_message(answer));
    actions.messages.push_back(std::move(message));
    if (found == nullptr) break;
  }
  return ok();
}

Result<void> AttachmentExchange::take(const wire::AskChunks& ask, SpaceTable& spaces,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (!is_agreed_) return fail(Errc::kProtocol, "attachments were not agreed on");
  CUNJU_TRY(const SharedSpace* space, spaces.require(port_, ask.token));
  return give<wire::Chunk>(
      {.space = space->id, .blob = ask.blob, .first = ask.first, .count = ask.count}, 1, amounts,
      actions);
}

Result<void> AttachmentExchange::take(const wire::AskPieces& ask, SpaceTable& spaces,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (!in_pieces_) return fail(Errc::kProtocol, "pieces were not agreed on");
  CUNJU_TRY(const SharedSpace* space, spaces.require(port_, ask.token));
  return give<wire::Piece>(
      {.space = space->id, .blob = ask.blob, .first = ask.first, .count = ask.count},
      limits::kPiecesInChunk, amounts, actions);
}

Result<void> AttachmentExchange::take(Time now, const wire::Chunk& chunk,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (in_pieces_) return fail(Errc::kProtocol, "a chunk that nobody asked for");
  return take_answer(now, chunk.chunk, chunk.path, amounts, actions);
}

Result<void> AttachmentExchange::take(Time now, const wire::Piece& piece,
                                      AttachmentAmounts& amounts, Actions& actions) {
  if (!in_pieces_) return fail(Errc::kProtocol, "a piece that nobody asked for");
  return take_answer(now, piece.bytes, piece.path, amounts, actions);
}

Result<void> AttachmentExchange::take_answer(Time now, ByteView bytes,
                                             const std::vector<Hash>& path,
                                             AttachmentAmounts& amounts, Actions& actions) {
  if (asks_.empty()) return fail(Errc::kProtocol, "an attachment that nobody asked for");
  if (bytes.empty()) {
    take_absence();
    return ok();
  }
  Ask& ask = asks_.front();
  follow_link(now, ask);
  --on_the_way_;
  amounts.came += bytes.size();
  amounts.to_come -= std::min<std::uint64_t>(amounts.to_come, bytes.size());
  actions.progressed = true;
  Result<void> taken = add(ask, ask.first + ask.answered, bytes, path, actions);
  if (++ask.answered == ask.count) asks_.pop_front();
  return taken;
}

void AttachmentExchange::take_absence() {
  const attachment::BlobId blob = asks_.front().blob;
  on_the_way_ -= asks_.front().count - asks_.front().answered;
  asks_.pop_front();
  attachments_->note_absent(peer_, blob);
  counted_at_.reset();
  if (at_hand_ && at_hand_->blob == blob) at_hand_.reset();
  if (coming_ && coming_->blob == blob) coming_.reset();
}

Result<void> AttachmentExchange::add(Ask& ask, std::uint32_t piece, ByteView bytes,
                                     const std::vector<Hash>& path, Actions& actions) {
  const std::uint32_t index = piece / in_chunk_, within = piece % in_chunk_;
  const bool has_kept = !ask.beginning.empty();
  if (has_kept || within == 0)
    coming_ = {.blob = ask.blob,
               .index = index,
               .bytes = std::exchange(ask.beginning, {}),
               .has_kept = has_kept};
  // What came before it the peer had no more: this attachment is no longer asked of it.
  if (!coming_ || coming_->blob != ask.blob || coming_->index != index ||
      coming_->bytes.size() != within * limits::kAttachmentPieceBytes)
    return ok();
  const std::size_t whole_bytes = attachment::chunk_bytes(ask.blob.bytes, index);
  if (in_pieces_ && bytes.size() != attachment::piece_bytes(whole_bytes, within))
    return fail(Errc::kTampered,
                "piece " + std::to_string(piece) + " of attachment " + ask.blob.address.hex());
  append(coming_->bytes, bytes);
  if (in_pieces_ && coming_->bytes.size() < whole_bytes) {
    if (!path.empty()) return fail(Errc::kProtocol, "a path before the end of its chunk");
    return ok();
  }
  const Coming whole = *std::exchange(coming_, std::nullopt);
  return store(whole, ask.space, path, actions);
}

Result<void> AttachmentExchange::store(const Coming& whole, const SpaceId& space,
                                       const std::vector<Hash>& path, Actions& actions) {
  const ChunkRange place{.space = space, .blob = whole.blob, .first = whole.index, .count = 1};
  Result<void> taken = attachments_->take_chunk(peer_, place, whole.index, whole.bytes, path);
  if (!taken.has_error()) return ok();
  if (taken.error().code == Errc::kDiskFull) {
    is_disk_full_ = true;
    actions.log.push_back("the disk is full: no more attachments are fetched in this session");
    return ok();
  }
  // What lay on the disk proves nothing of who has brought the rest: it is gone now, and the port
  // gives that chunk again, without a beginning.
  if (taken.error().code == Errc::kTampered && whole.has_kept) {
    actions.log.push_back("what was kept of a chunk was wrong: all of it is fetched again");
    return ok();
  }
  return taken;
}

void AttachmentExchange::end() {
  if (attachments_ == nullptr) return;
  if (in_pieces_ && coming_) {
    attachments_->keep_beginning(peer_, coming_->blob, coming_->index, coming_->bytes);
  }
  // One that was cut before its next piece came is as good as it was.
  for (const Ask& ask : asks_) {
    if (!ask.beginning.empty())
      attachments_->keep_beginning(peer_, ask.blob, ask.first / in_chunk_, ask.beginning);
  }
  attachments_->note_gone(peer_);
}

void AttachmentExchange::follow_link(Time now, const Ask& ask) {
  const Time delay = now - ask.sent_at;
  shortest_ = shortest_ ? std::min(*shortest_, delay) : delay;
  const Time allowed = *shortest_ + (window_ < kFewest * in_chunk_ ? kQueueTimeOfFew : kQueueTime);
  if (delay > allowed) {
    // What was asked for before the window became narrower says the same as what told so.
    if (narrowed_at_ && ask.sent_at < *narrowed_at_) return;
    narrowed_at_ = now;
    const auto carried =
        static_cast<std::size_t>(static_cast<Time::rep>(window_) * allowed.count() / delay.count());
    window_ = std::max({kFewest, window_ / 2, std::min(carried, window_ - 1)});
    return;
  }
  // Whatever finds the link empty does not wait, however narrow it is.
  if (ask.is_alone && ask.answered == 0) return;
  // Until something has waited nobody knows how much the link carries, but that it is more.
  if (narrowed_at_ && ++in_time_ % kInTimeForOneMore != 0) return;
  window_ =
      std::min(limits::kMaxChunksOnTheWay * in_chunk_, window_ + (narrowed_at_ ? 1 : kMoreAtFirst));
}

Result<void> AttachmentExchange::take(const wire::FetchDone&, AttachmentAmounts& amounts) {
  if (!is_agreed_ || peer_done_) return fail(Errc::kProtocol, "done with fetching");
  peer_done_ = true;
  amounts.to_go = 0;
  return ok();
}

}  // namespace cunju::sync
