// SPDX-License-Identifier: Apache-2.0
#include "node/audit/tables.h"

#include <algorithm>
#include <array>
#include <numeric>

#include "crdt/roster/replication_names.h"
#include "node/audit/csv_table.h"
#include "node/audit/json_text.h"
#include "node/audit/record_json.h"
#include "node/registry/field_scope.h"

namespace cunju::audit {
namespace {

using registry::Language;

std::string scope_name(const replay::Replay& replay, Scope scope) {
  if (!replay.roster) return {};
  const auto found = replay.roster->scopes.find(scope);
  return found == replay.roster->scopes.end() ? std::string() : found->second.name;
}

/// The records of each registry, ascending. What the open scope says decides which one a record is
/// of, or else the first of the scopes that are shown.
std::map<std::string, std::vector<ShownRecord>> group_records(const replay::Replay& replay) {
  std::map<std::string, std::vector<ShownRecord>> out;
  std::vector<ShownRecord>* last = nullptr;  // Where the views' last record was put.
  for (const auto& [place, view] : replay.views) {
    // Statements and keys of scopes are in the logs, and are no records for people.
    // Neither is what was erased.
    if (view.registry.empty() || (view.state.is_empty() && view.others.empty()) ||
        is_registry_of_program(view.registry))
      continue;
    // A record's views follow each other, the open one first.
    if (last == nullptr || last->back().id != place.record) {
      last = &out[view.registry];
      last->push_back({.id = place.record, .open = nullptr, .disclosed = {}});
    }
    if (place.scope == kOpenScope) {
      last->back().open = &view;
    } else {
      last->back().disclosed.push_back({place.scope, scope_name(replay, place.scope), &view});
    }
  }
  return out;
}

/// Whether the record is deleted is said in the scope of its registry, as far as that is shown.
bool is_deleted(const ShownRecord& record, const registry::Definition* definition) {
  const std::string home = registry::home_scope(definition);
  for (const DisclosedView& each : record.disclosed)
    if (!home.empty() && each.name == home) return each.view->state.is_deleted();
  return record.open != nullptr && record.open->state.is_deleted();
}

TextFile make_heads(const replay::Replay& replay) {
  JsonText out;
  out.open_object().key("heads").open_array();
  for (const auto& [author, tips] : replay.heads) {
    for (const Head& tip : tips) {
      out.line().open_object().key("author").string(author.hex());
      out.key("seq").count(tip.dot.seq.value).key("change").string(tip.id.hex()).close_object();
    }
  }
  out.end_lines().close_array().key("roster").open_array();
  for (const ChangeId& head : replay.roster_heads) out.line().string(head.hex());
  out.end_lines().close_array().close_object().end_lines();
  return make_json_file("heads.json", out.take());
}

void write_member(JsonText& out, const Member& member) {
  out.open_object().key("id").string(member.id.hex()).key("name").string(member.name);
  out.key("roles").open_array();
  for (const RoleGrant& grant : member.roles) {
    out.open_object().key("role").string(grant.role);
    out.key("from").string(grant.term_from).key("until").string(grant.term_until).close_object();
  }
  out.close_array().key("authors").open_array();
  for (const AuthorKey& device : member.devices) out.string(device.hex());
  out.close_array().close_object();
}

TextFile make_keys(const replay::Replay& replay) {
  static const Roster kNoRoster;
  const Roster& roster = replay.roster ? *replay.roster : kNoRoster;
  JsonText out;
  out.open_object().key("name").string(roster.space_name).key("code").string(roster.space_code);
  out.key("understood").boolean(roster.is_understood).key("members").open_array();
  for (const auto& [id, member] : roster.members) write_member(out.line(), member);
  out.end_lines().close_array().key("authors").open_array();
  for (const auto& [author, member] : roster.devices) {
    out.line().open_object().key("author").string(author.hex());
    out.key("member").string(member.hex()).close_object();
  }
  out.end_lines().close_array().key("nodes").open_array();
  for (const auto& [key, node] : roster.nodes) {
    out.line().open_object().key("node").string(key.hex()).key("wire").string(node.wire.hex());
    out.key("name").string(node.name).key("replication").string(replication_id(node.replication));
    out.key("member").string(node.member.hex()).close_object();
  }
  out.end_lines().close_array().close_object().end_lines();
  return make_json_file("keys.json", out.take());
}

std::string_view kind_name(cunju::FieldKind kind) {
  switch (kind) {
    case cunju::FieldKind::kSet:
      return "set";
    case cunju::FieldKind::kState:
      return "state";
    case cunju::FieldKind::kText:
      return "text";
    case cunju::FieldKind::kFreeze:
    case cunju::FieldKind::kLife:
    case cunju::FieldKind::kRegister:
      break;
  }
  return "register";
}

void write_column(JsonText& out, const Column& column) {
  out.line().open_object().key("label").string(column.label);
  switch (column.role) {
    case Column::Role::kRecord:
      out.key("is").string("record");
      break;
    case Column::Role::kConflicts:
      out.key("is").string("conflicts");
      break;
    case Column::Role::kField:
      out.key("is").string("field").key("field").string(column.field);
      out.key("kind").string(kind_name(column.kind));
      if (column.definition != nullptr) {
        out.key("type").string(registry::type_name(column.definition->type));
        out.key("unit").string(column.definition->unit.zh);
      }
      break;
  }
  out.close_object();
}

}  // namespace

TextFile make_json_file(std::string name, const std::string& text) {
  TextFile out{.name = std::move(name), .kind = TextFile::Kind::kJson, .rows = {}};
  for (std::size_t from = 0; from < text.size();) {
    std::size_t end = std::min(text.find('\n', from), text.size() - 1) + 1;
    out.rows.push_back({{}, text.substr(from, end - from)});
    from = end;
  }
  return out;
}

std::string TextFile::content() const {
  std::string out;
  for (const FileRow& row : rows) out += row.text;
  return out;
}

std::uint64_t SpaceFiles::records() const {
  return std::accumulate(
      registries.begin(), registries.end(), std::uint64_t{0},
      [](std::uint64_t sum, const RegistryCount& count) { return sum + count.records; });
}

std::vector<std::string> find_registries(const replay::Replay& replay) {
  std::vector<std::string> out;
  for (const auto& [registry, records] : group_records(replay)) out.push_back(registry);
  return out;
}

SpaceFiles make_space_files(const replay::Replay& replay, const Definitions& definitions,
                            Language language) {
  SpaceFiles out;
  JsonText schema;
  schema.open_object().key("registries").open_array();
  for (auto& [registry, records] : group_records(replay)) {
    const std::string stem = file_stem(registry);
    auto used = definitions.find(registry);
    const registry::Definition* definition =
        used == definitions.end() ? nullptr : &used->second.definition;
    for (ShownRecord& record : records) record.is_deleted = is_deleted(record, definition);
    const std::vector<Column> columns = make_columns(definition, records, language);
    RegistryCount count{.registry = registry, .records = records.size()};
    TextFile csv{.name = stem + ".csv",
                 .kind = TextFile::Kind::kCsv,
                 .rows = {{{}, write_csv_header(columns)}}};
    TextFile json{.name = stem + ".jsonl", .kind = TextFile::Kind::kJsonLines, .rows = {}};
    for (const ShownRecord& record : records) {
      json.rows.push_back({record.id.hex(), write_record_json(registry, record)});
      if (!record.disclosed.empty()) ++count.disclosed;
      if (record.is_deleted) {
        ++count.deleted;
      } else {
        csv.rows.push_back({record.id.hex(), write_csv_record(columns, record, language)});
      }
    }
    schema.line().open_object().key("registry").string(registry).key("files").string(stem);
    schema.key("definition");
    definition == nullptr ? schema.null() : schema.string(stem + ".toml");
    schema.key("records").count(count.records).key("deleted").count(count.deleted);
    schema.key("columns").open_array();
    for (const Column& column : columns) write_column(schema, column);
    schema.end_lines().close_array().close_object();
    out.files.push_back(std::move(csv));
    out.files.push_back(std::move(json));
    out.registries.push_back(std::move(count));
  }
  schema.end_lines().close_array().close_object().end_lines();
  out.files.push_back(make_json_file("schema.json", schema.take()));
  out.files.push_back(make_heads(replay));
  out.files.push_back(make_keys(replay));
  std::ranges::sort(out.files, {}, &TextFile::name);
  return out;
}

std::string file_stem(std::string_view registry) {
  // Names that Windows gives to devices, whatever follows the dot.
  constexpr std::array<std::string_view, 4> kDevices = {"con", "prn", "aux", "nul"};
  bool is_device =
      std::ranges::find(kDevices, registry) != kDevices.end() ||
      (registry.size() == 4 && (registry.starts_with("com") || registry.starts_with("lpt")) &&
       registry[3] >= '0' && registry[3] <= '9');
  if (registry::is_plain_name(registry) && !is_device) return std::string(registry);
  return "x-" + crypto::hash({as_bytes(registry)}).hex().substr(0, 32);
}

Hash state_hash(const SpaceId& space, const replay::Replay& replay) {
  crypto::Hasher hasher("cunju state 1");
  hasher.add(space.view());
  for (const auto& [author, heads] : replay.heads) {
    std::vector<Head> tips = heads;
    std::ranges::sort(tips, {}, [](const Head& tip) { return std::pair(tip.dot.seq, tip.id); });
    for (const Head& tip : tips) {
      Bytes seq;
      put_u64(seq, tip.dot.seq.value);
      hasher.add(author.view()).add(seq).add(tip.id.view());
    }
  }
  return hasher.finish();
}

}  // namespace cunju::audit
