// SPDX-License-Identifier: Apache-2.0
// What a session does with each message of its peer.
#include <algorithm>
#include <utility>

#include "net/run/dictionary.h"
#include "net/sync/amounts.h"
#include "net/sync/session.h"
#include "net/wire/news_limits.h"
#include "net/wire/run_codec.h"

namespace cunju::sync {

Result<void> Session::require_phase(bool is_right, const char* message) const {
  if (is_right) return ok();
  return fail(Errc::kProtocol,
              std::string(message) + " in phase " + std::string(phase_name(progress_.phase)));
}

Result<void> Session::dispatch(ByteView bytes, Actions& actions) {
  Result<wire::Message> decoded = wire::decode_message(bytes);
  if (decoded.has_error() && decoded.error().code == Errc::kUnsupported)
    return skip(decoded.error(), actions);
  CUNJU_TRY(wire::Message message, std::move(decoded));
  bool may_come_first =
      std::holds_alternative<wire::Hello>(message) || std::holds_alternative<wire::Bye>(message);
  CUNJU_TRYV(require_phase(may_come_first || progress_.phase != Phase::kHello, "no hello"));
  return std::visit([&](const auto& content) { return take(content, actions); }, message);
}

// Whoever is ahead may say what is not known here, and only they: from all others it is an error,
// so that a fault of this version's own kinds is not passed over in silence.
Result<void> Session::skip(const Error& unknown, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase != Phase::kHello, "no hello"));
  if (!skips_unknown_) return fail(Errc::kProtocol, unknown.context);
  if (++skipped_since_tick_ > wire::kMaxSkippedPerTick)
    return fail(Errc::kProtocol, "a flood of unknown messages");
  if (skipped_since_tick_ == 1) actions.log.push_back("skipped: " + unknown.context);
  return ok();
}

Result<void> Session::note_version(const wire::Hello& hello, Actions& actions) {
  const auto versions = [](std::uint16_t oldest, std::uint16_t newest) {
    return std::to_string(std::max<int>(oldest, 1)) + " to " + std::to_string(newest);
  };
  // Read at both ends, so it says "one" and "the other".
  if (hello.version < wire::kOldestVersion || hello.oldest > wire::kProtocolVersion)
    return fail(Errc::kUnsupported, "one end speaks versions " +
                                        versions(hello.oldest, hello.version) + ", the other " +
                                        versions(wire::kOldestVersion, wire::kProtocolVersion) +
                                        ": the older program has to be updated");
  skips_unknown_ =
      hello.version > wire::kProtocolVersion || (hello.features & ~wire::kFeatures) != 0;
  spoken_ = std::min(hello.version, wire::kProtocolVersion);
  if (hello.version != wire::kProtocolVersion)
    actions.log.push_back("the peer speaks version " + std::to_string(hello.version) +
                          ", this program " + std::to_string(wire::kProtocolVersion) +
                          (spoken_ < wire::kSketchVersion
                               ? ": heads are compared by lists"
                               : ": what only the newer one knows is left out"));
  return ok();
}

// Both ends know both hellos, so they agree without another word.
void Session::agree_on_columns(const wire::Hello& hello) {
  if (spoken_ < wire::kColumnsVersion) return;
  const ByteView dictionary =
      hello.dictionary == run::dictionary_id() ? run::dictionary() : ByteView();
  const run::Salts salts =
      spoken_ >= wire::kSaltsVersion ? run::Salts::kDerived : run::Salts::kSent;
  outbox_.use_columns(dictionary, salts);
  decoder_.emplace(dictionary, salts);
}

// A peer that can't ask for what was held back would never get it, and one that can't hold back
// would send what costs.
Result<void> Session::agree_on_holding_back(const wire::Hello& hello) {
  if (options_.is_metered && (!port_.knows_parts() || (hello.features & wire::kFeatureParts) == 0))
    return fail(Errc::kUnsupported,
                "one end is to hold back what can wait, and the other does not know how: the older "
                "program has to be updated, or the exchange made without holding back");
  // A peer that wants it of a port that can't will leave by the same rule.
  progress_.is_metered =
      port_.knows_parts() && (options_.is_metered || (hello.features & wire::kFeatureMetered) != 0);
  if (!progress_.is_metered) return ok();
  outbox_.hold_back();
  return ok();
}

Result<void> Session::take(const wire::Hello& hello, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kHello, "hello"));
  CUNJU_TRYV(note_version(hello, actions));
  agree_on_columns(hello);
  CUNJU_TRYV(agree_on_holding_back(hello));
  progress_.peer_clock_ms = hello.claimed_ms;
  const bool has_nothing_new = is_equal(hello);
  attachments_.take_hello(
      progress_.is_metered ? hello.features & ~wire::kFeatureAttachments : hello.features,
      has_nothing_new);
  parts_.take_hello(hello.features, has_nothing_new);
  if (!has_nothing_new) {
    if (are_news_useful(hello)) return begin_news(actions);
    return is_sketch_useful(hello) ? begin_sketch(hello, actions) : begin_lists(actions);
  }
  // Equal when both started: what was committed since is pushed like any live change.
  CUNJU_TRYV(spaces_.match_all(port_));
  enter(Phase::kTransfer, actions);
  is_planned_ = said_caught_up_ = peer_caught_up_ = true;
  return go_on(actions);
}

bool Session::is_equal(const wire::Hello& hello) const {
  if (spoken_ >= wire::kMeetingVersion)
    return hello.sum.value_or(hello.fingerprint) == spaces_.sum();
  // Version 1 had other fingerprints: they say nothing to this one.
  return spoken_ >= wire::kSketchVersion && hello.fingerprint == spaces_.fingerprint();
}

// Of what both were told by others meanwhile a sketch takes nothing and news take bytes; of what
// one side only has it is the other way round.
bool Session::are_news_useful(const wire::Hello& hello) const {
  const std::uint64_t ours = spaces_.news_count(), theirs = hello.news;
  return spoken_ >= wire::kMeetingVersion && hello.meeting && hello.meeting == spaces_.meeting() &&
         std::max(ours, theirs) <= wire::kMaxNewsLogs &&
         3 * std::min(ours, theirs) <= std::max(ours, theirs) + wire::kFewNewsLogs;
}

Result<void> Session::begin_news(Actions& actions) {
  enter(Phase::kNews, actions);
  CUNJU_TRY(const wire::News news, spaces_.match_meeting(port_));
  return send(news, actions);
}

Result<void> Session::take(const wire::News& news, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kNews, "news"));
  CUNJU_TRY(HeadsTaken taken, spaces_.take_news(port_, news));
  CUNJU_TRYV(take_heads_taken(std::move(taken), actions));
  return send_plan(actions);
}

Result<void> Session::begin_lists(Actions& actions) {
  enter(Phase::kSpaces, actions);
  CUNJU_TRY(const wire::Spaces spaces, spaces_.summaries(port_));
  return send(spaces, actions);
}

Result<void> Session::take(const wire::Spaces& spaces, Actions& actions) {
  if (progress_.phase == Phase::kSketch && draws_) {
    // Who solves has given the sketch up.
    sketch_.reset();
    CUNJU_TRYV(begin_lists(actions));
  }
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kSpaces, "spaces"));
  spaces_.match(spaces);
  enter(Phase::kHeads, actions);
  CUNJU_TRY(std::vector<wire::Heads> heads, spaces_.own_heads(port_));
  for (const wire::Heads& part : heads) {
    CUNJU_TRYV(send(part, actions));
  }
  return spaces_.awaits_heads() ? ok() : send_plan(actions);
}

Result<void> Session::take(const wire::Heads& heads, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kHeads, "heads"));
  CUNJU_TRY(HeadsTaken taken, spaces_.take_heads(port_, heads));
  CUNJU_TRYV(take_heads_taken(std::move(taken), actions));
  return spaces_.awaits_heads() ? ok() : send_plan(actions);
}

Result<void> Session::take_heads_taken(HeadsTaken taken, Actions& actions) {
  for (std::string& line : taken.log) actions.log.push_back(std::move(line));
  for (const wire::Samples& question : taken.questions) {
    CUNJU_TRYV(send(question, actions));
  }
  return ok();
}

Result<void> Session::take(const wire::Samples& samples, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kHeads, "samples"));
  CUNJU_TRY(std::optional<wire::Samples> answer, spaces_.take_samples(port_, samples));
  if (answer) {
    CUNJU_TRYV(send(*answer, actions));
  }
  return go_on(actions);
}

Result<void> Session::take(const wire::Plan& plan, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kPlan, "plan"));
  for (const wire::SpacePlan& space : plan.spaces) {
    CUNJU_TRYV(spaces_.require(port_, space.token));
    add(progress_.planned_in, {.changes = space.changes, .bytes = space.bytes});
  }
  enter(Phase::kTransfer, actions);
  return ok();
}

Result<void> Session::take(const wire::Runs& runs, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "runs"));
  if (runs.batch != next_batch_in_) return fail(Errc::kProtocol, "batches out of order");
  ++next_batch_in_;
  CUNJU_TRY(SharedSpace * space, spaces_.require(port_, runs.token));
  CUNJU_TRY(std::vector<Run> decoded, decoder_ ? decoder_->decode(space->id, runs.runs)
                                               : wire::decode_runs(space->id, runs.runs));
  if (decoded.empty()) return fail(Errc::kProtocol, "a batch without runs");
  CUNJU_TRY(AcceptReport report, port_.accept(space->id, decoded));
  CUNJU_TRYV(spaces_.note_received(port_, *space, decoded));
  add(progress_.received, amount_of(decoded));
  add(progress_.accepted, report);
  add(progress_.came_without, count_withheld(decoded));
  actions.progressed = true;
  if (report.forks > 0)
    actions.log.push_back(std::to_string(report.forks) + " branches of forked logs in space " +
                          space->id.hex() + " have arrived");
  if (report.refused > 0)
    actions.log.push_back(std::to_string(report.refused) + " changes in space " + space->id.hex() +
                          " were refused");
  // What came may have released changes of others that waited for it here and are news to the peer.
  // They go before the ack, so that a peer which leaves when it is done is not done too early.
  port_.note_taken(space->id,
                   !is_live() && progress_.received.changes >= progress_.planned_in.changes);
  if (report.admitted > 0) {
    space->note_lacking();
    parts_.note_committed(space->id);
    attachments_.note_committed();
  }
  if (is_planned_) {
    CUNJU_TRYV(outbox_.pump(now_, spaces_, progress_, actions));
  }
  CUNJU_TRYV(send(wire::Ack{.batch = runs.batch,
                            .admitted = report.admitted,
                            .known = report.known,
                            .held = report.held,
                            .refused = report.refused},
                  actions));
  return go_on(actions);
}

Result<void> Session::take(const wire::Ack& ack, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "ack"));
  CUNJU_TRYV(outbox_.take_ack(now_, ack, progress_));
  actions.progressed = true;
  return go_on(actions);
}

Result<void> Session::take(const wire::CaughtUp&, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kTransfer && !peer_caught_up_, "caught up"));
  peer_caught_up_ = true;
  return go_on(actions);
}

Result<void> Session::take(const wire::AskChunks& ask, Actions& actions) {
  // Who asks has caught up; this side may still wait for an answer to its own last batch.
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "asking for chunks"));
  return attachments_.take(ask, spaces_, progress_.attachments, actions);
}

Result<void> Session::take(const wire::Chunk& chunk, Actions& actions) {
  CUNJU_TRYV(attachments_.take(now_, chunk, progress_.attachments, actions));
  return go_on(actions);
}

Result<void> Session::take(const wire::AskPieces& ask, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "asking for pieces"));
  return attachments_.take(ask, spaces_, progress_.attachments, actions);
}

Result<void> Session::take(const wire::Piece& piece, Actions& actions) {
  CUNJU_TRYV(attachments_.take(now_, piece, progress_.attachments, actions));
  return go_on(actions);
}

Result<void> Session::take(const wire::FetchDone& done, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "done with fetching"));
  CUNJU_TRYV(attachments_.take(done, progress_.attachments));
  return go_on(actions);
}

// Who asks has caught up; this side may still wait for an answer to its own last batch.
Result<void> Session::take(const wire::AskParts& ask, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "asking for parts"));
  return parts_.take(ask, spaces_, actions);
}

Result<void> Session::take(const wire::Parts& parts, Actions& actions) {
  CUNJU_TRYV(parts_.take(now_, parts, spaces_, progress_, actions));
  actions.progressed = true;
  return go_on(actions);
}

Result<void> Session::take(const wire::AskHeld& ask, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "asking what is held"));
  return parts_.take(ask, spaces_, actions);
}

Result<void> Session::take(const wire::Held& held, Actions& actions) {
  CUNJU_TRYV(parts_.take(held));
  return go_on(actions);
}

Result<void> Session::take(const wire::PartsDone& done, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase >= Phase::kTransfer, "done with asking for parts"));
  CUNJU_TRYV(parts_.take(done));
  return go_on(actions);
}

Result<void> Session::take(const wire::Ping& ping, Actions& actions) {
  if (++pings_since_tick_ > limits::kMaxPingsPerTick)
    return fail(Errc::kProtocol, "a flood of pings");
  return send(wire::Pong{ping.number}, actions);
}

Result<void> Session::take(const wire::Pong& pong, Actions&) {
  if (pong.number <= last_pong_ || pong.number > last_ping_)
    return fail(Errc::kProtocol, "a pong without its ping");
  last_pong_ = pong.number;
  return ok();
}

Result<void> Session::take(const wire::Bye& bye, Actions& actions) {
  Close close{.error = std::nullopt, .by_peer = true};
  if (bye.code != wire::ByeCode::kDone) close.error = Error{wire::bye_error(bye.code), bye.text};
  actions.close = std::move(close);
  enter(Phase::kClosed, actions);
  return ok();
}

}  // namespace cunju::sync
