// SPDX-License-Identifier: Apache-2.0
#include "cli/hidden_parts.h"

#include <set>

#include "node/council/scope_acts.h"
#include "node/registry/field_scope.h"
#include "node/registry/scope_moves.h"

namespace cunju::cli {

Result<HiddenByScope> count_hidden(node::Node& node, const SpaceId& space) {
  HiddenByScope out;
  const Result<std::shared_ptr<const Roster>> roster = node.replica().roster(space);
  CUNJU_TRY(const auto readable, node.replica().readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, node.replica().scopes(space));
  for (const replica::ScopeStatus& status : all) {
    const std::uint64_t parts = readable.contains(status.scope) ? status.sealed : status.parts;
    if (parts == 0) continue;
    HiddenCount& count =
        out[status.name.empty() ? std::to_string(status.scope.value) : status.name];
    count.parts += parts;
    if (roster.has_value())
      count.closed += council::closed_parts(*roster.value(), status, node.replica().own_devices());
  }
  return out;
}

Result<HiddenByScope> count_hidden_of(node::Node& node, const Book& book,
                                      const std::string& registry) {
  CUNJU_TRY(HiddenByScope out, count_hidden(node, book.space));
  if (out.empty()) return out;
  std::set<std::string> scopes;
  for (std::string& scope : registry::scopes_of(book.catalog->find(registry)))
    scopes.insert(std::move(scope));
  CUNJU_TRY(std::vector<std::string> before,
            registry::scopes_ever(node.replica(), book.space, registry));
  for (std::string& scope : before) scopes.insert(std::move(scope));
  std::erase_if(out, [&](const auto& each) { return !scopes.contains(each.first); });
  return out;
}

Label hidden_label(const HiddenByScope& hidden) {
  Label out;
  for (const auto& [scope, parts] : hidden) {
    const std::string count = std::to_string(parts.parts), closed = std::to_string(parts.closed);
    out.zh += (out.zh.empty() ? "" : "、") + scope + " " + count + " 份";
    out.en += (out.en.empty() ? "" : ", ") + scope + " " + count;
    if (parts.closed == 0) continue;
    out.zh += "（其中 " + closed + " 份是您加入以前的，按规定不给）";
    out.en += " (" + closed + " from before your time, which the policy keeps from you)";
  }
  return out;
}

boost::json::object hidden_json(const HiddenByScope& hidden) {
  boost::json::object out;
  for (const auto& [scope, parts] : hidden) out.emplace(scope, parts.parts);
  return out;
}

boost::json::object closed_json(const HiddenByScope& hidden) {
  boost::json::object out;
  for (const auto& [scope, parts] : hidden)
    if (parts.closed > 0) out.emplace(scope, parts.closed);
  return out;
}

}  // namespace cunju::cli
