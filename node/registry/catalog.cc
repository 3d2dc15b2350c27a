// SPDX-License-Identifier: Apache-2.0
#include "node/registry/catalog.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <tuple>
#include <utility>

#include "node/registry/amendment.h"
#include "node/registry/builtin.h"
#include "node/registry/definition_law.h"
#include "node/registry/definition_outlook.h"
#include "node/registry/definition_toml.h"
#include "node/registry/ledger_law.h"
#include "node/registry/program_fields.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"
#include "node/registry/retention_toml.h"
#include "node/registry/scope_moves.h"

namespace cunju::registry {
namespace {

std::string text_of(const RecordState& state, std::string_view field) {
  Value value = shown_value(state, field, cunju::FieldKind::kRegister);
  auto* text = std::get_if<std::string>(&value);
  return text == nullptr ? std::string() : std::move(*text);
}

// Kinds that merge alike may replace each other.
Result<void> check_kinds(const Definition& before, const Definition& after) {
  for (const FieldDefinition& field : after.fields) {
    const FieldDefinition* old = before.find_field(field.id);
    if (old == nullptr || merge_kind(old->kind) == merge_kind(field.kind)) continue;
    return fail(Errc::kInvalidArgument, "field " + field.id + " is of kind " +
                                            std::string(kind_name(old->kind)) +
                                            " for ever; a field of kind " +
                                            std::string(kind_name(field.kind)) + " needs a new id");
  }
  return ok();
}

/// `before` was in force.
Result<void> check_ledger(const Definition& before, const Definition& after) {
  if (std::string problem = find_shortening(before, after); !problem.empty())
    return fail(Errc::kInvalidArgument, std::move(problem));
  return ok();
}

/// The id of a definition that the space may have; else why not. `versions`: all there are.
Result<std::string> check_definition(const Catalog& catalog,
                                     std::span<const DefinitionVersion> versions,
                                     std::string_view toml) {
  CUNJU_TRY(Definition definition, parse_definition(toml));
  if (is_reserved_registry(definition.id))
    return fail(Errc::kInvalidArgument, "registry id " + definition.id + " is reserved");
  for (const FieldDefinition& field : definition.fields)
    if (is_program_field(nullptr, field.id))
      return fail(Errc::kInvalidArgument, "field id " + field.id + " is reserved");
  if (const Catalog::Item* item = catalog.find_item(definition.id)) {
    if (!item->is_custom)
      return fail(Errc::kExists, "built-in registry " + definition.id +
                                     "; its retention, legal basis and proposed days can be "
                                     "amended: amends = \"" +
                                     definition.id + "\"");
    CUNJU_TRYV(check_kinds(item->definition, definition));
  }
  // A late one counts as well, and can be given up.
  for (const DefinitionVersion& version : versions)
    if (version.definition.id == definition.id && version.makes_ledger() && !version.is_late) {
      CUNJU_TRYV(check_ledger(version.definition, definition));
    }
  if (const std::string problem = check_ledger_retention(definition); !problem.empty())
    return fail(Errc::kMalformed, problem);
  return definition.id;
}

/// The same of an amendment, which is held against what is built in.
Result<std::string> check_amendment(std::string_view toml) {
  CUNJU_TRY(const Amendment amendment, parse_amendment(toml));
  const Catalog builtin = Catalog::builtin();
  const Definition* definition = builtin.find(amendment.id);
  if (definition == nullptr) return fail(Errc::kNotFound, "built-in registry " + amendment.id);
  CUNJU_TRY(const Definition amended, amend(*definition, amendment));
  if (definition->is_ledger) {
    CUNJU_TRYV(check_ledger(*definition, amended));
  }
  return amendment.id;
}

/// An amendment is replaced whole: what it leaves out of the one before would be lost unsaid.
Result<void> check_left_out(const RecordState& before, std::string_view toml) {
  const Result<Amendment> old = parse_amendment(text_of(before, kDefinitionSourceField));
  if (old.has_error()) return ok();
  CUNJU_TRY(const Amendment amendment, parse_amendment(toml));
  const std::string left_out = find_left_out(old.value(), amendment);
  if (!left_out.empty()) return fail(Errc::kConflict, std::string(kLeavesOut) + left_out);
  return ok();
}

const Label kLateLedger{
    "有一份迟到的定义没有采用，但按它登记的是办理的凭据：仍按它保管。要采用的用 late "
    "admit；确要换成别的，由主任把定义文件用 define 登记，加 --yes",
    "a definition is late, and by it the records are proof of what was done: that goes on. Admit "
    "it with late admit; if another one is meant, the chair enters it with --yes (define)"};

}  // namespace

bool is_reserved_registry(std::string_view id) {
  return id == kRosterRegistry || id == kDefinitionRegistry || id == kImportRegistry ||
         is_registry_of_program(id);
}

/// Takes the definition records one by one, by ascending id.
class CatalogLoader {
 public:
  /// `versions`: of all records; they count whether or not their record is there.
  explicit CatalogLoader(std::vector<DefinitionVersion> versions)
      : out_(builtin_), versions_(std::move(versions)), builtin_count_(out_.items_.size()) {}

  void add(const RecordId& record, const RecordState& state) {
    const bool is_deleted = state.is_deleted();
    if (!is_deleted) add_present(record, state);
    std::map<std::string, const Definition*> last;
    for (const DefinitionVersion& version : versions_)
      if (version.record == record && version.definition.is_ledger && !version.is_late)
        last[version.definition.id] = &version.definition;
    for (const auto& [id, ledger] : last) last_ledgers_.emplace_back(record, is_deleted, *ledger);
  }

  Catalog finish() {
    keep_ledgers();
    auto begin = out_.items_.begin() + static_cast<std::ptrdiff_t>(builtin_count_);
    for (auto item = out_.items_.begin(); item != begin; ++item) hold_to_amendments(*item);
    for (auto item = begin; item != out_.items_.end(); ++item) hold_to_versions(*item);
    for (Catalog::Item& item : out_.items_) hold_to_builtin(item);
    std::sort(begin, out_.items_.end(), [](const Catalog::Item& a, const Catalog::Item& b) {
      return a.definition.id < b.definition.id;
    });
    return std::move(out_);
  }

 private:
  void add_present(const RecordId& record, const RecordState& state) {
    std::string id = text_of(state, kDefinitionIdField);
    const Field* versions = state.find(kDefinitionSourceField, cunju::FieldKind::kRegister);
    if (versions != nullptr && versions->has_conflict()) {
      report(
          record, id,
          {"定义有几个同时修改的版本，暂用其中一个，请确认；对内置登记簿的修订，保管期限按较严的",
           "the definition has concurrent versions; one is used until somebody settles it, and "
           "of the retention of amendments the stricter"});
    }
    const std::string source = text_of(state, kDefinitionSourceField);
    if (is_amendment(source)) return add_amendment(record, id, source);
    Result<Definition> parsed = parse_definition(source);
    if (parsed.has_error()) {
      return report(record, id,
                    {"定义读不懂，未采用：" + parsed.error().context,
                     "the definition does not parse and is not used: " + parsed.error().context});
    }
    Definition definition = std::move(parsed).value();
    if (definition.id != id) return report_other_id(record, id, definition.id);
    if (is_reserved_registry(id))
      return report(record, id, {"这个编号由程序保留，未采用", "the id is reserved; not used"});
    if (const Catalog::Item* taken = out_.find_item(id)) {
      if (!taken->is_custom) {
        return report(record, id,
                      {"内置登记簿不能被替换，未采用",
                       "a built-in registry can't be replaced; the definition is not used"});
      }
      return report(
          record, id,
          {"同一编号已有另一个定义（" + taken->record.hex() + "），未采用",
           "another definition has this id (" + taken->record.hex() + "); this one is not used"});
    }
    out_.items_.push_back(
        {.definition = std::move(definition), .is_custom = true, .record = record});
  }

  /// What others have said of the same registry and nobody has given up.
  void hold_to_versions(Catalog::Item& item) {
    std::vector<DefinitionVersion> versions;
    std::vector<Definition> ledgers, late_ledgers;
    for (const DefinitionVersion& version : versions_) {
      if (version.definition.id != item.definition.id) continue;
      versions.push_back(version);
      if (version.makes_ledger())
        (version.is_late ? late_ledgers : ledgers).push_back(version.definition);
    }
    report_erasable(item, versions);
    const std::vector<HeldField> held = hold_to_scopes(item.definition, versions);
    if (!held.empty()) report(item.record, item.definition.id, held_text(held));
    if (hold_to_retention(item.definition, versions))
      report(item.record, item.definition.id,
             {"定义的保管期限比从前或另一个定义的短，没有人确认过改短：仍按较长的。确要改短的，由"
              "主任把定义文件用 define 再登记一次，加 --yes",
              "the definition keeps records for a shorter time than one before or beside it, and "
              "nobody said that this is meant: the longer one goes on. If it is meant, the chair "
              "enters the definition once more with --yes (define)"});
    if (hold_to_ledgers(item.definition, ledgers))
      report(item.record, item.definition.id,
             {"定义比从前的短，或不再是凭据登记簿：凭据的保管期限仍按从前的，只增不删",
              "the definition keeps records that are proof for a shorter time than before, or "
              "not as proof: what was laid down before goes on"});
    if (hold_to_ledgers(item.definition, late_ledgers))
      report(item.record, item.definition.id, kLateLedger);
  }

  /// The last version goes on of what was taken away, or does not say so any more; and the first by
  /// record of what is late: who entered a record because it is proof has it kept as that, though
  /// whoever wrote the definition was removed beside it.
  void keep_ledger(const RecordId& record, const Definition& ledger, Label why) {
    if (out_.find_item(ledger.id) != nullptr || is_reserved_registry(ledger.id)) return;
    report(record, ledger.id, std::move(why));
    out_.items_.push_back({.definition = ledger, .is_custom = true, .record = record});
  }

  void keep_ledgers() {
    for (const auto& [record, is_deleted, ledger] : last_ledgers_)
      keep_ledger(record, ledger,
                  {is_deleted ? "定义已删除，但登记的是办理的凭据：按最后一版继续有效"
                              : "定义读不懂或改了编号，但登记的是办理的凭据：按最后一版继续有效",
                   "the definition was taken away or can't be used, and its records are proof of "
                   "what was done: its last version goes on"});
    for (const DefinitionVersion& version : versions_)
      if (version.is_late && version.makes_ledger())
        keep_ledger(version.record, version.definition, kLateLedger);
  }

  void report_erasable(const Catalog::Item& item, std::span<const DefinitionVersion> versions) {
    Label names;
    for (const FieldDefinition& field : item.definition.fields) {
      if (!field.is_erasable || lawful_erasable(item.definition, versions, field.id)) continue;
      names.zh += (names.zh.empty() ? "“" : "、“") + field.label.zh + "”";
      names.en += (names.en.empty() ? "\"" : ", \"") +
                  std::string(field.label.in(Language::kEnglish)) + "\"";
    }
    if (names.empty()) return;
    report(item.record, item.definition.id,
           {"定义写明可以单独删除的字段，按从前或另一个定义须随记录保管，没有人确认过改变，仍随记录"
            "保管：" +
                names.zh + "。确要改的，由主任把定义文件用 define 再登记一次，加 --yes",
            "fields that the definition calls erasable are kept with their record by one before or "
            "beside it, and nobody said that this is meant otherwise, so they are: " +
                names.en +
                ". If it is meant, the chair enters the definition once more with --yes (define)"});
  }

  /// What amendments beside the one in use, standing or late, lay down: it may keep longer.
  void hold_to_amendments(Catalog::Item& item) {
    for (const DefinitionVersion& version : versions_) {
      if (!version.is_amendment || version.definition.id != item.definition.id ||
          !version.keeps() || !hold_to_retention(item.definition, {&version, 1}) ||
          !version.is_late)
        continue;
      report(version.record, item.definition.id,
             {"对内置登记簿的一项修订是迟到的，没有采用，但它规定的保管期限更长：没有人确认过改短，"
              "仍按它保管。要采用的用 late admit；确要改短的，由主任用 define 登记修订，加 --yes",
              "an amendment of the built-in registry is late and keeps records longer, and nobody "
              "said that less is meant: they are kept by it. Admit it with late admit; if less is "
              "meant, the chair enters an amendment with --yes (define)"});
    }
  }

  /// An amendment of before this was the law may keep what is built in as proof for less.
  void hold_to_builtin(Catalog::Item& item) {
    const Definition* builtin = item.is_amended ? builtin_.find(item.definition.id) : nullptr;
    if (builtin == nullptr || !builtin->is_ledger ||
        !keeps_shorter(builtin->retention, item.definition.retention))
      return;
    item.definition.retention_apart.push_back(builtin->retention);
    report(item.record, item.definition.id,
           {"修订的保管期限比内置的短：凭据仍按内置的期限保管",
            "the amendment keeps records that are proof for a shorter time than is built in: the "
            "period that is built in goes on"});
  }

  /// The built-in definition as the text alone would have it. Errors: those of parse_amendment and
  /// amend.
  Result<Definition> amended_by(const std::string& id, std::string_view source) const {
    CUNJU_TRY(const Amendment amendment, parse_amendment(source));
    const Definition* definition = builtin_.find(id);
    if (definition == nullptr || amendment.id != id) return fail(Errc::kNotFound, id);
    return amend(*definition, amendment);
  }

  void add_amendment(const RecordId& record, const std::string& id, const std::string& source) {
    const auto item = std::ranges::find_if(out_.items_, [&](const Catalog::Item& each) {
      return each.definition.id == id && !each.is_custom;
    });
    Result<Amendment> parsed = parse_amendment(source);
    if (parsed.has_value() && parsed.value().id != id)
      return report_other_id(record, id, parsed.value().id);
    if (item == out_.items_.end())
      return report(record, id,
                    {"只有内置登记簿可以这样修订，未采用",
                     "only a built-in registry is amended; the amendment is not used"});
    Result<Definition> amended = amended_by(id, source);
    if (amended.has_error())
      return report(record, id,
                    {"修订读不懂，未采用：" + amended.error().context,
                     "the amendment can't be used: " + amended.error().context});
    if (item->is_amended) {
      return report(record, id,
                    {"同一登记簿还有另一个修订（" + item->record.hex() +
                         "）：保管期限按两个里较严的，其余按那一个。留一个，另一个用 remove "
                         "definition 撤销",
                     "another amendment of this registry (" + item->record.hex() +
                         ") is in force: of the retention the stricter counts, and the rest is as "
                         "that one says. Keep one, and take the other back: remove definition"});
    }
    item->definition = std::move(amended).value();
    item->is_amended = true;
    item->record = record;
  }

  void report_other_id(const RecordId& record, const std::string& id, const std::string& other) {
    report(
        record, id,
        {"定义的编号“" + other + "”与登记的“" + id + "”不同，未采用",
         "the definition is of \"" + other + "\", its record of \"" + id + "\"; it is not used"});
  }

  void report(const RecordId& record, const std::string& id, Label text) {
    out_.problems_.push_back({.record = record, .registry = id, .text = std::move(text)});
  }

  const Catalog builtin_ = Catalog::builtin();
  Catalog out_;
  std::vector<DefinitionVersion> versions_;  ///< All that any record has held.
  std::vector<std::tuple<RecordId, bool, Definition>> last_ledgers_;  ///< Of each record.
  std::size_t builtin_count_;
};

Catalog Catalog::builtin() {
  Catalog out;
  for (Definition& definition : builtin_definitions()) {
    out.items_.push_back(
        {.definition = std::move(definition), .is_custom = false, .record = RecordId{}});
  }
  return out;
}

Result<DefinitionRecords> read_definition_records(replica::Replica& replica, const SpaceId& space) {
  DefinitionRecords out;
  CUNJU_TRYV(
      replica.scan(space, kDefinitionRegistry, [&](const RecordId& id, const RecordView& view) {
        if (const RecordState* state = view.find(kDefinitionRegistry))
          out.states.emplace(id, *state);
        return true;
      }));
  CUNJU_TRY(out.edits, read_definition_edits(replica, space));
  return out;
}

Catalog catalog_of(const DefinitionRecords& records) {
  CatalogLoader loader(versions_of(records.edits));
  for (const auto& [id, state] : records.states) loader.add(id, state);
  return loader.finish();
}

Result<Catalog> Catalog::load(replica::Replica& replica, const SpaceId& space) {
  CUNJU_TRY(const DefinitionRecords records, read_definition_records(replica, space));
  return catalog_of(records);
}

const Catalog::Item* Catalog::find_item(std::string_view id) const {
  auto found =
      std::ranges::find_if(items_, [&](const Item& item) { return item.definition.id == id; });
  return found == items_.end() ? nullptr : &*found;
}

const Definition* Catalog::find(std::string_view id) const {
  const Item* item = find_item(id);
  return item == nullptr ? nullptr : &item->definition;
}

namespace {

/// The operations that say what of the versions before is given up; none: nothing is. Errors:
/// kConflict where that is not meant.
Result<std::vector<Operation>> plan_meant(replica::Replica& replica, const SpaceId& space,
                                          const Catalog& catalog, std::string_view toml,
                                          const std::set<std::string>& meant) {
  CUNJU_TRY(const Definition after, parse_definition(toml));
  CUNJU_TRY(const GivenUp given_up, find_given_up(replica, space, catalog, after));
  const std::set<std::string> what = given_up.what();
  for (const std::string& each : what)
    if (!meant.contains(each)) return fail(Errc::kConflict, std::string(kGivesUp) + each);
  if (what.empty()) return std::vector<Operation>();
  CUNJU_TRY(const std::vector<DefinitionEdits> edits, read_definition_edits(replica, space));
  return meant_operations(edits, after.id, what);
}

}  // namespace

Result<AddedDefinition> add_definition(replica::Replica& replica, const SpaceId& space,
                                       const crypto::SigningKey& author, std::string_view toml,
                                       std::uint64_t claimed_ms) {
  return add_meant_definition(replica, space, author, toml, claimed_ms, {});
}

Result<AddedDefinition> add_meant_definition(replica::Replica& replica, const SpaceId& space,
                                             const crypto::SigningKey& author,
                                             std::string_view toml, std::uint64_t claimed_ms,
                                             const std::set<std::string>& meant) {
  CUNJU_TRY(Catalog catalog, Catalog::load(replica, space));
  const bool amends = is_amendment(toml);
  CUNJU_TRY(const std::vector<DefinitionEdits> history, read_definition_edits(replica, space));
  const std::vector<DefinitionVersion> versions = versions_of(history);
  CUNJU_TRY(const std::string id,
            amends ? check_amendment(toml) : check_definition(catalog, versions, toml));
  std::vector<Operation> given_up;
  if (!amends) {
    CUNJU_TRY(given_up, plan_meant(replica, space, catalog, toml, meant));
  } else if (meant.contains(std::string(kMeantRetention))) {
    // What is replaced counts no longer by that; this is of others, and of late ones.
    given_up = meant_operations(history, id, {std::string(kMeantRetention)});
  }
  // The one in use, or else a broken one of this id: its text is what has to be mended.
  std::optional<RecordId> record;
  RecordState state;
  const Catalog::Item* used = catalog.find_item(id);
  if (used != nullptr && !used->is_custom && !used->is_amended) used = nullptr;
  CUNJU_TRYV(
      replica.scan(space, kDefinitionRegistry, [&](const RecordId& each, const RecordView& view) {
        const RecordState* found = view.find(kDefinitionRegistry);
        if (found == nullptr || found->is_deleted() || text_of(*found, kDefinitionIdField) != id ||
            (used != nullptr && used->record != each)) {
          return true;
        }
        record = each;
        state = *found;
        return false;
      }));
  if (amends && record) {
    CUNJU_TRYV(check_left_out(state, toml));
  }
  AddedDefinition out{.id = id,
                      .record = record ? *record : replica.new_record_id(),
                      .is_new = !record,
                      .amends = amends};
  const Edit edits[] = {{.field = std::string(kDefinitionIdField), .text = id},
                        {.field = std::string(kDefinitionSourceField), .text = std::string(toml)}};
  PlannedEdit planned =
      plan_edit({.definition = nullptr, .record = {.own = &state}, .today = {}}, edits);
  if (has_error(planned.findings))
    return fail(Errc::kInvalidArgument, planned.findings.front().text.en);
  std::ranges::move(given_up, std::back_inserter(planned.operations));
  out.changed = !planned.operations.empty();
  if (!out.changed) return out;
  const replica::ChangeDraft draft{.parts = {{.record = out.record,
                                              .registry = std::string(kDefinitionRegistry),
                                              .operations = std::move(planned.operations)}}};
  CUNJU_TRYV(replica.append(space, author, {&draft, 1}, claimed_ms));
  return out;
}

}  // namespace cunju::registry
