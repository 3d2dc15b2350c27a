// SPDX-License-Identifier: Apache-2.0
#include "node/registry/record_book.h"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <random>
#include <set>

#include "tests/node/registry/book_fixture.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using test::require;

namespace {

std::string_view refusal_code(const RecordBook& book) {
  return book.refusal().empty() ? std::string_view{} : book.refusal().front().code;
}

bool has_finding(const Findings& findings, std::string_view code) {
  return std::ranges::find(findings, code, &Finding::code) != findings.end();
}

}  // namespace

TEST_CASE("a record is added, read, changed and cleared by what people type") {
  SampleOffice office(1);
  RecordId id = office.add({put("no", "A-1"), put("面积", "86.5平方米"), put("names", "张三；李四"),
                            put("state", "草稿"), put("on", "2026年3月1日")});
  RecordRow row = office.row(id);
  CHECK(boost::json::serialize(fields_json(row)) ==
        R"({"no":"A-1","area":8650,"on":"2026-03-01","names":["张三","李四"],"state":"draft"})");
  CHECK_FALSE(row.has_conflict);
  CHECK_FALSE(row.is_deleted);

  Saved saved = office.set(
      id, {put("area", ""), minus("names", "张三"), plus("names", "王五"), put("state", "final")});
  CHECK(saved.change.has_value());
  CHECK(boost::json::serialize(fields_json(office.row(id))) ==
        R"({"no":"A-1","on":"2026-03-01","names":["李四","王五"],"state":"final"})");

  std::uint64_t changes = office.changes();
  CHECK_FALSE(office
                  .set(id, {put("state", "定稿"), plus("names", "李四"), put("no", "A-1"),
                            put("count", "")})
                  .change.has_value());
  CHECK(has_finding(office.set(id, {minus("names", "赵六")}).findings, "not_in_set"));
  CHECK(office.changes() == changes);
}

TEST_CASE("warnings never stop a record, errors stop it before anything is written") {
  SampleOffice office(2);
  RecordBook book = office.book();
  std::vector<Edit> odd = {put("count", "很多"), put("state", "archived")};
  Saved saved = require(book.add(office.act(), "sample", odd));
  CHECK(has_finding(saved.findings, "not_an_integer"));
  CHECK(has_finding(saved.findings, "required_missing"));
  CHECK(has_finding(saved.findings, "not_an_initial_state"));
  CHECK_FALSE(has_error(saved.findings));
  CHECK(office.text(saved.record, "count") == "很多");

  struct Case {
    std::vector<Edit> edits;
    std::string_view code;
  };
  RecordId id = office.add({put("no", "1"), put("state", "draft")});
  std::uint64_t changes = office.changes();
  for (const Case& one : {
           Case{{put("no", "2"), put("state", "archived")}, "move_not_allowed"},
           Case{{put("state", "lost")}, "unknown_state"},
           Case{{put("state", "")}, "state_cleared"},
           Case{{put("no", "2"), put("cuont", "3")}, "unknown_field"},
           Case{{plus("no", "2")}, "not_a_set"},
           Case{{plus("names", " ")}, "empty_element"},
           Case{{put("no", "2"), put("编号", "3")}, "edited_twice"},
           Case{{put("no", "\xff")}, "not_utf8"},
           Case{{put("person", "110105194912310000")}, "identity_number_lost"},
       }) {
    INFO(one.code);
    CHECK(book.set(office.act(), "sample", id, one.edits).error().code == Errc::kInvalidArgument);
    CHECK(refusal_code(book) == one.code);
  }
  CHECK(book.set(office.act(), "sample", id, std::vector{put("cuont", "3")})
            .error()
            .context.find("did you mean count") != std::string::npos);
  CHECK(book.add(office.act(), "sample", {}).error().code == Errc::kInvalidArgument);
  CHECK(office.changes() == changes);
  CHECK(office.text(id, "no") == "1");
}

TEST_CASE("fields beyond the definition need to be there or allowed") {
  SampleOffice office(3);
  RecordBook book = office.book();
  std::vector<Edit> edits = {put("no", "1"), put("RSN", "77")};
  CHECK(book.add(office.act(), "sample", edits).has_error());
  RecordId id = require(book.add(office.act(), "sample", edits, {.allow_extra = true})).record;
  office.set(id, {put("RSN", "78")});
  CHECK(office.text(id, "RSN") == "78");
  CHECK(book.set(office.act(), "sample", id, std::vector{put("民族", "x")}, {.allow_extra = true})
            .has_error());
  CHECK(refusal_code(book) == "person_tag");
}

TEST_CASE("a long text is saved whole, and one that was opened before others wrote is merged") {
  SampleOffice office(5);
  const RecordId id = office.add({put("no", "A1")});
  std::string text;
  while (text.size() < 3 * 1024 * 1024) text += "同样的一行\n";
  TextDraft draft = require(office.book().open_text(id, "sample", "notes"));
  require(office.book().save_text(office.act(), draft, text));
  CHECK(office.text(id, "notes") == text);
  // The same key in another window: both are in.
  draft = require(office.book().open_text(id, "sample", "notes"));
  require(office.book().save_text(office.act(), draft, "甲窗口\n" + text));
  require(office.book().save_text(office.act(), draft, text + "乙窗口"));
  CHECK(office.text(id, "notes") == "甲窗口\n" + text + "乙窗口");
  CHECK(office.book().save_text(office.act(), draft, "\xFF").error().code ==
        Errc::kInvalidArgument);
  require(office.book().remove(office.act(), "sample", id));
  CHECK(office.book().open_text(id, "sample", "notes").error().code == Errc::kNotFound);
}

TEST_CASE("registries without a definition take no new records but keep old ones usable") {
  SampleOffice office(4);
  RecordBook book = office.book();
  std::vector<Edit> edits = {put("name", "甲")};
  for (const char* registry : {"wells", "roster", "definition", "import"}) {
    CHECK(book.add(office.act(), registry, edits).error().code == Errc::kNotFound);
  }
  RecordId id = office.replica->new_record_id();
  test::write_record(*office.replica, office.space, office.founder(), id,
                     {test::set_field("name", "乙")}, "wells");
  require(book.set(office.act(), "wells", id, edits));
  CHECK(office.text(id, "name") == "甲");
  CHECK(require(book.list("wells", {})).total == 1);
  CHECK(book.list("ponds", {}).error().code == Errc::kNotFound);
  CHECK(require(book.list("votes", {})).total == 0);
  CHECK(book.get(kRosterRecord).error().code == Errc::kNotFound);
  CHECK(book.remove(office.act(), "roster", kRosterRecord).error().code == Errc::kNotFound);
  CHECK(book.set(office.act(), "votes", id, edits).error().code == Errc::kNotFound);
}

TEST_CASE("a deleted record is hidden, refuses edits and comes back as it was") {
  SampleOffice office(5);
  RecordBook book = office.book();
  RecordId id = office.add({put("no", "1"), put("names", "张三;李四"), put("state", "draft")});
  RecordRow before = office.row(id);
  require(book.remove(office.act(), "sample", id));
  CHECK(office.row(id).is_deleted);
  CHECK_FALSE(require(book.remove(office.act(), "sample", id)).change.has_value());
  CHECK(require(book.list("sample", {})).total == 0);
  CHECK(require(book.list("sample", {.with_deleted = true})).total == 1);
  CHECK(book.set(office.act(), "sample", id, std::vector{put("no", "2")}).error().code ==
        Errc::kNotFound);
  require(book.restore(office.act(), "sample", id));
  RecordRow after = office.row(id);
  CHECK_FALSE(after.is_deleted);
  CHECK(after.values == before.values);
  CHECK_FALSE(require(book.restore(office.act(), "sample", id)).change.has_value());
}

TEST_CASE("records are found by their id or the beginning of it") {
  SampleOffice office(6);
  RecordBook book = office.book();
  RecordId a{}, b{};
  a.value = {0xab, 0xcd, 0xe1};
  b.value = {0xab, 0xcd, 0xe2};
  for (const RecordId& id : {a, b}) {
    test::write_record(*office.replica, office.space, office.founder(), id,
                       {test::set_field("no", id.hex())}, "sample");
  }
  CHECK(require(book.find(a.hex())).id == a);
  CHECK(require(book.find("ABCDE2")).id == b);
  CHECK(book.find("abcde").error().code == Errc::kConflict);
  CHECK(book.find("abcde").error().context.starts_with("2 "));
  CHECK(book.find("abcdf").error().code == Errc::kNotFound);
  CHECK(book.find("abc").error().code == Errc::kInvalidArgument);
  CHECK(book.find("张三张三").error().code == Errc::kInvalidArgument);
  CHECK(book.find("0000").error().code == Errc::kNotFound);
  CHECK(book.find(a.hex(), "votes").error().code == Errc::kNotFound);
}

TEST_CASE("random edits through the book equal a plain map") {
  unsigned seed = std::random_device{}();
  CAPTURE(seed);
  std::mt19937 random(seed);
  SampleOffice office(seed);
  std::map<RecordId, std::map<std::string, std::string>> texts;
  std::map<RecordId, std::set<std::string>> names;
  std::set<RecordId> deleted;
  std::vector<RecordId> ids;
  auto pick = [&](std::initializer_list<const char*> from) {
    return std::string(*(from.begin() + random() % from.size()));
  };
  for (int step = 0; step < 120; ++step) {
    if (ids.empty() || random() % 6 == 0) {
      std::string no = std::to_string(step);
      ids.push_back(office.add({put("no", no)}));
      texts[ids.back()]["no"] = no;
      continue;
    }
    RecordId id = ids[random() % ids.size()];
    if (random() % 5 == 0) {
      bool is_gone = deleted.contains(id);
      if (is_gone) {
        require(office.book().restore(office.act(), "sample", id));
        deleted.erase(id);
      } else {
        require(office.book().remove(office.act(), "sample", id));
        deleted.insert(id);
      }
      continue;
    }
    if (deleted.contains(id)) continue;
    std::string field = pick({"no", "phone", "on"});
    std::string text = field == "on"      ? pick({"2026-01-02", "", "2025-12-31"})
                       : field == "phone" ? pick({"13800138000", ""})
                                          : pick({"甲", "乙", "丙 丁", ""});
    std::string name = pick({"张三", "李四", "王五"});
    bool adds = random() % 2 == 0;
    office.set(id, {put(field, text), adds ? plus("names", name) : minus("names", name)});
    if (text.empty()) {
      texts[id].erase(field);
    } else {
      texts[id][field] = text;
    }
    adds ? void(names[id].insert(name)) : void(names[id].erase(name));
  }
  for (const RecordId& id : ids) {
    RecordRow row = office.row(id);
    std::map<std::string, std::string> found;
    std::set<std::string> elements;
    for (const auto& [field, value] : row.values) {
      (field == "names" ? void(elements.insert(std::get<std::string>(value)))
                        : void(found[field] = std::get<std::string>(value)));
    }
    CHECK(found == texts[id]);
    CHECK(elements == names[id]);
    CHECK(row.is_deleted == deleted.contains(id));
    CHECK_FALSE(row.has_conflict);
  }
  CHECK(require(office.book().list("sample", {})).total == ids.size() - deleted.size());
}
