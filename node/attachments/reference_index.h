// SPDX-License-Identifier: Apache-2.0
//
// Which attachments the records of a space refer to, as far as this home can read them. Computed
// from the views, of the registries whose definitions have fields for attachments; an attachment
// whose reference was replaced or whose record is deleted is not among them. A value as of one
// moment.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "crdt/attachment/reference.h"
#include "node/registry/catalog.h"
#include "node/replica/replica.h"

namespace cunju::attachments {

/// One field of a record that refers to an attachment; of a conflict each candidate is one.
struct Referred {
  attachment::BlobId blob;
  Scope scope;
  AuthorKey author;  ///< Of the change that says so,
  Seq seq = {};      ///< and its number.
  std::string registry;
  RecordId record;
  std::string field;
  Bytes value;  ///< The reference.
};

/// A reference, and the space whose record has it.
struct PlacedReference {
  SpaceId space;
  Referred reference;
};

/// Ascending by (blob, registry, record, field). Errors: those of the replica.
Result<std::vector<Referred>> find_references(replica::Replica& replica, const SpaceId& space,
                                              const registry::Catalog& catalog);
/// Those of one attachment, of references in that order.
std::span<const Referred> those_of(std::span<const Referred> references,
                                   const attachment::BlobId& blob);

}  // namespace cunju::attachments
