// SPDX-License-Identifier: Apache-2.0
//
// The part of Reader that reads what is kept of a record: the rows of its views and of its graph.
#include <algorithm>

#include "node/replica/books.h"

namespace cunju::replica {
namespace {

constexpr std::size_t kRecordAt = 4, kScopeAt = kRecordAt + RecordId::kSize;

}  // namespace

Result<void> Reader::visit_views(std::uint32_t space_no, std::span<const RecordId> records,
                                 const ViewVisitor& visit) const {
  // So many rows of other records are passed over before the next one is looked for from the root.
  constexpr std::size_t kMaxPassed = 8;
  Key space;
  space.u32(space_no);
  Result<void> failed = ok();
  for (std::size_t at = 0; at < records.size();) {
    const std::size_t begun = at;
    std::size_t passed = 0, visited = 0;
    Key first;
    first.u32(space_no).bytes(records[at].view());
    CUNJU_TRYV(read_.scan(tables_.views, first, [&](ByteView key, ByteView sealed) {
      if (key.size() != kScopeAt + 2 || !equal(key.first(kRecordAt), space)) return false;
      const RecordId record = *RecordId::from(key.subspan(kRecordAt, RecordId::kSize));
      while (records[at] < record) {
        ++at;
        if (at == records.size() || records[at] < records[at - 1]) return false;
      }
      if (record != records[at]) return ++passed < kMaxPassed;
      passed = 0;
      visited = at + 1;
      Result<ByteView> value = open("views", key, sealed);
      const Scope scope{static_cast<std::uint16_t>(key[kScopeAt] << 8 | key[kScopeAt + 1])};
      failed = value.has_value() ? visit(at, scope, value.value()) : Result<void>(value.error());
      return failed.has_value();
    }));
    CUNJU_TRYV(failed);
    // It was the last one there is, or has no view.
    at = std::max({at, visited, begun + 1});
  }
  return ok();
}

Result<std::vector<ScopedView>> Reader::find_views(std::uint32_t space_no,
                                                   const RecordId& record) const {
  std::vector<ScopedView> out;
  CUNJU_TRYV(visit_views(space_no, {&record, 1},
                         [&](std::size_t, Scope scope, ByteView bytes) -> Result<void> {
                           CUNJU_TRY(RecordView view, RecordView::decode(bytes));
                           out.push_back({scope, std::move(view)});
                           return ok();
                         }));
  return out;
}

Result<void> Reader::visit_nodes(const RecordKey& record, const NodeVisitor& visit) const {
  std::vector<std::uint64_t> ordinals;
  CUNJU_TRYV(read_.scan_prefix(tables_.graph, record.key(), [&](ByteView key, ByteView) {
    ordinals.push_back(get_u64_be(key.last(8)));
    return true;
  }));
  for (std::uint64_t ordinal : ordinals) {
    CUNJU_TRY(std::optional<StoredNode> node, find_node(record, ordinal));
    CUNJU_TRY(StoredChange stored, require_readable(record.space_no, ordinal));
    if (!node || node->part >= stored.change.parts.size())
      return fail(Errc::kCorrupt, "a record's graph names a part that is not there");
    CUNJU_TRYV(visit(ordinal, *node, stored.change));
  }
  return ok();
}

Result<void> Reader::visit_graph(const RecordKey& record, const GraphVisitor& visit) const {
  return visit_nodes(record,
                     [&](std::uint64_t ordinal, StoredNode& node, Change& change) -> Result<void> {
                       CUNJU_TRY(node.dot, dot_of(record.space_no, change.header, ordinal));
                       visit(node, change, change.parts[node.part]);
                       return ok();
                     });
}

Result<void> Reader::visit_parts(const RecordKey& record, const PartVisitor& visit) const {
  return visit_nodes(record, [&](std::uint64_t, StoredNode& node, Change& change) -> Result<void> {
    visit(change, change.parts[node.part]);
    return ok();
  });
}

}  // namespace cunju::replica
