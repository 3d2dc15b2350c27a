// SPDX-License-Identifier: Apache-2.0
//
// References to attachments in words and for programs, without the key that opens them: whoever
// reads a screen or a log has no use for it. Pure.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>

#include "crdt/types/value.h"

namespace cunju::registry {

/// "3.2 MB", "840 B"; multiples of 1,000.
std::string byte_size_text(std::uint64_t bytes);
/// "scan.pdf (3.2 MB)"; empty when the value is no reference.
std::optional<std::string> attachment_text(const Value& value);
/// name, media, size in bytes, address; empty when the value is no reference.
std::optional<boost::json::object> attachment_json(const Value& value);
/// Any value of bytes: a reference in words, others in hexadecimal digits.
std::string bytes_text(const Bytes& bytes);

}  // namespace cunju::registry
