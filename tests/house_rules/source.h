// SPDX-License-Identifier: Apache-2.0
//
// What the house rules look at: the project as a map from path to text, a view of C++ text in which
// comments and literals are blank, and the findings that a rule returns. Rules are pure functions
// of a Tree, so each can be tried on a planted violation. Not a parser: it reads text, and a rule
// that would need more belongs to the compiler.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace cunju::house {

/// Path relative to the project's root, with '/', to the file's text.
using Tree = std::map<std::string, std::string>;

struct Finding {
  std::string path;
  std::size_t line = 1;
  std::string message;  ///< What is wrong and what to do.
};
using Findings = std::vector<Finding>;

/// "path:line: message", as compilers print it, so that editors can jump there.
std::string to_text(const Finding& finding);
/// All findings, one a line; empty when there are none.
std::string to_text(const Findings& findings);

/// Every file below `root` but .git and the build folders. Files over 4 MiB come without text.
Tree load_tree(const std::string& root);

/// `text` with the same length and line breaks, in which comments and the insides of string and
/// character literals are spaces. Include directives stay whole.
std::string code_view(std::string_view text);

/// 1 for the first line.
std::size_t line_at(std::string_view text, std::size_t offset);

bool is_word_char(char c);
/// Offset of the first whole word at or after `from`; npos when there is none.
std::size_t find_word(std::string_view text, std::string_view word, std::size_t from = 0);
bool has_word(std::string_view text, std::string_view word);
/// Offset just after the bracket that closes the one at `open`; the end when it is never closed.
std::size_t after_matching(std::string_view code, std::size_t open);

bool is_header(std::string_view path);
/// A .h or .cc file.
bool is_cpp(std::string_view path);
/// True when `path` is below `folder`, which ends in '/'.
bool is_below(std::string_view path, std::string_view folder);

}  // namespace cunju::house
