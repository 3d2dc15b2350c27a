// SPDX-License-Identifier: Apache-2.0
//
// Writes spaces into a folder that anybody can verify without our store: logs, and the tables that
// follow from them (docs/formats/export.md). The logs are read up to one frontier and the tables
// are computed from these logs alone, so an export is consistent while others go on writing, and
// it verifies by construction. Holds one space's changes in memory at a time.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "crdt/attachment/reference.h"
#include "node/audit/definitions.h"
#include "node/audit/disclosed_parts.h"
#include "node/audit/tables.h"
#include "node/replica/replica.h"

namespace cunju::audit {

struct Progress {
  SpaceId space;
  std::uint64_t done = 0;  ///< Changes of the space.
  std::uint64_t total = 0;
};
using ProgressSink = std::function<void(const Progress&)>;

struct ExportOptions {
  registry::Language language = registry::Language::kChinese;  ///< Of the CSV tables.
  ProgressSink progress;                                       ///< May be empty.
  /// The plain bytes of an attachment, if they are here and what its reference says. May be empty:
  /// then none are included.
  std::function<std::optional<Bytes>(const attachment::Reference&)> find_attachment = {};
  /// Confidential parts that are opened to whoever gets the export. By space.
  std::map<SpaceId, std::vector<DisclosedPart>> disclosed = {};
};

struct ExportedSpace {
  SpaceId id;
  std::string name;
  std::uint64_t changes = 0;
  std::vector<RegistryCount> registries;
  std::uint64_t attachments = 0;  ///< Different files that fields in it refer to,
  std::uint64_t included = 0;     ///< those among them that are in the export.
  std::uint64_t disclosed = 0;    ///< Confidential parts that it opens.
};

struct ExportSummary {
  std::vector<ExportedSpace> spaces;
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

/// Called with each log when it was read.
using LogSink = std::function<Result<void>(const AuthorKey&, std::span<const Change>)>;
/// All changes of a space up to one frontier, without the bodies of what is hidden.
Result<std::vector<Change>> read_logs(replica::Replica& replica, const SpaceId& space,
                                      const ProgressSink& progress = {},
                                      const LogSink& on_log = {});

/// `node` signs the manifest and must be in the roster of every space. Errors: kInvalidArgument (no
/// space, or one twice), kNotFound (space, or its founding change), kPermission (the node is not in
/// a roster), kExists (the folder is not empty), kCorrupt (the logs do not replay), kConflict (what
/// was to be disclosed has been erased or restricted since it was chosen), kDiskFull, kIo.
/// After an error nothing that was written stays.
Result<ExportSummary> export_spaces(replica::Replica& replica, std::span<const SpaceId> spaces,
                                    const DefinitionLookup& definitions,
                                    const std::filesystem::path& folder,
                                    const crypto::SigningKey& node, std::uint64_t now_ms,
                                    const ExportOptions& options = {});

/// For a person.
std::string describe(const ExportSummary& summary, registry::Language language);

/// The text of an export's README.txt, in both languages.
std::string_view readme_text();

}  // namespace cunju::audit
