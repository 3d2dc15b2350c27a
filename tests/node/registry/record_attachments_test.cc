// SPDX-License-Identifier: Apache-2.0
// Fields that refer to attachments: how they are filled, shown, and where they travel.
#include <boost/json/serialize.hpp>
#include <catch2/catch.hpp>

#include "crdt/attachment/reference.h"
#include "node/registry/attachment_text.h"
#include "node/registry/definition_toml.h"
#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

Bytes reference(std::string name, std::uint8_t key = 0xAB) {
  attachment::Reference out;
  out.address.value.fill(1);
  for (std::uint8_t& byte : out.key.mutable_view()) byte = key;
  out.size = 3'200'000;
  out.media = "application/pdf";
  out.name = std::move(name);
  return attachment::encode_reference(out);
}

constexpr std::string_view kFiles = R"(
format = 1
id = "files"
version = 1
label = { zh = "文件" }

[[field]]
id = "title"
label = { zh = "标题" }

[[field]]
id = "sheet"
kind = "blob"
label = { zh = "表" }

[[field]]
id = "scan"
kind = "blob"
repeated = true
label = { zh = "扫描件" }

[[field]]
id = "evidence"
kind = "blob"
repeated = true
scope = "mediation"
label = { zh = "证据" }
)";

struct FilesOffice : SampleOffice {
  explicit FilesOffice(std::uint64_t seed) : SampleOffice(seed) {
    require(add_definition(*replica, space, village.founder.device, kFiles, 600));
    reload();
    record = require(book().add(act(), "files", std::vector{put("title", "一")})).record;
  }
  Saved attach(const std::string& field, const Bytes& value) {
    return require(book().attach(act(), "files", record, field, value));
  }
  std::string shown(const std::string& field) {
    const RecordRow found = row(record);
    const Value* value = found.find(field);
    return value == nullptr ? "" : attachment_text(*value).value_or("?");
  }
  RecordId record;
};

}  // namespace

TEST_CASE("a field for one attachment holds the last one, a field for many counts them") {
  FilesOffice office(1);
  office.attach("sheet", reference("a.pdf"));
  office.attach("sheet", reference("b.pdf"));
  CHECK(office.shown("sheet") == "b.pdf (3.2 MB)");
  office.attach("scan", reference("1.pdf"));
  office.attach("扫描件", reference("2.pdf"));
  office.attach("scan.1", reference("new.pdf"));
  CHECK(office.shown("scan.1") == "new.pdf (3.2 MB)");
  CHECK(office.shown("scan.2") == "2.pdf (3.2 MB)");
  // A place that was cleared is free again.
  require(office.book().set(office.act(), "files", office.record, std::vector{put("scan.1", "")}));
  CHECK(office.shown("scan.1").empty());
  office.attach("scan", reference("3.pdf"));
  CHECK(office.shown("scan.1") == "3.pdf (3.2 MB)");
}

TEST_CASE("only attachments go into a field for them, and into no other") {
  FilesOffice office(2);
  RecordBook book = office.book();
  for (const char* field : {"title", "nothing", "sheet.1", "scan.", "", "scan.-1", "scan.0",
                            "scan.01", "scan.1.2", "scan.一", "scan. 1"}) {
    CAPTURE(field);
    CHECK(
        book.attach(office.act(), "files", office.record, field, reference("a.pdf")).error().code ==
        Errc::kInvalidArgument);
  }
  CHECK(book.attach(office.act(), "files", office.record, "sheet", Bytes{1, 2, 3}).error().code ==
        Errc::kMalformed);
  CHECK(book.attach(office.act(), "files", RecordId{}, "sheet", reference("a.pdf")).error().code ==
        Errc::kNotFound);
  for (const char* field : {"sheet", "scan.1"}) {
    Result<Saved> typed =
        book.set(office.act(), "files", office.record, std::vector{put(field, "a.pdf")});
    CHECK(typed.error().code == Errc::kInvalidArgument);
    CHECK(book.refusal().front().code == "needs_attach");
  }
  require(book.remove(office.act(), "files", office.record));
  CHECK(
      book.attach(office.act(), "files", office.record, "sheet", reference("a.pdf")).error().code ==
      Errc::kNotFound);
}

TEST_CASE("an attachment of a confidential field, one of many, is in no open part") {
  FilesOffice office(3);
  const Bytes value = reference("证据.pdf");
  // Nobody has opened the scope: nothing may fall back to an open part.
  CHECK(office.book().attach(office.act(), "files", office.record, "evidence", value).has_error());
  CHECK(
      office.book().attach(office.act(), "files", office.record, "evidence.1", value).has_error());
  CHECK(scope_of_field(office.catalog.find("files"), "evidence") == "mediation");
  CHECK(scope_of_field(office.catalog.find("files"), "evidence.7") == "mediation");
  CHECK(scopes_of(office.catalog.find("files")) == std::vector<std::string>{"mediation"});
  const auto views = require(office.replica->views(office.space, office.record));
  REQUIRE(views.size() == 1);
  for (const Field& field : views[0].view.state.fields()) CHECK(field.name == "title");
}

TEST_CASE("what is shown of an attachment has no key in it") {
  const Value value = reference("a.pdf", 0xAB);
  const std::string key = "abababababab";
  CHECK(boost::json::serialize(value_json(value)).find(key) == std::string::npos);
  CHECK(bytes_text(std::get<Bytes>(value)) == "a.pdf (3.2 MB)");
  CHECK(format_value(FieldDefinition{}, value, Language::kChinese) == "a.pdf (3.2 MB)");
  CHECK(bytes_text({0xAB, 0xCD}) == "abcd");
}

TEST_CASE("sizes are told in numbers that people read") {
  CHECK(byte_size_text(0) == "0 B");
  CHECK(byte_size_text(999) == "999 B");
  CHECK(byte_size_text(1000) == "1.0 kB");
  CHECK(byte_size_text(3'249'000) == "3.2 MB");
  CHECK(byte_size_text(999'960) == "1.0 MB");
  CHECK(byte_size_text(123'456'789) == "123 MB");
  CHECK(byte_size_text(4'294'967'296) == "4.3 GB");
  CHECK_FALSE(byte_size_text(~std::uint64_t{0}).empty());
}

TEST_CASE("a field for attachments has no type, no length and no code list") {
  for (const char* more : {"type = \"integer\"", "max_length = 3", "type = \"code\""}) {
    CAPTURE(more);
    const std::string toml = std::string(kFiles) + more + "\n";
    CHECK(parse_definition(toml).has_error());
  }
  CHECK(parse_definition(std::string(kFiles)).has_value());
}

TEST_CASE("a record that has attachments is edited without a word about these") {
  FilesOffice office(14);
  office.attach("sheet", reference("a.pdf"));
  office.attach("scan", reference("1.pdf"));
  const Edit edits[] = {{.field = "title", .text = "另一份"}};
  const Saved saved = require(office.book().set(office.act(), "files", office.record, edits));
  CHECK(saved.findings.empty());
}
