// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/picture_location.h"

#include <algorithm>
#include <array>
#include <optional>

#include "node/attachments/exif_location.h"

namespace cunju::attachments {
namespace {

constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kExif("Exif\0\0", 6);
constexpr std::string_view kXmp = "http://ns.adobe.com/x";  // Both the packet and its extension.
constexpr std::string_view kPhotoshop = "Photoshop 3.0";
constexpr std::string_view kMultiPicture("MPF\0", 4);

// Markers of JPEG (T.81 table B.1).
constexpr std::uint8_t kNoMarker = 0x00, kStart = 0xD8, kEnd = 0xD9, kScan = 0xDA,
                       kFirstRestart = 0xD0, kLastRestart = 0xD7, kTemporary = 0x01, kApp0 = 0xE0,
                       kApp1 = 0xE1, kApp2 = 0xE2, kApp13 = 0xED, kApp14 = 0xEE, kComment = 0xFE,
                       kFirstFrame = 0xC0, kLastFrame = 0xCF, kReservedFrame = 0xC8,
                       kLastOfPicture = 0xDF, kLastReserved = 0xBF;
/// Frame and parameters of JPEG-LS (T.87 annex C): among those reserved, and shown by few.
constexpr std::uint8_t kLosslessFrame = 0xF7, kLosslessParameters = 0xF8;

bool begins_with(ByteView bytes, std::string_view text) {
  return bytes.size() >= text.size() && as_text(bytes.first(text.size())) == text;
}

void note(std::vector<std::string>& removed, std::string_view what) {
  if (std::ranges::find(removed, what) == removed.end()) removed.emplace_back(what);
}

bool is_alone(std::uint8_t marker) {
  return marker == kStart || marker == kTemporary ||
         (marker >= kFirstRestart && marker <= kLastRestart);
}

/// What follows is nobody's to say: whether there is a length, or the picture is shown without it.
bool is_unknown(std::uint8_t marker) {
  return marker <= kLastReserved || marker == kLosslessFrame || marker == kLosslessParameters;
}

/// Frames, tables, scans. Others are reserved, and an extension that nobody shows may hold
/// anything.
bool is_of_picture(std::uint8_t marker) {
  return (marker >= kFirstFrame && marker <= kLastFrame && marker != kReservedFrame) ||
         (marker >= kScan && marker <= kLastOfPicture);
}

/// Where the data of a scan, which begin at `at`, end: at the next marker that is no restart.
std::size_t end_of_scan(ByteView in, std::size_t at) {
  for (; at + 1 < in.size(); ++at) {
    if (in[at] != 0xFF) continue;
    const std::uint8_t next = in[at + 1];
    if (next != 0 && next != 0xFF && !(next >= kFirstRestart && next <= kLastRestart)) return at;
  }
  return in.size();
}

/// Segments of an application: a picture needs a few of them to be shown as it is, and any other
/// may hold anything.
bool is_needed(std::uint8_t marker, ByteView content) {
  // JFXX is a second picture, a thumbnail, whose own data nobody has looked into.
  if (marker == kApp0) return begins_with(content, "JFIF");
  if (marker == kApp2) return begins_with(content, "ICC_PROFILE");
  return marker == kApp14 && begins_with(content, "Adobe");
}

std::string_view name_of_segment(std::uint8_t marker, ByteView content) {
  if (marker == kComment) return "comment";
  if (marker == kApp1 && begins_with(content, kXmp)) return "xmp";
  if (marker == kApp13 && begins_with(content, kPhotoshop)) return "iptc";
  return "other";
}

/// Of a segment what stays, and what it is called when it goes.
using StripSegment = Bytes (*)(std::uint8_t marker, ByteView segment,
                               std::vector<std::string>& removed);

Result<StrippedPicture> strip_jpeg(ByteView in, StripSegment strip) {
  const Error broken{Errc::kMalformed, "not a whole JPEG picture"};
  StrippedPicture out;
  out.bytes.reserve(in.size());
  std::size_t at = 0;
  bool is_first = true;
  while (true) {
    if (at + 2 > in.size() || in[at] != 0xFF) return broken;
    const std::uint8_t marker = in[at + 1];
    if (is_first != (marker == kStart)) return broken;
    is_first = false;
    if (marker == 0xFF) {  // Fill bytes may stand before a marker.
      ++at;
      continue;
    }
    // No marker: behind a scan, once what stood between them is gone, it would be of the scan, and
    // what it hides would be read.
    if (marker == kNoMarker) return broken;
    if (marker == kEnd) break;
    if (is_alone(marker)) {
      append(out.bytes, in.subspan(at, 2));
      at += 2;
      continue;
    }
    if (is_unknown(marker) || at + 4 > in.size()) return broken;
    const std::size_t length = std::size_t{in[at + 2]} * 256 + in[at + 3];
    if (length < 2 || at + 2 + length > in.size()) return broken;
    append(out.bytes, strip(marker, in.subspan(at, 2 + length), out.removed));
    at += 2 + length;
    if (marker != kScan) continue;
    const std::size_t end = end_of_scan(in, at);
    append(out.bytes, in.subspan(at, end - at));
    at = end;
  }
  append(out.bytes, in.subspan(at, 2));
  if (at + 2 < in.size()) note(out.removed, "trailer");
  return out;
}

bool is_shown(std::uint8_t marker, ByteView content) {
  return is_of_picture(marker) || is_needed(marker, content);
}

/// Of a thumbnail, which has no Exif of its own where it follows the standard.
Bytes strip_of_thumbnail(std::uint8_t marker, ByteView segment, std::vector<std::string>& removed) {
  if (!is_shown(marker, segment.subspan(4))) note(removed, "other");
  return {};
}

ThumbnailKind look_at_thumbnail(ByteView thumbnail) {
  const Result<StrippedPicture> stripped = strip_jpeg(thumbnail, strip_of_thumbnail);
  if (stripped.has_error()) return ThumbnailKind::kBroken;
  return stripped.value().removed.empty() ? ThumbnailKind::kBare : ThumbnailKind::kMore;
}

/// One segment with its marker and length, as it stays; nothing when it goes.
Bytes strip_segment(std::uint8_t marker, ByteView segment, std::vector<std::string>& removed) {
  const ByteView content = segment.subspan(4);
  Bytes out = to_bytes(segment);
  if (is_shown(marker, content)) return out;
  if (marker != kApp1 || !begins_with(content, kExif)) {
    // An index of further pictures, which are cut off, is nothing to be told of.
    if (marker != kApp2 || !begins_with(content, kMultiPicture))
      note(removed, name_of_segment(marker, content));
    return {};
  }
  const std::optional<ExifCleared> cleared =
      clear_places(std::span(out).subspan(4 + kExif.size()), look_at_thumbnail);
  if (!cleared) {
    note(removed, "exif");
    return {};
  }
  if (cleared->place) note(removed, "exif_gps");
  if (cleared->thumbnail) note(removed, "thumbnail");
  if (cleared->text) note(removed, "comment");
  return out;
}

/// What a PNG is shown by, besides its critical chunks.
constexpr std::array<std::string_view, 17> kPngShown{"tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "cICP",
                                                     "bKGD", "hIST", "pHYs", "sBIT", "sPLT", "tIME",
                                                     "acTL", "fcTL", "fdAT", "mDCV", "cLLI"};
/// Keywords of texts that are about the file and not about what it shows.
constexpr std::array<std::string_view, 5> kPngTexts{"Title", "Author", "Copyright", "Creation Time",
                                                    "Software"};

/// What a chunk that goes is called; empty: it stays.
std::string_view name_of_chunk(std::string_view type, ByteView content) {
  const bool is_critical = type.front() >= 'A' && type.front() <= 'Z';
  if (is_critical || std::ranges::find(kPngShown, type) != kPngShown.end()) return {};
  if (type == "eXIf") return "exif";
  if (type != "tEXt" && type != "zTXt" && type != "iTXt") return "other";
  const std::string_view text = as_text(content);
  if (std::ranges::find(kPngTexts, text.substr(0, text.find('\0'))) != kPngTexts.end()) return {};
  if (text.starts_with("XML:com.adobe.xmp") || text.starts_with("Raw profile type")) return "xmp";
  return "comment";
}

Result<StrippedPicture> strip_png(ByteView in) {
  const Error broken{Errc::kMalformed, "not a whole PNG picture"};
  if (!begins_with(in, kPngSignature)) return broken;
  StrippedPicture out;
  out.bytes = to_bytes(in.first(kPngSignature.size()));
  std::size_t at = kPngSignature.size();
  while (true) {
    // Length, type, content, check sum.
    if (in.size() - at < 12) return broken;
    const std::size_t length = get_u32_be(in.subspan(at, 4));
    if (length > in.size() - at - 12) return broken;
    const std::string_view type = as_text(in.subspan(at + 4, 4));
    const ByteView content = in.subspan(at + 8, length);
    const std::string_view gone = name_of_chunk(type, content);
    if (!gone.empty()) note(out.removed, gone);
    if (gone.empty()) append(out.bytes, in.subspan(at, length + 12));
    at += length + 12;
    if (type == "IEND") break;
  }
  if (at < in.size()) note(out.removed, "trailer");
  return out;
}

/// Where sub-blocks that begin at `at` end, behind the empty one; nothing when they are cut.
std::optional<std::size_t> end_of_blocks(ByteView in, std::size_t at) {
  while (at < in.size()) {
    const std::size_t length = in[at];
    at += 1 + length;
    if (length == 0) return at;
  }
  return std::nullopt;
}

/// Bytes of the colour table that a byte of flags speaks of.
std::size_t colour_table_bytes(std::uint8_t flags) {
  return (flags & 0x80) == 0 ? 0 : std::size_t{3} << ((flags & 7) + 1);
}

/// What an extension that goes is called; empty: it stays.
std::string_view name_of_extension(ByteView extension) {
  constexpr std::uint8_t kControl = 0xF9, kPlainText = 0x01, kApplication = 0xFF, kNote = 0xFE;
  const std::uint8_t label = extension[1];
  if (label == kControl || label == kPlainText) return {};
  if (label == kNote) return "comment";
  const ByteView name = extension.subspan(std::min<std::size_t>(3, extension.size()));
  if (label != kApplication) return "other";
  for (const char* needed : {"NETSCAPE2.0", "ANIMEXTS1.0", "ICCRGBG1012"})
    if (begins_with(name, needed)) return {};
  return begins_with(name, "XMP Data") ? "xmp" : "other";
}

Result<StrippedPicture> strip_gif(ByteView in) {
  const Error broken{Errc::kMalformed, "not a whole GIF picture"};
  constexpr std::size_t kHead = 13, kDescriptor = 10;
  if (!begins_with(in, "GIF8") || in.size() < kHead) return broken;
  std::size_t at = kHead + colour_table_bytes(in[10]);
  if (at > in.size()) return broken;
  StrippedPicture out;
  out.bytes = to_bytes(in.first(at));
  while (at < in.size() && in[at] != 0x3B) {
    std::optional<std::size_t> end;
    std::string_view gone;
    if (in[at] == 0x21 && in.size() - at > 2) {
      end = end_of_blocks(in, at + 2);
      if (end) gone = name_of_extension(in.subspan(at, *end - at));
    } else if (in[at] == 0x2C && in.size() - at > kDescriptor) {
      end = end_of_blocks(in, at + kDescriptor + colour_table_bytes(in[at + 9]) + 1);
    }
    if (!end || *end > in.size()) return broken;
    if (!gone.empty()) note(out.removed, gone);
    if (gone.empty()) append(out.bytes, in.subspan(at, *end - at));
    at = *end;
  }
  if (at == in.size()) return broken;
  put_u8(out.bytes, in[at]);
  if (at + 1 < in.size()) note(out.removed, "trailer");
  return out;
}

}  // namespace

bool can_strip_location(std::string_view media) {
  return media == "image/jpeg" || media == "image/png" || media == "image/gif";
}

Result<StrippedPicture> strip_location(ByteView picture, std::string_view media) {
  if (media == "image/png") return strip_png(picture);
  return media == "image/gif" ? strip_gif(picture) : strip_jpeg(picture, strip_segment);
}

}  // namespace cunju::attachments
