// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle_words.h"

#include <algorithm>
#include <boost/json/array.hpp>

#include "cli/attachments.h"
#include "cli/bundle_json.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

using peers::FileState;
using peers::ReadFile;

/// Of files of which nothing can be taken.
Label state_sentence(FileState state) {
  switch (state) {
    case FileState::kReadable:
      return {};
    case FileState::kNotForUs:
      return {"是写给别的电脑的，本机打不开，请留着带给收件人",
              "is for another computer and can't be opened here; leave it for whom it is for"};
    case FileState::kOwn:
      return {"是本机写给别的电脑的，对方读过就可以删",
              "was written here for another computer; once it was read there it can be deleted"};
    case FileState::kDamaged:
      return {"损坏了，打不开；请对方再写一次",
              "is damaged and can't be opened; have it written again"};
    case FileState::kForeign:
      return {"不是捆包，没有理会", "is no bundle, and was left alone"};
    case FileState::kUnknownWriter:
      return {"是不在这里名册上的电脑写的；是认得的人带来的，读时加 --accept-unknown 才收",
              "was written by a computer that no roster here names; if you know who brought it, "
              "take it with --accept-unknown"};
    case FileState::kForged:
      return {"署名不符，可能是伪造的，不收",
              "has a wrong signature, may be forged, and is not taken"};
    case FileState::kNewerProgram:
      return {"由更新版本的村居写成，请升级", "was written by a newer Cunju: upgrade this one"};
  }
  return {};
}

std::string number(std::uint64_t value) { return std::to_string(value); }

void add_to(Label& out, const std::string& zh, const std::string& en) {
  out.zh += (out.zh.empty() ? "" : "、") + zh;
  out.en += (out.en.empty() ? "" : ", ") + en;
}

/// "12 份改动（3.1 KB）、附件 2 个（1.4 MB）".
Label content_text(const bundle::SpaceContent& space) {
  Label out;
  if (space.changes > 0) {
    const std::string changes = number(space.changes), size = registry::byte_size_text(space.bytes);
    add_to(out, changes + " 份改动（" + size + "）", changes + " changes (" + size + ")");
  }
  if (space.parts > 0) {
    const std::string parts = number(space.parts);
    add_to(out, "对方缺的内容 " + parts + " 处", parts + " lacking parts");
  }
  if (space.attachments > 0) {
    const std::string count = number(space.attachments),
                      size = registry::byte_size_text(space.attachment_bytes);
    add_to(out, "附件 " + count + " 个（" + size + "）", count + " attachments (" + size + ")");
  }
  return out;
}

/// "幸福村 12 份改动、桃源村 3 份改动".
Label contents_text(node::Node& node, const bundle::Letter& letter) {
  Label out;
  for (const bundle::SpaceContent& space : letter.spaces) {
    const std::string name = space_name(node, space.space);
    const Label what = content_text(space);
    add_to(out, name + " " + what.zh, name + " " + what.en);
  }
  return out;
}

Label part_text(const bundle::Letter& letter) {
  if (letter.part == 1 && letter.is_last) return {};
  const std::string part = number(letter.part);
  if (letter.is_last) return {"，第 " + part + " 部分（最后）", ", part " + part + ", the last"};
  return {"，第 " + part + " 部分（还有下一部分）", ", part " + part + ", more follow"};
}

/// How far what was written was read again.
Label read_back_text(const peers::WrittenLetter& letter) {
  if (letter.read_back == peers::ReadBack::kMedium)
    return {"，写完后从盘上重新读过，一字不差", ", read again from the stick and the same"};
  return {"，写完后重新读过，一字不差；但这支盘的文件系统只让读内存里的，读不到盘上，所以不能担保",
          ", read again and the same; but this file system lets us read only what the computer "
          "remembers of it and not the stick itself, so that is no proof"};
}

/// Of a file that ends too early, before anything of it is taken.
void warn_of_cut(Terminal& terminal, const ReadFile& file) {
  Label missing;
  if (file.missing_chunks > 0)
    add_to(missing, "改动 " + number(file.missing_chunks) + " 块",
           number(file.missing_chunks) + " blocks of changes");
  if (file.missing_slots > 0)
    add_to(missing, "附件和补的内容 " + number(file.missing_slots) + " 块",
           number(file.missing_slots) + " blocks of attachments and lacking parts");
  if (missing.zh.empty()) return;
  terminal.warn({"  文件不完整，缺" + missing.zh +
                     "。其余照样可以收；请对方再写一次，没有复制完的先重新复制。",
                 "  The file is cut off: " + missing.en +
                     " are missing. Everything else can be taken; have it written again, or copied "
                     "again if it was not copied to the end."});
}

void warn_of_damage(Terminal& terminal, const ReadFile& file) {
  const bundle::Taken& taken = file.taken;
  if (file.missing_chunks > 0) {
    const std::string missing = number(file.missing_chunks);
    terminal.warn(
        {"  文件不完整：缺 " + missing + " 块。多半是没有复制完或没有安全弹出；请对方再写一次。",
         "  The file is cut off: " + missing +
             " blocks are missing. Perhaps it was not copied to the end, or the stick was "
             "pulled out; have it written again."});
  }
  if (taken.damaged_chunks > file.missing_chunks) {
    const std::string damaged = number(taken.damaged_chunks - file.missing_chunks);
    terminal.warn(
        {"  有 " + damaged + " 块损坏，里面的内容没有收到，其余都收了；请对方再写一次。",
         "  " + damaged +
             " blocks are damaged; what was in them is missing, everything else was taken. "
             "Have it written again."});
  }
  if (file.missing_slots + file.annex.damaged_slots > 0) {
    const std::string damaged = number(std::max(file.missing_slots, file.annex.damaged_slots));
    terminal.warn(
        {"  附件部分有 " + damaged +
             " 块损坏或缺少，其余都收了；回执里写了还缺什么，下一支盘会补。",
         "  " + damaged +
             " blocks of attachments are damaged or missing, the others were taken. The receipt "
             "says what is lacking, and the next stick brings it."});
  }
  if (file.annex.unknown_items > 0)
    terminal.warn({"  有些内容由更新版本的村居写成，没有收；请升级后再读一次。",
                   "  Some of it was written by a newer Cunju and not taken: upgrade, and read "
                   "again."});
  const std::uint64_t all_refused = taken.refused_items + file.annex.refused_items;
  if (all_refused > 0) {
    const std::string refused = number(all_refused);
    terminal.warn(
        {"  有 " + refused + " 批内容签名不符或格式不对，没有收。",
         "  " + refused + " batches are malformed or wrongly signed, and were not taken."});
  }
  if (!taken.passed_over.empty()) {
    const std::string spaces = number(taken.passed_over.size());
    terminal.warn(
        {"  有 " + spaces + " 个村的内容不是这里与对方共有的，没有收。",
         "  Contents of " + spaces + " spaces are not shared with its writer: not taken."});
  }
}

/// What became of attachments and parts.
void show_attachments(Terminal& terminal, const ReadFile& file) {
  const attachments::CarriedReport& report = file.attachments;
  std::uint64_t parts = 0;
  for (const auto& [space, filled] : file.annex.parts) parts += filled.parts;
  if (parts > 0)
    terminal.say({file.file.name + " 补上了缺的内容 " + number(parts) + " 处",
                  file.file.name + ": " + number(parts) + " lacking parts came"});
  if (!report.whole.empty() || !report.partial.empty() || !report.known.empty()) {
    const std::string whole = number(report.whole.size()), part = number(report.partial.size()),
                      known = number(report.known.size()),
                      size = registry::byte_size_text(report.bytes);
    terminal.say({file.file.name + " 附件：收全 " + whole + " 个，收到一部分 " + part +
                      " 个（收了 " + size + "），本来就有 " + known + " 个",
                  file.file.name + " attachments: " + whole + " whole, " + part + " in part (" +
                      size + "), " + known + " were here"});
  }
  if (!report.left.empty()) {
    const std::string left = number(report.left.size()),
                      size = registry::byte_size_text(bytes_of(report.left));
    terminal.say({"  有 " + left + " 个附件（" + size +
                      "）超出这台电脑自动收的范围，没有收。要收，再读一次：" +
                      terminal.command("bundle read --attachments all DIR"),
                  "  " + left + " attachments (" + size +
                      ") are beyond what this computer takes unasked: not taken. To take them, "
                      "read again: " +
                      terminal.command("bundle read --attachments all DIR")});
  }
  const std::string unknown = number(report.unknown.size());
  if (is_early(file)) {
    terminal.warn({"  有 " + unknown +
                       " 个附件没有收：提到它们的记录还没到，多半在别的部分里。"
                       "读完其他部分之后，请再读一次这支盘。",
                   "  " + unknown +
                       " attachments were not taken: the records that refer to them are not here "
                       "yet, and are likely in another part. Read this stick again after the other "
                       "parts."});
  } else if (!report.unknown.empty()) {
    terminal.say({"  有 " + unknown + " 个附件没有收：这里读得到的记录没有提到它们。",
                  "  " + unknown +
                      " attachments were not taken: no record that can be read here "
                      "refers to them."});
  }
  if (!report.busy.empty())
    terminal.say({"  有 " + number(report.busy.size()) + " 个附件正由另一个程序收取，没有动。",
                  "  " + number(report.busy.size()) +
                      " attachments are being fetched by another program: left to it."});
}

}  // namespace

bool is_early(const ReadFile& file) {
  const bool is_of_several = file.letter && (file.letter->part != 1 || !file.letter->is_last);
  return is_of_several && file.may_lack_records && !file.attachments.unknown.empty();
}

std::string peer_text(const peers::BundlePeer& peer) {
  const std::string id = short_id(peer.node.hex());
  return peer.name.empty() ? id : peer.name + "（" + id + "）";
}

void show_written(Invocation& call, node::Node& node, const peers::WrittenBundle& bundle,
                  bool is_dry_run) {
  Terminal& terminal = call.terminal;
  const std::string to = peer_text(bundle.to);
  if (bundle.letters.empty() && bundle.missing_bytes == 0)
    terminal.say({"给 " + to + "：没有新内容，不用写。", "For " + to + ": nothing is new."});
  for (const peers::WrittenLetter& written : bundle.letters) {
    const Label part = part_text(written.letter), what = contents_text(node, written.letter);
    const std::string size = registry::byte_size_text(written.bytes);
    const std::string file = is_dry_run ? "" : "CUNJU/" + written.file + "  ";
    const Label back = is_dry_run ? Label{} : read_back_text(written);
    terminal.say(
        {(is_dry_run ? "将写给 " : "已写给 ") + to + part.zh + "：" + what.zh,
         (is_dry_run ? "Would write for " : "Written for ") + to + part.en + ": " + what.en});
    terminal.say({"  " + file + "占 " + size + back.zh, "  " + file + "takes " + size + back.en});
  }
  if (!bundle.unreadable.empty()) {
    const std::string count = number(bundle.unreadable.size());
    terminal.warn({"有 " + count +
                       " 个附件在这台电脑上损坏了或不见了，没有写；其余都写了。从有的电脑取回来：" +
                       terminal.command("fetch --all"),
                   count +
                       " attachments are damaged or gone on this computer and were not written; "
                       "everything else was. To get them from who has them: " +
                       terminal.command("fetch --all")});
  }
  if (bundle.missing_bytes > 0) {
    const Label what = content_text(bundle.missing);
    const std::string size = registry::byte_size_text(bundle.missing_bytes);
    if (bundle.letters.empty()) {
      terminal.warn({"这支盘没有地方了，给 " + to + " 的什么也没有写：有 " + what.zh + "，要占 " +
                         size + "。",
                     "The stick has no room, and nothing was written for " + to + ": " + what.en +
                         ", which take " + size + "."});
    } else {
      terminal.warn({"这支盘装不下了：给 " + to + " 的还差 " + what.zh + "，还要占 " + size +
                         "。已写的部分是完整的，可以先送。",
                     "The stick is full: " + what.en + " for " + to + " are missing, which take " +
                         size + ". What was written for it is whole and can go."});
    }
  }
  terminal.object(written_json(node, bundle, is_dry_run));
}

void show_waiting(Invocation& call, const std::vector<peers::BundlePeer>& waiting, bool is_full) {
  if (waiting.empty()) return;
  Terminal& terminal = call.terminal;
  boost::json::array nodes;
  std::string names;
  for (const peers::BundlePeer& peer : waiting) {
    names += (names.empty() ? "" : "、") + peer_text(peer);
    nodes.push_back(boost::json::object{{"to", peer.node.hex()}, {"name", peer.name}});
  }
  const std::string next = terminal.command_of_all_spaces("bundle write --continue DIR"),
                    least = registry::byte_size_text(peers::kLeastStickBytes);
  const Label room =
      is_full ? Label{"（至少要空 " + least + "）", " with " + least + " free"} : Label{"", ""};
  terminal.warn({"还有没写完的：" + names + "。换一支盘" + room.zh + "，再运行：" + next +
                     "（给他们都接着写）",
                 "Not all was written for: " + names + ". Take another stick" + room.en +
                     " and run, for all of them: " + next});
  terminal.object({{"waiting", std::move(nodes)}});
}

void show_file(Invocation& call, node::Node& node, const ReadFile& file, bool takes_unknown) {
  Terminal& terminal = call.terminal;
  const std::string head = file.file.name + "（" + registry::byte_size_text(file.file.bytes) + "）";
  if (file.state != FileState::kReadable) {
    const bool is_chosen = takes_unknown && file.state == FileState::kUnknownWriter;
    const Label why =
        is_chosen ? Label{"是不在这里名册上的电脑写的，照 --accept-unknown 收",
                          "was written by a computer that no roster here names, and is taken as "
                          "--accept-unknown says"}
                  : state_sentence(file.state);
    terminal.say({head + " " + why.zh + "。", head + " " + why.en + "."});
    return;
  }
  const Label part = part_text(*file.letter), what = contents_text(node, *file.letter);
  const std::string when = local_time(file.letter->claimed_ms), from = peer_text(*file.from);
  if (file.letter->spaces.empty()) {
    terminal.say({head + " " + from + " 的回执，写于 " + when,
                  head + " receipts of " + from + ", written " + when});
    return;
  }
  terminal.say({head + " " + from + " 写于 " + when + part.zh + "：" + what.zh,
                head + " " + from + ", written " + when + part.en + ": " + what.en});
  warn_of_cut(terminal, file);
}

void show_taken(Invocation& call, node::Node& node, const ReadFile& file) {
  if (file.state != FileState::kReadable && file.taken.spaces.empty()) return;
  Terminal& terminal = call.terminal;
  for (const auto& [space, report] : file.taken.spaces) {
    const std::string name = space_name(node, space);
    const std::string fresh = number(report.admitted), known = number(report.known);
    terminal.say(
        {file.file.name + " " + name + "：新收 " + fresh + " 份，本来就有 " + known + " 份",
         file.file.name + " " + name + ": " + fresh + " new, " + known + " were here"});
    if (report.forks > 0)
      terminal.warn(
          {"  注意：有钥匙在同一处签了不同的内容（" + terminal.command("key list") + "）。",
           "  Note: a key has signed different changes in one place (" +
               terminal.command("key list") + ")."});
  }
  show_attachments(terminal, file);
  warn_of_damage(terminal, file);
}

void show_stick(Invocation& call, node::Node& node, const peers::StickReport& report) {
  Terminal& terminal = call.terminal;
  for (const peers::ReadReceipt& receipt : report.receipts) {
    const std::string from = peer_text(receipt.from), name = space_name(node, receipt.space);
    if (receipt.filing == peers::Filing::kNew)
      terminal.say(
          {"收到 " + from + " 的回执（" + name + "）：以后只写它还没有的。",
           "A receipt of " + from + " (" + name + "): later bundles have only what it lacks."});
  }
  if (report.refused_receipts > 0)
    terminal.warn(
        {"有 " + number(report.refused_receipts) + " 份回执不是给本机的或是伪造的，没有采用。",
         number(report.refused_receipts) +
             " receipts are not for this node, or forged: not used."});
  if (report.not_kept)
    terminal.warn({"附件没有收全：" +
                       std::string(report.not_kept->code == Errc::kDiskFull ? "这台电脑的磁盘满了"
                                                                            : "这台电脑存不下去") +
                       "。改动都已收下，收到的附件也留着；腾出空间后再读一次这支盘。",
                   "Not all attachments were kept (" + report.not_kept->context +
                       "). All changes were taken, and what came of attachments stays. Free some "
                       "space and read the stick again."});
  if (report.listing.has_autorun)
    terminal.warn(
        {"注意：盘上有会自动运行的文件（如 autorun.inf）。村居不会打开它；请先杀毒，不要双击。",
         "Note: the stick has files that start by themselves, as autorun.inf. Cunju never "
         "opens them; scan the stick, and don't double-click."});
  if (!report.listing.unfinished.empty())
    terminal.warn(
        {"有 " + number(report.listing.unfinished.size()) +
             " 个没有写完的文件（写到一半断电或拔盘），没有读；请对方再写一次。",
         number(report.listing.unfinished.size()) +
             " files were never finished (power cut, stick pulled out) and not read; have "
             "them written again."});
  if (report.listing.others > 0)
    terminal.say({"盘上另有 " + number(report.listing.others) + " 个别的文件，没有打开。",
                  number(report.listing.others) + " other files on the stick were not opened."});
}

void explain_stick(Invocation& call, const Error& error, const std::string& dir) {
  if (error.code == Errc::kLimit)
    call.terminal.explain_whole(
        {{dir + " 里的文件太多，没有读。",
          "There are too many files in " + dir + "; it was not read."},
         {"没有改动任何数据。", "Nothing was changed."},
         {"CUNJU 文件夹里读过的捆包可以删；别的文件太多的，请换一支盘，或写明 " + dir + "/CUNJU。",
          "Delete bundles in the folder CUNJU that were read. If it is other files, take another "
          "stick, or name " +
              dir + "/CUNJU."}});
  if (error.code == Errc::kInvalidArgument && error.context.ends_with(peers::kNoStick))
    call.terminal.explain_whole(
        {{dir + " 是文件，不是 U 盘或文件夹。", dir + " is a file, and no stick or folder."},
         {"没有读写任何东西。", "Nothing was read or written."},
         {"请写 U 盘的路径，捆包在盘上的 CUNJU 文件夹里，不用写到文件。",
          "Name the stick; its bundles are in its folder CUNJU, and no file has to be named."}});
  if (error.code == Errc::kMalformed && error.context.ends_with(peers::kNoFolder))
    call.terminal.explain_whole(
        {{dir + " 上的 CUNJU 不是普通文件夹，是链接或文件，没有跟过去。",
          "CUNJU in " + dir + " is a link or a file and no folder, and was not followed."},
         {"没有读写任何东西。", "Nothing was read or written."},
         {"请看看是谁放的，改名或删掉它，再试。",
          "See who put it there, rename or delete it, and try again."}});
  // The home's own disk may have failed as well: that has its own words.
  if (error.context.find(dir) == std::string::npos) return;
  if (error.code == Errc::kPermission)
    call.terminal.explain_whole({{dir + " 不能写：U 盘写保护，或没有权限。",
                                  dir + " can't be written: protected, or not permitted."},
                                 {"没有丢失任何数据。", "Nothing was lost."},
                                 {"请拨开写保护开关，或换一支盘再试。",
                                  "Switch the protection off, or take another stick."}});
  if (error.code == Errc::kDiskFull)
    call.terminal.explain_whole(
        {{dir + " 满了，正在写的文件已经去掉。",
          dir + " is full; the file that was being written is gone."},
         {"之前写好的文件完整，村里的数据没有变动。",
          "Files that were finished before are whole; no record was touched."},
         {"请腾出空间，或换一支盘再写一次。",
          "Free some space, or take another stick, and write again."}});
  if (error.code == Errc::kTampered)
    call.terminal.explain_whole(
        {{dir + " 说写好了，重新读出来却不是写进去的：这支盘坏了，或者标的容量是假的。",
          dir + " said that all was written and reads otherwise: the stick is broken, or has less "
                "room than it says."},
         {"读出来不对的文件已经去掉，村里的数据没有变动，也没有把任何内容记成已送到。",
          "Files that read otherwise are gone; no record was touched, and nothing counts as "
          "given."},
         {"别再用这支盘；盘上别人的东西请先拷走。换一支盘，照原样再写一次。",
          "Don't use this stick any more, and copy away what else is on it. Take another one and "
          "write again as before."}});
  if (error.code == Errc::kIo)
    call.terminal.explain_whole(
        {{dir + " 读写出错：盘坏了，或者没有插好。",
          dir + " can't be read or written: it is broken, or not in all the way."},
         {"没有写完的文件已经去掉，村里的数据没有变动；已经收下的都留着。",
          "No unfinished file is left and no record was touched; what was taken before is safe."},
         {"拔下再插好，重做一次；还不行就换一支盘，请对方再写。",
          "Pull it out, put it in again and repeat; or take another stick, and have it written "
          "again."}});
  if (error.code == Errc::kNotFound)
    call.terminal.explain_whole(
        {{"找不到 " + dir + "：U 盘插好了吗？", "There is no " + dir + ": is the stick in?"},
         {"没有改动任何数据。", "Nothing was changed."},
         {"请核对盘的路径再试。", "Check the path of the stick."}});
}

}  // namespace cunju::cli
