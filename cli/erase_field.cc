// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "cli/erase_request.h"
#include "cli/erase_words.h"
#include "cli/erasure_items.h"
#include "cli/may_contain.h"
#include "cli/person_in_grounds.h"
#include "cli/record_lookup.h"
#include "node/council/field_erasure.h"
#include "node/council/person_erasure.h"
#include "node/registry/readmission.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;
using council::CarryHindrance;

/// A field that is asked for, and what becomes of it.
struct FieldRequest {
  SpaceId space;
  std::string registry;
  RecordId record;
  std::string field;
  std::string label;
  bool is_restricted = false;
  registry::RetentionVerdict retention;
  council::FieldErasure plan;
};

Label why_not_carried(CarryHindrance why) {
  switch (why) {
    case CarryHindrance::kConflict:
      return {"有几个值还没有选定，先用 settle 选定", "it has several values: settle that first"};
    case CarryHindrance::kState:
      return {"状态重写会丢掉经过", "a state that is written again loses how it came about"};
    case CarryHindrance::kText:
      return {"文字重写会丢掉谁写了哪些字", "a text that is written again loses who wrote what"};
    case CarryHindrance::kRecord:
      return {"同时删除了记录或定了稿", "the record was deleted, or its texts made final, with it"};
    case CarryHindrance::kUnknown:
      return {"是更新版本的程序写的", "a newer program wrote it"};
    case CarryHindrance::kNone:
      break;
  }
  return {};
}

std::string join(const std::vector<std::string>& names, std::string_view between) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "" : std::string(between)) + name;
  return out;
}

std::vector<std::string> labels_of(const Invocation& call, const registry::Definition* definition,
                                   const std::set<std::string>& fields) {
  std::vector<std::string> out;
  for (const std::string& field : fields)
    if (!field.empty() && !field.starts_with("_"))
      out.push_back(field_label(definition, field, call.terminal.language));
  return out;
}

void say_plan(const Invocation& call, const FieldRequest& request) {
  const std::string name = "“" + request.label + "” " + request.record.hex();
  const std::string count = std::to_string(request.plan.targets.size());
  if (request.is_restricted) {
    call.terminal.say(
        {"只封存、不销毁：" + name + "，" + count + " 处改动。" + request.retention.why.zh,
         "kept, restricted: " + name + ", " + count + " parts; " + request.retention.why.en});
  } else {
    call.terminal.say({"将销毁：" + name + "，连同以前填过的值，" + count + " 处改动。",
                       "goes, with every earlier value: " + name + ", " + count + " parts."});
    say_replaced_rule(call, request.retention);
  }
  if (request.plan.late > 0) {
    const std::string late = std::to_string(request.plan.late);
    call.terminal.warn(
        {"其中 " + late +
             " 处在迟到内容里，还没有人决定是否采纳；删除后连同里面的其他字段再也不能"
             "采纳。先看：" +
             call.terminal.command("late list"),
         late +
             " of them are late, and nobody has decided on them: they can't be admitted "
             "afterwards, nor the other fields in them. See first: " +
             call.terminal.command("late list")});
  }
  if (request.plan.unreadable > 0) {
    const std::string sealed = std::to_string(request.plan.unreadable);
    call.terminal.say({"  另有 " + sealed + " 处保密内容本机看不到，可能也填了它，不在其中。",
                       "  " + sealed +
                           " confidential parts that can't be read here may have it as "
                           "well, and are not among them."});
  }
}

/// The fields that share its parts: what becomes of them, or why nothing can.
Result<void> say_others(const Invocation& call, const registry::Definition* definition,
                        const FieldRequest& request) {
  if (request.plan.others.empty()) return ok();
  const std::vector<std::string> names = labels_of(call, definition, request.plan.others);
  const std::string zh = names.empty() ? "记录本身" : join(names, "、");
  const std::string en = names.empty() ? "the record itself" : join(names, ", ");
  if (request.plan.hindrance != CarryHindrance::kNone) {
    const Label why = why_not_carried(request.plan.hindrance);
    const std::string field =
        field_label(definition, request.plan.hindered_by, call.terminal.language);
    return refused(
        call, Errc::kConflict,
        {"它和别的内容写在同一处改动里（" + zh + "），不能单独删除：“" + field + "”" + why.zh +
             "。可以把要留的内容另写一条记录，再用 erase record 删除这一条",
         "it stands in one change with others (" + en +
             ") and can't be erased by itself: " + field + ": " + why.en +
             ". Write what is to stay into a new record, and erase this one with erase record"});
  }
  call.terminal.say(
      {"同一处改动里还有：" + zh +
           "。这些现在的值由您重新写一遍（--"
           "carry），写的人和时间从此是您和现在；以前的值一起去掉。",
       "The same changes speak of: " + en +
           ". With --carry you write their present values again, and stand for them from then on; "
           "their earlier values go as well."});
  if (call.has("--yes") && !call.has("--carry"))
    return refused(
        call, Errc::kInvalidArgument,
        {"要写 --carry，别的字段才留得住", "--carry is needed, or the other fields would be lost"});
  return ok();
}

Result<RecordId> file(node::Node& node, const FieldRequest& request,
                      const council::ErasureGrounds& grounds) {
  const RecordId erasure = node.replica().new_record_id();
  council::ErasureTargets targets;
  (request.is_restricted ? targets.restrict : targets.erase) = request.plan.targets;
  CUNJU_TRY(std::vector<replica::ChangeDraft> acts,
            council::plan_erasure(erasure, grounds, targets));
  std::vector<replica::ChangeDraft> drafts;
  if (!request.plan.carried.empty()) drafts.push_back({.parts = request.plan.carried});
  for (replica::ChangeDraft& act : acts) drafts.push_back(std::move(act));
  CUNJU_TRYV(
      node.replica().append(request.space, node.unlocked().author, drafts, node::Node::now_ms()));
  node.wake_server();
  return erasure;
}

object to_json(const FieldRequest& request) {
  array others;
  for (const std::string& other : request.plan.others) others.emplace_back(other);
  return object{{"space", request.space.hex()},
                {"registry", request.registry},
                {"record", request.record.hex()},
                {"field", request.field},
                {"outcome", request.is_restricted ? "restrict" : "erase"},
                {"replaced_rule", replaced_rule_json(request.retention)},
                {"parts", request.plan.targets.size()},
                {"others", std::move(others)},
                {"late", request.plan.late},
                {"unreadable", request.plan.unreadable},
                {"erasure", nullptr}};
}

/// The field's id, from that or its label; also one that no definition has.
std::string field_id(const registry::Definition* definition, const std::string& name) {
  return definition == nullptr ? name : definition->resolve(name);
}

}  // namespace

Result<ExitCode> erase_field(Invocation& call) {
  if (call.arguments.size() != 4)
    return refused(call, Errc::kInvalidArgument,
                   {"要写明登记簿、哪一条、哪个字段", "which registry, record and field?"});
  CUNJU_TRY(const council::ErasureGrounds grounds, read_grounds(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundRecord found,
            find_record(*node, call, call.arguments[1], call.arguments[2]));
  const registry::Definition* definition = found.book.catalog->find(call.arguments[1]);
  CUNJU_TRY(const registry::RetentionRules rules,
            registry::RetentionRules::load(node->replica(), found.book.space, *found.book.catalog));
  CUNJU_TRYV(refuse_values_in(call, rules.describe(call.arguments[1]), found.row.values,
                              texts_of(grounds)));
  FieldRequest request{.space = found.book.space,
                       .registry = call.arguments[1],
                       .record = found.row.id,
                       .field = field_id(definition, call.arguments[3])};
  request.label = field_label(definition, request.field, call.terminal.language);
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(request.space));
  const AuthorKey author = node->unlocked().author.author();
  CUNJU_TRYV(require_erasing_right(call, *roster, author, kWrite));
  // On one clerk's word it would be hidden at once that an erased person was entered again.
  if (request.field == registry::kReadmittedField)
    return refused(call, Errc::kInvalidArgument,
                   {"“" + request.label +
                        "”是重新登记此人的依据，长期保留，不能单独删除；整条记录可用 erase record",
                    "\"" + request.label +
                        "\" says why an erased person was entered again, and is kept for good; "
                        "the whole record goes by erase record"});
  CUNJU_TRY(request.plan,
            council::plan_field_erasure(node->replica(), request.space, request.registry,
                                        request.record, request.field));
  CUNJU_TRYV(warn_of_lacking(call, *node, request.space));
  if (request.plan.targets.empty())
    return refused(call, Errc::kNotFound,
                   {"这条记录没有填过“" + request.label + "”，或已经删除",
                    "nothing of this record says anything of \"" + request.label +
                        "\", or it is erased already"});
  CUNJU_TRY(request.retention, council::retention_of(node->replica(), rules, request.space,
                                                     request.registry, request.record, today()));
  // What is held only as long as the person agrees, no rule of retention keeps; what shares a part
  // with it, one may.
  if (request.plan.others.empty())
    request.retention = rules.judge_field(request.registry, request.field, request.retention);
  const bool is_kept = request.retention.is_kept;
  if (is_kept && definition != nullptr && definition->is_ledger)
    return refuse_proof(call, request.retention);
  request.is_restricted = is_kept && !call.has("--against-retention");
  say_plan(call, request);
  CUNJU_TRYV(say_others(call, definition, request));
  say_consequences(call);
  if (request.is_restricted) say_how_undone(call, *roster);
  object out = to_json(request);
  CUNJU_TRY(out["may_contain"],
            show_may_contain(call, *node, request.space, node::Node::now_ms(), {request.registry}));
  if (is_only_shown(call)) {
    say_nothing_done(call);
    call.terminal.object(out);
    return ExitCode::kOk;
  }
  CUNJU_TRY(const RecordId erasure, file(*node, request, grounds));
  say_filed(call, *roster, erasure.hex());
  out["erasure"] = erasure.hex();
  call.terminal.object(out);
  return ExitCode::kOk;
}

}  // namespace cunju::cli
