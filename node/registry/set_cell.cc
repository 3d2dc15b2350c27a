// SPDX-License-Identifier: Apache-2.0
#include "node/registry/set_cell.h"

#include "node/registry/text_form.h"

namespace cunju::registry {
namespace {

constexpr std::string_view kWide = "；";

}  // namespace

std::vector<std::string> split_set(std::string_view text) {
  std::vector<std::string> out;
  std::string element;
  auto finish = [&] {
    std::string_view trimmed = trim(element);
    if (!trimmed.empty()) out.emplace_back(trimmed);
    element.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string_view rest = text.substr(i);
    if (rest.starts_with(kWide)) {
      finish();
      i += kWide.size() - 1;
    } else if (text[i] == ';' || text[i] == '\n' || text[i] == '\r') {
      finish();
    } else if (text[i] == '\\' && rest.size() > 1) {
      std::string_view next = rest.substr(1);
      if (next.starts_with(kWide)) {
        element += kWide;
        i += kWide.size();
      } else if (next[0] == ';' || next[0] == '\\' || next[0] == '\n' || next[0] == '\r') {
        element += next[0];
        ++i;
      } else {
        element += '\\';
      }
    } else {
      element += text[i];
    }
  }
  finish();
  return out;
}

std::string join_set(const std::vector<std::string>& elements) {
  std::string out;
  for (const std::string& element : elements) {
    if (!out.empty()) out += kWide;
    for (std::size_t i = 0; i < element.size(); ++i) {
      char c = element[i];
      bool wide = std::string_view(element).substr(i).starts_with(kWide);
      if (wide || c == ';' || c == '\\' || c == '\n' || c == '\r') out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace cunju::registry
