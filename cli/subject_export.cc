// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

#include "cli/disclosure_list.h"
#include "cli/person_options.h"
#include "cli/subject_acts.h"
#include "cli/subject_request.h"
#include "node/council/subject_text.h"
#include "node/peers/bundle_book.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

namespace fs = std::filesystem;

/// The files under a name beside their own until all of them are whole; then the folder is moved
/// into place. Without finish() nothing stays.
class CopyFolder {
 public:
  static Result<CopyFolder> begin(const fs::path& folder) {
    std::error_code code;
    if (fs::exists(fs::symlink_status(folder, code)))
      return fail(Errc::kExists, folder.string() + " is there already");
    fs::path beside = folder;
    beside += ".unfinished";
    // A leftover of a power cut; nobody was told that it is a copy.
    fs::remove_all(beside, code);
    CUNJU_TRYV(store::make_private_folder(beside));
    return CopyFolder(folder, beside);
  }
  CopyFolder(CopyFolder&& other) noexcept
      : folder_(std::move(other.folder_)), beside_(std::exchange(other.beside_, {})) {}
  CopyFolder(const CopyFolder&) = delete;
  CopyFolder& operator=(const CopyFolder&) = delete;
  ~CopyFolder() {
    std::error_code ignored;
    if (!beside_.empty()) fs::remove_all(beside_, ignored);
  }

  Result<void> add(const char* name, std::string_view content) {
    return store::write_new_file(beside_ / name, as_bytes(content));
  }
  Result<void> finish() {
    std::error_code code;
    fs::rename(beside_, folder_, code);
    if (code) return store::system_error(code.value(), "moving into place", folder_);
    beside_.clear();
    fs::path parent = fs::absolute(folder_).parent_path();
    return store::sync_folder(parent);
  }

 private:
  CopyFolder(fs::path folder, fs::path beside)
      : folder_(std::move(folder)), beside_(std::move(beside)) {}
  fs::path folder_, beside_;
};

audit::Disclosure disclosure_of(const council::SubjectFile& file, const OpenRequest& request) {
  audit::Disclosure out;
  out.kind = audit::kPersonCopyKind;
  out.recipient_kind = audit::kPersonRecipient;
  out.purpose = "答复个人信息请求";
  out.legal_basis = "个人信息保护法第四十五条";
  out.request = request.id();
  out.copy = "out";
  for (const council::SubjectRecord& record : file.records) {
    out.registries.insert(record.registry);
    out.records.insert(record.registry + "/" + record.record.hex());
    for (const council::SubjectValue& value : record.values) out.fields.insert(value.field);
  }
  return out;
}

Result<void> note_whereabouts(node::Node& node, const OpenRequest& request, const fs::path& folder,
                              const audit::Disclosure& disclosure, const RecordId& booked) {
  peers::Outgoing out{.at_ms = node::Node::now_ms(),
                      .kind = peers::OutgoingKind::kExport,
                      .to = fs::absolute(folder).string(),
                      .registries = {}};
  out.registries[request.space()] = {disclosure.registries.begin(), disclosure.registries.end()};
  out.disclosures[request.space()] = booked;
  return node.bundle_book().note_outgoing(out);
}

/// The ledger knows of it before anybody can read it.
Result<RecordId> hand_out(Invocation& call, node::Node& node, const OpenRequest& request,
                          const council::SubjectFile& file,
                          const council::SubjectTextContext& context, const fs::path& folder) {
  CUNJU_TRY(CopyFolder copy, CopyFolder::begin(folder));
  CUNJU_TRYV(copy.add("personal_data.txt", council::subject_text(file, context)));
  CUNJU_TRYV(copy.add("personal_data.csv", council::subject_csv(file, context)));
  CUNJU_TRYV(copy.add("personal_data.json",
                      boost::json::serialize(council::subject_json(file, context)) + "\n"));
  const audit::Disclosure disclosure = disclosure_of(file, request);
  CUNJU_TRY(const RecordId booked, book_disclosure(call, node, request.found.book, disclosure));
  Result<void> done = note_whereabouts(node, request, folder, disclosure, booked);
  if (done.has_value()) done = copy.finish();
  if (done.has_error()) {
    unbook_disclosure(node, request.found.book, booked);
    return done.error();
  }
  return booked;
}

boost::json::array records_json(const council::SubjectFile& file) {
  boost::json::array out;
  for (const council::SubjectRecord& record : file.records) {
    boost::json::array left_out;
    for (const std::string& field : record.left_out) left_out.emplace_back(field);
    out.push_back(boost::json::object{{"registry", record.registry},
                                      {"record", record.record.hex()},
                                      {"values", record.values.size()},
                                      {"left_out", std::move(left_out)}});
  }
  return out;
}

}  // namespace

Result<ExitCode> export_for_subject(Invocation& call) {
  const std::optional<std::string> folder = call.value("--out");
  if (!folder)
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --out 写到哪个新文件夹", "--out: into which new folder?"});
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, call.value("--request")));
  CUNJU_TRYV(require_identified(call, request));
  CUNJU_TRYV(require_same_person(call, request, person));
  const Book& book = request.found.book;
  CUNJU_TRY(const council::SubjectFile file,
            council::gather_subject_file(
                node->replica(), *book.catalog, *book.records, request.space(), person,
                {.with_history = call.has("--history"), .today = today()}));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(request.space()));
  const council::SubjectTextContext context{
      .catalog = *book.catalog,
      .language = call.terminal.language,
      .space_name = roster->space_name,
      .request = request.id(),
      .day = registry::format_date(today()),
      .name_of = [&](const AuthorKey& author) { return author_name(*roster, author); },
      .time_of = [](std::uint64_t claimed_ms) { return local_time(claimed_ms); }};
  CUNJU_TRY(const RecordId booked, hand_out(call, *node, request, file, context, *folder));
  for (const Label& warning : council::subject_warnings(file, context)) call.terminal.warn(warning);
  const registry::Edit back[] = {
      adding("outcome", file.records.empty() ? "nothing_held" : "copy_given")};
  CUNJU_TRYV(write_back(call, *node, request, back));
  const std::string count = std::to_string(file.records.size());
  call.terminal.say({"已写到 " + *folder + "：" + count +
                         " 条记录（未加密，交给本人后请删除）。已记入披露登记 " +
                         short_id(booked.hex()) + "。",
                     "written to " + *folder + ": " + count +
                         " records (not encrypted: delete it once it is handed over). Booked in "
                         "the disclosure ledger as " +
                         short_id(booked.hex()) + "."});
  call.terminal.object({{"space", request.space().hex()},
                        {"request", request.id()},
                        {"folder", *folder},
                        {"disclosure", booked.hex()},
                        {"records", records_json(file)},
                        {"to_be_read", file.to_be_read.size()},
                        {"unsearched", file.unsearched}});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
