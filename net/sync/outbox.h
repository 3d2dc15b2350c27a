// SPDX-License-Identifier: Apache-2.0
//
// Batches on their way to the peer: numbered, within a window of unacknowledged bytes, acknowledged
// in order. None is made before the window has room for one of the target's size, because until
// then something else may become more urgent; one that came out larger waits, encoded. How large
// batches and the window are, the acks teach (pace.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"
#include "net/run/run_encoder.h"
#include "net/sync/actions.h"
#include "net/sync/pace.h"
#include "net/sync/port.h"
#include "net/sync/space_table.h"
#include "net/wire/messages.h"

namespace cunju::sync {

class Outbox {
 public:
  Outbox(Port& port, const WireKey& peer, const Options& options)
      : port_(port), peer_(peer), pace_(options) {}

  /// From now on batches go in columns; with an empty dictionary without one.
  void use_columns(ByteView dictionary, run::Salts salts) { encoder_.emplace(dictionary, salts); }
  /// From now on parts of confidential scopes stay here: the link costs money.
  void hold_back() { holds_back_ = true; }
  /// Sends what the peer lacks as far as the window allows. Errors: the port's; of the run codec
  /// when the port broke its contract.
  Result<void> pump(Time now, SpaceTable& spaces, Progress& progress, Actions& actions);
  /// Errors: kProtocol for any batch but the oldest unacknowledged one.
  Result<void> take_ack(Time now, const wire::Ack& ack, Progress& progress);
  /// After pump(): there was nothing more to send, and all is acknowledged.
  bool is_empty() const { return in_flight_.empty() && !waiting_; }

 private:
  struct Batch {
    std::uint64_t number = 0;
    Time sent_at{0};
    std::uint64_t outstanding = 0;  ///< Unacknowledged then, itself with it.
    Amount amount;
    Amount held_back;
  };
  struct Made {
    Batch batch;
    Bytes message;
  };
  Result<std::optional<Made>> next_batch(SpaceTable& spaces);

  Port& port_;
  WireKey peer_;
  Pace pace_;
  std::optional<run::RunEncoder> encoder_;  ///< None: the peer's version knows no columns.
  bool holds_back_ = false;
  std::uint64_t next_number_ = 0;
  std::uint64_t unacked_bytes_ = 0;  ///< As stored: what targets and acks are measured in.
  std::deque<Batch> in_flight_;
  std::optional<Made> waiting_;
};

}  // namespace cunju::sync
