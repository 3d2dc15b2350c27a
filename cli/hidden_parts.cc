// SPDX-License-Identifier: Apache-2.0
#include "cli/hidden_parts.h"

#include <set>

#include "node/registry/field_scope.h"
#include "node/registry/scope_moves.h"

namespace cunju::cli {

Result<HiddenByScope> count_hidden(node::Node& node, const SpaceId& space) {
  HiddenByScope out;
  CUNJU_TRY(const auto readable, node.replica().readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, node.replica().scopes(space));
  for (const replica::ScopeStatus& status : all) {
    const std::uint64_t parts = readable.contains(status.scope) ? status.sealed : status.parts;
    if (parts > 0)
      out[status.name.empty() ? std::to_string(status.scope.value) : status.name] += parts;
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
    const std::string count = std::to_string(parts);
    out.zh += (out.zh.empty() ? "" : "、") + scope + " " + count + " 份";
    out.en += (out.en.empty() ? "" : ", ") + scope + " " + count;
  }
  return out;
}

boost::json::object hidden_json(const HiddenByScope& hidden) {
  boost::json::object out;
  for (const auto& [scope, parts] : hidden) out.emplace(scope, parts);
  return out;
}

}  // namespace cunju::cli
