// SPDX-License-Identifier: Apache-2.0
//
// How a record of the book gets an attachment.
#include <algorithm>

#include "crdt/attachment/reference.h"
#include "node/registry/record_book.h"
#include "node/registry/text_version.h"

namespace cunju::registry {
namespace {

/// The field's whole name; with the next free number where there are any number of them. What is
/// from before the field's scope has its number too.
std::string whole_name(const FieldDefinition& field, std::string_view name,
                       const RecordStates& record) {
  if (!field.is_repeated || name != field.id) return std::string(name);
  const auto holds = [](const RecordState& state, const std::string& place) {
    const Field* stored = state.find(place, cunju::FieldKind::kRegister);
    return stored != nullptr && !is_empty(stored->winner());
  };
  for (std::size_t number = 1;; ++number) {
    std::string out = field.id + "." + std::to_string(number);
    const bool is_taken = holds(record.written(), out) ||
                          std::ranges::any_of(record.others, [&](const ScopedState& other) {
                            return holds(*other.state, out);
                          });
    if (!is_taken) return out;
  }
}

/// Whether `name` is that of one of many: numbered from 1 on, or there already.
bool is_place(const FieldDefinition& field, const std::string& name, const RecordStates& record) {
  const std::string_view number = std::string_view(name).substr(field.id.size() + 1);
  const bool is_number = number.front() != '0' &&
                         std::ranges::all_of(number, [](char c) { return c >= '0' && c <= '9'; });
  return is_number || record.has(name);
}

/// By its id, or by the whole name of one of many.
const FieldDefinition* find_attachment_field(const Definition* definition, std::string_view name) {
  if (definition == nullptr) return nullptr;
  for (const FieldDefinition& field : definition->fields) {
    if (field.kind == FieldKind::kBlob && field.id == name) return &field;
  }
  const FieldDefinition* field = definition->find_field(name);
  return field != nullptr && field->kind == FieldKind::kBlob ? field : nullptr;
}

}  // namespace

Result<Saved> RecordBook::attach(const Act& act, std::string_view registry, const RecordId& record,
                                 std::string_view field, const Bytes& reference) {
  refusal_.clear();
  CUNJU_TRYV(attachment::parse_reference(reference));
  CUNJU_TRY(const Loaded loaded, load(record, registry));
  if (loaded.is_deleted())
    return refuse(Errc::kNotFound, "deleted", {},
                  {"记录已删除；先用 set --restore 恢复",
                   "the record is deleted; bring it back with set --restore"});
  const std::string resolved =
      loaded.definition == nullptr ? std::string(field) : loaded.definition->resolve(field);
  const FieldDefinition* known = find_attachment_field(loaded.definition, resolved);
  if (known == nullptr) {
    return refuse(Errc::kInvalidArgument, "no_attachment_field", std::string(field),
                  {"这个字段不是放附件的", "the field is not one for attachments"});
  }
  const std::string scope = scope_of_field(loaded.definition, known->id);
  const RecordStates states = loaded.states(scope);
  const std::string name = whole_name(*known, resolved, states);
  if (known->is_repeated && !is_place(*known, name, states))
    return refuse(Errc::kInvalidArgument, "no_number", std::string(field),
                  {"附件按 1、2、3 编号，例如 " + known->id + ".1；不写编号就用下一个",
                   "attachments are numbered from 1 on, as " + known->id +
                       ".1; without a number the next one is taken"});
  Writes writes;
  writes[scope] = {seen_of(loaded.view_of(scope)),
                   {make_operation(OperationKind::kRegisterSet, name, reference)}};
  return write(act, loaded.registry, record, std::move(writes), {});
}

}  // namespace cunju::registry
