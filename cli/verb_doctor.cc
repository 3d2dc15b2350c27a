// SPDX-License-Identifier: Apache-2.0
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
};

class Doctor {
 public:
  explicit Doctor(Terminal& terminal) : terminal_(terminal) {}

  void report(bool good, const std::string& check, const Label& text) {
    terminal_.line((good ? "✓ " : "✗ ") + std::string(terminal_.in_language(text)));
    terminal_.object({{"check", check}, {"ok", good}, {"text", terminal_.in_language(text)}});
    if (!good) ++problems_;
  }
  ExitCode verdict() const { return problems_ == 0 ? ExitCode::kOk : ExitCode::kNegative; }

 private:
  Terminal& terminal_;
  int problems_ = 0;
};

void check_disk(Doctor& doctor, const std::filesystem::path& home) {
  constexpr std::uintmax_t kEnough = std::uintmax_t{200} << 20;
  std::error_code code;
  std::filesystem::space_info info = std::filesystem::space(home, code);
  std::string free = std::to_string(info.available >> 20) + " MiB";
  doctor.report(!code && info.available >= kEnough, "disk",
                {"磁盘剩余 " + free, "free disk space " + free});
}

Result<void> check_space(Doctor& doctor, node::Node& node, const SpaceId& space) {
  const std::string name = space_name(node, space);
  Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  if (roster.has_error()) {
    doctor.report(false, "roster",
                  {name + "：还没有收到名册，请与邀请方交换数据",
                   name + ": no roster yet, sync with the inviter"});
    return ok();
  }
  doctor.report(
      roster.value()->is_understood, "roster",
      {name + (roster.value()->is_understood ? "：名册正常" : "：名册由更新版本写成，请升级"),
       name + (roster.value()->is_understood ? ": roster understood"
                                             : ": roster of a newer program, upgrade")});
  bool is_named = roster.value()->find_wire(node.keystore().wire()) != nullptr;
  doctor.report(
      is_named, "node",
      {name + (is_named ? "：名册中有本机" : "：名册中没有本机，不能与它交换"),
       name + (is_named ? ": this node is in the roster" : ": this node is not in the roster")});
  CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  for (const registry::CatalogProblem& problem : catalog.problems())
    doctor.report(false, "definition",
                  {name + "：" + problem.text.zh, name + ": " + problem.text.en});
  return ok();
}

/// A key that was forked stays so for ever; it is a problem while somebody has to do something.
Result<void> check_forks(Doctor& doctor, const Invocation& call, node::Node& node,
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
  doctor.report(open == 0, "forks", text);
  return ok();
}

Result<void> check_rebuild(Doctor& doctor, node::Node& node, const std::vector<SpaceId>& spaces) {
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
    doctor.report(
        after == before[i], "views",
        {name + (after == before[i] ? "：各表与记录一致" : "：各表曾与记录不一致，已修复"),
         name + (after == before[i] ? ": views agree with the logs"
                                    : ": views disagreed with the logs and were repaired")});
  }
  return ok();
}

Result<ExitCode> run(Invocation& call) {
  Doctor doctor(call.terminal);
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  doctor.report(true, "store", {"数据文件可以打开", "the store opens"});
  check_disk(doctor, call.home);
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  for (const SpaceId& space : spaces) {
    CUNJU_TRYV(check_space(doctor, *node, space));
  }
  CUNJU_TRYV(check_forks(doctor, call, *node, spaces));
  if (call.has("--rebuild")) {
    CUNJU_TRYV(check_rebuild(doctor, *node, spaces));
  }
  return doctor.verdict();
}

}  // namespace

const Verb kDoctorVerb{
    .name = "doctor",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"检查本机的数据、名册与磁盘", "check store, roster and disk of this node"},
    .details = {},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
