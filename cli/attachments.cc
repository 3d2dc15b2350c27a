// SPDX-License-Identifier: Apache-2.0
#include "cli/attachments.h"

#include <charconv>

#include "crdt/attachment/attachment_limits.h"
#include "node/attachments/disk_reserve.h"
#include "node/attachments/fetch_policy.h"
#include "node/registry/attachment_text.h"
#include "node/registry/text_form.h"

namespace cunju::cli {

Result<std::unique_ptr<attachments::BlobFolder>> open_blobs(const node::Node& node) {
  return attachments::BlobFolder::open(node.home() / "blobs");
}

std::vector<AttachedField> attached_fields(const registry::RecordRow& row) {
  std::vector<AttachedField> out;
  for (const auto& [field, value] : row.values) {
    if (std::optional<attachment::Reference> found = attachment::find_reference(value))
      out.push_back({.field = field, .reference = std::move(*found)});
  }
  return out;
}

Result<AttachedField> find_attached(const Invocation& call, const FoundRecord& found,
                                    std::string_view name) {
  const registry::Definition* definition = found.book.catalog->find(found.row.registry);
  const std::string wanted = definition == nullptr ? std::string(name) : definition->resolve(name);
  std::vector<AttachedField> all = attached_fields(found.row);
  std::optional<AttachedField> out;
  std::string names;
  for (AttachedField& each : all) {
    const bool is_it = each.field == wanted;
    if (!is_it && !each.field.starts_with(wanted + ".")) continue;
    names += (names.empty() ? "" : ", ") + each.field;
    if (out && !is_it) continue;
    out = std::move(each);
    if (is_it) return std::move(*out);
  }
  if (!out)
    return refused(call, Errc::kNotFound,
                   {"这个字段没有附件：" + std::string(name),
                    "the field has no attachment: " + std::string(name)});
  if (names.find(',') != std::string::npos)
    return refused(call, Errc::kConflict,
                   {"有几个附件，请写明是哪一个：" + names,
                    "there are several attachments, say which: " + names});
  return std::move(*out);
}

Label whereabouts(const attachments::BlobFolder& blobs, const attachment::Reference& reference) {
  if (blobs.seems_whole(reference.blob())) return {"附件", "attached"};
  const std::uint64_t here = blobs.bytes_here(reference.blob());
  if (here == 0) return {"附件，尚未取来", "attached, not fetched yet"};
  const std::string text = registry::byte_size_text(here);
  return {"附件，已取来 " + text, "attached, " + text + " of it fetched"};
}

namespace {

Label room_text(const attachments::DiskRoom& room, const Invocation& call) {
  const std::string left = registry::byte_size_text(room.available),
                    kept = registry::byte_size_text(room.reserve);
  return {"磁盘还剩 " + left + "，其中 " + kept +
              " 留给记录，附件不能用。请删掉或移走这台电脑上别的文件；没有记录提到的附件可以清：" +
              call.terminal.command("doctor --orphans"),
          "The disk has " + left + " left, and keeps " + kept +
              " free for records, which attachments can't use. Delete or move other files of this "
              "computer; attachments to which nothing refers can go: " +
              call.terminal.command("doctor --orphans")};
}

}  // namespace

Label shortage_text(const Invocation& call, const attachments::BlobFolder& blobs) {
  const Result<std::optional<attachments::DiskRoom>> room = attachments::disk_room(blobs.folder());
  if (room.has_error() || !room.value() || room.value()->left() >= limits::kAttachmentChunkBytes)
    return {};
  return room_text(*room.value(), call);
}

Error explain_full_disk(const Invocation& call, const attachments::BlobFolder& blobs,
                        std::uint64_t bytes, const Error& error) {
  const Result<std::optional<attachments::DiskRoom>> room = attachments::disk_room(blobs.folder());
  if (room.has_error() || !room.value()) return error;
  const Label text = room_text(*room.value(), call);
  const std::string size = registry::byte_size_text(bytes);
  call.terminal.explain_whole(
      {{"附件有 " + size + "，存不下，没有附上。",
        "The attachment has " + size + " and does not fit: not attached."},
       {"记录都在，没有改动。", "All records are there; nothing was changed."},
       text});
  return error;
}

BrokenPolicy broken_policy(const Terminal& terminal, const Error& error) {
  const std::string again = terminal.command("fetch --policy --each 8MiB");
  BrokenPolicy out{
      .text = {"自动取附件的设置（blobs 里的 policy 或 total）读不出来，现在什么也不自动取",
               "what attachments come unasked (`policy` or `total` in blobs) can't be read, so "
               "none does"},
      .advice = {"重新设一次就好，没有写明的用默认值：" + again,
                 "Choose again, what is not named has its default: " + again}};
  std::string_view where = error.context;
  if (where.ends_with(attachments::kNoPolicyFile)) {
    where.remove_suffix(attachments::kNoPolicyFile.size());
    const std::string path(where);
    out.advice = {path + " 是个文件夹，不该在这里：先把它改名或删掉，再设一次：" + again,
                  path +
                      " is a folder that does not belong there: rename or delete it, then "
                      "choose again: " +
                      again};
    out.is_replaced = false;
  } else if (error.code != Errc::kMalformed) {
    out.advice = {
        "请检查磁盘与权限（" + error.context + "），再设一次：" + again,
        "Check the disk and permissions (" + error.context + "), then choose again: " + again};
    out.is_replaced = false;
  }
  return out;
}

std::uint64_t bytes_of(const std::set<attachments::BlobId>& blobs) {
  std::uint64_t out = 0;
  for (const attachments::BlobId& blob : blobs) out += blob.bytes;
  return out;
}

boost::json::array name_attachments(node::Node& node,
                                    std::span<const attachments::PlacedReference> all,
                                    Label& text) {
  constexpr std::size_t kMostNamed = 20;
  boost::json::array out;
  for (const attachments::PlacedReference& each : all) {
    const attachments::Referred& at = each.reference;
    const std::string size = registry::byte_size_text(at.blob.bytes);
    if (out.size() < kMostNamed) {
      const std::string where = space_name(node, each.space) + " " + at.registry + " " +
                                short_id(at.record.hex()) + " " + at.field;
      text.zh += (out.empty() ? "" : "；") + where + "（" + size + "）";
      text.en += (out.empty() ? " " : "; ") + where + " (" + size + ")";
    }
    out.push_back(boost::json::object{{"space", each.space.hex()},
                                      {"registry", at.registry},
                                      {"record", at.record.hex()},
                                      {"field", at.field},
                                      {"address", at.blob.address.hex()},
                                      {"bytes", at.blob.bytes}});
  }
  if (all.size() > kMostNamed) {
    text.zh += "；等等";
    text.en += "; and others";
  }
  return out;
}

std::optional<std::uint64_t> parse_byte_size(std::string_view text) {
  text = registry::trim(text);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  const std::string unit = registry::upper_ascii(
      registry::trim(text.substr(static_cast<std::size_t>(end - text.data()))));
  constexpr std::string_view kLetters = "KMGT";
  std::uint64_t factor = 1;
  if (!unit.empty() && unit != "B") {
    const std::size_t power = kLetters.find(unit.front());
    const std::string rest = unit.substr(1);
    if (power == std::string_view::npos || (rest != "B" && rest != "IB" && !rest.empty()))
      return std::nullopt;
    for (std::size_t i = 0; i <= power; ++i) factor *= rest == "IB" ? 1024 : 1000;
  }
  if (number > UINT64_MAX / factor) return std::nullopt;
  return number * factor;
}

}  // namespace cunju::cli
