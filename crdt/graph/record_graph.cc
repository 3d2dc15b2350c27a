// SPDX-License-Identifier: Apache-2.0
#include "crdt/graph/record_graph.h"

#include <algorithm>

#include "crdt/base/packed.h"
#include "crdt/graph/dot_codec.h"
#include "crdt/graph/graph.capnp.h"

namespace cunju {

GraphNode derive_node(std::span<const GraphNode* const> parents, const GraphNode* own_previous,
                      const Dot& self) {
  GraphNode out;
  auto add = [&out](const GraphNode& parent) {
    out.clock.merge(parent.clock);
    out.depth = std::max(out.depth, parent.depth);
  };
  if (own_previous != nullptr) add(*own_previous);
  for (const GraphNode* parent : parents) add(*parent);
  ++out.depth;
  out.clock.raise(self);
  return out;
}

void advance_heads(std::vector<Head>& heads, const Head& self, const GraphNode& node) {
  std::erase_if(heads, [&node](const Head& head) { return node.clock.covers(head.dot); });
  heads.insert(std::ranges::lower_bound(heads, self), self);
}

Bytes GraphNode::encode() const {
  // Our readers take one segment only: the root pointer, the struct, the list's tag, the dots.
  capnp::MallocMessageBuilder message(static_cast<unsigned>(8 + 5 * clock.size()));
  auto root = message.initRoot<schema::GraphNode>();
  root.setDepth(depth);
  root.setIsVoid(is_void);
  dot_codec::write_clock(clock, root.initClock(static_cast<unsigned>(clock.size())));
  return packed::write_packed(message);
}

Result<GraphNode> GraphNode::decode(ByteView bytes) {
  const std::size_t words = std::min(8 + 5 * limits::kMaxHeadsPerSpace,
                                     8 + bytes.size() * limits::kMaxPackedWordsPerByte);
  return packed::read_packed<schema::GraphNode>(
      bytes, words, [](schema::GraphNode::Reader in) -> Result<GraphNode> {
        GraphNode out;
        out.depth = in.getDepth();
        out.is_void = in.getIsVoid();
        CUNJU_TRY(out.clock, dot_codec::read_clock(in.getClock()));
        if (out.depth == 0) return fail(Errc::kCorrupt, "a change of depth 0");
        return out;
      });
}

}  // namespace cunju
