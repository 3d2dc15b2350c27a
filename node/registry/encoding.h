// SPDX-License-Identifier: Apache-2.0
//
// The encodings that village offices' spreadsheets write: UTF-8 with or without a byte order mark,
// and GB18030 (which holds GBK and GB2312). UTF-16 is refused by name. The only place that uses
// iconv. A decoder belongs to one thread.
#pragma once

#include <cstdint>
#include <functional>
#include <string_view>

#include "crdt/base/bytes.h"
#include "crdt/base/result.h"

namespace cunju::registry {

enum class Encoding : std::uint8_t { kAuto, kUtf8, kGb18030 };

std::string_view encoding_name(Encoding encoding);

/// kUtf8 if `bytes` are well-formed UTF-8, else kGb18030. kUnsupported for UTF-16.
Result<Encoding> detect_encoding(ByteView bytes);

/// Calls `sink` with successive pieces of `bytes` as UTF-8, without the byte order mark; a piece
/// may end inside a character. Pieces are at most a few times 64 KiB, whatever the file's size.
/// kMalformed with the byte offset where `bytes` are not in `encoding` (not kAuto); kUnsupported
/// if this system has no table for it; or the first error of `sink`.
Result<void> decode(ByteView bytes, Encoding encoding,
                    const std::function<Result<void>(std::string_view)>& sink);

}  // namespace cunju::registry
