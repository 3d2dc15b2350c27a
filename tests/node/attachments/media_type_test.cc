// SPDX-License-Identifier: Apache-2.0
#include "node/attachments/media_type.h"

#include <catch2/catch.hpp>

using namespace cunju;
using attachments::may_hide_location;
using attachments::media_type_of;

namespace {

template <std::size_t kSize>
std::string type_of(const char (&bytes)[kSize], std::string_view name = "file") {
  return media_type_of(as_bytes(std::string_view(bytes, kSize - 1)), name);
}

}  // namespace

TEST_CASE("a file's first bytes say what it is, and else the end of its name") {
  CHECK(type_of("\xFF\xD8\xFF\xE1", "x.pdf") == "image/jpeg");
  CHECK(type_of("%PDF-1.7", "scan") == "application/pdf");
  CHECK(type_of("PK", "表.XLSX").ends_with("spreadsheetml.sheet"));
  CHECK(media_type_of({}, "") == "application/octet-stream");
  // One that does not begin as it should is a picture all the same, and a broken one.
  CHECK(type_of("\n\xFF\xD8\xFF", "IMG.JPG") == "image/jpeg");
}

TEST_CASE("files that may hold a place which nobody can take out are told from those that do not") {
  CHECK(
      may_hide_location(type_of("\x01\x02\x03\x20"
                                "ftypheic....")));
  CHECK(
      may_hide_location(type_of("\0\0\0\x20"
                                "ftypavif....")));
  CHECK(
      may_hide_location(type_of("\0\0\0\x20"
                                "ftypmp42....")));
  CHECK(
      may_hide_location(type_of("\0\0\0\x20"
                                "ftypcrx ....")));
  CHECK(may_hide_location(type_of("II*\0....")));
  CHECK(may_hide_location(type_of("II+\0....")));
  CHECK(may_hide_location(type_of("MM\0+....")));
  CHECK(may_hide_location(type_of("IIRO\x08\0\0\0")));
  CHECK(may_hide_location(type_of("IIU\0....")));
  CHECK(may_hide_location(type_of("\0\0\0\x0CJXL \x0D\x0A\x87\x0A")));
  CHECK(may_hide_location(type_of("\xFF\x0A....")));
  CHECK(may_hide_location(type_of("\0\0\0\x0CjP  \x0D\x0A\x87\x0A")));
  CHECK(may_hide_location(type_of("RIFF....WEBPVP8 ")));
  CHECK(may_hide_location(type_of("RIFF....AVI LIST")));
  // QuickTime before it had a box for its brand.
  for (const char* box : {"moov", "mdat", "wide", "free"}) {
    CAPTURE(box);
    Bytes film(4);
    append(film, as_bytes(std::string_view(box)));
    CHECK(may_hide_location(media_type_of(film, "old")));
  }
  CHECK(may_hide_location(type_of("........", "DSC01.ARW")));
  // What telephones and recorders make of a meeting.
  CHECK(type_of("RIFF....WAVEfmt ") == "audio/wav");
  CHECK(type_of("\0\0\0\x20"
                "ftypM4A ....") == "audio/mp4");
  CHECK(type_of("\0\0\0\x20"
                "ftypM4B ....") == "audio/mp4");
  for (const char* media : {"audio/wav", "audio/mp4", "application/pdf", "image/jpeg", "image/png",
                            "image/gif", "image/bmp"})
    CHECK_FALSE(may_hide_location(media));
}

TEST_CASE("texts that begin like a film or a camera's picture are texts") {
  for (const char* text :
       {"The free meal", "Far wide open", "Abc skip this", "Abc mdat this", "MMORPG rules",
        "8BPSx and more", "IIRO words", "MMOR words", "\xE8\x87\xAA!free of it"}) {
    CAPTURE(text);
    const auto media = media_type_of(as_bytes(std::string_view(text)), "note.txt");
    CHECK(media == "text/plain");
    CHECK_FALSE(may_hide_location(media));
  }
  CHECK(may_hide_location(type_of("8BPS\0\x01\0\0\0\0")));
  CHECK(may_hide_location(type_of("MMOR\0\0\0\x08")));
  CHECK(may_hide_location(type_of("FOVb\0\0\x02\0")));
  // The first box of a large old film.
  CHECK(may_hide_location(type_of("\x05\x61\x62\x63mdat....")));
}
