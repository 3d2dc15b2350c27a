// SPDX-License-Identifier: Apache-2.0
#include "node/council/minutes.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <tuple>

namespace cunju::council {
namespace {

/// Wide enough that names sort like their numbers as far as agendas go.
constexpr std::size_t kNumberDigits = 4;

bool is_item(std::string_view name) {
  return name.size() > kItemField.size() + 1 && name.starts_with(kItemField) &&
         name[kItemField.size()] == '.';
}

/// The number in an item's name; empty when a liar left it out.
std::optional<std::uint32_t> number_of(std::string_view name) {
  const std::string_view rest = name.substr(kItemField.size() + 1);
  std::uint32_t out = 0;
  const auto result = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (result.ec != std::errc()) return std::nullopt;
  return out;
}

/// By number and then by name; names without a number come last.
void sort_items(std::vector<std::string>& names) {
  std::ranges::sort(names, {}, [](const std::string& name) {
    const std::optional<std::uint32_t> number = number_of(name);
    return std::tuple(!number.has_value(), number.value_or(0), name);
  });
}

}  // namespace

std::vector<std::string> item_names(const RecordState& state) {
  std::vector<std::string> out;
  for (const TextField& text : state.texts()) {
    if (is_item(text.name) && (!text.text.empty() || text.is_merged || !text.late.empty()))
      out.push_back(text.name);
  }
  sort_items(out);
  return out;
}

std::vector<std::string> item_names(const std::map<std::string, std::string>& texts) {
  std::vector<std::string> out;
  for (const auto& [name, text] : texts) {
    if (is_item(name) && !text.empty()) out.push_back(name);
  }
  sort_items(out);
  return out;
}

std::string new_item_name(const RecordState& state, std::string_view suffix) {
  std::uint32_t greatest = 0;
  for (const TextField& text : state.texts()) {
    if (is_item(text.name)) greatest = std::max(greatest, number_of(text.name).value_or(0));
  }
  std::string number = std::to_string(std::uint64_t{greatest} + 1);
  if (number.size() < kNumberDigits) number.insert(0, kNumberDigits - number.size(), '0');
  return std::string(kItemField) + "." + number + "." + std::string(suffix);
}

}  // namespace cunju::council
