// SPDX-License-Identifier: Apache-2.0
#include "tests/support/link_emulator/profile.h"

#include <algorithm>
#include <charconv>
#include <string>

namespace cunju::test {
namespace {

constexpr std::uint64_t kLargestNumber = 1'000'000'000;

bool set(LaneOptions& lane, std::string_view name, std::uint64_t value) {
  const std::chrono::milliseconds time(value);
  const auto share = static_cast<unsigned>(value);
  if (name == "delay") {
    lane.delay = time;
  } else if (name == "jitter") {
    lane.jitter = time;
  } else if (name == "loss") {
    lane.loss_per_mille = share;
  } else if (name == "dup") {
    lane.duplicate_per_mille = share;
  } else if (name == "reorder") {
    lane.reorder_per_mille = share;
  } else if (name == "rate") {
    lane.bits_per_second = value;
  } else if (name == "queue") {
    lane.queue_bytes = value;
  } else {
    return false;
  }
  return true;
}

bool set(LinkProfile& profile, std::string_view name, std::uint64_t value) {
  if (name == "up") {
    profile.up = std::chrono::milliseconds(value);
  } else if (name == "down") {
    profile.down = std::chrono::milliseconds(value);
  } else if (name == "seed") {
    profile.seed = value;
  } else if (name.starts_with("ab.")) {
    return set(profile.a_to_b, name.substr(3), value);
  } else if (name.starts_with("ba.")) {
    return set(profile.b_to_a, name.substr(3), value);
  } else {
    return set(profile.a_to_b, name, value) && set(profile.b_to_a, name, value);
  }
  return true;
}

}  // namespace

Result<LinkProfile> parse_profile(std::string_view words) {
  LinkProfile out;
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (word.empty()) continue;
    const std::size_t equals = word.find('=');
    const std::string_view digits = equals == word.npos ? "" : word.substr(equals + 1);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    const bool is_number = error == std::errc() && end == digits.data() + digits.size();
    if (!is_number || value > kLargestNumber || !set(out, word.substr(0, equals), value))
      return fail(Errc::kInvalidArgument, "link profile: " + std::string(word));
  }
  return out;
}

}  // namespace cunju::test
