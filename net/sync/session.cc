// SPDX-License-Identifier: Apache-2.0
#include "net/sync/session.h"

#include <utility>

#include "crdt/base/check.h"
#include "net/run/dictionary.h"
#include "net/sync/amounts.h"

namespace cunju::sync {

std::string_view phase_name(Phase phase) {
  switch (phase) {
    case Phase::kHello:
      return "hello";
    case Phase::kNews:
      return "news";
    case Phase::kSketch:
      return "sketch";
    case Phase::kSpaces:
      return "spaces";
    case Phase::kHeads:
      return "heads";
    case Phase::kPlan:
      return "plan";
    case Phase::kTransfer:
      return "transfer";
    case Phase::kLive:
      return "live";
    case Phase::kClosed:
      return "closed";
  }
  return "unknown";
}

template <class Step>
Actions Session::run(Step&& step) {
  Actions actions;
  Result<void> outcome = step(actions);
  if (outcome.has_error()) fail_with(outcome.error(), actions);
  if (!actions.messages.empty()) last_said_ = now_;
  return actions;
}

Session::Session(Port& port, const WireKey& peer, ByteView handshake_hash, Options options,
                 AttachmentPort* attachments)
    : port_(port),
      peer_(peer),
      options_(options),
      spaces_(handshake_hash),
      outbox_(port, peer, options),
      parts_(port, peer, options),
      attachments_(attachments, port, peer) {}

Actions Session::start(Time now) {
  now_ = now;
  return run([&](Actions& actions) { return begin(actions); });
}

Actions Session::on_message(Time now, ByteView message) {
  if (is_closed()) return {};
  now_ = now;
  return run([&](Actions& actions) { return dispatch(message, actions); });
}

Actions Session::on_changes_committed() {
  if (is_closed()) return {};
  return run([&](Actions& actions) -> Result<void> {
    CUNJU_TRYV(spaces_.note_committed(port_));
    parts_.note_committed(spaces_);
    attachments_.note_committed();
    return go_on(actions);
  });
}

Actions Session::on_changes_committed(const SpaceId& space) {
  if (is_closed()) return {};
  return run([&](Actions& actions) -> Result<void> {
    CUNJU_TRYV(spaces_.note_committed(port_, space));
    parts_.note_committed(space);
    attachments_.note_committed();
    return go_on(actions);
  });
}

Actions Session::on_tick(Time now) {
  if (is_closed()) return {};
  now_ = now;
  pings_since_tick_ = skipped_since_tick_ = 0;
  Actions asked;
  if (is_live()) {
    // Somebody may have asked for an attachment meanwhile.
    asked = run([&](Actions& actions) { return pump_parts(actions); });
    if (is_closed()) return asked;
  }
  // Not more than an older peer takes at once, when they have waited together behind a large
  // message. A peer from which nothing comes is the transport's to give up on.
  constexpr std::uint64_t kMostUnanswered = limits::kMaxPingsPerTick / 2;
  if (last_ping_ - last_pong_ >= kMostUnanswered || now - last_said_ < options_.ping_after)
    return asked;
  return run([&](Actions& actions) {
    actions = std::move(asked);
    return send(wire::Ping{++last_ping_}, actions);
  });
}

Actions Session::leave(std::string why) {
  if (is_closed()) return {};
  Actions actions;
  end({.code = wire::ByeCode::kDone, .text = std::move(why)}, std::nullopt, actions);
  return actions;
}

Result<void> Session::begin(Actions& actions) {
  CUNJU_TRYV(spaces_.load(port_, peer_));
  CUNJU_TRY(const std::uint64_t attachments, attachments_.features(spaces_));
  CUNJU_TRY(const std::uint64_t parts, parts_.features(spaces_));
  return send(
      wire::Hello{.version = wire::kProtocolVersion,
                  .features = attachments | parts,
                  .fingerprint = spaces_.fingerprint(),
                  .heads = spaces_.count(),
                  // To say the first version costs a byte and tells nothing.
                  .oldest = wire::kOldestVersion == 1 ? std::uint16_t{0} : wire::kOldestVersion,
                  .claimed_ms = options_.claimed_ms,
                  .dictionary = run::dictionary_id(),
                  .sum = spaces_.sum() == spaces_.fingerprint() ? std::optional<Hash>()
                                                                : std::optional(spaces_.sum()),
                  .meeting = spaces_.meeting(),
                  .news = static_cast<std::uint32_t>(spaces_.news_count())},
      actions);
}

Result<void> Session::send(const wire::Message& message, Actions& actions) {
  CUNJU_TRY(Bytes bytes, wire::encode_message(message));
  actions.messages.push_back(std::move(bytes));
  return ok();
}

Result<void> Session::send_plan(Actions& actions) {
  CUNJU_TRY(wire::Plan plan, spaces_.plan(port_));
  plan.is_in_columns = spoken_ >= wire::kMeetingVersion;
  for (const wire::SpacePlan& space : plan.spaces)
    add(progress_.planned_out, {.changes = space.changes, .bytes = space.bytes});
  CUNJU_TRYV(send(plan, actions));
  is_planned_ = true;
  enter(Phase::kPlan, actions);
  return go_on(actions);
}

Result<void> Session::go_on(Actions& actions) {
  if (!is_planned_) return ok();
  CUNJU_TRYV(outbox_.pump(now_, spaces_, progress_, actions));
  if (!outbox_.is_empty() || spaces_.awaits_samples()) return ok();
  if (!said_caught_up_) {
    said_caught_up_ = true;
    CUNJU_TRYV(send(wire::CaughtUp{}, actions));
  }
  if (!peer_caught_up_) return ok();
  CUNJU_TRYV(spaces_.note_caught_up(port_, spoken_ >= wire::kMeetingVersion));
  if (!is_live()) {
    actions.caught_up = true;
    enter(Phase::kLive, actions);
  }
  CUNJU_TRYV(pump_parts(actions));
  if (options_.leave_when_caught_up && outbox_.is_empty() && parts_.is_done() &&
      attachments_.is_done())
    end({.code = wire::ByeCode::kDone, .text = "caught up"}, std::nullopt, actions);
  return ok();
}

Result<void> Session::pump_parts(Actions& actions) {
  for (bool goes_on = true; goes_on;) {
    const std::uint64_t gone = progress_.let_go;
    CUNJU_TRYV(parts_.pump(now_, spaces_, progress_, actions));
    goes_on = progress_.let_go != gone;
    if (!goes_on) break;
    CUNJU_TRYV(spaces_.note_committed(port_));
    CUNJU_TRYV(outbox_.pump(now_, spaces_, progress_, actions));
  }
  // What refers to attachments may be among the parts.
  return parts_.has_fetched() ? attachments_.pump(now_, spaces_, progress_.attachments, actions)
                              : ok();
}

void Session::enter(Phase phase, Actions& actions) {
  progress_.phase = phase;
  actions.progressed = true;
}

void Session::end(const wire::Bye& bye, std::optional<Error> error, Actions& actions) {
  Result<Bytes> message = wire::encode_message(bye);
  CUNJU_CHECK(message.has_value(), "a goodbye is always small enough");
  actions.messages.push_back(std::move(message).value());
  actions.close = Close{.error = std::move(error), .by_peer = false};
  enter(Phase::kClosed, actions);
}

void Session::fail_with(const Error& error, Actions& actions) {
  wire::ByeCode code = wire::bye_code(error.code);
  // What went wrong inside this node is not the peer's to read; what the peer did is.
  const bool is_peers = code == wire::ByeCode::kProtocol || code == wire::ByeCode::kUnsupported;
  end({.code = code, .text = is_peers ? error.context : std::string(errc_name(error.code))}, error,
      actions);
}

}  // namespace cunju::sync
