// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <utility>

#include "cli/attachments.h"
#include "cli/meet_words.h"
#include "cli/met_peer.h"
#include "cli/peer_lines.h"
#include "cli/record_lookup.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

const Option kOptions[] = {
    {"--metered",
     "",
     {"用的是按流量计费的网络：保密内容和附件这次不交换，下次不加这一项时补上",
      "the network costs money: confidential parts and attachments wait for the next sync without "
      "this"}}};

/// An acquaintance whose words nobody has compared here yet is a stranger still; and so is this
/// computer to whoever took it out, which it may not have heard.
Result<ExitCode> unexchanged(const Invocation& call, node::Node& node, const Error& error,
                             transport::LinkEnd end) {
  const bool is_not_let_in = end == transport::LinkEnd::kNotLetIn;
  CUNJU_TRY(const std::vector<peers::Invitation> taken,
            node.invitations(peers::InvitationBook::Side::kTaken));
  for (const peers::Invitation& invitation : taken) {
    if ((error.code != Errc::kNotFound && !is_not_let_in) ||
        invitation.state.stage != peers::PairStage::kWaiting)
      continue;
    const peers::PairingWords words = peers::pairing_words(invitation.state.transcript);
    const std::string zh = peers::words_in_chinese(words);
    const std::string command = call.terminal.command("join confirm " + zh);
    return refused(call, Errc::kConflict,
                   {"先与“" + visible(invitation.space_name, false) +
                        "”的邀请方核对四个词；完全一样就运行：" + command,
                    "first compare the four words with " + visible(invitation.space_name, false) +
                        "; if they are the same, run: " + command});
  }
  if (!is_not_let_in) return error;
  const MeetFinding finding = finding_of(call.arguments[0], end);
  const std::string join = call.terminal.command("join FILE");
  call.terminal.explain_whole(
      {finding.text,
       {"已保存的记录都在，没有丢失。", "What is saved is all here."},
       {finding.advice.zh + "被移除或停用过的，请对方重新邀请，在这台电脑上 " + join +
            " 就能带着原来的内容和钥匙回来。",
        finding.advice.en + " If it was taken out, ask for a new invitation: " + join +
            " brings it back with the records and keys that are here."}});
  return error;
}

/// Nothing was exchanged yet, because persons have to decide, or have decided against it.
ExitCode pairing_verdict(const node::SyncOutcome& outcome) {
  const bool is_over = std::ranges::any_of(outcome.pairings, [](const peers::PairingNews& news) {
    return news.kind == peers::PairingNews::Kind::kOver;
  });
  return is_over ? ExitCode::kPermission : ExitCode::kConflict;
}

/// What did not go the usual way: held back, come later, gone.
/// Who has said that the link is metered, and how that ends.
Label metered_text(Terminal& terminal, const MetPeer& peer, bool is_of_this_run) {
  const std::string name = visible(peer.name, false);
  const std::string off = terminal.command("peers set " + peer.id + " --metered off");
  if (is_of_this_run && peer.is_noted)
    return {"不加 --metered，并先运行 " + off, "without --metered, and after " + off};
  if (is_of_this_run) return {"不加 --metered", "without --metered"};
  if (peer.is_noted) return {"先运行 " + off, "after " + off};
  return {"是对方“" + name + "”要省流量，请对方改：不加 --metered，或 peers set … --metered off",
          "it is " + name +
              " that holds back; ask them to do it without --metered, or to run peers set … "
              "--metered off there"};
}

void say_of_parts(Terminal& terminal, const sync::Progress& progress, const MetPeer& peer,
                  bool is_of_this_run) {
  const std::string out = std::to_string(progress.held_back.changes);
  const std::string bytes = std::to_string(progress.held_back.bytes);
  const std::string in = std::to_string(progress.came_without);
  const Label next = metered_text(terminal, peer, is_of_this_run);
  if (progress.is_metered)
    terminal.say(
        {"按流量计费，这次只交换名册和公开的登记：有 " + out + " 份没有带上保密内容（省下 " +
             bytes + " 字节），收到的有 " + in +
             " 份缺保密内容，附件没有交换。下次不按流量计费交换时补上（" + next.zh + "）。",
         "Metered: only the roster and open registries moved. " + out +
             " changes went without their confidential parts (" + bytes + " bytes saved), " + in +
             " came without, attachments waited. The next exchange that is not metered "
             "brings them (" +
             next.en + ")."});
  if (progress.filled.parts > 0)
    terminal.say({"补上了以前缺的内容 " + std::to_string(progress.filled.parts) + " 项。",
                  std::to_string(progress.filled.parts) + " parts that were lacking have come."});
  if (progress.let_go > 0)
    terminal.say({"按名册改定的保存范围，本机销毁了不再该保存的内容 " +
                      std::to_string(progress.let_go) + " 项（对方确认保存着）。",
                  "As the roster now says what this node keeps, it has destroyed " +
                      std::to_string(progress.let_go) +
                      " parts, which the other side has confirmed to hold."});
}

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  TransferClock clock;
  MetPeer peer;
  transport::LinkEnd end = transport::LinkEnd::kOpen;
  Result<node::SyncOutcome> synced =
      node->sync(call.arguments[0],
                 [&](const node::PeerEvent& event) {
                   note_met_peer(event, peer);
                   // The end is reported once, below.
                   if (event.kind == node::PeerEvent::Kind::kClosed) {
                     end = event.end;
                     return;
                   }
                   show_peer_event(call.terminal, event, clock);
                 },
                 {.is_metered = call.has("--metered")});
  // Of a file this error says that a newer program wrote it; of a peer either may be the newer one.
  if (synced.has_error() && synced.error().code == Errc::kUnsupported)
    call.terminal.explain_whole({link_reason(synced.error()),
                                 {"双方的记录都还在。", "The records of both sides are safe."},
                                 {"升级之后再试。", "Try again after the update."}});
  if (synced.has_error() && synced.error().context == peers::kOwnNode)
    explain_own_node(call.terminal, call.arguments[0]);
  if (synced.has_error()) return unexchanged(call, *node, synced.error(), end);
  const node::SyncOutcome& outcome = synced.value();
  node->wake_server();
  if (!outcome.exchanged) return pairing_verdict(outcome);
  const sync::Progress& progress = outcome.progress;
  std::string received = std::to_string(progress.accepted.admitted);
  std::string sent = std::to_string(progress.taken.admitted);
  std::string bytes = std::to_string(outcome.bytes_in + outcome.bytes_out);
  call.terminal.say(
      {"交换完成：收到 " + received + " 份，送出 " + sent + " 份，共 " + bytes + " 字节。",
       "Exchanged: " + received + " changes received, " + sent + " sent, " + bytes + " bytes."});
  CUNJU_TRYV(look_up_met_peer(*node, peer));
  CUNJU_TRY(const auto blobs, open_blobs(*node));
  if (const Label shortage = shortage_text(call, *blobs); !shortage.zh.empty())
    call.terminal.warn(
        {"附件先不取了。" + shortage.zh, "No attachments are taken. " + shortage.en});
  say_of_parts(call.terminal, progress, peer, call.has("--metered"));
  if (progress.accepted.forks > 0)
    call.terminal.warn({"注意：有钥匙在同一处签了不同的内容，各支都已保存，这把钥匙已冻结（" +
                            call.terminal.command("key list") + "）。",
                        "Note: a key has signed different changes in one place; all are kept and "
                        "the key is frozen (" +
                            call.terminal.command("key list") + ")."});
  call.terminal.object({{"received", progress.accepted.admitted},
                        {"sent", progress.taken.admitted},
                        {"held", progress.accepted.held},
                        {"refused", progress.accepted.refused},
                        {"bytes_in", outcome.bytes_in},
                        {"bytes_out", outcome.bytes_out},
                        {"paired", outcome.paired},
                        {"metered", progress.is_metered},
                        {"held_back", progress.held_back.changes},
                        {"held_back_bytes", progress.held_back.bytes},
                        {"came_without", progress.came_without},
                        {"filled", progress.filled.parts},
                        {"filled_bytes", progress.filled.bytes},
                        {"let_go", progress.let_go}});
  return ExitCode::kOk;
}

}  // namespace

const Verb kSyncVerb{
    .name = "sync",
    .arguments = "ADDRESS",
    .min_arguments = 1,
    .max_arguments = 1,
    .summary = {"与一个地址交换数据，交换完就结束", "exchange changes with one address, then stop"},
    .details = {"中断后再运行会从断点继续。有邀请待用时先配对。",
                "A cut exchange continues where it stopped. Pairs first if an invitation waits."},
    .options = kOptions,
    .run = run};

}  // namespace cunju::cli
