// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/text_rules.h"

#include <catch2/catch.hpp>

#include "tests/house_rules/expect.h"

using namespace cunju::house;

namespace {

const std::string kOpening = "// SPDX-License-Identifier: Apache-2.0\n";

Tree one(const std::string& path, const std::string& text) { return {{path, text}}; }

Tree project() { return load_tree(CUNJU_SOURCE_DIR); }

}  // namespace

TEST_CASE("comments and literals are blank to the rules, code is not") {
  CHECK(code_view("a // b\nc") == "a     \nc");
  CHECK(code_view("a /* b\n */ c") == "a     \n    c");
  CHECK(code_view("f(\"x\\\"y\") z") == "f(\"    \") z");
  CHECK(code_view("f('\"') z") == "f(' ') z");
  CHECK(code_view("1'000'000 + b") == "1'000'000 + b");
  CHECK(code_view("R\"(a\"b)\" c") == "R\"     \" c");
  CHECK(code_view("R\"x(a)\"b)x\" c") == "R\"        \" c");
  CHECK(code_view("#include <a.h>\n\"b\"") == "#include <a.h>\n\" \"");
  CHECK(code_view("\"never closed").size() == 13);
}

TEST_CASE("the whole project is loaded, without builds") {
  const Tree tree = project();
  CHECK(tree.contains("crdt/base/result.h"));
  CHECK(tree.contains("tests/house_rules/text_rules_test.cc"));
  CHECK(tree.contains("script/test"));
  for (const auto& [path, text] : tree) CHECK_FALSE(path.starts_with("build/"));
}

TEST_CASE("a source without its licence line is caught") {
  CHECK(check_licence_line(one("crdt/a.cc", "int x;\n")).size() == 1);
  CHECK(check_licence_line(one("crdt/a.cc", "\n" + kOpening)).size() == 1);
  CHECK(check_licence_line(one("crdt/a.cc", kOpening)).empty());
  CHECK(check_licence_line(one("crdt/a.capnp", "@0x1;\n")).size() == 1);
  CHECK(check_licence_line(one("script/test", "#!/bin/bash\nset -e\n")).size() == 1);
  CHECK(check_licence_line(one("script/test", "#!/bin/bash\n# " + kOpening.substr(3))).empty());
  CHECK(check_licence_line(one("docs/a.md", "# 标题\n")).empty());
}

TEST_CASE("a header without a guard is caught") {
  CHECK(check_pragma_once(one("crdt/a.h", "int x;\n// #pragma once\n")).size() == 1);
  CHECK(check_pragma_once(one("crdt/a.h", "#pragma once\n")).empty());
}

TEST_CASE("a throw is caught, the word elsewhere is not") {
  CHECK(check_no_throw(one("node/a.cc", "if (bad) throw 1;\n")).size() == 1);
  CHECK(check_no_throw(one("node/a.cc", "// we never throw\nnew (std::nothrow) int;\n")).empty());
}

TEST_CASE("an algorithm that returns a subrange is caught, one that returns a place is not") {
  const std::string begin = "std::ranges::";
  CHECK(check_no_subranges(one("node/a.cc", begin + "unique(out);\n")).size() == 1);
  CHECK(check_no_subranges(one("node/a.cc", begin + "unique_copy(out, to);\n")).empty());
  CHECK(check_no_subranges(one("node/a.cc", "std::unique(out.begin(), out.end());\n")).empty());
}

TEST_CASE("an opened namespace in a header is caught, in a source it is not") {
  CHECK(check_no_using_namespace_in_headers(one("node/a.h", "using  namespace std;")).size() == 1);
  CHECK(check_no_using_namespace_in_headers(one("node/a.h", "using std::string;")).empty());
  CHECK(check_no_using_namespace_in_headers(one("node/a.cc", "using namespace std;")).empty());
}

TEST_CASE("marks of unfinished work are caught even in comments and scripts") {
  const std::string mark = std::string("TO") + "DO";
  CHECK(check_no_unfinished_marks(one("node/a.cc", "// " + mark + ": later\n")).size() == 1);
  CHECK(check_no_unfinished_marks(one("script/demo", "# " + mark + "\n")).size() == 1);
  CHECK(check_no_unfinished_marks(one("node/a.cc", "// " + mark + "S\n")).empty());
}

TEST_CASE("standard output outside the cli is caught") {
  for (const char* text :
       {"std::cout << 1;", "printf(\"x\");", "puts(\"x\");", "std::fprintf(stdout, \"x\");"}) {
    CAPTURE(text);
    CHECK(check_no_standard_output(one("net/a.cc", text)).size() == 1);
    CHECK(check_no_standard_output(one("cli/a.cc", text)).empty());
  }
  CHECK(check_no_standard_output(one("net/a.cc", "std::fprintf(stderr, \"x\");")).empty());
}

TEST_CASE("a source that no target compiles is caught") {
  const std::string cmake = "add_library(m STATIC support/main.cc)\nforeach(tier crdt net)\n";
  const auto caught = [&cmake](const std::string& path) {
    return !check_every_source_in_a_target({{"tests/CMakeLists.txt", cmake}, {path, ""}}).empty();
  };
  CHECK_FALSE(caught("tests/crdt/base/bytes_test.cc"));
  CHECK_FALSE(caught("tests/support/main.cc"));
  CHECK_FALSE(caught("tests/fuzz/header_fuzz.cc"));
  CHECK_FALSE(caught("tests/bench/accept_bench.cc"));
  CHECK_FALSE(caught("node/replica/replica.cc"));
  CHECK(caught("tests/node/replica_test.cc"));
  CHECK(caught("tests/bytes_test.cc"));
  CHECK(caught("tests/support/lost.cc"));
  CHECK(caught("tests/fuzz/header.cc"));
  CHECK(caught("tools/lost.cc"));
  CHECK(caught("crdt/base/bytes.cpp"));
}

TEST_CASE("house rule: every source opens with the licence line") {
  expect_none(check_licence_line(project()));
}

TEST_CASE("house rule: every header has #pragma once") {
  expect_none(check_pragma_once(project()));
}

TEST_CASE("house rule: we never throw") { expect_none(check_no_throw(project())); }

TEST_CASE("house rule: no algorithm returns a subrange") {
  expect_none(check_no_subranges(project()));
}

TEST_CASE("house rule: no header opens a namespace") {
  expect_none(check_no_using_namespace_in_headers(project()));
}

TEST_CASE("house rule: nothing is marked as unfinished") {
  expect_none(check_no_unfinished_marks(project()));
}

TEST_CASE("house rule: only the cli writes to standard output") {
  expect_none(check_no_standard_output(project()));
}

TEST_CASE("house rule: every source belongs to a target") {
  expect_none(check_every_source_in_a_target(project()));
}
