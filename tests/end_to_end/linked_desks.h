// SPDX-License-Identifier: Apache-2.0
//
// Two desks at the ends of a bad link: a village a, which listens, and a colleague b, who calls it.
// Nothing here asserts, so that several pairs may run on threads of their own; a test judges what
// it was told afterwards.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/emulated_link.h"
#include "tests/support/village_process.h"

namespace cunju::test {

/// So many random Han characters, which no compression makes smaller than about half.
std::string random_address(std::uint64_t seed, std::size_t characters);

/// Homes of a village and a colleague who are paired, each with records that the other lacks.
/// Made once and copied: founding and pairing take longer than many exchanges.
struct PairedHomes {
  static constexpr std::size_t kRecordsOfA = 60;
  static constexpr std::size_t kRecordsOfB = 6;
  PairedHomes();
  static const PairedHomes& instance();

  TempFolder folder;
};

struct Standing {
  std::uint64_t changes = 0;
  std::string hash;  ///< Empty: the command failed.
};

class LinkedDesks {
 public:
  using Side = EmulatedLink::Side;
  static constexpr const char* kListen = "10.77.0.1:7700";

  /// `link` outlives it.
  explicit LinkedDesks(const EmulatedLink& link);

  const Desk& desk(Side side) const { return side == Side::kA ? a_ : b_; }
  /// The village waits for calls. False: it does not listen.
  bool serve_a();
  /// The colleague calls until it is stopped.
  void serve_b(Words arguments = {"--peer", kListen});
  ServerProcess& server(Side side) { return *(side == Side::kA ? server_a_ : server_b_); }
  void kill(Side side) { (side == Side::kA ? server_a_ : server_b_)->kill_now(); }
  /// Runs a command on a home, outside of the link. False: it failed.
  bool run(Side side, const Words& arguments) const;
  Standing standing(Side side) const;
  /// Objects that a server of this side has printed, of one event; of all servers it had.
  std::vector<boost::json::object> events(Side side, const std::string& event) const;
  std::size_t records(Side side) const;

  struct Convergence {
    bool is_equal = false;
    bool is_monotonic = true;  ///< What was durable at either end never became less.
    double seconds = 0;
    std::vector<std::uint64_t> changes_at_b;  ///< Each time it was looked.
  };
  /// Looks about twice a second until both have the same; `each_time` is called before each look.
  Convergence wait_until_equal(
      std::chrono::seconds limit, const std::function<void()>& each_time = [] {}) const;

 private:
  std::unique_ptr<ServerProcess> serve(Side side, Words arguments);

  const EmulatedLink& link_;
  TempFolder folder_;
  Desk a_, b_;
  std::unique_ptr<ServerProcess> server_a_, server_b_;
  std::size_t servers_ = 0;
};

/// A link, or a warning and null where the machine does not permit one; fails the test where it
/// should.
std::unique_ptr<EmulatedLink> require_link(const std::string& profile,
                                           std::chrono::seconds lifetime);

}  // namespace cunju::test
