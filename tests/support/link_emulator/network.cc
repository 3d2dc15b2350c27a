// SPDX-License-Identifier: Apache-2.0
#include "tests/support/link_emulator/network.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace cunju::test {
namespace {

constexpr char kDevice[] = "link0";

/// Locally administered, so that it is no real card's.
void put_hardware_address(sockaddr& out, std::uint8_t number) {
  constexpr std::array<char, 5> kFirst{0x02, 'c', 'u', 'n', 'j'};
  out.sa_family = ARPHRD_ETHER;
  std::copy(kFirst.begin(), kFirst.end(), out.sa_data);
  out.sa_data[5] = static_cast<char>(number);
}

Error system_error(const char* what) {
  const Errc code = errno == EPERM || errno == EACCES ? Errc::kPermission : Errc::kIo;
  return {code, std::string(what) + ": " + std::strerror(errno)};
}

Result<void> put_address(sockaddr& out, const std::string& text) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  if (::inet_pton(AF_INET, text.c_str(), &address.sin_addr) != 1)
    return fail(Errc::kInvalidArgument, "not an IPv4 address: " + text);
  std::memcpy(&out, &address, sizeof(address));
  return ok();
}

ifreq request_for(const char* device) {
  ifreq out{};
  std::strncpy(out.ifr_name, device, IFNAMSIZ - 1);
  return out;
}

Result<void> bring_up(int control, const char* device) {
  ifreq request = request_for(device);
  if (::ioctl(control, SIOCGIFFLAGS, &request) != 0) return system_error("reading flags");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(control, SIOCSIFFLAGS, &request) != 0) return system_error("bringing a device up");
  return ok();
}

/// Neighbour discovery would only add frames that no test is about. Missing where IPv6 is.
void switch_off_ipv6() {
  const int file = ::open("/proc/sys/net/ipv6/conf/all/disable_ipv6", O_WRONLY | O_CLOEXEC);
  if (file < 0) return;
  (void)!::write(file, "1", 1);
  ::close(file);
}

}  // namespace

End::End(End&& other) noexcept
    : namespace_(std::exchange(other.namespace_, -1)),
      control_(std::exchange(other.control_, -1)),
      tap_(std::exchange(other.tap_, -1)) {}

End::~End() {
  for (const int file : {namespace_, control_, tap_})
    if (file >= 0) ::close(file);
}

Result<End> End::make(std::uint8_t number, const std::string& address) {
  if (::unshare(CLONE_NEWNET) != 0) return system_error("a network namespace");
  End out;
  out.namespace_ = ::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  out.control_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (out.namespace_ < 0 || out.control_ < 0) return system_error("a network namespace");
  switch_off_ipv6();
  CUNJU_TRYV(bring_up(out.control_, "lo"));
  CUNJU_TRYV(out.open_tap(number, address));
  return out;
}

Result<void> End::open_tap(std::uint8_t number, const std::string& address) {
  tap_ = ::open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (tap_ < 0) return system_error("/dev/net/tun");
  ifreq request = request_for(kDevice);
  request.ifr_flags = IFF_TAP | IFF_NO_PI;
  if (::ioctl(tap_, TUNSETIFF, &request) != 0) return system_error("a TAP device");
  request = request_for(kDevice);
  put_hardware_address(request.ifr_hwaddr, number);
  if (::ioctl(control_, SIOCSIFHWADDR, &request) != 0) return system_error("hardware address");
  CUNJU_TRYV(set_address(address));
  return bring_up(control_, kDevice);
}

Result<void> End::set_address(const std::string& address) {
  ifreq request = request_for(kDevice);
  CUNJU_TRYV(put_address(request.ifr_addr, address));
  if (::ioctl(control_, SIOCSIFADDR, &request) != 0) return system_error("setting an address");
  request = request_for(kDevice);
  CUNJU_TRYV(put_address(request.ifr_netmask, "255.255.255.0"));
  if (::ioctl(control_, SIOCSIFNETMASK, &request) != 0) return system_error("setting a netmask");
  return ok();
}

Result<void> End::set_neighbour(std::uint8_t number, const std::string& address) {
  arpreq request{};
  CUNJU_TRYV(put_address(request.arp_pa, address));
  put_hardware_address(request.arp_ha, number);
  request.arp_flags = ATF_COM | ATF_PERM;
  std::strncpy(request.arp_dev, kDevice, sizeof(request.arp_dev) - 1);
  if (::ioctl(control_, SIOCSARP, &request) != 0) return system_error("setting a neighbour");
  return ok();
}

Bytes End::read_frame() {
  Bytes frame(kMaxFrameBytes);
  const ssize_t count = ::read(tap_, frame.data(), frame.size());
  frame.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
  return frame;
}

void End::write_frame(ByteView frame) { (void)!::write(tap_, frame.data(), frame.size()); }

}  // namespace cunju::test
