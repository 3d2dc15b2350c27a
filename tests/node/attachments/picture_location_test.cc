// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/picture_location.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace cunju;
using attachments::strip_location;

namespace {

void put_u16_be(Bytes& out, std::uint16_t value) {
  put_u8(out, static_cast<std::uint8_t>(value >> 8));
  put_u8(out, static_cast<std::uint8_t>(value));
}

void segment(Bytes& out, std::uint8_t marker, ByteView content) {
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

constexpr std::string_view kLatitude = "LATITUDE-IN-24-BYTES-abc";
constexpr std::string_view kMaker = "MAKERNOTE";

/// Orientation, GPS, and a last entry, so that something has to move up. With `has_gps` false the
/// same without it.
Bytes exif(bool is_big, bool has_gps) {
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

Bytes jpeg(const JpegParts& parts) {
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

bool holds(ByteView bytes, std::string_view text) {
  return as_text(bytes).find(text) != std::string_view::npos;
}

Bytes text_bytes(std::string_view text) { return to_bytes(as_bytes(text)); }

}  // namespace

TEST_CASE("a picture loses its place and keeps its orientation, in both byte orders") {
  for (bool is_big : {false, true}) {
    CAPTURE(is_big);
    const Bytes with = jpeg({{{0xE1, exif(is_big, true)}}, {}});
    const Bytes without = jpeg({{{0xE1, exif(is_big, false)}}, {}});
    REQUIRE(holds(with, kLatitude));
    const auto stripped = strip_location(with, "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif_gps"});
    // As if there had never been one, and nothing else has moved.
    CHECK(stripped.bytes == without);
    CHECK(holds(stripped.bytes, kMaker));
    const auto again = strip_location(stripped.bytes, "image/jpeg").value();
    CHECK(again.removed.empty());
    CHECK(again.bytes == stripped.bytes);
  }
}

TEST_CASE("a picture without a place stays byte for byte") {
  const Bytes picture = jpeg({{{0xE1, exif(true, false)}, {0xE2, text_bytes("ICC_PROFILE")}}, {}});
  const auto stripped = strip_location(picture, "image/jpeg").value();
  CHECK(stripped.bytes == picture);
  CHECK(stripped.removed.empty());
}

TEST_CASE("places in XMP, in IPTC and behind the picture's end go as well") {
  const JpegParts parts{
      {{0xE1, text_bytes(std::string_view("http://ns.adobe.com/xap/1.0/\0GPSLatitude", 40))},
       {0xE1, text_bytes("http://ns.adobe.com/xmp/extension/ GPSLongitude")},
       {0xED, text_bytes("Photoshop 3.0 8BIM City")},
       {0xE2, text_bytes(std::string_view("MPF\0index", 9))}},
      jpeg({{{0xE1, exif(false, true)}}, {}})};
  const auto stripped = strip_location(jpeg(parts), "image/jpeg").value();
  CHECK(stripped.removed == std::vector<std::string>{"xmp", "iptc", "trailer"});
  CHECK(stripped.bytes == jpeg({{}, {}}));
}

TEST_CASE("the second picture of an old camera goes, whatever its own data say") {
  const JpegParts parts{{{0xE0, text_bytes(std::string_view("JFXX\0\x10place", 11))}}, {}};
  const auto stripped = strip_location(jpeg(parts), "image/jpeg").value();
  CHECK(stripped.removed == std::vector<std::string>{"other"});
  CHECK(stripped.bytes == jpeg({{}, {}}));
}

TEST_CASE("a directory that is followed by values, and not by the next one's offset, is no fault") {
  for (bool is_big : {false, true}) {
    for (bool has_gps : {false, true}) {
      CAPTURE(is_big, has_gps);
      TiffWriter tiff{.is_big = is_big, .out = {}};
      append(tiff.out, as_bytes(is_big ? "MM" : "II"));
      tiff.u16(42);
      tiff.u32(8);
      // Orientation, and Exif's directory, whose value stands where an offset might.
      const std::uint32_t exif_at = 8 + 2 + 2 * 12 + 4;
      const std::uint16_t entries = has_gps ? 2 : 1;
      const std::uint32_t text_at = exif_at + 2 + entries * 12u, gps_at = text_at + 9;
      tiff.u16(2);
      tiff.entry(0x0112, 3, 1, is_big ? 6u << 16 : 6u);
      tiff.entry(0x8769, 4, 1, exif_at);
      tiff.u32(0);
      tiff.u16(entries);
      if (has_gps) tiff.entry(0x8825, 4, 1, gps_at);
      tiff.entry(0x927C, 7, static_cast<std::uint32_t>(kMaker.size()), text_at);
      append(tiff.out, as_bytes(kMaker));
      if (has_gps) {
        tiff.u16(1);
        tiff.entry(2, 5, 3, gps_at + 2 + 12 + 4);
        tiff.u32(0);
        append(tiff.out, as_bytes(kLatitude));
      }
      Bytes block = text_bytes(std::string_view("Exif\0\0", 6));
      append(block, tiff.out);
      const Bytes picture = jpeg({{{0xE1, block}}, {}});
      const auto stripped = strip_location(picture, "image/jpeg").value();
      CHECK(holds(stripped.bytes, kMaker));
      CHECK_FALSE(holds(stripped.bytes, kLatitude));
      if (!has_gps) CHECK(stripped.bytes == picture);
      CHECK(stripped.removed ==
            (has_gps ? std::vector<std::string>{"exif_gps"} : std::vector<std::string>{}));
      CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
    }
  }
}

TEST_CASE("comments and whatever showing a picture does not need go as well") {
  const JpegParts parts{{{0xFE, text_bytes("GPS 25.04N")},
                         {0xEB, text_bytes("JP JUMBF place")},
                         {0xE2, text_bytes(std::string_view("FPXR\0place", 10))},
                         {0xE0, text_bytes("CIFF place")},
                         {0xE1, text_bytes("place in no known form")}},
                        {}};
  const auto stripped = strip_location(jpeg(parts), "image/jpeg").value();
  CHECK(stripped.removed == std::vector<std::string>{"comment", "other"});
  CHECK(stripped.bytes == jpeg({{}, {}}));
  // Colours stay as they are.
  const Bytes shown = jpeg({{{0xE2, text_bytes("ICC_PROFILE")}, {0xEE, text_bytes("Adobe")}}, {}});
  CHECK(strip_location(shown, "image/jpeg").value().bytes == shown);
}

TEST_CASE("a place that is reached through Exif's own directory, or stands in it as XMP, goes") {
  for (bool is_big : {false, true}) {
    CAPTURE(is_big);
    TiffWriter tiff{.is_big = is_big, .out = {}};
    append(tiff.out, as_bytes(is_big ? "MM" : "II"));
    tiff.u16(42);
    tiff.u32(8);
    // The picture's directory; Exif's; GPS; then the values.
    const std::uint32_t exif_at = 8 + 2 + 2 * 12 + 4, gps_at = exif_at + 2 + 12 + 4,
                        texts_at = gps_at + 2 + 12 + 4;
    tiff.u16(2);
    tiff.entry(0x02BC, 1, 24, texts_at);
    tiff.entry(0x8769, 4, 1, exif_at);
    tiff.u32(0);
    tiff.u16(1);
    tiff.entry(0x8825, 4, 1, gps_at);
    tiff.u32(0);
    tiff.u16(1);
    tiff.entry(2, 5, 3, texts_at + 24);
    tiff.u32(0);
    append(tiff.out, as_bytes("XMP-WITH-A-PLACE-IN-24-B"));
    append(tiff.out, as_bytes(kLatitude));
    Bytes block = text_bytes(std::string_view("Exif\0\0", 6));
    append(block, tiff.out);
    const auto stripped = strip_location(jpeg({{{0xE1, block}}, {}}), "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif_gps"});
    CHECK_FALSE(holds(stripped.bytes, kLatitude));
    CHECK_FALSE(holds(stripped.bytes, "XMP-WITH"));
    CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
  }
}

TEST_CASE(
    "a GIF loses its comments and its XMP, and keeps its pictures and how often they repeat") {
  auto blocks = [](Bytes& out, std::initializer_list<std::string_view> each) {
    for (const std::string_view block : each) {
      put_u8(out, static_cast<std::uint8_t>(block.size()));
      append(out, as_bytes(block));
    }
    put_u8(out, 0);
  };
  auto extension = [&](Bytes& out, std::uint8_t label,
                       std::initializer_list<std::string_view> each) {
    append(out, Bytes{0x21, label});
    blocks(out, each);
  };
  Bytes with = text_bytes("GIF89a");
  append(with, Bytes{1, 0, 1, 0, 0x80, 0, 0});
  append(with, text_bytes("COLOUR"));
  Bytes without = with;
  for (Bytes* out : {&with, &without}) {
    extension(*out, 0xFF, {"NETSCAPE2.0", "abc"});
    if (out == &with) {
      extension(with, 0xFF, {"XMP DataXMP", "exif:GPSLatitude"});
      extension(with, 0xFE, {"GPS 25.04N"});
      extension(with, 0xFF, {"MGKIPTC0000", "City"});
      extension(with, 0x77, {"place"});
    }
    extension(*out, 0xF9, {"abcd"});
    append(*out, Bytes{0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2});
    blocks(*out, {"pixels", "more"});
    put_u8(*out, 0x3B);
  }
  append(with, text_bytes("behind the end"));
  const auto stripped = strip_location(with, "image/gif").value();
  CHECK(stripped.bytes == without);
  CHECK(stripped.removed == std::vector<std::string>{"xmp", "comment", "other", "trailer"});
  for (std::size_t length = 0; length < without.size(); ++length)
    CHECK(strip_location(ByteView(without).first(length), "image/gif").has_error());
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  for (int turn = 0; turn < 5000; ++turn) {
    Bytes hostile = with;
    for (std::uint64_t i = 1 + dice() % 6; i-- > 0;)
      hostile[dice() % hostile.size()] = static_cast<std::uint8_t>(dice());
    const auto once = strip_location(hostile, "image/gif");
    if (once.has_error()) continue;
    CHECK(strip_location(once.value().bytes, "image/gif").value().removed.empty());
  }
}

TEST_CASE("an Exif block that can't be read goes as a whole") {
  const Bytes good = exif(false, true);
  std::vector<Bytes> broken(6, good);
  broken[0].resize(30);                                                  // Cut within a directory.
  broken[1][6] = 'X';                                                    // No byte order.
  broken[2][14] = 0xFF, broken[2][15] = 0xFF;                            // More entries than bytes.
  broken[3][10] = broken[3][11] = broken[3][12] = 0xFF;                  // A directory far outside.
  broken[4][6 + 10 + 12 + 8] = 0xFF, broken[4][6 + 10 + 12 + 9] = 0xFF;  // So is GPS.
  broken[5][6 + 10 + 36] = 8;  // The next directory is this one.
  broken[5][6 + 10 + 12] = 0;  // And none has a place.
  for (std::size_t i = 0; i < broken.size(); ++i) {
    CAPTURE(i);
    const auto stripped = strip_location(jpeg({{{0xE1, broken[i]}}, {}}), "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif"});
    CHECK(stripped.bytes == jpeg({{}, {}}));
  }
}

TEST_CASE("a cut picture is refused, because nobody knows what is in it") {
  const Bytes picture = jpeg({{{0xE1, exif(false, true)}}, {}});
  for (std::size_t length = 0; length < picture.size(); ++length) {
    CAPTURE(length);
    CHECK(strip_location(ByteView(picture).first(length), "image/jpeg").has_error());
  }
}

TEST_CASE("a PNG loses its Exif and XMP and keeps the rest") {
  auto chunk = [](Bytes& out, std::string_view type, std::string_view content) {
    put_u32_be(out, static_cast<std::uint32_t>(content.size()));
    append(out, as_bytes(type));
    append(out, as_bytes(content));
    put_u32_be(out, 0x12345678);
  };
  Bytes with{0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'}, without = with;
  for (Bytes* out : {&with, &without}) chunk(*out, "IHDR", "0123456789abc");
  chunk(with, "eXIf", "place");
  chunk(with, "iTXt", "XML:com.adobe.xmp place");
  chunk(with, "zTXt", "Raw profile type exif place");
  // As ImageMagick and others write single values, and what C2PA says of where a picture is from.
  for (const char* type : {"tEXt", "zTXt", "iTXt"})
    chunk(with, type, std::string_view("exif:GPSLatitude\00025/1", 21));
  chunk(with, "iTXt", std::string_view("Titles\0place", 12));
  chunk(with, "caBX", "place");
  for (Bytes* out : {&with, &without}) {
    chunk(*out, "tEXt", std::string_view("Title\0words", 11));
    chunk(*out, "IDAT", "pixels");
    chunk(*out, "IEND", "");
  }
  append(with, as_bytes("behind the end"));
  const auto stripped = strip_location(with, "image/png").value();
  CHECK(stripped.bytes == without);
  CHECK(stripped.removed == std::vector<std::string>{"exif", "xmp", "comment", "other", "trailer"});
  for (std::size_t length = 0; length < without.size(); ++length)
    CHECK(strip_location(ByteView(without).first(length), "image/png").has_error());
}

namespace {

struct GpsEntry {
  std::uint16_t type = 5;
  std::uint32_t count = 3;
};

/// A block whose first directory leads to GPS, as it says with `pointer`, and that to the latitude.
Bytes block_of(bool is_big, const GpsEntry& pointer, const GpsEntry& value) {
  TiffWriter tiff{.is_big = is_big, .out = {}};
  append(tiff.out, as_bytes(is_big ? "MM" : "II"));
  tiff.u16(42);
  tiff.u32(8);
  tiff.u16(1);
  tiff.entry(0x8825, pointer.type, pointer.count, 8 + 18);
  tiff.u32(0);
  tiff.u16(1);
  tiff.entry(2, value.type, value.count, 8 + 18 + 18);
  tiff.u32(0);
  append(tiff.out, as_bytes(kLatitude));
  Bytes out = text_bytes(std::string_view("Exif\0\0", 6));
  append(out, tiff.out);
  return out;
}

/// A block whose second directory leads to a thumbnail of so many bytes, if it is told the truth.
Bytes block_with(const Bytes& thumbnail, std::size_t said) {
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

}  // namespace

TEST_CASE("what is said to be taken out is: of a value that nobody can find the whole block goes") {
  for (const bool is_big : {false, true}) {
    for (std::uint32_t type = 0; type < 140; ++type) {
      for (const std::uint32_t count : {0u, 1u, 2u, 3u, 5u, 24u, 9999u, 0xFFFFFFFFu}) {
        CAPTURE(is_big, type, count);
        const Bytes block = block_of(is_big, {.type = 4, .count = 1},
                                     {.type = static_cast<std::uint16_t>(type), .count = count});
        const auto stripped = strip_location(jpeg({{{0xE1, block}}, {}}), "image/jpeg").value();
        REQUIRE(stripped.removed.size() == 1);
        const bool is_whole = stripped.removed.front() == "exif";
        CHECK(is_whole == (stripped.bytes == jpeg({{}, {}})));
        if (!is_whole) CHECK(stripped.removed.front() == "exif_gps");
        // What fits into the entry is there, and the text is no value of it.
        const bool is_inside = (type == 1 || type == 2 || type == 6 || type == 7 || type == 129 ||
                                type == 3 || type == 8) &&
                               count <= (type == 3 || type == 8 ? 2u : 3u);
        const bool is_one = (type == 4 || type == 9 || type == 11 || type == 13) && count <= 1;
        if (!is_inside && !is_one) CHECK_FALSE(holds(stripped.bytes, kLatitude));
        CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
      }
    }
  }
}

TEST_CASE("a pointer to a directory that counts none, or is of another type, hides no place") {
  for (const bool is_big : {false, true}) {
    for (const std::uint32_t count : {0u, 1u, 2u, 7u}) {
      for (const std::uint16_t type : {1, 2, 3, 4, 7, 13, 14}) {
        CAPTURE(is_big, count, type);
        const Bytes block = block_of(is_big, {.type = type, .count = count}, {});
        const auto stripped = strip_location(jpeg({{{0xE1, block}}, {}}), "image/jpeg").value();
        REQUIRE(stripped.removed.size() == 1);
        CHECK_FALSE(holds(stripped.bytes, kLatitude));
        const bool is_followed = count <= 1 && (type == 4 || type == 13);
        if (is_followed) CHECK(stripped.removed.front() == "exif_gps");
      }
    }
  }
  // By way of Exif's own directory, which is said to be none.
  TiffWriter tiff{.is_big = false, .out = {}};
  append(tiff.out, as_bytes("II"));
  tiff.u16(42);
  tiff.u32(8);
  tiff.u16(1);
  tiff.entry(0x8769, 4, 0, 8 + 18);
  tiff.u32(0);
  tiff.u16(1);
  tiff.entry(0x8825, 4, 1, 8 + 36);
  tiff.u32(0);
  tiff.u16(1);
  tiff.entry(2, 5, 3, 8 + 54);
  tiff.u32(0);
  append(tiff.out, as_bytes(kLatitude));
  Bytes block = text_bytes(std::string_view("Exif\0\0", 6));
  append(block, tiff.out);
  const auto stripped = strip_location(jpeg({{{0xE1, block}}, {}}), "image/jpeg").value();
  CHECK(stripped.removed == std::vector<std::string>{"exif_gps"});
  CHECK_FALSE(holds(stripped.bytes, kLatitude));
}

TEST_CASE("a thumbnail that holds more than pixels goes, and a bare one stays") {
  const Bytes bare = jpeg({{}, {}}), with_place = jpeg({{{0xE1, exif(false, true)}}, {}});
  const Bytes kept = jpeg({{{0xE1, block_with(bare, bare.size())}}, {}});
  const auto same = strip_location(kept, "image/jpeg").value();
  CHECK(same.removed.empty());
  CHECK(same.bytes == kept);
  const std::vector<Bytes> others{with_place, jpeg({{{0xE1, exif(false, false)}}, {}}),
                                  jpeg({{{0xFE, text_bytes("25.04N")}}, {}}),
                                  jpeg({{}, text_bytes("place behind the end")})};
  for (const Bytes& thumbnail : others) {
    const Bytes picture = jpeg({{{0xE1, block_with(thumbnail, thumbnail.size())}}, {}});
    const auto stripped = strip_location(picture, "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"thumbnail"});
    CHECK(stripped.bytes.size() == picture.size());
    CHECK_FALSE(holds(stripped.bytes, kLatitude));
    CHECK_FALSE(holds(stripped.bytes, "25.04N"));
    CHECK_FALSE(holds(stripped.bytes, "place behind"));
    CHECK(holds(stripped.bytes, std::string_view("\x12\x01\x03\0\x01\0\0\0\x06", 9)));
    CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
  }
  // Where it is said to end too early, or to be empty, or beyond the block, all of it goes.
  for (const std::size_t said : {std::size_t{0}, std::size_t{20}, with_place.size() + 1}) {
    CAPTURE(said);
    const auto stripped =
        strip_location(jpeg({{{0xE1, block_with(with_place, said)}}, {}}), "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif"});
    CHECK(stripped.bytes == jpeg({{}, {}}));
  }
  // Two of them in one directory: nobody knows which is shown.
  Bytes twice = block_with(with_place, with_place.size());
  twice[6 + 8 + 18 + 2] = 0x01, twice[6 + 8 + 18 + 3] = 0x02;
  CHECK(strip_location(jpeg({{{0xE1, twice}}, {}}), "image/jpeg").value().removed ==
        std::vector<std::string>{"exif"});
}

TEST_CASE("random damage of a picture never leaves a place that can be found again") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  const Bytes thumbnail = jpeg({{{0xE1, exif(false, true)}}, {}});
  const Bytes picture = jpeg({{{0xE1, exif(true, true)},
                               {0xE1, exif(false, true)},
                               {0xE1, block_with(thumbnail, thumbnail.size())}},
                              {}});
  for (int turn = 0; turn < 20'000; ++turn) {
    Bytes hostile = picture;
    for (std::uint64_t i = 1 + dice() % 6; i-- > 0;)
      hostile[dice() % hostile.size()] = static_cast<std::uint8_t>(dice());
    const auto once = strip_location(hostile, "image/jpeg");
    if (once.has_error()) continue;
    CHECK(once.value().bytes.size() <= hostile.size());
    const auto again = strip_location(once.value().bytes, "image/jpeg");
    REQUIRE(again.has_value());
    CHECK(again.value().removed.empty());
  }
}
