// SPDX-License-Identifier: Apache-2.0
//
// Discovery on the local network: announces where this node listens and finds others, through the
// Avahi daemon where one runs (DNS-SD over multicast DNS, RFC 6762 and 6763). Names of host and
// service are random and change with the announcement, so nothing says who or where a node is to
// whoever does not know its key. Without the daemon it does nothing, and looks for it again. The
// only place that knows Avahi's library.
// Threads: the library's calls wait for the daemon's answers, so they are made on a thread of its
// own, which nobody waits for: a daemon that hangs costs discovery and nothing else. What was found
// waits until poll() takes it; `on_found` is called there, on the caller's thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "crdt/base/ids.h"
#include "crdt/crypto/crypto.h"

namespace cunju::transport {

inline constexpr std::string_view kServiceType = "_cunju._tcp";
/// An announcement with its names lasts so long, then new ones take its place.
inline constexpr std::chrono::minutes kAnnouncementTime{15};
/// Services that are looked at at once; a network that names more is crowded or hostile.
inline constexpr std::size_t kMaxServices = 256;
/// Found addresses that wait for the next poll(); more are passed over until they are announced
/// again.
inline constexpr std::size_t kMaxFoundWaiting = 256;

struct MdnsOptions {
  WireKey own;
  /// Numeric addresses at which this node listens on this network, without ports; empty: only looks
  /// for others.
  std::vector<std::string> addresses;
  std::uint16_t port = 0;
  /// A service's TXT record and where it listens ("192.168.1.8:7700"): foreign, checked for size
  /// and for being an address only.
  std::function<void(const std::string& text, const std::string& address)> on_found;
};

class Mdns {
 public:
  /// `random` is used on the other thread, and where the daemon hangs also after this object has
  /// gone: the system's, or one that lives as long as the process.
  Mdns(MdnsOptions options, crypto::RandomSource& random);
  ~Mdns();
  Mdns(const Mdns&) = delete;
  Mdns& operator=(const Mdns&) = delete;

  /// About once a second: tells what was found since.
  void poll();
  /// The daemon has taken the announcement.
  bool is_announced() const;

 private:
  class Client;
  struct Shared;
  static void run(const std::shared_ptr<Shared>& shared, MdnsOptions options,
                  crypto::RandomSource& random);

  std::function<void(const std::string&, const std::string&)> on_found_;
  std::shared_ptr<Shared> shared_;
  std::thread thread_;
};

/// Numeric addresses of this computer on networks that others may share: no loopback, and IPv4
/// before IPv6. At most kMaxOwnAddresses.
std::vector<std::string> own_addresses();
inline constexpr std::size_t kMaxOwnAddresses = 8;

}  // namespace cunju::transport
