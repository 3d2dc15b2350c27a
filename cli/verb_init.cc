// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/registry/identifiers.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--name", "NAME", {"村（居）的名称", "name of the village or community"}},
    {"--code", "CODE", {"12 位统计用区划代码", "12-digit division code"}},
    {"--quorum",
     "KEY",
     {"可以会签推翻名册改动的人的钥匙（64 位），可重复；自己的钥匙总在内",
      "key (64 digits) of somebody who can overrule the roster together with others; may repeat; "
      "your own is always one"}},
    {"--threshold",
     "K",
     {"要几把钥匙签才算数（默认过半数）", "how many keys have to sign (most of them)"}},
};

/// Whose keys can overrule the founder; the founder's own comes first and is filled in later.
Result<std::optional<SetQuorum>> read_quorum(const Invocation& call) {
  const std::vector<std::string> words = call.values("--quorum");
  const std::optional<std::string> wanted = call.value("--threshold");
  if (words.empty() && !wanted) return std::optional<SetQuorum>();
  SetQuorum out{.threshold = 0, .keys = {AuthorKey{}}};
  for (const std::string& word : words) {
    const std::optional<AuthorKey> key = AuthorKey::from_hex(word);
    if (!key || std::ranges::find(out.keys, *key) != out.keys.end() ||
        out.keys.size() >= limits::kMaxQuorumKeys)
      return refused(call, Errc::kInvalidArgument,
                     {"--quorum " + word +
                          "：要写完整的钥匙（64 位，对方用 key list --json 可查），"
                          "每把一次",
                      "--quorum " + word +
                          ": a whole key (64 digits; its holder finds it with key list --json), "
                          "each once"});
    out.keys.push_back(*key);
  }
  out.threshold = static_cast<std::uint16_t>(out.keys.size() / 2 + 1);
  if (wanted) {
    const auto [end, code] =
        std::from_chars(wanted->data(), wanted->data() + wanted->size(), out.threshold);
    if (code != std::errc() || end != wanted->data() + wanted->size() || out.threshold == 0 ||
        out.threshold > out.keys.size())
      return refused(call, Errc::kInvalidArgument,
                     {"--threshold " + *wanted + "：应为 1 到 " + std::to_string(out.keys.size()),
                      "--threshold " + *wanted + ": 1 to " + std::to_string(out.keys.size())});
  }
  return std::optional(std::move(out));
}

Result<ExitCode> run(Invocation& call) {
  std::string name = call.value("--name").value_or("");
  std::string code = call.value("--code").value_or("");
  if (name.empty()) return fail(Errc::kInvalidArgument, "--name");
  if (name.size() > limits::kMaxNameBytes || !is_utf8(name))
    return fail(Errc::kInvalidArgument, "--name " + name);
  std::string clerk = call.clerk.empty() ? "文书" : call.clerk;
  if (!code.empty() && !registry::parse_division_code(code)) {
    // A code may be newer than our knowledge of the form: kept, but said.
    call.terminal.warn(
        {"提醒：区划代码应为 12 位数字：" + code, "note: a division code has 12 digits: " + code});
  }
  CUNJU_TRY(std::optional<SetQuorum> quorum, read_quorum(call));
  CUNJU_TRY(keys::Unlock unlock, ask_unlock(call, true));
  Result<std::unique_ptr<node::Node>> node = node::Node::create(call.home, clerk, unlock);
  if (node.has_error() && node.error().code == Errc::kExists) {
    // A home whose first space was not founded, because the power failed, goes on from there.
    node = node::Node::open(call.home);
    if (node.has_error()) return node.error();
    // Who is not a clerk of this home gets to know that there is one, not that his name is wrong.
    Result<void> unlocked = node.value()->unlock(call.clerk, unlock);
    if (unlocked.has_error()) {
      const bool is_stranger =
          unlocked.error().code == Errc::kBadPassphrase || unlocked.error().code == Errc::kNotFound;
      return is_stranger ? Error{Errc::kExists, call.home.string()} : unlocked.error();
    }
    CUNJU_TRY(std::vector<SpaceId> spaces, node.value()->replica().spaces());
    for (const SpaceId& space : spaces) {
      CUNJU_TRY(std::optional<ChangeId> first,
                node.value()->replica().find_change(space, node.value()->unlocked().author.author(),
                                                    Seq{0}));
      if (first && first->value == space.value)
        return fail(Errc::kExists, call.home.string() + ": " + space_name(*node.value(), space));
    }
  }
  if (node.has_error()) return node.error();
  if (quorum) {
    quorum->keys.front() = node.value()->unlocked().author.author();
    if (std::ranges::count(quorum->keys, quorum->keys.front()) > 1)
      return refused(call, Errc::kInvalidArgument,
                     {"自己的钥匙不用写", "your own key need not be named"});
  }
  CUNJU_TRY(SpaceId space, node.value()->found_space(name, code, quorum));
  call.terminal.say(
      {"已建立“" + name + "”，编号 " + short_id(space.hex()) + "，文书 " + clerk + "。",
       "Founded " + name + ", id " + short_id(space.hex()) + ", clerk " + clerk + "."});
  if (quorum) {
    const std::string need = std::to_string(quorum->threshold);
    const std::string all = std::to_string(quorum->keys.size());
    call.terminal.say(
        {"会签：" + all + " 把钥匙中的 " + need + " 把可以推翻名册上的任何改动。",
         "Recovery: " + need + " of " + all + " keys can overrule every act on the roster."});
  } else {
    call.terminal.say(
        {"提醒：还没有定会签的人；有了第二、第三位成员后尽快定（" +
             call.terminal.command("quorum set NAME... --threshold N --yes") + "）。",
         "Note: nobody can overrule the roster yet; name them as soon as there are two or "
         "three members (" +
             call.terminal.command("quorum set NAME... --threshold N --yes") + ")."});
  }
  call.terminal.say(
      {"请记牢口令：忘记后没有人能找回。下一步：" + call.terminal.command("import") + "、" +
           call.terminal.command("add") + "，或 " + call.terminal.command("invite") + " 邀请街道。",
       "Keep the passphrase safe: nobody can recover it. Next: " + call.terminal.command("import") +
           ", " + call.terminal.command("add") + ", or " + call.terminal.command("invite") +
           " for the street office."});
  call.terminal.object({{"space", space.hex()},
                        {"name", name},
                        {"code", code},
                        {"clerk", clerk},
                        {"quorum", quorum ? quorum->keys.size() : 0},
                        {"threshold", quorum ? quorum->threshold : 0}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kInitVerb{.name = "init",
                     .arguments = "",
                     .min_arguments = 0,
                     .max_arguments = 0,
                     .summary = {"在一个新文件夹里建立本村（居）的登记簿",
                                 "found a village's book in a new home folder"},
                     .details = {"创建者同时是主任和文书，可以再用 member 增加人员。",
                                 "The founder is chair and clerk; add people with member."},
                     .options = kOptions,
                     .run = run};

}  // namespace cunju::cli
