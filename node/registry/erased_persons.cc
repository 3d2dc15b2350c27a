// SPDX-License-Identifier: Apache-2.0
#include "node/registry/erased_persons.h"

#include <algorithm>

namespace cunju::registry {
namespace {

constexpr std::string_view kMarksField = "marks";

/// Those in which a part can be sealed from here.
Result<std::vector<Scope>> writable_scopes(replica::Replica& replica, const SpaceId& space) {
  std::vector<Scope> out;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const replica::ScopeStatus& status : all) {
    if (readable.contains(status.scope) && !status.epochs.empty() && status.epochs.back().has_key)
      out.push_back(status.scope);
  }
  return out;
}

void read_marks(const RecordId& erasure, const RecordState& state, std::vector<ErasedPerson>& out) {
  const Field* field = state.find(kMarksField, cunju::FieldKind::kRegister);
  if (field == nullptr) return;
  // Marks that were written apart all count.
  for (const Entry& entry : field->entries) {
    const auto* bytes = std::get_if<Bytes>(&entry.value);
    if (bytes == nullptr) continue;
    Result<PersonMarks> marks = PersonMarks::decode(*bytes);
    if (marks.has_value()) out.push_back({erasure, std::move(marks).value()});
  }
}

/// The erasure by which the row is known.
std::optional<RecordId> find_erasure(const PlannedRow& row, const std::vector<ErasedPerson>& erased,
                                     const std::set<RecordId>& readmitted, Date today) {
  const std::vector<std::string> keys = keys_of(terms_of(row.fields, today));
  for (const ErasedPerson& person : erased) {
    if (readmitted.contains(person.erasure)) continue;
    if (std::ranges::any_of(keys, [&](const std::string& key) { return person.marks.has(key); }))
      return person.erasure;
  }
  return std::nullopt;
}

/// All marks that can be read here, whatever became of their erasures.
Result<std::vector<ErasedPerson>> read_all_marks(replica::Replica& replica, const SpaceId& space) {
  std::vector<ErasedPerson> out;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  if (readable.empty()) return out;
  CUNJU_TRYV(
      replica.scan_scopes(space, kErasuresRegistry,
                          [&](const RecordId& erasure, std::span<const replica::ScopedView> views) {
                            for (const replica::ScopedView& each : views) {
                              const RecordState* state = each.view.find(kErasuresRegistry);
                              if (state != nullptr && readable.contains(each.scope))
                                read_marks(erasure, *state, out);
                            }
                            return true;
                          }));
  return out;
}

Result<std::set<RecordId>> erasures_in_force(replica::Replica& replica, const SpaceId& space) {
  CUNJU_TRY(const replica::ErasureReport report, replica.erasures(space));
  std::set<RecordId> out;
  for (const replica::ErasureEntry& act : report.acts) {
    // What takes an erasure back lies in the same record, and keeps nobody out.
    if (act.said.effect == ErasureEffect::kLift) continue;
    if (act.fate != Fate::kNone && !act.is_lifted) out.insert(act.erasure);
  }
  return out;
}

}  // namespace

Result<std::vector<replica::PartDraft>> mark_person(replica::Replica& replica, const SpaceId& space,
                                                    const RecordId& erasure,
                                                    const PersonQuery& person,
                                                    crypto::RandomSource& random) {
  std::vector<replica::PartDraft> out;
  CUNJU_TRY(const std::vector<Scope> scopes, writable_scopes(replica, space));
  for (const Scope scope : scopes) {
    const PersonMarks marks(keys_of(person), random);
    out.push_back({.record = erasure,
                   .registry = std::string(kErasuresRegistry),
                   .scope = scope,
                   .operations = {make_operation(OperationKind::kRegisterSet,
                                                 std::string(kMarksField), marks.encode())}});
  }
  return out;
}

Result<std::vector<ErasedPerson>> read_erased_persons(replica::Replica& replica,
                                                      const SpaceId& space) {
  CUNJU_TRY(std::vector<ErasedPerson> out, read_all_marks(replica, space));
  if (out.empty()) return out;
  CUNJU_TRY(const std::set<RecordId> in_force, erasures_in_force(replica, space));
  std::erase_if(out, [&](const ErasedPerson& each) { return !in_force.contains(each.erasure); });
  return out;
}

void refuse_erased_rows(ImportPlan& plan, const std::vector<ErasedPerson>& erased,
                        const std::set<RecordId>& readmitted, Date today) {
  if (erased.empty()) return;
  refuse_rows_of(plan, [&](std::size_t row) {
    return find_erasure(plan.rows[row], erased, readmitted, today);
  });
}

void refuse_rows_of(ImportPlan& plan,
                    const std::function<std::optional<RecordId>(std::size_t row)>& find) {
  std::vector<std::optional<RecordId>> erasures;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) erasures.push_back(find(i));
  std::vector<PlannedRow> kept;
  for (std::size_t i = 0; i < plan.rows.size(); ++i) {
    PlannedRow& row = plan.rows[i];
    const std::optional<RecordId>& erasure = erasures[i];
    if (!erasure) {
      kept.push_back(std::move(row));
      continue;
    }
    Findings findings{error(kErasedPerson, {}, erased_person_text(*erasure))};
    findings.insert(findings.end(), row.findings.begin(), row.findings.end());
    plan.refused.push_back({row.number, std::move(findings)});
  }
  plan.rows = std::move(kept);
  std::ranges::sort(plan.refused, {}, &RefusedRow::number);
}

std::set<RecordId> erasures_of_edit(const std::vector<ErasedPerson>& erased,
                                    const FieldValues& before, const FieldValues& after,
                                    Date today) {
  std::set<RecordId> out;
  if (erased.empty()) return out;
  // What is new comes first: only so many words of a record are held against marks.
  FieldValues added, kept;
  for (const FieldValue& value : after)
    (std::ranges::find(before, value) == before.end() ? added : kept).push_back(value);
  PersonTerms terms = terms_of(added, today);
  terms.add(std::move(kept), today);
  for (const std::string& key : keys_of(terms, terms_of(before, today)))
    for (const ErasedPerson& person : erased)
      if (person.marks.has(key)) out.insert(person.erasure);
  return out;
}

Result<std::set<RecordId>> find_erasures_of_edit(replica::Replica& replica, const SpaceId& space,
                                                 const FieldValues& before,
                                                 const FieldValues& after, Date today) {
  CUNJU_TRY(const std::vector<ErasedPerson> marks, read_all_marks(replica, space));
  std::set<RecordId> out = erasures_of_edit(marks, before, after, today);
  if (out.empty()) return out;
  CUNJU_TRY(const std::set<RecordId> in_force, erasures_in_force(replica, space));
  std::erase_if(out, [&](const RecordId& erasure) { return !in_force.contains(erasure); });
  return out;
}

Label erased_person_text(const RecordId& erasure) {
  const std::string id = erasure.hex().substr(0, 8);
  return {"此人的信息已依法删除或封存（编号 " + id +
              "），没有登记。法律允许重新登记的，加 --readmit " + id + " --basis 依据 再办",
          "this person's data was erased or restricted by law (" + id +
              "), so nothing was entered. Where the law allows it, try again with --readmit " + id +
              " --basis GROUND"};
}

}  // namespace cunju::registry
