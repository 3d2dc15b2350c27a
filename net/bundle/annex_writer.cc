// SPDX-License-Identifier: Apache-2.0
#include "net/bundle/annex_writer.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "net/bundle/bundle_limits.h"
#include "net/wire/parts_codec.h"

namespace cunju::bundle {
namespace {

/// Parts that are asked for at once; what is behind them when the stick is full is asked for again.
constexpr std::size_t kPartsBytes = kSlotRoom / 2;

}  // namespace

AnnexWriter::AnnexWriter(sync::Port& port, sync::AttachmentPort* attachments,
                         const WireKey& recipient, std::span<const AnnexTask> tasks,
                         AnnexOptions options)
    : port_(port),
      attachments_(attachments),
      recipient_(recipient),
      tasks_(tasks),
      options_(std::move(options)) {
  begin_task();
}

void AnnexWriter::begin_task() {
  is_first_chunk_ = true;
  for (; at_ < tasks_.size(); ++at_) {
    const AnnexPlace begin = place_of(tasks_[at_]);
    position_ = begin.position;
    if (!options_.from || begin >= *options_.from) return;
    // What the last stick ended in goes on there.
    AnnexPlace same = *options_.from;
    same.position = begin.position;
    if (same == begin) {
      position_ = options_.from->position;
      return;
    }
    if (!options_.skips_before) return;
  }
}

bool AnnexWriter::has_room(const AnnexTask& task, std::size_t bytes) {
  const bool is_listed = options_.listed.contains(task.space);
  if (packer_.chunks_with(bytes) <= options_.max_slots &&
      (is_listed || options_.listed.size() < limits::kMaxLetterSpaces))
    return true;
  place_ = place_of(task);
  place_->position = position_;
  end();
  return false;
}

void AnnexWriter::put(const AnnexTask& task, ItemKind kind, Bytes content) {
  options_.listed.insert(task.space);
  for (Bytes& full :
       packer_.add({.kind = kind, .space = task.space, .content = std::move(content)}))
    ready_.push_back(std::move(full));
}

void AnnexWriter::end() {
  has_ended_ = true;
  if (Bytes rest = packer_.finish(); !rest.empty()) ready_.push_back(std::move(rest));
}

Result<void> AnnexWriter::put_parts(const AnnexTask& task, const LackedSpan& lacked) {
  sync::LackedParts asked{.span = lacked.span, .is_open = lacked.is_open};
  if (!wire::cut_below(asked.span, position_)) {
    ++at_;
    begin_task();
    return ok();
  }
  CUNJU_TRY(const sync::FoundParts found,
            port_.find_parts(task.space, recipient_, asked, kPartsBytes));
  CUNJU_CHECK(found.next > position_, "an answer moves on");
  // Each by itself: so many branches of a forked log would not fit one item.
  for (const wire::ChangeParts& change : found.changes) {
    Bytes content = wire::encode_parts(std::span(&change, 1));
    if (!has_room(task, content.size())) return ok();
    contents_[task.space].parts += static_cast<std::uint32_t>(change.parts.size());
    put(task, ItemKind::kParts, std::move(content));
  }
  position_ = found.next;
  return ok();
}

std::optional<std::uint32_t> AnnexWriter::next_chunk(const LackedAttachment& lacked) const {
  const std::uint32_t chunks = attachment::chunk_count(lacked.blob.bytes);
  const std::vector<ChunkSpan> all{{.first = 0, .count = chunks}};
  for (const ChunkSpan& span : lacked.chunks.empty() ? all : lacked.chunks) {
    const std::uint64_t next = std::max<std::uint64_t>(span.first, position_);
    if (next < std::uint64_t{span.first} + span.count && next < chunks)
      return static_cast<std::uint32_t>(next);
  }
  return std::nullopt;
}

Result<void> AnnexWriter::put_chunk(const AnnexTask& task, const LackedAttachment& lacked) {
  const std::optional<std::uint32_t> index = next_chunk(lacked);
  if (!index) {
    ++at_;
    begin_task();
    return ok();
  }
  position_ = *index;
  if (!has_room(task, carried_bytes(lacked.blob, *index))) return ok();
  CarriedChunk carried{.blob = lacked.blob, .index = *index, .path = {}, .bytes = {}};
  Bytes content(carried_bytes(lacked.blob, *index));
  if (!options_.is_dry_run) {
    CUNJU_TRY(std::optional<sync::ChunkWithPath> found,
              attachments_->find_chunk(recipient_, task.space, lacked.blob, *index));
    if (!found) {
      unreadable_.insert(lacked.blob);
      ++at_;
      begin_task();
      return ok();
    }
    carried.path = std::move(found->path);
    carried.bytes = std::move(found->chunk);
    content = encode_carried_chunk(carried);
  }
  AnnexContent& out = contents_[task.space];
  if (std::exchange(is_first_chunk_, false)) ++out.attachments;
  out.attachment_bytes += attachment::chunk_bytes(lacked.blob.bytes, *index);
  put(task, ItemKind::kAttachmentChunk, std::move(content));
  ++position_;
  return ok();
}

Result<void> AnnexWriter::step() {
  if (at_ >= tasks_.size()) {
    end();
    return ok();
  }
  const AnnexTask& task = tasks_[at_];
  if (const auto* span = std::get_if<LackedSpan>(&task.what)) return put_parts(task, *span);
  return put_chunk(task, std::get<LackedAttachment>(task.what));
}

Result<std::optional<Bytes>> AnnexWriter::next() {
  while (ready_.empty() && !has_ended_) {
    CUNJU_TRYV(step());
  }
  if (ready_.empty()) return std::optional<Bytes>();
  Bytes out = std::move(ready_.front());
  ready_.pop_front();
  ++slots_;
  return std::optional<Bytes>(std::move(out));
}

}  // namespace cunju::bundle
