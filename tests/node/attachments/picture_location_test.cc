// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/picture_location.h"

#include <catch2/catch.hpp>
#include <random>

#include "tests/node/attachments/picture_parts.h"

using namespace cunju;
using namespace cunju::test;
using attachments::strip_location;

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

TEST_CASE("what stands behind a comment and is no marker is not put behind the scan before it") {
  // Without the comment the scan would go on there, up to the segment that is hidden in it.
  Bytes picture{0xFF, 0xD8};
  segment(picture, 0xDA, Bytes(10, 4));
  append(picture, Bytes{5, 6, 7});
  segment(picture, 0xFE, text_bytes("words"));
  Bytes hidden;
  segment(hidden, 0xE1, exif(false, true));
  segment(picture, 0x00, hidden);
  append(picture, Bytes{0xFF, 0xD9});
  CHECK(strip_location(picture, "image/jpeg").error().code == Errc::kMalformed);
}

TEST_CASE("a segment with a reserved marker goes, and what nobody knows the length of is refused") {
  for (int number = 0x02; number < 0xFF; ++number) {
    const auto marker = static_cast<std::uint8_t>(number);
    const bool is_restart = number >= 0xD0 && number <= 0xD9;
    // Applications' segments, comments and scans have tests of their own.
    if (is_restart || number == 0xDA || (number >= 0xE0 && number <= 0xEF) || number == 0xFE)
      continue;
    CAPTURE(number);
    const auto stripped =
        strip_location(jpeg({{{marker, text_bytes("25.04N")}}, {}}), "image/jpeg");
    const bool is_picture =
        (number >= 0xC0 && number <= 0xCF && number != 0xC8) || (number >= 0xDB && number <= 0xDF);
    const bool is_refused = number <= 0xBF || number == 0xF7 || number == 0xF8;
    REQUIRE(stripped.has_error() == is_refused);
    if (is_refused) continue;
    CHECK(holds(stripped.value().bytes, "25.04N") == is_picture);
    CHECK(stripped.value().removed ==
          (is_picture ? std::vector<std::string>{} : std::vector<std::string>{"other"}));
  }
  // In a thumbnail as well.
  const Bytes thumbnail = jpeg({{{0xFD, text_bytes("25.04N")}}, {}});
  const auto stripped =
      strip_location(jpeg({{{0xE1, block_with(thumbnail, thumbnail.size())}}, {}}), "image/jpeg");
  CHECK(stripped.value().removed == std::vector<std::string>{"thumbnail"});
  CHECK_FALSE(holds(stripped.value().bytes, "25.04N"));
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

TEST_CASE("random damage of a picture never leaves a place that can be found again") {
  const std::uint64_t seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937_64 dice(seed);
  const Bytes thumbnail = jpeg({{{0xE1, exif(false, true)}}, {}});
  const Bytes picture = jpeg({{{0xE1, exif(true, true)},
                               {0xE1, exif(false, true)},
                               {0xE1, block_with(thumbnail, thumbnail.size())},
                               {0xE1, block_in_strips({.data = {thumbnail, thumbnail}})}},
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
