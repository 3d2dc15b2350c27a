// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scans.h"

#include <algorithm>

#include "node/attachments/attachment_standing.h"

namespace cunju::simulation {
namespace {

using attachments::BlobId;
using attachments::Referred;

constexpr std::size_t kFewBytes = 2'000;
constexpr std::size_t kManyBytes = 260'000;  ///< Four chunks.
constexpr std::string_view kFields[] = {"scan.1", "scan.2", "photo.1"};

/// The law once more, so that it is not asked of whom it binds.
bool is_entitled(Replication replication, const Scope& scope) {
  return replication == Replication::kFull ||
         (replication == Replication::kShell && scope == kOpenScope);
}

std::string name_of(const BlobId& blob) { return blob.address.hex().substr(0, 8); }

bool has_whole(Node& node, const BlobId& blob) { return node.blobs().open_blob(blob).has_value(); }

std::vector<Change> changes_at(Node& node, const SpaceId& space) {
  std::vector<Change> out;
  const Result<std::vector<sync::AuthorHead>> heads = node.replica().all_heads(space);
  if (heads.has_error()) return out;
  std::set<AuthorKey> authors;
  for (const sync::AuthorHead& head : heads.value()) authors.insert(head.author);
  for (const AuthorKey& author : authors) {
    (void)node.replica().scan_log(space, author, Seq{0}, [&](const Change& change) {
      out.push_back(change);
      return true;
    });
  }
  return out;
}

}  // namespace

std::optional<replica::ChangeDraft> Scans::draft(Node& node, const RecordId& record) {
  Dice& dice = context_.dice;
  const Scope scope = dice.one_in(3) ? kSealedScope : kOpenScope;
  Bytes value;
  const std::vector<Referred> here = node.references();
  if (!here.empty() && dice.one_in(6)) {
    value = dice.pick(here).value;
    ++context_.counts["attachments referred to again"];
  } else {
    const std::size_t most = dice.one_in(2) ? kManyBytes : kFewBytes;
    Bytes content(dice.between(1, most));
    crypto::SeededRandom(dice.below(1'000'000'000)).fill(content);
    Result<Bytes> sealed = node.seal(content);
    if (sealed.has_error()) {
      ++context_.counts["attachments that the disk refused"];
      if (!node.explains(sealed.error()))
        context_.fail(node.name() + " can't attach: " + sealed.error().context);
      return std::nullopt;
    }
    value = std::move(sealed).value();
  }
  drafted_ = attachment::find_reference(Value(value))->blob();
  Scan& scan = scans_[drafted_];
  scan.scopes.insert(scope);
  scan.reference = value;
  replica::ChangeDraft out;
  const std::string field(kFields[dice.below(std::size(kFields))]);
  out.parts.push_back({.record = record,
                       .registry = "minutes",
                       .scope = scope,
                       .operations = {test::set_field(field, value)}});
  return out;
}

void Scans::note_saved(Node& node, const ChangeId& id) {
  ++context_.counts["attachments"];
  scans_[drafted_].parts.emplace(id, std::uint16_t{0});
  if (has_whole(node, drafted_)) node.whole_blobs().insert(drafted_);
}

void Scans::choose_policy(Node& node) {
  constexpr std::uint64_t kEach[] = {0, 1'000, attachments::kFetchedEachBytes};
  attachments::FetchPolicy policy;
  policy.each = kEach[context_.dice.below(std::size(kEach))];
  ++context_.counts["policies of attachments"];
  if (attachments::save_policy(node.blobs().folder(), policy).has_error())
    context_.fail("a policy can't be saved");
}

void Scans::open_policies() {
  for (const std::unique_ptr<Node>& node : nodes_)
    if (attachments::save_policy(node->blobs().folder(), {}).has_error())
      context_.fail("a policy can't be saved");
}

void Scans::ask_for_one(Node& node) {
  const std::vector<Referred> here = node.references();
  if (here.empty()) return;
  const BlobId& blob = context_.dice.pick(here).blob;
  if (node.blobs().seems_whole(blob)) return;
  ++context_.counts["attachments asked for"];
  const Result<void> asked = node.blobs().want(blob.address);
  if (asked.has_error() && !node.explains(asked.error()))
    context_.fail("nobody can ask for an attachment: " + asked.error().context);
}

void Scans::take_orphans(Node& node) {
  // After an older copy was put back the documented thing is to exchange first.
  if (node.was_restored()) return;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator(node.blobs().folder(), failed))
    std::filesystem::last_write_time(
        entry.path(), std::filesystem::file_time_type::clock::now() - std::chrono::hours{24},
        failed);
  Result<attachments::AttachmentStanding> standing = attachments::look_at_attachments(
      node.replica(), node.blobs(), node.wants().charges(), context_.dice.one_in(2));
  if (standing.has_error()) {
    if (!node.explains(standing.error()))
      context_.fail("attachments can't be looked at: " + standing.error().context);
    return;
  }
  for (const attachments::StoredFiles& orphan : standing.value().orphans) {
    ++context_.counts["orphans taken away"];
    const Result<void> gone = node.blobs().destroy(orphan.address);
    if (gone.has_error() && !node.explains(gone.error()))
      context_.fail("an orphan can't be taken away: " + gone.error().context);
  }
}

bool Scans::may_have(Replication replication, const BlobId& blob) const {
  const auto scan = scans_.find(blob);
  return scan != scans_.end() && std::ranges::any_of(scan->second.scopes, [&](const Scope& scope) {
           return is_entitled(replication, scope);
         });
}

void Scans::note_written(Node& writer, const std::vector<peers::WrittenBundle>& bundles) {
  for (const peers::WrittenBundle& bundle : bundles) {
    std::size_t to = nodes_.size();
    for (const std::unique_ptr<Node>& node : nodes_)
      if (node->wire() == bundle.to.wire) to = node->index();
    const std::optional<AddNode> entry = writer.find_entry(bundle.to.wire);
    for (const peers::WrittenLetter& letter : bundle.letters) {
      for (const bundle::SpaceContent& space : letter.letter.spaces) {
        context_.counts["attachments written"] += space.attachments;
        context_.counts["lacking parts written"] += space.parts;
      }
      letters_[letter.letter.id] = {.from = writer.index(),
                                    .to = to,
                                    .replication = entry ? entry->replication : Replication::kFull};
    }
  }
}

void Scans::judge(Node& reader, const peers::StickReport& report) {
  for (const peers::ReadFile& file : report.files) {
    if (!file.letter) continue;
    const auto letter = letters_.find(file.letter->id);
    // A letter whose writing broke off after it had its name, and receipts by themselves.
    if (letter == letters_.end()) continue;
    if (letter->second.to != reader.index())
      context_.fail(reader.name() + " opens a letter for n" + std::to_string(letter->second.to));
    const attachments::CarriedReport& report_of = file.attachments;
    for (const auto* set : {&report_of.whole, &report_of.partial, &report_of.known, &report_of.left,
                            &report_of.unknown, &report_of.busy}) {
      for (const BlobId& blob : *set) {
        if (!may_have(letter->second.replication, blob))
          context_.fail(reader.name() + " was given attachment " + name_of(blob) +
                        ", which it may not have");
      }
    }
    for (const BlobId& blob : report_of.whole) reader.whole_blobs().insert(blob);
    context_.counts["attachments that came"] += report_of.whole.size();
    context_.counts["attachments that came in part"] += report_of.partial.size();
    context_.counts["attachments left"] += report_of.left.size();
    for (const auto& [space, parts] : file.annex.parts)
      context_.counts["parts filled in"] += parts.parts;
  }
}

void Scans::check_receipts(Node& node) {
  const peers::BundleContext at = node.bundle_context();
  const Result<std::vector<peers::BundlePeer>> peers =
      peers::all_bundle_peers(node.replica(), node.person().node.node(), {context_.space});
  if (peers.has_error() || peers.value().empty()) return;
  const auto receipts = peers::make_receipts(at, peers.value().front(), true);
  if (receipts.has_error()) return;
  for (const peers::SpaceReceipt& each : receipts.value()) {
    const Result<bundle::Receipt> receipt = bundle::decode_receipt(each.space, each.bytes);
    if (receipt.has_error() || !receipt.value().attachments) {
      context_.fail("a node's own receipt does not say what it lacks");
      continue;
    }
    std::set<BlobId> lacked;
    for (const bundle::LackedAttachment& one : *receipt.value().attachments)
      lacked.insert(one.blob);
    for (const Referred& one : node.references()) {
      ++context_.counts["attachments receipted"];
      if (!lacked.contains(one.blob) && !has_whole(node, one.blob))
        context_.fail(node.name() + " receipts attachment " + name_of(one.blob) +
                      ", which it has not stored");
    }
    const Result<replica::PartsStanding> standing = node.replica().parts_standing(context_.space);
    if (standing.has_value() && (standing.value().lacking > 0) == receipt.value().parts.empty())
      context_.fail(node.name() + " receipts parts that it lacks, or lacks what it has");
  }
}

bool Scans::is_lacked_in_vain(Node& node, const Change& change, std::size_t part) {
  return std::ranges::none_of(nodes_, [&](const std::unique_ptr<Node>& other) {
    if (other.get() == &node || !node.find_entry(other->wire()) || !other->find_entry(node.wire()))
      return false;
    bool has = false;
    (void)other->replica().scan_log(context_.space, change.header.author, change.header.seq,
                                    [&](const Change& theirs) {
                                      if (theirs.id != change.id)
                                        return theirs.header.seq == change.header.seq;
                                      has = theirs.parts.at(part).presence != Presence::kWithheld;
                                      return false;
                                    });
    return has;
  });
}

bool Scans::is_offered(Node& from, Node& to, const Referred& wanted) {
  const std::optional<AddNode> entry = from.find_entry(to.wire());
  if (!entry || !to.find_entry(from.wire()) || !has_whole(from, wanted.blob)) return false;
  return std::ranges::any_of(from.references(), [&](const Referred& each) {
    return each.blob == wanted.blob && is_entitled(entry->replication, each.scope);
  });
}

Scans::Missing Scans::find_missing(Node& node) {
  Missing out;
  const std::optional<AddNode> own = node.find_entry(node.wire());
  if (!own) return out;
  if (own->replication == Replication::kFull && !node.holds_all_parts()) {
    for (const Change& change : changes_at(node, context_.space))
      for (std::size_t i = 0; i < change.parts.size(); ++i)
        if (change.parts[i].presence == Presence::kWithheld && !is_lacked_in_vain(node, change, i))
          out.push_back(node.name() + " lacks part " + std::to_string(i) + " of " +
                        brief(change.id));
  }
  for (const Referred& wanted : node.references()) {
    if (node.blobs().seems_whole(wanted.blob)) continue;
    for (const std::unique_ptr<Node>& other : nodes_)
      if (other.get() != &node && is_offered(*other, node, wanted))
        out.push_back(node.name() + " has not got attachment " + name_of(wanted.blob) + " of " +
                      other->name());
  }
  return out;
}

bool Scans::is_settled() {
  return std::ranges::all_of(
      nodes_, [&](const std::unique_ptr<Node>& node) { return find_missing(*node).empty(); });
}

void Scans::note_differences() {
  for (const std::unique_ptr<Node>& node : nodes_)
    for (const std::string& line : find_missing(*node)) context_.note(line);
}

void Scans::check_kept(Node& node) {
  for (const Referred& each : node.references()) {
    const bool is_whole = has_whole(node, each.blob);
    if (is_whole) {
      ++context_.counts["attachments whole at rest"];
      node.whole_blobs().insert(each.blob);
    } else if (node.whole_blobs().contains(each.blob)) {
      context_.fail(node.name() + " lost attachment " + name_of(each.blob));
    }
  }
}

void Scans::check_erased(Node& node) {
  const Result<replica::ErasureReport> report = node.replica().erasures(context_.space);
  if (report.has_error()) return;
  std::set<std::pair<ChangeId, std::uint16_t>> gone;
  for (const replica::ErasureEntry& entry : report.value().acts) {
    if (entry.fate != Fate::kDestroyed) continue;
    ++context_.counts["acts that have erased"];
    if (entry.here > 0) context_.fail(node.name() + " still has what was erased");
    for (const ErasureTarget& target : entry.said.targets) gone.emplace(target.change, target.part);
  }
  for (const auto& [blob, scan] : scans_) {
    const bool is_erased =
        !scan.parts.empty() &&
        std::ranges::all_of(scan.parts, [&](const auto& part) { return gone.contains(part); });
    if (!is_erased) continue;
    ++context_.counts["attachments erased"];
    for (const attachments::StoredFiles& files : node.blobs().stored())
      if (files.address == blob.address)
        context_.fail(node.name() + " still has attachment " + name_of(blob) +
                      ", to which only what was erased referred");
  }
}

void Scans::check() {
  for (const std::unique_ptr<Node>& node : nodes_) {
    node->begin_command();
    check_kept(*node);
    check_erased(*node);
    check_receipts(*node);
    const std::optional<AddNode> entry = node->find_entry(node->wire());
    if (entry && entry->replication == Replication::kShell) ++context_.counts["shells at rest"];
  }
}

}  // namespace cunju::simulation
