// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/picture_location.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "node/attachments/exif_location.h"

namespace cunju::attachments {
namespace {

constexpr std::string_view kJpeg = "image/jpeg", kPng = "image/png";
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kExif("Exif\0\0", 6);
constexpr std::string_view kXmp = "http://ns.adobe.com/x";  // Both the packet and its extension.
constexpr std::string_view kPhotoshop = "Photoshop 3.0";
constexpr std::string_view kMultiPicture("MPF\0", 4);

// Markers of JPEG (T.81 table B.1).
constexpr std::uint8_t kStart = 0xD8, kEnd = 0xD9, kScan = 0xDA, kFirstRestart = 0xD0,
                       kLastRestart = 0xD7, kTemporary = 0x01, kApp1 = 0xE1, kApp2 = 0xE2,
                       kApp13 = 0xED;

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

/// Where the data of a scan, which begin at `at`, end: at the next marker that is no restart.
std::size_t end_of_scan(ByteView in, std::size_t at) {
  for (; at + 1 < in.size(); ++at) {
    if (in[at] != 0xFF) continue;
    const std::uint8_t next = in[at + 1];
    if (next != 0 && next != 0xFF && !(next >= kFirstRestart && next <= kLastRestart)) return at;
  }
  return in.size();
}

/// One segment with its marker and length, as it stays; nothing when it goes.
Bytes strip_segment(std::uint8_t marker, ByteView segment, std::vector<std::string>& removed) {
  const ByteView content = segment.subspan(4);
  if (marker == kApp1 && begins_with(content, kXmp)) {
    note(removed, "xmp");
    return {};
  }
  if (marker == kApp13 && begins_with(content, kPhotoshop)) {
    note(removed, "iptc");
    return {};
  }
  // An index of further pictures that are cut off.
  if (marker == kApp2 && begins_with(content, kMultiPicture)) return {};
  Bytes out = to_bytes(segment);
  if (marker != kApp1 || !begins_with(content, kExif)) return out;
  switch (clear_gps(std::span(out).subspan(4 + kExif.size()))) {
    case GpsFound::kNone:
      return out;
    case GpsFound::kCleared:
      note(removed, "exif_gps");
      return out;
    case GpsFound::kBroken:
      break;
  }
  note(removed, "exif");
  return {};
}

Result<StrippedPicture> strip_jpeg(ByteView in) {
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
    if (marker == kEnd) break;
    if (is_alone(marker)) {
      append(out.bytes, in.subspan(at, 2));
      at += 2;
      continue;
    }
    if (at + 4 > in.size()) return broken;
    const std::size_t length = std::size_t{in[at + 2]} * 256 + in[at + 3];
    if (length < 2 || at + 2 + length > in.size()) return broken;
    append(out.bytes, strip_segment(marker, in.subspan(at, 2 + length), out.removed));
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

bool is_metadata_text(std::string_view type, ByteView content) {
  return (type == "tEXt" || type == "zTXt" || type == "iTXt") &&
         (begins_with(content, "XML:com.adobe.xmp") || begins_with(content, "Raw profile type"));
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
    if (type == "eXIf") {
      note(out.removed, "exif");
    } else if (is_metadata_text(type, content)) {
      note(out.removed, "xmp");
    } else {
      append(out.bytes, in.subspan(at, length + 12));
    }
    at += length + 12;
    if (type == "IEND") break;
  }
  if (at < in.size()) note(out.removed, "trailer");
  return out;
}

bool ends_with(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  return std::ranges::equal(name.substr(name.size() - ending.size()), ending, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

using Known = std::pair<std::string_view, std::string_view>;

constexpr std::array<Known, 8> kBeginnings{{{"\xFF\xD8\xFF", kJpeg},
                                            {kPngSignature, kPng},
                                            {"%PDF-", "application/pdf"},
                                            {"GIF8", "image/gif"},
                                            {std::string_view("II*\0", 4), "image/tiff"},
                                            {std::string_view("MM\0*", 4), "image/tiff"},
                                            {"RIFF", "image/webp"},
                                            {"BM", "image/bmp"}}};
constexpr std::array<Known, 10> kEndings{
    {{".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
     {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
     {".doc", "application/msword"},
     {".xls", "application/vnd.ms-excel"},
     {".wps", "application/vnd.ms-works"},
     {".csv", "text/csv"},
     {".txt", "text/plain"},
     {".zip", "application/zip"},
     {".ofd", "application/ofd"},
     {".mp3", "audio/mpeg"}}};

}  // namespace

std::string media_type_of(ByteView first_bytes, std::string_view name) {
  // The box `ftyp` of ISO 14496-12: pictures and films of telephones.
  if (first_bytes.size() >= 12 && as_text(first_bytes.subspan(4, 4)) == "ftyp") {
    const std::string_view brand = as_text(first_bytes.subspan(8, 4));
    const bool is_picture = brand.starts_with("he") || brand.starts_with("mif") || brand == "avif";
    return is_picture ? "image/heif" : "video/mp4";
  }
  for (const auto& [beginning, media] : kBeginnings) {
    if (begins_with(first_bytes, beginning)) return std::string(media);
  }
  for (const auto& [ending, media] : kEndings) {
    if (ends_with(name, ending)) return std::string(media);
  }
  return "application/octet-stream";
}

bool can_strip_location(std::string_view media) { return media == kJpeg || media == kPng; }

bool may_hide_location(std::string_view media) {
  return media == "image/heif" || media == "image/tiff" || media == "image/webp" ||
         media == "video/mp4";
}

Result<StrippedPicture> strip_location(ByteView picture, std::string_view media) {
  return media == kPng ? strip_png(picture) : strip_jpeg(picture);
}

}  // namespace cunju::attachments
