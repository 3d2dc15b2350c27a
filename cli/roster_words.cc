// SPDX-License-Identifier: Apache-2.0
#include "cli/roster_words.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "node/council/roster_acts.h"
#include "node/registry/text_form.h"

namespace cunju::cli {
namespace {

std::string short_key(const AuthorKey& key) { return short_id(key.hex()); }

struct Describe {
  const Roster& roster;

  Label operator()(const UnknownRosterOperation&) const {
    return {"由更新版本的程序写成，本程序看不懂，请勿签字",
            "something of a newer program: do not sign what you do not understand"};
  }
  Label operator()(const FoundSpace& found) const {
    return {"建立 " + found.name + "（" + found.code + "）",
            "founds " + found.name + " (" + found.code + ")"};
  }
  Label operator()(const AdmitMember& admit) const {
    return {admit.name + " 加入名册", "admits " + admit.name};
  }
  Label operator()(const GrantRole& grant) const {
    const std::string who = member_name(roster, grant.member);
    Label out{who + " 担任" + role_label(grant.role, Language::kChinese),
              "makes " + who + " " + role_label(grant.role, Language::kEnglish)};
    if (!grant.term_from.empty()) {
      out.zh += "，" + grant.term_from + " 起";
      out.en += ", from " + grant.term_from;
    }
    if (!grant.term_until.empty()) {
      out.zh += "，到 " + grant.term_until;
      out.en += ", until " + grant.term_until;
    }
    return out;
  }
  Label operator()(const AddDevice& add) const {
    const std::string who = member_name(roster, add.member), key = short_key(add.author);
    return {"认可 " + who + " 的钥匙 " + key, "admits key " + key + " of " + who};
  }
  Label operator()(const AddNode& add) const {
    return {"登记电脑 " + add.name, "enters the node " + add.name};
  }
  Label operator()(const SetPolicy& set) const {
    const Label rights = rights_label(set.rights);
    return {
        role_label(set.role, Language::kChinese) + " 对 " + set.registry + " 的权限：" + rights.zh,
        "rights of " + role_label(set.role, Language::kEnglish) + " in " + set.registry + ": " +
            rights.en};
  }
  Label operator()(const EndRole& end) const {
    const std::string who = member_name(roster, end.member);
    return {who + " 不再担任" + role_label(end.role, Language::kChinese),
            who + " is no longer " + role_label(end.role, Language::kEnglish)};
  }
  Label operator()(const RemoveMember& removal) const {
    const std::string who = member_name(roster, removal.member);
    return {who + " 退出名册", "removes " + who};
  }
  Label operator()(const RetireDevice& retire) const {
    const std::string who(roster.name_of(retire.cut.author));
    const std::string key = short_key(retire.cut.author), kept = std::to_string(retire.cut.end);
    return {"停用 " + who + " 的钥匙 " + key + "，其前 " + kept + " 份有效",
            "ends key " + key + " of " + who + " after its first " + kept + " changes"};
  }
  Label operator()(const RetireNode& retire) const {
    const std::string key = short_id(retire.node.hex());
    return {"停用电脑 " + key, "ends node " + key};
  }
  Label operator()(const SetReplication& set) const {
    const std::string key = short_id(set.node.hex());
    const Label scope = replication_name(set.replication);
    return {"电脑 " + key + " 改为保存：" + scope.zh, "node " + key + " keeps: " + scope.en};
  }
  Label operator()(const AdmitLate& admit) const {
    const std::string count = std::to_string(admit.changes.size());
    return {"采用 " + count + " 份迟到的改动", "admits " + count + " late changes"};
  }
  Label operator()(const SetQuorum& quorum) const {
    const std::string need = std::to_string(quorum.threshold);
    Label out{"恢复名册改由这几把钥匙中的 " + need + " 把会签：",
              "recovery takes " + need + " of these keys:"};
    for (std::size_t i = 0; i < quorum.keys.size(); ++i) {
      const std::string who = author_name(roster, quorum.keys[i]);
      const std::string key = short_key(quorum.keys[i]);
      out.zh += (i == 0 ? "" : "、") + who + "（" + key + "）";
      out.en += (i == 0 ? " " : ", ") + who + " (" + key + ")";
    }
    return out;
  }
  Label operator()(const OpenEpoch& open) const {
    const std::string count = std::to_string(open.wraps.size());
    return {"保密范围 " + open.name + " 换发新钥匙，发给 " + count + " 把设备钥匙",
            "opens a new epoch of the scope " + open.name + " for " + count + " devices"};
  }
  Label operator()(const Seal&) const {
    return {"此前的名册改动就此定局，今后没有人能用旧钥匙推翻",
            "makes final what is in the roster by then: no old key takes anything of it"};
  }
  Label operator()(const Epoch& epoch) const {
    Label out{"由恢复名册的人会签", "an act of the recovery quorum"};
    for (const ChangeId& id : epoch.voided) {
      out.zh += "；作废 " + short_id(id.hex());
      out.en += "; voids " + short_id(id.hex());
    }
    return out;
  }
};

}  // namespace

Label rights_label(std::uint8_t rights) {
  // Who may read everything may read what comes.
  if ((rights & kRead) != 0) rights = static_cast<std::uint8_t>(rights & ~kReadFromNow);
  constexpr std::pair<Right, std::pair<const char*, const char*>> kNames[] = {
      {kRead, {"查看", "read"}},
      {kReadFromNow, {"只看加入以后的", "read from their coming on"}},
      {kWrite, {"登记", "write"}},
      {kApprove, {"审批", "approve"}},
      {kCertify, {"出证", "certify"}}};
  std::vector<Label> out;
  for (const auto& [right, name] : kNames)
    if ((rights & right) != 0) out.push_back({name.first, name.second});
  return out.empty() ? Label{"无", "nothing"} : joined(out);
}

Label replication_name(Replication replication) {
  switch (replication) {
    case Replication::kFull:
      return {"全部", "everything"};
    case Replication::kShell:
      return {"公开内容", "what is open"};
    case Replication::kWitness:
      return {"名册和见证", "roster and statements"};
  }
  return {};
}

std::string role_label(std::string_view id, Language language) {
  for (const BuiltinRole& role : builtin_roles()) {
    if (role.id == id) return std::string(language == Language::kEnglish ? role.en : role.zh);
  }
  return std::string(id);
}

Result<std::string> require_role(const Invocation& call, std::string_view role,
                                 std::string_view what) {
  Label known;
  for (const BuiltinRole& each : builtin_roles()) {
    if (each.id == role) return std::string(role);
    known.zh += " " + std::string(each.id) + "（" + std::string(each.zh) + "）";
    known.en += " " + std::string(each.id);
  }
  const std::string given = std::string(what) + (role.empty() ? "" : " " + std::string(role));
  return refused(
      call, Errc::kInvalidArgument,
      {given + "：要写明角色，可用" + known.zh, given + ": which role? There are" + known.en});
}

Result<MemberRole> read_member_role(const Invocation& call, const Roster& roster,
                                    std::string_view option, const std::string& text) {
  const std::string name(option);
  const std::size_t at = text.rfind('=');
  if (at == std::string::npos)
    return refused(call, Errc::kInvalidArgument,
                   {name + " " + text + "：要写成 姓名=角色", name + " " + text + ": NAME=ROLE"});
  MemberRole out;
  CUNJU_TRY(out.member, require_member(call, roster, text.substr(0, at)));
  CUNJU_TRY(out.role, require_role(call, text.substr(at + 1), option));
  return out;
}

Result<std::string> read_day(const Invocation& call, std::string_view option) {
  const std::optional<std::string> text = call.value(option);
  if (!text) return std::string();
  const registry::ParsedDate parsed = registry::parse_date(registry::plain_form(*text));
  const std::string given = std::string(option) + " " + *text;
  if (parsed.form != registry::DateForm::kExact)
    return refused(
        call, Errc::kInvalidArgument,
        {given + "，日期要写成 2026-03-01 这样", given + ": write the day like 2026-03-01"});
  return registry::format_date(parsed.date);
}

Result<MemberId> require_member(const Invocation& call, const Roster& roster,
                                const std::string& name) {
  Result<MemberId> found = council::find_member(roster, name);
  if (found.has_value()) return found;
  const std::string list = call.terminal.command("member list");
  if (found.error().code == Errc::kConflict)
    return refused(
        call, Errc::kConflict,
        {"名册里有几人都叫 " + name + "，请写编号开头：" + found.error().context,
         "several members are called " + name + "; use an id: " + found.error().context});
  const std::string invite =
      call.terminal.command("invite --role ROLE --name " + shell_word(name) + " --out FILE");
  return refused(
      call, Errc::kNotFound,
      {"名册里没有 " + name + "。姓名以 " + list + " 为准；新当选的人还没有加入的，先邀请：" +
           invite,
       name + " is not a member. " + list +
           " has the names; whoever was elected and is not in yet is invited first: " + invite});
}

Result<AuthorKey> require_key(const Invocation& call, const Roster& roster,
                              const std::string& prefix) {
  Result<AuthorKey> found = council::find_device(roster, prefix);
  if (found.has_value()) return found;
  const std::string list = call.terminal.command("key list");
  const std::string fewest = std::to_string(council::kFewestDigits);
  const Errc code = found.error().code;
  if (code == Errc::kInvalidArgument)
    return refused(call, code,
                   {"钥匙编号至少写开头 " + fewest + " 位（" + list + "）：" + prefix,
                    "a key by its first " + fewest + " digits or more (" + list + "): " + prefix});
  if (code == Errc::kConflict)
    return refused(call, code,
                   {"有几把钥匙都以 " + prefix + " 开头，请多写几位（" + list + "）",
                    "several keys begin with " + prefix + ", write more of it (" + list + ")"});
  return refused(call, code,
                 {"没有使用中的钥匙 " + prefix + "（" + list + "）",
                  "no key in use begins with " + prefix + " (" + list + ")"});
}

Result<NodeKey> require_node(const Invocation& call, const Roster& roster,
                             const std::string& prefix) {
  const std::string list = call.terminal.command("node list");
  const std::string fewest = std::to_string(council::kFewestDigits);
  if (prefix.size() < council::kFewestDigits)
    return refused(call, Errc::kInvalidArgument,
                   {"电脑编号至少写开头 " + fewest + " 位（" + list + "）：" + prefix,
                    "a node by its first " + fewest + " digits or more (" + list + "): " + prefix});
  std::vector<NodeKey> found;
  for (const auto& [key, entry] : roster.nodes)
    if (key.hex().starts_with(prefix)) found.push_back(key);
  if (found.empty())
    return refused(call, Errc::kNotFound,
                   {"名册里没有编号以 " + prefix + " 开头的电脑（" + list + "）",
                    "no node in the roster begins with " + prefix + " (" + list + ")"});
  if (found.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几台电脑都以 " + prefix + " 开头，请多写几位（" + list + "）",
                    "several nodes begin with " + prefix + ", write more of it (" + list + ")"});
  return found.front();
}

std::string member_name(const Roster& roster, const MemberId& member) {
  auto found = roster.names.find(member);
  return found == roster.names.end() ? short_id(member.hex()) : found->second;
}

Label joined(const std::vector<Label>& parts) {
  Label out;
  for (const Label& part : parts) {
    out.zh += (out.zh.empty() ? "" : "、") + part.zh;
    out.en += (out.en.empty() ? "" : ", ") + part.in(Language::kEnglish);
  }
  return out;
}

std::string author_among(const Roster& roster, const AuthorKey& author) {
  const std::string name = author_name(roster, author);
  const auto count =
      std::ranges::count_if(roster.names, [&](const auto& named) { return named.second == name; });
  return count > 1 ? name + "（" + short_id(author.hex()) + "）" : name;
}

Label names_of(const Roster& roster, const std::vector<MemberId>& members) {
  if (members.empty()) return {"没有人", "nobody"};
  std::vector<Label> out;
  for (const MemberId& id : members) {
    const std::string name = member_name(roster, id);
    out.push_back({name, name});
  }
  return joined(out);
}

Label describe(const RosterOperation& operation, const Roster& roster) {
  return std::visit(Describe{roster}, operation);
}

void say_operations(Terminal& terminal, std::span<const RosterOperation> operations,
                    const Roster& roster, const std::string& indent, boost::json::object& out) {
  boost::json::array zh, en;
  for (const RosterOperation& operation : operations) {
    const Label words = describe(operation, roster);
    terminal.say({indent + words.zh, indent + words.en});
    zh.emplace_back(words.zh);
    en.emplace_back(words.en);
  }
  out["zh"] = std::move(zh);
  out["en"] = std::move(en);
}

}  // namespace cunju::cli
