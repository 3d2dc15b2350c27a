// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <cerrno>

#include "cli/attachments.h"
#include "cli/disclosure_list.h"
#include "cli/export_disclosing.h"
#include "cli/roster_act.h"
#include "cli/session.h"
#include "cli/verbs.h"
#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/attach_file.h"
#include "node/audit/export.h"
#include "node/peers/bundle_book.h"
#include "node/registry/builtin.h"
#include "node/registry/catalog.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--out", "DIR", {"导出到哪个新文件夹", "a new folder for the export"}},
    kToOption,
    kRecipientKindOption,
    kPurposeOption,
    kBasisOption,
    kUntilOption,
    kDiscloseOption,
    kYesOption,
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

/// Entries of the ledger, to be taken back if nothing is written after all.
using BookedEntries = std::vector<std::pair<SpaceId, RecordId>>;

/// Entries of a ledger are never removed.
Result<void> unbook(const Invocation& call, node::Node& node, const BookedEntries& booked) {
  bool say_so = true;
  for (const auto& [space, record] : booked) {
    CUNJU_TRY(const Book book, open_book(node, space));
    say_so = unbook_disclosure(node, book, record) && say_so;
  }
  if (booked.empty()) return ok();
  const std::string count = std::to_string(booked.size());
  const Label kept = {
      "没有导出成。披露登记里这次记下的 " + count + " 条不能删除，",
      "Nothing was exported. The entries of it in the disclosure ledger can't be removed (" +
          count + "), "};
  if (say_so) {
    call.terminal.warn({kept.zh + "已注明“已销毁”：没有东西交出去。",
                        kept.en + "and say that the copy is destroyed: nothing went out."});
  } else {
    const std::string set = call.terminal.command("set disclosures ID copy=destroyed");
    call.terminal.warn(
        {kept.zh + "也没能都注明“已销毁”：请补上（" + set + "）。",
         kept.en + "and not all could be set to destroyed: please do (" + set + ")."});
  }
  return ok();
}

/// What is opened of confidential scopes is booked beside the entry of all open fields.
Result<void> book_disclosed(Invocation& call, node::Node& node, const Book& book,
                            const PlannedDisclosure& planned, BookedEntries& booked) {
  CUNJU_TRY(audit::Disclosure said, read_recipient(call, book));
  said.copy = "out";
  CUNJU_TRY(const bool with_records, can_book_records(node, book));
  for (const audit::Disclosure& entry : entries_of(planned, with_records, said)) {
    CUNJU_TRY(const RecordId record, book_disclosure(call, node, book, entry));
    booked.emplace_back(book.space, record);
  }
  return ok();
}

/// "out/" is "out".
std::filesystem::path folder_path(const std::string& folder) {
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  return path.filename().empty() ? path.parent_path() : path;
}

/// What can't begin is not booked.
Result<void> check_folder(const std::string& folder) {
  std::error_code code;
  if (std::filesystem::exists(folder, code) && !std::filesystem::is_empty(folder, code))
    return fail(Errc::kExists, folder + " is there and not empty");
  const std::filesystem::path parent = folder_path(folder).parent_path();
  if (!parent.empty() && !std::filesystem::is_directory(parent, code))
    return fail(Errc::kNotFound, "no folder " + parent.string());
  return ok();
}

/// The same, tried out: makes the folder, and takes it away again.
Result<void> try_folder(const std::string& folder) {
  const std::filesystem::path path = folder_path(folder);
  std::error_code code;
  if (std::filesystem::exists(path, code)) {
    if (::access(path.c_str(), W_OK | X_OK) == 0) return ok();
    return store::system_error(errno, "writing in", path);
  }
  CUNJU_TRYV(store::make_private_folder(path));
  std::filesystem::remove(path, code);
  return ok();
}

/// Before there is anything in the folder: to whom it goes, in the ledger that all nodes have; and
/// where it is, in the node's own notes, because what is erased later may still be there.
Result<void> note_export(Invocation& call, node::Node& node, const std::vector<SpaceId>& spaces,
                         const std::string& folder, const PlannedDisclosures& disclosures,
                         BookedEntries& booked) {
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
    CUNJU_TRY(const auto record, book_export(call, node, book, std::move(disclosure), names));
    if (record) {
      out.disclosures[space] = *record;
      booked.emplace_back(space, *record);
    }
    if (const auto planned = disclosures.find(space); planned != disclosures.end()) {
      CUNJU_TRYV(book_disclosed(call, node, book, planned->second, booked));
    }
  }
  return node.bundle_book().note_outgoing(out);
}

boost::json::object space_json(const audit::ExportedSpace& space) {
  boost::json::object registries;
  for (const audit::RegistryCount& count : space.registries)
    registries[count.registry] = count.records;
  return {{"space", space.id.hex()},
          {"name", space.name},
          {"changes", space.changes},
          {"attachments", space.attachments},
          {"included", space.included},
          {"disclosed", space.disclosed},
          {"registries", std::move(registries)}};
}

boost::json::array spaces_json(const audit::ExportSummary& summary,
                               const PlannedDisclosures& disclosures) {
  boost::json::array out;
  for (const audit::ExportedSpace& space : summary.spaces) {
    boost::json::object each = space_json(space);
    if (const auto planned = disclosures.find(space.id); planned != disclosures.end())
      each["unseen"] = planned->second.plan.unseen;
    out.push_back(std::move(each));
  }
  return out;
}

Result<audit::ExportSummary> write_export(Invocation& call, node::Node& node,
                                          const std::vector<SpaceId>& spaces,
                                          const std::string& folder,
                                          PlannedDisclosures& disclosures) {
  audit::ExportOptions options;
  options.language = call.terminal.language;
  options.progress = [&](const audit::Progress& progress) {
    call.terminal.progress(std::to_string(progress.done) + "/" + std::to_string(progress.total));
  };
  for (auto& [space, planned] : disclosures)
    options.disclosed[space] = std::move(planned.plan.parts);
  CUNJU_TRY(const auto blobs, open_blobs(node));
  options.find_attachment = [&](const attachment::Reference& reference) -> std::optional<Bytes> {
    Result<Bytes> plain =
        attachments::read_plain(*blobs, reference, limits::kMaxExportedAttachmentBytes);
    if (plain.has_error()) return std::nullopt;
    return std::move(plain).value();
  };
  auto definitions = [&](const SpaceId& space, std::string_view id) {
    return find_definition(node.replica(), space, id);
  };
  return audit::export_spaces(node.replica(), spaces, definitions, folder, node.unlocked().node,
                              node::Node::now_ms(), options);
}

Result<ExitCode> run(Invocation& call) {
  const std::optional<std::string> out = call.value("--out");
  if (!out) return fail(Errc::kInvalidArgument, "--out");
  if (call.has("--yes") && !call.has("--disclose"))
    return refused(call, Errc::kInvalidArgument,
                   {"--yes 与 --disclose 同用", "--yes goes with --disclose"});
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  CUNJU_TRYV(check_folder(*out));
  CUNJU_TRY(PlannedDisclosures disclosures, plan_disclosures(call, *node, spaces));
  if (!disclosures.empty() && !call.has("--yes")) {
    CUNJU_TRYV(show_disclosures(call, *node, disclosures));
    call.terminal.say({"还没有导出，也没有登记。看过以上说明，加 --yes 办理。",
                       "Nothing was exported or booked. With --yes it is."});
    return ExitCode::kOk;
  }
  CUNJU_TRYV(try_folder(*out));
  BookedEntries booked;
  const Result<void> noted = note_export(call, *node, spaces, *out, disclosures, booked);
  if (noted.has_error()) {
    CUNJU_TRYV(unbook(call, *node, booked));
    return noted.error();
  }
  const Result<audit::ExportSummary> written = write_export(call, *node, spaces, *out, disclosures);
  if (written.has_error()) {
    CUNJU_TRYV(unbook(call, *node, booked));
    return written.error();
  }
  const audit::ExportSummary& summary = written.value();
  call.terminal.line(audit::describe(summary, call.terminal.language));
  call.terminal.object({{"folder", *out},
                        {"files", summary.files},
                        {"bytes", summary.bytes},
                        {"spaces", spaces_json(summary, disclosures)}});
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
         "都记入披露登记：给别的单位时写 --to 单位 --purpose "
         "目的，不写则记为本会自用。保密字段不导出；"
         "审计要看某条记录的保密内容时写 --disclose 登记簿/编号，只公开这些，别的打不开。",
         "CSV for Excel, JSON Lines, and every signed change; check it with cunju verify. "
         "Each export is booked in the disclosure ledger: with --to and --purpose as given "
         "to another organisation, else as the committee's own. Confidential fields stay sealed; "
         "--disclose REGISTRY/ID opens those of one record to an auditor, and no others."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
