// SPDX-License-Identifier: Apache-2.0
#include "cli/erase_words.h"

#include "cli/erasure_outlook.h"
#include "cli/record_lookup.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

/// Where fewer can approve than have to, it waits for ever unless the roster is changed.
void warn_of_too_few(const Invocation& call, const Roster& roster, std::size_t needed) {
  const std::set<MemberId> able = able_to_approve(roster);
  if (able.size() >= needed) return;
  const std::string have = std::to_string(able.size()), want = std::to_string(needed);
  Label text{"现在有批准权、有电脑的只有 " + have + " 人，不够 " + want +
                 " 人：请先让别人担任有批准权的职务。",
             "Only " + have + " members with a computer may approve, and " + want +
                 " have to: give somebody else a role that may."};
  const auto only = able.size() == 1 ? roster.members.find(*able.begin()) : roster.members.end();
  if (only != roster.members.end() && !only->second.roles.empty()) {
    const std::string command = call.terminal.command(
        "policy set " + only->second.roles.begin()->role + " erasures:1 approve --yes");
    text.zh += "本村只有一人能批准的，也可以定为一人批准：" + command;
    text.en += " Where only one can, one may be made enough: " + command;
  }
  call.terminal.warn(text);
}

}  // namespace

bool is_blank(std::string_view text) {
  constexpr std::string_view kNoWidth[] = {"\u200b", "\u200c", "\u200d", "\ufeff", "\u2060"};
  std::string left = registry::without_spaces(text);
  for (const std::string_view mark : kNoWidth) {
    for (std::size_t at = left.find(mark); at != std::string::npos; at = left.find(mark, at))
      left.erase(at, mark.size());
  }
  return left.empty();
}

Result<void> require_ground_texts(const Invocation& call, const council::ErasureGrounds& grounds) {
  const std::pair<const char*, const std::string*> all[] = {{"--reason", &grounds.reason},
                                                            {"--basis", &grounds.basis},
                                                            {"--asked-by", &grounds.asked_by}};
  for (const auto& [option, text] : all) {
    if (!is_utf8(*text))
      return refused(call, Errc::kInvalidArgument,
                     {std::string(option) + " 不是 UTF-8 文字，什么也没有做",
                      std::string(option) + " is no UTF-8 text; nothing was done"});
    if (text->size() <= limits::kMaxErasureTextBytes) continue;
    const std::string most = std::to_string(limits::kMaxErasureTextBytes);
    return refused(
        call, Errc::kInvalidArgument,
        {std::string(option) + " 太长：最多 " + most + " 字节（约 " +
             std::to_string(limits::kMaxErasureTextBytes / 3) + " 个汉字），什么也没有做",
         std::string(option) + " is too long: at most " + most + " bytes; nothing was done"});
  }
  return ok();
}

Result<council::ErasureGrounds> read_grounds(const Invocation& call) {
  if (is_blank(call.value("--basis").value_or("")) || is_blank(call.value("--reason").value_or("")))
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --reason 和 --basis", "--reason and --basis are needed"});
  return read_withdrawal(call);
}

Result<council::ErasureGrounds> read_withdrawal(const Invocation& call) {
  council::ErasureGrounds out{.reason = call.value("--reason").value_or(""),
                              .basis = call.value("--basis").value_or(""),
                              .asked_by = call.value("--asked-by").value_or("")};
  if (is_blank(out.reason))
    return refused(call, Errc::kInvalidArgument, {"要写 --reason", "--reason is needed"});
  CUNJU_TRYV(require_ground_texts(call, out));
  return out;
}

std::string_view place_id(council::PersonPlace place) {
  switch (place) {
    case council::PersonPlace::kFields:
      return "fields";
    case council::PersonPlace::kMention:
      return "mention";
    case council::PersonPlace::kHistory:
      return "history";
    case council::PersonPlace::kTextHistory:
      return "text_history";
    case council::PersonPlace::kLate:
      return "late";
  }
  return {};
}

Label place_label(council::PersonPlace place) {
  switch (place) {
    case council::PersonPlace::kFields:
      return {"字段里就是此人", "a value is the person's"};
    case council::PersonPlace::kMention:
      return {"正文里提到此人", "a text mentions the person"};
    case council::PersonPlace::kHistory:
      return {"只在旧值里有此人，现在可能是别人的", "only an earlier value is the person's"};
    case council::PersonPlace::kTextHistory:
      return {"只在正文以前的版本里提到此人，或以前的版本太多没有查完",
              "only an earlier version of a text mentions the person, or there were too many to "
              "search"};
    case council::PersonPlace::kLate:
      return {"只在迟到箱里有此人，没有生效：用 late list 查看",
              "only what lies in the late tray has the person, and is not in force: see late list"};
  }
  return {};
}

Label roles_label(const std::vector<council::OtherPerson>& others) {
  Label out;
  for (const council::OtherPerson& other : others) {
    out.zh += (out.zh.empty() ? "" : "、") + other.role.zh;
    out.en += (out.en.empty() ? "" : ", ") + std::string(other.role.in(Language::kEnglish));
  }
  return out;
}

Error refuse_proof(const Invocation& call, const registry::RetentionVerdict& retention) {
  return refused(
      call, Errc::kConflict,
      {"这是办理的凭据，不封存也不删除。" + retention.why.zh,
       "it proves what was done, and is neither restricted nor erased: " + retention.why.en});
}

bool is_only_shown(const Invocation& call) { return !call.has("--yes") || call.has("--dry-run"); }

Result<void> warn_of_lacking(const Invocation& call, node::Node& node, const SpaceId& space) {
  CUNJU_TRY(const replica::PartsStanding standing, node.replica().parts_standing(space));
  const std::uint64_t missing = standing.lacking + standing.withheld;
  if (missing == 0) return ok();
  const std::string count = std::to_string(missing);
  call.terminal.warn(
      {"这台电脑上缺 " + count +
           " 份改动的内容（按名册不存、还没有补来，或按流量计费没有带上），里面有没有看不到，也不在"
           "下面"
           "：请在保存全部内容的电脑上办。",
       count + " changes are here without some of their content (not kept here by the roster, not "
               "fetched yet, or held back over a metered link). Whether it is in there can't be "
               "seen, and it is not among what follows: do this on a computer that keeps "
               "everything."});
  return ok();
}

void say_consequences(const Invocation& call) {
  call.terminal.say(
      {"提出后立即在所有电脑上隐藏；批准人数够了，要销毁的就销毁，任何人都恢复不了；封存的只留存储"
       "，任"
       "何人都看不到，也不再导出。以前写出的信件（U 盘）、导出和纸质件里可能还有，请一并处理。",
       "Every node hides it at once. When enough members have approved, what goes is destroyed and "
       "nobody can bring it back; what is restricted stays stored, shown to nobody and in no "
       "export. Bundles, exports and papers made earlier may still contain it."});
}

void say_filed(const Invocation& call, const Roster& roster, const std::string& id) {
  const std::string needed = std::to_string(members_needed(roster));
  const std::string command = call.terminal.command("erase approve " + short_id(id));
  call.terminal.say(
      {"已提出，编号 " + short_id(id) + "。还要 " + needed + " 人批准：" + command,
       "asked for, as " + short_id(id) + "; " + needed + " members have to approve: " + command});
  warn_of_too_few(call, roster, members_needed(roster));
}

void say_how_undone(const Invocation& call, const Roster& roster) {
  const std::string needed = std::to_string(members_needed(roster));
  const std::string command = call.terminal.command("subject lift");
  call.terminal.warn(
      {"封存一提出就隐藏，提出人自己撤不回来：要恢复显示，须用 " + command + " 提出，由 " + needed +
           " 人批准。请先核对是不是这一条。",
       "What is restricted is hidden at once, and who asked for it can't take it back alone: to "
       "show it again needs " +
           command + ", and " + needed + " members who approve. Check first that it is the one."});
}

void say_nothing_done(const Invocation& call) {
  call.terminal.say(
      {"还没有提出。看过以上说明，加 --yes 办理。", "Nothing was done. With --yes it is."});
}

Result<void> require_whole(Invocation& call, std::uint64_t unreadable) {
  if (unreadable == 0 || call.has("--readable-only")) return ok();
  const std::string sealed = std::to_string(unreadable);
  call.terminal.explain_whole(
      {{"有 " + sealed +
            " 处保密内容本机看不到，可能是这条记录的：只删看得到的，别人那里还留着其余的。",
        sealed + " confidential parts that may be of this record can't be read here: what is "
                 "erased without them stays with whoever reads them."},
       {"没有改动任何数据。", "Nothing was changed."},
       {"请看得到的人（如调解员）在自己的电脑上提出同样的删除，那样整条都在其中。确要只删这里看得"
        "到的，加 --readable-only。",
        "Let whoever reads them, a mediator for instance, ask for the same on their computer: then "
        "the whole record goes. To erase only what is readable here: --readable-only."}});
  return fail(Errc::kConflict, "parts that can't be read here");
}

}  // namespace cunju::cli
