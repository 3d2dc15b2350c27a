// SPDX-License-Identifier: Apache-2.0
//
// The mapping file of an import: which column of a foreign table becomes which field. A column
// that is not named is dropped; a field that the definition does not know is kept byte for byte
// as text. The format is docs/definitions.md. Parsing is pure and knows no definition: what
// depends on one or on the table is checked by import_plan.h.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "crdt/base/result.h"
#include "node/registry/definition.h"
#include "node/registry/encoding.h"

namespace cunju::registry {

struct ColumnMapping {
  std::string column;  ///< Header cell, exactly.
  std::string field;
};

struct DefaultValue {
  std::string field;
  std::string text;  ///< Used where the row has nothing for the field.
};

struct Mapping {
  std::string registry;  ///< Empty: any.
  Encoding encoding = Encoding::kAuto;
  std::vector<std::string> key;  ///< Empty: the definition's, if it is mapped.
  /// The table was written by our own export: apostrophes before formulas come off.
  bool from_export = false;
  std::vector<ColumnMapping> columns;
  std::vector<DefaultValue> defaults;

  bool names_field(std::string_view field) const;
};

/// kMalformed with the line: unknown keys, a column or field named twice, a field name with
/// control characters, a tag on persons (person_tags.h). kLimit for too many columns.
Result<Mapping> parse_mapping(std::string_view toml);

/// A mapping file to start from: columns named like a field's id or label are mapped, all others
/// stand there commented out. parse_mapping() reads the result.
std::string make_mapping_template(const Definition& definition,
                                  const std::vector<std::string>& header);

}  // namespace cunju::registry
