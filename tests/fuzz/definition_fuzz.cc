// SPDX-License-Identifier: Apache-2.0
// Definitions, amendments and mapping files from strangers; and a stranger's text in every kind of
// field.
#include <cstdlib>

#include "node/registry/amendment.h"
#include "node/registry/builtin.h"
#include "node/registry/definition_toml.h"
#include "node/registry/mapping.h"
#include "node/registry/validate.h"

using namespace cunju;
using namespace cunju::registry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::vector<Definition> builtin = builtin_definitions();
  const Date today{std::chrono::year{2026}, std::chrono::month{11}, std::chrono::day{20}};
  std::string_view text = as_text({data, size});
  Result<Definition> definition = parse_definition(text);
  if (!definition && definition.error().context.empty()) std::abort();
  const Result<Amendment> amendment = parse_amendment(text);
  if (!amendment && amendment.error().context.empty()) std::abort();
  for (const Definition& each : builtin)
    if (amendment) (void)amend(each, amendment.value());
  Result<Mapping> mapping = parse_mapping(text);
  if (!mapping && mapping.error().context.empty()) std::abort();
  if (size > 256 || !is_utf8(text)) return 0;
  for (const Definition& each : builtin) {
    for (const FieldDefinition& field : each.fields) {
      Value value = parse_field(field, text, today).value;
      std::string shown = format_value(field, value, Language::kChinese);
      if (parse_field(field, shown, today).value != value) std::abort();
    }
  }
  return 0;
}
