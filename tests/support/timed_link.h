// SPDX-License-Identifier: Apache-2.0
//
// Two sessions that exchange attachments over a link with a speed and a delay, in simulated time.
#pragma once

#include <array>
#include <catch2/catch.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "crdt/attachment/pieces.h"
#include "net/sync/session.h"
#include "tests/support/memory_attachments.h"
#include "tests/support/memory_port.h"
#include "tests/support/session_pair.h"
#include "tests/support/test_world.h"

namespace cunju::testing {

using attachment::BlobId;

/// Two desks with the same records; the first one's attachments are to come to the second.
struct Desks {
  explicit Desks(std::uint64_t seed) : world(seed, 2) {
    world.write_any(10);
    for (MemoryPort* port : {&a, &b}) {
      port->share(world.space());
      for (const Change& change : world.all()) port->put(change);
    }
    of_a.spaces = of_b.spaces = {world.space()};
  }
  TestWorld world;
  MemoryPort a, b;
  MemoryAttachments of_a, of_b;
};

/// One connection between them with a clock, a speed and a delay in each direction. Nothing of a
/// message that the link has carried in part arrives when it is cut.
class TimedLink {
 public:
  struct Options {
    double bytes_a_ms = 2500;  ///< 20 Mbit/s.
    sync::Time delay{20};
    bool leaves = false;
    bool knows_pieces = true;  ///< False: the peers are of before pieces.
    /// What an end says, before it goes out: a liar says something else.
    std::function<void(std::size_t end, wire::Message&)> alter = {};
  };
  TimedLink(Desks& desks, sync::Time& now, const Options& options) : now_(now), options_(options) {
    sync::Options session;
    session.leave_when_caught_up = options.leaves;
    const Bytes hash = testing::test_handshake_hash();
    ends_[0].session =
        std::make_unique<sync::Session>(desks.a, WireKey{{2}}, hash, sync::Options{}, &desks.of_a);
    ends_[1].session =
        std::make_unique<sync::Session>(desks.b, WireKey{{1}}, hash, session, &desks.of_b);
    for (std::size_t end : {0u, 1u}) apply(end, ends_[end].session->start(now_));
  }
  /// Cuts it, wherever it is.
  ~TimedLink() {
    for (End& end : ends_) end.session->on_gone();
  }
  TimedLink(const TimedLink&) = delete;
  TimedLink& operator=(const TimedLink&) = delete;

  /// One millisecond.
  void step() {
    now_ += sync::Time(1);
    for (std::size_t end : {0u, 1u}) carry(end);
    for (std::size_t end : {0u, 1u}) {
      while (!ends_[end].arriving.empty() && ends_[end].arriving.front().due <= now_) {
        const Bytes message = std::move(ends_[end].arriving.front().message);
        ends_[end].arriving.pop_front();
        apply(end, ends_[end].session->on_message(now_, message));
      }
    }
  }
  /// False when it went on for longer than that.
  bool run(sync::Time most) {
    for (const sync::Time end = now_ + most; now_ < end;) {
      step();
      if (is_over()) return true;
    }
    return false;
  }
  bool is_over() const { return ends_[0].close && ends_[1].close; }
  sync::Session& session(std::size_t end) { return *ends_[end].session; }
  const std::optional<sync::Close>& close(std::size_t end) const { return ends_[end].close; }
  std::vector<std::string> log;
  /// What of the chunks that the first side answered was on the link, cut ones in part.
  double chunk_bytes = 0;
  /// How many messages with parts of attachments were sent.
  std::size_t answers = 0;
  /// Both sessions look again at what was written meanwhile.
  void on_commit(std::size_t end) { apply(end, ends_[end].session->on_changes_committed()); }

 private:
  struct Sending {
    Bytes message;
    double left = 0;
    bool is_chunk = false;
  };
  struct Arriving {
    Bytes message;
    sync::Time due;
  };
  struct End {
    std::unique_ptr<sync::Session> session;
    std::deque<Sending> sending;
    std::deque<Arriving> arriving;
    std::optional<sync::Close> close;
  };

  void apply(std::size_t end, sync::Actions actions) {
    for (Bytes& message : actions.messages) {
      wire::Message said = wire::decode_message(message).value();
      auto* hello = std::get_if<wire::Hello>(&said);
      if (hello != nullptr && !options_.knows_pieces) hello->features &= ~wire::kFeaturePieces;
      if (options_.alter) options_.alter(end, said);
      message = wire::encode_message(said).value();
      const bool is_chunk =
          std::holds_alternative<wire::Chunk>(said) || std::holds_alternative<wire::Piece>(said);
      if (is_chunk) ++answers;
      const auto size = static_cast<double>(message.size());
      ends_[end].sending.push_back({std::move(message), size, is_chunk});
    }
    if (actions.close) ends_[end].close = actions.close;
    log.insert(log.end(), actions.log.begin(), actions.log.end());
  }
  void carry(std::size_t end) {
    double room = options_.bytes_a_ms;
    while (room > 0 && !ends_[end].sending.empty()) {
      Sending& next = ends_[end].sending.front();
      const double taken = std::min(room, next.left);
      next.left -= taken;
      room -= taken;
      if (next.is_chunk) chunk_bytes += taken;
      if (next.left > 0) return;
      ends_[1 - end].arriving.push_back({std::move(next.message), now_ + options_.delay});
      ends_[end].sending.pop_front();
    }
  }

  sync::Time& now_;
  Options options_;
  std::array<End, 2> ends_;
};

/// Bytes of the answers that bring an attachment once.
inline double bytes_once(MemoryAttachments& from, const BlobId& blob, bool in_pieces = true) {
  double out = 0;
  for (std::uint32_t i = 0; i < attachment::chunk_count(blob.bytes); ++i) {
    auto found = from.find_chunk({}, {}, blob, i).value();
    if (!in_pieces) {
      out += static_cast<double>(
          wire::encode_message(wire::Chunk{found->chunk, found->path}).value().size());
      continue;
    }
    const std::uint32_t pieces = attachment::piece_count(found->chunk.size());
    for (std::uint32_t piece = 0; piece < pieces; ++piece) {
      const ByteView bytes = ByteView(found->chunk)
                                 .subspan(piece * limits::kAttachmentPieceBytes,
                                          attachment::piece_bytes(found->chunk.size(), piece));
      wire::Piece answer{to_bytes(bytes), {}};
      if (piece + 1 == pieces) answer.path = found->path;
      out += static_cast<double>(wire::encode_message(answer).value().size());
    }
  }
  return out;
}

}  // namespace cunju::testing
