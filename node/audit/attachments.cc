// SPDX-License-Identifier: Apache-2.0
#include "node/audit/attachments.h"

#include <algorithm>
#include <array>
#include <map>

#include "node/audit/json_text.h"
#include "node/registry/text_form.h"

namespace cunju::audit {
namespace {

/// Names come from signed changes, so a liar chooses them: of theirs only such an ending is used.
constexpr std::array<std::string_view, 16> kEndings{
    ".jpg", ".jpeg", ".png", ".gif",  ".bmp", ".tif", ".pdf", ".ofd",
    ".doc", ".docx", ".xls", ".xlsx", ".wps", ".txt", ".csv", ".mp3"};

std::string ending_of(std::string_view name) {
  const std::string lower = registry::lower_ascii(name);
  for (std::string_view ending : kEndings) {
    if (lower.ends_with(ending)) return std::string(ending);
  }
  return {};
}

void collect(const RecordId& record, const RecordView& view, std::vector<ExportedAttachment>& out) {
  if (view.state.is_deleted()) return;
  for (const Field& field : view.state.fields()) {
    if (field.kind != FieldKind::kRegister) continue;
    for (const Entry& entry : field.entries) {
      std::optional<attachment::Reference> found = attachment::find_reference(entry.value);
      if (!found) continue;
      out.push_back({.registry = view.registry,
                     .record = record,
                     .field = field.name,
                     .reference = std::move(*found),
                     .file = {}});
    }
  }
}

}  // namespace

std::vector<ExportedAttachment> find_attachments(const replay::Replay& replay) {
  std::vector<ExportedAttachment> out;
  for (const auto& [place, view] : replay.views) {
    collect(place.record, view, out);
  }
  std::ranges::stable_sort(out, [](const ExportedAttachment& a, const ExportedAttachment& b) {
    return std::tie(a.registry, a.record, a.field) < std::tie(b.registry, b.record, b.field);
  });
  std::map<Hash, std::string> endings;
  for (ExportedAttachment& each : out) {
    const Hash& content = each.reference.content;
    const auto named = endings.try_emplace(content, ending_of(each.reference.name)).first;
    each.file = std::string(kAttachmentsFolder) + content.hex() + named->second;
  }
  return out;
}

TextFile make_attachments_file(const std::vector<ExportedAttachment>& attachments) {
  JsonText out;
  out.open_object().key("attachments").open_array();
  for (const ExportedAttachment& each : attachments) {
    const attachment::Reference& reference = each.reference;
    out.line().open_object().key("registry").string(each.registry);
    out.key("id").string(each.record.hex()).key("field").string(each.field);
    out.key("name").string(reference.name).key("media").string(reference.media);
    out.key("size").count(reference.size).key("file").string(each.file);
    out.key("address").string(reference.address.hex()).close_object();
  }
  out.end_lines().close_array().close_object().end_lines();
  return make_json_file(std::string(kAttachmentsName), out.take());
}

bool is_attachment_path(std::string_view path) {
  if (!path.starts_with(kAttachmentsFolder)) return false;
  path.remove_prefix(kAttachmentsFolder.size());
  if (path.size() < 64 || !std::ranges::all_of(path.substr(0, 64), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
      }))
    return false;
  const std::string_view ending = path.substr(64);
  return ending.empty() || std::ranges::find(kEndings, ending) != kEndings.end();
}

}  // namespace cunju::audit
