// SPDX-License-Identifier: Apache-2.0
#include "node/audit/record_json.h"

#include <set>

#include "node/audit/json_text.h"

namespace cunju::audit {
namespace {

void write_value(JsonText& out, const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    out.integer(*integer);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    out.string(*text);
  } else if (const auto* bytes = std::get_if<Bytes>(&value)) {
    out.open_object().key("hex").string(to_hex(*bytes)).close_object();
  } else {
    out.null();
  }
}

void write_shown(JsonText& out, const Field& field) {
  if (field.kind != FieldKind::kSet) return write_value(out, field.winner());
  out.open_array();
  const Value* before = nullptr;
  for (const Entry& entry : field.entries) {
    // Several changes may have added one element: their entries are neighbours.
    if (before == nullptr || *before != entry.value) write_value(out, entry.value);
    before = &entry.value;
  }
  out.close_array();
}

void write_origin(JsonText& out, const Origin& origin) {
  out.key("change").string(origin.id.hex());
  out.key("author").string(origin.dot.author.hex());
  out.key("seq").count(origin.dot.seq.value);
}

void write_candidates(JsonText& out, const RecordState& state, const Field& field) {
  out.open_array();
  for (const Entry& entry : field.entries) {
    out.open_object().key("value");
    write_value(out, entry.value);
    if (field.kind == FieldKind::kState) {
      out.key("from");
      write_value(out, entry.previous);
    }
    write_origin(out, state.origin(entry));
    out.close_object();
  }
  out.close_array();
}

void write_dots(JsonText& out, std::string_view key, const std::vector<Dot>& dots) {
  out.key(key).open_array();
  for (const Dot& dot : dots) {
    out.open_object().key("author").string(dot.author.hex()).key("seq").count(dot.seq.value);
    out.close_object();
  }
  out.close_array();
}

void write_texts(JsonText& out, const RecordState& state) {
  out.key("frozen").boolean(state.is_frozen());
  out.key("texts").open_object();
  for (const TextField& text : state.texts()) {
    out.key(text.name).open_object().key("text").string(text.text);
    out.key("merged").boolean(text.is_merged);
    write_dots(out, "heads", text.heads);
    write_dots(out, "late", text.late);
    out.close_object();
  }
  out.close_object();
}

/// True for the second and later kinds under one name: a JSON object has each key once.
bool repeats_name(std::span<const Field> fields, std::size_t i) {
  return i > 0 && fields[i - 1].name == fields[i].name;
}

void write_state(JsonText& out, const RecordState& state) {
  std::span<const Field> fields = state.fields();
  out.key("fields").open_object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (repeats_name(fields, i)) continue;
    out.key(fields[i].name);
    write_shown(out, fields[i]);
  }
  out.close_object().key("conflicts").open_object();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (repeats_name(fields, i) || !fields[i].has_conflict()) continue;
    out.key(fields[i].name);
    write_candidates(out, state, fields[i]);
  }
  out.close_object().key("other_kinds").open_array();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (!repeats_name(fields, i)) continue;
    out.open_object().key("field").string(fields[i].name);
    out.key("kind").integer(static_cast<std::int64_t>(fields[i].kind)).key("entries");
    write_candidates(out, state, fields[i]);
    out.close_object();
  }
  out.close_array();
  if (!state.texts().empty()) write_texts(out, state);
  out.key("deleted").boolean(state.is_deleted());
  out.key("deletions").open_array();
  for (const Origin& deletion : state.deletions()) {
    out.open_object();
    write_origin(out, deletion);
    out.close_object();
  }
  out.close_array();
}

/// All that one view says, but for its registry.
void write_view(JsonText& out, const RecordView& view) {
  write_state(out, view.state);
  out.key("contested").open_array();
  for (const RegistryClaim& claim : view.others) {
    out.open_object().key("registry").string(claim.registry);
    write_state(out, claim.state);
    out.close_object();
  }
  out.close_array();
  std::set<AuthorKey> authors;
  for (const Origin& origin : view.state.origins()) authors.insert(origin.dot.author);
  out.key("changed_by").open_array();
  for (const AuthorKey& author : authors) out.string(author.hex());
  out.close_array().key("heads").open_array();
  for (const Head& head : view.heads) out.string(head.id.hex());
  out.close_array();
}

}  // namespace

std::string write_record_json(std::string_view registry, const ShownRecord& record) {
  static const RecordView kNothing;
  JsonText out;
  out.open_object().key("id").string(record.id.hex());
  out.key("registry").string(registry);
  write_view(out, record.open == nullptr ? kNothing : *record.open);
  if (!record.disclosed.empty()) {
    out.key("disclosed").open_array();
    for (const DisclosedView& each : record.disclosed) {
      out.open_object().key("scope").string(each.name).key("number").count(each.scope.value);
      out.key("registry").string(each.view->registry);
      write_view(out, *each.view);
      out.close_object();
    }
    out.close_array();
  }
  out.close_object();
  return out.take() + '\n';
}

}  // namespace cunju::audit
