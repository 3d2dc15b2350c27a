// SPDX-License-Identifier: Apache-2.0
//
// What a registry (登记簿) looks like, as data: fields with their kind, type, words, code list and
// checks; states and their moves; what lists show. Parsed from TOML by definition_toml.h; the
// format is docs/definitions.md. A definition affects display and local checks only: merging and
// admission never look at one, so two nodes with different definitions still compute equal views.
// Values; safe to read from several threads.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/types/value.h"
#include "node/registry/label.h"

namespace cunju::registry {

/// How concurrent edits merge. (field id, kind) is fixed for ever.
enum class FieldKind : std::uint8_t { kRegister, kSet, kState, kRef, kText, kBlob };

/// How a value is written, checked and shown. Integers, decimals, money (fen) and booleans are
/// int64 values; all others are UTF-8 text in canonical form.
enum class FieldType : std::uint8_t {
  kText,      ///< Kept byte for byte.
  kInteger,   ///<
  kDecimal,   ///< In units of 10^-scale: scale 2 keeps areas in 0.01 m2.
  kMoney,     ///< In fen.
  kDate,      ///< YYYY-MM-DD.
  kDatetime,  ///< YYYY-MM-DDTHH:MM:SS, local time of the place; or a date if no time is known.
  kBoolean,   ///< 1 or 0.
  kCode,      ///< One code of the list.
  kIdentityNumber,  ///< GB 11643: 18 characters, upper case.
  kCreditCode,      ///< GB 32100: 18 characters, upper case.
  kDivisionCode,    ///< 12 digits of the statistical division code.
  kPhone,           ///< Mobile or landline of mainland China.
  kRef,             ///< Record id: 32 lower-case hexadecimal digits.
};

/// Personal-data class: what exports, boards and logs have to keep to themselves.
enum class PersonalData : std::uint8_t { kNone, kOrdinary, kSensitive };

struct Code {
  std::string code;
  Label label;
  bool is_frozen = false;  ///< A state in which the record's texts are final.
  bool is_done = false;    ///< A state in which nothing waits for anybody.
};

/// The day that a new record gets in a date field which was left empty.
struct ProposedDay {
  std::string from;  ///< Id of the date field that it counts from; empty: none is proposed.
  int days = 0;
};

struct FieldDefinition {
  std::string id;
  FieldKind kind = FieldKind::kRegister;
  FieldType type = FieldType::kText;
  Label label;
  Label help;
  Label unit;
  bool required = false;
  /// Held only as long as the person agrees: each value is in a part of its own, and can be erased
  /// by itself. No text, no state, not required.
  bool is_erasable = false;
  PersonalData personal = PersonalData::kNone;
  std::string scope;  ///< Hint: name of the scope the field belongs to; empty: the registry's.
  std::string party;  ///< Which person of the record it is about; empty: not said.
  std::vector<Code> codes;  ///< For kCode: the list; for a state field: its states.
  std::vector<std::pair<std::string, std::string>> moves;  ///< Allowed state moves, from and to.
  std::vector<std::string> initial;                        ///< States a record may begin in.
  /// For states: the command that alone ends a record, which asks for what belongs to that; empty:
  /// whoever may write ends it by hand. It ends in a state that is marked as done.
  std::string closed_by;
  int scale = 0;                           ///< Digits after the point of kDecimal.
  std::optional<std::int64_t> minimum;     ///< In stored units (fen, 10^-scale).
  std::optional<std::int64_t> maximum;     ///< In stored units.
  std::optional<std::int64_t> max_length;  ///< Characters of a text.
  bool is_repeated = false;  ///< Texts, attachments: any number in a record, named id.suffix.
  bool not_future = false;   ///< Dates after today are worth a warning.
  ProposedDay proposed;      ///< For dates.
  std::string registry;      ///< For kRef: the registry that the record is in.

  const Code* find_code(std::string_view code) const;
  bool may_move(std::string_view from, std::string_view to) const;
  bool may_begin_in(std::string_view state) const;
  /// Whether somebody still has to do something in that state: it leads on and is not marked as
  /// done, or the definition does not know it.
  bool is_pending(std::string_view state) const;
};

/// What a registry's retention means for whoever asks that a record be erased.
enum class RetentionClass : std::uint8_t {
  kPurge,      ///< Nothing demands that it is kept: it goes when that is asked for.
  kPeriod,     ///< It has to be kept for `years`, counted from the date in the field `from`.
  kPermanent,  ///< It has to be kept for ever.
};

/// What one value of the field that classes records means for them.
struct RetentionOfValue {
  std::string value;
  RetentionClass kind = RetentionClass::kPermanent;
  std::optional<int> years;
};

/// How long records are kept: displayed, and what an erasure goes by (retention.h); nothing happens
/// by itself.
struct Retention {
  RetentionClass kind = RetentionClass::kPurge;
  Label rule;                ///< "永久", "终止后 3 年".
  std::optional<int> years;  ///< Empty: for ever, or as `rule` says.
  std::string from;          ///< Id of a date field; empty: the years have no known beginning.
  Label ground;              ///< Legal or practical ground.
  std::string class_field;   ///< Id of the field that classes each record; empty: all are alike.
  std::vector<RetentionOfValue> classes;  ///< Of its values; any other is as `kind` has it.
};

struct Definition {
  std::string id;
  std::int64_t version = 1;
  Label label;
  Label help;
  std::string scope;  ///< Hint: "open" or the name of a confidential scope.
  /// Its records prove what was done: none is removed, and no request of a person hides one before
  /// its period is over.
  bool is_ledger = false;
  Label legal_basis;
  Retention retention;
  /// What others laid down without having seen `retention` (catalog.h): what keeps longest counts.
  std::vector<Retention> retention_apart;
  std::vector<FieldDefinition> fields;
  std::vector<std::string> display;  ///< Field ids that lists show.
  std::vector<std::string> key;      ///< Natural key: matches rows of an import with records.

  /// Also for one of a repeated field, by its whole name.
  const FieldDefinition* find_field(std::string_view field_id) const;
  /// The only field with this label in either language, as fold_label() compares; else null.
  const FieldDefinition* find_label(std::string_view label_text) const;
  /// People type what they see: the id of the field with this id or label; else the name itself.
  std::string resolve(std::string_view name) const;
};

/// A field's id with a value: one cell of a row or record. A set field may occur several times.
using FieldValue = std::pair<std::string, Value>;
using FieldValues = std::vector<FieldValue>;

std::string_view type_name(FieldType type);
std::string_view kind_name(FieldKind kind);
/// [a-z][a-z0-9_]*, at most limits::kMaxNameBytes.
bool is_plain_name(std::string_view name);
/// What a field outside every definition may be called: 1 to limits::kMaxNameBytes of UTF-8
/// without control characters.
bool is_field_name(std::string_view name);

}  // namespace cunju::registry
