// SPDX-License-Identifier: Apache-2.0
//
// Attachments as verbs name them: a field of a record, the folder of the home, and whether the
// bytes are here.
#pragma once

#include <boost/json/array.hpp>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "cli/record_lookup.h"
#include "crdt/attachment/reference.h"
#include "node/attachments/blob_folder.h"
#include "node/attachments/reference_index.h"

namespace cunju::cli {

Result<std::unique_ptr<attachments::BlobFolder>> open_blobs(const node::Node& node);

/// One field of a record that refers to an attachment.
struct AttachedField {
  std::string field;
  attachment::Reference reference;
};
/// Of all fields of a record that the clerk can read.
std::vector<AttachedField> attached_fields(const registry::RecordRow& row);
/// The one that `name` means: a whole name, a label, or the id of a field of which the record has
/// one. kNotFound, kConflict (several: the person is told their names).
Result<AttachedField> find_attached(const Invocation& call, const FoundRecord& found,
                                    std::string_view name);

/// "附件", and how much of it is here when not all is.
Label whereabouts(const attachments::BlobFolder& blobs, const attachment::Reference& reference);

/// Empty where attachments can still be kept; else what of the disk is left and kept free for
/// records, and what to do.
Label shortage_text(const Invocation& call, const attachments::BlobFolder& blobs);
/// After kDiskFull: why an attachment of so many bytes was not kept, in those words.
Error explain_full_disk(const Invocation& call, const attachments::BlobFolder& blobs,
                        std::uint64_t bytes, const Error& error);

/// Of the choice of what comes unasked, where it can't be read: what that means, and what mends it.
struct BrokenPolicy {
  Label text, advice;
  /// Whether choosing again replaces it: else somebody has to take away first what is in its place.
  bool is_replaced = true;
};
/// `error`: of load_policy().
BrokenPolicy broken_policy(const Terminal& terminal, const Error& error);

/// The sizes of all of them.
std::uint64_t bytes_of(const std::set<attachments::BlobId>& blobs);

/// Adds where each of them is to the text, of the first few when it is much; for programs all.
boost::json::array name_attachments(node::Node& node,
                                    std::span<const attachments::PlacedReference> all, Label& text);

/// "20 MiB", "4GB", "1000": bytes; units are powers of 1,024 with an i and of 1,000 without. Empty
/// when it is no size.
std::optional<std::uint64_t> parse_byte_size(std::string_view text);

}  // namespace cunju::cli
