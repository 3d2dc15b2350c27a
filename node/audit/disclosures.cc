// SPDX-License-Identifier: Apache-2.0
#include "node/audit/disclosures.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace cunju::audit {
namespace {

using registry::Edit;
using registry::EditAction;

std::string text_in(const registry::RecordRow& row, std::string_view field) {
  const Value* value = row.find(field);
  const auto* text = value == nullptr ? nullptr : std::get_if<std::string>(value);
  return text == nullptr ? std::string() : *text;
}

std::set<std::string> texts_in(const registry::RecordRow& row, std::string_view field) {
  std::set<std::string> out;
  for (const auto& [name, value] : row.values) {
    const auto* text = name == field ? std::get_if<std::string>(&value) : nullptr;
    if (text != nullptr) out.insert(*text);
  }
  return out;
}

}  // namespace

std::vector<Edit> edits_of(const Disclosure& disclosure, registry::Date today) {
  std::vector<Edit> out;
  const auto set = [&](std::string_view field, const std::string& text) {
    if (!text.empty())
      out.push_back({.field = std::string(field), .action = EditAction::kSet, .text = text});
  };
  const auto add = [&](std::string_view field, const std::set<std::string>& texts) {
    for (const std::string& text : texts)
      out.push_back({.field = std::string(field), .action = EditAction::kAdd, .text = text});
  };
  set("on", disclosure.on.empty() ? registry::format_date(today) : disclosure.on);
  set("kind", disclosure.kind);
  set("recipient_kind", disclosure.recipient_kind);
  set("recipient", disclosure.recipient);
  set("recipient_person", disclosure.recipient_person);
  set("purpose", disclosure.purpose);
  set("legal_basis", disclosure.legal_basis);
  add("registries", disclosure.registries);
  add("fields", disclosure.fields);
  add("records", disclosure.records);
  set("request", disclosure.request);
  set("until", disclosure.until);
  set("copy", disclosure.copy);
  return out;
}

Disclosure read_disclosure(const registry::RecordRow& row) {
  return {.id = row.id,
          .on = text_in(row, "on"),
          .kind = text_in(row, "kind"),
          .recipient_kind = text_in(row, "recipient_kind"),
          .recipient = text_in(row, "recipient"),
          .purpose = text_in(row, "purpose"),
          .legal_basis = text_in(row, "legal_basis"),
          .registries = texts_in(row, "registries"),
          .fields = texts_in(row, "fields"),
          .records = texts_in(row, "records"),
          .recipient_person = text_in(row, "recipient_person"),
          .request = text_in(row, "request"),
          .until = text_in(row, "until"),
          .copy = text_in(row, "copy")};
}

Result<std::vector<Disclosure>> read_disclosures(registry::RecordBook& records) {
  CUNJU_TRY(const registry::RecordPage page, records.list(kDisclosuresRegistry, {}));
  std::vector<Disclosure> out;
  for (const registry::RecordRow& row : page.rows) out.push_back(read_disclosure(row));
  std::ranges::sort(out, [](const Disclosure& a, const Disclosure& b) {
    return std::tie(a.on, a.id) < std::tie(b.on, b.id);
  });
  return out;
}

bool concerns(const Disclosure& disclosure, const std::set<std::string>& registries) {
  if (registries.empty() || disclosure.registries.empty()) return true;
  return std::ranges::any_of(disclosure.registries,
                             [&](const std::string& one) { return registries.contains(one); });
}

bool concerns(const Disclosure& disclosure, const std::string& registry, const RecordId& record) {
  if (!disclosure.records.empty())
    return disclosure.records.contains(registry + "/" + record.hex());
  return concerns(disclosure, std::set<std::string>{registry});
}

bool is_out(const Disclosure& disclosure) {
  return disclosure.kind != kOralKind && disclosure.kind != kGrantKind &&
         disclosure.copy != "returned" && disclosure.copy != "destroyed";
}

bool is_outside_role(std::string_view role) {
  constexpr std::array<std::string_view, 2> kOutside = {"office", "auditor"};
  return std::ranges::find(kOutside, role) != kOutside.end();
}

std::vector<Grant> find_grants(const Roster& roster) {
  std::vector<Grant> out;
  for (const auto& [id, member] : roster.members) {
    for (const RoleGrant& granted : member.roles) {
      if (!is_outside_role(granted.role)) continue;
      Grant grant{.member = id,
                  .name = member.name,
                  .role = granted.role,
                  .term_from = granted.term_from,
                  .term_until = granted.term_until,
                  .registries = {},
                  .scopes = {}};
      for (const auto& [line, rights] : roster.policy) {
        const auto& [role, registry] = line;
        const bool is_scope = registry.starts_with(kScopeRegistryPrefix);
        const bool reads = (rights & kRead) != 0 || (is_scope && (rights & kReadFromNow) != 0);
        if (role != granted.role || !reads) continue;
        if (registry == "*") {
          grant.reads_all = true;
        } else if (is_scope) {
          grant.scopes.insert(registry.substr(kScopeRegistryPrefix.size()));
        } else if (!is_registry_of_program(registry) && registry != kRosterRegistry &&
                   registry != kDefinitionRegistry) {
          grant.registries.insert(registry);
        }
      }
      out.push_back(std::move(grant));
    }
  }
  return out;
}

}  // namespace cunju::audit
