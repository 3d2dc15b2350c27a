// SPDX-License-Identifier: Apache-2.0
#include "node/registry/taken_out.h"

#include <algorithm>

#include "crdt/crypto/crypto.h"

namespace cunju::registry {
namespace {

constexpr std::string_view kPrefix = "out";

Bytes encode(const Value& element) {
  Bytes out;
  if (const auto* number = std::get_if<std::int64_t>(&element)) {
    out.push_back(2);
    put_u64_be(out, static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&element)) {
    out.push_back(1);
    append(out, as_bytes(*text));
  }
  return out;
}

}  // namespace

Value taken_out_mark(const RecordId& record, const Value& element) {
  crypto::Hasher hasher("cunju taken out");
  Bytes out = to_bytes(as_bytes(kPrefix));
  append(out, hasher.add(record.view()).add(encode(element)).finish().view());
  return out;
}

bool is_taken_out_mark(const Value& value) {
  const auto* bytes = std::get_if<Bytes>(&value);
  return bytes != nullptr && bytes->size() == kPrefix.size() + Hash::kSize &&
         equal(ByteView(*bytes).first(kPrefix.size()), as_bytes(kPrefix));
}

}  // namespace cunju::registry
