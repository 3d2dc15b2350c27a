// SPDX-License-Identifier: Apache-2.0
//
// The part of a session that closes gaps, once both sides have the same changes: asks the peer for
// parts that this node may have and lacks, and, where this node may not have parts any more, which
// changes the peer holds, so that they can go here. One question is on its way at a time; every
// answer moves on, so a look through a space ends, and it is repeated only for what is new or
// after a long while. Sans-IO; used by one Session. docs/protocol.md, Parts.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <variant>
#include <vector>

#include "net/sync/actions.h"
#include "net/sync/port.h"
#include "net/sync/space_table.h"
#include "net/wire/messages.h"

namespace cunju::sync {

class PartsExchange {
 public:
  PartsExchange(Port& port, const WireKey& peer, const Options& options)
      : port_(port), peer_(peer), options_(options) {}

  /// For the hello; enters all spaces if something may have to be asked. Errors: the port's.
  Result<std::uint64_t> features(SpaceTable& spaces);
  /// `is_equal`: both have the same changes. Then neither will ask that does not want to yet.
  void take_hello(std::uint64_t peer_features, bool is_equal);

  /// Something of this space, or of any, has changed here: it is looked through again.
  void note_committed(const SpaceId& space);
  void note_committed(const SpaceTable& spaces);

  /// Once both have caught up: asks the next question, or says once that none is left. To be called
  /// again when it has let parts go, after what this node has to say of that. Errors: the port's.
  Result<void> pump(Time now, const SpaceTable& spaces, Progress& progress, Actions& actions);

  /// Answers. Errors: kProtocol (not agreed on, a space that is not shared), the port's.
  Result<void> take(const wire::AskParts& ask, SpaceTable& spaces, Actions& actions);
  Result<void> take(const wire::AskHeld& ask, SpaceTable& spaces, Actions& actions);
  /// Errors: kProtocol (nobody asked, or it does not move on), kTampered, the port's.
  Result<void> take(Time now, const wire::Parts& parts, const SpaceTable& spaces,
                    Progress& progress, Actions& actions);
  Result<void> take(const wire::Held& held);
  Result<void> take(const wire::PartsDone& done);

  /// What this side lacks has come, as far as the peer has it.
  bool has_fetched() const { return !is_agreed_ || said_fetched_; }
  /// Neither side waits for anything of the other's.
  bool is_done() const { return !is_agreed_ || (said_done_ && peer_done_ && !question_); }

 private:
  /// What was looked through of a space.
  struct Look {
    PartsCursor lacked, excess;
    bool is_due = false;         ///< For what is lacking,
    bool is_excess_due = false;  ///< and for what has to go.
    bool has_rest = false;       ///< Something was asked for and not brought.
  };
  struct FetchQuestion {
    SpaceId space;
    LackedParts asked;
    Time sent_at{0};
  };
  struct HeldQuestion {
    SpaceId space;
    std::vector<ChangeId> ids;
  };

  /// Forgets what is due where there is nothing to ask, which is nearly always and costs one call
  /// for thousands of spaces.
  Result<void> look_at_due(const SpaceTable& spaces);
  /// Asks for what is lacking; true: a question is on its way.
  Result<bool> fetch(Time now, const SpaceTable& spaces, Actions& actions);
  Result<void> send_fetch(const SharedSpace& space, Actions& actions);
  /// The next question about what has to go here; none: nothing is left.
  Result<void> find_excess(const SpaceTable& spaces, Progress& progress);
  Result<void> say_done(bool has_more, Actions& actions);
  /// What the peer has said that it holds goes here.
  Result<void> let_go(const SpaceId& space, Progress& progress);
  void follow_link(Time delay);

  Port& port_;
  WireKey peer_;
  Options options_;
  bool is_agreed_ = false;
  bool said_fetched_ = false;
  bool said_done_ = false;
  bool peer_fetched_ = false;
  bool peer_done_ = false;
  bool asks_at_start_ = false;
  std::map<SpaceId, Look> looks_;
  std::optional<std::variant<FetchQuestion, HeldQuestion>> question_;
  std::optional<HeldQuestion> waiting_;  ///< Until the peer has what it lacks, if we have it.
  std::vector<ChangeId> held_;           ///< Of the space of the last question.
  std::uint32_t asked_bytes_ = limits::kMinAskedPartsBytes;
  std::optional<Time> looked_at_;  ///< When the last look came to its end.
};

}  // namespace cunju::sync
