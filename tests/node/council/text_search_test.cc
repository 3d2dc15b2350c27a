// SPDX-License-Identifier: Apache-2.0
// A text is searched for a person in every version that anybody had, typed words that were taken
// out again among them.
#include "node/council/text_search.h"

#include <random>

#include "crdt/types/text/text_edits_codec.h"
#include "node/registry/text_reading.h"
#include "tests/node/registry/book_fixture.h"
#include "tests/node/registry/person_sample.h"
#include "tests/support/number_from.h"

using namespace cunju;
using namespace cunju::registry;
using namespace cunju::registry::testing;
using council::TextSighting;
using test::require;

namespace {

constexpr std::string_view kNotes = R"(format = 1
id = "notes"
version = 1
label = "记事"
[[field]]
id = "no"
label = "编号"
[[field]]
id = "body"
label = "正文"
kind = "text"
[[field]]
id = "state"
kind = "state"
label = "状态"
initial = ["open"]
states = [ { code = "open", zh = "开", to = ["done"] }, { code = "done", zh = "定稿", frozen = true, to = ["open"] } ]
)";

struct Desks : OfficeAndDesk {
  RecordId id;
  Desks() : OfficeAndDesk(kNotes) {
    office.open(village.space);
    id = require(office.book().add(office.act(village.founder), "notes",
                                   std::vector<Edit>{put("no", "1"), put("state", "open")}))
             .record;
    sync();
  }
  void type(Office& at, const test::Person& by, std::string_view text) {
    const auto draft = require(at.book().open_text(id, "notes", "body"));
    require(at.book().save_text(at.act(by), draft, text));
  }
  void type(std::string_view text) { type(office, village.founder, text); }
  /// One edit as any program may sign it: `text_diff.h` would write whole words anew.
  void edit(Office& at, const test::Person& by, const TextEdit& edit) {
    TextEdits edits;
    REQUIRE(edits.add(edit));
    test::write_record(*at.replica, village.space, by, id,
                       {make_operation(OperationKind::kTextEdit, "body", encode_text_edits(edits))},
                       "notes");
  }
  std::size_t length(Office& at) {
    return require(at.book().open_text(id, "notes", "body")).before.size();
  }
  std::vector<TextChange> changes(Office& at) {
    return require(at.replica->text_changes(village.space, id));
  }
  TextSighting search(const PersonQuery& who) {
    return council::search_texts(who, "notes", changes(office));
  }
};

/// What search_texts() has to find, looked for the dear way: in each version by itself.
bool is_in_any_version(const PersonQuery& who, std::span<const TextChange> changes) {
  PersonSight sight(who);
  for (const TextChange& change : changes) {
    sight.look(require(text_at_version("body", "notes", changes, {{change.id}})));
    const TextWrite write = read_text_write("body", change.operations);
    if (write.edits_text) sight.look(write.edits.text());
  }
  sight.look(require(text_at_version("body", "notes", changes, {})));
  return sight.is_mentioned();
}

}  // namespace

TEST_CASE("words that were typed and taken out again are found, and so are those of pieces") {
  Desks all;
  all.type("调解记录");
  CHECK(all.search(kWu) == TextSighting::kNone);
  SECTION("a number that stood there for one save") {
    all.type("调解记录，证号11010519491231002x");
    all.type("调解记录");
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a number that was typed in three pieces, with something wrong between them") {
    all.type("证号1101051949错了002X");
    all.type("证号1101051949002X");
    all.type("证号110105194912 31002X");
    all.type("证号");
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a number that was written with hyphens, within a word") {
    all.type("证号1101051949-12-31-002X号");
    all.type("证号");
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a number that was whole only when what parted it was taken out") {
    Office& at = all.office;
    const test::Person& by = all.village.founder;
    all.edit(at, by, {.position = 0, .erased = 0, .inserted = "110105194xx91231002X"});
    CHECK(all.search(kWu) == TextSighting::kNone);
    all.edit(at, by, {.position = 9, .erased = 2, .inserted = {}});
    all.edit(at, by, {.position = 0, .erased = 5, .inserted = {}});
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a name in one version and the telephone in another") {
    all.type("来人叫吴小兰");
    all.type("来人");
    CHECK(all.search(kWu) == TextSighting::kNone);
    all.type("来人的电话１３８ ００００ ００００");
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a name in one version and the telephone in another, both typed in pieces") {
    Office& at = all.office;
    const test::Person& by = all.village.founder;
    all.edit(at, by, {.position = 0, .erased = 4, .inserted = "吴"});
    all.edit(at, by, {.position = 1, .erased = 0, .inserted = "小兰"});
    all.edit(at, by, {.position = 0, .erased = 3, .inserted = {}});
    all.edit(at, by, {.position = 0, .erased = 0, .inserted = "138"});
    CHECK(all.search(kWu) == TextSighting::kNone);
    all.edit(at, by, {.position = 3, .erased = 0, .inserted = "00000000"});
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("a name alone is nobody's") {
    all.type("吴小兰");
    all.type("");
    CHECK(all.search(kWu) == TextSighting::kNone);
  }
}

TEST_CASE("a branch that somebody wrote apart is searched, and what came too late for the text") {
  Desks all;
  all.type("一、");
  all.sync();
  all.type("一、二、");
  all.type(all.desk, all.li, "一、11010519491231002X");
  all.type(all.desk, all.li, "一、三、");
  SECTION("merged") {
    all.sync();
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
  SECTION("late for a text that is final") {
    require(all.office.book().set(all.office.act(all.village.founder), "notes", all.id,
                                  std::vector<Edit>{put("state", "done")}));
    all.sync();
    CHECK(all.search(kWu) == TextSighting::kMentioned);
  }
}

TEST_CASE("a number that only a merge put together is found before anybody writes on") {
  std::size_t merged = 0;
  for (const bool swaps : {false, true}) {
    Desks all;
    all.type("No");
    all.sync();
    const std::string first = "110105194", second = "91231002X";
    all.edit(all.office, all.village.founder,
             {.position = 2, .erased = 0, .inserted = swaps ? second : first});
    all.edit(all.desk, all.li, {.position = 2, .erased = 0, .inserted = swaps ? first : second});
    all.sync();
    const std::string now = require(all.office.book().open_text(all.id, "notes", "body")).before;
    const bool is_whole = now == "No" + first + second;
    CHECK((all.search(kWu) == TextSighting::kMentioned) == is_whole);
    merged += is_whole ? 1 : 0;
  }
  CHECK(merged == 1);
}

TEST_CASE("a number that stood whole on a branch only is found when others wrote beside it") {
  Desks all;
  all.edit(all.office, all.village.founder, {.position = 0, .erased = 0, .inserted = "abc"});
  all.sync();
  // Here one half of it, there the other, typed in two edits around what was there.
  all.edit(all.desk, all.li, {.position = 3, .erased = 0, .inserted = "91231002X"});
  all.edit(all.office, all.village.founder, {.position = 0, .erased = 0, .inserted = "z"});
  all.edit(all.office, all.village.founder, {.position = 1, .erased = 0, .inserted = "y"});
  all.edit(all.desk, all.li, {.position = 0, .erased = 3, .inserted = "110105194"});
  all.edit(all.desk, all.li, {.position = 0, .erased = 12, .inserted = {}});
  all.sync();
  CHECK(all.search(kWu) == TextSighting::kMentioned);
}

TEST_CASE("whatever is typed, apart and together, a search finds what stood in any version") {
  // Short words, so that pieces of them meet by chance.
  const PersonQuery who{.identity = "1221", .name = "ab", .phone = "31"};
  const std::uint64_t first = test::number_from("CUNJU_FIRST_SEED", 1);
  constexpr const char* kPieces[] = {"1", "2", "12", "a", "b", "3", " ", "x", "21"};
  std::size_t found = 0, missed = 0;
  for (std::uint64_t seed = first; seed < first + test::number_from("CUNJU_SEEDS", 40); ++seed) {
    CAPTURE(seed);
    std::mt19937_64 dice(seed);
    Desks all;
    for (int step = 0; step < 14; ++step) {
      Office& at = dice() % 2 == 0 ? all.office : all.desk;
      const test::Person& by = &at == &all.office ? all.village.founder : all.li;
      const std::size_t length = all.length(at);
      const std::size_t place = length == 0 ? 0 : dice() % length;
      const std::string piece = dice() % 4 == 0 ? "" : kPieces[dice() % std::size(kPieces)];
      const std::size_t erased = piece.empty() ? 1 + dice() % 3 : dice() % 2;
      if (length == 0 && piece.empty()) continue;
      all.edit(at, by, {.position = place, .erased = erased, .inserted = piece});
      if (dice() % 4 == 0) all.sync();
    }
    all.sync();
    const std::vector<TextChange> changes = all.changes(all.office);
    const bool is_there = is_in_any_version(who, changes);
    const bool is_seen = council::search_texts(who, "notes", changes) == TextSighting::kMentioned;
    // Between two runs of one change it sees what nobody had; so it may see more, and not less.
    if (is_there) CHECK(is_seen);
    found += is_there ? 1 : 0;
    missed += is_seen ? 0 : 1;
  }
  CHECK(missed > 0);
  CHECK(found > 0);
}
