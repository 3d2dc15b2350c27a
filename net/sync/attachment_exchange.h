// SPDX-License-Identifier: Apache-2.0
//
// The part of a session that moves attachments, after everything else: asks the peer for chunks as
// the port says and answers what the peer asks. How much is on its way follows the link: as many
// chunks as arrive without waiting long in a queue (the idea of TCP Vegas, Brakmo and Peterson
// 1995, and of LEDBAT, RFC 6817), so that a link which is cut every few seconds loses little.
// Sans-IO; used by one Session.
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
  /// Errors: kProtocol (nobody asked), kTampered (it is not the chunk), the port's. A full disk
  /// ends the fetching and not the session.
  Result<void> take(Time now, const wire::Chunk& chunk, AttachmentAmounts& amounts,
                    Actions& actions);
  /// Errors: kProtocol.
  Result<void> take(const wire::FetchDone&, AttachmentAmounts& amounts);

  /// Neither side waits for anything of the other's.
  bool is_done() const { return !is_agreed_ || (said_done_ && peer_done_ && asks_.empty()); }

 private:
  struct Ask {
    ChunkRange range;
    std::uint32_t answered = 0;
    Time sent_at{0};
  };
  void follow_link(Time delay);
  /// Asks the port what is left, at most once in kCountAgain.
  Result<void> count_left(Time now, std::span<const SpaceId> wanting, AttachmentAmounts& amounts);
  void note_given(const ChunkRange& asked, AttachmentAmounts& amounts);
  /// Of those that want something.
  Result<std::vector<SpaceId>> wanting_and_shared(SpaceTable& spaces);

  AttachmentPort* attachments_;
  Port& port_;
  WireKey peer_;
  bool is_agreed_ = false;
  bool said_done_ = false;
  bool peer_done_ = false;
  bool wants_at_start_ = false;
  bool is_disk_full_ = false;
  std::deque<Ask> asks_;
  std::size_t on_the_way_ = 0;  ///< Chunks that were asked for and have not come.
  std::size_t window_ = 0;      ///< As many may be.
  std::optional<Time> shortest_;
  std::optional<Time> counted_at_;      ///< What is left to come.
  std::set<attachment::BlobId> given_;  ///< Those that the peer has begun to fetch.
};

}  // namespace cunju::sync
