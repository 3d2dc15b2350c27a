// SPDX-License-Identifier: Apache-2.0
//
// Why two nodes do not meet: each cause is made to happen, and `doctor` and `peers` name it.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <thread>

#include "tests/end_to_end/linked_desks.h"
#include "tests/support/tiny_disk.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// Listens on the loopback, and says `greeting` to each caller.
class Listener {
 public:
  explicit Listener(std::string greeting) : greeting_(std::move(greeting)) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    REQUIRE(::listen(fd_, 8) == 0);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] {
      for (int caller = ::accept(fd_, nullptr, nullptr); caller >= 0;
           caller = ::accept(fd_, nullptr, nullptr)) {
        (void)::send(caller, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
        char buffer[512];
        while (::read(caller, buffer, sizeof(buffer)) > 0) {
        }
        ::close(caller);
      }
    });
  }
  ~Listener() {
    ::shutdown(fd_, SHUT_RDWR);
    thread_.join();
    ::close(fd_);
  }
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;
  const std::string& address() const { return address_; }

 private:
  std::string greeting_, address_;
  int fd_ = -1;
  std::thread thread_;
};

/// An address on the loopback where calls are neither taken nor refused: its queue is full.
class DeafAddress {
 public:
  DeafAddress() {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address_);
    REQUIRE(::bind(fd_, reinterpret_cast<const sockaddr*>(&address_), size) == 0);
    REQUIRE(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    REQUIRE(::listen(fd_, 0) == 0);
    for (int& caller : callers_) {
      caller = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      (void)::connect(caller, reinterpret_cast<const sockaddr*>(&address_), size);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    pollfd last{.fd = callers_.back(), .events = POLLOUT, .revents = 0};
    is_deaf_ = ::poll(&last, 1, 0) == 0;
  }
  ~DeafAddress() {
    for (const int caller : callers_) ::close(caller);
    ::close(fd_);
  }
  DeafAddress(const DeafAddress&) = delete;
  DeafAddress& operator=(const DeafAddress&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(ntohs(address_.sin_port)); }
  /// The last of its callers still waits to be connected.
  bool is_deaf() const { return is_deaf_; }

 private:
  int fd_ = -1;
  sockaddr_in address_{};
  std::array<int, 4> callers_{};
  bool is_deaf_ = false;
};

/// The causes that `doctor` gives for these arguments.
std::vector<std::string> causes(const Desk& desk, Words arguments, int exit_code) {
  arguments.insert(arguments.begin(), "doctor");
  std::vector<std::string> out;
  for (const boost::json::object& line : desk.json(arguments, exit_code))
    if (Desk::text_of(line, "check") == "peer") out.push_back(Desk::text_of(line, "cause"));
  return out;
}
std::string cause(const Desk& desk, const std::string& peer) {
  const std::vector<std::string> all = causes(desk, {peer}, 1);
  REQUIRE(all.size() == 1);
  return all.front();
}

struct TwoDesks {
  TwoDesks() : a(folder, "village"), b(folder, "colleague") {
    a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
    pair_desks(a, b, "clerk", "李四");
  }
  TempFolder folder;
  Desk a, b;
};

}  // namespace

TEST_CASE("Doctor names what is at an address where nobody is met", "[meeting]") {
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  CHECK(cause(desk, "192.168.1:x") == "bad_address");
  CHECK(cause(desk, "255.255.255.255:7700") == "no_route");
  std::string closed;
  {
    const Listener other("HTTP/1.1 400 Bad Request\r\n\r\nnothing that a node says here\r\n");
    closed = other.address();
    CHECK(cause(desk, other.address()) == "not_cunju");
  }
  CHECK(cause(desk, closed) == "refused");
  const Listener newer("cunju\x63" + std::string(32, 'x'));
  CHECK(cause(desk, newer.address()) == "other_version");
  CHECK(cause(desk, "没人") == "not_in_roster");
  // `peers` remembers what was typed and how it ended.
  const boost::json::object strangers = desk.json({"peers"}).back();
  CHECK(strangers.at("peer").is_null());
  CHECK(strangers.at("addresses").as_array().size() == 3);
  const std::string said = desk.run({"peers"}).out;
  CHECK(said.find(closed) != std::string::npos);
  CHECK(said.find("cunju serve") != std::string::npos);
}

TEST_CASE("Doctor says that nobody answers where what is sent leads nowhere", "[meeting]") {
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const DeafAddress deaf;
  if (!deaf.is_deaf()) {
    WARN("skipped: this machine answers for who does not accept");
    return;
  }
  CHECK(cause(desk, deaf.address()) == "no_answer");
}

TEST_CASE("Doctor says that a disk is full, and meets again when there is space", "[meeting]") {
  TinyDisk disk;
  if (disk.is_missing()) return;
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address});
  std::filesystem::copy(desks.b.home(), disk / "home", std::filesystem::copy_options::recursive);
  std::filesystem::remove_all(desks.b.home());
  std::filesystem::create_directory_symlink(disk / "home", desks.b.home());
  // The disk is small: that is a finding too.
  CHECK(causes(desks.b, {address}, 1) == std::vector<std::string>{"met"});
  for (std::uint64_t i = 0; i < 30; ++i)
    desks.a.add({"rental", "address=" + random_address(i, 290)});
  disk.fill(0);
  CHECK(cause(desks.b, address) == "disk_full");
  // Where it was met while it was paired nobody listens any more.
  const std::vector<std::string> all = causes(desks.b, {"幸福村"}, 1);
  CHECK(std::ranges::find(all, "disk_full") != all.end());
  disk.empty();
  CHECK(causes(desks.b, {address}, 1) == std::vector<std::string>{"met"});
  CHECK(desks.b.json({"list", "rental"}).size() == 30);
  CHECK(server->stop() == 0);
}

TEST_CASE("Doctor tells a silent computer from one that is not there", "[meeting]") {
  TempFolder folder;
  Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  const Listener silent("");
  CHECK(cause(desk, silent.address()) == "not_cunju");
}

TEST_CASE("Doctor meets a peer, and names another node at its address", "[meeting]") {
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address});
  CHECK(causes(desks.b, {address}, 0) == std::vector<std::string>{"met"});
  CHECK(causes(desks.b, {"幸福村"}, 0) == std::vector<std::string>{"met"});
  CHECK(causes(desks.b, {"--peers"}, 0) == std::vector<std::string>{"met"});
  CHECK(server->stop() == 0);
  // The address changes hands: first to a stranger, then to another acquaintance.
  Desk stranger(desks.folder, "stranger");
  stranger.run({"init", "--name", "别的村", "--code", "530102001299", "--clerk", "路人"});
  auto other = stranger.serve({"--listen", address});
  REQUIRE_FALSE(other->wait_until_listening().empty());
  CHECK(cause(desks.b, address) == "other_node");
  const std::vector<std::string> stale = causes(desks.b, {"幸福村"}, 1);
  CHECK(std::ranges::find(stale, "other_node") != stale.end());
  CHECK(other->stop() == 0);
  pair_desks(desks.a, stranger, "office", "街道办");
  {
    auto again = desks.a.serve();
    desks.b.run({"sync", again->wait_until_listening()});
    CHECK(again->stop() == 0);
  }
  auto office = stranger.serve({"--listen", address});
  REQUIRE_FALSE(office->wait_until_listening().empty());
  const std::vector<std::string> all = causes(desks.b, {"幸福村"}, 1);
  CHECK(std::ranges::find(all, "wrong_key") != all.end());
  CHECK(office->stop() == 0);
}

TEST_CASE("Doctor says that the other side does not let this node in, and who was removed",
          "[meeting]") {
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address});
  desks.a.run({"member", "remove", "李四", "--yes"});
  CHECK(cause(desks.b, address) == "not_let_in");
  CHECK(server->stop() == 0);
  // The one who removed has no common space with it any more.
  CHECK(cause(desks.a, "李四") == "not_in_roster");
}

TEST_CASE("Peers lists whom, by which way and where, and what each lacks", "[meeting]") {
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address});
  CHECK(server->stop() == 0);
  desks.b.add({"rental", "premises_id=FW-1", "address=幸福里"});
  desks.b.run({"sync", address}, 8);
  const boost::json::object peer = desks.b.json({"peers"}).front();
  CHECK(Desk::text_of(peer, "name") == "幸福村");
  CHECK(Desk::text_of(peer, "way") == "network");
  CHECK(Desk::number_of(peer, "lacks") >= 1);
  CHECK(Desk::number_of(peer, "shared") == 1);
  const boost::json::object& last = peer.at("addresses").as_array().at(0).as_object();
  CHECK(Desk::text_of(last, "address") == address);
  CHECK(Desk::text_of(last, "cause") == "refused");
  // The village was called and never called: it knows whom it met, and no address.
  const boost::json::object caller = desks.a.json({"peers"}).front();
  CHECK(Desk::text_of(caller, "name") == "李四");
  CHECK(Desk::text_of(caller, "way") == "network");
  CHECK(caller.at("addresses").as_array().empty());
  CHECK(cause(desks.a, "李四") == "no_address");
}

TEST_CASE("With whom exchanging costs money is noted, kept to by sync and serve, and shown",
          "[meeting]") {
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  desks.b.run({"sync", address});
  const auto is_metered = [&] {
    return desks.b.json({"sync", address}).back().at("metered").as_bool();
  };
  CHECK_FALSE(is_metered());
  CHECK_FALSE(desks.b.json({"peers"}).front().at("metered").as_bool());
  desks.b.run({"peers", "set", "幸福村", "--metered", "on"});
  CHECK(is_metered());
  // Who has noted it here is told how to end it.
  CHECK(desks.b.run({"--lang", "en", "sync", address}).out.find(" --metered off)") !=
        std::string::npos);
  CHECK(desks.b.json({"peers"}).front().at("metered").as_bool());
  CHECK(desks.b.run({"peers"}).out.find("按流量计费") != std::string::npos);
  // By its address too, and by its key.
  desks.b.run({"peers", "set", address, "--metered", "off"});
  CHECK_FALSE(is_metered());
  // A serving node keeps to what is noted, with this peer whoever calls.
  const std::string key = Desk::text_of(desks.a.json({"peers"}).front(), "peer");
  desks.a.run({"peers", "set", key.substr(0, 8), "--metered", "on"});
  CHECK(is_metered());
  const RunResult of_them = desks.b.run({"--lang", "en", "sync", address});
  CHECK(of_them.out.find("it is 幸福村 that holds back; ask them") != std::string::npos);
  CHECK(desks.b.run({"sync", address}).out.find("按流量计费") != std::string::npos);
  // What is no peer, or says nothing, changes nothing.
  desks.a.run({"peers", "set", "没人", "--metered", "on"}, 3);
  desks.a.run({"peers", "set", "李四"}, 2);
  desks.a.run({"peers", "set", "李四", "--metered", "maybe"}, 2);
  desks.a.run({"peers", "list", "--metered", "on"}, 2);
  desks.a.run({"peers", "set", "李四", "--metered", "off"});
  CHECK_FALSE(is_metered());
  CHECK(server->stop() == 0);
}

TEST_CASE("A computer that calls itself says so, and never counts as one that lacks something",
          "[meeting]") {
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  const RunResult own = desks.a.run({"--lang", "en", "sync", address}, 2);
  const std::string both = "that is this computer, or another one with a copy of this home";
  CHECK(own.err.find(both) != std::string::npos);
  CHECK(own.err.find("use only one of them from now on") != std::string::npos);
  CHECK(desks.a.run({"--lang", "en", "fetch", "--from", address}, 2).err.find(both) !=
        std::string::npos);
  const auto checks = desks.a.json({"doctor", address}, 1);
  const bool is_said = std::ranges::any_of(checks, [](const boost::json::object& check) {
    const boost::json::value* cause = check.if_contains("cause");
    return cause != nullptr && *cause == "own_node";
  });
  CHECK(is_said);
  // Later as well, of the address at which nobody else was met.
  const boost::json::object strangers = desks.a.json({"peers"}).back();
  CHECK(strangers.at("addresses").as_array().at(0).at("cause") == "own_node");
  desks.b.run({"sync", address});
  CHECK(server->stop() == 0);
}

TEST_CASE("A copy of a home that meets the original is told that two must not go on", "[meeting]") {
  TwoDesks desks;
  const Desk copy(desks.folder, "copied");
  std::filesystem::copy(desks.a.home(), copy.home(), std::filesystem::copy_options::recursive);
  std::filesystem::copy_file(desks.a.key_file(), copy.key_file(),
                             std::filesystem::copy_options::overwrite_existing);
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  const RunResult zh = copy.run({"--lang", "zh", "sync", address}, 2);
  CHECK(zh.err.find("另一台用着同一份数据拷贝的电脑") != std::string::npos);
  CHECK(zh.err.find("只用其中一台") != std::string::npos);
  const RunResult en = copy.run({"--lang", "en", "sync", address}, 2);
  CHECK(en.err.find("exchange with a colleague before going on") != std::string::npos);
  CHECK(server->stop() == 0);
}

TEST_CASE("A letter on a stick is a meeting too", "[meeting]") {
  TwoDesks desks;
  const std::string stick = (desks.folder / "stick").string();
  std::filesystem::create_directory(stick);
  desks.b.add({"rental", "premises_id=FW-1", "address=幸福里"});
  desks.b.run({"bundle", "write", "--to", "幸福村", stick});
  desks.a.run({"bundle", "read", stick});
  CHECK(Desk::text_of(desks.a.json({"peers"}).front(), "way") == "stick");
}

TEST_CASE("A locked node says so, and one that is not served is refused", "[meeting]") {
  TwoDesks desks;
  const RunResult locked = run_program(program_path(), {"--home", desks.b.home(), "doctor"},
                                       {.environment = {{"LC_ALL", "C.UTF-8"}}, .input = {}});
  CHECK(locked.exit_code == 4);
  CHECK_FALSE(locked.err.empty());
}

TEST_CASE("Doctor shows a clock that differs, and exchanges all the same", "[meeting]") {
  if (run_program("/bin/sh", {"-c", "command -v faketime"}).exit_code != 0) {
    WARN("skipped: faketime is not installed");
    return;
  }
  TwoDesks desks;
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  Words words = desks.b.at_home({"doctor", address, "--json"});
  words.insert(words.begin(), {"-f", "+3d", program_path()});
  const RunResult result =
      run_program("/usr/bin/faketime", words, {.environment = desks.b.environment(), .input = {}});
  INFO(result.out << result.err);
  CHECK(result.exit_code == 0);
  CHECK(result.out.find("\"clock\"") != std::string::npos);
  CHECK(result.out.find("本机") != std::string::npos);
  CHECK(server->stop() == 0);
}

}  // namespace cunju::test
