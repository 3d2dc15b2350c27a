// SPDX-License-Identifier: Apache-2.0
#include "net/sync/outbox.h"

#include <algorithm>
#include <utility>

#include "net/sync/amounts.h"
#include "net/wire/run_codec.h"

namespace cunju::sync {

Result<std::optional<Outbox::Made>> Outbox::next_batch(SpaceTable& spaces) {
  // Before the first ack a batch may fill the window: what is on its way already has its share.
  const std::size_t max_bytes =
      in_flight_.empty()
          ? pace_.batch_bytes()
          : std::min(pace_.batch_bytes(),
                     pace_.window_bytes() - static_cast<std::size_t>(unacked_bytes_));
  for (;;) {
    CUNJU_TRY(SharedSpace * space, spaces.next_to_send(port_));
    if (space == nullptr) break;
    CUNJU_TRY(std::vector<Run> runs, port_.next_runs(space->id, peer_, space->have, max_bytes));
    if (runs.empty()) {
      space->may_lack = false;
      continue;
    }
    SpaceTable::note_sent(*space, amount_of(runs));
    Amount held_back;
    if (holds_back_) held_back = sync::hold_back(runs);
    CUNJU_TRY(Bytes encoded,
              encoder_ ? encoder_->encode(space->id, runs) : wire::encode_runs(space->id, runs));
    CUNJU_TRY(Bytes message,
              wire::encode_message(wire::Runs{
                  .batch = next_number_, .token = space->token, .runs = std::move(encoded)}));
    Batch batch{.number = next_number_++, .amount = amount_of(runs), .held_back = held_back};
    return std::optional<Made>(Made{.batch = batch, .message = std::move(message)});
  }
  return std::optional<Made>();
}

Result<void> Outbox::pump(Time now, SpaceTable& spaces, Progress& progress, Actions& actions) {
  // What is larger than the whole window still travels, alone.
  const auto has_room = [&](std::uint64_t bytes) {
    return in_flight_.empty() || unacked_bytes_ + bytes <= pace_.window_bytes();
  };
  for (;;) {
    if (!waiting_) {
      if (!has_room(pace_.least_room())) return ok();
      CUNJU_TRY(waiting_, next_batch(spaces));
    }
    if (!waiting_ || !has_room(waiting_->batch.amount.bytes)) return ok();
    Batch& batch = waiting_->batch;
    unacked_bytes_ += batch.amount.bytes;
    batch.outstanding = unacked_bytes_;
    batch.sent_at = now;
    add(progress.sent, batch.amount);
    add(progress.held_back, batch.held_back);
    in_flight_.push_back(batch);
    actions.messages.push_back(std::move(waiting_->message));
    actions.progressed = true;
    waiting_.reset();
  }
}

Result<void> Outbox::take_ack(Time now, const wire::Ack& ack, Progress& progress) {
  if (in_flight_.empty() || in_flight_.front().number != ack.batch)
    return fail(Errc::kProtocol, "an acknowledgement of a batch that is not the oldest on its way");
  const Batch& batch = in_flight_.front();
  unacked_bytes_ -= batch.amount.bytes;
  pace_.note_ack(static_cast<std::size_t>(batch.outstanding), now - batch.sent_at);
  add(progress.acked, batch.amount);
  add(progress.taken, {.admitted = ack.admitted,
                       .known = ack.known,
                       .held = ack.held,
                       .refused = ack.refused,
                       .forks = 0});
  in_flight_.pop_front();
  return ok();
}

}  // namespace cunju::sync
