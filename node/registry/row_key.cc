// SPDX-License-Identifier: Apache-2.0
#include "node/registry/row_key.h"

#include <algorithm>
#include <vector>

namespace cunju::registry {
namespace {

constexpr std::uint8_t kWhole = 0;
constexpr std::uint8_t kKeyed = 1;

void put_block(Bytes& out, ByteView bytes) {
  put_u32(out, static_cast<std::uint32_t>(bytes.size()));
  append(out, bytes);
}

void put_field(Bytes& out, const FieldValue& field) {
  put_block(out, as_bytes(field.first));
  if (const auto* number = std::get_if<std::int64_t>(&field.second)) {
    put_u8(out, 1);
    put_u32(out, 8);
    put_u64(out, static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&field.second)) {
    put_u8(out, 2);
    put_block(out, as_bytes(*text));
  } else if (const auto* bytes = std::get_if<Bytes>(&field.second)) {
    put_u8(out, 3);
    put_block(out, *bytes);
  }
}

}  // namespace

Bytes row_content(std::span<const FieldValue> fields) {
  std::vector<const FieldValue*> sorted;
  for (const FieldValue& field : fields) {
    if (!is_empty(field.second)) sorted.push_back(&field);
  }
  std::ranges::sort(sorted, [](const auto* a, const auto* b) { return *a < *b; });
  // A set holds an element once, however often the row names it.
  // std::unique, not its range form: clang 14 cannot compile the subrange that one returns.
  auto same = std::unique(sorted.begin(), sorted.end(),
                          [](const auto* a, const auto* b) { return *a == *b; });
  sorted.erase(same, sorted.end());
  Bytes out = {kWhole};
  for (const FieldValue* field : sorted) put_field(out, *field);
  return out;
}

Bytes row_key(std::span<const std::string> key_fields, std::span<const FieldValue> fields) {
  Bytes out = {kKeyed};
  for (const std::string& id : key_fields) {
    auto found = std::ranges::find_if(fields, [&](const FieldValue& field) {
      return field.first == id && !is_empty(field.second);
    });
    if (found == fields.end()) return row_content(fields);
    put_field(out, *found);
  }
  return key_fields.empty() ? row_content(fields) : out;
}

}  // namespace cunju::registry
