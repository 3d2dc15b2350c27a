// SPDX-License-Identifier: Apache-2.0
//
// Minutes that two clerks write at once, with the program and an editor.
#include "tests/support/minutes_desks.h"

namespace cunju::test {

TEST_CASE("Two clerks write one agenda item at once: merged, marked, read and confirmed",
          "[minutes]") {
  MinutesDesks desks;
  desks.edit(desks.a, "讨论路灯维修。\n大家同意先修三盏。\n费用从集体经费出。\n");
  desks.edit(desks.b, "（王主任主持）讨论路灯维修。\n大家同意先修三盏。\n");
  desks.sync_all();
  const std::string merged = "（王主任主持）讨论路灯维修。\n大家同意先修三盏。\n费用从集体经费出。";
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    const auto item = desks.item(*desk, {"--blame"});
    CHECK(Desk::text_of(item, "text").starts_with(merged));
    CHECK(item.at("merged").as_bool());
    std::set<std::string> authors;
    std::string spans;
    for (const auto& span : item.at("blame").as_array()) {
      authors.insert(Desk::text_of(span.as_object(), "author"));
      spans += Desk::text_of(span.as_object(), "text");
    }
    CHECK(authors.size() == 2);
    CHECK(spans == Desk::text_of(item, "text"));
    const auto conflicts = desk->json({"conflicts"});
    REQUIRE(conflicts.size() == 1);
    // The merged text, and both versions beside it.
    const auto& candidates = conflicts[0].at("candidates").as_array();
    REQUIRE(candidates.size() == 3);
    CHECK(Desk::text_of(candidates[0].as_object(), "value") == Desk::text_of(item, "text"));
    for (std::size_t i : {1, 2})
      CHECK_FALSE(Desk::text_of(candidates[i].as_object(), "value").starts_with(merged));
  }
  desks.confirm(desks.b, desks.version(desks.b));
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CHECK_FALSE(desks.item(*desk).at("merged").as_bool());
    CHECK(desk->json({"conflicts"}).empty());
  }
  const std::string out = (desks.folder / "export").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
}

TEST_CASE("What arrives after a merged item was shown is not confirmed with it", "[minutes]") {
  MinutesDesks desks;
  desks.edit(desks.a, "讨论路灯维修。\n大家同意先修三盏。\n费用从集体经费出。\n");
  desks.edit(desks.b, "（王主任主持）讨论路灯维修。\n大家同意先修三盏。\n");
  desks.sync_all();
  const std::string both = Desk::text_of(desks.item(desks.b), "text");
  desks.edit(desks.b, both + "乙又写了一句。\n");
  const std::string shown = desks.version(desks.b);
  // The words for people name the same version, ready to be copied.
  const std::string printed = desks.b.run({"minutes", "show", desks.id}).out;
  const std::size_t at = printed.find("--version ");
  REQUIRE(at != std::string::npos);
  CHECK(shown.starts_with(printed.substr(at + 10, 12)));
  desks.edit(desks.a, "没有人读过的一句。\n" + both);
  desks.sync_all();
  desks.b.run({"text", "confirm", "minutes", desks.id, "item.0001.x"}, 2);
  desks.confirm(desks.b, shown);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o})
    CHECK(desks.item(*desk).at("merged").as_bool());
  desks.confirm(desks.b, desks.version(desks.b));
  desks.sync_all();
  CHECK_FALSE(desks.item(desks.o).at("merged").as_bool());
}

TEST_CASE("A text that is no agenda item is marked, shown and confirmed by the same verbs",
          "[minutes]") {
  MinutesDesks desks;
  auto write = [&](const Desk& desk, const std::string& text) {
    const std::string file = (desks.folder / "written.txt").string();
    std::ofstream(file) << text;
    desk.run({"text", "set", "minutes", desks.id, "discussion", file});
  };
  write(desks.a, "张三发言。\n");
  desks.sync_all();
  write(desks.a, "张三发言。\n李四发言。\n");
  write(desks.b, "主持人开场。\n张三发言。\n");
  desks.sync_all();
  const auto texts = desks.a.json({"minutes", "show", desks.id});
  REQUIRE(texts.size() == 2);
  CHECK(Desk::text_of(texts[0], "item") == "discussion");
  CHECK(texts[0].at("merged").as_bool());
  const auto conflicts = desks.a.json({"conflicts"});
  REQUIRE(conflicts.size() == 1);
  CHECK(Desk::text_of(conflicts[0], "version") == Desk::text_of(texts[0], "version"));
  desks.a.run({"settle", "minutes", desks.id, "discussion", "--take", "1"}, 2);
  const std::string side =
      Desk::text_of(conflicts[0].at("candidates").as_array()[1].as_object(), "change");
  desks.a.run({"text", "confirm", "minutes", desks.id, "讨论情况", "--version",
               Desk::text_of(conflicts[0], "version"), "--take", side});
  desks.sync_all();
  CHECK(desks.b.json({"conflicts"}).empty());
  CHECK(desks.b.field("minutes", desks.id, "discussion") ==
        Desk::text_of(conflicts[0].at("candidates").as_array()[1].as_object(), "value"));
}

TEST_CASE("A version shows the agenda that it had", "[minutes]") {
  MinutesDesks desks;
  const std::string first = desks.version(desks.a);
  desks.edit(desks.a, "第二个议题：绿化。\n", {"--item", "new"});
  const std::string second =
      Desk::text_of(desks.a.json({"minutes", "show", desks.id}).front(), "version");
  // Nothing is left of the first item, so the second is now number one.
  desks.edit(desks.a, "", {"--item", "1", "--clear"});
  const std::string third = desks.version(desks.a);
  CHECK(Desk::text_of(desks.item(desks.a), "text").starts_with("第二个议题"));

  auto at_first = desks.a.json({"minutes", "show", desks.id, "--version", first});
  REQUIRE(at_first.size() == 1);
  CHECK(Desk::text_of(at_first[0], "text").starts_with("讨论路灯"));
  auto at_second = desks.a.json({"minutes", "show", desks.id, "--version", second, "--item", "1"});
  REQUIRE(at_second.size() == 1);
  CHECK(Desk::text_of(at_second[0], "text").starts_with("讨论路灯"));
  CHECK(desks.a.json({"minutes", "show", desks.id, "--version", second}).size() == 2);
  desks.a.run({"minutes", "show", desks.id, "--version", first, "--item", "2"}, 3);

  const auto gone = desks.a.json({"minutes", "diff", desks.id, second, third});
  REQUIRE(gone.size() == 1);
  CHECK(Desk::text_of(gone[0], "removed").starts_with("讨论路灯"));
  const std::string words = desks.a.run({"minutes", "diff", desks.id, first, third}).out;
  CHECK(words.find("议题 1（已删去）") != std::string::npos);
  CHECK(words.find("+ 第二个议题") != std::string::npos);
}

TEST_CASE("A failed editor leaves a file exactly when something was typed", "[minutes]") {
  MinutesDesks desks;
  CHECK(desks.edit_by(desks.a, "exit 3\n").exit_code == 7);
  CHECK(desks.left(desks.a).empty());
  // Only the editor's own file beside the text has it.
  const std::string swap = "echo typed > \"$(dirname \"$1\")/.minutes.txt.swp\"\nexit 1\n";
  CHECK(desks.edit_by(desks.a, swap).exit_code == 7);
  CHECK(desks.left(desks.a).size() == 1);
}

TEST_CASE("An editor that fails or is killed loses nothing of what was typed", "[minutes]") {
  // How the script ends behind the typing, and whether the text is thrown away afterwards.
  const auto [ending, kills_program, discards] =
      GENERATE(table<std::string, bool, bool>({{"exit 1\n", false, true},
                                               {"kill -9 $$\n", false, false},
                                               {"p=$$\nuntil grep -q ^cunju /proc/$p/comm; do\n"
                                                "  p=$(sed -n 's/^PPid:[[:space:]]*//p' "
                                                "/proc/$p/status)\ndone\nkill -9 $p\n",
                                                true, false}}));
  CAPTURE(ending);
  MinutesDesks desks;
  const std::string before = Desk::text_of(desks.item(desks.a), "text");
  const RunResult failed = desks.edit_by(desks.a, "echo 打了一个小时的字 >> \"$1\"\n" + ending);
  CHECK((kills_program ? failed.signal == 9 : failed.exit_code == 7));
  REQUIRE(desks.left(desks.a).size() == 1);
  const std::filesystem::path folder = desks.left(desks.a).front();
  const std::string file = (folder / "minutes.txt").string();
  CHECK(read_text_file(file) == before + "打了一个小时的字\n");
  using std::filesystem::perms;
  CHECK((std::filesystem::status(folder).permissions() & perms::all) == perms::owner_all);
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    CHECK((entry.status().permissions() & perms::all) == (perms::owner_read | perms::owner_write));
  if (!kills_program) {
    CHECK(failed.err.find(file) != std::string::npos);
    CHECK(failed.err.find("--continue") != std::string::npos);
  }
  CHECK(Desk::text_of(desks.item(desks.a), "text") == before);

  // The next edit of that item says so and touches nothing; others go on.
  const RunResult refused = desks.edit(desks.a, "别的内容\n", {}, 6);
  for (const char* word : {"--continue", "--discard"})
    CHECK(refused.err.find(word) != std::string::npos);
  CHECK(refused.err.find(file) != std::string::npos);
  CHECK(read_text_file(file) == before + "打了一个小时的字\n");
  desks.edit(desks.a, "另一个议题\n", {"--item", "new"});
  // Meanwhile somebody else writes in the item; both are in.
  desks.edit(desks.b, "乙写的。\n" + before);
  desks.sync_all();
  if (discards) {
    desks.a.run({"minutes", "edit", desks.id, "--item", "1", "--discard"});
  } else {
    desks.edit_by(desks.a, "echo 接着写的 >> \"$1\"\n", {"--item", "1", "--continue"});
  }
  CHECK(Desk::text_of(desks.item(desks.a, {"--item", "1"}), "text") ==
        "乙写的。\n" + before + (discards ? "" : "打了一个小时的字\n接着写的"));
  CHECK(desks.left(desks.a).empty());
  CHECK(desks.edit_by(desks.a, "exit 0\n", {"--item", "1", "--continue"}).exit_code == 3);
  desks.edit(desks.a, "又能写了\n", {"--item", "1"});
}

TEST_CASE("A new item that was not saved is found again, and one that was saved is not kept twice",
          "[minutes]") {
  MinutesDesks desks;
  desks.edit_by(desks.a, "echo 新议题 > \"$1\"\nexit 1\n", {"--item", "new"});
  REQUIRE(desks.left(desks.a).size() == 1);
  desks.edit(desks.a, "讨论路灯维修。\n", {"--item", "1"});
  desks.edit(desks.a, "再来一个\n", {"--item", "new"}, 6);
  // As a crash between saving and removing the file leaves it.
  const std::filesystem::path folder = desks.left(desks.a).front(), copy = desks.folder / "copy";
  std::filesystem::copy(folder, copy);
  CHECK(desks.edit_by(desks.a, "exit 0\n", {"--item", "new", "--continue"}).exit_code == 0);
  CHECK(desks.left(desks.a).empty());
  std::filesystem::copy(copy, folder);
  desks.edit_by(desks.a, "exit 0\n", {"--item", "2"});
  CHECK(desks.left(desks.a).empty());
  CHECK(Desk::text_of(desks.item(desks.a, {"--item", "2"}), "text") == "新议题");
}

TEST_CASE("What can't be saved as an edit of an older text is put into the present one",
          "[minutes]") {
  MinutesDesks desks;
  const std::string before = Desk::text_of(desks.item(desks.a), "text");
  const Words go_on{"--item", "1", "--continue"};
  SECTION("since a colleague wrote before something that this clerk saved elsewhere") {
    // While the editor is open: saving is refused, and going on is not.
    const std::string typing = "printf '\\n甲写了一个小时。\\n' >> \"$1\"\n";
    CHECK(desks.edit_by(desks.a, typing + "exit 1\n").exit_code == 7);
    desks.edit(desks.b, "乙：插话。\n" + before);
    desks.sync_all();
    desks.a.run({"set", "minutes", desks.id, "place=村部"});
    const std::string both = "乙：插话。\n" + before + "\n甲写了一个小时。";
    // The editor has both, an accident in it loses neither, and nothing is put in twice.
    const std::string reading =
        "grep -q 乙：插话 \"$1\" && grep -q 甲写了一个小时 \"$1\" || exit 9\n";
    const RunResult failed = desks.edit_by(desks.a, reading + "exit 1\n", go_on);
    CHECK(failed.exit_code == 7);
    CHECK(failed.err.find("已并入") != std::string::npos);
    REQUIRE(desks.left(desks.a).size() == 1);
    CHECK(read_text_file((desks.left(desks.a).front() / "minutes.txt").string()) == both);
    CHECK(Desk::text_of(desks.item(desks.a), "text") == "乙：插话。\n" + before);
    CHECK(desks.edit_by(desks.a, reading, go_on).exit_code == 0);
    CHECK(Desk::text_of(desks.item(desks.a), "text") == both);
    // Whoever saved it has read it.
    CHECK_FALSE(desks.item(desks.a).at("merged").as_bool());
  }
  SECTION("since words that it was made from were taken out") {
    desks.edit(desks.b, before + "\n乙：不同意。\n");
    // No witness has heard of it, so the village alone may take it out.
    desks.sync_colleague();
    CHECK(desks.edit_by(desks.a, "echo 甲又写。 >> \"$1\"\nexit 1\n").exit_code == 7);
    const std::string key = Desk::text_of(
        desks.b.json({"status"}).front().at("own_logs").as_array().front().as_object(), "author");
    desks.a.run({"key", "revoke", key, "--keep", "0", "--yes"});
    CHECK(desks.edit_by(desks.a, "grep -q 不同意 \"$1\" && exit 9\nexit 0\n", go_on).exit_code ==
          0);
    const std::string text = Desk::text_of(desks.item(desks.a), "text");
    CHECK(text.starts_with(before));
    CHECK(text.find("甲又写。") != std::string::npos);
    CHECK(text.find("不同意") == std::string::npos);
  }
  CHECK(desks.left(desks.a).empty());
}

TEST_CASE("Every version of an item can be read again and compared", "[minutes]") {
  MinutesDesks desks;
  desks.edit(desks.a, "讨论路灯维修。\n大家同意先修五盏。\n");
  std::vector<std::string> versions;
  for (const auto& change : desks.a.json({"history", "minutes", desks.id}))
    versions.push_back(Desk::text_of(change, "change"));
  REQUIRE(versions.size() == 3);
  CHECK(Desk::text_of(desks.item(desks.a, {"--version", versions[1]}), "text").find("三盏") !=
        std::string::npos);
  const auto edits = desks.a.json({"minutes", "diff", desks.id, versions[1], versions[2]});
  REQUIRE(edits.size() == 1);
  CHECK(Desk::text_of(edits[0], "removed") == "三");
  CHECK(Desk::text_of(edits[0], "added") == "五");
  desks.a.run({"minutes", "show", desks.id, "--version", "ffffffff"}, 3);
}

TEST_CASE("Final minutes take no edits, and one that comes later is kept and not shown",
          "[minutes]") {
  MinutesDesks desks;
  const std::string before = Desk::text_of(desks.item(desks.a), "text");
  desks.a.run({"set", "minutes", desks.id, "state=checked"});
  desks.a.run({"set", "minutes", desks.id, "state=final"});
  desks.edit(desks.b, "乙没有看到定稿，又写了一句。\n" + before);
  RunResult refused = desks.edit(desks.a, "甲想改定稿。\n" + before, {}, 6);
  // In the person's language only.
  CHECK(refused.err.find("已经定稿") != std::string::npos);
  CHECK(refused.err.find("final") == std::string::npos);
  refused = desks.a.run({"minutes", "edit", desks.id, "--lang", "en"}, 6);
  CHECK(refused.err.find("final") != std::string::npos);
  CHECK(refused.err.find("定稿") == std::string::npos);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const auto item = desks.item(*desk);
    CHECK(Desk::text_of(item, "text") == before);
    CHECK(Desk::number_of(item, "late") == 1);
    CHECK_FALSE(item.at("merged").as_bool());
  }
  desks.b.run({"set", "minutes", desks.id, "discussion=再写"}, 2);
}

TEST_CASE("A text is set from a file, and a failed save keeps what was typed", "[minutes]") {
  MinutesDesks desks;
  const std::string file = (desks.folder / "discussion.txt").string();
  std::ofstream(file) << "\xEF\xBB\xBF第一行\r\n第二行\r\n";
  desks.a.run({"text", "set", "minutes", desks.id, "讨论情况", file});
  CHECK(desks.a.field("minutes", desks.id, "discussion") == "第一行\n第二行");
  desks.a.run({"text", "set", "minutes", desks.id, "title", file}, 2);
  std::ofstream(file) << "\xFF\xFE not text";
  desks.a.run({"text", "set", "minutes", desks.id, "discussion", file}, 2);
  CHECK(desks.a.field("minutes", desks.id, "discussion") == "第一行\n第二行");

  RunResult refused = desks.edit(desks.a, "坏字节\xFF\n", {}, 2);
  const std::size_t at = refused.err.find(desks.a.home());
  REQUIRE(at != std::string::npos);
  const std::string kept = refused.err.substr(at, refused.err.find('\n', at) - at);
  CHECK(read_text_file(kept) == "坏字节\xFF\n");
  // Nothing else is left lying about.
  std::size_t folders = 0;
  for (const auto& entry : std::filesystem::directory_iterator(desks.a.home()))
    folders += entry.path().filename().string().starts_with("edit-") ? 1 : 0;
  CHECK(folders == 1);
}

}  // namespace cunju::test
