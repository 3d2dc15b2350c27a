// SPDX-License-Identifier: Apache-2.0
#include "cli/meet_words.h"

#include <array>

#include "cli/met_peer.h"
#include "net/transport/tcp.h"

namespace cunju::cli {
namespace {

using transport::LinkEnd;

/// Two clocks of one minute are as good as people need.
constexpr std::uint64_t kClockToleranceMs = 120'000;

const Label kMovedAdvice{"地址已换给另一台电脑；请问它现在的地址，再 sync 一次。",
                         "The address is another computer's now; ask for the new one and sync "
                         "with it."};

MeetFinding other_version(const std::string& address) {
  return {.cause = "other_version",
          .text = {address + "：对方的村居是另一个版本，两边说不到一起",
                   address + ": the other side's Cunju is of another version that this one does "
                             "not speak"},
          .advice = {"两边都升级到同一版本。", "Upgrade both to the same version."}};
}

MeetFinding unclear(const std::string& address, const std::string& context) {
  return {.cause = "cut",
          .text = {address + "：连接中断（" + context + "）",
                   address + ": the connection was cut (" + context + ")"},
          .advice = {"再试一次，会从断点继续。", "Try again; it goes on where it stopped."}};
}

}  // namespace

MeetFinding wrong_key(const std::string& address, const std::string& name,
                      const std::string& expected) {
  return {.cause = "wrong_key",
          .text = {address + "：那里是 " + name + "，不是 " + expected,
                   address + ": that is " + name + ", not " + expected},
          .advice = kMovedAdvice};
}

Label bad_address(const std::string& word) {
  const std::string shown = visible(word, false);
  const Result<std::string> spelled = transport::spell_address(word);
  if (spelled.has_error() && spelled.error().context == transport::kNoZone)
    return {shown +
                " 少了网卡名：fe80 开头的地址只在一条网线上有效，要写明走哪块网卡，例如 "
                "[fe80::1%usb0]:7700（网卡名用 ip addr 查看）",
            shown +
                " does not say on which interface: addresses that begin with fe80 are of one link, "
                "so write it behind %, for example [fe80::1%usb0]:7700 (ip addr lists them)"};
  return {shown +
              " 不是地址；请写数字地址和端口，例如 192.168.1.8:7700（不能写 localhost "
              "这样的名字）",
          shown +
              " is no address; write a numeric address and port, for example "
              "192.168.1.8:7700 (names such as localhost can't be used)"};
}

MeetFinding finding_of(const std::string& address, LinkEnd end) {
  switch (end) {
    case LinkEnd::kOpen:
      return {.cause = "met", .is_met = true, .text = {address + "：连通", address + ": met"}};
    case LinkEnd::kNoRoute:
      return {.cause = "no_route",
              .text = {address + "：本机没有通往那里的网络",
                       address + ": this computer has no network that leads there"},
              .advice = {"请检查网线或无线网络，两台电脑是否在同一个网络里；没有网络就用 U 盘"
                         "（bundle write）。",
                         "Check the cable or the Wi-Fi, and whether both computers are in one "
                         "network; without one use a stick (bundle write)."}};
    case LinkEnd::kRefused:
      return {.cause = "refused",
              .text = {address + "：电脑在那里，但没有程序在这个端口等待",
                       address + ": a computer is there, and nothing listens at that port"},
              .advice = {"请对方运行 cunju serve；已锁的要先 unlock；再核对端口。",
                         "Ask them to run cunju serve (unlock it first if it is locked), and "
                         "check the port."}};
    case LinkEnd::kNoAnswer:
      return {.cause = "no_answer",
              .text = {address + "：没有回应", address + ": nobody answers"},
              .advice = {"对方的电脑可能没开、换了地址，或被防火墙挡住；请核对地址。",
                         "Their computer may be off, have another address, or be behind a "
                         "firewall; check the address."}};
    case LinkEnd::kNoCunju:
      return {.cause = "not_cunju",
              .text = {address + "：有程序回应，但它不是村居",
                       address + ": something answers, and it is not Cunju"},
              .advice = {"请核对地址和端口。", "Check address and port."}};
    case LinkEnd::kOtherVersion:
      return other_version(address);
    case LinkEnd::kOtherNode:
      return {.cause = "other_node",
              .text = {address + "：那里是一个村居节点，但不是本机认识的任何一个",
                       address + ": a Cunju node is there, and none that this node knows"},
              .advice = {"地址可能已换给别人。请核对地址；还没加入的，先用 join 收下邀请。",
                         "The address may be somebody else's now. Check it; who has not joined "
                         "yet takes an invitation first (join)."}};
    case LinkEnd::kNotLetIn:
      return {
          .cause = "not_let_in",
          .text = {address + "：那里回应的电脑不认本机（它没有证明自己是谁）：它的名册里没有本机，"
                             "或已把本机移除，或还没收到有本机的名册",
                   address + ": what answers there, and has not proved who it is, does not let "
                             "this node in: its roster does not have it, has removed it, or has "
                             "not heard of it yet"},
          .advice = {"请对方看 cunju member list 和 node list；名册里已有本机的，请对方先与别处"
                     "交换一次。被移除或停用过的，请对方重新邀请：在这台电脑上 cunju join FILE "
                     "就能带着原来的内容和钥匙回来。",
                     "Ask them to look at cunju member list and node list; if this node is "
                     "in the roster, let them first exchange with somebody who has it. If it was "
                     "taken out, ask for a new invitation: cunju join FILE brings it back with "
                     "the records and keys that are here."}};
    case LinkEnd::kOtherPeer:
      return {.cause = "wrong_key",
              .text = {address + "：那里是另一台认识的电脑，不是要找的这一台",
                       address + ": that is another known node, not the one that was looked for"},
              .advice = kMovedAdvice};
    case LinkEnd::kNoInvitation:
      return {.cause = "no_invitation",
              .text = {address + "：对方在，但不认这份邀请：已经用过、作废，或太旧",
                       address + ": the node is there and does not take this invitation: it was "
                                 "used, is over, or is too old"},
              .advice = {"请对方另发一份邀请（invite），再用 join 收下。",
                         "Ask them for a new one (invite), and take it (join)."}};
    case LinkEnd::kWords:
      return {.cause = "pairing",
              .text = {address + "：那里是邀请方，等两边的人核对词语",
                       address + ": the inviting node is there; the words of the invitation are "
                                 "to be compared"},
              .advice = {"词语和要运行的命令见 cunju invite list 和 cunju peers。",
                         "The words and what to run are in cunju invite list and cunju peers."}};
    case LinkEnd::kOwnNode:
      return {.cause = "own_node", .text = own_node_text(address), .advice = own_node_advice()};
    case LinkEnd::kOther:
      break;
  }
  return unclear(address, "-");
}

MeetFinding finding_of(const std::string& address, const Error& error, LinkEnd end) {
  if (error.code == Errc::kInvalidArgument && error.context == transport::kNoZone)
    return {.cause = "no_zone", .text = bad_address(address)};
  if (error.code == Errc::kInvalidArgument && end == LinkEnd::kOpen)
    return {
        .cause = "bad_address",
        .text = {address + "：不是“数字地址:端口”", address + ": not a numeric address and port"},
        .advice = {"例如 192.168.1.8:7700；不能写 localhost 这样的名字。",
                   "For example 192.168.1.8:7700; names such as localhost can't be used."}};
  if (end != LinkEnd::kOpen && end != LinkEnd::kOther) return finding_of(address, end);
  if (error.code == Errc::kDiskFull)
    return {.cause = "disk_full",
            .text = {address + "：已连上，但有一边磁盘满了；已保存的没有丢失",
                     address + ": connected, but a disk is full; what was saved is still there"},
            .advice = {"看上面本机的剩余空间；本机够用就是对方满了。腾出空间后再试。",
                       "See this computer's free space above; if there is enough, it is theirs. "
                       "Free some and try again."}};
  if (error.code == Errc::kUnsupported) return other_version(address);
  return unclear(address, error.context);
}

Label clock_difference(std::uint64_t own_ms, std::uint64_t peer_ms) {
  const bool is_ahead = peer_ms > own_ms;
  const std::uint64_t difference = is_ahead ? peer_ms - own_ms : own_ms - peer_ms;
  if (peer_ms == 0 || difference < kClockToleranceMs) return {};
  struct Unit {
    std::uint64_t ms;
    std::string_view zh, en;
  };
  constexpr std::array<Unit, 3> kUnits = {{{86'400'000, " 天", " days"},
                                           {3'600'000, " 小时", " hours"},
                                           {60'000, " 分钟", " minutes"}}};
  for (const Unit& unit : kUnits) {
    if (difference < unit.ms) continue;
    const std::string count = std::to_string(difference / unit.ms);
    return {
        (is_ahead ? "对方的时钟比本机快 " : "对方的时钟比本机慢 ") + count + std::string(unit.zh),
        "their clock is " + count + std::string(unit.en) +
            (is_ahead ? " ahead of this one" : " behind this one")};
  }
  return {};
}

}  // namespace cunju::cli
