// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/functions.h"

#include <algorithm>
#include <array>

namespace cunju::house {
namespace {

// Parameters of a template may say "class": they say nothing about what is declared.
std::string without_templates(std::string_view head) {
  std::string out(head);
  for (std::size_t at = find_word(out, "template"); at != std::string::npos;
       at = find_word(out, "template", at)) {
    const std::size_t open = out.find('<', at);
    if (open == std::string::npos) break;
    out.erase(at, after_matching(out, open) - at);
  }
  return out;
}

bool is_container(const std::string& head) {
  constexpr std::array<std::string_view, 5> kWords = {"namespace", "class", "struct", "union",
                                                      "extern"};
  return std::ranges::any_of(kWords, [&head](auto word) { return has_word(head, word); }) &&
         !has_word(head, "enum");
}

// The word before the first parenthesis; for a test the macro's name.
std::string name_of(const std::string& head) {
  const std::size_t open = head.find('(');
  std::size_t end = open;
  while (end > 0 && head[end - 1] == ' ') --end;
  std::size_t begin = end;
  while (begin > 0 &&
         (is_word_char(head[begin - 1]) || head[begin - 1] == ':' || head[begin - 1] == '~')) {
    --begin;
  }
  return head.substr(begin, end - begin);
}

class Scanner {
 public:
  explicit Scanner(std::string_view code) : code_(code) {}

  std::vector<Function> run() {
    while (at_ < code_.size()) step();
    return std::move(found_);
  }

 private:
  void restart() { head_ = ++at_; }

  void step() {
    switch (code_[at_]) {
      case '(':
        at_ = after_matching(code_, at_);
        return;
      case ';':
      case '}':
        restart();
        return;
      case '#':
        skip_directive();
        return;
      case '{':
        open_brace();
        return;
      default:
        ++at_;
    }
  }

  void skip_directive() {
    while (at_ < code_.size() && code_[at_] != '\n') {
      at_ += code_[at_] == '\\' ? 2 : 1;
    }
    restart();
  }

  void open_brace() {
    const std::string head = without_templates(code_.substr(head_, at_ - head_));
    const bool has_parameters = head.find('(') != std::string::npos;
    if (!has_parameters && is_container(head)) return restart();
    const std::size_t end = after_matching(code_, at_);
    const std::size_t next = std::min(code_.find_first_not_of(" \n", end), code_.size() - 1);
    // A member initialiser `a_{1}` is followed by the next one or by the body.
    if (code_[next] == ',' || code_[next] == '{') {
      at_ = end;
      return;
    }
    if (has_parameters) add(head, end);
    at_ = end - 1;
    restart();
  }

  void add(const std::string& head, std::size_t end) {
    const std::size_t open = code_.find('(', head_);
    const std::size_t line = line_at(code_, open);
    found_.push_back({name_of(head), line, line_at(code_, end) - line + 1, at_, end});
  }

  std::string_view code_;
  std::vector<Function> found_;
  std::size_t at_ = 0;
  std::size_t head_ = 0;
};

}  // namespace

std::vector<Function> find_functions(std::string_view code) { return Scanner(code).run(); }

Findings report_lengths(const Tree& tree) {
  Findings out;
  for (const auto& [path, text] : tree) {
    if (!is_cpp(path)) continue;
    const std::size_t lines = line_at(text, text.size()) - 1;
    if (lines > kLongFile) {
      out.push_back({path, 1, std::to_string(lines) + " lines: does it hold two concepts?"});
    }
    for (const Function& function : find_functions(code_view(text))) {
      if (function.lines <= kLongFunction) continue;
      out.push_back({path, function.line,
                     function.name + " has " + std::to_string(function.lines) +
                         " lines: does it do two things?"});
    }
  }
  return out;
}

}  // namespace cunju::house
