// SPDX-License-Identifier: Apache-2.0
#include "cli/scope_words.h"

#include <boost/json/array.hpp>

#include "cli/session.h"

namespace cunju::cli {
namespace {

boost::json::array keys_json(const std::set<AuthorKey>& keys) {
  boost::json::array out;
  for (const AuthorKey& key : keys) out.emplace_back(key.hex());
  return out;
}

}  // namespace

std::string scope_name(const Roster& roster, Scope scope) {
  if (scope == kOpenScope) return {};
  const auto found = roster.scopes.find(scope);
  return found == roster.scopes.end() ? std::to_string(scope.value) : found->second.name;
}

std::string owners_of(const Roster& roster, const std::set<AuthorKey>& devices) {
  std::string out;
  std::set<std::string> told;
  for (const AuthorKey& device : devices) {
    const std::string name = author_name(roster, device);
    if (told.insert(name).second) out += (out.empty() ? "" : " ") + name;
  }
  return out.empty() ? "-" : out;
}

std::vector<Label> trouble_lines(const Terminal& terminal, const Roster& roster,
                                 const council::ScopeTrouble& trouble) {
  std::vector<Label> out;
  const std::string& name = trouble.scope;
  const std::string share = terminal.command("scope share"),
                    open = terminal.command("scope open " + name);
  const auto say = [&](const std::string& chinese, const std::string& english) {
    out.push_back({"保密范围 " + name + "：" + chinese, "scope " + name + ": " + english});
  };
  if (!trouble.unopened_from.empty()) {
    const std::string who = owners_of(roster, trouble.unopened_from);
    say(who +
            " 发给本机的钥匙打不开，按没有收到算。密文都在，没有丢。交换数据后由别的有钥"
            "匙的电脑补发；补不到的，请有钥匙的人运行 " +
            share + " --again 您的姓名",
        "the key that " + who +
            " handed to this computer does not open, and counts as not given. What is "
            "sealed is all here. Another computer with the key hands it over when they "
            "meet; if none does, let somebody who has it run " +
            share + " --again YOUR-NAME");
  }
  if (!trouble.unopened_at.empty()) {
    const std::string who = owners_of(roster, trouble.unopened_at);
    say(who + " 的电脑说收到的钥匙打不开。有钥匙的电脑交换时自动补发，也可以运行 " + share,
        who +
            " can't open the key that was handed over. Whoever has it hands it over at "
            "the next exchange, or by " +
            share);
  }
  if (!trouble.outsiders.empty()) {
    const std::string who = owners_of(roster, trouble.outsiders);
    say("现用的钥匙 " + who + " 也有，按名册其不能查看；现在登记的内容其能打开。请换发：" + open,
        who +
            " was given the current key and may not read the scope, so what is written "
            "now can be opened there. Open a new epoch: " +
            open);
  }
  if (!trouble.without_current.empty()) {
    const std::string who = owners_of(roster, trouble.without_current);
    say(who +
            " 只看加入以后的，而现用的钥匙是其加入以前发的，谁也不会补发，其现在写不了。请有权改"
            "名册的人换发：" +
            open,
        who +
            " may read from their coming on, and the current key is from before that: nobody hands "
            "it over, and they can write nothing. Whoever may change the roster opens a new "
            "epoch: " +
            open);
  }
  if (trouble.fallen_parts > 0) {
    const std::string parts = std::to_string(trouble.fallen_parts);
    say("有 " + parts +
            " 份内容是用失效的名册改动所发的钥匙封的，本机打不开。密文都在；与有钥匙的电"
            "脑交换，或请其运行 " +
            share,
        parts +
            " parts are sealed under keys that an act on the roster brought which is not "
            "in force, and can't be opened here. They are all kept; exchange with a "
            "computer that has the keys, or let it run " +
            share);
  }
  if (trouble.is_orphaned) {
    out.push_back(
        {"编号 " + name +
             " 的保密内容，发钥匙的那次名册改动已失效，没有人能补发钥匙。请有权改名册的人"
             "重新给角色查看权，再运行 " +
             terminal.command("scope open 范围名"),
         "what is sealed under number " + name +
             ": the act on the roster that opened its keys is not in force, so nobody can "
             "hand them over. Whoever may change the roster gives a role the scope again "
             "and runs " +
             terminal.command("scope open NAME")});
  }
  return out;
}

boost::json::object trouble_json(const council::ScopeTrouble& trouble) {
  return {{"scope", trouble.scope},
          {"unopened_from", keys_json(trouble.unopened_from)},
          {"unopened_at", keys_json(trouble.unopened_at)},
          {"outsiders", keys_json(trouble.outsiders)},
          {"without_current", keys_json(trouble.without_current)},
          {"fallen_parts", trouble.fallen_parts},
          {"orphaned", trouble.is_orphaned}};
}

}  // namespace cunju::cli
