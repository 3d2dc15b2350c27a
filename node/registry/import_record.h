// SPDX-License-Identifier: Apache-2.0
//
// The record that an import leaves of itself, in the registry `import`. What an import is, is said
// once, by the record's first change; later writes to it can't widen what an undo touches.
//   digest bytes, registry text, added, updated integers: for people
//   file text: of imports of older programs. A table is called after somebody, and this part is
//     open whatever the rows' scope, so its name is not written any more: the digest tells it
//   changes integer: the import is this change and the author's next changes - 1 ones
//   readmitted text: the erasures whose persons it brought back, and the ground; only where it did
// An undo adds undone (claimed ms), removed and reset (counts, with those of undos before).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "node/replica/replica.h"

namespace cunju::registry {

struct ImportFacts {
  std::string registry;
  Bytes file_digest;
  std::uint64_t added = 0;
  std::uint64_t updated = 0;
  std::uint64_t changes = 0;
  std::string readmitted = {};
};

/// Written by an undo; its claimed time.
inline constexpr std::string_view kImportUndoneField = "undone";

std::vector<Operation> import_operations(const ImportFacts& facts);
std::vector<Operation> undo_operations(std::uint64_t claimed_ms, std::size_t removed,
                                       std::size_t reset);

/// What undos of the import have removed and set back so far.
struct UndoCounts {
  std::size_t removed = 0, reset = 0;
};
Result<UndoCounts> read_undo_counts(replica::Replica& replica, const SpaceId& space,
                                    const RecordId& import);

/// An import as its first change tells it.
struct ImportOrigin {
  ImportFacts facts;
  std::string file_name;  ///< Of imports of older programs; else empty.
  ChangeId change;
  AuthorKey author;
  Seq first;
  std::uint64_t claimed_ms = 0;
};

/// kNotFound: no import. kConflict: several changes claim to be its first one, which only a
/// forged change can bring about.
Result<ImportOrigin> find_import(replica::Replica& replica, const SpaceId& space,
                                 const RecordId& import);
/// kPermission unless the author may write the registry and `import`.
Result<void> check_import_permission(replica::Replica& replica, const SpaceId& space,
                                     const AuthorKey& author, std::string_view registry);

/// Packs parts into changes well below the limits of one.
class DraftPacker {
 public:
  /// `first` opens the first change.
  explicit DraftPacker(replica::PartDraft first);
  void add(replica::PartDraft part) { add({{std::move(part)}}); }
  /// Parts that belong together: the first layer comes into one change, and each later one, which
  /// follows it, into the next.
  void add(std::vector<std::vector<replica::PartDraft>> layers);
  /// All of it; nothing is added afterwards.
  std::vector<replica::ChangeDraft>& drafts();

 private:
  struct Layer {
    replica::ChangeDraft draft;
    std::size_t bytes = 0;  ///< About.
  };
  void flush();

  std::vector<replica::ChangeDraft> drafts_;
  std::vector<Layer> layers_;  ///< Changes that are being filled side by side.
};

}  // namespace cunju::registry
