// SPDX-License-Identifier: Apache-2.0
#include <boost/json/array.hpp>

#include "cli/attachments.h"
#include "cli/verbs.h"
#include "node/attachments/attach_file.h"
#include "node/attachments/reference_index.h"
#include "node/attachments/want_book.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--name", "NAME", {"附件的文件名，默认用原来的", "the attachment's file name; else its own"}},
    {"--keep-location",
     "",
     {"照片里的拍摄地点也保留，原样附上",
      "keep the place where a picture was taken; attach it as it is"}},
};

Label words_for(std::string_view removed) {
  if (removed == "exif_gps") return {"拍摄地点（GPS）", "the place (GPS)"};
  if (removed == "thumbnail")
    return {"里面的缩略图（带有或可能带有别的信息）",
            "the thumbnail in it, which held or may have held more than pixels"};
  if (removed == "exif") return {"残缺的拍摄信息（Exif）", "broken Exif data"};
  if (removed == "xmp") return {"编辑软件的说明（XMP）", "XMP data"};
  if (removed == "iptc") return {"图片说明（IPTC）", "IPTC data"};
  if (removed == "comment") return {"文字注释", "comments"};
  if (removed == "other") return {"显示照片用不到的附加数据", "data that showing it does not need"};
  return {"照片之后另附的内容", "what followed the picture's end"};
}

void say_removed(Terminal& terminal, const attachments::Attached& attached) {
  if (attached.removed.empty()) return;
  Label all;
  for (const std::string& each : attached.removed) {
    const Label words = words_for(each);
    all.zh += (all.zh.empty() ? "" : "、") + words.zh;
    all.en += (all.en.empty() ? "" : ", ") + words.en;
  }
  terminal.say({"附上的照片已去掉：" + all.zh + "（要保留请加 --keep-location）",
                "taken out of the picture: " + all.en + " (--keep-location keeps it)"});
}

/// What a person is told when the file can't be attached.
Error explained(const Invocation& call, const attachments::BlobFolder& blobs, const Error& error) {
  if (error.context == attachments::kBrokenPicture)
    return refused(
        call, Errc::kInvalidArgument,
        {"照片文件残缺，无法确认里面有没有拍摄地点；请重新拷贝，或加 --keep-location 原样附上",
         "the picture is not whole, so nobody can say whether it holds a place; copy it "
         "again, or attach it as it is with --keep-location"});
  if (error.context == attachments::kUnknownPicture)
    return refused(call, Errc::kInvalidArgument,
                   {"这种格式（HEIC、TIFF、WebP、相机原始格式等）里的拍摄地点去不掉；请另存为 "
                    "JPEG，或加 --keep-location 原样附上",
                    "the place can't be taken out of this format (HEIC, TIFF, WebP, what cameras "
                    "call raw); save it as JPEG, or attach it as it is with --keep-location"});
  if (error.context == attachments::kUnknownRecording)
    return refused(call, Errc::kInvalidArgument,
                   {"视频或录音里可能有拍摄、录制的地点，这里去不掉；确认可以留着，就加 "
                    "--keep-location 原样附上",
                    "a film or recording may hold a place, and it can't be taken out here; if it "
                    "may stay, attach it as it is with --keep-location"});
  const std::string path = visible(call.arguments[3], false);
  if (error.code == Errc::kNotFound)
    return refused(call, error.code,
                   {"文件 " + path + "（不在那里；路径里有空格的要加引号）",
                    "the file " + path + " (is not there; a path with blanks needs quotes)"});
  if (error.context == attachments::kIsFolder)
    return refused(call, error.code,
                   {path + " 是文件夹；一次附一个文件，或先压缩成一个文件（zip）",
                    path + " is a folder; attach its files one by one, or pack it into one (zip)"});
  if (error.context == attachments::kNoPlainFile)
    return refused(call, error.code,
                   {path + " 不是普通文件（是管道、设备之类）；请写扫描件、照片等文件的路径",
                    path + " is no plain file but a pipe, a device or the like; write the path "
                           "of a scan, a photo or another file"});
  if (error.context == attachments::kUnreadable) {
    call.terminal.explain_whole(
        {{"系统不让读这个文件：" + path, "The operating system does not let it be read: " + path},
         {"没有改动任何数据。", "Nothing was changed."},
         {"请拷贝到自己的文件夹里，或请管这台电脑的人给读的权限。",
          "Copy it to a folder of your own, or ask whoever looks after this computer to let you "
          "read it."}});
    return error;
  }
  if (error.code == Errc::kDiskFull) {
    std::error_code ignored;
    const auto bytes = std::filesystem::file_size(call.arguments[3], ignored);
    return explain_full_disk(call, blobs, ignored ? 0 : bytes, error);
  }
  if (error.code == Errc::kLimit)
    return refused(
        call, Errc::kLimit,
        {"附件最大 1 GiB，照片最大 128 MiB", "an attachment has at most 1 GiB, a picture 128 MiB"});
  return error;
}

/// The reference with the same content in the scope that the field is in, if there is one.
Result<std::map<Hash, Bytes>> known_contents(node::Node& node, const FoundRecord& found,
                                             std::string_view field) {
  const registry::Definition* definition = found.book.catalog->find(found.row.registry);
  const std::string resolved =
      definition == nullptr ? std::string(field) : definition->resolve(field);
  const std::string name = registry::scope_of_field(definition, resolved);
  CUNJU_TRY(const std::shared_ptr<const Roster> roster, node.replica().roster(found.book.space));
  const std::optional<Scope> scope =
      name.empty() ? std::optional(kOpenScope) : roster->find_scope(name);
  CUNJU_TRY(const std::vector<attachments::Referred> references,
            attachments::find_references(node.replica(), found.book.space, *found.book.catalog));
  std::map<Hash, Bytes> out;
  for (const attachments::Referred& each : references) {
    if (each.scope != scope) continue;
    const Result<attachment::Reference> reference = attachment::parse_reference(each.value);
    if (reference.has_value()) out.try_emplace(reference.value().content, each.value);
  }
  return out;
}

/// Before the record: a file of which nothing is noted is never taken for an orphan. After an error
/// nothing of it is here.
Result<void> note_attached(node::Node& node, const SpaceId& space, attachments::BlobFolder& blobs,
                           const attachments::Attached& attached) {
  if (attached.is_known && !attached.is_healed) return ok();
  CUNJU_TRY(const attachment::Reference made, attachment::parse_reference(attached.value));
  Result<void> noted = node.want_book().charges().note(
      space, {.author = node.unlocked().author.author(), .blob = made.blob()});
  // What a record refers to already is no orphan.
  if (!noted && !attached.is_known) (void)blobs.destroy(made.address);
  return noted;
}

Result<ExitCode> run(Invocation& call) {
  const std::string& registry = call.arguments[0];
  const std::string& field = call.arguments[2];
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(FoundRecord found, find_record(*node, call, registry, call.arguments[1]));
  CUNJU_TRYV(require_writer(call, *node, found.book, registry));
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  CUNJU_TRY(const auto known, known_contents(*node, found, field));
  const attachments::AttachOptions options{
      .name = call.value("--name").value_or(std::string()),
      .keep_location = call.has("--keep-location"),
      .find_same = [&](const Hash& content) -> std::optional<Bytes> {
        auto same = known.find(content);
        return same == known.end() ? std::nullopt : std::optional(same->second);
      }};
  Result<attachments::Attached> attached =
      attachments::attach_file(*blobs, call.arguments[3], options, node->random());
  if (attached.has_error()) return explained(call, *blobs, attached.error());
  CUNJU_TRYV(note_attached(*node, found.book.space, *blobs, attached.value()));
  const Result<registry::Saved> saved = found.book.records->attach(
      act_of(*node), registry, found.row.id, field, attached.value().value);
  if (saved.has_error()) {
    // Nothing refers to it, so nobody could ever open it.
    const Result<attachment::Reference> made = attachment::parse_reference(attached.value().value);
    if (!attached.value().is_known && made.has_value()) (void)blobs->destroy(made.value().address);
    return report_saved(call, *node, found.book, registry, saved);
  }
  call.terminal.say(
      {"附件 " + attached.value().name + "，" + registry::byte_size_text(attached.value().size) +
           (attached.value().is_healed ? "（以前附过，文件不在了，现在补回来了）"
            : attached.value().is_known ? "（同样的文件已有，不另存）"
                                        : ""),
       "attached " + attached.value().name + ", " +
           registry::byte_size_text(attached.value().size) +
           (attached.value().is_healed  ? " (attached before, its file was gone and is here again)"
            : attached.value().is_known ? " (kept already)"
                                        : "")});
  say_removed(call.terminal, attached.value());
  boost::json::array removed;
  for (const std::string& each : attached.value().removed) removed.emplace_back(each);
  call.terminal.object({{"attached", attached.value().name},
                        {"media", attached.value().media},
                        {"size", attached.value().size},
                        {"known", attached.value().is_known},
                        {"healed", attached.value().is_healed},
                        {"removed", removed}});
  return report_saved(call, *node, found.book, registry, saved);
}

}  // namespace

const Verb kAttachVerb{
    .name = "attach",
    .arguments = "REGISTRY ID FIELD FILE",
    .min_arguments = 4,
    .max_arguments = 4,
    .summary = {"给记录附上扫描件、照片等文件",
                "attach a scan, a photo or another file to a record"},
    .details = {"照片的拍摄地点会先去掉。可以附多个的字段自动编号，例如 "
                "scan.1、scan.2；写明编号就替换那一个。",
                "The place where a picture was taken is taken out. A field for any number of files "
                "counts them itself: scan.1, scan.2; with its number one is replaced."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
