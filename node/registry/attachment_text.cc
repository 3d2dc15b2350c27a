// SPDX-License-Identifier: Apache-2.0
#include "node/registry/attachment_text.h"

#include <array>

#include "crdt/attachment/reference.h"

namespace cunju::registry {

std::string byte_size_text(std::uint64_t bytes) {
  constexpr std::array<const char*, 3> kUnits{" kB", " MB", " GB"};
  if (bytes < 1000) return std::to_string(bytes) + " B";
  std::uint64_t unit = 1000;
  std::size_t which = 0;
  // What rounds to a thousand is one of the next unit.
  while (which + 1 < kUnits.size() && bytes + unit / 20 >= unit * 1000) {
    unit *= 1000;
    ++which;
  }
  const std::uint64_t tenths = (bytes * 10 + unit / 2) / unit;
  std::string out = std::to_string(tenths / 10);
  if (tenths < 1000) out += "." + std::to_string(tenths % 10);
  return out + kUnits[which];
}

std::optional<std::string> attachment_text(const Value& value) {
  const std::optional<attachment::Reference> found = attachment::find_reference(value);
  if (!found) return std::nullopt;
  return found->name + " (" + byte_size_text(found->size) + ")";
}

std::optional<boost::json::object> attachment_json(const Value& value) {
  const std::optional<attachment::Reference> found = attachment::find_reference(value);
  if (!found) return std::nullopt;
  return boost::json::object{{"name", found->name},
                             {"media", found->media},
                             {"size", found->size},
                             {"address", found->address.hex()}};
}

std::string bytes_text(const Bytes& bytes) {
  if (std::optional<std::string> text = attachment_text(Value(bytes))) return *std::move(text);
  return to_hex(bytes);
}

}  // namespace cunju::registry
