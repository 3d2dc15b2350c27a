// SPDX-License-Identifier: Apache-2.0
#include "cli/scope_report.h"

#include <algorithm>
#include <array>

#include "cli/record_lookup.h"
#include "cli/roster_words.h"
#include "node/council/roster_outlook.h"
#include "node/council/scope_acts.h"
#include "node/registry/field_scope.h"

namespace cunju::cli {
namespace {

using boost::json::array;
using boost::json::object;

/// Members whose devices these are, ascending.
std::set<MemberId> members_of(const Roster& roster, const std::vector<AuthorKey>& devices) {
  std::set<MemberId> out;
  for (const AuthorKey& device : devices)
    if (auto owner = roster.devices.find(device); owner != roster.devices.end())
      out.insert(owner->second);
  return out;
}

std::vector<MemberId> without(const std::set<MemberId>& all, const std::set<MemberId>& taken) {
  std::vector<MemberId> out;
  std::ranges::set_difference(all, taken, std::back_inserter(out));
  return out;
}

array names_json(const Roster& roster, const std::vector<MemberId>& members) {
  array out;
  for (const MemberId& member : members) out.emplace_back(member_name(roster, member));
  return out;
}

/// Members with a device.
bool reads_earlier(const Roster& roster, const MemberId& member, const std::string& scope) {
  const auto found = roster.members.find(member);
  return found != roster.members.end() && !found->second.devices.empty() &&
         roster.may_read_earlier(*found->second.devices.begin(), scope);
}

/// "老何、新人（还没有以前的钥匙）", and for programs.
Label readers_label(const Roster& roster, const std::vector<council::ScopeReader>& readers,
                    array& out) {
  std::vector<Label> names;
  for (const council::ScopeReader& reader : readers) {
    const std::string name = member_name(roster, reader.member);
    Label label{name, name};
    if (reader.is_waiting) {
      label = {name + "（以前的内容还没有钥匙）",
               name + " (without a key of what came before, so far)"};
    } else if (!reader.has_all) {
      label = {name + "（只看加入以后的）", name + " (what comes after their joining)"};
    }
    names.push_back(label);
    out.push_back(
        object{{"name", name}, {"has_earlier", reader.has_all}, {"from_now", reader.is_from_now}});
  }
  return names.empty() ? Label{"没有人", "nobody"} : joined(names);
}

/// The epochs of one scope, taken together.
struct Unheld {
  std::string scope;
  std::size_t epochs = 0;
  bool is_here = false;
  bool has_readers = false;
  bool is_lost = false;  ///< Of one of them nobody can hand the key over.
  std::set<MemberId> holders;
};

std::vector<Unheld> by_scope(const std::vector<council::UnheldEpoch>& epochs) {
  std::vector<Unheld> out;
  for (const council::UnheldEpoch& epoch : epochs) {
    if (out.empty() || out.back().scope != epoch.scope)
      out.push_back({.scope = epoch.scope, .holders = {}});
    Unheld& at = out.back();
    ++at.epochs;
    at.is_here = at.is_here || epoch.is_here;
    at.has_readers = (at.epochs == 1 || at.has_readers) && epoch.has_readers;
    at.is_lost = at.is_lost || epoch.is_lost();
    at.holders.insert(epoch.holders.begin(), epoch.holders.end());
  }
  return out;
}

/// Who is entitled and reads nothing all the same.
void warn_of_shells(Invocation& call, const Label& who, const Label& scope) {
  const std::string full = call.terminal.command("node scope NODE full --yes");
  call.terminal.warn(
      {"  注意：" + who.zh + " 有权看 " + scope.zh +
           "，但名下的电脑不保存保密内容，看不到，不算能看的人。要让其能看，先把电脑设为保存全部"
           "（" +
           full + "），再交换一次。",
       "  Note: " + who.en + " may read " + scope.en +
           " on computers that keep nothing confidential, so they can't and are not counted. "
           "First let such a computer keep everything (" +
           full + ") and exchange."});
}

/// Roles that let somebody read what is there in the scope.
std::vector<std::string> roles_for_all(const Roster& roster, const std::string& scope) {
  std::vector<std::string> out;
  for (const council::ReadingRole& each : council::roles_reading(roster, scope))
    if (each.reads_earlier) out.push_back(each.role);
  return out;
}

/// A command that lets somebody read what is there, by one of the roles that do.
std::string grant_command(const Invocation& call, const std::vector<std::string>& roles,
                          const std::string& scope) {
  return roles.empty() ? call.terminal.command("policy set ROLE " + scope_registry(scope) + " read")
                       : call.terminal.command("member grant NAME --role " + roles.front());
}

Label holders_label(const Roster& roster, const Unheld& unheld) {
  return names_of(roster, {unheld.holders.begin(), unheld.holders.end()});
}

/// Why nobody can read it although somebody may, and what lets somebody.
Label way_to_readers(const Invocation& call, const Roster& roster, council::Unable unable,
                     const Unheld& unheld) {
  if (unheld.has_readers) return {};
  // A computer does not help whoever may not be handed the key.
  for (std::vector<MemberId>* members : {&unable.shells, &unable.nowhere})
    std::erase_if(*members, [&](const MemberId& member) {
      return !reads_earlier(roster, member, unheld.scope);
    });
  Label out;
  if (!unable.shells.empty()) {
    const Label who = names_of(roster, unable.shells);
    const std::string full = call.terminal.command("node scope NODE full --yes");
    out = {who.zh + " 有权看，但电脑不保存保密内容：先把那台电脑设为保存全部（" + full +
               "），再交换一次。",
           who.en +
               " may read it on a computer that keeps nothing confidential: first let it keep "
               "everything (" +
               full + ") and exchange. "};
  }
  if (!unable.nowhere.empty()) {
    const Label who = names_of(roster, unable.nowhere);
    const std::string invite = call.terminal.command("invite");
    out.zh += who.zh + " 有权看，但名册里没有其在用的电脑";
    out.en += who.en + " may read it and has no computer in the roster";
    // What else is said of a lost key says to invite them.
    out.zh +=
        unheld.is_lost ? "。" : "：请重新邀请（" + invite + "），原来的电脑也可以用邀请回来。";
    out.en += unheld.is_lost ? ". "
                             : ": invite them again (" + invite +
                                   "); the computer of before can come back so, too. ";
  }
  if (!out.zh.empty()) return out;
  const std::string grant = grant_command(call, roles_for_all(roster, unheld.scope), unheld.scope);
  return {"先让一个人可以查看（" + grant + "）。", "First let somebody read it (" + grant + "). "};
}

/// How somebody who may read it comes to the key.
Label way_out(const Invocation& call, const Roster& roster, const council::Unable& unable,
              const Unheld& unheld) {
  Label out = way_to_readers(call, roster, unable, unheld);
  if (unheld.is_here) {
    const std::string share = call.terminal.command("scope share");
    out.zh += "这台电脑上有钥匙，运行 " + share + " 就补发，对方下次交换时收到。";
    out.en += "This computer has the key: " + share + " hands it over at the next exchange. ";
  } else if (!unheld.holders.empty()) {
    const Label who = holders_label(roster, unheld);
    out.zh +=
        "钥匙在 " + who.zh + " 的电脑上：请其开机交换一次，有权的人再交换一次，钥匙自动补发。";
    out.en += "The key is on a computer of " + who.en +
              ": let it exchange once, and then whoever may read it; the key is handed over by "
              "itself. ";
  }
  if (unheld.is_lost) {
    const std::string invite = call.terminal.command("invite");
    out.zh +=
        "名册里在用的电脑都没有钥匙。以前能看的人还有那台电脑的，请重新邀请（" + invite +
        "），在那台电脑上 join，再交换一次，钥匙自动补发（刚换过签名钥匙的，交换一次就行）。电"
        "脑也没有了，这些内容就再也打不开。";
    out.en +=
        "No computer of the roster has the key. If somebody who read it once still has that "
        "computer, invite them again (" +
        invite +
        "), let them join there and exchange: the key is handed over by itself (who "
        "has just replaced a signing key only exchanges). If that computer is gone, the "
        "content can't be opened any more.";
  }
  return out;
}

Label refusal_of(const Roster& after, const registry::Catalog& catalog,
                 const std::vector<Unheld>& all) {
  std::vector<Label> what;
  for (const Unheld& unheld : all) {
    const Label who = holders_label(after, unheld), name = scope_label(catalog, unheld.scope);
    if (unheld.is_lost) {
      what.push_back({name.zh + "，再没有人交得出钥匙",
                      name.en + ", whose key nobody could hand over any more"});
    } else if (unheld.holders.empty()) {
      what.push_back(name);
    } else {
      what.push_back({name.zh + "，钥匙只剩 " + who.zh + " 的电脑上有",
                      name.en + ", whose key is left on a computer of " + who.en + " alone"});
    }
  }
  const Label names = joined(what);
  return {"办理以后，已有的保密内容没有人能看：" + names.zh,
          "Afterwards nobody can read confidential content that is there: " + names.en};
}

/// What to do first, and how to do it all the same. A role that reads no more after the act lets
/// nobody read.
Label order_of(const Invocation& call, const Roster& before, const Roster& after,
               const Unheld& unheld, std::span<const RosterOperation> operations) {
  std::vector<std::string> roles = roles_for_all(before, unheld.scope);
  const std::vector<std::string> still = roles_for_all(after, unheld.scope);
  std::erase_if(roles, [&](const std::string& role) {
    return std::ranges::find(still, role) == still.end();
  });
  const std::string grant = grant_command(call, roles, unheld.scope),
                    list = call.terminal.command("scope list");
  Label out{
      "请按顺序办：一、先让接替的人可以查看：" + grant +
          "（以前的内容已经可以看的不用）；二、请有钥匙的人开机交换一次，接替的人再交换一次（" +
          list +
          " 不再写“还缺”）；三、再办理这一项。没有人接替，或那台电脑已经没有了的，加 "
          "--leave-unread 办理。",
      "In this order: 1. let the successor read it, if they may not yet read what was "
      "before: " +
          grant + "; 2. let whoever has the key exchange once, and then the successor (" + list +
          " says \"missing for\" no longer); 3. do this. If nobody takes over, or that "
          "computer is gone, --leave-unread does it all the same."};
  const bool retires_key = std::ranges::any_of(operations, [](const RosterOperation& operation) {
    return std::holds_alternative<RetireDevice>(operation);
  });
  if (!retires_key) return out;
  const std::string replace = call.terminal.command("key replace"),
                    admit = call.terminal.command("key admit FILE");
  out.zh += "钥匙丢失、被盗的不要等，马上加 --leave-unread；本人还在用那台电脑的，让其 " + replace +
            "，您再 " + admit + "，保密内容的钥匙不丢。";
  out.en +=
      " Do not wait with a key that is lost or stolen: --leave-unread at once. Whoever still "
      "uses that computer runs " +
      replace + ", and you " + admit + ", which loses nothing.";
  return out;
}

/// Who can read the scope, as far as computers go.
std::set<MemberId> reader_members(const Roster& roster, const council::EnteredComputers& entered,
                                  const std::string& scope) {
  std::set<MemberId> out;
  for (const council::ScopeReader& reader : council::readers_of(roster, entered, scope, {}))
    out.insert(reader.member);
  return out;
}

/// A scope whose readers the act changes: by who may, or by where they could.
struct ReaderTurn {
  std::string scope;
  std::vector<MemberId> lost, come;
  std::vector<MemberId> narrowed = {}, widened = {};  ///< As in council::ScopeTurn.
};

std::vector<MemberId> listed(const std::set<MemberId>& members) {
  return {members.begin(), members.end()};
}

std::vector<ReaderTurn> find_reader_turns(const Roster& before, const Roster& after,
                                          const council::EnteredComputers& entered) {
  std::vector<ReaderTurn> out;
  std::set<std::string> turned;
  for (const council::ScopeTurn& turn : council::find_turns(before, after)) {
    const std::set<MemberId> was = members_of(before, before.entitled_devices(turn.name)),
                             is = members_of(after, after.entitled_devices(turn.name));
    turned.insert(turn.name);
    out.push_back({.scope = turn.name,
                   .lost = without(was, is),
                   .come = without(is, was),
                   .narrowed = listed(members_of(after, turn.narrowed)),
                   .widened = listed(members_of(after, turn.widened))});
  }
  for (const std::string& scope : council::scope_names(before)) {
    if (turned.contains(scope)) continue;
    const std::set<MemberId> was = reader_members(before, entered, scope),
                             is = reader_members(after, entered, scope);
    if (was != is)
      out.push_back({.scope = scope, .lost = without(was, is), .come = without(is, was)});
  }
  std::ranges::sort(out, {}, &ReaderTurn::scope);
  return out;
}

/// "甲 现在能看，……；乙 从此可以看；".
Label turn_label(const Roster& before, const Roster& after, const ReaderTurn& turn) {
  Label out;
  auto say = [&](const Roster& roster, const std::vector<MemberId>& members, const Label& what) {
    if (members.empty()) return;
    const Label names = names_of(roster, members);
    out.zh += names.zh + what.zh + "；";
    out.en += names.en + what.en + "; ";
  };
  std::vector<MemberId> all, from_now;
  for (const MemberId& member : turn.come)
    (reads_earlier(after, member, turn.scope) ? all : from_now).push_back(member);
  say(before, turn.lost,
      {" 现在能看，办理后看不到以后的内容", " can read it now, and nothing of what comes after"});
  say(after, all, {" 从此可以看", " can read it from then on"});
  say(after, from_now,
      {" 从此可以看，只看加入以后的，以前的不给",
       " can read what comes from then on, and is not given what was before"});
  say(after, turn.narrowed,
      {" 已有的收不回来、照样能看，以前的不再补发",
       " keeps what they have, and is given nothing more of what was before"});
  say(after, turn.widened,
      {" 从此也可以看以前的，钥匙在交换时补发",
       " can read what was before as well, whose keys come at an exchange"});
  return out;
}

}  // namespace

Label reading_role_label(const council::ReadingRole& reading) {
  const std::string zh = role_label(reading.role, Language::kChinese),
                    en = role_label(reading.role, Language::kEnglish);
  return reading.reads_earlier
             ? Label{zh + "：新来的也给以前的", en + ": whoever comes gets what was before as well"}
             : Label{zh + "：只看加入以后的，以前的不给",
                     en + ": what is sealed from their coming on, and not what was before"};
}

Result<array> say_what_role_reads(Invocation& call, node::Node& node, const SpaceId& space,
                                  const std::string& role) {
  array out;
  const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) return out;
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  for (const std::string& scope : council::scope_names(*roster.value())) {
    for (const council::ReadingRole& each : council::roles_reading(*roster.value(), scope)) {
      if (each.role != role) continue;
      const Label name = scope_label(catalog, scope), line = reading_role_label(each);
      call.terminal.say({"保密登记簿 " + name.zh + "，" + line.zh + "。",
                         "Confidential: " + name.en + ", " + line.en + "."});
      out.push_back(object{{"scope", scope}, {"earlier", each.reads_earlier}});
    }
  }
  return out;
}

Label scope_label(const registry::Catalog& catalog, const std::string& scope) {
  std::vector<Label> names;
  for (const registry::Catalog::Item& item : catalog.all()) {
    const std::vector<std::string> scopes = registry::scopes_of(&item.definition);
    if (std::ranges::find(scopes, scope) != scopes.end()) names.push_back(item.definition.label);
  }
  const Label registers = joined(names);
  return names.empty()
             ? Label{"保密范围 " + scope, "the confidential scope " + scope}
             : Label{registers.zh + "（保密范围 " + scope + "）",
                     registers.in(Language::kEnglish) + " (confidential scope " + scope + ")"};
}

std::set<std::string> known_scopes(const Roster& roster, const registry::Catalog& catalog) {
  std::set<std::string> out;
  for (std::string& scope : council::scope_names(roster)) out.insert(std::move(scope));
  for (const registry::Catalog::Item& item : catalog.all())
    for (std::string& scope : registry::scopes_of(&item.definition)) out.insert(std::move(scope));
  return out;
}

Result<array> show_readers(Invocation& call, node::Node& node, const SpaceId& space,
                           std::span<const RosterOperation> operations) {
  array out;
  CUNJU_TRY(const std::shared_ptr<const Roster> before, node.replica().roster(space));
  const Roster rough = council::roster_after(*before, operations);
  if (council::find_turns(*before, rough).empty() && rough.nodes == before->nodes) return out;
  CUNJU_TRY(const council::EnteredComputers entered,
            council::read_entered_computers(node.replica(), space));
  const Roster after = council::roster_after(*before, entered, operations);
  const std::vector<ReaderTurn> turns = find_reader_turns(*before, after, entered);
  if (turns.empty()) return out;
  CUNJU_TRY(const Book book, open_book(node, space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> scopes,
            node.replica().scopes(space, after.has_from_now()));
  for (const ReaderTurn& turn : turns) {
    const Label name = scope_label(*book.catalog, turn.scope);
    array readers;
    const Label who =
        readers_label(after, council::readers_of(after, entered, turn.scope, scopes), readers);
    const Label turned = turn_label(*before, after, turn);
    const Label line{"保密登记簿 " + name.zh + "：" + turned.zh,
                     "Confidential: " + name.en + ": " + turned.en};
    call.terminal.say({line.zh + "办理后能看的：" + who.zh + "。",
                       line.en + "who can read it afterwards: " + who.en + "."});
    const std::vector<MemberId> shells = council::unable_readers(after, entered, turn.scope).shells;
    if (!shells.empty()) warn_of_shells(call, names_of(after, shells), name);
    out.push_back(object{{"scope", turn.scope},
                         {"loses", names_json(*before, turn.lost)},
                         {"gains", names_json(after, turn.come)},
                         {"narrowed", names_json(after, turn.narrowed)},
                         {"widened", names_json(after, turn.widened)},
                         {"shells", names_json(after, shells)},
                         {"readers", std::move(readers)}});
  }
  return out;
}

Result<void> refuse_unread(Invocation& call, node::Node& node, const SpaceId& space,
                           std::span<const RosterOperation> operations) {
  CUNJU_TRY(const std::shared_ptr<const Roster> before, node.replica().roster(space));
  CUNJU_TRY(const std::vector<council::UnheldEpoch> left,
            council::find_left_unheld(node.replica(), space, *before, operations,
                                      node.unlocked().author.author()));
  if (left.empty()) return ok();
  CUNJU_TRY(const Book book, open_book(node, space));
  CUNJU_TRY(const council::EnteredComputers entered,
            council::read_entered_computers(node.replica(), space));
  const Roster after = council::roster_after(*before, entered, operations);
  const std::vector<Unheld> all = by_scope(left);
  const Label what = refusal_of(after, *book.catalog, all);
  if (call.has(kLeaveUnreadOption.name)) {
    const Unheld& first = all.front();
    const Label way =
        way_out(call, after, council::unable_readers(after, entered, first.scope), first);
    call.terminal.warn(
        {"  注意：" + what.zh + "。" + way.zh, "  Note: " + what.en + ". " + way.en});
    return ok();
  }
  call.terminal.explain_whole({{what.zh + "。", what.en + "."},
                               {"没有改动任何数据，现在能看的人照样能看。",
                                "Nothing was changed; whoever can read it now still can."},
                               order_of(call, *before, after, all.front(), operations)});
  return fail(Errc::kConflict, "confidential content that nobody could read");
}

void pass_on_keys(Invocation& call, node::Node& node, const SpaceId& space) {
  const Result<std::vector<replica::ScopeStatus>> scopes = node.replica().scopes(space);
  const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (scopes.has_error() || roster.has_error()) return;
  const std::vector<council::UnheldEpoch> unheld = council::find_unheld(
      *roster.value(), council::own_computers(node.replica(), *roster.value()), scopes.value());
  if (std::ranges::none_of(unheld, [](const council::UnheldEpoch& epoch) {
        return epoch.is_here && epoch.has_readers;
      }))
    return;
  const Result<replica::Appended> done =
      node.replica().hand_over_epochs(space, node.unlocked().author, node::Node::now_ms());
  if (done.has_error()) {
    call.terminal.warn({"以前的钥匙还没有补发；下次交换时自动再试。",
                        "Earlier keys were not handed over yet; the next exchange tries again."});
  } else if (!done.value().ids.empty()) {
    call.terminal.say({"以前的钥匙已一并补发，对方下次交换时收到。",
                       "Earlier keys were handed over with it, and come at the next exchange."});
  }
}

Result<std::vector<UnreadScope>> find_unread(const Invocation& call, node::Node& node,
                                             const SpaceId& space) {
  std::vector<UnreadScope> out;
  const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) return out;
  CUNJU_TRY(const std::vector<replica::ScopeStatus> scopes, node.replica().scopes(space));
  CUNJU_TRY(
      const council::EnteredComputers entered,
      council::find_computers(node.replica(), space, std::array{roster.value().get()}, scopes));
  const std::vector<Unheld> all = by_scope(council::find_unheld(*roster.value(), entered, scopes));
  if (all.empty()) return out;
  CUNJU_TRY(const registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  for (const Unheld& unheld : all) {
    const Label name = scope_label(catalog, unheld.scope);
    const std::string count = std::to_string(unheld.epochs);
    out.push_back({.scope = unheld.scope,
                   .epochs = unheld.epochs,
                   .text = {name.zh + "：有 " + count + " 把钥匙，能看的人都没有，内容没有人能看",
                            name.en + ": " + count +
                                " of its keys nobody has who can read it, so what is under them "
                                "is read by nobody"},
                   .advice = way_out(
                       call, *roster.value(),
                       council::unable_readers(*roster.value(), entered, unheld.scope), unheld)});
  }
  return out;
}

Result<void> check_unread_scopes(DoctorReport& doctor, const Invocation& call, node::Node& node,
                                 const SpaceId& space) {
  CUNJU_TRY(const std::vector<UnreadScope> all, find_unread(call, node, space));
  const std::string name = space_name(node, space);
  for (const UnreadScope& unread : all)
    doctor.add(false, "scopes", {name + "：" + unread.text.zh, name + ": " + unread.text.en},
               unread.advice, {{"scope", unread.scope}, {"epochs", unread.epochs}});
  return ok();
}

}  // namespace cunju::cli
