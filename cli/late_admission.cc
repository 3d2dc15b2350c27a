// SPDX-License-Identifier: Apache-2.0
#include "cli/late_admission.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/entering_changes.h"
#include "cli/readmission.h"
#include "cli/record_lookup.h"
#include "cli/roster_act.h"
#include "cli/scope_words.h"
#include "node/registry/erased_persons.h"
#include "node/registry/late_persons.h"

namespace cunju::cli {

bool is_sealed(const replica::LatePart& part) { return part.registry.empty(); }

void advise_on_sealed(const Invocation& call, const Roster& roster,
                      std::span<const replica::LatePart> late) {
  std::set<Scope> scopes;
  for (const replica::LatePart& part : late)
    if (is_sealed(part)) scopes.insert(part.scope);
  for (const Scope scope : scopes) {
    const std::string name = scope_name(roster, scope);
    const std::vector<AuthorKey> readers = roster.entitled_devices(name);
    const std::string who = owners_of(roster, {readers.begin(), readers.end()});
    const std::string command = call.terminal.command("late list");
    call.terminal.warn(
        {"范围 " + name + " 的请先让能看的人（" + who + "）看过（在其电脑上，或用其名登录，" +
             command + "），再由有权的人采用。其中也可能有本来就生效的，采用了没有影响。",
         "Let somebody who may read scope " + name + " (" + who + ") look at it first (" + command +
             " on their computer, or as them), and whoever may admits it then. Some of it may be "
             "in force anyway; to admit that changes nothing."});
  }
}

namespace {

const Label kOtherChanges{"不是这个意思的不要采用，只写其他各份的编号",
                          "or leave them where they are, and name the other changes alone"};

/// The changes in the tray that a word names: all of them, or the one that begins so.
Result<std::vector<ChangeId>> find_late(const Invocation& call,
                                        const std::vector<replica::LatePart>& late,
                                        const std::string& wanted) {
  std::set<ChangeId> found;
  for (const replica::LatePart& part : late)
    if (wanted == "all" || part.change.hex().starts_with(wanted)) found.insert(part.change);
  const std::vector<ChangeId> out(found.begin(), found.end());
  if (wanted == "all") return out;
  const std::string fewest = std::to_string(council::kFewestDigits);
  if (wanted.size() < council::kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"编号至少写开头 " + fewest + " 位：" + wanted,
                    "the first " + fewest + " digits of an id, or more: " + wanted});
  if (out.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几份都以 " + wanted + " 开头，请多写几位",
                    "several changes begin with " + wanted + ", write more of it"});
  if (out.empty())
    return refused(
        call, Errc::kNotFound,
        {"没有可以采用的这一份：" + wanted + "（定稿后到的文字不能这样采用，解除定稿后自动恢复）",
         "no such change to admit: " + wanted +
             " (edits of final texts are not admitted; they are back when the texts are open "
             "again)"});
  return out;
}

/// The parts that are to be admitted, and what is to be known of them before.
struct ChosenLate {
  std::vector<ChangeId> changes;
  std::vector<replica::LatePart> parts;
  boost::json::object report;  ///< For programs.
  EnteringOutlook outlook;
  std::vector<registry::PersonsOfLate> persons;  ///< All of them readmitted.
  std::string basis;
};

Result<void> choose_late(const Invocation& call, node::Node& node, const SpaceId& space,
                         ChosenLate& out) {
  CUNJU_TRY(out.parts, node.replica().late_parts(space));
  for (std::size_t i = 1; i < call.arguments.size(); ++i) {
    CUNJU_TRY(const std::vector<ChangeId> named, find_late(call, out.parts, call.arguments[i]));
    out.changes.insert(out.changes.end(), named.begin(), named.end());
  }
  std::erase_if(out.parts, [&](const replica::LatePart& part) {
    return std::ranges::find(out.changes, part.change) == out.changes.end();
  });
  return ok();
}

Result<void> say_sealed(const Invocation& call, node::Node& node, const SpaceId& space,
                        ChosenLate& late) {
  const auto sealed = std::ranges::count_if(late.parts, is_sealed);
  late.report["sealed"] = sealed;
  if (sealed == 0) return ok();
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(space));
  const std::string count = std::to_string(sealed);
  call.terminal.warn(
      {"其中 " + count + " 处是保密内容，这里看不到写了什么，也查不出是否写了已删除的人。",
       count + " parts of these are confidential and can't be read here, so nor can it be seen "
               "whether they name an erased person."});
  advise_on_sealed(call, *roster, late.parts);
  return ok();
}

/// Refuses what would bring an erased person back, unless that is readmitted: kConflict in words.
Result<void> hold_against_marks(const Invocation& call, node::Node& node, const Book& book,
                                ChosenLate& late) {
  const SpaceId& space = book.space;
  CUNJU_TRY(const registry::Readmission readmission, read_readmission(call, node, space));
  late.basis = readmission.basis;
  CUNJU_TRY(late.persons, registry::find_persons_of_late(node.replica(), space, *book.catalog,
                                                         late.parts, act_of(node).today));
  boost::json::array out;
  for (const registry::PersonsOfLate& each : late.persons) {
    for (const RecordId& erasure : each.erasures) {
      if (readmission.erasures.contains(erasure)) continue;
      const Label why = registry::erased_person_text(erasure);
      const std::string where = each.registry + " " + short_id(each.record.hex());
      return refused(call, Errc::kConflict,
                     {where + "：迟到的改动会让已删除的人重新进入登记。" + why.zh +
                          "；不该登记的，只采用其他各份",
                      where + ": a late change would bring an erased person back. " + why.en +
                          "; or name the other changes alone"});
    }
    boost::json::array erasures;
    for (const RecordId& erasure : each.erasures) erasures.emplace_back(erasure.hex());
    out.push_back(boost::json::object{{"registry", each.registry},
                                      {"record", each.record.hex()},
                                      {"erasures", std::move(erasures)}});
    call.terminal.warn({each.registry + " " + short_id(each.record.hex()) +
                            "：已删除的人重新进入登记，依据记入该记录。",
                        each.registry + " " + short_id(each.record.hex()) +
                            ": an erased person is entered again; the ground is noted in it."});
  }
  late.report["readmitted"] = std::move(out);
  return ok();
}

/// Notes why erased persons are entered again, which nobody does who may not admit them.
Result<void> note_persons(Invocation& call, node::Node& node, const Book& book,
                          const ChosenLate& late) {
  if (late.persons.empty()) return ok();
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(book.space));
  const council::RosterAct act = council::plan_late_admission(late.changes).front();
  CUNJU_TRY(
      const council::ActOutlook outlook,
      council::read_outlook(node.replica(), book.space, act, node.unlocked().author.author()));
  CUNJU_TRYV(refuse_unentitled(call, *roster, outlook));
  return registry::note_readmissions(node.replica(), book.space, *book.catalog,
                                     node.unlocked().author, late.persons, late.basis,
                                     node::Node::now_ms());
}

/// Shown without --yes, done with it.
Result<void> carry_out_all(Invocation& call, node::Node& node, const SpaceId& space,
                           const ChosenLate& late) {
  const std::vector<council::RosterAct> acts = council::plan_late_admission(late.changes);
  std::size_t number = 0;
  for (const council::RosterAct& act : acts) {
    ++number;
    const std::size_t size = std::get<AdmitLate>(act.operations.front()).changes.size();
    const std::string count = std::to_string(size);
    const std::string part = std::to_string(number) + "/" + std::to_string(acts.size());
    Label what{"将采用 " + count + " 份迟到的改动；与现有内容不同之处列入 " +
                   call.terminal.command("conflicts") + "。",
               count + " late changes come into force; where they differ from what is there, " +
                   call.terminal.command("conflicts") + " shows both."};
    if (acts.size() > 1) {
      what.zh = "（" + part + "）" + what.zh;
      what.en = "(" + part + ") " + what.en;
    }
    CUNJU_TRYV(carry_out(call, node, space, act, what, late.report));
  }
  if (acts.empty()) call.terminal.say({"迟到箱是空的。", "The late tray is empty."});
  return ok();
}

}  // namespace

Result<ExitCode> admit_late(Invocation& call) {
  if (call.arguments.size() < 2)
    return refused(call, Errc::kInvalidArgument,
                   {"没有写明采用哪几份；all 是全部", "which changes? all is all of them"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(SpaceId space, chosen_space(*node, call));
  ChosenLate late;
  CUNJU_TRYV(choose_late(call, *node, space, late));
  CUNJU_TRY(late.outlook,
            show_entering(call, *node, space,
                          {.enters = {late.changes.begin(), late.changes.end()}, .leaves = {}},
                          late.report));
  CUNJU_TRYV(require_taken_back(call, late.outlook));
  CUNJU_TRYV(say_sealed(call, *node, space, late));
  CUNJU_TRY(const Book book, open_book(*node, space));
  CUNJU_TRYV(hold_against_marks(call, *node, book, late));
  const bool is_confirmed = call.has("--yes");
  if (is_confirmed) {
    CUNJU_TRYV(require_meant_admission(call, late.outlook.definitions, kOtherChanges));
    CUNJU_TRYV(note_persons(call, *node, book, late));
  }
  CUNJU_TRYV(carry_out_all(call, *node, space, late));
  // What it would do was shown whole, and then it is asked for.
  if (!is_confirmed) {
    CUNJU_TRYV(require_meant_admission(call, late.outlook.definitions, kOtherChanges));
  }
  return ExitCode::kOk;
}

}  // namespace cunju::cli
