// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/exif_location.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace cunju::attachments {
namespace {

constexpr std::uint16_t kGpsPointer = 0x8825;
/// Values that may say where: an XMP packet, IPTC, the block of Photoshop that holds both, and what
/// DNG's makers keep to themselves.
constexpr std::array<std::uint16_t, 4> kPlaceTexts{0x02BC, 0x83BB, 0x8649, 0xC634};
/// Words about what the picture shows: ImageDescription, UserComment, Windows' comment, keywords
/// and subject. As of a PNG, title, author, copyright and software stay.
constexpr std::array<std::uint16_t, 5> kTexts{0x010E, 0x9286, 0x9C9C, 0x9C9E, 0x9C9F};
/// Lead to further directories: Exif's own, that of interoperability, further pictures.
constexpr std::array<std::uint16_t, 3> kDirectoryPointers{0x8769, 0xA005, 0x014A};
/// Where a thumbnail that is a JPEG begins, and how long it is.
constexpr std::uint16_t kThumbnail = 0x0201, kThumbnailBytes = 0x0202;
/// Where a picture in pieces has each of them, and how long they are: in strips, or in tiles.
constexpr std::array<std::pair<std::uint16_t, std::uint16_t>, 2> kPictureData{
    {{0x0111, 0x0117}, {0x0144, 0x0145}}};
/// Types (TIFF 6.0 section 2; 13 of its supplement 1, 129 of Exif 3.0).
constexpr std::uint16_t kShort = 3, kLong = 4, kDirectory = 13, kUtf8 = 129;
constexpr std::size_t kEntryBytes = 12;
/// The picture's, its thumbnail's, those below them. More is a circle, or nothing of a camera.
constexpr std::size_t kMaxDirectories = 8;
/// Strips or tiles of one picture. A block with more goes as a whole.
constexpr std::size_t kMaxStrips = 256;
/// Entries that go, of all of them. A block with more goes as a whole.
constexpr std::size_t kMaxPlaces = 16;

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
  /// What reaches beyond the end is somebody's mistake: nobody knows where it really is.
  void clear(std::size_t at, std::size_t count) {
    if (!has(at, count)) {
      is_broken_ = true;
      return;
    }
    std::ranges::fill(bytes_.subspan(at, count), std::uint8_t{0});
  }
  /// Inside (has()).
  std::span<const std::uint8_t> view(std::size_t at, std::size_t count) const {
    return bytes_.subspan(at, count);
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

/// Bytes of one value of that type; 0: nobody here knows it.
std::size_t bytes_of_type(std::uint16_t type) {
  constexpr std::array<std::size_t, 14> kSizes{0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};
  if (type == kUtf8) return 1;
  return type < kSizes.size() ? kSizes[type] : 0;
}

/// Where a directory begins.
struct Place {
  std::size_t at = 0;
  /// One of the chain that the file's head leads to: the offset of the next one follows. Behind
  /// others cameras leave it out, and what stands there is something else's.
  bool is_in_chain = false;
};

struct Directory {
  std::size_t at = 0;
  std::size_t entries = 0;
  bool is_in_chain = false;
  std::size_t entry(std::size_t index) const { return at + 2 + index * kEntryBytes; }
  std::size_t next() const { return entry(entries); }
};

std::optional<Directory> read_directory(Tiff& tiff, const Place& place) {
  Directory out{.at = place.at, .entries = tiff.u16(place.at), .is_in_chain = place.is_in_chain};
  // Also in the chain some writers leave the next one's offset out at the block's end.
  if (tiff.is_broken() || !tiff.has(place.at, 2 + out.entries * kEntryBytes)) {
    tiff.note_broken();
    return std::nullopt;
  }
  return out;
}

/// Zeros over what an entry says; a value of four bytes or less goes with the entry.
void clear_value(Tiff& tiff, std::size_t entry) {
  const std::size_t bytes = bytes_of_type(tiff.u16(entry + 2)), count = tiff.u32(entry + 4);
  if (bytes == 0) tiff.note_broken();
  const std::size_t at = tiff.u32(entry + 8);
  // Some writers say that there are none and mean one.
  if (count == 0 && at == 0) return;
  const std::size_t size = bytes * std::max<std::size_t>(count, 1);
  if (size > 4) tiff.clear(at, size);
}

void clear_directory(Tiff& tiff, const Directory& gps) {
  for (std::size_t i = 0; i < gps.entries; ++i) clear_value(tiff, gps.entry(i));
  tiff.clear(gps.at, 2 + gps.entries * kEntryBytes);
}

void remove_entry(Tiff& tiff, const Directory& directory, std::size_t index) {
  const std::size_t from = directory.entry(index + 1);
  const bool has_next = directory.is_in_chain && tiff.has(directory.next(), 4);
  const std::size_t end = directory.next() + (has_next ? 4 : 0);
  tiff.move_up(directory.entry(index), from, end - from);
  tiff.clear(end - kEntryBytes, kEntryBytes);
  tiff.put_u16(directory.at, static_cast<std::uint16_t>(directory.entries - 1));
}

bool is_among(std::span<const std::uint16_t> tags, std::uint16_t tag) {
  return std::ranges::find(tags, tag) != tags.end();
}

/// The number that an entry holds itself: one, or none that is meant as one.
std::uint32_t number_in(Tiff& tiff, std::size_t entry) {
  const std::uint16_t type = tiff.u16(entry + 2);
  const bool is_long = type == kLong || type == kDirectory;
  if (tiff.u32(entry + 4) > 1 || (!is_long && type != kShort)) tiff.note_broken();
  return is_long ? tiff.u32(entry + 8) : tiff.u16(entry + 8);
}

/// The directories that an entry leads to; at most one more than there may be.
void add_directories(Tiff& tiff, std::size_t entry, std::vector<Place>& out) {
  const std::size_t count = tiff.u32(entry + 4);
  if (count <= 1) {
    out.push_back({.at = number_in(tiff, entry)});
    return;
  }
  const std::uint16_t type = tiff.u16(entry + 2);
  if (type != kLong && type != kDirectory) tiff.note_broken();
  const std::size_t list = tiff.u32(entry + 8);
  for (std::size_t i = 0; i < std::min(count, kMaxDirectories + 1); ++i)
    out.push_back({.at = tiff.u32(list + 4 * i)});
}

/// Of two with one tag nobody knows which one others go by.
std::optional<std::size_t> find_entry(Tiff& tiff, const Directory& directory, std::uint16_t tag) {
  std::optional<std::size_t> out;
  for (std::size_t i = 0; i < directory.entries; ++i) {
    if (tiff.u16(directory.entry(i)) != tag) continue;
    if (out) tiff.note_broken();
    out = i;
  }
  return out;
}

/// Takes out the thumbnail of the directory if it is not bare; false: it stays, or there is none.
bool clear_thumbnail(Tiff& tiff, Directory& directory, const LookAtThumbnail& look_at) {
  const std::optional<std::size_t> begin = find_entry(tiff, directory, kThumbnail);
  if (!begin) return false;
  const std::optional<std::size_t> length = find_entry(tiff, directory, kThumbnailBytes);
  const std::size_t at = number_in(tiff, directory.entry(*begin));
  const std::size_t bytes = length ? number_in(tiff, directory.entry(*length)) : 0;
  // One that was taken out by whoever left its entries.
  const bool is_gone = length && bytes == 0 && (at == 0 || !tiff.has(at, 1));
  if (tiff.is_broken() || is_gone) return false;
  const ThumbnailKind kind = length && bytes > 0 && tiff.has(at, bytes)
                                 ? look_at(tiff.view(at, bytes))
                                 : ThumbnailKind::kBroken;
  if (kind == ThumbnailKind::kBroken) tiff.note_broken();
  if (kind != ThumbnailKind::kMore) return false;
  tiff.clear(at, bytes);
  remove_entry(tiff, directory, std::max(*begin, *length));
  --directory.entries;
  remove_entry(tiff, directory, std::min(*begin, *length));
  return true;
}

/// Those that an entry counts, where it says.
std::vector<std::uint32_t> numbers_of(Tiff& tiff, std::size_t entry) {
  const std::uint16_t type = tiff.u16(entry + 2);
  const std::size_t count = tiff.u32(entry + 4), bytes = bytes_of_type(type);
  std::vector<std::uint32_t> out;
  if ((type != kLong && type != kShort) || count == 0 || count > kMaxStrips) {
    tiff.note_broken();
    return out;
  }
  const std::size_t at = bytes * count > 4 ? tiff.u32(entry + 8) : entry + 8;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(type == kLong ? tiff.u32(at + 4 * i) : tiff.u16(at + 2 * i));
  return out;
}

/// Takes out a thumbnail in strips or tiles, if there is one. It may be pixels, or a JPEG with a
/// place of its own in any number of pieces: what it holds is not looked at.
bool clear_strips(Tiff& tiff, Directory& directory) {
  for (const auto& [begins, lengths] : kPictureData) {
    const std::optional<std::size_t> begin = find_entry(tiff, directory, begins);
    if (!begin) continue;
    const std::optional<std::size_t> length = find_entry(tiff, directory, lengths);
    if (!length) tiff.note_broken();
    if (tiff.is_broken()) return false;
    const std::vector<std::uint32_t> places = numbers_of(tiff, directory.entry(*begin));
    const std::vector<std::uint32_t> bytes = numbers_of(tiff, directory.entry(*length));
    if (places.size() != bytes.size()) tiff.note_broken();
    if (tiff.is_broken()) return false;
    for (const std::size_t each : {*begin, *length}) clear_value(tiff, directory.entry(each));
    for (std::size_t i = 0; i < places.size(); ++i)
      if (bytes[i] > 0) tiff.clear(places[i], bytes[i]);
    remove_entry(tiff, directory, std::max(*begin, *length));
    --directory.entries;
    remove_entry(tiff, directory, std::min(*begin, *length));
    return true;
  }
  return false;
}

/// Takes out the first entry of the directory that says where.
bool clear_entry(Tiff& tiff, const Directory& directory) {
  for (std::size_t i = 0; i < directory.entries; ++i) {
    const std::size_t entry = directory.entry(i);
    const std::uint16_t tag = tiff.u16(entry);
    if (tag == kGpsPointer) {
      const std::optional<Directory> gps = read_directory(tiff, {.at = number_in(tiff, entry)});
      if (!gps) return false;
      clear_directory(tiff, *gps);
    } else if (is_among(kPlaceTexts, tag)) {
      clear_value(tiff, entry);
    } else {
      continue;
    }
    remove_entry(tiff, directory, i);
    return true;
  }
  return false;
}

/// Takes out the first text of the directory.
bool clear_text(Tiff& tiff, const Directory& directory) {
  for (std::size_t i = 0; i < directory.entries; ++i) {
    if (!is_among(kTexts, tiff.u16(directory.entry(i)))) continue;
    clear_value(tiff, directory.entry(i));
    remove_entry(tiff, directory, i);
    return true;
  }
  return false;
}

/// All that the file's head leads to.
std::vector<Directory> find_directories(Tiff& tiff) {
  std::vector<Place> open{{.at = tiff.u32(4), .is_in_chain = true}};
  std::vector<std::size_t> seen;
  std::vector<Directory> out;
  while (!open.empty() && !tiff.is_broken()) {
    const Place place = open.back();
    open.pop_back();
    if (place.at == 0) continue;
    if (seen.size() == kMaxDirectories || std::ranges::find(seen, place.at) != seen.end()) {
      tiff.note_broken();
      break;
    }
    seen.push_back(place.at);
    const std::optional<Directory> directory = read_directory(tiff, place);
    if (!directory) break;
    out.push_back(*directory);
    for (std::size_t i = 0; i < directory->entries; ++i) {
      const std::size_t entry = directory->entry(i);
      if (is_among(kDirectoryPointers, tiff.u16(entry))) add_directories(tiff, entry, open);
    }
    if (place.is_in_chain && tiff.has(directory->next(), 4))
      open.push_back({.at = tiff.u32(directory->next()), .is_in_chain = true});
  }
  return out;
}

/// One pass over the directories; what it found first is gone then. A thumbnail goes when no place
/// is left: where its bytes are said to be, a hostile block may have what leads to one.
ExifCleared clear_one(Tiff& tiff, const LookAtThumbnail& look_at) {
  std::vector<Directory> all = find_directories(tiff);
  if (tiff.is_broken()) return {};
  for (const Directory& directory : all)
    if (clear_entry(tiff, directory) || tiff.is_broken()) return {.place = true};
  for (Directory& directory : all) {
    const bool is_gone = clear_thumbnail(tiff, directory, look_at) || clear_strips(tiff, directory);
    if (is_gone || tiff.is_broken()) return {.thumbnail = true};
  }
  // Last for the same reason.
  for (const Directory& directory : all)
    if (!tiff.is_broken() && clear_text(tiff, directory)) return {.text = true};
  return {};
}

}  // namespace

std::optional<ExifCleared> clear_places(std::span<std::uint8_t> bytes,
                                        const LookAtThumbnail& look_at) {
  ExifCleared out;
  for (std::size_t turn = 0; turn < kMaxPlaces; ++turn) {
    // Anew each time: what was cleared may have been the head.
    Tiff tiff(bytes);
    const ExifCleared found = tiff.is_broken() ? ExifCleared{} : clear_one(tiff, look_at);
    if (tiff.is_broken()) return std::nullopt;
    if (!found.is_any()) return out;
    out.place = out.place || found.place;
    out.thumbnail = out.thumbnail || found.thumbnail;
    out.text = out.text || found.text;
  }
  return std::nullopt;
}

}  // namespace cunju::attachments
