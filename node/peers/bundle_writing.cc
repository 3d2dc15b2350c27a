// SPDX-License-Identifier: Apache-2.0
#include "node/peers/bundle_writing.h"

#include <algorithm>
#include <utility>

#include "crdt/base/check.h"
#include "net/bundle/annex_writer.h"
#include "net/bundle/bundle_limits.h"
#include "net/bundle/writer.h"

namespace cunju::peers {
namespace {

namespace fs = std::filesystem;

/// Both heads.
constexpr std::uint64_t kHeadBlocks = 2;

std::uint64_t file_bytes(std::uint64_t chunks, std::uint64_t slots = 0) {
  return (chunks + bundle::annex_blocks(slots) + kHeadBlocks) * bundle::kBlockBytes;
}

std::uint64_t slot_offset(std::uint64_t chunks, std::uint64_t slots) {
  return (1 + chunks) * bundle::kBlockBytes + slots * bundle::kSlotBytes;
}

/// Blocks between the heads of the longest letter that fits into so many bytes.
std::size_t blocks_for(std::uint64_t bytes) {
  if (bytes < kLeastStickBytes) return 0;
  const std::uint64_t blocks = std::min<std::uint64_t>(
      (bytes - kStickReserveBytes) / bundle::kBlockBytes, limits::kMaxBundleBlocks);
  return static_cast<std::size_t>(blocks - kHeadBlocks);
}

/// One recipient's bundle while it is written, or counted.
class Job {
 public:
  Job(const BundleContext& context, const BundlePeer& to, const WriteOptions& options)
      : context_(context), options_(options) {
    out_.to = to;
    spaces_ = {to.spaces.begin(), to.spaces.end()};
  }

  /// What the recipient has, and which part is next.
  Result<void> begin() {
    bundle_ = context_.random.make<bundle::BundleId>();
    CUNJU_TRY(before_, context_.book.unfinished(out_.to.node));
    if (options_.goes_on && before_) {
      if (!before_->spaces.empty())
        std::erase_if(out_.to.spaces,
                      [&](const SpaceId& space) { return !before_->spaces.contains(space); });
      spaces_ = {out_.to.spaces.begin(), out_.to.spaces.end()};
      bundle_ = before_->bundle;
      part_ = before_->next_part;
      known_ = before_->known;
      choice_ = before_->choice;
      place_ = before_->place;
    }
    if (options_.attachments) choice_.attachments = *options_.attachments;
    choice_.everything = choice_.everything || options_.everything;
    for (const SpaceId& space : spaces_) {
      // Also without a receipt: the next part must not look for one again.
      auto [logs, is_new] = known_.try_emplace(space);
      if (is_new && !choice_.everything) {
        CUNJU_TRY(const std::optional<bundle::Receipt> receipt,
                  context_.book.receipt(out_.to.node, space));
        if (receipt) logs->second = receipt->logs;
      }
      CUNJU_TRY(const sync::Have have, bundle::have_of(context_.replica, space, logs->second));
      CUNJU_TRY(const sync::Amount amount, context_.replica.measure_missing(space, have));
      estimated_bytes_ += amount.bytes;
    }
    CUNJU_TRY(tasks_, plan_annex(context_, out_.to, choice_));
    // Whatever was wanted, referred to or chosen since is not on the sticks before.
    if (place_) skips_before_ = before_->done == bundle::hash_of_tasks_before(tasks_, *place_);
    estimated_bytes_ += attachment_bytes(tasks_);
    return ok();
  }

  /// Writes letters into the folder until all is written or there is no room. `with_annex`: else
  /// changes alone.
  Result<void> write(const fs::path& folder, bool with_annex) {
    holds_annex_back_ = !with_annex;
    while (!is_complete_) {
      CUNJU_TRY(const std::uint64_t room, free_bytes(folder, options_.faults));
      CUNJU_TRY(const bool is_written, write_letter(folder, blocks_for(room)));
      if (!is_written) break;
    }
    holds_annex_back_ = false;
    return ok();
  }

  /// Counts the letters of all that is left.
  Result<void> count() {
    while (!is_complete_) {
      bundle::Writer writer = make_writer(limits::kMaxBundleBlocks - kHeadBlocks);
      CUNJU_TRY(const bool has_receipts, add_receipts(writer, true));
      CUNJU_CHECK(has_receipts, "an empty letter has room for receipts");
      for (;;) {
        CUNJU_TRY(const std::optional<Bytes> content, writer.next());
        if (!content) break;
      }
      bundle::AnnexWriter annex = make_annex(writer, limits::kMaxBundleBlocks - kHeadBlocks, true);
      for (;;) {
        CUNJU_TRY(const std::optional<Bytes> content, annex.next());
        if (!content) break;
      }
      if (!take(writer, annex, {})) return ok();
    }
    return ok();
  }

  /// Where the next stick begins, of what is not complete.
  UnfinishedBundle unfinished() const {
    UnfinishedBundle out{.bundle = bundle_,
                         .next_part = part_,
                         .spaces = out_.to.spaces,
                         .known = {},
                         .choice = choice_,
                         .place = place_,
                         .done = {}};
    if (place_) out.done = bundle::hash_of_tasks_before(tasks_, *place_);
    // Before the first part is there, what the recipient has is in its newest receipt.
    if (part_ > 1) out.known = known_;
    return out;
  }
  WrittenBundle& out() { return out_; }
  /// Of what is to be written, receipts and heads left out; more than it takes, as a rule.
  std::uint64_t estimated_bytes() const { return estimated_bytes_; }
  /// What was written since this was asked last, file by file.
  std::vector<WrittenFile> take_files() { return std::exchange(files_, {}); }
  /// What the book had noted of the recipient before.
  const std::optional<UnfinishedBundle>& before() const { return before_; }
  bool is_complete() const { return is_complete_; }

 private:
  bundle::Writer make_writer(std::size_t max_chunks) {
    return bundle::Writer(context_.replica, out_.to.wire, spaces_, known_, max_chunks);
  }

  /// What comes behind the chunks, in what is left of the blocks; nothing while changes are left.
  bundle::AnnexWriter make_annex(const bundle::Writer& writer, std::size_t max_blocks,
                                 bool is_dry_run) {
    bundle::AnnexOptions options{
        .from = place_, .skips_before = skips_before_, .is_dry_run = is_dry_run, .listed = {}};
    for (const bundle::SpaceContent& space : writer.contents()) options.listed.insert(space.space);
    if (writer.chunks() < max_blocks)
      options.max_slots = bundle::slots_in(max_blocks - writer.chunks());
    sync::AttachmentPort* port =
        context_.attachments == nullptr ? nullptr : &context_.attachments->depot;
    const std::span<const bundle::AnnexTask> tasks(tasks_);
    return bundle::AnnexWriter(context_.replica, port, out_.to.wire,
                               writer.is_last() && !holds_annex_back_ ? tasks : tasks.first(0),
                               std::move(options));
  }

  /// Only the first letter here has receipts. False: no room.
  Result<bool> add_receipts(bundle::Writer& writer, bool is_dry_run) {
    if (!out_.letters.empty()) return true;
    if (!receipts_) {
      CUNJU_TRY(receipts_, make_receipts(context_, out_.to, is_dry_run));
    }
    for (const SpaceReceipt& receipt : *receipts_)
      if (!writer.add_receipt(receipt.space, receipt.bytes)) return false;
    return true;
  }

  Result<void> open_file(const fs::path& folder, const std::string& name,
                         std::optional<BlockFile>& file) {
    if (file) return ok();
    CUNJU_TRY(BlockFile made, BlockFile::create(folder, name, options_.faults));
    file.emplace(std::move(made));
    return ok();
  }

  /// False: there was no room for anything, or nothing is lacking; nothing is written then.
  Result<bool> write_letter(const fs::path& folder, std::size_t max_blocks) {
    bundle::Writer writer = make_writer(max_blocks);
    CUNJU_TRY(const bool has_receipts, add_receipts(writer, false));
    if (!has_receipts) return false;
    CUNJU_TRY(bundle::Sealer sealer, bundle::Sealer::make(out_.to.wire, context_.random));
    const auto id = context_.random.make<bundle::LetterId>();
    const std::string name = stick_name(id.view(), kLetterSuffix);
    std::optional<BlockFile> file;
    for (;;) {
      CUNJU_TRY(const std::optional<Bytes> content, writer.next());
      if (!content) break;
      CUNJU_TRYV(open_file(folder, name, file));
      CUNJU_TRYV(file->write(writer.chunks(), sealer.seal_chunk(*content)));
      tell(writer.chunks(), 0);
    }
    bundle::AnnexWriter annex = make_annex(writer, max_blocks, false);
    for (;;) {
      CUNJU_TRY(const std::optional<Bytes> content, annex.next());
      if (!content) break;
      CUNJU_TRYV(open_file(folder, name, file));
      CUNJU_TRYV(file->write_at(slot_offset(writer.chunks(), annex.slots() - 1),
                                sealer.seal_slot(*content)));
      tell(writer.chunks(), annex.slots());
    }
    if (!take(writer, annex, name)) return false;
    out_.letters.back().letter.id = id;
    return finish_letter(sealer, *file);
  }

  /// Heads, what the book has to know of the letter, and its name.
  Result<bool> finish_letter(bundle::Sealer& sealer, BlockFile& file) {
    const bundle::Letter& letter = out_.letters.back().letter;
    const std::uint64_t bytes = out_.letters.back().bytes;
    const std::uint64_t end = slot_offset(letter.chunks, letter.slots);
    Bytes rest(static_cast<std::size_t>(bytes - bundle::kBlockBytes - end));
    context_.random.fill(rest);
    CUNJU_TRYV(file.write_at(end, rest));
    const Bytes head = sealer.seal_head(
        bundle::encode_letter(letter, context_.keys.node, out_.to.wire, sealer.ephemeral()));
    CUNJU_TRYV(file.write(0, head));
    CUNJU_TRYV(file.write(bytes / bundle::kBlockBytes - 1, head));
    done_bytes_ += bytes;
    // Remembered before anybody can answer it; a part is behind us once it can be read.
    CUNJU_TRYV(context_.book.note_letter(out_.to.node, letter.id));
    CUNJU_TRYV(note_outgoing(letter));
    CUNJU_TRY(out_.letters.back().read_back, file.finish());
    files_.push_back(file.written());
    if (is_complete_) {
      CUNJU_TRYV(context_.book.erase_unfinished(out_.to.node));
    } else {
      CUNJU_TRYV(context_.book.put_unfinished(out_.to.node, unfinished()));
    }
    return true;
  }

  Result<void> note_outgoing(const bundle::Letter& letter) {
    if (letter.spaces.empty()) return ok();  // Receipts alone.
    Outgoing out{.at_ms = letter.claimed_ms,
                 .kind = OutgoingKind::kLetter,
                 .to = out_.to.name.empty() ? out_.to.node.hex() : out_.to.name};
    for (const auto& content : letter.spaces) {
      CUNJU_TRY(const auto registries, context_.replica.registries(content.space));
      std::vector<std::string>& names = out.registries[content.space];
      for (const auto& [registry, records] : registries) names.push_back(registry);
    }
    return context_.book.note_outgoing(out);
  }

  /// What the writers have made is a letter, if there is anything in it.
  bool take(bundle::Writer& writer, const bundle::AnnexWriter& annex, std::string name) {
    is_complete_ = writer.is_last() && annex.is_last() && (tasks_.empty() || !holds_annex_back_);
    out_.unreadable.insert(annex.unreadable().begin(), annex.unreadable().end());
    std::map<SpaceId, bundle::SpaceContent> contents;
    for (const bundle::SpaceContent& each : writer.contents()) contents.emplace(each.space, each);
    for (const auto& [space, content] : annex.contents()) {
      bundle::SpaceContent& out = contents[space];
      out.space = space;
      out.attachments = content.attachments;
      out.attachment_bytes = content.attachment_bytes;
      out.parts = content.parts;
    }
    if (contents.empty()) return false;
    bundle::Letter letter{.id = {},
                          .bundle = bundle_,
                          .part = part_++,
                          .is_last = is_complete_,
                          .from = context_.keys.node.node(),
                          .from_wire = context_.keys.wire.wire(),
                          .claimed_ms = context_.claimed_ms,
                          .chunks = writer.chunks(),
                          .slots = annex.slots(),
                          .spaces = {}};
    for (const auto& [space, content] : contents) letter.spaces.push_back(content);
    out_.letters.push_back({.file = std::move(name),
                            .letter = std::move(letter),
                            .bytes = file_bytes(writer.chunks(), annex.slots())});
    known_ = writer.take_known();
    if (annex.place()) {
      place_ = annex.place();
      skips_before_ = true;
    }
    return true;
  }

  void tell(std::uint64_t chunks, std::uint64_t slots) const {
    const std::uint64_t done = done_bytes_ + file_bytes(chunks, slots);
    // Changes take less room in a letter than in the log, so this is seldom too little.
    if (options_.progress) options_.progress(done, std::max(done, estimated_bytes_));
  }

  const BundleContext& context_;
  const WriteOptions& options_;
  WrittenBundle out_;
  std::vector<SpaceId> spaces_;
  bundle::KnownSpaces known_;
  AnnexChoice choice_;
  std::vector<bundle::AnnexTask> tasks_;
  std::optional<bundle::AnnexPlace> place_;  ///< What was before it is written.
  bundle::BundleId bundle_;
  std::uint32_t part_ = 1;
  std::optional<std::vector<SpaceReceipt>> receipts_;
  std::vector<WrittenFile> files_;
  std::optional<UnfinishedBundle> before_;
  std::uint64_t done_bytes_ = 0;
  std::uint64_t estimated_bytes_ = 0;
  bool is_complete_ = false;
  bool holds_annex_back_ = false;
  bool skips_before_ = true;  ///< Nothing before place_ is left to be written.
};

/// Counts what a job has left, without a trace in it.
Result<void> note_missing(Job job, WrittenBundle& out) {
  const std::size_t before = job.out().letters.size();
  CUNJU_TRYV(job.count());
  for (std::size_t i = before; i < job.out().letters.size(); ++i) {
    const WrittenLetter& letter = job.out().letters[i];
    out.missing_bytes += letter.bytes;
    for (const bundle::SpaceContent& space : letter.letter.spaces) {
      out.missing.changes += space.changes;
      out.missing.bytes += space.bytes;
      out.missing.attachments += space.attachments;
      out.missing.attachment_bytes += space.attachment_bytes;
      out.missing.parts += space.parts;
    }
  }
  return ok();
}

/// The files of one run over all recipients, which a stick may lose one to another.
class Kept {
 public:
  Kept(const BundleContext& context, StickFaults* faults) : context_(context), faults_(faults) {}

  void note(Job& job) {
    for (const WrittenFile& file : job.take_files())
      files_.push_back({.file = file, .to = job.out().to.node, .before = job.before()});
  }
  /// All but the newest, which was read when it was finished. One that is not what was written
  /// goes, and the book is as if nothing had been written for its recipient. Errors: kTampered.
  Result<void> check() {
    std::optional<Error> failed;
    for (std::size_t i = 0; i + 1 < files_.size(); ++i) {
      CUNJU_TRYV(check(files_[i], failed));
    }
    return failed ? Result<void>(*failed) : ok();
  }
  /// All, after one was found not to be kept: that is the error, whatever else is found.
  Result<void> check_all() {
    std::optional<Error> failed;
    for (const File& each : files_) {
      CUNJU_TRYV(check(each, failed));
    }
    return ok();
  }

 private:
  struct File {
    WrittenFile file;
    NodeKey to;
    std::optional<UnfinishedBundle> before;
  };

  Result<void> check(const File& each, std::optional<Error>& failed) {
    const Result<ReadBack> back = each.file.read_back(each.file.path(), faults_);
    if (back.has_value()) return ok();
    failed = back.error();
    std::error_code ignored;
    fs::remove(each.file.path(), ignored);
    return each.before ? context_.book.put_unfinished(each.to, *each.before)
                       : context_.book.erase_unfinished(each.to);
  }

  const BundleContext& context_;
  StickFaults* faults_;
  std::vector<File> files_;
};

/// What the book is to say of recipients that got no letter in this run. That of the others it
/// says with their letters.
class Rests {
 public:
  explicit Rests(const BundleContext& context) : context_(context) {}

  void note(const Job& job, const WrittenBundle& written) {
    if (!written.letters.empty()) return;
    Rest rest{.to = written.to.node, .is_known = job.before().has_value(), .unfinished = {}};
    // Nothing is left also when it has reached the recipient some other way.
    if (written.missing_bytes > 0) rest.unfinished = job.unfinished();
    rests_.push_back(std::move(rest));
  }
  Result<void> save() {
    for (const Rest& rest : rests_) {
      if (rest.unfinished) {
        CUNJU_TRYV(context_.book.put_unfinished(rest.to, *rest.unfinished));
      } else if (rest.is_known) {
        CUNJU_TRYV(context_.book.erase_unfinished(rest.to));
      }
    }
    return ok();
  }

 private:
  struct Rest {
    NodeKey to;
    bool is_known = false;
    std::optional<UnfinishedBundle> unfinished;
  };

  const BundleContext& context_;
  std::vector<Rest> rests_;
};

/// What one run has for each of its recipients, in order.
using Jobs = std::vector<Job>;

/// For each what there is room for. Errors: those of write_bundles.
Result<void> write_each(Jobs& jobs, const fs::path& folder, bool with_annex, Kept& kept) {
  for (Job& job : jobs) {
    const Result<void> written = job.write(folder, with_annex);
    kept.note(job);
    if (written.has_error() && written.error().code == Errc::kTampered) {
      CUNJU_TRYV(kept.check_all());
    }
    CUNJU_TRYV(written);
  }
  return ok();
}

/// Where there is room for all, each gets one bundle; else attachments wait until everybody's
/// changes are written, which takes a letter more for each.
Result<void> write_all(Jobs& jobs, const fs::path& folder, StickFaults* faults, Kept& kept) {
  CUNJU_TRY(const std::uint64_t room, free_bytes(folder, faults));
  std::uint64_t bytes = 0;
  for (const Job& job : jobs) bytes += job.estimated_bytes() + kLeastStickBytes;
  if (jobs.size() > 1 && bytes > room) {
    CUNJU_TRYV(write_each(jobs, folder, false, kept));
  }
  return write_each(jobs, folder, true, kept);
}

}  // namespace

Result<std::vector<WrittenBundle>> write_bundles(const BundleContext& context,
                                                 const std::vector<BundlePeer>& recipients,
                                                 const fs::path& dir, const WriteOptions& options) {
  std::vector<WrittenBundle> out;
  std::optional<OpenStick> stick;
  if (!options.is_dry_run) {
    CUNJU_TRY(OpenStick opened, open_stick(dir, options.faults));
    stick.emplace(std::move(opened));
  }
  Jobs jobs;
  for (const BundlePeer& recipient : recipients) {
    Job job(context, recipient, options);
    CUNJU_TRYV(job.begin());
    jobs.push_back(std::move(job));
  }
  Kept kept(context, options.faults);
  if (stick) {
    CUNJU_TRYV(write_all(jobs, stick->folder, options.faults, kept));
  }
  Rests rests(context);
  for (Job& job : jobs) {
    if (options.is_dry_run) {
      CUNJU_TRYV(job.count());
    }
    WrittenBundle written = job.out();
    if (!job.is_complete()) {
      CUNJU_TRYV(note_missing(job, written));
    }
    rests.note(job, written);
    out.push_back(std::move(written));
  }
  // A stick that has not kept what it took is written again as before, for everybody.
  CUNJU_TRYV(kept.check());
  if (!options.is_dry_run) {
    CUNJU_TRYV(rests.save());
  }
  return out;
}

std::string receipt_file_name(const BundleContext& context, const NodeKey& to) {
  const Hash hash = crypto::keyed_hash(context.keys.storage.view(),
                                       {crypto::label("cunju receipts 1"), to.view()});
  return stick_name(hash.view(), kReceiptSuffix);
}

Result<std::string> write_receipts(const BundleContext& context, const BundlePeer& to,
                                   const fs::path& dir, StickFaults* faults) {
  CUNJU_TRY(const OpenStick stick, open_stick(dir, faults));
  CUNJU_TRY(const std::vector<SpaceReceipt> receipts, make_receipts(context, to, false));
  bundle::Writer writer(context.replica, to.wire, {}, {}, limits::kMaxBundleBlocks - kHeadBlocks);
  for (const SpaceReceipt& receipt : receipts)
    if (!writer.add_receipt(receipt.space, receipt.bytes))
      return fail(Errc::kLimit, "kMaxBundleBlocks");
  CUNJU_TRY(bundle::Sealer sealer, bundle::Sealer::make(to.wire, context.random));
  const std::string name = receipt_file_name(context, to.node);
  CUNJU_TRY(BlockFile file, BlockFile::create(stick.folder, name, faults));
  for (;;) {
    CUNJU_TRY(const std::optional<Bytes> content, writer.next());
    if (!content) break;
    CUNJU_TRYV(file.write(writer.chunks(), sealer.seal_chunk(*content)));
  }
  const bundle::Letter letter{.id = context.random.make<bundle::LetterId>(),
                              .bundle = context.random.make<bundle::BundleId>(),
                              .from = context.keys.node.node(),
                              .from_wire = context.keys.wire.wire(),
                              .claimed_ms = context.claimed_ms,
                              .chunks = writer.chunks(),
                              .slots = 0,
                              .spaces = {}};
  const Bytes head = sealer.seal_head(
      bundle::encode_letter(letter, context.keys.node, to.wire, sealer.ephemeral()));
  CUNJU_TRYV(file.write(0, head));
  CUNJU_TRYV(file.write(letter.chunks + 1, head));
  CUNJU_TRY(const ReadBack back, file.finish());
  (void)back;
  return name;
}

}  // namespace cunju::peers
