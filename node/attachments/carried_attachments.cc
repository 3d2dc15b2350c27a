// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/carried_attachments.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "net/bundle/bundle_limits.h"

namespace cunju::attachments {
namespace {

using bundle::ChunkSpan;
using bundle::LackedAttachment;

/// What is not there of an attachment of which something is; none: all, or more spans than allowed.
std::vector<ChunkSpan> spans_of(const PartialBlob& part, std::size_t max_spans) {
  std::vector<ChunkSpan> out;
  const std::uint32_t chunks = attachment::chunk_count(part.id().bytes);
  if (part.missing() == chunks) return out;
  for (std::uint32_t i = 0; i < chunks; ++i) {
    if (part.has(i)) continue;
    if (!out.empty() && out.back().first + out.back().count == i) {
      ++out.back().count;
    } else if (out.size() == max_spans) {
      return {};
    } else {
      out.push_back({.first = i, .count = 1});
    }
  }
  return out;
}

/// The scopes of which the node's member may read confidential parts. What else a full node keeps
/// sealed it doesn't know the attachments of, and would throw them away.
std::set<Scope> readable_scopes(const Roster& roster, const AddNode& node) {
  std::set<Scope> out{kOpenScope};
  const auto member = roster.members.find(node.member);
  if (member == roster.members.end()) return out;
  for (const auto& [number, scope] : roster.scopes)
    if (roster.may_read_scope(member->second, scope.name)) out.insert(number);
  return out;
}

}  // namespace

Result<const CarriedAttachments::Look*> CarriedAttachments::look_at(const SpaceId& space) {
  CUNJU_TRY(const std::uint64_t position, replica_.position());
  auto found = looks_.find(space);
  if (found != looks_.end() && found->second.position == position) return &found->second;
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(replica_, space));
  Look look{.position = position, .references = {}, .wanted = {}, .usual = {}};
  CUNJU_TRY(look.references, find_references(replica_, space, catalog));
  if (!stored_) stored_ = folder_.stored_bytes();
  CUNJU_TRY(look.wanted, choose_wanted(space, look.references, folder_, charges_, *stored_));
  look.usual = choose_by_policy(look.references, policy_in_force(folder_.folder()));
  return &looks_.insert_or_assign(space, std::move(look)).first->second;
}

Result<std::vector<LackedAttachment>> CarriedAttachments::find_lacked(const SpaceId& space) {
  CUNJU_TRY(const Look* look, look_at(space));
  std::vector<LackedAttachment> out;
  for (const Referred& each : look->references) {
    const bool is_listed = !out.empty() && out.back().blob == each.blob;
    if (is_listed || folder_.seems_whole(each.blob)) continue;
    out.push_back(
        {.blob = each.blob, .is_wanted = look->wanted.blobs.contains(each.blob), .chunks = {}});
  }
  std::ranges::stable_sort(out, std::greater<>(), &LackedAttachment::is_wanted);
  if (out.size() > limits::kMaxReceiptLacked) out.resize(limits::kMaxReceiptLacked);
  std::ranges::sort(out, {}, &LackedAttachment::blob);
  std::size_t spans = limits::kMaxReceiptChunkSpans;
  for (LackedAttachment& each : out) {
    if (folder_.bytes_here(each.blob) == 0) continue;
    const Result<std::unique_ptr<PartialBlob>> part = folder_.resume(each.blob);
    // Another process takes it just now: whatever it gets will be here.
    if (part.has_error()) continue;
    each.chunks = spans_of(*part.value(), spans);
    spans -= each.chunks.size();
  }
  return out;
}

Result<std::vector<LackedAttachment>> CarriedAttachments::choose_for(
    const WireKey& peer, const SpaceId& space, const std::optional<bundle::Receipt>& receipt,
    CarryChoice choice) {
  std::map<BlobId, LackedAttachment> chosen;
  if (choice == CarryChoice::kNone) return std::vector<LackedAttachment>();
  const Result<std::shared_ptr<const Roster>> roster = replica_.roster(space);
  const AddNode* node = roster.has_value() ? roster.value()->find_wire(peer) : nullptr;
  if (node == nullptr) return std::vector<LackedAttachment>();
  CUNJU_TRY(const Look* look, look_at(space));
  // An older program reads no annex, so what it was told of is not brought unless somebody says so.
  const bool says = receipt && receipt->attachments;
  sync::Have have;
  if (receipt) {
    CUNJU_TRY(have, bundle::have_of(replica_, space, receipt->logs));
  }
  const std::set<Scope> readable = readable_scopes(*roster.value(), *node);
  // The recipient's own policy is not known here, so this home's stands for it until it has said.
  for (const Referred& each : look->references) {
    if (!may_have(node->replication, each.scope) || !readable.contains(each.scope) ||
        !folder_.seems_whole(each.blob))
      continue;
    const auto log = have.logs.find(each.author);
    const bool is_told = (says || choice != CarryChoice::kAll) && log != have.logs.end() &&
                         each.seq.value < log->second.count;
    const bool is_new =
        !is_told && (choice == CarryChoice::kAll || look->usual.contains(each.blob));
    if (is_new)
      chosen.emplace(each.blob,
                     LackedAttachment{.blob = each.blob, .is_wanted = true, .chunks = {}});
  }
  if (receipt && receipt->attachments) {
    for (const LackedAttachment& lacked : *receipt->attachments) {
      const std::span<const Referred> found = those_of(look->references, lacked.blob);
      const bool may = std::ranges::any_of(
          found, [&](const Referred& each) { return may_have(node->replication, each.scope); });
      const bool is_chosen = lacked.is_wanted || choice == CarryChoice::kAll;
      if (may && is_chosen && folder_.seems_whole(lacked.blob))
        chosen.insert_or_assign(lacked.blob, lacked);
    }
  }
  std::vector<LackedAttachment> out;
  for (auto& [blob, each] : chosen) out.push_back(std::move(each));
  return out;
}

Result<bool> CarriedAttachments::open(const SpaceId& space, const Look& look, const BlobId& blob) {
  if (part_ && part_->id() == blob) return true;
  CUNJU_TRYV(close());
  if (closed_.contains(blob)) return false;
  Result<std::unique_ptr<PartialBlob>> part = folder_.resume(blob);
  if (part.has_error()) {
    const Errc code = part.error().code;
    // What was here and was wrong is gone: the next bundle begins anew.
    if (code != Errc::kExists && code != Errc::kTampered) return part.error();
    (code == Errc::kExists ? report_.busy : report_.partial).insert(blob);
    closed_.insert(blob);
    return false;
  }
  if (part.value()->missing() == 0) {
    report_.whole.insert(blob);
    return false;
  }
  const auto uncharged = look.wanted.uncharged.find(blob);
  if (uncharged != look.wanted.uncharged.end()) {
    CUNJU_TRYV(charges_.note(space, {.author = uncharged->second, .blob = blob}));
  }
  part_ = std::move(part).value();
  return true;
}

Result<void> CarriedAttachments::close() {
  if (!part_) return ok();
  const std::unique_ptr<PartialBlob> part = std::move(part_);
  closed_.insert(part->id());
  return part->sync();
}

Result<void> CarriedAttachments::take(const SpaceId& space, const bundle::CarriedChunk& chunk) {
  const BlobId& blob = chunk.blob;
  CUNJU_TRY(const Look* look, look_at(space));
  const std::span<const Referred> found = those_of(look->references, blob);
  if (found.empty()) {
    report_.unknown.insert(blob);
    return ok();
  }
  if (folder_.seems_whole(blob)) {
    if (!report_.whole.contains(blob)) report_.known.insert(blob);
    return ok();
  }
  const bool is_chosen = choice_ == CarryChoice::kAll ||
                         (choice_ == CarryChoice::kSmall && look->wanted.blobs.contains(blob));
  if (!is_chosen) {
    report_.left.insert(blob);
    return ok();
  }
  if (!attachment::is_chunk_of(blob, chunk.index, chunk.bytes, chunk.path))
    return fail(Errc::kTampered,
                "chunk " + std::to_string(chunk.index) + " of attachment " + blob.address.hex());
  CUNJU_TRY(const bool is_open, open(space, *look, blob));
  if (!is_open) return ok();
  if (part_->has(chunk.index)) {
    report_.known.insert(blob);
    return ok();
  }
  Result<void> kept = part_->put(chunk.index, chunk.bytes);
  if (kept.has_error()) {
    part_.reset();
    return kept;
  }
  report_.bytes += chunk.bytes.size();
  const bool is_whole = part_->missing() == 0;
  if (is_whole) part_.reset();
  report_.partial.insert(blob);
  if (!is_whole) return ok();
  report_.partial.erase(blob);
  report_.whole.insert(blob);
  return ok();
}

Result<CarriedReport> CarriedAttachments::finish() {
  const Result<void> closed = close();
  closed_.clear();
  // Parts of the next bundle may tell of more, though they are no new changes.
  looks_.clear();
  stored_.reset();
  CarriedReport out = std::exchange(report_, {});
  // Its chunks were here already, and others are not.
  for (auto each = out.known.begin(); each != out.known.end();) {
    if (!folder_.seems_whole(*each)) out.partial.insert(*each);
    each = folder_.seems_whole(*each) ? std::next(each) : out.known.erase(each);
  }
  if (closed.has_error()) return closed.error();
  return out;
}

}  // namespace cunju::attachments
