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
                           kQuickTime = "video/quicktime", kHeif = "image/heif",
                           kStream = "video/mp2t", kMpeg = "video/mpeg", kAsf = "video/x-ms-asf",
                           kJpegXr = "image/jxr", kReal = "video/vnd.rn-realvideo",
                           kMaterial = "video/x-mxf", kLayers = "image/vnd.adobe.photoshop";

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
                                 {{"II\xBC\0", 4}, kJpegXr},
                                 {"II\xBC\x01", kJpegXr},
                                 {"BPG\xFB", "image/bpg"},
                                 {"8BPS", kLayers},
                                 {"\x1A\x45\xDF\xA3", "video/x-matroska"},
                                 // Windows Media; sound alone has the same head.
                                 {"\x30\x26\xB2\x75\x8E\x66\xCF\x11", kAsf},
                                 {"FLV\x01", "video/x-flv"},
                                 {{"\0\0\x01\xBA", 4}, kMpeg},
                                 {{"\0\0\x01\xB3", 4}, kMpeg},
                                 {".RMF", kReal},
                                 {"\x06\x0E\x2B\x34\x02\x05\x01\x01", kMaterial},
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
    {".hif", kHeif},
    {".avif", kHeif},
    {".tif", kTiff},
    {".tiff", kTiff},
    {".webp", "image/webp"},
    {".jxl", "image/jxl"},
    {".jp2", "image/jp2"},
    {".j2k", "image/jp2"},
    {".jpf", "image/jp2"},
    {".jpx", "image/jp2"},
    {".jxr", kJpegXr},
    {".wdp", kJpegXr},
    {".hdp", kJpegXr},
    {".bpg", "image/bpg"},
    {".psd", kLayers},
    {".psb", kLayers},
    {".dng", kRaw},
    {".nef", kRaw},
    {".nrw", kRaw},
    {".cr2", kRaw},
    {".cr3", kRaw},
    {".crw", kRaw},
    {".arw", kRaw},
    {".sr2", kRaw},
    {".srf", kRaw},
    {".srw", kRaw},
    {".orf", kRaw},
    {".rw2", kRaw},
    {".raf", kRaw},
    {".pef", kRaw},
    {".x3f", kRaw},
    {".mrw", kRaw},
    {".raw", kRaw},
    {".3fr", kRaw},
    {".iiq", kRaw},
    {".rwl", kRaw},
    {".gpr", kRaw},
    {".mp4", kFilm},
    {".m4v", kFilm},
    {".f4v", kFilm},
    {".insv", kFilm},
    {".3gp", kFilm},
    {".3g2", kFilm},
    {".mov", kQuickTime},
    {".avi", "video/x-msvideo"},
    {".mts", kStream},
    {".m2ts", kStream},
    {".m2t", kStream},
    {".ts", kStream},
    {".tod", kStream},
    {".mpg", kMpeg},
    {".mpeg", kMpeg},
    {".vob", kMpeg},
    {".wmv", kAsf},
    {".asf", kAsf},
    {".flv", "video/x-flv"},
    {".rm", kReal},
    {".rmvb", kReal},
    {".ogv", "video/ogg"},
    {".dv", "video/dv"},
    {".mxf", kMaterial},
    {".webm", "video/webm"},
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
  for (const char* word : {"IIRO", "IIRS", "MMOR", "8BPS", "FOVb", ".RMF"})
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
  // Pieces of a film that was cut for sending.
  for (const char* piece : {"styp", "moof", "sidx"})
    if (box == piece) return kFilm;
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

/// Packets of ISO 13818-1: each begins with a G, and every 188 bytes one does. Camcorders put four
/// bytes of time before each.
std::optional<std::string_view> type_of_packets(ByteView bytes) {
  constexpr std::size_t kPacket = 188, kPackets = 3;
  for (const std::size_t before : {std::size_t{0}, std::size_t{4}}) {
    bool is_stream = is_number(text_at(bytes, before, kPacket));
    for (std::size_t i = 0; i < kPackets; ++i)
      is_stream = is_stream && text_at(bytes, before + i * (kPacket + before), 1) == "G";
    if (is_stream) return kStream;
  }
  return std::nullopt;
}

/// Ogg: sound, unless its first stream is a picture that moves.
std::optional<std::string_view> type_of_ogg(ByteView bytes) {
  constexpr std::size_t kHead = 28;  // Of a page with one segment.
  if (text_at(bytes, 0, 5) != std::string_view("OggS\0", 5)) return std::nullopt;
  const std::string_view codec = text_at(bytes, kHead, 7);
  const bool is_film = codec == "\x80theora" || codec.starts_with("BBCD") ||
                       codec.starts_with("fishead") || codec.starts_with("\x01video");
  return is_film ? "video/ogg" : "audio/ogg";
}

}  // namespace

std::string media_type_of(ByteView first_bytes, std::string_view name) {
  for (const std::optional<std::string_view>& found :
       {type_of_boxes(first_bytes), type_of_riff(first_bytes), type_of_packets(first_bytes),
        type_of_ogg(first_bytes)})
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
      kHeif, kTiff, kRaw, "image/webp", "image/jxl", "image/jp2", kJpegXr, "image/bpg", kLayers};
  return media.starts_with("video/") || std::ranges::find(kHiding, media) != std::end(kHiding);
}

}  // namespace cunju::attachments
