// SPDX-License-Identifier: Apache-2.0
#include "cli/exchange_report.h"

#include "cli/attachments.h"

namespace cunju::cli {
namespace {

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

/// What did not go the usual way: held back, come later, gone.
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

boost::json::object exchange_object(const PeerCall& done) {
  const node::SyncOutcome& outcome = done.outcome.value();
  const sync::Progress& progress = outcome.progress;
  return {{"received", progress.accepted.admitted},
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
          {"let_go", progress.let_go},
          {"peer", done.peer.wire ? done.peer.wire->hex() : ""},
          {"name", done.peer.name},
          {"address", done.address}};
}

}  // namespace

Result<void> report_exchange(const Invocation& call, node::Node& node, PeerCall& done,
                             const Label& head) {
  const node::SyncOutcome& outcome = done.outcome.value();
  const sync::Progress& progress = outcome.progress;
  const std::string received = std::to_string(progress.accepted.admitted);
  const std::string sent = std::to_string(progress.taken.admitted);
  const std::string bytes = std::to_string(outcome.bytes_in + outcome.bytes_out);
  call.terminal.say(
      {head.zh + "收到 " + received + " 份，送出 " + sent + " 份，共 " + bytes + " 字节。",
       head.en + received + " changes received, " + sent + " sent, " + bytes + " bytes."});
  CUNJU_TRYV(look_up_met_peer(node, done.peer));
  CUNJU_TRY(const auto blobs, open_blobs(node));
  if (const Label shortage = shortage_text(call, *blobs); !shortage.zh.empty())
    call.terminal.warn(
        {"附件先不取了。" + shortage.zh, "No attachments are taken. " + shortage.en});
  say_of_parts(call.terminal, progress, done.peer, call.has("--metered"));
  if (progress.accepted.forks > 0)
    call.terminal.warn({"注意：有钥匙在同一处签了不同的内容，各支都已保存，这把钥匙已冻结（" +
                            call.terminal.command("key list") + "）。",
                        "Note: a key has signed different changes in one place; all are kept and "
                        "the key is frozen (" +
                            call.terminal.command("key list") + ")."});
  call.terminal.object(exchange_object(done));
  return ok();
}

}  // namespace cunju::cli
