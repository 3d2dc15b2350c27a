// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/media_type.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace cunju::attachments {
namespace {

using Known = std::pair<std::string_view, std::string_view>;

constexpr std::string_view kTiff = "image/tiff", kRaw = "image/x-dcraw", kFilm = "video/mp4",
                           kQuickTime = "video/quicktime", kHeif = "image/heif";

constexpr Known kBeginnings[] = {{"\xFF\xD8\xFF", "image/jpeg"},
                                 {"\x89PNG\r\n\x1a\n", "image/png"},
                                 {"%PDF-", "application/pdf"},
                                 {"GIF8", "image/gif"},
                                 {{"II*\0", 4}, kTiff},
                                 {{"MM\0*", 4}, kTiff},
                                 // BigTIFF.
                                 {{"II+\0", 4}, kTiff},
                                 {{"MM\0+", 4}, kTiff},
                                 // Cameras: Olympus, Panasonic, Canon, Fujifilm, Sigma, Minolta.
                                 {"IIRO", kRaw},
                                 {"IIRS", kRaw},
                                 {"MMOR", kRaw},
                                 {{"IIU\0", 4}, kRaw},
                                 {{"II\x1a\0\0\0HEAP", 10}, kRaw},
                                 {"FUJIFILMCCD-RAW", kRaw},
                                 {"FOVb", kRaw},
                                 {{"\0MRM", 4}, kRaw},
                                 {{"\0\0\0\x0CJXL ", 8}, "image/jxl"},
                                 {"\xFF\x0A", "image/jxl"},
                                 {{"\0\0\0\x0CjP  ", 8}, "image/jp2"},
                                 {"\xFF\x4F\xFF\x51", "image/jp2"},
                                 {"8BPS", "image/vnd.adobe.photoshop"},
                                 {"\x1A\x45\xDF\xA3", "video/x-matroska"},
                                 {"BM", "image/bmp"}};

constexpr Known kEndings[] = {
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".doc", "application/msword"},
    {".xls", "application/vnd.ms-excel"},
    {".wps", "application/vnd.ms-works"},
    {".csv", "text/csv"},
    {".txt", "text/plain"},
    {".zip", "application/zip"},
    {".ofd", "application/ofd"},
    {".mp3", "audio/mpeg"},
    // Of these the first bytes say so, or something is wrong with them.
    {".jpg", "image/jpeg"},
    {".jpeg", "image/jpeg"},
    {".png", "image/png"},
    {".gif", "image/gif"},
    {".heic", kHeif},
    {".heif", kHeif},
    {".avif", kHeif},
    {".tif", kTiff},
    {".tiff", kTiff},
    {".webp", "image/webp"},
    {".jxl", "image/jxl"},
    {".jp2", "image/jp2"},
    {".psd", "image/vnd.adobe.photoshop"},
    {".dng", kRaw},
    {".nef", kRaw},
    {".cr2", kRaw},
    {".arw", kRaw},
    {".orf", kRaw},
    {".rw2", kRaw},
    {".mp4", kFilm},
    {".3gp", kFilm},
    {".mov", kQuickTime},
    {".avi", "video/x-msvideo"},
    {".mkv", "video/x-matroska"}};

std::string_view text_at(ByteView bytes, std::size_t at, std::size_t count) {
  return bytes.size() < at + count ? std::string_view() : as_text(bytes.subspan(at, count));
}

bool ends_with(std::string_view name, std::string_view ending) {
  if (name.size() < ending.size()) return false;
  return std::ranges::equal(name.substr(name.size() - ending.size()), ending, [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

/// No text, which may have the letters of a box in its fifth place: bytes of a small number are
/// among these.
bool is_number(std::string_view bytes) {
  return std::ranges::any_of(bytes, [](char each) {
    return each >= 0 && each < ' ' && each != '\t' && each != '\n' && each != '\r';
  });
}

/// What words may begin with as well: "MMORPG". What the formats have next is a version or an
/// offset.
bool is_word(std::string_view beginning) {
  for (const char* word : {"IIRO", "IIRS", "MMOR", "8BPS", "FOVb"})
    if (beginning == word) return true;
  return false;
}

/// Boxes of ISO 14496-12 and of QuickTime, from which it came: pictures, films and sound of
/// telephones.
std::optional<std::string_view> type_of_boxes(ByteView bytes) {
  const std::string_view box = text_at(bytes, 4, 4), brand = text_at(bytes, 8, 4);
  // Its length stands before its letters.
  if (!is_number(text_at(bytes, 0, 4))) return std::nullopt;
  for (const char* old : {"moov", "mdat", "wide", "free", "skip", "pnot"})
    if (box == old) return kQuickTime;
  if (box != "ftyp" || brand.empty()) return std::nullopt;
  if (brand == "M4A " || brand == "M4B ") return "audio/mp4";
  if (brand.starts_with("he") || brand.starts_with("mif") || brand.starts_with("avi")) return kHeif;
  if (brand == "crx ") return kRaw;
  return brand == "qt  " ? kQuickTime : kFilm;
}

std::optional<std::string_view> type_of_riff(ByteView bytes) {
  if (text_at(bytes, 0, 4) != "RIFF") return std::nullopt;
  const std::string_view form = text_at(bytes, 8, 4);
  if (form == "WEBP") return "image/webp";
  if (form == "WAVE") return "audio/wav";
  if (form == "AVI ") return "video/x-msvideo";
  return std::nullopt;
}

}  // namespace

std::string media_type_of(ByteView first_bytes, std::string_view name) {
  for (const std::optional<std::string_view>& found :
       {type_of_boxes(first_bytes), type_of_riff(first_bytes)})
    if (found) return std::string(*found);
  for (const auto& [beginning, media] : kBeginnings)
    if (text_at(first_bytes, 0, beginning.size()) == beginning &&
        (!is_word(beginning) || is_number(text_at(first_bytes, beginning.size(), 4))))
      return std::string(media);
  for (const auto& [ending, media] : kEndings)
    if (ends_with(name, ending)) return std::string(media);
  return "application/octet-stream";
}

bool may_hide_location(std::string_view media) {
  constexpr std::string_view kHiding[] = {
      kHeif, kTiff, kRaw, "image/webp", "image/jxl", "image/jp2", "image/vnd.adobe.photoshop"};
  return media.starts_with("video/") || std::ranges::find(kHiding, media) != std::end(kHiding);
}

}  // namespace cunju::attachments
