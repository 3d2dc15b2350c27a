// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/links.h"

#include <cctype>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>

namespace cunju::house {
namespace {

struct Link {
  std::string target;
  std::size_t line = 1;
};

bool is_document(std::string_view path) {
  return path == "README.md" || (is_below(path, "docs/") && path.ends_with(".md"));
}

// The text with fenced blocks and `code` blank: what stands there is no link and no heading.
std::string prose_of(std::string_view text) {
  std::string out(text);
  bool fenced = false;
  for (std::size_t begin = 0; begin < out.size();) {
    const std::size_t end = std::min(out.find('\n', begin), out.size());
    const std::string_view line = text.substr(begin, end - begin);
    const bool fence =
        line.substr(std::min(line.find_first_not_of(' '), line.size())).starts_with("```");
    if (fence) fenced = !fenced;
    bool code = false;
    for (std::size_t i = begin; i < end; ++i) {
      if (out[i] == '`') code = !code;
      if (fence || fenced || (code && text[i] != '`')) out[i] = ' ';
    }
    begin = end + 1;
  }
  return out;
}

std::vector<Link> links_of(std::string_view prose) {
  std::vector<Link> out;
  for (std::size_t at = prose.find("]("); at != std::string_view::npos;
       at = prose.find("](", at + 1)) {
    const std::size_t close = prose.find_first_of(")\n", at);
    if (close == std::string_view::npos || prose[close] != ')') continue;
    std::string target(prose.substr(at + 2, close - at - 2));
    target = target.substr(0, target.find(' '));  // A title may follow.
    out.push_back({target, line_at(prose, at)});
  }
  return out;
}

// One code point of well-formed UTF-8; a broken byte counts as itself.
std::uint32_t next_code_point(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])) : 0U;
  };
  const std::uint32_t first = byte(at);
  const std::size_t length = first < 0xC0 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  std::uint32_t point = length == 1 ? first : first & (0xFFU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) point = (point << 6) | (byte(at + i) & 0x3FU);
  at += length;
  return point;
}

bool is_wide_punctuation(std::uint32_t point) {
  const auto in = [point](std::uint32_t low, std::uint32_t high) {
    return point >= low && point <= high;
  };
  return in(0x80, 0xBF) || in(0x2000, 0x2BFF) || in(0x3000, 0x3004) || in(0x3008, 0x3020) ||
         in(0xFE30, 0xFE4F) || in(0xFF01, 0xFF0F) || in(0xFF1A, 0xFF20) || in(0xFF3B, 0xFF40) ||
         in(0xFF5B, 0xFF65);
}

std::set<std::string> anchors_of(std::string_view text) {
  std::set<std::string> out;
  const std::string prose = prose_of(text);
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::size_t level = std::min(prose.find_first_not_of('#', begin), end) - begin;
    if (level >= 1 && level <= 6 && prose[begin + level] == ' ') {
      // From the text itself: code in a heading is part of its anchor.
      const std::string anchor = anchor_of(text.substr(begin + level, end - begin - level));
      std::string unique = anchor;
      for (int i = 1; !out.insert(unique).second; ++i) unique = anchor + "-" + std::to_string(i);
    }
    begin = end + 1;
  }
  return out;
}

bool exists(const Tree& tree, const std::string& path) {
  if (path == "." || tree.contains(path)) return true;
  const std::string folder = path.ends_with('/') ? path : path + "/";
  const auto it = tree.lower_bound(folder);
  return it != tree.end() && it->first.starts_with(folder);
}

std::optional<std::string> link_fault(const Tree& tree, const std::string& from,
                                      const std::string& target) {
  if (target.find("://") != std::string::npos || target.starts_with("mailto:")) return {};
  const std::size_t hash = std::min(target.find('#'), target.size());
  const std::string file = target.substr(0, hash);
  const std::filesystem::path folder = std::filesystem::path(from).parent_path();
  const std::string path =
      file.empty() ? from : (folder / file).lexically_normal().generic_string();
  if (!exists(tree, path))
    return "link to \"" + target + "\": there is no " + path + "; correct it";
  if (hash == target.size()) return {};
  const auto document = tree.find(path);
  if (document != tree.end() && anchors_of(document->second).contains(target.substr(hash + 1))) {
    return {};
  }
  return "link to \"" + target + "\": " + path + " has no such heading; correct the anchor";
}

}  // namespace

std::string anchor_of(std::string_view heading) {
  while (!heading.empty() && heading.front() == ' ') heading.remove_prefix(1);
  while (!heading.empty() && (heading.back() == ' ' || heading.back() == '\r')) {
    heading.remove_suffix(1);
  }
  std::string out;
  for (std::size_t at = 0; at < heading.size();) {
    const std::size_t begin = at;
    const std::uint32_t point = next_code_point(heading, at);
    if (point >= 0x80) {
      if (!is_wide_punctuation(point)) out += heading.substr(begin, at - begin);
    } else if (point == ' ') {
      out += '-';
    } else if (is_word_char(heading[begin]) || point == '-') {
      out += static_cast<char>(std::tolower(static_cast<int>(point)));
    }
  }
  return out;
}

Findings check_links(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_document(path)) continue;
    for (const Link& link : links_of(prose_of(text))) {
      if (const auto fault = link_fault(tree, path, link.target)) {
        out.push_back({path, link.line, *fault});
      }
    }
  }
  return out;
}

}  // namespace cunju::house
