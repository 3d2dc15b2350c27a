// SPDX-License-Identifier: Apache-2.0
#include "cli/attachments.h"
#include "cli/verbs.h"
#include "node/attachments/attach_file.h"
#include "node/peers/bundle_book.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--to", "FILE", {"写到哪个新文件或哪个文件夹", "the new file, or a folder, to write to"}},
};

Error explained(const Invocation& call, const Error& error) {
  if (error.code == Errc::kNotFound)
    return refused(
        call, Errc::kMissing,
        {"附件还没有取到这台电脑，请先运行 " + call.terminal.command("fetch"),
         "the attachment is not on this computer yet; run " + call.terminal.command("fetch")});
  if (error.code == Errc::kCorrupt)
    return refused(call, Errc::kCorrupt,
                   {"附件的文件损坏了，已放在一边；再取一次就好，别的电脑上还有",
                    "the attachment's file is damaged and was put aside; fetch it again from "
                    "another computer"});
  if (error.code == Errc::kTampered)
    return refused(call, Errc::kTampered,
                   {"附件的内容与登记的不符，没有写出",
                    "the attachment is not what the record says; "
                    "nothing was written"});
  return error;
}

/// The name that its author gave it, without what reorders or hides letters on a screen: a file
/// that looks like a picture's must not be a program's. What was signed stays as it is.
std::string file_name(const std::string& name) {
  std::string out = visible(name, false);
  return attachment::usable_name(out);
}

/// Before anybody can read it: an erasure does not reach the file.
Result<void> note_file(node::Node& node, const FoundRecord& found,
                       const std::filesystem::path& path) {
  return node.bundle_book().note_outgoing(
      {.at_ms = node::Node::now_ms(),
       .kind = peers::OutgoingKind::kExport,
       .to = std::filesystem::absolute(path).string(),
       .registries = {{found.book.space, {found.row.registry}}}});
}

Result<ExitCode> run(Invocation& call) {
  const std::optional<std::string> to = call.value("--to");
  if (!to) return fail(Errc::kInvalidArgument, "--to FILE");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const FoundRecord found,
            find_record(*node, call, call.arguments[0], call.arguments[1]));
  CUNJU_TRY(const AttachedField attached, find_attached(call, found, call.arguments[2]));
  std::filesystem::path path = *to;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) path /= file_name(attached.reference.name);
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  CUNJU_TRYV(note_file(*node, found, path));
  const Result<void> written = attachments::open_to_file(*blobs, attached.reference, path);
  if (written.has_error()) return explained(call, written.error());
  const std::string size = registry::byte_size_text(attached.reference.size);
  call.terminal.say({"已写到 " + path.string() + "（" + size + "，未加密，用完请自己删）",
                     "written to " + path.string() + " (" + size +
                         ", not encrypted: delete it when you are done)"});
  call.terminal.object({{"file", path.string()},
                        {"name", attached.reference.name},
                        {"media", attached.reference.media},
                        {"size", attached.reference.size}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kOpenVerb{
    .name = "open",
    .arguments = "REGISTRY ID FIELD",
    .min_arguments = 3,
    .max_arguments = 3,
    .summary = {"把附件写成普通文件", "write an attachment to a plain file"},
    .details = {"程序自己从不留下未加密的文件；已有的文件不会被覆盖。",
                "The program leaves no plain file by itself, and overwrites none."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
