// SPDX-License-Identifier: Apache-2.0
#include "node/peers/bundle_annex.h"

#include <algorithm>
#include <tuple>

#include "crdt/attachment/attachment_limits.h"
#include "net/bundle/bundle_limits.h"

namespace cunju::peers {

using bundle::AnnexTask;
using bundle::LackedAttachment;
using bundle::LackedSpan;

Result<std::vector<AnnexTask>> plan_annex(const BundleContext& context, const BundlePeer& to,
                                          const AnnexChoice& choice) {
  std::vector<AnnexTask> out;
  std::set<attachments::BlobId> chosen;
  for (const SpaceId& space : to.spaces) {
    std::optional<bundle::Receipt> receipt;
    if (!choice.everything) {
      CUNJU_TRY(receipt, context.book.receipt(to.node, space));
    }
    if (receipt)
      for (LackedSpan& span : receipt->parts)
        out.push_back({.space = space, .what = std::move(span)});
    if (context.attachments == nullptr) continue;
    CUNJU_TRY(std::vector<LackedAttachment> lacked,
              context.attachments->carried.choose_for(to.wire, space, receipt, choice.attachments));
    for (LackedAttachment& each : lacked)
      if (chosen.insert(each.blob).second) out.push_back({.space = space, .what = std::move(each)});
  }
  std::ranges::sort(out, [](const AnnexTask& a, const AnnexTask& b) {
    return bundle::place_of(a) < bundle::place_of(b);
  });
  return out;
}

std::uint64_t attachment_bytes(const std::vector<AnnexTask>& tasks) {
  std::uint64_t out = 0;
  for (const AnnexTask& task : tasks) {
    const auto* lacked = std::get_if<LackedAttachment>(&task.what);
    if (lacked == nullptr) continue;
    if (lacked->chunks.empty()) out += lacked->blob.bytes;
    for (const bundle::ChunkSpan& span : lacked->chunks)
      out += std::uint64_t{span.count} * limits::kAttachmentChunkBytes;
  }
  return out;
}

Result<std::vector<LackedSpan>> find_lacked_parts(replica::Replica& replica, const SpaceId& space) {
  std::vector<LackedSpan> out;
  sync::PartsCursor cursor;
  while (out.size() < limits::kMaxReceiptPartSpans) {
    CUNJU_TRY(std::optional<sync::LackedParts> next, replica.next_lacked(space, cursor));
    if (!next) break;
    out.push_back({.is_open = next->is_open, .span = std::move(next->span)});
  }
  std::ranges::sort(out, {}, [](const LackedSpan& each) {
    return std::tuple(each.is_open, each.span.author, each.span.first);
  });
  return out;
}

}  // namespace cunju::peers
