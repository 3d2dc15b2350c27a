// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/meeting.h"

#include <deque>

#include "tests/bench/measure.h"

namespace cunju::bench {
namespace {

bool reconciles(const Bytes& bytes) {
  return must(wire::decode_message(bytes)).index() < wire::Message(wire::Plan{}).index();
}

}  // namespace

Meeting meet(sync::Port& a, sync::Port& b, const WireKey& key_of_a, const WireKey& key_of_b,
             std::uint8_t channel, std::array<sync::AttachmentPort*, 2> attachments) {
  const Bytes handshake_hash(64, channel);
  const sync::Options once{.leave_when_caught_up = true};
  std::array<sync::Session, 2> sides{
      sync::Session{a, key_of_b, handshake_hash, once, attachments[0]},
      sync::Session{b, key_of_a, handshake_hash, once, attachments[1]}};
  std::array<std::deque<Bytes>, 2> inboxes;
  Meeting out;
  const auto act = [&](std::size_t side, const Bytes* message) {
    sync::Actions actions;
    out.cpu_ms[side] += timed([&] {
                          actions = message == nullptr
                                        ? sides[side].start(sync::Time{0})
                                        : sides[side].on_message(sync::Time{0}, *message);
                        }).cpu *
                        1e3;
    if (actions.close && actions.close->error) give_up(*actions.close->error);
    for (Bytes& said : actions.messages) {
      out.bytes += said.size();
      ++out.messages;
      inboxes[1 - side].push_back(std::move(said));
    }
  };
  for (std::size_t side : {0u, 1u}) act(side, nullptr);
  while (!inboxes[0].empty() || !inboxes[1].empty()) {
    bool is_reconciling = false;
    std::array<std::deque<Bytes>, 2> arriving;
    arriving.swap(inboxes);
    for (std::size_t side : {0u, 1u})
      for (const Bytes& message : arriving[side]) {
        is_reconciling = is_reconciling || reconciles(message);
        act(side, &message);
      }
    out.trips += is_reconciling ? 1 : 0;
  }
  for (std::size_t side : {0u, 1u}) out.planned[side] = sides[side].progress().planned_out.changes;
  return out;
}

}  // namespace cunju::bench
