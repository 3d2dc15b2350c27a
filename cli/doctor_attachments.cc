// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_attachments.h"

#include "cli/attachments.h"
#include "node/attachments/attachment_standing.h"
#include "node/attachments/fetch_policy.h"
#include "node/attachments/want_book.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

using attachments::AttachmentStanding;
using attachments::Tally;

std::string count_of(const Tally& tally) { return std::to_string(tally.count); }
std::string size_of(const Tally& tally) { return registry::byte_size_text(tally.bytes); }

boost::json::object json_of(const Tally& tally) {
  return {{"count", tally.count}, {"bytes", tally.bytes}};
}

void add_to(Label& text, const Tally& tally, const std::string& zh, const std::string& en) {
  if (tally.count == 0) return;
  text.zh += "，" + zh + " " + count_of(tally) + " 个（" + size_of(tally) + "）";
  text.en += ", " + count_of(tally) + " " + en + " (" + size_of(tally) + ")";
}

void say_standing(DoctorReport& doctor, const Invocation& call, const AttachmentStanding& standing,
                  bool verified) {
  Label text{
      "附件 " + count_of(standing.whole) + " 个在这里（" + size_of(standing.whole) + "）",
      "attachments: " + count_of(standing.whole) + " here (" + size_of(standing.whole) + ")"};
  if (verified) {
    text.zh += "，逐个核对过";
    text.en += ", each was verified";
  }
  add_to(text, standing.partial, "收到一部分", "in part");
  add_to(text, standing.missing, "尚未取来", "not fetched");
  add_to(text, standing.damaged, "损坏", "damaged");
  add_to(text, standing.earlier, "只有旧版本或已删记录提到",
         "of earlier values or deleted records");
  add_to(text, standing.orphaned, "没有任何记录提到", "to which nothing refers");
  Label advice;
  if (standing.damaged.count > 0) {
    const std::string sync = call.terminal.command("sync"),
                      bundle = call.terminal.command("bundle receipt");
    advice = {"损坏的留在一边，记录不受影响。已记下要取回，下次与有的电脑交换（" + sync +
                  "，或用 U 盘带回执：" + bundle + "）就来；别处没有的，请用原件再附一次",
              "Damaged ones are kept aside and no record is touched. They are asked for, and come "
              "with the next exchange with who has them (" +
                  sync + ", or a receipt on a stick: " + bundle +
                  "). What nobody has: attach the original again"};
  } else if (standing.orphaned.count > 0) {
    const std::string orphans = call.terminal.command("doctor --orphans");
    advice = {
        "没有记录提到的，可能是保存中断留下的，也可能是恢复了旧备份、记录还没同步回来；"
        "先同步，再看一看：" +
            orphans,
        "What nothing refers to may be left of a saving that was cut off; a restored backup whose "
        "records have not come back looks the same. Sync first, then see " +
            orphans};
  }
  doctor.add(standing.damaged.count == 0, "attachments", text, advice,
             {{"whole", json_of(standing.whole)},
              {"partial", json_of(standing.partial)},
              {"missing", json_of(standing.missing)},
              {"damaged", json_of(standing.damaged)},
              {"earlier", json_of(standing.earlier)},
              {"orphaned", json_of(standing.orphaned)},
              {"verified", verified}});
}

/// Names what was here and is gone.
void say_lost(DoctorReport& doctor, const Invocation& call, node::Node& node,
              const std::vector<attachments::PlacedReference>& lost) {
  if (lost.empty()) return;
  const std::string count = std::to_string(lost.size());
  Label text{"附件 " + count + " 个是在这台电脑上附的，文件却不在了：",
             count + " attachments were attached on this computer and their files are gone:"};
  boost::json::array all = name_attachments(node, lost, text);
  const std::string serve = call.terminal.command("sync"),
                    bundle = call.terminal.command("bundle receipt");
  doctor.add(false, "lost_attachments", text,
             {"记录不受影响。已记下要取回，下次与有的电脑交换（" + serve + "，或用 U 盘带回执：" +
                  bundle + "）就取。只有这里有过的就找不回来了：有原件请再附一次",
              "No record is touched. They are noted, and come with the next exchange with who has "
              "them (" +
                  serve + ", or a receipt on a stick: " + bundle +
                  "). What only this computer had is gone: attach the original again"},
             {{"lost", std::move(all)}});
}

/// Names what may have been here: nothing that somebody has to mend.
void say_maybe_lost(DoctorReport& doctor, const Invocation& call, node::Node& node,
                    const std::vector<attachments::PlacedReference>& lost) {
  if (lost.empty()) return;
  const std::string count = std::to_string(lost.size()),
                    fetch = call.terminal.command("fetch REGISTRY ID");
  Label text{"附件 " + count + " 个由这台电脑的钥匙写进记录，文件不在这里，可能曾经在：",
             count +
                 " attachments are in records by a key of this computer and not here; they "
                 "may have been here:"};
  boost::json::array all = name_attachments(node, lost, text);
  doctor.add(true, "maybe_lost_attachments", text, {"要取：" + fetch, "To get them: " + fetch},
             {{"maybe_lost", std::move(all)}});
}

/// Why not all of them can go; empty when they can.
Label why_kept(const AttachmentStanding& standing) {
  if (standing.unreadable_parts > 0) {
    const std::string parts = std::to_string(standing.unreadable_parts);
    return {"这里有 " + parts +
                " 处内容没有钥匙，或出自更新的程序，看不出是否提到这些附件，所以一个也不清。",
            parts +
                " parts can't be read here, for want of a key or as of a newer program, and may "
                "refer to these attachments: none goes."};
  }
  if (standing.pooled_changes > 0)
    return {"有改动在等更早的内容，可能提到这些附件，所以一个也不清；收齐后再试。",
            "Changes wait for earlier ones and may refer to these attachments: none goes; try "
            "again when those are here."};
  if (standing.behind_logs > 0)
    return {
        "别的电脑见过用这台电脑的钥匙写的改动，这里却没有（例如恢复了旧备份），里面可能提到这些附"
        "件，所以一个也不清；和有这些改动的电脑同步后再试。",
        "Others have seen changes under this computer's own keys that are not here, as after an "
        "older backup was restored, and these may refer to these attachments: none goes; sync "
        "with who has them and try again."};
  if (standing.unknown > 0) {
    const std::string unknown = std::to_string(standing.unknown);
    return {"有 " + unknown +
                " 个不是这份数据（data）在用的时候存下的，例如恢复了旧的 data 而附件还是新的；可能"
                "是别处记录的唯一一份，一直留着。先与有这些记录的电脑同步。",
            unknown +
                " were not stored while this copy of `data` was in use, as when an older one was "
                "put beside newer attachments. They may be the only ones of some record: kept. "
                "Sync with who has the records first."};
  }
  if (standing.fresh > 0) {
    const std::string fresh = std::to_string(standing.fresh);
    return {"有 " + fresh + " 个是一小时内存的，可能正在保存记录，先不清。",
            fresh + " are less than an hour old; somebody may be saving their record: kept."};
  }
  return {};
}

Result<void> take_orphans(DoctorReport& doctor, const Invocation& call,
                          attachments::BlobFolder& blobs, const AttachmentStanding& standing,
                          bool takes) {
  Tally going;
  boost::json::array addresses;
  for (const attachments::StoredFiles& orphan : standing.orphans) {
    going.add(orphan.bytes);
    addresses.push_back(boost::json::string(orphan.address.hex()));
    if (takes) {
      CUNJU_TRYV(blobs.destroy(orphan.address));
    }
  }
  const std::string count = count_of(going), size = size_of(going);
  Label text =
      takes ? Label{"清掉了 " + count + " 个没有任何记录提到的附件（" + size + "）",
                    count + " attachments (" + size + ") to which nothing refers were taken away"}
            : Label{"会清掉 " + count + " 个没有任何记录提到的附件（" + size + "），清掉后找不回来",
                    count + " attachments (" + size +
                        ") to which nothing refers would be taken away, for good"};
  if (standing.orphans.empty())
    text = {"没有可以清掉的附件", "there is no attachment to be taken away"};
  Label advice = why_kept(standing);
  if (!takes && !standing.orphans.empty()) {
    const std::string yes = call.terminal.command("doctor --orphans --yes");
    advice.zh = "确定要清：" + yes + (advice.zh.empty() ? "" : "。") + advice.zh;
    advice.en = "To do so: " + yes + (advice.en.empty() ? "" : ". ") + advice.en;
  }
  doctor.add(true, "orphans", text, advice,
             {{"taken", takes}, {"addresses", std::move(addresses)}});
  return ok();
}

}  // namespace

Result<void> check_attachments(DoctorReport& doctor, Invocation& call, node::Node& node,
                               const OrphanOptions& options) {
  CUNJU_TRY(const auto blobs, open_blobs(node));
  CUNJU_TRY(const AttachmentStanding standing,
            attachments::look_at_attachments(node.replica(), *blobs, node.want_book().charges(),
                                             options.verifies));
  say_standing(doctor, call, standing, options.verifies);
  say_lost(doctor, call, node, standing.lost);
  say_maybe_lost(doctor, call, node, standing.maybe_lost);
  const Result<attachments::FetchPolicy> policy = attachments::load_policy(blobs->folder());
  if (policy.has_error()) {
    const BrokenPolicy words = broken_policy(call.terminal, policy.error());
    doctor.add(false, "fetch_policy", words.text, words.advice);
  }
  if (!options.says_orphans) return ok();
  return take_orphans(doctor, call, *blobs, standing, options.takes_orphans);
}

}  // namespace cunju::cli
