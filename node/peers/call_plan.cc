// SPDX-License-Identifier: Apache-2.0
#include "node/peers/call_plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

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
    if (known->source == Source::kTyped) return true;
    if (known->source == Source::kRemembered) {
      if (known->peer == peer) return true;
      if (count(Source::kHeard) >= kMaxHeard) return false;
      known->source = Source::kHeard;
      known->until = until;
      known->name.clear();
    }
    // Another one may have got the address.
    known->peer = peer;
    known->until = std::max(*known->until, until);
    return true;
  }
  if (count(Source::kHeard) >= kMaxHeard) return false;
  calls_.push_back({.address = address,
                    .backoff = Backoff(random_),
                    .source = Source::kHeard,
                    .peer = peer,
                    .until = until});
  return true;
}

void CallPlan::set_remembered(const std::vector<RememberedAddress>& addresses) {
  for (Call& call : calls_) call.is_wanted = call.source != Source::kRemembered;
  for (const RememberedAddress& each : addresses) {
    Call* known = find(each.address);
    if (known == nullptr) {
      if (count(Source::kRemembered) >= kMaxRemembered) continue;
      known = &calls_.emplace_back(Call{.address = each.address, .backoff = Backoff(random_)});
      known->source = Source::kRemembered;
    }
    if (known->source == Source::kTyped) known->likely = each.peer;
    if (known->source != Source::kRemembered) continue;
    known->peer = each.peer;
    known->name = each.name;
    known->is_wanted = true;
  }
}

std::optional<WireKey> CallPlan::expected_at(const std::string& address) const {
  const auto found = std::ranges::find(calls_, address, &Call::address);
  const bool is_remembered = found != calls_.end() && found->source == Source::kRemembered;
  return is_remembered ? found->peer : std::nullopt;
}

void CallPlan::forget(const std::string& address) {
  std::erase_if(calls_, [&](const Call& call) { return call.address == address; });
}

std::size_t CallPlan::count(Source source) const {
  return static_cast<std::size_t>(std::ranges::count(calls_, source, &Call::source));
}

std::vector<std::string> CallPlan::take_due(sync::Time now, const IsConnected& is_connected) {
  std::vector<std::string> out;
  std::erase_if(calls_, [&](const Call& call) {
    const bool is_over = !call.is_wanted || (call.until && *call.until <= now);
    return call.state == State::kWaiting && is_over;
  });
  for (Call& call : calls_) {
    if (call.state != State::kWaiting || call.due > now) continue;
    if (call.peer && is_connected(*call.peer)) continue;
    // A computer announces several addresses, or was met at several, and one call is enough.
    if (call.source != Source::kTyped && is_being_called(*call.peer)) continue;
    call.state = State::kCalling;
    out.push_back(call.address);
  }
  return out;
}

bool CallPlan::is_being_called(const WireKey& peer) const {
  return std::ranges::any_of(calls_, [&](const Call& call) {
    return (call.peer == peer || call.likely == peer) && call.state == State::kCalling;
  });
}

void CallPlan::note_reached(const std::string& address, const WireKey& peer,
                            const std::string& name) {
  Call* call = find(address);
  if (call == nullptr) return;
  call->state = State::kConnected;
  call->peer = peer;
  call->name = name;
  call->why.reset();
  call->has_words = false;
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
  call->has_words = std::exchange(call->hears_words, false);
  std::chrono::milliseconds pause = call->backoff.next();
  if (call->has_words) pause = std::min(pause, kWordsPause);
  if (std::exchange(call->is_hurried, false)) pause = std::chrono::milliseconds(0);
  call->due = now + pause;
  call->why = why;
}

void CallPlan::note_words(const std::string& address) {
  if (Call* call = find(address)) call->hears_words = true;
}

void CallPlan::hurry(Call& call) {
  call.backoff.reset();
  if (call.state == State::kWaiting) call.due = sync::Time(0);
  if (call.state == State::kCalling) call.is_hurried = true;
}

void CallPlan::hurry() {
  for (Call& call : calls_) hurry(call);
}

void CallPlan::hurry(const std::string& address) {
  if (Call* call = find(address)) hurry(*call);
}

bool CallPlan::has(const WireKey& peer) const {
  return std::ranges::any_of(calls_, [&](const Call& call) {
    const bool is_told = call.source == Source::kTyped || call.state == State::kConnected;
    return is_told && call.peer == peer;
  });
}

/// Of the calls to one peer: the one that reached it, else one that is under way, else the next of
/// those of which there is something to say.
const CallPlan::Call& CallPlan::most_telling(const Call& call) const {
  const auto rank = [](const Call& each) {
    const int by_state = each.state == State::kConnected ? 0
                         : each.state == State::kCalling ? 1
                                                         : 2;
    return std::tuple(each.source != Source::kTyped, by_state, !each.why, each.due);
  };
  const Call* out = nullptr;
  for (const Call& each : calls_)
    if (each.peer == call.peer && (out == nullptr || rank(each) < rank(*out))) out = &each;
  return *out;
}

std::vector<PeerStatus> CallPlan::status(sync::Time now, const IsConnected& is_connected) const {
  std::vector<PeerStatus> out;
  for (const Call& call : calls_) {
    // One that called here is shown where it called from.
    const bool is_told = call.source == Source::kTyped || call.state == State::kConnected;
    if (!is_told && is_connected(*call.peer)) continue;
    if (call.source != Source::kTyped && &most_telling(call) != &call) continue;
    PeerStatus& status = out.emplace_back();
    status.address = call.address;
    status.peer = call.name;
    status.state = call.peer && is_connected(*call.peer) ? State::kConnected
                   : call.has_words                      ? State::kWords
                                                         : call.state;
    if (status.state != State::kWaiting) continue;
    status.wait = std::max(sync::Time(0), call.due - now);
    status.why = call.why;
  }
  return out;
}

}  // namespace cunju::peers
