// SPDX-License-Identifier: Apache-2.0
// Sources are as clang-format 14 (Debian 12's) leaves them; other versions break lines otherwise
// and are not asked.
#include <sys/wait.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <string>

#include "tests/house_rules/source.h"

using namespace cunju::house;

namespace {

struct Outcome {
  int code = -1;
  std::string output;
};

Outcome run(const std::string& command) {
  Outcome out;
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::array<char, 4096> buffer{};
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    out.output.append(buffer.data(), n);
  }
  const int status = ::pclose(pipe);
  if (WIFEXITED(status)) out.code = WEXITSTATUS(status);
  return out;
}

std::string quoted(const std::string& word) {
  std::string out = "'";
  for (char c : word) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

const std::string kCommand =
    "cd " + quoted(CUNJU_SOURCE_DIR) + " && clang-format --dry-run -Werror ";

bool formatter_is_here() {
  const Outcome version = run("clang-format --version");
  if (version.code == 0 && version.output.find("version 14.") != std::string::npos) return true;
  WARN("clang-format 14 is not installed: formatting is not checked (apt install clang-format)");
  return false;
}

}  // namespace

TEST_CASE("a badly formatted source is caught") {
  if (!formatter_is_here()) return;
  CHECK(run("printf 'int  f( ){}\\n' | (" + kCommand + "--assume-filename=x.cc)").code != 0);
  CHECK(run("printf 'int f() {}\\n' | (" + kCommand + "--assume-filename=x.cc)").code == 0);
}

TEST_CASE("house rule: sources are as clang-format leaves them") {
  if (!formatter_is_here()) return;
  std::string files;
  for (const auto& [path, text] : load_tree(CUNJU_SOURCE_DIR)) {
    if (is_cpp(path)) files += " " + quoted(path);
  }
  const Outcome outcome = run(kCommand + files);
  INFO("run clang-format -i on these files:\n" << outcome.output);
  CHECK(outcome.code == 0);
}
