// SPDX-License-Identifier: Apache-2.0
//
// Two network namespaces without names, each with a loopback and one TAP device, by system calls
// alone (unshare, ioctl; Linux's tuntap documentation and netdevice(7)). They exist as long as this
// process, or a process that was started in one of them, does. Needs CAP_SYS_ADMIN, CAP_NET_ADMIN
// and /dev/net/tun. The process that makes an End moves into its namespace. Single thread.
#pragma once

#include <string>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::test {

/// Longest frame: an MTU of 1,500 and the Ethernet header.
inline constexpr std::size_t kMaxFrameBytes = 1514;

class End {
 public:
  /// `number`: 1 or 2; makes the device's hardware address. Errors: kPermission, kIo.
  static Result<End> make(std::uint8_t number, const std::string& address);
  End(End&& other) noexcept;
  End& operator=(End&&) = delete;
  ~End();

  int namespace_fd() const { return namespace_; }
  int tap() const { return tap_; }
  /// Another IPv4 address of the same /24; connections of the old one are dead from then on.
  /// Errors: kIo.
  Result<void> set_address(const std::string& address);
  /// Who has `address` behind the link: no address resolution crosses it, so that a link that is
  /// slow is not one that can't be reached. Errors: kIo.
  Result<void> set_neighbour(std::uint8_t number, const std::string& address);
  /// The next frame that the kernel sends, empty when there is none now.
  Bytes read_frame();
  /// A frame that the device can't take is lost.
  void write_frame(ByteView frame);

 private:
  End() = default;
  Result<void> open_tap(std::uint8_t number, const std::string& address);

  int namespace_ = -1;
  int control_ = -1;  ///< A socket of the namespace, for ioctl.
  int tap_ = -1;
};

}  // namespace cunju::test
