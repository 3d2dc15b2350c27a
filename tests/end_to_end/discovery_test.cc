// SPDX-License-Identifier: Apache-2.0
//
// Two computers on one cable, each a network namespace with a D-Bus and an Avahi daemon of its own:
// the nodes find each other, and who listens on the cable learns nothing of them. Takes root and
// the daemons; skips with a WARN where it can't be set up.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <regex>
#include <set>
#include <thread>

#include "crdt/base/bytes.h"
#include "tests/support/hanging_bus.h"
#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

/// Runs in a mount namespace of its own: both daemons, and between them the node. $1: folder; the
/// rest: the command. Ends the daemons by their ids.
constexpr const char* kComputer = R"(
set -eu
dir=$1; shift
mount -t tmpfs tmpfs /run
mkdir -p /run/avahi-daemon
cat >"$dir/bus.conf" <<X
<busconfig><type>system</type><listen>unix:path=$dir/bus</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_type="method_call"/>
<allow send_type="signal"/><allow send_requested_reply="true" send_type="method_return"/>
<allow send_requested_reply="true" send_type="error"/><allow receive_type="method_call"/>
<allow receive_type="signal"/><allow receive_type="method_return"/><allow receive_type="error"/>
</policy></busconfig>
X
printf '[server]\nhost-name=laptop\nuse-ipv6=no\n[publish]\npublish-addresses=no\npublish-workstation=no\npublish-hinfo=no\n' >"$dir/avahi.conf"
dbus-daemon --config-file="$dir/bus.conf" --nofork --nopidfile </dev/null >"$dir/bus.log" 2>&1 &
bus=$!
avahi=
trap 'kill $bus $avahi 2>/dev/null || true' EXIT
for i in $(seq 50); do [ -S "$dir/bus" ] && break; sleep 0.1; done
export DBUS_SYSTEM_BUS_ADDRESS=unix:path=$dir/bus
avahi-daemon --no-drop-root --no-chroot --no-rlimits -f "$dir/avahi.conf" </dev/null >"$dir/avahi.log" 2>&1 &
avahi=$!
for i in $(seq 50); do grep -q 'startup complete' "$dir/avahi.log" && break; sleep 0.1; done
"$@" </dev/null >"$dir/node.log" 2>&1 || true
)";

/// A network namespace with one end of a cable.
class Computer {
 public:
  Computer(std::string name, std::string address)
      : name_(std::move(name)), address_(std::move(address)) {
    is_there_ = shell("ip netns add " + name_);
  }
  ~Computer() { shell("ip netns del " + name_); }
  Computer(const Computer&) = delete;
  Computer& operator=(const Computer&) = delete;

  static bool shell(const std::string& command) {
    return run_program("/bin/sh", {"-c", command + " >/dev/null 2>&1"}).exit_code == 0;
  }
  bool plug_in(const std::string& end) const {
    const std::string at = "ip -n " + name_;
    return shell(at + " addr add " + address_ + "/24 dev " + end) &&
           shell(at + " link set lo up") && shell(at + " link set " + end + " up") &&
           shell(at + " route add 224.0.0.0/4 dev " + end);
  }
  bool is_there() const { return is_there_; }
  const std::string& name() const { return name_; }
  const std::string& address() const { return address_; }
  /// What somebody hears there on the port of multicast DNS in so many seconds, to a file.
  pid_t overhear(const std::string& file, int seconds) const {
    const pid_t child = ::fork();
    if (child != 0) return child;
    const int space = ::open(("/run/netns/" + name_).c_str(), O_RDONLY | O_CLOEXEC);
    if (space < 0 || ::setns(space, CLONE_NEWNET) != 0) ::_exit(1);
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof(yes));
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_port = htons(5353);
    ip_mreq group{};
    group.imr_multiaddr.s_addr = inet_addr("224.0.0.251");
    group.imr_interface.s_addr = inet_addr(address_.c_str());
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&any), sizeof(any)) != 0 ||
        ::setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group, sizeof(group)) != 0)
      ::_exit(1);
    const timeval wait{.tv_sec = 0, .tv_usec = 200'000};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    std::ofstream out(file, std::ios::binary);
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
    char packet[9000];
    while (std::chrono::steady_clock::now() < end) {
      const ssize_t size = ::recv(fd, packet, sizeof(packet), 0);
      if (size > 0) out.write(packet, size) << std::flush;
    }
    ::_exit(0);
  }

 private:
  std::string name_, address_;
  bool is_there_ = false;
};

bool has_programs() {
  for (const char* program : {"ip", "unshare", "dbus-daemon", "avahi-daemon"})
    if (!Computer::shell(std::string("command -v ") + program)) return false;
  return ::geteuid() == 0;
}

}  // namespace

TEST_CASE("Acquaintances on one cable find each other, and who listens learns nothing of them",
          "[discovery]") {
  const std::string tag = std::to_string(::getpid());
  Computer one("cunju-a-" + tag, "10.219.7.1"), two("cunju-b-" + tag, "10.219.7.2");
  const std::string cable = "ip link add ca" + tag + " netns " + one.name() +
                            " type veth peer name cb" + tag + " netns " + two.name();
  if (!has_programs() || !one.is_there() || !two.is_there() || !Computer::shell(cable) ||
      !one.plug_in("ca" + tag) || !two.plug_in("cb" + tag)) {
    WARN("skipped: needs root, ip, unshare, dbus-daemon and avahi-daemon");
    return;
  }
  TempFolder folder;
  const Desk a(folder, "village"), b(folder, "office");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, b, "office", "翠湖街道办");
  const std::string script = (folder / "computer.sh").string();
  std::ofstream(script) << kComputer;
  const std::string heard_file = (folder / "heard").string();
  const pid_t listener = two.overhear(heard_file, 12);
  const auto run_on = [&](const Computer& computer, const Desk& desk) {
    const std::string dir = (folder / ("computer-" + computer.name())).string();
    std::filesystem::create_directory(dir);
    Words words{"netns", "exec", computer.name(), "unshare", "-m",          "/bin/bash",
                script,  dir,    "timeout",       "10",      program_path()};
    for (const std::string& word :
         desk.at_home({"serve", "--listen", computer.address() + ":7700", "--json"}))
      words.push_back(word);
    run_program(
        "/usr/sbin/ip", words,
        {.environment = desk.environment(), .input = {}, .timeout = std::chrono::seconds(40)});
    return read_text_file(dir + "/node.log");
  };
  std::string log_a, log_b;
  std::thread other([&] { log_b = run_on(two, b); });
  log_a = run_on(one, a);
  other.join();
  int status = 0;
  ::waitpid(listener, &status, 0);
  INFO("a: " << log_a);
  INFO("b: " << log_b);
  CHECK(log_a.find("\"caught_up\"") != std::string::npos);
  CHECK(log_b.find("\"caught_up\"") != std::string::npos);
  const std::string heard = read_text_file(heard_file);
  // The listener was there, and heard the announcements.
  REQUIRE(heard.find("_cunju") != std::string::npos);
  const std::regex text("h=[0-9a-f]{64}");
  std::set<std::string> hints(std::sregex_token_iterator(heard.begin(), heard.end(), text),
                              std::sregex_token_iterator());
  CHECK(hints.size() == 2);
  std::vector<std::string> secrets{"幸福村", "翠湖", "文书", "laptop", "village", "530102"};
  for (const Desk* desk : {&a, &b}) {
    for (const boost::json::object& node : desk->json({"node", "list"})) {
      for (const char* key : {"node", "wire", "space", "member"}) {
        secrets.push_back(Desk::text_of(node, key).substr(0, 12));
        const std::optional<Bytes> raw = parse_hex(Desk::text_of(node, key));
        secrets.emplace_back(as_text(*raw).substr(0, 6));
      }
    }
  }
  for (const std::string& secret : secrets) {
    INFO(secret);
    CHECK(heard.find(secret) == std::string::npos);
  }
}

TEST_CASE("A node without a daemon serves as ever", "[discovery]") {
  TempFolder folder;
  const Desk desk(folder, "village");
  desk.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  Words words = desk.at_home({"serve", "--listen", "127.0.0.1:0", "--json"});
  std::map<std::string, std::string> environment = desk.environment();
  environment["DBUS_SYSTEM_BUS_ADDRESS"] = "unix:path=/nonexistent/bus";
  ServerProcess server(program_path(), words, environment, desk.home() + ".serve");
  CHECK_FALSE(server.wait_until_listening().empty());
  CHECK(server.stop() == 0);
}

TEST_CASE("A node whose daemon hangs serves, exchanges and stops as ever", "[discovery]") {
  TempFolder folder;
  const Desk a(folder, "village"), b(folder, "colleague");
  a.run({"init", "--name", "幸福村", "--code", "530102001201", "--clerk", "文书甲"});
  pair_desks(a, b, "clerk");
  const HangingBus bus;
  std::map<std::string, std::string> environment = a.environment();
  environment["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address();
  ServerProcess server(program_path(), a.at_home({"serve", "--listen", "127.0.0.1:0", "--json"}),
                       environment, a.home() + ".serve");
  const std::string address = server.wait_until_listening();
  REQUIRE_FALSE(address.empty());
  const auto wait_for_call = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (bus.calls() == 0 && std::chrono::steady_clock::now() < wait_for_call)
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  REQUIRE(bus.calls() > 0);
  const std::string id = b.add({"rental", "address=幸福路1"});
  const auto begin = std::chrono::steady_clock::now();
  b.run({"sync", address});
  const auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took < std::chrono::seconds(5));
  CHECK(a.field("rental", id, "address") == "幸福路1");
  const auto end = std::chrono::steady_clock::now();
  CHECK(server.stop() == 0);
  CHECK(std::chrono::steady_clock::now() - end < std::chrono::seconds(5));
}

}  // namespace cunju::test
