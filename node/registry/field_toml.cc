// SPDX-License-Identifier: Apache-2.0
#include "node/registry/field_toml.h"

#include <algorithm>
#include <array>
#include <set>

#include "crdt/base/limits.h"
#include "node/registry/person_tags.h"
#include "node/registry/retention_toml.h"
#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

constexpr std::size_t kName = limits::kMaxNameBytes;
/// Fen and square centimetres are the finest units in use; more digits would overflow sums.
constexpr std::int64_t kMaxScale = 6;

constexpr std::array kKinds = {FieldKind::kRegister, FieldKind::kSet,  FieldKind::kState,
                               FieldKind::kRef,      FieldKind::kText, FieldKind::kBlob};
constexpr std::array kTypes = {
    FieldType::kText,       FieldType::kInteger,      FieldType::kDecimal,
    FieldType::kMoney,      FieldType::kDate,         FieldType::kDatetime,
    FieldType::kBoolean,    FieldType::kCode,         FieldType::kIdentityNumber,
    FieldType::kCreditCode, FieldType::kDivisionCode, FieldType::kPhone,
    FieldType::kRef};

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

// Kinds and types of the future must not be taken for typing mistakes, and the other way round:
// both say "not known to this version", which is true of both.
void read_kind_and_type(TableReader& reader, FieldDefinition& out) {
  std::string kind = reader.text("kind", kName);
  if (kind.empty()) kind = "register";
  auto found_kind = std::ranges::find(kKinds, kind, kind_name);
  if (found_kind == kKinds.end()) {
    reader.refuse("kind " + in_quotes(kind) + " is not known to this version");
    return;
  }
  out.kind = *found_kind;

  std::string type = reader.text("type", kName);
  if (type.empty()) {
    type = out.kind == FieldKind::kState ? "code" : out.kind == FieldKind::kRef ? "ref" : "text";
  }
  auto found_type = std::ranges::find(kTypes, type, type_name);
  if (found_type == kTypes.end()) {
    reader.refuse("type " + in_quotes(type) + " is not known to this version");
    return;
  }
  out.type = *found_type;
  if (out.kind == FieldKind::kState && out.type != FieldType::kCode) {
    reader.refuse("a state field has no other type than code");
  }
  if ((out.kind == FieldKind::kText || out.kind == FieldKind::kBlob) &&
      out.type != FieldType::kText) {
    reader.refuse("a " + std::string(kind_name(out.kind)) + " field has no other type than text");
  }
  if (out.kind == FieldKind::kRef && out.type != FieldType::kRef) {
    reader.refuse("a ref field has no other type than ref");
  }
}

// { code = "..", zh = "..", en = ".." } and, for a state, to = [..].
void read_codes(TableReader& reader, std::string_view key, FieldDefinition& out) {
  const TomlNode* list = reader.node(key);
  const TomlNode::Array* items = list == nullptr ? nullptr : list->array();
  if (items == nullptr || items->empty() || items->size() > limits::kMaxCodes) {
    reader.refuse(in_quotes(key) + " must be a list of 1 to " + std::to_string(limits::kMaxCodes) +
                  " entries");
    return;
  }
  bool states = out.kind == FieldKind::kState;
  for (const TomlNode& item : *items) {
    TableReader entry(item, "field " + in_quotes(out.id) + ", " + in_quotes(key));
    Code code;
    code.code = entry.text("code", kName, true);
    code.label = {entry.text("zh", kName, true), entry.text("en", kName)};
    if (states) {
      for (std::string& to : entry.texts("to", limits::kMaxCodes)) {
        out.moves.emplace_back(code.code, std::move(to));
      }
      code.is_frozen = entry.boolean("frozen", false);
      code.is_done = entry.boolean("done", false);
    }
    if (Result<void> result = entry.finish(); !result) {
      reader.adopt(result.error());
      return;
    }
    out.codes.push_back(std::move(code));
  }
}

// A label must lead back to its code, or what is shown could not be read back.
void check_codes_distinct(TableReader& reader, const FieldDefinition& field) {
  std::set<std::string> seen;
  for (const Code& code : field.codes) {
    std::set<std::string> own = {fold_label(code.code), fold_label(code.label.zh)};
    if (!code.label.en.empty()) own.insert(fold_label(code.label.en));
    for (const std::string& name : own) {
      if (!seen.insert(name).second) {
        reader.refuse("code or label " + in_quotes(name) + " stands for two codes");
        return;
      }
    }
  }
}

void check_states(TableReader& reader, const FieldDefinition& field) {
  if (field.initial.empty()) reader.refuse("a state field needs \"initial\"");
  for (const std::string& state : field.initial) {
    if (field.find_code(state) == nullptr) {
      reader.refuse("initial state " + in_quotes(state) + " does not exist");
    }
  }
  for (const auto& [from, to] : field.moves) {
    if (field.find_code(to) == nullptr) {
      reader.refuse("state " + in_quotes(from) + " moves to " + in_quotes(to) +
                    ", which does not exist");
    }
  }
}

void read_checks(TableReader& reader, FieldDefinition& out) {
  bool number = out.type == FieldType::kInteger || out.type == FieldType::kDecimal ||
                out.type == FieldType::kMoney;
  bool date = out.type == FieldType::kDate || out.type == FieldType::kDatetime;
  // A parameter that the type does not use stays unread, so finish() refuses it.
  if (number) {
    out.minimum = reader.integer("min");
    out.maximum = reader.integer("max");
    if (out.minimum && out.maximum && *out.minimum > *out.maximum) {
      reader.refuse("\"min\" is above \"max\"");
    }
  }
  if (out.type == FieldType::kDecimal) {
    std::int64_t scale = reader.integer("scale").value_or(-1);
    if (scale < 1 || scale > kMaxScale) reader.refuse("a decimal needs a \"scale\" from 1 to 6");
    out.scale = static_cast<int>(scale);
  }
  if (out.type == FieldType::kText && out.kind != FieldKind::kBlob) {
    out.max_length = reader.integer("max_length");
    if (out.max_length && *out.max_length < 1) reader.refuse("\"max_length\" must be 1 or more");
  }
  if (out.kind == FieldKind::kText || out.kind == FieldKind::kBlob)
    out.is_repeated = reader.boolean("repeated", false);
  if (date) out.not_future = reader.boolean("not_future", false);
  if (const TomlNode* node = date ? reader.node("proposed") : nullptr) {
    TableReader table(*node, "field " + in_quotes(out.id) + ", \"proposed\"");
    out.proposed = read_proposed(table);
    if (Result<void> result = table.finish(); !result) reader.adopt(result.error());
  }
  if (out.type == FieldType::kRef) {
    out.registry = reader.text("registry", kName, true);
    if (!is_plain_name(out.registry)) reader.refuse("\"registry\" must be a registry's id");
  }
  if (out.kind == FieldKind::kState) {
    read_codes(reader, "states", out);
    out.initial = reader.texts("initial", limits::kMaxCodes);
    out.closed_by = reader.text("closed_by", kName);
    if (!reader.failed()) check_states(reader, out);
  } else if (out.type == FieldType::kCode) {
    read_codes(reader, "codes", out);
  }
  check_codes_distinct(reader, out);
}

}  // namespace

Result<FieldDefinition> parse_field_definition(const TomlNode& node) {
  TableReader reader(node, "field");
  FieldDefinition out;
  out.id = reader.text("id", kName, true);
  reader.set_where("field " + in_quotes(out.id));
  if (!is_plain_name(out.id))
    reader.refuse("an id is a small letter, then small letters, digits, _");
  read_kind_and_type(reader, out);
  out.label = reader.label("label", true);
  for (std::string_view name : {out.id, out.label.zh, out.label.en}) {
    if (is_refused_person_tag(name)) {
      reader.refuse(in_quotes(name) + " would be a tag on persons that no registry here may have");
    }
  }
  out.help = reader.label("help");
  out.unit = reader.label("unit");
  out.required = reader.boolean("required", false);
  std::string personal = reader.text("personal", kName);
  if (personal == "ordinary") {
    out.personal = PersonalData::kOrdinary;
  } else if (personal == "sensitive") {
    out.personal = PersonalData::kSensitive;
  } else if (!personal.empty() && personal != "none") {
    reader.refuse("\"personal\" is none, ordinary or sensitive");
  }
  out.is_erasable = reader.boolean("erasable", false);
  const bool is_single = out.kind != FieldKind::kText && out.kind != FieldKind::kState;
  if (out.is_erasable && (out.required || !is_single))
    reader.refuse("\"erasable\" is for fields that are no text, no state and not required");
  out.scope = reader.text("scope", kName);
  if (!out.scope.empty() && !is_plain_name(out.scope)) reader.refuse("\"scope\" must be a name");
  out.party = reader.text("party", kName);
  if (!out.party.empty() && !is_plain_name(out.party)) reader.refuse("\"party\" must be a name");
  if (!reader.failed()) read_checks(reader, out);
  CUNJU_TRYV(reader.finish());
  return out;
}

}  // namespace cunju::registry
