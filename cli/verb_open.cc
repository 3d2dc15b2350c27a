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
  const std::string fetch = call.terminal.command("fetch " + shell_word(call.arguments[0]) + " " +
                                                  shell_word(call.arguments[1])),
                    now = fetch + " --from ADDRESS";
  if (error.code == Errc::kMissing)
    call.terminal.explain_whole(
        {{"附件还没有取到这台电脑，没有写出。",
          "The attachment is not on this computer yet; nothing was written."},
         {"记录都在，没有改动。", "All records are there; nothing was changed."},
         {"要取它：" + fetch + "，下次与有的电脑交换时就来；马上取：" + now,
          "To get it: " + fetch +
              ", and it comes with the next exchange with who has it. At once: " + now}});
  if (error.code == Errc::kCorrupt) {
    call.terminal.explain_whole(
        {{"这个附件的文件损坏了，已放在一边，没有写出。",
          "The file of this attachment is damaged; it was put aside, and nothing was written."},
         {"记录和别的附件都不受影响，可以照常工作。",
          "No record and no other attachment is touched; go on working."},
         {"已记下要取回，下次与有的电脑交换时就来；马上取：" + now +
              "。别处没有的，请用原件再附一次。",
          "It is asked for, and comes with the next exchange with who has it. At once: " + now +
              ". If nobody has it, attach the original again."}});
    // Its bytes are not here any more; the store is whole.
    return {Errc::kMissing, error.context};
  }
  if (error.code == Errc::kTampered)
    return refused(call, Errc::kTampered,
                   {"附件的内容与登记的不符，没有写出",
                    "the attachment is not what the record says; "
                    "nothing was written"});
  return error;
}

/// What takes no room on a screen: two names that differ by it look the same, and one may end
/// otherwise than it seems. What chooses the form of a letter, as in people's names, is none of it.
constexpr std::string_view kHidden[] = {"\u00AD", "\u034F", "\u115F", "\u1160", "\u17B4", "\u17B5",
                                        "\u180E", "\u200B", "\u200C", "\u200D", "\u2028", "\u2029",
                                        "\u2060", "\u2061", "\u2062", "\u2063", "\u2064", "\u206A",
                                        "\u206B", "\u206C", "\u206D", "\u206E", "\u206F", "\u3164",
                                        "\uFEFF", "\uFFA0", "\uFFF9", "\uFFFA", "\uFFFB"};
/// U+E0000 to U+E007F: a copy of ASCII that nobody sees. The last byte is another one.
constexpr std::string_view kTags[] = {"\xF3\xA0\x80", "\xF3\xA0\x81"};

void erase_all(std::string& text, std::string_view what, std::size_t bytes) {
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at))
    text.erase(at, bytes);
}

/// The name that its author gave it, without what reorders or hides letters on a screen: a file
/// that looks like a picture's must not be a program's. What was signed stays as it is.
std::string file_name(const std::string& name) {
  std::string out = visible(name, false);
  for (const std::string_view hidden : kHidden) erase_all(out, hidden, hidden.size());
  for (const std::string_view tag : kTags) erase_all(out, tag, tag.size() + 1);
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
  const std::string folder = path.has_parent_path() ? path.parent_path().string() : ".";
  if (!std::filesystem::is_directory(folder, ignored))
    return refused(call, Errc::kNotFound,
                   {"没有 " + folder + " 这个文件夹，附件没有写出",
                    "there is no folder " + folder + "; the attachment was not written"});
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
