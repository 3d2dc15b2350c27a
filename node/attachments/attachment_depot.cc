// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/attachment_depot.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/disk_reserve.h"

namespace cunju::attachments {
namespace {

/// After so many looks it is noted up to where they went, also if they have found nothing new: what
/// was written since is looked at again by the next program.
constexpr std::size_t kMostUnsaved = 16;

/// Reading the records again takes at most a part of a node's time, however often they change.
constexpr int kIndexShare = 20;

/// Of the key that reads, and of what this program takes for a field of attachments.
Hash digest_of_reader(const AuthorKey& reader, const registry::Catalog& builtin) {
  Bytes fields;
  for (const registry::Catalog::Item& item : builtin.all()) {
    for (const registry::FieldDefinition& field : item.definition.fields) {
      if (field.kind == registry::FieldKind::kBlob)
        append(fields, as_bytes(item.definition.id + "." + field.id + "\n"));
    }
  }
  return crypto::hash({reader.view(), fields});
}

}  // namespace

AttachmentDepot::AttachmentDepot(replica::Replica& replica, BlobFolder& folder, WantBook& book,
                                 const AuthorKey& reader, std::function<sync::Time()> now)
    : replica_(replica),
      folder_(folder),
      book_(book),
      now_(std::move(now)),
      builtin_(registry::Catalog::builtin()),
      reader_(digest_of_reader(reader, builtin_)) {}

AttachmentDepot::~AttachmentDepot() { save(); }
bool may_have(Replication replication, Scope scope) {
  if (replication == Replication::kWitness) return false;
  return scope == kOpenScope || replication == Replication::kFull;
}

// To read the built-in definitions takes longer than to look at a small space.
Result<std::vector<Referred>> AttachmentDepot::read_references(const SpaceId& space) {
  ++reads_;
  bool has_own = false;
  CUNJU_TRYV(replica_.scan_scopes(space, kDefinitionRegistry, [&](const auto&, auto) {
    has_own = true;
    return false;
  }));
  if (!has_own) return find_references(replica_, space, builtin_);
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(replica_, space));
  return find_references(replica_, space, catalog);
}

Result<const AttachmentDepot::Index*> AttachmentDepot::index_of(const SpaceId& space,
                                                                bool at_once) {
  CUNJU_TRY(const std::uint64_t position, replica_.position());
  const sync::Time start = now_();
  auto found = indexes_.find(space);
  if (found != indexes_.end()) {
    const Index& known = found->second;
    const bool is_due = at_once || start - known.read_at >= known.cost * kIndexShare;
    if (known.position == position || !is_due) return &known;
  }
  Index fresh{.position = position, .read_at = start, .cost = {}, .references = {}};
  CUNJU_TRY(fresh.references, read_references(space));
  fresh.cost = now_() - start;
  return &indexes_.insert_or_assign(space, std::move(fresh)).first->second;
}

Result<AttachmentDepot::Plan*> AttachmentDepot::plan_of(const SpaceId& space) {
  CUNJU_TRY(const Index* index, index_of(space, false));
  const sync::Time now = now_();
  auto found = plans_.find(space);
  if (found != plans_.end() && found->second.position == index->position &&
      now - found->second.made_at < kLookAgain)
    return &found->second;
  Plan plan{.position = index->position, .made_at = now, .missing = {}, .uncharged = {}};
  CUNJU_TRY(Wanted wanted,
            choose_wanted(space, index->references, folder_, book_.charges(), stored_bytes()));
  plan.missing = std::move(wanted.blobs);
  plan.uncharged = std::move(wanted.uncharged);
  return &plans_.insert_or_assign(space, std::move(plan)).first->second;
}

std::uint64_t AttachmentDepot::stored_bytes() {
  const sync::Time now = now_();
  if (!stored_ || now - stored_->first >= kLookAgain) stored_ = {now, folder_.stored_bytes()};
  return stored_->second;
}

bool AttachmentDepot::is_absent(const WireKey& peer, const BlobId& blob) const {
  auto found = absent_.find(peer);
  return found != absent_.end() && found->second.contains(blob);
}

void AttachmentDepot::open_book() {
  if (std::exchange(is_open_, true)) return;
  // Also of a folder that was lost with all that was in it. On a full disk there is none, and
  // everything is looked at each time.
  if (folder_.asks() == Asks{}) (void)note_asked(folder_.folder());
  const Result<std::optional<Look>> look = book_.last_look();
  const Result<std::vector<SpaceId>> wanting = book_.wanting();
  const Result<replica::Fillings> filled = book_.looked_fillings();
  if (look.has_error() || wanting.has_error() || filled.has_error()) return;
  look_ = noted_ = look.value();
  filled_ = filled.value();
  wanting_.insert(wanting.value().begin(), wanting.value().end());
}

void AttachmentDepot::take_due() {
  const Result<replica::Fillings> now = book_.fillings();
  if (now.has_error()) return;
  for (const auto& [space, count] : now.value()) {
    const auto known = filled_.find(space);
    if (known != filled_.end() && known->second == count) continue;
    due_.insert_or_assign(space, count);
    // Filling in parts moves no position.
    indexes_.erase(space);
  }
}

// A position that this store has not reached is of another one, in whose place a copy was put.
bool AttachmentDepot::knows(std::uint64_t position) const {
  return look_ && look_->reader == reader_ && look_->position <= position;
}

Result<std::set<SpaceId>> AttachmentDepot::find_due(std::uint64_t position, const Asks& asks) {
  std::set<SpaceId> out;
  for (const auto& [space, count] : due_) out.insert(space);
  std::optional<std::set<SpaceId>> written;
  if (knows(position)) {
    CUNJU_TRY(written, replica_.spaces_since(look_->position));
  }
  Result<std::vector<SpaceId>> referring = std::vector<SpaceId>();
  if (written && (look_->asks != asks || asks == Asks{})) {
    for (const auto& [space, found] : unsaved_)
      if (found.refers) out.insert(space);
    referring = book_.referring();
  }
  if (!written || referring.has_error()) {
    CUNJU_TRY(const std::vector<SpaceId> all, replica_.spaces());
    out.insert(all.begin(), all.end());
    return out;
  }
  out.insert(written->begin(), written->end());
  out.insert(referring.value().begin(), referring.value().end());
  return out;
}

bool AttachmentDepot::knows_all_asked() const {
  std::set<Address> asked = folder_.wanted();
  for (const auto& [space, index] : indexes_)
    for (const Referred& each : index.references) asked.erase(each.blob.address);
  return asked.empty();
}

void AttachmentDepot::note_finding(const SpaceId& space, const SpaceFinding& found) {
  if (found.wants) {
    wanting_.insert(space);
  } else {
    wanting_.erase(space);
  }
  unsaved_[space] = found;
}

Result<void> AttachmentDepot::look_at(const SpaceId& space, bool at_once, std::uint64_t& position) {
  CUNJU_TRY(const Index* index, index_of(space, at_once));
  position = std::min(position, index->position);
  const bool refers = !index->references.empty();
  plans_.erase(space);
  CUNJU_TRY(const Plan* plan, plan_of(space));
  note_finding(space, {.refers = refers, .wants = !plan->missing.empty()});
  return ok();
}

Result<std::vector<SpaceId>> AttachmentDepot::wanting_spaces() {
  open_book();
  take_due();
  CUNJU_TRY(const std::uint64_t position, replica_.position());
  Look now{.position = position, .asks = folder_.asks(), .reader = reader_};
  if (look_ != now || now.asks == Asks{} || !due_.empty()) {
    const bool is_asked = look_ && look_->asks != now.asks;
    CUNJU_TRY(const std::set<SpaceId> due, find_due(position, now.asks));
    for (const SpaceId& space : due) {
      CUNJU_TRYV(look_at(space, due_.contains(space), now.position));
    }
    // Of what somebody asks for a record was here to be read, whatever is remembered.
    if (is_asked && !knows_all_asked()) {
      CUNJU_TRY(const std::vector<SpaceId> all, replica_.spaces());
      for (const SpaceId& space : all) {
        if (due.contains(space)) continue;
        CUNJU_TRYV(look_at(space, true, now.position));
      }
    }
    // What is not read again for a while is looked at again until it is.
    if (knows(position)) now.position = std::max(now.position, look_->position);
    look_ = now;
    const bool was_due = !due_.empty();
    for (const auto& [space, count] : std::exchange(due_, {}))
      filled_[space] = looked_[space] = count;
    if (was_due || unsaved_.size() >= kMostUnsaved) save();
  }
  return std::vector<SpaceId>(wanting_.begin(), wanting_.end());
}

void AttachmentDepot::save() {
  if (!look_ || unsaved_.empty()) return;
  if (noted_ && unsaved_.size() < kMostUnsaved) {
    const Result<bool> is_known = book_.says(unsaved_, looked_);
    if (is_known.has_value() && is_known.value()) return;
  }
  const Result<Look> noted = book_.note(noted_, *look_, unsaved_, looked_);
  if (noted.has_error()) return;
  look_ = noted_ = noted.value();
  unsaved_.clear();
  looked_.clear();
}

Result<bool> AttachmentDepot::charge(const SpaceId& space, Plan& plan, const BlobId& blob) {
  const auto found = plan.uncharged.find(blob);
  if (found == plan.uncharged.end()) return true;
  const Result<void> noted = book_.charges().note(space, {.author = found->second, .blob = blob});
  if (noted.has_error() && noted.error().code == Errc::kDiskFull) return false;
  CUNJU_TRYV(noted);
  plan.uncharged.erase(found);
  return true;
}

Result<AttachmentDepot::Taking*> AttachmentDepot::taking_of(const BlobId& blob) {
  auto found = takings_.find(blob);
  if (found != takings_.end()) return &found->second;
  // Each has files open.
  if (takings_.size() >= limits::kMaxOpenAttachments) return nullptr;
  // What is here in part waits as well, unless all of it is here: to open it costs hashing it.
  if (!require_room(folder_.folder(), attachment::chunk_bytes(blob.bytes, 0)) &&
      folder_.bytes_here(blob) < blob.bytes)
    return nullptr;
  Result<std::unique_ptr<PartialBlob>> part = folder_.resume(blob);
  // Whole meanwhile, or another process takes it. What was here and was wrong is gone: the next
  // time begins anew.
  // On a disk that is full but for its reserve records go on.
  if (part.has_error() &&
      (part.error().code == Errc::kExists || part.error().code == Errc::kTampered ||
       part.error().code == Errc::kDiskFull))
    return nullptr;
  if (part.has_error()) return part.error();
  if (part.value()->missing() == 0) return nullptr;
  Taking taking;
  taking.part = std::move(part).value();
  return &takings_.emplace(blob, std::move(taking)).first->second;
}

bool AttachmentDepot::Taking::owes(const WireKey& peer) const {
  return std::ranges::any_of(asked, [&](const auto& each) {
    return each.second.peer == peer || each.second.late.contains(peer);
  });
}

bool AttachmentDepot::Asked::drop(const WireKey& gone) {
  late.erase(gone);
  if (peer != gone) return false;
  if (late.empty()) return true;
  // Who was late may still come; another one need not wait for that again.
  peer = *late.begin();
  late.erase(late.begin());
  at = sync::Time(0);
  return false;
}

void AttachmentDepot::Taking::forget(const WireKey& peer) {
  for (auto each = asked.begin(); each != asked.end();)
    each = each->second.drop(peer) ? asked.erase(each) : std::next(each);
}

bool AttachmentDepot::is_free(const Taking& taking, const BlobId& blob, std::uint32_t index,
                              const WireKey& peer) const {
  if (index >= attachment::chunk_count(blob.bytes) || taking.part->has(index)) return false;
  const auto asked = taking.asked.find(index);
  if (asked == taking.asked.end()) return true;
  const Asked& known = asked->second;
  return known.peer != peer && !known.late.contains(peer) && now_() - known.at >= kAnswerTime;
}

void AttachmentDepot::ask(Taking& taking, std::uint32_t index, const WireKey& peer) {
  auto [asked, is_first] = taking.asked.try_emplace(index);
  if (!is_first) {
    late_.insert(asked->second.peer);
    asked->second.late.insert(asked->second.peer);
  }
  asked->second.peer = peer;
  asked->second.at = now_();
}

Result<std::optional<sync::ChunkRange>> AttachmentDepot::next_range(const WireKey& peer,
                                                                    std::span<const SpaceId> spaces,
                                                                    std::size_t max_chunks) {
  if (late_.contains(peer)) {
    const auto owes = [&](const auto& each) { return each.second.owes(peer); };
    if (std::ranges::any_of(takings_, owes)) return std::optional<sync::ChunkRange>();
    max_chunks = 1;
  }
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Plan * plan, plan_of(space));
    if (plan->missing.empty()) note_finding(space, {.refers = true, .wants = false});
    for (const BlobId& blob : plan->missing) {
      if (is_absent(peer, blob)) continue;
      CUNJU_TRY(const bool is_charged, charge(space, *plan, blob));
      if (!is_charged) continue;
      CUNJU_TRY(Taking * taking, taking_of(blob));
      if (taking == nullptr) continue;
      const std::uint32_t chunks = attachment::chunk_count(blob.bytes);
      const auto is_free = [&](std::uint32_t index) {
        return this->is_free(*taking, blob, index, peer);
      };
      sync::ChunkRange range{.space = space, .blob = blob, .first = 0, .count = 0};
      if (resumed_[peer].insert(blob).second) {
        std::optional<Beginning> kept = folder_.take_beginning(blob, peer);
        if (kept && is_free(kept->chunk)) {
          range.first = kept->chunk;
          range.beginning = std::move(kept->pieces);
        }
      }
      std::uint32_t& first = range.first;
      while (first < chunks && !is_free(first)) ++first;
      while (range.count < max_chunks && is_free(first + range.count))
        ask(*taking, first + range.count++, peer);
      if (range.count > 0) return std::optional(range);
    }
  }
  return std::optional<sync::ChunkRange>();
}

Result<std::uint64_t> AttachmentDepot::bytes_left(const WireKey& peer,
                                                  std::span<const SpaceId> spaces) {
  std::set<BlobId> missing;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const Plan* plan, plan_of(space));
    missing.insert(plan->missing.begin(), plan->missing.end());
  }
  std::uint64_t out = 0;
  for (const BlobId& blob : missing) {
    if (is_absent(peer, blob)) continue;
    out += blob.bytes;
    const auto taking = takings_.find(blob);
    if (taking == takings_.end()) continue;
    for (std::uint32_t i = 0; i < attachment::chunk_count(blob.bytes); ++i)
      if (taking->second.part->has(i)) out -= attachment::chunk_bytes(blob.bytes, i);
  }
  return out;
}

Result<void> AttachmentDepot::take_chunk(const WireKey& peer, const sync::ChunkRange& place,
                                         std::uint32_t index, ByteView chunk,
                                         const std::vector<Hash>& path) {
  auto found = takings_.find(place.blob);
  // Destroyed, or given up after a full disk, while it was on its way.
  if (found == takings_.end()) return ok();
  Taking& taking = found->second;
  auto asked = taking.asked.find(index);
  const bool is_asked = asked != taking.asked.end() &&
                        (asked->second.peer == peer || asked->second.late.contains(peer));
  if (!is_asked) return ok();
  if (!attachment::is_chunk_of(place.blob, index, chunk, path)) {
    if (asked->second.drop(peer)) taking.asked.erase(asked);
    return fail(Errc::kTampered,
                "chunk " + std::to_string(index) + " of attachment " + place.blob.address.hex());
  }
  taking.asked.erase(asked);
  Result<void> kept = taking.part->put(index, chunk);
  if (!kept || taking.part->missing() == 0) takings_.erase(found);
  if (!kept) return kept;
  if (folder_.seems_whole(place.blob)) {
    for (auto& [space, plan] : plans_) plan.missing.erase(place.blob);
  }
  return ok();
}

void AttachmentDepot::keep_beginning(const WireKey& peer, const BlobId& blob, std::uint32_t index,
                                     ByteView pieces) {
  const auto found = takings_.find(blob);
  // Nothing is written of what was destroyed, or came some other way, while it was on its way.
  if (found == takings_.end() || !found->second.part->is_kept() || found->second.part->has(index))
    return;
  // On a full disk it is fetched again.
  (void)folder_.keep_beginning(blob, peer, {.chunk = index, .pieces = to_bytes(pieces)});
}

void AttachmentDepot::note_absent(const WireKey& peer, const BlobId& blob) {
  absent_[peer].insert(blob);
  auto found = takings_.find(blob);
  if (found == takings_.end()) return;
  found->second.forget(peer);
  if (!found->second.asked.empty()) return;
  found->second.part->drop_if_empty();
  takings_.erase(found);
}

void AttachmentDepot::note_gone(const WireKey& peer) {
  absent_.erase(peer);
  resumed_.erase(peer);
  late_.erase(peer);
  save();
  // What nobody brings is closed, so that another process of this home can go on with it.
  for (auto each = takings_.begin(); each != takings_.end();) {
    each->second.forget(peer);
    if (!each->second.asked.empty()) {
      ++each;
      continue;
    }
    each->second.part->drop_if_empty();
    each = takings_.erase(each);
  }
}

Result<bool> AttachmentDepot::may_have(const WireKey& peer, const SpaceId& space,
                                       const BlobId& blob, bool at_once) {
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica_.roster(space));
  const AddNode* node = roster->find_wire(peer);
  if (node == nullptr || node->replication == Replication::kWitness) return false;
  CUNJU_TRY(const Index* index, index_of(space, at_once));
  return std::ranges::any_of(those_of(index->references, blob), [&](const Referred& each) {
    return attachments::may_have(node->replication, each.scope);
  });
}

void AttachmentDepot::tell_damage(const WireKey& peer, const BlobId& blob, const Error& why) {
  if (why.code == Errc::kNotFound || !on_damage_ || !told_damage_.insert(blob).second) return;
  on_damage_(peer, why);
}

Result<std::optional<sync::ChunkWithPath>> AttachmentDepot::find_chunk(const WireKey& peer,
                                                                       const SpaceId& space,
                                                                       const BlobId& blob,
                                                                       std::uint32_t index) {
  std::optional<sync::ChunkWithPath> out;
  CUNJU_TRY(bool may, may_have(peer, space, blob, false));
  // The record that refers to it may have gone to the peer a moment ago.
  if (!may) {
    CUNJU_TRY(may, may_have(peer, space, blob, true));
  }
  if (!may) return out;
  const Result<std::shared_ptr<const StoredBlob>> stored = folder_.open_blob(blob);
  if (stored.has_error()) tell_damage(peer, blob, stored.error());
  if (stored.has_error() || index >= attachment::chunk_count(blob.bytes)) return out;
  Result<Bytes> chunk = stored.value()->read_chunk(index);
  if (chunk.has_error()) {
    tell_damage(peer, blob, chunk.error());
    return out;
  }
  out = sync::ChunkWithPath{.chunk = std::move(chunk).value(),
                            .path = stored.value()->tree().path(index)};
  return out;
}

}  // namespace cunju::attachments
