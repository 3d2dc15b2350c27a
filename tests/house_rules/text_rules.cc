// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/text_rules.h"

#include <algorithm>
#include <array>

namespace cunju::house {
namespace {

constexpr std::string_view kLicence = "SPDX-License-Identifier: Apache-2.0";

bool needs_licence(std::string_view path) {
  return is_cpp(path) || path.ends_with(".capnp") || path.ends_with(".cmake") ||
         path.ends_with(".toml") || path.ends_with("CMakeLists.txt") || is_below(path, "script/") ||
         is_below(path, ".ci/");
}

void find_all(Findings& out, const std::string& path, std::string_view text, std::string_view word,
              const std::string& message) {
  for (std::size_t at = find_word(text, word); at != std::string_view::npos;
       at = find_word(text, word, at + 1)) {
    out.push_back({path, line_at(text, at), message});
  }
}

// A word followed by another word, with nothing but blanks between.
void find_pair(Findings& out, const std::string& path, std::string_view code,
               std::string_view first, std::string_view second, const std::string& message) {
  for (std::size_t at = find_word(code, first); at != std::string_view::npos;
       at = find_word(code, first, at + 1)) {
    const std::size_t next = code.find_first_not_of(" \t\n", at + first.size());
    if (next == std::string_view::npos || find_word(code, second, next) != next) continue;
    out.push_back({path, line_at(code, at), message});
  }
}

// The words between "foreach(tier" and ")" of tests/CMakeLists.txt.
std::vector<std::string> tiers_of(std::string_view cmake) {
  std::vector<std::string> out;
  constexpr std::string_view kOpen = "foreach(tier ";
  const std::size_t open = cmake.find(kOpen);
  if (open == std::string_view::npos) return out;
  const std::size_t begin = open + kOpen.size();
  std::string word;
  for (char c : cmake.substr(begin, cmake.find(')', begin) - begin)) {
    if (is_word_char(c)) {
      word += c;
    } else if (!word.empty()) {
      out.push_back(std::move(word));
      word.clear();
    }
  }
  if (!word.empty()) out.push_back(word);
  return out;
}

std::string target_fault(std::string_view path, std::string_view tests_cmake) {
  if (!is_below(path, "tests/")) {
    constexpr std::array<std::string_view, 4> kRooms = {"crdt/", "net/", "node/", "cli/"};
    if (std::ranges::any_of(kRooms, [path](auto room) { return is_below(path, room); })) return "";
    return "no target compiles this file: move it below crdt/, net/, node/, cli/ or tests/";
  }
  const std::string_view inside = path.substr(6);
  if (is_below(inside, "bench/")) return "";
  if (is_below(inside, "fuzz/")) {
    return path.ends_with("_fuzz.cc") ? "" : "fuzz targets are named *_fuzz.cc: rename it";
  }
  if (is_below(inside, "support/")) {
    const bool named = tests_cmake.find(inside) != std::string_view::npos ||
                       tests_cmake.find("support/*.cc") != std::string_view::npos;
    return named ? "" : "tests/CMakeLists.txt does not name this support file: add it there";
  }
  for (const std::string& tier : tiers_of(tests_cmake)) {
    if (is_below(inside, tier + "/")) return "";
  }
  return "no tier of tests/CMakeLists.txt compiles this file: move it below one, or add the tier";
}

}  // namespace

Findings check_licence_line(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!needs_licence(path) || text.empty()) continue;
    std::string_view rest = text;
    if (rest.starts_with("#!")) rest.remove_prefix(std::min(rest.find('\n'), rest.size() - 1) + 1);
    const std::string opening = (is_cpp(path) ? "// " : "# ") + std::string(kLicence);
    if (rest.substr(0, rest.find('\n')) == opening) continue;
    out.push_back({path, 1, "open the file with the line \"" + opening + "\""});
  }
  return out;
}

Findings check_pragma_once(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_header(path)) continue;
    if (code_view(text).find("#pragma once") != std::string::npos) continue;
    out.push_back({path, 1, "add #pragma once after the opening comment"});
  }
  return out;
}

Findings check_no_throw(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    find_all(out, path, code_view(text), "throw", "we never throw: return fail(Errc::k..., ...)");
  }
  return out;
}

Findings check_no_subranges(const Tree& tree) {
  constexpr std::array<std::string_view, 10> kWords = {
      "ranges::unique",    "ranges::equal_range",      "ranges::remove", "ranges::remove_if",
      "ranges::partition", "ranges::stable_partition", "ranges::rotate", "ranges::search",
      "ranges::find_end",  "ranges::subrange"};
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    for (const std::string_view word : kWords)
      find_all(
          out, path, code_view(text), word,
          "clang 14 can't compile what returns a subrange: take the algorithm without ranges::");
  }
  return out;
}

Findings check_no_using_namespace_in_headers(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_header(path)) continue;
    find_pair(out, path, code_view(text), "using", "namespace",
              "a header must not open a namespace for its users: write the names out");
  }
  return out;
}

Findings check_no_unfinished_marks(const Tree& tree) {
  // Spelt in halves, or this file would break its own rule.
  const std::array<std::string, 4> kMarks = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                             std::string("X") + "XX", std::string("HA") + "CK"};
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!needs_licence(path)) continue;
    for (const std::string& mark : kMarks) {
      find_all(out, path, text, mark, "finish it, or say in full what the limit is and why");
    }
  }
  return out;
}

Findings check_no_standard_output(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    const bool room = is_below(path, "crdt/") || is_below(path, "net/") || is_below(path, "node/");
    if (!is_cpp(path) || !room) continue;
    const std::string code = code_view(text);
    for (const char* word : {"cout", "printf", "puts", "putchar", "stdout"}) {
      find_all(out, path, code, word,
               std::string(word) + " belongs to the cli: return the text or log it");
    }
  }
  return out;
}

Findings check_every_source_in_a_target(const Tree& tree) {
  const auto cmake = tree.find("tests/CMakeLists.txt");
  const std::string_view text = cmake == tree.end() ? "" : std::string_view(cmake->second);
  Findings out;
  for (const auto& [path, unused] : tree) {
    if (!path.ends_with(".cc") && !path.ends_with(".cpp") && !path.ends_with(".c")) continue;
    std::string fault = target_fault(path, text);
    if (!path.ends_with(".cc")) fault = "our sources end in .cc; nothing compiles this: rename it";
    if (!fault.empty()) out.push_back({path, 1, fault});
  }
  return out;
}

}  // namespace cunju::house
