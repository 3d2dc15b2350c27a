// SPDX-License-Identifier: Apache-2.0
//
// The registries one space has: those built into the program and the space's own, which its chair
// writes as records of the registry `definition` (fields `registry`, its id, and `source`, its
// TOML). Such a record may also amend a built-in one (amendment.h). Loading never fails because of
// what somebody wrote: a definition that does not parse, takes the id of a built-in or comes second
// under one id is left out and reported, and so is an amendment.
//   of several usable definitions or amendments with one id, the record with the smallest id stands
//   of the retention of amendments that were written apart, what keeps a record longest counts
// A value as of one moment; load it again after changes. Holds its definitions: pointers from
// find() live as long as the catalog, also when it is moved.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/crypto/crypto.h"
#include "node/registry/definition.h"
#include "node/replica/replica.h"

namespace cunju::registry {

/// The registry of imports (import.h); it has no definition, people don't write it.
inline constexpr std::string_view kImportRegistry = "import";
/// Fields of a record in kDefinitionRegistry.
inline constexpr std::string_view kDefinitionIdField = "registry";
inline constexpr std::string_view kDefinitionSourceField = "source";

/// True for the registries that the program itself keeps: no definition may take their names.
bool is_reserved_registry(std::string_view id);

struct CatalogProblem {
  RecordId record;
  std::string registry;  ///< The id in the record; may be empty.
  Label text;
};

class Catalog {
 public:
  struct Item {
    Definition definition;
    bool is_custom = false;
    bool is_amended = false;  ///< A built-in one that the space has amended.
    RecordId record;          ///< Of a custom definition, or of the amendment.
  };

  static Result<Catalog> load(replica::Replica& replica, const SpaceId& space);
  /// Only what is built in.
  static Catalog builtin();

  /// Null when there is none.
  const Definition* find(std::string_view id) const;
  const Item* find_item(std::string_view id) const;
  /// Built-in ones in the order of the product's menus, then the space's own by id.
  const std::vector<Item>& all() const { return items_; }
  const std::vector<CatalogProblem>& problems() const { return problems_; }

 private:
  friend class CatalogLoader;

  std::vector<Item> items_;
  std::vector<CatalogProblem> problems_;
};

/// Begins the context of the refusal of an amendment that leaves out what is in force.
inline constexpr std::string_view kLeavesOut = "the amendment leaves out ";

struct AddedDefinition {
  std::string id;
  RecordId record;
  bool is_new = false;   ///< False: the text of an existing one was replaced.
  bool amends = false;   ///< It amends a built-in one.
  bool changed = false;  ///< False: the space has this very text already; nothing was signed.
};

/// Adds a definition or an amendment to the space, or replaces the text of the one with its id.
/// Errors: those of parse_definition and amend; kExists (a definition with a built-in id);
/// kNotFound (an amendment to what is not built in); kInvalidArgument (a reserved id, also of a
/// field, or a field changes how it merges: that is fixed for ever); kMalformed (a ledger that
/// would not be kept); kConflict (an amendment leaves out what the one in force says; the context
/// is kLeavesOut and its keys); kPermission; those of Replica::append.
Result<AddedDefinition> add_definition(replica::Replica& replica, const SpaceId& space,
                                       const crypto::SigningKey& author, std::string_view toml,
                                       std::uint64_t claimed_ms);

}  // namespace cunju::registry
