// SPDX-License-Identifier: Apache-2.0
// Attachments in exports: which are named, which are included, and that they are what was signed.
#include "node/audit/attachments.h"

#include <catch2/catch.hpp>

#include "tests/node/audit/export_fixture.h"

using namespace cunju;
using namespace cunju::audit;

namespace {

Bytes plain_of(std::uint8_t fill) { return Bytes(1000, fill); }

Bytes reference_to(const Bytes& plain, std::string name) {
  attachment::Reference out;
  out.address.value.fill(plain[0]);
  out.content = attachment::content_hasher().add(plain).finish();
  out.size = plain.size();
  out.media = "application/pdf";
  out.name = std::move(name);
  return attachment::encode_reference(out);
}

/// A village whose minutes refer to three attachments, of which two are here.
struct Exported {
  Exported() {
    auto add = [&](const std::string& field, const Bytes& plain, const std::string& name) {
      village.write(
          village.clerk, record, "minutes",
          {make_operation(OperationKind::kRegisterSet, field, reference_to(plain, name))});
    };
    add("scan.1", plain_of(1), "签字稿.PDF");
    add("scan.2", plain_of(2), "run.exe");
    add("scan.3", plain_of(3), "far.pdf");
    add("photo.1", plain_of(1), "again.jpg");
    ExportOptions options;
    options.find_attachment = [](const attachment::Reference& reference) -> std::optional<Bytes> {
      const std::uint8_t fill = reference.address.value[0];
      return fill == 3 ? std::nullopt : std::optional(plain_of(fill));
    };
    summary = require_export(village, folder / "out", options);
  }
  fs::path out() const { return folder / "out"; }
  std::string file_of(std::uint8_t fill, const std::string& ending) const {
    return space_folder(village.space) + "attachments/" +
           attachment::content_hasher().add(plain_of(fill)).finish().hex() + ending;
  }
  test::StoredVillage village{7};
  RecordId record{{5}};
  test::TempFolder folder;
  ExportSummary summary;
};

}  // namespace

TEST_CASE("an export names the attachments that records refer to, and has those that were here") {
  const Exported exported;
  REQUIRE(exported.summary.spaces.size() == 1);
  CHECK(exported.summary.spaces[0].attachments == 3);
  CHECK(exported.summary.spaces[0].included == 2);
  // An ending that a system would run is left out; one content has one file.
  const std::string first = read_file(exported.out() / exported.file_of(1, ".jpg"));
  CHECK(equal(as_bytes(first), plain_of(1)));
  CHECK(fs::exists(exported.out() / exported.file_of(2, "")));
  const std::string list =
      read_file(exported.out() / (space_folder(exported.village.space) + "attachments.json"));
  CHECK(list.find("far.pdf") != std::string::npos);
  CHECK(list.find("run.exe") != std::string::npos);
  const VerifyReport report = require_report(exported.out());
  CHECK(report.ok);
  CHECK(report.warnings == 1);
  CHECK(names_place(report, "attachments.json"));
}

TEST_CASE(
    "an attachment that was exchanged, altered or slipped in is found, also when signed again") {
  const Exported exported;
  const bool signs_again = GENERATE(false, true);
  CAPTURE(signs_again);
  std::string name = exported.file_of(1, ".jpg");
  SECTION("altered") { write_file(exported.out() / name, "other"); }
  SECTION("exchanged") {
    write_file(exported.out() / name, read_file(exported.out() / exported.file_of(2, "")));
  }
  SECTION("slipped in") {
    name = exported.file_of(9, ".pdf");
    write_file(exported.out() / name, std::string(as_text(plain_of(9))));
  }
  SECTION("under another ending") {
    fs::rename(exported.out() / name, exported.out() / exported.file_of(1, ".png"));
    name = exported.file_of(1, ".png");
  }
  if (signs_again) sign_again(exported.out(), exported.village.node);
  const VerifyReport report = require_report(exported.out());
  CHECK_FALSE(report.ok);
  CHECK(names_place(report, name));
}

TEST_CASE("an attachment that was taken out is a warning when the list stands, its line never") {
  const Exported exported;
  fs::remove(exported.out() / exported.file_of(2, ""));
  sign_again(exported.out(), exported.village.node);
  VerifyReport report = require_report(exported.out());
  CHECK(report.ok);
  CHECK(report.warnings == 1);
  fs::remove(exported.out() / (space_folder(exported.village.space) + "attachments.json"));
  sign_again(exported.out(), exported.village.node);
  report = require_report(exported.out());
  CHECK_FALSE(report.ok);
}

TEST_CASE("the paths of attachments lead nowhere else") {
  const std::string hex(64, 'a');
  CHECK(is_attachment_path("attachments/" + hex));
  CHECK(is_attachment_path("attachments/" + hex + ".pdf"));
  for (const std::string& path :
       {"attachments/" + hex + ".exe", "attachments/" + hex + "/x",
        "attachments/" + hex + ".pdf.exe", std::string("attachments/../") + hex,
        "attachments/" + hex.substr(1), "attachments/" + std::string(64, 'A'),
        std::string("attachments/")}) {
    CAPTURE(path);
    CHECK_FALSE(is_attachment_path(path));
  }
}
