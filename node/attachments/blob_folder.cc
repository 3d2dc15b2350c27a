// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/blob_folder.h"

#include <algorithm>
#include <array>

#include "crdt/attachment/attachment_limits.h"
#include "crdt/base/check.h"
#include "node/attachments/disk_reserve.h"

namespace cunju::attachments {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPart = ".part", kLeaves = ".leaves", kWant = ".want",
                           kDamaged = ".damaged", kNew = "new-", kAsks = "asks";
/// Every file that there may be of an attachment.
constexpr std::array<std::string_view, 9> kEndings = {"",
                                                      kPart,
                                                      kLeaves,
                                                      kDamaged,
                                                      kWant,
                                                      kBegunEndings[0],
                                                      kBegunEndings[1],
                                                      kBegunEndings[2],
                                                      kBegunEndings[3]};
constexpr std::size_t kChunk = limits::kAttachmentChunkBytes;

std::uint64_t offset_of(std::uint32_t index) { return std::uint64_t{index} * kChunk; }

/// How long its .leaves is once a chunk has come, whichever.
std::uint64_t leaves_bytes_of(const BlobId& id) {
  return std::uint64_t{attachment::chunk_count(id.bytes)} * Hash::kSize;
}

/// The address that a file's name begins with, when `ending` follows and nothing else.
std::optional<Address> address_in(const fs::path& path, std::string_view ending) {
  const std::string name = path.filename().string();
  if (!name.ends_with(ending)) return std::nullopt;
  return Address::from_hex(std::string_view(name).substr(0, name.size() - ending.size()));
}

}  // namespace

Result<Bytes> StoredBlob::read_chunk(std::uint32_t index) const {
  CUNJU_TRY(Bytes chunk,
            file_.read_at(offset_of(index), attachment::chunk_bytes(id_.bytes, index)));
  if (attachment::leaf_hash(chunk) != tree_.leaf(index))
    return fail(Errc::kCorrupt, "attachment " + id_.address.hex());
  return chunk;
}

PartialBlob::PartialBlob(BlobId id, fs::path whole, BlobFile data, BlobFile leaves,
                         store::FaultInjector* faults)
    : id_(id),
      whole_(std::move(whole)),
      data_(std::move(data)),
      leaves_file_(std::move(leaves)),
      faults_(faults),
      leaves_(attachment::chunk_count(id.bytes)),
      has_(leaves_.size()),
      missing_(static_cast<std::uint32_t>(leaves_.size())) {}

Result<void> PartialBlob::load() {
  CUNJU_TRY(const std::uint64_t data_bytes, data_.size());
  CUNJU_TRY(const std::uint64_t leaves_bytes, leaves_file_.size());
  // Of a reference that lies about the size: what has come is another one's, and no fault of it.
  if (data_bytes > id_.bytes || leaves_bytes > leaves_bytes_of(id_))
    return fail(Errc::kExists, "attachment " + id_.address.hex() + " of another size");
  CUNJU_TRY(const Bytes noted, leaves_file_.read_at(0, leaves_.size() * Hash::kSize));
  has_room_ = leaves_bytes == leaves_bytes_of(id_);
  for (std::uint32_t i = 0; (i + 1) * Hash::kSize <= noted.size(); ++i) {
    const Hash leaf = *Hash::from(ByteView(noted).subspan(i * Hash::kSize, Hash::kSize));
    if (leaf.is_zero()) continue;
    const std::size_t length = attachment::chunk_bytes(id_.bytes, i);
    CUNJU_TRY(const Bytes chunk, data_.read_at(offset_of(i), length));
    if (chunk.size() != length || attachment::leaf_hash(chunk) != leaf) continue;
    leaves_[i] = leaf;
    has_[i] = true;
    --missing_;
  }
  // Everything had come and the last step had not been taken.
  return missing_ == 0 ? finish() : ok();
}

Result<void> PartialBlob::put(std::uint32_t index, ByteView chunk) {
  CUNJU_CHECK(index < has_.size(), "the chunk is one of the attachment");
  if (has_[index]) return ok();
  CUNJU_TRYV(require_room(whole_.parent_path(), chunk.size()));
  const Hash leaf = attachment::leaf_hash(chunk);
  if (!has_room_) {
    // The chunk proves the size, and the length of the file says it to whoever comes with another.
    CUNJU_TRYV(leaves_file_.write_at(leaves_bytes_of(id_) - Hash::kSize, Hash{}.view()));
    has_room_ = true;
  }
  CUNJU_TRYV(data_.write_at(offset_of(index), chunk));
  CUNJU_TRYV(leaves_file_.write_at(std::uint64_t{index} * Hash::kSize, leaf.view()));
  leaves_[index] = leaf;
  has_[index] = true;
  --missing_;
  drop_beginnings(whole_.parent_path(), id_.address, index);
  unsynced_ += chunk.size();
  if (missing_ == 0) return finish();
  return unsynced_ < kSyncBytes ? ok() : sync();
}

Result<void> PartialBlob::sync() {
  if (missing_ == 0 || unsynced_ == 0) return ok();
  unsynced_ = 0;
  CUNJU_TRYV(data_.sync());
  return leaves_file_.sync();
}

void PartialBlob::drop_if_empty() {
  if (missing_ != has_.size()) return;
  std::error_code ignored;
  // Its lock is held: whoever waits for it finds that the name is gone.
  fs::remove(leaves_file_.path(), ignored);
  fs::remove(data_.path(), ignored);
}

Result<void> PartialBlob::finish() {
  const bool is_it = attachment::ChunkTree(id_.bytes, leaves_).address() == id_.address;
  Result<void> done = ok();
  if (is_it) {
    done = data_.sync();
    if (done) done = rename_durably(data_.path(), whole_, faults_);
  }
  if (!done) {
    // It stays a part: the last chunk is noted again when somebody comes back to it.
    return done;
  }
  std::error_code ignored;
  fs::remove(leaves_file_.path(), ignored);
  if (!is_it) {
    fs::remove(data_.path(), ignored);
    return fail(Errc::kTampered, "what was here of attachment " + id_.address.hex());
  }
  // What was kept aside of it is needed by nobody any more.
  for (const std::string_view ending : {kWant, kDamaged}) {
    fs::path beside = whole_;
    fs::remove(beside += ending, ignored);
  }
  drop_beginnings(whole_.parent_path(), id_.address);
  return ok();
}

NewBlob::~NewBlob() {
  if (!file_) return;
  std::error_code ignored;
  fs::remove(file_->path(), ignored);
}

Result<void> NewBlob::append(ByteView chunk) {
  CUNJU_CHECK(!chunk.empty() && chunk.size() <= kChunk && bytes_ % kChunk == 0,
              "all chunks but the last one are full");
  CUNJU_TRYV(require_room(folder_, chunk.size()));
  CUNJU_TRYV(file_->write_at(bytes_, chunk));
  leaves_.push_back(attachment::leaf_hash(chunk));
  bytes_ += chunk.size();
  return ok();
}

Result<BlobId> NewBlob::finish() {
  const BlobId id{.address = attachment::ChunkTree(bytes_, leaves_).address(), .bytes = bytes_};
  CUNJU_TRYV(file_->sync());
  CUNJU_TRYV(rename_durably(file_->path(), folder_ / id.address.hex(), faults_));
  file_.reset();
  // Attached again after it was lost: nothing of it is asked for or kept aside any more.
  std::error_code ignored;
  for (const std::string_view ending : {kWant, kDamaged})
    fs::remove(folder_ / (id.address.hex() + std::string(ending)), ignored);
  drop_beginnings(folder_, id.address);
  // Nor is what had come of it meanwhile, unless another process takes it just now.
  const fs::path part = folder_ / (id.address.hex() + std::string(kPart));
  Result<BlobFile> begun = BlobFile::open(part, BlobAccess::kRead, nullptr);
  if (begun.has_error()) return id;
  const Result<bool> is_left = begun.value().try_lock();
  if (is_left.has_error() || !is_left.value()) return id;
  fs::remove(folder_ / (id.address.hex() + std::string(kLeaves)), ignored);
  fs::remove(part, ignored);
  return id;
}

Result<std::unique_ptr<BlobFolder>> BlobFolder::open(fs::path folder,
                                                     store::FaultInjector* faults) {
  CUNJU_TRYV(store::make_private_folder(folder));
  std::unique_ptr<BlobFolder> out(new BlobFolder(std::move(folder), faults));
  out->sweep();
  return out;
}

void BlobFolder::sweep() {
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    if (!entry.path().filename().string().starts_with(kNew)) continue;
    Result<BlobFile> file = BlobFile::open(entry.path(), BlobAccess::kRead, nullptr);
    if (file.has_error()) continue;
    // Who makes it now holds its lock.
    const Result<bool> is_left = file.value().try_lock();
    if (is_left.has_value() && is_left.value()) fs::remove(entry.path(), ignored);
  }
}

fs::path BlobFolder::path_of(const Address& address, std::string_view ending) const {
  return folder_ / (address.hex() + std::string(ending));
}

bool BlobFolder::seems_whole(const BlobId& blob) const {
  std::error_code error;
  const std::uint64_t size = fs::file_size(path_of(blob.address), error);
  return !error && size == blob.bytes;
}

bool BlobFolder::has_any(const Address& address) const {
  std::error_code error;
  return fs::exists(path_of(address), error) || fs::exists(path_of(address, kPart), error);
}

std::uint64_t BlobFolder::stored_bytes() const {
  std::uint64_t out = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    std::error_code error;
    const std::uint64_t size = entry.file_size(error);
    if (error) continue;
    if (address_in(entry.path(), "") || address_in(entry.path(), kDamaged)) out += size;
    for (std::string_view ending : kBegunEndings)
      if (address_in(entry.path(), ending)) out += size;
    // As long as the hashes of all chunks from the first one on.
    if (address_in(entry.path(), kLeaves)) out += size / Hash::kSize * kChunk;
  }
  return out;
}

std::uint64_t BlobFolder::bytes_here(const BlobId& blob) const {
  if (seems_whole(blob)) return blob.bytes;
  Result<Bytes> leaves =
      store::read_whole_file(path_of(blob.address, kLeaves),
                             std::size_t{attachment::chunk_count(blob.bytes)} * Hash::kSize);
  if (leaves.has_error()) return 0;
  std::uint64_t out = 0;
  for (std::uint32_t i = 0; (i + 1) * Hash::kSize <= leaves.value().size(); ++i) {
    const ByteView leaf = ByteView(leaves.value()).subspan(i * Hash::kSize, Hash::kSize);
    if (std::ranges::any_of(leaf, [](std::uint8_t byte) { return byte != 0; }))
      out += attachment::chunk_bytes(blob.bytes, i);
  }
  return out;
}

Error BlobFolder::set_aside(const Address& address) {
  Result<void> moved = rename_durably(path_of(address), path_of(address, kDamaged), faults_);
  // It was here, so somebody wanted it, however large it is.
  if (moved) moved = want(address);
  return moved ? Error{Errc::kCorrupt, "attachment " + address.hex()} : moved.error();
}

Result<std::shared_ptr<const StoredBlob>> BlobFolder::open_blob(const BlobId& blob) {
  auto found = std::ranges::find_if(open_, [&](const auto& each) { return each->id() == blob; });
  if (found != open_.end()) {
    open_.splice(open_.begin(), open_, found);
    return open_.front();
  }
  CUNJU_TRY(BlobFile file, BlobFile::open(path_of(blob.address), BlobAccess::kRead, faults_));
  CUNJU_TRY(const std::uint64_t size, file.size());
  if (size != blob.bytes) {
    if (!attachment::is_possible_size(size)) return set_aside(blob.address);
    // Another size in a reference is its author's lie, unless the file is damaged.
    CUNJU_TRYV(open_blob({.address = blob.address, .bytes = size}));
    return fail(Errc::kNotFound, "an attachment of that size");
  }
  std::vector<Hash> leaves(attachment::chunk_count(size));
  for (std::uint32_t i = 0; i < leaves.size(); ++i) {
    CUNJU_TRY(const Bytes chunk, file.read_at(offset_of(i), kChunk));
    leaves[i] = attachment::leaf_hash(chunk);
  }
  attachment::ChunkTree tree(size, std::move(leaves));
  if (tree.address() != blob.address) return set_aside(blob.address);
  open_.push_front(std::make_shared<const StoredBlob>(blob, std::move(file), std::move(tree)));
  if (open_.size() > limits::kMaxOpenAttachments) open_.pop_back();
  return open_.front();
}

Result<std::unique_ptr<PartialBlob>> BlobFolder::resume(const BlobId& blob) {
  if (!attachment::is_possible_size(blob.bytes))
    return fail(Errc::kInvalidArgument, "the size of attachment " + blob.address.hex());
  if (seems_whole(blob)) return fail(Errc::kExists, "attachment " + blob.address.hex());
  // What is here in part can be read, and finished, however full the disk is.
  if (!has_any(blob.address)) {
    CUNJU_TRYV(require_room(folder_, attachment::chunk_bytes(blob.bytes, 0)));
  }
  CUNJU_TRY(BlobFile data,
            BlobFile::open(path_of(blob.address, kPart), BlobAccess::kReadWrite, faults_));
  CUNJU_TRY(const bool is_ours, data.try_lock());
  // Another process may have completed and renamed it between the two calls.
  if (!is_ours || !data.has_its_name())
    return fail(Errc::kExists, "another process takes attachment " + blob.address.hex());
  CUNJU_TRY(BlobFile leaves,
            BlobFile::open(path_of(blob.address, kLeaves), BlobAccess::kReadWrite, faults_));
  std::unique_ptr<PartialBlob> out(
      new PartialBlob(blob, path_of(blob.address), std::move(data), std::move(leaves), faults_));
  CUNJU_TRYV(out->load());
  return out;
}

Result<NewBlob> BlobFolder::create(crypto::RandomSource& random) {
  std::array<std::uint8_t, 16> name{};
  random.fill(name);
  CUNJU_TRY(BlobFile file, BlobFile::open(folder_ / (std::string(kNew) + to_hex(name)),
                                          BlobAccess::kNew, faults_));
  CUNJU_TRY(const bool is_ours, file.try_lock());
  if (!is_ours) return fail(Errc::kIo, file.path().string() + " is locked");
  return NewBlob(folder_, std::move(file), faults_);
}

Result<void> BlobFolder::destroy(const Address& address) {
  std::erase_if(open_, [&](const auto& each) { return each->id().address == address; });
  for (std::string_view ending : kEndings) {
    CUNJU_TRYV(wipe_file(path_of(address, ending), faults_));
  }
  return ok();
}

Result<void> BlobFolder::want(const Address& address) {
  CUNJU_TRY(BlobFile file,
            BlobFile::open(path_of(address, kWant), BlobAccess::kReadWrite, faults_));
  CUNJU_TRYV(file.sync());
  CUNJU_TRYV(store::sync_folder(folder_));
  return note_asked(folder_);
}

Result<void> note_asked(const fs::path& blobs) {
  Asks asks{};
  crypto::system_random().fill(asks);
  CUNJU_TRY(const store::FolderLock lock, store::FolderLock::take(blobs));
  CUNJU_TRY(const fs::path beside, store::write_beside(blobs / kAsks, asks));
  return store::move_into_place(beside, blobs / kAsks);
}

Asks BlobFolder::asks() const {
  Asks out{};
  const Result<Bytes> content = store::read_whole_file(folder_ / kAsks, out.size());
  if (content.has_value() && content.value().size() == out.size())
    std::ranges::copy(content.value(), out.begin());
  return out;
}

std::set<Address> BlobFolder::wanted() const {
  std::set<Address> out;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    if (std::optional<Address> address = address_in(entry.path(), kWant)) out.insert(*address);
  }
  return out;
}

std::vector<Address> BlobFolder::damaged() const {
  std::vector<Address> out;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    const std::optional<Address> address = address_in(entry.path(), kDamaged);
    std::error_code error;
    // A home where it came back by itself, or by another program.
    if (address && !fs::exists(path_of(*address), error)) out.push_back(*address);
  }
  std::ranges::sort(out);
  return out;
}

std::vector<StoredFiles> BlobFolder::stored() const {
  std::map<Address, StoredFiles> out;
  std::set<Address> kept;
  const auto settled = fs::file_time_type::clock::now() - kSettledAfter;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    for (std::string_view ending : kEndings) {
      const std::optional<Address> address = address_in(entry.path(), ending);
      if (!address) continue;
      // Somebody asked for it, and nothing of it has come.
      if (ending != kWant) kept.insert(*address);
      StoredFiles& files = out[*address];
      files.address = *address;
      std::error_code error;
      const std::uint64_t size = entry.file_size(error);
      if (!error) files.bytes += size;
      // One whose date can't be read, or lies ahead, is not settled.
      if (entry.last_write_time(error) > settled || error) files.is_settled = false;
    }
  }
  std::vector<StoredFiles> list;
  for (const auto& [address, files] : out)
    if (kept.contains(address)) list.push_back(files);
  return list;
}

}  // namespace cunju::attachments
