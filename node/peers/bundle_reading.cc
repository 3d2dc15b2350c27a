// SPDX-License-Identifier: Apache-2.0
#include "node/peers/bundle_reading.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include "net/bundle/bundle_limits.h"
#include "node/peers/bundle_writing.h"

namespace cunju::peers {
namespace {

namespace fs = std::filesystem;

/// A file with what it takes to open its chunks. It is closed meanwhile: a stick may have more
/// files than a process may hold open.
struct OpenedFile {
  ReadFile file;
  std::optional<bundle::Opener> opener;
};

std::uint64_t annex_offset(const bundle::Letter& letter) {
  return (1 + std::uint64_t{letter.chunks}) * bundle::kBlockBytes;
}

/// Its state, from both heads: one of them is enough.
FileState open_heads(const BundleContext& context, const BlockSource& source, OpenedFile& out) {
  const std::optional<Bytes> first = source.read(0);
  const std::optional<Bytes> last =
      source.blocks() > 1 ? source.read(source.blocks() - 1) : std::nullopt;
  std::optional<Errc> error;
  for (const std::optional<Bytes>* head : {&first, &last}) {
    if (!*head) continue;
    Result<bundle::Opener> opener = bundle::Opener::open(context.keys.wire, **head);
    if (opener.has_error()) {
      // The end of a file that was cut off looks like none; the first head says more.
      if (!error || *error == Errc::kMalformed) error = opener.error().code;
      continue;
    }
    Result<Bytes> text = opener.value().open_letter(**head);
    if (text.has_error()) {
      error = Errc::kIo;
      continue;
    }
    Result<bundle::Letter> letter =
        bundle::decode_letter(text.value(), context.keys.wire.wire(), opener.value().ephemeral());
    if (letter.has_error())
      return letter.error().code == Errc::kBadSignature ? FileState::kForged : FileState::kDamaged;
    out.opener = std::move(opener).value();
    out.file.letter = std::move(letter).value();
    return FileState::kReadable;
  }
  if (error == Errc::kUnsupported) return FileState::kNewerProgram;
  if (error == Errc::kTampered) {
    // Both heads are the same: whoever can open it, nothing has happened to it.
    const bool is_whole = first && last && equal(*first, *last);
    return is_whole ? FileState::kNotForUs : FileState::kDamaged;
  }
  return error == Errc::kMalformed ? FileState::kForeign : FileState::kDamaged;
}

Result<OpenedFile> open_file(const BundleContext& context, const StickFile& file,
                             StickFaults* faults) {
  OpenedFile out;
  out.file.file = file;
  Result<BlockSource> source = BlockSource::open(file.path, faults);
  if (source.has_error()) return out;
  if (source.value().blocks() == 0) {
    out.file.state = FileState::kForeign;
    return out;
  }
  out.file.state = open_heads(context, source.value(), out);
  if (out.file.state != FileState::kReadable) return out;
  const bundle::Letter& letter = *out.file.letter;
  CUNJU_TRY(out.file.from, find_bundle_peer(context.replica, letter.from, letter.from_wire));
  if (!out.file.from) out.file.state = FileState::kUnknownWriter;
  const std::uint64_t there = source.value().blocks() - 1;
  out.file.missing_chunks = letter.chunks > there ? letter.chunks - there : 0;
  const std::uint64_t annex = annex_offset(letter);
  const std::uint64_t bytes = source.value().bytes();
  const std::uint64_t slots =
      bytes > annex ? (bytes - annex) / bundle::kSlotBytes : std::uint64_t{0};
  out.file.missing_slots = letter.slots > slots ? letter.slots - slots : 0;
  return out;
}

/// Those that can be read first, in the order in which they were written.
bool is_before(const OpenedFile& a, const OpenedFile& b) {
  auto place = [](const OpenedFile& file) {
    const bundle::Letter letter = file.file.letter.value_or(bundle::Letter{});
    return std::tuple(!file.file.letter.has_value(), letter.from, letter.claimed_ms, letter.bundle,
                      letter.part, file.file.file.name);
  };
  return place(a) < place(b);
}

class StickReader {
 public:
  StickReader(const BundleContext& context, const fs::path& dir, const ReadOptions& options)
      : context_(context), dir_(dir), options_(options) {}

  Result<void> open() {
    CUNJU_TRY(out_.listing, list_stick(dir_, options_.faults));
    for (const StickFile& file : out_.listing.files) {
      CUNJU_TRY(OpenedFile opened, open_file(context_, file, options_.faults));
      opened_.push_back(std::move(opened));
    }
    CUNJU_TRYV(tell_own());
    std::ranges::sort(opened_, is_before);
    for (const OpenedFile& file : opened_)
      if (file.file.state == FileState::kReadable)
        total_bytes_ += file.file.letter->chunks * std::uint64_t{bundle::kBlockBytes} +
                        file.file.letter->slots * std::uint64_t{bundle::kSlotBytes};
    return ok();
  }

  /// `receipts_only`: of letters with changes nothing is taken.
  Result<void> read(bool receipts_only) {
    for (OpenedFile& file : opened_) {
      if (file.file.state != FileState::kReadable) continue;
      CUNJU_TRYV(read_letter(file, receipts_only));
    }
    for (OpenedFile& file : opened_) {
      if (file.file.state != FileState::kUnknownWriter) continue;
      CUNJU_TRYV(read_unknown(file, receipts_only));
    }
    return ok();
  }

  /// States what is here now, remembers what was read, and writes receipts.
  Result<void> answer() {
    std::map<NodeKey, std::pair<BundlePeer, std::vector<bundle::LetterId>>> writers;
    std::set<SpaceId> spaces;
    for (const OpenedFile& file : opened_) {
      if (file.file.state != FileState::kReadable || file.file.letter->spaces.empty()) continue;
      auto& [peer, letters] = writers[file.file.letter->from];
      peer = *file.file.from;
      letters.push_back(file.file.letter->id);
      for (const auto& [space, report] : file.file.taken.spaces) spaces.insert(space);
    }
    for (const SpaceId& space : spaces) state(space);
    for (const auto& [node, writer] : writers) {
      CUNJU_TRYV(context_.book.note_read(node, writer.second));
      if (!options_.answers) continue;
      // The roster may know the writer's other spaces by now.
      CUNJU_TRY(std::optional<BundlePeer> peer,
                find_bundle_peer(context_.replica, node, writer.first.wire));
      if (!peer) continue;
      Result<std::string> name = write_receipts(context_, *peer, dir_, options_.faults);
      if (name.has_value()) {
        out_.answered.emplace(name.value(), *peer);
      } else {
        out_.not_answered = name.error();
      }
    }
    return ok();
  }

  StickReport report() {
    for (OpenedFile& file : opened_) out_.files.push_back(std::move(file.file));
    return std::move(out_);
  }

 private:
  /// What this node wrote it can't open either: it knows its names.
  Result<void> tell_own() {
    std::set<std::string> own;
    CUNJU_TRY(const std::vector<bundle::LetterId> letters, context_.book.all_letters());
    for (const bundle::LetterId& letter : letters)
      own.insert(stick_name(letter.view(), kLetterSuffix));
    CUNJU_TRY(const std::vector<SpaceId> spaces, context_.replica.spaces());
    CUNJU_TRY(const std::vector<BundlePeer> peers,
              all_bundle_peers(context_.replica, context_.keys.node.node(), spaces));
    for (const BundlePeer& peer : peers) own.insert(receipt_file_name(context_, peer.node));
    for (OpenedFile& file : opened_)
      if (file.file.state == FileState::kNotForUs && own.contains(file.file.file.name))
        file.file.state = FileState::kOwn;
    return ok();
  }

  /// The roster that names a writer may have come with the others, or be in its own letter.
  Result<void> read_unknown(OpenedFile& file, bool receipts_only) {
    const bundle::Letter& letter = *file.file.letter;
    auto find = [&] { return find_bundle_peer(context_.replica, letter.from, letter.from_wire); };
    CUNJU_TRY(file.file.from, find());
    if (file.file.from) {
      file.file.state = FileState::kReadable;
      return read_letter(file, receipts_only);
    }
    if (!options_.takes_unknown) return ok();
    CUNJU_TRY(const std::vector<SpaceId> here, context_.replica.spaces());
    file.file.from = BundlePeer{.node = letter.from,
                                .wire = letter.from_wire,
                                .name = {},
                                .spaces = {here.begin(), here.end()}};
    CUNJU_TRYV(read_letter(file, receipts_only));
    CUNJU_TRY(file.file.from, find());
    if (file.file.from) file.file.state = FileState::kReadable;
    return ok();
  }

  Result<void> read_letter(OpenedFile& file, bool receipts_only) {
    const bundle::Letter& letter = *file.file.letter;
    if (receipts_only && !letter.spaces.empty()) return ok();
    bundle::Reader reader(context_.replica, file.file.from->spaces,
                          [&](const SpaceId& space, ByteView bytes) -> Result<void> {
                            if (file.file.state != FileState::kReadable) return ok();
                            return take_receipt(*file.file.from, space, bytes);
                          });
    Result<BlockSource> source = BlockSource::open(file.file.file.path, options_.faults);
    for (std::uint32_t place = 1; place <= letter.chunks; ++place) {
      std::optional<Bytes> content;
      const std::optional<Bytes> block =
          source.has_value() ? source.value().read(place) : std::nullopt;
      if (block) {
        Result<Bytes> opened = file.opener->open_chunk(place, *block);
        if (opened.has_value()) content = std::move(opened).value();
      }
      CUNJU_TRYV(reader.take(content ? &*content : nullptr));
      done_bytes_ += bundle::kBlockBytes;
      if (options_.progress) options_.progress(done_bytes_, total_bytes_);
    }
    CUNJU_TRYV(reader.finish());
    file.file.taken = reader.taken();
    if (letter.slots > 0 && !receipts_only && source.has_value()) {
      CUNJU_TRYV(read_annex(file, source.value()));
    }
    return ok();
  }

  /// After the changes, which are what records refer to attachments by.
  Result<void> read_annex(OpenedFile& file, const BlockSource& source) {
    const bundle::Letter& letter = *file.file.letter;
    attachments::CarriedAttachments* sink =
        context_.attachments == nullptr ? nullptr : &context_.attachments->carried;
    if (sink != nullptr) sink->choose(options_.attachments);
    bundle::AnnexReader reader(context_.replica, sink, file.file.from->spaces);
    for (std::uint32_t slot = 0; slot < letter.slots && !out_.not_kept; ++slot) {
      const std::uint64_t offset = annex_offset(letter) + slot * std::uint64_t{bundle::kSlotBytes};
      const std::optional<Bytes> sealed = source.read_at(offset, bundle::kSlotBytes);
      std::optional<Bytes> content;
      if (sealed) {
        Result<Bytes> opened = file.opener->open_slot(letter.chunks + 1 + slot, *sealed);
        if (opened.has_value()) content = std::move(opened).value();
      }
      note_kept(reader.take(content ? &*content : nullptr));
      done_bytes_ += bundle::kSlotBytes;
      if (options_.progress) options_.progress(done_bytes_, total_bytes_);
    }
    file.file.annex = reader.taken();
    if (sink == nullptr) return ok();
    Result<attachments::CarriedReport> report = sink->finish();
    if (report.has_error()) {
      note_kept(report.error());
      return ok();
    }
    file.file.attachments = std::move(report).value();
    CUNJU_TRY(file.file.may_lack_records, may_lack_records(file.file));
    return ok();
  }

  /// Receipts stand before all changes of a letter, so that each names at least what its writer had
  /// when it put together what comes here.
  Result<bool> may_lack_records(const ReadFile& file) {
    if (file.attachments.unknown.empty()) return false;
    for (const bundle::SpaceContent& content : file.letter->spaces) {
      if (content.attachments == 0) continue;
      CUNJU_TRY(const std::optional<bundle::Receipt> receipt,
                context_.book.receipt(file.from->node, content.space));
      if (!receipt) return true;
      for (const auto& [author, samples] : receipt->logs) {
        for (const wire::Sample& sample : samples) {
          CUNJU_TRY(const bool is_here, context_.replica.has_change(content.space, sample.id));
          if (!is_here) return true;
        }
      }
    }
    return false;
  }

  /// What can't be kept ends the taking of attachments, not that of changes.
  void note_kept(const Result<void>& kept) {
    if (kept.has_error() && !out_.not_kept) out_.not_kept = kept.error();
  }

  Result<void> take_receipt(const BundlePeer& from, const SpaceId& space, ByteView bytes) {
    Result<bundle::Receipt> receipt = bundle::decode_receipt(space, bytes);
    // A receipt of somebody else, or for somebody else, says nothing between these two.
    if (receipt.has_error() || receipt.value().node != from.node ||
        receipt.value().to != context_.keys.node.node()) {
      ++out_.refused_receipts;
      return ok();
    }
    CUNJU_TRYV(note_heads(from, receipt.value()));
    CUNJU_TRY(const Filing filing, context_.book.file_receipt(receipt.value(), bytes));
    out_.receipts.push_back({.from = from, .space = space, .filing = filing});
    return ok();
  }

  /// As in a session: what others have of this node's own logs keeps a restored one from signing.
  Result<void> note_heads(const BundlePeer& from, const bundle::Receipt& receipt) {
    std::vector<sync::AuthorHead> heads, claims;
    for (const auto& [author, samples] : receipt.logs) {
      const sync::AuthorHead head{author, samples.front().seq, samples.front().id};
      heads.push_back(head);
      CUNJU_TRY(const bool is_here, context_.replica.has_change(receipt.space, head.id));
      if (!is_here) claims.push_back(head);
    }
    CUNJU_TRYV(context_.replica.note_heads(receipt.space, from.wire, heads));
    return context_.replica.note_claims(receipt.space, from.wire, claims);
  }

  /// What a serving node does after a session: hands over keys, and states what it holds.
  void state(const SpaceId& space) {
    Result<replica::Appended> handed =
        context_.replica.hand_over_epochs(space, context_.keys.author, context_.claimed_ms);
    if (handed.has_error()) out_.log.push_back("no keys handed over: " + handed.error().context);
    Result<replica::Appended> receipts = context_.replica.append_receipts(
        space, context_.keys.author, context_.keys.node, context_.claimed_ms);
    if (receipts.has_error())
      out_.log.push_back("no receipt for an erasure: " + receipts.error().context);
    Result<replica::Appended> made =
        context_.replica.append_statements(space, context_.keys.node, context_.claimed_ms);
    if (made.has_error()) out_.log.push_back("nothing witnessed: " + made.error().context);
  }

  const BundleContext& context_;
  const fs::path& dir_;
  const ReadOptions& options_;
  StickReport out_;
  std::vector<OpenedFile> opened_;
  std::uint64_t done_bytes_ = 0;
  std::uint64_t total_bytes_ = 0;
};

}  // namespace

Result<StickReport> look_at_stick(const BundleContext& context, const fs::path& dir) {
  const ReadOptions options;
  StickReader reader(context, dir, options);
  CUNJU_TRYV(reader.open());
  return reader.report();
}

Result<StickReport> read_stick(const BundleContext& context, const fs::path& dir,
                               const ReadOptions& options) {
  StickReader reader(context, dir, options);
  CUNJU_TRYV(reader.open());
  CUNJU_TRYV(reader.read(false));
  CUNJU_TRYV(reader.answer());
  return reader.report();
}

Result<StickReport> read_receipts(const BundleContext& context, const fs::path& dir) {
  const ReadOptions options;
  StickReader reader(context, dir, options);
  CUNJU_TRYV(reader.open());
  CUNJU_TRYV(reader.read(true));
  return reader.report();
}

}  // namespace cunju::peers
