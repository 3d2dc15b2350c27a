// SPDX-License-Identifier: Apache-2.0
#include "node/peers/remembered.h"

#include <catch2/catch.hpp>

namespace cunju::peers {
namespace {

const WireKey kOne{{1}}, kTwo{{2}}, kGone{{3}};

AddressHint met_at(const std::string& address, std::uint64_t met_ms) {
  return {.address = address, .tried_ms = met_ms + 50, .met_ms = met_ms};
}
std::vector<std::string> addresses(const std::vector<PeerHints>& rows) {
  const auto is_known = [](const WireKey& wire) { return wire != kGone; };
  const auto name_of = [](const WireKey& wire) { return wire.hex().substr(0, 2); };
  std::vector<std::string> out;
  for (const RememberedAddress& each : remembered_addresses(rows, is_known, name_of))
    out.push_back(each.name + " " + each.address);
  return out;
}

}  // namespace

TEST_CASE("addresses at which somebody of a roster was met are called, the last ones first") {
  AddressHint never = met_at("10.0.0.4:1", 900);
  never.met_ms = 0;
  const PeerHints one{.wire = kOne, .addresses = {met_at("10.0.0.1:1", 100), never}};
  const PeerHints two{.wire = kTwo, .addresses = {met_at("10.0.0.2:1", 200)}};
  const PeerHints gone{.wire = kGone, .addresses = {met_at("10.0.0.3:1", 300)}};
  const PeerHints nobody{.wire = {}, .addresses = {met_at("10.0.0.5:1", 400)}};
  CHECK(addresses({one, two, gone, nobody}) ==
        std::vector<std::string>{"02 10.0.0.2:1", "01 10.0.0.1:1"});
}

TEST_CASE("of several who were met at one address the last one is looked for there") {
  const PeerHints one{.wire = kOne, .addresses = {met_at("10.0.0.1:1", 100)}};
  const PeerHints two{.wire = kTwo, .addresses = {met_at("10.0.0.1:1", 200)}};
  const PeerHints gone{.wire = kGone, .addresses = {met_at("10.0.0.1:1", 300)}};
  CHECK(addresses({one, two}) == std::vector<std::string>{"02 10.0.0.1:1"});
  // One who was removed keeps nobody from being called.
  CHECK(addresses({one, gone}) == std::vector<std::string>{"01 10.0.0.1:1"});
}

TEST_CASE("of very many remembered addresses those are called where somebody was met last") {
  std::vector<PeerHints> rows;
  for (std::size_t i = 0; i < 3 * kMaxRemembered; ++i)
    rows.push_back({.wire = i % 2 == 0 ? kOne : kTwo,
                    .addresses = {met_at("10.0.0.1:" + std::to_string(i + 1), i + 1)}});
  const std::vector<std::string> out = addresses(rows);
  REQUIRE(out.size() == kMaxRemembered);
  CHECK(out.front() == "02 10.0.0.1:" + std::to_string(3 * kMaxRemembered));
}

}  // namespace cunju::peers
