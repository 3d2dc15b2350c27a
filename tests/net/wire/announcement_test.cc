// SPDX-License-Identifier: Apache-2.0
#include "net/wire/announcement.h"

#include <catch2/catch.hpp>
#include <set>

#include "net/wire/greeting.h"

using namespace cunju;
using namespace cunju::wire;

TEST_CASE("an announcement is recognised by who knows the key and by nobody else") {
  crypto::SeededRandom random(1);
  const WireKey node = random.make<WireKey>(), other = random.make<WireKey>();
  const Announcement heard = *Announcement::parse(Announcement::make(node, random).text());
  CHECK(heard.is_from(node));
  CHECK_FALSE(heard.is_from(other));
}

TEST_CASE("two announcements of one node have nothing in common, and nothing of its key") {
  crypto::SeededRandom random(2);
  const WireKey node = random.make<WireKey>();
  std::set<std::string> windows;
  for (int i = 0; i < 200; ++i) {
    const std::string text = Announcement::make(node, random).text();
    REQUIRE(text.size() == 66);
    for (std::size_t at = 2; at + 16 <= text.size(); at += 16)
      REQUIRE(windows.insert(text.substr(at, 16)).second);
    REQUIRE(node.hex().find(text.substr(2, 16)) == std::string::npos);
  }
}

TEST_CASE("a greeting is no announcement, with the same key and salt") {
  crypto::SeededRandom random(3);
  const WireKey node = random.make<WireKey>();
  const Greeting greeting = Greeting::make(node, random);
  const std::string turned = "h=" + to_hex(greeting.bytes().subspan(6));
  REQUIRE(Announcement::parse(turned));
  CHECK_FALSE(Announcement::parse(turned)->is_from(node));
}

TEST_CASE("what is not exactly an announcement is none") {
  crypto::SeededRandom random(4);
  const WireKey node = random.make<WireKey>();
  const std::string text = Announcement::make(node, random).text();
  CHECK_FALSE(Announcement::parse(""));
  CHECK_FALSE(Announcement::parse(text + "0"));
  CHECK_FALSE(Announcement::parse("H" + text.substr(1)));
  CHECK_FALSE(Announcement::parse(text.substr(0, 65) + "g"));
  for (std::size_t size = 0; size < text.size(); ++size)
    CHECK_FALSE(Announcement::parse(text.substr(0, size)));
  // Every changed digit makes it somebody else's.
  for (std::size_t at = 2; at < text.size(); ++at) {
    std::string changed = text;
    changed[at] = changed[at] == '0' ? '1' : '0';
    CHECK_FALSE(Announcement::parse(changed)->is_from(node));
  }
}
