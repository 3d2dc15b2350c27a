// SPDX-License-Identifier: Apache-2.0
//
// One sync session with one authenticated peer, sans-IO: whole messages in, actions out. Both sides
// run the same machine; neither leads. It does no I/O but through its port, reads no clock and
// starts no thread; all calls on one thread, none from inside a port call. docs/protocol.md is the
// law: hello, news or a sketch or spaces and heads, plan, runs under a window with an ack per
// durable batch, then parts that were lacking, attachments and live. Whatever the peer sends,
// memory stays within limits.h and the session ends with a Bye that says why.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "net/run/run_decoder.h"
#include "net/sync/actions.h"
#include "net/sync/attachment_exchange.h"
#include "net/sync/head_sketch.h"
#include "net/sync/outbox.h"
#include "net/sync/parts_exchange.h"
#include "net/sync/port.h"
#include "net/sync/space_table.h"
#include "net/wire/messages.h"

namespace cunju::sync {

class Session {
 public:
  /// `port` outlives the session. handshake_hash: the channel's 64 bytes, the same on both sides.
  /// `attachments` outlives it as well; null: none are exchanged.
  Session(Port& port, const WireKey& peer, ByteView handshake_hash, Options options = {},
          AttachmentPort* attachments = nullptr);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Once, first.
  Actions start(Time now);
  /// Takes one message of the peer. When it returns, runs in it are durable or the session has
  /// ended. After the end nothing happens any more.
  Actions on_message(Time now, ByteView message);
  /// Something was committed here, by an author of ours or through another session. Pushes it if
  /// the peer lacks it; no message otherwise. With a space: only that space is looked at.
  Actions on_changes_committed();
  Actions on_changes_committed(const SpaceId& space);
  /// About once a second: pings after a silence of this side, and renews the peer's allowance of
  /// pings and of messages that are skipped.
  Actions on_tick(Time now);
  /// Ends the session cleanly from this side, whatever is still on its way.
  Actions leave(std::string why);
  /// The last call: the connection is gone, whatever the reason. What came of an attachment is
  /// kept, and what this peer was to bring may be asked of others.
  void on_gone() { attachments_.end(); }

  const Progress& progress() const { return progress_; }
  bool is_closed() const { return progress_.phase == Phase::kClosed; }
  /// Both sides have caught up once.
  bool is_live() const { return progress_.phase == Phase::kLive; }

 private:
  // One per message; an error is the peer's fault or our store's and ends the session.
  Result<void> take(const wire::Hello& hello, Actions& actions);
  Result<void> take(const wire::News& news, Actions& actions);
  Result<void> take(const wire::Symbols& symbols, Actions& actions);
  Result<void> take(const wire::MoreSymbols& more, Actions& actions);
  Result<void> take(const wire::Difference& difference, Actions& actions);
  Result<void> take(const wire::Spaces& spaces, Actions& actions);
  Result<void> take(const wire::Heads& heads, Actions& actions);
  Result<void> take(const wire::Samples& samples, Actions& actions);
  Result<void> take(const wire::Plan& plan, Actions& actions);
  Result<void> take(const wire::Runs& runs, Actions& actions);
  Result<void> take(const wire::Ack& ack, Actions& actions);
  Result<void> take(const wire::CaughtUp& caught_up, Actions& actions);
  Result<void> take(const wire::AskChunks& ask, Actions& actions);
  Result<void> take(const wire::Chunk& chunk, Actions& actions);
  Result<void> take(const wire::AskPieces& ask, Actions& actions);
  Result<void> take(const wire::Piece& piece, Actions& actions);
  Result<void> take(const wire::FetchDone& done, Actions& actions);
  Result<void> take(const wire::AskParts& ask, Actions& actions);
  Result<void> take(const wire::Parts& parts, Actions& actions);
  Result<void> take(const wire::AskHeld& ask, Actions& actions);
  Result<void> take(const wire::Held& held, Actions& actions);
  Result<void> take(const wire::PartsDone& done, Actions& actions);
  Result<void> take(const wire::Ping& ping, Actions& actions);
  Result<void> take(const wire::Pong& pong, Actions& actions);
  Result<void> take(const wire::Bye& bye, Actions& actions);

  Result<void> begin(Actions& actions);
  bool is_equal(const wire::Hello& hello) const;
  bool are_news_useful(const wire::Hello& hello) const;
  Result<void> begin_news(Actions& actions);
  bool is_sketch_useful(const wire::Hello& hello) const;
  Result<void> begin_sketch(const wire::Hello& hello, Actions& actions);
  /// More symbols are asked for, or the sketch is given up for whole lists.
  Result<void> ask_for_symbols(Actions& actions);
  Result<void> begin_lists(Actions& actions);
  /// What the sketch told, on either side.
  Result<void> take_split(const Split& split, Actions& actions);
  Result<void> note_version(const wire::Hello& hello, Actions& actions);
  void agree_on_columns(const wire::Hello& hello);
  Result<void> agree_on_holding_back(const wire::Hello& hello);
  /// A message of a kind that this version does not know.
  Result<void> skip(const Error& unknown, Actions& actions);
  Result<void> take_heads_taken(HeadsTaken taken, Actions& actions);
  Result<void> send_plan(Actions& actions);
  Result<void> dispatch(ByteView message, Actions& actions);
  Result<void> pump_parts(Actions& actions);
  /// Sends what there is to send, says when that was all, and leaves when that is wanted.
  Result<void> go_on(Actions& actions);
  /// One step; its error ends the session.
  template <class Step>
  Actions run(Step&& step);
  void fail_with(const Error& error, Actions& actions);
  Result<void> send(const wire::Message& message, Actions& actions);
  Result<void> require_phase(bool is_right, const char* message) const;
  void enter(Phase phase, Actions& actions);
  void end(const wire::Bye& bye, std::optional<Error> error, Actions& actions);

  Port& port_;
  WireKey peer_;
  Options options_;
  SpaceTable spaces_;
  std::optional<HeadSketch> sketch_;  ///< In phase kSketch.
  bool draws_ = false;                ///< This side sends the symbols.
  std::size_t symbols_wanted_ = 0;    ///< The next message has so many.
  std::size_t symbol_requests_ = 0;
  Outbox outbox_;
  PartsExchange parts_;
  AttachmentExchange attachments_;
  Progress progress_;
  bool is_planned_ = false;  ///< Our plan is sent, or was not needed: runs may follow.
  bool said_caught_up_ = false;
  bool peer_caught_up_ = false;
  std::uint64_t next_batch_in_ = 0;
  std::optional<run::RunDecoder> decoder_;  ///< None: the version that is spoken has no columns.
  Time now_{0};                             ///< Of the last call that told it.
  Time last_said_{0};                       ///< When there was something to send.
  std::size_t pings_since_tick_ = 0;
  std::uint64_t last_ping_ = 0;
  std::uint64_t last_pong_ = 0;
  std::uint16_t spoken_ = 0;  ///< The lower of both versions.
  /// The peer may say what this version does not know.
  bool skips_unknown_ = false;
  std::size_t skipped_since_tick_ = 0;
};

}  // namespace cunju::sync
