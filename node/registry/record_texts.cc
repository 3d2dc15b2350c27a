// SPDX-License-Identifier: Apache-2.0
//
// Acts and questions of a RecordBook about texts.
#include <algorithm>
#include <map>
#include <tuple>
#include <unordered_map>
#include <utility>

#include "node/registry/record_book.h"
#include "node/registry/text_operations.h"
#include "node/registry/text_reading.h"

namespace cunju::registry {
namespace {

/// What a draft left out, and what of the rest is left out now.
std::vector<ChangeId> left_out_since(std::span<const TextChange> changes, const Seen& draft,
                                     std::span<const ChangeId> now) {
  VersionVector opened;
  for (const TextChange& change : changes) {
    if (std::ranges::find(draft.heads, change.id) != draft.heads.end())
      opened.merge(change.node.clock);
  }
  std::vector<ChangeId> out = draft.left_out;
  for (const TextChange& change : changes) {
    if (std::ranges::binary_search(now, change.id) && !opened.covers(change.dot))
      out.push_back(change.id);
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

const Label kWroteAgain{"您同时又在别的窗口里改了这条记录，请再试一次",
                        "you changed this record in another window just now; try again"};

const Label kMetElsewhere{
    "登记簿的保密范围改过，这段文字要整段存过去，而您看过以后它又改动了。没有保存；请看现在的文字，"
    "把您"
    "写的并进去再存",
    "the register's scope was changed, so this text is to be saved whole in it, and it was edited "
    "after what you saw. Nothing was saved: look at the text as it is now and work yours into it"};

}  // namespace

Result<void> RecordBook::require_open_text(const Loaded& loaded, const TextName& text) {
  if (loaded.is_deleted()) {
    return refuse(Errc::kNotFound, "deleted", text.field,
                  {"记录已删除；先用 set --restore 恢复",
                   "the record is deleted; bring it back with set --restore"});
  }
  if (has_final_texts(loaded.definition, loaded.states(loaded.home)))
    return refuse(Errc::kConflict, "frozen", text.field, kFinalTexts);
  return ok();
}

Result<std::vector<PlacedText>> RecordBook::places_of(const Loaded& loaded,
                                                      std::string_view field) {
  CUNJU_TRY(const Scopes scopes, read_scopes());
  std::vector<PlacedText> out;
  for (const auto& [name, view] : loaded.views)
    out.push_back({.name = name,
                   .scope = name.empty() ? kOpenScope : scopes.numbers.at(name),
                   .view = view,
                   .is_home = name == loaded.home});
  // As a field is shown: from its own scope once it is there, else from where there is something.
  const auto rank = [&](const PlacedText& place) {
    const TextField* text = place.view.find(loaded.registry)->find_text(field);
    if (text == nullptr) return place.is_home ? 3 : 4;
    return place.is_home ? 0 : text->text.empty() ? 2 : 1;
  };
  std::ranges::stable_sort(out, {}, rank);
  const bool has_text = !out.empty() && rank(out.front()) < 3;
  if (has_text) std::erase_if(out, [&](const PlacedText& place) { return rank(place) >= 3; });
  if (!has_text && !out.empty()) out.resize(1);
  return out;
}

Result<std::vector<PlacedText>> RecordBook::text_places(const RecordId& record,
                                                        std::string_view registry,
                                                        std::string_view field) {
  CUNJU_TRY(const Loaded loaded, load(record, registry));
  return places_of(loaded, field);
}

Result<TextDraft> RecordBook::open_text(const RecordId& record, std::string_view registry,
                                        std::string_view field, const Seen& version) {
  refusal_.clear();
  CUNJU_TRY(Loaded loaded, load(record, registry));
  TextDraft out{
      .name = {.record = record, .registry = loaded.registry, .field = std::string(field)},
      .seen = version,
      .before = {}};
  CUNJU_TRYV(require_open_text(loaded, out.name));
  CUNJU_TRY(const std::vector<PlacedText> places, places_of(loaded, field));
  const PlacedText& place = places.front();
  const TextField* text = place.view.find(loaded.registry)->find_text(field);
  if (text != nullptr) out.before = text->text;
  if (!place.is_home) {
    out.seen = seen_of(loaded.view());
    if (text == nullptr) return out;
    return open_elsewhere(std::move(out), place, version);
  }
  if (version.heads.empty()) {
    out.seen = seen_of(loaded.view());
    return out;
  }
  CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, place.scope));
  CUNJU_TRY(out.before,
            text_at_version(field, loaded.registry, changes, version.heads, &version.left_out));
  return out;
}

Result<TextDraft> RecordBook::open_elsewhere(TextDraft draft, const PlacedText& place,
                                             const Seen& version) {
  draft.begins = true;
  if (version.heads.empty()) return draft;
  const auto& [record, registry, field] = draft.name;
  CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, place.scope));
  CUNJU_TRY(const std::string then,
            text_at_version(field, registry, changes, version.heads, &version.left_out));
  // Here it becomes one piece, so nobody would be told to read what was mixed.
  if (then != draft.before) return refuse(Errc::kConflict, "met_meanwhile", field, kMetElsewhere);
  return draft;
}

Result<Saved> RecordBook::begin_text(const Act& act, const Loaded& loaded, const TextDraft& draft,
                                     std::string_view after) {
  const std::string& field = draft.name.field;
  const RecordId& record = draft.name.record;
  if (after == draft.before) return Saved{.record = record, .change = {}, .findings = {}};
  Result<Saved> saved = write(act, loaded.registry, record, draft.seen,
                              plan_shown_text(loaded.states(loaded.home), field, after));
  if (saved.has_error() && saved.error().code == Errc::kConflict && !has_fallen())
    return refuse(Errc::kConflict, "wrote_again", field, kWroteAgain);
  if (saved.has_error()) return saved;
  const std::string zh = loaded.home.empty() ? "公开处" : "保密范围“" + loaded.home + "”";
  const std::string en = loaded.home.empty() ? "the open" : "the scope " + loaded.home;
  saved.value().findings.push_back(
      warning(kTextBegun, field,
              {"登记簿的保密范围改过，这段文字从前写在别处：整段存进了" + zh +
                   "，从此在那里改；原来的留在原处和历史里。如果同事也各自这样存了，交换后两份会并"
                   "在一起，并请人通读",
               "the register's scope was changed, and this text was elsewhere: it was saved whole "
               "in " +
                   en +
                   " and is edited there from now on; the old one stays where it was, and in the "
                   "history. If a colleague did so apart, both are joined after an exchange and "
                   "wait for a reader"}));
  return saved;
}

Result<Saved> RecordBook::save_text(const Act& act, const TextDraft& draft,
                                    std::string_view after) {
  const auto& [record, registry, field] = draft.name;
  CUNJU_TRY(TextDraft now, open_text(record, registry, field));
  if (after.size() > kMaxTextBytes) {
    return refuse(Errc::kInvalidArgument, "too_long", field,
                  {"文字过长，超过 4 MiB", "longer than 4 MiB"});
  }
  if (!is_utf8(after)) {
    return refuse(Errc::kInvalidArgument, "not_utf8", field,
                  {"内容不是 UTF-8 文字", "the text is not UTF-8"});
  }
  if (draft.begins != now.begins || (now.begins && draft.before != now.before))
    return refuse(Errc::kConflict, "met_meanwhile", field, kMetElsewhere);
  if (draft.begins) {
    CUNJU_TRY(const Loaded loaded, load(record, registry));
    return begin_text(act, loaded, draft, after);
  }
  std::vector<Operation> operations = plan_text(field, draft.before, after);
  Result<Saved> saved = write(act, registry, record, draft.seen, operations);
  if (saved.has_value() || saved.error().code != Errc::kConflict || has_fallen()) return saved;
  CUNJU_TRY(const Scope scope, home_scope_of(registry));
  // The same key wrote in another window: the edit is merged with that and written on top of it.
  CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, scope));
  const TextOf text{.field = field, .registry = registry};
  const OwnWindow own = join_own_window(text, changes, act.author.author(), draft.seen.heads);
  // A key has seen what it signed on top of: somebody else's edit that came before that would be
  // merged with this one and nobody would be told to read the result.
  if (own.has_met_others) {
    return refuse(Errc::kConflict, "met_meanwhile", field,
                  {"您写的时候，别人改了这段文字，您又在别的窗口里改过这条记录。为免无人通读就混在"
                   "一起，没有保存；请看现在的文字，把您写的并进去再存",
                   "while you wrote somebody else edited this text, and you changed the record in "
                   "another window. So that nothing is mixed unread, this was not saved: look at "
                   "the text as it is now and work yours into it"});
  }
  // What was in the text when it was opened stays in, what was not stays out; what the other window
  // adds is as it stands now.
  const std::vector<ChangeId> left_out = left_out_since(changes, draft.seen, now.seen.left_out);
  CUNJU_TRY(std::string merged,
            merge_edit(text, changes, {.seen = draft.seen.heads, .operations = operations},
                       own.version, &left_out));
  CUNJU_TRY(std::string before, text_at_version(field, registry, changes, own.version, &left_out));
  saved = write(act, registry, record, {.heads = own.version, .left_out = left_out},
                plan_text(field, before, merged));
  if (saved.has_value() || saved.error().code != Errc::kConflict || has_fallen()) return saved;
  return refuse(Errc::kConflict, "wrote_again", field, kWroteAgain);
}

Result<Saved> RecordBook::confirm_text(const Act& act, const TextName& text, const Seen& version,
                                       const Seen& take) {
  refusal_.clear();
  const auto& [record, registry, field] = text;
  CUNJU_TRY(Loaded loaded, load(record, registry));
  CUNJU_TRY(const std::vector<PlacedText> places, places_of(loaded, field));
  const auto is_merged = [&](const PlacedText& place) {
    const TextField* stored = place.view.find(loaded.registry)->find_text(field);
    return stored != nullptr && stored->is_merged;
  };
  // A conflict is settled where it is, also when the text has a scope since.
  const auto place = std::ranges::find_if(places, is_merged);
  if (place == places.end() || loaded.is_deleted()) {
    return refuse(Errc::kNotFound, "not_merged", field,
                  {"没有等待通读的合并", "nothing that was merged waits for a reader"});
  }
  // Without heads the parents would be those of this moment, which nobody was shown.
  if (version.heads.empty()) {
    return refuse(Errc::kInvalidArgument, "no_version", field,
                  {"没有写明读的是哪一版", "which version was read?"});
  }
  CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, place->scope));
  CUNJU_TRY(std::string before,
            text_at_version(field, registry, changes, version.heads, &version.left_out));
  std::vector<Operation> operations;
  if (!take.heads.empty()) {
    CUNJU_TRYV(require_open_text(loaded, text));
    CUNJU_TRY(std::string after,
              text_at_version(field, registry, changes, take.heads, &take.left_out));
    operations = plan_text(field, before, after);
  }
  operations.push_back(confirm_operation(field));
  Writes writes;
  writes[place->name] = {version, std::move(operations)};
  Result<Saved> saved = write(act, loaded.registry, record, std::move(writes), {});
  if (saved.has_error() && saved.error().code == Errc::kConflict && !has_fallen()) {
    // What a key wrote it has seen, with all that it saw then.
    return refuse(Errc::kConflict, "wrote_since", field,
                  {"看过这一版以后您又改过这条记录，请重新看一遍再确认",
                   "you changed this record after that version: show it again, then confirm"});
  }
  if (saved.has_error()) return saved;
  CUNJU_TRY(loaded, load(record, registry));
  const TextField* stored = loaded.state_of(place->name)->find_text(field);
  if (stored != nullptr && stored->is_merged) {
    saved.value().findings.push_back(
        warning("still_merged", field,
                {"这一版以后又合并了新的内容，还要再通读一次",
                 "more was merged after that version and waits to be read"}));
  }
  return saved;
}

Result<void> RecordBook::visit_texts(const TextVisitor& visit) {
  CUNJU_TRY(const auto registries, replica_.registries(space_));
  CUNJU_TRY(const Scopes scopes, read_scopes());
  for (const auto& each : registries) {
    const std::string& registry = each.first;
    const Definition* definition = catalog_.find(registry);
    // Without a definition nobody can tell.
    const bool may_have_texts =
        definition == nullptr || std::ranges::any_of(definition->fields, [](const auto& field) {
          return field.kind == FieldKind::kText;
        });
    if (!may_have_texts) continue;
    Result<void> failed = ok();
    using Views = std::span<const replica::ScopedView>;
    CUNJU_TRYV(replica_.scan_scopes(space_, registry, [&](const RecordId& id, Views views) {
      for (const replica::ScopedView& own : views) {
        const bool is_shown = own.scope == kOpenScope || scopes.names.contains(own.scope);
        const RecordState* state = is_shown ? own.view.find(registry) : nullptr;
        if (state != nullptr && failed.has_value()) failed = visit(id, registry, own.scope, *state);
      }
      return failed.has_value();
    }));
    CUNJU_TRYV(failed);
  }
  return ok();
}

Result<std::uint64_t> RecordBook::count_late_texts() {
  std::uint64_t out = 0;
  CUNJU_TRYV(visit_texts([&](const RecordId&, std::string_view, Scope, const RecordState& state) {
    for (const TextField& text : state.texts()) out += text.late.size();
    return ok();
  }));
  return out;
}

Result<std::vector<LateText>> RecordBook::late_texts() {
  // Of each record and registry, by scope; their changes are read once however many texts they
  // have.
  std::map<std::tuple<std::string, RecordId, Scope>, std::vector<std::string>> fields;
  CUNJU_TRYV(visit_texts([&](const RecordId& record, std::string_view registry, Scope scope,
                             const RecordState& state) {
    for (const TextField& text : state.texts())
      if (!text.late.empty()) fields[{std::string(registry), record, scope}].push_back(text.name);
    return ok();
  }));
  std::vector<LateText> out;
  for (const auto& [where, names] : fields) {
    const auto& [registry, record, scope] = where;
    CUNJU_TRY(std::vector<TextChange> changes, replica_.text_changes(space_, record, scope));
    CUNJU_TRY(std::vector<replica::HistoryEntry> history, replica_.history(space_, record, scope));
    std::unordered_map<ChangeId, std::uint64_t> claimed_ms;
    for (const replica::HistoryEntry& entry : history)
      claimed_ms.emplace(entry.id, entry.claimed_ms);
    const RecordTexts texts(registry, changes);
    const TextsAt now = texts.now();
    for (const std::string& field : names) {
      for (LateEdit& edit : find_late_edits(field, now)) {
        const auto claimed = claimed_ms.find(edit.change);
        out.push_back({.name = {.record = record, .registry = registry, .field = field},
                       .edit = std::move(edit),
                       .claimed_ms = claimed == claimed_ms.end() ? 0 : claimed->second});
      }
    }
  }
  return out;
}

}  // namespace cunju::registry
