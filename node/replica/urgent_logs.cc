// SPDX-License-Identifier: Apache-2.0
#include "node/replica/urgent_logs.h"

#include <algorithm>
#include <limits>

namespace cunju::replica {
namespace {

/// Ordinals of the changes of the roster, and of those that speak of erasing; from `first` on.
Result<std::vector<std::uint64_t>> urgent_ordinals(const Reader& reader, std::uint32_t space_no,
                                                   std::uint64_t first) {
  std::vector<std::uint64_t> out;
  Key begin;
  begin.u32(space_no).u64(first);
  const ByteView prefix = ByteView(begin).first(4);
  for (const store::Table table : {reader.tables().roster, reader.tables().erasures}) {
    CUNJU_TRYV(reader.read().scan(table, begin, [&](ByteView key, ByteView) {
      if (!equal(key.first(4), prefix)) return false;
      out.push_back(get_u64_be(key.subspan(4)));
      return true;
    }));
  }
  return out;
}

}  // namespace

Result<std::vector<std::uint64_t>> find_urgent(const Reader& reader, std::uint32_t space_no,
                                               const std::vector<LackedLog>& lacked) {
  std::vector<std::uint64_t> out(lacked.size(), 0);
  std::uint64_t first = std::numeric_limits<std::uint64_t>::max();
  for (const LackedLog& each : lacked) {
    if (const auto row = reader.find_log(each.branch_no, Seq{each.from}))
      first = std::min(first, row->ordinal);
  }
  CUNJU_TRY(const std::vector<std::uint64_t> urgent, urgent_ordinals(reader, space_no, first));
  for (const std::uint64_t ordinal : urgent) {
    CUNJU_TRY(const StoredChange stored, reader.require_change(ordinal));
    const Seq seq = stored.change.header.seq;
    for (std::size_t log = 0; log < lacked.size(); ++log) {
      if (lacked[log].author != stored.change.header.author) continue;
      const auto row = reader.find_log(lacked[log].branch_no, seq);
      if (row && row->ordinal == ordinal) out[log] = std::max(out[log], seq.value + 1);
    }
  }
  return out;
}

}  // namespace cunju::replica
