// SPDX-License-Identifier: Apache-2.0
//
// What replaying a whole history costs, in steps: a machine's load changes no count.
#pragma once

#include "crdt/types/text/text_walk.h"

namespace cunju::test {

/// For steps alone.
class NoSink : public TextSink {
 public:
  void erase(std::size_t, std::size_t) override {}
  void insert(std::size_t, TextNodeIndex, TextSpan) override {}
};

inline std::size_t steps_of(const TextHistory& history) {
  const TextPlan plan(history);
  TextWalk walk(history, plan, 0);
  NoSink sink;
  std::size_t steps = 0, length = 0;
  for (const TextStretch& stretch : plan.stretches()) {
    length = walk.replay(stretch, length, sink);
    if (stretch.concurrent) steps += walk.steps();
  }
  return steps;
}

}  // namespace cunju::test
