// SPDX-License-Identifier: Apache-2.0
// Discovery whose daemon hangs: it costs nobody else anything.
#include "net/transport/mdns.h"

#include <catch2/catch.hpp>
#include <cstdlib>

#include "tests/support/hanging_bus.h"

using namespace cunju;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

transport::MdnsOptions options() {
  transport::MdnsOptions out;
  out.own = WireKey{{1}};
  out.addresses = {"192.0.2.1"};
  out.port = 7700;
  out.on_found = [](const std::string&, const std::string&) {};
  return out;
}

/// While it lives this process has another system bus.
class SystemBus {
 public:
  explicit SystemBus(const std::string& address) {
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", address.c_str(), 1);
  }
  ~SystemBus() { ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS"); }
  SystemBus(const SystemBus&) = delete;
  SystemBus& operator=(const SystemBus&) = delete;
};

}  // namespace

TEST_CASE("a daemon that hangs holds up neither the node nor its end") {
  const test::HangingBus bus;
  const SystemBus chosen(bus.address());
  Clock::duration longest{0};
  Clock::time_point end;
  {
    transport::Mdns mdns(options(), crypto::system_random());
    for (const auto begin = Clock::now(); Clock::now() < begin + 3s && bus.calls() == 0;)
      std::this_thread::sleep_for(10ms);
    for (int i = 0; i < 20; ++i) {
      const auto begin = Clock::now();
      mdns.poll();
      longest = std::max(longest, Clock::now() - begin);
      std::this_thread::sleep_for(10ms);
    }
    CHECK_FALSE(mdns.is_announced());
    end = Clock::now();
  }
  CHECK(bus.calls() > 0);
  CHECK(longest < 500ms);
  CHECK(Clock::now() - end < 2s);
}

TEST_CASE("without a daemon discovery ends at once") {
  const SystemBus chosen("unix:path=/nonexistent/bus");
  const auto begin = Clock::now();
  {
    transport::Mdns mdns(options(), crypto::system_random());
    mdns.poll();
  }
  CHECK(Clock::now() - begin < 2s);
}
