// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_attachments.h"
#include "cli/doctor_peers.h"
#include "cli/doctor_report.h"
#include "cli/interrupted_copies.h"
#include "cli/late_erasures.h"
#include "cli/scope_report.h"
#include "cli/scope_words.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "node/council/roster_outlook.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--rebuild",
     "",
     {"从记录重新计算所有表，并与现有的比较", "compute all views again from the logs and compare"}},
    {"--attachments",
     "",
     {"逐个核对附件有没有损坏（附件多时要等）", "verify every attachment; many take a while"}},
    {"--orphans",
     "",
     {"列出没有任何记录提到的附件；加 --yes 清掉",
      "say which attachments nothing refers to; with --yes take them away"}},
    {"--yes", "", {"确定要清掉", "really take them away"}},
    {"--peers",
     "",
     {"逐个连接认识的电脑，说明为什么连不上", "call every known node and say why it is not met"}},
};

void check_disk(DoctorReport& doctor, const std::filesystem::path& home) {
  constexpr std::uintmax_t kEnough = std::uintmax_t{200} << 20;
  std::error_code code;
  std::filesystem::space_info info = std::filesystem::space(home, code);
  std::string free = std::to_string(info.available >> 20) + " MiB";
  const bool is_enough = !code && info.available >= kEnough;
  doctor.add(is_enough, "disk", {"磁盘剩余 " + free, "free disk space " + free},
             is_enough ? Label{}
                       : Label{"快满了：腾出空间，否则收不进新内容。",
                               "Nearly full: free some space, or nothing new can be taken."});
}

Result<void> check_space(DoctorReport& doctor, node::Node& node, const SpaceId& space) {
  const std::string name = space_name(node, space);
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) {
    doctor.add(false, "roster",
               {name + "：还没有收到名册，请与邀请方交换数据",
                name + ": no roster yet, sync with the inviter"});
    return ok();
  }
  doctor.add(
      roster.value()->is_understood, "roster",
      {name + (roster.value()->is_understood ? "：名册正常" : "：名册由更新版本写成，请升级"),
       name + (roster.value()->is_understood ? ": roster understood"
                                             : ": roster of a newer program, upgrade")});
  bool is_named = roster.value()->find_wire(node.keystore().wire()) != nullptr;
  doctor.add(
      is_named, "node",
      {name + (is_named ? "：名册中有本机" : "：名册中没有本机，不能与它交换"),
       name + (is_named ? ": this node is in the roster" : ": this node is not in the roster")});
  CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  for (const registry::CatalogProblem& problem : catalog.problems())
    doctor.add(false, "definition", {name + "：" + problem.text.zh, name + ": " + problem.text.en});
  return ok();
}

/// Keys of confidential scopes: whatever somebody has to do something about.
Result<void> check_scopes(DoctorReport& doctor, const Terminal& terminal, node::Node& node,
                          const SpaceId& space) {
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) return ok();
  const std::string name = space_name(node, space);
  CUNJU_TRY(const std::vector<council::ScopeTrouble> troubles,
            council::find_scope_troubles(node.replica(), space));
  for (const council::ScopeTrouble& trouble : troubles)
    for (const Label& line : trouble_lines(terminal, *roster.value(), trouble))
      doctor.add(false, "scopes", {name + "：" + line.zh, name + ": " + line.en}, {},
                 trouble_json(trouble));
  if (troubles.empty())
    doctor.add(true, "scopes",
               {name + "：保密范围的钥匙正常", name + ": keys of scopes are in order"});
  return ok();
}

/// A key that was forked stays so for ever; it is a problem while somebody has to do something.
Result<void> check_forks(DoctorReport& doctor, const Invocation& call, node::Node& node,
                         const std::vector<SpaceId>& spaces) {
  std::size_t open = 0, settled = 0;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const std::set<AuthorKey> forked, council::forked_keys(node.replica(), space));
    Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    for (const AuthorKey& key : forked) {
      const bool is_settled =
          roster.has_value() && council::is_fork_settled(*roster.value(), forked, key);
      ++(is_settled ? settled : open);
    }
  }
  const std::string count = std::to_string(open), list = call.terminal.command("key list");
  Label text{"分叉的钥匙 " + count + " 把（" + list + "）",
             "forked keys: " + count + " (" + list + ")"};
  if (settled > 0) {
    const std::string done = std::to_string(settled);
    text.zh += "；另有 " + done + " 把分叉过，已停用或换过";
    text.en += "; " + done + " more were, and are retired or replaced";
  }
  doctor.add(open == 0, "forks", text);
  return ok();
}

/// What is readable of a person's copy, or of a disclosing export, that was cut off.
Result<void> check_copies(DoctorReport& doctor, node::Node& node) {
  CUNJU_TRY(const std::vector<std::filesystem::path> left, find_interrupted_copies(node));
  for (const std::filesystem::path& each : left)
    doctor.add(false, "copies",
               {"没写完的本人副本，未加密：" + each.string(),
                "a copy for a person that was cut off, not encrypted: " + each.string()},
               {"请删除整个文件夹，需要时重新导出。",
                "Delete the whole folder, and write the copy again if it is needed."},
               {{"path", each.string()}});
  CUNJU_TRY(const std::vector<std::filesystem::path> opened, find_interrupted_disclosures(node));
  for (const std::filesystem::path& each : opened)
    doctor.add(
        false, "copies",
        {"没写完的导出，里面有公开的保密内容和钥匙：" + each.string(),
         "an export that was cut off, with disclosed content and its keys: " + each.string()},
        {"请删除整个文件夹，需要时重新导出；披露登记里有这一份，请注明已销毁。",
         "Delete the whole folder, and export again if it is needed; it is in the disclosure "
         "ledger, which should say that it is destroyed."},
        {{"path", each.string()}});
  return ok();
}

Result<void> check_rebuild(DoctorReport& doctor, node::Node& node,
                           const std::vector<SpaceId>& spaces) {
  // What can't even be read is computed again like everything else.
  std::vector<std::optional<Hash>> before;
  for (const SpaceId& space : spaces) {
    Result<Hash> hash = node.replica().view_hash(space);
    before.push_back(hash.has_value() ? std::optional(hash.value()) : std::nullopt);
  }
  CUNJU_TRYV(node.replica().rebuild_views());
  for (std::size_t i = 0; i < spaces.size(); ++i) {
    CUNJU_TRY(Hash after, node.replica().view_hash(spaces[i]));
    const std::string name = space_name(node, spaces[i]);
    doctor.add(after == before[i], "views",
               {name + (after == before[i] ? "：各表与记录一致" : "：各表曾与记录不一致，已修复"),
                name + (after == before[i] ? ": views agree with the logs"
                                           : ": views disagreed with the logs and were repaired")});
  }
  return ok();
}

Result<ExitCode> run(Invocation& call) {
  DoctorReport doctor(call.terminal);
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  doctor.add(true, "store", {"数据文件可以打开", "the store opens"});
  check_disk(doctor, call.home);
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    CUNJU_TRYV(check_space(doctor, *node, space));
    CUNJU_TRYV(check_scopes(doctor, call.terminal, *node, space));
    CUNJU_TRYV(check_unread_scopes(doctor, call, *node, space));
    CUNJU_TRYV(check_erasures(doctor, call, *node, space));
  }
  CUNJU_TRYV(check_forks(doctor, call, *node, spaces));
  CUNJU_TRYV(check_copies(doctor, *node));
  CUNJU_TRYV(check_attachments(doctor, call, *node,
                               {.verifies = call.has("--attachments"),
                                .says_orphans = call.has("--orphans"),
                                .takes_orphans = call.has("--orphans") && call.has("--yes")}));
  if (call.has("--rebuild")) {
    CUNJU_TRYV(check_rebuild(doctor, *node, spaces));
  }
  if (call.has("--peers")) {
    CUNJU_TRYV(check_all_peers(doctor, *node));
  }
  for (const std::string& peer : call.arguments) {
    CUNJU_TRYV(check_peer(doctor, *node, peer));
  }
  return doctor.verdict();
}

}  // namespace

const Verb kDoctorVerb{
    .name = "doctor",
    .arguments = "[PEER...]",
    .min_arguments = 0,
    .max_arguments = kAny,
    .summary = {"检查本机的数据、名册与磁盘；试连对方并说明为什么连不上",
                "check store, roster and disk; call peers and say why they are not met"},
    .details = {"PEER 是电脑的名称、钥匙开头或“地址:端口”。真的去连，连通了就顺便交换。",
                "PEER is a node's name, the beginning of its key, or an address with its port. The "
                "call is real; one that works exchanges as sync does."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
