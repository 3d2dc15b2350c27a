// SPDX-License-Identifier: Apache-2.0
#include "node/peers/invitation_text.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace cunju::peers {
namespace {

constexpr std::string_view kPrefix = "CUNJU1";
constexpr std::string_view kAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr std::size_t kGroupCharacters = 8;  ///< With its check.

/// A digit of the alphabet, with what people take for one.
std::optional<std::uint8_t> digit_of(char c) {
  if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  if (c == 'O') c = '0';
  if (c == 'I' || c == 'L') c = '1';
  const std::size_t at = kAlphabet.find(c);
  if (at == std::string_view::npos) return std::nullopt;
  return static_cast<std::uint8_t>(at);
}

/// Multiplication by x in GF(32) modulo x^5 + x^2 + 1.
std::uint8_t times_x(std::uint8_t value) {
  value = static_cast<std::uint8_t>(value << 1);
  return (value & 0x20) != 0 ? static_cast<std::uint8_t>(value ^ 0x25) : value;
}

/// A polynomial code over GF(32): finds every single wrong character and every two neighbours that
/// changed places. It begins with the group's number, so that groups that changed places show.
std::uint8_t check_of(std::string_view digits, std::size_t group) {
  auto check = static_cast<std::uint8_t>(group % 31 + 1);
  for (char c : digits) check = static_cast<std::uint8_t>(times_x(check) ^ digit_of(c).value_or(0));
  return times_x(check);
}

std::string spell(ByteView bytes, std::string_view separator) {
  std::string digits;
  std::uint32_t held = 0;
  int held_bits = 0;
  for (std::uint8_t byte : bytes) {
    held = (held << 8 | byte) & 0xfff;
    for (held_bits += 8; held_bits >= 5; held_bits -= 5)
      digits += kAlphabet[held >> (held_bits - 5) & 31];
  }
  if (held_bits > 0) digits += kAlphabet[held << (5 - held_bits) & 31];
  std::string out(kPrefix);
  constexpr std::size_t kData = kGroupCharacters - 1;
  for (std::size_t at = 0; at < digits.size(); at += kData) {
    const std::string_view group = std::string_view(digits).substr(at, kData);
    out.append(separator).append(group);
    out += kAlphabet[check_of(group, at / kData)];
  }
  return out;
}

/// Without blanks and hyphens, and without the prefix; empty when it is no invitation.
std::optional<std::string> bare(std::string_view text) {
  std::string out;
  for (char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '-') continue;
    out += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  if (!out.starts_with(kPrefix)) return std::nullopt;
  return out.substr(kPrefix.size());
}

std::vector<std::size_t> mistyped_in(std::string_view groups) {
  std::vector<std::size_t> out;
  for (std::size_t at = 0; at < groups.size(); at += kGroupCharacters) {
    const std::string_view group = groups.substr(at, kGroupCharacters);
    const std::size_t number = at / kGroupCharacters;
    const bool is_spelled = group.size() > 1 && std::ranges::all_of(group, [](char c) {
                              return digit_of(c).has_value();
                            });
    if (!is_spelled ||
        check_of(group.substr(0, group.size() - 1), number) != digit_of(group.back()))
      out.push_back(number + 1);
  }
  return out;
}

}  // namespace

std::string spell_invitation(ByteView bytes) { return spell(bytes, "-"); }
std::string spell_invitation_tight(ByteView bytes) { return spell(bytes, ""); }

Result<Bytes> unspell_invitation(std::string_view text) {
  if (text.size() > kMaxInvitationTextBytes) return fail(Errc::kLimit, "kMaxInvitationTextBytes");
  const std::optional<std::string> groups = bare(text);
  if (!groups) return fail(Errc::kMalformed, "this is not an invitation");
  if (groups->empty() || !mistyped_in(*groups).empty())
    return fail(Errc::kMalformed, "the invitation is mistyped or not complete");
  Bytes out;
  std::uint32_t held = 0;
  int held_bits = 0;
  for (std::size_t at = 0; at < groups->size(); ++at) {
    const bool is_check = at % kGroupCharacters == kGroupCharacters - 1 || at + 1 == groups->size();
    if (is_check) continue;
    held = (held << 5 | *digit_of((*groups)[at])) & 0xfff;
    held_bits += 5;
    if (held_bits < 8) continue;
    held_bits -= 8;
    out.push_back(static_cast<std::uint8_t>(held >> held_bits & 0xff));
  }
  // One spelling for one invitation: what is left over is less than a character, and zero.
  if (held_bits >= 5 || (held & ((1u << held_bits) - 1)) != 0)
    return fail(Errc::kMalformed, "the invitation is mistyped or not complete");
  return out;
}

std::vector<std::size_t> find_mistyped_groups(std::string_view text) {
  const std::optional<std::string> groups =
      text.size() > kMaxInvitationTextBytes ? std::nullopt : bare(text);
  return groups ? mistyped_in(*groups) : std::vector<std::size_t>();
}

}  // namespace cunju::peers
