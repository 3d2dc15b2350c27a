// SPDX-License-Identifier: Apache-2.0
#include "cli/terminal.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "cli/messages.h"
#include "cli/verb.h"

namespace cunju::cli {
namespace {

constexpr auto kLastErrc = static_cast<int>(Errc::kTimeout);

}  // namespace

TEST_CASE("Han characters and full-width forms are two columns wide", "[cli]") {
  CHECK(display_width("abc") == 3);
  CHECK(display_width("村居") == 4);
  CHECK(display_width("村a居") == 5);
  CHECK(display_width("：（）") == 6);
  CHECK(display_width("\U00020000") == 2);
  CHECK(display_width("é") == 1);
  CHECK(display_width("") == 0);
  // Broken text has a width too.
  CHECK(display_width("\xff\xe6") == 2);
}

TEST_CASE("Tables line up by display width and leave no blanks at the end", "[cli]") {
  std::ostringstream out, err;
  Terminal terminal(out, err);
  terminal.table({{"村居", "b"}, {"a", "c"}, {"x"}});
  CHECK(out.str() == "村居  b\na     c\nx\n");
}

TEST_CASE("Under --json only objects and errors as objects are written", "[cli]") {
  std::ostringstream out, err;
  Terminal terminal(out, err);
  terminal.json = true;
  terminal.line("for people");
  terminal.table({{"for people"}});
  terminal.object({{"a", 1}});
  terminal.error({Errc::kNotFound, "record 7"});
  CHECK(out.str() == "{\"a\":1}\n");
  CHECK(err.str() == "{\"error\":\"not_found\",\"context\":\"record 7\"}\n");
}

TEST_CASE("Commands to run next name the home and space that this one was given", "[cli]") {
  CHECK(shell_word("/home/文书/.cunju") == "/home/文书/.cunju");
  CHECK(shell_word("it's a home") == "'it'\\''s a home'");
  CHECK(shell_word("") == "''");
  std::ostringstream out, err;
  Terminal terminal(out, err);
  run_command(terminal,
              {"--home", "/nowhere/at all", "--space", "幸福村", "status", "--lang", "zh"});
  CHECK(terminal.command("sync") == "cunju --home '/nowhere/at all' --space 幸福村 sync");
  CHECK(err.str().find("cunju --home '/nowhere/at all' --space 幸福村 init") != std::string::npos);
}

TEST_CASE("Where the words for an error's kind would mislead others take their place", "[cli]") {
  std::ostringstream out, err;
  Terminal terminal(out, err);
  terminal.explain_whole({.what = {"编辑器没有正常结束", "the editor did not end well"},
                          .safe = {},
                          .next = {"请核对后再试", "check it and try again"}});
  terminal.error({Errc::kIo, "$EDITOR"});
  CHECK(err.str() == "编辑器没有正常结束\n请核对后再试\n");
}

TEST_CASE("A reason given in both languages takes the place of the error's English context",
          "[cli]") {
  for (Language language : {Language::kChinese, Language::kEnglish}) {
    std::ostringstream out, err;
    Terminal terminal(out, err);
    terminal.language = language;
    terminal.explain({"已经定稿", "the texts are final"});
    terminal.error({Errc::kConflict, "discussion: the texts are final"});
    const bool is_chinese = language == Language::kChinese;
    CHECK((err.str().find("已经定稿") != std::string::npos) == is_chinese);
    CHECK((err.str().find("final") != std::string::npos) != is_chinese);
    CHECK(err.str().find("discussion") == std::string::npos);
  }
}

TEST_CASE("Every error has words in both languages and an exit code", "[cli]") {
  for (int code = 0; code <= kLastErrc; ++code) {
    const Error error{static_cast<Errc>(code), "the thing"};
    INFO(errc_name(error.code));
    ErrorText text = describe(error, {error.context, error.context});
    for (const registry::Label* part : {&text.what, &text.safe, &text.next}) {
      CHECK(part->zh.empty() == part->en.empty());
      if (!part->zh.empty()) CHECK(part->zh != part->en);
    }
    CHECK_FALSE(text.what.zh.empty());
    CHECK(text.what.zh.find("出错") == std::string::npos);
    CHECK(exit_code_of(error.code) != ExitCode::kOk);
  }
}

TEST_CASE("Exit codes keep their numbers", "[cli]") {
  auto number = [](Errc code) { return static_cast<int>(exit_code_of(code)); };
  CHECK(number(Errc::kTampered) == 1);
  CHECK(number(Errc::kInvalidArgument) == 2);
  CHECK(number(Errc::kMalformed) == 2);
  CHECK(number(Errc::kLimit) == 2);
  CHECK(number(Errc::kNotFound) == 3);
  CHECK(number(Errc::kLocked) == 4);
  CHECK(number(Errc::kBadPassphrase) == 4);
  CHECK(number(Errc::kPermission) == 5);
  for (Errc code : {Errc::kExists, Errc::kConflict, Errc::kMissing, Errc::kFork})
    CHECK(number(code) == 6);
  for (Errc code : {Errc::kDiskFull, Errc::kIo}) CHECK(number(code) == 7);
  for (Errc code : {Errc::kNetwork, Errc::kProtocol, Errc::kTimeout, Errc::kBadSignature})
    CHECK(number(code) == 8);
  CHECK(number(Errc::kUnsupported) == 9);
  CHECK(number(Errc::kCorrupt) == 10);
}

}  // namespace cunju::cli
