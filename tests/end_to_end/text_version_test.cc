// SPDX-License-Identifier: Apache-2.0
//
// Versions of a text as people copy them: what somebody was shown is what they confirm and write
// on, also when an act of the roster takes words out of it afterwards, or puts them back.
#include "tests/support/reading_desks.h"

namespace cunju::test {
namespace {

/// The colleague's words below another clerk's, and the village's beside them. No witness has heard
/// of them, so the village alone may take them out.
struct RestingDesks : ReadingDesks {
  RestingDesks() {
    invite(c, "clerk");
    share();
    before = words();
    field = Desk::text_of(item(a), "item");
    edit(b, before + "乙：不同意。\n");
    exchange(b, c);
    edit(c, before + "乙：不同意。\n丙：附议。\n");
    edit(a, "（王主任主持）" + before);
    share();
    key_of_b = Desk::text_of(
        b.json({"status"}).front().at("own_logs").as_array().front().as_object(), "author");
  }
  /// Until the clerks have the same.
  void share() {
    for (int round = 0; round < 2; ++round) {
      exchange(a, b);
      exchange(a, c);
    }
    REQUIRE(a.state_hash() == c.state_hash());
  }
  void exchange(const Desk& serving, const Desk& coming) {
    auto server = serving.serve();
    coming.run({"sync", server->wait_until_listening()});
    CHECK(server->stop() == 0);
  }
  /// The colleague's words are taken out, and the other clerk hears of it.
  void revoke() {
    a.run({"key", "revoke", key_of_b, "--keep", "0", "--yes"});
    exchange(a, c);
  }
  Words confirming(const std::string& version) {
    return {"text", "confirm", "minutes", id, field, "--version", version};
  }
  /// Writes that to the file and sets the text from it.
  Words setting(const std::string& text, const std::string& version) {
    std::ofstream(file) << text;
    return {"text", "set", "minutes", id, field, file, "--version", version};
  }
  std::string text_at(const Desk& desk, const std::string& version) {
    return Desk::text_of(
        desk.json({"text", "show", "minutes", id, field, "--version", version}).front(), "text");
  }

  Desk c{folder, "second", OpenedBy::kKeyFile};
  std::string before, field, key_of_b, file = (folder / "work.txt").string();
};

bool is_marked(const std::string& version) { return version.find('-') != std::string::npos; }

}  // namespace

TEST_CASE("What was read is not confirmed nor written on after words were taken out of it",
          "[minutes]") {
  RestingDesks desks;
  const std::string read = desks.version(desks.c);
  CHECK_FALSE(is_marked(read));
  desks.revoke();
  const std::string now = Desk::text_of(desks.item(desks.c), "text");
  REQUIRE(now == "（王主任主持）" + desks.before + "\n丙：附议。");
  CHECK(has(desks.c.run(desks.confirming(read), 6).err, "名册有变"));
  CHECK(desks.item(desks.c).at("merged").as_bool());
  const std::string typed = "（王主任主持）" + desks.before + "乙：不同意。\n丙：附议。\n完。\n";
  CHECK(has(desks.c.run(desks.setting(typed, read), 6).err, "没有写入"));
  CHECK(Desk::text_of(desks.item(desks.c), "text") == now);
  CHECK(read_text_file(desks.file) == typed);

  // The same heads now have another name, in every place that prints one, and no other name fits.
  const std::string version = desks.version(desks.c);
  REQUIRE(is_marked(version));
  CHECK(version.substr(0, version.find('-')) == read);
  const auto shown = desks.c.json({"text", "show", "minutes", desks.id, desks.field}).front();
  CHECK(Desk::text_of(shown, "version") == version);
  CHECK(Desk::text_of(desks.c.json({"conflicts"}).front(), "version") == version);
  const std::string mark = version.substr(version.find('-'));
  for (const Words& words : {Words{"minutes", "show", desks.id}, Words{"conflicts"},
                             Words{"text", "show", "minutes", desks.id, desks.field}})
    CHECK(has(desks.c.run(words).out, mark));
  std::string other = version;
  other.back() = other.back() == '0' ? '1' : '0';
  desks.c.run(desks.confirming(other), 6);
  desks.c.run(desks.confirming(version.substr(0, version.size() - 1)), 2);
  desks.c.run({"minutes", "show", desks.id, "--version", other}, 6);

  const bool from_conflicts = GENERATE(true, false);
  const std::string out =
      desks.c.run(from_conflicts ? Words{"conflicts"} : Words{"minutes", "show", desks.id}).out;
  desks.run_printed(desks.c, ReadingDesks::printed(out, "text confirm"));
  CHECK_FALSE(desks.item(desks.c).at("merged").as_bool());
  CHECK(Desk::text_of(desks.item(desks.c), "text") == now);
}

TEST_CASE("What was read is not confirmed nor written on after words were put back into it",
          "[minutes]") {
  RestingDesks desks;
  desks.revoke();
  const std::string read = desks.version(desks.c);
  REQUIRE(is_marked(read));
  desks.a.run({"late", "admit", "all", "--yes"});
  desks.exchange(desks.a, desks.c);
  REQUIRE(has(Desk::text_of(desks.item(desks.c), "text"), "乙：不同意。"));
  CHECK(has(desks.c.run(desks.confirming(read), 6).err, "名册有变"));
  desks.c.run(desks.setting("完。\n", read), 6);
  desks.c.run({"text", "show", "minutes", desks.id, desks.field, "--version", read}, 6);
  CHECK(desks.item(desks.c).at("merged").as_bool());
  desks.c.run(desks.confirming(desks.version(desks.c)));
}

TEST_CASE("A version is told and written on as it was shown when others have written since",
          "[minutes]") {
  RestingDesks desks;
  desks.revoke();
  const std::string read = desks.version(desks.c);
  const std::string now = Desk::text_of(desks.item(desks.c), "text");
  desks.edit(desks.a, now + "甲后写。\n");
  desks.exchange(desks.a, desks.c);
  CHECK(desks.text_at(desks.c, read) == now);
  CHECK(Desk::text_of(desks.item(desks.c, {"--version", read}), "version") == read);
  CHECK(Desk::text_of(desks.item(desks.c, {"--version", read}), "text") == now);
  const std::string latest = desks.version(desks.c);
  for (const auto& edit : desks.c.json({"minutes", "diff", desks.id, read, latest}))
    CHECK(Desk::text_of(edit, "added") == "甲后写。");
  desks.c.run(desks.setting(now + "丙又写。\n", read));
  const std::string words = Desk::text_of(desks.item(desks.c), "text");
  CHECK(has(words, "丙又写。"));
  CHECK(has(words, "甲后写。"));
  CHECK_FALSE(has(words, "乙"));
  desks.exchange(desks.a, desks.c);
  desks.a.run({"late", "admit", "all", "--yes"});
  const std::string admitted = desks.words();
  const std::size_t at = admitted.find("乙：不同意。");
  REQUIRE(at != std::string::npos);
  CHECK(admitted.find("乙：不同意。", at + 1) == std::string::npos);
}

TEST_CASE("Nobody writes on a late version, whose words would not be in the text", "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words(), field = Desk::text_of(desks.item(desks.a), "item");
  desks.edit(desks.b, before + "乙：迟到的话。\n");
  desks.a.run({"member", "end", "文书", "--role", "clerk", "--yes"});
  desks.sync_all();
  const std::string change = Desk::text_of(desks.a.json({"late", "list"}).front(), "change");
  const std::string file = (desks.folder / "work.txt").string();
  const std::string typed = before + "乙：迟到的话。\n甲照着写。\n";
  std::ofstream(file) << typed;
  const RunResult refused =
      desks.a.run({"text", "set", "minutes", desks.id, field, file, "--version", change}, 2);
  CHECK(has(refused.err, "迟到"));
  CHECK(has(refused.err, "没有写入"));
  CHECK(has(refused.err, "late list"));
  CHECK(desks.words() == before);
  CHECK(read_text_file(file) == typed);
  desks.a.run({"text", "show", "minutes", desks.id, field, "--version", change});
}

}  // namespace cunju::test
