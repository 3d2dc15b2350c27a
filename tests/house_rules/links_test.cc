// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/links.h"

#include <catch2/catch.hpp>

#include "tests/house_rules/expect.h"

using namespace cunju::house;

namespace {

std::size_t broken(const std::string& readme) {
  const Tree tree = {
      {"README.md", readme},
      {"LICENSE", ""},
      {"docs/guide.md", "# 一、开始：第一步\n## Two words\n## Two words\n[up](../README.md)\n"},
      {"docs/decisions/0001-a.md", "# A\n"}};
  return check_links(tree).size();
}

}  // namespace

TEST_CASE("links that lead somewhere pass") {
  CHECK(broken("[a](docs/guide.md) [b](LICENSE) [c](docs/decisions/) [d](./docs)") == 0);
  CHECK(broken("[a](https://example.org/x) [b](mailto:a@example.org)") == 0);
  CHECK(broken("# 词\n[a](#词) [b](docs/guide.md#two-words) [c](docs/guide.md#two-words-1)") == 0);
  CHECK(broken("[a](docs/guide.md#一开始第一步)") == 0);
}

TEST_CASE("links that lead nowhere are caught") {
  CHECK(broken("[a](docs/gone.md)") == 1);
  CHECK(broken("![picture](docs/gone.png \"title\")") == 1);
  CHECK(broken("[a](guide.md)") == 1);
  CHECK(broken("[a](#gone)") == 1);
  CHECK(broken("[a](docs/guide.md#gone)") == 1);
  CHECK(broken("[a](../outside.md)") == 1);
  CHECK(broken("one\n\n[a](docs/gone.md) and [b](docs/lost.md)") == 2);
}

TEST_CASE("what stands in code is no link") {
  CHECK(broken("```\n[a](docs/gone.md)\n```\n`[a](docs/gone.md)`") == 0);
}

TEST_CASE("a broken link is found in every document, with its line") {
  const Findings found = check_links({{"docs/deep/a.md", "# A\n\n[x](../gone.md)\n"}});
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "docs/deep/a.md");
  CHECK(found[0].line == 3);
}

TEST_CASE("anchors are made as GitHub makes them") {
  CHECK(anchor_of(" `script/test`, and more! ") == "scripttest-and-more");
  CHECK(anchor_of("村居 Cunju（两条命令）") == "村居-cunju两条命令");
  CHECK(anchor_of("snake_case - dash") == "snake_case---dash");
}

TEST_CASE("house rule: every link in README.md and docs leads somewhere") {
  expect_none(check_links(load_tree(CUNJU_SOURCE_DIR)));
}
