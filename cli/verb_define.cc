// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <optional>

#include "cli/meant_definition.h"
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/registry/builtin.h"
#include "node/registry/catalog.h"
#include "node/registry/field_scope.h"
#include "node/registry/ledger_law.h"
#include "node/registry/retention.h"
#include "node/registry/retention_toml.h"
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
     {"定义让保密字段换了范围，改短了保管期限，让字段可以单独删除，或让登记簿从此是凭据：已看过说明"
      "，"
      "确认这样",
      "it takes fields out of their confidential scope, keeps records for a shorter time, lets "
      "fields go by themselves, or makes the registry a ledger for good: that is meant"}},
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

/// The refusals of the law of ledgers in words; none: it is another one.
std::optional<Label> ledger_refusal(const std::string& context) {
  if (context == registry::kNoLedgerAnyMore)
    return Label{
        "这个登记簿是办理的凭据，以后也一直是：文件里缺 ledger = true，请写回",
        "the registry holds what proves what was done, and stays so: ledger = true is missing"};
  if (context.starts_with(registry::kKeptShorter)) {
    const std::string before = context.substr(registry::kKeptShorter.size());
    return Label{"凭据的保管期限不能比从前的短，也不能换起算日期，从前的是：" + before,
                 std::string(registry::kKeptShorter) + before};
  }
  if (context.starts_with(registry::kErasableLater))
    return Label{
        "凭据登记簿的字段，从前不能单独删除的，以后也不能：请从文件里这个字段去掉 erasable = "
        "true：" +
            context.substr(registry::kErasableLater.size()),
        context};
  if (context == registry::kLedgerNotKept)
    return Label{
        "凭据登记簿要写明保管期限：[retention] 和其中每一个 classes 都要是 period 或 permanent",
        context};
  return std::nullopt;
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
  CUNJU_TRY(const std::set<std::string> meant, require_meant(call, *node, space, as_text(toml)));
  Result<registry::AddedDefinition> entered = registry::add_meant_definition(
      node->replica(), space, node->unlocked().author, as_text(toml), node::Node::now_ms(), meant);
  if (entered.has_error() && entered.error().context.starts_with(registry::kLeavesOut))
    return refuse_left_out(call, entered.error().context.substr(registry::kLeavesOut.size()));
  if (entered.has_error())
    if (const std::optional<Label> why = ledger_refusal(entered.error().context))
      return refused(call, Errc::kInvalidArgument, *why);
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
