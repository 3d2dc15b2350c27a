// SPDX-License-Identifier: Apache-2.0
#include "node/registry/text_form.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace cunju::registry {
namespace {

constexpr std::string_view kIdeographicSpace = "\xE3\x80\x80";
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";

bool is_ascii_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_continuation(char c) { return (static_cast<std::uint8_t>(c) & 0xC0) == 0x80; }

}  // namespace

std::string half_width(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text.substr(i, 3) == kIdeographicSpace) {
      out += ' ';
      i += 2;
      continue;
    }
    // U+FF01..U+FF5E are EF BC 81 .. EF BD 9E.
    if (i + 2 < text.size() && text[i] == '\xEF' && is_continuation(text[i + 2]) &&
        (text[i + 1] == '\xBC' || text[i + 1] == '\xBD')) {
      int low = (static_cast<std::uint8_t>(text[i + 1]) & 3) * 64 +
                (static_cast<std::uint8_t>(text[i + 2]) & 0x3F);
      if (low >= 0x01 && low <= 0x5E) {
        out += static_cast<char>(low + 0x20);
        i += 2;
        continue;
      }
    }
    out += text[i];
  }
  return out;
}

std::string_view trim(std::string_view text) {
  for (;;) {
    if (!text.empty() && is_ascii_space(text.front())) {
      text.remove_prefix(1);
    } else if (text.starts_with(kIdeographicSpace)) {
      text.remove_prefix(kIdeographicSpace.size());
    } else if (!text.empty() && is_ascii_space(text.back())) {
      text.remove_suffix(1);
    } else if (text.ends_with(kIdeographicSpace)) {
      text.remove_suffix(kIdeographicSpace.size());
    } else {
      return text;
    }
  }
}

std::string without_spaces(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_ascii_space(text[i])) continue;
    if (text.substr(i, 3) == kIdeographicSpace) {
      i += 2;
    } else if (text.substr(i, 2) == kNoBreakSpace) {
      i += 1;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string upper_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string lower_ascii(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string plain_form(std::string_view text) {
  std::string wide = half_width(text);
  std::string_view out = trim(wide);
  if (out.size() > 1 && out.front() == '\'') out = trim(out.substr(1));
  return std::string(out);
}

std::string fold_label(std::string_view text) { return lower_ascii(trim(half_width(text))); }

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

std::size_t character_count(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !is_continuation(c); }));
}

std::string shorten(std::string_view text, std::size_t max_characters) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_continuation(text[i])) continue;
    if (seen++ == max_characters) return std::string(text.substr(0, i)) + "…";
  }
  return std::string(text);
}

}  // namespace cunju::registry
