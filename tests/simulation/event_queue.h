// SPDX-License-Identifier: Apache-2.0
//
// Virtual time: what is to happen, by (time, order of asking). Time jumps from one event to the
// next and never goes back. Background events (ticks) happen on their way and keep nobody waiting:
// the queue is idle when nothing else is left.
#pragma once

#include <functional>
#include <map>
#include <utility>

#include "tests/simulation/dice.h"

namespace cunju::simulation {

class EventQueue {
 public:
  using Action = std::function<void()>;

  Time now() const { return now_; }
  void at(Time when, Action action) { add(when, {std::move(action), false}); }
  void after(Time delay, Action action) { at(now_ + delay, std::move(action)); }
  void in_background(Time delay, Action action) { add(now_ + delay, {std::move(action), true}); }
  bool is_idle() const { return foreground_ == 0; }

  /// Takes the first event if it is due by `limit`, and moves time to it.
  bool step(Time limit) {
    auto first = events_.begin();
    if (first == events_.end() || first->first.first > limit) return false;
    now_ = first->first.first;
    Event event = std::move(first->second);
    events_.erase(first);
    if (!event.is_background) --foreground_;
    event.action();
    return true;
  }
  void pass_to(Time when) { now_ = std::max(now_, when); }

 private:
  struct Event {
    Action action;
    bool is_background = false;
  };
  void add(Time when, Event event) {
    if (!event.is_background) ++foreground_;
    events_.emplace(std::pair(std::max(when, now_), next_++), std::move(event));
  }

  Time now_{0};
  std::uint64_t next_ = 0;
  std::size_t foreground_ = 0;
  std::map<std::pair<Time, std::uint64_t>, Event> events_;
};

}  // namespace cunju::simulation
