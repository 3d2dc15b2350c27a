// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/attachments.h"
#include "cli/disclosure_list.h"
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
    kToOption,
    kRecipientKindOption,
    kPurposeOption,
    kBasisOption,
    kUntilOption,
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

/// An export of an office or auditor without --to is theirs, and not the committee's own.
void name_own_organisation(const Roster& roster, const AuthorKey& author,
                           audit::Disclosure& disclosure) {
  const Member* member = roster.find_author(author);
  if (member == nullptr || member->roles.empty() ||
      !std::ranges::all_of(
          member->roles, [](const RoleGrant& grant) { return audit::is_outside_role(grant.role); }))
    return;
  const bool is_office = member->roles.begin()->role == "office";
  disclosure.recipient_kind = is_office ? "office" : "organisation";
  disclosure.recipient = member->name;
}

/// The ledger's record of the export in one space. None: whoever is unlocked can't write there, and
/// named nobody else to get it, so it stands on this computer only; that is said.
Result<std::optional<RecordId>> book_export(Invocation& call, node::Node& node, const Book& book,
                                            audit::Disclosure disclosure,
                                            const std::vector<std::string>& registries) {
  disclosure.registries = {registries.begin(), registries.end()};
  disclosure.copy = "out";
  const Result<RecordId> booked = book_disclosure(call, node, book, disclosure);
  if (booked.has_value()) return std::optional(booked.value());
  if (call.has("--to") || call.has("--recipient-kind")) return booked.error();
  call.terminal.warn({"没能记入披露登记，只记在这台电脑上。",
                      "It could not be booked in the disclosure ledger, and is noted on this "
                      "computer only."});
  return std::optional<RecordId>();
}

/// Before there is anything in the folder: to whom it goes, in the ledger that all nodes have; and
/// where it is, in the node's own notes, because what is erased later may still be there.
Result<std::map<SpaceId, RecordId>> note_export(Invocation& call, node::Node& node,
                                                const std::vector<SpaceId>& spaces,
                                                const std::string& folder) {
  std::error_code code;
  if (std::filesystem::exists(folder, code) && !std::filesystem::is_empty(folder, code))
    return fail(Errc::kExists, folder + " is there and not empty");
  // What can't begin is not booked. "out/" is "out".
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  if (path.filename().empty()) path = path.parent_path();
  const std::filesystem::path parent = path.parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, code))
    return fail(Errc::kNotFound, "no folder " + parent.string());
  peers::Outgoing out{.at_ms = node::Node::now_ms(),
                      .kind = peers::OutgoingKind::kExport,
                      .to = std::filesystem::absolute(folder).string(),
                      .registries = {}};
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(const auto registries, node.replica().registries(space));
    std::vector<std::string>& names = out.registries[space];
    for (const auto& [registry, records] : registries) names.push_back(registry);
    CUNJU_TRY(const Book book, open_book(node, space));
    CUNJU_TRY(audit::Disclosure disclosure, read_recipient(call, book));
    const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
    if (roster.has_value() && disclosure.recipient_kind == audit::kOwnRecipient)
      name_own_organisation(*roster.value(), node.unlocked().author.author(), disclosure);
    CUNJU_TRY(const auto booked, book_export(call, node, book, std::move(disclosure), names));
    if (booked) out.disclosures[space] = *booked;
  }
  CUNJU_TRYV(node.bundle_book().note_outgoing(out));
  return out.disclosures;
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
  CUNJU_TRY(const auto booked, note_export(call, *node, spaces, *out));
  Result<audit::ExportSummary> exported_spaces =
      audit::export_spaces(node->replica(), spaces, definitions, *out, node->unlocked().node,
                           node::Node::now_ms(), options);
  if (exported_spaces.has_error()) {
    for (const auto& [space, record] : booked) {
      CUNJU_TRY(const Book book, open_book(*node, space));
      unbook_disclosure(*node, book, record);
    }
    return exported_spaces.error();
  }
  const audit::ExportSummary& summary = exported_spaces.value();
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
    .details =
        {"含 CSV（Excel 可直接打开）、JSON Lines、全部签名记录；用 cunju verify 核验。每次导出"
         "都记入披露登记：给别的单位时写 --to 单位 --purpose 目的，不写则记为本会自用。",
         "CSV for Excel, JSON Lines, and every signed change; check it with cunju verify. "
         "Each export is booked in the disclosure ledger: with --to and --purpose as given "
         "to another organisation, else as the committee's own."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
