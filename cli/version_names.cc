// SPDX-License-Identifier: Apache-2.0
#include "cli/version_names.h"

#include <algorithm>
#include <utility>

namespace cunju::cli {
namespace {

constexpr std::size_t kLeastDigits = 4;

std::string joined(const registry::VersionName& version, bool whole) {
  std::string out;
  for (const ChangeId& id : version.heads)
    out += (out.empty() ? "" : "+") + (whole ? id.hex() : short_id(id.hex()));
  return version.mark.empty() ? out : out + "-" + version.mark;
}

Result<ChangeId> find_head(const Invocation& call, std::span<const TextChange> changes,
                           const std::string& prefix) {
  if (prefix.size() < kLeastDigits) {
    return refused(call, Errc::kInvalidArgument,
                   {"版本号每段至少 4 位：" + prefix,
                    "a version's ids have 4 or more digits each: " + prefix});
  }
  const TextChange* found = nullptr;
  for (const TextChange& change : changes) {
    if (!change.id.hex().starts_with(prefix)) continue;
    if (found != nullptr) {
      return refused(call, Errc::kConflict,
                     {"有几版的编号都这样开头，请多写几位：" + prefix,
                      "several versions begin so, give more digits: " + prefix});
    }
    found = &change;
  }
  if (found != nullptr) return found->id;
  return refused(call, Errc::kNotFound,
                 {"这条记录没有这一版：" + prefix, "this record has no version " + prefix});
}

Result<registry::VersionName> parse_version(const Invocation& call,
                                            std::span<const TextChange> changes,
                                            std::string_view text) {
  registry::VersionName out;
  std::string_view heads = text;
  if (const std::size_t dash = text.find('-'); dash != std::string_view::npos) {
    heads = text.substr(0, dash);
    out.mark = text.substr(dash + 1);
    if (out.mark.size() != registry::kMarkDigits || !parse_hex(out.mark)) {
      return refused(
          call, Errc::kInvalidArgument,
          {"版本号没有写全，“-”后面要有 16 位：" + std::string(text),
           "the version is not whole, 16 digits stand behind \"-\": " + std::string(text)});
    }
  }
  for (bool is_last = false; !is_last;) {
    const std::size_t end = heads.find('+');
    is_last = end == std::string_view::npos;
    CUNJU_TRY(const ChangeId id, find_head(call, changes, std::string(heads.substr(0, end))));
    out.heads.push_back(id);
    if (!is_last) heads.remove_prefix(end + 1);
  }
  std::ranges::sort(out.heads);
  out.heads.erase(std::unique(out.heads.begin(), out.heads.end()), out.heads.end());
  return out;
}

/// The words for these kinds of error say less.
void explain_difference(const Invocation& call, std::string_view text) {
  const std::string version(text);
  call.terminal.explain_whole(
      {.what = {"您看过这一版以后，名册有变，其中有人的修改被剔除或恢复了，文字已不是您看到的：" +
                    version,
                "After you were shown this version the roster changed, and somebody's changes were "
                "taken out of it or put back; it does not say what you read: " +
                    version},
       .safe = {"没有写入任何内容，您的文件没有动。",
                "Nothing was written, and your file is as it was."},
       .next = {"请重新看一遍现在的文字，再用那里写的版本号。",
                "Show the text again as it is now, and use the version that is printed there."}});
}

void explain_late(const Invocation& call, std::string_view text) {
  const std::string version(text), list = call.terminal.command("late list");
  call.terminal.explain_whole(
      {.what = {"这一版是迟到、没有生效的修改，照着它改，它的话也不会进入文字：" + version,
                "This version is a late change that is not in force, and what is written on it "
                "would not have its words: " +
                    version},
       .safe = {"没有写入任何内容，您的文件没有动。",
                "Nothing was written, and your file is as it was."},
       .next = {"请照着现在的文字改；迟到的修改先请有权限的人采纳：" + list,
                "Write on the text as it is now; a late change is first admitted by somebody with "
                "the right to: " +
                    list}});
}

}  // namespace

std::string short_version(const registry::VersionName& version) { return joined(version, false); }
std::string whole_version(const registry::VersionName& version) { return joined(version, true); }

Result<registry::VersionName> name_version(const registry::Seen& seen,
                                           const registry::VersionedRecord& record) {
  const RecordTexts texts(record.registry, record.changes);
  CUNJU_TRY(const TextsAt told, texts.at({.heads = seen.heads, .left_out = &seen.left_out}));
  return registry::VersionName{.heads = seen.heads,
                               .mark = registry::left_out_mark(told.left_out())};
}

Result<registry::VersionName> name_version_now(const registry::VersionedRecord& record) {
  CUNJU_TRY(std::string mark, registry::mark_of_now(record));
  return registry::VersionName{.heads = registry::seen_of(record.now).heads,
                               .mark = std::move(mark)};
}

Result<registry::Seen> find_version(const Invocation& call, const registry::VersionedRecord& record,
                                    std::string_view text, registry::VersionUse use) {
  CUNJU_TRY(const registry::VersionName name, parse_version(call, record.changes, text));
  Result<registry::Seen> seen = registry::read_version(name, use, record);
  if (seen.has_error() && seen.error().code == Errc::kConflict) explain_difference(call, text);
  if (seen.has_error() && seen.error().code == Errc::kInvalidArgument) explain_late(call, text);
  return seen;
}

}  // namespace cunju::cli
