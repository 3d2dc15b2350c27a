// SPDX-License-Identifier: Apache-2.0
//
// Foreign bytes as a record view, a record state and a graph node. What decodes must keep its
// invariants: it encodes to bytes that decode to the same value, and takes another change.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "crdt/types/record_view.h"
#include "crdt/types/view_glance.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cunju;
  const ByteView bytes(data, size);
  if (Result<GraphNode> node = GraphNode::decode(bytes)) {
    if (!(GraphNode::decode(node.value().encode()).value() == node.value())) std::abort();
  }
  if (Result<RecordState> state = RecordState::decode(bytes)) {
    if (!(RecordState::decode(state.value().encode()).value() == state.value())) std::abort();
  }
  const GlancedFields all{.names = {}, .all = true};
  const Result<ViewGlance> glance = glance_view(bytes, "r", all);
  Result<RecordView> read = RecordView::decode(bytes);
  if (!read) return 0;
  const RecordState* state = read.value().find("r");
  if (!glance || glance.value().is_there != (state != nullptr && !state->is_empty())) std::abort();
  RecordView& view = read.value();
  const Bytes encoded = view.encode();
  if (!(RecordView::decode(encoded).value() == view)) std::abort();
  if (RecordView::decode(encoded).value().encode() != encoded) std::abort();

  // An author whom no damaged view knows, after everything.
  ChangeId id;
  id.value.fill(0xA5);
  AuthorKey author;
  author.value.fill(0x5A);
  const Dot self{.author = author, .seq = Seq{1}};
  if (view.clock.covers(self) || view.max_depth == ~std::uint64_t{0}) return 0;
  const GraphNode everything{.clock = view.clock, .depth = view.max_depth};
  const GraphNode* parents[] = {&everything};
  const GraphNode node = derive_node(parents, nullptr, self);
  const Operation operations[] = {make_operation(OperationKind::kRegisterSet, "f", NoValue{}),
                                  make_operation(OperationKind::kSetAdd, "f", Bytes{1}),
                                  make_operation(OperationKind::kDelete, "", NoValue{})};
  view.apply({.id = id, .dot = self, .node = node, .registry = "r", .operations = operations});
  if (!(RecordView::decode(view.encode()).value() == view)) std::abort();
  return 0;
}
