// SPDX-License-Identifier: Apache-2.0
//
// Minutes on three desks as people read them: what the program prints, and the command lines in it.
#pragma once

#include "tests/support/desk_words.h"
#include "tests/support/minutes_desks.h"

namespace cunju::test {

struct ReadingDesks : MinutesDesks {
  void make_final(const Desk& desk) {
    desk.run({"set", "minutes", id, "state=checked"});
    desk.run({"set", "minutes", id, "state=final"});
  }
  /// The text of the first item, as both edit it.
  std::string words() { return Desk::text_of(item(a), "text"); }
  void meet() {
    const std::string before = words();
    edit(a, before + "费用从集体经费出。\n");
    edit(b, "（王主任主持）" + before);
    sync_all();
  }
  /// Runs a command line that the program printed for a person to copy.
  RunResult run_printed(const Desk& desk, std::string line, int exit_code = 0) {
    Words words;
    for (std::size_t at = 0; at < line.size();) {
      const std::size_t end = std::min(line.find(' ', at), line.size());
      words.push_back(line.substr(at, end - at));
      at = end + 1;
    }
    REQUIRE(words.size() > 3);
    REQUIRE(words[0] == "cunju");
    words.erase(words.begin());
    const RunResult result =
        run_program(program_path(), words, {.environment = desk.environment(), .input = {}});
    INFO(line);
    INFO(result.err);
    REQUIRE(result.exit_code == exit_code);
    return result;
  }
  /// The printed command that begins so, up to the line's end or the mark's.
  static std::string printed(const std::string& out, const std::string& verb) {
    std::size_t verb_at = out.find(" " + verb);
    const auto is_whole = [&] {
      const std::size_t end = verb_at + 1 + verb.size();
      return end == out.size() || out[end] == ' ' || out[end] == '\n';
    };
    while (verb_at != std::string::npos && !is_whole()) verb_at = out.find(" " + verb, verb_at + 1);
    INFO(out);
    REQUIRE(verb_at != std::string::npos);
    const std::size_t at = out.rfind("cunju --home", verb_at);
    REQUIRE(at != std::string::npos);
    std::string line = out.substr(at, out.find('\n', at) - at);
    for (const char* end : {"】", "；", "]"}) line = line.substr(0, line.find(end));
    return line;
  }
};

}  // namespace cunju::test
