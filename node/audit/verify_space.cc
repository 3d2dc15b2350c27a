// SPDX-License-Identifier: Apache-2.0
#include "node/audit/verify_space.h"

#include <algorithm>
#include <set>

#include "node/audit/attachments.h"
#include "node/audit/compare.h"
#include "node/audit/disclosed_parts.h"
#include "node/audit/verify_witness.h"

namespace cunju::audit {
namespace {

constexpr std::string_view kDefinitionEnding = ".toml";

void count_parts(const std::vector<Change>& changes, const replay::Replay& replay,
                 VerifyCounts& counts) {
  for (const Change& change : changes) {
    counts.absent_parts += static_cast<std::uint64_t>(std::ranges::count_if(
        change.parts, [](const Part& part) { return part.presence != Presence::kPresent; }));
  }
  for (const replay::PartVerdict& verdict : replay.parts) {
    if (verdict.state == replay::PartState::kVoid) ++counts.void_parts;
    if (verdict.state == replay::PartState::kHeld) ++counts.held_parts;
    if (verdict.state == replay::PartState::kSealed) ++counts.sealed_parts;
  }
}

/// The keys of what the export discloses; `names` loses their file. A key that is refused opens
/// nothing, and what it is for stays sealed.
ScopeKeys read_disclosed(const SpaceId& space, const SpaceContent& content,
                         const std::vector<Change>& changes, std::set<std::string>& names,
                         VerifyReport& report) {
  const auto file = content.find(std::string(kDisclosedName));
  if (file == content.end()) return {};
  names.erase(file->first);
  if (!file->second) return {};
  const std::string path = space_folder(space) + file->first;
  Result<std::vector<DisclosedPart>> parts = parse_disclosed_file(as_text(*file->second));
  if (parts.has_error()) {
    report.error(path, "公开的钥匙读不懂或被改动：" + parts.error().context,
                 "the disclosed keys are damaged: " + parts.error().context);
    return {};
  }
  const std::size_t all = parts.value().size();
  std::size_t refused = 0;
  ScopeKeys keys = check_disclosed(
      std::move(parts).value(), changes,
      [&](const DisclosedPart& part, const Change* change, const registry::Label& reason) {
        ++refused;
        const std::string number = " part " + std::to_string(part.part);
        const std::string at =
            change == nullptr ? "change " + part.change.hex()
                              : place_of_change(space, change->header.author, change->header.seq);
        report.error(path + " " + at + number, reason.zh, reason.en);
      });
  report.counts.disclosed_parts += all - refused;
  return keys;
}

/// The definitions in the folder; `names` loses those of registries that have records.
Definitions read_definitions(const std::string& folder, const SpaceContent& content,
                             const replay::Replay& replay, std::set<std::string>& names,
                             VerifyReport& report) {
  Definitions out;
  for (const std::string& registry : find_registries(replay)) {
    const std::string name = file_stem(registry) + std::string(kDefinitionEnding);
    auto file = content.find(name);
    if (file == content.end()) continue;
    names.erase(name);
    if (!file->second) continue;
    std::optional<UsedDefinition> used =
        read_definition(registry, std::string(as_text(*file->second)));
    if (used) {
      out.emplace(registry, std::move(*used));
    } else {
      report.error(folder + name, "不是这个登记簿的定义", "not a definition of this registry");
    }
  }
  return out;
}

void compare_claims(const ManifestSpace& claimed, const ManifestSpace& actual,
                    const std::string& folder, VerifyReport& report) {
  auto check = [&](bool is_equal, const std::string& what, const std::string& zh) {
    if (!is_equal)
      report.error(std::string(kManifestName) + " " + folder + " " + what, zh + "与日志不符",
                   what + " differs from what the logs say");
  };
  check(claimed.name == actual.name, "name", "名称");
  check(claimed.code == actual.code, "code", "代码");
  check(claimed.changes == actual.changes, "changes", "变更数");
  check(claimed.records == actual.records, "records", "记录数");
  check(claimed.state == actual.state, "state", "状态哈希");
}

void check_roster(const replay::Replay& replay, const NodeKey& node, const std::string& folder,
                  VerifyReport& report) {
  if (!replay.roster) {
    report.error(folder + "log/", "缺少建立该村居的第一条变更",
                 "the founding change of the space is missing");
    return;
  }
  if (!replay.roster->nodes.contains(node))
    report.error(std::string(kManifestName) + " node",
                 "导出节点的密钥不在 " + folder + " 的成员名册中",
                 "the exporting node's key is not in the roster of " + folder);
  if (!replay.roster->is_understood)
    report.warning(folder + "keys.json", "名册含有更新版本程序的内容，请用新版本再核验一次",
                   "the roster has operations of a newer program: verify with that one as well");
}

/// `names` loses the files of attachments that records refer to.
void check_attachments(const std::vector<ExportedAttachment>& attachments,
                       const std::string& folder, const SpaceContent& content,
                       std::set<std::string>& names, VerifyReport& report) {
  std::set<std::string> missing;
  for (const ExportedAttachment& each : attachments) {
    auto file = content.find(each.file);
    if (file == content.end()) {
      missing.insert(each.file);
    } else if (names.erase(each.file) > 0 && file->second &&
               !equal(*file->second, each.reference.content.view())) {
      report.error(folder + each.file, "附件与记录中登记的不是同一个文件",
                   "the attachment is not the file that the record refers to");
    }
  }
  if (missing.empty()) return;
  const std::string count = std::to_string(missing.size());
  report.warning(folder + std::string(kAttachmentsName),
                 "有 " + count + " 个附件没有随导出附上，只有登记",
                 count + " attachments are named and not included");
}

}  // namespace

void verify_space(const ManifestSpace& space, const Manifest& manifest, const SpaceContent& content,
                  const ProgressSink& progress, VerifyReport& report) {
  const std::string folder = space_folder(space.id);
  const std::vector<Change> changes = verify_logs(space.id, content, progress, report);
  std::set<std::string> names;
  for (const auto& [name, bytes] : content) {
    if (!name.starts_with("log/")) names.insert(name);
  }
  const ScopeKeys keys = read_disclosed(space.id, content, changes, names, report);
  const replay::Replay replay = replay::replay(space.id, changes, keys, Fate::kHidden);
  for (const replay::Refusal& refusal : replay.refused)
    report.error(place_of_change(space.id, refusal.author, refusal.seq),
                 "按规则不能接受：" + refusal.reason, "inadmissible: " + refusal.reason);
  count_parts(changes, replay, report.counts);
  check_roster(replay, manifest.node, folder, report);
  verify_receipts(space.id, changes, replay, report);

  const Definitions definitions = read_definitions(folder, content, replay, names, report);
  SpaceFiles files = make_space_files(replay, definitions, manifest.language);
  const std::vector<ExportedAttachment> attachments = find_attachments(replay);
  if (!attachments.empty()) files.files.push_back(make_attachments_file(attachments));
  check_attachments(attachments, folder, content, names, report);
  report.counts.records += files.records();
  for (const RegistryCount& count : files.registries)
    report.counts.disclosed_records += count.disclosed;
  for (const TextFile& file : files.files) {
    names.erase(file.name);
    auto actual = content.find(file.name);
    if (actual == content.end()) {
      report.error(folder + file.name, "缺少这个文件", "the file is missing");
    } else if (actual->second) {
      compare_file(folder + file.name, file, *actual->second, report);
    }
  }
  for (const std::string& name : names)
    report.error(folder + name, "这个文件不是由日志得出的",
                 "this file does not follow from the logs");
  if (!replay.roster) return;
  compare_claims(space,
                 {.id = space.id,
                  .name = replay.roster->space_name,
                  .code = replay.roster->space_code,
                  .changes = replay.admitted.size(),
                  .records = files.records(),
                  .state = state_hash(space.id, replay)},
                 folder, report);
}

}  // namespace cunju::audit
