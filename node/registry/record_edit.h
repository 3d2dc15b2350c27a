// SPDX-License-Identifier: Apache-2.0
//
// From what a person or a file wants a record to say to the operations that make it so: only what
// differs is written, so saying the same again signs nothing. Pure.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "crdt/types/operation.h"
#include "node/registry/date.h"
#include "node/registry/definition.h"
#include "node/registry/field_scope.h"
#include "node/registry/finding.h"
#include "node/registry/record_states.h"

namespace cunju::registry {

enum class EditAction : std::uint8_t {
  kSet,     ///< field=text; an empty text clears. A set: exactly the elements of split_set(text).
  kAdd,     ///< field+=text: one element of a set.
  kRemove,  ///< field-=text: one element of a set.
};

struct Edit {
  std::string field;  ///< A field's id, or its label.
  EditAction action = EditAction::kSet;
  std::string text;
};

struct EditContext {
  const Definition* definition = nullptr;  ///< Null: every field is plain text.
  RecordStates record = {};                ///< As it is shown; nothing in it: a new one.
  Date today;
  bool allow_extra = false;  ///< Fields that neither definition nor record has become text.
};

/// Why a text of such a record is not edited.
inline const Label kFinalTexts{"已经定稿，文字不能再改；可另写更正",
                               "the texts are final; write a correction instead"};

struct PlannedEdit {
  std::vector<Operation> operations;  ///< Empty: the record says so already, or there are errors.
  /// What takes elements out of confidential scopes in which they are from before, by scope: a mark
  /// of them where more people read would tell of them.
  OperationsByScope elsewhere;
  Findings findings;  ///< Errors: nothing may be written. Warnings are of the texts' form.
};

PlannedEdit plan_edit(const EditContext& context, std::span<const Edit> edits);

/// What makes a record say `values` in the fields they name and leaves all others alone; nothing is
/// found in it. Values of a set: exactly these elements.
PlannedEdit plan_values(const Definition* definition, const RecordStates& record,
                        std::span<const FieldValue> values);
/// What makes a text say `after`. One that is shown from another scope is begun whole in this one.
std::vector<Operation> plan_shown_text(const RecordStates& record, const std::string& field,
                                       std::string_view after);
/// The first state move among `operations` that the definition does not allow; null when none.
const Operation* find_illegal_move(const Definition& definition,
                                   std::span<const Operation> operations);

/// Adds the freeze or thaw that comes with a move between states whose definition says so.
void follow_state(const Definition* definition, const RecordState& state,
                  std::vector<Operation>& operations);

/// The state move that opens final texts again although the definition has no such move: back to a
/// state that this one is entered from, as long as a text waits to be read, since whoever made it
/// final had not seen all of it. Empty: there is none.
struct StateMove {
  std::string field, code;
};
std::optional<StateMove> find_way_back(const Definition* definition, const RecordState& state);

/// Changes no field, but counts as an edit: brings a deleted record back as it was.
Operation touch_operation();
Operation delete_operation();

/// Ids of the definition that look like `name`, nearest first, at most three.
std::vector<std::string> find_near_fields(const Definition& definition, std::string_view name);

}  // namespace cunju::registry
