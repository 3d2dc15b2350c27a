// SPDX-License-Identifier: Apache-2.0
//
// Minutes that two clerks write at once, with the program and an editor.
#include <cstdlib>
#include <filesystem>

#include "tests/support/village_process.h"

namespace cunju::test {
namespace {

struct MinutesDesks : ThreeDesks {
  MinutesDesks() {
    id = a.add({"minutes", "meeting_no=2026-03", "body=village_committee", "title=村委会例会",
                "state=draft"});
    edit(a, "讨论路灯维修。\n大家同意先修三盏。\n", {"--item", "new"});
    sync_all();
  }
  /// Opens an item with an editor that leaves this text.
  RunResult edit(const Desk& desk, const std::string& text, Words more = {}, int exit_code = 0) {
    const std::string file = (folder / "typed.txt").string();
    std::ofstream(file) << text;
    ::setenv("EDITOR", ("cp '" + file + "'").c_str(), 1);
    ::unsetenv("VISUAL");
    more.insert(more.begin(), {"minutes", "edit", id});
    return desk.run(more, exit_code);
  }
  boost::json::object item(const Desk& desk, Words more = {}) {
    more.insert(more.begin(), {"minutes", "show", id});
    const auto items = desk.json(more);
    REQUIRE(items.size() == 1);
    return items.front();
  }

  std::string id;
};

}  // namespace

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
  desks.b.run({"minutes", "confirm", desks.id});
  desks.sync_all();
  for (const Desk* desk : {&desks.a, &desks.b, &desks.o}) {
    CHECK_FALSE(desks.item(*desk).at("merged").as_bool());
    CHECK(desk->json({"conflicts"}).empty());
  }
  const std::string out = (desks.folder / "export").string();
  desks.o.run({"export", "--out", out});
  CHECK(run_program(program_path(), {"verify", out}).exit_code == 0);
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
