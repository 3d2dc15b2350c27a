// SPDX-License-Identifier: Apache-2.0
//
// A file of this computer becomes an attachment in the folder, and an attachment becomes a file
// again. Whoever attaches chooses a random key, so that equal files of two spaces, or of two
// scopes, can't be told to be equal; the same file attached again where its first reference can be
// read is the same attachment. Single thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "crdt/attachment/reference.h"
#include "node/attachments/blob_folder.h"

namespace cunju::attachments {

using attachment::Reference;

struct AttachOptions {
  std::string name;            ///< Empty: the file's own.
  bool keep_location = false;  ///< A picture goes in as it is, with the place where it was taken.
  /// A reference with this hash of its content that is in the same space and scope already.
  std::function<std::optional<Bytes>(const Hash& content)> find_same;
};

struct Attached {
  Bytes value;  ///< For the field.
  std::string name;
  std::string media;
  std::uint64_t size = 0;
  std::vector<std::string> removed;  ///< StrippedPicture::removed.
  bool is_known = false;   ///< Was attached before: the reference is the one that was there.
  bool is_healed = false;  ///< And its bytes were not here, or damaged, and are here now.
};

/// Why a picture was refused (contexts of kInvalidArgument): nobody can say whether its place is
/// out of it. keep_location is the way to attach it all the same.
inline constexpr std::string_view kBrokenPicture = "the picture is not whole";
inline constexpr std::string_view kUnknownPicture = "a picture whose place can't be taken out";
/// A film, or sound in a box of the same kind.
inline constexpr std::string_view kUnknownRecording = "a film or recording may hold a place";

/// Why there is nothing to attach: contexts of kInvalidArgument, and of kPermission.
inline constexpr std::string_view kIsFolder = "a folder";
inline constexpr std::string_view kNoPlainFile = "a pipe, a device or a socket";
inline constexpr std::string_view kUnreadable = "the operating system does not let it be read";

/// The attachment is durable before its reference is given. Errors: kNotFound and others of the
/// file, kLimit (kMaxAttachmentBytes, kMaxPictureBytes), kInvalidArgument (kBrokenPicture,
/// kUnknownPicture, kUnknownRecording, kIsFolder, kNoPlainFile), kPermission (kUnreadable),
/// kDiskFull, kIo. Never waits for whoever is at the other end of a pipe.
Result<Attached> attach_file(BlobFolder& folder, const std::filesystem::path& path,
                             const AttachOptions& options, crypto::RandomSource& random);

/// Writes the attachment as it was attached to a new file, 0600. After an error no such file is
/// there. Errors: kMissing (the attachment is not here), kNotFound (the file's folder is not),
/// kExists (the file is there), kCorrupt (the attachment is damaged), kTampered (its author sealed
/// something else than the reference says), kDiskFull, kIo.
Result<void> open_to_file(BlobFolder& folder, const Reference& reference,
                          const std::filesystem::path& path);

/// The same in memory. Errors: kNotFound (the attachment is not here), kCorrupt and kTampered as
/// above; kLimit (longer than that).
Result<Bytes> read_plain(BlobFolder& folder, const Reference& reference, std::uint64_t max_bytes);

}  // namespace cunju::attachments
