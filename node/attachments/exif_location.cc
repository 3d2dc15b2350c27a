// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/exif_location.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace cunju::attachments {
namespace {

constexpr std::uint16_t kGpsPointer = 0x8825;
constexpr std::size_t kEntryBytes = 12;
/// Directories that follow one another: the picture's, its thumbnail's. More is a circle.
constexpr std::size_t kMaxDirectories = 8;

/// A TIFF file in either byte order; a read beyond its end makes it broken.
class Tiff {
 public:
  explicit Tiff(std::span<std::uint8_t> bytes) : bytes_(bytes) {
    if (bytes.size() < 8) {
      is_broken_ = true;
      return;
    }
    is_big_ = bytes[0] == 'M';
    const bool is_order = bytes[0] == bytes[1] && (bytes[0] == 'I' || bytes[0] == 'M');
    if (!is_order || u16(2) != 42) is_broken_ = true;
  }

  bool has(std::size_t at, std::size_t count) const {
    return at <= bytes_.size() && count <= bytes_.size() - at;
  }
  std::uint16_t u16(std::size_t at) { return static_cast<std::uint16_t>(number(at, 2)); }
  std::uint32_t u32(std::size_t at) { return number(at, 4); }
  void put_u16(std::size_t at, std::uint16_t value) {
    const auto high = static_cast<std::uint8_t>(value >> 8), low = static_cast<std::uint8_t>(value);
    bytes_[at] = is_big_ ? high : low;
    bytes_[at + 1] = is_big_ ? low : high;
  }
  void clear(std::size_t at, std::size_t count) {
    if (!has(at, count)) return;
    std::ranges::fill(bytes_.subspan(at, count), std::uint8_t{0});
  }
  void move_up(std::size_t to, std::size_t from, std::size_t count) {
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(from), count,
                bytes_.begin() + static_cast<std::ptrdiff_t>(to));
  }
  bool is_broken() const { return is_broken_; }
  void note_broken() { is_broken_ = true; }

 private:
  std::uint32_t number(std::size_t at, std::size_t count) {
    if (!has(at, count)) {
      is_broken_ = true;
      return 0;
    }
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t place = is_big_ ? at + i : at + count - 1 - i;
      out = out << 8 | bytes_[place];
    }
    return out;
  }

  std::span<std::uint8_t> bytes_;
  bool is_big_ = false;
  bool is_broken_ = false;
};

/// Bytes of one value of that type (TIFF 6.0 section 2).
std::size_t bytes_of_type(std::uint16_t type) {
  constexpr std::array<std::size_t, 13> kSizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8};
  return type < kSizes.size() ? kSizes[type] : 0;
}

struct Directory {
  std::size_t at = 0;
  std::size_t entries = 0;
  std::size_t entry(std::size_t index) const { return at + 2 + index * kEntryBytes; }
  std::size_t next() const { return entry(entries); }
};

std::optional<Directory> read_directory(Tiff& tiff, std::size_t at) {
  Directory out{.at = at, .entries = tiff.u16(at)};
  // The offset of the next directory follows; some writers leave it out at the block's end.
  if (tiff.is_broken() || !tiff.has(at, 2 + out.entries * kEntryBytes)) {
    tiff.note_broken();
    return std::nullopt;
  }
  return out;
}

void clear_directory(Tiff& tiff, const Directory& gps) {
  for (std::size_t i = 0; i < gps.entries; ++i) {
    const std::size_t entry = gps.entry(i);
    const std::size_t size = bytes_of_type(tiff.u16(entry + 2)) * std::size_t{tiff.u32(entry + 4)};
    if (size > 4) tiff.clear(tiff.u32(entry + 8), size);
  }
  tiff.clear(gps.at, 2 + gps.entries * kEntryBytes);
}

void remove_entry(Tiff& tiff, const Directory& directory, std::size_t index) {
  const std::size_t from = directory.entry(index + 1);
  const std::size_t end = directory.next() + (tiff.has(directory.next(), 4) ? 4 : 0);
  tiff.move_up(directory.entry(index), from, end - from);
  tiff.clear(end - kEntryBytes, kEntryBytes);
  tiff.put_u16(directory.at, static_cast<std::uint16_t>(directory.entries - 1));
}

/// One pass over the directories; what it found first is gone then.
GpsFound clear_one(std::span<std::uint8_t> bytes) {
  Tiff tiff(bytes);
  std::size_t at = tiff.is_broken() ? 0 : tiff.u32(4);
  for (std::size_t seen = 0; at != 0 && !tiff.is_broken(); ++seen) {
    if (seen == kMaxDirectories) return GpsFound::kBroken;
    const std::optional<Directory> directory = read_directory(tiff, at);
    if (!directory) return GpsFound::kBroken;
    for (std::size_t i = 0; i < directory->entries; ++i) {
      if (tiff.u16(directory->entry(i)) != kGpsPointer) continue;
      const std::optional<Directory> gps = read_directory(tiff, tiff.u32(directory->entry(i) + 8));
      if (!gps) return GpsFound::kBroken;
      clear_directory(tiff, *gps);
      remove_entry(tiff, *directory, i);
      return GpsFound::kCleared;
    }
    at = tiff.has(directory->next(), 4) ? tiff.u32(directory->next()) : 0;
  }
  return tiff.is_broken() ? GpsFound::kBroken : GpsFound::kNone;
}

}  // namespace

GpsFound clear_gps(std::span<std::uint8_t> tiff) {
  GpsFound out = GpsFound::kNone;
  for (std::size_t turn = 0; turn < kMaxDirectories; ++turn) {
    const GpsFound found = clear_one(tiff);
    if (found == GpsFound::kBroken) return found;
    if (found == GpsFound::kNone) return out;
    out = found;
  }
  return GpsFound::kBroken;
}

}  // namespace cunju::attachments
