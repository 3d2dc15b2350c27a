// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/coroutines.h"

#include <algorithm>
#include <array>

#include "tests/house_rules/functions.h"

namespace cunju::house {
namespace {

constexpr auto kNone = std::string_view::npos;

bool is_coroutine(std::string_view body) {
  return has_word(body, "co_await") || has_word(body, "co_return") || has_word(body, "co_yield");
}

template <class Check>
Findings for_each_code(const Tree& tree, Check check) {
  Findings out;
  for (const auto& file : tree) {
    const std::string& path = file.first;
    if (!is_cpp(path)) continue;
    const std::string code = code_view(file.second);
    check(std::string_view(code), [&](std::size_t offset, std::string message) {
      out.push_back({path, line_at(code, offset), std::move(message)});
    });
  }
  return out;
}

template <class Visit>
void for_each_word(std::string_view code, std::string_view word, Visit visit) {
  for (std::size_t at = find_word(code, word); at != kNone; at = find_word(code, word, at + 1)) {
    visit(at);
  }
}

// Offset of the last character before `at` that is no blank; npos when there is none.
std::size_t previous(std::string_view code, std::size_t at) {
  return at == 0 ? kNone : code.find_last_not_of(" \t\n", at - 1);
}

// The word that ends at `last`, empty when a symbol stands there.
std::string_view word_ending_at(std::string_view code, std::size_t last) {
  if (last == kNone) return {};
  std::size_t begin = last + 1;
  while (begin > 0 && is_word_char(code[begin - 1])) --begin;
  return code.substr(begin, last + 1 - begin);
}

// '[' opens a lambda where no value stands before it and it is no attribute.
bool opens_lambda(std::string_view code, std::size_t at) {
  if (code[at] != '[' || code.substr(at).starts_with("[[")) return false;
  const std::size_t before = previous(code, at);
  if (before == kNone) return true;
  const std::string_view word = word_ending_at(code, before);
  if (!word.empty()) return word == "return" || word == "co_return" || word == "co_await";
  // A structured binding `auto& [a, b]` has a reference sign between type and bracket.
  if (code[before] == '&' && word_ending_at(code, previous(code, before)) == "auto") return false;
  return code[before] != ')' && code[before] != ']' && code[before] != '[';
}

// Offset of the brace that opens the lambda's body; npos when there is none.
std::size_t lambda_body(std::string_view code, std::size_t bracket) {
  std::size_t at = after_matching(code, bracket);
  while (at < code.size() && code[at] != '{' && code[at] != ';' && code[at] != ')') {
    at = code[at] == '(' ? after_matching(code, at) : at + 1;
  }
  return at < code.size() && code[at] == '{' ? at : kNone;
}

// End of the expression that begins at `at`: its ';', or the bracket that closes around it.
std::size_t expression_end(std::string_view code, std::size_t at) {
  while (at < code.size() && std::string_view(";)}]").find(code[at]) == kNone) {
    const bool opens = std::string_view("({[").find(code[at]) != kNone;
    at = opens ? after_matching(code, at) : at + 1;
  }
  return at;
}

}  // namespace

Findings check_no_await_in_conditions(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    for (const char* word : {"if", "while", "for", "switch"}) {
      for_each_word(code, word, [&](std::size_t at) {
        const std::size_t open = code.find('(', at);
        if (open == kNone) return;
        const std::string_view head = code.substr(open, after_matching(code, open) - open);
        const std::string_view between = code.substr(at, open - at);
        if (between.find_first_of(";{}") != kNone || !has_word(head, "co_await")) return;
        report(at, "co_await in the head of " + std::string(word) +
                       " is miscompiled: await into a named variable first");
      });
    }
  });
}

Findings check_no_await_in_ternaries(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    std::size_t begin = 0;
    while (begin < code.size()) {
      const std::size_t end = std::min(code.find_first_of(";{}", begin), code.size());
      const std::string_view statement = code.substr(begin, end - begin);
      if (statement.find('?') != kNone && has_word(statement, "co_await")) {
        report(begin + find_word(statement, "co_await"),
               "co_await together with ?: frees what it must not: use if and a named variable");
      }
      begin = end + 1;
    }
  });
}

Findings check_no_lambda_coroutines(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    for (std::size_t at = code.find('['); at != kNone; at = code.find('[', at + 1)) {
      if (!opens_lambda(code, at)) continue;
      const std::size_t body = lambda_body(code, at);
      if (body == kNone) continue;
      if (!is_coroutine(code.substr(body, after_matching(code, body) - body))) continue;
      report(at, "a lambda must not be a coroutine: its captures die first; write a function");
    }
  });
}

Findings check_no_try_in_coroutines(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    for (const Function& function : find_functions(code)) {
      const std::string_view body = code.substr(function.begin, function.end - function.begin);
      if (!is_coroutine(body)) continue;
      for (const char* word : {"CUNJU_TRY", "CUNJU_TRYV"}) {
        for_each_word(body, word, [&](std::size_t at) {
          report(function.begin + at, std::string(word) +
                                          " in a coroutine breaks the compiler: test the result "
                                          "and co_return its error");
        });
      }
    }
  });
}

Findings check_awaited_arguments_are_names(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    for_each_word(code, "co_await", [&](std::size_t at) {
      const std::size_t begin = at + std::string_view("co_await").size();
      const std::size_t end = expression_end(code, begin);
      for (std::size_t i = begin; i < end; ++i) {
        if (code[i] != '{' && !opens_lambda(code, i)) continue;
        report(at,
               "a lambda or braces in an awaited expression are miscompiled: name the "
               "argument in a statement before");
        return;
      }
    });
  });
}

Findings check_await_stands_alone(const Tree& tree) {
  return for_each_code(tree, [](std::string_view code, auto report) {
    for_each_word(code, "co_await", [&](std::size_t at) {
      const std::size_t before = previous(code, at);
      if (before == kNone) return;
      const std::string_view word = word_ending_at(code, before);
      if (word == "co_return" || word == "else" || word == "do") return;
      if (word.empty() && std::string_view(";{}):").find(code[before]) != kNone) return;
      // An initialisation or assignment, and not a comparison.
      const bool assigns = code[before] == '=' && before > 0 &&
                           std::string_view("=!<>").find(code[before - 1]) == kNone;
      if (assigns) return;
      report(at, "a co_await stands alone: await into a named variable and use that");
    });
  });
}

}  // namespace cunju::house
