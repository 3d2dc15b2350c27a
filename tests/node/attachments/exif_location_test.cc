// SPDX-License-Identifier: Apache-2.0
// What of an Exif block says where, as it is reached through whole pictures.
#include "node/attachments/exif_location.h"

#include <catch2/catch.hpp>

#include "node/attachments/picture_location.h"
#include "tests/node/attachments/picture_parts.h"

using namespace cunju;
using namespace cunju::test;
using attachments::strip_location;

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
      for (const int number : {1, 2, 3, 4, 7, 13, 14}) {
        const auto type = static_cast<std::uint16_t>(number);
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

TEST_CASE("words about the picture in Exif go as comments do, and what makers of DNG hide goes") {
  constexpr std::string_view kSpot = "at the old mill, 25.04N";
  const auto bytes = static_cast<std::uint32_t>(kSpot.size());
  for (const bool is_big : {false, true}) {
    TiffWriter tiff{.is_big = is_big, .out = {}};
    append(tiff.out, as_bytes(is_big ? "MM" : "II"));
    tiff.u16(42);
    tiff.u32(8);
    const std::uint32_t below = 8 + 2 + 7 * 12 + 4, texts = below + 2 + 12 + 4;
    tiff.u16(7);
    tiff.entry(0x010E, 2, bytes, texts);
    tiff.entry(0x0112, 3, 1, is_big ? 6u << 16 : 6u);
    tiff.entry(0x8769, 4, 1, below);
    tiff.entry(0x9C9C, 1, bytes, texts + bytes);
    tiff.entry(0x9C9E, 1, bytes, texts + 2 * bytes);
    tiff.entry(0x9C9F, 1, bytes, texts + 3 * bytes);
    tiff.entry(0xC634, 1, bytes, texts + 4 * bytes);
    tiff.u32(0);
    tiff.u16(1);
    tiff.entry(0x9286, 7, bytes, texts + 5 * bytes);
    tiff.u32(0);
    for (int i = 0; i < 6; ++i) append(tiff.out, as_bytes(kSpot));
    Bytes block = text_bytes(std::string_view("Exif\0\0", 6));
    append(block, tiff.out);
    const Bytes picture = jpeg({{{0xE1, block}}, {}});
    const auto stripped = strip_location(picture, "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif_gps", "comment"});
    CHECK_FALSE(holds(stripped.bytes, "25.04N"));
    CHECK(stripped.bytes.size() == picture.size());
    const std::string_view orientation =
        is_big ? std::string_view("\x01\x12\0\x03", 4) : std::string_view("\x12\x01\x03\0", 4);
    CHECK(holds(stripped.bytes, orientation));
    CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
  }
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

TEST_CASE("a thumbnail in strips or tiles goes, whatever is in it and in how many pieces") {
  const Bytes place = jpeg({{{0xE1, exif(false, true)}}, {}});
  const auto cut = [&](std::size_t count) {
    std::vector<Bytes> out;
    for (std::size_t i = 0; i < count; ++i) {
      const std::size_t from = place.size() * i / count, to = place.size() * (i + 1) / count;
      out.push_back(to_bytes(ByteView(place).subspan(from, to - from)));
    }
    return out;
  };
  for (const bool is_big : {false, true}) {
    for (const bool are_tiles : {false, true}) {
      for (const std::size_t count : {1u, 2u, 7u, 40u}) {
        CAPTURE(is_big, are_tiles, count);
        const Bytes picture = jpeg(
            {{{0xE1,
               block_in_strips({.is_big = is_big, .are_tiles = are_tiles, .data = cut(count)})}},
             {}});
        REQUIRE((count > 2 || holds(picture, "LATITUDE")));
        const auto stripped = strip_location(picture, "image/jpeg").value();
        CHECK(stripped.removed == std::vector<std::string>{"thumbnail"});
        CHECK(stripped.bytes.size() == picture.size());
        // No piece of it is there, and what stands behind it is.
        for (const char* part : {"LATI", "TUDE-IN", "24-BY", "JFIF\0\0"})
          CHECK(as_text(ByteView(stripped.bytes).subspan(40)).find(part) == std::string::npos);
        CHECK(holds(stripped.bytes, kMaker));
        CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
      }
    }
  }
}

TEST_CASE("of strips that nobody can find for certain the whole block goes") {
  const std::vector<Bytes> one{text_bytes(kLatitude)};
  const std::vector<Bytes> many(257, text_bytes("x"));
  const std::vector<Strips> all{{.data = one, .type = 2},
                                {.data = one, .beyond = 4'000},
                                {.data = one, .has_lengths = false},
                                {.data = many}};
  for (std::size_t i = 0; i < all.size(); ++i) {
    CAPTURE(i);
    const auto stripped =
        strip_location(jpeg({{{0xE1, block_in_strips(all[i])}}, {}}), "image/jpeg").value();
    CHECK(stripped.removed == std::vector<std::string>{"exif"});
    CHECK(stripped.bytes == jpeg({{}, {}}));
  }
}

TEST_CASE("strips that are said to lie over what leads to a place don't hide the place") {
  // The one strip covers Exif's own directory, which leads to the latitude.
  TiffWriter tiff{.is_big = false, .out = {}};
  append(tiff.out, as_bytes("II"));
  tiff.u16(42);
  tiff.u32(8);
  const std::uint32_t second = 8 + 18, own = second + 30, gps = own + 18, value = gps + 18;
  tiff.u16(1);
  tiff.entry(0x8769, 4, 1, own);
  tiff.u32(second);
  tiff.u16(2);
  tiff.entry(0x0111, 4, 1, own);
  tiff.entry(0x0117, 4, 1, 18);
  tiff.u32(0);
  tiff.u16(1);
  tiff.entry(0x8825, 4, 1, gps);
  tiff.u32(0);
  tiff.u16(1);
  tiff.entry(2, 5, 3, value);
  tiff.u32(0);
  append(tiff.out, as_bytes(kLatitude));
  Bytes block = text_bytes(std::string_view("Exif\0\0", 6));
  append(block, tiff.out);
  const auto stripped = strip_location(jpeg({{{0xE1, block}}, {}}), "image/jpeg").value();
  CHECK_FALSE(holds(stripped.bytes, kLatitude));
  CHECK(strip_location(stripped.bytes, "image/jpeg").value().removed.empty());
}
