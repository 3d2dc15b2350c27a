// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/attachments.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/attach_file.h"
#include "node/audit/export.h"
#include "node/peers/bundle_book.h"
#include "node/registry/builtin.h"
#include "node/registry/catalog.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--out", "DIR", {"导出到哪个新文件夹", "a new folder for the export"}},
};

/// The text of a registry's definition: built in, or the space's own.
std::optional<std::string> find_definition(replica::Replica& replica, const SpaceId& space,
                                           std::string_view id) {
  for (const registry::EmbeddedDefinition& definition : registry::embedded_definitions()) {
    if (definition.id == id) return std::string(definition.toml);
  }
  Result<registry::Catalog> catalog = registry::Catalog::load(replica, space);
  if (catalog.has_error()) return std::nullopt;
  const registry::Catalog::Item* item = catalog.value().find_item(id);
  if (item == nullptr) return std::nullopt;
  Result<std::optional<RecordView>> view = replica.view(space, item->record);
  if (view.has_error() || !view.value()) return std::nullopt;
  const RecordState* state = view.value()->find(kDefinitionRegistry);
  const Field* source = state == nullptr ? nullptr : state->find(registry::kDefinitionSourceField);
  const auto* text = source == nullptr ? nullptr : std::get_if<std::string>(&source->winner());
  return text == nullptr ? std::nullopt : std::optional(*text);
}

/// Before there is anything in the folder: it is where something that is erased later may still be.
Result<void> note_export(node::Node& node, const std::vector<SpaceId>& spaces,
                         const std::string& folder) {
  peers::Outgoing out{.at_ms = node::Node::now_ms(),
                      .kind = peers::OutgoingKind::kExport,
                      .to = std::filesystem::absolute(folder).string(),
                      .registries = {}};
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const auto registries, node.replica().registries(space));
    std::vector<std::string>& names = out.registries[space];
    for (const auto& [registry, records] : registries) names.push_back(registry);
  }
  return node.bundle_book().note_outgoing(out);
}

Result<ExitCode> run(Invocation& call) {
  std::optional<std::string> out = call.value("--out");
  if (!out) return fail(Errc::kInvalidArgument, "--out");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  audit::ExportOptions options;
  options.language = call.terminal.language;
  options.progress = [&](const audit::Progress& progress) {
    call.terminal.progress(std::to_string(progress.done) + "/" + std::to_string(progress.total));
  };
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  options.find_attachment = [&](const attachment::Reference& reference) -> std::optional<Bytes> {
    Result<Bytes> plain =
        attachments::read_plain(*blobs, reference, limits::kMaxExportedAttachmentBytes);
    if (plain.has_error()) return std::nullopt;
    return std::move(plain).value();
  };
  auto definitions = [&](const SpaceId& space, std::string_view id) {
    return find_definition(node->replica(), space, id);
  };
  CUNJU_TRYV(note_export(*node, spaces, *out));
  CUNJU_TRY(audit::ExportSummary summary,
            audit::export_spaces(node->replica(), spaces, definitions, *out, node->unlocked().node,
                                 node::Node::now_ms(), options));
  call.terminal.line(audit::describe(summary, call.terminal.language));
  boost::json::array exported;
  for (const audit::ExportedSpace& space : summary.spaces) {
    boost::json::object registries;
    for (const audit::RegistryCount& count : space.registries)
      registries[count.registry] = count.records;
    exported.push_back(boost::json::object{{"space", space.id.hex()},
                                           {"name", space.name},
                                           {"changes", space.changes},
                                           {"attachments", space.attachments},
                                           {"included", space.included},
                                           {"registries", registries}});
  }
  call.terminal.object(
      {{"folder", *out}, {"files", summary.files}, {"bytes", summary.bytes}, {"spaces", exported}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kExportVerb{
    .name = "export",
    .arguments = "",
    .min_arguments = 0,
    .max_arguments = 0,
    .summary = {"导出全部表格与签名记录，供审计核验",
                "export all tables and signed logs for an audit"},
    .details = {"含 CSV（Excel 可直接打开）、JSON Lines、全部签名记录；用 cunju verify 核验。",
                "CSV for Excel, JSON Lines, and every signed change; check it with cunju verify."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
