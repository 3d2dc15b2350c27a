// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"

#include <boost/json/array.hpp>

#include "node/registry/import_report.h"
#include "node/registry/validate.h"

namespace cunju::cli {
namespace {

void show_findings(Terminal& terminal, const registry::Definition* definition,
                   const registry::Findings& findings) {
  const registry::Definition none;
  for (const registry::Finding& finding : findings) {
    std::string line = registry::finding_line(finding, definition == nullptr ? none : *definition,
                                              terminal.language);
    bool is_error = finding.severity == registry::Severity::kError;
    Label mark = is_error ? Label{"错误：", "error: "} : Label{"提醒：", "note: "};
    terminal.warn({mark.zh + line, mark.en + line});
  }
}

}  // namespace

Result<Book> open_book(node::Node& node, const SpaceId& space) {
  CUNJU_TRY(registry::Catalog catalog, registry::Catalog::load(node.replica(), space));
  Book book{.space = space,
            .catalog = std::make_unique<registry::Catalog>(std::move(catalog)),
            .records = nullptr};
  book.records = std::make_unique<registry::RecordBook>(node.replica(), *book.catalog, space);
  return book;
}

Result<FoundRecord> find_record(node::Node& node, const Invocation& call, std::string_view registry,
                                std::string_view id) {
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(node, call));
  std::optional<FoundRecord> out;
  Error missing{Errc::kNotFound, std::string(id)};
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(node, space));
    Result<registry::RecordRow> row = book.records->find(id, registry);
    if (row.has_error() && row.error().code == Errc::kNotFound) continue;
    if (row.has_error()) return row.error();
    if (out) return fail(Errc::kConflict, "--space: " + std::string(id));
    out = FoundRecord{.book = std::move(book), .row = std::move(row).value()};
  }
  if (!out) return missing;
  return std::move(*out);
}

registry::Act act_of(const node::Node& node) {
  return {.author = node.unlocked().author, .claimed_ms = node::Node::now_ms(), .today = today()};
}

std::string shown(const registry::Definition* definition, std::string_view field,
                  const Value& value, Language language) {
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  if (known != nullptr) return registry::format_value(*known, value, language);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  if (const auto* bytes = std::get_if<Bytes>(&value)) return to_hex(*bytes);
  return Label{"（空）", "(empty)"}.in(language);
}

std::string field_label(const registry::Definition* definition, std::string_view field,
                        Language language) {
  const registry::FieldDefinition* known =
      definition == nullptr ? nullptr : definition->find_field(field);
  return known == nullptr ? std::string(field) : known->label.in(language);
}

Result<ExitCode> report_saved(Invocation& call, node::Node& node, const Book& book,
                              std::string_view registry, const Result<registry::Saved>& saved) {
  const registry::Definition* definition = book.catalog->find(registry);
  if (saved.has_error()) {
    show_findings(call.terminal, definition, book.records->refusal());
    return saved.error();
  }
  node.wake_server();
  show_findings(call.terminal, definition, saved.value().findings);
  const std::string id = saved.value().record.hex();
  if (saved.value().change) {
    call.terminal.say({"已保存 " + id, "saved " + id});
  } else {
    call.terminal.say({"没有变化 " + id, "unchanged " + id});
  }
  boost::json::array findings;
  for (const registry::Finding& finding : saved.value().findings)
    findings.push_back(boost::json::object{{"code", finding.code}, {"field", finding.field}});
  call.terminal.object({{"id", id},
                        {"space", book.space.hex()},
                        {"saved", saved.value().change.has_value()},
                        {"findings", findings}});
  return ExitCode::kOk;
}

}  // namespace cunju::cli
