// SPDX-License-Identifier: Apache-2.0
//
// Unicode scalar values inside well-formed UTF-8. Positions of collaborative text count these, not
// bytes and not what a reader calls a character. The input is known to be well formed.
#pragma once

#include <cstddef>
#include <string_view>

namespace cunju {

/// Every byte but a continuation byte begins a scalar value.
inline bool begins_scalar(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

std::size_t count_scalars(std::string_view text);
/// The byte at which scalar number `index` begins; text.size() for the number behind the last.
std::size_t scalar_offset(std::string_view text, std::size_t index);

}  // namespace cunju
