// SPDX-License-Identifier: Apache-2.0
//
// What the fuzzer of sketches does with an input, and a unit test with a fixed set of them:
//   input := kind u8 | (0: symbols | 1: items of the lists changed, added u8 each, then all
//   entries)
// Symbols are solved against a hundred heads; a difference is read and looked up among them.
#pragma once

#include "crdt/base/check.h"
#include "crdt/base/limits.h"
#include "net/sync/head_sketch.h"
#include "tests/support/heads_port.h"

namespace cunju::testing {

inline const sync::HeadSketch& sketch_for_inputs() {
  static const sync::HeadSketch out = [] {
    HeadsPort port(5, 20);
    const std::vector<SpaceId> spaces = port.shared_spaces(WireKey{}).value();
    std::vector<wire::SpaceToken> tokens;
    for (std::uint8_t i = 0; i < spaces.size(); ++i)
      tokens.push_back({{i, 1, 2, 3, 4, 5, 6, i, i, 7, 8, 9, i}});
    sync::HeadSketch sketch(Bytes(64, 3));
    CUNJU_CHECK(sketch.take(port, spaces, tokens, 100).has_value(), "the port does not fail");
    return sketch;
  }();
  return out;
}

inline void check_findings(const sync::HeadSketch& sketch, const sync::Split& split) {
  const sync::Findings found = sketch.find(split);
  CUNJU_CHECK(found.is_shared.size() == 5, "as many spaces as there are");
  for (const sync::LogDifference& log : found.logs)
    CUNJU_CHECK(log.space < 5, "a space that there is");
}

inline void run_sketch_input(ByteView input) {
  ByteReader in(input);
  const std::uint8_t kind = in.u8();
  sync::HeadSketch sketch = sketch_for_inputs();
  if (kind == 0) {
    Result<std::vector<wire::Symbol>> symbols =
        wire::decode_symbols(in.take(in.remaining()), limits::kMaxSketchSymbols);
    if (symbols.has_error()) return;
    const std::size_t count = symbols.value().size();
    sketch.add({.items = 105, .symbols = std::move(symbols).value()});
    CUNJU_CHECK(count == 0 || sketch.wanted() > count, "more than there are");
    const std::optional<sync::Split> split = sketch.solve();
    if (!split) return;
    CUNJU_CHECK(split->ours.size() + split->theirs.size() <= count, "each item took a symbol");
    (void)sketch.describe(*split);
    check_findings(sketch, *split);
    return;
  }
  const std::size_t changed = in.u8(), added = in.u8();
  wire::Difference difference;
  Result<std::vector<wire::HeadItem>> first =
      wire::decode_items(in.take(changed * wire::kItemBytes), limits::kMaxSketchSymbols);
  Result<std::vector<wire::HeadItem>> second =
      wire::decode_items(in.take(added * wire::kItemBytes), limits::kMaxSketchSymbols);
  Result<std::vector<wire::HeadName>> third =
      wire::decode_names(in.take(in.remaining()), limits::kMaxSketchSymbols);
  if (first.has_error() || second.has_error() || third.has_error()) return;
  difference = {.changed = std::move(first).value(),
                .added = std::move(second).value(),
                .lacking = std::move(third).value()};
  check_findings(sketch, sketch.read(difference));
}

}  // namespace cunju::testing
