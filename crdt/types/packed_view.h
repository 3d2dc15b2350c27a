// SPDX-License-Identifier: Apache-2.0
//
// What both readers of a view's bytes (view_codec.cc, view_glance.cc) read in one way: its longest
// size and its values. Include from codec .cc files only.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>

#include "crdt/base/limits.h"
#include "crdt/base/result.h"
#include "crdt/types/value.h"

namespace cunju::view_codec {

enum ValueType : std::uint8_t { kNone = 0, kInteger = 1, kText = 2, kBytes = 3 };

inline Result<void> corrupt(const char* what) { return fail(Errc::kCorrupt, what); }

/// Into `out`, which is NoValue: g++ 12 warns falsely about a Result that holds a variant.
inline Result<void> read_value(std::uint8_t type, std::int64_t integer, ByteView bytes,
                               Value& out) {
  if (bytes.size() > limits::kMaxValueBytes) return fail(Errc::kLimit, "kMaxValueBytes");
  switch (type) {
    case kNone:
      return ok();
    case kInteger:
      out = integer;
      return ok();
    case kText:
      out.emplace<std::string>(as_text(bytes));
      return ok();
    case kBytes:
      out.emplace<Bytes>(bytes.begin(), bytes.end());
      return ok();
    default:
      return corrupt("unknown type of value in a view");
  }
}

/// Longest view that this many packed bytes can stand for.
inline std::size_t max_words(ByteView bytes) {
  return std::min(limits::kMaxViewWords, 8 + bytes.size() * limits::kMaxPackedWordsPerByte);
}

}  // namespace cunju::view_codec
