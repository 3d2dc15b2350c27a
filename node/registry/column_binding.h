// SPDX-License-Identifier: Apache-2.0
//
// A mapping laid against one file's header and one definition: which cell of a row goes to which
// field. Pure.
#pragma once

#include <string>
#include <vector>

#include "node/registry/definition.h"
#include "node/registry/finding.h"
#include "node/registry/mapping.h"

namespace cunju::registry {

struct BoundColumn {
  std::size_t cell = 0;
  std::string field;
  const FieldDefinition* definition = nullptr;  ///< Null: kept byte for byte.
};

struct ColumnBinding {
  std::size_t width = 0;  ///< Cells of the header.
  std::vector<BoundColumn> columns;
  std::vector<std::string> dropped;
  std::vector<std::string> extra_fields;
  std::vector<std::string> key;
  Findings findings;  ///< An error: the file cannot be imported with this mapping.
};

/// Borrows `definition`.
ColumnBinding bind_columns(const Definition& definition, const Mapping& mapping,
                           const std::vector<std::string>& header);

}  // namespace cunju::registry
