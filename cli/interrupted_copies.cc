// SPDX-License-Identifier: Apache-2.0
#include "cli/interrupted_copies.h"

#include <algorithm>
#include <set>
#include <string>

#include "cli/subject_acts.h"
#include "node/audit/disclosed_parts.h"
#include "node/audit/manifest.h"
#include "node/peers/bundle_book.h"

namespace cunju::cli {
namespace {

namespace fs = std::filesystem;

/// As mkdtemp makes it of "NAME.XXXXXX".
bool is_beside(const std::string& name, const std::string& copy) {
  const std::size_t end = copy.size() + 1;
  return name.size() == end + kUnfinishedMark.size() && name.starts_with(copy + ".") &&
         std::ranges::all_of(name.substr(end), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
         });
}

/// Whether it is a folder with a copy's files, and nothing else; without any it holds nothing.
bool has_copy_files_only(const fs::path& folder) {
  std::error_code code;
  if (!fs::is_directory(fs::symlink_status(folder, code))) return false;
  std::size_t files = 0;
  for (auto at = fs::directory_iterator(folder, code); !code && at != fs::directory_iterator();
       at.increment(code)) {
    if (std::ranges::find(kCopyFiles, at->path().filename().string()) == std::end(kCopyFiles))
      return false;
    ++files;
  }
  return !code && files > 0;
}

bool is_cut_off_disclosure(const fs::path& folder) {
  std::error_code code;
  if (fs::exists(fs::symlink_status(folder / audit::kManifestName, code))) return false;
  for (auto at = fs::directory_iterator(folder / "spaces", code);
       !code && at != fs::directory_iterator(); at.increment(code)) {
    std::error_code none;
    if (fs::is_regular_file(fs::symlink_status(at->path() / audit::kDisclosedName, none)))
      return true;
  }
  return false;
}

}  // namespace

Result<std::vector<fs::path>> find_interrupted_copies(node::Node& node) {
  std::set<fs::path> out;
  CUNJU_TRY(const std::vector<peers::Outgoing> all, node.bundle_book().outgoing());
  for (const peers::Outgoing& each : all) {
    if (each.kind != peers::OutgoingKind::kExport) continue;
    const fs::path copy(each.to);
    std::error_code code;
    for (auto at = fs::directory_iterator(copy.parent_path(), code);
         !code && at != fs::directory_iterator(); at.increment(code)) {
      if (is_beside(at->path().filename().string(), copy.filename().string()) &&
          has_copy_files_only(at->path()))
        out.insert(at->path());
    }
  }
  return std::vector<fs::path>(out.begin(), out.end());
}

Result<std::vector<fs::path>> find_interrupted_disclosures(node::Node& node) {
  std::set<fs::path> out;
  CUNJU_TRY(const std::vector<peers::Outgoing> all, node.bundle_book().outgoing());
  for (const peers::Outgoing& each : all)
    if (each.kind == peers::OutgoingKind::kExport && is_cut_off_disclosure(each.to))
      out.insert(each.to);
  return std::vector<fs::path>(out.begin(), out.end());
}

Result<void> warn_of_interrupted_copies(const Invocation& call, node::Node& node) {
  CUNJU_TRY(const std::vector<fs::path> all, find_interrupted_copies(node));
  for (const fs::path& each : all)
    call.terminal.warn({"有一份没写完的本人副本，未加密，请删除整个文件夹：" + each.string(),
                        "A copy for a person was cut off in the middle, and is not encrypted; "
                        "delete the whole folder: " +
                            each.string()});
  return ok();
}

}  // namespace cunju::cli
