// SPDX-License-Identifier: Apache-2.0
//
// The files of one space in an export that are computed: heads, keys, schema, and the records of
// each registry as CSV and JSON Lines. A pure function of the replayed logs, the definitions and
// the language, byte for byte, because verification makes them again and compares.
// docs/formats/export.md. Of confidential parts only those that the replay could open, which are
// those that were disclosed: all others are in the logs as their authors enveloped them.
#pragma once

#include <string>
#include <vector>

#include "crdt/replay/replay.h"
#include "node/audit/definitions.h"
#include "node/registry/label.h"

namespace cunju::audit {

/// A line, or a record's row; `record` is its id in hex, or empty.
struct FileRow {
  std::string record;
  std::string text;
};

struct TextFile {
  enum class Kind { kJson, kJsonLines, kCsv };

  std::string name;  ///< Inside the space's folder.
  Kind kind = Kind::kJson;
  std::vector<FileRow> rows;

  std::string content() const;
};

/// Lines of our JSON files stand for themselves; those of records come with their record.
TextFile make_json_file(std::string name, const std::string& text);

struct RegistryCount {
  std::string registry;
  std::uint64_t records = 0;  ///< Deleted ones too.
  std::uint64_t deleted = 0;
  std::uint64_t disclosed = 0;  ///< Of which something confidential is shown.
};

struct SpaceFiles {
  std::vector<TextFile> files;            ///< Ascending by name.
  std::vector<RegistryCount> registries;  ///< Ascending.
  std::uint64_t records() const;
};

/// The registries that have records, ascending.
std::vector<std::string> find_registries(const replay::Replay& replay);

SpaceFiles make_space_files(const replay::Replay& replay, const Definitions& definitions,
                            registry::Language language);

/// What the registry's files are called before the dot: its own name, or "x-" and a hash when a
/// file system could stumble over that name.
std::string file_stem(std::string_view registry);

/// Replica::state_hash of the replayed logs.
Hash state_hash(const SpaceId& space, const replay::Replay& replay);

}  // namespace cunju::audit
