// SPDX-License-Identifier: Apache-2.0
//
// What nobody may lose of a text, and nobody may be misled about: what came after it was final,
// what met in a merge, and what the program says about it.
#include <set>

#include "tests/support/reading_desks.h"

namespace cunju::test {

TEST_CASE("What comes after minutes are final is read by plain commands on every desk",
          "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words();
  desks.make_final(desks.a);
  desks.edit(desks.b, "乙没有看到定稿，又写了一句。\n" + before);
  desks.sync_all();
  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CAPTURE(desk->home());
    const auto late = desk->json({"late", "list"});
    REQUIRE(late.size() == 1);
    CHECK(Desk::text_of(late[0], "record") == desks.id);
    CHECK(Desk::text_of(late[0], "field") == field);
    CHECK(Desk::text_of(late[0], "inserted") == "乙没有看到定稿，又写了一句。\n");
    const std::string change = Desk::text_of(late[0], "change");
    const std::string whole = "乙没有看到定稿，又写了一句。\n" + before;
    CHECK(Desk::text_of(desks.item(*desk, {"--version", change}), "text") == whole);
    const auto shown =
        desk->json({"text", "show", "minutes", desks.id, field, "--version", change});
    CHECK(Desk::text_of(shown.front(), "text") == whole);
    // The text as it is now says that there is more.
    CHECK(Desk::text_of(desks.item(*desk), "text") == before);
    CHECK(desks.item(*desk).at("late_edits").as_array().size() == 1);
    CHECK(Desk::number_of(desk->json({"status"}).front(), "late_texts") == 1);
    CHECK(has(desk->run({"status"}).out, "定稿后到的文字 1 份"));
    std::size_t marked = 0;
    for (const auto& entry : desk->json({"history", "minutes", desks.id}))
      marked += entry.at("late_texts").as_array().size();
    CHECK(marked == 1);
    CHECK(has(desk->run({"history", "minutes", desks.id}).out, "定稿后到达"));
    CHECK(has(desk->run({"history", "minutes", desks.id, "--lang", "en"}).out, "late"));
    for (const Words& words : {Words{"late"}, Words{"minutes", "show", desks.id},
                               Words{"history", "minutes", desks.id}}) {
      const std::string command = ReadingDesks::printed(desk->run(words).out, "text show");
      CHECK(has(desks.run_printed(*desk, command).out, "乙没有看到定稿"));
    }
  }
}

TEST_CASE("Minutes that two people made final apart show what each of them made final",
          "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words();
  desks.edit(desks.b, before + "由丙施工。\n");
  desks.make_final(desks.a);
  desks.make_final(desks.b);
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    std::set<std::string> sides;
    for (const auto& row : desk->json({"conflicts"})) {
      if (!Desk::text_of(row, "field").starts_with("item.")) continue;
      const auto& candidates = row.at("candidates").as_array();
      for (std::size_t i = 1; i < candidates.size(); ++i)
        sides.insert(Desk::text_of(candidates[i].as_object(), "value"));
    }
    CHECK(sides.size() == 2);
    CHECK(sides.contains(before));
  }
  const std::string out = desks.a.run({"conflicts"}).out;
  // Final texts can't be made to say what one side says, but they can be opened again.
  CHECK_FALSE(has(out, "--take 和"));
  SECTION("and put together") {
    const std::string shown = desks.a.run({"minutes", "show", desks.id}).out;
    desks.run_printed(desks.a, ReadingDesks::printed(shown, "set minutes"));
    CHECK(has(desks.words(), "由丙施工。"));
    desks.a.run({"set", "minutes", desks.id, "state=final"});
    // What somebody has read is final for good.
    desks.a.run({"set", "minutes", desks.id, "state=checked"}, 2);
    return;
  }
  desks.run_printed(desks.a, ReadingDesks::printed(out, "text confirm"));
  CHECK_FALSE(desks.item(desks.a).at("merged").as_bool());
}

TEST_CASE("Two people who confirm a merge apart have both read it", "[minutes]") {
  ReadingDesks desks;
  desks.meet();
  desks.confirm(desks.a, desks.version(desks.a));
  desks.confirm(desks.b, desks.version(desks.b));
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CHECK_FALSE(desks.item(*desk).at("merged").as_bool());
    CHECK(desk->json({"conflicts"}).empty());
  }
}

TEST_CASE("A second meeting takes the first one from no list before it was read", "[minutes]") {
  ReadingDesks desks;
  desks.meet();
  desks.meet();
  const auto rows = desks.a.json({"conflicts"});
  REQUIRE(rows.size() == 1);
  // The text as it is, and both sides of both meetings.
  CHECK(rows[0].at("candidates").as_array().size() == 5);
  CHECK(Desk::number_of(rows[0], "more") == 0);
}

TEST_CASE("Printed commands name the home, and what they are for is what they do", "[minutes]") {
  ReadingDesks desks;
  desks.meet();
  const std::string out = desks.a.run({"conflicts"}).out;
  const std::string program =
      "cunju --home " + desks.a.home() + " --key-file " + desks.a.key_file();
  CHECK(has(out, program + " text confirm"));
  // Texts are not settled.
  CHECK_FALSE(has(out, "settle"));
  CHECK(has(out, "--take 和"));
  CHECK(has(desks.a.run({"status"}).out, program + " conflicts"));
  const std::string shown = desks.a.run({"minutes", "show", desks.id}).out;
  desks.run_printed(desks.a, ReadingDesks::printed(shown, "text confirm"));
  CHECK(desks.a.json({"conflicts"}).empty());
}

TEST_CASE("Making final what nobody has read is allowed and said", "[minutes]") {
  ReadingDesks desks;
  desks.meet();
  desks.a.run({"set", "minutes", desks.id, "state=checked"});
  const RunResult result = desks.a.run({"set", "minutes", desks.id, "state=final"});
  CHECK(has(result.err, "还没有人通读"));
  CHECK(has(result.err, Desk::text_of(desks.item(desks.a), "item")));
  CHECK(has(desks.run_printed(desks.a, ReadingDesks::printed(result.err, "conflicts")).out,
            "合并的结果"));
}

TEST_CASE("Deleted minutes say that they are, and how they come back", "[minutes]") {
  ReadingDesks desks;
  desks.meet();
  desks.a.run({"remove", "minutes", desks.id});
  CHECK(has(desks.a.run({"minutes", "show", desks.id}).out, "已删除"));
  CHECK(desks.item(desks.a).at("deleted").as_bool());
  const std::string out = desks.a.run({"conflicts"}).out;
  CHECK_FALSE(has(out, "text confirm"));
  desks.run_printed(desks.a, ReadingDesks::printed(out, "set"));
  desks.run_printed(desks.a, ReadingDesks::printed(desks.a.run({"conflicts"}).out, "text confirm"));
}

TEST_CASE("A dispute about the state is seen where the minutes are read", "[minutes]") {
  ReadingDesks desks;
  desks.a.run({"set", "minutes", desks.id, "place=村部"});
  desks.b.run({"set", "minutes", desks.id, "place=祠堂"});
  desks.a.run({"set", "minutes", desks.id, "state=checked"});
  desks.sync_all();
  desks.a.run({"set", "minutes", desks.id, "state=final"});
  desks.b.run({"set", "minutes", desks.id, "state=draft"});
  desks.sync_all();
  const std::string out = desks.a.run({"minutes", "show", desks.id}).out;
  CHECK(has(out, "有不同说法，等待决定"));
  CHECK(has(out, "状态"));
}

TEST_CASE("The editor opens for nobody who may not write", "[minutes]") {
  ReadingDesks desks;
  const std::string mark = (desks.folder / "opened").string();
  const RunResult refused = desks.edit_by(desks.o, "touch '" + mark + "'\n", {"--item", "1"});
  CHECK(refused.exit_code == 5);
  CHECK_FALSE(std::filesystem::exists(mark));
  CHECK(desks.left(desks.o).empty());
  CHECK(has(refused.err, "会议记录"));
  CHECK_FALSE(has(refused.err, "minutes"));
}

TEST_CASE("A failed editor is called that, and no disk is blamed", "[minutes]") {
  ReadingDesks desks;
  const RunResult failed = desks.edit_by(desks.a, "exit 3\n");
  CHECK(has(failed.err, "编辑器没有正常结束"));
  CHECK_FALSE(has(failed.err, "磁盘"));
}

TEST_CASE("Two versions are compared in all of their texts, and equal ones are said to be",
          "[minutes]") {
  ReadingDesks desks;
  const std::string first = desks.version(desks.a);
  const std::string file = (desks.folder / "discussion.txt").string();
  std::ofstream(file) << "张三发言。\n";
  desks.a.run({"text", "set", "minutes", desks.id, "discussion", file});
  const std::string second =
      Desk::text_of(desks.a.json({"minutes", "show", desks.id}).front(), "version");
  const auto edits = desks.a.json({"minutes", "diff", desks.id, first, second});
  REQUIRE(edits.size() == 1);
  CHECK(Desk::text_of(edits[0], "item") == "discussion");
  CHECK(has(desks.a.run({"minutes", "diff", desks.id, first, second}).out, "讨论情况"));
  CHECK(has(desks.a.run({"minutes", "diff", desks.id, second, second}).out, "文字相同"));
}

TEST_CASE("A text is named as it is there, and is emptied only on purpose", "[minutes]") {
  ReadingDesks desks;
  const std::string file = (desks.folder / "typed.txt").string();
  std::ofstream(file) << "别处\n";
  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  for (const char* name : {"item.0007.abcdef", "item.x", "item.", "item"}) {
    CAPTURE(name);
    const RunResult refused = desks.a.run({"text", "set", "minutes", desks.id, name, file}, 3);
    CHECK(has(refused.err, field));
    CHECK(has(refused.err, "--item new"));
  }
  const std::string before = desks.words();
  const Words from_input{"text", "set", "minutes", desks.id, field, "-"};
  CHECK(has(desks.a.run(from_input, 2).err, "--clear"));
  CHECK(desks.words() == before);
  Words clearing = from_input;
  clearing.push_back("--clear");
  desks.a.run(clearing);
  CHECK(Desk::text_of(desks.a.json({"text", "show", "minutes", desks.id, field}).front(), "text") ==
        "");
}

TEST_CASE("An editor that leaves nothing empties no text by itself", "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words();
  const RunResult emptied = desks.edit_by(desks.a, ": > \"$1\"\n");
  CHECK(has(emptied.err, "--clear"));
  CHECK(desks.words() == before);
  desks.a.run({"minutes", "edit", desks.id, "--item", "1", "--discard"});
  const RunResult gone = desks.edit_by(desks.a, "rm -f \"$1\"\n");
  CHECK(has(gone.err, "编辑器没有留下文件"));
  CHECK_FALSE(has(gone.err, "minutes.txt"));
  for (const auto& entry : std::filesystem::directory_iterator(desks.a.home()))
    CHECK_FALSE(entry.path().filename().string().starts_with("edit-"));
  CHECK(desks.words() == before);
}

TEST_CASE("A file that was made from an older version is merged with what came since",
          "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words(), read = desks.version(desks.a);
  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  desks.edit(desks.b, before + "乙补的一句。\n");
  desks.sync_all();
  const std::string file = (desks.folder / "work.txt").string();
  std::ofstream(file) << "甲写在前面。\n" + before;
  desks.a.run({"text", "set", "minutes", desks.id, field, file, "--version", read});
  CHECK(has(desks.words(), "乙补的一句。"));
  CHECK(has(desks.words(), "甲写在前面。"));
  CHECK(desks.item(desks.a).at("merged").as_bool());
}

TEST_CASE("An option that an action would ignore is refused", "[minutes]") {
  ReadingDesks desks;
  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  const RunResult set =
      desks.a.run({"text", "set", "minutes", desks.id, field, "-", "--take", "zzzz"}, 2);
  CHECK(has(set.err, "--take"));
  desks.a.run({"text", "show", "minutes", desks.id, field, "--clear"}, 2);
  desks.a.run({"minutes", "show", desks.id, "--discard"}, 2);
  desks.a.run({"minutes", "show", desks.id, "extra"}, 2);
}

TEST_CASE("Blank lines have an author too", "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words();
  desks.edit(desks.b, before + "\n\n\n");
  CHECK(has(desks.b.run({"minutes", "show", desks.id, "--blame"}).out, "（空行）"));
}

TEST_CASE("A line's end and spaces that somebody put into a line are no blank line", "[minutes]") {
  ReadingDesks desks;
  desks.edit(desks.a, "一。二。三。\n");
  desks.sync_all();
  desks.edit(desks.b, "一。\n二。  三。\n");
  const std::string out = desks.b.run({"minutes", "show", desks.id, "--blame"}).out;
  CHECK(has(out, "（换行）"));
  CHECK(has(out, "（空格）"));
  CHECK_FALSE(has(out, "（空行）"));
  CHECK(
      has(desks.b.run({"minutes", "show", desks.id, "--blame", "--lang", "en"}).out, "(line end)"));
}

TEST_CASE("Two clerks with one name are told apart by their keys", "[minutes]") {
  ReadingDesks desks;
  const Desk second(desks.folder, "second", OpenedBy::kKeyFile);
  desks.invite(second, "clerk");
  const std::string before = desks.words();
  desks.edit(desks.b, before + "乙写。\n");
  desks.sync_all();
  auto server = desks.a.serve();
  const std::string address = server->wait_until_listening();
  second.run({"sync", address});
  desks.edit(second, before + "乙写。\n丁写。\n");
  second.run({"sync", address});
  CHECK(server->stop() == 0);
  const auto blame = desks.item(desks.a, {"--blame"}).at("blame").as_array();
  REQUIRE(blame.size() == 3);
  const std::string out = desks.a.run({"minutes", "show", desks.id, "--blame"}).out;
  for (std::size_t i : {1, 2}) {
    const auto& span = blame[i].as_object();
    CHECK(Desk::text_of(span, "name") == Desk::text_of(blame[1].as_object(), "name"));
    CHECK(has(out, Desk::text_of(span, "name") + "（" +
                       Desk::text_of(span, "author").substr(0, 12) + "）"));
  }
  // Nobody else has that one.
  CHECK(has(out, "[文书甲 "));
}

TEST_CASE("A folder in which nobody typed does not stay for ever", "[minutes]") {
  ReadingDesks desks;
  const std::filesystem::path old = std::filesystem::path(desks.a.home()) / "edit-0000dead";
  const std::filesystem::path fresh = std::filesystem::path(desks.a.home()) / "edit-0000beef";
  for (const std::filesystem::path& folder : {old, fresh}) {
    std::filesystem::create_directory(folder);
    std::ofstream(folder / "about.json") << "{}";
  }
  std::filesystem::last_write_time(
      old, std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
  desks.edit(desks.a, "改过了\n");
  CHECK_FALSE(std::filesystem::exists(old));
  CHECK(std::filesystem::exists(fresh));
}

TEST_CASE("Words that came too late are read before they are admitted, and land where they belong",
          "[minutes]") {
  ReadingDesks desks;
  desks.edit(desks.a, "一、同意修路。\n二、反对卖地。\n三、同意建校。\n");
  desks.sync_all();
  desks.edit(desks.b, "一、同意修路。\n乙补一句话。\n二、反对卖地。\n三、同意建校。\n");
  // Beside that, and before anybody has it, the colleague's office ends.
  desks.a.run({"member", "end", "文书", "--role", "clerk", "--yes"});
  desks.sync_all();
  CHECK(desks.words() == "一、同意修路。\n二、反对卖地。\n三、同意建校。");
  desks.edit(desks.a, "一、同意修路。\n二、反对卖地。\n");
  const auto late = desks.a.json({"late", "list"});
  REQUIRE(late.size() == 1);
  CHECK(has(desks.a.run({"late", "list"}).out, "乙补一句话。"));
  desks.run_printed(desks.a, ReadingDesks::printed(desks.a.run({"late", "list"}).out, "text show"));
  desks.a.run({"late", "admit", Desk::text_of(late.front(), "change"), "--yes"});
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    const auto item = desks.item(*desk);
    CHECK(Desk::text_of(item, "text") == "一、同意修路。\n乙补一句话。\n二、反对卖地。");
    CHECK(item.at("merged").as_bool());
  }
}

TEST_CASE("A version is opened as it is shown, and late words in it stay their author's",
          "[minutes]") {
  ReadingDesks desks;
  const std::string before = desks.words();
  std::string colleague, office;
  for (const auto& member : desks.a.json({"member", "list"})) {
    const std::string roles = boost::json::serialize(member.at("roles"));
    if (has(roles, "office")) office = Desk::text_of(member, "name");
    if (has(roles, "clerk") && Desk::text_of(member, "name") != "文书甲")
      colleague = Desk::text_of(member, "name");
  }
  desks.a.run({"member", "grant", office, "--role", "clerk", "--yes"});
  desks.sync_all();
  // The office hears of the note first and goes on below it; then its author's role ends.
  desks.edit(desks.b, "附注。\n" + before);
  auto server = desks.b.serve();
  desks.o.run({"sync", server->wait_until_listening()});
  CHECK(server->stop() == 0);
  desks.edit(desks.o, "附注。\n" + before + "完。");
  const std::string written = desks.version(desks.o);
  desks.a.run({"member", "end", colleague, "--role", "clerk", "--yes"});
  desks.sync_all();

  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  const auto text_at = [&](const std::string& version) {
    const auto shown =
        desks.a.json({"text", "show", "minutes", desks.id, field, "--version", version});
    return Desk::text_of(shown.front(), "text");
  };
  const auto set_at = [&](const std::string& version, const std::string& text) {
    const std::string file = (desks.folder / "text.txt").string();
    std::ofstream(file) << text;
    desks.a.run({"text", "set", "minutes", desks.id, field, file, "--version", version});
    // The village's newest change: what is concurrent comes in no order.
    std::pair<std::int64_t, std::string> newest;
    for (const auto& entry : desks.a.json({"history", "minutes", desks.id}))
      if (Desk::text_of(entry, "name") == "文书甲")
        newest = std::max(newest,
                          std::pair(Desk::number_of(entry, "seq"), Desk::text_of(entry, "change")));
    return newest.second;
  };
  /// Who wrote the note, in the version of that change.
  const auto authors_of_note = [&](const std::string& change) {
    std::set<std::string> out;
    const auto shown = desks.item(desks.a, {"--version", change, "--blame"});
    for (const auto& span : shown.at("blame").as_array())
      if (has(Desk::text_of(span.as_object(), "text"), "附注"))
        out.insert(Desk::text_of(span.as_object(), "name"));
    return out;
  };
  SECTION("that of today") {
    const std::string now = desks.version(desks.a);
    CHECK(desks.words() == before + "完。");
    CHECK(text_at(now) == before + "完。");
    CHECK(Desk::text_of(desks.item(desks.a, {"--version", now}), "text") == before + "完。");
    CHECK(desks.a.json({"minutes", "diff", desks.id, now, now}).empty());
    const std::string change = set_at(now, before + "完毕。");
    CHECK(desks.words() == before + "完毕。");
    CHECK(authors_of_note(change).empty());
  }
  SECTION("one from before the role ended") {
    desks.edit(desks.o, "议题一：" + before + "完。");
    desks.sync_all();
    CHECK(text_at(written) == "附注。\n" + before + "完。");
    const std::string change = set_at(written, "附注。\n" + before + "完毕。");
    CHECK(desks.words() == "议题一：" + before + "完毕。");
    CHECK(authors_of_note(change) == std::set<std::string>{colleague});
  }
  desks.a.run({"late", "admit", "all", "--yes"});
  const std::string words = desks.words();
  CHECK(words.ends_with(before + "完毕。"));
  REQUIRE(has(words, "附注。\n"));
  CHECK(words.find("附注", words.find("附注") + 1) == std::string::npos);
}

TEST_CASE("a mistyped agenda item is no new one, also when a version is named", "[minutes]") {
  ReadingDesks desks;
  const std::string version = desks.version(desks.a);
  const std::size_t items = desks.a.json({"minutes", "show", desks.id}).size();
  const std::string file = (desks.folder / "text.txt").string();
  std::ofstream(file) << "写在别处的字。";
  const std::string field = Desk::text_of(desks.item(desks.a), "item");
  for (const std::string& typed : {field + "x", std::string("item.9999"), std::string("item")})
    desks.a.run({"text", "set", "minutes", desks.id, typed, file, "--version", version}, 3);
  for (const std::string& typed : {std::string("item.9999"), field + "x"}) {
    desks.a.run({"text", "show", "minutes", desks.id, typed, "--version", version}, 3);
    desks.a.run({"text", "show", "minutes", desks.id, typed}, 3);
  }
  CHECK(desks.a.json({"minutes", "show", desks.id}).size() == items);
  desks.a.run({"text", "set", "minutes", desks.id, field, file, "--version", version});
}

}  // namespace cunju::test
