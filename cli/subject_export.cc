// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "cli/disclosure_list.h"
#include "cli/interrupted_copies.h"
#include "cli/person_options.h"
#include "cli/subject_acts.h"
#include "cli/subject_request.h"
#include "cli/subject_wider.h"
#include "node/council/subject_text.h"
#include "node/peers/bundle_book.h"
#include "node/store/private_file.h"

namespace cunju::cli {
namespace {

namespace fs = std::filesystem;

/// "copies/" and "copies/." are "copies".
fs::path without_slash(const fs::path& folder) {
  const fs::path out = folder.lexically_normal();
  return out.has_filename() || !out.has_relative_path() ? out : out.parent_path();
}

/// Moves the folder to a name that is free.
Result<void> move_to_free_name(const fs::path& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return ok();
  if (errno != EINVAL && errno != ENOSYS)
    return store::system_error(errno, "moving into place", to);
  // A file system that can't do both at once: the name is taken first, by an empty folder.
  if (::mkdir(to.c_str(), 0700) != 0) return store::system_error(errno, "making", to);
  if (::rename(from.c_str(), to.c_str()) == 0) return ok();
  const int number = errno;
  ::rmdir(to.c_str());
  return store::system_error(number, "moving into place", to);
}

/// The files in a new folder beside their own until all of them are whole; then it is moved into
/// place, where nothing is. Without finish() nothing of it stays, and nothing else is touched.
class CopyFolder {
 public:
  static Result<CopyFolder> begin(const fs::path& folder) {
    std::error_code code;
    if (fs::exists(fs::symlink_status(folder, code)))
      return fail(Errc::kExists, folder.string() + " is there already");
    CUNJU_TRYV(store::make_private_folder(fs::absolute(folder).parent_path()));
    std::string beside = folder.string() + "." + std::string(kUnfinishedMark);
    if (::mkdtemp(beside.data()) == nullptr)
      return store::system_error(errno, "making a folder beside", folder);
    return CopyFolder(folder, beside);
  }
  CopyFolder(CopyFolder&& other) noexcept
      : folder_(std::move(other.folder_)),
        at_(std::exchange(other.at_, {})),
        names_(std::move(other.names_)) {}
  CopyFolder(const CopyFolder&) = delete;
  CopyFolder& operator=(const CopyFolder&) = delete;
  ~CopyFolder() { (void)discard(); }

  Result<void> add(std::string_view name, std::string_view content) {
    names_.emplace_back(name);
    return store::write_new_file(at_ / name, as_bytes(content));
  }
  Result<void> finish() {
    CUNJU_TRYV(move_to_free_name(at_, folder_));
    at_ = folder_;
    CUNJU_TRYV(store::sync_folder(fs::absolute(folder_).parent_path()));
    at_.clear();
    return ok();
  }
  /// Whether nothing of it is left.
  bool discard() {
    if (at_.empty()) return true;
    std::error_code code;
    for (const std::string& name : names_) fs::remove(at_ / name, code);
    const bool is_gone = ::rmdir(at_.c_str()) == 0;
    at_.clear();
    return is_gone;
  }

 private:
  CopyFolder(fs::path folder, fs::path at) : folder_(std::move(folder)), at_(std::move(at)) {}
  fs::path folder_;
  fs::path at_;                     ///< Where it is now; empty: it is whole, or gone.
  std::vector<std::string> names_;  ///< Of the files.
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

Result<void> write_copy(CopyFolder& copy, const council::SubjectFile& file,
                        const council::SubjectTextContext& context) {
  CUNJU_TRYV(copy.add(kCopyFiles[0], council::subject_text(file, context)));
  CUNJU_TRYV(copy.add(kCopyFiles[1], council::subject_csv(file, context)));
  CUNJU_TRYV(
      copy.add(kCopyFiles[2], boost::json::serialize(council::subject_json(file, context)) + "\n"));
  return copy.finish();
}

/// The ledger knows of it before a byte of it is on the disk.
Result<RecordId> hand_out(Invocation& call, node::Node& node, const OpenRequest& request,
                          const council::SubjectFile& file,
                          const council::SubjectTextContext& context, const fs::path& folder) {
  CUNJU_TRY(CopyFolder copy, CopyFolder::begin(folder));
  const audit::Disclosure disclosure = disclosure_of(file, request);
  CUNJU_TRY(const RecordId booked, book_disclosure(call, node, request.found.book, disclosure));
  Result<void> done = note_whereabouts(node, request, folder, disclosure, booked);
  if (done.has_value()) done = write_copy(copy, file, context);
  if (done.has_error()) {
    // What could not be removed is still somewhere, and the ledger goes on saying so.
    if (copy.discard()) unbook_disclosure(node, request.found.book, booked);
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
  const std::optional<std::string> typed = call.value("--out");
  if (!typed || typed->empty())
    return refused(call, Errc::kInvalidArgument,
                   {"要写 --out 写到哪个新文件夹", "--out: into which new folder?"});
  const std::string folder = without_slash(*typed).string();
  CUNJU_TRY(const registry::PersonQuery person, read_person(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const OpenRequest request, find_request(call, *node, call.value("--request")));
  CUNJU_TRYV(require_identified(call, request));
  CUNJU_TRYV(require_same_person(call, request, person));
  CUNJU_TRYV(warn_of_interrupted_copies(call, *node));
  CUNJU_TRY(boost::json::array wider, warn_of_wider(call, request, person));
  const Book& book = request.found.book;
  CUNJU_TRY(
      const council::SubjectFile file,
      council::gather_subject_file(
          node->replica(), *book.catalog, *book.records, request.space(), person,
          {.with_history = call.has("--history"), .today = today(), .request = request.id()}));
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node->replica().roster(request.space()));
  const council::SubjectTextContext context{
      .catalog = *book.catalog,
      .language = call.terminal.language,
      .space_name = roster->space_name,
      .request = request.id(),
      .day = registry::format_date(today()),
      .name_of = [&](const AuthorKey& author) { return author_name(*roster, author); },
      .time_of = [](std::uint64_t claimed_ms) { return local_time(claimed_ms); }};
  CUNJU_TRY(const RecordId booked, hand_out(call, *node, request, file, context, folder));
  for (const Label& warning : council::subject_warnings(file, context)) call.terminal.warn(warning);
  const registry::Edit back[] = {adding("outcome", file.is_nothing()      ? "nothing_held"
                                                   : file.records.empty() ? "explained"
                                                                          : "copy_given")};
  CUNJU_TRYV(write_back(call, *node, request, back));
  const std::string count = std::to_string(file.records.size());
  call.terminal.say({"已写到 " + folder + "：" + count +
                         " 条记录（未加密，交给本人后请删除）。已记入披露登记 " +
                         short_id(booked.hex()) + "。",
                     "written to " + folder + ": " + count +
                         " records (not encrypted: delete it once it is handed over). Booked in "
                         "the disclosure ledger as " +
                         short_id(booked.hex()) + "."});
  call.terminal.object({{"space", request.space().hex()},
                        {"request", request.id()},
                        {"folder", folder},
                        {"disclosure", booked.hex()},
                        {"records", records_json(file)},
                        {"by_name_and_phone", std::move(wider)},
                        {"to_be_read", file.to_be_read.size()},
                        {"unsearched", file.unsearched},
                        {"restricted_unread", file.has_restricted}});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
