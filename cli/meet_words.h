// SPDX-License-Identifier: Apache-2.0
//
// Why two nodes do not meet, in plain words, with what to do about it. The causes are few and have
// names, which --json gives; `peers` and `doctor` say the same.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "cli/verb.h"
#include "net/transport/link.h"

namespace cunju::cli {

/// How far a call came.
struct MeetFinding {
  std::string_view cause;  ///< "met", "no_route", ...: docs/cli.md lists them.
  bool is_met = false;
  Label text;
  Label advice;  ///< Empty when nothing is to be done.
};

/// Of a call to `address` that ended so before anybody was met there.
MeetFinding finding_of(const std::string& address, transport::LinkEnd end);
/// Another acquaintance than `expected` greets there; both are names to show.
MeetFinding wrong_key(const std::string& address, const std::string& name,
                      const std::string& expected);
/// Why a person's word is no address to call or listen at, and how one is written.
Label bad_address(const std::string& word);
/// Of an error that ended a call; `end`: how far the connection had come.
MeetFinding finding_of(const std::string& address, const Error& error, transport::LinkEnd end);
/// "1 年 2 天" and so on, for two clocks; empty when they differ by less than kClockTolerance.
Label clock_difference(std::uint64_t own_ms, std::uint64_t peer_ms);

}  // namespace cunju::cli
