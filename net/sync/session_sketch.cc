// SPDX-License-Identifier: Apache-2.0
// How a session finds out by a sketch in which heads the two sides differ. One side draws symbols,
// the other solves them: whose hello fingerprint is smaller draws, which both see.
#include <algorithm>

#include "net/sync/session.h"

namespace cunju::sync {
namespace {

/// About what an item costs in whole lists..
constexpr std::size_t kListedHeadBytes = 80;

}  // namespace

bool Session::is_sketch_useful(const wire::Hello& hello) const {
  const std::uint64_t ours = spaces_.count();
  const std::uint64_t theirs = hello.heads;
  if (spoken_ < wire::kSketchVersion) return false;
  if (std::max(ours, theirs) > limits::kMaxHeadsPerSession) return false;
  if (ours + theirs <= options_.whole_list_heads) return false;
  // A joiner, or somebody after years: the symbols could not tell it.
  return std::max(ours, theirs) - std::min(ours, theirs) <= limits::kMaxSketchSymbols / 2;
}

Result<void> Session::begin_sketch(const wire::Hello& hello, Actions& actions) {
  enter(Phase::kSketch, actions);
  draws_ = spoken_ >= wire::kMeetingVersion ? spaces_.sum() < hello.sum.value_or(hello.fingerprint)
                                            : spaces_.fingerprint() < hello.fingerprint;
  symbols_wanted_ = limits::kFirstSymbols;
  CUNJU_TRY(sketch_, spaces_.sketch(port_));
  return draws_ ? send(sketch_->draw(limits::kFirstSymbols), actions) : ok();
}

Result<void> Session::take(const wire::Symbols& symbols, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kSketch && !draws_, "symbols"));
  if (symbols.symbols.size() != symbols_wanted_)
    return fail(Errc::kProtocol, "not as many symbols as were asked for");
  sketch_->add(symbols);
  const std::optional<Split> split = sketch_->solve();
  if (!split) return ask_for_symbols(actions);
  CUNJU_TRYV(send(sketch_->describe(*split), actions));
  return take_split(*split, actions);
}

Result<void> Session::ask_for_symbols(Actions& actions) {
  const std::size_t size = sketch_->solved_from();
  const std::size_t wanted = sketch_->wanted();
  if (wanted > limits::kMaxSketchSymbols || symbol_requests_ == limits::kMaxSymbolRequests ||
      wanted * wire::kSymbolBytes > sketch_->items() * kListedHeadBytes) {
    sketch_.reset();
    return begin_lists(actions);
  }
  ++symbol_requests_;
  symbols_wanted_ = wanted - size;
  return send(wire::MoreSymbols{static_cast<std::uint32_t>(symbols_wanted_)}, actions);
}

Result<void> Session::take(const wire::MoreSymbols& more, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kSketch && draws_, "more symbols"));
  if (more.count == 0) return fail(Errc::kProtocol, "no more symbols are wanted");
  if (more.count > limits::kMaxSketchSymbols - sketch_->drawn())
    return fail(Errc::kLimit, "kMaxSketchSymbols");
  if (++symbol_requests_ > limits::kMaxSymbolRequests)
    return fail(Errc::kLimit, "kMaxSymbolRequests");
  return send(sketch_->draw(more.count), actions);
}

Result<void> Session::take(const wire::Difference& difference, Actions& actions) {
  CUNJU_TRYV(require_phase(progress_.phase == Phase::kSketch && draws_, "difference"));
  return take_split(sketch_->read(difference), actions);
}

Result<void> Session::take_split(const Split& split, Actions& actions) {
  CUNJU_TRY(HeadsTaken taken, spaces_.take_findings(port_, *sketch_, sketch_->find(split)));
  sketch_.reset();
  CUNJU_TRYV(take_heads_taken(std::move(taken), actions));
  return send_plan(actions);
}

}  // namespace cunju::sync
