// SPDX-License-Identifier: Apache-2.0
#include "node/audit/export.h"

#include <algorithm>
#include <set>

#include "node/audit/attachments.h"
#include "node/audit/export_folder.h"
#include "node/audit/log_file.h"

namespace cunju::audit {
namespace {

/// Changes between two calls of the progress sink.
constexpr std::uint64_t kProgressStep = 1024;

struct SpaceExport {
  ManifestSpace manifest;
  ExportedSpace summary;
};

/// Writes the log files; all their changes.
Result<std::vector<Change>> write_logs(replica::Replica& replica, const SpaceId& space,
                                       FolderWriter& writer, const ProgressSink& progress) {
  const auto write = [&](const AuthorKey& author, std::span<const Change> log) -> Result<void> {
    Bytes file;
    for (const Change& change : log) append_log_entry(file, change);
    return writer.add(space_folder(space) + "log/" + author.hex() + ".log", file);
  };
  return read_logs(replica, space, progress, write);
}

Definitions find_definitions(const SpaceId& space, const replay::Replay& replay,
                             const DefinitionLookup& lookup) {
  Definitions out;
  for (const std::string& registry : find_registries(replay)) {
    std::optional<std::string> toml = lookup ? lookup(space, registry) : std::nullopt;
    if (!toml) continue;
    if (std::optional<UsedDefinition> used = read_definition(registry, std::move(*toml)))
      out.emplace(registry, std::move(*used));
  }
  return out;
}

/// Writes the keys of what is disclosed; the keys.
Result<ScopeKeys> write_disclosed(const SpaceId& space, std::span<const Change> changes,
                                  FolderWriter& writer, const ExportOptions& options,
                                  ExportedSpace& summary) {
  const auto chosen = options.disclosed.find(space);
  if (chosen == options.disclosed.end() || chosen->second.empty()) return ScopeKeys();
  TextFile file = make_disclosed_file(chosen->second);
  // The very bytes that are written decide, as they do for whoever verifies.
  std::string text = file.content();
  CUNJU_TRY(std::vector<DisclosedPart> parts, parse_disclosed_file(text));
  summary.disclosed = parts.size();
  Result<void> all_open = ok();
  ScopeKeys keys = check_disclosed(
      std::move(parts), changes,
      [&](const DisclosedPart& part, const Change*, const registry::Label& reason) {
        all_open = fail(Errc::kConflict, "part " + std::to_string(part.part) + " of change " +
                                             part.change.hex() + ": " + reason.en);
      });
  if (all_open.has_error()) return all_open.error();
  CUNJU_TRYV(writer.add(space_folder(space) + file.name, as_bytes(text)));
  return keys;
}

/// Writes the list of attachments and those that are here.
Result<void> write_attachments(const replay::Replay& replay, const std::string& folder,
                               FolderWriter& writer, const ExportOptions& options,
                               ExportedSpace& summary) {
  const std::vector<ExportedAttachment> all = find_attachments(replay);
  if (all.empty()) return ok();
  CUNJU_TRYV(writer.add(folder + std::string(kAttachmentsName),
                        as_bytes(make_attachments_file(all).content())));
  std::set<std::string> named, written;
  for (const ExportedAttachment& each : all) {
    summary.attachments += named.insert(each.file).second ? 1u : 0u;
    if (!options.find_attachment || written.contains(each.file)) continue;
    const std::optional<Bytes> plain = options.find_attachment(each.reference);
    if (!plain) continue;
    CUNJU_TRYV(writer.add(folder + each.file, *plain));
    written.insert(each.file);
    ++summary.included;
  }
  return ok();
}

Result<SpaceExport> export_space(replica::Replica& replica, const SpaceId& space,
                                 const DefinitionLookup& lookup, FolderWriter& writer,
                                 const NodeKey& node, const ExportOptions& options) {
  CUNJU_TRY(std::vector<Change> changes, write_logs(replica, space, writer, options.progress));
  ExportedSpace summary{.id = space};
  CUNJU_TRY(const ScopeKeys keys, write_disclosed(space, changes, writer, options, summary));
  const replay::Replay replay = replay::replay(space, changes, keys, Fate::kHidden);
  if (!replay.roster) return fail(Errc::kNotFound, "founding change of " + space.hex());
  if (!replay.refused.empty())
    return fail(Errc::kCorrupt, "change " + replay.refused[0].change.hex() +
                                    " in the log: " + replay.refused[0].reason);
  if (!replay.roster->nodes.contains(node))
    return fail(Errc::kPermission, "this node is not in the roster of " + space.hex());

  const Definitions definitions = find_definitions(space, replay, lookup);
  SpaceFiles tables = make_space_files(replay, definitions, options.language);
  for (const TextFile& file : tables.files) {
    CUNJU_TRYV(writer.add(space_folder(space) + file.name, as_bytes(file.content())));
  }
  for (const auto& [registry, used] : definitions) {
    CUNJU_TRYV(
        writer.add(space_folder(space) + file_stem(registry) + ".toml", as_bytes(used.toml)));
  }
  SpaceExport out{.manifest = {}, .summary = std::move(summary)};
  out.manifest = {.id = space,
                  .name = replay.roster->space_name,
                  .code = replay.roster->space_code,
                  .changes = replay.admitted.size(),
                  .records = tables.records(),
                  .state = state_hash(space, replay)};
  out.summary.name = replay.roster->space_name;
  out.summary.changes = replay.admitted.size();
  out.summary.registries = std::move(tables.registries);
  CUNJU_TRYV(write_attachments(replay, space_folder(space), writer, options, out.summary));
  return out;
}

}  // namespace

Result<std::vector<Change>> read_logs(replica::Replica& replica, const SpaceId& space,
                                      const ProgressSink& progress, const LogSink& on_log) {
  // The heads come from one transaction, so they are closed under predecessors and pins; the logs
  // only ever grow behind them.
  CUNJU_TRY(std::vector<sync::AuthorHead> heads, replica.all_heads(space));
  Progress at{.space = space};
  for (const sync::AuthorHead& head : heads) at.total += head.seq.value + 1;
  std::vector<Change> out;
  std::set<AuthorKey> done;
  for (const sync::AuthorHead& head : heads) {
    if (!done.insert(head.author).second) continue;
    // Of a forked log all branches go into its file, one after the other.
    const bool is_forked = std::ranges::count(heads, head.author, &sync::AuthorHead::author) > 1;
    const std::size_t begin = out.size();
    const auto visit = [&](const Change& change) {
      if (!is_forked && change.header.seq > head.seq) return false;
      out.push_back(change);
      if (++at.done % kProgressStep == 0 && progress) progress(at);
      return true;
    };
    // What is hidden is shown to nobody, so it leaves the node in no export either.
    CUNJU_TRYV(replica.scan_log(space, head.author, Seq{0}, visit, Fate::kHidden));
    if (!is_forked && (out.empty() || out.back().id != head.id))
      return fail(Errc::kCorrupt, "the log of " + head.author.hex() + " does not reach its head");
    if (!on_log) continue;
    CUNJU_TRYV(on_log(head.author, std::span<const Change>(out).subspan(begin)));
  }
  if (progress) progress(at);
  return out;
}

Result<ExportSummary> export_spaces(replica::Replica& replica, std::span<const SpaceId> spaces,
                                    const DefinitionLookup& definitions,
                                    const std::filesystem::path& folder,
                                    const crypto::SigningKey& node, std::uint64_t now_ms,
                                    const ExportOptions& options) {
  std::vector<SpaceId> sorted(spaces.begin(), spaces.end());
  std::ranges::sort(sorted);
  if (sorted.empty()) return fail(Errc::kInvalidArgument, "no space to export");
  if (std::ranges::adjacent_find(sorted) != sorted.end())
    return fail(Errc::kInvalidArgument, "a space is named twice");

  CUNJU_TRY(FolderWriter writer, FolderWriter::begin(folder));
  Manifest manifest{.exported_ms = now_ms, .node = node.node(), .language = options.language};
  ExportSummary out;
  CUNJU_TRYV(writer.add("README.txt", as_bytes(readme_text())));
  for (const SpaceId& space : sorted) {
    CUNJU_TRY(SpaceExport done,
              export_space(replica, space, definitions, writer, node.node(), options));
    manifest.spaces.push_back(std::move(done.manifest));
    out.spaces.push_back(std::move(done.summary));
  }
  manifest.files = writer.files();
  const std::string text = encode_manifest(manifest);
  CUNJU_TRYV(writer.finish(text, sign_manifest(node, manifest, text)));
  out.files = manifest.files.size() + 2;
  out.bytes = writer.bytes() + text.size();
  return out;
}

std::string describe(const ExportSummary& summary, registry::Language language) {
  const bool zh = language == registry::Language::kChinese;
  std::string out;
  for (const ExportedSpace& space : summary.spaces) {
    out += space.name + (zh ? "：变更 " : ": changes ") + std::to_string(space.changes) + "\n";
    for (const RegistryCount& count : space.registries) {
      out += "  " + count.registry + (zh ? "：记录 " : ": records ") +
             std::to_string(count.records - count.deleted);
      if (count.deleted > 0)
        out += (zh ? "，另有已删除 " : ", deleted ") + std::to_string(count.deleted);
      out += "\n";
    }
    if (space.disclosed > 0)
      out += (zh ? "  公开保密内容 " : "  confidential parts disclosed: ") +
             std::to_string(space.disclosed) + (zh ? " 处\n" : "\n");
    if (space.attachments > 0)
      out += (zh ? "  附件 " : "  attachments: ") + std::to_string(space.attachments) +
             (zh ? " 个，已附上 " : ", included: ") + std::to_string(space.included) + "\n";
  }
  out += (zh ? "共写出文件 " : "Files written: ") + std::to_string(summary.files) +
         (zh ? " 个，字节数 " : ", bytes: ") + std::to_string(summary.bytes) + "\n";
  return out;
}

}  // namespace cunju::audit
