// SPDX-License-Identifier: Apache-2.0
#include "net/sync/parts_exchange.h"

#include <algorithm>
#include <utility>

#include "net/sync/amounts.h"
#include "net/wire/parts_codec.h"

namespace cunju::sync {
namespace {

/// An answer that came quicker than this may be twice as large, one that took longer than the other
/// half as large: what waits behind it waits for seconds and not for minutes.
constexpr Time kQuickAnswer{2'000};
constexpr Time kSlowAnswer{6'000};

Result<void> send(const wire::Message& message, Actions& actions) {
  CUNJU_TRY(Bytes bytes, wire::encode_message(message));
  actions.messages.push_back(std::move(bytes));
  return ok();
}

}  // namespace

Result<std::uint64_t> PartsExchange::features(SpaceTable& spaces) {
  if (!port_.knows_parts()) return std::uint64_t{0};
  std::uint64_t out = wire::kFeatureParts;
  if (options_.is_metered) return out | wire::kFeatureMetered;
  CUNJU_TRY(const bool may_ask, port_.may_ask_parts());
  if (!may_ask) return out;
  CUNJU_TRYV(spaces.list(port_));
  std::vector<SpaceId> ids;
  for (const SharedSpace& space : spaces.all()) ids.push_back(space.id);
  CUNJU_TRY(asks_at_start_, port_.asks_parts(peer_, ids));
  if (!asks_at_start_) return out;
  note_committed(spaces);
  return out | wire::kFeatureAsksParts;
}

void PartsExchange::take_hello(std::uint64_t peer_features, bool is_equal) {
  const bool is_metered = options_.is_metered || (peer_features & wire::kFeatureMetered) != 0;
  is_agreed_ = port_.knows_parts() && (peer_features & wire::kFeatureParts) != 0 && !is_metered;
  said_fetched_ = said_done_ = is_equal && !asks_at_start_;
  peer_fetched_ = peer_done_ = is_equal && (peer_features & wire::kFeatureAsksParts) == 0;
}

void PartsExchange::note_committed(const SpaceId& space) {
  Look& look = looks_[space];
  look.is_due = look.is_excess_due = true;
}

void PartsExchange::note_committed(const SpaceTable& spaces) {
  for (const SharedSpace& space : spaces.all()) note_committed(space.id);
}

Result<void> PartsExchange::pump(Time now, const SpaceTable& spaces, Progress& progress,
                                 Actions& actions) {
  if (!is_agreed_ || question_) return ok();
  CUNJU_TRYV(look_at_due(spaces));
  CUNJU_TRY(const bool is_asked, fetch(now, spaces, actions));
  if (is_asked) return ok();
  const std::uint64_t gone = progress.let_go;
  if (!waiting_) {
    CUNJU_TRYV(find_excess(spaces, progress));
  }
  // What this node has signed about that goes first: the peer may leave when we are done.
  if (progress.let_go != gone) return ok();
  if (!waiting_) return said_done_ ? ok() : say_done(false, actions);
  if (!said_fetched_) {
    CUNJU_TRYV(say_done(true, actions));
  }
  // Before, the peer may be about to fetch from here what only this node has.
  if (!peer_fetched_) return ok();
  const SharedSpace* space = spaces.find(waiting_->space);
  CUNJU_TRYV(send(wire::AskHeld{.token = space->token, .ids = waiting_->ids}, actions));
  question_ = *std::exchange(waiting_, std::nullopt);
  return ok();
}

Result<void> PartsExchange::look_at_due(const SpaceTable& spaces) {
  std::vector<SpaceId> due;
  for (const SharedSpace& space : spaces.all()) {
    const auto look = looks_.find(space.id);
    if (look == looks_.end() || (!look->second.is_due && !look->second.is_excess_due)) continue;
    // In the middle of a look it goes on.
    if (!look->second.lacked.after.empty() || !look->second.excess.after.empty()) return ok();
    due.push_back(space.id);
  }
  if (due.empty() || !held_.empty()) return ok();
  CUNJU_TRY(const bool asks, port_.asks_parts(peer_, due));
  if (asks) return ok();
  for (const SpaceId& space : due) looks_[space].is_due = looks_[space].is_excess_due = false;
  return ok();
}

Result<bool> PartsExchange::fetch(Time now, const SpaceTable& spaces, Actions& actions) {
  // What the peer lacked itself it may have got meanwhile.
  const bool is_again = looked_at_ && now - *looked_at_ >= options_.ask_parts_after;
  if (is_again) looked_at_ = now;
  for (const SharedSpace& space : spaces.all()) {
    if (!space.is_shared) continue;
    Look& look = looks_[space.id];
    if (is_again && look.has_rest) look = Look{.is_due = true, .is_excess_due = true};
    if (!look.is_due) continue;
    CUNJU_TRY(std::optional<LackedParts> lacked, port_.next_lacked(space.id, look.lacked));
    if (lacked) {
      question_ = FetchQuestion{.space = space.id, .asked = *std::move(lacked), .sent_at = now};
      CUNJU_TRYV(send_fetch(space, actions));
      return true;
    }
    look.is_due = false;
    looked_at_ = now;
  }
  return false;
}

Result<void> PartsExchange::find_excess(const SpaceTable& spaces, Progress& progress) {
  for (const SharedSpace& space : spaces.all()) {
    Look& look = looks_[space.id];
    if (!space.is_shared || !look.is_excess_due) continue;
    CUNJU_TRY(std::vector<ChangeId> excess, port_.next_excess(space.id, peer_, look.excess));
    if (!excess.empty()) {
      waiting_ = HeldQuestion{.space = space.id, .ids = std::move(excess)};
      return ok();
    }
    look.is_excess_due = false;
    CUNJU_TRYV(let_go(space.id, progress));
  }
  return ok();
}

Result<void> PartsExchange::say_done(bool has_more, Actions& actions) {
  said_fetched_ = true;
  said_done_ = !has_more;
  return send(wire::PartsDone{.has_more = has_more}, actions);
}

Result<void> PartsExchange::send_fetch(const SharedSpace& space, Actions& actions) {
  const auto& question = std::get<FetchQuestion>(*question_);
  return send(wire::AskParts{.token = space.token,
                             .span = question.asked.span,
                             .is_open = question.asked.is_open,
                             .bytes = asked_bytes_},
              actions);
}

Result<void> PartsExchange::let_go(const SpaceId& space, Progress& progress) {
  const std::vector<ChangeId> held = std::exchange(held_, {});
  if (held.empty()) return ok();
  CUNJU_TRY(const std::uint64_t parts, port_.let_go(space, peer_, held));
  add(progress.let_go, parts);
  // This node may have something to sign about it, and the peer is still there to take it.
  if (parts > 0) port_.note_taken(space, true);
  return ok();
}

Result<void> PartsExchange::take(const wire::AskParts& ask, SpaceTable& spaces, Actions& actions) {
  if (!is_agreed_) return fail(Errc::kProtocol, "parts were not agreed on");
  CUNJU_TRY(const SharedSpace* space, spaces.require(port_, ask.token));
  CUNJU_TRY(
      const FoundParts found,
      port_.find_parts(space->id, peer_, {.span = ask.span, .is_open = ask.is_open}, ask.bytes));
  return send(wire::Parts{.next = found.next, .parts = wire::encode_parts(found.changes)}, actions);
}

Result<void> PartsExchange::take(const wire::AskHeld& ask, SpaceTable& spaces, Actions& actions) {
  if (!is_agreed_) return fail(Errc::kProtocol, "parts were not agreed on");
  CUNJU_TRY(const SharedSpace* space, spaces.require(port_, ask.token));
  CUNJU_TRY(const std::vector<bool> held, port_.find_held(space->id, ask.ids));
  wire::Held out{.bits = Bytes((ask.ids.size() + 7) / 8)};
  for (std::size_t i = 0; i < held.size(); ++i)
    if (held[i]) out.bits[i / 8] = static_cast<std::uint8_t>(out.bits[i / 8] | 1u << (i % 8));
  return send(out, actions);
}

Result<void> PartsExchange::take(Time now, const wire::Parts& parts, const SpaceTable& spaces,
                                 Progress& progress, Actions& actions) {
  if (!question_ || !std::holds_alternative<FetchQuestion>(*question_))
    return fail(Errc::kProtocol, "parts that nobody asked for");
  auto& question = std::get<FetchQuestion>(*question_);
  CUNJU_TRY(const std::vector<wire::ChangeParts> brought, wire::decode_parts(parts.parts));
  wire::LogSpan left = question.asked.span;
  const bool is_more = wire::cut_below(left, parts.next);
  if (is_more && left == question.asked.span)
    return fail(Errc::kProtocol, "an answer that does not move on");
  if (!brought.empty()) {
    CUNJU_TRY(const PartsReport report, port_.take_parts(question.space, brought));
    add(progress.filled.parts, report.parts);
    add(progress.filled.bytes, report.bytes);
  }
  follow_link(now - question.sent_at);
  // Whatever it did not bring stays lacking, and is asked for again much later.
  looks_[question.space].has_rest = true;
  if (!is_more) {
    question_.reset();
    return ok();
  }
  question.asked.span = std::move(left);
  question.sent_at = now;
  return send_fetch(*spaces.find(question.space), actions);
}

void PartsExchange::follow_link(Time delay) {
  if (delay < kQuickAnswer) asked_bytes_ = std::min(limits::kMaxAskedPartsBytes, asked_bytes_ * 2);
  if (delay > kSlowAnswer) asked_bytes_ = std::max(limits::kMinAskedPartsBytes, asked_bytes_ / 2);
}

Result<void> PartsExchange::take(const wire::Held& held) {
  if (!question_ || !std::holds_alternative<HeldQuestion>(*question_))
    return fail(Errc::kProtocol, "an answer that nobody asked for");
  auto& question = std::get<HeldQuestion>(*question_);
  if (held.bits.size() != (question.ids.size() + 7) / 8)
    return fail(Errc::kMalformed, "which changes are held");
  for (std::size_t i = 0; i < question.ids.size(); ++i) {
    if ((held.bits[i / 8] >> (i % 8) & 1) != 0 && held_.size() < limits::kMaxLetGo) {
      held_.push_back(question.ids[i]);
    } else {
      looks_[question.space].has_rest = true;
    }
  }
  question_.reset();
  return ok();
}

Result<void> PartsExchange::take(const wire::PartsDone& done) {
  if (!is_agreed_ || peer_done_ || (done.has_more && peer_fetched_))
    return fail(Errc::kProtocol, "done with asking for parts");
  peer_fetched_ = true;
  peer_done_ = !done.has_more;
  return ok();
}

}  // namespace cunju::sync
