// SPDX-License-Identifier: Apache-2.0
//
// An address is typed once: afterwards names do, or nothing at all, and a serving node calls by
// itself. It is a hint: whoever answers there has to be the one who is meant.
#include <arpa/inet.h>
#include <net/if.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <thread>

#include "crdt/base/bytes.h"
#include "tests/end_to_end/attached_files.h"
#include "tests/support/desk_words.h"
#include "tests/support/false_greeter.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

using namespace std::chrono_literals;

/// A village and a colleague who has met it at one address more than where they were paired.
struct Acquainted {
  Acquainted() : a(folder, "village"), b(folder, "colleague"), c(folder, "other") {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, b, "clerk", "李四");
    server = a.serve();
    address = server->wait_until_listening();
    REQUIRE_FALSE(address.empty());
    b.run({"sync", address});
  }
  /// A third node of the same roster, which the colleague has met at the address that it returns.
  std::string let_third_in() {
    CHECK(server->stop() == 0);
    pair_desks(a, c, "office", "翠湖街道办");
    server = a.serve({"--listen", address});
    REQUIRE_FALSE(server->wait_until_listening().empty());
    b.run({"sync", address});
    third = c.serve();
    const std::string out = third->wait_until_listening();
    b.run({"sync", out});
    return out;
  }
  TempFolder folder;
  Desk a, b, c;
  std::unique_ptr<ServerProcess> server, third;
  std::string address;
};

template <typename Condition>
bool holds_within(std::chrono::seconds time, const Condition& condition) {
  const auto end = std::chrono::steady_clock::now() + time;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(50ms);
  }
  return true;
}

/// The causes for which addresses were not the ones.
std::vector<std::string> causes(const std::vector<boost::json::object>& lines) {
  std::vector<std::string> out;
  for (const boost::json::object& line : lines)
    if (line.contains("cause")) out.push_back(Desk::text_of(line, "cause"));
  return out;
}

/// An interface of this computer that has an address of its one link.
struct OneLink {
  std::string host, name;
  unsigned index = 0;
};
std::optional<OneLink> find_one_link() {
  std::ifstream file("/proc/net/if_inet6");
  std::string digits, index, prefix, scope, flags, name;
  while (file >> digits >> index >> prefix >> scope >> flags >> name) {
    in6_addr address{};
    const auto bytes = parse_hex(digits);
    if (!digits.starts_with("fe80") || !bytes || bytes->size() != sizeof address) continue;
    std::ranges::copy(*bytes, std::begin(address.s6_addr));
    std::array<char, INET6_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET6, &address, text.data(), text.size());
    return OneLink{text.data(), name, ::if_nametoindex(name.c_str())};
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("A peer is exchanged with by name, by its key, and without a word",
          "[meeting][remembered]") {
  Acquainted desks;
  const std::string key = Desk::text_of(desks.b.json({"peers"}).front(), "peer");
  for (const Words& words :
       {Words{"sync", "幸福村"}, Words{"sync", key.substr(0, 8)}, Words{"sync"}}) {
    const std::string id = desks.b.add({"rental", "address=幸福里" + std::to_string(words.size())});
    desks.b.run(words);
    CHECK(desks.a.field("rental", id, "address") == "幸福里" + std::to_string(words.size()));
  }
  const boost::json::object done = desks.b.json({"sync", "幸福村"}).back();
  CHECK(Desk::text_of(done, "peer") == key);
  CHECK(Desk::text_of(done, "address") == desks.address);
  const boost::json::object round = desks.b.json({"sync"}).back();
  CHECK(Desk::number_of(round, "met") == 1);
  CHECK(round.at("missed").as_array().empty());
  const std::string said = desks.b.run({"sync"}).out;
  CHECK(has(said, "幸福村（" + desks.address + "）：收到 0 份"));
  CHECK(has(said, "连通 1 台：幸福村。"));
  // Whom it calls, one line of each peer, and one of all.
  CHECK(has(said, "正在呼叫 幸福村 (" + desks.address + ") …"));
  CHECK(std::ranges::count(said, '\n') == 3);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Who is nowhere met is named with the reason, and what is not known is said",
          "[meeting][remembered]") {
  Acquainted desks;
  CHECK(desks.server->stop() == 0);
  const RunResult one = desks.b.run({"sync", "幸福村"}, 8);
  CHECK(has(one.err, desks.address + "：电脑在那里，但没有程序在这个端口等待"));
  CHECK(has(one.err, "cunju serve"));
  CHECK_FALSE(has(one.err, "断点"));
  const auto events = desks.b.json({"sync", "幸福村"}, 8);
  // Also where they were paired.
  CHECK(causes(events) == std::vector<std::string>{"refused", "refused"});
  const boost::json::object round = desks.b.json({"sync"}, 8).back();
  CHECK(Desk::number_of(round, "met") == 0);
  CHECK(round.at("missed").as_array().at(0) == "幸福村");
  CHECK(has(desks.b.run({"sync"}, 8).out, "幸福村 没连上（" + desks.address));
  // The village was called and has called nobody.
  CHECK(has(desks.a.run({"sync", "李四"}, 3).err, "以后就记得"));
  CHECK(has(desks.a.run({"sync"}, 3).err, "192.168.1.8:7700"));
  CHECK(has(desks.b.run({"sync", "没人"}, 3).err, "不认识这台电脑：没人"));
  CHECK(has(desks.b.run({"sync", "192.168.1.8"}, 3).err, "带端口的地址"));
}

TEST_CASE("A name where a numeric address belongs is said, whichever command it is typed to",
          "[meeting][remembered]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string example = "请写数字地址和端口，例如 192.168.1.8:7700";
  CHECK(has(desk.run({"sync", "localhost:7700"}, 2).err, example));
  CHECK(has(desk.run({"fetch", "--from", "localhost:7700"}, 2).err, example));
  CHECK(has(desk.run({"serve", "--listen", "localhost:7700"}, 2).err, example));
  CHECK(
      has(desk.run({"serve", "--listen", "127.0.0.1:0", "--peer", "cunju.cn:1"}, 2).err, example));
  CHECK(has(desk.run({"doctor", "localhost:7700"}, 1).out, "localhost"));
  // Nothing to do: neither is there somebody to call.
  CHECK(has(desk.run({"serve"}, 2).err, "--listen"));
}

TEST_CASE("An address of one link is remembered by its interface, however it was typed",
          "[meeting][remembered]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const std::string bare = "[fe80::1]:7700";
  for (const Words& words :
       {Words{"sync", bare}, Words{"fetch", "--from", bare}, Words{"serve", "--listen", bare},
        Words{"serve", "--listen", "127.0.0.1:0", "--peer", bare}}) {
    const std::string said = desk.run(words, 2).err;
    CHECK(has(said, bare + " 少了网卡名"));
    CHECK_FALSE(has(said, "网线或无线"));
  }
  const auto checks = desk.json({"doctor", bare}, 1);
  CHECK(causes(checks) == std::vector<std::string>{"no_zone"});
  // The loopback is everybody's first interface.
  desk.run({"sync", "[fe80::77%1]:7700"}, 8);
  desk.run({"sync", "[FE80::77%lo]:7700"}, 8);
  const boost::json::object strangers = desk.json({"peers"}).back();
  REQUIRE(strangers.at("addresses").as_array().size() == 1);
  CHECK(strangers.at("addresses").as_array().at(0).at("address") == "[fe80::77%lo]:7700");
}

TEST_CASE("Who is met at an address of one link is called there again by its interface",
          "[meeting][remembered]") {
  const std::optional<OneLink> own = find_one_link();
  if (!own) {
    WARN("skipped: this computer has no address that begins with fe80");
    return;
  }
  Acquainted desks;
  CHECK(desks.server->stop() == 0);
  desks.server = desks.a.serve({"--listen", "[" + own->host + "%" + own->name + "]:0"});
  const std::string address = desks.server->wait_until_listening();
  REQUIRE(address.starts_with("[" + own->host + "%" + own->name + "]:"));
  const std::string port = address.substr(address.rfind(':'));
  desks.b.run({"sync", "[" + own->host + "%" + std::to_string(own->index) + "]" + port});
  desks.b.run({"sync", address});
  std::size_t known = 0;
  for (const auto& peer : desks.b.json({"peers"}))
    for (const boost::json::value& hint : peer.at("addresses").as_array())
      if (has(Desk::text_of(hint.as_object(), "address"), "fe80")) {
        ++known;
        CHECK(Desk::text_of(hint.as_object(), "address") == address);
      }
  CHECK(known == 1);
  CHECK(Desk::text_of(desks.b.json({"sync", "幸福村"}).back(), "address") == address);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("A round goes on after one that is not met, and one that is met is a success",
          "[meeting][remembered]") {
  Acquainted desks;
  desks.let_third_in();
  CHECK(desks.third->stop() == 0);
  const std::string id = desks.b.add({"rental", "address=幸福里1"});
  const auto events = desks.b.json({"sync"});
  const boost::json::object& round = events.back();
  CHECK(Desk::number_of(round, "met") == 1);
  REQUIRE(round.at("missed").as_array().size() == 1);
  CHECK(round.at("missed").as_array().at(0) == "翠湖街道办");
  CHECK(causes(events) == std::vector<std::string>{"refused"});
  CHECK(desks.a.field("rental", id, "address") == "幸福里1");
  CHECK(has(desks.b.run({"sync"}).out, "连通 1 台：幸福村；没连上 1 台：翠湖街道办"));
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Sync says whom it calls before anybody has answered", "[meeting][remembered]") {
  Acquainted desks;
  // A computer that hangs: it takes calls and answers none.
  REQUIRE(::kill(desks.server->pid(), SIGSTOP) == 0);
  for (const Words& words :
       {Words{"sync"}, Words{"sync", "幸福村"}, Words{"sync", desks.address}}) {
    const RunResult result = desks.b.try_run(words, 4s);
    CHECK(result.signal == SIGKILL);
    CHECK(has(result.out, "正在呼叫"));
    CHECK(has(result.out, desks.address));
  }
  const RunResult result = desks.b.try_run({"sync", "--json"}, 4s);
  const boost::json::object calling = Desk::parse_lines(result.out).front();
  CHECK(Desk::text_of(calling, "event") == "calling");
  CHECK(Desk::text_of(calling, "address") == desks.address);
  CHECK(Desk::text_of(calling, "name") == "幸福村");
  REQUIRE(::kill(desks.server->pid(), SIGCONT) == 0);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Attachments are fetched from a peer that is named as for sync",
          "[meeting][remembered]") {
  Acquainted desks;
  const std::string id = desks.a.add({"minutes", "title=议事", "body=council"});
  const std::string file = write_file(desks.folder, "scan.bin", random_text(300'000, 7));
  desks.b.run({"fetch", "--each", "100KiB"});
  desks.a.run({"attach", "minutes", id, "scan", file});
  desks.b.run({"sync", "幸福村"});
  CHECK(Desk::number_of(desks.b.json({"fetch"}).back(), "missing") == 1);
  const boost::json::object done = desks.b.json({"fetch", "--all", "--from", "幸福村"}).back();
  CHECK(Desk::number_of(done, "missing") == 0);
  const std::string to = (desks.folder / "copy.bin").string();
  desks.b.run({"open", "minutes", id, "scan", "--to", to});
  CHECK(read_text_file(to) == read_text_file(file));
  // What is no name of a node here, or has no address, is said as sync says it.
  CHECK(has(desks.b.run({"fetch", "--all", "--from", "没人"}, 3).err, "不认识这台电脑：没人"));
  CHECK(has(desks.a.run({"fetch", "--all", "--from", "李四"}, 3).err, "以后就记得"));
  CHECK(desks.server->stop() == 0);
  CHECK(has(desks.b.run({"fetch", "--all", "--from", "幸福村"}, 8).err, "cunju serve"));
}

TEST_CASE("Another node at a remembered address is named, gets nothing, and the next one is tried",
          "[meeting][remembered]") {
  Acquainted desks;
  const std::string elsewhere = desks.let_third_in();
  CHECK(desks.third->stop() == 0);
  CHECK(desks.server->stop() == 0);
  // The village was at both addresses, last at the one that the office has now.
  desks.server = desks.a.serve({"--listen", elsewhere});
  REQUIRE_FALSE(desks.server->wait_until_listening().empty());
  desks.b.run({"sync", elsewhere});
  CHECK(desks.server->stop() == 0);
  desks.third = desks.c.serve({"--listen", elsewhere, "--no-remembered"});
  REQUIRE_FALSE(desks.third->wait_until_listening().empty());
  const std::string id = desks.b.add({"rental", "address=幸福里1"});
  const RunResult missed = desks.b.run({"sync", "幸福村"}, 8);
  CHECK(has(missed.err, elsewhere + "：那里是 翠湖街道办，不是 幸福村"));
  CHECK(desks.c.json({"list", "rental"}).empty());
  // It is where it was before.
  desks.server = desks.a.serve({"--listen", desks.address, "--no-remembered"});
  REQUIRE_FALSE(desks.server->wait_until_listening().empty());
  const auto events = desks.b.json({"sync", "幸福村"});
  CHECK(causes(events) == std::vector<std::string>{"wrong_key"});
  CHECK(Desk::text_of(events.back(), "address") == desks.address);
  CHECK(desks.a.field("rental", id, "address") == "幸福里1");
  CHECK(desks.c.json({"list", "rental"}).empty());
  CHECK(desks.server->stop() == 0);
  CHECK(desks.third->stop() == 0);
  // What the oldest address came to is not what all of them came to.
  for (const boost::json::object& peer : desks.b.json({"peers"})) {
    if (Desk::text_of(peer, "name") != "幸福村") continue;
    const auto& oldest = peer.at("addresses").as_array().back().as_object();
    desks.third = desks.c.serve({"--listen", Desk::text_of(oldest, "address")});
    REQUIRE_FALSE(desks.third->wait_until_listening().empty());
  }
  CHECK(causes(desks.b.json({"sync", "幸福村"}, 8)).back() == "wrong_key");
  CHECK(desks.third->stop() == 0);
}

TEST_CASE("A serving node calls where a peer was met, unasked, and exchanges as it goes",
          "[meeting][remembered]") {
  Acquainted desks;
  auto colleague = desks.b.serve();
  REQUIRE_FALSE(colleague->wait_until_listening().empty());
  REQUIRE(holds_within(15s, [&] { return has(colleague->out(), "\"caught_up\""); }));
  const std::string id = desks.b.add({"rental", "address=幸福里1"});
  CHECK(holds_within(15s, [&] {
    return has(desks.a.try_run({"show", "rental", id}).out, "幸福里1");
  }));
  // It waits for the peer while it is away, says so in one line, and calls again.
  CHECK(desks.server->stop() == 0);
  const std::string waiting = "\"peer\":\"幸福村\",\"state\":\"waiting\"";
  CHECK(holds_within(15s, [&] { return has(colleague->out(), waiting); }));
  const std::size_t before = colleague->out().size();
  desks.server = desks.a.serve({"--listen", desks.address, "--no-remembered"});
  CHECK(holds_within(70s, [&] { return has(colleague->out().substr(before), "\"caught_up\""); }));
  CHECK(colleague->stop() == 0);
  // Only where it is wanted.
  auto quiet = desks.b.serve({"--listen", "127.0.0.1:0", "--no-remembered"});
  REQUIRE_FALSE(quiet->wait_until_listening().empty());
  std::this_thread::sleep_for(3s);
  CHECK_FALSE(has(quiet->out(), "connected"));
  CHECK(quiet->stop() == 0);
  // Without waiting for anybody there is still somebody to call.
  auto caller = desks.b.serve(Words{});
  CHECK(holds_within(15s, [&] { return has(caller->out(), "\"caught_up\""); }));
  CHECK(caller->stop() == 0);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("A serving node exchanges with nobody else where a peer was met",
          "[meeting][remembered]") {
  Acquainted desks;
  const std::string elsewhere = desks.let_third_in();
  CHECK(desks.third->stop() == 0);
  CHECK(desks.server->stop() == 0);
  desks.server = desks.a.serve({"--listen", elsewhere, "--no-remembered"});
  REQUIRE_FALSE(desks.server->wait_until_listening().empty());
  auto colleague = desks.b.serve();
  // The office was met there before the village is; it is the office that is looked for.
  REQUIRE(holds_within(15s, [&] { return has(colleague->out(), "another node of the rosters"); }));
  CHECK_FALSE(has(colleague->out(), "\"caught_up\""));
  CHECK(colleague->stop() == 0);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Who was removed from every roster is not called any more", "[meeting][remembered]") {
  Acquainted desks;
  auto colleague = desks.b.serve({"--listen", "127.0.0.1:0", "--no-remembered"});
  const std::string there = colleague->wait_until_listening();
  desks.a.run({"sync", there});
  desks.a.run({"sync", "李四"});
  CHECK(desks.server->stop() == 0);
  desks.server = desks.a.serve();
  REQUIRE(holds_within(15s, [&] { return has(desks.server->out(), "\"caught_up\""); }));
  // Cut at once, and left alone afterwards.
  desks.a.run({"member", "remove", "李四", "--yes"});
  REQUIRE(holds_within(15s, [&] { return has(desks.server->out(), "\"peers\":[]"); }));
  const std::size_t before = desks.server->out().size();
  std::this_thread::sleep_for(4s);
  CHECK_FALSE(has(desks.server->out().substr(before), there));
  CHECK(desks.server->stop() == 0);
  desks.server = desks.a.serve();
  REQUIRE_FALSE(desks.server->wait_until_listening().empty());
  std::this_thread::sleep_for(3s);
  CHECK_FALSE(has(desks.server->out(), there));
  desks.a.run({"sync", "李四"}, 3);
  CHECK(colleague->stop() == 0);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Sync says as doctor does that this node is not let in", "[meeting][remembered]") {
  Acquainted desks;
  desks.a.run({"member", "remove", "李四", "--yes"});
  for (const Words& words : {Words{"sync", desks.address}, Words{"sync", "幸福村"}}) {
    const RunResult refused = desks.b.run(words, 8);
    CHECK(has(refused.err, "member list"));
    CHECK_FALSE(has(refused.err, "断点"));
  }
  CHECK(causes(desks.b.json({"sync", desks.address}, 8)) == std::vector<std::string>{"not_let_in"});
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("Who greets as a peer and lets nobody in does not keep it from being met elsewhere",
          "[meeting][remembered]") {
  Acquainted desks;
  WireKey village;
  for (const boost::json::object& node : desks.b.json({"node", "list"}))
    if (!node.at("own").as_bool()) village = *WireKey::from_hex(Desk::text_of(node, "wire"));
  CHECK(desks.server->stop() == 0);
  // It was met at another address since, where somebody else is now.
  auto server = desks.a.serve();
  const std::string last = server->wait_until_listening();
  desks.b.run({"sync", last});
  CHECK(server->stop() == 0);
  const FalseGreeter liar(last, village);
  // Of those that are no help it is said what one said that it is.
  const RunResult nowhere = desks.b.run({"sync", "幸福村"}, 8);
  CHECK(has(nowhere.err, last + "："));
  CHECK(has(nowhere.err, "没有证明自己是谁"));
  desks.server = desks.a.serve({"--listen", desks.address, "--no-remembered"});
  REQUIRE_FALSE(desks.server->wait_until_listening().empty());
  for (const Words& words : {Words{"sync", "幸福村"}, Words{"sync"}}) {
    const std::string id = desks.b.add({"rental", "address=幸福里1"});
    desks.b.run(words);
    CHECK(desks.a.field("rental", id, "address") == "幸福里1");
  }
  // Where it was met last is called first from then on.
  CHECK(liar.calls() == 2);
  CHECK(desks.server->stop() == 0);
}

TEST_CASE("A port that is taken is said to be taken, and by whom it may be",
          "[meeting][remembered]") {
  Acquainted desks;
  const RunResult taken = desks.b.run({"serve", "--listen", desks.address}, 7);
  CHECK(has(taken.err, "端口被占用"));
  CHECK(has(taken.err, "cunju serve"));
  CHECK_FALSE(has(taken.err, "磁盘"));
  const RunResult foreign = desks.b.run({"serve", "--listen", "203.0.113.7:7700"}, 7);
  CHECK(has(foreign.err, "这台电脑没有 203.0.113.7:7700 这个地址"));
  CHECK_FALSE(has(foreign.err, "磁盘"));
  CHECK(desks.server->stop() == 0);
}

}  // namespace cunju::test
