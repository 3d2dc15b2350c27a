// SPDX-License-Identifier: Apache-2.0
#include "tests/house_rules/includes.h"

#include <catch2/catch.hpp>

#include "tests/house_rules/expect.h"

using namespace cunju::house;

namespace {

Tree one(const std::string& path, const std::string& text) { return {{path, text}}; }

std::size_t foreign(const std::string& path, const std::string& header) {
  return check_foreign_includes(one(path, "#include <" + header + ">\n")).size();
}

std::size_t direction(const std::string& path, const std::string& header) {
  return check_direction(one(path, "#include \"" + header + "\"\n")).size();
}

}  // namespace

TEST_CASE("a foreign header is caught outside its folder and allowed inside") {
  struct Case {
    std::string header, owner, stranger;
  };
  const std::vector<Case> cases = {
      {"sodium.h", "crdt/crypto/crypto.cc", "crdt/change/change.cc"},
      {"lmdb.h", "node/store/environment.cc", "node/replica/replica.cc"},
      {"boost/asio.hpp", "net/transport/tcp.cc", "net/sync/session.cc"},
      {"boost/asio/ip/tcp.hpp", "node/node.cc", "node/peers/book.cc"},
      {"boost/asio.hpp", "node/node.h", "cli/serve.cc"},
      {"csv.h", "node/registry/csv.cc", "cli/import.cc"},
      {"iconv.h", "node/registry/gb18030.cc", "node/audit/bag.cc"},
      {"toml++/toml.h", "node/registry/definition.cc", "cli/import.cc"},
      {"unicode/brkiter.h", "node/text/graphemes.cc", "node/text/text_diff.cc"},
      {"boost/json.hpp", "cli/status.cc", "net/sync/session.cc"},
      {"boost/outcome/try.hpp", "crdt/base/result.h", "node/replica/replica.h"},
      {"zstd.h", "tests/bench/wire_bench.cc", "net/bundle/bundle.cc"},
      {"catch2/catch.hpp", "tests/crdt/x_test.cc", "crdt/base/check.cc"},
      {"sys/socket.h", "net/transport/tcp.cc", "net/noise/handshake.cc"},
      {"unistd.h", "node/store/environment.cc", "crdt/base/check.cc"},
      {"capnp/serialize-packed.h", "crdt/change/links.cc", "crdt/change/links.h"},
      {"kj/array.h", "net/wire/frame.cc", "net/wire/frame.h"},
      {"capnp/message.h", "tests/net/wire/frame_test.cc", "cli/show.cc"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.header, c.owner, c.stranger);
    CHECK(foreign(c.owner, c.header) == 0);
    CHECK(foreign(c.stranger, c.header) == 1);
  }
}

TEST_CASE("a room's tests may see what the room sees") {
  CHECK(foreign("tests/node/store/environment_test.cc", "lmdb.h") == 0);
  CHECK(foreign("tests/net/sync/session_test.cc", "lmdb.h") == 1);
}

TEST_CASE("a generated header is Cap'n Proto whatever quotes it wears") {
  const std::string text = "#include \"crdt/change/change.capnp.h\"\n";
  CHECK(check_foreign_includes(one("crdt/change/codec.h", text)).size() == 1);
  CHECK(check_foreign_includes(one("crdt/change/codec.cc", text)).empty());
}

TEST_CASE("the wrappers of Cap'n Proto count as Cap'n Proto for everybody else") {
  CHECK(foreign("crdt/base/packed.h", "capnp/message.h") == 0);
  const std::string text = "#include \"crdt/base/packed.h\"\n";
  CHECK(check_foreign_includes(one("net/wire/packed_fields.h", text)).empty());
  CHECK(check_foreign_includes(one("net/wire/frame.h", text)).size() == 1);
  CHECK(check_foreign_includes(one("net/wire/frame.cc", text)).empty());
}

TEST_CASE("a library that no row names is caught, a standard header is not") {
  CHECK(foreign("node/audit/bag.cc", "openssl/evp.h") == 1);
  CHECK(foreign("node/audit/bag.cc", "zlib.h") == 1);
  CHECK(foreign("crdt/base/bytes.cc", "vector") == 0);
}

TEST_CASE("an include in a comment or a string is none") {
  const std::string text = "// #include <sodium.h>\nauto x = R\"(\n#include <lmdb.h>\n)\";\n";
  CHECK(check_foreign_includes(one("net/a.cc", text)).empty());
}

TEST_CASE("a finding names its file, its line and what to do") {
  const Findings found = check_foreign_includes(one("net/a.cc", "\n\n#include <sodium.h>\n"));
  REQUIRE(found.size() == 1);
  CHECK(to_text(found[0]) ==
        "net/a.cc:3: <sodium.h> may be included only in crdt/crypto/: use crdt/crypto/crypto.h");
}

TEST_CASE("dependencies that run backwards are caught") {
  const std::vector<std::string> rooms = {"crdt", "net", "node", "cli", "tests"};
  for (std::size_t own = 0; own < rooms.size(); ++own) {
    for (std::size_t target = 0; target < rooms.size(); ++target) {
      CAPTURE(rooms[own], rooms[target]);
      const bool caught = direction(rooms[own] + "/a/b.cc", rooms[target] + "/c/d.h") == 1;
      CHECK(caught == (own < target));
    }
  }
}

TEST_CASE("an include that is not written from the root is caught") {
  CHECK(direction("crdt/base/bytes.cc", "bytes.h") == 1);
  CHECK(direction("crdt/base/bytes.cc", "../crypto/crypto.h") == 1);
}

TEST_CASE("only the cli and tests see the composition root") {
  CHECK(direction("node/peers/book.cc", "node/node.h") == 1);
  CHECK(direction("node/node.cc", "node/node.h") == 0);
  CHECK(direction("cli/serve.cc", "node/node.h") == 0);
}

TEST_CASE("a clock, a thread, a file or chance in a pure room is caught") {
  for (const char* header :
       {"thread", "mutex", "fstream", "iostream", "random", "filesystem", "ctime"}) {
    const std::string text = "#include <" + std::string(header) + ">\n";
    CAPTURE(header);
    CHECK(check_purity(one("crdt/graph/graph.cc", text)).size() == 1);
    CHECK(check_purity(one("net/sync/session.h", text)).size() == 1);
    CHECK(check_purity(one("net/transport/tcp.cc", text)).empty());
    CHECK(check_purity(one("node/replica/replica.cc", text)).empty());
  }
  const std::string now = "auto t = std::chrono::system_clock::now();\n";
  CHECK(check_purity(one("crdt/change/header.cc", now)).size() == 1);
  CHECK(check_purity(one("crdt/change/header.cc", "// not system_clock\n")).empty());
  CHECK(check_purity(one("crdt/change/header.h", "std::chrono::milliseconds ms;\n")).empty());
}

TEST_CASE("house rule: foreign headers stay in the folders that own them") {
  expect_none(check_foreign_includes(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: dependencies run cli, node, net, crdt and never back") {
  expect_none(check_direction(load_tree(CUNJU_SOURCE_DIR)));
}

TEST_CASE("house rule: crdt and the sans-IO rooms of net are pure") {
  expect_none(check_purity(load_tree(CUNJU_SOURCE_DIR)));
}
