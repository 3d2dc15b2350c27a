// SPDX-License-Identifier: Apache-2.0
#include "cli/meant_definition.h"

#include <algorithm>

#include "cli/roster_words.h"
#include "node/registry/amendment.h"
#include "node/registry/builtin.h"
#include "node/registry/definition_outlook.h"
#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/ledger_law.h"
#include "node/registry/retention_toml.h"
#include "node/registry/scope_moves.h"

namespace cunju::cli {
namespace {

/// What was asked for, how to have it otherwise, and what was not done.
struct Question {
  Label what;
  Label otherwise = {};
  Label undone = {"没有登记", "Nothing was entered"};
};

/// kConflict in words, unless --yes says that it is meant: then it is a warning.
Result<void> require_yes(Invocation& call, const Question& question) {
  const Label& what = question.what;
  if (call.has("--yes")) {
    call.terminal.warn({what.zh + "。", what.en + "."});
    return ok();
  }
  const Label& otherwise = question.otherwise;
  return refused(
      call, Errc::kConflict,
      {what.zh + "。" + question.undone.zh + "；确要这样，加 --yes 再运行一次" +
           (otherwise.empty() ? "" : "，" + otherwise.zh),
       what.en + ". " + question.undone.en + ": run it again with --yes if that is meant" +
           (otherwise.empty() ? "" : ", " + otherwise.en)});
}

Label quoted(const Label& label) {
  return {"“" + label.zh + "”", "\"" + std::string(label.in(Language::kEnglish)) + "\""};
}

/// Where a definition takes fields out of their confidential scope, or leaves them out.
Label moves_text(std::span<const registry::ScopeMove> moves) {
  std::vector<Label> fields;
  for (const registry::ScopeMove& move : moves) {
    const Label to = move.to.empty() ? Label{"公开", "open"} : Label{move.to, move.to};
    const Label becomes = move.is_left_out ? Label{"没有写", "left out"} : to;
    const Label name = move.field.empty()
                           ? Label{"登记簿本身，和定义没有写的所有内容",
                                   "the registry's own scope, with whatever is not named"}
                           : quoted(move.label);
    fields.push_back({name.zh + "（" + move.from + " → " + becomes.zh + "）",
                      name.en + " (" + move.from + " -> " + becomes.en + ")"});
  }
  const Label names = joined(fields);
  return {
      "这些内容原来保密，按新定义换了保密范围，或不再登记：" + names.zh +
          "。以后填的值按新的范围给人看，公开的人人可看；已经填的照旧保密",
      "what was confidential is in another scope by the new definition, or not in it: " + names.en +
          ". What is entered from then on is read by whoever may read that, open "
          "ones by everybody; what was entered stays confidential"};
}

/// Where records may go sooner than a rule before says.
Label cut_text(const registry::Definition& after, const registry::Retention& kept) {
  const std::string now_zh = after.retention.rule.zh.empty() ? "没有规定" : after.retention.rule.zh;
  const std::string now_en = after.retention.rule.zh.empty()
                                 ? "no rule"
                                 : std::string(after.retention.rule.in(Language::kEnglish));
  return {"登记簿“" + after.label.zh + "”的保管期限改短了：从前是“" + kept.rule.zh + "”，现在是“" +
              now_zh +
              "”（起算日期换了，或有一类改短了，也算）。按从前须保管的记录，以后有人申请就"
              "可以销毁；批准销毁的人会看到从前的规定",
          "the registry \"" + std::string(after.label.in(Language::kEnglish)) +
              "\" keeps its records for a shorter time: it was \"" +
              std::string(kept.rule.in(Language::kEnglish)) + "\" and is \"" + now_en +
              "\" (another date to count from, or one class of records, is enough). Records "
              "that had to be kept may be destroyed from then on when somebody asks; whoever "
              "approves of that is told of the rule before"};
}

/// Where fields may go alone that were kept with their record.
Label erasable_text(const registry::Definition& after, std::span<const Label> fields) {
  std::vector<Label> names;
  for (const Label& field : fields) names.push_back(quoted(field));
  const Label list = joined(names);
  const Label of = quoted(after.label);
  return {"登记簿" + of.zh + "的字段" + list.zh +
              "从前随记录保管，按新定义可以单独删除，保管期限不再管它：已经填的，以后有人"
              "申请就可以销毁",
          "fields of the registry " + of.en +
              " were kept with their record and go by themselves by the new definition, "
              "whatever its retention: " +
              list.en + ". What was entered may be destroyed when somebody asks"};
}

/// Where a registry is proof by a late definition alone, and is not by this one.
Label open_text(const registry::Definition& after) {
  const Label of = quoted(after.label);
  return {"登记簿" + of.zh +
              "有一份迟到的定义，写明登记的是办理的凭据：按新定义不再是凭据，记录可以删除，有人"
              "申请就可以封存或销毁",
          "a late definition of the registry " + of.en +
              " says that it holds proof of what was done. By the new one it does not: its "
              "records may be removed, and be restricted or destroyed when somebody asks"};
}

/// What a registry loses, in one sentence for each kind of loss.
std::vector<Label> loss_texts(const registry::DefinitionLoss& loss) {
  const auto& [registry, after, lost] = loss;
  std::vector<Label> out;
  if (!lost.moves.empty()) {
    const Label of = quoted(after.label), moves = moves_text(lost.moves);
    out.push_back({"登记簿" + of.zh + "：" + moves.zh, "the registry " + of.en + ": " + moves.en});
  }
  if (lost.ledger) out.push_back(open_text(after));
  if (lost.kept) out.push_back(cut_text(after, *lost.kept));
  if (!lost.erasable.empty()) out.push_back(erasable_text(after, lost.erasable));
  return out;
}

Result<void> require_meant_moves(Invocation& call, std::span<const registry::ScopeMove> moves) {
  if (moves.empty()) return ok();
  return require_yes(call, {.what = moves_text(moves),
                            .otherwise = {"否则在文件里写回字段和 scope",
                                          "or write the field and its scope into the file again"}});
}

Result<void> require_meant_cut(Invocation& call, const registry::Definition& after,
                               const registry::Retention& kept) {
  return require_yes(call,
                     {.what = cut_text(after, kept),
                      .otherwise = {"否则在文件里写回从前的保管期限",
                                    "or write the retention that was there into the file again"}});
}

Result<void> require_meant_erasable(Invocation& call, const registry::Definition& after,
                                    std::span<const Label> fields) {
  if (fields.empty()) return ok();
  return require_yes(call,
                     {.what = erasable_text(after, fields),
                      .otherwise = {"否则从文件里这些字段去掉 erasable = true",
                                    "or take erasable = true of these fields out of the file"}});
}

Result<void> require_meant_open(Invocation& call, const registry::Definition& after) {
  return require_yes(call, {.what = open_text(after),
                            .otherwise = {"否则在文件里写上 ledger = true",
                                          "or write ledger = true into the file"}});
}

/// Whatever ends that records are kept. Each is asked for by itself, and --yes says all of it, so
/// all of it is told.
Result<void> require_meant_retention(Invocation& call, const registry::Definition& after,
                                     const registry::GivenUp& given_up) {
  const bool is_asked = !call.has("--yes");
  if (is_asked && given_up.ledger && given_up.kept) {
    const Label rule = quoted(given_up.kept->rule);
    call.terminal.warn({"从前的保管期限" + rule.zh + "也因此改短。",
                        "The retention that was, " + rule.en + ", gets shorter by that as well."});
  }
  if (is_asked && (given_up.ledger || given_up.kept) && !given_up.erasable.empty()) {
    const std::string count = std::to_string(given_up.erasable.size());
    call.terminal.warn({"从前随记录保管的字段有 " + count + " 个因此也可以单独删除。",
                        "Fields that were kept with their record (" + count +
                            ") go by themselves by that as well."});
  }
  if (given_up.ledger) {
    CUNJU_TRYV(require_meant_open(call, after));
  }
  if (given_up.kept) {
    CUNJU_TRYV(require_meant_cut(call, after, *given_up.kept));
  }
  return require_meant_erasable(call, after, given_up.erasable);
}

bool has_permanent(const registry::Retention& retention) {
  return retention.kind == registry::RetentionClass::kPermanent ||
         std::ranges::find(retention.classes, registry::RetentionClass::kPermanent,
                           &registry::RetentionOfValue::kind) != retention.classes.end();
}

/// Where a definition makes its registry a ledger, or one that is kept for ever: no later version
/// takes that back.
Result<void> require_meant_ledger(Invocation& call, const registry::Definition* before,
                                  const registry::Definition& after) {
  if (!after.is_ledger) return ok();
  if (before != nullptr && before->is_ledger &&
      (has_permanent(before->retention) || !has_permanent(after.retention)))
    return ok();
  return require_yes(
      call,
      {.what = {"登记簿“" + after.label.zh +
                    "”从此是办理的凭据，以后谁也撤不回：记录只能更正，不能删除；定义不能删除；保管"
                    "期限（" +
                    after.retention.rule.zh + "）只能延长，不能缩短，没有满期的，本人申请也不删",
                "the registry \"" + std::string(after.label.in(Language::kEnglish)) +
                    "\" holds proof of what was done from then on, and nobody can take that back: "
                    "its records are corrected and never removed, neither is its definition, and "
                    "the retention (" +
                    std::string(after.retention.rule.in(Language::kEnglish)) +
                    ") is made longer and never shorter; before it is over no person's request "
                    "erases one"},
       .otherwise = {"否则从文件里去掉 ledger = true，或改短保管期限",
                     "or take ledger = true out of the file, or write a shorter retention"}});
}

/// An amendment is held against those that stand or are late. Whether it gives up retention.
Result<bool> require_meant_amendment(Invocation& call, const registry::Catalog& catalog,
                                     std::string_view toml) {
  const Result<registry::Amendment> amendment = registry::parse_amendment(toml);
  if (amendment.has_error() || !amendment.value().retention) return false;
  const registry::Definition* now = catalog.find(amendment.value().id);
  const registry::Catalog builtin = registry::Catalog::builtin();
  const registry::Definition* bare = builtin.find(amendment.value().id);
  if (now == nullptr || bare == nullptr) return false;
  const Result<registry::Definition> after = registry::amend(*bare, amendment.value());
  // What falls short of a ledger is not entered at all, whatever is meant.
  if (after.has_error() ||
      (bare->is_ledger && !registry::find_shortening(*bare, after.value()).empty()))
    return false;
  const registry::Retention* cut = registry::find_cut_rule(*now, after.value());
  if (cut == nullptr) return false;
  CUNJU_TRYV(require_meant_cut(call, after.value(), *cut));
  return true;
}

/// The rule by which some record has to be kept; null: none.
const registry::Retention* find_keeping(const registry::Definition& definition) {
  registry::Definition nothing;
  return registry::find_cut_rule(definition, nothing);
}

/// What taking a definition away means for a registry that has none then.
Label removal_text(const registry::Definition& definition) {
  const std::vector<std::string> scopes = registry::scopes_of(&definition);
  const Label name = quoted(definition.label);
  Label out{"删除定义以后，登记簿" + name.zh + "不能再登记",
            "without its definition nothing can be entered in the registry " + name.en};
  if (!scopes.empty()) {
    out.zh += "；它有保密字段（范围 " + scopes.front() +
              "），所以也不能修改，除非用 define 重新登记；已经填的照旧保密";
    out.en += "; it has confidential fields (scope " + scopes.front() +
              "), so nothing is changed in it either until somebody defines it again, and what was "
              "entered stays confidential";
  }
  if (const registry::Retention* kept = find_keeping(definition); kept != nullptr) {
    out.zh += "。其中的记录须保管（" + kept->rule.zh + "），没有定义不等于可以销毁";
    out.en += ". Its records have to be kept (" + std::string(kept->rule.in(Language::kEnglish)) +
              "), and to have no definition is no leave to destroy them";
  }
  return out;
}

/// Whether somebody should know before the definition is gone.
bool removal_matters(const registry::Definition& definition) {
  return !registry::scopes_of(&definition).empty() || find_keeping(definition) != nullptr;
}

Label joined_sentences(std::span<const Label> sentences) {
  Label out;
  for (const Label& each : sentences) {
    out.zh += (out.zh.empty() ? "" : "。") + each.zh;
    out.en += (out.en.empty() ? "" : ". ") + std::string(each.in(Language::kEnglish));
  }
  return out;
}

/// What a definition says is meant to be given up.
Label meant_text(const std::string& what) {
  if (what == registry::kMeantHome) return {"整个登记簿的保密范围", "the register's own scope"};
  if (what == registry::kMeantRetention)
    return {"从前较长的保管期限", "the longer retention of before"};
  const std::string field = what.substr(what.find(':') + 1);
  return {"字段“" + field + "”的保密范围", "the scope of the field " + field};
}

Label admission_text(const LateDefinitions& late) {
  const Label what = joined_sentences(late.texts);
  return {"变为有效的改动里有登记簿的定义，生效以后：" + what.zh,
          "there are definitions among what comes into force. From then on: " + what.en};
}

}  // namespace

Result<void> require_definition_for_yes(const Invocation& call) {
  if (!call.has("--yes") || call.arguments[0] == kDefinitionRegistry) return ok();
  return refused(call, Errc::kInvalidArgument,
                 {"--yes 只用于登记簿的定义（definition）", "--yes is for definitions alone"});
}

std::string registry_of(const registry::RecordRow& definition) {
  const Value* id = definition.find(registry::kDefinitionIdField);
  const auto* text = id == nullptr ? nullptr : std::get_if<std::string>(id);
  return text == nullptr ? std::string() : *text;
}

Result<std::set<std::string>> require_meant(Invocation& call, node::Node& node,
                                            const SpaceId& space, std::string_view toml) {
  std::set<std::string> out;
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  if (registry::is_amendment(toml)) {
    CUNJU_TRY(const bool gives_up, require_meant_amendment(call, catalog, toml));
    if (gives_up) out.insert(std::string(registry::kMeantRetention));
    return out;
  }
  const Result<registry::Definition> after = registry::parse_definition(toml);
  if (after.has_error() || registry::is_reserved_registry(after.value().id) ||
      !registry::check_ledger_retention(after.value()).empty())
    return out;
  const registry::Catalog::Item* before = catalog.find_item(after.value().id);
  if (before != nullptr && !before->is_custom) return out;
  CUNJU_TRY(const registry::GivenUp given_up,
            registry::find_given_up(node.replica(), space, catalog, after.value()));
  CUNJU_TRY(const std::vector<registry::DefinitionVersion> versions,
            registry::read_versions(node.replica(), space, after.value().id));
  // By a late one alone it is none for good.
  const bool was_ledger =
      before != nullptr && std::ranges::any_of(versions, [](const auto& version) {
        return version.makes_ledger() && !version.is_late;
      });
  CUNJU_TRYV(require_meant_moves(call, given_up.moves));
  // What falls short of a ledger is not entered at all, whatever is meant.
  if (!was_ledger) {
    CUNJU_TRYV(require_meant_retention(call, after.value(), given_up));
  }
  CUNJU_TRYV(require_meant_ledger(call, was_ledger ? &before->definition : nullptr, after.value()));
  return given_up.what();
}

Result<void> require_meant_act(Invocation& call, node::Node& node, const FoundRecord& found,
                               const Operation& operation, const Label& undone) {
  CUNJU_TRY(const registry::DefinitionRecords before,
            registry::read_definition_records(node.replica(), found.book.space));
  registry::DefinitionRecords after = before;
  registry::suppose_written(after, found.row.id, {operation});
  std::vector<Label> lost;
  for (const registry::DefinitionLoss& loss : registry::find_losses(before, after))
    std::ranges::move(loss_texts(loss), std::back_inserter(lost));
  if (!lost.empty()) return require_yes(call, {.what = joined_sentences(lost), .undone = undone});
  // Nothing is lost by the law, and something else may come of it all the same.
  const std::string id = registry_of(found.row);
  const registry::Catalog::Item* was = found.book.catalog->find_item(id);
  if (was == nullptr || was->record != found.row.id || !was->is_custom) return ok();
  const registry::Catalog then = registry::catalog_of(after);
  const registry::Catalog::Item* is = then.find_item(id);
  if (is == nullptr)
    return removal_matters(was->definition)
               ? require_yes(call, {.what = removal_text(was->definition), .undone = undone})
               : ok();
  if (is->record == was->record || registry::scopes_of(&was->definition).empty()) return ok();
  return require_yes(
      call,
      {.what = {"删除以后，改用同一编号的另一个定义（" + is->record.hex() +
                    "）；保密的字段照旧保密，没有因此公开",
                "another definition of this id (" + is->record.hex() +
                    ") is used from then on; what is confidential stays so, and nothing is opened"},
       .undone = undone});
}

Result<LateDefinitions> read_late_definitions(node::Node& node, const SpaceId& space,
                                              const std::set<ChangeId>& changes,
                                              const std::set<ChangeId>& leaves) {
  LateDefinitions out;
  CUNJU_TRY(const registry::DefinitionRecords before,
            registry::read_definition_records(node.replica(), space));
  registry::DefinitionRecords after = before;
  registry::suppose_admitted(after, changes);
  registry::suppose_late(after, leaves);
  out.meant = registry::meant_by(before, changes);
  for (const registry::DefinitionLoss& loss : registry::find_losses(before, after)) {
    std::ranges::move(loss_texts(loss), std::back_inserter(out.texts));
    for (const std::string& each : loss.given_up.what()) {
      out.losses[loss.registry].insert(each);
      out.meant[loss.registry].erase(each);
    }
  }
  // What makes no difference as things stand may make one when another definition goes.
  for (const auto& [registry, what] : out.meant) {
    if (what.empty()) continue;
    std::vector<Label> names;
    for (const std::string& each : what) names.push_back(meant_text(each));
    const Label list = joined(names);
    out.texts.push_back(
        {"登记簿 " + registry + " 的定义写明不再保留：" + list.zh,
         "a definition of the registry " + registry + " says that it gives up " + list.en});
    out.losses[registry].insert(what.begin(), what.end());
  }
  return out;
}

Result<void> require_meant_admission(Invocation& call, const LateDefinitions& late,
                                     const Label& otherwise) {
  if (late.texts.empty()) return ok();
  return require_yes(call, {.what = admission_text(late),
                            .otherwise = otherwise,
                            .undone = {"没有办理", "Nothing was done"}});
}

void warn_of_definitions(const Invocation& call, const LateDefinitions& late) {
  if (late.texts.empty()) return;
  const Label what = admission_text(late);
  call.terminal.warn({what.zh + "。", what.en + "."});
}

Result<void> say_definition(const Invocation& call, node::Node& node, const SpaceId& space,
                            const std::string& registry) {
  CUNJU_TRY(const registry::Catalog now, registry::Catalog::load(node.replica(), space));
  for (const registry::CatalogProblem& problem : now.problems())
    if (problem.registry == registry)
      call.terminal.warn({problem.text.zh + "。", problem.text.en + "."});
  return ok();
}

}  // namespace cunju::cli
