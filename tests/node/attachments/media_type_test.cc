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

TEST_CASE("films of camcorders, of Windows and of the web are films, whatever they are called") {
  // Packets of 188 bytes, and of a camcorder, with four bytes of time before each.
  for (const std::size_t before : {std::size_t{0}, std::size_t{4}}) {
    CAPTURE(before);
    Bytes film;
    for (int packet = 0; packet < 3; ++packet) {
      film.resize(film.size() + before);
      append(film, Bytes{0x47, 0x40, 0x00, 0x10});
      film.resize(film.size() + 184);
    }
    CHECK(media_type_of(film, "scan.pdf") == "video/mp2t");
    film.back() = 'x';
    film[before + 188 + before] = 'x';
    CHECK_FALSE(may_hide_location(media_type_of(film, "scan.pdf")));
    CHECK(may_hide_location(media_type_of(film, "00001.MTS")));
  }
  CHECK(type_of("\x30\x26\xB2\x75\x8E\x66\xCF\x11....") == "video/x-ms-asf");
  CHECK(type_of("FLV\x01....") == "video/x-flv");
  CHECK(type_of("\0\0\x01\xBA....") == "video/mpeg");
  CHECK(type_of(".RMF\0\0\0\x12") == "video/vnd.rn-realvideo");
  CHECK(type_of("OggS\0\x02....................\x01\x2A\x80theora") == "video/ogg");
  CHECK(type_of("OggS\0\x02....................\x01\x13OpusHead") == "audio/ogg");
  CHECK_FALSE(may_hide_location("audio/ogg"));
  CHECK(type_of("II\xBC\x01....") == "image/jxr");
  CHECK(may_hide_location("image/jxr"));
  for (const char* box : {"styp", "moof", "sidx"}) {
    CAPTURE(box);
    Bytes piece{0, 0, 0, 24};
    append(piece, as_bytes(std::string_view(box)));
    CHECK(may_hide_location(media_type_of(piece, "piece")));
  }
  for (const char* name : {"a.mts", "a.m2ts", "a.ts",   "a.mpg",  "a.vob", "a.wmv",  "a.asf",
                           "a.flv", "a.f4v",  "a.m4v",  "a.rmvb", "a.ogv", "a.webm", "a.3g2",
                           "a.dv",  "a.mxf",  "a.insv", "a.jxr",  "a.wdp", "a.hif",  "a.psb",
                           "a.nrw", "a.cr3",  "a.raf",  "a.pef",  "a.srw", "a.bpg",  "a.j2k"}) {
    CAPTURE(name);
    CHECK(may_hide_location(type_of("........", name)));
  }
}

TEST_CASE("texts that begin like a film or a camera's picture are texts") {
  for (const char* text : {"The free meal", "Far wide open", "Abc skip this", "Abc mdat this",
                           "MMORPG rules", "8BPSx and more", "FLV", ".RMF is a film", "OggS", "G",
                           "IIRO words", "MMOR words", "\xE8\x87\xAA!free of it"}) {
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
