// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/kept_beginnings.h"

#include <algorithm>
#include <string>
#include <vector>

#include "crdt/attachment/pieces.h"
#include "crdt/base/check.h"
#include "crdt/crypto/crypto.h"
#include "node/attachments/blob_file.h"
#include "node/attachments/disk_reserve.h"

namespace cunju::attachments {
namespace {

namespace fs = std::filesystem;
using attachment::Address;
using attachment::BlobId;

constexpr std::size_t kHeadBytes = Hash::kSize + 4;

fs::path path_of(const fs::path& folder, const Address& address, std::string_view ending) {
  return folder / (address.hex() + std::string(ending));
}

Hash whose(const BlobId& blob, const WireKey& peer) {
  Bytes bytes;
  put_u64(bytes, blob.bytes);
  return crypto::Hasher("cunju begun 1")
      .add(bytes)
      .add(blob.address.view())
      .add(peer.view())
      .finish();
}

/// The file's first bytes; empty when it is not there, or is no such file.
Bytes read_begun(const fs::path& path, std::size_t most) {
  const Result<BlobFile> file = BlobFile::open(path, BlobAccess::kRead, nullptr);
  if (file.has_error()) return {};
  Result<Bytes> bytes = file.value().read_at(0, most);
  return bytes.has_value() && bytes.value().size() >= kHeadBytes ? std::move(bytes).value()
                                                                 : Bytes();
}

bool is_of(ByteView begun, const Hash& whose) {
  return begun.size() >= kHeadBytes && std::ranges::equal(begun.first(Hash::kSize), whose.view());
}

bool is_begun(const fs::path& path) {
  const std::string name = path.filename().string();
  return std::ranges::any_of(kBegunEndings,
                             [&](std::string_view ending) { return name.ends_with(ending); });
}

/// One whose date can't be read was kept before all others.
fs::file_time_type kept_at(const fs::path& path) {
  std::error_code error;
  const fs::file_time_type at = fs::last_write_time(path, error);
  return error ? fs::file_time_type::min() : at;
}

fs::path first_kept(const std::vector<fs::path>& paths) {
  return *std::ranges::min_element(paths, {}, kept_at);
}

void make_room_among_all(const fs::path& folder) {
  std::vector<fs::path> all;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored))
    if (is_begun(entry.path())) all.push_back(entry.path());
  if (all.size() >= kMaxBeginnings) fs::remove(first_kept(all), ignored);
}

/// Where this peer's is, or one more may be.
fs::path choose_place(const fs::path& folder, const BlobId& blob, const Hash& whose) {
  std::vector<fs::path> taken;
  std::optional<fs::path> free;
  for (std::string_view ending : kBegunEndings) {
    fs::path path = path_of(folder, blob.address, ending);
    std::error_code error;
    if (!fs::exists(fs::symlink_status(path, error))) {
      if (!free) free = std::move(path);
      continue;
    }
    if (is_of(read_begun(path, kHeadBytes), whose)) return path;
    taken.push_back(std::move(path));
  }
  if (!free) return first_kept(taken);
  make_room_among_all(folder);
  return *free;
}

}  // namespace

Result<void> keep_beginning(const fs::path& folder, const BlobId& blob, const WireKey& peer,
                            const Beginning& beginning, store::FaultInjector* faults) {
  CUNJU_CHECK(beginning.pieces.size() < limits::kAttachmentChunkBytes &&
                  beginning.pieces.size() % limits::kAttachmentPieceBytes == 0,
              "whole pieces, and not all of a chunk");
  if (beginning.pieces.empty()) return ok();
  CUNJU_TRYV(require_room(folder, kHeadBytes + beginning.pieces.size()));
  const Hash whose = attachments::whose(blob, peer);
  const fs::path path = choose_place(folder, blob, whose);
  Bytes content = to_bytes(whose.view());
  put_u32(content, beginning.chunk);
  append(content, beginning.pieces);
  std::error_code ignored;
  fs::remove(path, ignored);
  CUNJU_TRY(BlobFile file, BlobFile::open(path, BlobAccess::kNew, faults));
  Result<void> written = file.write_at(0, content);
  if (written.has_error()) fs::remove(path, ignored);
  return written;
}

std::optional<Beginning> take_beginning(const fs::path& folder, const BlobId& blob,
                                        const WireKey& peer) {
  const Hash whose = attachments::whose(blob, peer);
  for (std::string_view ending : kBegunEndings) {
    const fs::path path = path_of(folder, blob.address, ending);
    const Bytes begun = read_begun(path, kHeadBytes + limits::kAttachmentChunkBytes);
    if (!is_of(begun, whose)) continue;
    std::error_code ignored;
    fs::remove(path, ignored);
    ByteReader reader(ByteView(begun).subspan(Hash::kSize));
    Beginning out{.chunk = reader.u32(), .pieces = {}};
    // What a crash has torn off is not there; a last chunk may be shorter than others.
    const std::size_t chunk_bytes = attachment::chunk_bytes(blob.bytes, out.chunk);
    const std::size_t pieces = reader.remaining() / limits::kAttachmentPieceBytes;
    if (pieces == 0 || pieces >= attachment::piece_count(chunk_bytes)) return std::nullopt;
    out.pieces = to_bytes(reader.take(pieces * limits::kAttachmentPieceBytes));
    return out;
  }
  return std::nullopt;
}

void drop_beginnings(const fs::path& folder, const Address& address,
                     std::optional<std::uint32_t> chunk) {
  for (std::string_view ending : kBegunEndings) {
    const fs::path path = path_of(folder, address, ending);
    if (chunk) {
      const Bytes head = read_begun(path, kHeadBytes);
      if (head.empty()) continue;
      ByteReader reader(ByteView(head).subspan(Hash::kSize));
      if (reader.u32() != *chunk) continue;
    }
    std::error_code ignored;
    fs::remove(path, ignored);
  }
}

}  // namespace cunju::attachments
