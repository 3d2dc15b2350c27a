// SPDX-License-Identifier: Apache-2.0
//
// JPEG pictures that tests put together: segments, and Exif blocks with a place or a thumbnail.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "crdt/base/bytes.h"

namespace cunju::test {

inline void put_u16_be(Bytes& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value));
}

inline void segment(Bytes& out, std::uint8_t marker, ByteView content) {
  put_u8(out, 0xFF);
  put_u8(out, marker);
  put_u16_be(out, static_cast<std::uint16_t>(content.size() + 2));
  append(out, content);
}

/// Writes numbers of a TIFF block in one of its byte orders.
struct TiffWriter {
  bool is_big;
  Bytes out;
  void u16(std::uint16_t value) { is_big ? put_u16_be(out, value) : put_u16(out, value); }
  void u32(std::uint32_t value) { is_big ? put_u32_be(out, value) : put_u32(out, value); }
  void entry(std::uint16_t tag, std::uint16_t type, std::uint32_t count, std::uint32_t value) {
    u16(tag), u16(type), u32(count), u32(value);
  }
};

inline constexpr std::string_view kLatitude = "LATITUDE-IN-24-BYTES-abc";
inline constexpr std::string_view kMaker = "MAKERNOTE";

/// Orientation, GPS, and a last entry, so that something has to move up. With `has_gps` false the
/// same without it.
inline Bytes exif(bool is_big, bool has_gps) {
  TiffWriter tiff{.is_big = is_big, .out = {}};
  append(tiff.out, as_bytes(is_big ? "MM" : "II"));
  tiff.u16(42);
  tiff.u32(8);
  tiff.u16(has_gps ? 3 : 2);
  const std::uint32_t gps_at = 8 + 2 + 3 * 12 + 4;
  tiff.entry(0x0112, 3, 1, is_big ? 6u << 16 : 6u);
  if (has_gps) tiff.entry(0x8825, 4, 1, gps_at);
  tiff.entry(0xC000, 7, static_cast<std::uint32_t>(kMaker.size()), gps_at + 2 + 2 * 12 + 4 + 24);
  tiff.u32(0);
  if (!has_gps) tiff.out.resize(tiff.out.size() + 12);
  if (has_gps) {
    tiff.u16(2);
    tiff.entry(1, 2, 2, is_big ? 0x4E000000u : 0x4Eu);
    tiff.entry(2, 5, 3, gps_at + 2 + 2 * 12 + 4);
    tiff.u32(0);
    append(tiff.out, as_bytes(kLatitude));
  } else {
    tiff.out.resize(tiff.out.size() + 2 + 2 * 12 + 4 + 24);
  }
  append(tiff.out, as_bytes(kMaker));
  Bytes out = to_bytes(as_bytes(std::string_view("Exif\0\0", 6)));
  append(out, tiff.out);
  return out;
}

struct JpegParts {
  std::vector<std::pair<std::uint8_t, Bytes>> segments;
  Bytes trailer;
};

inline Bytes jpeg(const JpegParts& parts) {
  Bytes out{0xFF, 0xD8};
  segment(out, 0xE0, as_bytes("JFIF"));
  for (const auto& [marker, content] : parts.segments) segment(out, marker, content);
  segment(out, 0xDB, Bytes(65, 1));
  segment(out, 0xDA, Bytes(10, 2));
  // Scan data with an escaped FF, a restart, and a second scan as in progressive pictures.
  append(out, Bytes{1, 2, 0xFF, 0x00, 3, 0xFF, 0xD3, 4});
  segment(out, 0xC4, Bytes(20, 3));
  segment(out, 0xDA, Bytes(10, 4));
  append(out, Bytes{5, 6, 7});
  append(out, Bytes{0xFF, 0xD9});
  append(out, parts.trailer);
  return out;
}

inline bool holds(ByteView bytes, std::string_view text) {
  return as_text(bytes).find(text) != std::string_view::npos;
}

inline Bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

/// A block whose second directory leads to a thumbnail of so many bytes, if it is told the truth.
inline Bytes block_with(const Bytes& thumbnail, std::size_t said) {
  TiffWriter tiff{.is_big = false, .out = {}};
  append(tiff.out, as_bytes("II"));
  tiff.u16(42);
  tiff.u32(8);
  tiff.u16(1);
  tiff.entry(0x0112, 3, 1, 6);
  tiff.u32(8 + 18);
  tiff.u16(3);
  tiff.entry(0x0103, 3, 1, 6);
  tiff.entry(0x0201, 4, 1, 8 + 18 + 42);
  tiff.entry(0x0202, 4, 1, static_cast<std::uint32_t>(said));
  tiff.u32(0);
  append(tiff.out, thumbnail);
  Bytes out = text_bytes(std::string_view("Exif\0\0", 6));
  append(out, tiff.out);
  return out;
}

/// Strips (or tiles) of one picture: how an entry says where they are.
struct Strips {
  bool is_big = false;
  bool are_tiles = false;
  std::vector<Bytes> data;
  std::uint16_t type = 4;    ///< Of the offsets.
  std::uint32_t beyond = 0;  ///< Added to the first offset.
  bool has_lengths = true;
};

/// A block whose second directory has a thumbnail in strips.
inline Bytes block_in_strips(const Strips& strips) {
  TiffWriter tiff{.is_big = strips.is_big, .out = {}};
  append(tiff.out, as_bytes(strips.is_big ? "MM" : "II"));
  tiff.u16(42);
  tiff.u32(8);
  tiff.u16(1);
  tiff.entry(0x0112, 3, 1, strips.is_big ? 6u << 16 : 6u);
  tiff.u32(8 + 18);
  const std::uint16_t entries = strips.has_lengths ? 3 : 2;
  const auto count = static_cast<std::uint32_t>(strips.data.size());
  const std::uint32_t lists = 8 + 18 + 2 + entries * 12u + 4, begin = lists + 8 * count;
  tiff.u16(entries);
  tiff.entry(0x0103, 3, 1, strips.is_big ? 1u << 16 : 1u);
  const bool is_inside = count == 1;
  const auto first_length = static_cast<std::uint32_t>(strips.data.front().size());
  tiff.entry(strips.are_tiles ? 0x0144 : 0x0111, strips.type, count,
             is_inside ? begin + strips.beyond : lists);
  if (strips.has_lengths)
    tiff.entry(strips.are_tiles ? 0x0145 : 0x0117, 4, count,
               is_inside ? first_length : lists + 4 * count);
  tiff.u32(0);
  std::uint32_t at = begin + strips.beyond;
  for (const Bytes& each : strips.data) {
    tiff.u32(at);
    at += static_cast<std::uint32_t>(each.size());
  }
  for (const Bytes& each : strips.data) tiff.u32(static_cast<std::uint32_t>(each.size()));
  for (const Bytes& each : strips.data) append(tiff.out, each);
  append(tiff.out, as_bytes(kMaker));
  Bytes out = text_bytes(std::string_view("Exif\0\0", 6));
  append(out, tiff.out);
  return out;
}

}  // namespace cunju::test
