// SPDX-License-Identifier: Apache-2.0
//
// A bad link for tests: starts the program link_emulator, whose words its profile.h explains, and
// gives orders to it. Both ends are network namespaces without names; program_at() is how a process
// starts in one. The link ends with this object, with the test, or after its lifetime.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cunju::test {

class EmulatedLink {
 public:
  static constexpr const char* kAddressOfA = "10.77.0.1";
  static constexpr const char* kAddressOfB = "10.77.0.2";
  enum class Side : std::uint8_t { kA, kB };

  /// Null where namespaces or TAP devices are not permitted: the reason is in `why`. Where this
  /// process is root and has /dev/net/tun they are expected, and `why` is empty: the test has to
  /// fail.
  static std::unique_ptr<EmulatedLink> start(const std::string& profile, std::string& why,
                                             std::chrono::seconds lifetime);
  EmulatedLink(const EmulatedLink&) = delete;
  EmulatedLink& operator=(const EmulatedLink&) = delete;
  ~EmulatedLink();

  /// An order of link_emulator; its answer without "ok ". Empty when it was refused.
  std::string order(const std::string& line);
  /// Bytes of frames that went in so far, lost ones included.
  std::uint64_t offered_bytes(Side from);

  /// Program and first arguments of a process that is to run at one end.
  std::vector<std::string> program_at(Side side) const;
  /// Runs `work` on a thread of its own at one end; sockets that it opens stay there.
  void at(Side side, const std::function<void()>& work) const;

 private:
  EmulatedLink() = default;
  std::string read_line();
  std::string namespace_path(Side side) const;

  pid_t pid_ = -1;
  int orders_ = -1;
  int answers_ = -1;
  std::string unread_;
  std::string namespace_a_, namespace_b_;
};

}  // namespace cunju::test
