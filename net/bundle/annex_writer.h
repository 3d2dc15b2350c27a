// SPDX-License-Identifier: Apache-2.0
//
// The annex of one letter: parts, then chunks of attachments, in the order of places, cut into the
// content of slots. Asks the same ports as a sync session, which keep back what the recipient may
// not have. Sans-IO and without keys, as Writer.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "net/bundle/annex.h"
#include "net/sync/attachment_port.h"
#include "net/sync/port.h"

namespace cunju::bundle {

struct AnnexContent {
  std::uint32_t attachments = 0;
  std::uint64_t attachment_bytes = 0;
  std::uint32_t parts = 0;
};

struct AnnexOptions {
  std::size_t max_slots = 0;
  /// Where an earlier stick ended: what it ended in goes on there. Nothing: none did.
  std::optional<AnnexPlace> from = {};
  /// What comes before that is on earlier sticks. Else all of it is written, and the rest after it.
  bool skips_before = true;
  /// Attachments are counted and not read.
  bool is_dry_run = false;
  /// Spaces that the letter lists already: there are at most limits::kMaxLetterSpaces.
  std::set<SpaceId> listed = {};
};

class AnnexWriter {
 public:
  /// All are borrowed; `attachments` may be null when no task is about one. `tasks`: ascending by
  /// place_of().
  AnnexWriter(sync::Port& port, sync::AttachmentPort* attachments, const WireKey& recipient,
              std::span<const AnnexTask> tasks, AnnexOptions options);

  /// The content of the next slot; nothing at the end. Errors: the ports'.
  Result<std::optional<Bytes>> next();

  // --- after the end ---------------------------------------------------------------------------
  /// Nothing was left out for want of room.
  bool is_last() const { return !place_; }
  /// Where the next stick goes on; nothing when this was the last.
  const std::optional<AnnexPlace>& place() const { return place_; }
  const std::map<SpaceId, AnnexContent>& contents() const { return contents_; }
  std::uint32_t slots() const { return slots_; }
  /// Attachments that could not be given although they seemed to be here.
  const std::set<attachment::BlobId>& unreadable() const { return unreadable_; }

 private:
  /// One item, or the end.
  Result<void> step();
  Result<void> put_parts(const AnnexTask& task, const LackedSpan& lacked);
  Result<void> put_chunk(const AnnexTask& task, const LackedAttachment& lacked);
  /// The next chunk of the task from position_ on; nothing: it was the last.
  std::optional<std::uint32_t> next_chunk(const LackedAttachment& lacked) const;
  /// False: there is no room for so many bytes of this space, and the annex ends here.
  bool has_room(const AnnexTask& task, std::size_t bytes);
  void put(const AnnexTask& task, ItemKind kind, Bytes content);
  void begin_task();
  void end();

  sync::Port& port_;
  sync::AttachmentPort* attachments_;
  WireKey recipient_;
  std::span<const AnnexTask> tasks_;
  AnnexOptions options_;
  Packer packer_{Section::kAnnex};
  std::deque<Bytes> ready_;
  std::size_t at_ = 0;          ///< In tasks_.
  std::uint64_t position_ = 0;  ///< In that task.
  bool is_first_chunk_ = true;  ///< Of that task, in this annex.
  std::map<SpaceId, AnnexContent> contents_;
  std::set<attachment::BlobId> unreadable_;
  std::uint32_t slots_ = 0;
  bool has_ended_ = false;
  std::optional<AnnexPlace> place_;
};

}  // namespace cunju::bundle
