// SPDX-License-Identifier: Apache-2.0
//
// Parsing, help, man page and completion, for every verb of the table.
#include "cli/verb.h"

#include <boost/json/parse.hpp>
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>

#include "cli/help.h"
#include "net/wire/version.h"
#include "tests/support/processes.h"
#include "tests/support/temp_folder.h"

namespace cunju::cli {
namespace {

struct Ran {
  int code;
  std::string out, err;
};

Ran run(const std::vector<std::string>& words) {
  std::ostringstream out, err;
  Terminal terminal(out, err);
  ExitCode code = run_command(terminal, words);
  return {static_cast<int>(code), out.str(), err.str()};
}

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// troff writes a dash with a backslash.
std::string plain(std::string text) {
  std::erase(text, '\\');
  return text;
}

}  // namespace

TEST_CASE("Every verb and option is explained in both languages", "[cli]") {
  const std::string man = plain(man_page()), completion = bash_completion();
  REQUIRE(all_verbs().size() >= 19);
  for (const Verb* verb : all_verbs()) {
    INFO(verb->name);
    CHECK(find_verb(verb->name) == verb);
    CHECK(verb->min_arguments <= verb->max_arguments);
    CHECK_FALSE(verb->summary.zh.empty());
    CHECK_FALSE(verb->summary.en.empty());
    CHECK(verb->details.zh.empty() == verb->details.en.empty());
    for (Language language : {Language::kChinese, Language::kEnglish}) {
      CHECK(has(help_text(*verb, language), verb->summary.in(language)));
      CHECK(has(overview_text(language), verb->summary.in(language)));
    }
    CHECK(has(man, "cunju " + std::string(verb->name)));
    CHECK(has(completion, verb->name));
    for (std::span<const Option> table : {verb->options, common_options()}) {
      for (const Option& option : table) {
        INFO(option.name);
        CHECK(option.name.starts_with("--"));
        CHECK_FALSE(option.help.zh.empty());
        CHECK_FALSE(option.help.en.empty());
        CHECK(has(help_text(*verb, Language::kChinese), option.help.zh));
        CHECK(has(help_text(*verb, Language::kEnglish), option.help.en));
        CHECK(has(man, option.name));
        CHECK(has(completion, option.name));
      }
    }
  }
}

TEST_CASE("The completion script is valid bash and offers verbs and options", "[cli]") {
  test::TempFolder folder;
  const std::string file = (folder / "completion").string();
  std::ofstream(file) << bash_completion();
  test::RunResult checked = test::run_program("/bin/bash", {"-n", file});
  INFO(checked.err);
  CHECK(checked.exit_code == 0);
  const std::string script = "source '" + file +
                             "'; COMP_WORDS=(cunju --home x imp); COMP_CWORD=3; _cunju; "
                             "echo ${COMPREPLY[@]}; COMP_WORDS=(cunju import --dr); COMP_CWORD=2; "
                             "_cunju; echo ${COMPREPLY[@]}";
  CHECK(test::run_program("/bin/bash", {"-c", script}).out == "import\n--dry-run\n");
}

TEST_CASE("Options stand before or after the verb, with a blank or an equals sign", "[cli]") {
  test::TempFolder folder;
  const std::string home = (folder / "none").string();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--home", home, "status", "--json"},
        {"--json", "--home=" + home, "status"},
        {"status", "--json", "--home", home},
        {"status", "--home=" + home, "--json"}}) {
    Ran ran = run(words);
    CHECK(ran.code == 3);
    CHECK(has(ran.err, home));
    CHECK(has(ran.err, "\"error\":\"not_found\""));
  }
  CHECK(has(run({"status", "--home", home, "--lang", "en"}).err, "Not found"));
  CHECK(has(run({"status", "--home", home, "--lang", "zh"}).err, "找不到"));
}

TEST_CASE("The program says which version it is, and which protocol it speaks", "[cli]") {
  const Ran ran = run({"--version", "--json"});
  CHECK(ran.code == 0);
  const boost::json::object said = boost::json::parse(ran.out).as_object();
  CHECK(said.at("protocol") == wire::kProtocolVersion);
  CHECK(has(run({"--version", "--lang", "en"}).out,
            "cunju " + std::string(said.at("version").as_string())));
}

TEST_CASE("A wrong command line is refused as such", "[cli]") {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"nonsense"},
                                                {"status", "--nonsense"},
                                                {"status", "--home"},
                                                {"status", "too many"},
                                                {"list"},
                                                {"status", "--dry-run"},
                                                {"--nonsense"}}) {
    INFO(words.back());
    Ran ran = run(words);
    CHECK(ran.code == 2);
    CHECK_FALSE(ran.err.empty());
    CHECK(ran.out.empty());
  }
}

TEST_CASE("Help is given for no verb, for a verb and by its option", "[cli]") {
  CHECK(run({}).code == 0);
  CHECK(has(run({"help"}).out, "settle"));
  CHECK(run({"help", "settle"}).out == run({"settle", "--help"}).out);
  CHECK(run({"help", "nonsense"}).code == 3);
  CHECK(run({"help", "--man"}).out == man_page() + "\n");
}

}  // namespace cunju::cli
