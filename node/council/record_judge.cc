// SPDX-License-Identifier: Apache-2.0
#include "node/council/record_judge.h"

#include "node/registry/field_scope.h"
#include "node/registry/scope_moves.h"

namespace cunju::council {

std::uint64_t UnreadParts::of(const std::set<std::string>& scopes) const {
  if (scopes.empty()) return 0;
  std::uint64_t out = elsewhere;
  for (const std::string& scope : scopes) {
    const auto count = by_scope.find(scope);
    if (count != by_scope.end()) out += count->second;
  }
  return out;
}

Result<UnreadParts> count_unread_parts(replica::Replica& replica, const SpaceId& space) {
  UnreadParts out;
  CUNJU_TRY(const auto readable, replica.readable_scopes(space));
  CUNJU_TRY(const std::vector<replica::ScopeStatus> all, replica.scopes(space));
  for (const replica::ScopeStatus& each : all) {
    const std::uint64_t unread =
        readable.contains(each.scope) ? each.sealed + each.unreadable : each.parts;
    (each.name.empty() ? out.elsewhere : out.by_scope[each.name]) += unread;
  }
  CUNJU_TRY(const replica::PartsStanding standing, replica.parts_standing(space));
  out.elsewhere += standing.lacking + standing.withheld;
  return out;
}

Result<std::set<std::string>> scopes_of_records(replica::Replica& replica,
                                                const registry::Catalog& catalog,
                                                const SpaceId& space, std::string_view registry) {
  CUNJU_TRY(const std::vector<std::string> ever, registry::scopes_ever(replica, space, registry));
  std::set<std::string> out(ever.begin(), ever.end());
  for (std::string& scope : registry::scopes_of(catalog.find(registry)))
    out.insert(std::move(scope));
  return out;
}

Result<RecordJudge> RecordJudge::load(replica::Replica& replica, const SpaceId& space,
                                      const registry::RetentionRules& rules, registry::Date today) {
  CUNJU_TRY(UnreadParts unread, count_unread_parts(replica, space));
  return RecordJudge(rules, std::move(unread), today);
}

registry::RetentionVerdict RecordJudge::judge(std::string_view registry,
                                              const registry::FieldValues& values) const {
  registry::RetentionVerdict out = rules_->judge(registry, values, today_);
  const bool is_for_ever = out.is_kept && !out.until;
  const std::uint64_t unread = unread_.of(rules_->period_scopes(registry));
  if (is_for_ever || unread == 0) return out;
  const std::string count = std::to_string(unread);
  return {.is_kept = true,
          .until = std::nullopt,
          .why = {"保管期限按保密内容计算，有 " + count + " 处本机看不到，期限不明，按保留处理",
                  "its period counts from what is confidential, of which " + count +
                      " parts can't be read here: until when is not known, so it is kept"},
          .before = std::move(out.before)};
}

}  // namespace cunju::council
