// SPDX-License-Identifier: Apache-2.0
#include "crdt/base/bytes.h"

#include <algorithm>
#include <cstring>

namespace cunju {
namespace {

template <class T>
void put_little_endian(Bytes& out, T value) {
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

template <class T>
void put_big_endian(Bytes& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) {
    out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
  }
}

template <class T>
T read_little_endian(ByteView bytes) {
  T value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    value = static_cast<T>(value | static_cast<T>(static_cast<T>(bytes[i]) << (8 * i)));
  }
  return value;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }

bool equal(ByteView a, ByteView b) { return std::ranges::equal(a, b); }

void append(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }
void put_u8(Bytes& out, std::uint8_t value) { out.push_back(value); }
void put_u16(Bytes& out, std::uint16_t value) { put_little_endian(out, value); }
void put_u32(Bytes& out, std::uint32_t value) { put_little_endian(out, value); }
void put_u64(Bytes& out, std::uint64_t value) { put_little_endian(out, value); }
void put_u32_be(Bytes& out, std::uint32_t value) { put_big_endian(out, value); }
void put_u64_be(Bytes& out, std::uint64_t value) { put_big_endian(out, value); }

std::uint32_t get_u32_be(ByteView bytes) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4 && i < bytes.size(); ++i) value = (value << 8) | bytes[i];
  return value;
}

std::uint64_t get_u64_be(ByteView bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 8 && i < bytes.size(); ++i) value = (value << 8) | bytes[i];
  return value;
}

std::string to_hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (std::uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

std::optional<Bytes> parse_hex(std::string_view text) {
  if (text.size() % 2 != 0) return std::nullopt;
  Bytes out;
  out.reserve(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); i += 2) {
    int high = hex_digit(text[i]);
    int low = hex_digit(text[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out.push_back(static_cast<std::uint8_t>(high * 16 + low));
  }
  return out;
}

bool is_utf8(std::string_view text) {
  std::size_t i = 0;
  auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(text[at]); };
  while (i < text.size()) {
    std::uint8_t lead = byte(i);
    std::size_t length = lead < 0x80         ? 1
                         : (lead >> 5) == 6  ? 2
                         : (lead >> 4) == 14 ? 3
                         : (lead >> 3) == 30 ? 4
                                             : 0;
    if (length == 0 || length > text.size() - i) return false;
    std::uint32_t scalar = length == 1 ? lead : lead & (0x7Fu >> length);
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0) != 0x80) return false;
      scalar = (scalar << 6) | (byte(i + k) & 0x3Fu);
    }
    static constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (scalar < kSmallest[length] || scalar > 0x10FFFF) return false;
    if (scalar >= 0xD800 && scalar <= 0xDFFF) return false;
    i += length;
  }
  return true;
}

ByteView ByteReader::take(std::size_t count) {
  if (!ok_ || count > remaining()) {
    ok_ = false;
    return {};
  }
  ByteView out = bytes_.subspan(offset_, count);
  offset_ += count;
  return out;
}

std::uint8_t ByteReader::u8() { return read_little_endian<std::uint8_t>(take(1)); }
std::uint16_t ByteReader::u16() { return read_little_endian<std::uint16_t>(take(2)); }
std::uint32_t ByteReader::u32() { return read_little_endian<std::uint32_t>(take(4)); }
std::uint64_t ByteReader::u64() { return read_little_endian<std::uint64_t>(take(8)); }

}  // namespace cunju
