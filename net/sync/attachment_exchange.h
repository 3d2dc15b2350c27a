// SPDX-License-Identifier: Apache-2.0
//
// The part of a session that moves attachments, after everything else: asks the peer for chunks as
// the port says and answers what the peer asks. They travel in pieces, which are put together here;
// with an older peer a chunk is one piece. How much is on its way follows the link: as many pieces
// as arrive without waiting long in a queue (the idea of TCP Vegas, Brakmo and Peterson 1995, and
// of LEDBAT, RFC 6817), so that a link which is cut every few seconds loses little, and an edit
// does not wait long behind them. Sans-IO; used by one Session.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>

#include "net/sync/actions.h"
#include "net/sync/attachment_port.h"
#include "net/sync/space_table.h"
#include "net/wire/messages.h"

namespace cunju::sync {

class AttachmentExchange {
 public:
  /// `attachments` may be null: then this node neither fetches nor gives, and the peer is told so.
  AttachmentExchange(AttachmentPort* attachments, Port& port, const WireKey& peer)
      : attachments_(attachments), port_(port), peer_(peer) {}

  /// For the hello. Looks at no space but those that want something. Errors: the ports'.
  Result<std::uint64_t> features(const SpaceTable& spaces);
  /// `is_equal`: both have the same records. Then neither will want what it does not want yet.
  void take_hello(std::uint64_t peer_features, bool is_equal);

  /// Once both have caught up: asks for what is wanted, as far as the window allows, and says so
  /// once when nothing more is. Errors: the ports'.
  Result<void> pump(Time now, SpaceTable& spaces, AttachmentAmounts& amounts, Actions& actions);
  /// Answers. Errors: kProtocol (not agreed on, a space that is not shared), the ports'.
  Result<void> take(const wire::AskChunks& ask, SpaceTable& spaces, AttachmentAmounts& amounts,
                    Actions& actions);
  Result<void> take(const wire::AskPieces& ask, SpaceTable& spaces, AttachmentAmounts& amounts,
                    Actions& actions);
  /// Errors: kProtocol (nobody asked), kTampered (it is not the chunk), the port's. A full disk
  /// ends the fetching and not the session.
  Result<void> take(Time now, const wire::Chunk& chunk, AttachmentAmounts& amounts,
                    Actions& actions);
  /// As with a Chunk, once the last piece of one has come. If it was put together with a kept
  /// beginning and is wrong, all of it is asked for again.
  Result<void> take(Time now, const wire::Piece& piece, AttachmentAmounts& amounts,
                    Actions& actions);
  /// Errors: kProtocol.
  Result<void> take(const wire::FetchDone&, AttachmentAmounts& amounts);
  /// What the peer may have may be another thing now: the chunk at hand is looked for again.
  void note_committed() { giving_.reset(); }
  /// The last call: hands to the port what came of a chunk, and gives back what was asked for.
  void end();

  /// Neither side waits for anything of the other's.
  bool is_done() const { return !is_agreed_ || (said_done_ && peer_done_ && asks_.empty()); }

 private:
  /// Pieces of one attachment that lie side by side.
  struct Ask {
    SpaceId space;
    attachment::BlobId blob;
    std::uint32_t first = 0, count = 0, answered = 0;
    Time sent_at{0};
    bool is_alone = false;  ///< Nothing else was on its way.
    Bytes beginning = {};   ///< Of the chunk that its first piece is in.
  };
  /// A chunk of which some pieces have come.
  struct Coming {
    attachment::BlobId blob;
    std::uint32_t index = 0;
    Bytes bytes;
    bool has_kept = false;  ///< It begins with what an earlier session brought.
  };
  /// A chunk of which some pieces have gone.
  struct Giving {
    SpaceId space;
    attachment::BlobId blob;
    std::uint32_t index = 0;
    ChunkWithPath chunk;
  };

  std::uint32_t pieces_in(const attachment::BlobId& blob) const;
  /// Takes up the next chunks, if there are any.
  Result<void> take_range(std::span<const SpaceId> wanting);
  Result<void> ask(Time now, SpaceTable& spaces, Actions& actions);
  bool has_room() const;
  Result<void> take_answer(Time now, ByteView bytes, const std::vector<Hash>& path,
                           AttachmentAmounts& amounts, Actions& actions);
  void take_absence();
  Result<void> add(Ask& ask, std::uint32_t piece, ByteView bytes, const std::vector<Hash>& path,
                   Actions& actions);
  Result<void> store(const Coming& whole, const SpaceId& space, const std::vector<Hash>& path,
                     Actions& actions);
  /// Answers an AskChunks or AskPieces.
  template <class Answer>
  Result<void> give(const Ask& asked, std::uint32_t pieces_in_chunk, AttachmentAmounts& amounts,
                    Actions& actions);
  Result<const ChunkWithPath*> find_given(const Ask& asked, std::uint32_t index);
  void follow_link(Time now, const Ask& ask);
  /// Asks the port what is left, at most once in kCountAgain.
  Result<void> count_left(Time now, std::span<const SpaceId> wanting, AttachmentAmounts& amounts);
  void note_given(const attachment::BlobId& blob, std::uint64_t before, AttachmentAmounts& amounts);
  /// Of those that want something.
  Result<std::vector<SpaceId>> wanting_and_shared(SpaceTable& spaces);

  AttachmentPort* attachments_;
  Port& port_;
  WireKey peer_;
  bool is_agreed_ = false;
  bool in_pieces_ = false;
  std::uint32_t in_chunk_ = 1;  ///< Pieces of a full chunk; with an older peer it is one piece.
  bool said_done_ = false;
  bool peer_done_ = false;
  bool wants_at_start_ = false;
  bool is_disk_full_ = false;
  std::optional<ChunkRange> at_hand_;  ///< Not all of its pieces have been asked for.
  std::uint32_t next_piece_ = 0;       ///< The next one of them.
  std::deque<Ask> asks_;
  std::optional<Coming> coming_;
  std::optional<Giving> giving_;
  std::size_t on_the_way_ = 0;       ///< Pieces that were asked for and have not come.
  std::size_t window_ = 0;           ///< As many may be.
  std::optional<Time> narrowed_at_;  ///< When it became narrower last.
  std::size_t in_time_ = 0;          ///< Pieces that came in time since it did for the first time.
  std::optional<Time> shortest_;
  std::optional<Time> counted_at_;      ///< What is left to come.
  std::set<attachment::BlobId> given_;  ///< Those that the peer has begun to fetch.
};

}  // namespace cunju::sync
