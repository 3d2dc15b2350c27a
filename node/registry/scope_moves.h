// SPDX-License-Identifier: Apache-2.0
//
// What a new version of a definition would give up: who may read its fields, and how long its
// records are kept, held against every version of the space's own that counts
// (definition_law.h). Nothing of it is given up unless whoever writes the version says so.
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "node/registry/catalog.h"
#include "node/registry/definition_law.h"

namespace cunju::registry {

/// A field whose values a new version of a definition puts into another scope, or does not have.
struct ScopeMove {
  std::string field;         ///< Empty: everything that the definition does not name.
  std::string from;          ///< Confidential.
  std::string to;            ///< Empty: open. Of one that is left out: where unknown fields go.
  bool is_left_out = false;  ///< The new version does not have it.
  Label label;               ///< As the version had it that kept it confidential.
};
/// Fields that were confidential and are open or of another scope by `after`, or that it leaves
/// out, in the order of `before`; last the registry's own scope, with whatever it does not name, if
/// that moves. Pure.
std::vector<ScopeMove> find_scope_moves(const Definition& before, const Definition& after);

/// What a definition gives up, unless it is meant.
struct GivenUp {
  std::vector<ScopeMove> moves;
  std::optional<Retention> kept;  ///< What keeps records longer, if anything does.
  bool ledger = false;            ///< It is proof by a late definition alone.
  std::vector<Label> erasable;    ///< Fields that went with their record, and go by themselves.

  bool keeps_less() const { return kept || ledger || !erasable.empty(); }
  bool empty() const { return moves.empty() && !keeps_less(); }
  /// As the record of the definition says it.
  std::set<std::string> what() const;
};

/// Every definition of the registry that a record of the space has held, by record, oldest first.
/// Errors: those of the replica.
Result<std::vector<Definition>> definitions_ever(replica::Replica& replica, const SpaceId& space,
                                                 std::string_view registry);

/// The moves from the definition in use; and of the fields that it does not have from what others
/// before it said, those of records that were taken away among them. Errors: those of the replica.
Result<std::vector<ScopeMove>> find_scope_moves_ever(replica::Replica& replica,
                                                     const SpaceId& space, const Catalog& catalog,
                                                     const Definition& after);

/// The same from one that is in use, or null, and of all versions of the registry. Pure.
std::vector<ScopeMove> find_scope_moves_from(const Definition* now,
                                             std::span<const DefinitionVersion> versions,
                                             const Definition& after);

/// All that the space would give up by `after`, a definition of its own. Of what a ledger said in
/// force nothing is ever given up. Errors: those of the replica.
Result<GivenUp> find_given_up(replica::Replica& replica, const SpaceId& space,
                              const Catalog& catalog, const Definition& after);

/// As add_definition(), by somebody who was told of `meant` and says that it is. Errors: also
/// kConflict where more would be given up than that.
Result<AddedDefinition> add_meant_definition(replica::Replica& replica, const SpaceId& space,
                                             const crypto::SigningKey& author,
                                             std::string_view toml, std::uint64_t claimed_ms,
                                             const std::set<std::string>& meant);

/// Begins the context of the refusal of a definition that gives up what is not meant.
inline constexpr std::string_view kGivesUp = "the definition gives up ";

/// The scopes that any definition of the registry has named, ascending. Errors: those of the
/// replica.
Result<std::vector<std::string>> scopes_ever(replica::Replica& replica, const SpaceId& space,
                                             std::string_view registry);

/// Why nothing is written in a registry whose definition is gone: everybody could read what one
/// that it had keeps confidential. Empty: it may be written. Errors: those of the replica.
Result<std::optional<Label>> find_missing_definition(replica::Replica& replica,
                                                     const SpaceId& space,
                                                     std::string_view registry);

/// Begins the context of an undo that is refused for that; the registry follows.
inline constexpr std::string_view kNoDefinition = "there is no definition of the registry ";

}  // namespace cunju::registry
