// SPDX-License-Identifier: Apache-2.0
#include "node/registry/definition_law.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "crdt/base/limits.h"
#include "node/registry/amendment.h"
#include "node/registry/catalog.h"
#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/ledger_law.h"
#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

bool is_in_force(const replica::HistoryEntry& edit) { return !edit.is_void && !edit.is_late; }

bool is_kind(const Operation& operation, OperationKind kind) {
  return operation.kind == static_cast<std::uint16_t>(kind);
}

const std::string* text_of(const Operation& operation, OperationKind kind, std::string_view field) {
  if (!is_kind(operation, kind) || operation.field != field) return nullptr;
  return std::get_if<std::string>(&operation.value);
}

/// What has been given up of each change of a definition's record by naming it.
using Meant = std::map<ChangeId, std::set<std::string>>;

void read_meant(const replica::HistoryEntry& edit, Meant& out) {
  if (!is_in_force(edit)) return;
  for (const Operation& operation : edit.operations) {
    const std::string* text = text_of(operation, OperationKind::kSetAdd, kMeantField);
    const std::size_t space = text == nullptr ? std::string::npos : text->rfind(' ');
    if (space == std::string::npos) continue;
    const std::optional<ChangeId> change = ChangeId::from_hex(text->substr(space + 1));
    if (change) out[*change].insert(text->substr(0, space));
  }
}

/// The ids that the record was ever for: a text of another is not in use, and says nothing.
std::set<std::string> ids_of(std::span<const replica::HistoryEntry> edits) {
  std::set<std::string> out;
  for (const replica::HistoryEntry& edit : edits) {
    if (edit.is_void) continue;
    for (const Operation& operation : edit.operations)
      if (const std::string* id =
              text_of(operation, OperationKind::kRegisterSet, kDefinitionIdField))
        out.insert(*id);
  }
  return out;
}

/// What of a change of a definition's record counts no longer, by what comes after it there.
struct Followers {
  std::set<std::string> given_up;
  bool replaces = false;  ///< Another text, in force.
  bool removes = false;   ///< In force.

  void merge(const Followers& others) {
    given_up.insert(others.given_up.begin(), others.given_up.end());
    replaces = replaces || others.replaces;
    removes = removes || others.removes;
  }
};

bool sets_source(const replica::HistoryEntry& edit) {
  return std::ranges::any_of(edit.operations, [](const Operation& operation) {
    return is_kind(operation, OperationKind::kRegisterSet) &&
           operation.field == kDefinitionSourceField;
  });
}

bool removes_record(const replica::HistoryEntry& edit) {
  return std::ranges::any_of(edit.operations, [](const Operation& operation) {
    return is_kind(operation, OperationKind::kDelete);
  });
}

/// Of each change what follows it, `meant` of the change itself among it.
std::map<ChangeId, Followers> followers_of(std::span<const replica::HistoryEntry> edits,
                                           const Meant& meant) {
  // Children have a greater depth than their parents, so they come first here. A change without
  // effect keeps its place, and what is before it is before its children.
  std::map<ChangeId, Followers> out;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    Followers& mine = out[edit->id];
    if (const auto named = meant.find(edit->id); named != meant.end())
      mine.given_up.insert(named->second.begin(), named->second.end());
    Followers with_this = mine;
    if (is_in_force(*edit)) {
      with_this.replaces = with_this.replaces || sets_source(*edit);
      with_this.removes = with_this.removes || removes_record(*edit);
    }
    for (const ChangeId& parent : edit->parents) out[parent].merge(with_this);
  }
  return out;
}

/// Whether the record is taken away by what is in force: all that nothing follows removes it.
bool is_taken_away(std::span<const replica::HistoryEntry> edits) {
  std::set<ChangeId> followed;
  bool out = false;
  for (auto edit = edits.rbegin(); edit != edits.rend(); ++edit) {
    const bool is_last = is_in_force(*edit) && !followed.contains(edit->id);
    if (is_last && !removes_record(*edit)) return false;
    out = out || is_last;
    if (is_in_force(*edit) || followed.contains(edit->id))
      followed.insert(edit->parents.begin(), edit->parents.end());
  }
  return out;
}

/// The definition that the text is; of an amendment of retention what it makes of the built-in one.
std::optional<Definition> read_version(const Catalog& builtin, const std::string& toml) {
  if (Result<Definition> own = parse_definition(toml); own.has_value())
    return std::move(own).value();
  const Result<Amendment> amendment = parse_amendment(toml);
  if (amendment.has_error() || !amendment.value().retention) return std::nullopt;
  const Definition* amended = builtin.find(amendment.value().id);
  if (amended == nullptr) return std::nullopt;
  Result<Definition> out = amend(*amended, amendment.value());
  if (out.has_error()) return std::nullopt;
  return std::move(out).value();
}

void add_versions(const DefinitionEdits& record, const Meant& meant, const Catalog& builtin,
                  std::vector<DefinitionVersion>& out) {
  const std::set<std::string> ids = ids_of(record.edits);
  std::map<ChangeId, Followers> followers = followers_of(record.edits, meant);
  const bool is_gone = is_taken_away(record.edits);
  for (const replica::HistoryEntry& edit : record.edits) {
    if (edit.is_void) continue;
    for (const Operation& operation : edit.operations) {
      const std::string* toml =
          text_of(operation, OperationKind::kRegisterSet, kDefinitionSourceField);
      if (toml == nullptr) continue;
      std::optional<Definition> read = read_version(builtin, *toml);
      if (!read || !ids.contains(read->id)) continue;
      const Followers& after = followers[edit.id];
      out.push_back({.record = record.record,
                     .definition = *std::move(read),
                     .given_up = after.given_up,
                     .is_late = edit.is_late,
                     .is_amendment = is_amendment(*toml),
                     .is_replaced = after.replaces || (is_gone && after.removes)});
    }
  }
}

const FieldDefinition* find_named(const Definition& definition, std::string_view field) {
  if (field.empty()) return nullptr;
  const auto by_id = std::ranges::find(definition.fields, field, &FieldDefinition::id);
  return by_id != definition.fields.end() ? &*by_id : definition.find_field(field);
}

/// What one version, as far as it counts, says of a field.
std::string scope_by(const DefinitionVersion& version, std::string_view field) {
  const FieldDefinition* named = find_named(version.definition, field);
  const std::string what = named == nullptr ? std::string(kMeantHome) : meant_of_field(named->id);
  if (version.given_up.contains(what)) return {};
  if (named == nullptr && version.given_up.contains(meant_of_field(field))) return {};
  return named == nullptr ? home_scope(&version.definition)
                          : scope_of_field(&version.definition, named->id);
}

/// As a definition writes it.
std::string written(const std::string& scope) { return scope.empty() ? "open" : scope; }

/// Texts are where their registry is, so that goes where one of them stays.
std::string lawful_home(const Definition& definition, std::span<const DefinitionVersion> versions) {
  std::string out = lawful_scope(&definition, versions, {});
  const auto add_texts = [&](const Definition& each) {
    for (const FieldDefinition& field : each.fields)
      if (field.kind == FieldKind::kText)
        out = joined_scope(out, lawful_scope(&definition, versions, field.id));
  };
  add_texts(definition);
  for (const DefinitionVersion& version : versions) add_texts(version.definition);
  return out;
}

/// A field of another version. Its label is not taken for one of the definition's own.
FieldDefinition added_field(const Definition& definition, FieldDefinition field) {
  field.required = false;
  field.proposed = {};
  field.closed_by.clear();
  const auto is_taken = [&](const std::string& label) {
    return !label.empty() && definition.find_label(label) != nullptr;
  };
  if (is_taken(field.label.zh) || is_taken(field.label.en))
    field.label = {field.label.zh + "（" + field.id + "）",
                   field.label.en.empty() ? "" : field.label.en + " (" + field.id + ")"};
  return field;
}

Retention with_rule(Retention retention, bool is_ledger) {
  if (is_ledger || !retention.rule.zh.empty()) return retention;
  retention = {};
  retention.rule = {"没有规定", "no rule"};
  return retention;
}

}  // namespace

bool DefinitionVersion::keeps() const {
  const bool is_proof = definition.is_ledger && !is_late && !is_amendment;
  if (is_amendment && is_replaced) return false;
  return is_proof || !given_up.contains(std::string(kMeantRetention));
}

bool DefinitionVersion::makes_ledger() const {
  return definition.is_ledger && !is_amendment && keeps();
}

std::string meant_of_field(std::string_view field) {
  return std::string(kMeantHome) + ":" + std::string(field);
}

Result<std::vector<DefinitionEdits>> read_definition_edits(replica::Replica& replica,
                                                           const SpaceId& space) {
  std::vector<DefinitionEdits> out;
  CUNJU_TRYV(replica.scan(space, kDefinitionRegistry, [&](const RecordId& id, const RecordView&) {
    out.push_back({.record = id, .edits = {}});
    return true;
  }));
  CUNJU_TRY(const replica::ReplicaCounts counts, replica.counts());
  if (counts.late_parts > 0) {
    CUNJU_TRY(const std::vector<replica::LatePart> late, replica.late_parts(space));
    for (const replica::LatePart& part : late)
      if (part.registry == kDefinitionRegistry &&
          std::ranges::find(out, part.record, &DefinitionEdits::record) == out.end())
        out.push_back({.record = part.record, .edits = {}});
    // The tray is in the order in which things came.
    std::ranges::sort(out, {}, &DefinitionEdits::record);
  }
  for (DefinitionEdits& each : out) {
    CUNJU_TRY(each.edits, replica.edits(space, each.record));
  }
  return out;
}

std::vector<DefinitionVersion> versions_of(std::span<const DefinitionEdits> records) {
  Meant meant;
  for (const DefinitionEdits& record : records)
    for (const replica::HistoryEntry& edit : record.edits) read_meant(edit, meant);
  const Catalog builtin = Catalog::builtin();
  std::vector<DefinitionVersion> out;
  for (const DefinitionEdits& record : records) add_versions(record, meant, builtin, out);
  return out;
}

Result<std::vector<DefinitionVersion>> read_versions(replica::Replica& replica,
                                                     const SpaceId& space,
                                                     std::string_view registry) {
  CUNJU_TRY(const std::vector<DefinitionEdits> records, read_definition_edits(replica, space));
  std::vector<DefinitionVersion> out = versions_of(records);
  std::erase_if(out, [&](const auto& each) { return each.definition.id != registry; });
  return out;
}

std::vector<Operation> meant_operations(std::span<const DefinitionEdits> records,
                                        std::string_view registry,
                                        const std::set<std::string>& what) {
  std::vector<Operation> out;
  for (const DefinitionEdits& record : records) {
    if (!ids_of(record.edits).contains(std::string(registry))) continue;
    std::set<ChangeId> heads;
    for (const replica::HistoryEntry& edit : record.edits) {
      for (const ChangeId& parent : edit.parents) heads.erase(parent);
      heads.insert(edit.id);
    }
    for (const ChangeId& head : heads)
      for (const std::string& each : what)
        out.push_back(make_operation(OperationKind::kSetAdd, std::string(kMeantField),
                                     each + " " + head.hex()));
  }
  return out;
}

std::vector<std::string> contested_scopes(std::string_view name) {
  std::vector<std::string> out;
  if (name.find(' ') == std::string_view::npos) return out;
  for (std::size_t at = 0; at <= name.size();) {
    const std::size_t end = std::min(name.find(' ', at), name.size());
    out.emplace_back(name.substr(at, end - at));
    at = end + 1;
  }
  return out;
}

std::string joined_scope(const std::string& a, const std::string& b) {
  if (a.empty() || a == b) return b;
  if (b.empty()) return a;
  std::set<std::string> names;
  for (const std::string* each : {&a, &b}) {
    const std::vector<std::string> several = contested_scopes(*each);
    names.insert(several.begin(), several.end());
    if (several.empty()) names.insert(*each);
  }
  // No scope has such a name.
  std::string out;
  for (const std::string& each : names) out += (out.empty() ? "" : " ") + each;
  return out;
}

Label contested_text(std::string_view name) {
  Label list;
  for (const std::string& each : contested_scopes(name)) {
    list.zh += (list.zh.empty() ? "" : "、") + each;
    list.en += (list.en.empty() ? "" : ", ") + each;
  }
  return {"几个定义说的保密范围不同（" + list.zh +
              "），哪一边的人可以看还没有定，所以没有保存。请主任定下来：把写好 scope "
              "的定义文件用 define 再登记一次，加 --yes",
          "definitions of the registry name different confidential scopes (" + list.en +
              "), and whose readers may read it is not decided, so nothing was saved. Let the "
              "chair decide: enter the definition with the scope that is right once more, with "
              "--yes (define)"};
}

std::string lawful_scope(const Definition* definition, std::span<const DefinitionVersion> versions,
                         std::string_view field) {
  std::string out = field.empty() ? home_scope(definition) : scope_of_field(definition, field);
  for (const DefinitionVersion& version : versions)
    if (!version.is_late) out = joined_scope(out, scope_by(version, field));
  // Whoever was removed must not be able to contest what others keep confidential.
  if (!out.empty()) return out;
  for (const DefinitionVersion& version : versions)
    if (version.is_late) out = joined_scope(out, scope_by(version, field));
  return out;
}

std::vector<HeldField> hold_to_scopes(Definition& definition,
                                      std::span<const DefinitionVersion> versions) {
  std::vector<HeldField> out;
  const Definition alone = definition;
  const std::string home = lawful_home(alone, versions);
  if (home != home_scope(&alone)) {
    definition.scope = written(home);
    out.push_back({.label = {}, .scope = home});
  }
  for (std::size_t i = 0; i < alone.fields.size(); ++i) {
    FieldDefinition& field = definition.fields[i];
    const std::string scope =
        field.kind == FieldKind::kText ? home : lawful_scope(&alone, versions, field.id);
    if (scope_of_field(&definition, field.id) != scope) field.scope = written(scope);
    if (scope_of_field(&alone, field.id) != scope)
      out.push_back({.label = field.label, .scope = scope});
  }
  for (const DefinitionVersion& version : versions) {
    for (const FieldDefinition& field : version.definition.fields) {
      if (find_named(definition, field.id) != nullptr || scope_by(version, field.id).empty())
        continue;
      FieldDefinition added = added_field(definition, field);
      const std::string scope =
          added.kind == FieldKind::kText ? home : lawful_scope(&alone, versions, field.id);
      out.push_back({.label = added.label, .scope = scope});
      if (definition.fields.size() >= limits::kMaxDefinitionFields) {
        // What is too much to name stays with whatever is not named.
        definition.scope = written(joined_scope(home_scope(&definition), scope));
        continue;
      }
      added.scope = written(scope);
      definition.fields.push_back(std::move(added));
    }
  }
  return out;
}

Label held_text(std::span<const HeldField> held) {
  Label names;
  bool is_contested = false;
  for (const HeldField& field : held) {
    const bool is_home = field.label.empty();
    is_contested = is_contested || !contested_scopes(field.scope).empty();
    names.zh += (names.zh.empty() ? "" : "、") +
                (is_home ? std::string("定义没有写的内容") : "“" + field.label.zh + "”") + "（" +
                field.scope + "）";
    names.en += (names.en.empty() ? "" : ", ") +
                (is_home ? std::string("whatever the definition does not name")
                         : "\"" + field.label.in(Language::kEnglish) + "\"") +
                " (" + field.scope + ")";
  }
  Label out{"按从前或另一个定义保密的内容，没有人确认过公开，仍在原来的保密范围：" + names.zh +
                "。确要按现在的定义的，由主任把定义文件用 define 再登记一次，加 --yes",
            "what a definition before or beside it keeps confidential stays in that scope, since "
            "nobody said that it is meant otherwise: " +
                names.en +
                ". If the definition in use is meant, the chair enters it once more with --yes "
                "(define)"};
  if (!is_contested) return out;
  out.zh += "；写了几个范围的，定下来以前不能登记";
  out.en += "; with several scopes nothing is entered there until that";
  return out;
}

bool keeps_less(const Retention& before, bool was_ledger, const Retention& after, bool is_ledger) {
  return keeps_shorter(with_rule(before, was_ledger), with_rule(after, is_ledger));
}

const Retention* find_cut_rule(const Definition& before, const Definition& after) {
  const auto is_cut = [&](const Retention& rule) {
    const auto keeps = [&](const Retention& other) {
      return !keeps_less(rule, before.is_ledger, other, after.is_ledger);
    };
    return !keeps(after.retention) && std::ranges::none_of(after.retention_apart, keeps);
  };
  if (is_cut(before.retention)) return &before.retention;
  const auto apart = std::ranges::find_if(before.retention_apart, is_cut);
  return apart == before.retention_apart.end() ? nullptr : &*apart;
}

void note_cut(Retention& now, const Retention& before) {
  const Label rule = with_rule(now, false).rule;
  const std::string en(rule.in(Language::kEnglish));
  now = with_rule(std::move(now), false);
  now.rule = {rule.zh + "（从前的规定是“" + before.rule.zh + "”，后来改短）",
              en + " (before, the rule was \"" + std::string(before.rule.in(Language::kEnglish)) +
                  "\"; it was made shorter)"};
}

bool keeps_anything(const Definition& definition) {
  return find_cut_rule(definition, Definition{}) != nullptr;
}

const DefinitionVersion* find_keeper(std::span<const DefinitionVersion> versions,
                                     std::string_view field) {
  const auto found = std::ranges::find_if(versions, [&](const DefinitionVersion& version) {
    const FieldDefinition* named = find_named(version.definition, field);
    return named != nullptr && !named->is_erasable && keeps_anything(version.definition);
  });
  return found == versions.end() ? nullptr : &*found;
}

bool lawful_erasable(const Definition& definition, std::span<const DefinitionVersion> versions,
                     std::string_view field) {
  const FieldDefinition* named = find_named(definition, field);
  if (named == nullptr || !named->is_erasable) return false;
  return std::ranges::none_of(versions, [&](const DefinitionVersion& version) {
    return version.keeps() && find_keeper({&version, 1}, field) != nullptr;
  });
}

bool hold_to_retention(Definition& definition, std::span<const DefinitionVersion> versions) {
  bool out = false;
  std::optional<Retention> given_up;
  const Retention own = definition.retention;
  for (const DefinitionVersion& version : versions) {
    const Definition& each = version.definition;
    // hold_to_ledgers() of ledger_law.h has the others.
    if (version.makes_ledger() ||
        !keeps_less(each.retention, each.is_ledger, own, definition.is_ledger))
      continue;
    if (!version.keeps()) {
      if (!given_up || keeps_less(each.retention, each.is_ledger, *given_up, false))
        given_up = each.retention;
      continue;
    }
    out = true;
    if (std::ranges::none_of(definition.retention_apart, [&](const Retention& apart) {
          return apart.rule == each.retention.rule && !keeps_shorter(each.retention, apart) &&
                 !keeps_shorter(apart, each.retention);
        }))
      definition.retention_apart.push_back(each.retention);
  }
  if (given_up) note_cut(definition.retention, *given_up);
  return out;
}

}  // namespace cunju::registry
