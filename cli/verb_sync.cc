// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "cli/peer_lines.h"
#include "cli/session.h"
#include "cli/verbs.h"

namespace cunju::cli {
namespace {

Result<ExitCode> run(Invocation& call) {
  CUNJU_TRY(std::unique_ptr<node::Node> node, open_node(call));
  Result<node::SyncOutcome> synced =
      node->sync(call.arguments[0], [&](const node::PeerEvent& event) {
        // The end is reported once, below.
        if (event.kind != node::PeerEvent::Kind::kClosed) show_peer_event(call.terminal, event);
      });
  // Of a file this error says that a newer program wrote it; of a peer either may be the newer one.
  if (synced.has_error() && synced.error().code == Errc::kUnsupported)
    call.terminal.explain_whole({link_reason(synced.error()),
                                 {"双方的记录都还在。", "The records of both sides are safe."},
                                 {"升级之后再试。", "Try again after the update."}});
  CUNJU_TRY(node::SyncOutcome outcome, std::move(synced));
  node->wake_server();
  const sync::Progress& progress = outcome.progress;
  std::string received = std::to_string(progress.accepted.admitted);
  std::string sent = std::to_string(progress.taken.admitted);
  std::string bytes = std::to_string(outcome.bytes_in + outcome.bytes_out);
  call.terminal.say(
      {"交换完成：收到 " + received + " 份，送出 " + sent + " 份，共 " + bytes + " 字节。",
       "Exchanged: " + received + " changes received, " + sent + " sent, " + bytes + " bytes."});
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
                        {"paired", outcome.paired}});
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
    .options = {},
    .run = run};

}  // namespace cunju::cli
