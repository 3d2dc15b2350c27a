// SPDX-License-Identifier: Apache-2.0
#include "cli/transfer_left.h"

#include <catch2/catch.hpp>
#include <limits>

using namespace cunju;
using namespace std::chrono_literals;
using cli::TransferClock;
using cli::TransferLeft;

namespace {

sync::Progress progress(std::uint64_t received, std::uint64_t acked) {
  sync::Progress out;
  out.planned_in = {.changes = 10, .bytes = 6'000};
  out.planned_out = {.changes = 10, .bytes = 4'000};
  out.received.bytes = received;
  out.acked.bytes = acked;
  return out;
}

}  // namespace

TEST_CASE("what is left is that of both directions, and its time follows the speed so far") {
  TransferClock clock;
  CHECK(clock.left(progress(0, 0), 5s).bytes == 10'000);
  CHECK_FALSE(clock.left(progress(0, 0), 5s).time);
  CHECK_FALSE(clock.left(progress(1'000, 0), 6s).time);
  const TransferLeft later = clock.left(progress(1'500, 1'000), 10s);
  CHECK(later.bytes == 7'500);
  CHECK(later.time == std::optional(16s));
  CHECK(clock.left(progress(6'000, 4'000), 20s).bytes == 0);
  CHECK_FALSE(clock.left(progress(6'000, 4'000), 20s).time);
}

TEST_CASE("attachments are said apart, and their time follows the speed since they began") {
  TransferClock clock;
  sync::Progress at = progress(0, 0);
  at.attachments.to_come = 30'000;
  CHECK(clock.left(at, 0s).bytes == 10'000);
  CHECK(clock.left(at, 0s).attachments == 30'000);
  at = progress(6'000, 4'000);
  at.attachments.to_come = 30'000;
  at.attachments.to_go = 10'000;
  CHECK(clock.left(at, 10s).attachments == 40'000);
  CHECK_FALSE(clock.left(at, 10s).time);
  at.attachments.came = 5'000;
  at.attachments.went = 3'000;
  at.attachments.to_come = 25'000;
  at.attachments.to_go = 7'000;
  // 8,000 bytes in four seconds; changes were quicker, and say nothing of this.
  const TransferLeft later = clock.left(at, 14s);
  CHECK(later.bytes == 0);
  CHECK(later.attachments == 32'000);
  CHECK(later.time == std::optional(17s));
  CHECK(cli::words_of(later).zh.starts_with("附件还有 "));
  CHECK(cli::words_of(later).en.starts_with("attachments "));
  CHECK(cli::words_of({.bytes = 5'000, .attachments = 7'000, .time = {}}).zh.find("，附件还有 ") !=
        std::string::npos);
}

TEST_CASE("live pushes beyond the plan, and a peer that claims too much, break nothing") {
  TransferClock clock;
  CHECK(clock.left(progress(9'000, 9'000), 0s).bytes == 0);
  sync::Progress boast = progress(0, 0);
  boast.planned_in.bytes = boast.planned_out.bytes = std::numeric_limits<std::uint64_t>::max();
  CHECK(clock.left(boast, 1s).bytes == std::numeric_limits<std::uint64_t>::max());
  boast.acked.bytes = 18'001;
  CHECK_FALSE(clock.left(boast, 100s).time);
}

TEST_CASE("what is left is said in seconds or minutes, and not at all when nothing is") {
  CHECK(cli::words_of({}).zh.empty());
  CHECK(cli::words_of({.bytes = 5'000, .time = {}}).zh.find("约") == std::string::npos);
  CHECK(cli::words_of({.bytes = 5'000, .time = 99s}).zh.ends_with("，约 99 秒"));
  CHECK(cli::words_of({.bytes = 5'000, .time = 99s}).en.ends_with(", about 99 s"));
  CHECK(cli::words_of({.bytes = 5'000, .time = 121s}).zh.ends_with("，约 3 分钟"));
  CHECK(cli::words_of({.bytes = 5'000, .time = 121s}).en.ends_with(", about 3 min"));
}
