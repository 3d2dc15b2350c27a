// SPDX-License-Identifier: Apache-2.0
//
// Byte strings: Bytes owns, ByteView borrows. ByteReader and the put_ functions are for our own
// fixed little-endian layouts only (the change header, frames, keys); everything else is
// Cap'n Proto.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace cunju {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;

ByteView as_bytes(std::string_view text);
std::string_view as_text(ByteView bytes);
Bytes to_bytes(ByteView bytes);
bool equal(ByteView a, ByteView b);

void append(Bytes& out, ByteView bytes);
void put_u8(Bytes& out, std::uint8_t value);
void put_u16(Bytes& out, std::uint16_t value);
void put_u32(Bytes& out, std::uint32_t value);
void put_u64(Bytes& out, std::uint64_t value);
/// Big endian, so that LMDB's byte order is numeric order.
void put_u32_be(Bytes& out, std::uint32_t value);
void put_u64_be(Bytes& out, std::uint64_t value);
std::uint32_t get_u32_be(ByteView bytes);
std::uint64_t get_u64_be(ByteView bytes);

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Empty when the text is not an even number of hexadecimal digits (either case).
std::optional<Bytes> parse_hex(std::string_view text);
/// True when the text is well-formed UTF-8 (no surrogates, no overlong forms).
bool is_utf8(std::string_view text);

/// Reads a fixed little-endian layout from foreign bytes. A read past the end returns zeros and
/// makes ok() false for good, so a parser checks once at its end and never reads out of bounds.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  std::uint8_t u8();
  std::uint16_t u16();
  std::uint32_t u32();
  std::uint64_t u64();
  /// A view into the input, empty on overrun.
  ByteView take(std::size_t count);
  template <std::size_t N>
  std::array<std::uint8_t, N> array() {
    std::array<std::uint8_t, N> out{};
    ByteView view = take(N);
    for (std::size_t i = 0; i < view.size(); ++i) out[i] = view[i];
    return out;
  }

  bool ok() const { return ok_; }
  bool at_end() const { return offset_ == bytes_.size(); }
  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size() - offset_; }

 private:
  ByteView bytes_;
  std::size_t offset_ = 0;
  bool ok_ = true;
};

}  // namespace cunju
