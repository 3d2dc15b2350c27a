// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/functions.h"

#include <catch2/catch.hpp>

using namespace cunju::house;

namespace {

std::vector<std::string> names(const std::string& text) {
  std::vector<std::string> out;
  for (const Function& function : find_functions(code_view(text))) out.push_back(function.name);
  return out;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("functions are found in namespaces, classes and templates") {
  CHECK(names("namespace a { int f() { return 1; } }") == Names{"f"});
  CHECK(names("struct S { int f() const { if (x) { g(); } return 1; } int h(); };") == Names{"f"});
  CHECK(names("template <class T> auto f(T x) { return [x] { return x; }; }") == Names{"f"});
  CHECK(names("S::S(int a) : a_{a}, b_(1) { g(); }\nS::~S() {}") == Names{"S::S", "S::~S"});
  CHECK(names("TEST_CASE(\"a\") { CHECK(f()); }") == Names{"TEST_CASE"});
}

TEST_CASE("data in braces is no function") {
  CHECK(names("enum class E { kA, kB };\nint x{1};\nS s = {1, 2};\nstd::array<int, 2> a{{1}};") ==
        Names{});
}

TEST_CASE("a long function and a long file are reported with their lines") {
  std::string body = "\n\nint f() {\n";
  for (std::size_t i = 0; i < kLongFunction; ++i) body += "  g();\n";
  const Findings found = report_lengths({{"node/a.cc", body + "}\n"}});
  REQUIRE(found.size() == 1);
  CHECK(to_text(found[0]) == "node/a.cc:3: f has 72 lines: does it do two things?");

  const Findings file = report_lengths({{"node/b.cc", std::string(kLongFile + 1, '\n')}});
  REQUIRE(file.size() == 1);
  CHECK(file[0].path == "node/b.cc");
  CHECK(report_lengths({{"node/c.cc", std::string(kLongFile, '\n')}}).empty());
}

TEST_CASE("house report: what is long") {
  const Findings found = report_lengths(load_tree(CUNJU_SOURCE_DIR));
  if (!found.empty()) WARN(to_text(found));
  SUCCEED("a report never fails");
}
