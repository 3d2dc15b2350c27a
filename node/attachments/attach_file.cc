// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/attach_file.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/base/check.h"
#include "node/attachments/disk_reserve.h"
#include "node/attachments/media_type.h"
#include "node/attachments/picture_location.h"

namespace cunju::attachments {
namespace {

namespace fs = std::filesystem;

/// Three packets of a camcorder's film (media_type.h).
constexpr std::size_t kFirstBytes = 640;

/// The plain bytes of what is attached, piece by piece: a file, or a picture in memory.
class Source {
 public:
  explicit Source(const BlobFile& file, std::uint64_t size) : file_(&file), size_(size) {}
  explicit Source(Bytes picture) : picture_(std::move(picture)), size_(picture_.size()) {}

  std::uint64_t size() const { return size_; }
  /// kConflict when the file has become shorter.
  Result<Bytes> read(std::uint64_t at) const {
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(attachment::kPlainChunkBytes, size_ - at));
    if (file_ == nullptr) return to_bytes(ByteView(picture_).subspan(at, count));
    CUNJU_TRY(Bytes out, file_->read_at(at, count));
    if (out.size() != count) return fail(Errc::kConflict, "the file changes while it is read");
    return out;
  }

 private:
  const BlobFile* file_ = nullptr;
  Bytes picture_;
  std::uint64_t size_;
};

Result<Hash> hash_content(const Source& source) {
  crypto::Hasher hasher = attachment::content_hasher();
  for (std::uint64_t at = 0; at < source.size(); at += attachment::kPlainChunkBytes) {
    CUNJU_TRY(const Bytes piece, source.read(at));
    hasher.add(piece);
  }
  return hasher.finish();
}

Result<Source> make_source(const BlobFile& file, std::uint64_t size, const AttachOptions& options,
                           Attached& out) {
  if (options.keep_location) return Source(file, size);
  if (may_hide_location(out.media))
    return fail(Errc::kInvalidArgument,
                std::string(out.media.starts_with("video/") ? kUnknownRecording : kUnknownPicture));
  if (!can_strip_location(out.media)) return Source(file, size);
  if (size > limits::kMaxPictureBytes) return fail(Errc::kLimit, "kMaxPictureBytes");
  CUNJU_TRY(const Bytes picture, file.read_at(0, static_cast<std::size_t>(size)));
  Result<StrippedPicture> stripped = strip_location(picture, out.media);
  if (stripped.has_error()) return fail(Errc::kInvalidArgument, std::string(kBrokenPicture));
  out.removed = std::move(stripped.value().removed);
  return Source(std::move(stripped.value().bytes));
}

/// What a person names. A link is followed, by them and not by the folder's rules.
Result<BlobFile> open_named(const fs::path& path) {
  std::error_code code;
  const fs::path real = fs::canonical(path, code);
  const auto is_forbidden = [](int number) { return number == EACCES || number == EPERM; };
  if (code && is_forbidden(code.value())) return fail(Errc::kPermission, std::string(kUnreadable));
  if (code) return fail(Errc::kNotFound, path.string());
  const fs::file_status status = fs::status(real, code);
  if (fs::is_directory(status)) return fail(Errc::kInvalidArgument, std::string(kIsFolder));
  if (fs::is_other(status)) return fail(Errc::kInvalidArgument, std::string(kNoPlainFile));
  // Looks again at what it has opened.
  Result<BlobFile> file = BlobFile::open(real, BlobAccess::kRead, nullptr);
  if (file.has_error() && ::access(real.c_str(), R_OK) != 0 && is_forbidden(errno))
    return fail(Errc::kPermission, std::string(kUnreadable));
  return file;
}

/// What sealing it with that key gives, without keeping anything.
Result<BlobId> sealed_id(const Source& source, const crypto::Secret<32>& key) {
  std::vector<Hash> leaves;
  std::uint64_t bytes = 0;
  for (std::uint64_t at = 0; at == 0 || at < source.size(); at += attachment::kPlainChunkBytes) {
    CUNJU_TRY(Bytes piece, source.read(at));
    const Bytes chunk = attachment::seal_chunk(key, source.size(),
                                               static_cast<std::uint32_t>(leaves.size()), piece);
    crypto::wipe(piece);
    bytes += chunk.size();
    leaves.push_back(attachment::leaf_hash(chunk));
  }
  return BlobId{.address = attachment::ChunkTree(bytes, leaves).address(), .bytes = bytes};
}

Result<BlobId> seal(BlobFolder& folder, const Source& source, const crypto::Secret<32>& key,
                    const Hash& content, crypto::RandomSource& random) {
  // Before an hour of sealing ends at the last chunk.
  CUNJU_TRYV(require_room(folder.folder(), attachment::stored_bytes_of(source.size())));
  CUNJU_TRY(NewBlob blob, folder.create(random));
  crypto::Hasher hasher = attachment::content_hasher();
  std::uint32_t index = 0;
  for (std::uint64_t at = 0; at == 0 || at < source.size();
       at += attachment::kPlainChunkBytes, ++index) {
    CUNJU_TRY(Bytes piece, source.read(at));
    hasher.add(piece);
    const Bytes chunk = attachment::seal_chunk(key, source.size(), index, piece);
    crypto::wipe(piece);
    CUNJU_TRYV(blob.append(chunk));
  }
  // A reference that names another content could never be opened.
  if (hasher.finish() != content) return fail(Errc::kConflict, "the file changes while it is read");
  return blob.finish();
}

/// The plain bytes in pieces. kTampered when they are not what the reference says, found at the end
/// at the latest.
Result<void> visit_plain(BlobFolder& folder, const Reference& reference,
                         const std::function<Result<void>(ByteView)>& visit) {
  CUNJU_TRY(const std::shared_ptr<const StoredBlob> blob, folder.open_blob(reference.blob()));
  const Error lie{Errc::kTampered, "attachment " + reference.address.hex()};
  crypto::Hasher hasher = attachment::content_hasher();
  const std::uint32_t chunks = attachment::chunk_count(blob->id().bytes);
  for (std::uint32_t i = 0; i < chunks; ++i) {
    CUNJU_TRY(const Bytes chunk, blob->read_chunk(i));
    std::optional<Bytes> plain = attachment::open_chunk(reference.key, reference.size, i, chunk);
    if (!plain) return lie;
    hasher.add(*plain);
    CUNJU_TRYV(visit(*plain));
    crypto::wipe(*plain);
  }
  return hasher.finish() == reference.content ? Result<void>(ok()) : Result<void>(lie);
}

/// The attachment that was attached before with this content, if it really has it: a reference is
/// its author's claim.
std::optional<Reference> find_same(BlobFolder& folder, const Source& source, const Hash& content,
                                   const AttachOptions& options) {
  if (!options.find_same) return std::nullopt;
  const std::optional<Bytes> value = options.find_same(content);
  if (!value) return std::nullopt;
  Result<Reference> same = attachment::parse_reference(*value);
  if (same.has_error() || same.value().content != content || same.value().size != source.size())
    return std::nullopt;
  if (visit_plain(folder, same.value(), [](ByteView) -> Result<void> { return ok(); }))
    return std::move(same).value();
  // Not here, or damaged: sealed with its key it is the same attachment again, as sealing takes
  // nothing else that is random.
  const Result<BlobId> again = sealed_id(source, same.value().key);
  if (again.has_error() || again.value() != same.value().blob()) return std::nullopt;
  return std::move(same).value();
}

}  // namespace

Result<Attached> attach_file(BlobFolder& folder, const fs::path& path, const AttachOptions& options,
                             crypto::RandomSource& random) {
  CUNJU_TRY(const BlobFile file, open_named(path));
  CUNJU_TRY(const std::uint64_t size, file.size());
  if (size > limits::kMaxAttachmentBytes) return fail(Errc::kLimit, "kMaxAttachmentBytes");
  CUNJU_TRY(const Bytes first, file.read_at(0, kFirstBytes));
  Attached out;
  out.name =
      attachment::usable_name(options.name.empty() ? path.filename().string() : options.name);
  out.media = media_type_of(first, out.name);
  CUNJU_TRY(const Source source, make_source(file, size, options, out));
  CUNJU_TRY(const Hash content, hash_content(source));
  out.size = source.size();
  if (std::optional<Reference> same = find_same(folder, source, content, options)) {
    if (!folder.seems_whole(same->blob())) {
      CUNJU_TRYV(seal(folder, source, same->key, content, random));
      out.is_healed = true;
    }
    same->name = out.name;
    same->media = out.media;
    out.value = attachment::encode_reference(*same);
    out.is_known = true;
    return out;
  }
  Reference reference;
  random.fill(reference.key.mutable_view());
  CUNJU_TRY(const BlobId blob, seal(folder, source, reference.key, content, random));
  reference.address = blob.address;
  reference.content = content;
  reference.size = source.size();
  reference.media = out.media;
  reference.name = out.name;
  CUNJU_CHECK(reference.blob() == blob, "the size tells how many bytes are stored");
  out.value = attachment::encode_reference(reference);
  return out;
}

Result<Bytes> read_plain(BlobFolder& folder, const Reference& reference, std::uint64_t max_bytes) {
  if (reference.size > max_bytes)
    return fail(Errc::kLimit, "attachment " + reference.address.hex());
  Bytes out;
  out.reserve(static_cast<std::size_t>(reference.size));
  CUNJU_TRYV(visit_plain(folder, reference, [&](ByteView plain) -> Result<void> {
    append(out, plain);
    return ok();
  }));
  return out;
}

Result<void> open_to_file(BlobFolder& folder, const Reference& reference, const fs::path& path) {
  // Before the file is made: what is not here leaves none behind.
  const Result<std::shared_ptr<const StoredBlob>> here = folder.open_blob(reference.blob());
  if (here.has_error() && here.error().code == Errc::kNotFound)
    return fail(Errc::kMissing, "attachment " + reference.address.hex());
  if (here.has_error()) return here.error();
  CUNJU_TRY(BlobFile file, BlobFile::open(path, BlobAccess::kNew, nullptr));
  std::uint64_t at = 0;
  Result<void> written = visit_plain(folder, reference, [&](ByteView plain) -> Result<void> {
    CUNJU_TRYV(file.write_at(at, plain));
    at += plain.size();
    return ok();
  });
  if (written) written = file.sync();
  if (written)
    written = store::sync_folder(path.has_parent_path() ? path.parent_path() : fs::path("."));
  std::error_code ignored;
  if (!written) fs::remove(path, ignored);
  return written;
}

}  // namespace cunju::attachments
