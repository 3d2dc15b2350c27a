// SPDX-License-Identifier: Apache-2.0
#include "cli/record_lookup.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "node/registry/attachment_text.h"
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

/// What the roster does not allow, for a person.
Label writing_in(const Book& book, std::string_view registry) {
  const registry::Definition* definition = book.catalog->find(registry);
  const std::string id(registry);
  if (definition == nullptr) return {"写“" + id + "”", "write in " + id};
  return {"写“" + definition->label.zh + "”",
          "write in " + std::string(definition->label.in(Language::kEnglish))};
}

}  // namespace

Error refused(const Invocation& call, Errc code, Label reason) {
  call.terminal.explain(reason);
  return {code, std::move(reason.en)};
}

void explain_refusal(Invocation& call, const Book& book, std::string_view registry) {
  const registry::Findings& findings = book.records->refusal();
  if (findings.empty()) return;
  const registry::Definition none;
  const registry::Definition* known = book.catalog->find(registry);
  const registry::Definition& definition = known == nullptr ? none : *known;
  call.terminal.explain({registry::finding_line(findings.front(), definition, Language::kChinese),
                         registry::finding_line(findings.front(), definition, Language::kEnglish)});
}

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
  const Error missing{Errc::kNotFound, std::string(id)};
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(node, space));
    Result<registry::RecordRow> row = book.records->find(id, registry);
    if (row.has_error() && row.error().code == Errc::kNotFound) continue;
    if (row.has_error()) {
      if (const registry::Findings& why = book.records->refusal(); !why.empty())
        call.terminal.explain(why.front().text);
      return row.error();
    }
    if (out) {
      return refused(call, Errc::kConflict,
                     {"几个村都有编号这样开头的记录，请加 --space：" + std::string(id),
                      "records of several spaces begin so, give --space: " + std::string(id)});
    }
    out = FoundRecord{.book = std::move(book), .row = std::move(row).value()};
  }
  if (!out) return missing;
  return std::move(*out);
}

Result<void> require_writer(const Invocation& call, node::Node& node, const Book& book,
                            std::string_view registry) {
  CUNJU_TRY(std::shared_ptr<const Roster> roster, node.replica().roster(book.space));
  if (roster->may(node.unlocked().author.author(), registry, kWrite)) return ok();
  return refused(call, Errc::kPermission, writing_in(book, registry));
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
  if (const auto* bytes = std::get_if<Bytes>(&value)) return registry::bytes_text(*bytes);
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
    const registry::Findings& why = book.records->refusal();
    if (why.size() > 1) show_findings(call.terminal, definition, why);
    if (saved.error().code == Errc::kPermission) call.terminal.explain(writing_in(book, registry));
    explain_refusal(call, book, registry);
    return saved.error();
  }
  node.wake_server();
  show_findings(call.terminal, definition, saved.value().findings);
  if (std::ranges::find(saved.value().findings, registry::kUnreadMerge, &registry::Finding::code) !=
      saved.value().findings.end()) {
    const std::string command = call.terminal.command("conflicts");
    call.terminal.warn({"看合并前各自写的：" + command, "what each of them wrote: " + command});
  }
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
