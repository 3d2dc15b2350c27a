// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>
#include <charconv>

#include "cli/entering_changes.h"
#include "cli/quorum.h"
#include "crdt/base/limits.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

Result<std::uint16_t> read_threshold(const Invocation& call) {
  const std::string text = call.value("--threshold").value_or("");
  std::uint16_t out = 0;
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size() || out == 0)
    return refused(call, Errc::kInvalidArgument,
                   {"--threshold " + text + "：要写几个人签才算数，至少 1",
                    "--threshold " + text + ": how many have to sign, 1 at least"});
  return out;
}

}  // namespace

Result<AuthorKey> read_device(const Invocation& call, const Roster& roster,
                              const std::string& word) {
  const Result<MemberId> member = council::find_member(roster, word);
  if (member.has_error()) return require_key(call, roster, word);
  const std::set<AuthorKey>& devices = roster.members.at(member.value()).devices;
  if (devices.size() == 1) return *devices.begin();
  const std::string count = std::to_string(devices.size());
  return refused(call, Errc::kConflict,
                 {word + " 有 " + count + " 把使用中的钥匙，请写明是哪一把（" +
                      call.terminal.command("key list") + "）",
                  word + " has " + count + " keys in use; name the key (" +
                      call.terminal.command("key list") + ")"});
}

Result<SetQuorum> read_quorum(const Invocation& call, const Roster& roster,
                              std::span<const std::string> names) {
  SetQuorum out;
  CUNJU_TRY(out.threshold, read_threshold(call));
  for (const std::string& word : names) {
    CUNJU_TRY(const AuthorKey key, read_device(call, roster, word));
    if (std::ranges::find(out.keys, key) != out.keys.end())
      return refused(call, Errc::kInvalidArgument, {word + " 写了两次", word + " is there twice"});
    out.keys.push_back(key);
  }
  const std::string need = std::to_string(out.threshold), all = std::to_string(out.keys.size());
  if (out.keys.size() < out.threshold)
    return refused(call, Errc::kInvalidArgument,
                   {"只有 " + all + " 人，--threshold 不能是 " + need,
                    "--threshold " + need + " of " + all + " people"});
  return out;
}

Label why_no_quorum(Terminal& terminal, const Roster& roster) {
  if (roster.undecided_quorums > 0) {
    const std::string rivals = std::to_string(roster.undecided_quorums);
    const std::string history = terminal.command("member history");
    return {"有 " + rivals +
                " 份改动各自指定了会签的人，都没有多数负责人在其后办过事，目前谁也不能会签（" +
                history + "）。名册上的其他改动照常",
            rivals +
                " changes each name other people, and most officers have not built on one of "
                "them; nobody can sign for recovery (" +
                history + "). Other acts go on as ever"};
  }
  const std::string set = terminal.command("quorum set");
  return {"还没有指定恢复名册的人；建账人仍在名册上时，可用 " + set + " 指定",
          "nobody is named for recovery; the founder can name them while in the roster: " + set};
}

Label quorum_names(const Roster& roster) {
  std::vector<Label> out;
  for (const AuthorKey& key : roster.quorum.keys)
    out.push_back({author_name(roster, key), author_name(roster, key)});
  return joined(out);
}

bool is_of_quorum(const node::Node& node, const Roster& roster) {
  return std::ranges::find(roster.quorum.keys, node.unlocked().author.author()) !=
         roster.quorum.keys.end();
}

Result<std::string> file_of(const Invocation& call) {
  if (call.arguments.size() != 2)
    return refused(call, Errc::kInvalidArgument, {"要写草案的文件", "the draft's file is missing"});
  return call.arguments[1];
}

Result<council::EpochDraft> read_draft(const std::string& path) {
  CUNJU_TRY(Bytes text, store::read_whole_file(path, limits::kMaxEpochDraftBytes));
  return council::parse_epoch_draft(as_text(text));
}

Result<boost::json::object> show_draft(Invocation& call, node::Node& node,
                                       const council::EpochDraft& draft, const Roster& roster) {
  Terminal& terminal = call.terminal;
  terminal.say({"草案内容：", "The draft says:"});
  boost::json::object out{{"space", draft.space.hex()},
                          {"operations", draft.operations.size()},
                          {"threshold", roster.quorum.threshold}};
  say_operations(terminal, draft.operations, roster, "  ", out);
  CUNJU_TRY(const std::vector<council::CutDevice> devices,
            council::devices_of(node.replica(), draft.space, draft.operations));
  // As if enough had signed it, and it were put into a log here.
  CUNJU_TRY(const std::vector<council::ForkOutlook> forks,
            council::read_fork_outlook(node.replica(), draft.space, draft.operations,
                                       node.unlocked().author.author()));
  CUNJU_TRY(out["devices"], show_devices(call, node, draft.space, devices, forks, true));
  CUNJU_TRY(const EnteringOutlook entering,
            show_branches_entering(call, node, draft.space, forks, out));
  warn_of_definitions(call, entering.definitions);
  if (std::ranges::any_of(devices, [](const auto& device) { return device.late() > 0; }))
    terminal.say(
        {"  注意：本机收到的比草案保留的多，多出的那些将转入迟到箱。起草的电脑也许还没有收到；不是"
         "有意如此的，请交换后重新起草。",
         "  Note: this node holds more than the draft keeps, and the rest goes to the late tray. "
         "Whoever drafted it may not have had that: unless it is meant so, exchange and draft it "
         "again."});
  Label signers;
  boost::json::array authors, others;
  for (const AuthorKey& key : council::signers_of(draft, roster.quorum)) {
    signers.zh += " " + author_name(roster, key);
    authors.emplace_back(key.hex());
  }
  signers.en = signers.zh;
  for (const Cosignature& cosignature : draft.signatures) {
    if (std::ranges::find(roster.quorum.keys, cosignature.author) != roster.quorum.keys.end())
      continue;
    const std::string who = author_name(roster, cosignature.author);
    const std::string key = short_id(cosignature.author.hex());
    signers.zh += "；不算数：" + who + "（" + key + " 不是会签钥匙）";
    signers.en += "; does not count: " + who + " (" + key + " is not of the quorum)";
    others.emplace_back(cosignature.author.hex());
  }
  const std::string count = std::to_string(authors.size());
  const std::string need = std::to_string(roster.quorum.threshold);
  terminal.say({"已签 " + count + " 人（须 " + need + " 人）：" + signers.zh,
                "signed by " + count + " of " + need + " needed:" + signers.en});
  out["signers"] = std::move(authors);
  out["not_of_quorum"] = std::move(others);
  return out;
}

}  // namespace cunju::cli
