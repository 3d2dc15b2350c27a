// SPDX-License-Identifier: Apache-2.0
#include "cli/branch_choice.h"

#include <algorithm>

#include "node/council/roster_acts.h"

namespace cunju::cli {
namespace {

/// A branch and the log that it is of.
struct Meant {
  AuthorKey author;
  ChangeId head;
};

Result<void> require_digits(const Invocation& call, const std::string& prefix) {
  if (prefix.size() >= council::kFewestDigits) return ok();
  const std::string fewest = std::to_string(council::kFewestDigits);
  return refused(call, Errc::kInvalidArgument,
                 {"分支编号至少写开头 " + fewest + " 位",
                  "a branch by its first " + fewest + " digits or more"});
}

Result<Meant> find_meant(const Invocation& call, const std::vector<Meant>& all,
                         const std::string& prefix) {
  CUNJU_TRYV(require_digits(call, prefix));
  std::vector<Meant> found;
  for (const Meant& one : all)
    if (one.head.hex().starts_with(prefix)) found.push_back(one);
  const std::string list = call.terminal.command("key list");
  if (found.size() > 1)
    return refused(call, Errc::kConflict,
                   {"有几支都以 " + prefix + " 开头，请多写几位",
                    "several branches begin with " + prefix + ", write more of it"});
  if (found.empty())
    return refused(
        call, Errc::kNotFound,
        {"没有分支 " + prefix + "（" + list + "）", "branch " + prefix + " (" + list + ")"});
  return found.front();
}

Result<std::vector<Meant>> branches_of(node::Node& node, const SpaceId& space,
                                       const AuthorKey& author) {
  CUNJU_TRY(const std::vector<replica::Branch> branches, node.replica().branches(space, author));
  std::vector<Meant> out;
  for (const replica::Branch& branch : branches) out.push_back({author, branch.head});
  return out;
}

}  // namespace

Result<void> require_branch(const Invocation& call, node::Node& node, const SpaceId& space,
                            const AuthorKey& author, const std::map<AuthorKey, ChangeId>& chosen) {
  CUNJU_TRY(const std::vector<replica::Branch> branches, node.replica().branches(space, author));
  const bool stands_somewhere = std::ranges::any_of(
      branches, [](const replica::Branch& branch) { return branch.standing > branch.from.value; });
  if (branches.size() < 2 || stands_somewhere || chosen.contains(author)) return ok();
  const std::string key = short_id(author.hex()), list = call.terminal.command("key list");
  return refused(
      call, Errc::kInvalidArgument,
      {"钥匙 " + key + " 分叉了，请用 --branch 写明以哪一支为准（" + list + "）",
       "key " + key + " is forked: --branch says which branch is to stand (" + list + ")"});
}

Result<std::optional<ChangeId>> read_branch(const Invocation& call, node::Node& node,
                                            const SpaceId& space, const AuthorKey& author) {
  const std::optional<std::string> prefix = call.value("--branch");
  if (!prefix) {
    CUNJU_TRYV(require_branch(call, node, space, author, {}));
    return std::optional<ChangeId>();
  }
  CUNJU_TRY(const std::vector<Meant> all, branches_of(node, space, author));
  CUNJU_TRY(const Meant meant, find_meant(call, all, *prefix));
  return std::optional(meant.head);
}

Result<std::map<AuthorKey, ChangeId>> read_branches(const Invocation& call, node::Node& node,
                                                    const SpaceId& space) {
  std::map<AuthorKey, ChangeId> out;
  const std::vector<std::string> prefixes = call.values("--branch");
  if (prefixes.empty()) return out;
  CUNJU_TRY(const auto forks, node.replica().forks(space));
  std::vector<Meant> all;
  for (const auto& [author, point] : forks) {
    CUNJU_TRY(const std::vector<Meant> some, branches_of(node, space, author));
    all.insert(all.end(), some.begin(), some.end());
  }
  for (const std::string& prefix : prefixes) {
    CUNJU_TRY(const Meant meant, find_meant(call, all, prefix));
    if (!out.emplace(meant.author, meant.head).second) {
      const std::string key = short_id(meant.author.hex());
      return refused(call, Errc::kInvalidArgument,
                     {"--branch " + prefix + "：同一把钥匙 " + key + " 写了两支",
                      "--branch " + prefix + ": key " + key + " has a branch already"});
    }
  }
  return out;
}

}  // namespace cunju::cli
