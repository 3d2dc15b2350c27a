// SPDX-License-Identifier: Apache-2.0
// A person is found however much else a record has, in names of attachments, and in the late tray.
#include <algorithm>

#include "crdt/attachment/reference.h"
#include "node/council/person_erasure.h"
#include "node/council/roster_acts.h"
#include "node/council/subject_file.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::PersonPlace;
using council::PersonRecord;
using test::require;

namespace {

constexpr std::string_view kVisits = R"(format = 1
id = "visits"
version = 1
label = "走访"
key = ["no"]
[[field]]
id = "no"
label = "编号"
[[field]]
id = "others"
label = "同住人"
kind = "set"
[[field]]
id = "who"
label = "对象"
[[field]]
id = "phone"
label = "电话"
type = "phone"
[[field]]
id = "number"
label = "证件号"
[[field]]
id = "scan"
label = "扫描件"
kind = "blob"
)";

struct Visits : OfficeAndDesk {
  Visits() : OfficeAndDesk(kVisits) {
    add_own_devices();
    office.open(village.space);
    sync();
  }
  RecordId add(std::vector<Edit> edits) { return OfficeAndDesk::add("visits", std::move(edits)); }
  void set(const RecordId& id, std::vector<Edit> edits) {
    OfficeAndDesk::set("visits", id, std::move(edits));
  }
  /// How the record is the person's.
  std::optional<PersonPlace> place(const PersonQuery& who, const RecordId& id) {
    const auto found =
        require(council::find_person(*office.replica, office.catalog, village.space, who, kToday))
            .records;
    const auto record = std::ranges::find(found, id, &PersonRecord::record);
    return record == found.end() ? std::nullopt : std::optional(record->place);
  }
  void attach(const RecordId& id, const std::string& name) {
    attachment::Reference out;
    out.address.value.fill(1);
    out.size = 100;
    out.media = "application/pdf";
    out.name = name;
    require(office.book().attach(office.act(village.founder), "visits", id, "scan",
                                 attachment::encode_reference(out)));
  }
};

std::string many(const std::string& prefix, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += (i == 0 ? "" : "、") + prefix + std::to_string(i);
  return out;
}

}  // namespace

TEST_CASE("names and telephone numbers before a person's hide nobody") {
  Visits all;
  std::vector<Edit> edits = {put("no", "1"), put("who", kName), put("phone", kPhone)};
  for (int i = 0; i < 4; ++i) edits.push_back(plus("others", many("甲" + std::to_string(i), 45)));
  for (int i = 0; i < 40; ++i) edits.push_back(plus("others", std::to_string(13100000000 + i)));
  const RecordId visit = all.add(edits);
  CHECK(all.place(by_name(), visit) == PersonPlace::kFields);
  all.set(visit, {put("who", "别人"), put("phone", "")});
  CHECK(all.place(by_name(), visit) == PersonPlace::kHistory);
}

TEST_CASE("a name in a text too long for words, beside the telephone in a field, is to be read") {
  Visits all;
  const RecordId visit =
      all.add({put("no", "1"), put("who", many("甲", 120) + "、" + kName), put("phone", kPhone)});
  CHECK(all.place(by_name(), visit) == PersonPlace::kMention);
  const RecordId without = all.add({put("no", "2"), put("who", many("甲", 120) + "、" + kName)});
  CHECK(all.place(by_name(), without) == std::nullopt);
  // The telephone within a word of another field.
  const RecordId within =
      all.add({put("no", "3"), put("who", kName), put("number", "电话138-0000-0000")});
  CHECK(all.place(by_name(), within) == PersonPlace::kMention);
}

TEST_CASE("the name of an attachment is looked at, now and in the history") {
  Visits all;
  const RecordId scan = all.add({put("no", "1")}), half = all.add({put("no", "2")}),
                 beside = all.add({put("no", "3"), put("phone", kPhone)});
  all.attach(scan, std::string(kName) + " " + kPhone + ".pdf");
  all.attach(half, std::string(kName) + ".pdf");
  all.attach(beside, std::string(kName) + ".pdf");
  CHECK(all.place(by_name(), scan) == PersonPlace::kMention);
  CHECK(all.place(by_name(), half) == std::nullopt);
  CHECK(all.place(by_name(), beside) == PersonPlace::kMention);
  all.attach(scan, "别的.pdf");
  CHECK(all.place(by_name(), scan) == PersonPlace::kHistory);
}

TEST_CASE("a record of which nothing is in force is found in the late tray") {
  Visits all;
  const RecordId old = all.add({put("no", "1"), put("who", "别人")});
  all.sync();
  const auto removal =
      require(council::plan_removal(*all.office.replica, all.village.space, all.li.member));
  require(all.office.replica->append_roster(all.village.space, all.village.founder.device,
                                            removal.operations, 0));
  const auto write = [&](const char* no, const char* number) {
    return require(all.desk.book().add(all.desk.act(all.li), "visits",
                                       std::vector<Edit>{put("no", no), put("number", number)}))
        .record;
  };
  const RecordId late = write("2", kIdentity), other = write("3", "110105194912310038");
  require(all.desk.book().set(all.desk.act(all.li), "visits", old,
                              std::vector<Edit>{put("number", kIdentity)}));
  test::pull(*all.office.replica, *all.desk.replica, all.village.space);
  REQUIRE_FALSE(require(all.office.replica->late_parts(all.village.space)).empty());
  REQUIRE_FALSE(all.office.book().get(late).has_value());
  CHECK(all.place(by_number(), late) == PersonPlace::kLate);
  CHECK(all.place(by_number(), other) == std::nullopt);
  CHECK(all.place(by_number(), old) == PersonPlace::kHistory);
  // The copy does not deny it.
  RecordBook book = all.office.book();
  const council::SubjectFile file = require(
      council::gather_subject_file(*all.office.replica, all.office.catalog, book, all.village.space,
                                   by_number(), {.with_history = true, .today = kToday}));
  CHECK(file.records.empty());
  CHECK(file.to_be_read.size() == 2);
  CHECK_FALSE(file.is_nothing());
}
