// SPDX-License-Identifier: Apache-2.0
//
// From what a person typed to a Value and back. Nothing typed is ever lost: a text that does not
// parse is kept word for word as a text value, with a warning; a text that parses is kept in
// canonical form. parse_field(format_value(v)) gives v again. Pure: today is passed in.
#pragma once

#include <string>
#include <string_view>

#include "node/registry/date.h"
#include "node/registry/definition.h"
#include "node/registry/finding.h"

namespace cunju::registry {

struct ParsedField {
  Value value;  ///< NoValue for an empty text.
  Findings findings;
};

/// One value of `field`. For a set field: one element.
ParsedField parse_field(const FieldDefinition& field, std::string_view text, Date today);

/// As a person reads it: labels of codes, yuan with two decimals, 是 / 否.
std::string format_value(const FieldDefinition& field, const Value& value, Language language);

}  // namespace cunju::registry
