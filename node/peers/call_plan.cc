// SPDX-License-Identifier: Apache-2.0
#include "node/peers/call_plan.h"

#include <algorithm>

namespace cunju::peers {

using State = PeerStatus::State;

CallPlan::Call* CallPlan::find(const std::string& address) {
  auto found = std::ranges::find(calls_, address, &Call::address);
  return found == calls_.end() ? nullptr : &*found;
}

void CallPlan::add(const std::string& address) {
  if (find(address) == nullptr) calls_.push_back({.address = address, .backoff = Backoff(random_)});
}

bool CallPlan::add_heard(const std::string& address, const WireKey& peer, sync::Time until) {
  if (Call* known = find(address)) {
    if (!known->until) return true;
    // Another one may have got the address.
    known->peer = peer;
    known->until = std::max(*known->until, until);
    return true;
  }
  const auto heard =
      std::ranges::count_if(calls_, [](const Call& c) { return c.until.has_value(); });
  if (static_cast<std::size_t>(heard) >= kMaxHeard) return false;
  calls_.push_back({.address = address, .backoff = Backoff(random_), .peer = peer, .until = until});
  return true;
}

std::vector<std::string> CallPlan::take_due(sync::Time now, const IsConnected& is_connected) {
  std::vector<std::string> out;
  std::erase_if(calls_, [&](const Call& call) {
    return call.state == State::kWaiting && call.until && *call.until <= now;
  });
  for (Call& call : calls_) {
    if (call.state != State::kWaiting || call.due > now) continue;
    if (call.peer && is_connected(*call.peer)) continue;
    // A computer announces several addresses, and one call is enough.
    if (call.until && is_being_called(*call.peer)) continue;
    call.state = State::kCalling;
    out.push_back(call.address);
  }
  return out;
}

bool CallPlan::is_being_called(const WireKey& peer) const {
  return std::ranges::any_of(
      calls_, [&](const Call& call) { return call.peer == peer && call.state == State::kCalling; });
}

void CallPlan::note_reached(const std::string& address, const WireKey& peer,
                            const std::string& name) {
  Call* call = find(address);
  if (call == nullptr) return;
  call->state = State::kConnected;
  call->peer = peer;
  call->name = name;
  call->why.reset();
}

void CallPlan::note_peer(const std::string& address, const WireKey& peer) {
  if (Call* call = find(address)) call->peer = peer;
}

void CallPlan::note_progress(const std::string& address) {
  if (Call* call = find(address)) call->backoff.reset();
}

void CallPlan::note_closed(const std::string& address, sync::Time now,
                           const std::optional<Error>& why) {
  Call* call = find(address);
  if (call == nullptr || call->state == State::kWaiting) return;
  call->state = State::kWaiting;
  call->due = now + call->backoff.next();
  call->why = why;
}

bool CallPlan::has(const WireKey& peer) const {
  return std::ranges::any_of(calls_, [&](const Call& call) { return call.peer == peer; });
}

std::vector<PeerStatus> CallPlan::status(sync::Time now, const IsConnected& is_connected) const {
  std::vector<PeerStatus> out;
  for (const Call& call : calls_) {
    PeerStatus& status = out.emplace_back();
    status.address = call.address;
    status.peer = call.name;
    status.state = call.peer && is_connected(*call.peer) ? State::kConnected : call.state;
    if (status.state != State::kWaiting) continue;
    status.wait = std::max(sync::Time(0), call.due - now);
    status.why = call.why;
  }
  return out;
}

}  // namespace cunju::peers
