// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer_left.h"

#include <algorithm>

#include "net/sync/amounts.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

/// Sooner than this the speed says nothing yet.
constexpr std::chrono::milliseconds kFirstGuess{2'000};
/// A longer time is a guess that helps nobody, or a boast of the peer.
constexpr std::chrono::hours kLongest{24 * 30};

std::uint64_t left_of(const sync::Amount& done, const sync::Amount& planned) {
  return planned.bytes > done.bytes ? planned.bytes - done.bytes : 0;
}

}  // namespace

TransferLeft TransferClock::left(const sync::Progress& progress, std::chrono::milliseconds now) {
  const sync::AttachmentAmounts& attachments = progress.attachments;
  std::uint64_t done = progress.received.bytes;
  for (const std::uint64_t more : {progress.acked.bytes, attachments.came, attachments.went})
    sync::add(done, more);
  TransferLeft out{.bytes = left_of(progress.received, progress.planned_in),
                   .attachments = attachments.to_come,
                   .time = {}};
  sync::add(out.bytes, left_of(progress.acked, progress.planned_out));
  sync::add(out.attachments, attachments.to_go);
  // Of changes the link carries fewer bytes than are counted, of attachments all: another speed.
  const bool is_at_attachments = out.bytes == 0 && out.attachments > 0;
  if (!begin_ || is_at_attachments != is_at_attachments_) begin_ = Begin{.at = now, .done = done};
  is_at_attachments_ = is_at_attachments;
  std::uint64_t left = out.bytes;
  sync::add(left, out.attachments);
  const std::chrono::milliseconds took = now - begin_->at;
  if (left == 0 || took < kFirstGuess || done <= begin_->done) return out;
  const double per_ms =
      static_cast<double>(done - begin_->done) / static_cast<double>(took.count());
  const double seconds = static_cast<double>(left) / per_ms / 1'000;
  if (seconds > static_cast<double>(std::chrono::seconds(kLongest).count())) return out;
  out.time = std::chrono::seconds(static_cast<std::int64_t>(seconds) + 1);
  return out;
}

registry::Label words_of(const TransferLeft& left) {
  registry::Label out;
  if (left.bytes > 0)
    out = {"还有 " + registry::byte_size_text(left.bytes),
           registry::byte_size_text(left.bytes) + " left"};
  if (left.attachments > 0) {
    const std::string size = registry::byte_size_text(left.attachments);
    out.zh += (left.bytes > 0 ? "，" : "") + ("附件还有 " + size);
    out.en += (left.bytes > 0 ? ", " : "") + ("attachments " + size + " left");
  }
  if (!left.time) return out;
  const std::int64_t seconds = left.time->count();
  if (seconds < 100) {
    out.zh += "，约 " + std::to_string(seconds) + " 秒";
    out.en += ", about " + std::to_string(seconds) + " s";
  } else {
    const std::string minutes = std::to_string((seconds + 59) / 60);
    out.zh += "，约 " + minutes + " 分钟";
    out.en += ", about " + minutes + " min";
  }
  return out;
}

}  // namespace cunju::cli
