// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"
#include "cli/roster_words.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/registry/builtin.h"
#include "node/registry/catalog.h"
#include "node/registry/definition_toml.h"
#include "node/registry/field_scope.h"
#include "node/registry/retention.h"
#include "node/registry/scope_moves.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--show",
     "REGISTRY",
     {"输出一个登记簿的定义，可作样本", "print a registry's definition, as a pattern"}},
    {"--yes",
     "",
     {"新版定义让保密字段换了范围：已看过说明，确认这样",
      "a new version takes fields out of their confidential scope: that is meant"}},
};

boost::json::object retention_json(const registry::Retention& retention) {
  boost::json::object out{{"class", registry::class_name(retention.kind)},
                          {"rule", retention.rule.zh},
                          {"years", nullptr},
                          {"from", retention.from},
                          {"class_field", retention.class_field}};
  if (retention.years) out["years"] = *retention.years;
  return out;
}

Result<ExitCode> list_definitions(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node->replica(), space));
    if (spaces.size() > 1) call.terminal.line(space_name(*node, space));
    std::vector<std::vector<std::string>> rows;
    for (const registry::Catalog::Item& item : catalog.all()) {
      const Label origin = item.is_custom    ? Label{"本村自定", "own"}
                           : item.is_amended ? Label{"内置，本村修订", "built in, amended"}
                                             : Label{"内置", "built in"};
      const registry::Retention& retention = item.definition.retention;
      rows.push_back({item.definition.id,
                      std::string(call.terminal.in_language(item.definition.label)),
                      std::string(call.terminal.in_language(origin)),
                      std::string(call.terminal.in_language(retention.rule))});
      call.terminal.object({{"space", space.hex()},
                            {"registry", item.definition.id},
                            {"zh", item.definition.label.zh},
                            {"en", item.definition.label.en},
                            {"custom", item.is_custom},
                            {"amended", item.is_amended},
                            {"record", item.is_custom || item.is_amended ? item.record.hex() : ""},
                            {"ledger", item.definition.is_ledger},
                            {"retention", retention_json(retention)}});
    }
    call.terminal.table(rows);
  }
  return ExitCode::kOk;
}

/// `left_out`: the keys of the file's format. Nothing falls back to what is built in unsaid.
Error refuse_left_out(const Invocation& call, const std::string& left_out) {
  const std::string list = call.terminal.command("define --json");
  const std::string remove = call.terminal.command("remove definition");
  return refused(
      call, Errc::kConflict,
      {"本村现行的修订里有、这个文件没有写的：" + left_out +
           "。修订是整份替换的，没写的会退回内置的，所以没有登记。请一并写进文件；确要退回的，先用"
           " " +
           remove + " 编号 撤销现行的（编号见 " + list + "），再登记",
       "the amendment in force has what this file leaves out: " + left_out +
           ". It is replaced whole, and the rest would be as built in again, so nothing was "
           "entered. Write it in as well; or, to have it as built in, first take the other back: " +
           remove + " ID (see " + list + ")"});
}

/// kConflict in words, unless --yes says that it is meant, where a new version of one of the
/// space's own definitions takes fields out of their confidential scope.
Result<void> require_meant(Invocation& call, node::Node& node, const SpaceId& space,
                           std::string_view toml) {
  // What does not parse is refused as that.
  const Result<registry::Definition> after = registry::parse_definition(toml);
  if (after.has_error()) return ok();
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  const registry::Catalog::Item* before = catalog.find_item(after.value().id);
  if (before == nullptr || !before->is_custom) return ok();
  std::vector<Label> fields;
  for (const registry::ScopeMove& move :
       registry::find_scope_moves(before->definition, after.value())) {
    const std::string zh = field_label(&before->definition, move.field, Language::kChinese);
    const std::string en = field_label(&before->definition, move.field, Language::kEnglish);
    fields.push_back(
        {"“" + zh + "”（" + move.from + " → " + (move.to.empty() ? "公开" : move.to) + "）",
         en + " (" + move.from + " -> " + (move.to.empty() ? "open" : move.to) + ")"});
  }
  if (fields.empty()) return ok();
  const Label names = joined(fields);
  const Label what{
      "这些字段原来保密，按新定义换了保密范围：" + names.zh +
          "。以后填的值按新的范围给人看，公开的人人可看；已经填的照旧保密",
      "fields that were confidential are in another scope by the new definition: " + names.en +
          ". What is entered from then on is read by whoever may read that, open "
          "ones by everybody; what was entered stays confidential"};
  if (call.has("--yes")) {
    call.terminal.warn({what.zh + "。", what.en + "."});
    return ok();
  }
  return refused(call, Errc::kConflict,
                 {what.zh + "。没有登记；确要这样，加 --yes 再运行一次，否则在文件里写回 scope",
                  what.en + ". Nothing was entered: run it again with --yes if that is meant, or "
                            "write the scope into the file again"});
}

/// What is left to be done before anything can be entered into a confidential scope.
Result<void> say_unread_scopes(const Invocation& call, node::Node& node, const SpaceId& space,
                               const std::string& registry) {
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(space));
  for (const std::string& scope : registry::scopes_of(catalog.find(registry))) {
    if (!roster->entitled_devices(scope).empty()) continue;
    const std::string set =
        call.terminal.command("policy set ROLE " + scope_registry(scope) + " read --yes");
    call.terminal.say(
        {"保密范围 " + scope +
             " 还没有人可以查看，里面的字段还不能填。下一步由主任让一个角色可以"
             "查看，钥匙同时发出：" +
             set,
         "Nobody may read the confidential scope " + scope +
             " yet, so its fields can't be filled in. Next the chair lets a role read it, which "
             "gives out a key as well: " +
             set});
  }
  return ok();
}

Result<ExitCode> run(Invocation& call) {
  if (auto shown = call.value("--show")) {
    for (const registry::EmbeddedDefinition& definition : registry::embedded_definitions()) {
      if (definition.id != *shown) continue;
      call.terminal.line(definition.toml);
      call.terminal.object({{"registry", *shown}, {"toml", definition.toml}});
      return ExitCode::kOk;
    }
    return fail(Errc::kNotFound, *shown);
  }
  if (call.arguments.empty()) return list_definitions(call);
  CUNJU_TRY(Bytes toml, store::read_whole_file(call.arguments[0], limits::kMaxDefinitionBytes));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  CUNJU_TRYV(require_meant(call, *node, space, as_text(toml)));
  Result<registry::AddedDefinition> entered = registry::add_definition(
      node->replica(), space, node->unlocked().author, as_text(toml), node::Node::now_ms());
  if (entered.has_error() && entered.error().context.starts_with(registry::kLeavesOut))
    return refuse_left_out(call, entered.error().context.substr(registry::kLeavesOut.size()));
  CUNJU_TRY(const registry::AddedDefinition added, std::move(entered));
  node->wake_server();
  if (added.amends) {
    call.terminal.say({"已修订内置登记簿 " + added.id + "（撤销：" +
                           call.terminal.command("remove definition " + added.record.hex()) + "）",
                       "amended the built-in registry " + added.id + " (to take it back: " +
                           call.terminal.command("remove definition " + added.record.hex()) + ")"});
  } else {
    call.terminal.say({(added.is_new ? "已新增登记簿 " : "已更新登记簿 ") + added.id,
                       (added.is_new ? "added registry " : "updated registry ") + added.id});
    CUNJU_TRYV(say_unread_scopes(call, *node, space, added.id));
  }
  call.terminal.object({{"registry", added.id},
                        {"record", added.record.hex()},
                        {"new", added.is_new},
                        {"amends", added.amends},
                        {"changed", added.changed}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kDefineVerb{.name = "define",
                       .arguments = "[FILE]",
                       .min_arguments = 0,
                       .max_arguments = 1,
                       .summary = {"查看登记簿种类；由主任增加自定登记簿，或修订内置的保管期限",
                                   "list registries; add one of your own, or amend how long "
                                   "built-in ones are kept (chair)"},
                       .details = {"FILE 是定义文件，或对内置登记簿的修订（amends = …：保管期限、"
                                   "法律依据、办结天数）。格式见 docs/definitions.md。",
                                   "FILE is a definition, or amends a built-in one (amends = ...: "
                                   "retention, legal basis, days). Format: docs/definitions.md."},
                       .options = kOptions,
                       .run = run};

}  // namespace cunju::cli
