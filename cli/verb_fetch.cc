// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "cli/attachments.h"
#include "cli/met_peer.h"
#include "cli/peer_calls.h"
#include "cli/peer_lines.h"
#include "cli/verbs.h"
#include "node/attachments/fetch_policy.h"
#include "node/registry/attachment_text.h"

namespace cunju::cli {
namespace {

using attachments::BlobFolder;
using attachments::BlobId;

const Option kOptions[] = {
    {"--all", "", {"所有还没有取来的附件", "every attachment that is not here"}},
    {"--from",
     "ADDRESS|NODE",
     {"马上从这个地址或这台电脑取，写法同 sync", "get them from there now, named as for sync"}},
    {"--policy", "", {"查看或改变自动取哪些", "show or change what is fetched unasked"}},
    {"--each", "SIZE", {"自动取不大于这么大的，例如 8MiB", "up to this size each, such as 8MiB"}},
    {"--author", "SIZE", {"每人合计", "of one author together"}},
    {"--book", "SIZE", {"每个村合计", "of one space together"}},
    {"--total",
     "SIZE",
     {"这台电脑上全部附件满多少就不再自动取",
      "no more comes unasked once all attachments on this computer take so much"}},
};

Result<ExitCode> show_policy(Invocation& call, const BlobFolder& blobs) {
  const Result<attachments::FetchPolicy> before = attachments::load_policy(blobs.folder());
  const bool is_broken = before.has_error();
  attachments::FetchPolicy policy;
  BrokenPolicy words;
  if (is_broken) {
    words = broken_policy(call.terminal, before.error());
  } else {
    policy = before.value();
  }
  bool is_chosen = false;
  const std::pair<std::string_view, std::uint64_t*> choices[] = {{"--each", &policy.each},
                                                                 {"--author", &policy.author},
                                                                 {"--book", &policy.space},
                                                                 {"--total", &policy.total}};
  for (const auto& [option, limit] : choices) {
    const std::optional<std::string> typed = call.value(option);
    if (!typed) continue;
    const std::optional<std::uint64_t> bytes = parse_byte_size(*typed);
    if (!bytes) return fail(Errc::kInvalidArgument, std::string(option) + " " + *typed);
    *limit = *bytes;
    is_chosen = true;
  }
  if (is_broken && is_chosen && !words.is_replaced) {
    call.terminal.explain_whole({{words.text.zh + "。", words.text.en + "."},
                                 {"没有改动任何数据。", "Nothing was changed."},
                                 words.advice});
    if (before.error().code != Errc::kMalformed) return before.error();
    return fail(Errc::kConflict, before.error().context);
  }
  if (is_broken && !is_chosen) {
    call.terminal.warn(
        {words.text.zh + "。" + words.advice.zh, words.text.en + ". " + words.advice.en});
    call.terminal.object({{"readable", false}});
    return ExitCode::kNegative;
  }
  if (is_chosen) {
    CUNJU_TRYV(attachments::save_policy(blobs.folder(), policy));
  }
  if (is_broken)
    call.terminal.warn({"原来的自动取设置读不出来，已换成新的；没有写明的用默认值。",
                        "What had been chosen before can't be read and was replaced; what was not "
                        "named has its default."});
  const std::string each = registry::byte_size_text(policy.each),
                    author = registry::byte_size_text(policy.author),
                    space = registry::byte_size_text(policy.space),
                    total = registry::byte_size_text(policy.total),
                    stored = registry::byte_size_text(blobs.stored_bytes());
  call.terminal.say({"自动取：每个不超过 " + each + "，每人合计 " + author + "，每个村合计 " +
                         space + "；全部附件满 " + total + " 就不再自动取（现有 " + stored + "）",
                     "fetched unasked: up to " + each + " each, " + author + " of one author, " +
                         space + " of one space; none once all attachments take " + total +
                         " (now " + stored + ")"});
  call.terminal.object({{"each", policy.each},
                        {"author", policy.author},
                        {"space", policy.space},
                        {"total", policy.total},
                        {"stored", blobs.stored_bytes()}});
  return ExitCode::kOk;
}

/// What is meant and not here, each with one place where it is referred to.
using Missing = std::map<BlobId, attachments::PlacedReference>;

Result<Missing> find_missing(Invocation& call, node::Node& node, const BlobFolder& blobs) {
  Missing out;
  if (!call.arguments.empty()) {
    CUNJU_TRY(const FoundRecord found,
              find_record(node, call, call.arguments[0], call.arguments[1]));
    for (const AttachedField& each : attached_fields(found.row)) {
      attachments::Referred at;
      at.blob = each.reference.blob();
      at.registry = found.row.registry;
      at.record = found.row.id;
      at.field = each.field;
      out.try_emplace(at.blob, attachments::PlacedReference{found.book.space, at});
    }
  } else {
    CUNJU_TRY(const std::vector<SpaceId> spaces, chosen_spaces(node, call));
    for (const SpaceId& space : spaces) {
      CUNJU_TRY(const Book book, open_book(node, space));
      CUNJU_TRY(const std::vector<attachments::Referred> references,
                attachments::find_references(node.replica(), space, *book.catalog));
      for (const attachments::Referred& each : references)
        out.try_emplace(each.blob, attachments::PlacedReference{space, each});
    }
  }
  std::erase_if(out, [&](const auto& each) { return blobs.seems_whole(each.first); });
  return out;
}

std::set<BlobId> blobs_of(const Missing& missing) {
  std::set<BlobId> out;
  for (const auto& [blob, place] : missing) out.insert(blob);
  return out;
}

void say_metered(Invocation& call, const MetPeer& peer, const std::string& count, bool was_asked) {
  const std::string name = visible(peer.name, false);
  const std::string off = call.terminal.command("peers set " + peer.id + " --metered off");
  const Label noted = was_asked ? Label{"，都已记下", ", and are noted"} : Label{};
  Label next{"要取，请对方不加 --metered 运行 serve，再取一次。",
             "To get them, let it serve without --metered, and fetch again."};
  if (peer.is_noted)
    next = {"要取，先运行 " + off + "，再取一次。", "To get them: " + off + ", and fetch again."};
  call.terminal.warn({"与“" + name + "”交换按流量计费，附件没有交换，" + count + " 个没有取来" +
                          noted.zh + "。" + next.zh,
                      "Exchanging with " + name + " is metered, so no attachment moved: " + count +
                          " are not here" + noted.en + ". " + next.en});
}

/// Of the missing ones those that somebody has asked for, here or before.
std::vector<attachments::PlacedReference> asked_of(const Missing& missing,
                                                   const BlobFolder& blobs) {
  const std::set<attachments::Address> wanted = blobs.wanted();
  std::vector<attachments::PlacedReference> out;
  for (const auto& [blob, place] : missing)
    if (wanted.contains(blob.address)) out.push_back(place);
  return out;
}

/// What was asked for, and the node that was called has not brought.
void say_not_brought(const Invocation& call, const std::string& count, const Label& names) {
  call.terminal.warn({"对方没有给出 " + count + " 个要取的附件：" + names.zh +
                          "。可能它那里没有，或文件坏了：请对方运行 cunju doctor "
                          "--attachments。已记下，下次与有的电脑交换时取。",
                      "The node that was called did not bring " + count +
                          " attachments that were asked for:" + names.en +
                          ". It may not have them, or its files are damaged: have cunju "
                          "doctor --attachments run there. They are noted, and come with the next "
                          "exchange with who has them."});
}

/// What became of the request. kIo when the disk has no room for any of it; kNegative when somebody
/// was called, and not everything came that was asked for.
ExitCode report(Invocation& call, node::Node& node, const BlobFolder& blobs, const Missing& missing,
                bool was_asked, const std::optional<MetPeer>& metered) {
  const bool was_called = call.value("--from").has_value();
  const std::string count = std::to_string(missing.size()),
                    size = registry::byte_size_text(bytes_of(blobs_of(missing)));
  std::vector<attachments::PlacedReference> not_brought;
  if (was_called) not_brought = asked_of(missing, blobs);
  Label names;
  boost::json::array places = name_attachments(node, not_brought, names);
  const Label shortage = missing.empty() ? Label{} : shortage_text(call, blobs);
  if (missing.empty()) {
    call.terminal.say({"附件都在这台电脑上。", "Every attachment is on this computer."});
  } else if (metered) {
    say_metered(call, *metered, count, was_asked);
  } else if (!shortage.zh.empty()) {
    call.terminal.warn({"有 " + count + " 个附件（" + size + "）没有取来：" + shortage.zh,
                        count + " attachments (" + size + ") are not here. " + shortage.en});
  } else if (!not_brought.empty()) {
    say_not_brought(call, std::to_string(not_brought.size()), names);
  } else if (was_asked) {
    call.terminal.say(
        {"还有 " + count + " 个附件（" + size + "）没有取来，已记下，下次与有的电脑交换时取。",
         count + " attachments (" + size +
             ") are not here; they come with the next exchange with who has them."});
  } else {
    call.terminal.say({"有 " + count + " 个附件（" + size + "）没有取来；都要取请运行 " +
                           call.terminal.command("fetch --all"),
                       count + " attachments (" + size +
                           ") are not here; to get all: " + call.terminal.command("fetch --all")});
  }
  call.terminal.object({{"missing", missing.size()},
                        {"bytes", bytes_of(blobs_of(missing))},
                        {"asked", was_asked},
                        {"metered", metered.has_value()},
                        {"disk_full", !shortage.zh.empty()},
                        {"not_brought", std::move(places)}});
  if (!shortage.zh.empty()) return ExitCode::kIo;
  return not_brought.empty() ? ExitCode::kOk : ExitCode::kNegative;
}

/// What a call came to.
struct Fetched {
  ExitCode code = ExitCode::kOk;   ///< Else nothing was exchanged: persons decide first, or have.
  std::optional<MetPeer> metered;  ///< With whom attachments had to wait.
};

/// Runs a session with whom a person names.
Result<Fetched> sync_from(Invocation& call, node::Node& node, const std::string& word) {
  TransferClock clock;
  CUNJU_TRY(PeerCall done,
            call_whom(call, node, word, {.listener = [&](const node::PeerEvent& event) {
                        show_peer_event(call.terminal, event, clock);
                      }}));
  Fetched out{.code = code_of(done), .metered = {}};
  if (!done.outcome.value().progress.is_metered) return out;
  CUNJU_TRYV(look_up_met_peer(node, done.peer));
  out.metered = std::move(done.peer);
  return out;
}

/// Asks for what is missing; whether any of it was not asked for before.
Result<bool> want_all(attachments::BlobFolder& blobs, const Missing& missing) {
  const std::set<attachments::Address> before = blobs.wanted();
  bool is_more = false;
  for (const auto& [blob, place] : missing) {
    if (before.contains(blob.address)) continue;
    CUNJU_TRYV(blobs.want(blob.address));
    is_more = true;
  }
  return is_more;
}

Result<ExitCode> run(Invocation& call) {
  const bool has_record = call.arguments.size() == 2;
  if (call.arguments.size() == 1 || (has_record && call.has("--all")))
    return fail(Errc::kInvalidArgument, "REGISTRY ID");
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  if (call.has("--policy") || call.has("--each") || call.has("--author") || call.has("--book") ||
      call.has("--total"))
    return show_policy(call, *blobs);
  const bool is_asked = has_record || call.has("--all");
  CUNJU_TRY(Missing missing, find_missing(call, *node, *blobs));
  if (is_asked) {
    CUNJU_TRYV(want_all(*blobs, missing));
  }
  Fetched fetched;
  // Once more for what the records refer to that came.
  bool is_more = call.value("--from").has_value();
  for (int turn = 0; is_more && turn < 2; ++turn) {
    CUNJU_TRY(fetched, sync_from(call, *node, *call.value("--from")));
    if (fetched.code != ExitCode::kOk) return fetched.code;
    CUNJU_TRY(missing, find_missing(call, *node, *blobs));
    is_more = false;
    if (is_asked) {
      CUNJU_TRY(is_more, want_all(*blobs, missing));
    }
  }
  node->wake_server();
  return report(call, *node, *blobs, missing, is_asked, fetched.metered);
}

}  // namespace

const Verb kFetchVerb{
    .name = "fetch",
    .arguments = "[REGISTRY ID]",
    .min_arguments = 0,
    .max_arguments = 2,
    .summary = {"取来还不在这台电脑上的附件", "get attachments that are not on this computer"},
    .details =
        {"小的附件交换时自动取来；大的要用这个命令。中断了会从断点继续。",
         "Small ones come by themselves when nodes exchange, large ones with this command. A "
         "cut link goes on where it stopped."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
