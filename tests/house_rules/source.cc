// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/source.h"

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace cunju::house {
namespace {

constexpr std::size_t kMaxTextBytes = 4 * 1024 * 1024;

// Copies code and blanks the rest; one object per file.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  bool starts(std::string_view with) const { return text_.substr(at_).starts_with(with); }

  void blank_until(std::size_t end) {
    end = std::min(end, text_.size());
    for (; at_ < end; ++at_) {
      if (text_[at_] != '\n') out_[at_] = ' ';
    }
  }

  std::size_t find_or_end(std::string_view what, std::size_t from) const {
    return std::min(text_.find(what, from), text_.size());
  }

  void step() {
    const char c = text_[at_];
    if (starts("//")) {
      blank_until(find_or_end("\n", at_));
    } else if (starts("/*")) {
      blank_until(find_or_end("*/", at_ + 2) + 2);
    } else if (c == '#' && is_include()) {
      at_ = find_or_end("\n", at_);
    } else if (c == '"' && is_raw_prefix()) {
      blank_raw();
    } else if (c == '"' || (c == '\'' && !is_digit_separator())) {
      blank_literal(c);
    } else {
      ++at_;
    }
  }

  bool is_include() const {
    const std::size_t word = text_.find_first_not_of(" \t", at_ + 1);
    return word != std::string_view::npos && text_.substr(word).starts_with("include");
  }

  bool is_raw_prefix() const { return at_ > 0 && text_[at_ - 1] == 'R'; }

  // 1'000: the apostrophe stands inside a token that begins with a digit.
  bool is_digit_separator() const {
    std::size_t begin = at_;
    while (begin > 0 && (is_word_char(text_[begin - 1]) || text_[begin - 1] == '\'')) --begin;
    return begin < at_ && std::isdigit(static_cast<unsigned char>(text_[begin])) != 0;
  }

  void blank_raw() {
    const std::size_t open = find_or_end("(", at_);
    const std::string close = ")" + std::string(text_.substr(at_ + 1, open - at_ - 1)) + "\"";
    ++at_;
    const std::size_t end = find_or_end(close, at_) + close.size();
    blank_until(end - 1);
    if (at_ < text_.size()) ++at_;
  }

  void blank_literal(char quote) {
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote && text_[end] != '\n') {
      end += text_[end] == '\\' ? 2 : 1;
    }
    ++at_;
    blank_until(end);
    if (at_ < text_.size() && text_[at_] == quote) ++at_;
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

}  // namespace

std::string to_text(const Finding& finding) {
  return finding.path + ":" + std::to_string(finding.line) + ": " + finding.message;
}

std::string to_text(const Findings& findings) {
  std::string out;
  for (const Finding& finding : findings) out += to_text(finding) + "\n";
  return out;
}

Tree load_tree(const std::string& root) {
  namespace fs = std::filesystem;
  Tree tree;
  const fs::path base(root);
  for (auto it = fs::recursive_directory_iterator(base); it != fs::recursive_directory_iterator();
       ++it) {
    const std::string path = it->path().lexically_relative(base).generic_string();
    if (it->is_directory() && (path == ".git" || path.starts_with("build"))) {
      it.disable_recursion_pending();
      continue;
    }
    if (!it->is_regular_file() || path == ".git") continue;
    std::string& text = tree[path];
    if (it->file_size() > kMaxTextBytes) continue;
    std::ifstream in(it->path(), std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(in), {});
  }
  return tree;
}

std::string code_view(std::string_view text) { return Blanker(text).run(); }

std::size_t line_at(std::string_view text, std::size_t offset) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

bool is_word_char(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

std::size_t find_word(std::string_view text, std::string_view word, std::size_t from) {
  for (std::size_t at = text.find(word, from); at != std::string_view::npos;
       at = text.find(word, at + 1)) {
    const std::size_t end = at + word.size();
    const bool left = at == 0 || !is_word_char(text[at - 1]);
    const bool right = end == text.size() || !is_word_char(text[end]);
    if (left && right) return at;
  }
  return std::string_view::npos;
}

bool has_word(std::string_view text, std::string_view word) {
  return find_word(text, word) != std::string_view::npos;
}

std::size_t after_matching(std::string_view code, std::size_t open) {
  const char opening = code[open];
  const char closing = opening == '(' ? ')' : opening == '[' ? ']' : opening == '<' ? '>' : '}';
  std::size_t depth = 0;
  for (std::size_t at = open; at < code.size(); ++at) {
    if (code[at] == opening) ++depth;
    if (code[at] == closing && --depth == 0) return at + 1;
  }
  return code.size();
}

bool is_header(std::string_view path) { return path.ends_with(".h"); }
bool is_cpp(std::string_view path) { return is_header(path) || path.ends_with(".cc"); }
bool is_below(std::string_view path, std::string_view folder) { return path.starts_with(folder); }

}  // namespace cunju::house
