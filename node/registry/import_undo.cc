// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "crdt/change/part_codec.h"
#include "node/registry/catalog.h"
#include "node/registry/erased_persons.h"
#include "node/registry/field_scope.h"
#include "node/registry/import.h"
#include "node/registry/import_record.h"
#include "node/registry/record_edit.h"
#include "node/registry/record_row.h"
#include "node/registry/scope_moves.h"
#include "node/registry/scope_order.h"
#include "node/registry/text_operations.h"
#include "node/registry/text_reading.h"
#include "node/registry/undo_values.h"

namespace cunju::registry {
namespace {

const Label kWrittenSince{"导入更新的字段后来又有人修改，这些字段未恢复",
                          "fields that the import updated were written since; those are kept"};
const Label kTextIsFinal{"已经定稿，导入写进的文字未恢复",
                         "its texts are final; what the import wrote in them is kept"};

const Label kStandsConfidential{
    "导入前的内容在另一个保密范围里，写到这里会让别人看到，这些字段未恢复；请有权查看的人来改",
    "what stood there before the import is in another confidential scope, and writing it here "
    "would "
    "show it to others; those fields are kept: let somebody who reads both set them"};

const Label kConfidentialKept{
    "导入可能还写进了这里读不到的保密字段，那些没有恢复；请有权查看的人再撤销一次",
    "the import may have written in confidential fields that can't be read here, which are kept; "
    "let somebody who reads them undo it once more"};

const Label kMayBeFilledIn{
    "导入后可能有人填过这里读不到的保密字段，予以保留；请有权查看的人来撤销",
    "somebody may have filled in confidential fields since that can't be read here; kept: let "
    "somebody who reads them undo it"};

const Label kRegisterIsConfidential{
    "登记簿后来改为保密，这里不能往里写，予以保留；请有权查看的人来撤销",
    "the register has become confidential since, and nothing can be written in it from here; kept: "
    "let somebody who reads it undo it"};

Label brings_back_text(const RecordId& erasure) {
  const std::string id = erasure.hex().substr(0, 8);
  return {"还原会让已依法删除或封存的人（编号 " + id + "）重新出现，这条没有还原",
          "setting it back would bring in a person whose data was erased or restricted by law (" +
              id + "); left as it is"};
}

/// The confidential scopes that the author may read and can write in from here, by number.
using Scopes = std::map<Scope, std::string>;

Result<Scopes> find_scopes(replica::Replica& replica, const SpaceId& space,
                           const AuthorKey& author) {
  Scopes out;
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, replica.roster(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const replica::ScopeStatus& each : all) {
    if (!each.name.empty() && !each.epochs.empty() && each.epochs.back().has_key &&
        roster->may_read_scope(author, each.name))
      out.emplace(each.scope, each.name);
  }
  return out;
}

/// One record that the import wrote, and the changes that did, by scope and in their order: several
/// where it has erasable fields.
struct Touched {
  RecordId record;
  std::map<Scope, std::vector<ChangeId>> changes;
  bool is_created = false;
};

struct Extent {
  std::vector<Touched> records;  ///< In the order of their first changes; what is found in
                                 ///< confidential scopes alone comes after.
  std::map<RecordId, std::size_t> places;
  std::set<ChangeId> changes;  ///< All of the import's.
  /// Of these, their parts in confidential scopes that were not found: unreadable here.
  std::map<ChangeId, std::size_t> unread;
  std::map<Scope, std::uint64_t> parts;  ///< How many of the import's are here, by scope.

  Touched& touch(const RecordId& record) {
    auto [place, is_new] = places.try_emplace(record, records.size());
    if (is_new) records.push_back({.record = record, .changes = {}});
    return records[place->second];
  }
  bool has_unread(const Touched& touched) const {
    return std::ranges::any_of(touched.changes, [&](const auto& of_scope) {
      return std::ranges::any_of(of_scope.second,
                                 [&](const ChangeId& id) { return unread.contains(id); });
    });
  }
};

Result<void> find_open_parts(replica::Replica& replica, const SpaceId& space,
                             const ImportOrigin& origin, Extent& out) {
  std::uint64_t count = 0;
  CUNJU_TRYV(replica.scan_log(space, origin.author, origin.first, [&](const Change& change) {
    out.changes.insert(change.id);
    for (const Part& part : change.parts) {
      if (part.scope != kOpenScope) ++out.unread[change.id];
      if (part.presence == Presence::kPresent) ++out.parts[part.scope];
      // Parts that are not here are not the import's.
      if (part.scope != kOpenScope || part.links.empty()) continue;
      Result<Links> links = decode_links(part.links);
      if (links.has_error() || links.value().registry != origin.facts.registry) continue;
      Touched& touched = out.touch(links.value().record);
      touched.changes[kOpenScope].push_back(change.id);
      touched.is_created = touched.is_created || links.value().parents.empty();
    }
    return ++count < origin.facts.changes;
  }));
  if (count < origin.facts.changes)
    return fail(Errc::kMissing, "not all changes of the import have arrived");
  return ok();
}

/// What a record's history says of the import in one confidential scope.
Result<void> find_sealed_parts(replica::Replica& replica, const SpaceId& space,
                               const RecordId& record, Scope scope, bool is_home, Extent& out) {
  CUNJU_TRY(const std::vector<replica::HistoryEntry> history,
            replica.history(space, record, scope));
  for (const replica::HistoryEntry& entry : history) {
    if (!out.changes.contains(entry.id)) continue;
    Touched& touched = out.touch(record);
    touched.changes[scope].push_back(entry.id);
    touched.is_created = touched.is_created || (is_home && entry.parents.empty());
    auto unread = out.unread.find(entry.id);
    if (unread != out.unread.end() && --unread->second == 0) out.unread.erase(unread);
  }
  return ok();
}

/// Links of confidential parts are sealed, so which records they are of is asked of the records.
Result<Extent> find_extent(replica::Replica& replica, const SpaceId& space,
                           const ImportOrigin& origin, const Scopes& scopes,
                           const std::string& home) {
  Extent out;
  CUNJU_TRYV(find_open_parts(replica, space, origin, out));
  if (out.unread.empty() || scopes.empty()) return out;
  std::vector<std::pair<RecordId, Scope>> candidates;
  using Views = std::span<const replica::ScopedView>;
  CUNJU_TRYV(
      replica.scan_scopes(space, origin.facts.registry, [&](const RecordId& id, Views views) {
        for (const replica::ScopedView& each : views)
          if (scopes.contains(each.scope)) candidates.emplace_back(id, each.scope);
        return true;
      }));
  for (const auto& [record, scope] : candidates) {
    CUNJU_TRYV(find_sealed_parts(replica, space, record, scope, scopes.at(scope) == home, out));
  }
  return out;
}

/// Whether somebody may have written in confidential fields of the registry what the author can't
/// read: such a part says neither of which record it is nor what it has seen, so each that is not
/// the import's may be an edit of what the import created.
Result<bool> may_be_filled_in(replica::Replica& replica, const SpaceId& space,
                              const Definition* definition, const Scopes& readable,
                              const Extent& extent) {
  const std::vector<std::string> names = scopes_of(definition);
  if (names.empty()) return false;
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const replica::ScopeStatus& each : all) {
    if (std::ranges::find(names, each.name) == names.end()) continue;
    const auto own = extent.parts.find(each.scope);
    const bool has_others = each.parts > (own == extent.parts.end() ? 0 : own->second);
    if (readable.contains(each.scope) ? each.sealed + each.unreadable > 0 : has_others) return true;
  }
  CUNJU_TRY(const replica::PartsStanding standing, replica.parts_standing(space));
  return standing.lacking + standing.withheld > 0;
}

/// The values after the operations; texts stay as they are, since nothing in them is held against
/// marks.
void apply(const std::vector<Operation>& operations, FieldValues& values) {
  for (const Operation& operation : operations) {
    const FieldValue named{operation.field, operation.value};
    const bool sets = is_kind(operation, OperationKind::kRegisterSet) ||
                      is_kind(operation, OperationKind::kStateMove);
    if (sets) std::erase_if(values, [&](const auto& each) { return each.first == named.first; });
    if (is_kind(operation, OperationKind::kSetRemove)) std::erase(values, named);
    if ((sets && !is_empty(operation.value)) || is_kind(operation, OperationKind::kSetAdd))
      values.push_back(named);
  }
}

/// A number that somebody had when the marks were made is one whatever the clock says.
constexpr Date kLastDay{std::chrono::year{9999}, std::chrono::December, std::chrono::day{31}};

/// What an undo goes by beside the import itself.
struct Standing {
  const Definition* definition = nullptr;  ///< Of the import's registry; null: it is not here.
  bool may_be_filled_in = false;
  std::vector<ErasedPerson> erased;  ///< Nobody of these comes back.
};

class Undoer {
 public:
  Undoer(replica::Replica& replica, const SpaceId& space, const ImportOrigin& origin,
         const Extent& extent, const Scopes& scopes, const Standing& standing, DraftPacker& packer)
      : replica_(replica),
        space_(space),
        origin_(origin),
        extent_(extent),
        scopes_(scopes),
        definition_(standing.definition),
        standing_(standing),
        packer_(packer) {}

  Result<void> take_back(const Touched& touched) {
    CUNJU_TRY(const std::vector<replica::ScopedView> all, replica_.views(space_, touched.record));
    Views views;
    for (const replica::ScopedView& each : all)
      if (each.view.find(origin_.facts.registry) != nullptr) views.emplace(each.scope, &each.view);
    if (views.empty()) return ok();  // The change is void: the record never was.
    if (is_deleted(views)) {
      ++outcome_.already_gone;
      return ok();
    }
    if (touched.is_created && !was_there_before(touched, views))
      return take_back_created(touched, views);
    return take_back_updates(touched, views);
  }

  UndoOutcome take() { return std::move(outcome_); }

 private:
  /// What each scope says of a record in the import's registry.
  using Views = std::map<Scope, const RecordView*>;

  std::string name_of(Scope scope) const {
    if (scope == kOpenScope) return {};
    const auto name = scopes_.find(scope);
    return name == scopes_.end() ? "scope " + std::to_string(scope.value) : name->second;
  }

  /// The registry's own scope; empty when nothing can be written in it from here.
  std::optional<Scope> find_home() const {
    const std::string wanted = home_scope(definition_);
    if (wanted.empty()) return kOpenScope;
    for (const auto& [number, name] : scopes_)
      if (name == wanted) return number;
    return std::nullopt;
  }

  /// As RecordBook::Loaded::is_deleted() has it.
  bool is_deleted(const Views& views) const {
    const auto says_so = [&](const auto& each) {
      return each.second->find(origin_.facts.registry)->is_deleted();
    };
    const auto home = std::ranges::find_if(
        views, [&](const auto& each) { return name_of(each.first) == home_scope(definition_); });
    return home == views.end() ? std::ranges::any_of(views, says_so) : says_so(*home);
  }

  /// Whether an import that was first to write a record in the registry's scope found it elsewhere:
  /// it is older than that scope, or nothing was added at all.
  bool was_there_before(const Touched& touched, const Views& views) const {
    return origin_.facts.added == 0 ||
           (!home_scope(definition_).empty() && views.contains(kOpenScope) &&
            !touched.changes.contains(kOpenScope));
  }

  /// What an undo in one scope goes by: of the others what the author may read, as
  /// RecordBook::Loaded::states() has it.
  RecordStates states_of(const Touched& touched, Scope scope, const Views& views) const {
    const std::string home = home_scope(definition_), written = name_of(scope);
    RecordStates out{
        .id = touched.record, .own = views.at(scope)->find(origin_.facts.registry), .others = {}};
    for (const auto& [number, view] : views) {
      const bool is_readable = number == kOpenScope || scopes_.contains(number);
      if (number != scope && is_readable)
        out.others.push_back({name_of(number), view->find(origin_.facts.registry)});
    }
    std::ranges::sort(out.others, {}, [&](const ScopedState& each) {
      return order_of_scope(each.scope, written, home);
    });
    return out;
  }

  void keep(const Touched& touched, Label reason) {
    outcome_.kept.push_back({.record = touched.record, .reason = std::move(reason)});
  }

  /// Erasable fields come into changes of their own, as wherever they are written.
  void write(const Touched& touched, Scope scope, std::vector<Operation> operations,
             const Seen& seen = {}) {
    std::vector<std::vector<replica::PartDraft>> layers;
    for (std::vector<Operation>& group : split_erasable(definition_, std::move(operations))) {
      const bool follows = !layers.empty();
      layers.push_back({replica::PartDraft{.record = touched.record,
                                           .registry = origin_.facts.registry,
                                           .scope = scope,
                                           .operations = std::move(group),
                                           .seen = follows ? std::vector<ChangeId>() : seen.heads,
                                           .left_out = seen.left_out,
                                           .follows = follows}});
    }
    packer_.add(std::move(layers));
  }

  Result<void> take_back_created(const Touched& touched, const Views& views) {
    if (definition_ != nullptr && definition_->is_ledger) {
      keep(touched, {"办理的凭据不删除，予以保留", "it proves what was done; kept"});
      return ok();
    }
    // Every edit leaves a trace among the origins, if only that it found the record there.
    bool is_untouched = true;
    for (const auto& [scope, view] : views) {
      for (const cunju::Origin& origin : view->find(origin_.facts.registry)->origins())
        is_untouched = is_untouched && extent_.changes.contains(origin.id);
    }
    if (!is_untouched) {
      keep(touched, {"导入后有人修改过，予以保留", "edited since the import; kept"});
      return ok();
    }
    if (extent_.has_unread(touched) || standing_.may_be_filled_in) {
      keep(touched, kMayBeFilledIn);
      return ok();
    }
    const std::optional<Scope> home = find_home();
    if (!home) {
      keep(touched, kRegisterIsConfidential);
      return ok();
    }
    ++outcome_.removed;
    write(touched, *home, {delete_operation()});
    return ok();
  }

  Result<void> take_back_updates(const Touched& touched, const Views& views) {
    NotSetBack kept;
    std::map<Scope, std::vector<Operation>> back;
    for (const auto& [scope, changes] : touched.changes) {
      const auto view = views.find(scope);
      if (view == views.end()) continue;
      CUNJU_TRY(std::vector<Operation> operations,
                take_back_update(touched, scope, changes, views, kept));
      if (!operations.empty()) back.emplace(scope, std::move(operations));
    }
    if (kept.is_written_since) keep(touched, kWrittenSince);
    if (kept.stands_confidential) keep(touched, kStandsConfidential);
    if (extent_.has_unread(touched)) keep(touched, kConfidentialKept);
    if (const std::optional<RecordId> erasure = brings_back(views, back)) {
      keep(touched, brings_back_text(*erasure));
      return ok();
    }
    if (!back.empty()) ++outcome_.reset;
    // Positions in a text count where it was read.
    for (auto& [scope, operations] : back)
      write(touched, scope, std::move(operations), seen_of(*views.at(scope)));
    return ok();
  }

  /// The erasure of a person whom the operations would bring in again.
  std::optional<RecordId> brings_back(const Views& views,
                                      const std::map<Scope, std::vector<Operation>>& back) const {
    if (standing_.erased.empty() || back.empty() ||
        (definition_ != nullptr && definition_->is_ledger))
      return std::nullopt;
    FieldValues before;
    for (const auto& [scope, view] : views)
      for (const Field& field : view->find(origin_.facts.registry)->fields())
        for (const Entry& entry : field.entries) before.emplace_back(field.name, entry.value);
    FieldValues after = before;
    for (const auto& [scope, operations] : back) apply(operations, after);
    const std::set<RecordId> erasures = erasures_of_edit(standing_.erased, before, after, kLastDay);
    return erasures.empty() ? std::nullopt : std::optional(*erasures.begin());
  }

  /// What takes the import back in one scope.
  Result<std::vector<Operation>> take_back_update(const Touched& touched, Scope scope,
                                                  const std::vector<ChangeId>& changes,
                                                  const Views& views, NotSetBack& kept) {
    const RecordStates record = states_of(touched, scope, views);
    const RecordState& state = record.written();
    CUNJU_TRY(std::vector<replica::HistoryEntry> history,
              replica_.history(space_, touched.record, scope));
    const Past past{
        .definition = definition_, .record = record, .scope = name_of(scope), .history = history};
    std::vector<Operation> back;
    std::map<std::string, const replica::HistoryEntry*> texts;
    for (const ChangeId& change : changes) {
      auto own = std::ranges::find(history, change, &replica::HistoryEntry::id);
      if (own == history.end() || own->is_void) continue;
      take_back_change(*own, past, back, texts, kept);
    }
    follow_state(definition_, state, back);
    if (!texts.empty() && has_final_texts(definition_, record)) {
      // Also when the state moves back with this very change: it had seen the freeze.
      keep(touched, kTextIsFinal);
    } else {
      for (const auto& [text, own] : texts) {
        CUNJU_TRYV(take_back_text({touched.record, scope}, *own, text, past, kept, back));
      }
    }
    return back;
  }

  /// Makes the text what it said where the import found it.
  Result<void> take_back_text(const std::pair<RecordId, Scope>& place,
                              const replica::HistoryEntry& own, const std::string& field,
                              const Past& past, NotSetBack& kept, std::vector<Operation>& out) {
    const TextField* text = past.record.written().find_text(field);
    if (text == nullptr) return ok();
    if (is_first_here(past, own, field)) {
      const std::optional<Value> before = value_elsewhere(past, field, cunju::FieldKind::kText);
      kept.stands_confidential = kept.stands_confidential || !before;
      if (!before) return ok();
      const auto* was = std::get_if<std::string>(&*before);
      std::ranges::move(plan_text(field, text->text, was == nullptr ? std::string() : *was),
                        std::back_inserter(out));
      return ok();
    }
    CUNJU_TRY(std::vector<TextChange> changes,
              replica_.text_changes(space_, place.first, place.second));
    CUNJU_TRY(std::string before,
              text_at_version(field, origin_.facts.registry, changes, own.parents));
    std::ranges::move(plan_text(field, text->text, before), std::back_inserter(out));
    return ok();
  }

  replica::Replica& replica_;
  const SpaceId& space_;
  const ImportOrigin& origin_;
  const Extent& extent_;
  const Scopes& scopes_;
  const Definition* definition_;
  const Standing& standing_;
  DraftPacker& packer_;
  UndoOutcome outcome_;
};

}  // namespace

Result<UndoOutcome> undo_import(replica::Replica& replica, const SpaceId& space,
                                const crypto::SigningKey& author, const RecordId& import,
                                std::uint64_t claimed_ms) {
  CUNJU_TRY(ImportOrigin origin, find_import(replica, space, import));
  CUNJU_TRYV(check_import_permission(replica, space, author.author(), origin.facts.registry));
  CUNJU_TRY(Catalog catalog, Catalog::load(replica, space));
  const Definition* definition = catalog.find(origin.facts.registry);
  if (definition == nullptr) {
    CUNJU_TRY(const std::optional<Label> why,
              find_missing_definition(replica, space, origin.facts.registry));
    if (why) return fail(Errc::kConflict, std::string(kNoDefinition) + origin.facts.registry);
  }
  CUNJU_TRY(const Scopes scopes, find_scopes(replica, space, author.author()));
  CUNJU_TRY(const Extent extent,
            find_extent(replica, space, origin, scopes, home_scope(definition)));
  DraftPacker packer({.record = import,
                      .registry = std::string(kImportRegistry),
                      .scope = kOpenScope,
                      .operations = {}});
  Standing standing{.definition = definition, .may_be_filled_in = false, .erased = {}};
  CUNJU_TRY(standing.may_be_filled_in,
            may_be_filled_in(replica, space, definition, scopes, extent));
  CUNJU_TRY(standing.erased, read_erased_persons(replica, space));
  Undoer undoer(replica, space, origin, extent, scopes, standing, packer);
  for (const Touched& one : extent.records) {
    CUNJU_TRYV(undoer.take_back(one));
  }
  UndoOutcome out = undoer.take();
  for (const auto& [change, parts] : extent.unread) out.unread += parts;
  if (out.removed + out.reset == 0) return out;
  CUNJU_TRY(const UndoCounts before, read_undo_counts(replica, space, import));
  packer.drafts().front().parts.front().operations =
      undo_operations(claimed_ms, before.removed + out.removed, before.reset + out.reset);
  CUNJU_TRYV(replica.append(space, author, packer.drafts(), claimed_ms));
  return out;
}

}  // namespace cunju::registry
