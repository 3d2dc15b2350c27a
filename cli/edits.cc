// SPDX-License-Identifier: Apache-2.0
#include "cli/edits.h"

namespace cunju::cli {

Result<std::vector<registry::Edit>> parse_edits(std::span<const std::string> words) {
  std::vector<registry::Edit> out;
  for (const std::string& word : words) {
    std::size_t equals = word.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(Errc::kInvalidArgument, word + " (FIELD=VALUE)");
    registry::Edit edit{.field = word.substr(0, equals),
                        .action = registry::EditAction::kSet,
                        .text = word.substr(equals + 1)};
    if (edit.field.size() > 1 && (edit.field.back() == '+' || edit.field.back() == '-')) {
      edit.action =
          edit.field.back() == '+' ? registry::EditAction::kAdd : registry::EditAction::kRemove;
      edit.field.pop_back();
    }
    if (!is_utf8(word)) return fail(Errc::kInvalidArgument, "not UTF-8: " + edit.field);
    out.push_back(std::move(edit));
  }
  return out;
}

registry::Filter parse_filter(std::string_view word) {
  std::size_t at = word.find_first_of("=~<>!");
  if (at == std::string_view::npos || at == 0)
    return {.field = {}, .op = registry::FilterOp::kContains, .text = std::string(word)};
  registry::Filter out{.field = std::string(word.substr(0, at)),
                       .op = registry::FilterOp::kEqual,
                       .text = std::string(word.substr(at + 1))};
  switch (word[at]) {
    case '~':
      out.op = registry::FilterOp::kContains;
      break;
    case '<':
      out.op = registry::FilterOp::kLess;
      break;
    case '>':
      out.op = registry::FilterOp::kGreater;
      break;
    case '!':
      if (word.substr(at).starts_with("!=")) {
        out.op = registry::FilterOp::kNotEqual;
        out.text = word.substr(at + 2);
      }
      break;
    default:
      break;
  }
  return out;
}

}  // namespace cunju::cli
