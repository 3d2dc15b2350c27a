// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <charconv>

#include "cli/edits.h"
#include "cli/hidden_parts.h"
#include "cli/record_lookup.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--where",
     "TEST",
     {"条件，可重复：字段=值 字段!=值 字段~包含 字段<值 字段>值",
      "condition, repeatable: FIELD=V FIELD!=V FIELD~CONTAINS FIELD<V FIELD>V"}},
    {"--sort",
     "FIELD",
     {"排序字段，可重复；前加 - 为倒序", "field to sort by, repeatable; -FIELD descends"}},
    {"--columns", "A,B", {"显示哪些字段", "which fields to show"}},
    {"--limit", "N", {"最多几条", "at most this many"}},
    {"--offset", "N", {"跳过前几条", "leave out this many first"}},
    {"--deleted", "", {"也列出已删除的", "deleted records too"}},
};

/// Registers of a village fit a screen only in part; more is asked for with --limit.
constexpr std::size_t kScreenRows = 200;

Result<std::size_t> number_option(const Invocation& call, std::string_view name,
                                  std::size_t otherwise) {
  std::optional<std::string> text = call.value(name);
  if (!text) return otherwise;
  std::size_t out = 0;
  auto [end, code] = std::from_chars(text->data(), text->data() + text->size(), out);
  if (code != std::errc() || end != text->data() + text->size())
    return fail(Errc::kInvalidArgument, std::string(name) + " " + *text);
  return out;
}

Result<registry::ListQuery> read_query(const Invocation& call) {
  registry::ListQuery query;
  for (const std::string& word : call.values("--where"))
    query.filters.push_back(parse_filter(word));
  for (std::size_t i = 1; i < call.arguments.size(); ++i)
    query.filters.push_back(parse_filter(call.arguments[i]));
  for (const std::string& field : call.values("--sort")) {
    bool descending = field.starts_with("-");
    query.sort.push_back({.field = field.substr(descending ? 1 : 0), .descending = descending});
  }
  query.with_deleted = call.has("--deleted");
  CUNJU_TRY(query.limit, number_option(call, "--limit", call.terminal.json ? 0 : kScreenRows));
  CUNJU_TRY(query.offset, number_option(call, "--offset", 0));
  return query;
}

/// Agenda items and the like are read with their own verbs; a table has no room for them.
bool is_text(const registry::Definition* definition, std::string_view field) {
  if (definition == nullptr) return false;
  const auto found = std::ranges::find(definition->fields, field.substr(0, field.find('.')),
                                       &registry::FieldDefinition::id);
  return found != definition->fields.end() && found->kind == registry::FieldKind::kText;
}

std::vector<std::string> columns_of(const Invocation& call, const registry::Definition* definition,
                                    const std::vector<registry::RecordRow>& rows) {
  std::vector<std::string> out;
  if (auto given = call.value("--columns")) {
    for (std::size_t at = 0; at <= given->size();) {
      std::size_t comma = std::min(given->find(',', at), given->size());
      std::string field = given->substr(at, comma - at);
      if (comma > at) out.push_back(definition == nullptr ? field : definition->resolve(field));
      at = comma + 1;
    }
    return out;
  }
  if (definition != nullptr) out = definition->display;
  // Display columns that no record has say nothing; records of foreign tables show what they have.
  std::erase_if(out, [&](const std::string& field) {
    return std::ranges::none_of(rows, [&](const auto& row) { return row.find(field) != nullptr; });
  });
  constexpr std::size_t kFewColumns = 6;
  for (const registry::RecordRow& row : rows) {
    for (const auto& [field, value] : row.values) {
      if (out.size() >= kFewColumns) return out;
      if (!is_text(definition, field) && std::ranges::find(out, field) == out.end())
        out.push_back(field);
    }
  }
  return out;
}

void show_table(Invocation& call, const Book& book, const registry::RecordPage& page) {
  Terminal& terminal = call.terminal;
  const registry::Definition* definition = book.catalog->find(call.arguments[0]);
  std::vector<std::string> columns = columns_of(call, definition, page.rows);
  std::vector<std::vector<std::string>> table;
  std::vector<std::string> header{Label{"编号", "id"}.in(terminal.language)};
  for (const std::string& field : columns)
    header.push_back(field_label(definition, field, terminal.language));
  table.push_back(header);
  for (const registry::RecordRow& row : page.rows) {
    std::vector<std::string> line{short_id(row.id.hex()) + (row.has_conflict ? "!" : "")};
    for (const std::string& field : columns) {
      std::string cell;
      for (const auto& [name, value] : row.values) {
        if (name == field)
          cell += (cell.empty() ? "" : "；") + shown(definition, field, value, terminal.language);
      }
      line.push_back(cell);
    }
    table.push_back(line);
  }
  terminal.table(table);
}

/// `status` counts every record that there ever was; what is not listed is said, or the two would
/// seem to differ.
Result<void> say_not_listed(const Invocation& call, node::Node& node, const SpaceId& space,
                            const registry::ListQuery& query, std::size_t listed) {
  if (!query.filters.empty()) return ok();
  CUNJU_TRY(const auto counts, node.replica().registries(space));
  const auto counted = counts.find(call.arguments[0]);
  if (counted == counts.end() || counted->second <= listed) return ok();
  const std::string more = std::to_string(counted->second - listed);
  call.terminal.say(
      {"另有 " + more + " 条已销毁、" + (query.with_deleted ? "" : "已删除、") +
           "已隐藏（有人要求删除或限制），或本机看不到，不列出（status 的数目含这些）",
       more + " more are destroyed, " + (query.with_deleted ? "" : "deleted, ") +
           "hidden (asked to be erased, or restricted), or can't be read here, and "
           "are not listed; status counts them as well"});
  return ok();
}

/// What may be of this register and can't be read here: an empty list is not an empty register. No
/// object of it: programs count the records by the lines, and read it from `status`.
Result<void> warn_of_hidden(const Invocation& call, node::Node& node, const Book& book) {
  CUNJU_TRY(const HiddenByScope hidden, count_hidden_of(node, book, call.arguments[0]));
  if (hidden.empty()) return ok();
  const Label by_scope = hidden_label(hidden);
  call.terminal.warn(
      {"另有保密内容，您在这里看不到（按范围：" + by_scope.zh +
           "）：其中哪些、几条是这个登记簿的，看不到的人无从知道",
       "There is confidential content that you can't read here (by scope, parts: " + by_scope.en +
           "): which of it is of this register, and how many records, nobody can tell who does not "
           "read it"});
  return ok();
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(registry::ListQuery query, read_query(call));
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(std::vector<SpaceId> spaces, chosen_spaces(*node, call));
  Terminal& terminal = call.terminal;
  for (const SpaceId& space : spaces) {
    CUNJU_TRY(Book book, open_book(*node, space));
    CUNJU_TRY(registry::RecordPage page, book.records->list(call.arguments[0], query));
    if (spaces.size() > 1) terminal.line(space_name(*node, space));
    if (!page.rows.empty()) show_table(call, book, page);
    terminal.say({"共 " + std::to_string(page.total) + " 条" +
                      (page.rows.size() < page.total
                           ? "，显示 " + std::to_string(page.rows.size()) + " 条（--limit）"
                           : ""),
                  std::to_string(page.total) + " records" +
                      (page.rows.size() < page.total
                           ? ", " + std::to_string(page.rows.size()) + " shown (--limit)"
                           : "")});
    CUNJU_TRYV(say_not_listed(call, *node, space, query, page.total));
    for (const registry::RecordRow& row : page.rows) {
      if (!terminal.json) break;
      boost::json::object object = registry::row_json(row);
      object["space"] = space.hex();
      terminal.object(object);
    }
    CUNJU_TRYV(warn_of_hidden(call, *node, book));
  }
  return ExitCode::kOk;
}

}  // namespace

const Verb kListVerb{
    .name = "list",
    .arguments = "REGISTRY [TEST...]",
    .min_arguments = 1,
    .max_arguments = kAny,
    .summary = {"列出、筛选、排序一个登记簿", "list, filter and sort a registry"},
    .details = {"登记簿：minutes 会议记录、votes 表决、mediation 调解、rental 出租房屋、tenancy "
                "租住、requests 个人信息请求、disclosures 披露登记、import 导入。",
                "Registries: minutes, votes, mediation, rental, tenancy, requests, disclosures, "
                "import and those of the space."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
