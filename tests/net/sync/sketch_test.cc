// SPDX-License-Identifier: Apache-2.0
#include "net/sync/sketch.h"

#include <catch2/catch.hpp>
#include <random>

#include "net/sync/head_tags.h"
#include "net/sync/heads_sum.h"
#include "tests/support/heads_port.h"
#include "tests/support/sketch_input.h"

using namespace cunju;
using wire::HeadItem;

namespace {

struct Sets {
  std::vector<HeadItem> a, b, difference;
};

/// Two sets that have `common` items in common and differ in `differing`.
Sets make_sets(std::mt19937_64& random, std::size_t common, std::size_t differing) {
  Sets out;
  for (std::size_t i = 0; i < common + differing; ++i) {
    const HeadItem item{.author = static_cast<std::uint32_t>(random()),
                        .head = static_cast<std::uint32_t>(random()),
                        .seq = static_cast<std::uint32_t>(random() % 1000)};
    const bool is_common = i < common;
    if (is_common || random() % 2 == 0) out.a.push_back(item);
    if (is_common || out.a.empty() || out.a.back() != item) out.b.push_back(item);
    if (!is_common) out.difference.push_back(item);
  }
  std::ranges::sort(out.difference);
  return out;
}

}  // namespace

TEST_CASE("symbols tell exactly what two sets differ in, once there are enough of them") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Sets sets = make_sets(random, random() % 2000, random() % 120);
    sync::SketchSolver solver;
    std::optional<std::vector<HeadItem>> found;
    // In pieces of any size: the row of symbols is one.
    while (!found && solver.size() < 1000 + 10 * sets.difference.size()) {
      const std::size_t count = 1 + random() % 30;
      const std::size_t first = solver.size();
      solver.add(sync::draw_symbols(sets.a, first, count),
                 sync::draw_symbols(sets.b, first, count));
      found = solver.solve();
    }
    REQUIRE(found);
    CHECK(*found == sets.difference);
  }
}

TEST_CASE("a difference of a thousand needs less than one and three quarters as many symbols") {
  std::mt19937_64 random(7);
  std::size_t solved = 0;
  for (int round = 0; round < 10; ++round) {
    const Sets sets = make_sets(random, 500, 1000);
    sync::SketchSolver solver;
    solver.add(sync::draw_symbols(sets.a, 0, 1750), sync::draw_symbols(sets.b, 0, 1750));
    solved += solver.solve() ? 1 : 0;
  }
  CHECK(solved >= 9);
}

TEST_CASE("symbols that don't suffice give nothing, and tell about how many items differ") {
  std::mt19937_64 random(8);
  for (std::size_t differing : {100u, 1000u, 5000u}) {
    CAPTURE(differing);
    const Sets sets = make_sets(random, 3000, differing);
    sync::SketchSolver solver;
    solver.add(sync::draw_symbols(sets.a, 0, 80), sync::draw_symbols(sets.b, 0, 80));
    CHECK_FALSE(solver.solve());
    const double surplus = static_cast<double>(sets.a.size()) - static_cast<double>(sets.b.size());
    CHECK(solver.estimate(surplus) > 0.5 * static_cast<double>(differing));
    CHECK(solver.estimate(surplus) < 2.0 * static_cast<double>(differing));
  }
}

TEST_CASE("made-up symbols give an end, and seldom an answer") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Sets sets = make_sets(random, 50, 20);
    std::vector<wire::Symbol> theirs = sync::draw_symbols(sets.a, 0, 100);
    const std::vector<wire::Symbol> ours = sync::draw_symbols(sets.b, 0, 100);
    // One item in symbols of which it is not, so that taking it out puts it elsewhere.
    const wire::Symbol single = sync::draw_symbols(std::span(sets.difference).first(1), 0, 1)[0];
    for (int i = 0; i < 30; ++i) {
      wire::Symbol& symbol = theirs[random() % theirs.size()];
      symbol = ours[static_cast<std::size_t>(&symbol - theirs.data())];
      symbol.sum.author ^= single.sum.author;
      symbol.sum.head ^= single.sum.head;
      symbol.sum.seq ^= single.sum.seq;
      symbol.check ^= single.check;
      symbol.count = static_cast<std::uint8_t>(symbol.count + (random() % 2 == 0 ? 1 : 255));
    }
    sync::SketchSolver solver;
    solver.add(theirs, ours);
    CHECK_FALSE(solver.solve());
  }
}

TEST_CASE("the first symbols of three items have the recorded bytes") {
  const std::vector<HeadItem> items = {{1, 2, 3}, {0x01020304, 0x05060708, 9}, {7, 7, 7}};
  CHECK(to_hex(wire::encode_symbols(sync::draw_symbols(items, 0, 12))) ==
        "020302010d0706050d0000003775fb0307000000070000000700000068a4cd01"
        "01000000020000000300000086fc5901060000000500000004000000ee589402"
        "07000000070000000700000068a4cd01050302010a0706050a0000005fd13602"
        "050302010a0706050a0000005fd13602060000000500000004000000ee589402"
        "0000000000000000000000000000000007000000070000000700000068a4cd01"
        "0000000000000000000000000000000000000000000000000000000000000000");
}

TEST_CASE("a head's tags depend on the channel, the space, the author and the id") {
  const sync::HeadTags tags(Bytes(64, 1));
  const sync::HeadTags other(Bytes(64, 2));
  const wire::SpaceToken space{{1}};
  const wire::SpaceToken second{{1, 0, 0, 0, 0, 0, 0, 1}};
  const wire::AuthorHead head{.author = {{1}}, .seq = {5}, .id = {{3}}};
  const HeadItem item = tags.item(space, head);
  CHECK(item == sync::HeadTags(Bytes(64, 1)).item(space, head));
  CHECK(item.seq == 5);
  CHECK(item.author != other.item(space, head).author);
  CHECK(item.head != other.item(space, head).head);
  CHECK(item.author != tags.item(second, head).author);
  for (std::size_t byte = 0; byte < 32; ++byte) {
    wire::AuthorHead changed = head;
    changed.author.value[byte] ^= 0x80;
    CHECK(item.author != tags.item(space, changed).author);
    changed = head;
    changed.id.value[byte] ^= 0x80;
    CHECK(item.head != tags.item(space, changed).head);
  }
  CHECK(sync::seq_in_item(Seq{~0ull}) == 0xFFFFFFFF);
}

TEST_CASE("a sum of heads depends on the set alone, and what was added can be taken out") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    std::vector<ChangeId> ids;
    for (std::uint64_t i = 0; i < 12; ++i)
      ids.push_back(testing::HeadsPort::number<ChangeId>("head", random()));
    sync::HeadsSum one;
    for (const ChangeId& id : ids) one.add(id);
    std::ranges::shuffle(ids, random);
    sync::HeadsSum two;
    two.add(ChangeId{{9}});
    for (const ChangeId& id : ids) {
      CHECK(one.digest() != two.digest());
      two.add(id);
    }
    CHECK(one.digest() != two.digest());
    two.remove(ChangeId{{9}});
    CHECK(one == two);
    CHECK(one.digest() == two.digest());
    CHECK(sync::HeadsSum::decode(one.encode()) == one);
    CHECK_FALSE(sync::HeadsSum::decode(ByteView(one.encode()).subspan(1)));
  }
}

TEST_CASE("the sum of two heads has the recorded digest") {
  sync::HeadsSum sum;
  sum.add(ChangeId{{1}});
  sum.add(ChangeId{{2}});
  CHECK(sum.digest().hex() == "4fa16f9360876ee35ce914371f755b93dce788df391ea01a4028cb619c4fa9ea");
}

TEST_CASE("entries of sketches are read back, and parts of entries or too many are refused") {
  std::mt19937_64 random(3);
  const Sets sets = make_sets(random, 20, 0);
  const std::vector<wire::Symbol> symbols = sync::draw_symbols(sets.a, 0, 40);
  const std::vector<wire::HeadName> names = {{1, 2}, {0xFFFFFFFF, 3}};
  CHECK(wire::decode_items(wire::encode_items(sets.a), 20).value() == sets.a);
  CHECK(wire::decode_symbols(wire::encode_symbols(symbols), 40).value() == symbols);
  CHECK(wire::decode_names(wire::encode_names(names), 2).value() == names);
  CHECK(wire::decode_items(wire::encode_items(sets.a), 19).error().code == Errc::kLimit);
  CHECK(wire::decode_symbols(wire::encode_symbols(symbols), 39).error().code == Errc::kLimit);
  CHECK(wire::decode_names(wire::encode_names(names), 1).error().code == Errc::kLimit);
  CHECK(wire::decode_items(Bytes(13), 9).error().code == Errc::kMalformed);
  CHECK(wire::decode_symbols(Bytes(15), 9).error().code == Errc::kMalformed);
  CHECK(wire::decode_names(Bytes(4), 9).error().code == Errc::kMalformed);
}

TEST_CASE("what a fuzzer would send as a sketch is taken or refused, never a crash") {
  const std::vector<wire::Symbol> honest = [] {
    sync::HeadSketch own = testing::sketch_for_inputs();
    return own.draw(40).symbols;
  }();
  for (std::uint64_t seed = 1; seed <= 400; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    Bytes input{static_cast<std::uint8_t>(random() % 2)};
    if (input[0] == 0) append(input, wire::encode_symbols(honest));
    if (input[0] == 1) input.resize(1 + random() % 400, 2);
    for (std::uint64_t flips = random() % 6; flips > 0; --flips)
      input[random() % input.size()] ^= static_cast<std::uint8_t>(random());
    if (random() % 4 == 0) input.resize(1 + random() % input.size());
    testing::run_sketch_input(input);
  }
}
