// SPDX-License-Identifier: Apache-2.0
//
// The attachments of one space in an export: which ones the fields of its records refer to that it
// shows, and what their plain files are called. What a file holds is proven by the hash in the
// signed reference alone. Pure; docs/formats/export.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/attachment/reference.h"
#include "crdt/replay/replay.h"
#include "node/audit/tables.h"

namespace cunju::audit {

inline constexpr std::string_view kAttachmentsName = "attachments.json";
inline constexpr std::string_view kAttachmentsFolder = "attachments/";

struct ExportedAttachment {
  std::string registry;
  RecordId record;
  std::string field;
  attachment::Reference reference;
  std::string file;  ///< In the space's folder; the same for all references to one content.
};

/// Of records that are not deleted, each candidate of a conflict; by registry, record and field.
std::vector<ExportedAttachment> find_attachments(const replay::Replay& replay);
/// attachments.json; without the keys, which are in the logs.
TextFile make_attachments_file(const std::vector<ExportedAttachment>& attachments);

/// "attachments/", 64 hexadecimal digits of the content's hash, and an ending that no system runs
/// as a program.
bool is_attachment_path(std::string_view path);

}  // namespace cunju::audit
