// SPDX-License-Identifier: Apache-2.0
//
// The attachments of a home: HOME/blobs, a file for each, named by its address, as sealed as it
// travels. What is half here has other names, so a name that is an address is a whole attachment,
// and it is hashed before anybody gets a byte of it. docs/formats/store.md
//   ADDRESS           whole
//   ADDRESS.part      chunks that have come, each at its place
//   ADDRESS.leaves    their hashes, 32 bytes each; zeros where a chunk has not come. As long as
//   that
//                     takes from the first one on, so that a reference that lies about the size
//                     finds nothing in it that could be its own
//   ADDRESS.begun0 .. of chunks of which a session's end cut off the rest (kept_beginnings.h)
//   ADDRESS.want      empty: somebody asked for it, or it was here and was damaged
//   ADDRESS.damaged   its hash was wrong when it was opened; kept aside for whoever needs a part,
//                     until it has come again
//   new-*             being attached
//   asks              16 random bytes, others whenever what is to be fetched may have changed
//                     without a change of records: somebody asked, the policy, damage
// A chunk of a .part is there if its hash is the one noted for it, so nothing has to be written in
// any order: after a crash what did not reach the disk is fetched again. Several processes may use
// one folder; single thread.
#pragma once

#include <array>
#include <chrono>
#include <filesystem>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "crdt/attachment/chunk_tree.h"
#include "crdt/base/result.h"
#include "crdt/crypto/crypto.h"
#include "node/attachments/blob_file.h"
#include "node/attachments/kept_beginnings.h"

namespace cunju::attachments {

using attachment::Address;
using attachment::BlobId;

/// Bytes of a .part that a crash of the machine may lose, to be fetched again.
inline constexpr std::uint64_t kSyncBytes = 8 * 1024 * 1024;

/// Other bytes than before: whoever knew what is wanted has to look again.
using Asks = std::array<std::uint8_t, 16>;
/// After something else is wanted in that folder than before. Durable.
Result<void> note_asked(const std::filesystem::path& blobs);

/// A whole attachment whose hash was right when it was opened.
class StoredBlob {
 public:
  StoredBlob(BlobId id, BlobFile file, attachment::ChunkTree tree)
      : id_(id), file_(std::move(file)), tree_(std::move(tree)) {}
  const BlobId& id() const { return id_; }
  const attachment::ChunkTree& tree() const { return tree_; }
  /// kCorrupt when the chunk is not what it was when the attachment was opened; kIo.
  Result<Bytes> read_chunk(std::uint32_t index) const;

 private:
  BlobId id_;
  BlobFile file_;
  attachment::ChunkTree tree_;
};

/// An attachment that is coming, chunk by chunk in any order. Locked against other processes.
class PartialBlob {
 public:
  const BlobId& id() const { return id_; }
  bool has(std::uint32_t index) const { return has_[index]; }
  std::uint32_t missing() const { return missing_; }
  /// Notes a chunk that is_chunk_of() its attachment (CUNJU_CHECK by the address at the end). With
  /// the last one the attachment is whole, durably, under its name. Errors: kDiskFull (also when
  /// it would use what disk_reserve.h keeps free), kIo; what was noted before stays. kTampered:
  /// what was here from before was not it; all begins anew.
  Result<void> put(std::uint32_t index, ByteView chunk);
  /// What was noted is durable afterwards.
  Result<void> sync();
  /// False: it was destroyed meanwhile, and nothing of it may be written any more.
  bool is_kept() const { return data_.has_its_name(); }
  /// The last call: where no chunk has come its files go, or every peer that has none of what is
  /// wanted would leave some.
  void drop_if_empty();

 private:
  friend class BlobFolder;
  PartialBlob(BlobId id, std::filesystem::path whole, BlobFile data, BlobFile leaves,
              store::FaultInjector* faults);
  Result<void> load();
  Result<void> finish();

  BlobId id_;
  std::filesystem::path whole_;
  BlobFile data_, leaves_file_;
  store::FaultInjector* faults_;
  std::vector<Hash> leaves_;
  std::vector<bool> has_;
  bool has_room_ = false;  ///< leaves_file_ is as long as it will be.
  std::uint32_t missing_ = 0;
  std::uint64_t unsynced_ = 0;
};

/// An attachment that is being made here, from its first chunk to its last.
class NewBlob {
 public:
  NewBlob(NewBlob&&) = default;
  ~NewBlob();
  /// Errors: kDiskFull, as PartialBlob::put(); kIo.
  Result<void> append(ByteView chunk);
  /// Whole and durable afterwards. At least one chunk was appended (CUNJU_CHECK).
  Result<BlobId> finish();

 private:
  friend class BlobFolder;
  NewBlob(std::filesystem::path folder, BlobFile file, store::FaultInjector* faults)
      : folder_(std::move(folder)), file_(std::move(file)), faults_(faults) {}
  std::filesystem::path folder_;
  std::optional<BlobFile> file_;
  store::FaultInjector* faults_;
  std::vector<Hash> leaves_;
  std::uint64_t bytes_ = 0;
};

/// What the folder has of one attachment.
struct StoredFiles {
  Address address;
  std::uint64_t bytes = 0;
  /// By the file system's dates nothing of it has changed for kSettledAfter: whoever made it has
  /// saved its record by now, or never will.
  bool is_settled = true;
};
inline constexpr std::chrono::hours kSettledAfter{1};

class BlobFolder {
 public:
  /// Makes the folder when it is not there and takes away what crashes left of attachments being
  /// made. `faults` may be null and outlives the folder.
  static Result<std::unique_ptr<BlobFolder>> open(std::filesystem::path folder,
                                                  store::FaultInjector* faults = nullptr);

  /// Whether there is a file of that name and length. For lists; open_blob() is what decides.
  bool seems_whole(const BlobId& blob) const;
  /// Bytes of it that have come, whole or not; about, until it is opened.
  std::uint64_t bytes_here(const BlobId& blob) const;
  /// Whether anything of it is here: whole, or in part.
  bool has_any(const Address& address) const;
  /// What all attachments take or will take: those that are here in part count as whole, and kept
  /// beginnings as they are.
  std::uint64_t stored_bytes() const;
  /// Hashes it, once while this object keeps it. kNotFound: not here, or not of that size.
  /// kCorrupt: it is damaged; it is not here any more then, its bytes are kept beside, and it
  /// counts as asked for.
  Result<std::shared_ptr<const StoredBlob>> open_blob(const BlobId& blob);
  /// Begins, or goes on with, taking it from others. kExists: it is whole, another process takes it
  /// just now, or what has come of that address has another size. kTampered: what was here was
  /// another one's, and is gone. kDiskFull: nothing has come yet, and nothing can be taken without
  /// using what is kept free. Errors of the system.
  Result<std::unique_ptr<PartialBlob>> resume(const BlobId& blob);
  /// kept_beginnings.h
  Result<void> keep_beginning(const BlobId& blob, const WireKey& peer, const Beginning& beginning) {
    return attachments::keep_beginning(folder_, blob, peer, beginning, faults_);
  }
  std::optional<Beginning> take_beginning(const BlobId& blob, const WireKey& peer) {
    return attachments::take_beginning(folder_, blob, peer);
  }
  Result<NewBlob> create(crypto::RandomSource& random);
  /// Takes away whatever is here of it, so that its bytes can't be read again as far as the disk
  /// lets programs do that (wipe_file), and whatever was asked. Nothing when nothing is here. What
  /// opens it is in the records that refer to it and is theirs to destroy.
  Result<void> destroy(const Address& address);

  /// As note_asked() left them last; zeros where they can't be read.
  Asks asks() const;
  /// Somebody asked for it, until it is here.
  Result<void> want(const Address& address);
  std::set<Address> wanted() const;
  /// Those that were found damaged, are kept aside and have not come again.
  std::vector<Address> damaged() const;
  /// Every attachment of which there is any file here, whole or not, with the bytes of all of them;
  /// none that was only asked for.
  std::vector<StoredFiles> stored() const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  BlobFolder(std::filesystem::path folder, store::FaultInjector* faults)
      : folder_(std::move(folder)), faults_(faults) {}
  std::filesystem::path path_of(const Address& address, std::string_view ending = {}) const;
  /// Renames a damaged attachment, so that it counts as not here, and asks for it; the error to
  /// give.
  Error set_aside(const Address& address);
  void sweep();

  std::filesystem::path folder_;
  store::FaultInjector* faults_;
  /// The one used last in front; at most limits::kMaxOpenAttachments.
  std::list<std::shared_ptr<const StoredBlob>> open_;
};

}  // namespace cunju::attachments
