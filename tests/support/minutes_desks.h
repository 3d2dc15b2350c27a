// SPDX-License-Identifier: Apache-2.0
//
// Minutes on three desks, and an editor that leaves what a test says.
#pragma once

#include <cstdlib>
#include <filesystem>

#include "tests/support/village_process.h"

namespace cunju::test {

/// The three desks with minutes that have one agenda item.
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
  /// With a shell script as the editor; $1 is the file.
  RunResult edit_by(const Desk& desk, const std::string& script, Words more = {}) {
    const std::string file = (folder / "editor.sh").string();
    std::ofstream(file) << script;
    ::setenv("EDITOR", ("sh '" + file + "'").c_str(), 1);
    ::unsetenv("VISUAL");
    more.insert(more.begin(), {"minutes", "edit", id});
    return desk.try_run(more);
  }
  /// Folders of edits in the home.
  std::vector<std::filesystem::path> left(const Desk& desk) {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(desk.home()))
      if (entry.path().filename().string().starts_with("edit-")) out.push_back(entry.path());
    return out;
  }
  std::string version(const Desk& desk) { return Desk::text_of(item(desk), "version"); }
  void confirm(const Desk& desk, const std::string& version) {
    desk.run({"text", "confirm", "minutes", id, Desk::text_of(item(desk), "item"), "--version",
              version});
  }
  boost::json::object item(const Desk& desk, Words more = {}) {
    more.insert(more.begin(), {"minutes", "show", id});
    const auto items = desk.json(more);
    REQUIRE(items.size() == 1);
    return items.front();
  }

  std::string id;
};

}  // namespace cunju::test
